//! An MTA with untrackd, and a sink.

use super::{
    Client, Delivered, Sample, Settings, Sink, Transport, Untrackd,
    common::{
        free_port,
        postfix::{Listener, PrivatePostfix},
        sendmail::{Filter, PrivateSendmail, Sockets},
    },
};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Which MTA.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Mta {
    Postfix,
    Sendmail,
}

/// A running MTA.
enum Server {
    Postfix(PrivatePostfix),
    Sendmail(PrivateSendmail),
}

/// The order of the ports: without a milter, and with them.
const PLAIN: usize = 0;
const MILTERS: usize = 1;

/// The order matters: fields are dropped from the first to the last, and an
/// MTA whose milter or sink is gone would complain while it stops.
pub(crate) struct Rig {
    server: Server,
    pub(crate) mta: Mta,
    pub(crate) untrackd: Untrackd,
    _sockets: Sockets,
    pub(crate) sink: Sink,
}

impl Rig {
    /// With untrackd only.
    pub(crate) fn start(mta: Mta, transport: Transport) -> Self {
        Self::start_with(mta, transport, &[], &[])
    }

    /// With more milters before and after untrackd, by their sockets.
    pub(crate) fn start_with(
        mta: Mta,
        transport: Transport,
        before: &[&str],
        after: &[&str],
    ) -> Self {
        let sink = Sink::start();
        let sockets = Sockets::new();
        let socket = match transport {
            Transport::Unix => sockets.socket("untrackd.sock"),
            Transport::Tcp => format!("inet:127.0.0.1:{}", free_port()),
        };
        let untrackd = Untrackd::start_on(
            socket,
            &Settings {
                log: "log_clean = true\n".to_owned(),
                ..Settings::default()
            },
        );
        let chain: Vec<&str> = before
            .iter()
            .copied()
            .chain([untrackd.socket()])
            .chain(after.iter().copied())
            .collect();
        let server = match mta {
            Mta::Postfix => Server::Postfix(postfix(&sink, &chain)),
            Mta::Sendmail => Server::Sendmail(sendmail(&sink, &chain)),
        };
        Self {
            server,
            mta,
            untrackd,
            _sockets: sockets,
            sink,
        }
    }

    /// A new SMTP connection, with the milters.
    pub(crate) fn connect(&self) -> Client {
        Client::connect(self.port(MILTERS))
    }

    /// A new SMTP connection, without any milter.
    pub(crate) fn connect_plainly(&self) -> Client {
        Client::connect(self.port(PLAIN))
    }

    /// Sends a mail on a connection of its own; returns what arrives.
    pub(crate) fn pass(&self, recipients: &[String], mail: &[u8]) -> Delivered {
        self.pass_on(&mut self.connect(), recipients, mail)
    }

    /// Sends a sample on a connection of its own; returns what arrives.
    pub(crate) fn pass_sample(&self, sample: &Sample) -> Delivered {
        self.pass(&sample.recipients, &sample.bytes())
    }

    /// Sends a mail on a connection; returns what arrives.
    pub(crate) fn pass_on(
        &self,
        client: &mut Client,
        recipients: &[String],
        mail: &[u8],
    ) -> Delivered {
        let sender = unique_sender();
        let reply = client
            .send(&sender, recipients, mail)
            .expect("the connection lasts");
        assert_eq!(reply.code, 250, "{}", reply.text);
        self.sink.wait_for_mail(&sender, &recipients[0])
    }

    /// Submits a mail as programs of this machine do; returns what arrives.
    pub(crate) fn submit(&self, recipients: &[&str], mail: &[u8]) -> Delivered {
        let sender = unique_sender();
        let output = match &self.server {
            Server::Postfix(postfix) => postfix.submit(&sender, recipients, mail),
            Server::Sendmail(sendmail) => sendmail.submit(&sender, recipients, mail),
        };
        assert!(
            output.status.success(),
            "sendmail: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        self.sink.wait_for_mail(&sender, recipients[0])
    }

    /// The row of the block log about a mail.
    pub(crate) fn logged(&self, mail: &Delivered) -> serde_json::Value {
        let id = mail.queue_id();
        self.untrackd
            .block_log(std::slice::from_ref(&id))
            .remove(&id)
            .expect("a row")
    }

    fn port(&self, listener: usize) -> u16 {
        match &self.server {
            Server::Postfix(postfix) => postfix.port(listener),
            Server::Sendmail(sendmail) => sendmail.port(listener),
        }
    }
}

fn postfix(sink: &Sink, chain: &[&str]) -> PrivatePostfix {
    let milters: Vec<String> = chain
        .iter()
        .map(|socket| format!("{{ {socket}, default_action=tempfail }}"))
        .collect();
    let milters = milters.join(", ");
    let listener = Listener::default()
        .with(&format!("smtpd_milters = {milters}"))
        .with(
            "smtpd_recipient_restrictions = \
             check_recipient_access inline:{ forbidden@example.net=REJECT }, \
             permit_mynetworks, reject",
        );
    PrivatePostfix::start_with(
        sink,
        &[Listener::plain(), listener],
        &[
            &format!("non_smtpd_milters = {milters}"),
            "internal_mail_filter_classes = bounce",
        ],
    )
}

fn sendmail(sink: &Sink, chain: &[&str]) -> PrivateSendmail {
    let names: Vec<String> = (0..chain.len()).map(|i| format!("filter{i}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let milters: Vec<Filter<'_>> = names
        .iter()
        .zip(chain)
        .map(|(name, socket)| Filter {
            name,
            socket,
            flags: "T",
        })
        .collect();
    PrivateSendmail::start(sink, &milters, &[&[], &names])
}

/// A sender's address that no other mail of this run has.
pub(crate) fn unique_sender() -> String {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("sender{number}@sender.example.com")
}
