//! CSS, as far as it makes a client send a request or hides an element.

pub(crate) mod declarations;
pub(crate) mod escape;
mod prelude;
pub(crate) mod urls;
