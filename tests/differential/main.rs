//! Our readers against readers that others wrote: the splitter against
//! Python's `email`, the scanner against html5lib and lxml, the transfer
//! encodings against `binascii`.
//!
//! A difference is a way to hide something from us, unless it is in a table
//! of explained differences (docs/differences.md) or we have said ourselves
//! that the place can be read in two ways. Any other fails the test.
//!
//! With `UNTRACKD_MAIL=DIR` every file below `DIR` is compared as well.

mod align;
mod codings;
mod generate;
mod mail;
mod markup;
mod parts;
mod python;
mod samples;
