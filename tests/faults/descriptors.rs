//! Too few file descriptors.

use crate::{
    common::{mail::tracked_sample, process::Settings},
    peer::Peer,
    rig::{PATIENCE, Port, Rig},
};
use std::{fs, process::Command, thread};

fn limit(pid: u32, descriptors: usize) {
    let limited = Command::new("prlimit")
        .arg(format!("--nofile={descriptors}:"))
        .args(["--pid", &pid.to_string()])
        .status();
    assert!(limited.is_ok_and(|status| status.success()), "prlimit");
}

fn open_descriptors(pid: u32) -> usize {
    fs::read_dir(format!("/proc/{pid}/fd")).map_or(0, Iterator::count)
}

#[test]
fn without_descriptors_connections_wait_and_are_accepted_again() {
    let rig = Rig::start(Settings::default());
    rig.cleans();
    let pid = rig.untrackd.pid();
    let before = open_descriptors(pid);
    limit(pid, before + 6);
    // More than there are descriptors for.
    let crowd: Vec<Peer> = (0..20).map(|_| Peer::connect(&rig.untrackd)).collect();
    rig.told("cannot accept a connection, trying again");
    thread::scope(|scope| {
        let waiting = scope.spawn(|| {
            let sample = tracked_sample(rig.number());
            rig.try_send(Port::Tempfail, &sample)
                .expect("Postfix talks")
        });
        // Who waits is not refused: the place comes free while it does.
        drop(crowd);
        let reply = waiting.join().unwrap();
        assert_eq!(reply.code, 250, "{}", reply.text);
    });
    rig.told("connections are accepted again");
    rig.cleans();
    limit(pid, before + 200);
    rig.metric_becomes("untrackd_milter_accept_errors_total", |n| n > 0.0);
    assert_eq!(rig.settle().len(), 3);
}

#[test]
fn connections_leave_descriptors_for_the_rest() {
    let mut rig = Rig::start(Settings::default());
    rig.untrackd.terminate();
    assert!(rig.untrackd.wait(PATIENCE).success());
    // The milter inherits the limit of this process, which other tests need.
    rig.untrackd.restart_with_descriptors(100);
    rig.told(
        "milter.max_connections is 400, but the process may open 100 files: \
         at most 36 connections are served at a time",
    );
    assert_eq!(rig.metric("untrackd_milter_connections_limit"), 36.0);
    let crowd: Vec<Peer> = (0..80).map(|_| Peer::connect(&rig.untrackd)).collect();
    rig.told("all connections are in use, further ones have to wait");
    assert_eq!(rig.metric("untrackd_milter_accept_errors_total"), 0.0);
    drop(crowd);
    rig.cleans();
    // The block log had its descriptors.
    rig.logs(1);
    rig.settle();
}
