//! The allowlist of a milter that runs: what `untrackd allow` writes is obeyed
//! by the next message, and by a milter that is started again.

mod cli_support;

use cli_support::{RULES, World};
use indymilter_test::{Status, TestConnection};
use std::{
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Child, ChildStderr, Stdio},
    thread,
    time::{Duration, Instant},
};

const BODY: &str = "<p>Hello</p><p><a \
    href=\"https://click.example.org/c?u=https%3A%2F%2Fshop.example.com%2F\">Shop</a></p>\r\n";

/// The milter as a process.
struct Milter {
    child: Child,
    lines: Option<BufReader<ChildStderr>>,
}

impl Milter {
    fn start(world: &World, config: &str) -> Self {
        let mut child = world
            .command(&["milter", "--config", config])
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap());
        let mut milter = Self {
            child,
            lines: Some(lines),
        };
        let mut lines = milter.lines.take().unwrap();
        loop {
            let mut line = String::new();
            assert!(lines.read_line(&mut line).unwrap() > 0, "it ended");
            if line.contains("smtpd_milters") {
                break;
            }
        }
        // Nobody else reads what it says; a full pipe would hold it up.
        thread::spawn(move || lines.lines().count());
        milter
    }

    fn stop(mut self) {
        let id = self.child.id().to_string();
        let kill = std::process::Command::new("kill").arg(id).status();
        assert!(kill.unwrap().success());
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Milter {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sends a mail over a connection of its own; whether it was changed.
async fn is_changed(socket: &PathBuf) -> bool {
    let connection = TestConnection::configure();
    let mut connection = connection.open_unix(socket).await.unwrap();
    connection
        .connect("client.example.org", [192, 0, 2, 1])
        .await
        .unwrap();
    connection.mail(["<bounce@mailer.example>"]).await.unwrap();
    connection.rcpt(["<bob@example.com>"]).await.unwrap();
    for (name, value) in [
        ("From", "Shop <news@mail.shop.example>"),
        ("MIME-Version", "1.0"),
        ("Content-Type", "text/html; charset=utf-8"),
    ] {
        connection.header(name, value).await.unwrap();
    }
    connection.body(BODY.as_bytes().to_vec()).await.unwrap();
    let (actions, status) = connection.eom().await.unwrap();
    assert_eq!(status, Status::Accept);
    let _ = connection.close().await;
    !actions.actions.is_empty()
}

/// A world with a milter's configuration; the path of its socket.
fn world() -> (World, String, PathBuf) {
    let world = World::new();
    world.write("rules/mail/exampler.toml", RULES);
    let path = |name: &str| world.path(name).display().to_string();
    let text = format!(
        "rules = \"{}\"\n[milter]\nsocket = \"unix:{}\"\n[log]\npath = \"{}\"\n",
        path("rules"),
        path("m.sock"),
        path("log.db")
    );
    let config = world.write("u.toml", text).display().to_string();
    let socket = world.path("m.sock");
    (world, config, socket)
}

/// Waits until the log has so many messages: it is written behind the mail's
/// back, and a stop does not wait for it for ever.
fn wait_for_log(world: &World, config: &str, messages: usize) {
    let end = Instant::now() + Duration::from_secs(60);
    loop {
        let log = world.run(&["--config", config, "log", "--json"]);
        if log.code == 0 && log.json().len() >= messages {
            return;
        }
        assert!(Instant::now() < end, "{}", log.err);
        thread::sleep(Duration::from_millis(20));
    }
}

fn id_of(added: &serde_json::Value) -> String {
    assert_eq!(added["added"], true, "{added}");
    added["entry"]["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn the_next_message_obeys_and_so_does_a_milter_that_is_started_again() {
    let (world, config, socket) = world();
    let allow = |words: &[&str]| {
        let run = world.run(&[&["--config", &config, "allow"], words].concat());
        assert_eq!(run.code, 0, "{}", run.err);
        run
    };
    let milter = Milter::start(&world, &config);
    assert!(is_changed(&socket).await);

    let added = allow(&[
        "add",
        "--sender",
        "shop.example",
        "--reason",
        "asked for",
        "--yes",
        "--json",
    ]);
    let id = id_of(&added.json()[0]);
    assert!(!is_changed(&socket).await, "the entry is obeyed at once");
    milter.stop();

    let milter = Milter::start(&world, &config);
    assert!(!is_changed(&socket).await, "it survives a restart");

    let listed = allow(&["list", "--json"]).json();
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0]["id"], *id);
    assert_eq!(listed[0]["reason"], "asked for");

    allow(&["remove", &id]);
    assert!(is_changed(&socket).await, "removing is obeyed at once");
    milter.stop();
}

#[tokio::test]
async fn a_finding_of_the_log_leads_to_the_narrowest_entry() {
    let (world, config, socket) = world();
    let run = |words: &[&str]| world.run(&[&["--config", &config], words].concat());
    let milter = Milter::start(&world, &config);
    assert!(is_changed(&socket).await);
    assert!(is_changed(&socket).await);
    wait_for_log(&world, &config, 2);
    milter.stop();

    let log = run(&["log", "--json"]).json();
    assert_eq!(log.len(), 2);
    let id = log[0]["id"].to_string();
    let add = ["allow", "add", "--finding", &id, "--reason", "asked for"];
    let unasked = run(&add);
    assert_eq!(unasked.code, 64);
    assert!(unasked.err.contains("say --yes"), "{}", unasked.err);
    let text = unasked.text();
    for part in [
        "tracker click.example.org, only from shop.example\n",
        "it would have spared 2 findings in 2 messages from 1 sender domain:\n    unwrap 2\n",
        " * 1  tracker click.example.org, only from shop.example",
        "   3  rule exampler-click",
        "   4  company Example Ltd",
        "   5  sender shop.example",
        "   6  recipient-domain example.com",
    ] {
        assert!(text.contains(part), "{part}:\n{text}");
    }
    assert!(run(&["allow", "list", "--json"]).json().is_empty());

    let added = run(&[&add[..], &["--take", "3", "--yes", "--json"]].concat());
    assert_eq!(added.code, 0, "{}", added.err);
    let added = &added.json()[0];
    assert_eq!(added["entry"]["scope"], "rule");
    assert_eq!(added["entry"]["value"], "exampler-click");
    assert_eq!(added["preview"]["findings"], 2);
    let entry = id_of(added);

    let milter = Milter::start(&world, &config);
    assert!(!is_changed(&socket).await);
    wait_for_log(&world, &config, 3);
    milter.stop();
    let newest = &run(&["log", "--json", "-n", "1"]).json()[0];
    assert_eq!(newest["findings"][0]["action"], "allow");
    let listed = &run(&["allow", "list", "--json"]).json()[0];
    assert_eq!(listed["id"], *entry);
    assert_eq!(listed["hits"]["findings"], 1);

    let mail = format!("Content-Type: text/html\r\n\r\n{BODY}");
    let scanned = world.run_with_input(
        &["--config", &config, "scan", "--json", "-"],
        mail.as_bytes(),
    );
    assert_eq!(scanned.json()[0]["findings"][0]["allowed"], *entry);
    assert!(scanned.err.contains("1 entry in force"), "{}", scanned.err);
}
