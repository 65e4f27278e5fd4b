//! The commands on a message that is changed: all tell the same.

mod cli_support;

use cli_support::{RULES, World};
use std::fs;

const LINK: &str = "https://click.example.org/c?u=3Dhttps%3A%2F%2Fshop.example.com%2Fsale";

fn tracking_mail() -> String {
    format!(
        "From: Shop <shop@example.com>\r\nTo: ann@example.org\r\nSubject: Sale\r\n\
         MIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\n\
         Content-Transfer-Encoding: quoted-printable\r\n\r\n\
         <html><body>\r\n<p>A gr=C3=BCn sale.</p>\r\n<p><a href=3D\"{LINK}\">Go</a></p>\r\n\
         </body></html>\r\n"
    )
}

/// A world with the mail, and the options for the test's own rules.
fn world() -> (World, [String; 2]) {
    let world = World::new();
    world.write("rules/mail/exampler.toml", RULES);
    let config = format!("rules = \"{}\"\n", world.path("rules").display());
    let config = world.write("u.toml", config);
    world.write("in/a.eml", tracking_mail());
    let options = ["--config".into(), config.to_str().unwrap().to_owned()];
    (world, options)
}

fn with<'a>(options: &'a [String; 2], arguments: &[&'a str]) -> Vec<&'a str> {
    let options = options.iter().map(String::as_str);
    options.chain(arguments.iter().copied()).collect()
}

#[test]
fn scan_writes_what_the_filter_writes() {
    let (world, options) = world();
    let arguments = with(&options, &["scan", "--exit-code", "--write", "out", "in"]);
    let run = world.run(&arguments);
    assert_eq!(run.code, 1, "{}", run.err);
    for part in [
        "in/a.eml: 1 unwrap\n",
        "leads to https://shop.example.com/sale\n",
        "rule exampler-click (Exampler by Example Ltd; tells link, recipient)",
        "1 messages in 1 files: 1 changed",
    ] {
        assert!(run.text().contains(part), "{part}:\n{}", run.text());
    }
    let written = fs::read(world.path("out/a.eml")).unwrap();
    let text = String::from_utf8(written.clone()).unwrap();
    assert!(text.contains("https://shop.example.com/sale"), "{text}");
    assert!(!text.contains("click.example.org"), "{text}");

    let mail = tracking_mail();
    let run = world.run_with_input(&with(&options, &["filter"]), mail.as_bytes());
    assert_eq!(run.code, 0, "{}", run.err);
    assert_eq!(String::from_utf8(run.out).unwrap(), text);

    // Of an mbox only the changed message is changed.
    let separator = "From shop@example.com Sat Nov 21 18:40:00 2026\n";
    let plain = String::from_utf8(cli_support::plain_mail("b")).unwrap();
    let mbox = format!("{separator}{plain}\n{separator}{mail}\n{separator}{plain}\n");
    world.write("box", &mbox);
    let run = world.run(&with(
        &options,
        &["scan", "--json", "--write", "out", "box"],
    ));
    let changed: Vec<_> = run.json().iter().map(|o| o["changed"].clone()).collect();
    assert_eq!(
        changed,
        [
            false.into(),
            true.into(),
            false.into(),
            serde_json::json!(1)
        ]
    );
    let written = fs::read_to_string(world.path("out/box")).unwrap();
    let expected = format!("{separator}{plain}\n{separator}{text}\n{separator}{plain}\n");
    assert_eq!(written, expected);
}

#[test]
fn diff_shows_the_decoded_difference() {
    let (world, options) = world();
    let run = world.run(&with(&options, &["diff", "in/a.eml"]));
    assert_eq!(run.code, 1, "{}", run.err);
    for part in [
        "\n <p>A grün sale.</p>\n",
        "\n-<p><a href=\"https://click.example.org/c?u=https%3A%2F%2Fshop.example.com%2Fsale\">Go</a></p>\n",
        "\n+<p><a href=\"https://shop.example.com/sale\">Go</a></p>\n",
        "\n+X-Untrackd: ",
    ] {
        assert!(run.text().contains(part), "{part}:\n{}", run.text());
    }
    let raw = world.run(&with(&options, &["diff", "--raw", "in/a.eml"]));
    assert_eq!(raw.code, 1);
    assert!(raw.text().contains("-<p><a href=3D"), "{}", raw.text());
}

#[test]
fn what_was_cleaned_is_not_changed_again() {
    let (world, options) = world();
    world.write(
        "in/b.eml",
        "Return-Receipt-To: <shop@example.com>\r\n\r\nHello\r\n",
    );
    let run = world.run(&with(&options, &["scan", "--write", "once", "in"]));
    assert!(run.text().contains("2 changed"), "{}", run.text());
    let receipt = "in/b.eml: 1 remove\n  message receipt-header remove";
    assert!(run.text().contains(receipt), "{}", run.text());
    let run = world.run(&with(&options, &["scan", "--write", "twice", "once"]));
    assert!(run.text().contains("0 changed"), "{}", run.text());
    for name in ["a.eml", "b.eml"] {
        let once = fs::read(world.path("once").join(name)).unwrap();
        assert!(once.windows(12).any(|w| w == b"X-Untrackd: "), "{name}");
        assert_eq!(fs::read(world.path("twice").join(name)).unwrap(), once);
        let run = world.run_with_input(&with(&options, &["filter"]), &once);
        assert_eq!(run.out, once, "{name}");
    }
    let header = world.run(&with(&options, &["diff", "in/b.eml"]));
    assert_eq!(header.code, 1);
    let removed = "\n-Return-Receipt-To: <shop@example.com>\n";
    assert!(header.text().contains(removed), "{}", header.text());
}
