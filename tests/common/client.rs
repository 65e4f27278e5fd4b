//! An SMTP client that sends exactly the bytes it is given, one command at a
//! time.

use std::{
    io::{self, BufRead, BufReader, Write},
    net::{Ipv4Addr, TcpStream},
    time::Duration,
};

/// A server's reply.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Reply {
    /// The three-digit code.
    pub(crate) code: u16,
    /// All lines, without their line ends.
    pub(crate) text: String,
}

/// One connection.
pub(crate) struct Client {
    replies: BufReader<TcpStream>,
    commands: TcpStream,
}

impl Client {
    /// Connects to a port of loopback and says EHLO.
    pub(crate) fn connect(port: u16) -> Self {
        Self::try_connect(port).unwrap_or_else(|e| panic!("SMTP on port {port}: {e}"))
    }

    /// Like [`Client::connect`], for a server that may be going away.
    pub(crate) fn try_connect(port: u16) -> io::Result<Self> {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
        stream.set_nodelay(true)?;
        // Longer than what any test makes Postfix wait for its milter.
        stream.set_read_timeout(Some(Duration::from_secs(180)))?;
        let mut client = Self {
            commands: stream.try_clone()?,
            replies: BufReader::new(stream),
        };
        client.reply()?.expect(220)?;
        client.command("EHLO client.example.com")?.expect(250)?;
        Ok(client)
    }

    /// Claims another identity, such as `LOGIN=alice` or `ADDR=192.0.2.7`
    /// (Postfix's XCLIENT), and says EHLO again.
    pub(crate) fn claim(&mut self, attributes: &str) {
        self.command(&format!("XCLIENT {attributes}"))
            .and_then(|reply| reply.expect(220))
            .expect("XCLIENT");
        self.command("EHLO client.example.com")
            .and_then(|reply| reply.expect(250))
            .expect("EHLO");
    }

    /// Sends one command line and reads the reply.
    pub(crate) fn command(&mut self, line: &str) -> io::Result<Reply> {
        self.raw(format!("{line}\r\n").as_bytes())?;
        self.reply()
    }

    /// Sends bytes as they are and reads nothing.
    pub(crate) fn raw(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.commands.write_all(bytes)
    }

    /// Begins a transaction, up to the server's go-ahead for the content.
    /// Returns the first reply that is a refusal, if one is.
    pub(crate) fn begin(&mut self, sender: &str, recipients: &[String]) -> io::Result<Reply> {
        let mut reply = self.command(&format!("MAIL FROM:<{sender}> BODY=8BITMIME"))?;
        if reply.code == 250 {
            for recipient in recipients {
                reply = self.command(&format!("RCPT TO:<{recipient}>"))?;
                if reply.code != 250 {
                    return Ok(reply);
                }
            }
            reply = self.command("DATA")?;
        }
        Ok(reply)
    }

    /// Sends a mail, which must have CRLF line ends and end with one, and
    /// returns the last reply: 250, or the first refusal.
    pub(crate) fn send(
        &mut self,
        sender: &str,
        recipients: &[String],
        mail: &[u8],
    ) -> io::Result<Reply> {
        let reply = self.begin(sender, recipients)?;
        if reply.code != 354 {
            return Ok(reply);
        }
        self.raw(&stuffed(mail))?;
        self.raw(b".\r\n")?;
        self.reply()
    }

    /// Sends a mail that the server is to take.
    pub(crate) fn deliver(&mut self, sender: &str, recipient: &str, mail: &[u8]) {
        let reply = self
            .send(sender, &[recipient.to_owned()], mail)
            .expect("the connection lasts");
        assert_eq!(reply.code, 250, "{sender} to {recipient}: {}", reply.text);
    }

    /// Reads one reply.
    pub(crate) fn reply(&mut self) -> io::Result<Reply> {
        let mut text = String::new();
        loop {
            let mut line = String::new();
            if self.replies.read_line(&mut line)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            text += line.trim_end();
            if line.as_bytes().get(3) != Some(&b'-') {
                let code = line.get(..3).and_then(|code| code.parse().ok());
                let code = code.ok_or_else(|| io::Error::other(format!("no reply: {line:?}")))?;
                return Ok(Reply { code, text });
            }
            text.push('\n');
        }
    }
}

impl Reply {
    fn expect(self, code: u16) -> io::Result<Self> {
        if self.code == code {
            Ok(self)
        } else {
            Err(io::Error::other(format!("{} instead of {code}", self.text)))
        }
    }
}

/// The content with dots doubled at line starts (RFC 5321 section 4.5.2).
fn stuffed(mail: &[u8]) -> Vec<u8> {
    assert!(mail.ends_with(b"\r\n"), "a mail ends with CRLF");
    let mut out = Vec::with_capacity(mail.len() + 16);
    for line in mail.split_inclusive(|&b| b == b'\n') {
        assert!(
            line.ends_with(b"\r\n"),
            "SMTP cannot carry a bare LF: {}",
            line.escape_ascii()
        );
        if line.starts_with(b".") {
            out.push(b'.');
        }
        out.extend_from_slice(line);
    }
    out
}
