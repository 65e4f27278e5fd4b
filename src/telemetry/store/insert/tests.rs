//! Each value stands in the column of its name: all of them differ.

use super::{
    super::super::{
        entry::{Counts, Vendor},
        event::Disposition,
        privacy::Level,
    },
    *,
};
use rusqlite::types::ValueRef;

fn finding() -> FindingEntry {
    let some = |text: &str| Some(text.to_owned());
    FindingEntry {
        part: "1.2".to_owned(),
        vector: "img-src",
        action: "neutralize",
        opaque: true,
        allowed: some("allowed"),
        rules: vec!["outer".to_owned(), "inner".to_owned()],
        vendor: Some(Vendor {
            id: "vendor".to_owned(),
            name: "Vendor".to_owned(),
            company: "Company".to_owned(),
            category: "category".to_owned(),
        }),
        tells: "link".to_owned(),
        host: "t.example.org".to_owned(),
        domain: "example.org".to_owned(),
        destination: some("example.com"),
        score: 21,
        evidence: "tiny:40".to_owned(),
        count: 22,
        samples: vec![
            Sample {
                shape: "https://t.example.org/{*}".to_owned(),
                hash: Some([7; 8]),
            },
            Sample {
                shape: "https://t.example.org/{n}".to_owned(),
                hash: None,
            },
        ],
    }
}

fn entry() -> Entry {
    let some = |text: &str| Some(text.to_owned());
    Entry {
        at_ms: 1_000,
        is_kept: true,
        disposition: Disposition::Changed,
        privacy: Level::Pseudonym,
        key: Some(2),
        queue_id: some("4QUEUE"),
        message_id: some("id"),
        message_id_domain: some("id.example"),
        client: some("192.0.2.0/24"),
        sender: some("sender"),
        sender_domain: some("sender.example"),
        from_domain: some("from.example"),
        recipients: Vec::new(),
        recipient_count: 3,
        size_before: 4,
        size_after: 5,
        duration_us: 6,
        parts: 7,
        html_parts: 8,
        lenient_html: true,
        counts: Counts {
            neutralized: 9,
            removed: 10,
            unwrapped: 11,
            kept: 12,
            opaque: 13,
        },
        skips: vec![("signed", 14)],
        ambiguities: vec![("header-syntax", 15)],
        findings: vec![finding()],
        unlisted: 16,
        rules_version: "rules".to_owned(),
    }
}

/// The only row of a view: names and values.
fn row(connection: &Connection, view: &str) -> Vec<(String, String)> {
    let mut statement = connection
        .prepare(&format!("SELECT * FROM {view}"))
        .unwrap();
    let names = statement.column_names();
    let names: Vec<String> = names.into_iter().map(str::to_owned).collect();
    let read = |row: &rusqlite::Row<'_>| {
        let value = |at| match row.get_ref(at).unwrap() {
            ValueRef::Null => "-".to_owned(),
            ValueRef::Integer(number) => number.to_string(),
            ValueRef::Text(text) => String::from_utf8(text.to_vec()).unwrap(),
            ValueRef::Blob(bytes) => HEXLOWER.encode(bytes),
            ValueRef::Real(_) => panic!("no column is one"),
        };
        Ok((0..names.len()).map(value).collect::<Vec<_>>())
    };
    let values = statement.query_row([], read).unwrap();
    names.into_iter().zip(values).collect()
}

fn expect(found: &[(String, String)], expected: &[(&str, &str)]) {
    let found = found.iter().map(|(name, value)| (&**name, &**value));
    assert_eq!(found.collect::<Vec<_>>(), expected);
}

#[test]
fn each_value_stands_in_the_column_of_its_name() {
    let mut connection = Connection::open_in_memory().unwrap();
    schema::migrate(&mut connection, 0).unwrap();
    message(&connection, &mut Dictionary::default(), 1, &entry()).unwrap();
    expect(
        &row(&connection, "message_view"),
        &[
            ("id", "1"),
            ("at", "1000"),
            ("time", "1970-01-01T00:00:01.000Z"),
            ("disposition", "changed"),
            ("privacy", "pseudonym"),
            ("key", "2"),
            ("queue_id", "4QUEUE"),
            ("message_id", "id"),
            ("message_id_domain", "id.example"),
            ("client", "192.0.2.0/24"),
            ("sender", "sender"),
            ("sender_domain", "sender.example"),
            ("from_domain", "from.example"),
            ("recipients", "3"),
            ("size_before", "4"),
            ("size_after", "5"),
            ("duration_us", "6"),
            ("parts", "7"),
            ("html_parts", "8"),
            ("lenient_html", "1"),
            ("neutralized", "9"),
            ("removed", "10"),
            ("unwrapped", "11"),
            ("kept", "12"),
            ("opaque", "13"),
            ("unlisted", "16"),
            ("skips", "signed:14"),
            ("ambiguities", "header-syntax:15"),
            ("rules_version", "rules"),
            ("app_version", env!("CARGO_PKG_VERSION")),
        ],
    );
    expect(
        &row(&connection, "finding_view"),
        &[
            ("id", "256"),
            ("message", "1"),
            ("part", "1.2"),
            ("vector", "img-src"),
            ("action", "neutralize"),
            ("opaque", "1"),
            ("allowed", "allowed"),
            ("rule", "outer"),
            ("inner_rules", " inner "),
            ("vendor", "vendor"),
            ("vendor_name", "Vendor"),
            ("company", "Company"),
            ("category", "category"),
            ("tells", "link"),
            ("tracker", "t.example.org"),
            ("tracker_domain", "example.org"),
            ("destination", "example.com"),
            ("score", "21"),
            ("evidence", "tiny:40"),
            ("count", "22"),
            ("url", "https://t.example.org/{*}"),
            ("url_hash", "0707070707070707"),
            ("samples", "- https://t.example.org/{n}"),
        ],
    );
}
