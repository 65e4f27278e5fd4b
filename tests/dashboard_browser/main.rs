//! A real Chromium goes through every page of the dashboard, in both themes,
//! narrow and wide, over a log whose every text means harm; it adds an entry
//! to the allowlist and sees the running milter obey it with the next mail.
//!
//! `browse.mjs` drives it (playwright-core); this file runs milter and
//! dashboard, sends the mail, and says what became of it. The pictures are in
//! `target/dashboard-pictures`.

#[path = "../cli_support/mod.rs"]
mod cli_support;
#[path = "../hostile_log/mod.rs"]
mod hostile_log;

use cli_support::World;
use indymilter_test::{MacroStage, TestConnection};
use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, Command, Stdio},
};

const NAME: &str = "ada";
const PASSWORD: &str = "correct horse battery staple";

/// A program that is ended when the test is.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Running {
    /// Starts it, and waits for the line with `part`, which is returned. What
    /// it says later goes nowhere, but it never has to wait for a reader.
    fn start(command: &mut Command, part: &str) -> (Self, String) {
        let mut running = Self(command.stderr(Stdio::piped()).spawn().unwrap());
        let mut lines = BufReader::new(running.0.stderr.take().unwrap());
        let mut said = String::new();
        loop {
            let before = said.len();
            let read = lines.read_line(&mut said).unwrap();
            assert!(read > 0, "ended before {part:?}:\n{said}");
            if said[before..].contains(part) {
                let line = said[before..].to_owned();
                std::thread::spawn(move || std::io::copy(&mut lines, &mut std::io::sink()));
                return (running, line);
            }
        }
    }
}

#[test]
fn chromium_finds_nothing_wrong_and_the_milter_obeys_the_allowlist() {
    let world = World::new();
    let state = world.path("service/state");
    hostile_log::record(&state.join("log.db"), &state.join("log.keys"));
    let socket = world.path("milter.sock");
    let config = world.write(
        "untrackd.toml",
        format!(
            "[milter]\nsocket = \"unix:{}\"\n\
             [dashboard]\nlisten = \"127.0.0.1:0\"\nauth = \"password\"\n",
            socket.display()
        ),
    );
    let command = |arguments: &[&str]| {
        let mut command = world.command(arguments);
        command.env("UNTRACKD_CONFIG", &config);
        command
    };
    let mut passwd = command(&["dashboard", "passwd", NAME, "--role", "admin", "--stdin"])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    writeln!(passwd.stdin.take().unwrap(), "{PASSWORD}").unwrap();
    assert!(passwd.wait().unwrap().success());
    let (_milter, _) = Running::start(&mut command(&["milter"]), "listening on");
    let (_dashboard, line) = Running::start(&mut command(&["dashboard"]), "listening on http");
    let (_, rest) = line.split_once("http://").unwrap();
    let base = format!("http://{}", rest.split('/').next().unwrap());

    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = here.join("tests/dashboard_browser");
    assert!(
        folder.join("node_modules/playwright-core").exists(),
        "playwright-core is missing: run make setup"
    );
    let mut browser = Command::new("node")
        .arg(folder.join("browse.mjs"))
        .env("BASE", &base)
        .env("NAME", NAME)
        .env("PASSWORD", PASSWORD)
        .env("PICTURES", here.join("target/dashboard-pictures"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("node is missing: run make setup");
    let mut answers = browser.stdin.take().unwrap();
    let mut done = None;
    for line in BufReader::new(browser.stdout.take().unwrap()).lines() {
        let said: serde_json::Value = serde_json::from_str(&line.unwrap()).unwrap();
        if said["ask"] == "mail" {
            let outcome = if send(&socket) {
                "changed"
            } else {
                "unchanged"
            };
            writeln!(answers, "{}", serde_json::json!({ "outcome": outcome })).unwrap();
        } else {
            done = Some(said["done"].clone());
        }
    }
    assert!(browser.wait().unwrap().success(), "see what it said above");
    let done = done.unwrap();
    println!("{done}");
    assert!(done["pages"].as_u64().unwrap() >= 60, "{done}");
    assert!(done["pictures"].as_u64().unwrap() >= 40, "{done}");
}

/// Sends a mail with a pixel through the milter, and says whether the milter
/// changed it.
fn send(socket: &Path) -> bool {
    let body = "<html><body><p>Hello</p><img width=\"1\" height=\"1\" \
                src=\"https://t.watcher.example/o?u=8a7f6e5d4c3b2a1908f7\"></body></html>\r\n";
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let mut mta = TestConnection::configure().open_unix(socket).await.unwrap();
        mta.connect("client.example.org", [192, 0, 2, 1])
            .await
            .unwrap();
        mta.mail(["<news@watcher.example>"]).await.unwrap();
        mta.rcpt(["<board@example.com>"]).await.unwrap();
        for (name, value) in [
            ("From", " news@watcher.example"),
            ("Subject", " <script>document.title='owned'</script>"),
            ("MIME-Version", " 1.0"),
            ("Content-Type", " text/html; charset=utf-8"),
        ] {
            mta.header(name, value).await.unwrap();
        }
        mta.body(body.to_owned()).await.unwrap();
        mta.macros(MacroStage::Eom, [("i", "4BrOwSeR7z")])
            .await
            .unwrap();
        let (actions, _) = mta.eom().await.unwrap();
        mta.close().await.unwrap();
        actions.has_replaced_body(indymilter_test::any())
    })
}
