//! Small pictures for the cells of tables.

use super::{
    fold::add,
    text::{Out, coordinate},
};

const WIDTH: f64 = 100.0;
const HEIGHT: f64 = 20.0;

/// A bar for the cell of a table that also shows the number: how much `part`
/// is of `whole`. It is decoration, and hidden from screen readers.
pub fn bar(part: u64, whole: u64) -> String {
    let width = match whole {
        0 => 0.0,
        whole => WIDTH * (part.min(whole) as f64 / whole as f64),
    };
    let mut out = Out::default();
    let attributes = [
        ("class", "chart-bar"),
        ("viewBox", "0 0 100 8"),
        ("preserveAspectRatio", "none"),
        ("aria-hidden", "true"),
        ("focusable", "false"),
    ];
    out.open("svg", &attributes);
    rect(&mut out, "chart-rest", (0.0, 0.0), (WIDTH, 8.0));
    if width > 0.0 {
        rect(&mut out, "c1", (0.0, 0.0), (width, 8.0));
    }
    out.close("svg");
    out.text
}

/// Counts over time in the size of a word. `title` says in words what is seen.
pub fn sparkline(counts: &[u64], title: &str) -> String {
    let largest = counts.iter().copied().max().unwrap_or_default().max(1);
    let step = WIDTH / counts.len().max(1) as f64;
    let mut out = Out::default();
    let attributes = [
        ("class", "chart-spark"),
        ("viewBox", "0 0 100 20"),
        ("preserveAspectRatio", "none"),
        ("role", "img"),
        ("aria-label", title),
        ("focusable", "false"),
    ];
    out.open("svg", &attributes);
    out.element("title", &[], title);
    rect(&mut out, "chart-rest", (0.0, HEIGHT - 0.5), (WIDTH, 0.5));
    if add(counts.iter().copied()) > 0 {
        for (n, count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
            let height = HEIGHT * (*count as f64 / largest as f64);
            let at = (n as f64 * step, HEIGHT - height);
            rect(&mut out, "c1", at, (step * 0.8, height));
        }
    }
    out.close("svg");
    out.text
}

fn rect(out: &mut Out, class: &str, (x, y): (f64, f64), (width, height): (f64, f64)) {
    let attributes = [
        ("class", class),
        ("x", &coordinate(x)),
        ("y", &coordinate(y)),
        ("width", &coordinate(width)),
        ("height", &coordinate(height)),
    ];
    out.empty("rect", &attributes);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(svg: &str) -> Vec<&str> {
        svg.split("<rect class=\"c1\" ")
            .skip(1)
            .filter_map(|rest| rest.split("/>").next())
            .collect()
    }

    #[test]
    fn a_bar_is_as_long_as_its_part() {
        let three_eighths = [r#"x="0" y="0" width="37.5" height="8""#];
        assert_eq!(filled(&bar(3, 8)), three_eighths);
        assert_eq!(
            filled(&bar(9, 8)),
            [r#"x="0" y="0" width="100" height="8""#]
        );
        assert!(filled(&bar(0, 8)).is_empty());
        assert!(filled(&bar(1, 0)).is_empty());
        assert!(bar(3, 8).contains(r#"aria-hidden="true""#));
    }

    #[test]
    fn a_sparkline_rises_to_its_largest() {
        let svg = sparkline(&[1, 0, 4, 2], "<4 days>");
        assert_eq!(
            filled(&svg),
            [
                r#"x="0" y="15" width="20" height="5""#,
                r#"x="50" y="0" width="20" height="20""#,
                r#"x="75" y="10" width="20" height="10""#,
            ]
        );
        assert!(svg.contains("<title>&lt;4 days&gt;</title>"));
        assert!(filled(&sparkline(&[], "")).is_empty());
        assert!(filled(&sparkline(&[0, 0], "")).is_empty());
    }
}
