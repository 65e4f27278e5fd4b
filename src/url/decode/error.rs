//! Why a chain cannot be read, and why a link cannot be decoded.

use thiserror::Error;

/// A step of a rule that cannot be used.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[error("{problem}")]
pub struct StepError {
    /// Which step, counted from 0.
    pub index: usize,
    /// What is wrong with it and what would be right.
    pub problem: String,
}

/// A link that matches a rule but whose destination cannot be read from it.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[error("{step}: {kind}")]
pub struct DecodeError {
    /// The step that gave up, or `result` for the final checks.
    pub step: &'static str,
    /// Why.
    pub kind: DecodeErrorKind,
}

/// Why a step gave up.
#[derive(Clone, Copy, Debug, Eq, Error, Hash, PartialEq)]
pub enum DecodeErrorKind {
    /// Not the encoding that the step reads.
    #[error("not in this encoding")]
    Encoding,
    /// A control character, an escaped NUL, a space, double quote, angle
    /// bracket or backslash, or a character that changes the direction of
    /// text.
    #[error("the destination holds a character that no plain URL has")]
    ForbiddenCharacter,
    /// The host has no dot and is no address, as in `http://localhost/`; or it
    /// has an empty label; or it is an address in an unusual spelling, as in
    /// `http://0x7f000001/`.
    #[error("the destination's host is not a public name")]
    Host,
    /// What the step selects is not there or is empty.
    #[error("nothing there")]
    Missing,
    /// The wrapper states its destination twice and the two differ.
    #[error("the wrapper states two different destinations")]
    Mismatch,
    /// Not an absolute URL with the scheme http or https.
    #[error("the destination is not an http or https URL")]
    NotHttp,
    /// Not UTF-8 where text is needed.
    #[error("not UTF-8 text")]
    NotText,
    /// A value outgrew `limits.decode_bytes`, or the destination
    /// `limits.url_bytes` or what its wrapper can honestly hold.
    #[error("larger than the limit")]
    TooLarge,
    /// A user name stands before the host, as in `http://bank.example@…`.
    #[error("the destination holds a user name")]
    UserInfo,
}
