//! What fails around the milter, one fault after the other, each against the
//! running program behind a real Postfix.
//!
//! After each fault every mail that Postfix took has been delivered exactly
//! once, byte for byte as it came or cleaned as a whole; and the administrator
//! has been told what `docs/faults.md` says.
//!
//! A stop and a kill under load, and reloads under load, are in `tests/postfix`.
//!
//! Postfix has to be installed (`tests/setup.sh` does that). Some faults need
//! root or a file system that can do something; where such a fault cannot be
//! made, the test says `NOT TRIED` on its standard error.

#[path = "../common/mod.rs"]
mod common;

mod block_log;
mod clock;
mod crowd;
mod descriptors;
mod disk;
mod killed;
mod peer;
mod peers;
mod proxy;
mod rig;
mod rules;
mod socket;

/// Says that a fault could not be made here.
fn not_tried(fault: &str, why: &str) {
    eprintln!("NOT TRIED: {fault}: {why}");
}
