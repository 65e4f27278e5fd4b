//! The milter and a bare client that speaks the milter protocol.

use super::{
    common::{
        mail::fields::Mail,
        milter::{AGREED, Connection, Packets},
        process::{Settings, Transport, Untrackd},
        usage::{self, descriptors, processor_time},
        wait_until,
    },
    figures::{Figures, mebibytes},
    load::{Ledger, Load},
    log::{self, Expected},
    options::Options,
    slow,
    watch::{Memory, Watch},
};
use std::{
    sync::atomic::{AtomicU64, Ordering},
    thread,
    time::{Duration, Instant},
};

/// Sends the mails in turn, over many connections, until the number of
/// messages is reached; then compares every account of them.
///
/// # Panics
///
/// If a message is lost, comes twice, is refused or is answered otherwise than
/// the first time; if memory or descriptors leak; if the log disagrees.
pub(crate) fn run(options: &Options, mails: &[Mail]) {
    let mut untrackd = Untrackd::start_program(
        &options.program,
        Transport::Unix,
        &Settings {
            log: "log_clean = true\n".to_owned(),
            ..Settings::default()
        },
    );
    let pid = untrackd.pid();
    let mails: Vec<Packets> = mails.iter().map(|mail| Packets::of(mail, AGREED)).collect();
    let ledger = Ledger::new(mails.len());
    let load = Load {
        socket: untrackd.socket().to_owned(),
        mails: &mails,
        messages: options.messages,
        next: AtomicU64::new(mails.len() as u64),
        ledger: &ledger,
    };
    assert!(
        options.messages > mails.len() as u64,
        "MESSAGES is below the number of mails, {}",
        mails.len()
    );
    let mut figures = Figures::default();
    figures.add("connections at a time", options.connections);
    slow::one_by_one(&load, pid, options.slow, &mut figures);

    // Then the log's files are open, and no connection is.
    log::wait(&untrackd, mails.len() as u64);
    let mut base = None;
    wait_until(Duration::from_secs(10), || {
        base = descriptors_at_rest(&untrackd);
        base.is_some()
    });
    let base = base.expect("no connection stays open that was closed");
    let begun = processor_time(pid);
    let (wall, memory) = run_watched(options, &load, pid);
    let processor = processor_time(pid).saturating_sub(begun);

    let answered = ledger.answered.load(Ordering::Relaxed);
    let loaded = answered.saturating_sub(mails.len() as u64);
    figures.check(
        "messages sent",
        ledger.sent.load(Ordering::Relaxed),
        options.messages,
    );
    figures.check("  answered", answered, options.messages);
    for (name, count) in [
        ("  refused", &ledger.refused),
        ("  lost", &ledger.lost),
        ("  answered unlike the first time", &ledger.different),
        ("connections that broke or said too much", &ledger.broken),
    ] {
        figures.check(name, count.load(Ordering::Relaxed), 0);
    }
    figures.add(
        "begun and given up besides",
        ledger.given_up.load(Ordering::Relaxed),
    );
    figures.add("connections", ledger.connections.load(Ordering::Relaxed));
    figures.add(
        "under load",
        format!(
            "{:.0} s, {:.0} messages/s, {:.2} ms of processor time each",
            wall.as_secs_f64(),
            loaded as f64 / wall.as_secs_f64(),
            processor.as_secs_f64() * 1e3 / loaded.max(1) as f64
        ),
    );
    let memory = memory.expect("the load lasts for ten samples");
    figures.add(
        "resident memory",
        format!(
            "{} after the warm-up, {} at the end, {} at most ({} samples)",
            mebibytes(memory.early),
            mebibytes(memory.late),
            mebibytes(memory.max),
            memory.samples
        ),
    );
    figures.add(
        "  slope after the warm-up",
        format!("{:.2} KiB for 1,000 messages", memory.slope),
    );
    figures.require(memory.is_flat(), format!("memory grows: {memory:?}"));

    let mut after = usize::MAX;
    wait_until(Duration::from_secs(60), || {
        after = descriptors(pid);
        after <= base
    });
    figures.add("descriptors before", base);
    figures.require(
        after <= base,
        format!("descriptors leak: {after} instead of {base}"),
    );
    figures.add("  afterwards", after);

    log::wait(&untrackd, options.messages);
    untrackd.terminate();
    let status = untrackd.wait(Duration::from_secs(60));
    figures.require(status.success(), format!("the milter ended with {status}"));
    let expected = Expected {
        messages: options.messages,
        changed: ledger.changed.load(Ordering::Relaxed),
    };
    log::check(&untrackd, &expected, &mut figures);
    let troubles = ledger.troubles();
    figures.require(troubles.is_empty(), troubles.join("\n"));
    for line in untrackd.messages().lines().filter(|line| is_serious(line)) {
        figures.require(false, format!("the milter says: {line}"));
    }
    figures.finish("untrackd milter, without an MTA");
}

/// Sends the load, and watches memory meanwhile.
fn run_watched(options: &Options, load: &Load<'_>, pid: u32) -> (Duration, Option<Memory>) {
    let watch = Watch::new();
    let answered = || load.ledger.answered.load(Ordering::Relaxed);
    let start = Instant::now();
    thread::scope(|scope| {
        scope.spawn(|| watch.run(pid, options.interval, answered));
        scope.spawn(|| {
            load.run(options.connections);
            watch.stop();
        });
        // A quarter of a minute is long enough to believe that it hangs.
        let mut told = Instant::now();
        while !watch.is_stopped() {
            thread::sleep(Duration::from_millis(20));
            if told.elapsed() > Duration::from_secs(15) {
                told = Instant::now();
                println!(
                    "soak: {} of {} messages after {:.0} s, {} troubles, {}",
                    answered(),
                    options.messages,
                    start.elapsed().as_secs_f64(),
                    load.ledger.count_troubles(),
                    mebibytes(usage::rss(pid).unwrap_or_default() as f64),
                );
            }
        }
    });
    (start.elapsed(), Memory::of(&watch.samples()))
}

/// The number of descriptors while no connection is open, if that is so: a
/// connection that is still being closed would make up for the new one.
fn descriptors_at_rest(untrackd: &Untrackd) -> Option<usize> {
    let before = descriptors(untrackd.pid());
    let probe = Connection::open(untrackd.socket()).expect("the milter answers");
    let during = descriptors(untrackd.pid());
    probe.quit().expect("nothing was asked");
    (during == before + 1).then_some(before)
}

/// Whether a line of the milter's log is more than news.
fn is_serious(line: &str) -> bool {
    line.contains("ERROR") || line.contains("panic")
}
