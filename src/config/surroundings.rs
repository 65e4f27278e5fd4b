//! What the process finds around itself: who runs it, and where such a user
//! keeps things.
//!
//! A system account (root, or a service user) uses the system paths; anybody
//! else the directories of the XDG Base Directory Specification. The service
//! manager has the last word: it names its directories in `RUNTIME_DIRECTORY`
//! and `STATE_DIRECTORY` (systemd.exec(5)).

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

/// The configuration file of the service.
pub const SYSTEM_FILE: &str = "/etc/untrackd/untrackd.toml";

/// System accounts are numbered up to here (`SYS_UID_MAX` of login.defs(5)).
const LAST_SYSTEM_UID: u32 = 999;

/// The environment variables and the effective user, passed in so that tests
/// can choose them.
#[derive(Clone, Debug)]
pub struct Surroundings {
    /// Environment variables that are valid UTF-8.
    pub variables: BTreeMap<String, String>,
    /// The effective user id.
    pub uid: u32,
}

impl Surroundings {
    /// Those of this process.
    pub fn of_process() -> Self {
        let variables = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        // /proc/self belongs to the effective user; asking the C library for
        // it would need unsafe code.
        let uid = fs::metadata("/proc/self").map_or(u32::MAX, |m| m.uid());
        Self { variables, uid }
    }

    /// Whether this is root or a service user.
    pub fn is_system(&self) -> bool {
        let has_system_state = || {
            self.directory("STATE_DIRECTORY")
                .is_some_and(|dir| dir.starts_with("/var/lib"))
        };
        self.uid <= LAST_SYSTEM_UID || has_system_state()
    }

    /// The file that `UNTRACKD_CONFIG` names.
    pub(super) fn named_file(&self) -> Option<PathBuf> {
        self.variable("UNTRACKD_CONFIG").map(PathBuf::from)
    }

    /// Files that are used if they exist, the first that does.
    pub(super) fn usual_files(&self) -> Vec<PathBuf> {
        let mut files = Vec::new();
        if self.is_system() {
            files.push(PathBuf::from(SYSTEM_FILE));
        }
        if let Some(base) = self.base("XDG_CONFIG_HOME", ".config") {
            files.push(base.join("untrackd/untrackd.toml"));
        }
        files
    }

    /// Directory for the socket.
    pub fn runtime_dir(&self) -> PathBuf {
        if let Some(dir) = self.directory("RUNTIME_DIRECTORY") {
            return dir;
        }
        let own = || {
            self.directory("XDG_RUNTIME_DIR")
                .or_else(|| self.base("XDG_STATE_HOME", ".local/state"))
                .map(|base| base.join("untrackd"))
        };
        self.unless_system(own, "/run/untrackd")
    }

    /// Directory for the block log.
    pub fn state_dir(&self) -> PathBuf {
        if let Some(dir) = self.directory("STATE_DIRECTORY") {
            return dir;
        }
        let own = || {
            self.base("XDG_STATE_HOME", ".local/state")
                .map(|base| base.join("untrackd"))
        };
        self.unless_system(own, "/var/lib/untrackd")
    }

    /// A user without a home gets the system's path as well: commands that
    /// need neither socket nor log must not fail for want of one.
    fn unless_system(&self, own: impl Fn() -> Option<PathBuf>, system: &str) -> PathBuf {
        let own = if self.is_system() { None } else { own() };
        own.unwrap_or_else(|| PathBuf::from(system))
    }

    fn variable(&self, name: &str) -> Option<&str> {
        let value = self.variables.get(name)?;
        (!value.is_empty()).then_some(value.as_str())
    }

    /// The first directory in a variable. The XDG specification and systemd
    /// both give absolute paths; anything else is ignored.
    fn directory(&self, name: &str) -> Option<PathBuf> {
        let first = self.variable(name)?.split(':').next()?;
        let path = Path::new(first);
        path.is_absolute().then(|| path.to_owned())
    }

    fn base(&self, name: &str, below_home: &str) -> Option<PathBuf> {
        self.directory(name).or_else(|| {
            let home = Path::new(self.variable("HOME")?);
            home.is_absolute().then(|| home.join(below_home))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn surroundings(uid: u32, variables: &[(&str, &str)]) -> Surroundings {
        let variables = variables
            .iter()
            .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
            .collect();
        Surroundings { variables, uid }
    }

    #[test]
    fn system_accounts_use_system_paths() {
        for uid in [0, 105, 999] {
            let s = surroundings(
                uid,
                &[("HOME", "/root"), ("XDG_RUNTIME_DIR", "/run/user/0")],
            );
            assert_eq!(s.runtime_dir(), PathBuf::from("/run/untrackd"));
            assert_eq!(s.state_dir(), PathBuf::from("/var/lib/untrackd"));
            assert_eq!(
                s.usual_files(),
                [
                    PathBuf::from(SYSTEM_FILE),
                    "/root/.config/untrackd/untrackd.toml".into()
                ]
            );
        }
    }

    #[test]
    fn ordinary_users_use_their_own_directories() {
        let s = surroundings(
            1000,
            &[
                ("HOME", "/home/ada"),
                ("XDG_RUNTIME_DIR", "/run/user/1000"),
                ("XDG_CONFIG_HOME", "relative/is/ignored"),
            ],
        );
        assert_eq!(s.runtime_dir(), PathBuf::from("/run/user/1000/untrackd"));
        assert_eq!(
            s.state_dir(),
            PathBuf::from("/home/ada/.local/state/untrackd")
        );
        assert_eq!(
            s.usual_files(),
            [PathBuf::from("/home/ada/.config/untrackd/untrackd.toml")]
        );
        assert_eq!(
            surroundings(1000, &[]).runtime_dir(),
            PathBuf::from("/run/untrackd")
        );
    }

    #[test]
    fn the_service_manager_has_the_last_word() {
        let s = surroundings(
            61_500,
            &[
                ("RUNTIME_DIRECTORY", "/run/untrackd-in:/run/other"),
                ("STATE_DIRECTORY", "/var/lib/untrackd-in"),
            ],
        );
        assert!(s.is_system());
        assert_eq!(s.runtime_dir(), PathBuf::from("/run/untrackd-in"));
        assert_eq!(s.state_dir(), PathBuf::from("/var/lib/untrackd-in"));
    }
}
