//! A milter between a real Postfix and a sink, and an account of every mail.

use crate::common::{
    client::{Client, Reply},
    compare::{changed_as_expected, without_our_field},
    free_port,
    mail::{Sample, tracked_sample},
    postfix::{Listener, PrivatePostfix},
    process::{Settings, Transport, Untrackd},
    sink::Sink,
    wait_until,
};
use std::{
    io::{self, Read, Write},
    net::{Ipv4Addr, TcpStream},
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

/// Generous: for what comes within seconds on a quiet machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// What Postfix does without its milter, by port.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Port {
    /// `default_action=accept`.
    Accept = 0,
    /// `default_action=tempfail`.
    Tempfail = 1,
}

/// What became of a mail on its way.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Fate {
    Cleaned,
    Untouched,
}

/// A mail that Postfix took.
struct Sent {
    sender: String,
    sample: Sample,
}

/// Fields are dropped from the first to the last, and a Postfix whose milter
/// or sink is gone would complain while it stops.
pub(crate) struct Rig {
    postfix: PrivatePostfix,
    pub(crate) untrackd: Untrackd,
    sink: Sink,
    metrics: u16,
    sent: Mutex<Vec<Sent>>,
    next: AtomicUsize,
}

impl Rig {
    /// A milter on a Unix socket, which Postfix uses directly.
    pub(crate) fn start(settings: Settings) -> Self {
        Self::start_through(settings, Transport::Unix, |untrackd| {
            untrackd.socket().to_owned()
        })
    }

    /// The same with another socket for Postfix, such as a proxy's.
    pub(crate) fn start_through(
        mut settings: Settings,
        transport: Transport,
        socket: impl FnOnce(&Untrackd) -> String,
    ) -> Self {
        let sink = Sink::start();
        let metrics = free_port();
        settings.log += &format!("\n[metrics]\nlisten = \"127.0.0.1:{metrics}\"\n");
        let untrackd = Untrackd::start(transport, &settings);
        let socket = socket(&untrackd);
        let listeners = ["accept", "tempfail"].map(|action| Listener::milter(&socket, action));
        // Waiting in a queue is no fault of the milter's.
        let settings = [
            "milter_connect_timeout = 120s",
            "milter_command_timeout = 120s",
        ];
        Self {
            postfix: PrivatePostfix::start_with(&sink, &listeners, &settings),
            untrackd,
            sink,
            metrics,
            sent: Mutex::default(),
            next: AtomicUsize::new(0),
        }
    }

    pub(crate) fn smtp_port(&self, port: Port) -> u16 {
        self.postfix.port(port as usize)
    }

    /// What Postfix has logged so far.
    pub(crate) fn postfix_log(&self) -> String {
        self.postfix.log()
    }

    /// A number that no other mail of this rig has.
    pub(crate) fn number(&self) -> usize {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    /// Sends a mail on a connection of its own. If Postfix takes it, it is to
    /// be delivered. An error means that it refused to talk.
    pub(crate) fn try_send(&self, port: Port, sample: &Sample) -> io::Result<Reply> {
        let mut client = Client::try_connect(self.smtp_port(port))?;
        self.send_over(&mut client, sample)
    }

    /// Sends a mail over a connection that is there.
    pub(crate) fn send_over(&self, client: &mut Client, sample: &Sample) -> io::Result<Reply> {
        let sender = format!("sender{}@sender.example.com", self.number());
        let reply = client.send(&sender, &sample.recipients, &sample.bytes())?;
        if reply.code == 250 {
            self.took(sender, sample);
        }
        Ok(reply)
    }

    /// Notes a mail that Postfix took.
    pub(crate) fn took(&self, sender: String, sample: &Sample) {
        let sample = sample.clone();
        self.sent.lock().unwrap().push(Sent { sender, sample });
    }

    /// Sends a mail that Postfix is to take and waits for what arrives.
    pub(crate) fn pass(&self, sample: &Sample) -> Fate {
        let reply = self.try_send(Port::Accept, sample).expect("Postfix talks");
        assert_eq!(reply.code, 250, "{}: {}", sample.name, reply.text);
        let sender = self.sent.lock().unwrap().last().unwrap().sender.clone();
        let mail = self.sink.wait_for_mail(&sender, &sample.recipients[0]);
        fate(sample, mail.as_sent())
    }

    /// Sends a short mail with a tracker, which is to be cleaned.
    pub(crate) fn cleans(&self) {
        let sample = tracked_sample(self.number());
        assert_eq!(self.pass(&sample), Fate::Cleaned, "{}", sample.name);
    }

    /// How many mails Postfix took.
    pub(crate) fn taken(&self) -> usize {
        self.sent.lock().unwrap().len()
    }

    /// How many mails were delivered.
    pub(crate) fn delivered(&self) -> usize {
        self.sink.count()
    }

    /// Checks that every mail that Postfix took was delivered exactly once and
    /// whole. Returns what became of those that are there, in the order in
    /// which they were taken; `missing` may be missing.
    pub(crate) fn settle_but(&self, missing: usize) -> Vec<Fate> {
        let sent = self.sent.lock().unwrap();
        let expected = sent.len() - missing;
        wait_until(PATIENCE, || self.sink.count() >= expected);
        let mails = self.sink.mails();
        assert_eq!(mails.len(), expected, "mails delivered, of {}", sent.len());
        let mut fates = Vec::new();
        for Sent { sender, sample } in &*sent {
            let mut found = mails.iter().filter(|mail| mail.sender == *sender);
            if let Some(mail) = found.next() {
                fates.push(fate(sample, mail.as_sent()));
            }
            assert!(found.next().is_none(), "{} came twice", sample.name);
        }
        assert_eq!(fates.len(), expected, "mails that were sent");
        fates
    }

    /// The same without exception.
    pub(crate) fn settle(&self) -> Vec<Fate> {
        self.settle_but(0)
    }

    /// Waits until the milter has written this to its log.
    pub(crate) fn told(&self, text: &str) {
        self.told_times(text, 1);
    }

    /// Waits until it has done so that many times.
    pub(crate) fn told_times(&self, text: &str, times: usize) {
        let told = wait_until(PATIENCE, || {
            self.untrackd.messages().matches(text).count() >= times
        });
        assert!(
            told,
            "{text:?} was not logged:\n{}",
            self.untrackd.messages()
        );
    }

    /// What `/health` or `/metrics` answers.
    fn ask(&self, path: &str) -> io::Result<String> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.metrics))?;
        stream.set_read_timeout(Some(PATIENCE))?;
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    }

    /// Waits until `/health` says this.
    pub(crate) fn health_says(&self, text: &str) {
        let mut answer = String::new();
        let said = wait_until(PATIENCE, || {
            answer = self.ask("/health").unwrap_or_default();
            answer.contains(text)
        });
        assert!(said, "/health does not say {text:?}: {answer}");
    }

    /// A metric's value, by its name with its labels.
    pub(crate) fn metric(&self, name: &str) -> f64 {
        let answer = self.ask("/metrics").expect("the metrics are served");
        answer
            .lines()
            .find_map(|line| {
                line.strip_prefix(name)?
                    .strip_prefix(' ')?
                    .trim()
                    .parse()
                    .ok()
            })
            .unwrap_or_else(|| panic!("no metric {name}:\n{answer}"))
    }

    /// Waits until a metric is as it should be.
    pub(crate) fn metric_becomes(&self, name: &str, is_right: impl Fn(f64) -> bool) {
        let mut value = f64::NAN;
        let became = wait_until(PATIENCE, || {
            value = self.metric(name);
            is_right(value)
        });
        assert!(became, "{name} is {value}");
    }

    /// Runs another command of the program; returns its exit code and all it
    /// said.
    pub(crate) fn command(&self, arguments: &[&str]) -> (i32, String) {
        let output = self.untrackd.run(arguments);
        let text = [output.stdout, output.stderr].concat();
        let text = String::from_utf8_lossy(&text).into_owned();
        (output.status.code().unwrap_or(-1), text)
    }

    /// Waits until `untrackd log` lists that many messages: they are written
    /// behind the mail's back.
    pub(crate) fn logs(&self, messages: usize) {
        let mut listed = 0;
        let came = wait_until(PATIENCE, || {
            listed = self.logged();
            listed == messages
        });
        assert!(came, "{listed} of {messages} are in the block log");
    }

    fn logged(&self) -> usize {
        let (code, text) = self.command(&["log", "--json", "--limit", "100000"]);
        assert_eq!(code, 0, "untrackd log: {text}");
        text.lines().count()
    }
}

/// # Panics
///
/// If the mail is neither whole nor wholly cleaned.
fn fate(sample: &Sample, arrived: &[u8]) -> Fate {
    // Postfix keeps the edits of the header that it has got from a milter
    // that died before it replaced the body, so our field may be there.
    if without_our_field(arrived).1 == sample.bytes() {
        return Fate::Untouched;
    }
    match changed_as_expected(sample, arrived) {
        Ok(()) => Fate::Cleaned,
        Err(why) => panic!("{} is neither whole nor cleaned: {why}", sample.name),
    }
}
