//! A thousand connections at once.

use crate::{
    common::{
        mail::tracked_sample,
        process::{PROGRAM, Settings},
    },
    peer::{Peer, beginning, body, end},
    rig::{Port, Rig},
};
use std::{process::Command, thread};

const CROWD: usize = 1_000;

/// Memory that the process may hold with all of them, in bytes.
const MEMORY: f64 = 600e6;

/// Lets a process open more files than some shells allow.
fn raise_descriptors(pid: u32) {
    let raised = Command::new("prlimit")
        .args(["--nofile=4096:", "--pid", &pid.to_string()])
        .status();
    assert!(
        raised.is_ok_and(|status| status.success()),
        "prlimit, {PROGRAM}"
    );
}

fn crowd(rig: &Rig) -> Vec<Peer> {
    (0..CROWD).map(|_| Peer::connect(&rig.untrackd)).collect()
}

#[test]
fn a_thousand_connections_are_all_served_in_turn() {
    raise_descriptors(std::process::id());
    let rig = Rig::start(Settings::default());
    let mut peers = crowd(&rig);
    let sample = tracked_sample(rig.number());
    let mail = [beginning(0, &sample), body(&sample), end()].concat();
    thread::scope(|scope| {
        // Postfix comes after all of them, and its mail is not refused.
        let meanwhile = scope.spawn(|| {
            let sample = tracked_sample(rig.number());
            rig.try_send(Port::Tempfail, &sample)
                .expect("Postfix talks")
        });
        for peer in &mut peers {
            peer.send(&mail).expect("the socket holds a short mail");
        }
        rig.told("all connections are in use, further ones have to wait");
        let open = rig.metric("untrackd_milter_connections_open");
        assert!(open <= 400.0, "{open} open");
        // Who is served goes, and makes room.
        for (n, mut peer) in peers.drain(..).enumerate() {
            let replies = peer
                .replies()
                .unwrap_or_else(|e| panic!("connection {n}: {e}"));
            assert!(replies.contains(&b'b'), "connection {n}: {replies:?}");
        }
        let reply = meanwhile.join().unwrap();
        assert_eq!(reply.code, 250, "{}", reply.text);
    });
    rig.metric_becomes("untrackd_milter_connections_open", |n| n == 0.0);
    let served = rig.metric("untrackd_messages_total{outcome=\"changed\"}");
    assert!(served >= CROWD as f64 + 1.0, "{served}");
    let memory = rig.metric("process_resident_memory_bytes");
    assert!(memory < MEMORY, "{memory} bytes");
    rig.cleans();
    rig.settle();
}

#[test]
fn with_room_for_a_thousand_mail_goes_on_beside_them() {
    // The milter inherits it.
    raise_descriptors(std::process::id());
    let rig = Rig::start(Settings {
        milter: "drain_time = \"60s\"\nmax_connections = 2000".to_owned(),
        ..Settings::default()
    });
    let mut peers = crowd(&rig);
    let sample = tracked_sample(rig.number());
    let begin = beginning(0, &sample);
    // Each is in the middle of a message.
    for peer in &mut peers {
        peer.send(&begin).expect("it is read");
    }
    rig.metric_becomes("untrackd_messages_in_flight", |n| n >= CROWD as f64);
    rig.cleans();
    let memory = rig.metric("process_resident_memory_bytes");
    assert!(memory < MEMORY, "{memory} bytes");
    drop(peers);
    rig.metric_becomes("untrackd_messages_in_flight", |n| n == 0.0);
    rig.metric_becomes("untrackd_milter_connections_open", |n| n == 0.0);
    rig.cleans();
    rig.settle();
}
