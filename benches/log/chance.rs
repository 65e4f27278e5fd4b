//! Chance that is the same on every run.

/// SplitMix64 (Steele, Lea, Flood 2014).
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From 0 to `bound - 1`; the bias of the remainder is no matter here.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    /// True so many times out of a hundred.
    pub(crate) fn percent(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
}

/// Zipf's law: the n-th of them comes up in proportion to 1 / n^exponent.
pub(crate) struct Zipf(Vec<f64>);

impl Zipf {
    #[allow(clippy::cast_precision_loss)]
    pub(crate) fn new(count: usize, exponent: f64) -> Self {
        let mut sum = 0.0;
        let steps = (1..=count).map(|n| {
            sum += (n as f64).powf(-exponent);
            sum
        });
        Self(steps.collect())
    }

    /// The first is the most frequent.
    #[allow(clippy::cast_precision_loss)]
    pub(crate) fn draw(&self, random: &mut Random) -> usize {
        let total = self.0.last().copied().unwrap_or_default();
        let point = (random.next() >> 11) as f64 / (1_u64 << 53) as f64 * total;
        self.0
            .partition_point(|&sum| sum <= point)
            .min(self.0.len() - 1)
    }
}
