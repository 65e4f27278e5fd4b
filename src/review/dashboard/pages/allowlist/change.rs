//! Adds entries and takes them away: what is written down before it is done.

use super::{
    HERE,
    form::{Asked, Errors},
    propose,
};
use crate::{
    allow::{AllowError, AllowFile},
    config::Config,
    review::{
        audit::{Act, ActKind, Audit, Channel, Outcome},
        dashboard::{
            app::App,
            csrf::Posted,
            fault::Fault,
            theme::see_other,
            view::{Shown, path},
            visitor::{Admin, Visitor},
        },
    },
};
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use tokio::task;

/// Who decides where nobody says who they are.
const NO_LOGIN: &str = "dashboard (no login)";

/// The name that an entry keeps.
pub(super) fn author(visitor: &Visitor) -> String {
    visitor.name.clone().unwrap_or_else(|| NO_LOGIN.to_owned())
}

/// Why nothing was changed.
enum Refused {
    /// The allowlist says so.
    Allowlist(AllowError),
    /// It could not be written down.
    Audit(String),
}

impl Refused {
    fn told(&self) -> Shown {
        match self {
            Self::Allowlist(error) => Shown::new(&format!("Nothing was changed: {error}")),
            Self::Audit(error) => Shown::new(&format!(
                "Nothing was changed, because it cannot be written down: {error}"
            )),
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Allowlist(AllowError::Value(_)) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Allowlist(AllowError::Known { .. } | AllowError::Busy(_)) => StatusCode::CONFLICT,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

/// Adds what the form asks for.
pub(super) async fn add(
    State(app): State<App>,
    Posted(visitor, asked): Posted<Asked>,
) -> Result<Response, Fault> {
    let Admin(visitor) = Admin::check(visitor)?;
    let proposals = propose::proposals(&app, &asked).await?;
    let now = app.now();
    let author = author(&visitor);
    let new = match asked.entry(&proposals, &author, &now) {
        Ok(new) => new,
        Err(errors) => return propose::refuse(&app, &visitor, asked, &proposals, errors),
    };
    let at = now.timestamp();
    let wanted = new.clone();
    let what = match new.checked("a-new", at) {
        Ok(entry) => entry.describe(),
        Err(error) => {
            let errors = Errors::from([("reason", Shown::new(&error.to_string()))]);
            return propose::refuse(&app, &visitor, asked, &proposals, errors);
        }
    };
    let done = recorded(&app, ActKind::AllowAdd, author, what, move |file| {
        let entry = file.add(&wanted, at)?;
        Ok((
            entry.id.to_string(),
            format!("{} {}", entry.id, entry.describe()),
        ))
    });
    match done.await? {
        Ok(id) => Ok(see_other(&path::with(HERE, &[("added", &id)]))),
        Err(refused) => {
            let (status, told) = (refused.status(), refused.told());
            let page = propose::show_preview(&app, &visitor, asked, &new, Some(told)).await?;
            Ok((status, page).into_response())
        }
    }
}

/// Which entry to take away.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Removal {
    id: String,
}

/// Takes an entry away.
pub(super) async fn remove(
    State(app): State<App>,
    Posted(visitor, Removal { id }): Posted<Removal>,
) -> Result<Response, Fault> {
    let Admin(visitor) = Admin::check(visitor)?;
    let (author, what, wanted) = (author(&visitor), id.clone(), id.clone());
    let done = recorded(&app, ActKind::AllowRemove, author, what, move |file| {
        let removed = file.remove(&wanted)?;
        let id = removed
            .as_ref()
            .map_or_else(String::new, |entry| entry.id.to_string());
        let details = removed.map_or_else(
            || format!("{wanted}: there was none"),
            |entry| format!("{} {}", entry.id, entry.describe()),
        );
        Ok((id, details))
    });
    match done.await? {
        Ok(id) if id.is_empty() => Err(Fault::NotFound(
            "There is no such entry; somebody else may have removed it.".to_owned(),
        )),
        Ok(id) => Ok(see_other(&path::with(HERE, &[("removed", &id)]))),
        Err(refused) => {
            let (status, told) = (refused.status(), refused.told());
            let page = super::page(&app, &visitor, None, Some(told)).await?;
            Ok((status, page).into_response())
        }
    }
}

/// Changes the allowlist, written down before and after. `change` returns the
/// identifier of the entry and what the audit log says.
async fn recorded(
    app: &App,
    kind: ActKind,
    actor: String,
    what: String,
    change: impl FnOnce(&AllowFile) -> Result<(String, String), AllowError> + Send + 'static,
) -> Result<Result<String, Refused>, Fault> {
    let app = app.clone();
    let done = task::spawn_blocking(move || {
        let config: &Config = app.config();
        let unwritten = |error: crate::review::audit::AuditError| Refused::Audit(error.to_string());
        let audit = Audit::of(config).map_err(unwritten)?;
        let begun = audit.begin(&Act {
            kind,
            actor: &actor,
            channel: Channel::Dashboard.name(),
            subject: None,
            details: &what,
        });
        let begun = begun.map_err(unwritten)?;
        let file = AllowFile::new(&config.review.allowlist);
        let (result, outcome, details) = match change(&file) {
            Ok((id, details)) => (Ok(id), Outcome::Done, details),
            Err(error) => {
                let details = format!("{what}: {error}");
                (Err(Refused::Allowlist(error)), Outcome::Failed, details)
            }
        };
        // It stands as begun, if not as ended.
        if let Err(error) = audit.finish(begun, outcome, &details) {
            tracing::error!("{error}");
        }
        result
    });
    done.await.map_err(Fault::internal)
}
