//! An MTA that is slow, stops in the middle, or is gone without a word.

use crate::{
    common::{
        mail::{large_sample, tracked_sample},
        process::Settings,
    },
    peer::{Peer, beginning, body, end},
    rig::Rig,
};
use std::{thread, time::Duration};

/// What an MTA sends before it says nothing more, given the conversation up
/// to the body and the frames of the body.
type Stop = fn(&[u8], &[u8]) -> Vec<u8>;

const STOPS: &[(&str, Stop)] = &[
    ("nothing at all", |_, _| Vec::new()),
    ("half of the first length", |begin, _| begin[..2].to_vec()),
    ("half of the negotiation", |begin, _| begin[..9].to_vec()),
    ("half of a piece of the body", |begin, body| {
        [begin, &body[..body.len() / 2]].concat()
    }),
];

/// A milter that waits no longer than this for a command to end.
fn impatient(seconds: u32) -> Rig {
    Rig::start(Settings {
        milter: format!("drain_time = \"60s\"\nstall_time = \"{seconds}s\""),
        ..Settings::default()
    })
}

#[test]
fn who_stops_in_the_middle_loses_the_connection_and_nobody_else_notices() {
    let rig = impatient(10);
    let sample = large_sample(rig.number(), 30 << 10);
    let (begin, body) = (beginning(0, &sample), body(&sample));
    let mut peers: Vec<Peer> = STOPS
        .iter()
        .map(|(_, stop)| {
            let mut peer = Peer::connect(&rig.untrackd);
            peer.send(&stop(&begin, &body)).expect("it is read");
            peer
        })
        .collect();
    // One that is still sending, a byte at a time.
    let mut dripping = Peer::connect(&rig.untrackd);
    dripping.send(&begin).expect("it is read");
    let drip = thread::spawn(move || {
        let is_ended = |byte: &u8| {
            thread::sleep(Duration::from_millis(50));
            dripping.send(&[*byte]).is_err()
        };
        body.iter().any(is_ended)
    });
    rig.cleans();
    for ((name, _), peer) in STOPS.iter().zip(&mut peers) {
        assert!(peer.is_ended(), "{name}");
    }
    assert!(drip.join().unwrap(), "one byte at a time");
    rig.told("the MTA stopped in the middle of a command; its connection is ended");
    let ended = STOPS.len() as f64 + 1.0;
    rig.metric_becomes("untrackd_milter_stalled_connections_total", |n| n >= ended);
    rig.metric_becomes("untrackd_messages_in_flight", |n| n == 0.0);
    rig.metric_becomes("untrackd_messages_memory_bytes", |n| n == 0.0);
    rig.cleans();
    rig.settle();
}

#[test]
fn who_does_not_read_the_reply_loses_the_connection() {
    let rig = impatient(3);
    // More than socket buffers hold.
    let sample = large_sample(rig.number(), 1 << 20);
    let mut peer = Peer::connect(&rig.untrackd);
    let all = [beginning(0, &sample), body(&sample), end()].concat();
    peer.send(&all).expect("it is read");
    rig.cleans();
    rig.metric_becomes("untrackd_milter_stalled_connections_total", |n| n >= 1.0);
    rig.told("the connection to the MTA broke while a reply was written");
    assert!(peer.is_ended());
    rig.metric_becomes("untrackd_messages_in_flight", |n| n == 0.0);
    rig.cleans();
    rig.settle();
}

#[test]
fn who_is_gone_in_the_middle_of_a_body_leaves_nothing_behind() {
    let rig = Rig::start(Settings::default());
    let sample = large_sample(rig.number(), 1 << 20);
    let (begin, body) = (beginning(0, &sample), body(&sample));
    for _ in 0..20 {
        let mut peer = Peer::connect(&rig.untrackd);
        peer.send(&begin).expect("it is read");
        peer.send(&body[..body.len() / 2]).expect("it is read");
    }
    rig.metric_becomes("untrackd_messages_aborted_total", |n| n >= 20.0);
    rig.metric_becomes("untrackd_messages_in_flight", |n| n == 0.0);
    rig.metric_becomes("untrackd_messages_memory_bytes", |n| n == 0.0);
    rig.metric_becomes("untrackd_milter_connections_open", |n| n == 0.0);
    rig.cleans();
    rig.settle();
}

#[test]
fn who_waits_between_two_commands_is_waited_for() {
    let rig = impatient(2);
    let sample = tracked_sample(rig.number());
    let mut slow = Peer::connect(&rig.untrackd);
    slow.send(&beginning(0, &sample)).expect("it is read");
    // Longer than a command may take.
    thread::sleep(Duration::from_secs(5));
    slow.send(&[body(&sample), end()].concat())
        .expect("it is read");
    let replies = slow.replies().expect("the connection lasts");
    assert!(replies.contains(&b'b'), "a new body: {replies:?}");
}
