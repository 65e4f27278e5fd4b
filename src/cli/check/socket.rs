//! Whether the milter's socket can be made and reached, or a milter answers
//! there already.

use super::{
    Note,
    place::{nearest_existing, probe_in},
};
use crate::{
    cli::exit::Code,
    config::{Milter, Socket},
};
use std::{
    fs,
    io::{self, ErrorKind, Read, Write},
    net::{TcpListener, TcpStream, ToSocketAddrs},
    os::unix::{
        fs::FileTypeExt,
        net::{UnixListener, UnixStream},
    },
    path::Path,
    time::Duration,
};

/// How long a milter may take to answer.
const PATIENCE: Duration = Duration::from_secs(3);

pub(super) fn check(milter: &Milter) -> Vec<Note> {
    match &milter.socket {
        Socket::Tcp { host, port } => vec![check_tcp(host, *port)],
        Socket::Unix(path) => {
            let mut notes = vec![check_unix(path)];
            notes.extend(check_mode(
                milter.socket_mode,
                milter.socket_group.as_deref(),
            ));
            notes
        }
    }
}

fn check_unix(path: &Path) -> Note {
    let shown = path.display();
    let is_other = fs::symlink_metadata(path).is_ok_and(|m| !m.file_type().is_socket());
    if is_other {
        return Note::wrong(
            Code::CannotCreate,
            format!(
                "socket: {shown} is no socket; remove what is in the way, or set milter.socket"
            ),
        );
    }
    match UnixStream::connect(path) {
        Ok(stream) => {
            let ready = stream
                .set_read_timeout(Some(PATIENCE))
                .and_then(|()| stream.set_write_timeout(Some(PATIENCE)));
            answered(&shown.to_string(), ready.and_then(|()| greet(&stream)))
        }
        Err(e) if e.kind() == ErrorKind::PermissionDenied => Note::wrong(
            Code::CannotCreate,
            format!(
                "socket: {shown}: {e}; run this as the service's user or the MTA's, \
                 or correct milter.socket_mode and milter.socket_group"
            ),
        ),
        Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::ConnectionRefused) => {
            let dir = nearest_existing(path.parent().unwrap_or(Path::new("/")));
            match try_socket(dir) {
                Ok(()) => Note::fine(format!("socket: {shown} can be made and reached")),
                Err(e) => Note::wrong(
                    Code::CannotCreate,
                    format!(
                        "socket: {shown} cannot be made in {}: {e}; run this as the service's \
                         user, give it the directory, or set milter.socket",
                        dir.display()
                    ),
                ),
            }
        }
        Err(e) => Note::wrong(
            Code::CannotCreate,
            format!("socket: {shown}: {e}; remove what is in the way, or set milter.socket"),
        ),
    }
}

fn try_socket(dir: &Path) -> io::Result<()> {
    let probe = probe_in(dir);
    let listener = UnixListener::bind(&probe)?;
    let reached = UnixStream::connect(&probe);
    drop(listener);
    fs::remove_file(&probe)?;
    reached.map(drop)
}

/// Whether the MTA, which runs as another user, may connect.
fn check_mode(mode: u32, group: Option<&str>) -> Option<Note> {
    let others_may_connect = mode & 0o002 != 0;
    let group_may_connect = mode & 0o020 != 0;
    let text = match group {
        _ if others_may_connect => {
            format!(
                "milter.socket_mode {mode:04o} lets every local user connect; \
                 \"0660\" with milter.socket_group is safer"
            )
        }
        Some(group) if !group_may_connect => {
            format!("milter.socket_mode {mode:04o} keeps group {group} out; set it to \"0660\"")
        }
        None => "the MTA's user must be in the service's group, or milter.socket_group must \
                 name a group that it is in (for Postfix: \"postfix\")"
            .to_owned(),
        Some(_) => return None,
    };
    Some(Note::hint(text))
}

fn check_tcp(host: &str, port: u16) -> Note {
    let name = format!("inet:{host}:{port}");
    let Err(error) = TcpListener::bind((host, port)) else {
        return Note::fine(format!("socket: {name} can be made"));
    };
    if error.kind() == ErrorKind::AddrInUse {
        return answered(&name, connect(host, port));
    }
    Note::wrong(
        Code::CannotCreate,
        format!(
            "socket: {name} cannot be made: {error}; set milter.socket to an address of this host"
        ),
    )
}

fn connect(host: &str, port: u16) -> io::Result<()> {
    let mut last = io::Error::from(ErrorKind::AddrNotAvailable);
    for address in (host, port).to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, PATIENCE) {
            Ok(stream) => {
                stream.set_read_timeout(Some(PATIENCE))?;
                stream.set_write_timeout(Some(PATIENCE))?;
                return greet(&stream);
            }
            Err(e) => last = e,
        }
    }
    Err(last)
}

fn answered(name: &str, result: io::Result<()>) -> Note {
    match result {
        Ok(()) => Note::fine(format!("socket: a milter answers on {name}")),
        Err(e) => Note::wrong(
            Code::CannotCreate,
            format!(
                "socket: something listens on {name}, but it is no milter ({e}); \
                 stop it, or set milter.socket"
            ),
        ),
    }
}

/// Negotiates as an MTA that offers everything (SMFIC_OPTNEG, protocol
/// version 6), and says goodbye (SMFIC_QUIT).
fn greet<S>(mut stream: S) -> io::Result<()>
where
    S: Read + Write,
{
    const OFFER: [u8; 17] = [
        0, 0, 0, 13, b'O', 0, 0, 0, 6, 0, 0, 0x01, 0xff, 0, 0x1f, 0xff, 0xff,
    ];
    const QUIT: [u8; 5] = [0, 0, 0, 1, b'Q'];
    stream.write_all(&OFFER)?;
    let mut answer = [0; 5];
    stream.read_exact(&mut answer)?;
    if answer[4] != b'O' {
        return Err(io::Error::new(ErrorKind::InvalidData, "unexpected answer"));
    }
    // What it said is known; whether it hears the goodbye does not matter.
    let _ = stream.write_all(&QUIT);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::check::State;
    use std::thread;

    fn socket_with(answer: &'static [u8]) -> (tempfile::TempDir, std::path::PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("s");
        let listener = UnixListener::bind(&path).unwrap();
        thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut offer = [0; 17];
            stream.read_exact(&mut offer).unwrap();
            assert_eq!(&offer[..9], b"\0\0\0\x0dO\0\0\0\x06");
            stream.write_all(answer).unwrap();
        });
        (dir, path)
    }

    #[test]
    fn a_milter_that_answers_is_fine() {
        let (_dir, path) = socket_with(b"\0\0\0\x0dO\0\0\0\x06\0\0\0\x01\0\0\0\0");
        let note = check_unix(&path);
        assert_eq!(note.state, State::Fine);
        assert!(note.text.contains("a milter answers on "), "{}", note.text);
    }

    #[test]
    fn anything_else_that_answers_is_in_the_way() {
        let (_dir, path) = socket_with(b"220 mail.example.org ESMTP\r\n");
        let note = check_unix(&path);
        assert_eq!(note.state, State::Wrong(Code::CannotCreate));
        assert!(note.text.contains("no milter"), "{}", note.text);
    }

    #[test]
    fn a_free_place_is_fine_and_stays_free() {
        let dir = tempfile::tempdir().unwrap();
        let note = check_unix(&dir.path().join("sub/s"));
        assert_eq!(note.state, State::Fine, "{}", note.text);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
        let note = check_tcp("127.0.0.1", 0);
        assert_eq!(note.state, State::Fine, "{}", note.text);
    }

    #[test]
    fn a_busy_port_is_in_the_way() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        thread::spawn(move || listener.accept().map(drop));
        let note = check_tcp("127.0.0.1", port);
        assert_eq!(note.state, State::Wrong(Code::CannotCreate));
    }

    #[test]
    fn modes_that_keep_the_mta_out_are_told() {
        assert!(check_mode(0o660, Some("postfix")).is_none());
        for (mode, group, part) in [
            (0o660, None, "milter.socket_group"),
            (0o600, Some("postfix"), "keeps group postfix out"),
            (0o666, None, "every local user"),
        ] {
            let note = check_mode(mode, group).unwrap();
            assert_eq!(note.state, State::Hint);
            assert!(note.text.contains(part), "{}", note.text);
        }
    }
}
