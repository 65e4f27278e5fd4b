//! From numbers to places.

/// About how many marks a linear axis has.
const MARKS: f64 = 5.0;

/// A scale along one side of a plot.
pub(super) struct Axis {
    low: f64,
    high: f64,
    log: bool,
    /// Where the lowest number stands, and the highest.
    from: f64,
    to: f64,
}

impl Axis {
    /// A scale that holds all `numbers`. A logarithmic one holds whole powers
    /// of ten and passes over what is not positive.
    pub(super) fn over(numbers: impl Iterator<Item = f64>, log: bool, from: f64, to: f64) -> Self {
        let numbers = numbers.filter(|n| n.is_finite() && (!log || *n > 0.0));
        let (low, high) = numbers.fold((f64::MAX, f64::MIN), |(low, high), n| {
            (low.min(n), high.max(n))
        });
        let (low, high) = if low > high { (1.0, 10.0) } else { (low, high) };
        let (low, high) = if log {
            let low = low.log10().floor();
            (low, high.log10().ceil().max(low + 1.0))
        } else {
            let step = step(high);
            (0.0, ((high / step).ceil() * step).max(step))
        };
        Self {
            low,
            high,
            log,
            from,
            to,
        }
    }

    /// Where `number` stands; not finite if it has no place.
    pub(super) fn place(&self, number: f64) -> f64 {
        let number = if self.log { number.log10() } else { number };
        self.from + (number - self.low) / (self.high - self.low) * (self.to - self.from)
    }

    /// Places and labels of the marks.
    pub(super) fn ticks(&self) -> Vec<(f64, String)> {
        let step = if self.log { 1.0 } else { step(self.high) };
        let mut ticks = Vec::new();
        let mut at = self.low;
        // The sum of many steps may miss the end by a hair.
        while at < self.high + step / 2.0 {
            let number = if self.log { 10_f64.powf(at) } else { at };
            ticks.push((self.place(number), short(number)));
            at += step;
        }
        ticks
    }
}

/// A round distance between marks up to `high`.
fn step(high: f64) -> f64 {
    let rough = (high / MARKS).max(f64::MIN_POSITIVE);
    let power = 10_f64.powf(rough.log10().floor());
    let times = [1.0, 2.0, 5.0]
        .into_iter()
        .find(|times| power * times >= rough);
    power * times.unwrap_or(10.0)
}

/// A number in few letters: 1,500,000 is `1.5M`.
fn short(number: f64) -> String {
    for (unit, letter) in [(1e9, "G"), (1e6, "M"), (1e3, "k")] {
        if number >= unit * 0.999_999 {
            return format!("{}{letter}", rounded(number / unit));
        }
    }
    rounded(number)
}

fn rounded(number: f64) -> String {
    if number != 0.0 && number < 0.001 {
        return format!("{number:e}");
    }
    let text = format!("{number:.4}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
