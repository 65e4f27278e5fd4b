//! The report as plain text of at most 80 columns.

use super::{
    model::Report,
    view::{Row, Table, View, label},
};
use crate::review::{
    Series,
    chart::{Times, grouped},
};
use jiff::tz::TimeZone;
use std::fmt::Write as _;

/// The width, in characters.
const WIDTH: usize = 80;
/// Widest column of numbers.
const MAX_CELL: usize = 24;
/// Most lines of a chart; longer ones are left to the other formats.
const MAX_BARS: usize = 62;

/// Writes the report as text.
pub fn text(report: &Report) -> String {
    let view = View::new(report, None);
    let mut out = String::new();
    heading(&mut out, &view.title, '=');
    paragraph(&mut out, &view.about);
    for gap in &view.gaps {
        paragraph(&mut out, gap);
    }
    out.push('\n');
    figures(&mut out, &view);
    let (title, _, _, series) = view.series()[0];
    chart(&mut out, title, series);
    for shown in &view.tables {
        table(&mut out, shown);
    }
    if let Some(rules) = view.rules() {
        out.push('\n');
        heading(&mut out, "Rules without a finding", '-');
        paragraph(&mut out, &rules);
    }
    out
}

fn heading(out: &mut String, title: &str, line: char) {
    let _ = writeln!(out, "{title}");
    let length = title.chars().count().min(WIDTH);
    out.extend(std::iter::repeat_n(line, length));
    out.push('\n');
}

fn paragraph(out: &mut String, text: &str) {
    for line in wrapped(text, WIDTH) {
        let _ = writeln!(out, "{line}");
    }
}

fn figures(out: &mut String, view: &View<'_>) {
    let tiles = view.tiles.iter();
    let width = tiles.clone().map(|tile| tile.label.len()).max();
    let number = tiles.clone().map(|tile| tile.number.len()).max();
    let (width, number) = (width.unwrap_or_default(), number.unwrap_or_default());
    for tile in tiles {
        let line = format!(
            "{:width$}  {:>number$}  {}",
            tile.label, tile.number, tile.change
        );
        let _ = writeln!(out, "{}", line.trim_end());
    }
}

/// One line a slot, with a bar of the sum.
fn chart(out: &mut String, title: &str, series: &Series) {
    let sums: Vec<u64> = series
        .slots
        .iter()
        .map(|slot| slot.counts.iter().copied().fold(0, u64::saturating_add))
        .collect();
    let largest = sums.iter().copied().max().unwrap_or_default();
    if largest == 0 || sums.len() > MAX_BARS {
        return;
    }
    out.push('\n');
    heading(out, title, '-');
    let names = Times::new(&series.slots, &TimeZone::UTC);
    let names: Vec<String> = (0..sums.len()).map(|n| names.name(n)).collect();
    let name = names.iter().map(String::len).max().unwrap_or_default();
    let number = grouped(largest).len();
    let room = WIDTH.saturating_sub(name + number + 4);
    for (when, sum) in names.iter().zip(&sums) {
        let bar = bar(*sum, largest, room);
        let line = format!("{when:name$}  {:>number$}  {bar}", grouped(*sum));
        let _ = writeln!(out, "{}", line.trim_end());
    }
    let parts = series.keys.iter().enumerate().map(|(n, key)| {
        let counts = series.slots.iter().filter_map(|slot| slot.counts.get(n));
        let sum = counts.copied().fold(0, u64::saturating_add);
        format!("{} {}", grouped(sum), label(key))
    });
    paragraph(out, &format!("({})", parts.collect::<Vec<_>>().join(", ")));
}

/// As many signs of `room` as `part` is of `whole`; one at least for anything.
fn bar(part: u64, whole: u64, room: usize) -> String {
    let length = match (part, whole) {
        (0, _) | (_, 0) => 0,
        _ => {
            let signs = u128::from(part) * (room as u128) / u128::from(whole);
            usize::try_from(signs).unwrap_or(room).clamp(1, room)
        }
    };
    "#".repeat(length)
}

fn table(out: &mut String, table: &Table) {
    out.push('\n');
    heading(out, table.title, '-');
    if let Some(note) = &table.note {
        paragraph(out, note);
    }
    if table.rows.is_empty() {
        paragraph(out, table.empty.unwrap_or_default());
        return;
    }
    let widths: Vec<usize> = (0..table.columns.len())
        .map(|n| {
            let cells = table.rows.iter().filter_map(|row| row.cells.get(n));
            let cells = cells.map(|cell| cell.chars().count());
            let heading = table.columns.get(n).map_or(0, |column| column.len());
            cells
                .chain([heading])
                .max()
                .unwrap_or_default()
                .min(MAX_CELL)
        })
        .collect();
    let numbers: usize = widths.iter().map(|width| width + 2).sum();
    let longest = table.rows.iter().map(|row| row.name.chars().count());
    let longest = longest.chain([table.of.len()]).max().unwrap_or_default();
    let name = longest.min(WIDTH.saturating_sub(numbers));
    let heading = Row {
        name: table.of.to_owned(),
        cells: table
            .columns
            .iter()
            .map(|&column| column.to_owned())
            .collect(),
        ..Row::default()
    };
    for row in std::iter::once(&heading).chain(&table.rows) {
        let mut lines = wrapped(&row.name, name).into_iter();
        let mut line = format!("{:name$}", lines.next().unwrap_or_default());
        for (cell, width) in row.cells.iter().zip(&widths) {
            let cell = cut(cell, *width);
            let _ = write!(line, "  {cell:>width$}");
        }
        let _ = writeln!(out, "{}", line.trim_end());
        for line in lines {
            let _ = writeln!(out, "{line}");
        }
    }
}

/// The first characters of a text that is too long, with a sign that it was.
fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let mut out: String = text.chars().take(width.saturating_sub(1)).collect();
    out.push('…');
    out
}

/// Lines of at most `width` characters, broken at spaces where there are any.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut length = 0;
    for word in text.split(' ') {
        let mut rest: Vec<char> = word.chars().collect();
        let space = usize::from(length > 0);
        if length > 0 && length + space + rest.len() > width {
            lines.push(std::mem::take(&mut line));
            length = 0;
        } else if length > 0 {
            line.push(' ');
            length += 1;
        }
        while rest.len() > width {
            let after = rest.split_off(width.max(1));
            lines.push(rest.into_iter().collect());
            rest = after;
        }
        length += rest.len();
        line.extend(rest);
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_broken_at_spaces_or_where_they_must() {
        assert_eq!(wrapped("aa bb cc", 5), ["aa bb", "cc"]);
        assert_eq!(wrapped("a 1234567890", 4), ["a", "1234", "5678", "90"]);
        assert_eq!(wrapped("", 4), [""]);
        assert_eq!(wrapped("äöüß", 4), ["äöüß"]);
    }

    #[test]
    fn bars_are_in_proportion_and_never_nothing() {
        assert_eq!(bar(5, 10, 8), "####");
        assert_eq!(bar(1, 1_000, 8), "#");
        assert_eq!(bar(0, 10, 8), "");
        assert_eq!(bar(u64::MAX, u64::MAX, 8), "########");
    }
}
