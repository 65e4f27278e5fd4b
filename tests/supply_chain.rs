//! What is built in: licences and sources as `deny.toml` has them, asked of
//! cargo itself, without network. `make audit` asks cargo-deny, which also
//! knows advisories.

use serde_json::Value;
use std::{collections::BTreeSet, env, process::Command};

const DENY: &str = include_str!("../deny.toml");

fn deny() -> toml::Table {
    DENY.parse().expect("deny.toml is TOML")
}

fn names<'t>(table: &'t toml::Table, section: &str, key: &str) -> BTreeSet<&'t str> {
    let list = table[section][key].as_array().expect("a list");
    list.iter().map(|v| v.as_str().expect("a text")).collect()
}

/// Every package that a build for this system uses.
fn packages() -> Vec<Value> {
    let output = Command::new(env::var_os("CARGO").unwrap_or("cargo".into()))
        .args(["metadata", "--locked", "--offline", "--format-version=1"])
        .args(["--filter-platform", "x86_64-unknown-linux-gnu"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo can be called");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    metadata["packages"].as_array().expect("a list").clone()
}

/// Whether a licence expression (SPDX, or the older form with slashes) can be
/// met with the licences that are allowed.
fn is_met(expression: &str, allowed: &BTreeSet<&str>) -> bool {
    let spaced = expression
        .replace('/', " OR ")
        .replace('(', " ( ")
        .replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut at = 0;
    let is_met = either(&words, &mut at, allowed);
    assert_eq!(at, words.len(), "read to the end: {expression}");
    is_met
}

fn either(words: &[&str], at: &mut usize, allowed: &BTreeSet<&str>) -> bool {
    let mut is_met = both(words, at, allowed);
    while words.get(*at) == Some(&"OR") {
        *at += 1;
        is_met |= both(words, at, allowed);
    }
    is_met
}

fn both(words: &[&str], at: &mut usize, allowed: &BTreeSet<&str>) -> bool {
    let mut is_met = one(words, at, allowed);
    while words.get(*at) == Some(&"AND") {
        *at += 1;
        is_met &= one(words, at, allowed);
    }
    is_met
}

fn one(words: &[&str], at: &mut usize, allowed: &BTreeSet<&str>) -> bool {
    let word = words.get(*at).expect("a licence");
    *at += 1;
    if *word == "(" {
        let is_met = either(words, at, allowed);
        assert_eq!(words.get(*at), Some(&")"));
        *at += 1;
        return is_met;
    }
    if words.get(*at) == Some(&"WITH") {
        let exception = words.get(*at + 1).expect("an exception");
        *at += 2;
        return allowed.contains(format!("{word} WITH {exception}").as_str());
    }
    allowed.contains(word)
}

#[test]
fn expressions_are_read_as_spdx_has_them() {
    let allowed = BTreeSet::from(["A", "B", "X WITH e"]);
    for (expression, expected) in [
        ("A", true),
        ("C", false),
        ("A OR C", true),
        ("C/B", true),
        ("A AND C", false),
        ("A AND B", true),
        ("C OR A AND B", true),
        ("(C OR A) AND C", false),
        ("(A OR C) AND B", true),
        ("X WITH e OR C", true),
        ("A WITH e", false),
    ] {
        assert_eq!(is_met(expression, &allowed), expected, "{expression}");
    }
}

#[test]
fn every_licence_is_allowed() {
    let deny = deny();
    let allowed = names(&deny, "licenses", "allow");
    let packages = packages();
    assert!(packages.len() > 100, "{}", packages.len());
    for package in &packages {
        let name = &package["name"];
        let licence = package["license"].as_str();
        let licence = licence.unwrap_or_else(|| panic!("{name} states no licence"));
        assert!(is_met(licence, &allowed), "{name}: {licence}");
    }
}

#[test]
fn everything_comes_from_crates_io() {
    let deny = deny();
    let registries: BTreeSet<String> = names(&deny, "sources", "allow-registry")
        .into_iter()
        .map(|url| format!("registry+{url}"))
        .collect();
    for package in packages() {
        match package["source"].as_str() {
            None => assert_eq!(package["name"], "untrackd"),
            Some(source) => assert!(registries.contains(source), "{}: {source}", package["name"]),
        }
    }
}

#[test]
fn nothing_that_contacts_hosts_is_built_in() {
    let deny = deny();
    let banned = deny["bans"]["deny"].as_array().expect("a list");
    assert!(!banned.is_empty());
    let packages = packages();
    for ban in banned {
        let name = ban["crate"].as_str().expect("a name");
        assert!(packages.iter().all(|p| p["name"] != name), "{name}");
    }
}
