//! `untrackd report` as a mail, and how it is handed to sendmail(1).

mod report_support;

use mail_parser::{HeaderValue, Message, MessageParser};
use report_support::{HOSTILE, World, report, world};
use std::fs;
use untrackd::cli::printable;

fn header<'a>(mail: &'a Message<'_>, name: &str) -> &'a str {
    match mail.header(name.to_owned()) {
        Some(HeaderValue::Text(text)) => text,
        other => panic!("{name}: {other:?}"),
    }
}

/// A program that stores its arguments and its input, says something and ends
/// with `code`.
fn sendmail(world: &World, code: u8) -> String {
    let dir = world.path("sent");
    fs::create_dir_all(&dir).unwrap();
    let dir = dir.display();
    let script = format!(
        "#!/bin/sh\nfor a in \"$@\"; do printf '%s\\n' \"$a\"; done >{dir}/arguments\n\
         cat >{dir}/mail\nprintf 'over\\033[2Jload\\nnow\\n' >&2\nexit {code}\n"
    );
    let path = world.write_program("sendmail", script);
    path.to_str().unwrap().to_owned()
}

#[test]
fn the_mail_is_a_proper_one() {
    let world = world();
    let more = ["--format=mail", "--from-address=untrackd@gw.example"];
    let run = report(&world, &more);
    assert_eq!(run.code, 0, "{}", run.err);
    let raw = run.text();
    for line in raw.split("\r\n") {
        assert!(!line.contains(['\r', '\n']), "{line:?}");
        assert!(line.len() <= 998, "{line}");
        assert!(line.is_ascii(), "{line}");
    }
    let mail = MessageParser::default().parse(raw.as_bytes()).unwrap();
    let from = mail.from().unwrap().first().unwrap();
    assert_eq!(from.address(), Some("untrackd@gw.example"));
    assert!(mail.to().is_none());
    assert_eq!(
        mail.subject(),
        Some("Tracking in mail, 20 Nov 2026 to 21 Nov 2026: 2 of 5 messages cleaned")
    );
    assert!(mail.date().is_some());
    let id = mail.message_id().unwrap();
    assert!(id.ends_with("@gw.example") && id.len() > 32, "{id}");
    assert_eq!(header(&mail, "Auto-Submitted"), "auto-generated");
    assert_eq!(header(&mail, "Precedence"), "bulk");
    let text = mail.body_text(0).unwrap();
    assert!(text.contains("Messages seen"), "{text}");
    assert!(text.contains(&*printable("\u{202e}\x1b[2Jevil")), "{text}");
    let html = mail.body_html(0).unwrap();
    assert_eq!((mail.text_body_count(), mail.html_body_count()), (1, 1));
    assert!(!html.contains(['\x1b', '\u{202e}']));
    for unwanted in [
        "<script", "<img", "<svg", "<link", "src=", "href=", "url(", "http:", "https:",
    ] {
        assert!(!html.contains(unwanted), "{unwanted}");
    }
    assert!(
        html.contains("&lt;script&gt;") || html.contains("&#60;script&#62;"),
        "{html}"
    );
    // On 20 November one message of at most four a day.
    assert!(
        html.contains("<td width=\"25%\" height=\"12\" bgcolor=\"#0072b2\""),
        "{html}"
    );
    assert!(html.contains("Fri 20 Nov"), "{html}");
}

#[test]
fn the_mail_passes_its_own_scan() {
    let world = world();
    let more = [
        "--format=mail",
        "--from-address=untrackd@gw.example",
        "--dashboard=https://gw.example/untrackd",
    ];
    let run = report(&world, &more);
    assert!(run.text().contains("gw.example/untrackd"));
    let scanned = world.run_with_input(&["scan", "--exit-code", "-"], &run.out);
    assert_eq!(scanned.code, 0, "{}{}", scanned.text(), scanned.err);
    let compared = world.run_with_input(&["diff", "-"], &run.out);
    assert_eq!(compared.code, 0, "{}{}", compared.text(), compared.err);
}

#[test]
fn sendmail_gets_addresses_as_arguments_and_lines_as_they_are_here() {
    let world = world();
    let program = sendmail(&world, 0);
    let more = [
        "--mail-to=postmaster@example.com",
        "--mail-to=o'neill;ls@example.org",
        "--from-address=untrackd@gw.example",
        "--sendmail",
        &program,
    ];
    let refused = report(&world, &more);
    assert_eq!(refused.code, 64, "{}", refused.err);
    assert!(!world.path("sent/mail").exists());

    let more = more.map(|argument| match argument {
        "--mail-to=o'neill;ls@example.org" => "--mail-to=o'neill$x@example.org",
        argument => argument,
    });
    let run = report(&world, &more);
    assert_eq!((run.code, run.out.as_slice()), (0, &b""[..]), "{}", run.err);
    assert_eq!(
        fs::read_to_string(world.path("sent/arguments")).unwrap(),
        "-i\n-f\nuntrackd@gw.example\n--\npostmaster@example.com\no'neill$x@example.org\n"
    );
    let raw = fs::read(world.path("sent/mail")).unwrap();
    assert!(!raw.contains(&b'\r'));
    let mail = MessageParser::default().parse(&raw).unwrap();
    let to: Vec<_> = mail.to().unwrap().iter().map(|to| to.address()).collect();
    assert_eq!(
        to,
        [
            Some("postmaster@example.com"),
            Some("o'neill$x@example.org")
        ]
    );
    let text = mail.body_text(0).unwrap();
    assert!(text.contains(printable(HOSTILE).split(' ').next().unwrap()));
}

#[test]
fn a_sendmail_that_refuses_is_quoted() {
    let world = world();
    for (said, expected) in [(75, 75), (67, 69)] {
        let program = sendmail(&world, said);
        let more = [
            "--mail-to=root",
            "--from-address=a@gw.example",
            "--sendmail",
            &program,
        ];
        let run = report(&world, &more);
        assert_eq!(run.code, expected, "{}", run.err);
        assert!(
            run.err.contains(&format!("exit status: {said}")),
            "{}",
            run.err
        );
        assert!(run.err.contains("over\\u{1b}[2Jload now"), "{}", run.err);
    }
    let more = [
        "--mail-to=root",
        "--from-address=a@gw.example",
        "--sendmail=/nonexistent/sendmail",
    ];
    let run = report(&world, &more);
    assert_eq!(run.code, 69, "{}", run.err);
    assert!(run.err.contains("--sendmail"), "{}", run.err);
}
