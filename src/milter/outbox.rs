//! Replies on their way to the MTA, held back until they form a decision.
//!
//! If a milter dies after its first modification and before its verdict,
//! Postfix before the fix of 2026-08-21 can keep half of the change: with
//! `milter_default_action=accept` it has been seen to answer 250 and then
//! find its queue file corrupt. So modifications wait here, and go out
//! together with the verdict that ends them. Dying before that leaves the
//! message as it came.

/// Length of a frame's own length field (milter protocol: 32 bits, network
/// byte order), which counts the reply's code and data.
const LENGTH_BYTES: usize = 4;

/// Codes of the replies that change a message and end nothing: add, delete
/// recipient; replace body; change sender; add, insert, change header;
/// quarantine.
const MODIFICATIONS: &[u8] = b"+-2behimq";

/// Bytes that wait to be written.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    bytes: Vec<u8>,
    /// How many of them have been written.
    written: usize,
    /// Where the first frame begins that has not been looked at.
    next: usize,
    /// Whether the last whole frame ends a decision, so that everything may
    /// go out.
    complete: bool,
}

impl Outbox {
    /// Takes more bytes, which need not end where a frame does.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
        while let Some(frame) = self.bytes.get(self.next..)
            && let Some((length, rest)) = frame.split_first_chunk::<LENGTH_BYTES>()
            && let Ok(length) = usize::try_from(u32::from_be_bytes(*length))
            && rest.len() >= length
        {
            let code = rest.first().filter(|_| length > 0);
            self.complete = !code.is_some_and(|c| MODIFICATIONS.contains(c));
            self.next += LENGTH_BYTES + length;
        }
    }

    /// What is to be written now; empty while a decision is incomplete.
    pub(super) fn due(&self) -> &[u8] {
        if self.complete {
            self.bytes.get(self.written..self.next).unwrap_or_default()
        } else {
            &[]
        }
    }

    /// `count` of the bytes that are due have been written.
    pub(super) fn advance(&mut self, count: usize) {
        self.written += count;
        if self.written >= self.next {
            self.bytes.drain(..self.next);
            // A body that was replaced may have been large.
            self.bytes.shrink_to(64 << 10);
            self.written = 0;
            self.next = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(code: u8, data: &[u8]) -> Vec<u8> {
        let length = u32::try_from(data.len() + 1).unwrap();
        [&length.to_be_bytes()[..], &[code], data].concat()
    }

    #[test]
    fn modifications_wait_for_the_verdict() {
        let mut outbox = Outbox::default();
        outbox.push(&frame(b'h', b"X-A\0b\0"));
        outbox.push(&frame(b'b', b"new body"));
        assert_eq!(outbox.due(), b"");
        outbox.push(&frame(b'a', b""));
        let all = [
            frame(b'h', b"X-A\0b\0"),
            frame(b'b', b"new body"),
            frame(b'a', b""),
        ]
        .concat();
        assert_eq!(outbox.due(), all);
        outbox.advance(3);
        assert_eq!(outbox.due(), &all[3..]);
        outbox.advance(all.len() - 3);
        assert_eq!(outbox.due(), b"");
    }

    #[test]
    fn other_replies_go_out_at_once() {
        let mut outbox = Outbox::default();
        for code in *b"cOptry" {
            outbox.push(&frame(code, b"x"));
            assert_eq!(outbox.due(), frame(code, b"x"));
            outbox.advance(6);
        }
    }

    #[test]
    fn pieces_of_any_size_make_no_difference() {
        let all = [frame(b'm', b"data"), frame(b'c', b"")].concat();
        let mut outbox = Outbox::default();
        for (i, byte) in all.iter().enumerate() {
            assert_eq!(outbox.due(), b"", "after {i} bytes");
            outbox.push(&[*byte]);
        }
        assert_eq!(outbox.due(), all);
    }

    #[test]
    fn a_verdict_is_not_held_by_what_follows_it() {
        let mut outbox = Outbox::default();
        outbox.push(&frame(b'c', b""));
        outbox.push(&[0, 0]);
        assert_eq!(outbox.due(), frame(b'c', b""));
        outbox.advance(5);
        outbox.push(&frame(b'a', b"")[2..]);
        assert_eq!(outbox.due(), frame(b'a', b""));
    }
}
