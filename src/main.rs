//! The `untrackd` program; everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    untrackd::cli::main()
}
