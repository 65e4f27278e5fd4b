//! One entry: what is spared, why, since when and until when.

use super::{ValueError, value};
use jiff::{Timestamp, Unit};
use serde::Serialize;
use std::sync::Arc;

/// Longest reason, in characters.
pub const MAX_REASON: usize = 500;

/// Longest name of an author, in characters.
const MAX_AUTHOR: usize = 100;

/// Longest identifier, in characters.
const MAX_ID: usize = 32;

/// By what an entry knows the findings that it spares; the narrowest first.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// The host of the URL, and the hosts below it.
    Tracker,
    /// A rule that matched.
    Rule,
    /// The company behind the vendor of a rule that matched.
    Company,
    /// The registrable domain of the envelope sender or of the From field.
    /// Anybody can write these into a mail.
    Sender,
    /// The domain of a recipient, without those below it.
    RecipientDomain,
}

impl Scope {
    /// Every scope, the narrowest first.
    pub const ALL: &[Self] = &[
        Self::Tracker,
        Self::Rule,
        Self::Company,
        Self::Sender,
        Self::RecipientDomain,
    ];

    /// The permanent name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tracker => "tracker",
            Self::Rule => "rule",
            Self::Company => "company",
            Self::Sender => "sender",
            Self::RecipientDomain => "recipient-domain",
        }
    }

    /// The scope of this name.
    pub fn of_name(name: &str) -> Option<Self> {
        let mut scopes = Self::ALL.iter().copied();
        scopes.find(|scope| scope.name() == name)
    }
}

/// What somebody wants to add.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NewEntry {
    /// By what the findings are known.
    pub scope: Scope,
    /// The host, rule, company or domain, as it was typed.
    pub value: String,
    /// Only in mail from this sender domain.
    pub sender: Option<String>,
    /// Only in mail to this recipient domain.
    pub recipient_domain: Option<String>,
    /// Why, for those who come later.
    pub reason: String,
    /// Who wants it.
    pub author: String,
    /// From when on it no longer holds.
    pub expires: Option<Timestamp>,
}

/// One entry of the allowlist. Its parts are checked and in their normal
/// spelling.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Entry {
    /// Short and permanent, such as `a-7k3q`: findings in the block log name
    /// it.
    pub id: Arc<str>,
    /// By what the findings are known.
    pub scope: Scope,
    /// The host, rule, company or domain.
    pub value: String,
    /// Only in mail from this sender domain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sender: Option<String>,
    /// Only in mail to this recipient domain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recipient_domain: Option<String>,
    /// Why.
    pub reason: String,
    /// Who added it.
    pub author: String,
    /// When.
    pub created: Timestamp,
    /// From when on it no longer holds; never by default.
    pub expires: Option<Timestamp>,
}

impl NewEntry {
    /// The entry that this becomes under an identifier.
    ///
    /// # Errors
    ///
    /// A part is empty, too long, holds control characters, is no name of its
    /// kind, or is as wide as a public suffix; or it would be over before it
    /// begins.
    pub fn checked(&self, id: &str, now: Timestamp) -> Result<Entry, ValueError> {
        let created = seconds(now);
        let expires = self.expires.map(seconds);
        if expires.is_some_and(|expires| expires <= created) {
            return Err(ValueError(
                "the time when it expires is over already; name a later one".to_owned(),
            ));
        }
        let entry = Entry {
            id: id.into(),
            scope: self.scope,
            value: self.value.clone(),
            sender: self.sender.clone(),
            recipient_domain: self.recipient_domain.clone(),
            reason: self.reason.clone(),
            author: self.author.clone(),
            created,
            expires,
        };
        entry.normal()
    }
}

impl Entry {
    /// Whether it holds at this time.
    pub fn is_in_force(&self, now: Timestamp) -> bool {
        self.expires.is_none_or(|expires| now < expires)
    }

    /// What it spares, in words: `tracker pixel.example.com, only to
    /// example.org`.
    pub fn describe(&self) -> String {
        let mut text = format!("{} {}", self.scope.name(), self.value);
        if let Some(sender) = &self.sender {
            text += &format!(", only from {sender}");
        }
        if let Some(domain) = &self.recipient_domain {
            text += &format!(", only to {domain}");
        }
        text
    }

    /// Whether both spare the same, whatever the reasons.
    pub(super) fn spares_the_same(&self, other: &Self) -> bool {
        let value = |entry: &Self| match entry.scope {
            Scope::Company => value::folded(&entry.value),
            _ => entry.value.clone(),
        };
        self.scope == other.scope
            && value(self) == value(other)
            && self.sender == other.sender
            && self.recipient_domain == other.recipient_domain
    }

    /// The same with every part checked and in its normal spelling.
    pub(super) fn normal(mut self) -> Result<Self, ValueError> {
        check_id(&self.id)?;
        self.value = value::normal(self.scope, &self.value)?;
        // A second condition that says the same again would only confuse.
        if self.sender.is_some() && self.scope == Scope::Sender
            || self.recipient_domain.is_some() && self.scope == Scope::RecipientDomain
        {
            let name = self.scope.name();
            return Err(ValueError(format!(
                "scope {name} cannot be narrowed by {name} again; leave the second one out"
            )));
        }
        let narrow = |scope, text: Option<String>| -> Result<Option<String>, ValueError> {
            text.map(|text| value::normal(scope, &text)).transpose()
        };
        self.sender = narrow(Scope::Sender, self.sender)?;
        self.recipient_domain = narrow(Scope::RecipientDomain, self.recipient_domain)?;
        self.reason = value::text("reason", &self.reason, MAX_REASON)?;
        self.author = value::text("author", &self.author, MAX_AUTHOR)?;
        Ok(self)
    }
}

fn check_id(id: &str) -> Result<(), ValueError> {
    let is_fit = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if id.is_empty() || id.len() > MAX_ID || !id.chars().all(is_fit) {
        return Err(ValueError(format!(
            "id {id:?} must be 1 to {MAX_ID} small letters, digits and hyphens, such as \"a-7k3q\""
        )));
    }
    Ok(())
}

/// Without the fractions of a second, which only make the file hard to read.
fn seconds(time: Timestamp) -> Timestamp {
    time.round(Unit::Second).unwrap_or(time)
}
