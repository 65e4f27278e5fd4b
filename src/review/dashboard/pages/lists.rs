//! Where rules come from: the built-in set and the lists of others.

use super::{
    catalogue::{Catalogue, Catalogues, ListState},
    ranges,
    rule_hits::RuleHits,
};
use crate::{
    review::{
        Dimension, Sum,
        dashboard::{
            app::App,
            fault::Fault,
            frame::{Frame, html},
            view::{Shown, moment, number, path},
            visitor::Visitor,
        },
    },
    rules::Needs,
};
use askama::Template;
use axum::{Extension, Router, extract::State, response::Response, routing::get};
use jiff::{Timestamp, Zoned};
use std::time::SystemTime;

const HERE: &str = "/lists";

pub(in crate::review::dashboard) fn routes() -> Router<App> {
    Router::new().route(HERE, get(show))
}

#[derive(Template)]
#[template(path = "lists.html")]
struct ListsPage {
    frame: Frame,
    own: Own,
    lists: Vec<ListView>,
    version: Option<String>,
    in_force: Option<Shown>,
    differs: bool,
    is_builtin: bool,
}

/// The rules of the program or of a directory.
struct Own {
    place: Shown,
    rules: String,
    vendors: String,
    age: String,
    findings: String,
    log: String,
    idle: String,
    mistakes: Vec<Shown>,
}

/// A list of others.
struct ListView {
    name: Shown,
    format: &'static str,
    needs: &'static str,
    path: Shown,
    age: String,
    findings: String,
    log: Option<String>,
    is_unused: bool,
    facts: Option<Facts>,
    error: Option<Shown>,
}

/// What a list that can be used says of itself.
struct Facts {
    version: Shown,
    licence: Shown,
    sha256: String,
    used: String,
    unused: String,
    not_understood: String,
    misread: Vec<Shown>,
}

async fn show(
    State(app): State<App>,
    visitor: Visitor,
    Extension(catalogues): Extension<Catalogues>,
) -> Result<Response, Fault> {
    let catalogue = catalogues.get(&app).await;
    let days = ranges::look_back(&app);
    let (hits, status) = app
        .read(move |reader| {
            let hits = reader.top(Dimension::Rule, days, usize::MAX)?;
            Ok((RuleHits::new(hits), reader.status()?))
        })
        .await?;
    let now = app.now();
    let within = ranges::terms(days);
    let sums = hits.of_lists(&catalogue.lists);
    let lists = catalogue.lists.iter().zip(sums);
    let in_force = status.and_then(|status| status.rules_version);
    html(&ListsPage {
        frame: Frame::new(&app, &visitor, "Lists", HERE),
        own: Own::new(&app, &catalogue, &hits, &within, &now),
        lists: lists
            .map(|(list, sum)| ListView::new(list, sum, &within, &now))
            .collect(),
        differs: in_force
            .as_ref()
            .zip(catalogue.version.as_ref())
            .is_some_and(|(a, b)| a != b),
        in_force: in_force.as_deref().map(Shown::new),
        version: catalogue.version.clone(),
        is_builtin: app.config().rules.is_none(),
    })
}

impl Own {
    fn new(app: &App, catalogue: &Catalogue, hits: &RuleHits, within: &str, now: &Zoned) -> Self {
        let vendors: std::collections::BTreeSet<&str> = catalogue
            .rules
            .iter()
            .map(|rule| rule.vendor.id.as_str())
            .collect();
        let idle = catalogue
            .rules
            .iter()
            .filter(|rule| hits.of_rule(&rule.id).findings == 0);
        let place = app
            .config()
            .rules
            .as_ref()
            .map(|dir| dir.display().to_string());
        Self {
            place: Shown::new(place.as_deref().unwrap_or("built into the program")),
            rules: count(catalogue.rules.len()),
            vendors: count(vendors.len()),
            age: match app.config().rules {
                Some(_) => age(catalogue.rules_changed, now),
                None => format!("those of untrackd {}", env!("CARGO_PKG_VERSION")),
            },
            findings: number::count(hits.of_own(catalogue).findings),
            log: path::log(&format!("rule:* -rule:list-* {within}")),
            idle: count(idle.count()),
            mistakes: catalogue
                .mistakes
                .iter()
                .map(|mistake| Shown::new(&mistake.to_string()))
                .collect(),
        }
    }
}

impl ListView {
    fn new(list: &ListState, sum: Sum, within: &str, now: &Zoned) -> Self {
        let path_shown = list.source.path.display().to_string();
        let info = list.loaded.as_ref().ok();
        let stem = info.map(crate::rules::ListInfo::id_stem);
        Self {
            name: Shown::new(info.map_or(path_shown.as_str(), |info| info.name.as_str())),
            format: list.source.format.name(),
            needs: needs(list.source.needs),
            path: Shown::new(&path_shown),
            age: age(list.changed, now),
            findings: number::count(sum.findings),
            log: stem.map(|stem| path::log(&format!("rule:{stem}* {within}"))),
            is_unused: info.is_some() && sum.findings == 0,
            facts: info.map(|info| Facts {
                version: Shown::new(&info.version),
                licence: Shown::new(&info.licence),
                sha256: info.sha256.clone(),
                used: count(info.used),
                unused: count(info.unused),
                not_understood: count(info.not_understood),
                misread: info
                    .misread
                    .iter()
                    .map(|misread| Shown::new(&misread.to_string()))
                    .collect(),
            }),
            error: list
                .loaded
                .as_ref()
                .err()
                .map(|error| Shown::new(&error.to_string())),
        }
    }
}

fn needs(needs: Needs) -> &'static str {
    match needs {
        Needs::Hidden => "an image that it knows counts if it is tiny or hidden",
        Needs::Nothing => "an image that it knows is a tracker, whatever it looks like",
    }
}

fn count(n: usize) -> String {
    number::count(u64::try_from(n).unwrap_or(u64::MAX))
}

/// How long ago a file was changed.
fn age(changed: Option<SystemTime>, now: &Zoned) -> String {
    let time = changed.and_then(|time| Timestamp::try_from(time).ok());
    match time {
        Some(time) => format!("changed {}", moment::ago(time.as_millisecond(), now)),
        None => "not known".to_owned(),
    }
}
