use super::*;
use crate::telemetry::testing::time;
use proptest::{prelude::*, test_runner::RngSeed};

/// 12:00 in Berlin is 11:00 UTC.
fn now() -> Zoned {
    "2026-11-21T12:00:00+01:00[Europe/Berlin]".parse().unwrap()
}

fn parse(text: &str) -> Result<Query, QueryError> {
    let now = now();
    Query::parse(
        text,
        &Context {
            now: &now,
            keys: None,
        },
    )
}

#[test]
fn a_query_has_one_canonical_text() {
    for (text, canonical) in [
        ("", ""),
        ("  \t ", ""),
        ("vector:img-src", "vector:img-src"),
        ("Vector:IMG-SRC", "vector:img-src"),
        ("-company:Sinch", "-company:sinch"),
        ("company:\"Example Mail\"", "company:\"example mail\""),
        ("company:Example\" Mail\"", "company:\"example mail\""),
        ("company:\" Example \"", "company:example"),
        (
            "company:\"a \\\"b\\\" \\\\\"",
            "company:\"a \\\"b\\\" \\\\\"",
        ),
        ("company:\"a,b\",c", "company:\"a,b\",c"),
        ("is:changed,would-change", "is:changed,would-change"),
        ("is:changed,CHANGED", "is:changed"),
        ("disposition:failed outcome:clean", "is:failed is:clean"),
        // Local midnight is 23:00 UTC of the day before.
        ("since:2026-11-20", "since:2026-11-19T23:00:00Z"),
        ("until:2026-11-20", "until:2026-11-20T23:00:00Z"),
        ("since:2h", "since:2026-11-21T09:00:00Z"),
        ("after:2h since:1h", "since:2026-11-21T10:00:00Z"),
        ("until:1h before:2h", "until:2026-11-21T09:00:00Z"),
        (
            "until:1h x since:2h",
            "since:2026-11-21T09:00:00Z until:2026-11-21T10:00:00Z x",
        ),
        ("since:\"2 hours ago\"", "since:2026-11-21T09:00:00Z"),
        (
            "since:2026-11-21T08:00:00.250Z",
            "since:2026-11-21T08:00:00.25Z",
        ),
        ("sender:Jane@News.Example.ORG", "sender:example.org"),
        ("sender:bücher.example", "sender:xn--bcher-kva.example"),
        ("sender:*.example.org", "sender:example.org"),
        ("sender:*.co.uk", "sender:*.co.uk"),
        ("sender:exam*", "sender:exam*"),
        ("sender:**", "sender:*"),
        ("from:*ample.org", "sender:*ample.org"),
        ("to:<Jane@Example.com>", "recipient:jane@example.com"),
        (
            "recipient-domain:jane@Mail.Example.com.",
            "recipient-domain:mail.example.com",
        ),
        (
            "rcpt_domain:*.example.com",
            "recipient-domain:*.example.com",
        ),
        ("tracker:CLICK.Example.NET", "tracker:click.example.net"),
        ("host:….ct.example.net", "host:….ct.example.net"),
        ("host:*.ct.example.net", "host:*.ct.example.net"),
        ("domain:ct.example.net", "domain:example.net"),
        ("dest:www.shop.example", "destination:shop.example"),
        ("rule:example-*,*-open,*mid*", "rule:example-*,*-open,*mid*"),
        ("rule:\"a*\"", "rule:\"a*\""),
        ("skip:*", "skip:*"),
        ("allowed:*", "allowed:*"),
        ("allowed:MixedCase", "allowed:mixedcase"),
        ("queue-id:4ABCdef123z", "queue:4ABCdef123z"),
        ("message-id:<A.b@example.org>", "message-id:A.b@example.org"),
        ("client:192.0.2.77", "client:192.0.2.77"),
        ("client:192.0.2.77/24", "client:192.0.2.0/24"),
        (
            "ip:[2001:db8::1],::ffff:192.0.2.1",
            "client:2001:db8::1,192.0.2.1",
        ),
        ("score:>5", "score:>=6"),
        ("score:>=5", "score:>=5"),
        ("score:<5", "score:<=4"),
        ("score:-5..3,7", "score:-5..3,7"),
        ("count:1..", "count:>=1"),
        ("count:..5", "count:<=5"),
        ("size:>1k,2M", "size:>=1025,2097152"),
        ("duration:>1.5", "duration:>=1.501"),
        ("ms:250", "duration:250"),
        ("mailgun -\"a b\"", "mailgun -\"a b\""),
        ("*mailgun*", "mailgun"),
        ("\"http://x\"", "\"http://x\""),
        ("\"-x\" --x", "\"-x\" -\"-x\""),
        ("::1 a,b", "\"::1\" a,b"),
    ] {
        let query = parse(text).unwrap_or_else(|e| panic!("{text}: {e}"));
        assert_eq!(query.to_string(), canonical, "{text}");
        assert_eq!(parse(canonical).as_ref(), Ok(&query), "{canonical}");
        assert_eq!(query.is_empty(), canonical.is_empty(), "{text}");
    }
}

#[test]
fn an_error_says_where_and_what_instead() {
    for (text, expected) in [
        (
            "compny:x",
            "at character 1: there is no field \"compny\"; did you mean company?",
        ),
        (
            "a -vecto:x",
            "at character 4: there is no field \"vecto\"; did you mean vector?",
        ),
        (
            "http://x",
            "at character 1: there is no field \"http\"; \
             put the text in quotes to look for it as it is",
        ),
        (
            "vector:img-scr",
            "at character 8, vector: \"img-scr\" is none of its values; did you mean img-src?",
        ),
        (
            "privacy:aggregate",
            "at character 9, privacy: \"aggregate\" is none of its values \
             (domain, pseudonym, full)",
        ),
        ("is:", "at character 4: a value is missing here"),
        ("is:clean,", "at character 10: a value is missing here"),
        ("is:\"\"", "at character 4: a value is missing here"),
        (
            "company:\"x",
            "at character 9: the quotation has no end; write \\\" for a quote in it",
        ),
        (
            "a - b",
            "at character 3: nothing follows the -; put it in quotes to look for it",
        ),
        (
            "a *",
            "at character 3: a * alone says nothing; leave it out",
        ),
        (
            "rule:a*b",
            "at character 6: \"a*b\": a * stands at the beginning or end of a value; \
             put it in quotes to mean itself",
        ),
        ("queue:4A*", "at character 7, queue: takes no *"),
        ("is:chang*", "at character 4, is: takes no *"),
        ("recipient:*", "at character 11, recipient: takes no *"),
        (
            "recipient:<>",
            "at character 11, recipient: an address is missing",
        ),
        (
            "since:yesterday",
            "at character 7, since: expected 2h, 7d, 2026-11-21 or 2026-11-21T08:00:00Z",
        ),
        (
            "-since:2h",
            "at character 1, since: a time cannot be negated; use the other end",
        ),
        ("since:2h,3h", "at character 1, since: takes one time"),
        (
            "client:example",
            "at character 8, client: \"example\" is no IP address or network",
        ),
        (
            "score:x",
            "at character 7, score: expected a number such as 5, >5, <=5 or 1..5",
        ),
        (
            "size:5X",
            "at character 6, size: expected a number such as 5, >5, <=5 or 1..5",
        ),
        (
            "score:..",
            "at character 7, score: expected a number such as 5, >5, <=5 or 1..5",
        ),
        (
            "count:5..1",
            "at character 7, count: the range ends before it begins; \
             write the smaller number first",
        ),
        (
            "rule:a\u{1b}*b",
            "at character 6: \"a\\u{1b}*b\": a * stands at the beginning or end of a value; \
             put it in quotes to mean itself",
        ),
    ] {
        let error = parse(text).expect_err(text);
        assert_eq!(error.to_string(), expected, "{text}");
    }
}

#[test]
fn a_query_is_bounded() {
    let error = |text: &str| parse(text).unwrap_err().to_string();
    assert_eq!(
        error(&"x".repeat(8_193)),
        "at character 1: longer than 8192 bytes"
    );
    assert_eq!(
        error(&"x ".repeat(65)),
        "at character 129: more than 64 conditions"
    );
    let values = vec!["1"; 257].join(",");
    assert_eq!(
        error(&format!("score:{values}")),
        "at character 1, score: more than 256 values"
    );
    assert!(parse(&"x ".repeat(64)).is_ok());
}

#[test]
fn typed_addresses_are_told_and_hashed_with_every_key() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("keys");
    let keys = Keys::load_or_create(&path, time(1_795_000_000_000)).unwrap();
    let now = now();
    let text = "to:Jane@example.org,r_iow72k2ft2icmkqx -recipient:JANE@example.org,ann \
                sender:joe@example.org message-id:x@example.org";
    let context = Context {
        now: &now,
        keys: Some(&keys),
    };
    let query = Query::parse(text, &context).unwrap();
    assert_eq!(query.people(), ["jane@example.org", "ann"]);
    let Condition::Field(Field::Recipient, values) = &query.terms()[0].condition else {
        panic!("{query}");
    };
    let forms: Vec<_> = values
        .iter()
        .map(|value| match value {
            Value::Person { forms, .. } => forms.clone(),
            _ => Vec::new(),
        })
        .collect();
    assert_eq!(
        forms,
        [
            vec![
                "jane@example.org".to_owned(),
                keys.current().recipient("jane@example.org")
            ],
            vec!["r_iow72k2ft2icmkqx".to_owned()],
        ]
    );
    assert_eq!(Query::parse(&query.to_string(), &context), Ok(query));
}

#[test]
fn conditions_are_quoted_for_links() {
    assert_eq!(
        Query::term("company", "Example Mail"),
        "company:\"Example Mail\""
    );
    assert_eq!(Query::term("rule", "example-open"), "rule:example-open");
    assert_eq!(
        Query::term("company", "A*, \"B\""),
        "company:\"A*, \\\"B\\\"\""
    );
    assert_eq!(Query::word("-x:y"), "\"-x:y\"");
}

/// Texts that get far into the language.
fn texts() -> impl Strategy<Value = String> {
    let names: Vec<&str> = fields::names().collect();
    let words: Vec<&str> = FIELDS.iter().flat_map(FieldInfo::choices).collect();
    let value = prop_oneof![
        "\\PC{0,8}",
        "[\"\\\\*<>.@, a-z0-9-]{0,12}",
        "[0-9.><=-]{1,6}",
        "[a-z]{1,4}(\\.[a-z]{1,4}){0,3}",
        proptest::sample::select(words).prop_map(str::to_owned),
        any::<(i64, bool)>().prop_map(|(n, up)| format!("{}{n}", if up { ">" } else { "<" })),
        "20[0-9]{2}-0[1-9]-[12][0-9]",
        "[1-9]{1,2}[hdm]",
        "[0-9]{1,3}(\\.[0-9]{1,3}){3}(/[0-9]{1,2})?",
    ];
    let piece = (
        proptest::option::of(proptest::sample::select(names)),
        any::<bool>(),
        proptest::collection::vec(value, 1..3),
    )
        .prop_map(|(name, negated, values)| {
            let minus = if negated { "-" } else { "" };
            let name = name.map(|name| format!("{name}:")).unwrap_or_default();
            format!("{minus}{name}{}", values.join(","))
        });
    proptest::collection::vec(piece, 0..5).prop_map(|pieces| pieces.join(" "))
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 2_000,
        rng_seed: RngSeed::Fixed(1),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,200}|[ -~]{0,200}|(?s:.{0,50})") {
        let _ = parse(&text).map_err(|error| error.to_string());
    }

    #[test]
    fn what_is_read_is_written_so_that_it_is_read_the_same(text in texts()) {
        if let Ok(query) = parse(&text) {
            let written = query.to_string();
            prop_assert_eq!(parse(&written), Ok(query), "{}", written);
        }
    }
}

/// Most of the texts above are queries; otherwise the property says little.
#[test]
fn the_texts_of_the_property_are_mostly_queries() {
    use proptest::{strategy::ValueTree, test_runner::TestRunner};
    let mut runner = TestRunner::deterministic();
    let read = (0..500)
        .filter(|_| parse(&texts().new_tree(&mut runner).unwrap().current()).is_ok())
        .count();
    assert!(read > 100, "{read} of 500");
}

/// The blocks of the documentation that are queries, and the error it shows.
#[test]
fn the_documentation_shows_queries() {
    let page = include_str!("../../../docs/queries.md");
    let block = |start: &str| page.lines().any(|line| line == format!("    {start}"));
    let mut lines = page.lines().filter_map(|line| line.strip_prefix("    "));
    let queries: Vec<&str> = lines.by_ref().take(4).collect();
    for query in &queries {
        parse(query).unwrap_or_else(|e| panic!("{query}: {e}"));
    }
    assert!(queries[3].ends_with(" newsletter"), "{queries:?}");
    let error = parse("vector:img-scr").unwrap_err();
    assert!(block(&error.to_string()), "{error}");
}
