//! Working with a cleaner that may panic, hang or take long.

use super::{budget::Budget, session::Service, stats::Failure, work::Work};
use crate::clean::Outcome;
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::Duration,
};
use tokio::{task, time};

/// A body up to this size, in bytes, is finished where it is; it takes a few
/// milliseconds at the most. A larger one must not hold up other connections.
const INLINE_BYTES: u64 = 256 << 10;

/// How much longer than the message time a finish elsewhere is waited for.
/// The cleaner looks at the time itself; this is for the case that it does
/// not, or that there is no free place to work in.
const PATIENCE: Duration = Duration::from_secs(1);

/// Does a piece of work. A panic costs the message, not the daemon.
pub(super) fn attempt<R>(budget: &Budget, piece: impl FnOnce() -> R) -> Result<R, Failure> {
    // What the piece leaves half done is thrown away after a panic.
    let result = catch_unwind(AssertUnwindSafe(|| budget.spend(piece)));
    match result {
        Err(payload) => {
            discard(payload);
            Err(Failure::Panic)
        }
        Ok(_) if budget.expired() => Err(Failure::Timeout),
        Ok(done) => Ok(done),
    }
}

/// Drops what may panic when it is dropped.
pub(super) fn discard<T>(value: T) {
    let _ = catch_unwind(AssertUnwindSafe(|| drop(value)));
}

/// The end of the work: judges and edits.
pub(super) async fn finish(
    service: &Service,
    budget: &Arc<Budget>,
    work: Box<dyn Work>,
    size: u64,
) -> Result<Outcome, Failure> {
    if size <= INLINE_BYTES {
        return attempt(budget, || work.finish());
    }
    let budget = Arc::clone(budget);
    let patience = budget.limit().saturating_mul(2).saturating_add(PATIENCE);
    let places = Arc::clone(&service.places);
    let elsewhere = async move {
        // As many at a time as there are processors: more would only share
        // the time and the memory, and run out of the former together.
        let place = places.acquire_owned().await;
        let job = move || {
            let _place = place;
            attempt(&budget, || work.finish())
        };
        task::spawn_blocking(job).await
    };
    match time::timeout(patience, elsewhere).await {
        Ok(Ok(result)) => result,
        Ok(Err(_)) => Err(Failure::Panic),
        Err(_) => Err(Failure::Timeout),
    }
}
