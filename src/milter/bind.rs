//! Opens the socket that the MTA connects to.
//!
//! A Unix socket gets its owner and mode after it is bound and before it
//! listens: until then every connection is refused, so there is no moment in
//! which somebody else could get in, and no umask to be changed for the whole
//! process.

use super::{SocketAddr, address::bare};
use socket2::{Domain, SockAddr, Socket, Type};
use std::{
    fs,
    io::{self, ErrorKind},
    net::{TcpListener, ToSocketAddrs},
    os::unix::{
        fs::{FileTypeExt, MetadataExt, PermissionsExt, chown},
        net::UnixListener,
    },
    path::{Path, PathBuf},
};

/// Connections that wait to be accepted. The kernel cuts it down to
/// net.core.somaxconn.
const BACKLOG: i32 = 1024;

/// Longest path of a Unix socket in bytes (unix(7): 108 with the NUL).
const MAX_PATH: usize = 107;

/// Where the groups of the machine are named.
const GROUP_FILE: &str = "/etc/group";

/// Why the milter cannot listen.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}")]
pub struct BindError {
    /// Where it should have listened, as configured.
    pub address: String,
    /// What is wrong.
    #[source]
    pub kind: BindErrorKind,
}

/// What keeps the milter from listening.
#[derive(Debug, thiserror::Error)]
pub enum BindErrorKind {
    /// Somebody answers there.
    #[error("another process is listening there")]
    Answered,
    /// The socket cannot be bound.
    #[error("cannot bind the socket")]
    Bind(#[source] io::Error),
    /// The socket file cannot be given to the group.
    #[error("cannot give the socket to the group {group}")]
    Chown {
        /// The group's name.
        group: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The mode of the socket file cannot be set.
    #[error("cannot set the mode of the socket")]
    Mode(#[source] io::Error),
    /// The parent directory is missing.
    #[error("the directory {} does not exist", .0.display())]
    NoDirectory(PathBuf),
    /// The group is not known.
    #[error("there is no group {0} in {GROUP_FILE}")]
    NoGroup(String),
    /// The parent directory is something else.
    #[error("{} is not a directory", .0.display())]
    NotADirectory(PathBuf),
    /// The file that is there is not a socket.
    #[error("{} exists and is not a socket", .0.display())]
    NotASocket(PathBuf),
    /// The path does not fit into a socket address.
    #[error("the path has {0} bytes and may have {MAX_PATH}")]
    PathTooLong(usize),
    /// The socket that is there cannot be asked whether it is in use.
    #[error("cannot find out whether the socket that is there is in use")]
    Probe(#[source] io::Error),
    /// The socket that a dead process left cannot be removed.
    #[error("cannot remove the socket that a dead process left")]
    Remove(#[source] io::Error),
    /// The host name has no address.
    #[error("cannot resolve the host name")]
    Resolve(#[source] io::Error),
}

impl BindError {
    /// What an administrator can do about it: a sentence or two.
    pub fn remedy(&self) -> String {
        match &self.kind {
            BindErrorKind::Answered => "stop the other process (is untrackd running already?), \
                or choose another socket"
                .into(),
            BindErrorKind::Bind(error) => match error.kind() {
                ErrorKind::PermissionDenied => "let the user that untrackd runs as write to the \
                    socket's directory, or choose a port from 1024 on"
                    .into(),
                ErrorKind::AddrNotAvailable => {
                    "choose an address that this machine has, such as 127.0.0.1".into()
                }
                _ => "choose another socket".into(),
            },
            BindErrorKind::Chown { group, .. } => format!(
                "make the user that untrackd runs as a member of the group {group} \
                 (systemd: SupplementaryGroups={group})"
            ),
            BindErrorKind::Mode(_) => {
                "put the socket on a file system that keeps modes, such as /run".into()
            }
            BindErrorKind::NoDirectory(directory) => format!(
                "create it, owned by the user that untrackd runs as: \
                 install -d -o untrackd -g postfix -m 2750 {} \
                 (systemd: RuntimeDirectory=untrackd)",
                directory.display()
            ),
            BindErrorKind::NoGroup(group) => format!(
                "create the group, or configure the group that the MTA runs as instead of {group}"
            ),
            BindErrorKind::NotADirectory(_) => "choose another path for the socket".into(),
            BindErrorKind::NotASocket(path) => format!(
                "look what {} is; remove it, or choose another path for the socket",
                path.display()
            ),
            BindErrorKind::PathTooLong(_) => "choose a shorter path for the socket".into(),
            BindErrorKind::Probe(_) | BindErrorKind::Remove(_) => {
                "remove the socket by hand if no process uses it".into()
            }
            BindErrorKind::Resolve(_) => "write an address, such as 127.0.0.1".into(),
        }
    }
}

/// A socket that listens. A socket file is removed when this is dropped,
/// unless another process has taken its place.
#[derive(Debug)]
pub struct BoundListener {
    // Removed before the socket is closed: as long as that is open, no other
    // file can have its inode number.
    file: Option<SocketFile>,
    socket: Bound,
    address: SocketAddr,
}

/// The two kinds of sockets.
#[derive(Debug)]
pub(super) enum Bound {
    Tcp(TcpListener),
    Unix(UnixListener),
}

impl BoundListener {
    /// Where it listens, with the port that was really taken.
    pub fn address(&self) -> &SocketAddr {
        &self.address
    }

    /// Where it listens and who may connect, for the log.
    pub fn describe(&self) -> String {
        match &self.address {
            SocketAddr::Tcp { .. } => self.address.to_string(),
            SocketAddr::Unix { mode, group, .. } => match group {
                Some(group) => format!("{} (mode {mode:04o}, group {group})", self.address),
                None => format!("{} (mode {mode:04o})", self.address),
            },
        }
    }

    /// Whether other machines may reach it. The milter protocol knows no
    /// authentication: whoever connects can send what it likes.
    pub fn is_exposed(&self) -> bool {
        match &self.socket {
            Bound::Tcp(socket) => socket
                .local_addr()
                .is_ok_and(|address| !address.ip().to_canonical().is_loopback()),
            Bound::Unix(_) => false,
        }
    }

    /// The socket, the file that goes with it, and where it listens.
    pub(super) fn into_parts(self) -> (Bound, Option<SocketFile>, SocketAddr) {
        (self.socket, self.file, self.address)
    }
}

/// Opens the socket.
///
/// # Errors
///
/// If that is not possible; [`BindError::remedy`] says what to do.
pub fn bind(address: &SocketAddr) -> Result<BoundListener, BindError> {
    let bound = match address {
        SocketAddr::Tcp { host, port } => bind_tcp(host, *port),
        SocketAddr::Unix { path, mode, group } => {
            bind_unix(path, *mode, group.as_deref()).map(|(socket, file)| BoundListener {
                file: Some(file),
                socket: Bound::Unix(socket),
                address: address.clone(),
            })
        }
    };
    bound.map_err(|kind| BindError {
        address: address.to_string(),
        kind,
    })
}

fn bind_tcp(host: &str, port: u16) -> Result<BoundListener, BindErrorKind> {
    let addresses: Vec<_> = (bare(host), port)
        .to_socket_addrs()
        .map_err(BindErrorKind::Resolve)?
        .collect();
    let socket = TcpListener::bind(addresses.as_slice()).map_err(bind_kind)?;
    socket.set_nonblocking(true).map_err(BindErrorKind::Bind)?;
    let port = socket.local_addr().map_err(BindErrorKind::Bind)?.port();
    Ok(BoundListener {
        file: None,
        socket: Bound::Tcp(socket),
        address: SocketAddr::Tcp {
            host: host.to_owned(),
            port,
        },
    })
}

fn bind_unix(
    path: &Path,
    mode: u32,
    group: Option<&str>,
) -> Result<(UnixListener, SocketFile), BindErrorKind> {
    let length = path.as_os_str().len();
    if length > MAX_PATH {
        return Err(BindErrorKind::PathTooLong(length));
    }
    check_directory(path)?;
    remove_stale(path)?;
    let gid = group.map(|name| group_id(name).map(|id| (name, id)));
    let gid = gid.transpose()?;

    let socket = unix_socket().map_err(BindErrorKind::Bind)?;
    let address = SockAddr::unix(path).map_err(BindErrorKind::Bind)?;
    socket.bind(&address).map_err(bind_kind)?;
    let file = SocketFile::of(path).map_err(BindErrorKind::Bind)?;
    if let Some((name, id)) = gid {
        chown(path, None, Some(id)).map_err(|source| BindErrorKind::Chown {
            group: name.to_owned(),
            source,
        })?;
    }
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).map_err(BindErrorKind::Mode)?;
    socket.listen(BACKLOG).map_err(BindErrorKind::Bind)?;
    Ok((socket.into(), file))
}

fn unix_socket() -> io::Result<Socket> {
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    socket.set_nonblocking(true)?;
    Ok(socket)
}

fn bind_kind(error: io::Error) -> BindErrorKind {
    match error.kind() {
        ErrorKind::AddrInUse => BindErrorKind::Answered,
        _ => BindErrorKind::Bind(error),
    }
}

fn check_directory(path: &Path) -> Result<(), BindErrorKind> {
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    match fs::metadata(directory) {
        Ok(metadata) if metadata.is_dir() => Ok(()),
        Ok(_) => Err(BindErrorKind::NotADirectory(directory.to_owned())),
        Err(error) => match error.kind() {
            ErrorKind::NotFound => Err(BindErrorKind::NoDirectory(directory.to_owned())),
            ErrorKind::NotADirectory => Err(BindErrorKind::NotADirectory(directory.to_owned())),
            _ => Err(BindErrorKind::Bind(error)),
        },
    }
}

/// Removes the socket file of a process that is gone, and nothing else.
fn remove_stale(path: &Path) -> Result<(), BindErrorKind> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.file_type().is_socket() => {}
        Ok(_) => return Err(BindErrorKind::NotASocket(path.to_owned())),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(BindErrorKind::Probe(error)),
    }
    if is_answered(path).map_err(BindErrorKind::Probe)? {
        return Err(BindErrorKind::Answered);
    }
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(BindErrorKind::Remove(error)),
        _ => Ok(()),
    }
}

fn is_answered(path: &Path) -> io::Result<bool> {
    let address = SockAddr::unix(path)?;
    match unix_socket()?.connect(&address) {
        Ok(()) => Ok(true),
        Err(error) => match error.kind() {
            // Its backlog is full.
            ErrorKind::WouldBlock => Ok(true),
            ErrorKind::ConnectionRefused | ErrorKind::NotFound => Ok(false),
            _ => Err(error),
        },
    }
}

/// The number of a group, by its name in /etc/group or as a number.
fn group_id(name: &str) -> Result<u32, BindErrorKind> {
    if let Ok(id) = name.parse() {
        return Ok(id);
    }
    fs::read_to_string(GROUP_FILE)
        .ok()
        .and_then(|text| find_group(&text, name))
        .ok_or_else(|| BindErrorKind::NoGroup(name.to_owned()))
}

/// Finds a group in the text of /etc/group (group(5): `name:password:id:members`).
fn find_group(text: &str, name: &str) -> Option<u32> {
    text.lines().find_map(|line| {
        let mut fields = line.split(':');
        if fields.next() != Some(name) {
            return None;
        }
        fields.nth(1)?.parse().ok()
    })
}

/// The file of our socket; removed when this is dropped, if it is still ours.
#[derive(Debug)]
pub(super) struct SocketFile {
    path: PathBuf,
    device: u64,
    inode: u64,
}

impl SocketFile {
    fn of(path: &Path) -> io::Result<Self> {
        let metadata = fs::symlink_metadata(path)?;
        Ok(Self {
            // The working directory may change before it is removed.
            path: std::path::absolute(path)?,
            device: metadata.dev(),
            inode: metadata.ino(),
        })
    }

    /// Whether the path still leads to our socket.
    pub(super) fn is_in_place(&self) -> bool {
        fs::symlink_metadata(&self.path)
            .is_ok_and(|m| m.dev() == self.device && m.ino() == self.inode)
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        if self.is_in_place() {
            // Nothing is lost if it stays: the next start removes it.
            let _ = fs::remove_file(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::net::UnixStream;

    fn unix(path: PathBuf) -> SocketAddr {
        SocketAddr::Unix {
            path,
            mode: 0o660,
            group: None,
        }
    }

    fn kind(address: &SocketAddr) -> BindErrorKind {
        let error = bind(address).expect_err("should not be possible");
        assert!(!error.remedy().is_empty());
        error.kind
    }

    #[test]
    fn a_socket_has_the_mode_that_was_configured_and_goes_with_its_owner() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("milter.sock");
        let bound = bind(&unix(path.clone())).unwrap();
        let metadata = fs::symlink_metadata(&path).unwrap();
        assert_eq!(metadata.permissions().mode() & 0o7777, 0o660);
        assert!(UnixStream::connect(&path).is_ok());
        assert_eq!(
            bound.describe(),
            format!("unix:{} (mode 0660)", path.display())
        );
        drop(bound);
        assert!(!path.exists());
    }

    #[test]
    fn a_stale_socket_is_replaced() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("milter.sock");
        drop(UnixListener::bind(&path).unwrap());
        assert!(path.exists(), "the standard library leaves the file");
        let _bound = bind(&unix(path.clone())).unwrap();
        assert!(UnixStream::connect(&path).is_ok());
    }

    #[test]
    fn a_live_socket_is_not_replaced() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("milter.sock");
        let first = bind(&unix(path.clone())).unwrap();
        assert!(matches!(kind(&unix(path.clone())), BindErrorKind::Answered));
        assert!(UnixStream::connect(&path).is_ok(), "it still answers");
        drop(first);
        assert!(bind(&unix(path)).is_ok());
    }

    #[test]
    fn a_live_socket_with_a_full_backlog_is_not_replaced() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("milter.sock");
        let busy = unix_socket().unwrap();
        busy.bind(&SockAddr::unix(&path).unwrap()).unwrap();
        busy.listen(0).unwrap();
        let waiting: Vec<_> = (0..4)
            .map(|_| {
                let socket = unix_socket().unwrap();
                let result = socket.connect(&SockAddr::unix(&path).unwrap());
                (socket, result.is_ok())
            })
            .collect();
        assert!(waiting.iter().any(|(_, ok)| !ok), "the backlog is full");
        assert!(matches!(kind(&unix(path)), BindErrorKind::Answered));
    }

    #[test]
    fn a_socket_of_another_process_is_not_removed_at_the_end() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("milter.sock");
        let ours = bind(&unix(path.clone())).unwrap();
        fs::remove_file(&path).unwrap();
        let _theirs = UnixListener::bind(&path).unwrap();
        drop(ours);
        assert!(path.exists());
    }

    #[test]
    fn what_is_not_a_socket_is_not_removed() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("milter.sock");
        fs::write(&path, "precious").unwrap();
        assert!(matches!(
            kind(&unix(path.clone())),
            BindErrorKind::NotASocket(_)
        ));
        assert_eq!(fs::read(&path).unwrap(), b"precious");
        // Nor is a link to a socket, which may be anywhere.
        let link = directory.path().join("link.sock");
        std::os::unix::fs::symlink("nowhere", &link).unwrap();
        assert!(matches!(kind(&unix(link)), BindErrorKind::NotASocket(_)));
    }

    #[test]
    fn errors_name_what_is_wrong() {
        let directory = tempfile::tempdir().unwrap();
        let missing = directory.path().join("missing");
        let error = bind(&unix(missing.join("milter.sock"))).unwrap_err();
        assert!(matches!(&error.kind, BindErrorKind::NoDirectory(d) if *d == missing));
        assert!(
            error.remedy().contains(&missing.display().to_string()),
            "{}",
            error.remedy()
        );

        let file = directory.path().join("file");
        fs::write(&file, "").unwrap();
        assert!(matches!(
            kind(&unix(file.join("milter.sock"))),
            BindErrorKind::NotADirectory(_)
        ));

        let long = directory.path().join("x".repeat(108));
        assert!(matches!(kind(&unix(long)), BindErrorKind::PathTooLong(_)));

        let group = SocketAddr::Unix {
            path: directory.path().join("milter.sock"),
            mode: 0o660,
            group: Some("no-such-group".into()),
        };
        assert!(matches!(kind(&group), BindErrorKind::NoGroup(_)));
        assert!(!directory.path().join("milter.sock").exists());
    }

    #[test]
    fn a_port_that_is_taken_is_an_error_and_port_0_is_a_free_one() {
        let any = SocketAddr::Tcp {
            host: "127.0.0.1".into(),
            port: 0,
        };
        let bound = bind(&any).unwrap();
        assert!(!bound.is_exposed());
        assert_ne!(*bound.address(), any, "the real port is told");
        assert!(matches!(kind(bound.address()), BindErrorKind::Answered));
    }

    #[test]
    fn groups_are_found_by_their_whole_name() {
        let text = "root:x:0:\npostfixer:x:7:\npostfix:x:118:ann,bob\n\n+::::\n";
        assert_eq!(find_group(text, "postfix"), Some(118));
        assert_eq!(find_group(text, "post"), None);
        assert_eq!(find_group("postfix\npostfix:x:y:\n", "postfix"), None);
        assert!(matches!(group_id("123"), Ok(123)));
    }
}
