//! What every request can reach: the configuration and the block log.

use super::{
    auth::{Passwords, StartError, users::UsersError},
    fault::Fault,
    streams,
};
use crate::{
    config::Config,
    review::{Reader, ReviewError},
    telemetry::keys::{Keys, is_missing},
};
use jiff::Zoned;
use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    sync::{Semaphore, watch},
    task, time,
};

/// Most requests that read the block log at a time; the others wait.
const READERS: usize = 4;

/// How long a request waits for its turn, and each of its questions for an
/// answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// Longest time that a question to the block log may take.
const LONGEST: Duration = Duration::from_secs(10);

/// The state of the dashboard.
#[derive(Clone, Debug)]
pub struct App(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    config: Config,
    /// Opened readers that nobody uses now.
    idle: Mutex<Vec<Reader>>,
    readers: Arc<Semaphore>,
    /// Places for event streams.
    streams: Arc<Semaphore>,
    /// Becomes true when the service stops.
    stop: watch::Sender<bool>,
    passwords: Option<Passwords>,
    /// What form tokens are made with; a new one each start.
    secret: [u8; 32],
}

impl App {
    /// Reads the file of users, if there is to be one. The block log may be
    /// made later.
    ///
    /// # Errors
    ///
    /// The file of users is wrong, or the system gives no random bytes.
    pub fn new(config: Config) -> Result<Self, StartError> {
        let mut secret = [0; 32];
        getrandom::fill(&mut secret).map_err(io::Error::other)?;
        Ok(Self(Arc::new(Inner {
            passwords: Passwords::new(&config)?,
            config,
            idle: Mutex::default(),
            readers: Arc::new(Semaphore::new(READERS)),
            streams: Arc::new(Semaphore::new(streams::MOST)),
            stop: watch::Sender::new(false),
            secret,
        })))
    }

    /// Reads the block log on a thread of its own.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Reader) -> Result<T, ReviewError> + Send + 'static,
    ) -> Result<T, Fault> {
        let turn = Arc::clone(&self.0.readers).acquire_owned();
        let permit = time::timeout(PATIENCE, turn).await.map_err(|_| {
            let text = "The block log is being searched for others. Try again in a minute.";
            Fault::Busy(text.to_owned())
        })?;
        let permit = permit.map_err(Fault::internal)?;
        let app = self.clone();
        let done = task::spawn_blocking(move || {
            // Held until the work is done, even if nobody waits for it.
            let _permit = permit;
            let reader = app.reader()?;
            reader.set_patience(LONGEST);
            let result = work(&reader);
            if !reader.is_plain() {
                app.0.idle().push(reader);
            }
            result
        });
        done.await.map_err(Fault::internal)?.map_err(Fault::Review)
    }

    /// A reader of the file that is in place now.
    fn reader(&self) -> Result<Reader, ReviewError> {
        loop {
            let found = self.0.idle().pop();
            match found {
                Some(reader) if reader.is_in_place() => return Ok(reader),
                Some(_) => {}
                None => {
                    let reader = Reader::open(&self.0.config.log.path)?;
                    reader.set_patience(PATIENCE);
                    return Ok(reader);
                }
            }
        }
    }

    pub(super) fn config(&self) -> &Config {
        &self.0.config
    }

    /// The keys of the pseudonyms as they are now; none if there is no key
    /// file.
    pub(super) async fn keys(&self) -> Result<Option<Keys>, Fault> {
        let path = self.0.config.log.keys.clone();
        let loaded = task::spawn_blocking(move || Keys::load(&path)).await;
        match loaded.map_err(Fault::internal)? {
            Ok(keys) => Ok(Some(keys)),
            Err(e) if is_missing(&e.kind) => Ok(None),
            Err(e) => Err(Fault::Internal(format!("{e}: {}", e.kind))),
        }
    }

    /// The time, in the zone of the machine.
    #[allow(
        clippy::unused_self,
        reason = "pages ask the application for whatever is outside"
    )]
    pub(super) fn now(&self) -> Zoned {
        Zoned::now()
    }

    pub(super) fn secret(&self) -> &[u8] {
        &self.0.secret
    }

    /// What mode `password` has; nothing in the other modes.
    pub(super) fn passwords(&self) -> Option<&Passwords> {
        self.0.passwords.as_ref()
    }

    pub(super) fn streams(&self) -> &Arc<Semaphore> {
        &self.0.streams
    }

    /// Reads the file of users anew, if there is one. It is read by itself
    /// when it changes; this tells what is wrong with it.
    ///
    /// # Errors
    ///
    /// It is wrong; then the users stay as they were.
    pub fn reread_users(&self) -> Result<(), UsersError> {
        self.passwords().map_or(Ok(()), Passwords::reread)
    }

    /// Whether nobody can log in, although they have to.
    pub fn is_without_users(&self) -> bool {
        self.passwords().is_some_and(Passwords::is_without_users)
    }

    pub(super) fn stop(&self) {
        self.0.stop.send_replace(true);
    }

    /// Resolves when the service stops.
    pub(super) async fn stopping(&self) {
        // It lives as long as this.
        let _ = self.0.stop.subscribe().wait_for(|&stop| stop).await;
    }
}

impl Inner {
    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Reader>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
