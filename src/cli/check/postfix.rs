//! How Postfix is set up, if it is installed here.

use super::Note;
use crate::config::Socket;
use std::{
    env,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// What the check needs to know of Postfix.
struct Setup {
    default_action: String,
    milters: String,
    queue_directory: PathBuf,
    is_chrooted: bool,
}

pub(super) fn check(socket: &Socket) -> Vec<Note> {
    match Setup::read() {
        Some(setup) => notes(&setup, socket),
        None => Vec::new(),
    }
}

fn notes(setup: &Setup, socket: &Socket) -> Vec<Note> {
    let mut notes = vec![default_action(setup)];
    if !setup
        .milters
        .contains(&needle(socket, &setup.queue_directory))
    {
        notes.push(Note::hint(
            "Postfix: smtpd_milters does not name this socket yet; see the lines below",
        ));
    }
    if let Socket::Unix(path) = socket {
        let queue = &setup.queue_directory;
        if setup.is_chrooted && !path.starts_with(queue) {
            notes.push(Note::hint(format!(
                "Postfix: smtpd is chrooted to {0} and cannot see {1}; set milter.socket to \
                 \"unix:{0}/untrackd/milter.sock\", or switch the chroot off in master.cf",
                queue.display(),
                path.display()
            )));
        }
    }
    notes
}

fn default_action(setup: &Setup) -> Note {
    let name = "Postfix: milter_default_action";
    let action = &setup.default_action;
    let remedy = "the lines below set it to accept for this milter";
    match action.as_str() {
        "accept" => Note::fine(format!(
            "{name} is accept: mail passes untouched while the milter is down"
        )),
        "tempfail" | "shutdown" => Note::hint(format!(
            "{name} is {action}: mail waits at its sender while the milter is down; {remedy}"
        )),
        "reject" => Note::hint(format!(
            "{name} is reject: mail is lost while the milter is down; {remedy}"
        )),
        "quarantine" => Note::hint(format!(
            "{name} is quarantine: mail piles up in the hold queue while the milter is down; \
             {remedy}"
        )),
        _ => Note::hint(format!(
            "{name} is {action:?}, which is not known here; {remedy}"
        )),
    }
}

/// What names the socket in smtpd_milters, however it is written there.
fn needle(socket: &Socket, queue_directory: &Path) -> String {
    match socket {
        Socket::Tcp { port, .. } => format!(":{port}"),
        Socket::Unix(path) => {
            let inside = path.strip_prefix(queue_directory).unwrap_or(path);
            inside.display().to_string()
        }
    }
}

impl Setup {
    fn read() -> Option<Self> {
        let postconf = find("postconf")?;
        // One call for all: without a main.cf each takes a second to fail.
        let names = ["milter_default_action", "smtpd_milters", "queue_directory"];
        let values = ask(&postconf, &names)?;
        let value = |name: &str| {
            let mut lines = values.lines().filter_map(|line| line.split_once('='));
            let (_, value) = lines.find(|(n, _)| n.trim() == name)?;
            Some(value.trim().to_owned())
        };
        // The fifth column of master.cf(5).
        let service = ask(&postconf, &["-M", "smtp/inet"]).unwrap_or_default();
        Some(Self {
            default_action: value("milter_default_action")?,
            milters: value("smtpd_milters")?,
            queue_directory: value("queue_directory")?.into(),
            is_chrooted: service.split_whitespace().nth(4) == Some("y"),
        })
    }
}

fn find(program: &str) -> Option<PathBuf> {
    // Where it is, also for users without sbin in their path.
    let usual = [PathBuf::from("/usr/sbin"), PathBuf::from("/usr/local/sbin")];
    let path = env::var_os("PATH").unwrap_or_default();
    let dirs: Vec<PathBuf> = env::split_paths(&path).chain(usual).collect();
    dirs.into_iter()
        .map(|dir| dir.join(program))
        .find(|path| path.is_file())
}

fn ask(postconf: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new(postconf)
        .args(arguments)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&output.stdout);
    output.status.success().then(|| text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::check::State;

    fn texts(action: &str, milters: &str, is_chrooted: bool, socket: &str) -> Vec<(State, String)> {
        let setup = Setup {
            default_action: action.into(),
            milters: milters.into(),
            queue_directory: "/var/spool/postfix".into(),
            is_chrooted,
        };
        let notes = notes(&setup, &Socket::parse(socket).unwrap());
        notes.into_iter().map(|n| (n.state, n.text)).collect()
    }

    #[test]
    fn a_good_setup_needs_no_hint() {
        for (milters, socket) in [
            (
                "{ unix:untrackd/milter.sock, default_action=accept }",
                "unix:/var/spool/postfix/untrackd/milter.sock",
            ),
            ("inet:localhost:9999", "inet:9999@127.0.0.1"),
        ] {
            let notes = texts("accept", milters, true, socket);
            assert_eq!(notes.len(), 1, "{notes:?}");
            assert_eq!(notes[0].0, State::Fine);
        }
    }

    #[test]
    fn each_trap_is_told() {
        let notes = texts("reject", "", true, "unix:/run/untrackd/milter.sock");
        assert!(notes.iter().all(|(state, _)| *state == State::Hint));
        for (note, part) in notes.iter().zip([
            "mail is lost while the milter is down",
            "does not name this socket yet",
            "cannot see /run/untrackd/milter.sock",
        ]) {
            assert!(note.1.contains(part), "{note:?}");
        }
        assert_eq!(notes.len(), 3);
        assert_eq!(texts("tempfail", "", false, "unix:/run/x").len(), 2);
    }
}
