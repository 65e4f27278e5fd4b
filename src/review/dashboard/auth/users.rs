//! The file of users and tokens.
//!
//! One a line, `name:role:kind:hash`; role is `admin` or `read-only`, kind
//! `password` (the hash is argon2id in PHC format) or `token` (SHA-256 in
//! hexadecimal: a token is 256 random bits, which nobody can try out).

use crate::config::Role;
use data_encoding::HEXLOWER_PERMISSIVE;
use std::{
    fmt::Write as _,
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, chown},
    path::{Path, PathBuf},
    process,
};
use subtle::ConstantTimeEq;
use thiserror::Error;

/// Largest file that is read, in bytes: thousands of users.
const FILE_BYTES: u64 = 1 << 20;
/// Longest name, in characters.
const NAME_CHARS: usize = 64;

const HEADER: &str = "\
# Users and tokens of untrackd's dashboard: name:role:kind:hash. See
# \"untrackd dashboard --help\". The running dashboard notices changes.
";

/// The file of users cannot be used.
#[derive(Debug, Error)]
#[error("{}: {kind}", path.display())]
pub struct UsersError {
    /// Which file.
    pub path: PathBuf,
    /// What is wrong.
    pub kind: UsersErrorKind,
}

/// What is wrong with a file of users.
#[derive(Debug, Error)]
pub enum UsersErrorKind {
    /// It cannot be read or written.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// Others may read or change it.
    #[error("open to other users of this machine; run: chmod 600 FILE")]
    Open,
    /// It is too large.
    #[error("larger than {FILE_BYTES} bytes, so it is no file of users")]
    Size,
    /// A line is wrong.
    #[error("line {line}: {problem}")]
    Line {
        /// Which line, from 1.
        line: usize,
        /// What is wrong, and what to write instead.
        problem: &'static str,
    },
    /// A change makes no sense.
    #[error("{0}")]
    Change(String),
}

/// How somebody proves who they are.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Secret {
    /// By a password: its argon2id hash, in PHC format.
    Password(String),
    /// By a token: its SHA-256.
    Token([u8; 32]),
}

impl Secret {
    /// `password` or `token`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Password(_) => "password",
            Self::Token(_) => "token",
        }
    }
}

/// Somebody, or a program, who may see the dashboard.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct User {
    /// The name; no two have the same.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// How they prove who they are.
    pub secret: Secret,
}

/// Everybody who may see the dashboard.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Users(Vec<User>);

impl Users {
    /// Reads the file. One that is not there has no users.
    ///
    /// # Errors
    ///
    /// It cannot be read, is open to others, or a line is wrong.
    pub fn load(path: &Path) -> Result<Self, UsersError> {
        let read = || match read(path) {
            Ok(text) => Self::parse(&text),
            Err(UsersErrorKind::Io(e)) if e.kind() == io::ErrorKind::NotFound => {
                Ok(Self::default())
            }
            Err(kind) => Err(kind),
        };
        read().map_err(|kind| error(path, kind))
    }

    /// Reads the file, changes it and puts it in place as a whole, with mode
    /// 0600 and the owner of its folder. Two changes at a time wait for each
    /// other.
    ///
    /// # Errors
    ///
    /// It cannot be read or written, or the change makes no sense.
    pub fn change<T>(
        path: &Path,
        change: impl FnOnce(&mut Self) -> Result<T, UsersErrorKind>,
    ) -> Result<T, UsersError> {
        let dir = match path.parent() {
            Some(dir) if !dir.as_os_str().is_empty() => dir,
            _ => Path::new("."),
        };
        let changed = || {
            make_directory(dir)?;
            let lock = File::open(dir)?;
            lock.lock()?;
            let mut users = Self::load(path).map_err(|e| e.kind)?;
            let done = change(&mut users)?;
            users.write(path, &lock)?;
            Ok(done)
        };
        changed().map_err(|kind| error(path, kind))
    }

    /// Everybody, in the order of the file.
    pub fn iter(&self) -> impl Iterator<Item = &User> {
        self.0.iter()
    }

    /// Whether there is nobody.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Who has this name.
    pub fn named(&self, name: &str) -> Option<&User> {
        self.0.iter().find(|user| user.name == name)
    }

    /// Whose token has this hash. Takes as long for every hash.
    pub(super) fn with_token(&self, hash: &[u8; 32]) -> Option<&User> {
        let mut found = None;
        for user in &self.0 {
            if let Secret::Token(own) = &user.secret
                && bool::from(own.ct_eq(hash))
            {
                found = Some(user);
            }
        }
        found
    }

    /// Adds somebody, or gives them another password and role.
    ///
    /// # Errors
    ///
    /// The name cannot be used, or belongs to something of another kind, or a
    /// token with that name is there already.
    pub fn set(&mut self, user: User) -> Result<(), UsersErrorKind> {
        if !is_name(&user.name) {
            return Err(UsersErrorKind::Change(format!(
                "{:?} is no name; use up to {NAME_CHARS} letters, digits and \"._@-\", \
                 beginning with a letter or digit",
                user.name
            )));
        }
        match self.0.iter_mut().find(|other| other.name == user.name) {
            Some(other) => match (&other.secret, &user.secret) {
                (Secret::Password(_), Secret::Password(_)) => *other = user,
                _ => {
                    return Err(UsersErrorKind::Change(format!(
                        "{} is there already, with a {}; remove it first, or use another name",
                        user.name,
                        other.secret.kind()
                    )));
                }
            },
            None => self.0.push(user),
        }
        Ok(())
    }

    /// Removes somebody.
    ///
    /// # Errors
    ///
    /// There is nobody of this name.
    pub fn remove(&mut self, name: &str) -> Result<(), UsersErrorKind> {
        let before = self.0.len();
        self.0.retain(|user| user.name != name);
        if self.0.len() == before {
            let text = format!("nobody is called {name:?}; see \"untrackd dashboard users\"");
            return Err(UsersErrorKind::Change(text));
        }
        Ok(())
    }

    fn parse(text: &str) -> Result<Self, UsersErrorKind> {
        let mut users = Self::default();
        for (line, content) in (1..).zip(text.lines()) {
            let content = content.trim();
            if content.is_empty() || content.starts_with('#') {
                continue;
            }
            let wrong = |problem| UsersErrorKind::Line { line, problem };
            let user = parse_line(content).map_err(wrong)?;
            if users.named(&user.name).is_some() {
                return Err(wrong("this name stands twice; remove one of the lines"));
            }
            users.0.push(user);
        }
        Ok(users)
    }

    fn write(&self, path: &Path, dir: &File) -> io::Result<()> {
        let mut text = HEADER.to_owned();
        for user in &self.0 {
            let hash = match &user.secret {
                Secret::Password(hash) => hash.clone(),
                Secret::Token(hash) => HEXLOWER_PERMISSIVE.encode(hash),
            };
            let (name, role, kind) = (&user.name, role_name(user.role), user.secret.kind());
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{name}:{role}:{kind}:{hash}");
        }
        let mut draft = path.as_os_str().to_owned();
        draft.push(format!(".new-{}", process::id()));
        let draft = PathBuf::from(draft);
        // Left over by a process that was killed.
        let _ = fs::remove_file(&draft);
        let write = || {
            let mut file = OpenOptions::new()
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(&draft)?;
            file.write_all(text.as_bytes())?;
            own_like(&draft, &dir.metadata()?)?;
            file.sync_all()?;
            fs::rename(&draft, path)?;
            dir.sync_all()
        };
        let written = write();
        if written.is_err() {
            let _ = fs::remove_file(&draft);
        }
        written
    }
}

fn error(path: &Path, kind: UsersErrorKind) -> UsersError {
    UsersError {
        path: path.to_owned(),
        kind,
    }
}

fn read(path: &Path) -> Result<String, UsersErrorKind> {
    let mut file = File::open(path)?;
    let meta = file.metadata()?;
    if meta.len() > FILE_BYTES {
        return Err(UsersErrorKind::Size);
    }
    if meta.mode() & 0o077 != 0 {
        return Err(UsersErrorKind::Open);
    }
    let mut text = String::new();
    file.read_to_string(&mut text)?;
    Ok(text)
}

fn parse_line(line: &str) -> Result<User, &'static str> {
    const FIELDS: &str = "expected name:role:kind:hash";
    let mut fields = line.splitn(4, ':');
    let name = fields.next().ok_or(FIELDS)?;
    let role = fields.next().ok_or(FIELDS)?;
    let kind = fields.next().ok_or(FIELDS)?;
    let hash = fields.next().ok_or(FIELDS)?;
    if !is_name(name) {
        return Err("this is no name; use letters, digits and \"._@-\"");
    }
    let role = match role {
        "admin" => Role::Admin,
        "read-only" => Role::ReadOnly,
        _ => return Err("unknown role; write \"admin\" or \"read-only\""),
    };
    let secret = match kind {
        "password" if super::password::is_hash(hash) => Secret::Password(hash.to_owned()),
        "password" => return Err("this is no argon2id hash; run \"untrackd dashboard passwd\""),
        "token" => {
            let bytes = HEXLOWER_PERMISSIVE.decode(hash.as_bytes()).ok();
            let hash = bytes.and_then(|bytes| bytes.try_into().ok());
            Secret::Token(hash.ok_or("a token's hash has 64 hexadecimal digits")?)
        }
        _ => return Err("unknown kind; write \"password\" or \"token\""),
    };
    Ok(User {
        name: name.to_owned(),
        role,
        secret,
    })
}

/// The permanent name of a role.
pub fn role_name(role: Role) -> &'static str {
    match role {
        Role::Admin => "admin",
        Role::ReadOnly => "read-only",
    }
}

/// Whether this can be the name of a user. It stands in lines with colons, in
/// the log and on command lines.
pub(super) fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.chars().count() <= NAME_CHARS
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '@' | '-'))
}

/// The folder belongs to whoever its parent belongs to: root makes users for
/// a service that is not root.
fn make_directory(dir: &Path) -> io::Result<()> {
    if dir.is_dir() {
        return Ok(());
    }
    DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
    match dir.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => own_like(dir, &fs::metadata(parent)?),
        _ => Ok(()),
    }
}

fn own_like(path: &Path, other: &fs::Metadata) -> io::Result<()> {
    let own = fs::metadata(path)?;
    if own.uid() == other.uid() {
        return Ok(());
    }
    chown(path, Some(other.uid()), Some(other.gid()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    const HASH: &str = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$\
                        AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

    fn problem(text: &str) -> String {
        Users::parse(text).unwrap_err().to_string()
    }

    #[test]
    fn lines_are_read() {
        let token = "ab".repeat(32);
        let text = format!(
            "# comment\n\nada:admin:password:{HASH}\nnightly-export:read-only:token:{token}\n"
        );
        let users = Users::parse(&text).unwrap();
        let names: Vec<_> = users.iter().map(|u| (u.name.as_str(), u.role)).collect();
        assert_eq!(
            names,
            [("ada", Role::Admin), ("nightly-export", Role::ReadOnly)]
        );
        assert_eq!(users.named("ada").unwrap().secret.kind(), "password");
        assert_eq!(
            users.with_token(&[0xab; 32]).map(|u| u.name.as_str()),
            Some("nightly-export")
        );
        assert_eq!(users.with_token(&[0xac; 32]), None);
    }

    #[test]
    fn errors_name_the_line() {
        let good = format!("ada:admin:password:{HASH}\n");
        for (line, expected) in [
            ("ada", "line 2: expected name:role:kind:hash"),
            ("bob:root:password:x", "line 2: unknown role"),
            ("bob:admin:pin:x", "line 2: unknown kind"),
            (
                "bob:admin:password:secret",
                "line 2: this is no argon2id hash",
            ),
            ("bob:admin:token:abcd", "line 2: a token's hash has 64"),
            ("-x:admin:token:abcd", "line 2: this is no name"),
            (
                &format!("ada:read-only:password:{HASH}"),
                "line 2: this name stands twice",
            ),
        ] {
            let found = problem(&format!("{good}{line}\n"));
            assert!(found.starts_with(expected), "{line}: {found}");
        }
    }

    #[test]
    fn a_change_is_written_as_a_whole_and_for_the_owner_only() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("review/users");
        assert!(Users::load(&path).unwrap().is_empty());
        let user = |name: &str, role| User {
            name: name.to_owned(),
            role,
            secret: Secret::Password(HASH.to_owned()),
        };
        Users::change(&path, |users| users.set(user("ada", Role::Admin))).unwrap();
        Users::change(&path, |users| users.set(user("bob", Role::ReadOnly))).unwrap();
        Users::change(&path, |users| users.set(user("ada", Role::ReadOnly))).unwrap();
        let users = Users::load(&path).unwrap();
        let roles: Vec<_> = users.iter().map(|u| (u.name.as_str(), u.role)).collect();
        assert_eq!(roles, [("ada", Role::ReadOnly), ("bob", Role::ReadOnly)]);
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        // A change that fails leaves the file as it was, and nothing beside it.
        assert!(Users::change(&path, |users| users.remove("eve")).is_err());
        assert_eq!(Users::load(&path).unwrap(), users);
        let files = fs::read_dir(path.parent().unwrap()).unwrap().count();
        assert_eq!(files, 1);
        Users::change(&path, |users| users.remove("ada")).unwrap();
        assert!(Users::load(&path).unwrap().named("ada").is_none());
    }

    #[test]
    fn a_token_does_not_replace_a_user() {
        let mut users = Users::parse(&format!("ada:admin:password:{HASH}")).unwrap();
        let token = User {
            name: "ada".to_owned(),
            role: Role::Admin,
            secret: Secret::Token([0; 32]),
        };
        assert!(
            users
                .set(token)
                .unwrap_err()
                .to_string()
                .contains("already")
        );
    }

    #[test]
    fn a_file_that_others_can_read_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("users");
        fs::write(&path, "").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let error = Users::load(&path).unwrap_err();
        assert!(error.to_string().contains("chmod 600"), "{error}");
    }
}
