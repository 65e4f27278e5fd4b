//! The form for a new entry: what was typed, and what is wrong with it.

use crate::{
    allow::{self, Entry, NewEntry, Scope},
    review::{
        Dimension,
        dashboard::{pages::named, view::Shown},
        preview::Proposal,
    },
};
use jiff::{Timestamp, ToSpan, Zoned, civil::Date};
use serde::Deserialize;
use std::collections::BTreeMap;

/// The value of `choice` for what is typed by hand.
pub(super) const OWN: &str = "own";

/// Each scope as people read it, the dimension whose pages tell about it, and
/// what it spares.
const SCOPES: &[(Scope, &str, Option<Dimension>, &str)] = &[
    (
        Scope::Tracker,
        "Tracker host",
        None,
        "the host of the URL, and the hosts below it",
    ),
    (
        Scope::Rule,
        "Rule",
        Some(Dimension::Rule),
        "everything that this rule knows",
    ),
    (
        Scope::Company,
        "Company",
        Some(Dimension::Company),
        "everything of this company",
    ),
    (
        Scope::Sender,
        "Sender domain",
        Some(Dimension::Sender),
        "everything in mail that says it is from this domain, which anybody can write",
    ),
    (
        Scope::RecipientDomain,
        "Recipient domain",
        None,
        "everything in mail to this domain",
    ),
];

/// Until when an entry may hold: what is sent, what is read, and days.
const EXPIRIES: &[(&str, &str, Option<i64>)] = &[
    ("7d", "for a week", Some(7)),
    ("30d", "for 30 days", Some(30)),
    ("90d", "for 90 days", Some(90)),
    ("never", "for good", None),
];

/// The default, which makes people look again.
const DEFAULT_EXPIRY: &str = "90d";

/// What was typed. Everything may be missing.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    /// The message and finding that the proposals are for.
    pub(super) message: String,
    pub(super) finding: String,
    /// One of the proposals, or [`OWN`].
    pub(super) choice: String,
    pub(super) scope: String,
    pub(super) value: String,
    pub(super) sender: String,
    pub(super) recipient_domain: String,
    pub(super) reason: String,
    pub(super) expires: String,
    /// A date, which goes before `expires`.
    pub(super) until: String,
    /// `edit` to see the form again instead of a preview.
    pub(super) step: String,
}

/// What is wrong, by the name of the field.
pub(super) type Errors = BTreeMap<&'static str, Shown>;

impl Asked {
    /// What was typed, made visible; no entry holds what cannot be seen.
    #[allow(clippy::unused_self, reason = "templates reach it through the form")]
    pub(super) fn typed(&self, text: &str) -> Shown {
        Shown::new(text)
    }

    /// What was chosen or typed, without spaces around it: scope, value,
    /// sender and recipient domain.
    fn what(&self) -> (&str, &str, &str, &str) {
        (
            self.scope.trim(),
            self.value.trim(),
            self.sender.trim(),
            self.recipient_domain.trim(),
        )
    }

    /// The entry that this asks for.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it, by field.
    pub(super) fn entry(
        &self,
        proposals: &[Proposal],
        author: &str,
        now: &Zoned,
    ) -> Result<NewEntry, Errors> {
        let mut errors = Errors::new();
        let chosen = self
            .choice
            .parse()
            .ok()
            .and_then(|n: usize| proposals.get(n));
        if chosen.is_none() && !matches!(self.choice.as_str(), "" | OWN) {
            let text = "this proposal is gone with its message; choose again";
            errors.insert("choice", Shown::new(text));
        }
        let (scope, value, sender, recipient_domain) = self.what();
        let (scope, value, sender) = match chosen {
            Some(chosen) => (
                Some(chosen.scope),
                chosen.value.as_str(),
                chosen.sender.as_deref().unwrap_or(sender),
            ),
            None => (Scope::of_name(scope), value, sender),
        };
        let mut check = |field, scope: Scope, value: &str| {
            if let Err(error) = allow::normal(scope, value) {
                errors.insert(field, Shown::new(&error.to_string()));
            }
        };
        match scope {
            Some(scope) => check("value", scope, value),
            None => drop(errors.insert("scope", Shown::new("choose what it is about"))),
        }
        for (field, of, value) in [
            ("sender", Scope::Sender, sender),
            ("recipient_domain", Scope::RecipientDomain, recipient_domain),
        ] {
            if value.is_empty() {
                continue;
            }
            if scope == Some(of) {
                let text = "the entry is about this already; leave it empty";
                errors.insert(field, Shown::new(text));
            } else if let Err(error) = allow::normal(of, value) {
                errors.insert(field, Shown::new(&error.to_string()));
            }
        }
        let expires = match self.expires(now) {
            Ok(expires) => expires,
            Err(problem) => {
                errors.insert("until", Shown::new(&problem));
                None
            }
        };
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let new = NewEntry {
            scope: scope.unwrap_or(Scope::Tracker),
            value: value.to_owned(),
            sender: some(sender),
            recipient_domain: some(recipient_domain),
            reason: self.reason.clone(),
            author: author.to_owned(),
            expires,
        };
        // What is left to be wrong is the reason.
        if errors.is_empty()
            && let Err(error) = new.checked("a-preview", now.timestamp())
        {
            errors.insert("reason", Shown::new(&error.to_string()));
        }
        if self.reason.trim().is_empty() {
            let text = "say why, for those who come later";
            errors.insert("reason", Shown::new(text));
        }
        if errors.is_empty() {
            Ok(new)
        } else {
            Err(errors)
        }
    }

    /// From when on the entry no longer holds.
    fn expires(&self, now: &Zoned) -> Result<Option<Timestamp>, String> {
        let until = self.until.trim();
        if !until.is_empty() {
            let date: Date = until
                .parse()
                .map_err(|_| format!("{until:?} is no date; write one such as {}", now.date()))?;
            // To the end of that day.
            let end = date
                .tomorrow()
                .and_then(|next| next.to_zoned(now.time_zone().clone()))
                .map_err(|_| format!("{until} is too far away"))?;
            if end.timestamp() <= now.timestamp() {
                return Err(format!("{until} is over already; name a later day"));
            }
            return Ok(Some(end.timestamp()));
        }
        let name = match self.expires.as_str() {
            "" => DEFAULT_EXPIRY,
            name => name,
        };
        let found = EXPIRIES.iter().find(|(own, ..)| *own == name);
        match found {
            Some((.., Some(days))) => now
                .checked_add(days.days())
                .map(|end| Some(end.timestamp()))
                .map_err(|error| error.to_string()),
            Some(_) => Ok(None),
            None => Err("choose how long it holds".to_owned()),
        }
    }
}

/// A choice of a form.
#[derive(Debug)]
pub(super) struct Choice {
    pub(super) value: String,
    pub(super) label: Shown,
    pub(super) note: &'static str,
    pub(super) is_chosen: bool,
}

/// The choice of a scope.
pub(super) fn scopes(chosen: &str) -> Vec<Choice> {
    let choice =
        |(scope, label, _, note): &(Scope, &str, Option<Dimension>, &'static str)| Choice {
            value: scope.name().to_owned(),
            label: Shown::new(label),
            note,
            is_chosen: scope.name() == chosen,
        };
    SCOPES.iter().map(choice).collect()
}

/// The choice of how long it holds.
pub(super) fn expiries(chosen: &str) -> Vec<Choice> {
    let chosen = if chosen.is_empty() {
        DEFAULT_EXPIRY
    } else {
        chosen
    };
    let choice = |(value, label, _): &(&str, &str, Option<i64>)| Choice {
        value: (*value).to_owned(),
        label: Shown::new(label),
        note: "",
        is_chosen: *value == chosen,
    };
    EXPIRIES.iter().map(choice).collect()
}

/// The choice of a proposal; the narrowest one unless another was chosen.
pub(super) fn proposals(proposals: &[Proposal], chosen: &str) -> Vec<Choice> {
    let choice = |(n, proposal): (usize, &Proposal)| {
        let value = n.to_string();
        let narrowed = proposal.sender.as_ref();
        let narrowed = narrowed.map_or_else(String::new, |sender| format!(", only from {sender}"));
        let text = format!("{} {}{narrowed}", label(proposal.scope), proposal.value);
        Choice {
            label: Shown::new(&text),
            note: proposal.why,
            is_chosen: value == chosen || chosen.is_empty() && n == 0,
            value,
        }
    };
    proposals.iter().enumerate().map(choice).collect()
}

/// A scope as people read it.
pub(super) fn label(scope: Scope) -> &'static str {
    let found = SCOPES.iter().find(|(own, ..)| *own == scope);
    found.map_or("", |(_, label, ..)| label)
}

/// The page that tells about what an entry is for.
pub(super) fn page(entry: &Entry) -> Option<String> {
    let (.., dimension, _) = SCOPES.iter().find(|(own, ..)| *own == entry.scope)?;
    named::page((*dimension)?, &entry.value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Zoned {
        "2026-11-22T12:00:00+00:00[UTC]".parse().unwrap()
    }

    fn asked() -> Asked {
        Asked {
            choice: OWN.to_owned(),
            scope: "tracker".to_owned(),
            value: "Pixel.Example.com".to_owned(),
            reason: "billing needs it".to_owned(),
            expires: "7d".to_owned(),
            ..Asked::default()
        }
    }

    fn wrong(asked: &Asked) -> Vec<&'static str> {
        let errors = asked.entry(&[], "ann", &now()).unwrap_err();
        errors.into_keys().collect()
    }

    #[test]
    fn a_full_form_is_an_entry() {
        let entry = asked().entry(&[], "ann", &now()).unwrap();
        assert_eq!(entry.scope, Scope::Tracker);
        assert_eq!(entry.author, "ann");
        // Seven days after 2026-11-22T12:00:00Z.
        assert_eq!(entry.expires, Some("2026-11-29T12:00:00Z".parse().unwrap()));
    }

    #[test]
    fn each_mistake_stands_beside_its_field() {
        assert_eq!(wrong(&Asked::default()), ["reason", "scope"]);
        for (field, value, expected) in [
            ("value", "com", "value"),
            ("value", "", "value"),
            ("sender", "no domain", "sender"),
            ("recipient_domain", "a b", "recipient_domain"),
            ("reason", "  ", "reason"),
            ("reason", "a\u{202e}b", "reason"),
            ("until", "22.11.2026", "until"),
            ("until", "2026-11-21", "until"),
            ("expires", "soon", "until"),
            ("choice", "7", "choice"),
        ] {
            let mut asked = asked();
            let place = match field {
                "value" => &mut asked.value,
                "sender" => &mut asked.sender,
                "recipient_domain" => &mut asked.recipient_domain,
                "reason" => &mut asked.reason,
                "until" => &mut asked.until,
                "expires" => &mut asked.expires,
                _ => &mut asked.choice,
            };
            *place = value.to_owned();
            assert_eq!(wrong(&asked), [expected], "{field} {value:?}");
        }
    }

    #[test]
    fn a_date_holds_to_its_end_and_goes_first() {
        let asked = Asked {
            until: "2026-11-22".to_owned(),
            expires: "never".to_owned(),
            ..asked()
        };
        let entry = asked.entry(&[], "ann", &now()).unwrap();
        assert_eq!(entry.expires, Some("2026-11-23T00:00:00Z".parse().unwrap()));
    }

    #[test]
    fn a_proposal_is_chosen_by_its_place() {
        let proposal = Proposal {
            scope: Scope::Rule,
            value: "example-open".to_owned(),
            sender: Some("shop.example".to_owned()),
            why: "",
        };
        let asked = Asked {
            choice: "0".to_owned(),
            ..asked()
        };
        let entry = asked.entry(&[proposal], "ann", &now()).unwrap();
        assert_eq!(entry.scope, Scope::Rule);
        assert_eq!(entry.value, "example-open");
        assert_eq!(entry.sender.as_deref(), Some("shop.example"));
    }

    #[test]
    fn every_scope_has_words() {
        for scope in Scope::ALL {
            assert_ne!(label(*scope), "", "{scope:?}");
        }
    }
}
