//! Tests of a whole set: the shipped one, and what becomes of a rule author's
//! mistakes.

use super::*;
use crate::{limits::Limits, url::query};
use schema::{ParameterExample, RedirectExample};
use std::fs;

const GOOD: &str = r#"
[vendor]
id = "acme"
name = "Acme Mail"
company = "Acme"

[[pixel]]
id = "acme-open"
hosts = ["acme.example"]
path = '^/open\?'
tells = ["recipient"]
match = ["https://t.acme.example/open?a"]
ignore = ["https://t.notacme.example/open?a"]

[[pixel]]
id = "acme-image"
path = '^/i/[0-9]{8}'
needs = "hidden"
tells = ["campaign"]
match = ["https://any.example/i/12345678"]
ignore = ["https://any.example/i/1"]

[[redirect]]
id = "acme-click"
path = '^/go\?(.*&)?u='
decode = ["param:u", "percent"]
tells = ["link"]
match = [{ url = "https://any.example/go?u=http%3A%2F%2Fa.example", to = "http://a.example" }]
ignore = ["https://any.example/go", "https://any.example/go?u=javascript%3A1"]

[[redirect]]
id = "acme-click-number"
path = '^/go\?'
opaque = true
tells = ["link"]
match = ["https://any.example/go?1"]
ignore = ["https://any.example/gone"]

[[pixel]]
id = "acme-guess"
path = '^/g/'
trust = "low"
tells = ["campaign"]
match = ["https://any.example/g/1"]
ignore = ["https://any.example/h/1"]

[[parameter]]
id = "acme-recipient"
names = ["acme_id", "acme_x_*"]
tells = ["recipient"]

[[parameter]]
id = "acme-shop-recipient"
names = ["id"]
hosts = ["shop.acme.example"]
tells = ["recipient"]
match = [{ url = "https://shop.acme.example/?a=1&id=7#id", to = "https://shop.acme.example/?a=1#id" }]
ignore = ["https://shop.acme.example/?ids=7", "https://shop.notacme.example/?id=7"]
"#;

const GATEWAY: &str = r#"
[vendor]
id = "wall"
name = "Wall"
company = "Wall"

[[redirect]]
id = "wall-link"
hosts = ["wall.*"]
path = '^/\?l='
decode = ["param:l", "percent*"]
tells = ["recipient"]
match = [{ url = "https://wall.com/?l=https%3A%2F%2Fa.example%2F", to = "https://a.example/" }]
ignore = ["https://firewall.com/?l=https%3A%2F%2Fa.example%2F"]
"#;

/// Loads files from a directory of their own; messages are relative to it.
fn load(files: &[(&str, &str)]) -> Result<RuleSet, Vec<String>> {
    let dir = tempfile::tempdir().unwrap();
    for (name, content) in files {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    let root = format!("{}/", dir.path().display());
    RuleSet::from_dir(dir.path()).map_err(|e| {
        let lines = e.mistakes.iter().map(ToString::to_string);
        lines.map(|l| l.replace(&root, "")).collect()
    })
}

fn good() -> RuleSet {
    load(&[
        ("mail/acme.toml", GOOD),
        ("gateway/wall.toml", GATEWAY),
        ("heuristics.toml", "not even TOML"),
        ("mail/README.md", "no rules"),
    ])
    .unwrap()
}

fn target(url: &str) -> Target {
    Target::parse(url).unwrap()
}

fn unwrap_with(rules: &RuleSet, url: &str, allow: &dyn Fn(Category) -> bool) -> Unwrapped {
    rules.unwrap(&target(url), &Limits::default(), allow)
}

fn unwrap(url: &str) -> Unwrapped {
    unwrap_with(&good(), url, &|_| true)
}

/// `go`'s URL around `inner`.
fn wrapped(inner: &str) -> String {
    let escaped = percent_encoding::utf8_percent_encode(inner, percent_encoding::NON_ALPHANUMERIC);
    format!("https://w.example/go?u={escaped}")
}

fn ids(rules: &[RuleRef]) -> Vec<&str> {
    rules.iter().map(|r| &*r.id).collect()
}

#[test]
fn the_shipped_rules_load_and_pass_their_own_examples() {
    if let Err(e) = RuleSet::shipped(true) {
        panic!("{e}");
    }
}

/// The index must lead to each rule: what a rule claims in its examples is
/// found through the set too, if perhaps by another vendor that shares the
/// endpoint.
#[test]
fn the_shipped_set_finds_what_its_rules_match() {
    let rules = RuleSet::builtin().unwrap().with_low_trust();
    for (name, content) in load::SHIPPED
        .iter()
        .filter(|(name, _)| name.matches('/').count() == 2)
    {
        let file: schema::File = toml::from_str(content).unwrap();
        for pixel in &file.pixel {
            for example in pixel.matches.get_ref() {
                let hit = rules.pixel(&target(example.get_ref()));
                assert!(hit.is_some(), "{name}: {}", example.get_ref());
            }
        }
        for parameter in &file.parameter {
            let id = parameter.id.get_ref();
            for example in parameter.matches.iter().flat_map(toml::Spanned::get_ref) {
                let ParameterExample { url, to } = example.get_ref();
                let target = target(url);
                let is_found = |name: &str| {
                    let rule = rules.parameter(&target, name);
                    rule.is_some_and(|rule| *rule.id == **id)
                };
                let left = query::without(url, is_found);
                assert_eq!(left.as_deref(), Some(to.as_str()), "{name}: {url}");
            }
        }
        for redirect in &file.redirect {
            for example in redirect.matches.get_ref() {
                match example.get_ref() {
                    RedirectExample::Decodes { url, to } => {
                        let Unwrapped::To { text, .. } = unwrap_with(&rules, url, &|_| true) else {
                            panic!("{name}: {url}");
                        };
                        assert_eq!(text, *to, "{name}: {url}");
                    }
                    RedirectExample::Opaque(url) => {
                        let unwrapped = unwrap_with(&rules, url, &|_| true);
                        assert!(matches!(unwrapped, Unwrapped::Opaque(_)), "{name}: {url}");
                    }
                }
            }
        }
    }
}

#[test]
fn a_directory_of_the_shipped_files_is_the_shipped_set() {
    let files: Vec<_> = load::SHIPPED
        .iter()
        .map(|(n, c)| (n.strip_prefix("rules/").unwrap(), *c))
        .collect();
    let (copy, shipped) = (load(&files).unwrap(), RuleSet::builtin().unwrap());
    assert_eq!(
        (copy.version(), copy.len()),
        (shipped.version(), shipped.len())
    );
    assert_eq!(copy.version().len(), 12);
    let mut fewer = files;
    fewer.retain(|(name, _)| *name != "mail/sendgrid.toml");
    assert_ne!(load(&fewer).unwrap().version(), shipped.version());
}

#[test]
fn a_pixel_is_found_by_host_and_by_path() {
    let rules = good();
    let hit = |url| rules.pixel(&target(url)).map(|h| (&*h.rule.id, h.needs));
    assert_eq!(
        hit("https://ACME.example/open?1"),
        Some(("acme-open", Needs::Nothing))
    );
    assert_eq!(hit("https://x.acme.example/open"), None);
    assert_eq!(hit("https://notacme.example/open?1"), None);
    assert_eq!(
        hit("https://x.example/i/12345678"),
        Some(("acme-image", Needs::Hidden))
    );
    assert_eq!(hit("https://x.example/a/i/12345678"), None);
    assert_eq!(
        hit("https://w.example/go?u=a"),
        None,
        "a redirect is no pixel"
    );
}

#[test]
fn an_escaped_letter_hides_nothing() {
    let rules = good();
    let escaped = target("https://x.acme.example/%6Fpen?1");
    let plain = target("https://x.acme.example/open?1");
    assert!(rules.pixel(&plain).is_some());
    assert_eq!(rules.pixel(&escaped), rules.pixel(&plain));
    let inner = "https://shop.example/";
    let link = wrapped(inner).replacen("/go", "/%67o", 1);
    assert_ne!(link, wrapped(inner));
    assert_eq!(unwrap(&link), unwrap(&wrapped(inner)));
}

#[test]
fn a_rule_of_low_trust_is_off_until_enabled() {
    let url = target("https://x.example/g/1");
    assert_eq!(good().pixel(&url), None);
    assert!(good().explain(&url, &Limits::default())[0].is_off);
    let enabled = good().with_low_trust();
    assert_eq!(&*enabled.pixel(&url).unwrap().rule.id, "acme-guess");
}

#[test]
fn wrappers_come_off_from_the_outside_in() {
    let inner = "https://shop.example/a?b=%41";
    let gateway = format!(
        "https://wall.com/?l={}",
        wrapped(inner)
            .replace('%', "%25")
            .replace("://", "%3A%2F%2F")
    );
    let Unwrapped::To {
        target,
        text,
        rules,
    } = unwrap(&wrapped(&gateway))
    else {
        panic!("not unwrapped");
    };
    assert_eq!(text, inner);
    assert_eq!(target.as_str(), inner);
    assert_eq!(ids(&rules), ["acme-click", "wall-link", "acme-click"]);
    assert_eq!(unwrap("https://shop.example/"), Unwrapped::Plain);
}

#[test]
fn an_inner_wrapper_that_cannot_be_read_is_the_destination() {
    for (inner, id) in [
        ("https://w.example/go?u=javascript%3A1", "acme-click"),
        ("https://w.example/go?number", "acme-click-number"),
    ] {
        let Unwrapped::To { text, rules, .. } = unwrap(&wrapped(inner)) else {
            panic!("{inner} is not reached");
        };
        assert_eq!((text.as_str(), ids(&rules)), (inner, vec!["acme-click"]));
        let Unwrapped::Opaque(rule) = unwrap(inner) else {
            panic!("{inner} is not opaque");
        };
        assert_eq!(&*rule.id, id);
    }
}

#[test]
fn a_category_that_is_not_allowed_ends_the_chain() {
    let rules = good();
    let mail_only = |category| category == Category::Mail;
    let gateway = "https://wall.com/?l=https%3A%2F%2Fa.example%2F";
    assert_eq!(unwrap_with(&rules, gateway, &mail_only), Unwrapped::Plain);
    let Unwrapped::To { text, .. } = unwrap_with(&rules, &wrapped(gateway), &mail_only) else {
        panic!("not unwrapped");
    };
    assert_eq!(text, gateway);
}

#[test]
fn a_circle_is_opaque_and_depth_is_limited() {
    // No link can hold itself; two that decode to each other make a circle.
    let circle = load(&[(
        "mail/loop.toml",
        r#"
[vendor]
id = "loop"
name = "Loop"
company = "Loop"
[[redirect]]
id = "loop-click"
path = '^/[ab]$'
decode = ["substitute:ab,ba"]
tells = ["link"]
match = [{ url = "https://0.0.0.1/a", to = "https://0.0.0.1/b" }]
ignore = ["https://0.0.0.1/c"]
"#,
    )])
    .unwrap();
    let unwrapped = unwrap_with(&circle, "https://0.0.0.1/a", &|_| true);
    assert!(matches!(unwrapped, Unwrapped::Opaque(rule) if &*rule.id == "loop-click"));

    let link = (0..7).fold("https://shop.example/".to_owned(), |inner, _| {
        wrapped(&inner)
    });
    let Unwrapped::To { text, rules, .. } = unwrap(&link) else {
        panic!("not unwrapped");
    };
    assert_eq!(rules.len(), 5);
    assert_eq!(text, wrapped(&wrapped("https://shop.example/")));
}

#[test]
fn a_link_beyond_the_length_limit_is_left_alone() {
    let long = wrapped(&format!("https://shop.example/{}", "a".repeat(20_000)));
    assert_eq!(unwrap(&long), Unwrapped::Plain);
}

#[test]
fn a_parameter_has_a_name_and_perhaps_a_host() {
    let rules = good();
    let find = |url, name| {
        rules
            .parameter(&target(url), name)
            .map(|r| r.id.to_string())
    };
    assert_eq!(
        find("https://a.example/", "acme_id").as_deref(),
        Some("acme-recipient")
    );
    assert_eq!(
        find("https://a.example/", "acme_x_1").as_deref(),
        Some("acme-recipient")
    );
    assert_eq!(find("https://a.example/", "acme_x").as_deref(), None);
    assert_eq!(find("https://a.example/", "id"), None);
    assert_eq!(
        find("https://shop.acme.example/", "id").as_deref(),
        Some("acme-shop-recipient")
    );
}

#[test]
fn explain_lists_matches_and_near_misses() {
    let rules = good();
    let explain = |url| {
        let found = rules.explain(&target(url), &Limits::default());
        found
            .into_iter()
            .map(|e| (e.rule.id.to_string(), e.is_match, e.decoded))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        explain("https://acme.example/close"),
        [("acme-open".to_owned(), false, None)]
    );
    let both = explain("https://w.example/go?u=http%3A%2F%2Fa.example");
    assert_eq!(both.len(), 2);
    assert_eq!(
        both[0].2.as_ref().unwrap().as_ref().unwrap().text,
        "http://a.example"
    );
    assert_eq!((both[1].0.as_str(), both[1].1), ("acme-click-number", true));
    assert!(explain("https://w.example/").is_empty());
}

#[test]
fn rules_and_vendors_are_listed_and_found() {
    let rules = good();
    assert_eq!(rules.len(), 8);
    let vendors: Vec<_> = rules
        .vendors()
        .map(|v| (v.id.as_str(), v.category))
        .collect();
    assert_eq!(
        vendors,
        [("wall", Category::Gateway), ("acme", Category::Mail)]
    );
    assert_eq!(rules.find("acme-image").unwrap().vendor.name, "Acme Mail");
    assert_eq!(rules.find("acme"), None);
    let kinds: Vec<_> = rules.iter().map(|(_, kind)| kind).collect();
    use RuleKind::{Opaque, Parameter, Pixel, Redirect};
    assert_eq!(
        kinds,
        [
            Redirect, Pixel, Pixel, Pixel, Redirect, Opaque, Parameter, Parameter
        ]
    );
}

/// One change to the good file and where its message must point.
#[rustfmt::skip]
const MISTAKES: &[(&str, &str, &str)] = &[
    // Replaced, by, beginning of the message after "mail/acme.toml:".
    ("[vendor]\n", "[vendor\n", "2:8: "),
    ("tells = [\"recipient\"]\nmatch = [\"https://t", "tell = [\"recipient\"]\nmatch = [\"https://t", "11:1: unknown field `tell`, expected one of"),
    ("\"recipient\"", "\"shoe-size\"", "11:10: unknown variant `shoe-size`, expected one of `campaign`, `link`, `recipient`, `variables`"),
    ("needs = \"hidden\"", "needs = \"luck\"", "18:9: unknown variant `luck`"),
    ("trust = \"low\"", "trust = \"none\"", "42:9: unknown variant `none`"),
    ("path = '^/open\\?'", "path = '^/open('", "10:8: the path is no regular expression: regex parse error"),
    ("'^/open\\?'", "'^/(?!open)'", "10:8: the path is no regular expression: "),
    ("'^/i/[0-9]{8}'", "'/i/[0-9]{8}'", "17:8: a rule without hosts matches any host: its path must begin with \"^\""),
    ("'^/i/[0-9]{8}'", "'^/i/[0-9]{8}|/i'", "17:8: a rule without hosts matches any host"),
    ("path = '^/i/[0-9]{8}'\n", "", "16:6: a rule needs hosts, or a path that begins with \"^\", or both"),
    ("hosts = [\"acme.example\"]", "hosts = [\"*.acme.example\"]", "9:10: \"*.acme.example\" is not a host; write"),
    ("hosts = [\"acme.example\"]", "hosts = [\"co.uk\"]", "9:10: \"co.uk\" is a public suffix"),
    ("\"param:u\", \"percent\"", "\"param:u\", \"percents\"", "26:22: unknown decode step \"percents\"; the steps are base32,"),
    ("decode = [\"param:u\", \"percent\"]", "decode = []", "26:10: 0 steps where 1 to 16 are accepted"),
    ("decode = [\"param:u\", \"percent\"]", "", "24:6: a redirect needs either decode = [\"…\"], or opaque = true"),
    ("opaque = true", "opaque = false", "32:6: a redirect needs either decode"),
    ("opaque = true", "opaque = true\ndecode = [\"percent\"]", "32:6: a redirect needs either decode"),
    ("id = \"acme-image\"", "id = \"acme-open\"", "16:6: the id \"acme-open\" is taken by mail/acme.toml:8; choose another"),
    ("id = \"acme-image\"", "id = \"image\"", "16:6: the id \"image\" must be words of a-z and 0-9 joined by \"-\" and begin with the vendor's: \"acme-…\""),
    ("id = \"acme-image\"", "id = \"acme-Image\"", "16:6: the id \"acme-Image\" must be words"),
    ("id = \"acme\"", "id = \"acne\"", "3:6: the vendor's id must be the file's name: write id = \"acme\" or rename the file to acne.toml"),
    ("company = \"Acme\"", "company = \" \"", "5:11: this must not be empty"),
    ("tells = [\"campaign\"]", "tells = []", "19:9: say what the URL tells its owner"),
    ("match = [\"https://t.acme.example/open?a\"]", "match = []", "12:9: give at least one example"),
    ("match = [\"https://t.acme.example/open?a\"]", "match = [\"t.acme.example/open?a\"]", "12:10: \"t.acme.example/open?a\" is no absolute http or https URL"),
    ("[\"https://t.acme.example/open?a\"]", "[\"https://x.example/open?a\"]", "12:10: the rule does not match this URL: its host is none of hosts"),
    ("[\"https://t.acme.example/open?a\"]", "[\"https://acme.example/\"]", "12:10: the rule does not match this URL: the path pattern"),
    ("ignore = [\"https://t.notacme.example/open?a\"]", "ignore = []", "13:10: give at least one example"),
    ("ignore = [\"https://t.notacme.example/open?a\"]", "ignore = [\"https://acme.example/\"]", "13:10: a rule with hosts must ignore a look-alike"),
    ("ignore = [\"https://t.notacme.example/open?a\"]", "ignore = [\"https://t.notacme.example/\"]", "13:10: a rule with hosts must ignore a look-alike"),
    ("ignore = [\"https://any.example/i/1\"]", "ignore = [\"https://any.example/i/123456789\"]", "21:11: the rule matches this URL, which it must ignore"),
    ("ignore = [\"https://any.example/go\",", "ignore = [\"https://any.example/go?u=http%3A%2F%2Fb.example\",", "29:11: the rule matches this URL, which it must ignore"),
    ("to = \"http://a.example\"", "to = \"http://a.example/\"", "28:10: this decodes to \"http://a.example\", not to \"http://a.example/\""),
    ("u=http%3A%2F%2Fa.example\", to", "u=ftp%3A%2F%2Fa.example\", to", "28:10: this does not decode: result: the destination is not an http or https URL"),
    ("match = [\"https://any.example/go?1\"]", "match = [{ url = \"https://any.example/go?1\", to = \"https://a.example\" }]", "36:10: an opaque redirect has no destination"),
    ("match = [{ url = \"https://any.example/go?u=http%3A%2F%2Fa.example\", to = \"http://a.example\" }]", "match = [\"https://any.example/go?u=http\"]", "28:10: write the destination too"),
    ("names = [\"id\"]", "names = []", "54:9: name at least one parameter"),
    ("names = [\"id\"]", "names = [\"id=\"]", "54:10: \"id=\" is not a parameter's name"),
    ("names = [\"id\"]", "names = [\"*\"]", "54:10: \"*\" is not a parameter's name"),
    ("names = [\"id\"]", "names = [\"i*\"]", "58:11: the rule matches this URL, which it must ignore; tighten hosts or names"),
    ("match = [{ url = \"https://shop.acme.example/?a=1&id=7#id\", to = \"https://shop.acme.example/?a=1#id\" }]", "match = []", "57:9: give at least one example"),
    ("url = \"https://shop.acme", "url = \"https://x.acme", "57:10: the rule does not match this URL: its host is none of hosts"),
    ("&id=7#id", "#&id=7", "57:10: the rule drops nothing from this URL: none of names is in its query"),
    ("?a=1#id\" }", "?a=1\" }", "57:10: this becomes \"https://shop.acme.example/?a=1#id\", not \"https://shop.acme.example/?a=1\""),
    ("shop.notacme.example/?id=7", "shop.notacme.example/?ids=7", "58:10: a rule with hosts must ignore a look-alike"),
];

#[test]
fn each_mistake_is_told_with_its_place_and_remedy() {
    for (old, new, message) in MISTAKES {
        assert!(GOOD.contains(old), "{old}");
        let mistakes = load(&[("mail/acme.toml", &GOOD.replacen(old, new, 1))]).unwrap_err();
        let expected = format!("mail/acme.toml:{message}");
        assert!(
            mistakes.iter().any(|m| m.starts_with(&expected)),
            "{expected}\n{mistakes:#?}"
        );
    }
}

#[test]
fn one_run_shows_all_mistakes_and_nothing_is_loaded() {
    let bad = GOOD
        .replace("[\"recipient\"]", "[]")
        .replace("'^/i/", "'/i/");
    let mistakes = load(&[
        ("mail/acme.toml", &bad),
        ("gateway/wall.toml", "x"),
        ("letters/acme.toml", GOOD),
        ("mail/more/acme.toml", GOOD),
    ])
    .unwrap_err();
    assert_eq!(mistakes.len(), 7, "{mistakes:#?}");
    assert!(mistakes[0].starts_with("gateway/wall.toml:1:"));
    assert!(
        mistakes[1]
            .starts_with("letters/acme.toml: the folder is no category: unknown variant `letters`")
    );
    assert!(mistakes[6].starts_with("mail/more/acme.toml: too deep"));
}

#[test]
fn an_empty_or_missing_directory_is_a_mistake() {
    let empty = load(&[("heuristics.toml", "")]).unwrap_err();
    assert!(
        empty[0].contains("no rule files here; they are <category>/<vendor>.toml"),
        "{empty:?}"
    );
    let missing = RuleSet::from_dir(std::path::Path::new("/nonexistent/rules")).unwrap_err();
    assert!(
        missing
            .to_string()
            .starts_with("/nonexistent/rules: cannot read this: "),
        "{missing}"
    );
}

#[test]
fn the_file_in_the_documentation_loads() {
    let page = include_str!("../../docs/rules.md");
    let file = page.split("```toml\n").nth(1).unwrap();
    let file = file.split("```").next().unwrap();
    assert_eq!(load(&[("mail/acme.toml", file)]).unwrap().len(), 4);
}
