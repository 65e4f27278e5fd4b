//! The server that every name leads to: it answers every request, over HTTP
//! and HTTPS on one port, and keeps what it was asked.

use super::{tls, wait_until};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{Ipv4Addr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex, RwLock,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

/// What a client told the server.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Contact {
    /// That it wants to speak with this host over TLS. A request may follow
    /// or not: a preconnection is all that `<link rel=preconnect>` makes.
    Handshake { host: String },
    /// A request.
    Request(Request),
}

impl Contact {
    /// The host that it was meant for, without port, in lower case.
    pub(crate) fn host(&self) -> &str {
        match self {
            Self::Handshake { host } => host,
            Self::Request(request) => &request.host,
        }
    }
}

/// An HTTP request without its body.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// `http` or `https`.
    pub(crate) scheme: &'static str,
    /// Without port, in lower case.
    pub(crate) host: String,
    /// Path and query as they were sent.
    pub(crate) path: String,
    pub(crate) destination: Destination,
}

impl Request {
    /// The URL without port.
    pub(crate) fn url(&self) -> String {
        format!("{}://{}{}", self.scheme, self.host, self.path)
    }
}

/// What the client is going to use the answer for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Destination {
    /// The page of a tab.
    Document,
    Font,
    /// A page inside a page.
    Frame,
    Image,
    Manifest,
    /// Anything else: scripts, media, prefetches …
    Other,
    Style,
}

impl Destination {
    /// By the header `Sec-Fetch-Dest` (W3C Fetch Metadata) or, where that is
    /// not sent, as to hosts without TLS, by `Accept` and the path.
    fn of(fetch: Option<&str>, accept: &str, path: &str) -> Self {
        match fetch {
            Some("document") => Self::Document,
            Some("embed" | "fencedframe" | "frame" | "iframe" | "object") => Self::Frame,
            Some("font") => Self::Font,
            Some("image") => Self::Image,
            Some("manifest") => Self::Manifest,
            Some("style") => Self::Style,
            Some(_) => Self::Other,
            None if accept.starts_with("text/html") => Self::Document,
            None if accept.starts_with("image/") => Self::Image,
            None if accept.starts_with("text/css") => Self::Style,
            None => {
                let path = path.split(['?', '#']).next().unwrap_or_default();
                match path.rsplit_once('.').map_or("", |(_, extension)| extension) {
                    "css" => Self::Style,
                    "gif" | "jpeg" | "jpg" | "png" | "webp" => Self::Image,
                    "otf" | "ttf" | "woff" | "woff2" => Self::Font,
                    _ => Self::Other,
                }
            }
        }
    }
}

/// What the server says to a request.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) content_type: &'static str,
    pub(crate) body: Vec<u8>,
    /// The status 204: a tab that asked for a page stays where it is.
    pub(crate) is_nothing: bool,
}

impl Answer {
    pub(crate) fn new(content_type: &'static str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            content_type,
            body: body.into(),
            is_nothing: false,
        }
    }

    /// A page in UTF-8.
    pub(crate) fn page(html: impl Into<Vec<u8>>) -> Self {
        Self::new("text/html; charset=utf-8", html)
    }

    /// The status 204, after which a tab stays on the page that it shows.
    pub(crate) fn nothing() -> Self {
        Self {
            is_nothing: true,
            ..Self::new("text/plain", "")
        }
    }
}

/// How requests are answered.
pub(crate) type Answerer = dyn Fn(&Request) -> Answer + Send + Sync;

/// The server.
pub(crate) struct Server {
    port: u16,
    shared: Arc<Shared>,
    acceptor: Option<JoinHandle<()>>,
}

struct Shared {
    tls: Arc<ServerConfig>,
    answerer: RwLock<Arc<Answerer>>,
    contacts: Mutex<Contacts>,
    stopping: AtomicBool,
}

struct Contacts {
    list: Vec<Contact>,
    last: Instant,
}

impl Server {
    /// Starts the server on a free port of loopback. It says
    /// [`Answer::nothing`] until [`Server::answer_with`] tells better.
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let shared = Arc::new(Shared {
            tls: tls::server_config(),
            answerer: RwLock::new(Arc::new(|_: &Request| Answer::nothing())),
            contacts: Mutex::new(Contacts {
                list: Vec::new(),
                last: Instant::now(),
            }),
            stopping: AtomicBool::new(false),
        });
        let acceptor = thread::spawn({
            let shared = Arc::clone(&shared);
            move || {
                for stream in listener.incoming() {
                    if shared.stopping.load(Ordering::SeqCst) {
                        break;
                    }
                    let Ok(stream) = stream else { continue };
                    let shared = Arc::clone(&shared);
                    // Ends with its connection, which the browser closes.
                    thread::spawn(move || shared.accept(stream));
                }
            }
        });
        Self {
            port,
            shared,
            acceptor: Some(acceptor),
        }
    }

    /// The port that it listens on.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// From now on requests are answered like this.
    pub(crate) fn answer_with(
        &self,
        answerer: impl Fn(&Request) -> Answer + Send + Sync + 'static,
    ) {
        *self.shared.answerer.write().expect("the answerer") = Arc::new(answerer);
    }

    /// All contacts since the last [`Server::take_contacts`].
    pub(crate) fn contacts(&self) -> Vec<Contact> {
        self.shared.contacts().list.clone()
    }

    /// All contacts since the last time; the list begins anew.
    pub(crate) fn take_contacts(&self) -> Vec<Contact> {
        std::mem::take(&mut self.shared.contacts().list)
    }

    /// Whether this host was asked for this path.
    pub(crate) fn was_asked(&self, host: &str, path: &str) -> bool {
        self.shared.contacts().list.iter().any(
            |contact| matches!(contact, Contact::Request(r) if r.host == host && r.path == path),
        )
    }

    /// Waits until there has been no contact for `length`.
    pub(crate) fn wait_for_silence(&self, length: Duration) {
        let silent = || self.shared.contacts().last.elapsed() >= length;
        assert!(
            wait_until(Duration::from_secs(60), silent),
            "requests without end: {:?}",
            self.contacts()
        );
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.stopping.store(true, Ordering::SeqCst);
        // Wakes the acceptor, which then sees that it is to stop.
        let _ = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port));
        if let Some(acceptor) = self.acceptor.take() {
            let _ = acceptor.join();
        }
    }
}

impl Shared {
    fn contacts(&self) -> std::sync::MutexGuard<'_, Contacts> {
        self.contacts.lock().expect("the contacts")
    }

    fn record(&self, contact: Contact) {
        let mut contacts = self.contacts();
        contacts.list.push(contact);
        contacts.last = Instant::now();
    }

    /// Speaks with a client for as long as it wishes. Errors are connections
    /// that the browser gave up.
    fn accept(&self, stream: TcpStream) {
        let _ = stream.set_nodelay(true);
        // The first byte of a TLS record that begins a handshake (RFC 8446
        // section 5.1) is none that a method can begin with.
        const HANDSHAKE: u8 = 22;
        let mut first = [0];
        match stream.peek(&mut first) {
            Ok(1) if first == [HANDSHAKE] => self.accept_tls(stream),
            Ok(1) => self.serve(stream, "http"),
            _ => {}
        }
    }

    fn accept_tls(&self, mut stream: TcpStream) {
        let Ok(mut connection) = ServerConnection::new(Arc::clone(&self.tls)) else {
            return;
        };
        while connection.is_handshaking() {
            if connection.complete_io(&mut stream).is_err() {
                break;
            }
        }
        // Absent for addresses in place of names (RFC 6066 section 3).
        if let Some(host) = connection.server_name() {
            self.record(Contact::Handshake {
                host: bare_host(host),
            });
        }
        if !connection.is_handshaking() {
            self.serve(StreamOwned::new(connection, stream), "https");
        }
    }

    fn serve(&self, stream: impl Read + Write, scheme: &'static str) {
        let mut stream = BufReader::new(stream);
        while let Some((request, body)) = read_request(&mut stream, scheme) {
            if std::io::copy(&mut stream.by_ref().take(body), &mut std::io::sink()).is_err() {
                return;
            }
            self.record(Contact::Request(request.clone()));
            let answerer = Arc::clone(&self.answerer.read().expect("the answerer"));
            let bytes = response(&request.method, &answerer(&request));
            let written = stream.get_mut().write_all(&bytes);
            if written.and_then(|()| stream.get_mut().flush()).is_err() {
                return;
            }
        }
    }
}

/// The next request and the length of its body; `None` at the end of the
/// connection or if it is none.
fn read_request(stream: &mut impl BufRead, scheme: &'static str) -> Option<(Request, u64)> {
    let first = read_line(stream)?;
    let mut words = first.split(' ');
    let method = words.next()?.to_owned();
    let path = words.next()?.to_owned();
    let mut host = String::new();
    let mut accept = String::new();
    let mut fetch = None;
    let mut body = 0;
    loop {
        let line = read_line(stream)?;
        if line.is_empty() {
            break;
        }
        let (name, value) = line.split_once(':')?;
        let value = value.trim();
        match name.to_ascii_lowercase().as_str() {
            "accept" => accept = value.to_owned(),
            "content-length" => body = value.parse().ok()?,
            "host" => host = bare_host(value),
            "sec-fetch-dest" => fetch = Some(value.to_owned()),
            _ => {}
        }
    }
    let destination = Destination::of(fetch.as_deref(), &accept, &path);
    let request = Request {
        method,
        scheme,
        host,
        path,
        destination,
    };
    Some((request, body))
}

fn read_line(stream: &mut impl BufRead) -> Option<String> {
    const LONGEST: u64 = 1 << 20;
    let mut line = Vec::new();
    stream.take(LONGEST).read_until(b'\n', &mut line).ok()?;
    let line = line.strip_suffix(b"\r\n")?;
    Some(String::from_utf8_lossy(line).into_owned())
}

/// Without port and trailing dot, in lower case.
fn bare_host(host: &str) -> String {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    };
    name.trim_end_matches('.').to_ascii_lowercase()
}

fn response(method: &str, answer: &Answer) -> Vec<u8> {
    let status = match answer.is_nothing {
        true => "204 No Content",
        false => "200 OK",
    };
    let mut bytes = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {}\r\nCache-Control: no-store\r\n\
         Access-Control-Allow-Origin: *\r\n",
        answer.content_type
    )
    .into_bytes();
    if !answer.is_nothing {
        bytes.extend(format!("Content-Length: {}\r\n", answer.body.len()).into_bytes());
    }
    bytes.extend(b"\r\n");
    if !answer.is_nothing && method != "HEAD" {
        bytes.extend(&answer.body);
    }
    bytes
}
