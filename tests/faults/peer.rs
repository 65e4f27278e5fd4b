//! A milter client without an MTA behind it, which sends what it likes.

use crate::common::{mail::Sample, process::Untrackd};
use std::{
    io::{self, Read, Write},
    os::unix::net::UnixStream,
};

/// Everything that Postfix offers: protocol 6, all actions, all options.
const OFFER: &[u8] = b"\0\0\0\x06\0\0\x01\xff\0\x1f\xff\xff";

/// A frame of the milter protocol.
pub(crate) fn frame(code: u8, data: &[u8]) -> Vec<u8> {
    let length = u32::try_from(data.len() + 1).expect("short");
    [&length.to_be_bytes()[..], &[code], data].concat()
}

/// A conversation up to the body, without the commands that our milter does
/// not ask for.
pub(crate) fn beginning(number: usize, sample: &Sample) -> Vec<u8> {
    let mail = sample.bytes();
    let end = memchr::memmem::find(&mail, b"\r\n\r\n").expect("a header") + 2;
    let mut out = [
        frame(b'O', OFFER),
        frame(b'C', b"client.example.com\0U"),
        frame(
            b'M',
            format!("<peer{number}@sender.example.com>\0").as_bytes(),
        ),
        frame(b'R', format!("<{}>\0", sample.recipients[0]).as_bytes()),
    ]
    .concat();
    // Fields with their continuation lines, which come with a bare LF.
    let header = String::from_utf8_lossy(&mail[..end]).replace("\r\n ", "\n ");
    for field in header.replace("\r\n\t", "\n\t").split("\r\n") {
        if let Some((name, value)) = field.split_once(':') {
            out.extend(frame(b'L', format!("{name}\0{value}\0").as_bytes()));
        }
    }
    out
}

/// The frames of the body.
pub(crate) fn body(sample: &Sample) -> Vec<u8> {
    let mail = sample.bytes();
    let start = memchr::memmem::find(&mail, b"\r\n\r\n").expect("a header") + 4;
    let pieces = mail[start..].chunks(65_535);
    pieces.flat_map(|piece| frame(b'B', piece)).collect()
}

/// The end of the message.
pub(crate) fn end() -> Vec<u8> {
    frame(b'E', b"")
}

/// A connection to the milter.
pub(crate) struct Peer(UnixStream);

impl Peer {
    pub(crate) fn connect(untrackd: &Untrackd) -> Self {
        let path = untrackd
            .socket()
            .strip_prefix("unix:")
            .expect("a Unix socket");
        let stream = UnixStream::connect(path).expect("the milter's socket");
        stream
            .set_read_timeout(Some(crate::rig::PATIENCE))
            .expect("a time limit");
        stream
            .set_write_timeout(Some(crate::rig::PATIENCE))
            .expect("a time limit");
        Self(stream)
    }

    pub(crate) fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all(bytes)
    }

    /// Reads one reply: its code and data.
    pub(crate) fn reply(&mut self) -> io::Result<(u8, Vec<u8>)> {
        let mut length = [0; 4];
        self.0.read_exact(&mut length)?;
        let mut reply = vec![0; u32::from_be_bytes(length) as usize];
        self.0.read_exact(&mut reply)?;
        let data = reply.split_off(1);
        Ok((reply[0], data))
    }

    /// Reads up to the reply that ends a message, which is to be an
    /// acceptance. Returns the codes of all.
    pub(crate) fn replies(&mut self) -> io::Result<Vec<u8>> {
        let mut codes = Vec::new();
        while codes.last() != Some(&b'a') {
            codes.push(self.reply()?.0);
        }
        Ok(codes)
    }

    /// Whether the milter ends the connection, after whatever it still says.
    pub(crate) fn is_ended(&mut self) -> bool {
        let mut rest = [0; 4096];
        loop {
            match self.0.read(&mut rest) {
                Ok(0) => return true,
                Ok(_) => {}
                Err(e) => return e.kind() == io::ErrorKind::ConnectionReset,
            }
        }
    }
}
