//! The SVG of a chart over time.

use super::{
    OverTime, counted,
    fold::Fold,
    grouped,
    scale::{Scale, short},
    text::{Out, coordinate},
    times::Times,
};

/// Measures of a drawing, in units of its view box.
#[derive(Debug)]
pub(super) struct Shape {
    /// Part of the ids and the class.
    name: &'static str,
    width: f64,
    height: f64,
    /// Size of the letters.
    font: f64,
}

/// For places wider than 35 rem.
pub(super) const WIDE: Shape = Shape {
    name: "wide",
    width: 720.0,
    height: 230.0,
    font: 13.0,
};

/// For narrow places, where the letters of a wide chart would be too small.
pub(super) const NARROW: Shape = Shape {
    name: "narrow",
    width: 340.0,
    height: 220.0,
    font: 12.0,
};

/// A digit's width in sizes of the letters, as wide as common fonts have it.
const DIGIT: f64 = 0.6;

/// Lines over the colour of the later keys, which would be hard to tell from
/// the first ones for people who see fewer colours. A tile of 12 units.
const PATTERNS: &[&str] = &[
    "M-3 3 3 -3M0 12 12 0M9 15 15 9",
    "M0 3H12M0 9H12",
    "M-3 9 3 15M0 0 12 12M9 -3 15 3",
    "M3 0V12M9 0V12",
];

/// The pattern over the colour of the `n`th key, counted from zero.
pub(super) fn pattern(n: usize) -> Option<&'static str> {
    PATTERNS.get(n.checked_sub(4)?).copied()
}

/// One drawing of a chart.
pub(super) struct Plot<'a> {
    pub(super) chart: &'a OverTime<'a>,
    pub(super) fold: &'a Fold<'a>,
    pub(super) times: &'a Times,
    pub(super) shape: &'a Shape,
}

/// Where the bars are.
#[derive(Clone, Copy, Debug)]
struct Area {
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
}

impl Area {
    fn y(&self, scale: Scale, count: u64) -> f64 {
        self.bottom - scale.part(count) * (self.bottom - self.top)
    }
}

impl Plot<'_> {
    pub(super) fn draw(&self, out: &mut Out) {
        let Shape {
            name,
            width,
            height,
            font,
        } = *self.shape;
        let scale = Scale::new(self.fold.sums().max().unwrap_or_default());
        let digits = scale.ticks().map(|tick| short(tick).len()).max();
        let area = Area {
            left: digits.unwrap_or(1) as f64 * font * DIGIT + 8.0,
            right: width - 4.0,
            top: font,
            bottom: height - font * 1.8,
        };
        let [title, desc] = ["title", "desc"].map(|part| self.id(part));
        let attributes = [
            ("class", format!("chart-{name}")),
            ("viewBox", format!("0 0 {width} {height}")),
            ("font-size", font.to_string()),
            ("role", "group".to_owned()),
            ("aria-labelledby", title.clone()),
            ("aria-describedby", desc.clone()),
        ];
        let attributes = attributes
            .each_ref()
            .map(|(name, value)| (*name, value.as_str()));
        out.open("svg", &attributes);
        out.element("title", &[("id", &title)], self.chart.title);
        out.element("desc", &[("id", &desc)], &self.description());
        self.define_patterns(out);
        // The numbers are read out from the table.
        out.open("g", &[("aria-hidden", "true")]);
        self.axis_of_counts(scale, area, out);
        self.axis_of_time(area, out);
        self.bars(scale, area, out);
        out.close("g");
        out.close("svg");
    }

    fn id(&self, part: &str) -> String {
        format!("{}-{}-{part}", self.chart.id, self.shape.name)
    }

    fn description(&self) -> String {
        let last = self.fold.rows.len().saturating_sub(1);
        let mut most = (0, 0);
        for (n, sum) in self.fold.sums().enumerate() {
            if sum > most.1 {
                most = (n, sum);
            }
        }
        format!(
            "{}, from {} to {}. Most: {}, {}. The table below has the same numbers.",
            counted(self.fold.sum(), self.chart.unit),
            self.times.name(0),
            self.times.name(last),
            self.times.name(most.0),
            grouped(most.1),
        )
    }

    fn define_patterns(&self, out: &mut Out) {
        let last = self.fold.columns.len();
        if (0..last).all(|n| pattern(n).is_none()) {
            return;
        }
        out.open("defs", &[]);
        for n in 0..last {
            let Some(path) = pattern(n) else { continue };
            let attributes = [
                ("id", self.id(&format!("p{}", n + 1))),
                ("width", "12".to_owned()),
                ("height", "12".to_owned()),
                ("patternUnits", "userSpaceOnUse".to_owned()),
            ];
            let attributes = attributes
                .each_ref()
                .map(|(name, value)| (*name, value.as_str()));
            out.open("pattern", &attributes);
            let class = format!("c{}", n + 1);
            let tile = [("class", class.as_str()), ("width", "12"), ("height", "12")];
            out.empty("rect", &tile);
            out.empty("path", &[("class", "chart-pattern"), ("d", path)]);
            out.close("pattern");
        }
        out.close("defs");
    }

    fn axis_of_counts(&self, scale: Scale, area: Area, out: &mut Out) {
        for tick in scale.ticks() {
            let y = area.y(scale, tick);
            let line = format!(
                "M{} {}H{}",
                coordinate(area.left),
                coordinate(y),
                area.right
            );
            out.empty("path", &[("class", "chart-grid"), ("d", &line)]);
            let attributes = [
                ("x", coordinate(area.left - 5.0)),
                ("y", coordinate(y + self.shape.font * 0.35)),
                ("text-anchor", "end".to_owned()),
            ];
            let attributes = attributes
                .each_ref()
                .map(|(name, value)| (*name, value.as_str()));
            out.element("text", &attributes, &short(tick));
        }
    }

    fn axis_of_time(&self, area: Area, out: &mut Out) {
        let font = self.shape.font;
        let y = coordinate(area.bottom + font * 1.4);
        let labels = self
            .times
            .labels(area.left, self.step(area), font * DIGIT, self.shape.width);
        for label in labels {
            let attributes = [
                ("x", &*coordinate(label.x)),
                ("y", &*y),
                ("text-anchor", "middle"),
            ];
            out.element("text", &attributes, &label.text);
        }
    }

    /// From one bar to the next.
    fn step(&self, area: Area) -> f64 {
        (area.right - area.left) / self.fold.rows.len().max(1) as f64
    }

    fn bars(&self, scale: Scale, area: Area, out: &mut Out) {
        let step = self.step(area);
        let gap = (step * 0.2).min(4.0);
        let slots = self.chart.series.slots.iter();
        for (n, (slot, row)) in slots.zip(&self.fold.rows).enumerate() {
            let sum = super::fold::add(row.iter().copied());
            if sum == 0 {
                continue;
            }
            let when = self.times.name(n);
            let left = area.left + n as f64 * step;
            // The whole height leads to the slot: a low bar is hard to hit.
            let all = format!("{when}: {}", counted(sum, self.chart.unit));
            self.bar(slot, None, &all, out, |out| {
                let height = area.bottom - area.top;
                rect(
                    out,
                    ("class", "chart-slot"),
                    (left, area.top),
                    (step, height),
                );
            });
            let mut below = 0u64;
            for ((count, column), color) in row.iter().zip(&self.fold.columns).zip(1..) {
                if *count == 0 {
                    continue;
                }
                let above = below.saturating_add(*count);
                let (y, base) = (area.y(scale, above), area.y(scale, below));
                let one = format!("{when}: {} {}", grouped(*count), column.name);
                // Several keys together lead to the slot.
                self.bar(slot, column.key, &one, out, |out| {
                    let at = (left + gap / 2.0, y);
                    let size = (step - gap, base - y);
                    match pattern(color - 1) {
                        None => rect(out, ("class", &format!("c{color}")), at, size),
                        Some(_) => {
                            let fill = format!("url(#{})", self.id(&format!("p{color}")));
                            rect(out, ("fill", &fill), at, size);
                        }
                    }
                });
                below = above;
            }
        }
    }

    /// A shape that says what it is, and leads to the log.
    fn bar(
        &self,
        slot: &super::Slot,
        key: Option<&str>,
        title: &str,
        out: &mut Out,
        shape: impl FnOnce(&mut Out),
    ) {
        let tag = match self.chart.link {
            Some(link) => {
                // The table has the same links for the keyboard.
                let attributes = [("href", &*link(slot, key)), ("tabindex", "-1")];
                out.open("a", &attributes);
                "a"
            }
            None => {
                out.open("g", &[]);
                "g"
            }
        };
        out.element("title", &[], title);
        shape(out);
        out.close(tag);
    }
}

fn rect(out: &mut Out, paint: (&str, &str), (x, y): (f64, f64), (width, height): (f64, f64)) {
    let attributes = [
        paint,
        ("x", &coordinate(x)),
        ("y", &coordinate(y)),
        ("width", &coordinate(width)),
        ("height", &coordinate(height)),
    ];
    out.empty("rect", &attributes);
}
