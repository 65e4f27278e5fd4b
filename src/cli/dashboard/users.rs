//! Users and tokens of the dashboard.

use crate::{
    cli::exit::{Code, Failure},
    config::{Auth, Config, Role},
    review::{
        audit::{Act, ActKind, Audit, Channel, actor},
        dashboard::auth::{
            password,
            users::{Secret, User, Users, UsersError, UsersErrorKind, role_name},
        },
    },
};
use clap::{Args, ValueEnum};
use std::{
    io::{self, BufRead, IsTerminal, Read, Write},
    path::Path,
};

/// Longest password that is read, in bytes; more is refused later on.
const INPUT_BYTES: u64 = 4096;

#[derive(Clone, Copy, Debug, ValueEnum)]
enum RoleName {
    /// Changes the allowlist, looks up people
    Admin,
    /// Looks at everything that is no person
    ReadOnly,
}

impl From<RoleName> for Role {
    fn from(name: RoleName) -> Self {
        match name {
            RoleName::Admin => Self::Admin,
            RoleName::ReadOnly => Self::ReadOnly,
        }
    }
}

/// Adds a user, or gives one another password
///
/// Whoever is logged in with the old password is logged out.
#[derive(Debug, Args)]
pub(super) struct PasswdArgs {
    /// Up to 64 letters, digits and "._@-"
    name: String,
    /// What the user may do; a user who is there keeps their role
    #[arg(long, value_name = "ROLE")]
    role: Option<RoleName>,
    /// Read the password from the first line of standard input
    #[arg(long)]
    stdin: bool,
}

/// Makes a token for a program, and prints it, once
///
/// The program sends it as "Authorization: Bearer TOKEN".
#[derive(Debug, Args)]
pub(super) struct TokenArgs {
    /// Up to 64 letters, digits and "._@-"
    name: String,
    /// What the program may do
    #[arg(long, value_name = "ROLE", default_value = "read-only")]
    role: RoleName,
}

/// Lists users and tokens
#[derive(Debug, Args)]
pub(super) struct UsersArgs {}

/// Removes a user or a token; it is out at once
#[derive(Debug, Args)]
pub(super) struct RemoveArgs {
    name: String,
}

pub(super) fn passwd(args: &PasswdArgs, config: &Config) -> Result<Code, Failure> {
    let password = if args.stdin {
        first_line()
    } else {
        ask_twice()
    };
    let hash = password::hash(&password?).map_err(|e| {
        let code = match e.kind() {
            io::ErrorKind::InvalidInput => Code::Usage,
            _ => Code::Unavailable,
        };
        Failure::new(code, format!("the password is not taken: {e}"))
    })?;
    let role = change(config, |users| {
        let known = users.named(&args.name).map(|user| user.role);
        let role = args
            .role
            .map(Role::from)
            .or(known)
            .unwrap_or(Role::ReadOnly);
        users.set(User {
            name: args.name.clone(),
            role,
            secret: Secret::Password(hash),
        })?;
        Ok(role)
    })?;
    record(
        config,
        &format!("password of {} ({})", args.name, role_name(role)),
    );
    anstream::eprintln!("{} may log in: {}", args.name, role_name(role));
    remind(config);
    Ok(Code::Ok)
}

pub(super) fn token(args: &TokenArgs, config: &Config) -> Result<Code, Failure> {
    let token = password::token()
        .map_err(|e| Failure::from_error(Code::Unavailable, "no random bytes", &e))?;
    let role = args.role.into();
    change(config, |users| {
        users.set(User {
            name: args.name.clone(),
            role,
            secret: Secret::Token(password::token_hash(&token)),
        })
    })?;
    record(
        config,
        &format!("token {} ({})", args.name, role_name(role)),
    );
    writeln!(anstream::stdout(), "{token}")?;
    anstream::eprintln!("This is shown once. It goes into \"Authorization: Bearer …\".");
    remind(config);
    Ok(Code::Ok)
}

pub(super) fn list(_args: &UsersArgs, config: &Config) -> Result<Code, Failure> {
    let users = Users::load(&config.dashboard.users).map_err(|e| failure(&e))?;
    let mut out = anstream::stdout();
    let width = users.iter().map(|user| user.name.len()).max().unwrap_or(0);
    for user in users.iter() {
        let (role, kind) = (role_name(user.role), user.secret.kind());
        writeln!(out, "{:width$}  {role:9}  {kind}", user.name)?;
    }
    if users.is_empty() {
        let path = config.dashboard.users.display();
        anstream::eprintln!("nobody yet in {path}; see \"untrackd dashboard passwd --help\"");
    }
    Ok(Code::Ok)
}

pub(super) fn remove(args: &RemoveArgs, config: &Config) -> Result<Code, Failure> {
    change(config, |users| users.remove(&args.name))?;
    record(config, &format!("removed {}", args.name));
    Ok(Code::Ok)
}

fn change<T>(
    config: &Config,
    change: impl FnOnce(&mut Users) -> Result<T, UsersErrorKind>,
) -> Result<T, Failure> {
    Users::change(&config.dashboard.users, change).map_err(|e| failure(&e))
}

fn failure(error: &UsersError) -> Failure {
    let code = match &error.kind {
        UsersErrorKind::Io(e) if e.kind() == io::ErrorKind::PermissionDenied => Code::Permission,
        UsersErrorKind::Io(_) => Code::CannotCreate,
        UsersErrorKind::Change(_) => return Failure::new(Code::Usage, error.kind.to_string()),
        _ => Code::Config,
    };
    Failure::new(code, error.to_string())
}

/// Notes the change in the audit log. It is done by then, and whoever may
/// write the file of users may also write the audit log.
fn record(config: &Config, details: &str) {
    let written = Audit::of(config).and_then(|audit| {
        audit.record(&Act {
            kind: ActKind::UserChange,
            actor: &actor(),
            channel: Channel::Cli.name(),
            subject: None,
            details,
        })
    });
    if let Err(e) = written {
        anstream::eprintln!("untrackd: {e}");
    }
}

/// Says so if the file is not used.
fn remind(config: &Config) {
    if config.dashboard.auth != Auth::Password {
        anstream::eprintln!("To have it asked for, set dashboard.auth = \"password\".");
    }
}

fn first_line() -> Result<String, Failure> {
    let mut line = String::new();
    let read = io::stdin().lock().take(INPUT_BYTES).read_line(&mut line);
    read.map_err(|e| Failure::file(Code::Io, Path::new("standard input"), &e))?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

fn ask_twice() -> Result<String, Failure> {
    if !io::stdin().is_terminal() {
        let text = "there is no terminal to ask for the password; use --stdin";
        return Err(Failure::new(Code::Usage, text));
    }
    let ask = |prompt: &str| {
        rpassword::prompt_password(prompt)
            .map_err(|e| Failure::from_error(Code::Io, "cannot ask for the password", &e))
    };
    let password = ask("Password (at least 10 characters): ")?;
    if ask("Once more: ")? != password {
        let text = "the passwords differ; nothing was changed";
        return Err(Failure::new(Code::Usage, text));
    }
    Ok(password)
}
