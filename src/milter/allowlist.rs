//! The allowlist as it is now, for a milter that runs.

use crate::allow::{AllowError, AllowFile, Allowlist, Entry, Stamp};
use jiff::Timestamp;
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::SystemTime,
};
use tokio::sync::watch;
use tracing::{info, warn};

/// The allowlist as it is now: each message obeys the file as it was when the
/// message began.
///
/// A look at the file costs one stat(2); it is read only when it has changed.
/// If it cannot be read, what was in force stays in force, and nothing else is
/// spared.
pub struct LiveAllowlist {
    file: Option<AllowFile>,
    state: Mutex<State>,
    problem: watch::Sender<Option<Arc<str>>>,
}

#[derive(Default)]
struct State {
    /// What the file was when it was last read; `None` before that.
    seen: Option<Option<Stamp>>,
    /// All entries, also those that have expired.
    entries: Vec<Entry>,
    /// Those in force.
    list: Arc<Allowlist>,
    /// The time that they were in force at.
    made: Timestamp,
}

impl LiveAllowlist {
    /// The allowlist in this file, which may be made later.
    pub fn new(file: AllowFile) -> Self {
        Self {
            file: Some(file),
            ..Self::default()
        }
    }

    /// What is in force at this time.
    pub fn at(&self, now: SystemTime) -> Arc<Allowlist> {
        let now = Timestamp::try_from(now).unwrap_or(Timestamp::UNIX_EPOCH);
        // A thread that panicked here left no half-made list: it is replaced
        // as a whole.
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let is_new = self.look(&mut state);
        // A clock that is set back brings entries back that had expired by it.
        if is_new || state.list.is_outdated(now) || now < state.made {
            state.list = Arc::new(Allowlist::new(&state.entries, now));
            state.made = now;
        }
        Arc::clone(&state.list)
    }

    /// Why the file cannot be read, if it cannot; changes as often as that
    /// does.
    pub fn problem(&self) -> watch::Receiver<Option<Arc<str>>> {
        self.problem.subscribe()
    }

    /// Reads the file if it has changed. Returns whether there are other
    /// entries now.
    fn look(&self, state: &mut State) -> bool {
        let Some(file) = &self.file else {
            return false;
        };
        let stamp = match file.stamp() {
            Ok(stamp) => stamp,
            Err(error) => {
                state.seen = None;
                self.complain(&error);
                return false;
            }
        };
        if state.seen == Some(stamp) {
            return false;
        }
        match file.load_stamped() {
            Ok((entries, stamp)) => {
                // At the start, no file is nothing to speak of.
                if state.seen.is_some() || stamp.is_some() {
                    let path = file.path().display();
                    info!(entries = entries.len(), "allowlist: read {path}");
                }
                state.seen = Some(stamp);
                state.entries = entries;
                self.problem.send_if_modified(|p| p.take().is_some());
                true
            }
            Err(error) => {
                // As it is it stays unreadable; the next change is looked at.
                let is_content = !matches!(error, AllowError::Io { .. });
                state.seen = is_content.then_some(stamp);
                self.complain(&error);
                false
            }
        }
    }

    /// Says once what is wrong.
    fn complain(&self, error: &AllowError) {
        let text: Arc<str> = error.to_string().into();
        let is_news = self.problem.send_if_modified(|problem| {
            let is_news = problem.as_ref() != Some(&text);
            *problem = Some(Arc::clone(&text));
            is_news
        });
        if is_news {
            let text = crate::visible::printable(&text);
            warn!("allowlist: {text}; what was in force stays in force");
        }
    }
}

impl Default for LiveAllowlist {
    /// One without a file: nothing is ever spared.
    fn default() -> Self {
        Self {
            file: None,
            state: Mutex::default(),
            problem: watch::Sender::new(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::allow::{NewEntry, Scope};
    use std::{fs, time::Duration};

    const NOON: Duration = Duration::from_secs(1_795_348_800);

    fn noon() -> SystemTime {
        SystemTime::UNIX_EPOCH + NOON
    }

    fn entry(value: &str, seconds: Option<i64>) -> NewEntry {
        let noon = Timestamp::try_from(noon()).unwrap();
        NewEntry {
            scope: Scope::Tracker,
            value: value.to_owned(),
            sender: None,
            recipient_domain: None,
            reason: "a reason".to_owned(),
            author: "ann".to_owned(),
            expires: seconds.map(|s| Timestamp::from_second(noon.as_second() + s).unwrap()),
        }
    }

    fn values(list: &Allowlist) -> Vec<&str> {
        list.entries().iter().map(|e| e.value.as_str()).collect()
    }

    #[test]
    fn each_look_sees_the_file_as_it_is() {
        let dir = tempfile::tempdir().unwrap();
        let file = AllowFile::new(dir.path().join("review/allow.toml"));
        let live = LiveAllowlist::new(file.clone());
        let now = Timestamp::try_from(noon()).unwrap();
        assert!(live.at(noon()).is_empty());
        let first = file.add(&entry("a.example", None), now).unwrap();
        assert_eq!(values(&live.at(noon())), ["a.example"]);
        file.add(&entry("b.example", None), now).unwrap();
        assert_eq!(values(&live.at(noon())), ["a.example", "b.example"]);
        file.remove(&first.id).unwrap();
        assert_eq!(values(&live.at(noon())), ["b.example"]);
        fs::remove_file(file.path()).unwrap();
        assert!(live.at(noon()).is_empty());
        assert_eq!(*live.problem().borrow(), None);
    }

    #[test]
    fn an_unchanged_file_is_not_read_again() {
        let dir = tempfile::tempdir().unwrap();
        let file = AllowFile::new(dir.path().join("allow.toml"));
        let live = LiveAllowlist::new(file.clone());
        file.add(&entry("a.example", None), Timestamp::UNIX_EPOCH)
            .unwrap();
        let list = live.at(noon());
        assert!(Arc::ptr_eq(&list, &live.at(noon())));
    }

    #[test]
    fn an_entry_ends_without_a_change_of_the_file() {
        let dir = tempfile::tempdir().unwrap();
        let file = AllowFile::new(dir.path().join("allow.toml"));
        let live = LiveAllowlist::new(file.clone());
        for new in [entry("a.example", Some(10)), entry("b.example", None)] {
            file.add(&new, Timestamp::UNIX_EPOCH).unwrap();
        }
        let at = |seconds| live.at(noon() + Duration::from_secs(seconds));
        assert_eq!(values(&at(9)), ["a.example", "b.example"]);
        assert_eq!(values(&at(10)), ["b.example"]);
        assert_eq!(
            values(&at(9)),
            ["a.example", "b.example"],
            "the clock was ahead, and is set right"
        );
    }

    #[test]
    fn a_bad_file_changes_nothing_and_is_complained_of_once() {
        let dir = tempfile::tempdir().unwrap();
        let file = AllowFile::new(dir.path().join("allow.toml"));
        let live = LiveAllowlist::new(file.clone());
        file.add(&entry("a.example", None), Timestamp::UNIX_EPOCH)
            .unwrap();
        let good = fs::read_to_string(file.path()).unwrap();
        live.at(noon());
        let mut problem = live.problem();

        fs::write(file.path(), good.clone() + "scope =\n").unwrap();
        assert_eq!(values(&live.at(noon())), ["a.example"]);
        assert!(problem.has_changed().unwrap());
        let text = problem.borrow_and_update().clone().unwrap();
        assert!(text.contains("allow.toml:"), "{text}");
        assert_eq!(values(&live.at(noon())), ["a.example"]);
        assert!(!problem.has_changed().unwrap(), "once is enough");

        fs::write(file.path(), good.replace("a.example", "b.example")).unwrap();
        assert_eq!(values(&live.at(noon())), ["b.example"]);
        assert_eq!(*problem.borrow_and_update(), None);
    }

    #[test]
    fn a_bad_file_at_the_start_spares_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("allow.toml");
        fs::write(&path, "[[allow]]\nscope = \"tracker\"\n").unwrap();
        let live = LiveAllowlist::new(AllowFile::new(&path));
        assert!(live.at(noon()).is_empty());
        assert!(live.problem().borrow().is_some());
    }
}
