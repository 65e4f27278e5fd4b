//! A milter that dies or stops while mail is on its way.

use super::{
    Client, Rig, Sample, Settings, assert_changed, assert_untouched, changed_as_expected,
    common::{mail::tracked_sample, wait_until},
    is_unmodified,
};
use std::{
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

#[test]
fn without_its_milter_postfix_delivers_as_told_and_recovers() {
    let mut rig = Rig::start(&Settings::default(), "accept");
    let sample = tracked_sample(1);
    let mail = rig.pass(&sample);
    assert_changed(&sample, mail.as_sent());

    rig.untrackd.kill();
    let mail = rig.pass(&sample);
    assert_untouched(&sample, mail.as_sent());

    // The socket file of the killed process is still there.
    rig.untrackd.restart();
    let mail = rig.pass(&sample);
    assert_changed(&sample, mail.as_sent());
}

#[test]
fn without_its_milter_postfix_refuses_for_now_as_told_and_nothing_is_lost() {
    let mut rig = Rig::start(&Settings::default(), "tempfail");
    let sample = tracked_sample(2);
    rig.untrackd.kill();
    let reply = rig
        .connect()
        .send(
            "early@sender.example.com",
            &sample.recipients,
            &sample.bytes(),
        )
        .expect("the connection lasts");
    assert_eq!(reply.code / 100, 4, "{}", reply.text);

    rig.untrackd.restart();
    let mail = rig.pass(&sample);
    assert_changed(&sample, mail.as_sent());
    assert_eq!(rig.sink.count(), 1, "what was refused is not delivered");
}

#[test]
fn a_killed_milter_never_leaves_a_mail_half_changed() {
    for default_action in ["accept", "tempfail"] {
        let mut rig = Rig::start(&Settings::default(), default_action);
        let load = Load::default();
        thread::scope(|scope| {
            load.run(scope, rig.postfix.port(0));
            load.wait_for(30);
            rig.untrackd.kill();
            load.wait_for_attempts(10);
            rig.untrackd.restart();
            load.wait_for(30);
            load.stop();
        });
        let accepted = load.accepted();
        let settled = wait_until(Duration::from_secs(30), || {
            rig.sink.count() + corrupt_files(&rig) >= accepted.len()
        });
        let corrupt = corrupt_files(&rig);
        assert!(settled, "{} of {} came", rig.sink.count(), accepted.len());
        assert_eq!(
            rig.sink.count() + corrupt,
            accepted.len(),
            "none comes twice"
        );
        if default_action == "tempfail" {
            assert!(load.refusals() > 0, "nothing was refused in between");
        }
        // A Postfix without the fix of 2026-08-21 (its HISTORY, milter8.c)
        // spoils its queue file when a milter with `default_action=accept`
        // goes away between a body replacement and the verdict; the milter
        // writes both at once.
        assert_eq!(corrupt, 0, "Postfix kept no half-replaced body");

        let mails = rig.sink.mails();
        let mut changed = 0;
        for number in accepted {
            let sample = tracked_sample(number);
            let sender = load_sender(number);
            let mail = mails
                .iter()
                .find(|mail| mail.sender == sender)
                .unwrap_or_else(|| panic!("{sender} is lost"));
            match changed_as_expected(&sample, mail.as_sent()) {
                Ok(()) => changed += 1,
                Err(why) => assert!(
                    default_action == "accept" && is_unmodified(&sample, mail.as_sent()),
                    "{default_action}: {}: {why}",
                    sample.name
                ),
            }
        }
        assert!(changed >= 40, "{default_action}: only {changed} changed");
    }
}

#[test]
fn a_stopping_milter_finishes_what_it_has_begun() {
    let mut rig = Rig::start(&Settings::default(), "tempfail");
    let load = Load::default();
    thread::scope(|scope| {
        load.run(scope, rig.postfix.port(0));
        load.wait_for(40);
        rig.untrackd.terminate();
        let status = rig.untrackd.wait(Duration::from_secs(120));
        assert!(status.success(), "{status}:\n{}", rig.untrackd.messages());
        load.wait_for_attempts(5);
        rig.untrackd.restart();
        load.wait_for(20);
        load.stop();
    });
    let accepted = load.accepted();
    let arrived = rig.sink.wait_for(accepted.len());
    assert_eq!(arrived.len(), accepted.len(), "no mail comes twice");
    for number in accepted {
        let sample = tracked_sample(number);
        let mail = rig
            .sink
            .wait_for_mail(&load_sender(number), &sample.recipients[0]);
        assert_changed(&sample, mail.as_sent());
    }
}

#[test]
fn a_stop_with_a_mail_in_flight_waits_for_it() {
    let mut rig = Rig::start(&Settings::default(), "tempfail");
    let sample = tracked_sample(3);
    let bytes = sample.bytes();
    let mut client = rig.connect();
    let reply = client
        .begin("slow@sender.example.com", &sample.recipients)
        .expect("DATA");
    assert_eq!(reply.code, 354, "{}", reply.text);
    client.raw(&bytes[..bytes.len() / 2]).expect("half a mail");
    rig.untrackd.terminate();
    thread::sleep(Duration::from_millis(500));
    client.raw(&bytes[bytes.len() / 2..]).expect("the rest");
    client.raw(b".\r\n").expect("the end");
    let reply = client.reply().expect("a reply");
    assert_eq!(reply.code, 250, "{}", reply.text);
    let mail = rig
        .sink
        .wait_for_mail("slow@sender.example.com", &sample.recipients[0]);
    assert_changed(&sample, mail.as_sent());
    drop(client);
    let status = rig.untrackd.wait(Duration::from_secs(120));
    assert!(status.success(), "{status}:\n{}", rig.untrackd.messages());
}

/// How many mails Postfix has put aside as corrupt.
fn corrupt_files(rig: &Rig) -> usize {
    rig.postfix.log().matches("saving corrupt file").count()
}

/// Clients that send one mail after the other until they are told to stop.
#[derive(Default)]
pub(super) struct Load {
    next: AtomicUsize,
    attempts: AtomicUsize,
    refused: AtomicUsize,
    stopping: AtomicBool,
    accepted: Mutex<Vec<usize>>,
}

/// How many clients send at the same time.
const CLIENTS: usize = 4;

/// The envelope sender of mail number `number`, which is
/// [`tracked_sample`]`(number)`.
pub(super) fn load_sender(number: usize) -> String {
    format!("load{number}@sender.example.com")
}

impl Load {
    /// Starts the clients.
    pub(super) fn run<'scope>(&'scope self, scope: &'scope thread::Scope<'scope, '_>, port: u16) {
        for _ in 0..CLIENTS {
            scope.spawn(move || {
                // Whatever goes wrong in the test, the clients end.
                while !self.stopping.load(Ordering::SeqCst) {
                    self.one_connection(port);
                }
            });
        }
    }

    /// Sends up to four mails on one connection.
    fn one_connection(&self, port: u16) {
        let Ok(mut client) = Client::try_connect(port) else {
            self.attempts.fetch_add(1, Ordering::SeqCst);
            thread::sleep(Duration::from_millis(50));
            return;
        };
        for _ in 0..4 {
            if self.stopping.load(Ordering::SeqCst) {
                break;
            }
            let number = self.next.fetch_add(1, Ordering::SeqCst);
            let sample: Sample = tracked_sample(number);
            let reply = client.send(&load_sender(number), &sample.recipients, &sample.bytes());
            self.attempts.fetch_add(1, Ordering::SeqCst);
            match reply {
                Ok(reply) if reply.code == 250 => {
                    self.accepted.lock().expect("the list").push(number);
                }
                Ok(reply) => {
                    assert_eq!(reply.code / 100, 4, "{}", reply.text);
                    self.refused.fetch_add(1, Ordering::SeqCst);
                    // Postfix refuses the rest of this connection, too.
                    thread::sleep(Duration::from_millis(20));
                    return;
                }
                Err(e) => panic!("Postfix closed the connection: {e}"),
            }
        }
        let _ = client.command("QUIT");
    }

    /// Waits until `count` more mails have been accepted.
    pub(super) fn wait_for(&self, count: usize) {
        let goal = self.accepted.lock().expect("the list").len() + count;
        self.wait(|| self.accepted.lock().expect("the list").len() >= goal);
    }

    /// Waits until `count` more mails have been sent or refused.
    pub(super) fn wait_for_attempts(&self, count: usize) {
        let goal = self.attempts.load(Ordering::SeqCst) + count;
        self.wait(|| self.attempts.load(Ordering::SeqCst) >= goal);
    }

    fn wait(&self, ready: impl FnMut() -> bool) {
        if !wait_until(Duration::from_secs(120), ready) {
            self.stop();
            panic!("mail does not get through");
        }
    }

    /// Tells the clients to stop.
    pub(super) fn stop(&self) {
        self.stopping.store(true, Ordering::SeqCst);
    }

    /// Numbers of the mails that Postfix took.
    pub(super) fn accepted(&self) -> Vec<usize> {
        self.accepted.lock().expect("the list").clone()
    }

    /// How many mails Postfix refused for now.
    pub(super) fn refusals(&self) -> usize {
        self.refused.load(Ordering::SeqCst)
    }
}
