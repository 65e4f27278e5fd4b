use super::fits;
use crate::{
    review::{
        Context, Cursor, FIELDS, MessageRow, Query,
        testing::{Log, letters, now},
    },
    telemetry::{
        Level,
        testing::{
            NOON,
            mails::{DAY, mails},
            time,
        },
    },
};
use proptest::prelude::*;
use rusqlite::Connection;

/// The messages are those of `telemetry::testing::mails`.
#[test]
fn every_field_finds_what_it_names() {
    let log = Log::new();
    let all = log.reader().newest(&log.query(""), 100).unwrap();
    let mut wrong = Vec::new();
    for (query, expected) in [
        ("", "IHGFEDCBA"),
        // The time. A day ends at midnight of the zone, here UTC.
        ("since:2026-11-21", "IHGFEDC"),
        ("until:2026-11-20", "BA"),
        ("since:2026-11-20 until:2026-11-20", "B"),
        ("since:2026-11-21T12:00:03Z", "IHGF"),
        ("until:2026-11-21T12:00:03Z", "EDCBA"),
        ("until:2020-01-01", ""),
        ("since:2030-01-01", ""),
        // The message.
        ("is:changed", "IHFA"),
        ("is:failed,clean", "GE"),
        ("-is:changed", "GEDCB"),
        ("-is:changed,skipped", "GEB"),
        ("is:*", "IHGFEDCBA"),
        ("-is:*", ""),
        ("sender:example.org", "IHGFDCA"),
        ("sender:someone@news.example.org", "IHGFDCA"),
        ("sender:brand.example", "B"),
        ("sender:example.com", "B"),
        ("sender:brand*", "B"),
        ("sender:*.org", "IHGFDCA"),
        ("sender:*", "IHGFDCBA"),
        ("-sender:*", "E"),
        ("-sender:example.org", "EB"),
        ("sender:nobody.example", ""),
        ("-sender:nobody.example", "IHGFEDCBA"),
        ("recipient:ANN@example.com", "B"),
        ("recipient:jane.doe@example.com", "GFEDCA"),
        ("recipient:zoe@example.com", "H"),
        ("recipient:zoe@example.com,bob@mail.example.net", "HB"),
        ("-recipient:jane.doe@example.com", "IHB"),
        ("recipient:nobody@example.com", ""),
        ("recipient-domain:example.com", "IHGFEDCBA"),
        ("recipient-domain:mail.example.net", "B"),
        ("recipient-domain:*.net", "B"),
        ("recipient-domain:example.net", ""),
        ("queue:C3333", "C"),
        ("queue:c3333", ""),
        ("queue:C3333,A1111", "CA"),
        ("message-id:<only@mid.example>", "E"),
        ("message-id:Clear.1@mail.example.org", "H"),
        ("message-id:clear.1@mail.example.org", ""),
        ("client:192.0.2.77", "HGFEDCA"),
        ("client:192.0.2.1", "GFEDCA"),
        ("client:192.0.2.0/24", "HGFEDCA"),
        ("client:198.51.0.0/16", "B"),
        ("client:203.0.113.0/24", ""),
        ("skip:oversize", "C"),
        ("skip:signed,oversize", "DC"),
        ("skip:*", "DC"),
        ("-skip:*", "IHGFEBA"),
        ("-skip:charset", "IHGFECBA"),
        ("skip:timeout", ""),
        ("ambiguity:nul", "D"),
        ("ambiguity:boundary", ""),
        ("ambiguity:*", "D"),
        ("-ambiguity:nul", "IHGFECBA"),
        ("privacy:full", "H"),
        ("privacy:domain,full", "IH"),
        ("-privacy:pseudonym", "IH"),
        ("rules-version:fedcba987654", "B"),
        ("rules-version:FEDC*", "B"),
        ("recipients:2", "B"),
        ("recipients:>2", ""),
        ("-recipients:1", "B"),
        ("size:>1M", "C"),
        ("size:1000", "IHGFEDBA"),
        ("size:..999", ""),
        ("duration:900", "C"),
        ("duration:>=1.5", "IHGFEDCBA"),
        ("duration:<1.5", ""),
        // The findings.
        ("tracker:t.example.org", "FA"),
        ("tracker:example.org", "FA"),
        ("tracker:example.net", "A"),
        ("tracker:*.example", "HGFB"),
        ("host:example.org", ""),
        ("host:t.example.org", "FA"),
        ("host:*.other.example", "HFB"),
        ("host:img*", "HB"),
        ("host:*", "HGFBA"),
        ("-host:*", "IEDC"),
        ("domain:other.example", "HFB"),
        ("domain:img.other.example", "HFB"),
        ("-domain:other.example", "IGEDCA"),
        ("destination:shop.example", "A"),
        ("destination:www.shop.example", "A"),
        ("destination:*", "A"),
        ("company:\"Example Inc\"", "FA"),
        ("company:other*", "HFB"),
        ("company:*", "HFBA"),
        ("company:other", ""),
        ("vendor:example-mail", "FA"),
        ("vendor:\"example mail\"", "FA"),
        ("vendor:other-sales,\"Example Mail\"", "HFBA"),
        ("vendor:*sales", "HFB"),
        ("category:sales", "HFB"),
        ("category:mail", "FA"),
        ("category:web", ""),
        ("rule:example-open", "FA"),
        ("rule:example-inner", "A"),
        ("rule:other-*", "HFB"),
        ("rule:*-click", "FA"),
        ("-rule:*", "IGEDC"),
        ("vector:img-src", "HGFA"),
        ("vector:css-url,receipt-header", "IB"),
        ("-vector:img-src", "IEDCB"),
        ("vector:ping", ""),
        ("action:neutralize", "HA"),
        ("action:remove", "IB"),
        ("action:unwrap", "A"),
        ("action:keep", "G"),
        ("action:opaque", "F"),
        ("action:allow", "F"),
        ("-action:neutralize", "IGFEDCB"),
        ("tells:address", "HFB"),
        ("tells:campaign", "FA"),
        ("tells:link", ""),
        ("evidence:tiny", "HFB"),
        ("evidence:size", "FA"),
        ("evidence:s*", "FA"),
        ("evidence:siz", ""),
        ("allowed:entry-7", "F"),
        ("allowed:*", "F"),
        ("allowed:other", ""),
        ("score:>100", "FA"),
        ("score:30..60", "HGFB"),
        ("-score:>=60", "GEDC"),
        ("count:2", "A"),
        ("count:>2", ""),
        // Words.
        ("other", "HFB"),
        ("OTHER", "HFB"),
        ("\"other ltd\"", "HFB"),
        ("\"example mail\"", "FA"),
        ("brand", "B"),
        ("inner", "A"),
        ("shop", ""),
        ("E5555", "E"),
        ("5555", ""),
        ("E55", ""),
        ("-example", "E"),
        ("no-such-word", ""),
        // Several.
        ("is:changed company:*", "HFA"),
        ("is:changed -company:*", "I"),
        ("company:other* recipient:ann@example.com", "B"),
        ("tracker:t.example.org is:changed since:2026-11-21", "F"),
        ("other -is:would-change", "HF"),
        ("E5555 is:failed", "E"),
        ("E5555 is:clean", ""),
        // One and the same finding.
        ("vector:img-src action:neutralize", "HA"),
        ("vector:img-src action:unwrap", ""),
        ("vector:img-src company:other*", "H"),
        ("vector:a-href company:other*", "F"),
        ("rule:example-open score:>100", "FA"),
        ("rule:other-click score:>100", ""),
        ("count:2 vector:img-src", ""),
        ("count:2 vector:a-href", "A"),
        ("tiny", ""),
        ("evidence:tiny action:opaque", "F"),
        ("evidence:tiny action:allow", ""),
        ("example-mail action:opaque", ""),
        ("\"example mail\" action:allow", "F"),
        // The word stands in the message, so any finding will do.
        ("brand vector:css-url", "B"),
        // No finding with.
        ("company:\"example inc\" -action:unwrap", "F"),
        ("vector:a-href -action:opaque", "A"),
        ("is:changed -score:>50", ""),
        ("is:clean -score:>50", "G"),
    ] {
        let found = log.letters(query);
        if found != expected {
            wrong.push(format!("{query} finds {found}, not {expected}"));
        }
        // What a query means in plain words says the same.
        let parsed = log.query(query);
        let (since, until) = (parsed.since_ms(), parsed.until_ms());
        let fitting: Vec<_> = all
            .iter()
            .filter(|row| since.is_none_or(|since| row.at_ms >= since))
            .filter(|row| until.is_none_or(|until| row.at_ms < until))
            .filter(|row| fits::fits(&parsed, row))
            .cloned()
            .collect();
        let meant = letters(&fitting);
        if meant != expected {
            wrong.push(format!("{query} means {meant}, not {expected}"));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn every_field_is_in_the_table_above() {
    let table = include_str!("tests.rs");
    for info in FIELDS {
        let uses = table.matches(&format!("\"{}:", info.name)).count();
        assert!(uses > 0, "{}", info.name);
    }
}

#[test]
fn an_example_is_a_query() {
    let log = Log::new();
    for info in FIELDS {
        let query = log.query(info.example);
        assert!(!query.is_empty(), "{}", info.example);
        log.reader().newest(&query, 1).unwrap();
    }
}

#[test]
fn without_keys_addresses_are_looked_for_in_clear() {
    let log = Log::new();
    let now = now();
    let context = Context {
        now: &now,
        keys: None,
    };
    for (text, expected) in [
        ("recipient:zoe@example.com", "H"),
        ("recipient:ann@example.com", ""),
        ("message-id:Clear.1@mail.example.org", "H"),
        ("message-id:only@mid.example", ""),
    ] {
        let query = Query::parse(text, &context).unwrap();
        let rows = log.reader().newest(&query, 10).unwrap();
        assert_eq!(letters(&rows), expected, "{text}");
    }
    let pseudonym = log.keys().current().recipient("ann@example.com");
    assert_eq!(log.letters(&format!("recipient:{pseudonym}")), "B");
}

#[test]
fn a_vendor_is_found_by_the_name_it_had_first_or_last() {
    let log = Log::new();
    let connection = Connection::open(&log.settings.path).unwrap();
    connection
        .execute_batch(&format!(
            "INSERT INTO vendor_name (id, name) VALUES (99, 'New Name');
             UPDATE finding SET vendor_name = 99
             WHERE vendor = (SELECT id FROM vendor WHERE name = 'other-sales')
               AND id >> 8 >= (SELECT id FROM message WHERE at >= {NOON} ORDER BY id LIMIT 1);"
        ))
        .unwrap();
    drop(connection);
    assert_eq!(log.letters("vendor:\"new name\""), "HFB");
    assert_eq!(log.letters("vendor:\"other sales\""), "HFB");
}

/// Conditions that often fit.
fn conditions() -> impl Strategy<Value = String> {
    let mut conditions: Vec<String> = [
        "sender:example.org",
        "sender:*.example",
        "recipient-domain:*.net",
        "recipient:ann@example.com",
        "client:192.0.2.0/24",
        "tracker:other.example",
        "host:t.example.org,img.other.example",
        "company:other*",
        "vendor:\"example mail\"",
        "rule:*-open",
        "rule:example-inner",
        "evidence:tiny",
        "score:>50",
        "score:<=0",
        "score:30,60",
        "count:1",
        "count:2..",
        "size:<2000",
        "size:1003..1100",
        "size:>600G",
        "size:<600G",
        "duration:>=900",
        "recipients:>1",
        "ambiguity:*",
        "evidence:s*",
        "message-id:<only@mid.example>",
        "queue:A1111,F6666",
        "allowed:*",
        "destination:*",
        "other",
        "click",
        "A1111",
        "privacy:pseudonym",
        "since:2026-11-20",
        "until:2026-11-20",
    ]
    .map(str::to_owned)
    .into();
    let words = FIELDS.iter().flat_map(|info| {
        let choices = info.choices().into_iter();
        choices.map(|word| format!("{}:{word}", info.name))
    });
    conditions.extend(words);
    let condition = proptest::sample::select(conditions);
    let term = (condition, proptest::bool::weighted(0.3)).prop_map(|(condition, negated)| {
        let is_time = condition.starts_with("since:") || condition.starts_with("until:");
        let minus = if negated && !is_time { "-" } else { "" };
        format!("{minus}{condition}")
    });
    proptest::collection::vec(term, 1..4).prop_map(|terms| terms.join(" "))
}

/// The index and the plain meaning of a query agree, in both directions.
#[test]
fn the_index_finds_what_the_meaning_says() {
    let log = Log::new();
    let reader = log.reader();
    let all = reader.newest(&log.query(""), 100).unwrap();
    assert_eq!(all.len(), 9);
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(1_500));
    let result = runner.run(&conditions(), |text| {
        let query = log.query(&text);
        let (since, until) = (query.since_ms(), query.until_ms());
        let expected: Vec<i64> = all
            .iter()
            .filter(|row| since.is_none_or(|since| row.at_ms >= since))
            .filter(|row| until.is_none_or(|until| row.at_ms < until))
            .filter(|row| fits::fits(&query, row))
            .map(|row| row.id)
            .collect();
        let down: Vec<i64> = reader
            .newest(&query, 100)
            .unwrap()
            .iter()
            .map(|r| r.id)
            .collect();
        prop_assert_eq!(&down, &expected, "{}", text);
        let mut up: Vec<i64> = reader
            .after(0, &query, 100)
            .unwrap()
            .iter()
            .map(|r| r.id)
            .collect();
        up.reverse();
        prop_assert_eq!(&up, &expected, "{}", text);
        Ok(())
    });
    result.unwrap();
}

/// 300 messages over two days and a bit, in segments of all sizes, some of them
/// deleted since.
fn crowd() -> Log {
    let log = Log::empty();
    let templates = mails();
    let mut n = 0;
    for batch in [1, 1, 1, 70, 2, 40, 1, 130, 3, 1, 20, 1, 1, 5, 23] {
        let events = (n..n + batch).map(|n: u64| {
            // Not the order of the templates, so that streaks differ.
            let mut event = templates[usize::try_from(n * n % 11 % 9).unwrap()].clone();
            let minutes = i64::try_from(n * 11).unwrap();
            event.at = time(NOON - 2 * DAY + minutes * 60_000);
            event.size_before += n;
            event
        });
        log.record(Level::Pseudonym, events.collect());
        n += batch;
    }
    let connection = Connection::open(&log.settings.path).unwrap();
    connection
        .execute_batch(
            "CREATE TEMP TABLE gone AS
             SELECT id FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM message)
             WHERE n % 7 = 3 OR n BETWEEN 20 AND 40 OR n < 3;
             DELETE FROM message WHERE id IN gone;
             DELETE FROM recipient WHERE message IN gone;
             DELETE FROM finding WHERE id >> 8 IN gone;",
        )
        .unwrap();
    log
}

#[test]
fn pages_over_many_segments_are_what_the_meaning_says() {
    let log = crowd();
    let reader = log.reader();
    let connection = Connection::open(&log.settings.path).unwrap();
    let column = |sql: &str| -> Vec<i64> {
        let mut statement = connection.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| row.get(0)).unwrap();
        rows.map(Result::unwrap).collect()
    };
    // Two whole days, and the rest of the third.
    assert_eq!(
        column("SELECT messages FROM segment ORDER BY first"),
        [66, 131, 73, 1, 1, 5, 23]
    );
    let all: Vec<MessageRow> = column("SELECT id FROM message ORDER BY id DESC")
        .iter()
        .map(|id| reader.message(*id).unwrap().unwrap())
        .collect();
    // 300 without every seventh, the first two, and 20 to 40 of which three
    // were such sevenths.
    assert_eq!(all.len(), 300 - 43 - 2 - 18);
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(100));
    let result = runner.run(&conditions(), |text| {
        let query = log.query(&text);
        let (since, until) = (query.since_ms(), query.until_ms());
        let expected: Vec<i64> = all
            .iter()
            .filter(|row| since.is_none_or(|since| row.at_ms >= since))
            .filter(|row| until.is_none_or(|until| row.at_ms < until))
            .filter(|row| fits::fits(&query, row))
            .map(|row| row.id)
            .collect();
        let (mut cursor, mut seen) = (Cursor::Newest, Vec::new());
        loop {
            let page = reader.page(&query, cursor, 40).unwrap();
            prop_assert_eq!(page.has_newer, !seen.is_empty(), "{}", text);
            seen.extend(page.rows.iter().map(|row| row.id));
            prop_assert_eq!(page.has_older, seen.len() < expected.len(), "{}", text);
            match page.rows.last() {
                Some(last) if page.has_older => cursor = Cursor::Before(last.id),
                _ => break,
            }
        }
        prop_assert_eq!(&seen, &expected, "{}", text);
        let up = reader.after(0, &query, 1_000).unwrap();
        let up: Vec<i64> = up.iter().rev().map(|row| row.id).collect();
        prop_assert_eq!(&up, &expected, "{}", text);
        Ok(())
    });
    result.unwrap();
}
