//! The same through a real Postfix into a sink.

use super::{
    common::{
        client::Client,
        mail::fields::Mail,
        postfix::{Listener, PrivatePostfix},
        process::{Settings, Transport, Untrackd},
        sink::Sink,
        usage::descriptors,
        wait_until,
    },
    figures::{Figures, mebibytes},
    log::{self, Expected},
    options::Options,
    watch::{Memory, Watch},
};
use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

/// Mails of one SMTP connection.
const PER_CONNECTION: usize = 20;

/// What the clients share.
struct Load<'a> {
    mails: &'a [Vec<u8>],
    messages: u64,
    next: AtomicU64,
    /// Numbers of the messages that Postfix took.
    accepted: Mutex<Vec<u64>>,
    /// Refused behind the milter, by message and reply.
    refused: Mutex<Vec<(u64, String)>>,
}

/// Sends the mails in turn until the number of messages is reached.
///
/// # Panics
///
/// If a message is lost, comes twice or comes otherwise than the first time;
/// if one is refused that Postfix takes without the milter; if memory or
/// descriptors leak; if the log disagrees.
pub(crate) fn run(options: &Options, mails: &[Mail]) {
    let sink = Sink::start();
    let mut untrackd = Untrackd::start_program(
        &options.program,
        Transport::Unix,
        &Settings {
            log: "log_clean = true\n".to_owned(),
            ..Settings::default()
        },
    );
    let pid = untrackd.pid();
    let postfix = PrivatePostfix::start(
        &sink,
        &[
            Listener::milter(untrackd.socket(), "tempfail"),
            Listener::plain(),
        ],
    );
    let mails: Vec<Vec<u8>> = mails.iter().map(Mail::to_smtp).collect();
    let load = Load {
        mails: &mails,
        messages: options.messages,
        next: AtomicU64::new(0),
        accepted: Mutex::default(),
        refused: Mutex::default(),
    };
    let watch = Watch::new();
    let base = descriptors(pid);
    let start = Instant::now();
    thread::scope(|scope| {
        let load = &load;
        let watch = &watch;
        let done = || load.next.load(Ordering::Relaxed).min(load.messages);
        scope.spawn(move || watch.run(pid, options.interval, done));
        scope.spawn(|| {
            thread::scope(|clients| {
                for _ in 0..options.connections {
                    clients.spawn(|| load.client(postfix.port(0)));
                }
            });
            watch.stop();
        });
        let mut told = Instant::now();
        while !watch.is_stopped() {
            thread::sleep(Duration::from_millis(50));
            if told.elapsed() > Duration::from_secs(15) {
                told = Instant::now();
                println!("soak: {} of {} messages", done(), load.messages);
            }
        }
    });
    let wall = start.elapsed();
    let accepted = load.accepted.into_inner().expect("accepted");
    let refused = load.refused.into_inner().expect("refused");
    let mut figures = Figures::default();
    figures.add("connections at a time", options.connections);
    figures.add("messages sent", options.messages);
    figures.add("  taken by Postfix", accepted.len());
    let ours: Vec<String> = refused
        .iter()
        .filter(|(number, _)| {
            let mail = &mails[index(*number, mails.len())];
            let recipients = ["reader@example.net".to_owned()];
            Client::connect(postfix.port(1))
                .send("control@sender.example.com", &recipients, mail)
                .is_ok_and(|reply| reply.code == 250)
        })
        .map(|(number, reply)| format!("message {number}: {reply}"))
        .collect();
    figures.add(
        "  refused, also without the milter",
        refused.len() - ours.len(),
    );
    figures.check("  refused because of the milter", ours.len(), 0);
    figures.require(ours.is_empty(), ours.join("\n"));

    // The control's mails come on top.
    let expected = accepted.len() + ours.len();
    wait_until(Duration::from_secs(300), || sink.count() >= expected);
    compare(&sink, &accepted, mails.len(), &mut figures);
    let rate = accepted.len() as f64 / wall.as_secs_f64();
    figures.add(
        "under load",
        format!("{:.0} s, {rate:.0} messages/s", wall.as_secs_f64()),
    );
    if let Some(memory) = Memory::of(&watch.samples()) {
        figures.add(
            "resident memory",
            format!(
                "{} after the warm-up, {} at the end, {} at most",
                mebibytes(memory.early),
                mebibytes(memory.late),
                mebibytes(memory.max)
            ),
        );
        figures.require(memory.is_flat(), format!("memory grows: {memory:?}"));
    }
    // Stops Postfix's processes, and with them their connections.
    drop(postfix);
    wait_until(Duration::from_secs(10), || {
        descriptors(pid) <= base + LOG_FILES
    });
    figures.add("descriptors before", base);
    figures.add("  afterwards", descriptors(pid));
    figures.require(
        descriptors(pid) <= base + LOG_FILES,
        format!("descriptors leak: {} instead of {base}", descriptors(pid)),
    );
    // What Postfix refuses itself after the milter has seen it is in the log.
    let rows = log::wait(&untrackd, accepted.len() as u64);
    untrackd.terminate();
    let status = untrackd.wait(Duration::from_secs(60));
    figures.require(status.success(), format!("the milter ended with {status}"));
    if refused.is_empty() {
        let changed = log::changed(&untrackd);
        let expected = Expected {
            messages: accepted.len() as u64,
            changed,
        };
        log::check(&untrackd, &expected, &mut figures);
    } else {
        figures.add("rows in the block log", rows);
        figures.require(rows >= accepted.len() as u64, "rows are missing in the log");
    }
    figures.finish("untrackd milter behind Postfix");
}

/// Files that the log opens with the first message.
const LOG_FILES: usize = 3;

impl Load<'_> {
    fn client(&self, port: u16) {
        let recipients = ["reader@example.net".to_owned()];
        loop {
            let mut client = Client::connect(port);
            for _ in 0..PER_CONNECTION {
                let number = self.next.fetch_add(1, Ordering::Relaxed);
                if number >= self.messages {
                    return;
                }
                let mail = &self.mails[index(number, self.mails.len())];
                let reply = client.send(&sender(number), &recipients, mail);
                match reply {
                    Ok(reply) if reply.code == 250 => {
                        self.accepted.lock().expect("accepted").push(number);
                    }
                    Ok(reply) => {
                        self.refused
                            .lock()
                            .expect("refused")
                            .push((number, reply.text));
                        // After a refusal the transaction may still be open.
                        break;
                    }
                    Err(error) => {
                        let story = format!("the connection broke: {error}");
                        self.refused.lock().expect("refused").push((number, story));
                        break;
                    }
                }
            }
        }
    }
}

/// Compares what arrived with what was taken.
fn compare(sink: &Sink, accepted: &[u64], mails: usize, figures: &mut Figures) {
    let mut arrived: HashMap<String, Vec<u64>> = HashMap::new();
    for mail in sink.mails() {
        let mut hasher = DefaultHasher::new();
        mail.as_sent().hash(&mut hasher);
        arrived
            .entry(mail.sender)
            .or_default()
            .push(hasher.finish());
    }
    let mut first: HashMap<usize, u64> = HashMap::new();
    let (mut lost, mut twice, mut different) = (0, 0, 0);
    for &number in accepted {
        let copies = arrived.get(&sender(number)).map_or(&[][..], Vec::as_slice);
        lost += usize::from(copies.is_empty());
        twice += copies.len().saturating_sub(1);
        for copy in copies {
            different += usize::from(first.entry(index(number, mails)).or_insert(*copy) != copy);
        }
    }
    figures.check("  lost", lost, 0);
    figures.check("  delivered twice", twice, 0);
    figures.check("  delivered unlike the first time", different, 0);
}

fn sender(number: u64) -> String {
    format!("m{number}@sender.example.com")
}

fn index(number: u64, length: usize) -> usize {
    usize::try_from(number % length as u64).expect("below a length")
}
