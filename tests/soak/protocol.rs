//! The milter protocol from the MTA's side, as Postfix speaks it.

use super::mail::Mail;
use std::{
    hash::{DefaultHasher, Hash as _, Hasher as _},
    io::{self, BufReader, Read, Write},
    os::unix::net::UnixStream,
    path::Path,
    time::Duration,
};

/// What Postfix 3.7 offers: version, actions, and how it may talk to us.
const OFFER: [u32; 3] = [6, 0x1ff, 0x001f_ffff];

/// What is agreed on: replacing the body, adding and changing fields; no
/// command for HELO, the end of the header, DATA and unknown ones; no reply to
/// any other but the end of the message; values with their leading space.
const AGREED: [u32; 3] = [6, 0x01 | 0x02 | 0x10, 0x0018_d3c2];

/// Largest piece of a body (`MILTER_CHUNK_SIZE`).
const CHUNK: usize = 65_535;

/// Longer than the milter may take for a message.
const PATIENCE: Duration = Duration::from_secs(60);

/// All that is sent of one mail before its end.
pub(crate) struct Packets {
    pub(crate) name: String,
    bytes: Vec<u8>,
    /// Where a transaction can be broken off in the middle.
    middle: usize,
}

impl Packets {
    /// Puts together what Postfix sends for a mail.
    pub(crate) fn of(mail: &Mail) -> Self {
        let mut bytes = Vec::with_capacity(mail.body.len() + 1024);
        packet(&mut bytes, b'D', b"M{mail_addr}\0news@sender.example.com\0");
        packet(
            &mut bytes,
            b'M',
            b"<news@sender.example.com>\0BODY=8BITMIME\0",
        );
        packet(&mut bytes, b'R', b"<reader@example.net>\0");
        for (name, value) in &mail.fields {
            let field = [name, &b"\0"[..], value, b"\0"].concat();
            packet(&mut bytes, b'L', &field);
        }
        let middle = bytes.len();
        for chunk in mail.body.chunks(CHUNK) {
            packet(&mut bytes, b'B', chunk);
        }
        Self {
            name: mail.name.clone(),
            bytes,
            middle,
        }
    }
}

/// The milter's answer to a mail.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Answer {
    /// `a` (accept), `c` (continue), `t` (try again later), …
    pub(crate) verdict: u8,
    /// Whether the mail changes: a new body, or a field that goes.
    pub(crate) is_change: bool,
    /// Of all edits in their order, and of the verdict.
    pub(crate) hash: u64,
}

impl Answer {
    /// Whether the mail is delivered.
    pub(crate) fn is_acceptance(self) -> bool {
        matches!(self.verdict, b'a' | b'c')
    }
}

/// One connection to the milter.
pub(crate) struct Connection {
    replies: BufReader<UnixStream>,
    commands: UnixStream,
    reply: Vec<u8>,
}

impl Connection {
    /// Connects, comes to an agreement and announces an SMTP client.
    pub(crate) fn open(socket: &Path) -> io::Result<Self> {
        let stream = UnixStream::connect(socket)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        let mut connection = Self {
            commands: stream.try_clone()?,
            replies: BufReader::with_capacity(1 << 16, stream),
            reply: Vec::new(),
        };
        let mut out = Vec::new();
        packet(&mut out, b'O', &OFFER.map(u32::to_be_bytes).concat());
        connection.commands.write_all(&out)?;
        let kind = connection.read()?;
        let agreed = AGREED.map(u32::to_be_bytes).concat();
        if kind != b'O' || !connection.reply.starts_with(&agreed) {
            let reply = connection.reply.escape_ascii().to_string();
            return Err(io::Error::other(format!("another agreement: {reply}")));
        }
        connection.announce()?;
        Ok(connection)
    }

    /// Announces an SMTP client.
    fn announce(&mut self) -> io::Result<()> {
        let mut out = Vec::new();
        packet(
            &mut out,
            b'D',
            b"Cj\0mta.example.net\0{daemon_name}\0smtpd\0v\0Postfix 3.7.11\0",
        );
        packet(
            &mut out,
            b'C',
            b"client.example.com\x004\xd4\x31192.0.2.1\0",
        );
        self.commands.write_all(&out)
    }

    /// Sends a whole mail and reads the answer.
    pub(crate) fn pass(&mut self, mail: &Packets, queue_id: &str) -> io::Result<Answer> {
        let mut end = Vec::new();
        packet(&mut end, b'D', format!("Ei\0{queue_id}\0").as_bytes());
        packet(&mut end, b'E', b"");
        self.commands.write_all(&mail.bytes)?;
        self.commands.write_all(&end)?;
        self.answer()
    }

    /// Begins a mail and gives it up, which the milter does not answer.
    pub(crate) fn give_up(&mut self, mail: &Packets) -> io::Result<()> {
        let mut out = mail.bytes[..mail.middle].to_vec();
        packet(&mut out, b'A', b"");
        self.commands.write_all(&out)
    }

    /// Says that another SMTP client uses this connection (QUIT_NC).
    pub(crate) fn next_client(&mut self) -> io::Result<()> {
        let mut out = Vec::new();
        packet(&mut out, b'K', b"");
        self.commands.write_all(&out)?;
        self.announce()
    }

    /// Ends the connection as an MTA does. Anything that the milter still
    /// says would be an answer too many.
    pub(crate) fn quit(mut self) -> io::Result<()> {
        let mut out = Vec::new();
        packet(&mut out, b'Q', b"");
        self.commands.write_all(&out)?;
        let mut rest = Vec::new();
        self.replies.read_to_end(&mut rest)?;
        if rest.is_empty() {
            Ok(())
        } else {
            Err(io::Error::other(format!(
                "after the last answer: {}",
                rest.escape_ascii()
            )))
        }
    }

    fn answer(&mut self) -> io::Result<Answer> {
        let mut hasher = DefaultHasher::new();
        let mut is_change = false;
        let mut has_body = false;
        loop {
            let kind = self.read()?;
            match kind {
                // Progress is no edit.
                b'p' => continue,
                b'h' | b'i' | b'm' | b'b' => {
                    is_change |= matches!(kind, b'm' | b'b');
                    if has_body && kind != b'b' {
                        return Err(io::Error::other("an edit between pieces of the body"));
                    }
                    // The pieces of a body are one edit.
                    if !(has_body && kind == b'b') {
                        kind.hash(&mut hasher);
                    }
                    has_body |= kind == b'b';
                    hasher.write(&self.reply);
                }
                b'a' | b'c' | b't' | b'r' | b'd' | b'y' => {
                    kind.hash(&mut hasher);
                    return Ok(Answer {
                        verdict: kind,
                        is_change,
                        hash: hasher.finish(),
                    });
                }
                other => {
                    let other = char::from(other).escape_default();
                    return Err(io::Error::other(format!("no such reply: {other}")));
                }
            }
        }
    }

    /// Reads a packet into `reply`; returns its kind.
    fn read(&mut self) -> io::Result<u8> {
        let mut length = [0; 4];
        self.replies.read_exact(&mut length)?;
        let length = u32::from_be_bytes(length) as usize;
        if length == 0 || length > 1 << 20 {
            return Err(io::Error::other(format!("a packet of {length} bytes")));
        }
        let mut kind = [0];
        self.replies.read_exact(&mut kind)?;
        self.reply.resize(length - 1, 0);
        self.replies.read_exact(&mut self.reply)?;
        Ok(kind[0])
    }
}

fn packet(out: &mut Vec<u8>, kind: u8, data: &[u8]) {
    let length = u32::try_from(data.len() + 1).expect("a packet below 4 GiB");
    out.extend_from_slice(&length.to_be_bytes());
    out.push(kind);
    out.extend_from_slice(data);
}
