//! Measurements in turn.

use super::{
    classes::Class,
    common::milter::{Connection, Packets},
    drive::{Load, Run},
    figures::{Figures, Round, Series, Table, significant},
    options::Options,
    peers::{Kind, Peer},
};
use std::{cell::Cell, time::Duration};

/// Python runs one thread at a time; more connections would only make it wait
/// longer for the last answer of each.
const LXML_CONNECTIONS: usize = 4;

/// A measurement of several milters in turn.
pub(crate) struct InTurn<'a> {
    pub(crate) options: &'a Options,
    pub(crate) section: &'static str,
    pub(crate) class: &'a Class,
    pub(crate) connections: usize,
    /// Length of a measurement.
    pub(crate) time: Duration,
    /// Messages a second over all connections, or as many as come through.
    pub(crate) rate: Option<f64>,
}

impl InTurn<'_> {
    /// Measures each milter once a round, and after each round calls `limit`.
    ///
    /// # Errors
    ///
    /// See [`Load::run`].
    pub(crate) fn run(
        &self,
        peers: &[&Peer],
        mut limit: impl FnMut(),
    ) -> Result<Vec<Series>, String> {
        let mut series: Vec<Series> = peers
            .iter()
            .map(|peer| Series {
                section: self.section,
                mail: self.class.name.to_owned(),
                milter: peer.name(),
                connections: self.connections_of(peer),
                rounds: Vec::new(),
            })
            .collect();
        for peer in peers {
            self.measure(peer, self.time / 8)?;
        }
        for _ in 0..self.options.rounds {
            for (peer, series) in peers.iter().zip(&mut series) {
                series.rounds.push(self.measure(peer, self.time)?);
            }
            limit();
        }
        Ok(series)
    }

    fn connections_of(&self, peer: &Peer) -> usize {
        match peer.kind {
            Kind::Lxml => self.connections.min(LXML_CONNECTIONS),
            _ => self.connections,
        }
    }

    fn measure(&self, peer: &Peer, time: Duration) -> Result<Round, String> {
        let explain = |e| format!("{}, {}: {e}", peer.name(), self.class.name);
        let packets = packets(peer, self.class).map_err(explain)?;
        let load = Load {
            socket: peer.socket(),
            mail: &packets,
            connections: self.connections_of(peer),
            time,
            rate: self.rate,
        };
        let begun = Cell::new(Duration::ZERO);
        let run = load
            .run(|| begun.set(peer.processor_time()))
            .map_err(explain)?;
        Ok(round(
            &run,
            peer.processor_time().saturating_sub(begun.get()),
        ))
    }
}

/// A mail as this milter wants to have it.
pub(crate) fn packets(peer: &Peer, class: &Class) -> std::io::Result<Packets> {
    let probe = Connection::open(peer.socket())?;
    let agreement = probe.agreement();
    probe.quit()?;
    Ok(Packets::of(&class.mail, agreement))
}

fn round(run: &Run, processor: Duration) -> Round {
    let microseconds = |time: Duration| time.as_secs_f64() * 1e6;
    Round {
        messages: run.messages(),
        rate: run.rate(),
        processor: microseconds(processor) / run.messages().max(1) as f64,
        waits: [0.5, 0.99, 0.999].map(|share| microseconds(run.quantile(share))),
    }
}

/// Prints series beside the first, and keeps them.
pub(crate) fn tell(figures: &mut Figures, title: &str, series: Vec<Series>) {
    let mut table = Table::new(&[
        title,
        "messages/s",
        "CPU s/1000",
        "to first",
        "p50 ms",
        "p99 ms",
        "p99.9 ms",
    ]);
    if let Some(first) = series.first() {
        for each in &series {
            table.row([
                each.milter.clone(),
                significant(each.median(|r| r.rate)),
                significant(each.median(|r| r.processor) / 1e3),
                significant(each.ratio(first, |r| r.processor)),
                significant(each.median(|r| r.waits[0]) / 1e3),
                significant(each.median(|r| r.waits[1]) / 1e3),
                significant(each.median(|r| r.waits[2]) / 1e3),
            ]);
        }
    }
    println!("{table}");
    for each in series {
        figures.add(each);
    }
}
