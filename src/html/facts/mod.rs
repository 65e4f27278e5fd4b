//! What an element's attributes and style say about how it shows.

pub(crate) mod dimension;
pub(crate) mod glance;
pub(crate) mod style;
