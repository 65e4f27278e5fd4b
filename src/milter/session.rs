//! One connection of the MTA, over which any number of messages come.

use super::{
    Mode,
    allowlist::LiveAllowlist,
    clock::Clock,
    exempt::Sender,
    in_flight::InFlight,
    message::{Ended, Message},
    negotiate::Agreement,
    path,
    run::Runtime,
    stats::Stats,
};
use crate::telemetry::Record;
use indymilter::{Actions, Macros, ProtoOpts, SocketInfo};
use std::{
    ffi::{CStr, CString},
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};
use tokio::sync::{Semaphore, watch};
use tracing::{debug, warn};

/// Longest queue id that is believed, in bytes. Postfix has up to 20.
const MAX_QUEUE_ID: usize = 64;

/// What all connections share.
pub(super) struct Service {
    pub(super) runtime: watch::Receiver<Arc<Runtime>>,
    pub(super) allowlist: Arc<LiveAllowlist>,
    pub(super) recorder: Arc<dyn Record>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) stats: Arc<Stats>,
    pub(super) in_flight: InFlight,
    /// Where large messages are finished.
    pub(super) places: Arc<Semaphore>,
    /// Whether an MTA has refused an action, so that it is said only once.
    pub(super) was_refused: AtomicBool,
}

impl Service {
    /// The settings in force now.
    pub(super) fn runtime(&self) -> Arc<Runtime> {
        Arc::clone(&self.runtime.borrow())
    }

    /// Comes to an agreement with an MTA.
    pub(super) fn negotiate(&self, actions: Actions, opts: ProtoOpts) -> Agreement {
        let mode = self.runtime().policy.mode;
        let agreement = Agreement::reach(mode, actions, opts);
        debug!(?actions, ?opts, ?agreement, "negotiated");
        let missing = agreement.missing();
        if mode == Mode::Enforce
            && !missing.is_empty()
            && !self.was_refused.swap(true, Ordering::Relaxed)
        {
            warn!(
                ?missing,
                "the MTA does not offer every action that changing a message takes"
            );
        }
        agreement
    }
}

/// One connection of the MTA.
pub(super) struct Session {
    service: Arc<Service>,
    agreement: Agreement,
    client: Option<IpAddr>,
    message: Option<Message>,
}

impl Session {
    pub(super) fn new(service: Arc<Service>, agreement: Agreement) -> Self {
        Self {
            service,
            agreement,
            client: None,
            message: None,
        }
    }

    pub(super) fn agreement(&self) -> Agreement {
        self.agreement
    }

    /// An SMTP client has connected to the MTA.
    pub(super) fn connect(&mut self, info: &SocketInfo, macros: &Macros) {
        self.abort();
        self.client = match info {
            SocketInfo::Inet(address) => Some(address.ip()),
            SocketInfo::Unix(_) | SocketInfo::Unknown => client_macro(macros),
        };
        debug!(
            mta = ?macros.get(c"v"),
            host = ?macros.get(c"j"),
            daemon = ?macros.get(c"{daemon_name}"),
            "connection"
        );
    }

    /// MAIL FROM. The message before it may have ended in a way that we were
    /// not told of, so everything about it is forgotten here.
    pub(super) fn mail(&mut self, args: &[CString], macros: &Macros) {
        self.abort();
        let sender = Sender {
            client: self.client.or_else(|| client_macro(macros)),
            authenticated: is_set(macros, c"{auth_authen}") || is_set(macros, c"{auth_type}"),
        };
        let reverse_path = first(args);
        self.message = Some(Message::begin(&self.service, sender, reverse_path));
    }

    /// RCPT TO.
    pub(super) fn recipient(&mut self, args: &[CString]) {
        if let Some(message) = &mut self.message {
            message.recipient(first(args));
        }
    }

    /// A header field.
    pub(super) fn header(&mut self, name: &[u8], value: &[u8]) {
        let Some(message) = &mut self.message else {
            return;
        };
        if self.agreement.leading_space() {
            message.header(name, value);
        } else {
            // The MTA has eaten the space after the colon.
            let mut spaced = Vec::with_capacity(value.len().saturating_add(1));
            spaced.push(b' ');
            spaced.extend_from_slice(value);
            message.header(name, &spaced);
        }
    }

    /// The next bytes of the body.
    pub(super) fn body(&mut self, chunk: &[u8]) {
        if let Some(message) = &mut self.message {
            message.body(chunk);
        }
    }

    /// The end of the message, if there is one.
    pub(super) async fn end(&mut self, queue_id: Option<String>) -> Option<Ended> {
        let message = self.message.take()?;
        Some(message.end(&self.service, self.agreement, queue_id).await)
    }

    /// The message, if there is one, was given up.
    pub(super) fn abort(&mut self) {
        if self.message.take().is_some() {
            self.service.stats.aborted.add(1);
        }
    }
}

/// The queue id, as far as it is fit for a log line and an SMTP reply.
pub(super) fn queue_id(macros: &Macros) -> Option<String> {
    let id: String = macros
        .get(c"i")?
        .to_bytes()
        .iter()
        .take(MAX_QUEUE_ID)
        .filter(|b| b.is_ascii_alphanumeric() || b"-._".contains(b))
        .map(|b| char::from(*b))
        .collect();
    (!id.is_empty()).then_some(id)
}

fn first(args: &[CString]) -> String {
    args.first()
        .map(|arg| path::address(arg.to_bytes()))
        .unwrap_or_default()
}

fn is_set(macros: &Macros, name: &CStr) -> bool {
    macros.get(name).is_some_and(|value| !value.is_empty())
}

fn client_macro(macros: &Macros) -> Option<IpAddr> {
    let value = macros.get(c"{client_addr}")?.to_str().ok()?;
    let value = value.strip_prefix("IPv6:").unwrap_or(value);
    value.parse().ok()
}
