//! Round numbers for the axis of counts.

/// Most steps on an axis.
const MAX_STEPS: u64 = 5;

/// An axis from zero to a round number.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Scale {
    /// From one line to the next: 1, 2 or 5 times a power of ten.
    pub(super) step: u64,
    /// How many steps there are: one to five.
    pub(super) steps: u64,
}

impl Scale {
    /// The axis with the finest steps that reaches `largest`.
    pub(super) fn new(largest: u64) -> Self {
        let largest = largest.max(1);
        let mut power = 1u64;
        loop {
            for digit in [1, 2, 5] {
                let step = power.saturating_mul(digit);
                let steps = largest.div_ceil(step);
                if steps <= MAX_STEPS {
                    return Self { step, steps };
                }
            }
            power = power.saturating_mul(10);
        }
    }

    /// Where `count` stands: 0 at the bottom, 1 at the top.
    pub(super) fn part(self, count: u64) -> f64 {
        count as f64 / (self.step as f64 * self.steps as f64)
    }

    /// The numbers at the lines, zero first.
    pub(super) fn ticks(self) -> impl Iterator<Item = u64> {
        (0..=self.steps).map(move |n| self.step.saturating_mul(n))
    }
}

/// A round number in few characters: `800`, `1.5k`, `20M`, `3G`.
pub(super) fn short(number: u64) -> String {
    const UNITS: &[(u64, &str)] = &[
        (1_000_000_000_000_000_000, "E"),
        (1_000_000_000_000_000, "P"),
        (1_000_000_000_000, "T"),
        (1_000_000_000, "G"),
        (1_000_000, "M"),
        (1_000, "k"),
    ];
    for (size, sign) in UNITS {
        if number >= *size {
            let tenths = number / (size / 10);
            return match tenths % 10 {
                0 => format!("{}{sign}", tenths / 10),
                rest => format!("{}.{rest}{sign}", tenths / 10),
            };
        }
    }
    number.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_axis_is_round_and_reaches_the_largest() {
        for (largest, step, steps) in [
            (0, 1, 1),
            (1, 1, 1),
            (5, 1, 5),
            (6, 2, 3),
            (10, 2, 5),
            (11, 5, 3),
            (12, 5, 3),
            (25, 5, 5),
            (26, 10, 3),
            (40, 10, 4),
            (51, 20, 3),
            (999, 200, 5),
            (1_001, 500, 3),
            (1_234_567, 500_000, 3),
        ] {
            assert_eq!(Scale::new(largest), Scale { step, steps }, "{largest}");
        }
        let scale = Scale::new(u64::MAX);
        assert_eq!(scale.step, 5_000_000_000_000_000_000);
        assert!(scale.part(u64::MAX) <= 1.0);
    }

    #[test]
    fn counts_stand_in_proportion() {
        let scale = Scale::new(12);
        assert_eq!(scale.part(0), 0.0);
        assert_eq!(scale.part(12), 0.8);
        assert_eq!(scale.part(15), 1.0);
        assert_eq!(scale.ticks().collect::<Vec<_>>(), [0, 5, 10, 15]);
    }

    #[test]
    fn numbers_at_the_axis_are_short() {
        for (number, text) in [
            (0, "0"),
            (500, "500"),
            (1_000, "1k"),
            (1_500, "1.5k"),
            (20_000, "20k"),
            (2_500_000, "2.5M"),
            (3_000_000_000, "3G"),
        ] {
            assert_eq!(short(number), text);
        }
    }
}
