//! untrackd behind a real Postfix: real SMTP in, real SMTP out, every byte
//! compared.
//!
//! Each test has its own Postfix, milter, sink, directory and ports, so that
//! none depends on another. Postfix has to be installed (`tests/setup.sh`
//! does that); where it is not, the tests fail and say so.

#[path = "../common/mod.rs"]
mod common;

mod delivery;
mod exemptions;
mod failures;
mod harness;
mod reload;
mod sessions;

use common::{
    client::Client,
    compare::{FIELD, changed_as_expected, difference, without_our_field},
    mail::Sample,
    postfix::{Listener, PrivatePostfix},
    process::{Settings, Transport, Untrackd},
    sink::{Delivered, Sink},
};

/// A milter on a Unix socket, a Postfix that uses it, and a sink.
///
/// The order matters: fields are dropped from the first to the last, and a
/// Postfix whose milter or sink is gone would complain while it stops.
struct Rig {
    postfix: PrivatePostfix,
    untrackd: Untrackd,
    sink: Sink,
}

impl Rig {
    /// With these settings, and `default_action` for a milter that is gone.
    fn start(settings: &Settings, default_action: &str) -> Self {
        let sink = Sink::start();
        let untrackd = Untrackd::start(Transport::Unix, settings);
        // Tests claim to be clients from elsewhere (XCLIENT).
        let listener = Listener::milter(untrackd.socket(), default_action)
            .with("mynetworks = 0.0.0.0/0, [::]/0");
        let postfix = PrivatePostfix::start(&sink, &[listener]);
        Self {
            postfix,
            untrackd,
            sink,
        }
    }

    /// A new SMTP connection.
    fn connect(&self) -> Client {
        Client::connect(self.postfix.port(0))
    }

    /// Sends a sample on a connection of its own and waits for what arrives.
    fn pass(&self, sample: &Sample) -> Delivered {
        let sender = unique_sender();
        let reply = self
            .connect()
            .send(&sender, &sample.recipients, &sample.bytes())
            .expect("the connection lasts");
        assert_eq!(reply.code, 250, "{}: {}", sample.name, reply.text);
        self.sink.wait_for_mail(&sender, &sample.recipients[0])
    }
}

/// A sender's address that no other mail of this run has.
fn unique_sender() -> String {
    use std::sync::atomic::{AtomicUsize, Ordering};
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("sender{number}@sender.example.com")
}

fn assert_changed(sample: &Sample, arrived: &[u8]) {
    if let Err(why) = changed_as_expected(sample, arrived) {
        panic!("{}: {why}", sample.name);
    }
}

fn assert_untouched(sample: &Sample, arrived: &[u8]) {
    let sent = sample.bytes();
    assert!(
        arrived == sent,
        "{}: {}",
        sample.name,
        difference("it was to be left alone", &sent, arrived)
    );
}

/// Whether the content is as it was sent. Our field may be there: Postfix
/// keeps the edits of the header that it has got from a milter that died
/// before it replaced the body.
fn is_unmodified(sample: &Sample, arrived: &[u8]) -> bool {
    without_our_field(arrived).1 == sample.bytes()
}

/// How often our field occurs in a mail's header block.
fn our_fields(mail: &[u8]) -> Vec<String> {
    without_our_field(mail).0
}
