//! Does jobs on several threads and hands the results over in order.

use std::{
    collections::BTreeMap,
    num::NonZeroUsize,
    sync::{
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    thread,
};

/// Does `work` on each of `jobs` and gives the results to `take`, in the
/// order of the jobs. It stops early once `take` says no.
pub(super) fn in_order<J: Sync, R: Send>(
    jobs: &[J],
    threads: NonZeroUsize,
    work: impl Fn(&J) -> R + Sync,
    mut take: impl FnMut(R) -> bool,
) {
    let next = AtomicUsize::new(0);
    // Bounded, so that workers do not run far ahead of a slow reader.
    let (sender, receiver) = mpsc::sync_channel(threads.get().saturating_mul(4));
    thread::scope(|scope| {
        for _ in 0..threads.get().min(jobs.len()) {
            let (sender, next, work) = (sender.clone(), &next, &work);
            scope.spawn(move || {
                while let Some((index, job)) = claim(next, jobs) {
                    if sender.send((index, work(job))).is_err() {
                        break;
                    }
                }
            });
        }
        drop(sender);
        let mut early = BTreeMap::new();
        let mut due = 0;
        // Owned here, so that workers see the end when this scope returns.
        let receiver = receiver;
        for (index, result) in &receiver {
            early.insert(index, result);
            while let Some(result) = early.remove(&due) {
                due += 1;
                if !take(result) {
                    return;
                }
            }
        }
    });
}

fn claim<'a, J>(next: &AtomicUsize, jobs: &'a [J]) -> Option<(usize, &'a J)> {
    let index = next.fetch_add(1, Ordering::Relaxed);
    jobs.get(index).map(|job| (index, job))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn results_come_in_the_order_of_the_jobs() {
        let jobs: Vec<u64> = (0..200).collect();
        for threads in [1, 3, 16] {
            let mut results = Vec::new();
            in_order(
                &jobs,
                NonZeroUsize::new(threads).unwrap(),
                |job| {
                    // Early jobs take longest.
                    thread::sleep(Duration::from_micros(200_u64.saturating_sub(*job)));
                    *job
                },
                |result| {
                    results.push(result);
                    true
                },
            );
            assert_eq!(results, jobs);
        }
    }

    #[test]
    fn it_stops_when_nobody_takes_any_more() {
        let jobs: Vec<u64> = (0..1000).collect();
        let done = AtomicUsize::new(0);
        let mut taken = 0;
        in_order(
            &jobs,
            // With one thread only the channel lets it run ahead.
            NonZeroUsize::MIN,
            |_| done.fetch_add(1, Ordering::Relaxed),
            |_| {
                taken += 1;
                taken < 5
            },
        );
        assert_eq!(taken, 5);
        assert!(done.into_inner() < 20);
    }
}
