//! The query that a visitor types: read, permitted and recorded.

use crate::{
    review::{
        Context, Query, QueryError, ReviewError, audit,
        dashboard::{app::App, fault::Fault, visitor::Visitor},
    },
    telemetry::keys::Keys,
};
use tokio::task;

/// A query that may be answered, or what is wrong with its text.
pub(super) type Asked = Result<Query, QueryError>;

/// Reads a query. One that asks for a person by name is refused to all but
/// administrators, and is in the audit log before it is answered.
///
/// # Errors
///
/// The visitor may not look up people, or it cannot be recorded.
pub(super) async fn read(app: &App, visitor: &Visitor, text: &str) -> Result<Asked, Fault> {
    let query = match parse(app, text, None) {
        Ok(query) => query,
        Err(error) => return Ok(Err(error)),
    };
    if query.people().is_empty() {
        return Ok(Ok(query));
    }
    if !visitor.is_admin() {
        return Err(Fault::Forbidden(
            "Only administrators may look up a person by address or Message-ID. Your role is \
             read-only; ask by queue id, domain or pseudonym."
                .to_owned(),
        ));
    }
    let keys = app.keys().await?;
    let query = match parse(app, text, keys.as_ref()) {
        Ok(query) => query,
        Err(error) => return Ok(Err(error)),
    };
    record(app, visitor, query.people().to_vec()).await?;
    Ok(Ok(query))
}

fn parse(app: &App, text: &str, keys: Option<&Keys>) -> Asked {
    let now = app.now();
    Query::parse(text, &Context { now: &now, keys })
}

async fn record(app: &App, visitor: &Visitor, people: Vec<String>) -> Result<(), Fault> {
    let app = app.clone();
    let actor = actor(visitor);
    let written = task::spawn_blocking(move || {
        let channel = audit::Channel::Dashboard.name();
        audit::lookup_by(app.config(), &actor, &people, channel)
    });
    let written = written.await.map_err(Fault::internal)?;
    written.map_err(Fault::internal)
}

/// Says of a question that takes too long what would help.
pub(super) fn bounded<T>(answer: Result<T, Fault>) -> Result<T, Fault> {
    answer.map_err(|fault| {
        match fault {
        Fault::Review(ReviewError::TooLong) => Fault::Busy(
            "To answer this takes too long. Ask for fewer days (since:7d), or add a condition on a \
             domain, a company or an outcome."
                .to_owned(),
        ),
        fault => fault,
    }
    })
}

/// Before the first message there is no block log, which is the same as an
/// empty one.
pub(super) fn or_empty<T: Default>(answer: Result<T, Fault>) -> Result<T, Fault> {
    match answer {
        Err(Fault::Review(ReviewError::Missing(_))) => Ok(T::default()),
        answer => answer,
    }
}

/// Who the audit log says it was.
pub(super) fn actor(visitor: &Visitor) -> String {
    visitor.name.clone().unwrap_or_else(|| "visitor".to_owned())
}
