//! What is recorded.

/// One act, as the one who does it tells it.
#[derive(Clone, Copy, Debug)]
pub struct Act<'a> {
    /// What is done.
    pub kind: ActKind,
    /// Who does it: see [`super::actor`], or the dashboard's user.
    pub actor: &'a str,
    /// By which way: a name of [`Channel`].
    pub channel: &'a str,
    /// About whom: an address or a pseudonym. It is stored as a keyed hash.
    pub subject: Option<&'a str>,
    /// What else there is to say: a file, a rule, the entry of an allowlist.
    /// Words with an `@` are not kept.
    pub details: &'a str,
}

/// What can be done that is worth recording.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum ActKind {
    /// An entry was added to the allowlist.
    AllowAdd,
    /// An entry was removed from the allowlist.
    AllowRemove,
    /// Rows of the log were taken away as a file.
    Download,
    /// A person was taken out of the block log.
    Erase,
    /// Everything about a person was written out.
    Export,
    /// Somebody logged in at the dashboard.
    Login,
    /// Somebody failed to.
    LoginFailed,
    /// Somebody logged out of the dashboard.
    Logout,
    /// A person was looked up.
    Lookup,
    /// A summary was made or sent.
    Report,
    /// A new key was made, or old ones were destroyed.
    Rotate,
    /// A user or token of the dashboard was made, changed or removed.
    UserChange,
}

/// Each kind with its permanent name, in the order of the names.
const KINDS: &[(ActKind, &str)] = &[
    (ActKind::AllowAdd, "allow-add"),
    (ActKind::AllowRemove, "allow-remove"),
    (ActKind::Download, "download"),
    (ActKind::Erase, "erase"),
    (ActKind::Export, "export"),
    (ActKind::Login, "login"),
    (ActKind::LoginFailed, "login-failed"),
    (ActKind::Logout, "logout"),
    (ActKind::Lookup, "lookup"),
    (ActKind::Report, "report"),
    (ActKind::Rotate, "rotate"),
    (ActKind::UserChange, "user-change"),
];

impl ActKind {
    /// Every kind, in the order of the names.
    pub fn all() -> impl Iterator<Item = Self> {
        KINDS.iter().map(|(kind, _)| *kind)
    }

    /// The permanent name.
    pub fn name(self) -> &'static str {
        KINDS
            .iter()
            .find(|(kind, _)| *kind == self)
            .map_or("", |(_, name)| name)
    }

    /// How an act of this kind ends when nothing else is said.
    pub(super) fn outcome(self) -> Outcome {
        match self {
            Self::LoginFailed => Outcome::Refused,
            _ => Outcome::Done,
        }
    }
}

/// By which way somebody acts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Channel {
    /// The command line.
    Cli,
    /// The dashboard.
    Dashboard,
}

impl Channel {
    /// The permanent name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cli => "cli",
            Self::Dashboard => "dashboard",
        }
    }
}

/// How an act ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Outcome {
    /// As intended.
    Done,
    /// With an error.
    Failed,
    /// It was not allowed.
    Refused,
    /// It is under way, or was cut off.
    Started,
}

impl Outcome {
    /// The permanent name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Refused => "refused",
            Self::Started => "started",
        }
    }
}
