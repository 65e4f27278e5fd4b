//! The `untrackd` program; everything is in the library.

use mimalloc::MiMalloc;
use std::process::ExitCode;

/// A newsletter takes thousands of small pieces of memory, and with the C
/// library's allocator a sixth of all time (docs/performance.md).
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    untrackd::cli::main()
}
