//! Payloads of the kinds that services use, encoded by hand (python3: base64,
//! zlib, gzip), and hostile ones.

use super::*;
use std::collections::BTreeSet;

/// What `url` carries as `name=value`, `?` for no name and `…` for a value
/// that is made of members.
fn carried(url: &str) -> BTreeSet<String> {
    let target = Target::parse(url).unwrap();
    let mut found = BTreeSet::new();
    members(&target, &Limits::default(), &mut |m| {
        let name = m.name.unwrap_or("?");
        let value = m.value.unwrap_or("…");
        found.insert(format!("{name}={value}"));
    });
    found
}

fn assert_carries(url: &str, expected: &[&str]) {
    let expected: BTreeSet<String> = expected.iter().map(|s| (*s).to_owned()).collect();
    assert_eq!(carried(url), expected, "{url}");
}

#[test]
fn segments_and_parameters_are_unescaped() {
    assert_carries(
        "https://t.example/open/a%20b?e=jo%2540example.net&x&y=#f=1",
        &["?=open", "?=a b", "e=jo@example.net", "x=", "y="],
    );
}

/// Mailgun: a query string in a zlib stream that does not end, in base64.
#[test]
fn a_compressed_query_string_is_opened() {
    assert_carries(
        "https://t.example/o/eJzKsDVIVMu0NTIwMjM0NDLUM1Q1MchN10utSMwtyEnVyy9KVyuyzcoHisKE8lJL1EpsM0pycwAAAAD__w",
        &[
            "?=o",
            "h=0a",
            "i=20261121.1@mg.example.org",
            "r=jo@example.net",
            "t=html",
        ],
    );
    // `first_name=Jo&tags=vip` as gzip.
    assert_carries(
        "https://t.example/?p=H4sIAAAAAAACA0vLLCouic9LzE219cpXK0lML7YtyywAAFt3DWwWAAAA",
        &["first_name=Jo", "p=…", "tags=vip"],
    );
}

/// Customer.io: JSON in base64. Mandrill: JSON in JSON in base64.
#[test]
fn json_is_opened_within_json() {
    assert_carries(
        "https://t.example/eyJlbWFpbF9pZCI6IlJOVE1BeEY4eiIsImhyZWYiOiJodHRwczovL3Nob3AuZXhhbXBsZS5vcmcvc2FsZSIsImxpbmtfaWQiOjQyfQ",
        &["email_id=RNTMAxF8z", "href=…", "?=sale", "link_id=42"],
    );
    assert_carries(
        "https://t.example/?p=eyJzIjogIll5V28iLCAidiI6IDEsICJwIjogIntcInVcIjogMzAyOTU3OTUsIFwidlwiOiAxLCBcInVybFwiOiBcImh0dHBzOi8vc2hvcC5leGFtcGxlLm9yZy9zYWxlXCIsIFwiaWRcIjogXCJjZjYyMmY0YjU4ZGM0NWI3NGYxYjA2ZDA1YTQyYjk4MlwiLCBcInVybF9pZHNcIjogW1wiNTA4Yzg5ZDhiODI0NDk4YjExYTZiZWI1NmE0NzkzNTFjNTkyYWI3MlwiXX0ifQ",
        &[
            "p=…",
            "s=YyWo",
            "v=1",
            "u=30295795",
            "url=…",
            "?=sale",
            "id=cf622f4b58dc45b74f1b06d05a42b982",
            "url_ids=…",
            "url_ids=508c89d8b824498b11a6beb56a479351c592ab72",
        ],
    );
}

/// `{"alg":"HS256"}`, `{"campaign":"spring","tags":["vip","de"],"first_name":"Jo"}`
/// and a signature.
#[test]
fn the_claims_of_a_token_are_read() {
    assert_carries(
        "https://t.example/?t=eyJhbGciOiJIUzI1NiJ9.eyJjYW1wYWlnbiI6InNwcmluZyIsInRhZ3MiOlsidmlwIiwiZGUiXSwiZmlyc3RfbmFtZSI6IkpvIn0.c2lnbmF0dXJlLW9mLWl0",
        &[
            "t=…",
            "alg=HS256",
            "campaign=spring",
            "tags=…",
            "tags=vip",
            "tags=de",
            "first_name=Jo",
        ],
    );
}

#[test]
fn fields_in_binary_are_read() {
    // SparkPost: field 4 is the URL, field 18 the recipient, the others are
    // binary.
    assert_carries(
        "https://t.example/RgRRlB8QRCZodHRwczovL3Nob3AuZXhhbXBsZS5vcmcvc2FsZT9pZD03Jng9MVIOam9AZXhhbXBsZS5uZXQ~",
        &["?=…", "?=sale", "id=7", "x=1", "?=jo@example.net"],
    );
    // A protocol buffer: field 1 is the number 5, field 2 the text.
    assert_carries(
        "https://t.example/?d=CAUSDmpvQGV4YW1wbGUubmV0",
        &["d=…", "d=jo@example.net"],
    );
}

#[test]
fn hexadecimal_text_is_read_and_digests_are_not() {
    assert_carries(
        "https://t.example/7b22636f6e746163745f6964223a37377d",
        &["contact_id=77"],
    );
    let digest = "7771093713556e85d7a876c08cb5bb63";
    assert_carries(
        &format!("https://t.example/?m={digest}"),
        &[&format!("m={digest}")],
    );
}

#[test]
fn words_and_encrypted_tokens_stay_as_they_are() {
    assert_carries(
        "https://t.example/newsletter/unsubscribe/20261121/a.b.c?q=abcd==&u=8dZqx3m1vKpW0Rt7yB2nLf",
        &[
            "?=newsletter",
            "?=unsubscribe",
            "?=20261121",
            "?=a.b.c",
            "q=abcd==",
            "u=8dZqx3m1vKpW0Rt7yB2nLf",
        ],
    );
}

#[test]
fn each_member_knows_where_it_stands() {
    let url = "https://t.example/c?u=https%3A%2F%2Fshop.example%2F%3Fa%3D1&j=%7B%22b%22%3A2%7D";
    let target = Target::parse(url).unwrap();
    let mut found = BTreeSet::new();
    members(&target, &Limits::default(), &mut |m| {
        let of = m.parameter_of.map_or("-", Target::host).to_owned();
        found.insert(format!("{:?} {} {of}", m.origin, m.name.unwrap_or("?")));
    });
    let expected = [
        "Destination a shop.example",
        "Payload b -",
        "Url ? -",
        "Url j t.example",
        "Url u t.example",
    ];
    assert_eq!(found, expected.map(str::to_owned).into());
}

/// The address in base64, seven and nine times over.
#[test]
fn nesting_ends_somewhere() {
    assert_carries(
        "https://t.example/Vm1wR1lXRnRVWGRPVm1SVFlrZFNjVlZ0TVRSaU1WWnhVMjA1YWxKc2JETldiWFF3WWtkS1NGVnVjRmRTYkVwSVdWUkdZV1JXUm5OalJtUlhZVEZW",
        &["?=jo@example.net"],
    );
    assert!(
        !carried("https://t.example/Vm0weGQxSXhiRmhTYmxKV1YwZFNVRlp0TVZOV1JteHlXa1pPYWxac1dqQlVWbEpUWVZVeFYxZHVhRlpOYWtFeFdWZDRTMk15U2tWVWJHUnBWMFpHTTFkWGRHdFRNVTVIVm01V2FsSnRVbFJaYTFaM1UxWmtWMVZyWkZwV01VcFlWVzAxVDJGc1NuUlZiR2hhVmtWYVZ3").contains("?=jo@example.net")
    );
    let brackets = "%5B".repeat(3000) + &"%5D".repeat(3000);
    assert!(carried(&format!("https://t.example/?j={brackets}")).len() <= 2);
}

/// 60,000 zero bytes, and 15,000 pairs, in some 90 bytes each: as a value and
/// many times over.
#[test]
fn a_bomb_costs_no_more_than_its_bound() {
    for bomb in [
        "eNrtwTEBAAAAwqD1T20ND6AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAvgzqYAAB",
        "eNrtwzENAAAIAzA3uEDM5l8ENjjapNlOVFVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVR89i6ZOfg",
    ] {
        for times in [1, 100] {
            let url = format!("https://t.example/{}", format!("{bomb}/").repeat(times));
            let target = Target::parse(&url).unwrap();
            let (mut shown, mut count) = (0, 0);
            members(&target, &Limits::default(), &mut |m| {
                shown += m.name.map_or(0, str::len) + m.value.map_or(0, str::len);
                count += 1;
            });
            let bound = url.len() * GROWTH + ALLOWANCE;
            assert!(shown <= bound && count <= bound / PIECE, "{shown} {count}");
        }
    }
}

#[test]
fn a_url_beyond_the_limit_is_not_looked_into() {
    let limits = Limits {
        url_bytes: 30,
        ..Limits::default()
    };
    let target = Target::parse("https://t.example/?a=1234567890").unwrap();
    members(&target, &limits, &mut |m| panic!("{m:?}"));
}
