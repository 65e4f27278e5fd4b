//! untrackd behind Postfix and behind Sendmail, over Unix sockets and TCP,
//! alone and beside OpenDKIM.
//!
//! Postfix has to be installed and Sendmail unpacked (`tests/setup.sh` does
//! both); where they are not, the tests fail and say so.

#[path = "../common/mod.rs"]
mod common;

mod bounces;
mod cases;
mod dkim;
mod gone;
mod local;
mod matrix;
mod opendkim;
mod rig;

use common::{
    client::Client,
    compare::{changed_as_expected, difference, without_our_field},
    mail::Sample,
    process::{Settings, Transport, Untrackd},
    sink::{Delivered, Sink},
};
use rig::{Mta, Rig};

/// Checks that a sample came as it has to come.
fn assert_arrived(sample: &Sample, arrived: &[u8]) {
    let result = if sample.is_tracked() {
        changed_as_expected(sample, arrived)
    } else if arrived == sample.bytes() {
        Ok(())
    } else {
        let sent = sample.bytes();
        Err(difference("it was to be left alone", &sent, arrived))
    };
    if let Err(why) = result {
        panic!("{}: {why}", sample.name);
    }
}
