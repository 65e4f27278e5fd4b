//! A milter that is killed or stopped at every place of a conversation.

use crate::{
    common::{
        client,
        mail::{Sample, large_sample},
        process::{Settings, Transport},
        wait_until,
    },
    proxy::{Place, Proxy},
    rig::{Fate, PATIENCE, Port, Rig},
};
use Place::{Command, Connected, HalfReply, Reply};
use std::{io, os::unix::process::ExitStatusExt as _, thread};

/// Enough for four packets of the body in each direction.
const BYTES: usize = 200 << 10;

/// Every place, and whether a Postfix without its fix of 2026-08-21 (HISTORY,
/// milter8.c) may put a mail aside there with `default_action=accept`: it has
/// a part of the new body then.
const PLACES: &[(&str, Place, bool)] = &[
    ("connected", Connected, false),
    ("negotiation", Command(b'O', 1), false),
    ("negotiated", Reply(b'O', 1), false),
    ("connect", Command(b'C', 1), false),
    ("mail", Command(b'M', 1), false),
    ("recipient", Command(b'R', 1), false),
    ("first header field", Command(b'L', 1), false),
    ("third header field", Command(b'L', 3), false),
    ("first piece of the body", Command(b'B', 1), false),
    ("between pieces of the body", Command(b'B', 2), false),
    ("end of the message", Command(b'E', 1), false),
    ("our header field", Reply(b'h', 1), false),
    ("first piece of the new body", Reply(b'b', 1), true),
    ("half a piece of the new body", HalfReply(b'b', 2), true),
    ("between pieces of the new body", Reply(b'b', 3), true),
    ("verdict", Reply(b'a', 1), false),
];

fn proxied() -> (Rig, Proxy) {
    let mut proxy = None;
    let rig = Rig::start_through(Settings::default(), Transport::Tcp, |untrackd| {
        proxy.insert(Proxy::to(untrackd.socket())).socket()
    });
    (rig, proxy.expect("it was made"))
}

/// Whether Postfix took the mail; otherwise it refused it for now.
fn is_taken(result: io::Result<client::Reply>) -> bool {
    match result {
        Ok(reply) if reply.code == 250 => true,
        Ok(reply) => {
            assert_eq!(reply.code / 100, 4, "{}", reply.text);
            false
        }
        Err(e) => {
            // A refusal before EHLO is an error of the client's.
            let text = e.to_string();
            assert!(text.starts_with('4'), "{text}");
            false
        }
    }
}

#[test]
fn a_kill_at_any_place_loses_halves_and_doubles_nothing() {
    let (mut rig, proxy) = proxied();
    let mut put_aside = 0;
    for (name, place, is_risky) in PLACES {
        eprintln!("killed at: {name}");
        let [first, second]: [Sample; 2] =
            [rig.number(), rig.number()].map(|number| large_sample(number, BYTES));
        proxy.stop_at(*place);
        let (accept, tempfail) = thread::scope(|scope| {
            let accept = scope.spawn(|| rig.try_send(Port::Accept, &first));
            let tempfail = scope.spawn(|| rig.try_send(Port::Tempfail, &second));
            proxy.wait_for(2);
            rig.untrackd.signal("KILL");
            proxy.cut();
            (accept.join().unwrap(), tempfail.join().unwrap())
        });
        assert!(is_taken(accept), "{name}: refused in spite of accept");
        let was_decided = *name == "verdict";
        assert_eq!(is_taken(tempfail), was_decided, "{name}, tempfail");
        let status = rig.untrackd.wait(PATIENCE);
        assert_eq!(
            status.signal(),
            Some(9),
            "{name}: it was running until then"
        );
        rig.untrackd.restart();
        proxy.go_on();
        if !was_decided {
            let again = rig
                .try_send(Port::Tempfail, &second)
                .expect("Postfix talks");
            assert_eq!(again.code, 250, "{name}, again: {}", again.text);
        }
        let before = put_aside;
        rig_settles(&rig, &mut put_aside);
        assert!(
            put_aside == before || *is_risky,
            "{name}: put aside as corrupt"
        );
    }
    eprintln!("Postfix has put aside {put_aside} mails as corrupt");
    let fates = rig.settle_but(put_aside);
    let cleaned = fates.iter().filter(|f| **f == Fate::Cleaned).count();
    // Those that were sent again, and both at the verdict.
    assert_eq!(cleaned, PLACES.len() + 1);
    let untouched = PLACES.len() - 1 - put_aside;
    assert_eq!(fates.len(), cleaned + untouched, "the others came whole");
}

/// Waits until each mail is delivered or put aside.
fn rig_settles(rig: &Rig, put_aside: &mut usize) {
    let is_settled = wait_until(PATIENCE, || {
        *put_aside = rig.postfix_log().matches("saving corrupt file").count();
        rig.delivered() + *put_aside >= rig.taken()
    });
    assert!(is_settled, "{} of {} came", rig.delivered(), rig.taken());
}

#[test]
fn a_stop_at_any_place_of_a_message_waits_for_it() {
    let (mut rig, proxy) = proxied();
    let mut stops = 0;
    for (name, place, _) in PLACES.iter().skip_while(|(name, ..)| *name != "recipient") {
        // What was decided is not in flight any more.
        if *name == "verdict" {
            continue;
        }
        eprintln!("stopped at: {name}");
        let samples = [rig.number(), rig.number()].map(|number| large_sample(number, BYTES));
        proxy.stop_at(*place);
        thread::scope(|scope| {
            let senders = [Port::Accept, Port::Tempfail].map(|port| {
                let (rig, sample) = (&rig, &samples[port as usize]);
                scope.spawn(move || rig.try_send(port, sample))
            });
            proxy.wait_for(2);
            rig.untrackd.terminate();
            stops += 1;
            rig.told_times("SIGTERM: stopping", stops);
            proxy.go_on();
            for sender in senders {
                assert!(is_taken(sender.join().unwrap()), "{name}");
            }
        });
        let status = rig.untrackd.wait(PATIENCE);
        assert!(status.success(), "{name}: {status}");
        rig.untrackd.restart();
    }
    assert!(rig.settle().iter().all(|fate| *fate == Fate::Cleaned));
}
