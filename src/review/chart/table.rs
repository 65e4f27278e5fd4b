//! The numbers of a chart as a table.

use super::{OverTime, Slot, fold::Fold, fold::add, grouped, text::Out, times::Times};

/// Writes the table, folded up.
pub(super) fn draw(chart: &OverTime<'_>, fold: &Fold<'_>, times: &Times, out: &mut Out) {
    let has_sums = fold.columns.len() > 1;
    out.open("details", &[("class", "chart-numbers")]);
    out.element("summary", &[], "Numbers as a table");
    // A region that scrolls has to be reached by the keyboard.
    let name = format!("{}: numbers", chart.title);
    let region = [
        ("class", "chart-scroll"),
        ("role", "region"),
        ("aria-label", name.as_str()),
        ("tabindex", "0"),
    ];
    out.open("div", &region);
    out.open("table", &[]);
    out.open("thead", &[]);
    out.open("tr", &[]);
    out.element("th", &[("scope", "col")], "Time");
    for column in &fold.columns {
        out.element("th", &[("scope", "col")], &column.name);
    }
    if has_sums {
        out.element("th", &[("scope", "col")], "Sum");
    }
    out.close("tr");
    out.close("thead");
    out.open("tbody", &[]);
    for (n, (slot, row)) in chart.series.slots.iter().zip(&fold.rows).enumerate() {
        out.open("tr", &[]);
        out.element("th", &[("scope", "row")], &times.name(n));
        for (count, column) in row.iter().zip(&fold.columns) {
            cell(chart, slot, column.key, *count, out);
        }
        if has_sums {
            cell(chart, slot, None, add(row.iter().copied()), out);
        }
        out.close("tr");
    }
    out.close("tbody");
    out.open("tfoot", &[]);
    out.open("tr", &[]);
    out.element("th", &[("scope", "row")], "Sum");
    for column in &fold.columns {
        out.element("td", &[], &grouped(column.sum));
    }
    if has_sums {
        out.element("td", &[], &grouped(fold.sum()));
    }
    out.close("tr");
    out.close("tfoot");
    for tag in ["table", "div", "details"] {
        out.close(tag);
    }
}

fn cell(chart: &OverTime<'_>, slot: &Slot, key: Option<&str>, count: u64, out: &mut Out) {
    let number = grouped(count);
    match chart.link {
        Some(link) if count > 0 => {
            out.open("td", &[]);
            out.element("a", &[("href", &*link(slot, key))], &number);
            out.close("td");
        }
        _ => out.element("td", &[], &number),
    }
}
