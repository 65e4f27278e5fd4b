//! A running `untrackd dashboard` and a browser of a few lines.

#![allow(dead_code, reason = "each test file uses a part of it")]

#[path = "../cli_support/mod.rs"]
pub(crate) mod cli_support;

use cli_support::World;
use std::{
    cell::RefCell,
    collections::BTreeMap,
    fs::{self, File},
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    process::{Child, Command, ExitStatus},
    thread,
    time::{Duration, Instant},
};
use untrackd::telemetry::{Recorder, Settings};

/// How long something may take before the test gives up.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) const PASSWORD: &str = "correct horse";

/// A running dashboard with an empty block log. It is killed when it goes out
/// of scope.
pub(crate) struct Dashboard {
    pub(crate) world: World,
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Dashboard {
    /// With these lines in the section `[dashboard]`.
    pub(crate) fn start(section: &str) -> Self {
        Self::start_in(world(section), |_| {})
    }

    /// With the users `ada` (administrator) and `bob`.
    pub(crate) fn with_users(section: &str) -> Self {
        let world = world(&format!("auth = \"password\"\n{section}"));
        add_user(&world, "ada", "admin");
        add_user(&world, "bob", "read-only");
        Self::start_in(world, |_| {})
    }

    pub(crate) fn start_in(world: World, prepare: impl FnOnce(&mut Command)) -> Self {
        let said = world.path("said");
        let mut command = command(&world, &["dashboard", "--listen", "127.0.0.1:0"]);
        command.stderr(File::create(&said).unwrap());
        prepare(&mut command);
        let child = command.spawn().unwrap();
        let address = wait_for("the address", || {
            let said = fs::read_to_string(&said).unwrap();
            let (_, rest) = said.split_once("listening on http://")?;
            rest.split_once("/\n")?.0.parse().ok()
        });
        Self {
            world,
            child,
            address,
        }
    }

    /// What it has said so far.
    pub(crate) fn said(&self) -> String {
        fs::read_to_string(self.world.path("said")).unwrap()
    }

    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill")
            .args([&format!("-{name}"), &self.child.id().to_string()])
            .status()
            .unwrap();
        assert!(sent.success());
    }

    /// Waits until it ends by itself.
    pub(crate) fn ended(&mut self) -> ExitStatus {
        wait_for("the end", || self.child.try_wait().unwrap())
    }

    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// Sends these bytes and reads the answer.
    pub(crate) fn send(&self, request: &[u8]) -> Answer {
        let mut stream = self.connect();
        stream.write_all(request).unwrap();
        Answer::read(&mut stream)
    }

    pub(crate) fn browser(&self) -> Browser<'_> {
        Browser {
            dashboard: self,
            cookies: RefCell::default(),
        }
    }

    /// A browser of this user.
    pub(crate) fn browser_of(&self, name: &str) -> Browser<'_> {
        let browser = self.browser();
        let answer = browser.log_in(name, PASSWORD, "/");
        assert_eq!(answer.status, 303, "{answer:?}");
        browser
    }
}

impl Drop for Dashboard {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A world whose configuration has these lines in `[dashboard]`, and an empty
/// block log.
pub(crate) fn world(section: &str) -> World {
    furnish(World::new(), section)
}

/// The same, with the program where an ordinary user reaches it.
pub(crate) fn world_of_nobody(section: &str) -> World {
    furnish(World::of_ordinary_user(), section)
}

fn furnish(world: World, section: &str) -> World {
    world.write("untrackd.toml", format!("[dashboard]\n{section}\n"));
    let settings = Settings {
        path: world.path("service/state/log.db"),
        keys: world.path("service/state/log.keys"),
        ..Settings::default()
    };
    fs::create_dir_all(world.path("service/state")).unwrap();
    assert!(Recorder::start(&settings).unwrap().stop(PATIENCE));
    world
}

pub(crate) fn command(world: &World, arguments: &[&str]) -> Command {
    let mut command = world.command(arguments);
    command.env("UNTRACKD_CONFIG", world.path("untrackd.toml"));
    command
}

/// Adds a user with the password [`PASSWORD`].
pub(crate) fn add_user(world: &World, name: &str, role: &str) {
    set_password(world, name, role, PASSWORD);
}

pub(crate) fn set_password(world: &World, name: &str, role: &str, password: &str) {
    let arguments = ["dashboard", "passwd", name, "--role", role, "--stdin"];
    let run = world.run_with_input(&arguments, format!("{password}\n").as_bytes());
    assert_eq!(run.code, 0, "{}", run.err);
}

pub(crate) fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(start.elapsed() < PATIENCE, "waited in vain for {what}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// Keeps cookies, and says that it wants HTML.
pub(crate) struct Browser<'d> {
    dashboard: &'d Dashboard,
    pub(crate) cookies: RefCell<BTreeMap<String, String>>,
}

impl Browser<'_> {
    pub(crate) fn get(&self, path: &str) -> Answer {
        self.request("GET", path, &[], None)
    }

    /// Sends a form as a browser does from one of our own pages.
    pub(crate) fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let own = [("Sec-Fetch-Site", "same-origin"), ("Origin", "null")];
        self.request("POST", path, &own, Some(&encode(fields)))
    }

    pub(crate) fn request(
        &self,
        method: &str,
        path: &str,
        more: &[(&str, &str)],
        form: Option<&str>,
    ) -> Answer {
        let mut head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nAccept: text/html,*/*;q=0.8\r\n\
             Connection: close\r\n",
            self.dashboard.address
        );
        let cookies: Vec<String> = self
            .cookies
            .borrow()
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        if !cookies.is_empty() {
            head += &format!("Cookie: {}\r\n", cookies.join("; "));
        }
        for (name, value) in more {
            head += &format!("{name}: {value}\r\n");
        }
        if let Some(form) = form {
            head += &format!(
                "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n",
                form.len()
            );
        }
        head += "\r\n";
        head += form.unwrap_or_default();
        let answer = self.dashboard.send(head.as_bytes());
        for (name, value) in &answer.fields {
            if name == "set-cookie" {
                let pair = value.split(';').next().unwrap();
                let (name, content) = pair.split_once('=').unwrap();
                let mut cookies = self.cookies.borrow_mut();
                if value.contains("Max-Age=0") {
                    cookies.remove(name);
                } else {
                    cookies.insert(name.to_owned(), content.to_owned());
                }
            }
        }
        answer
    }

    /// Fills in the login form.
    pub(crate) fn log_in(&self, name: &str, password: &str, next: &str) -> Answer {
        let page = self.get("/login");
        let token = page.hidden("csrf");
        self.post(
            "/login",
            &[
                ("csrf", &token),
                ("next", next),
                ("name", name),
                ("password", password),
            ],
        )
    }
}

pub(crate) fn encode(fields: &[(&str, &str)]) -> String {
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(fields);
    form.finish()
}

/// What the server sent.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Names in lower case.
    pub(crate) fields: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Answer {
    /// Reads until the server closes, or as far as `Content-Length` says.
    pub(crate) fn read(stream: &mut TcpStream) -> Self {
        let mut bytes = Vec::new();
        let mut part = [0; 4096];
        loop {
            if let Some(answer) = Self::parse(&bytes) {
                return answer;
            }
            match stream.read(&mut part).unwrap() {
                // An answer to HEAD has the length of what it leaves out.
                0 => {
                    return Self::parse_head(&bytes)
                        .filter(|answer| answer.body.is_empty())
                        .unwrap_or_else(|| panic!("cut off: {}", String::from_utf8_lossy(&bytes)));
                }
                n => bytes.extend_from_slice(&part[..n]),
            }
        }
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        let answer = Self::parse_head(bytes)?;
        let length = answer.field("content-length");
        let length = length.map_or(0, |length| length.parse().unwrap());
        (answer.body.len() >= length).then_some(answer)
    }

    fn parse_head(bytes: &[u8]) -> Option<Self> {
        let text = String::from_utf8_lossy(bytes);
        let (head, body) = text.split_once("\r\n\r\n")?;
        let mut lines = head.lines();
        let status = lines.next().unwrap().split(' ').nth(1).unwrap();
        let fields: Vec<_> = lines
            .map(|line| line.split_once(": ").unwrap_or((line, "")))
            .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
            .collect();
        Some(Self {
            status: status.parse().unwrap(),
            fields,
            body: body.to_owned(),
        })
    }

    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        let found = self.fields.iter().find(|(other, _)| other == name);
        found.map(|(_, value)| value.as_str())
    }

    /// The value of a hidden field.
    pub(crate) fn hidden(&self, name: &str) -> String {
        let begin = format!("name=\"{name}\" value=\"");
        let (_, rest) = self
            .body
            .split_once(&begin)
            .unwrap_or_else(|| panic!("no {name} in {self:?}"));
        rest.split_once('"').unwrap().0.to_owned()
    }

    /// The whole `Set-Cookie` of this cookie.
    pub(crate) fn set_cookie(&self, name: &str) -> Option<&str> {
        let begin = format!("{name}=");
        self.fields
            .iter()
            .find(|(field, value)| field == "set-cookie" && value.starts_with(&begin))
            .map(|(_, value)| value.as_str())
    }
}
