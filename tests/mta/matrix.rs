//! Every case with both MTAs over both kinds of sockets.

use super::{Mta, Rig, Transport, cases::CASES};
use std::panic::{AssertUnwindSafe, catch_unwind};

fn run(mta: Mta, transport: Transport) {
    let rig = Rig::start(mta, transport);
    let failed: Vec<&str> = CASES
        .iter()
        .filter(|(_, case)| catch_unwind(AssertUnwindSafe(|| case(&rig))).is_err())
        .map(|(name, _)| *name)
        .collect();
    assert!(
        failed.is_empty(),
        "{mta:?} over {transport:?}: {} of {} cases failed, see above: {failed:#?}\n{}",
        failed.len(),
        CASES.len(),
        rig.untrackd.messages()
    );
}

#[test]
fn postfix_over_a_unix_socket() {
    run(Mta::Postfix, Transport::Unix);
}

#[test]
fn postfix_over_tcp() {
    run(Mta::Postfix, Transport::Tcp);
}

#[test]
fn sendmail_over_a_unix_socket() {
    run(Mta::Sendmail, Transport::Unix);
}

#[test]
fn sendmail_over_tcp() {
    run(Mta::Sendmail, Transport::Tcp);
}
