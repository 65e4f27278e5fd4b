//! The pace of a conversation: which waiting is in order and which is not.
//!
//! Between two commands an MTA waits for its own client, for minutes or hours.
//! But it sends a command in one piece, so one that has begun and does not end
//! comes from a peer that hangs, is gone without a word, or means harm.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};
use tokio::time::{Instant, Sleep, sleep};

/// Length of a frame's own length field (milter protocol: 32 bits, network
/// byte order).
const LENGTH_BYTES: u8 = 4;

/// Follows the frames in a stream of bytes.
#[derive(Debug, Default)]
pub(super) struct Frames {
    /// The length field as far as it has come.
    length: u32,
    length_bytes: u8,
    /// How much of the frame is still to come.
    missing: u32,
}

impl Frames {
    /// Takes note of the next bytes. Returns whether a frame came to its end
    /// in them.
    pub(super) fn pass(&mut self, mut bytes: &[u8]) -> bool {
        let mut has_ended = false;
        while let Some((first, rest)) = bytes.split_first() {
            if self.length_bytes < LENGTH_BYTES {
                self.length = self.length << 8 | u32::from(*first);
                self.length_bytes += 1;
                self.missing = self.length;
                bytes = rest;
            } else {
                let missing = usize::try_from(self.missing).unwrap_or(usize::MAX);
                let (content, after) = bytes.split_at(missing.min(bytes.len()));
                let taken = u32::try_from(content.len()).unwrap_or(u32::MAX);
                self.missing = self.missing.saturating_sub(taken);
                bytes = after;
            }
            if self.length_bytes == LENGTH_BYTES && self.missing == 0 {
                *self = Self::default();
                has_ended = true;
            }
        }
        has_ended
    }

    /// Whether a frame has begun and not ended.
    pub(super) fn is_within(&self) -> bool {
        self.length_bytes > 0
    }
}

/// A time limit that is set when something begins and lifted when it ends.
#[derive(Debug)]
pub(super) struct Patience {
    limit: Duration,
    sleep: Pin<Box<Sleep>>,
    is_set: bool,
}

impl Patience {
    /// One that is not set.
    pub(super) fn new(limit: Duration) -> Self {
        Self {
            limit,
            sleep: Box::pin(sleep(limit)),
            is_set: false,
        }
    }

    /// Counts from now on.
    pub(super) fn restart(&mut self) {
        self.is_set = true;
        let end = Instant::now().checked_add(self.limit);
        // Without an end there is no limit.
        match end {
            Some(end) => self.sleep.as_mut().reset(end),
            None => self.is_set = false,
        }
    }

    /// Counts from now on, unless it does already.
    pub(super) fn start(&mut self) {
        if !self.is_set {
            self.restart();
        }
    }

    /// Counts no more.
    pub(super) fn lift(&mut self) {
        self.is_set = false;
    }

    /// Ready when the time is over. Whoever waits is woken then.
    pub(super) fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.is_set {
            self.sleep.as_mut().poll(cx)
        } else {
            Poll::Pending
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_followed_whatever_the_pieces() {
        // An empty frame, one of one byte, one of 300.
        let mut all = vec![0, 0, 0, 0, 0, 0, 0, 1, b'x', 0, 0, 1, 44];
        all.extend([b'y'; 300]);
        let ends = [4, 9, 313];
        for size in [1, 2, 3, 5, 100, 1000] {
            let mut frames = Frames::default();
            let mut at = 0;
            for piece in all.chunks(size) {
                let has_ended = frames.pass(piece);
                let new = at + piece.len();
                assert_eq!(
                    has_ended,
                    ends.iter().any(|end| (at + 1..=new).contains(end)),
                    "{at}..{new}"
                );
                assert_eq!(frames.is_within(), !ends.contains(&new), "{new}");
                at = new;
            }
        }
    }
}
