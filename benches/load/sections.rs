//! What is measured, and which targets it is held against.

use super::{
    bench::{InTurn, tell},
    classes,
    common::process::Transport,
    figures::{Figures, Series, median},
    growth::Growth,
    html_limit,
    options::Options,
    peers::{Kind, Peer},
};

type Result = std::result::Result<(), String>;

/// The class of mail that has no HTML.
const PLAIN: &str = "plain text, 3 KB";

/// What the HTML may cost on top of the no-op milter, in passes of the limit.
const PASSES: f64 = 1.8;

/// Messages a second when the machine is to have time to spare.
const EASY: f64 = 100.0;

/// All milters with all classes of mail, as fast as they can.
pub(crate) fn compare(options: &Options, figures: &mut Figures) -> Result {
    let mut kinds = vec![Kind::Noop, Kind::Untrackd];
    if !options.without_lxml {
        kinds.push(Kind::Lxml);
    }
    let peers = start(options, &kinds, Transport::Unix)?;
    let peers: Vec<&Peer> = peers.iter().collect();
    for class in classes::classes() {
        if !class.name.contains(&options.mail) {
            continue;
        }
        let in_turn = InTurn {
            options,
            section: "compare",
            class: &class,
            connections: options.connections.into(),
            time: options.seconds,
            rate: None,
        };
        let mut passes = Vec::new();
        let series = in_turn.run(&peers, || {
            if let Some(html) = &class.html {
                passes.push(html_limit::time(html).as_secs_f64() * 1e6);
            }
        })?;
        if let [noop, untrackd, ..] = series.as_slice() {
            against_noop(figures, noop, untrackd, &passes);
        }
        tell(figures, class.name, series);
    }
    Ok(())
}

fn against_noop(figures: &mut Figures, noop: &Series, untrackd: &Series, passes: &[f64]) {
    let name = &untrackd.mail;
    if passes.is_empty() {
        let ratio = untrackd.ratio(noop, |r| r.processor);
        let name = format!("{name}: CPU a message, times the no-op's");
        if untrackd.mail == PLAIN {
            figures.at_most(name, ratio, 1.3);
        } else {
            figures.note(name, ratio);
        }
    } else {
        let pass = median(passes.to_vec());
        figures.note(format!("{name}: HTML limit, us"), pass);
        let more = untrackd.median(|r| r.processor) - noop.median(|r| r.processor);
        figures.at_most(
            format!("{name}: CPU above the no-op's, HTML limits"),
            more / pass,
            PASSES,
        );
    }
}

/// Time to the answer when messages come one now and one then.
pub(crate) fn latency(options: &Options, figures: &mut Figures) -> Result {
    let peers = start(options, &[Kind::Noop, Kind::Untrackd], Transport::Unix)?;
    let peers: Vec<&Peer> = peers.iter().collect();
    let names = [
        PLAIN,
        "newsletter, 78 KB, 7bit",
        "newsletter, 78 KB, quoted-printable",
    ];
    for class in classes::named(&names, &options.mail) {
        let name = class.name;
        let in_turn = InTurn {
            options,
            section: "latency",
            class: &class,
            connections: options.connections.into(),
            time: options.seconds * 4,
            rate: Some(EASY),
        };
        let series = in_turn.run(&peers, || {})?;
        if let Some(untrackd) = series.last().filter(|_| name != PLAIN) {
            figures.at_most(
                format!("{name}: p99 at {EASY} messages/s, ms"),
                untrackd.median(|r| r.waits[1]) / 1e3,
                2.0,
            );
        }
        tell(figures, &format!("{name}, {EASY}/s"), series);
    }
    Ok(())
}

/// Unix socket against TCP on loopback.
pub(crate) fn transport(options: &Options, figures: &mut Figures) -> Result {
    let kinds = [Kind::Untrackd, Kind::Noop];
    let unix = start(options, &kinds, Transport::Unix)?;
    let tcp = start(options, &kinds, Transport::Tcp)?;
    let peers: Vec<&Peer> = unix.iter().zip(&tcp).flat_map(|(u, t)| [u, t]).collect();
    let names = [PLAIN, "newsletter, 78 KB, quoted-printable"];
    for class in classes::named(&names, &options.mail) {
        let name = class.name;
        let in_turn = InTurn {
            options,
            section: "transport",
            class: &class,
            connections: options.connections.into(),
            time: options.seconds,
            rate: None,
        };
        let series = in_turn.run(&peers, || {})?;
        if let [unix, tcp, ..] = series.as_slice() {
            figures.at_most(
                format!("{name}: CPU over TCP, times that over a Unix socket"),
                tcp.ratio(unix, |r| r.processor),
                1.15,
            );
            figures.at_least(
                format!("{name}: messages/s over TCP, times those over a Unix socket"),
                tcp.ratio(unix, |r| r.rate),
                1.0 / 1.15,
            );
        }
        tell(figures, name, series);
    }
    Ok(())
}

/// With the block log and without.
pub(crate) fn telemetry(options: &Options, figures: &mut Figures) -> Result {
    let peers = start(options, &[Kind::Unlogged, Kind::Untrackd], Transport::Unix)?;
    let peers: Vec<&Peer> = peers.iter().collect();
    let names = [
        PLAIN,
        "newsletter, 21 KB, quoted-printable",
        "newsletter, 78 KB, quoted-printable",
    ];
    for class in classes::named(&names, &options.mail) {
        let name = class.name;
        let in_turn = InTurn {
            options,
            section: "telemetry",
            class: &class,
            connections: options.connections.into(),
            time: options.seconds,
            rate: None,
        };
        let series = in_turn.run(&peers, || {})?;
        if let [off, on] = series.as_slice() {
            figures.at_most(
                format!("{name}: CPU with the block log, times that without"),
                on.ratio(off, |r| r.processor),
                1.05,
            );
        }
        tell(figures, name, series);
    }
    Ok(())
}

/// From one connection to a thousand.
pub(crate) fn connections(options: &Options, figures: &mut Figures) -> Result {
    let peers = start(options, &[Kind::Noop, Kind::Untrackd], Transport::Unix)?;
    let peers: Vec<&Peer> = peers.iter().collect();
    let mut growth = Growth::default();
    let names = [PLAIN, "newsletter, 21 KB, quoted-printable"];
    for class in classes::named(&names, &options.mail) {
        for connections in [1, 10, 50, 100, 500, 1000] {
            let in_turn = InTurn {
                options,
                section: "connections",
                class: &class,
                connections,
                time: options.seconds,
                rate: None,
            };
            let series = in_turn.run(&peers, || {})?;
            for each in &series {
                growth.add(each);
            }
            let title = format!("{}, {connections} connections", class.name);
            tell(figures, &title, series);
        }
    }
    match &options.plots {
        Some(directory) => growth.plot(directory),
        None => Ok(()),
    }
}

pub(crate) fn start(
    options: &Options,
    kinds: &[Kind],
    transport: Transport,
) -> std::result::Result<Vec<Peer>, String> {
    kinds
        .iter()
        .map(|kind| Peer::start(*kind, transport, &options.program))
        .collect()
}
