use super::*;

#[test]
fn a_top_list_of_a_query_comes_out_of_its_messages() {
    let log = Log::new();
    let reader = log.reader();
    let top = reader
        .top_in(
            &log.query("is:changed,would-change"),
            Dimension::Company,
            10,
        )
        .unwrap();
    assert_eq!((top.scanned, top.is_complete), (5, true));
    assert_eq!(
        top.rows,
        [
            row(
                "Example Inc",
                // A has two of the actions, but is one message.
                sum(4, 2),
                &[
                    ("allow", sum(1, 1)),
                    ("neutralize", sum(1, 1)),
                    ("unwrap", sum(2, 1)),
                ]
            ),
            row(
                "Other Ltd",
                sum(3, 3),
                &[
                    ("neutralize", sum(1, 1)),
                    ("opaque", sum(1, 1)),
                    ("would-remove", sum(1, 1)),
                ]
            ),
        ]
    );
    let top = reader
        .top_in(&log.query("company:\"example inc\""), Dimension::Rule, 2)
        .unwrap();
    assert_eq!(top.scanned, 2);
    assert_eq!(
        top.rows,
        [
            row(
                "example-open",
                sum(2, 2),
                &[("allow", sum(1, 1)), ("neutralize", sum(1, 1))]
            ),
            row("example-click", sum(2, 1), &[("unwrap", sum(2, 1))]),
        ]
    );
    let messages = |rows: &[TopRow]| -> Vec<(String, u64)> {
        let list = rows.iter().map(|row| (row.key.clone(), row.sum.messages));
        list.collect()
    };
    let all = |dimension| reader.top_in(&empty_query(), dimension, 9).unwrap().rows;
    assert_eq!(all(Dimension::Sender)[0].sum, sum(8, 7));
    assert_eq!(all(Dimension::Tracker)[0].key, "other.example");
    assert_eq!(all(Dimension::Tracker)[0].sum, sum(3, 3), "B F H");
    assert_eq!(
        messages(&all(Dimension::RecipientDomain)),
        [
            ("example.com".to_owned(), 9),
            ("mail.example.net".to_owned(), 1)
        ]
    );
    assert_eq!(
        messages(&all(Dimension::Skip)),
        ["charset", "oversize", "signed"].map(|skip| (skip.to_owned(), 1))
    );
    assert_eq!(
        all(Dimension::Disposition)[0],
        row(
            "changed",
            sum(7, 4),
            &[
                ("allow", sum(1, 1)),
                ("neutralize", sum(2, 2)),
                ("opaque", sum(1, 1)),
                ("remove", sum(1, 1)),
                ("unwrap", sum(2, 1)),
            ]
        )
    );
    assert_eq!(
        all(Dimension::Vector)[..2],
        [
            row(
                "img-src",
                sum(4, 4),
                &[
                    ("allow", sum(1, 1)),
                    ("keep", sum(1, 1)),
                    ("neutralize", sum(2, 2))
                ]
            ),
            row(
                "a-href",
                sum(3, 2),
                &[("opaque", sum(1, 1)), ("unwrap", sum(2, 1))]
            ),
        ]
    );
}

#[test]
fn facets_count_the_messages_of_each_value() {
    let log = Log::new();
    let facets = log.reader().facets(&log.query("since:2026-11-21")).unwrap();
    let facets: Vec<(&str, Vec<(&str, u64)>)> = facets
        .iter()
        .map(|f| {
            (
                f.field,
                f.values.iter().map(|(v, n)| (v.as_str(), *n)).collect(),
            )
        })
        .collect();
    assert_eq!(
        facets,
        [
            (
                "is",
                vec![("changed", 3), ("skipped", 2), ("clean", 1), ("failed", 1)]
            ),
            (
                "vector",
                vec![("img-src", 3), ("a-href", 1), ("receipt-header", 1)]
            ),
            (
                "action",
                vec![
                    ("allow", 1),
                    ("keep", 1),
                    ("neutralize", 1),
                    ("opaque", 1),
                    ("remove", 1)
                ]
            ),
            ("company", vec![("Other Ltd", 2), ("Example Inc", 1)]),
            ("sender", vec![("example.org", 6)]),
            ("category", vec![("sales", 2), ("mail", 1)]),
            ("recipient-domain", vec![("example.com", 7)]),
            ("skip", vec![("charset", 1), ("oversize", 1), ("signed", 1)]),
        ]
    );
    // Each value narrows the query to as many messages.
    for (field, values) in facets {
        for (value, count) in values {
            let query = format!(
                "since:2026-11-21 {}",
                crate::review::Query::term(field, value)
            );
            assert_eq!(log.letters(&query).len() as u64, count, "{query}");
        }
    }
}
