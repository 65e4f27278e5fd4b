//! The milter protocol from the MTA's side, as Postfix speaks it.

use super::mail::fields::Mail;
use std::{
    hash::{DefaultHasher, Hash as _, Hasher as _},
    io::{self, BufReader, Read, Write},
    net::TcpStream,
    os::unix::net::UnixStream,
    time::Duration,
};

/// What Postfix 3.7 offers: version, actions, and how it may talk to us.
const OFFER: [u32; 3] = [6, 0x1ff, 0x001f_ffff];

/// What untrackd agrees to: replacing the body, adding and changing fields; no
/// command for HELO, the end of the header, DATA and unknown ones; no reply to
/// any other but the end of the message; values with their leading space.
pub(crate) const AGREED: Agreement = Agreement {
    version: 6,
    actions: 0x01 | 0x02 | 0x10,
    options: 0x0018_d3c2,
};

/// Values of fields come with the space after the colon (`SMFIP_HDR_LEADSPC`).
const LEADING_SPACE: u32 = 0x0010_0000;

/// Commands, the option that switches each off (`SMFIP_NO…`), and the one
/// under which it gets no reply (`SMFIP_NR_…`).
const OPTIONAL: &[(u8, u32, u32)] = &[
    (b'C', 0x0001, 0x0000_1000),
    (b'H', 0x0002, 0x0000_2000),
    (b'M', 0x0004, 0x0000_4000),
    (b'R', 0x0008, 0x0000_8000),
    (b'T', 0x0200, 0x0001_0000),
    (b'L', 0x0020, 0x0000_0080),
    (b'N', 0x0040, 0x0004_0000),
    (b'B', 0x0010, 0x0008_0000),
];

/// Largest piece of a body (`MILTER_CHUNK_SIZE`).
const CHUNK: usize = 65_535;

/// Longer than the milter may take for a message.
const PATIENCE: Duration = Duration::from_secs(60);

/// What the milter and we agreed on for a connection.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Agreement {
    version: u32,
    /// What the milter may do with a message.
    actions: u32,
    /// Which commands there are, and which are replied to.
    options: u32,
}

impl Agreement {
    fn of(reply: &[u8]) -> Option<Self> {
        let (numbers, _) = reply.as_chunks::<4>();
        let number = |i: usize| numbers.get(i).copied().map(u32::from_be_bytes);
        Some(Self {
            version: number(0)?,
            actions: number(1)?,
            options: number(2)?,
        })
    }

    fn has(self, command: u8) -> bool {
        OPTIONAL
            .iter()
            .all(|&(kind, off, _)| kind != command || self.options & off == 0)
    }

    fn is_answered(self, command: u8) -> bool {
        OPTIONAL
            .iter()
            .any(|&(kind, _, noreply)| kind == command && self.options & noreply == 0)
    }
}

/// Commands in the pieces in which they can be sent: every piece but the last
/// ends with a command that is answered.
struct Script {
    agreement: Agreement,
    pieces: Vec<Vec<u8>>,
}

impl Script {
    fn new(agreement: Agreement) -> Self {
        Self {
            agreement,
            pieces: vec![Vec::new()],
        }
    }

    fn add(&mut self, command: u8, data: &[u8]) {
        if !self.agreement.has(command) {
            return;
        }
        if let Some(piece) = self.pieces.last_mut() {
            packet(piece, command, data);
        }
        if self.agreement.is_answered(command) {
            self.pieces.push(Vec::new());
        }
    }
}

/// All that is sent of one mail before its end.
pub(crate) struct Packets {
    pub(crate) name: String,
    pieces: Vec<Vec<u8>>,
    /// Where a transaction can be broken off in the middle of the first piece.
    middle: usize,
}

impl Packets {
    /// Puts together what Postfix sends for a mail.
    pub(crate) fn of(mail: &Mail, agreement: Agreement) -> Self {
        let mut script = Script::new(agreement);
        script.add(b'D', b"M{mail_addr}\0news@sender.example.com\0");
        script.add(b'M', b"<news@sender.example.com>\0BODY=8BITMIME\0");
        script.add(b'R', b"<reader@example.net>\0");
        script.add(b'T', b"");
        for (name, value) in &mail.fields {
            let value = match value.strip_prefix(b" ") {
                Some(rest) if agreement.options & LEADING_SPACE == 0 => rest,
                _ => value,
            };
            let field = [name, &b"\0"[..], value, b"\0"].concat();
            script.add(b'L', &field);
        }
        script.add(b'N', b"");
        let middle = script.pieces.first().map_or(0, Vec::len);
        for chunk in mail.body.chunks(CHUNK) {
            script.add(b'B', chunk);
        }
        Self {
            name: mail.name.clone(),
            pieces: script.pieces,
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

/// A socket that a milter listens on.
enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl Stream {
    /// Connects to a socket as Postfix writes it.
    fn connect(socket: &str) -> io::Result<Self> {
        match socket.split_once(':') {
            Some(("unix", path)) => {
                let stream = UnixStream::connect(path)?;
                stream.set_read_timeout(Some(PATIENCE))?;
                stream.set_write_timeout(Some(PATIENCE))?;
                Ok(Self::Unix(stream))
            }
            Some(("inet", address)) => {
                let stream = TcpStream::connect(address)?;
                stream.set_read_timeout(Some(PATIENCE))?;
                stream.set_write_timeout(Some(PATIENCE))?;
                Ok(Self::Tcp(stream))
            }
            _ => Err(io::Error::other(format!(
                "not unix:PATH or inet:HOST:PORT: {socket}"
            ))),
        }
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.read(buffer),
            Self::Unix(stream) => stream.read(buffer),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.write(bytes),
            Self::Unix(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// One connection to the milter.
pub(crate) struct Connection {
    stream: BufReader<Stream>,
    agreement: Agreement,
    reply: Vec<u8>,
}

impl Connection {
    /// Connects to a socket as Postfix writes it (`unix:PATH`,
    /// `inet:HOST:PORT`), comes to an agreement and announces an SMTP client.
    pub(crate) fn open(socket: &str) -> io::Result<Self> {
        let stream = Stream::connect(socket)?;
        let mut connection = Self {
            stream: BufReader::with_capacity(1 << 16, stream),
            agreement: AGREED,
            reply: Vec::new(),
        };
        let mut out = Vec::new();
        packet(&mut out, b'O', &OFFER.map(u32::to_be_bytes).concat());
        connection.write(&out)?;
        let kind = connection.read()?;
        let agreement = Agreement::of(&connection.reply).filter(|_| kind == b'O');
        connection.agreement = agreement.ok_or_else(|| {
            let reply = connection.reply.escape_ascii().to_string();
            io::Error::other(format!("no agreement: {reply}"))
        })?;
        connection.announce()?;
        Ok(connection)
    }

    /// What the milter agreed to.
    pub(crate) fn agreement(&self) -> Agreement {
        self.agreement
    }

    /// Announces an SMTP client.
    fn announce(&mut self) -> io::Result<()> {
        let mut script = Script::new(self.agreement);
        script.add(
            b'D',
            b"Cj\0mta.example.net\0{daemon_name}\0smtpd\0v\0Postfix 3.7.11\0",
        );
        script.add(b'C', b"client.example.com\x004\xd4\x31192.0.2.1\0");
        script.add(b'H', b"client.example.com\0");
        self.play(&script.pieces)
    }

    /// Sends a whole mail and reads the answer.
    pub(crate) fn pass(&mut self, mail: &Packets, queue_id: &str) -> io::Result<Answer> {
        self.send(mail, queue_id)?;
        self.answer()
    }

    /// Sends a whole mail.
    pub(crate) fn send(&mut self, mail: &Packets, queue_id: &str) -> io::Result<()> {
        self.begin(mail)?;
        self.end(queue_id)
    }

    /// Sends a mail up to its end.
    pub(crate) fn begin(&mut self, mail: &Packets) -> io::Result<()> {
        self.play(&mail.pieces)
    }

    /// Ends a mail.
    pub(crate) fn end(&mut self, queue_id: &str) -> io::Result<()> {
        let mut end = Vec::new();
        packet(&mut end, b'D', format!("Ei\0{queue_id}\0").as_bytes());
        packet(&mut end, b'E', b"");
        self.write(&end)
    }

    /// Begins a mail and gives it up, which the milter does not answer.
    pub(crate) fn give_up(&mut self, mail: &Packets) -> io::Result<()> {
        let mut out = mail.pieces[0][..mail.middle].to_vec();
        packet(&mut out, b'A', b"");
        self.write(&out)
    }

    /// Says that another SMTP client uses this connection (QUIT_NC).
    pub(crate) fn next_client(&mut self) -> io::Result<()> {
        let mut out = Vec::new();
        packet(&mut out, b'K', b"");
        self.write(&out)?;
        self.announce()
    }

    /// Ends the connection as an MTA does. Anything that the milter still
    /// says would be an answer too many.
    pub(crate) fn quit(mut self) -> io::Result<()> {
        let mut out = Vec::new();
        packet(&mut out, b'Q', b"");
        self.write(&out)?;
        let mut rest = Vec::new();
        self.stream.read_to_end(&mut rest)?;
        if rest.is_empty() {
            Ok(())
        } else {
            Err(io::Error::other(format!(
                "after the last answer: {}",
                rest.escape_ascii()
            )))
        }
    }

    /// Reads the answer to a mail.
    pub(crate) fn answer(&mut self) -> io::Result<Answer> {
        let mut hasher = DefaultHasher::new();
        let mut is_change = false;
        let mut has_body = false;
        let verdict = self.edits(|kind, data| {
            is_change |= matches!(kind, b'm' | b'b');
            if has_body && kind != b'b' {
                return Err(io::Error::other("an edit between pieces of the body"));
            }
            // The pieces of a body are one edit.
            if !(has_body && kind == b'b') {
                kind.hash(&mut hasher);
            }
            has_body |= kind == b'b';
            hasher.write(data);
            Ok(())
        })?;
        verdict.hash(&mut hasher);
        Ok(Answer {
            verdict,
            is_change,
            hash: hasher.finish(),
        })
    }

    /// Reads the answer to a mail: hands every edit over, and returns the
    /// verdict.
    pub(crate) fn edits(
        &mut self,
        mut edit: impl FnMut(u8, &[u8]) -> io::Result<()>,
    ) -> io::Result<u8> {
        loop {
            let kind = self.read()?;
            match kind {
                // Progress is no edit.
                b'p' => {}
                b'h' | b'i' | b'm' | b'b' => edit(kind, &self.reply)?,
                b'a' | b'c' | b't' | b'r' | b'd' | b'y' => return Ok(kind),
                other => return Err(unexpected(other)),
            }
        }
    }

    /// Sends commands; waits for an answer after every piece but the last.
    fn play(&mut self, pieces: &[Vec<u8>]) -> io::Result<()> {
        let Some((last, answered)) = pieces.split_last() else {
            return Ok(());
        };
        for piece in answered {
            self.write(piece)?;
            let kind = self.read()?;
            if kind != b'c' {
                return Err(unexpected(kind));
            }
        }
        self.write(last)
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.get_mut().write_all(bytes)
    }

    /// Reads a packet into `reply`; returns its kind.
    fn read(&mut self) -> io::Result<u8> {
        let mut length = [0; 4];
        self.stream.read_exact(&mut length)?;
        let length = u32::from_be_bytes(length) as usize;
        if length == 0 || length > 1 << 20 {
            return Err(io::Error::other(format!("a packet of {length} bytes")));
        }
        let mut kind = [0];
        self.stream.read_exact(&mut kind)?;
        self.reply.resize(length - 1, 0);
        self.stream.read_exact(&mut self.reply)?;
        Ok(kind[0])
    }
}

fn unexpected(kind: u8) -> io::Error {
    let kind = char::from(kind).escape_default();
    io::Error::other(format!("no such reply here: {kind}"))
}

fn packet(out: &mut Vec<u8>, kind: u8, data: &[u8]) {
    let length = u32::try_from(data.len() + 1).expect("a packet below 4 GiB");
    out.extend_from_slice(&length.to_be_bytes());
    out.push(kind);
    out.extend_from_slice(data);
}
