//! A browser's part of HTTP, over TCP.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

/// How long an answer may take before the test gives up.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// The lines of the head, without the first.
    pub(crate) fields: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn field(&self, name: &str) -> &str {
        let found = self.fields.iter().find(|(own, _)| own == name);
        found.map_or("", |(_, value)| value)
    }
}

/// Asks for a page. HTTP/1.0, so that the body ends with the connection
/// (RFC 9112 section 6.3).
pub(crate) fn get(address: SocketAddr, path: &str) -> Answer {
    let mut text = Vec::new();
    ask(address, path, "Accept: text/html\r\n")
        .read_to_end(&mut text)
        .unwrap();
    let text = String::from_utf8(text).expect("pages are UTF-8");
    let (head, body) = text.split_once("\r\n\r\n").expect("a head");
    let mut lines = head.split("\r\n");
    let status = lines.next().unwrap().split(' ').nth(1).unwrap();
    let fields = lines.map(|line| {
        let (name, value) = line.split_once(':').unwrap();
        (name.to_ascii_lowercase(), value.trim().to_owned())
    });
    Answer {
        status: status.parse().unwrap(),
        fields: fields.collect(),
        body: body.to_owned(),
    }
}

/// The page, which must be there.
pub(crate) fn page(address: SocketAddr, path: &str) -> String {
    let answer = get(address, path);
    assert_eq!(answer.status, 200, "{path}: {}", answer.body);
    answer.body
}

/// Sends a request and leaves the answer to be read.
pub(crate) fn ask(address: SocketAddr, path: &str, fields: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    write!(
        stream,
        "GET {path} HTTP/1.0\r\nHost: {address}\r\n{fields}\r\n"
    )
    .unwrap();
    stream
}
