//! What every request can reach: the configuration and the block log.

use super::fault::Fault;
use crate::{
    config::Config,
    review::{Reader, ReviewError},
    telemetry::keys::{KeyErrorKind, Keys},
};
use jiff::Zoned;
use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::{sync::Semaphore, task};

/// Most requests that read the block log at a time; the others wait.
const READERS: usize = 4;

/// The state of the dashboard.
#[derive(Clone, Debug)]
pub struct App(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    config: Config,
    /// Opened readers that nobody uses now.
    idle: Mutex<Vec<Reader>>,
    readers: Arc<Semaphore>,
    /// What form tokens are made with; a new one each start.
    secret: [u8; 32],
}

impl App {
    /// Opens nothing yet: the block log may be made later.
    ///
    /// # Errors
    ///
    /// The system gives no random bytes.
    pub fn new(config: Config) -> io::Result<Self> {
        let mut secret = [0; 32];
        getrandom::fill(&mut secret).map_err(io::Error::other)?;
        Ok(Self(Arc::new(Inner {
            config,
            idle: Mutex::default(),
            readers: Arc::new(Semaphore::new(READERS)),
            secret,
        })))
    }

    /// Reads the block log on a thread of its own.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Reader) -> Result<T, ReviewError> + Send + 'static,
    ) -> Result<T, Fault> {
        let permit = Arc::clone(&self.0.readers).acquire_owned().await;
        let permit = permit.map_err(Fault::internal)?;
        let app = self.clone();
        let done = task::spawn_blocking(move || {
            // Held until the work is done, even if nobody waits for it.
            let _permit = permit;
            let reader = app.reader()?;
            let result = work(&reader);
            app.0.idle().push(reader);
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
                None => return Reader::open(&self.0.config.log.path),
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
}

impl Inner {
    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Reader>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_missing(kind: &KeyErrorKind) -> bool {
    matches!(kind, KeyErrorKind::Io(e) if e.kind() == io::ErrorKind::NotFound)
}
