//! Resident memory: at rest, with messages on their way, and when all of them
//! end together.

use super::{
    bench::packets,
    classes::Class,
    common::{
        milter::Connection,
        process::Transport,
        usage::{forget_peak, peak_rss, rss},
    },
    figures::{Figures, Table},
    mail::Coding,
    options::Options,
    peers::{Kind, Peer},
};
use std::{
    thread,
    time::{Duration, Instant},
};

/// Most memory at rest, in KiB.
const IDLE: f64 = 40.0 * 1024.0;

/// Most memory above that, in bytes for a byte in flight.
const PER_BYTE: f64 = 2.2;

/// Messages in flight, and the size of the HTML in each, in KiB.
const FLIGHTS: [(usize, usize); 3] = [(400, 78), (50, 1024), (16, 4096)];

/// Measures each case with a milter of its own, so that none finds memory
/// that another has left behind.
pub(crate) fn measure(options: &Options, figures: &mut Figures) -> Result<(), String> {
    let mut table = Table::new(&[
        "memory, MiB",
        "in flight",
        "at rest",
        "in flight",
        "at most",
        "for a byte",
        "at most",
        "at rest again",
        "uncleaned",
    ]);
    for (count, kilobytes) in FLIGHTS {
        let peer = Peer::start(Kind::Untrackd, Transport::Unix, &options.program)?;
        let class = Class::newsletter("in flight", kilobytes, Coding::SevenBit);
        let name = format!("{count} of {kilobytes} KiB");
        let held = hold(&peer, &class, count).map_err(|e| format!("{name}: {e}"))?;
        let bytes = (count * class.mail.body.len()) as f64;
        let per_byte = |kibibytes: f64| (kibibytes - held.rest) * 1024.0 / bytes;
        let mebibytes = |kibibytes: f64| format!("{:.1}", kibibytes / 1024.0);
        table.row([
            name.clone(),
            mebibytes(bytes / 1024.0),
            mebibytes(held.rest),
            mebibytes(held.flying),
            mebibytes(held.most),
            format!("{:.2}", per_byte(held.flying)),
            format!("{:.2}", per_byte(held.most)),
            mebibytes(held.after),
            held.uncleaned.to_string(),
        ]);
        figures.note(format!("{name}: uncleaned"), held.uncleaned as f64);
        figures.at_most(
            "resident memory at rest, MiB",
            held.rest / 1024.0,
            IDLE / 1024.0,
        );
        figures.at_most(
            format!("{name}: memory for a byte in flight"),
            per_byte(held.flying),
            PER_BYTE,
        );
        figures.at_most(
            format!("{name}: the same when all end together"),
            per_byte(held.most),
            PER_BYTE,
        );
    }
    println!("{table}");
    Ok(())
}

/// Resident memory in KiB.
struct Held {
    /// Messages that passed as they came, because their time ran out before
    /// their turn had come.
    uncleaned: usize,
    rest: f64,
    /// With all messages sent but for their end.
    flying: f64,
    /// The most until all were answered.
    most: f64,
    /// When all were answered.
    after: f64,
}

fn hold(peer: &Peer, class: &Class, count: usize) -> std::io::Result<Held> {
    let packets = packets(peer, class)?;
    let mut connections: Vec<Connection> = Vec::new();
    let rest = settled(peer.pid());
    for _ in 0..count {
        let mut connection = Connection::open(peer.socket())?;
        connection.begin(&packets)?;
        connections.push(connection);
    }
    let flying = settled(peer.pid());
    if !forget_peak(peer.pid()) {
        return Err(std::io::Error::other("the kernel does not forget the peak"));
    }
    let mut uncleaned = 0;
    thread::scope(|scope| {
        let clients: Vec<_> = connections
            .iter_mut()
            .enumerate()
            .map(|(number, connection)| {
                scope.spawn(move || {
                    connection.end(&format!("H{number:011}"))?;
                    connection.answer()
                })
            })
            .collect();
        for client in clients {
            let answer = client
                .join()
                .map_err(|_| std::io::Error::other("a thread panicked"))??;
            if !answer.is_acceptance() {
                return Err(std::io::Error::other(format!("refused: {answer:?}")));
            }
            uncleaned += usize::from(!answer.is_change);
        }
        Ok(())
    })?;
    let most = peak_rss(peer.pid()).unwrap_or_default() as f64;
    Ok(Held {
        uncleaned,
        rest,
        flying,
        most,
        after: settled(peer.pid()),
    })
}

/// Resident memory when it does not change any more.
fn settled(pid: u32) -> f64 {
    const QUIET: Duration = Duration::from_millis(300);
    const PATIENCE: Duration = Duration::from_secs(10);
    let begun = Instant::now();
    let (mut memory, mut since) = (rss(pid), begun);
    while since.elapsed() < QUIET && begun.elapsed() < PATIENCE {
        thread::sleep(Duration::from_millis(20));
        let now = rss(pid);
        if now != memory {
            memory = now;
            since = Instant::now();
        }
    }
    memory.unwrap_or_default() as f64
}
