//! Stands in for parts that are written at the same time. Each goes when the
//! real one is there: `clean::raw`, `milter::{bind, run, …}` and
//! `telemetry::Recorder`.

pub(super) mod raw {
    use crate::clean::{Cleaner, Envelope, Outcome};
    use std::sync::Arc;

    pub(crate) struct Cleaned {
        pub(crate) bytes: Option<Vec<u8>>,
        pub(crate) outcome: Outcome,
    }

    /// Feeds a message to the cleaner; header edits are not applied.
    pub(crate) fn clean(cleaner: &Arc<Cleaner>, envelope: Envelope, raw: &[u8]) -> Cleaned {
        let crlf = memchr::memmem::find(raw, b"\r\n\r\n").map(|at| at + 4);
        let lf = memchr::memmem::find(raw, b"\n\n").map(|at| at + 2);
        let split = crlf.into_iter().chain(lf).min().unwrap_or(raw.len());
        let (head, body) = raw.split_at(split);
        let mut cleaning = cleaner.begin(envelope, Box::new(|| false));
        cleaning.body(body);
        let outcome = cleaning.finish();
        let bytes = outcome.body.as_ref().map(|body| [head, body].concat());
        Cleaned { bytes, outcome }
    }
}

pub(super) mod milter {
    use crate::{
        clean::Cleaner,
        milter::{Policy, Service, SocketAddr},
        telemetry::Record,
    };
    use std::{fmt, io, sync::Arc};
    use tokio::{net::UnixListener, sync::watch};

    pub(crate) struct Runtime {
        pub(crate) cleaner: Arc<Cleaner>,
        pub(crate) policy: Policy,
    }

    pub(crate) struct BoundListener {
        address: SocketAddr,
        _socket: Option<UnixListener>,
    }

    impl BoundListener {
        pub(crate) fn address(&self) -> &SocketAddr {
            &self.address
        }

        pub(crate) fn describe(&self) -> String {
            endpoint(&self.address)
        }
    }

    #[derive(Debug, thiserror::Error)]
    #[error("cannot listen")]
    pub(crate) struct BindError(#[from] io::Error);

    impl BindError {
        pub(crate) fn remedy(&self) -> String {
            "choose another socket".into()
        }
    }

    pub(crate) fn bind(address: &SocketAddr) -> Result<BoundListener, BindError> {
        let socket = match address {
            SocketAddr::Unix { path, .. } => Some(UnixListener::bind(path)?),
            SocketAddr::Tcp { .. } => None,
        };
        Ok(BoundListener {
            address: address.clone(),
            _socket: socket,
        })
    }

    pub(crate) struct Summary;

    impl fmt::Display for Summary {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("shim")
        }
    }

    pub(crate) async fn run(
        listener: BoundListener,
        service: Service,
        runtime: watch::Receiver<Arc<Runtime>>,
        recorder: Arc<dyn Record>,
        shutdown: impl Future,
    ) -> io::Result<Summary> {
        shutdown.await;
        let runtime = Arc::clone(&runtime.borrow());
        drop((
            &runtime.cleaner,
            &runtime.policy,
            recorder,
            listener,
            service,
        ));
        Ok(Summary)
    }

    fn endpoint(address: &SocketAddr) -> String {
        match address {
            SocketAddr::Tcp { host, port } => format!("inet:{host}:{port}"),
            SocketAddr::Unix { path, .. } => format!("unix:{}", path.display()),
        }
    }

    pub(crate) fn postfix_lines(address: &SocketAddr) -> Vec<String> {
        let endpoint = endpoint(address);
        vec![format!(
            "smtpd_milters = {{ {endpoint}, default_action=accept }}"
        )]
    }

    pub(crate) fn sendmail_line(address: &SocketAddr) -> String {
        let endpoint = match address {
            SocketAddr::Tcp { host, port } => format!("inet:{port}@{host}"),
            SocketAddr::Unix { path, .. } => format!("local:{}", path.display()),
        };
        format!("INPUT_MAIL_FILTER(`untrackd', `S={endpoint}')")
    }
}

pub(super) mod telemetry {
    use crate::{
        config::Log,
        telemetry::{Event, Record},
    };
    use std::io;

    pub(crate) struct Recorder;

    impl Recorder {
        pub(crate) fn start(_settings: &Log) -> io::Result<Self> {
            Ok(Self)
        }

        pub(crate) fn stop(&self) {}
    }

    impl Record for Recorder {
        fn record(&self, _event: Event) {}
    }
}
