//! What URLs of the kinds that services use disclose. Payloads were encoded by
//! hand (python3: base64, zlib).

use super::*;
use crate::{
    judge::{Choices, Heuristics, Recipients, Refusal},
    rules::RuleSet,
    sighting::{self, Facts, Quote, Sighting, Vector},
};
use std::sync::Arc;

/// The kinds that `url` discloses beside those of every request, as the judge
/// sees it in a message to `to`.
fn told(vector: Vector, url: &str, to: &[&str]) -> Vec<&'static str> {
    let judge = Judge::new(
        Arc::new(RuleSet::builtin().unwrap()),
        Heuristics::builtin().unwrap(),
        Refusal::builtin().unwrap(),
        Choices::default(),
    );
    let sighting = Sighting {
        vector,
        span: 0..0,
        context: sighting::Context::Attribute(Quote::Double),
        url: url.to_owned(),
        written: sighting::Written::default(),
        facts: Facts::default(),
        tag: None,
    };
    let to: Vec<String> = to.iter().map(|a| (*a).to_owned()).collect();
    let recipients = Recipients::new(&to);
    let seen = [judge.look(&sighting, &recipients).unwrap()];
    let context = judge.context(&seen, &[]);
    let limits = Limits::default();
    let verdict = judge.verdict(&context, &seen[0], &limits);
    let kinds = judge.discloses(&seen[0], &verdict, &limits);
    if verdict.notable {
        assert_eq!(verdict.discloses, kinds);
    }
    for always in by_request(vector.trigger()) {
        assert!(kinds.contains(&always));
    }
    let always = by_request(vector.trigger());
    let own = kinds.iter().filter(|kind| !always.contains(kind));
    own.map(|kind| kind.name()).collect()
}

fn image(url: &str) -> Vec<&'static str> {
    told(Vector::ImgSrc, url, &[])
}

fn link(url: &str) -> Vec<&'static str> {
    told(Vector::AHref, url, &[])
}

/// `h=0a&i=20261121.1@mg.example.org&r=jo@example.net&t=html`, and the same
/// without a value of `r`: the Message-ID is no address of a recipient.
#[test]
fn mailgun_is_told_the_address() {
    assert_eq!(
        image(
            "https://mg.example.org/o/eJzKsDVIVMu0NTIwMjM0NDLUM1Q1MchN10utSMwtyEnVyy9KVyuyzcoHisKE8lJL1EpsM0pycwAAAAD__w"
        ),
        ["address", "campaign", "recipient"]
    );
    assert_eq!(
        image(
            "https://mg.example.org/o/eJzKsDVIVMu0NTIwMjM0NDLUM1Q1MchN10utSMwtyEnVyy9KVyuyVSuxzSjJzQEAAAD__w"
        ),
        ["campaign", "recipient"]
    );
}

#[test]
fn sparkpost_is_told_the_address() {
    assert_eq!(
        link(
            "https://click.example.org/f/a/sW2bfqISTVoDopUIm3GwH5~~/AAAHagA~/RgRRlB8QRCZodHRwczovL3Nob3AuZXhhbXBsZS5vcmcvc2FsZT9pZD03Jng9MVIOam9AZXhhbXBsZS5uZXQ~~"
        ),
        ["address", "campaign", "link", "recipient"]
    );
}

#[test]
fn a_token_of_an_unknown_service_tells_by_its_names() {
    // {"campaign":"spring","tags":["vip","de"],"first_name":"Jo"}
    assert_eq!(
        image(
            "https://t.example.org/?t=eyJhbGciOiJIUzI1NiJ9.eyJjYW1wYWlnbiI6InNwcmluZyIsInRhZ3MiOlsidmlwIiwiZGUiXSwiZmlyc3RfbmFtZSI6IkpvIn0.c2lnbmF0dXJlLW9mLWl0"
        ),
        ["campaign", "variables"]
    );
    // {"email_id":"RNTMAxF8z","href":"https://shop.example.org/sale","link_id":42}
    assert_eq!(
        image(
            "https://t.example.org/?d=eyJlbWFpbF9pZCI6IlJOVE1BeEY4eiIsImhyZWYiOiJodHRwczovL3Nob3AuZXhhbXBsZS5vcmcvc2FsZSIsImxpbmtfaWQiOjQyfQ"
        ),
        ["link"]
    );
}

#[test]
fn a_link_tells_its_destination_what_stands_in_it() {
    assert_eq!(
        link("https://shop.example.org/?utm_campaign=spring&utm_source=newsletter"),
        ["campaign"]
    );
    assert_eq!(
        link("https://shop.example.org/?utm_campaign={{campaign}}&email="),
        [""; 0]
    );
    assert_eq!(
        link("https://shop.example.org/chair?id=5&name=oak"),
        [""; 0]
    );
    // A rule knows the parameter.
    assert_eq!(
        link("https://shop.example.org/?mc_eid=0a1b2c3d4e"),
        ["recipient"]
    );
}

#[test]
fn a_name_for_the_address_is_not_believed_whatever_stands_under_it() {
    for (value, expected) in [
        ("jo%40example.net", &["address"][..]),
        ("am9AZXhhbXBsZS5uZXQ", &["address"]),
        ("7771093713556e85d7a876c08cb5bb63", &["address"]),
        ("8dZqx3m1vKpW0Rt7yB2nLf", &["recipient"]),
        ("newsletter", &[]),
        ("1", &[]),
    ] {
        let url = format!("https://t.example.org/p?email={value}");
        assert_eq!(image(&url), expected, "{value}");
    }
    assert_eq!(
        image("https://t.example.org/p?from=news@example.net"),
        [""; 0]
    );
}

/// `{"sha":"<SHA-1 of anna@example.org>"}` as zlib in base64: nothing but the
/// recipients' addresses tells what it is.
#[test]
fn a_packed_digest_of_the_recipients_address_is_the_address() {
    let url = "https://t.example.org/l/eJyrVirOSFSyUjJIMTJMskwzMzQwMTFINDY3N0lJMjZONDEwtEw2SU41NU6yNDdMTU1UqgUAVroNpA";
    for vector in [Vector::ImgSrc, Vector::AHref] {
        assert_eq!(told(vector, url, &["anna@example.org"]), ["address"]);
        assert_eq!(told(vector, url, &["hanna@example.org"]), [""; 0]);
    }
}

#[test]
fn the_address_in_a_link_is_found_in_any_spelling() {
    let url =
        "https://t.example.org/a3bf86238a1c59bd2f0a648af9293620f90d18dad133d8fe2341cf9664a5d6d0";
    assert_eq!(told(Vector::AHref, url, &["anna@example.org"]), ["address"]);
    assert_eq!(link(url), [""; 0]);
}
