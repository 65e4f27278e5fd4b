//! Plots of lines as SVG, readable on light and dark pages, in colour or not.

mod axis;

use axis::Axis;
use std::{fmt::Write, fs, io, path::Path};

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 400.0;
const LEFT: f64 = 76.0;
const RIGHT: f64 = 700.0;
const TOP: f64 = 52.0;
/// Above the labels of the horizontal axis and the names of the lines.
const BOTTOM: f64 = 290.0;

/// Colours that people with any colour vision tell apart (Okabe and Ito,
/// "Color Universal Design", 2008), on light and on dark ground; lines also
/// differ in their dashes.
const COLORS: &[(&str, &str)] = &[
    ("#0072b2", "#56b4e9"),
    ("#d55e00", "#e69f00"),
    ("#007a59", "#2fd0a0"),
    ("#a8467f", "#e79bc6"),
    ("#555555", "#bbbbbb"),
    ("#8a6d00", "#f0e442"),
];
const DASHES: &[&str] = &["", "6 3", "2 3", "8 3 2 3", "10 4", "4 2 1 2"];

/// A plot of lines.
pub(crate) struct Plot {
    /// What it shows.
    pub(crate) title: String,
    /// What the horizontal axis means, with its unit.
    pub(crate) x_label: String,
    /// What the vertical axis means, with its unit.
    pub(crate) y_label: String,
    /// Whether the horizontal axis is logarithmic.
    pub(crate) log_x: bool,
    /// Whether the vertical axis is logarithmic; otherwise it begins at zero.
    pub(crate) log_y: bool,
    /// Names and points of the lines, the points from left to right.
    pub(crate) lines: Vec<(String, Vec<(f64, f64)>)>,
}

impl Plot {
    /// Writes it to a file, whose directory is made if need be.
    ///
    /// # Errors
    ///
    /// What the file system says.
    pub(crate) fn write(&self, path: impl AsRef<Path>) -> io::Result<()> {
        let path = path.as_ref();
        if let Some(dir) = path.parent() {
            fs::create_dir_all(dir)?;
        }
        fs::write(path, self.svg())
    }

    fn svg(&self) -> String {
        let points = || self.lines.iter().flat_map(|(_, points)| points);
        let x = Axis::over(points().map(|p| p.0), self.log_x, LEFT, RIGHT);
        let y = Axis::over(points().map(|p| p.1), self.log_y, BOTTOM, TOP);
        let mut out = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\">\n\
             <title>{}</title>\n{}<rect class=\"ground\" width=\"{WIDTH}\" height=\"{HEIGHT}\"/>\n",
            escape(&self.title),
            style()
        );
        let mut text = |x: f64, y: f64, class: &str, words: &str| {
            let words = escape(words);
            let _ = writeln!(
                out,
                "<text x=\"{x:.1}\" y=\"{y:.1}\" class=\"{class}\">{words}</text>"
            );
        };
        text(16.0, 24.0, "title", &self.title);
        text(16.0, TOP - 12.0, "", &self.y_label);
        text(RIGHT, BOTTOM + 38.0, "end", &self.x_label);
        for (at, label) in x.ticks() {
            text(at, BOTTOM + 18.0, "middle", &label);
        }
        for (at, label) in y.ticks() {
            text(LEFT - 8.0, at + 4.0, "end", &label);
        }
        for (n, (name, _)) in self.lines.iter().enumerate() {
            let (x, y) = key(n);
            text(x + 36.0, y + 4.0, "", name);
        }
        for (at, _) in x.ticks() {
            let _ = writeln!(out, "<path class=\"grid\" d=\"M{at:.1} {TOP}V{BOTTOM}\"/>");
        }
        for (at, _) in y.ticks() {
            let _ = writeln!(out, "<path class=\"grid\" d=\"M{LEFT} {at:.1}H{RIGHT}\"/>");
        }
        for (n, (_, points)) in self.lines.iter().enumerate() {
            let places = points.iter().map(|p| (x.place(p.0), y.place(p.1)));
            line(&mut out, n, places.clone());
            for (x, y) in places {
                let _ = writeln!(
                    out,
                    "<circle class=\"c{}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"2.5\"/>",
                    n % COLORS.len()
                );
            }
            let (x, y) = key(n);
            line(&mut out, n, [(x, y), (x + 30.0, y)].into_iter());
        }
        out += "</svg>\n";
        out
    }
}

/// Where the name of the `n`th line begins, two to a row.
fn key(n: usize) -> (f64, f64) {
    let (column, row) = ((n % 2) as f64, (n / 2) as f64);
    (16.0 + column * 345.0, BOTTOM + 60.0 + row * 20.0)
}

fn line(out: &mut String, n: usize, places: impl Iterator<Item = (f64, f64)>) {
    let mut path = String::new();
    for (x, y) in places.filter(|(x, y)| x.is_finite() && y.is_finite()) {
        let letter = if path.is_empty() { 'M' } else { 'L' };
        let _ = write!(path, "{letter}{x:.1} {y:.1}");
    }
    let (color, dash) = (n % COLORS.len(), DASHES[n % DASHES.len()]);
    let _ = writeln!(
        out,
        "<path class=\"line s{color}\" stroke-dasharray=\"{dash}\" d=\"{path}\"/>"
    );
}

fn style() -> String {
    let of = |ground: &str, ink: &str, grid: &str, pick: fn(&(&str, &str)) -> String| {
        let mut css = format!(".ground{{fill:{ground}}}text{{fill:{ink}}}.grid{{stroke:{grid}}}");
        for (n, color) in COLORS.iter().map(pick).enumerate() {
            let _ = write!(css, ".s{n}{{stroke:{color}}}.c{n}{{fill:{color}}}");
        }
        css
    };
    format!(
        "<style>text{{font:13px system-ui,sans-serif}}.title{{font-weight:bold}}\
         .end{{text-anchor:end}}.middle{{text-anchor:middle}}\
         .line{{fill:none;stroke-width:2}}.grid{{stroke-width:1}}\n{}\n\
         @media (prefers-color-scheme:dark){{{}}}</style>\n",
        of("#ffffff", "#24292f", "#d8dee4", |c| c.0.to_owned()),
        of("#0d1117", "#e6edf3", "#30363d", |c| c.1.to_owned()),
    )
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
