//! The milter's command stream, through a socket, to the milter in service.
//!
//! An input that begins with a zero byte (as a frame's length does) is sent as
//! it is. Any other one is a list of commands, with a record separator (0x1E)
//! between two of them: a command's code and what it carries, which are framed
//! here, behind the offer that Postfix makes unless the input makes one.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, LazyLock, Mutex},
    time::{Duration, SystemTime},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::UnixStream,
    runtime::{Builder, Runtime as Tokio},
    sync::watch,
    time::timeout,
};
use untrackd::{
    clean::Cleaner,
    milter::{
        Clock, Exempt, Failure, Milter, Mode, OnError, Policy, Runtime, Service, SocketAddr, Stats,
        bind,
    },
    telemetry::{Event, Record},
};

/// How many times more than it is sent the milter may answer; see `splitter`.
const GROWTH: usize = 64;

/// What it may answer to very little.
const ALLOWANCE: usize = 32 << 10;

/// A connection that is silent for so long, in real time, hangs.
const PATIENCE: Duration = Duration::from_secs(60);

/// The offer of Postfix 3: version 6, all actions, all protocol options.
const OFFER: &[u8] = b"O\0\0\0\x06\0\0\x01\xff\0\x1f\xff\xff";

const SEPARATOR: u8 = 0x1e;

/// Commands whose strings end with a NUL.
const WITH_STRINGS: &[u8] = b"CHMRLDU";

pub fn check(input: &[u8]) {
    let sent = match input {
        [0, ..] | [] => input.to_vec(),
        _ => framed(input),
    };
    let gateway = GATEWAY.lock().expect("no check has panicked before");
    let answer = gateway.tokio.block_on(async {
        let talk = talk(&gateway.path, &sent);
        timeout(PATIENCE, talk).await.expect("the connection hangs")
    });
    assert!(
        answer.bytes.len() <= sent.len() * GROWTH + ALLOWANCE,
        "{} bytes",
        answer.bytes.len()
    );
    well_formed(&answer);
    for failure in [Failure::Error, Failure::Panic, Failure::Timeout] {
        assert_eq!(gateway.stats.failures(failure), 0, "{failure}");
    }
}

fn framed(script: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut command = |bytes: &[u8]| {
        let ends = !WITH_STRINGS.contains(&bytes[0]) || bytes.ends_with(b"\0");
        let end: &[u8] = if ends { b"" } else { b"\0" };
        let length = bytes.len() + end.len();
        out.extend_from_slice(&(length as u32).to_be_bytes());
        out.extend_from_slice(bytes);
        out.extend_from_slice(end);
    };
    if !script.starts_with(b"O") {
        command(OFFER);
    }
    for bytes in script.split(|b| *b == SEPARATOR).filter(|b| !b.is_empty()) {
        command(bytes);
    }
    out
}

/// All that the milter says to `sent`.
struct Answer {
    bytes: Vec<u8>,
    /// Whether it ended as it should; the milter may hang up before it has
    /// read everything.
    is_whole: bool,
}

async fn talk(path: &PathBuf, sent: &[u8]) -> Answer {
    let stream = UnixStream::connect(path).await.expect("the milter listens");
    let (mut reader, mut writer) = stream.into_split();
    let write = async {
        let written = writer.write_all(sent).await;
        let _ = writer.shutdown().await;
        written.is_ok()
    };
    let read = async {
        let mut bytes = Vec::new();
        let ended = reader.read_to_end(&mut bytes).await;
        (bytes, ended.is_ok())
    };
    let (_, (bytes, is_whole)) = tokio::join!(write, read);
    Answer { bytes, is_whole }
}

/// Every reply is one of the milter protocol that we negotiated for.
fn well_formed(answer: &Answer) {
    let mut rest = answer.bytes.as_slice();
    while let Some((length, after)) = rest.split_first_chunk::<4>() {
        let length = u32::from_be_bytes(*length) as usize;
        assert!(length > 0, "a reply without a code");
        let Some((reply, later)) = after.split_at_checked(length) else {
            break;
        };
        let (code, data) = (reply[0], &reply[1..]);
        match code {
            b'O' => assert!(data.len() >= 12),
            b'a' | b'c' | b't' => assert!(data.is_empty()),
            b'y' => assert!(data.starts_with(b"4") && data.ends_with(b"\0")),
            b'b' => {}
            b'h' => assert_eq!(data.iter().filter(|b| **b == 0).count(), 2),
            b'm' => assert_eq!(data[4..].iter().filter(|b| **b == 0).count(), 2),
            other => panic!("a reply {:?}", char::from(other)),
        }
        rest = later;
    }
    assert!(
        rest.is_empty() || !answer.is_whole,
        "half a reply: {rest:?}"
    );
}

/// A milter that runs for as long as the process.
struct Gateway {
    tokio: Tokio,
    path: PathBuf,
    stats: Arc<Stats>,
    /// Kept, since the milter waits for a reload.
    _runtime: watch::Sender<Arc<Runtime>>,
}

static GATEWAY: LazyLock<Mutex<Gateway>> = LazyLock::new(|| Mutex::new(start()));

/// What the names of the sockets begin and end with; the process's id is
/// between.
const PREFIX: &str = "untrackd-fuzz-";
const SUFFIX: &str = ".sock";

/// Removes the sockets of processes that are gone: a fuzzer's process has no
/// end at which it could do so itself.
fn remove_left_over(directory: &Path) {
    for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let process = name
            .to_str()
            .and_then(|name| name.strip_prefix(PREFIX)?.strip_suffix(SUFFIX));
        if process.is_some_and(|id| !Path::new("/proc").join(id).exists()) {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

fn start() -> Gateway {
    let directory = std::env::temp_dir();
    remove_left_over(&directory);
    let path = directory.join(format!("{PREFIX}{}{SUFFIX}", std::process::id()));
    let socket = SocketAddr::Unix {
        path: path.clone(),
        mode: 0o600,
        group: None,
    };
    let settings = Service {
        socket,
        max_connections: 100,
        drain_time: Duration::from_secs(1),
        stall_time: Duration::from_secs(10),
    };
    let policy = Policy {
        mode: Mode::Enforce,
        on_error: OnError::Accept,
        exempt: Exempt {
            authenticated: true,
            networks: vec!["198.51.100.0/24".parse().expect("a network")],
            recipients: vec!["abuse@".to_owned()],
        },
        message_time: Duration::from_secs(10),
    };
    let cleaner = Arc::new(Cleaner::builtin().expect("the built-in data load"));
    let (sender, receiver) = watch::channel(Arc::new(Runtime { cleaner, policy }));
    let tokio = Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let stats = tokio.block_on(async {
        let listener = bind(&settings.socket).expect("a socket in the directory for such files");
        let milter = Milter::new(listener, settings, receiver, Arc::new(Nobody));
        let milter = milter.with_clock(Arc::new(Still));
        let stats = milter.stats();
        tokio::spawn(milter.run(std::future::pending::<()>()));
        stats
    });
    // The milter has bound it; nobody else needs the name.
    Gateway {
        tokio,
        path,
        stats,
        _runtime: sender,
    }
}

/// A clock that stands still: no message runs out of time.
struct Still;

impl Clock for Still {
    fn elapsed(&self) -> Duration {
        Duration::ZERO
    }

    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH
    }
}

/// Listens to nothing.
struct Nobody;

impl Record for Nobody {
    fn record(&self, _: Event) {}
}
