//! An SMTP server that keeps every mail exactly as it was sent.

use super::wait_until;
use std::{
    io::{BufRead, BufReader, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

/// A mail as it was delivered.
#[derive(Clone, Debug)]
pub(crate) struct Delivered {
    /// The envelope sender without angle brackets.
    pub(crate) sender: String,
    /// What follows the sender, such as ` BODY=8BITMIME`.
    pub(crate) parameters: String,
    /// The envelope recipients without angle brackets.
    pub(crate) recipients: Vec<String>,
    /// What came after DATA, with dot-stuffing undone (RFC 5321 section
    /// 4.5.2).
    pub(crate) data: Vec<u8>,
}

impl Delivered {
    /// The mail without the Received field that an MTA puts on top: the only
    /// thing that it adds to a complete mail.
    pub(crate) fn as_sent(&self) -> &[u8] {
        assert!(
            self.data.starts_with(b"Received: "),
            "an MTA adds its Received field on top: {}",
            self.data.escape_ascii()
        );
        let mut end = 0;
        for line in self.data.split_inclusive(|&b| b == b'\n') {
            if end > 0 && !line.starts_with(b"\t") && !line.starts_with(b" ") {
                break;
            }
            end += line.len();
        }
        &self.data[end..]
    }

    /// The queue id, from the same field.
    pub(crate) fn queue_id(&self) -> String {
        // Another mail may be quoted below.
        let header = String::from_utf8_lossy(&self.data);
        let header = header.split("\r\n\r\n").next().unwrap_or_default();
        let id = [" id ", "\tid "]
            .iter()
            .find_map(|before| header.split_once(before));
        id.map(|(_, after)| after)
            .and_then(|after| after.split([';', '\r', ' ']).next())
            .unwrap_or_else(|| panic!("no queue id in {header}"))
            .to_owned()
    }
}

/// The server. Mail to a recipient whose address begins with `refused` gets a
/// permanent refusal; everything else is taken.
pub(crate) struct Sink {
    address: SocketAddr,
    mails: Arc<Mutex<Vec<Delivered>>>,
    stopping: Arc<AtomicBool>,
    acceptor: Option<JoinHandle<()>>,
}

impl Sink {
    /// Starts the server on a free port of loopback.
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port for the sink");
        let address = listener.local_addr().expect("the sink's address");
        let mails = Arc::new(Mutex::new(Vec::new()));
        let stopping = Arc::new(AtomicBool::new(false));
        let acceptor = thread::spawn({
            let mails = Arc::clone(&mails);
            let stopping = Arc::clone(&stopping);
            move || {
                for stream in listener.incoming() {
                    if stopping.load(Ordering::SeqCst) {
                        break;
                    }
                    let Ok(stream) = stream else { continue };
                    let mails = Arc::clone(&mails);
                    // Ends with its connection, which Postfix closes.
                    thread::spawn(move || serve(stream, &mails));
                }
            }
        });
        Self {
            address,
            mails,
            stopping,
            acceptor: Some(acceptor),
        }
    }

    /// The port that it listens on.
    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    /// Everything delivered so far.
    pub(crate) fn mails(&self) -> Vec<Delivered> {
        self.mails.lock().expect("the mails").clone()
    }

    /// How many mails were delivered so far.
    pub(crate) fn count(&self) -> usize {
        self.mails.lock().expect("the mails").len()
    }

    /// Waits until `count` mails have been delivered, and returns them all.
    pub(crate) fn wait_for(&self, count: usize) -> Vec<Delivered> {
        let arrived = wait_until(Duration::from_secs(60), || self.count() >= count);
        assert!(arrived, "{} of {count} mails were delivered", self.count());
        self.mails()
    }

    /// Waits for the mail from `sender` to `recipient`.
    pub(crate) fn wait_for_mail(&self, sender: &str, recipient: &str) -> Delivered {
        let mut found = None;
        wait_until(Duration::from_secs(120), || {
            found = self.mails().into_iter().find(|mail| {
                mail.sender == sender && mail.recipients.iter().any(|to| to == recipient)
            });
            found.is_some()
        });
        found.unwrap_or_else(|| panic!("no mail from {sender} to {recipient} was delivered"))
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::SeqCst);
        // Wakes the acceptor, which then sees that it is to stop.
        let _ = TcpStream::connect(self.address);
        if let Some(acceptor) = self.acceptor.take() {
            let _ = acceptor.join();
        }
    }
}

fn serve(stream: TcpStream, mails: &Mutex<Vec<Delivered>>) {
    let _ = stream.set_nodelay(true);
    let Ok(mut replies) = stream.try_clone() else {
        return;
    };
    let mut commands = BufReader::new(stream);
    let mut reply = |text: &str| replies.write_all(format!("{text}\r\n").as_bytes()).is_ok();
    if !reply("220 sink ESMTP") {
        return;
    }
    let mut sender = String::new();
    let mut parameters = String::new();
    let mut recipients = Vec::new();
    let mut line = Vec::new();
    loop {
        line.clear();
        match commands.read_until(b'\n', &mut line) {
            Ok(1..) => {}
            _ => return,
        }
        let text = String::from_utf8_lossy(&line).trim_end().to_owned();
        let verb = text
            .split([' ', ':'])
            .next()
            .unwrap_or_default()
            .to_ascii_uppercase();
        let going_on = match verb.as_str() {
            // 8BITMIME, so that no MTA encodes anything anew.
            "EHLO" => reply("250-sink\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 SIZE 0"),
            "MAIL" => {
                sender = address(&text);
                parameters = text
                    .split_once('>')
                    .map_or("", |(_, after)| after)
                    .to_owned();
                recipients.clear();
                reply("250 2.1.0 ok")
            }
            "RCPT" if address(&text).starts_with("refused") => reply("550 5.1.1 refused"),
            "RCPT" => {
                recipients.push(address(&text));
                reply("250 2.1.5 ok")
            }
            "DATA" => {
                if !reply("354 go on") {
                    return;
                }
                let Some(data) = content(&mut commands) else {
                    return;
                };
                mails.lock().expect("the mails").push(Delivered {
                    sender: std::mem::take(&mut sender),
                    parameters: std::mem::take(&mut parameters),
                    recipients: std::mem::take(&mut recipients),
                    data,
                });
                reply("250 2.0.0 kept")
            }
            "QUIT" => {
                reply("221 2.0.0 bye");
                return;
            }
            _ => reply("250 2.0.0 ok"),
        };
        if !going_on {
            return;
        }
    }
}

/// What stands between the angle brackets of a MAIL or RCPT command.
fn address(command: &str) -> String {
    let after = command.split_once('<').map_or("", |(_, after)| after);
    after.split('>').next().unwrap_or_default().to_owned()
}

/// Reads up to the line with nothing but a dot; `None` if the connection ends
/// before.
fn content(commands: &mut impl BufRead) -> Option<Vec<u8>> {
    let mut data = Vec::new();
    loop {
        let start = data.len();
        match commands.read_until(b'\n', &mut data) {
            Ok(1..) => {}
            _ => return None,
        }
        // A line ends with CRLF only; a bare LF is content.
        let at_line_start = start == 0 || data[..start].ends_with(b"\r\n");
        if at_line_start && data[start] == b'.' {
            if &data[start..] == b".\r\n" {
                data.truncate(start);
                return Some(data);
            }
            data.remove(start);
        }
    }
}
