//! The rules and lists that the configuration names, as they are written.
//!
//! The dashboard is a process of its own, so it reads the files itself. What
//! the milter has in force can differ until its next reload; the pages say
//! which version each has.

use crate::{
    config::Config,
    review::dashboard::app::App,
    rules::{
        ListError, ListInfo, ListSource, Lists, Mistake, RuleDetails, RuleFiles, RuleSet,
        RulesError,
    },
};
use std::{
    fs,
    path::Path,
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};
use tokio::{sync::Mutex, task};
use walkdir::WalkDir;

/// How long what was read is shown before the files are read again. Large
/// lists take a tenth of a second.
const KEEP: Duration = Duration::from_secs(60);

/// What the configuration names, read at one time.
#[derive(Debug, Default)]
pub(super) struct Catalogue {
    /// Every rule that can be read, in the order of the files.
    pub(super) rules: Vec<RuleDetails>,
    /// What keeps the rules from being loaded; empty if they are sound.
    pub(super) mistakes: Vec<Mistake>,
    /// Of the rules and lists together; none if either has a mistake.
    pub(super) version: Option<String>,
    /// When a file of the directory of rules was last changed; none for the
    /// built-in rules.
    pub(super) rules_changed: Option<SystemTime>,
    /// The lists of others, in the order of the configuration.
    pub(super) lists: Vec<ListState>,
}

/// A list of others, whether it can be used or not.
#[derive(Debug)]
pub(super) struct ListState {
    /// What the configuration says of it.
    pub(super) source: ListSource,
    /// What it says of itself, or why it cannot be used.
    pub(super) loaded: Result<ListInfo, ListError>,
    /// When the file was last changed.
    pub(super) changed: Option<SystemTime>,
}

impl Catalogue {
    fn read(config: &Config) -> Self {
        let (files, set) = match &config.rules {
            Some(dir) => (RuleFiles::of_dir(dir), RuleSet::from_dir(dir)),
            None => (RuleFiles::shipped(), RuleSet::builtin()),
        };
        let lists: Vec<ListState> = config.lists.iter().map(ListState::read).collect();
        let (version, mistakes) = version(set, config, &lists);
        Self {
            rules: files.rules(),
            mistakes,
            version,
            rules_changed: config.rules.as_deref().and_then(newest_below),
            lists,
        }
    }

    /// The rule with this identifier.
    pub(super) fn rule(&self, id: &str) -> Option<&RuleDetails> {
        self.rules.iter().find(|rule| rule.id == id)
    }

    /// The rules of vendors of this company.
    pub(super) fn of_company<'a>(
        &'a self,
        company: &'a str,
    ) -> impl Iterator<Item = &'a RuleDetails> {
        self.rules
            .iter()
            .filter(move |rule| rule.vendor.company == company)
    }

    /// The rules that name this registrable domain, or a host below it.
    pub(super) fn of_domain<'a>(
        &'a self,
        domain: &'a str,
    ) -> impl Iterator<Item = &'a RuleDetails> {
        let is_below = move |host: &String| {
            host == domain
                || host
                    .strip_suffix(domain)
                    .is_some_and(|rest| rest.ends_with('.'))
        };
        self.rules
            .iter()
            .filter(move |rule| rule.hosts.iter().any(is_below))
    }
}

impl ListState {
    fn read(source: &ListSource) -> Self {
        let changed = fs::metadata(&source.path).and_then(|meta| meta.modified());
        let loaded = Lists::load(std::slice::from_ref(source)).and_then(|lists| {
            let info = lists.infos().first().cloned();
            info.ok_or_else(|| ListError {
                path: source.path.clone(),
                place: None,
                problem: "nothing was read".to_owned(),
            })
        });
        Self {
            source: source.clone(),
            loaded,
            changed: changed.ok(),
        }
    }
}

/// The version of rules and lists together, and the mistakes of the rules.
fn version(
    set: Result<RuleSet, RulesError>,
    config: &Config,
    lists: &[ListState],
) -> (Option<String>, Vec<Mistake>) {
    let set = match set {
        Ok(set) => set,
        Err(error) => return (None, error.mistakes),
    };
    if config.lists.is_empty() {
        return (Some(set.version().to_owned()), Vec::new());
    }
    if lists.iter().any(|list| list.loaded.is_err()) {
        return (None, Vec::new());
    }
    let lists = Lists::load(&config.lists).ok();
    let version = lists.map(|lists| set.with_lists(lists).version().to_owned());
    (version, Vec::new())
}

fn newest_below(dir: &Path) -> Option<SystemTime> {
    let files = WalkDir::new(dir).follow_links(true).into_iter().flatten();
    let times = files.filter_map(|file| file.metadata().ok()?.modified().ok());
    times.max()
}

/// A catalogue and when it was read.
type Kept = (Instant, Arc<Catalogue>);

/// The catalogue, read when it is asked for and kept for a minute.
#[derive(Clone, Debug, Default)]
pub(super) struct Catalogues(Arc<Mutex<Option<Kept>>>);

impl Catalogues {
    /// What the files say, at most a minute ago. Who asks while they are read
    /// waits for the same answer.
    pub(super) async fn get(&self, app: &App) -> Arc<Catalogue> {
        let mut held = self.0.lock().await;
        if let Some((read, catalogue)) = &*held
            && read.elapsed() < KEEP
        {
            return Arc::clone(catalogue);
        }
        let app = app.clone();
        let read = task::spawn_blocking(move || Arc::new(Catalogue::read(app.config())));
        // Only a panic while reading keeps the answer away; then nothing is
        // known, and the next page tries again.
        let Ok(catalogue) = read.await else {
            return Arc::new(Catalogue::default());
        };
        *held = Some((Instant::now(), Arc::clone(&catalogue)));
        catalogue
    }
}
