//! A milter with a cleaner that does what the mail tells it to.
//!
//! The mail's `X-Do` field names one of [`FakeWork::finish`]'s tricks.

#![allow(
    dead_code,
    clippy::missing_panics_doc,
    missing_docs,
    unreachable_pub,
    reason = "shared by several test programs, none of which uses all of it"
)]

use indymilter_test::{EomActions, MacroStage, Status, TestConnection};
use std::{
    io,
    sync::{Arc, Condvar, Mutex},
    time::{Duration, SystemTime},
};
use tokio::{
    sync::{oneshot, watch},
    task::JoinHandle,
    time::timeout,
};
use untrackd::{
    clean::{Envelope, HeaderEdit, Outcome},
    milter::{
        Clean, Clock, Exempt, Expired, Milter, Mode, OnError, Policy, Runtime, Service, SocketAddr,
        Stats, Summary, Work, bind,
    },
    skip::Skip,
    telemetry::{Event, Record},
};

/// Larger than what is finished on the spot.
pub const LARGE: usize = 300 << 10;

/// Largest body that the fake cleaner takes.
pub const LIMIT: usize = 1 << 20;

/// How many messages with the largest body there is memory for.
pub const FULL: usize = 20;

/// Most memory that all messages together may need: that of so many with the
/// largest body, and of their envelopes. It is given out in steps of 64 KiB,
/// so this is enough for 340 small ones.
pub const MEMORY: usize = FULL * (LIMIT + (64 << 10));

/// A clock that stands still unless somebody turns its hands.
#[derive(Default)]
pub struct Hands(Mutex<Duration>);

impl Hands {
    pub fn turn(&self, by: Duration) {
        *self.0.lock().unwrap() += by;
    }
}

impl Clock for Hands {
    fn elapsed(&self) -> Duration {
        *self.0.lock().unwrap()
    }

    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + self.elapsed()
    }
}

/// Keeps what is reported.
#[derive(Default)]
pub struct Events(pub Mutex<Vec<Event>>);

impl Events {
    pub fn take(&self) -> Vec<Event> {
        std::mem::take(&mut self.0.lock().unwrap())
    }

    /// The one event since the last time.
    pub fn one(&self) -> Event {
        let mut events = self.take();
        assert_eq!(events.len(), 1, "{events:?}");
        events.pop().unwrap()
    }
}

impl Record for Events {
    fn record(&self, event: Event) {
        self.0.lock().unwrap().push(event);
    }
}

/// Holds up whoever waits until it is opened.
#[derive(Default)]
pub struct Barrier(Mutex<bool>, Condvar);

impl Barrier {
    pub fn open(&self) {
        *self.0.lock().unwrap() = true;
        self.1.notify_all();
    }

    fn wait(&self) {
        let mut open = self.0.lock().unwrap();
        while !*open {
            open = self.1.wait(open).unwrap();
        }
    }
}

/// What the cleaner was given for a message.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Seen {
    pub recipients: Vec<String>,
    pub headers: Vec<(Vec<u8>, Vec<u8>)>,
    pub body: Vec<u8>,
}

pub struct Fake {
    pub version: &'static str,
    pub hands: Arc<Hands>,
    pub barrier: Arc<Barrier>,
    /// Every message that came to its end.
    pub seen: Arc<Mutex<Vec<Seen>>>,
}

impl Clean for Fake {
    fn begin(self: Arc<Self>, envelope: Envelope, expired: Expired) -> Box<dyn Work> {
        Box::new(FakeWork {
            seen: Seen {
                recipients: envelope.recipients,
                ..Seen::default()
            },
            trick: String::new(),
            expired,
            fake: self,
        })
    }

    fn message_bytes(&self) -> usize {
        LIMIT
    }

    fn memory_bytes(&self) -> usize {
        MEMORY
    }

    fn rules_version(&self) -> &str {
        self.version
    }
}

struct FakeWork {
    fake: Arc<Fake>,
    expired: Expired,
    trick: String,
    seen: Seen,
}

impl Work for FakeWork {
    fn header(&mut self, name: &[u8], value: &[u8]) {
        self.seen.headers.push((name.to_vec(), value.to_vec()));
        if name == b"X-Do" {
            self.trick = String::from_utf8_lossy(value).trim().to_owned();
            assert_ne!(self.trick, "panic in a header");
            if self.trick == "be slow in a header" {
                self.fake.hands.turn(Duration::from_secs(3600));
            }
        }
    }

    fn body(&mut self, chunk: &[u8]) {
        self.seen.body.extend_from_slice(chunk);
        assert_ne!(self.trick, "panic in the body");
    }

    fn memory(&self) -> usize {
        self.seen.body.len()
    }

    fn finish(self: Box<Self>) -> Outcome {
        let seen = self.seen;
        self.fake.seen.lock().unwrap().push(seen.clone());
        let upper = Outcome {
            body: Some(seen.body.to_ascii_uppercase()),
            ..Outcome::default()
        };
        match self.trick.as_str() {
            "change" => Outcome {
                headers: vec![
                    HeaderEdit::Add {
                        name: "X-Untrackd".into(),
                        value: format!("pixels=1 rules={}", self.fake.version),
                    },
                    HeaderEdit::Delete {
                        name: "X-Untrackd".into(),
                        index: 1,
                    },
                    HeaderEdit::Delete {
                        name: "X-Untrackd".into(),
                        index: 2,
                    },
                    HeaderEdit::Delete {
                        name: "X-Untrackd".into(),
                        index: 3,
                    },
                ],
                ..upper
            },
            "upper" => upper,
            "empty" => Outcome {
                body: Some(Vec::new()),
                ..Outcome::default()
            },
            "grow" => Outcome {
                body: Some(vec![b'x'; 64 << 20]),
                ..Outcome::default()
            },
            "panic at the end" => panic!("as the mail wished"),
            "notice the time" => {
                self.fake.hands.turn(Duration::from_secs(3600));
                assert!((self.expired)(), "the cleaner can see that time is up");
                Outcome::untouched(Skip::Timeout)
            }
            "ignore the time" => {
                self.fake.hands.turn(Duration::from_secs(3600));
                upper
            }
            "wait" => {
                self.fake.barrier.wait();
                upper
            }
            "ask for the impossible" => Outcome {
                headers: vec![HeaderEdit::Delete {
                    name: "X-Untrackd".into(),
                    index: 0,
                }],
                ..upper
            },
            "sign" => Outcome::untouched(Skip::Signed),
            _ => Outcome::default(),
        }
    }
}

pub fn policy() -> Policy {
    Policy {
        mode: Mode::Enforce,
        on_error: OnError::Accept,
        exempt: Exempt {
            authenticated: true,
            networks: vec!["198.51.100.0/24".parse().unwrap()],
            recipients: vec!["abuse@".into(), "ann@exempt.example".into()],
        },
        message_time: Duration::from_secs(10),
    }
}

pub fn settings() -> Service {
    Service {
        socket: SocketAddr::Tcp {
            host: "127.0.0.1".into(),
            port: 0,
        },
        max_connections: 300,
        drain_time: Duration::from_secs(30),
        stall_time: Duration::from_secs(60),
    }
}

/// A milter that runs.
pub struct Gateway {
    pub address: SocketAddr,
    pub barrier: Arc<Barrier>,
    pub events: Arc<Events>,
    pub hands: Arc<Hands>,
    pub seen: Arc<Mutex<Vec<Seen>>>,
    pub stats: Arc<Stats>,
    runtime: watch::Sender<Arc<Runtime>>,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<io::Result<Summary>>,
}

impl Gateway {
    pub fn start(policy: Policy) -> Self {
        Self::start_with(&settings(), policy)
    }

    pub fn start_with(settings: &Service, policy: Policy) -> Self {
        let listener = bind(&settings.socket).unwrap();
        let address = listener.address().clone();
        let barrier = Arc::<Barrier>::default();
        let events = Arc::<Events>::default();
        let hands = Arc::<Hands>::default();
        let seen = Arc::<Mutex<Vec<Seen>>>::default();
        let cleaner = Arc::new(Fake {
            version: "v1",
            hands: hands.clone(),
            barrier: barrier.clone(),
            seen: seen.clone(),
        });
        let (runtime, receiver) = watch::channel(Arc::new(Runtime { cleaner, policy }));
        let milter = Milter::new(listener, settings.clone(), receiver, events.clone())
            .with_clock(hands.clone());
        let stats = milter.stats();
        let (stop, stopped) = oneshot::channel::<()>();
        Self {
            address,
            barrier,
            events,
            hands,
            seen,
            stats,
            runtime,
            stop: Some(stop),
            task: tokio::spawn(milter.run(stopped)),
        }
    }

    /// Puts other settings in force.
    pub fn reload(&self, version: &'static str, policy: Policy) {
        let cleaner = Arc::new(Fake {
            version,
            hands: self.hands.clone(),
            barrier: self.barrier.clone(),
            seen: self.seen.clone(),
        });
        self.runtime
            .send(Arc::new(Runtime { cleaner, policy }))
            .unwrap();
    }

    /// Puts the true cleaner in service.
    pub fn clean_truly(&self, cleaner: Arc<dyn Clean>, policy: Policy) {
        self.runtime
            .send(Arc::new(Runtime { cleaner, policy }))
            .unwrap();
    }

    pub fn host_port(&self) -> (String, u16) {
        match &self.address {
            SocketAddr::Tcp { host, port } => (host.clone(), *port),
            SocketAddr::Unix { .. } => panic!("not a TCP socket"),
        }
    }

    /// A connection over which a client from 192.0.2.1 has said hello.
    pub async fn connect(&self) -> TestConnection {
        self.connect_from([192, 0, 2, 1]).await
    }

    pub async fn connect_from(&self, client: [u8; 4]) -> TestConnection {
        let connection = TestConnection::configure();
        let mut connection = match &self.address {
            SocketAddr::Tcp { host, port } => {
                connection.open_tcp((host.as_str(), *port)).await.unwrap()
            }
            SocketAddr::Unix { path, .. } => connection.open_unix(path).await.unwrap(),
        };
        connection
            .connect("client.example.org", client)
            .await
            .unwrap();
        connection
    }

    /// Waits until the milter has seen that many messages begin: no reply
    /// tells that it has read a MAIL command.
    pub async fn has_begun(&self, messages: u64) {
        until(|| self.stats.in_flight() == messages).await;
    }

    /// Asks the milter to stop.
    pub fn begin_stop(&mut self) {
        let _ = self.stop.take().unwrap().send(());
    }

    /// Waits until it has stopped.
    pub async fn stopped(self) -> Summary {
        timeout(Duration::from_secs(20), self.task)
            .await
            .expect("the milter does not stop")
            .unwrap()
            .unwrap()
    }

    pub async fn stop(mut self) -> Summary {
        self.begin_stop();
        self.stopped().await
    }
}

/// Waits for something that comes soon.
pub async fn until(condition: impl Fn() -> bool) {
    for _ in 0..60_000 {
        if condition() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    panic!("it never came");
}

/// A mail that makes the cleaner do a trick.
pub async fn send(
    connection: &mut TestConnection,
    trick: &str,
    body: &[u8],
) -> (EomActions, Status) {
    begin(connection, "<ann@example.org>", &["<bob@example.net>"]).await;
    finish(connection, trick, body).await
}

pub async fn begin(connection: &mut TestConnection, sender: &str, recipients: &[&str]) {
    goes_on(&connection.mail([sender]).await.unwrap());
    for recipient in recipients {
        goes_on(&connection.rcpt([*recipient]).await.unwrap());
    }
}

pub async fn finish(
    connection: &mut TestConnection,
    trick: &str,
    body: &[u8],
) -> (EomActions, Status) {
    header(connection, "From", "Ann <ann@example.org>").await;
    header(connection, "Message-ID", "<1@example.org>").await;
    header(connection, "X-Do", trick).await;
    for chunk in body.chunks(65_535) {
        goes_on(&connection.body(chunk.to_vec()).await.unwrap());
    }
    connection
        .macros(MacroStage::Eom, [("i", "4XyZ12345z")])
        .await
        .unwrap();
    connection.eom().await.unwrap()
}

pub async fn header(connection: &mut TestConnection, name: &str, value: &str) {
    goes_on(&connection.header(name, value).await.unwrap());
}

/// No status before the end of a message says anything.
pub fn goes_on(status: &Status) {
    assert!(
        matches!(status, Status::Noreply | Status::Continue),
        "{status:?}"
    );
}

/// That the milter leaves a message alone.
pub fn assert_untouched((actions, status): &(EomActions, Status)) {
    assert_eq!(actions.actions, [], "no modification at all");
    assert_eq!(*status, Status::Accept);
}

/// That the body is changed, and nothing else.
pub fn assert_upper((actions, status): &(EomActions, Status), body: &[u8]) {
    assert!(
        actions.has_replaced_body(body.to_ascii_uppercase().as_slice()),
        "{actions:?}"
    );
    assert_eq!(*status, Status::Accept);
}
