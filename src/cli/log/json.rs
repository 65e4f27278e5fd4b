//! One JSON object a line, for programs.

use crate::review::{MessageRow, json};
use std::io::{self, Write};

pub(in crate::cli) fn write(row: &MessageRow, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "{}", json::message(row))
}
