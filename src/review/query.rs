//! What to look for, and the SQL that finds it.

use crate::telemetry::{
    Disposition, domain,
    keys::{Keys, normal_address},
    store::schema,
};
use crate::{sighting::Vector, skip::Skip};
use rusqlite::types::Value;

/// What to look for. Everything that is set must fit; an empty query fits
/// every message.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Query {
    /// Not before this time, in milliseconds since 1970 (UTC).
    pub since_ms: Option<i64>,
    /// Before this time, in milliseconds since 1970 (UTC).
    pub until_ms: Option<i64>,
    /// A domain, or an address of it: of the envelope sender or of the From
    /// field. Subdomains are the same as their registrable domain.
    pub sender_domain: Option<String>,
    /// Everything that the recipient may be stored as; see
    /// [`Query::set_recipient`].
    pub recipients: Option<Vec<String>>,
    /// A host, a registrable domain, a vendor or a company.
    pub tracker: Option<String>,
    /// Identifier of a rule.
    pub rule: Option<String>,
    /// How the URL is reached.
    pub vector: Option<Vector>,
    /// The MTA's queue id.
    pub queue_id: Option<String>,
    /// What became of the message.
    pub disposition: Option<Disposition>,
    /// Why the message, or a part of it, was not cleaned.
    pub skip: Option<Skip>,
}

/// A condition in SQL and the values of its parameters, in order.
#[derive(Debug, Default)]
pub(super) struct Sql {
    pub(super) text: String,
    pub(super) values: Vec<Value>,
}

impl Sql {
    fn and(&mut self, condition: &str, values: impl IntoIterator<Item = Value>) {
        if !self.text.is_empty() {
            self.text += " AND ";
        }
        self.text += condition;
        self.values.extend(values);
    }
}

impl Query {
    /// Looks for messages to this recipient: an address, which is hashed with
    /// every key and also looked for in clear, or a pseudonym.
    pub fn set_recipient(&mut self, recipient: &str, keys: Option<&Keys>) {
        let mut forms = vec![normal_address(recipient)];
        if let Some(keys) = keys {
            forms.extend(keys.recipient_pseudonyms(recipient));
        }
        self.recipients = Some(forms);
    }

    /// Whether it asks for something about findings.
    pub(super) fn asks_for_findings(&self) -> bool {
        self.tracker.is_some() || self.rule.is_some() || self.vector.is_some()
    }

    /// Conditions on `message m`.
    pub(super) fn message_sql(&self) -> Sql {
        let mut sql = Sql::default();
        if let Some(since) = self.since_ms {
            sql.and("m.id >= ?", [schema::first_id(since).into()]);
        }
        if let Some(until) = self.until_ms {
            sql.and("m.id < ?", [schema::first_id(until).into()]);
        }
        if let Some(sender) = &self.sender_domain {
            let domain = domain::of_address(sender).unwrap_or(sender);
            let domain = domain::registrable(domain).unwrap_or_else(|| domain.to_lowercase());
            let is = "(SELECT id FROM domain WHERE name = ?)";
            sql.and(
                &format!("(m.sender_domain = {is} OR m.from_domain = {is})"),
                [domain.clone().into(), domain.into()],
            );
        }
        if let Some(forms) = &self.recipients {
            let marks = vec!["?"; forms.len()].join(", ");
            sql.and(
                &format!("m.id IN (SELECT message FROM recipient WHERE who IN ({marks}))"),
                forms.iter().map(|form| form.clone().into()),
            );
        }
        if let Some(queue_id) = &self.queue_id {
            sql.and("m.queue_id = ?", [queue_id.clone().into()]);
        }
        if let Some(disposition) = self.disposition {
            sql.and(
                "m.disposition = (SELECT id FROM disposition WHERE name = ?)",
                [disposition.name().to_owned().into()],
            );
        }
        if let Some(skip) = self.skip {
            sql.and(
                "instr(' ' || m.skips, ?) > 0",
                [format!(" {}:", skip.name()).into()],
            );
        }
        sql
    }

    /// Conditions on `finding f`.
    pub(super) fn finding_sql(&self) -> Sql {
        let mut sql = Sql::default();
        if let Some(since) = self.since_ms {
            let first = schema::first_finding(schema::first_id(since));
            sql.and("f.id >= ?", [first.into()]);
        }
        if let Some(until) = self.until_ms {
            let first = schema::first_finding(schema::first_id(until));
            sql.and("f.id < ?", [first.into()]);
        }
        if let Some(tracker) = &self.tracker {
            let name = tracker.trim().trim_end_matches('.').to_lowercase();
            let is = |table, column| {
                format!("f.{column} IN (SELECT id FROM {table} WHERE name = ? COLLATE NOCASE)")
            };
            sql.and(
                &format!(
                    "({} OR {} OR {} OR {} OR {})",
                    is("tracker", "tracker"),
                    is("domain", "tracker_domain"),
                    is("vendor", "vendor"),
                    is("vendor_name", "vendor_name"),
                    is("company", "company"),
                ),
                vec![Value::from(name); 5],
            );
        }
        if let Some(rule) = &self.rule {
            sql.and(
                "(f.rule = (SELECT id FROM rule WHERE name = ?) OR instr(f.inner_rules, ?) > 0)",
                [rule.clone().into(), format!(" {rule} ").into()],
            );
        }
        if let Some(vector) = self.vector {
            sql.and(
                "f.vector = (SELECT id FROM vector WHERE name = ?)",
                [vector.name().to_owned().into()],
            );
        }
        sql
    }
}
