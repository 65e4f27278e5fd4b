//! The keys of a running recorder: renewed in time, and taken up anew when
//! another program has changed the file.

use super::{
    KeyError, Keys,
    file::Identity,
    renew::{Schedule, renew},
};
use arc_swap::ArcSwap;
use std::{
    io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        mpsc::{self, RecvTimeoutError, SyncSender},
    },
    thread,
    time::{Duration, Instant, SystemTime},
};

/// Time from one look at the file to the next.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Time from one look whether a key is due to the next.
const RENEW_EVERY: Duration = Duration::from_secs(600);
/// Shortest time between two complaints.
const COMPLAIN_EVERY: Duration = Duration::from_secs(86_400);

/// The keys that are used now. The mail path only reads a pointer; a thread
/// of its own looks after the file.
#[derive(Debug)]
pub(crate) struct Ring {
    keys: Arc<ArcSwap<Keys>>,
    /// Dropped with the ring, which ends the thread.
    _alive: SyncSender<()>,
}

impl Ring {
    /// Reads the keys, or makes the first one, and starts the thread that
    /// renews them when that is due. `time` tells the time to go by, once it
    /// is known: a key that is destroyed does not come back when the clock is
    /// set right.
    pub(crate) fn start(
        path: &Path,
        schedule: Schedule,
        time: impl Fn() -> Option<SystemTime> + Send + 'static,
    ) -> Result<Self, StartRingError> {
        let first = Keys::load_or_create(path, SystemTime::now())?;
        let keys = Arc::new(ArcSwap::from_pointee(first));
        let mut keeper = Keeper {
            path: path.to_owned(),
            schedule,
            time,
            keys: Arc::clone(&keys),
            seen: None,
            renew_at: Instant::now(),
            complained: None,
        };
        keeper.look();
        let (alive, end) = mpsc::sync_channel(0);
        thread::Builder::new()
            .name("block-log-keys".to_owned())
            .spawn(move || {
                while let Err(RecvTimeoutError::Timeout) = end.recv_timeout(LOOK_EVERY) {
                    keeper.look();
                }
            })
            .map_err(StartRingError::Thread)?;
        Ok(Self {
            keys,
            _alive: alive,
        })
    }

    /// Keys without a file.
    #[cfg(test)]
    pub(crate) fn fixed(keys: Keys) -> Self {
        Self {
            keys: Arc::new(ArcSwap::from_pointee(keys)),
            _alive: mpsc::sync_channel(0).0,
        }
    }

    /// The keys as they are now.
    pub(crate) fn load(&self) -> Arc<Keys> {
        self.keys.load_full()
    }
}

/// The ring cannot be started.
#[derive(Debug)]
pub(crate) enum StartRingError {
    Keys(KeyError),
    Thread(io::Error),
}

impl From<KeyError> for StartRingError {
    fn from(error: KeyError) -> Self {
        Self::Keys(error)
    }
}

struct Keeper<T> {
    path: PathBuf,
    schedule: Schedule,
    time: T,
    keys: Arc<ArcSwap<Keys>>,
    /// The file that the keys are from, or that could not be read.
    seen: Option<Identity>,
    renew_at: Instant,
    complained: Option<Instant>,
}

impl<T: Fn() -> Option<SystemTime>> Keeper<T> {
    /// One look at the file. Without trouble it costs a stat(2).
    fn look(&mut self) {
        if Instant::now() >= self.renew_at
            && let Some(now) = (self.time)()
        {
            self.renew_at = Instant::now() + RENEW_EVERY;
            match renew(&self.path, self.schedule, now, false) {
                Ok(renewal) => {
                    if let Some(id) = renewal.added {
                        tracing::info!(
                            "block log: pseudonyms are made with a new key, number {id}"
                        );
                    }
                    for id in renewal.destroyed {
                        tracing::info!(
                            "block log: key number {id} is destroyed, its rows are gone"
                        );
                    }
                }
                Err(error) => self.complain(&error),
            }
        }
        match Identity::of(&self.path) {
            Ok(identity) if self.seen == Some(identity) => {}
            Ok(identity) => {
                self.seen = Some(identity);
                match Keys::load(&self.path) {
                    Ok(keys) => self.keys.store(Arc::new(keys)),
                    Err(error) => self.complain(&error),
                }
            }
            Err(error) => {
                self.seen = None;
                self.complain(&KeyError {
                    path: self.path.clone(),
                    kind: error.into(),
                });
            }
        }
    }

    fn complain(&mut self, error: &KeyError) {
        let is_due = self
            .complained
            .is_none_or(|at| at.elapsed() >= COMPLAIN_EVERY);
        if is_due {
            self.complained = Some(Instant::now());
            tracing::error!(
                "block log: {error}: {}; pseudonyms are made with the key that was read last. \
                 If the service may not change the file, set log.rotate_keys_days = 0",
                error.kind
            );
        }
    }
}
