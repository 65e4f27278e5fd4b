//! Sets of messages of one segment, by their ordinals.

/// One bit a message.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Set(Vec<u64>);

impl Set {
    /// None of so many messages.
    pub(super) fn none(messages: usize) -> Self {
        Self(vec![0; messages.div_ceil(64)])
    }

    /// All of so many messages.
    pub(super) fn all(messages: usize) -> Self {
        Self(vec![u64::MAX; messages.div_ceil(64)])
    }

    /// Adds a message. One beyond those that there are is left out.
    pub(super) fn add(&mut self, ordinal: usize) {
        if let Some(word) = self.0.get_mut(ordinal / 64) {
            *word |= 1 << (ordinal % 64);
        }
    }

    pub(super) fn has(&self, ordinal: usize) -> bool {
        let word = self.0.get(ordinal / 64).copied().unwrap_or_default();
        word >> (ordinal % 64) & 1 == 1
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    /// Leaves those that are in both.
    pub(super) fn keep(&mut self, other: &Self) {
        for (word, other) in self.0.iter_mut().zip(&other.0) {
            *word &= other;
        }
    }

    /// Leaves those that are not in the other.
    pub(super) fn drop(&mut self, other: &Self) {
        for (word, other) in self.0.iter_mut().zip(&other.0) {
            *word &= !other;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(ordinals: &[usize]) -> Set {
        let mut set = Set::none(130);
        for ordinal in ordinals {
            set.add(*ordinal);
        }
        set
    }

    #[test]
    fn what_is_added_is_there() {
        let some = set(&[0, 63, 64, 129, 500]);
        let there: Vec<usize> = (0..600).filter(|n| some.has(*n)).collect();
        assert_eq!(there, [0, 63, 64, 129]);
        assert!(!some.is_empty() && set(&[]).is_empty());
    }

    #[test]
    fn sets_are_cut_by_others() {
        let mut some = set(&[1, 64, 100]);
        some.keep(&set(&[1, 2, 100]));
        assert_eq!(some, set(&[1, 100]));
        some.drop(&set(&[2, 100]));
        assert_eq!(some, set(&[1]));
    }
}
