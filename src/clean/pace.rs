//! Looks at the time now and then.

use std::cell::Cell;

/// How often it is asked before the time is looked at again.
const EVERY: usize = 64;

/// Tells a loop when the time for the message has run out, at little cost.
pub(super) struct Pace<'e> {
    expired: &'e dyn Fn() -> bool,
    asked: Cell<usize>,
    is_late: Cell<bool>,
}

impl<'e> Pace<'e> {
    pub(super) fn new(expired: &'e dyn Fn() -> bool) -> Self {
        Self {
            expired,
            asked: Cell::new(0),
            is_late: Cell::new(false),
        }
    }

    /// Whether the time has run out, as far as is known; it stays so.
    pub(super) fn is_late(&self) -> bool {
        let asked = self.asked.get();
        self.asked.set((asked + 1) % EVERY);
        if asked == 0 && (self.expired)() {
            self.is_late.set(true);
        }
        self.is_late.get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_is_looked_at_now_and_then_and_lateness_stays() {
        let looks = Cell::new(0);
        let expired = || {
            looks.set(looks.get() + 1);
            looks.get() == 2
        };
        let pace = Pace::new(&expired);
        let late: Vec<bool> = (0..EVERY * 3).map(|_| pace.is_late()).collect();
        assert_eq!(looks.get(), 3);
        assert_eq!(late.iter().position(|l| *l), Some(EVERY));
        assert!(late.iter().skip(EVERY).all(|l| *l));
    }
}
