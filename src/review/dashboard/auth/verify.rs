//! Verifies passwords on threads of their own, a bounded number at a time.

use super::{
    password,
    users::{Secret, User},
};
use crate::review::dashboard::fault::Fault;
use std::{io, sync::Arc};
use tokio::{sync::Semaphore, task};

/// Most verifications at a time; each takes 19 MiB and a processor.
const AT_A_TIME: usize = 2;
/// Most that wait; the others are sent away.
const WAITING: usize = 32;

/// Verifies passwords.
#[derive(Debug)]
pub(super) struct Verifier {
    /// The hash of a password that nobody knows. Whoever is no user is
    /// verified against it, so that they wait as long as a user does.
    nobody: String,
    working: Arc<Semaphore>,
    present: Semaphore,
}

impl Verifier {
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self {
            nobody: password::hash(&password::random()?)?,
            working: Arc::new(Semaphore::new(AT_A_TIME)),
            present: Semaphore::new(AT_A_TIME + WAITING),
        })
    }

    /// Whether this is the user's password. Takes as long if there is no such
    /// user.
    pub(super) async fn is_right(
        &self,
        user: Option<&User>,
        password: String,
    ) -> Result<bool, Fault> {
        let _present = self.present.try_acquire().map_err(|_| {
            Fault::Busy("Too many people are logging in. Try again in a minute.".to_owned())
        })?;
        let own = user.and_then(|user| match &user.secret {
            Secret::Password(hash) => Some(hash),
            Secret::Token(_) => None,
        });
        let hash = own.unwrap_or(&self.nobody).clone();
        let working = Arc::clone(&self.working).acquire_owned().await;
        let working = working.map_err(Fault::internal)?;
        let verified = task::spawn_blocking(move || {
            // Held until the work is done, even if nobody waits for it.
            let _working = working;
            password::is_possible(&password) && password::is_right(&password, &hash)
        });
        Ok(verified.await.map_err(Fault::internal)? && own.is_some())
    }
}
