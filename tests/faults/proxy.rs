//! Stands between Postfix and the milter, passes everything on, and stops a
//! conversation at a place that can be named to the frame.

use crate::common::{free_port, wait_until};
use std::{
    io::{self, Read, Write},
    net::{Ipv4Addr, Shutdown, TcpListener, TcpStream},
    sync::{Arc, Condvar, Mutex},
    thread,
    time::Duration,
};

/// Where to stop: after the nth frame (from 1) of this code on a connection.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Place {
    /// Postfix has connected; the milter does not know yet.
    Connected,
    /// Postfix's nth command of this code is with the milter; no reply comes
    /// back.
    Command(u8, usize),
    /// The milter's nth reply of this code is with Postfix.
    Reply(u8, usize),
    /// Half of it is.
    HalfReply(u8, usize),
}

/// What becomes of a conversation that was stopped.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum State {
    /// Nothing is stopped any more, and what was stopped goes on.
    Flowing,
    /// Conversations stop at this place.
    Stopping(Place),
    /// What was stopped ends, as if the milter were gone.
    Cut,
}

#[derive(Debug)]
struct Control {
    state: Mutex<(State, usize)>,
    changed: Condvar,
}

/// The proxy; it ends with the test.
pub(crate) struct Proxy {
    port: u16,
    control: Arc<Control>,
}

impl Proxy {
    /// A proxy to a milter on loopback (`inet:127.0.0.1:PORT`).
    pub(crate) fn to(socket: &str) -> Self {
        let milter = socket.strip_prefix("inet:").expect("TCP").to_owned();
        let port = free_port();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).expect("a free port");
        let control = Arc::new(Control {
            state: Mutex::new((State::Flowing, 0)),
            changed: Condvar::new(),
        });
        let shared = Arc::clone(&control);
        thread::spawn(move || {
            for mta in listener.incoming().flatten() {
                let (control, milter) = (Arc::clone(&shared), milter.clone());
                thread::spawn(move || {
                    // An error is the end of a connection, as it is meant.
                    let _ = converse(&mta, &milter, &control);
                });
            }
        });
        Self { port, control }
    }

    /// The socket as Postfix writes it.
    pub(crate) fn socket(&self) -> String {
        format!("inet:127.0.0.1:{}", self.port)
    }

    /// From now on conversations stop at this place.
    pub(crate) fn stop_at(&self, place: Place) {
        self.set(State::Stopping(place));
    }

    /// Waits until that many have stopped.
    pub(crate) fn wait_for(&self, stopped: usize) {
        let is_there = wait_until(Duration::from_secs(60), || {
            self.control.state.lock().unwrap().1 >= stopped
        });
        let (state, count) = *self.control.state.lock().unwrap();
        assert!(is_there, "{count} of {stopped} came to {state:?}");
    }

    /// Ends the conversations that were stopped; new ones are not stopped.
    pub(crate) fn cut(&self) {
        self.set(State::Cut);
    }

    /// Lets the conversations go on.
    pub(crate) fn go_on(&self) {
        self.set(State::Flowing);
    }

    fn set(&self, state: State) {
        *self.control.state.lock().unwrap() = (state, 0);
        self.control.changed.notify_all();
    }
}

impl Control {
    /// Where conversations are to stop, if anywhere.
    fn place(&self) -> Option<Place> {
        match self.state.lock().unwrap().0 {
            State::Stopping(place) => Some(place),
            State::Flowing | State::Cut => None,
        }
    }

    /// Waits for the decision. An error if the conversation is to end.
    fn wait(&self, is_first: bool) -> io::Result<()> {
        let mut state = self.state.lock().unwrap();
        if is_first {
            state.1 += 1;
        }
        while matches!(state.0, State::Stopping(_)) {
            state = self.changed.wait(state).unwrap();
        }
        match state.0 {
            State::Cut => Err(io::ErrorKind::ConnectionAborted.into()),
            _ => Ok(()),
        }
    }
}

fn converse(mta: &TcpStream, milter: &str, control: &Arc<Control>) -> io::Result<()> {
    let result = try_converse(mta, milter, control);
    let _ = mta.shutdown(Shutdown::Both);
    result
}

fn try_converse(mta: &TcpStream, milter: &str, control: &Arc<Control>) -> io::Result<()> {
    mta.set_nodelay(true)?;
    if control.place() == Some(Place::Connected) {
        control.wait(true)?;
    }
    let milter = TcpStream::connect(milter)?;
    milter.set_nodelay(true)?;
    // Set before the frame is passed on at which the other side is to stop,
    // too.
    let frozen = Arc::new(Mutex::new(false));
    let replies = Pump {
        from: milter.try_clone()?,
        to: mta.try_clone()?,
        is_reply: true,
        frozen: Arc::clone(&frozen),
        control: Arc::clone(control),
    };
    let commands = Pump {
        from: mta.try_clone()?,
        to: milter.try_clone()?,
        is_reply: false,
        frozen,
        control: Arc::clone(control),
    };
    let back = thread::spawn(move || replies.run());
    let _ = commands.run();
    let _ = milter.shutdown(Shutdown::Both);
    let _ = mta.shutdown(Shutdown::Both);
    let _ = back.join();
    Ok(())
}

/// Passes the frames of one direction on.
struct Pump {
    from: TcpStream,
    to: TcpStream,
    is_reply: bool,
    frozen: Arc<Mutex<bool>>,
    control: Arc<Control>,
}

impl Pump {
    fn run(mut self) -> io::Result<()> {
        let result = self.pump();
        let _ = self.to.shutdown(Shutdown::Both);
        let _ = self.from.shutdown(Shutdown::Both);
        result
    }

    fn pump(&mut self) -> io::Result<()> {
        let mut seen = [0_usize; 256];
        loop {
            let mut frame = vec![0; 4];
            self.from.read_exact(&mut frame)?;
            let length = u32::from_be_bytes([frame[0], frame[1], frame[2], frame[3]]);
            frame.resize(4 + length as usize, 0);
            self.from.read_exact(&mut frame[4..])?;
            let code = frame.get(4).copied().unwrap_or(0);
            seen[usize::from(code)] += 1;
            let nth = seen[usize::from(code)];
            let (stops, whole) = match self.control.place() {
                Some(Place::Command(c, n)) => ((c, n) == (code, nth) && !self.is_reply, true),
                Some(Place::Reply(c, n)) => ((c, n) == (code, nth) && self.is_reply, true),
                Some(Place::HalfReply(c, n)) => ((c, n) == (code, nth) && self.is_reply, false),
                Some(Place::Connected) | None => (false, true),
            };
            if stops {
                *self.frozen.lock().unwrap() = true;
                let sent = if whole { frame.len() } else { frame.len() / 2 };
                self.to.write_all(&frame[..sent])?;
                self.control.wait(true)?;
                *self.frozen.lock().unwrap() = false;
                self.to.write_all(&frame[sent..])?;
                continue;
            }
            if *self.frozen.lock().unwrap() {
                self.control.wait(false)?;
            }
            self.to.write_all(&frame)?;
        }
    }
}
