//! The decode chain: how the destination is read from a redirect's own URL,
//! as data.
//!
//! A redirect rule names its steps (`decode = ["segment:2", "base64",
//! "zlib", "query:l"]`); [`Chain::parse`] checks them once, and
//! [`Chain::run`] passes a link through them from left to right. Each step is
//! one line of [`STEPS`]. The payload comes from whoever wrote the mail, so
//! each step is linear in its input and no value may grow beyond
//! [`Limits::decode_bytes`](crate::limits::Limits::decode_bytes).

mod check;
pub(crate) mod coding;
pub(super) mod compression;
mod destination;
mod error;
mod proofpoint;
mod select;
mod steps;
mod text;
mod vendor;

pub use destination::Destination;
pub use error::{DecodeError, DecodeErrorKind, StepError};
pub use steps::{STEPS, StepDef};

use super::Target;
use crate::limits::Limits;
use std::{borrow::Cow, fmt, sync::Arc};

/// What a step may look at beside its input.
struct Context<'a> {
    /// The URL that is being unwrapped, in its normal form.
    wrapper: &'a str,
    /// Largest value that a step may put out, in bytes.
    limit: usize,
}

/// A step with its argument read.
type Step = Arc<dyn Fn(&[u8], &Context<'_>) -> Result<Vec<u8>, DecodeErrorKind> + Send + Sync>;

/// Longest chain that is accepted, in steps.
const MAX_STEPS: usize = 16;

/// The steps that read a destination from a redirect's URL.
#[derive(Clone)]
pub struct Chain(Vec<(&'static str, Step)>);

impl Chain {
    /// Reads the steps of a rule, each `name` or `name:argument`.
    ///
    /// # Errors
    ///
    /// If there is no step or there are more than 16, or if a step is unknown
    /// or its argument cannot be used. [`StepError::index`] says which.
    pub fn parse(steps: &[impl AsRef<str>]) -> Result<Self, StepError> {
        if steps.is_empty() || steps.len() > MAX_STEPS {
            return Err(StepError {
                index: 0,
                problem: format!("{} steps where 1 to {MAX_STEPS} are accepted", steps.len()),
            });
        }
        let chain = steps.iter().enumerate().map(|(index, step)| {
            steps::build(step.as_ref()).map_err(|problem| StepError { index, problem })
        });
        chain.collect::<Result<_, _>>().map(Self)
    }

    /// Reads the destination of `wrapper`.
    ///
    /// # Errors
    ///
    /// If a step does not apply, if a value would outgrow
    /// `limits.decode_bytes`, or if what comes out is not a plain http or
    /// https URL; see [`DecodeErrorKind`].
    pub fn run(&self, wrapper: &Target, limits: &Limits) -> Result<Destination, DecodeError> {
        let context = Context {
            wrapper: wrapper.as_str(),
            limit: limits.decode_bytes,
        };
        let mut value = Cow::Borrowed(context.wrapper.as_bytes());
        for (name, step) in &self.0 {
            let within = |kind| DecodeError { step: name, kind };
            if value.len() > context.limit {
                return Err(within(DecodeErrorKind::TooLarge));
            }
            value = Cow::Owned(step(&value, &context).map_err(within)?);
        }
        Destination::of(value.into_owned(), wrapper, limits).map_err(|kind| DecodeError {
            step: "result",
            kind,
        })
    }
}

impl fmt::Debug for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.0.iter().map(|(name, _)| name))
            .finish()
    }
}

#[cfg(test)]
mod tests;
