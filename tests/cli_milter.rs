//! The life of the service: start, reload, stop.

mod cli_support;

use cli_support::World;
use std::{
    fs,
    io::{BufRead, BufReader},
    os::unix::net::{UnixDatagram, UnixStream},
    process::{Child, ChildStderr, Command, Stdio},
    time::Duration,
};

struct Service {
    child: Child,
    lines: BufReader<ChildStderr>,
}

impl Service {
    fn start(command: &mut Command) -> Self {
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap());
        Self { child, lines }
    }

    /// Reads lines up to the one that contains `part`.
    fn wait_for(&mut self, part: &str) -> String {
        let mut seen = String::new();
        loop {
            let before = seen.len();
            let read = self.lines.read_line(&mut seen).unwrap();
            assert!(read > 0, "ended before {part:?}:\n{seen}");
            if seen[before..].contains(part) {
                return seen;
            }
        }
    }

    fn signal(&self, name: &str) {
        let id = self.child.id();
        let status = Command::new("sh")
            .args(["-c", &format!("kill -{name} {id}")])
            .status();
        assert!(status.unwrap().success());
    }

    fn end(mut self) -> i32 {
        self.child.wait().unwrap().code().unwrap_or(-1)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // After a failed assertion; otherwise it has ended.
        let _ = self.child.kill();
    }
}

#[test]
fn without_configuration_an_ordinary_user_gets_a_working_milter() {
    let world = World::of_ordinary_user();
    let mut service = Service::start(&mut world.bare_command(&["milter"]));
    let seen = service.wait_for("smtpd_milters");
    let socket = world.path("run/untrackd/milter.sock");
    for part in [
        "configuration: none".to_owned(),
        format!(
            "block log: {}",
            world.path("state/untrackd/log.db").display()
        ),
        format!("listening on unix:{}", socket.display()),
        "for Postfix, in main.cf: ".to_owned(),
    ] {
        assert!(seen.contains(&part), "{part}:\n{seen}");
    }
    UnixStream::connect(&socket).unwrap();
    service.signal("TERM");
    service.wait_for("stopped");
    assert_eq!(service.end(), 0);
}

fn config_with_socket(world: &World, rest: &str) -> String {
    format!(
        "{rest}\n[milter]\nsocket = \"unix:{}\"\n[log]\npath = \"{}\"\n",
        world.path("m.sock").display(),
        world.path("log.db").display()
    )
}

#[test]
fn a_reload_is_all_or_nothing_and_says_why() {
    let world = World::new();
    let file = world.write("u.toml", config_with_socket(&world, ""));
    let arguments = ["milter", "--config", file.to_str().unwrap()];
    let mut service = Service::start(&mut world.command(&arguments));
    service.wait_for("smtpd_milters");

    let changed = config_with_socket(&world, "mode = \"observe\"\n[trace]\nlevel = \"warn\"\n");
    fs::write(&file, changed).unwrap();
    service.signal("HUP");
    let seen = service.wait_for("reloaded");
    assert!(seen.contains("[trace] has changed, which takes effect only after a restart"));

    fs::write(&file, config_with_socket(&world, "mode = \"observed\"")).unwrap();
    service.signal("HUP");
    let seen = service.wait_for("did you mean \"observe\"?");
    assert!(seen.contains("reload refused"), "{seen}");

    service.signal("INT");
    service.wait_for("stopped");
    assert_eq!(service.end(), 0);
}

#[test]
fn the_service_manager_is_told_what_happens() {
    let world = World::new();
    let manager = UnixDatagram::bind(world.path("notify")).unwrap();
    manager
        .set_read_timeout(Some(Duration::from_secs(60)))
        .unwrap();
    let next = || {
        let mut buffer = [0; 4096];
        let length = manager.recv(&mut buffer).unwrap();
        String::from_utf8(buffer[..length].to_vec()).unwrap()
    };
    let file = world.write("u.toml", config_with_socket(&world, ""));
    let arguments = ["milter", "-q", "--config", file.to_str().unwrap()];
    let mut command = world.command(&arguments);
    command.env("NOTIFY_SOCKET", world.path("notify"));
    let service = Service::start(&mut command);
    assert_eq!(next(), "READY=1\n");
    assert_eq!(next(), "STATUS=running\n");

    fs::write(&file, "mode = 5\n").unwrap();
    service.signal("HUP");
    let reloading = next();
    assert!(
        reloading.starts_with("RELOADING=1\nMONOTONIC_USEC="),
        "{reloading}"
    );
    assert_eq!(next(), "READY=1\n");
    let refused = next();
    assert!(
        refused.starts_with("STATUS=running with the old"),
        "{refused}"
    );

    fs::write(&file, config_with_socket(&world, "")).unwrap();
    service.signal("HUP");
    assert!(next().starts_with("RELOADING=1\n"));
    assert_eq!(next(), "READY=1\n");
    assert_eq!(next(), "STATUS=running\n");

    service.signal("TERM");
    assert!(next().starts_with("STOPPING=1\n"));
    assert_eq!(service.end(), 0);
}

#[test]
fn a_socket_that_cannot_be_made_is_told() {
    let world = World::new();
    let file = world.write("f", "");
    let text = format!("[milter]\nsocket = \"unix:{}/s\"\n", file.display());
    let config = world.write("u.toml", text);
    let run = world.run(&["milter", "--config", config.to_str().unwrap()]);
    assert_eq!(run.code, 73, "{}", run.err);
    assert!(run.err.contains("set milter.socket"), "{}", run.err);
}
