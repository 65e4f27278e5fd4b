//! Values as the pages show them.

pub(crate) mod moment;
pub(crate) mod number;
pub(crate) mod outcome;
pub(crate) mod parameters;
pub(crate) mod path;
pub(crate) mod range;
pub(crate) mod row;
pub(crate) mod terms;
pub(crate) mod text;

pub(crate) use moment::Moment;
pub(crate) use parameters::Parameters;
pub(crate) use range::Range;
pub(crate) use row::Line;
pub(crate) use text::Shown;
