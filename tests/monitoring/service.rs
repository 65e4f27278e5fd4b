//! The program as a service with a listener for metrics.

use crate::cli_support::World;
use indymilter_test::TestConnection;
use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Child, ChildStderr, Command, Stdio},
};

pub(crate) struct Service {
    world: World,
    child: Child,
    lines: BufReader<ChildStderr>,
    address: String,
}

impl Service {
    pub(crate) fn start() -> Self {
        let world = World::new();
        let socket = world.path("milter.sock");
        let config = world.write(
            "untrackd.toml",
            format!(
                "[milter]\nsocket = \"unix:{}\"\n[metrics]\nlisten = \"127.0.0.1:0\"\n",
                socket.display()
            ),
        );
        let mut child = world
            .command(&["milter"])
            .env("UNTRACKD_CONFIG", config)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap());
        let mut service = Self {
            world,
            child,
            lines,
            address: String::new(),
        };
        let line = service.wait_for("metrics: http://");
        let (_, rest) = line.split_once("metrics: http://").unwrap();
        service.address = rest.split('/').next().unwrap().to_owned();
        service.wait_for("listening on");
        service
    }

    /// Reads lines up to the one with `part`, and returns that one.
    fn wait_for(&mut self, part: &str) -> String {
        let mut line = String::new();
        loop {
            line.clear();
            let read = self.lines.read_line(&mut line).unwrap();
            assert!(read > 0, "ended before {part:?}");
            if line.contains(part) {
                return line;
            }
        }
    }

    /// Sends a message with this body through the milter.
    pub(crate) fn send(&self, content_type: &str, body: &str) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let mut mta = TestConnection::configure()
                .open_unix(self.world.path("milter.sock"))
                .await
                .unwrap();
            mta.connect("client.example.org", [192, 0, 2, 1])
                .await
                .unwrap();
            mta.mail(["<sender@example.org>"]).await.unwrap();
            mta.rcpt(["<recipient@example.com>"]).await.unwrap();
            for (name, value) in [
                ("From", " sender@example.org"),
                ("MIME-Version", " 1.0"),
                ("Content-Type", content_type),
            ] {
                mta.header(name, value).await.unwrap();
            }
            if !body.is_empty() {
                mta.body(body.to_owned()).await.unwrap();
            }
            mta.eom().await.unwrap();
            mta.close().await.unwrap();
        });
    }

    pub(crate) fn break_configuration_and_reload(&mut self) {
        fs::write(self.world.path("untrackd.toml"), "mode = \"nonsense\"\n").unwrap();
        let id = self.child.id().to_string();
        let signalled = Command::new("kill").args(["-HUP", &id]).status().unwrap();
        assert!(signalled.success());
        self.wait_for("reload refused");
    }

    pub(crate) fn connect(&self) -> TcpStream {
        TcpStream::connect(&self.address).unwrap()
    }

    /// Status and body of an answer.
    pub(crate) fn get(&self, path: &str) -> (u16, String) {
        let mut stream = self.connect();
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: {}\r\n\r\n",
            self.address
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, body.to_owned())
    }

    pub(crate) fn scrape(&self) -> Scrape {
        let (status, text) = self.get("/metrics");
        assert_eq!(status, 200);
        assert!(text.ends_with("# EOF\n"), "{text}");
        Scrape(text)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What `/metrics` answered.
pub(crate) struct Scrape(String);

impl Scrape {
    fn samples(&self) -> impl Iterator<Item = (&str, &str)> {
        let lines = self.0.lines().filter(|line| !line.starts_with('#'));
        lines.map(|line| line.rsplit_once(' ').unwrap())
    }

    /// Names with their labels.
    pub(crate) fn series(&self) -> impl Iterator<Item = &str> {
        self.samples().map(|(series, _)| series)
    }

    /// Names without labels.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.series()
            .map(|series| series.split('{').next().unwrap())
    }

    pub(crate) fn value(&self, series: &str) -> f64 {
        let found = self.samples().find(|(name, _)| *name == series);
        let (_, value) = found.unwrap_or_else(|| panic!("no {series} in:\n{}", self.0));
        value.parse().unwrap()
    }
}
