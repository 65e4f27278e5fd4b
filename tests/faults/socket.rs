//! A socket file that is removed, or taken by another process.

use crate::{
    common::{client::Client, mail::tracked_sample, process::Settings},
    rig::{Fate, PATIENCE, Port, Rig},
};
use std::{fs, os::unix::net::UnixListener, path::PathBuf};

fn path(rig: &Rig) -> PathBuf {
    rig.untrackd
        .socket()
        .strip_prefix("unix:")
        .expect("a Unix socket")
        .into()
}

#[test]
fn a_socket_file_that_is_removed_is_made_anew() {
    let rig = Rig::start(Settings::default());
    let mut open = Client::connect(rig.smtp_port(Port::Tempfail));
    let first = tracked_sample(rig.number());
    let reply = rig
        .send_over(&mut open, &first)
        .expect("the connection lasts");
    assert_eq!(reply.code, 250, "{}", reply.text);

    fs::remove_file(path(&rig)).expect("the socket file");
    // A connection that was open goes on; without a milter mail passes.
    let second = tracked_sample(rig.number());
    let reply = rig
        .send_over(&mut open, &second)
        .expect("the connection lasts");
    assert_eq!(reply.code, 250, "{}", reply.text);
    let between = tracked_sample(rig.number());
    rig.pass(&between);

    rig.told("was gone and is made anew");
    assert_eq!(rig.metric("untrackd_milter_socket_rebinds_total"), 1.0);
    rig.cleans();
    let fates = rig.settle();
    assert_eq!(fates[..2], [Fate::Cleaned, Fate::Cleaned]);
    assert_eq!(fates[3], Fate::Cleaned);
}

#[test]
fn a_socket_that_another_process_has_taken_ends_the_milter_for_its_manager() {
    let mut rig = Rig::start(Settings::default());
    rig.cleans();
    // In one step, so that there is no moment without a file.
    let other = path(&rig).with_extension("other");
    let listener = UnixListener::bind(&other).expect("a socket");
    fs::rename(&other, path(&rig)).expect("it takes the place");
    let status = rig.untrackd.wait(PATIENCE);
    // EX_IOERR, after which systemd starts it again (Restart=on-failure).
    assert_eq!(status.code(), Some(74));
    rig.told("the socket is gone and cannot be made anew, trying again: cannot listen on");
    rig.told("another process is listening there; stop the other process");
    // A start would say the same, and take nothing away.
    let (code, text) = rig.command(&["milter"]);
    assert_eq!(code, 73, "{text}");
    drop(listener);
    rig.untrackd.restart();
    rig.cleans();
    assert_eq!(rig.settle(), [Fate::Cleaned, Fate::Cleaned]);
}
