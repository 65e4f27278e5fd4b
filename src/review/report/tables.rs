//! The report's tables, in their order.

use super::{
    links::{Links, term},
    model::{Report, TopList},
    view::{Row, Table, change, day, shown},
};
use crate::{
    review::{
        chart::{counted, grouped},
        words,
    },
    skip::Skip,
};

/// Every table that has something to say.
pub(super) fn all(report: &Report, links: &Links) -> Vec<Table> {
    let mut tables: Vec<Table> = report.top.iter().map(|list| top(list, links)).collect();
    tables.push(skips(report, links));
    tables.push(remained(report, links));
    tables.push(new_companies(report, links));
    tables.push(expiring(report));
    tables.retain(|table| !table.rows.is_empty() || table.empty.is_some());
    tables
}

fn top(list: &TopList, links: &Links) -> Table {
    let largest = list.rows.iter().map(|row| row.findings).max();
    let largest = largest.unwrap_or_default();
    let has_before = list.rows.iter().any(|row| row.findings_before.is_some());
    let rows = list.rows.iter().map(|row| {
        let mut cells = vec![grouped(row.findings), grouped(row.messages)];
        if has_before {
            cells.push(change(row.findings, row.findings_before));
        }
        Row {
            name: shown(&row.key),
            cells,
            bar: Some((row.findings, largest)),
            href: link(links, list.field, &row.key),
        }
    });
    let mut columns = vec!["Findings", "Messages"];
    if has_before {
        columns.push("Change");
    }
    let note = match (list.min_group, list.withheld) {
        (..=1, _) => None,
        (_, 0) => Some("Numbers are rounded to fives.".to_owned()),
        (least, withheld) => Some(format!(
            "Without {} of fewer than {least} known recipients; numbers are rounded to fives.",
            counted(withheld, "names"),
        )),
    };
    Table {
        title: list.title,
        note,
        of: "Name",
        columns,
        rows: rows.collect(),
        empty: Some("None in this time."),
    }
}

/// What is summed up under one name cannot be asked for.
fn link(links: &Links, field: &str, key: &str) -> Option<String> {
    if key.starts_with('(') {
        return None;
    }
    links.period(&term(field, key))
}

fn skips(report: &Report, links: &Links) -> Table {
    let largest = report.skips.iter().map(|skip| skip.messages).max();
    let rows = report.skips.iter().map(|skip| {
        let known = Skip::ALL.iter().find(|known| known.name() == skip.reason);
        let name = match known {
            Some(known) => format!("{}: {}", skip.reason, words::skip(*known)),
            None => shown(&skip.reason),
        };
        let mut cells = vec![grouped(skip.messages)];
        if report.before.is_some() {
            cells.push(change(skip.messages, skip.messages_before));
        }
        Row {
            name,
            cells,
            bar: Some((skip.messages, largest.unwrap_or_default())),
            href: link(links, "skip", &skip.reason),
        }
    });
    let mut columns = vec!["Messages"];
    if report.before.is_some() {
        columns.push("Change");
    }
    Table {
        title: "Reasons not to clean",
        note: Some("A message, or a part of it, was passed on as it came.".to_owned()),
        of: "Reason",
        columns,
        rows: rows.collect(),
        empty: Some("None in this time."),
    }
}

fn remained(report: &Report, links: &Links) -> Table {
    let sum = |row: &super::model::Remained| row.opaque.saturating_add(row.kept);
    let largest = report.remained.iter().map(sum).max().unwrap_or_default();
    let rows = report.remained.iter().map(|row| Row {
        name: shown(&row.tracker),
        cells: vec![grouped(row.opaque), grouped(row.kept)],
        bar: Some((sum(row), largest)),
        href: link(links, "tracker", &row.tracker).and_then(|_| {
            links.period(&format!(
                "{} action:opaque,keep",
                term("tracker", &row.tracker)
            ))
        }),
    });
    Table {
        title: "What remained",
        note: Some(
            "Redirects whose destination cannot be read from the URL, and images that can \
             identify somebody but would be missed."
                .to_owned(),
        ),
        of: "Tracker",
        columns: vec!["Redirects", "Kept"],
        rows: rows.collect(),
        empty: Some("Nothing that is known."),
    }
}

fn new_companies(report: &Report, links: &Links) -> Table {
    let companies = report.new_companies.iter().flatten();
    let rows = companies.map(|company| Row {
        name: shown(&company.company),
        cells: vec![
            day(company.first),
            grouped(company.findings),
            grouped(company.messages),
        ],
        bar: None,
        href: link(links, "company", &company.company),
    });
    let note = match report.new_companies {
        Some(_) => "Seen for the first time since the log began.",
        None => "The log began in this time, so every company is new to it.",
    };
    Table {
        title: "New companies",
        note: Some(note.to_owned()),
        of: "Company",
        columns: vec!["First seen", "Findings", "Messages"],
        rows: rows.collect(),
        empty: report.new_companies.as_ref().map(|_| "None in this time."),
    }
}

fn expiring(report: &Report) -> Table {
    let rows = report.expiring.iter().map(|entry| Row {
        name: shown(&format!("{}: {} ({})", entry.id, entry.what, entry.reason)),
        cells: vec![
            entry.expires.strftime("%-d %b %Y").to_string(),
            shown(&entry.author),
        ],
        bar: None,
        href: None,
    });
    Table {
        title: "Allowlist entries that end soon",
        note: Some("What they spare is cleaned again from then on.".to_owned()),
        of: "Entry",
        columns: vec!["Ends", "By"],
        rows: rows.collect(),
        empty: None,
    }
}
