//! The Chrome DevTools Protocol over a pipe: JSON messages, each ended by a
//! NUL byte (`--remote-debugging-pipe`).

use serde_json::{Value, json};
use std::{
    collections::VecDeque,
    io::{BufRead, BufReader, Write},
    process::{ChildStdin, ChildStdout},
    sync::mpsc::{self, Receiver, RecvTimeoutError},
    thread,
    time::{Duration, Instant},
};

/// How long the browser may take for anything; it is far faster, but the
/// machine may be busy.
const PATIENCE: Duration = Duration::from_secs(60);

/// The tester's end of the pipe.
pub(super) struct Connection {
    /// `None` once it is closed.
    to: Option<ChildStdin>,
    from: Receiver<Value>,
    last_id: u64,
    events: VecDeque<Event>,
}

/// Something that happened in a tab.
#[derive(Debug)]
pub(super) struct Event {
    pub(super) session: String,
    pub(super) method: String,
    pub(super) params: Value,
}

impl Connection {
    pub(super) fn new(to: ChildStdin, from: ChildStdout) -> Self {
        let (sender, receiver) = mpsc::channel();
        // Ends with the browser, which closes the pipe.
        thread::spawn(move || {
            let mut from = BufReader::new(from);
            let mut message = Vec::new();
            while let Ok(1..) = from.read_until(0, &mut message) {
                message.pop();
                let Ok(value) = serde_json::from_slice(&message) else {
                    return;
                };
                if sender.send(value).is_err() {
                    return;
                }
                message.clear();
            }
        });
        Self {
            to: Some(to),
            from: receiver,
            last_id: 0,
            events: VecDeque::new(),
        }
    }

    /// Calls a method, of a tab or, without `session`, of the browser.
    ///
    /// # Errors
    ///
    /// What the browser says against it.
    ///
    /// # Panics
    ///
    /// If the browser is gone or does not answer.
    pub(super) fn call(
        &mut self,
        session: Option<&str>,
        method: &str,
        params: &Value,
    ) -> Result<Value, String> {
        self.last_id += 1;
        let id = self.last_id;
        let mut message = json!({ "id": id, "method": method, "params": params });
        if let Some(session) = session {
            message["sessionId"] = session.into();
        }
        let mut bytes = message.to_string().into_bytes();
        bytes.push(0);
        let to = self.to.as_mut().expect("an open pipe");
        to.write_all(&bytes)
            .and_then(|()| to.flush())
            .unwrap_or_else(|e| panic!("{method}: Chromium has ended: {e}"));
        let end = Instant::now() + PATIENCE;
        loop {
            let mut message = self
                .receive(end)
                .unwrap_or_else(|| panic!("{method}: Chromium does not answer"));
            if message["id"] == id {
                return match message.get("error") {
                    Some(error) => Err(format!("{method}: {error}")),
                    None => Ok(message["result"].take()),
                };
            }
            self.keep(message);
        }
    }

    /// Closes the pipe, which tells the browser to end.
    pub(super) fn hang_up(&mut self) {
        self.to = None;
    }

    /// The next event, if there is one until `end`.
    pub(super) fn event(&mut self, end: Instant) -> Option<Event> {
        while self.events.is_empty() {
            let message = self.receive(end)?;
            self.keep(message);
        }
        self.events.pop_front()
    }

    /// The next event that has arrived already.
    pub(super) fn event_at_hand(&mut self) -> Option<Event> {
        while let Ok(message) = self.from.try_recv() {
            self.keep(message);
        }
        self.events.pop_front()
    }

    fn receive(&self, end: Instant) -> Option<Value> {
        let left = end.saturating_duration_since(Instant::now());
        match self.from.recv_timeout(left) {
            Ok(message) => Some(message),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => panic!("Chromium has ended"),
        }
    }

    /// Puts an event aside; late answers to nobody are dropped.
    fn keep(&mut self, mut message: Value) {
        if let Some(method) = message["method"].as_str() {
            self.events.push_back(Event {
                session: message["sessionId"].as_str().unwrap_or_default().to_owned(),
                method: method.to_owned(),
                params: message["params"].take(),
            });
        }
    }
}
