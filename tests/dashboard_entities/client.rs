//! A browser's part of HTTP, over TCP.

use crate::page::unescape;
use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

/// How long an answer may take before the test gives up.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// The lines of the head, without the first, the names in lower case.
    pub(crate) fields: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn field(&self, name: &str) -> &str {
        let found = self.fields.iter().find(|(own, _)| own == name);
        found.map_or("", |(_, value)| value)
    }

    /// The value of the first field of a form that is called so.
    pub(crate) fn hidden(&self, name: &str) -> String {
        let begin = format!("name=\"{name}\" value=\"");
        let found = self.body.split_once(&begin);
        let (_, rest) = found.unwrap_or_else(|| panic!("no {name} in {}", self.body));
        unescape(rest.split('"').next().unwrap())
    }
}

pub(crate) fn get(address: SocketAddr, path: &str) -> Answer {
    request(address, &format!("GET {path}"), "", "")
}

/// The page, which must be there.
pub(crate) fn page(address: SocketAddr, path: &str) -> String {
    let answer = get(address, path);
    assert_eq!(answer.status, 200, "{path}: {}", answer.body);
    answer.body
}

/// Sends a form as a browser does from one of our own pages.
pub(crate) fn post(address: SocketAddr, path: &str, fields: &[(&str, &str)]) -> Answer {
    let head = "Sec-Fetch-Site: same-origin\r\nOrigin: null\r\n";
    request(address, &format!("POST {path}"), head, &encode(fields))
}

/// The same with the token of the page `from`.
pub(crate) fn submit(
    address: SocketAddr,
    from: &str,
    path: &str,
    fields: &[(&str, &str)],
) -> Answer {
    let token = get(address, from).hidden("csrf");
    let mut all = vec![("csrf", token.as_str())];
    all.extend(fields);
    post(address, path, &all)
}

pub(crate) fn encode(fields: &[(&str, &str)]) -> String {
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(fields);
    form.finish()
}

/// HTTP/1.0, so that the body ends with the connection (RFC 9112 section 6.3).
pub(crate) fn request(address: SocketAddr, what: &str, fields: &str, form: &str) -> Answer {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let kind = if form.is_empty() {
        String::new()
    } else {
        let length = form.len();
        format!("Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n")
    };
    write!(
        stream,
        "{what} HTTP/1.0\r\nHost: {address}\r\nAccept: text/html\r\n{fields}{kind}\r\n{form}"
    )
    .unwrap();
    let mut text = Vec::new();
    stream.read_to_end(&mut text).unwrap();
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
