//! The milter: the only importer of indymilter.
//!
//! ```text
//! bind ─► listener ─► stream ─► indymilter ─► callbacks ─► session ─► message ─► work (the cleaner)
//!                                                             │            │
//!                            MTA ◄─ reply ◄─ decision ◄───────┴── finish ◄─┘
//!                                               └─► report ─► recorder, log line, stats
//! ```
//!
//! `callbacks` only adapt; `session` and `message` hold the state;
//! `decision` turns what the cleaner found into one whole decision before
//! `reply` writes its first byte. Nothing else talks to the MTA.

mod address;
mod allowlist;
mod bind;
mod budget;
mod callbacks;
mod clock;
mod decision;
mod descriptors;
mod exempt;
mod finish;
mod histogram;
mod identify;
mod in_flight;
mod keep;
mod listener;
mod memory;
mod message;
mod negotiate;
mod outbox;
mod pace;
mod path;
mod reply;
mod report;
mod run;
mod session;
mod stats;
mod stream;
mod work;

pub use address::{postfix_lines, sendmail_line};
pub use allowlist::LiveAllowlist;
pub use bind::{BindError, BindErrorKind, BoundListener, bind};
pub use clock::{Clock, SystemClock};
pub use descriptors::{connections_within, descriptor_limit};
pub use histogram::{Distribution, Histogram};
pub use run::{Milter, Runtime, Summary, run};
pub use stats::{Failure, Stats};
pub use work::{Clean, Expired, Work};

use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use std::{path::PathBuf, time::Duration};

/// Whether messages are changed.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Messages are changed.
    #[default]
    Enforce,
    /// Messages pass as they came; what would have been done is logged.
    Observe,
}

/// What becomes of a message when cleaning it failed.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnError {
    /// It is delivered as it came.
    #[default]
    Accept,
    /// It is refused for now (451 4.7.1), and the sender tries again.
    Tempfail,
}

/// Where the milter listens.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum SocketAddr {
    /// `inet:HOST:PORT`.
    Tcp {
        /// Host name or address.
        host: String,
        /// Port; 0 takes any free one.
        port: u16,
    },
    /// `unix:PATH`.
    Unix {
        /// Path of the socket file.
        path: PathBuf,
        /// Its mode, such as 0o660.
        mode: u32,
        /// The group that it is given to, if any.
        group: Option<String>,
    },
}

/// Who is exempt from cleaning.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Exempt {
    /// Whether senders that authenticated (SMTP AUTH) are.
    pub authenticated: bool,
    /// Client networks.
    pub networks: Vec<IpNet>,
    /// Recipients: `user@domain`, `user@` (any domain) or `@domain`, in lower
    /// case. One exempt recipient exempts the message, since all recipients
    /// of a transaction get the same body.
    pub recipients: Vec<String>,
}

/// Settings that a reload can change.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Whether messages are changed.
    pub mode: Mode,
    /// What becomes of a message when cleaning it failed.
    pub on_error: OnError,
    /// Who is exempt.
    pub exempt: Exempt,
    /// Time allowed for cleaning one message.
    pub message_time: Duration,
}

/// Settings that need a restart.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Service {
    /// Where to listen.
    pub socket: SocketAddr,
    /// Most connections open at a time; more wait in the backlog.
    pub max_connections: usize,
    /// How long a stop waits for messages in flight.
    pub drain_time: Duration,
    /// How long a command of the MTA may take from its first byte to its
    /// last, the first command of a connection also to begin. Between two
    /// commands it may take its time: its own client may be slow.
    pub stall_time: Duration,
}
