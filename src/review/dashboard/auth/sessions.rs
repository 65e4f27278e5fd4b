//! Who has logged in. Sessions are known to the server only; the browser has
//! a random number.

use super::{
    password,
    users::{Secret, User, Users},
};
use sha2::{Digest, Sha256};
use std::{
    collections::HashMap,
    io,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// Most sessions of everybody together.
const MOST: usize = 1000;
/// Most sessions of one user; the one that was idle longest goes.
const MOST_OF_ONE: usize = 20;
/// Longest life of a session, however busy it is.
const LONGEST: Duration = Duration::from_secs(30 * 86_400);

#[derive(Debug)]
struct Session {
    user: String,
    /// A hash of the user's password hash: another password ends the session.
    stamp: [u8; 32],
    begun: Instant,
    used: Instant,
}

/// All sessions, by the hash of their number, so that looking one up tells
/// nothing about the others.
#[derive(Debug)]
pub(super) struct Sessions {
    table: Mutex<HashMap<[u8; 32], Session>>,
    idle: Duration,
}

impl Sessions {
    /// Sessions end after `idle` without a request.
    pub(super) fn new(idle: Duration) -> Self {
        Self {
            table: Mutex::default(),
            idle,
        }
    }

    /// Begins a session, with a new number.
    pub(super) fn begin(&self, user: &User, now: Instant) -> io::Result<String> {
        let id = password::random()?;
        let session = Session {
            user: user.name.clone(),
            stamp: stamp(user),
            begun: now,
            used: now,
        };
        let mut table = self.table();
        table.retain(|_, session| self.is_alive(session, now));
        let of_one = table.values().filter(|s| s.user == user.name).count();
        if of_one >= MOST_OF_ONE {
            remove_idlest(&mut table, |session| session.user == user.name);
        }
        if table.len() >= MOST {
            remove_idlest(&mut table, |_| true);
        }
        table.insert(hash(&id), session);
        Ok(id)
    }

    /// The user whose session this is. `is_use` tells whether somebody asked
    /// for it, and not a page by itself.
    pub(super) fn find(&self, id: &str, users: &Users, now: Instant, is_use: bool) -> Option<User> {
        let key = hash(id);
        let mut table = self.table();
        let session = table.get_mut(&key)?;
        let user = users.named(&session.user);
        let user = user.filter(|user| stamp(user) == session.stamp);
        match user {
            Some(user) if self.is_alive(session, now) => {
                if is_use {
                    session.used = now;
                }
                Some(user.clone())
            }
            _ => {
                table.remove(&key);
                None
            }
        }
    }

    /// Ends a session.
    pub(super) fn end(&self, id: &str) {
        self.table().remove(&hash(id));
    }

    fn is_alive(&self, session: &Session, now: Instant) -> bool {
        now.saturating_duration_since(session.used) < self.idle
            && now.saturating_duration_since(session.begun) < LONGEST
    }

    fn table(&self) -> std::sync::MutexGuard<'_, HashMap<[u8; 32], Session>> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn remove_idlest(table: &mut HashMap<[u8; 32], Session>, among: impl Fn(&Session) -> bool) {
    let idlest = table
        .iter()
        .filter(|(_, session)| among(session))
        .min_by_key(|(_, session)| session.used)
        .map(|(key, _)| *key);
    if let Some(key) = idlest {
        table.remove(&key);
    }
}

fn hash(id: &str) -> [u8; 32] {
    Sha256::digest(id.as_bytes()).into()
}

fn stamp(user: &User) -> [u8; 32] {
    match &user.secret {
        Secret::Password(hash) => Sha256::digest(hash.as_bytes()).into(),
        Secret::Token(hash) => *hash,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Role;

    const IDLE: Duration = Duration::from_secs(600);

    fn user(name: &str, password: &str) -> User {
        User {
            name: name.to_owned(),
            role: Role::ReadOnly,
            secret: Secret::Password(password.to_owned()),
        }
    }

    fn users(all: &[User]) -> Users {
        let mut users = Users::default();
        for user in all {
            users.set(user.clone()).unwrap();
        }
        users
    }

    #[test]
    fn a_session_ends_when_nobody_uses_it() {
        let ada = user("ada", "hash");
        let users = users(std::slice::from_ref(&ada));
        let sessions = Sessions::new(IDLE);
        let start = Instant::now();
        let id = sessions.begin(&ada, start).unwrap();
        assert_eq!(sessions.find("other", &users, start, true), None);
        let almost = start + IDLE * 9 / 10;
        assert!(sessions.find(&id, &users, almost, true).is_some());
        // A page that reloads itself keeps nobody in.
        let later = almost + IDLE * 9 / 10;
        assert!(sessions.find(&id, &users, later, false).is_some());
        assert_eq!(sessions.find(&id, &users, almost + IDLE, true), None);
        assert_eq!(sessions.find(&id, &users, later, true), None);
    }

    #[test]
    fn however_busy_a_session_ends_after_a_month() {
        let ada = user("ada", "hash");
        let users = users(std::slice::from_ref(&ada));
        let sessions = Sessions::new(Duration::from_secs(20 * 86_400));
        let start = Instant::now();
        let id = sessions.begin(&ada, start).unwrap();
        let day = Duration::from_secs(86_400);
        assert!(sessions.find(&id, &users, start + day * 19, true).is_some());
        assert_eq!(sessions.find(&id, &users, start + day * 30, true), None);
    }

    #[test]
    fn another_password_or_none_ends_all_sessions() {
        let ada = user("ada", "hash");
        let sessions = Sessions::new(IDLE);
        let now = Instant::now();
        let id = sessions.begin(&ada, now).unwrap();
        let changed = users(&[user("ada", "other")]);
        assert_eq!(sessions.find(&id, &changed, now, true), None);
        let id = sessions.begin(&ada, now).unwrap();
        assert_eq!(sessions.find(&id, &users(&[]), now, true), None);
    }

    #[test]
    fn sessions_have_bounds() {
        let sessions = Sessions::new(IDLE);
        let mut now = Instant::now();
        let ada = user("ada", "hash");
        let all = users(std::slice::from_ref(&ada));
        let first = sessions.begin(&ada, now).unwrap();
        for _ in 0..MOST_OF_ONE {
            now += Duration::from_millis(1);
            sessions.begin(&ada, now).unwrap();
        }
        assert_eq!(sessions.find(&first, &all, now, true), None);
        assert_eq!(sessions.table().len(), MOST_OF_ONE);
        for n in 0..MOST {
            sessions
                .begin(&user(&format!("u{n}"), "hash"), now)
                .unwrap();
        }
        assert_eq!(sessions.table().len(), MOST);
    }
}
