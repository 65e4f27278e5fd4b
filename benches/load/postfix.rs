//! The same through a real Postfix, whose smtp-source sends the mail. What it
//! accepts is discarded, so that no delivery competes for the processor.

use super::{
    bench::tell,
    classes::{self, Class},
    common::{
        postfix::{Listener, PrivatePostfix},
        process::Transport,
        sink::Sink,
        wait_until,
    },
    figures::{Figures, Round, Series},
    mail,
    options::Options,
    peers::{Kind, Peer},
    sections::start,
};
use std::{
    fs,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

const SMTP_SOURCE: &str = "/usr/sbin/smtp-source";

/// Sessions at a time; each message has one of its own.
const SESSIONS: usize = 20;

/// Classes of mail, and how many of each are sent a round.
const CLASSES: [(&str, usize); 2] = [
    ("plain text, 3 KB", 400),
    ("newsletter, 78 KB, quoted-printable", 200),
];

/// Sends mail through a private Postfix, without a milter and with each.
pub(crate) fn measure(options: &Options, figures: &mut Figures) -> Result<(), String> {
    if !Path::new(SMTP_SOURCE).exists() {
        return Err(format!(
            "{SMTP_SOURCE} is not there; it comes with Postfix: run tests/setup.sh"
        ));
    }
    let mut kinds = vec![Kind::Noop, Kind::Untrackd];
    if !options.without_lxml {
        kinds.push(Kind::Lxml);
    }
    let peers = start(options, &kinds, Transport::Unix)?;
    let listeners: Vec<Listener> = peers
        .iter()
        .map(|peer| Listener::milter(peer.socket(), "tempfail"))
        .chain([Listener::plain()])
        .collect();
    let sink = Sink::start();
    let postfix =
        PrivatePostfix::start_with(&sink, &listeners, &["default_transport = discard:silently"]);
    let mut mta = Mta { postfix, sent: 0 };
    for (name, count) in CLASSES {
        let Some(class) = classes::named(&[name], &options.mail).pop() else {
            continue;
        };
        let ways: Vec<Option<&Peer>> = peers.iter().map(Some).chain([None]).collect();
        let series = in_turn(options, &mut mta, &class, &ways, count)?;
        against(figures, &series);
        tell(figures, &format!("Postfix, {name}"), series);
    }
    Ok(())
}

fn against(figures: &mut Figures, series: &[Series]) {
    let [noop, untrackd, rest @ ..] = series else {
        return;
    };
    let name = &untrackd.mail;
    figures.at_least(
        format!("Postfix, {name}: messages/s, times the no-op's"),
        untrackd.ratio(noop, |r| r.rate),
        0.95,
    );
    if let Some(lxml) = rest.iter().find(|s| s.milter == Kind::Lxml.name()) {
        figures.at_least(
            format!("Postfix, {name}: the lxml filter's CPU, times untrackd's"),
            lxml.ratio(untrackd, |r| r.processor),
            10.0,
        );
    }
}

fn in_turn(
    options: &Options,
    mta: &mut Mta,
    class: &Class,
    ways: &[Option<&Peer>],
    count: usize,
) -> Result<Vec<Series>, String> {
    let mut series: Vec<Series> = ways
        .iter()
        .map(|peer| Series {
            section: "postfix",
            mail: class.name.to_owned(),
            milter: peer.map_or_else(|| "no milter".to_owned(), Peer::name),
            connections: SESSIONS,
            rounds: Vec::new(),
        })
        .collect();
    for listener in 0..ways.len() {
        mta.send(listener, class, count / 8)?;
    }
    for _ in 0..options.rounds {
        for (listener, (peer, series)) in ways.iter().zip(&mut series).enumerate() {
            let time = || peer.map_or(Duration::ZERO, Peer::processor_time);
            let begun = time();
            let wall = mta.send(listener, class, count)?;
            let processor = time().saturating_sub(begun);
            series.rounds.push(Round {
                messages: count,
                rate: count as f64 / wall.as_secs_f64(),
                processor: processor.as_secs_f64() * 1e6 / count as f64,
                ..Round::default()
            });
        }
    }
    Ok(series)
}

/// A Postfix, and how many messages it was given.
struct Mta {
    postfix: PrivatePostfix,
    sent: usize,
}

impl Mta {
    /// Sends a mail `count` times to a listener; the time until all were
    /// accepted.
    fn send(&mut self, listener: usize, class: &Class, count: usize) -> Result<Duration, String> {
        let directory = super::common::directory();
        let file = directory.path().join("mail");
        let mail: Vec<u8> = class.mail.to_smtp();
        // smtp-source makes CRLF of every line end.
        let lines: Vec<u8> = mail.into_iter().filter(|&b| b != b'\r').collect();
        fs::write(&file, lines).map_err(|e| e.to_string())?;
        let port = self.postfix.port(listener);
        let begun = Instant::now();
        let output = Command::new(SMTP_SOURCE)
            .args(["-s", &SESSIONS.to_string(), "-m", &count.to_string()])
            .args(["-f", mail::SENDER, "-t", mail::RECIPIENT])
            .arg("-F")
            .arg(&file)
            .arg(format!("127.0.0.1:{port}"))
            .output()
            .map_err(|e| format!("{SMTP_SOURCE}: {e}"))?;
        let wall = begun.elapsed();
        if !output.status.success() {
            return Err(format!(
                "{SMTP_SOURCE}: {}: {}",
                output.status,
                String::from_utf8_lossy(&output.stderr)
            ));
        }
        self.sent += count;
        let is_through = wait_until(Duration::from_secs(60), || {
            self.postfix.log().matches("status=sent").count() >= self.sent
        });
        if is_through {
            Ok(wall)
        } else {
            Err(format!("Postfix does not deliver {} messages", self.sent))
        }
    }
}
