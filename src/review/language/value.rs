//! Values by the kind of their field, and how they are written.

use super::{
    error::{QueryError, repeat},
    fields::{FieldInfo, Kind},
    lexer::Text,
    number::{self, Range},
};
use crate::telemetry::{
    domain,
    keys::{Keys, normal_address},
};
use ipnet::IpNet;
use std::{fmt, net::IpAddr};

/// One value of a condition.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(in crate::review) enum Value {
    /// A name or a part of it.
    Text(Pattern),
    /// A number.
    Number(Range),
    /// A recipient, or a Message-ID, and all that it may be stored as.
    Person { typed: String, forms: Vec<String> },
    /// Addresses of clients.
    Network(IpNet),
}

/// A name, or its beginning, end or middle.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(in crate::review) struct Pattern {
    pub(in crate::review) text: String,
    /// Whether something may stand before it.
    pub(in crate::review) open_start: bool,
    /// Whether something may stand after it.
    pub(in crate::review) open_end: bool,
}

impl Pattern {
    /// Whether only the name itself fits.
    pub(in crate::review) fn is_exact(&self) -> bool {
        !self.open_start && !self.open_end
    }

    /// Whether this name fits, both in lower case.
    pub(in crate::review) fn fits(&self, name: &str) -> bool {
        match (self.open_start, self.open_end) {
            (false, false) => name == self.text,
            (false, true) => name.starts_with(&self.text),
            (true, false) => name.ends_with(&self.text),
            (true, true) => name.contains(&self.text),
        }
    }
}

/// Reads a value as its field wants it.
pub(super) fn read(
    text: &Text,
    info: &FieldInfo,
    keys: Option<&Keys>,
) -> Result<Value, QueryError> {
    let fail = |problem: String| QueryError::new(text.at, problem);
    let is_open = text.open_start || text.open_end;
    let takes_star = match info.kind {
        Kind::Domain | Kind::Host | Kind::MailDomain | Kind::Name => true,
        Kind::Choice(_) => text.text.is_empty(),
        Kind::Client | Kind::Exact | Kind::Moment(_) | Kind::Number(_) | Kind::Person => false,
    };
    if is_open && !takes_star {
        return Err(fail("takes no *".to_owned()));
    }
    if text.text.is_empty() {
        return Ok(Value::Text(Pattern {
            text: String::new(),
            open_start: false,
            open_end: true,
        }));
    }
    let typed = text.text.as_str();
    match info.kind {
        Kind::Number(unit) => number::parse(typed, unit).map(Value::Number).map_err(fail),
        Kind::Client => network(typed)
            .map(Value::Network)
            .ok_or_else(|| fail(format!("{} is no IP address or network", repeat(typed)))),
        Kind::Person => {
            let typed = normal_address(typed.trim_matches(is_bracket));
            if typed.is_empty() {
                return Err(fail("an address is missing".to_owned()));
            }
            let mut forms = vec![typed.clone()];
            if let Some(keys) = keys.filter(|_| !is_pseudonym(&typed)) {
                forms.extend(keys.recipient_pseudonyms(&typed));
            }
            Ok(Value::Person { typed, forms })
        }
        Kind::Exact if info.name == "message-id" => {
            let typed = typed.trim_matches(is_bracket);
            if typed.is_empty() {
                return Err(fail("a Message-ID is missing".to_owned()));
            }
            Ok(Value::Person {
                typed: typed.to_owned(),
                forms: message_id_forms(typed, keys),
            })
        }
        Kind::Choice(words) => {
            let word = typed.to_lowercase();
            let words = words();
            if words.contains(&word.as_str()) {
                Ok(exact(word))
            } else {
                Err(QueryError::unknown_choice(text.at, typed, &words))
            }
        }
        Kind::Exact => Ok(exact(typed.to_owned())),
        Kind::Domain | Kind::Host | Kind::MailDomain | Kind::Name | Kind::Moment(_) => {
            Ok(Value::Text(pattern(text, info.kind)))
        }
    }
}

/// What may stand around an address or a Message-ID.
fn is_bracket(c: char) -> bool {
    matches!(c, '<' | '>') || c.is_whitespace()
}

fn exact(text: String) -> Value {
    Value::Text(Pattern {
        text,
        open_start: false,
        open_end: false,
    })
}

/// A name as the log would have stored it.
fn pattern(text: &Text, kind: Kind) -> Pattern {
    let lower = text.text.to_lowercase();
    let whole = Pattern {
        text: lower,
        open_start: text.open_start,
        open_end: text.open_end,
    };
    if text.open_end || matches!(kind, Kind::Name) {
        return whole;
    }
    let address = domain::of_address(&whole.text).unwrap_or(&whole.text);
    let name = match kind {
        Kind::Domain if text.open_start => {
            // Subdomains are stored as their registrable domain, so
            // `*.example.org` is example.org; but `*.example` is a suffix.
            let below = whole.text.strip_prefix('.').and_then(psl_domain);
            return match below {
                Some(text) => Pattern {
                    text,
                    open_start: false,
                    open_end: false,
                },
                None => whole,
            };
        }
        Kind::Domain => domain::registrable(address),
        Kind::Host if !text.open_start => domain::normal(&whole.text),
        Kind::MailDomain if !text.open_start => domain::normal(address),
        _ => None,
    };
    match name {
        Some(text) => Pattern { text, ..whole },
        None => whole,
    }
}

fn psl_domain(name: &str) -> Option<String> {
    let name = domain::normal(name)?;
    psl::domain_str(&name).map(str::to_owned)
}

/// All that a Message-ID may be stored as.
pub(in crate::review) fn message_id_forms(typed: &str, keys: Option<&Keys>) -> Vec<String> {
    let mut forms = vec![typed.to_owned()];
    if let Some(keys) = keys {
        forms.extend(keys.all().map(|key| key.message_id(typed)));
    }
    forms
}

/// Whether this is what a recipient's address is stored as, not an address.
pub(super) fn is_pseudonym(text: &str) -> bool {
    text.strip_prefix("r_").is_some_and(|hash| {
        hash.len() == 16 && hash.bytes().all(|b| matches!(b, b'a'..=b'z' | b'2'..=b'7'))
    })
}

/// An address or network; addresses as networks of one, IPv4 as itself.
pub(in crate::review) fn network(text: &str) -> Option<IpNet> {
    let text = text.trim_start_matches('[').trim_end_matches(']');
    if let Ok(address) = text.parse::<IpAddr>() {
        return Some(IpNet::from(address.to_canonical()));
    }
    text.parse::<IpNet>().ok().map(|net| net.trunc())
}

impl Value {
    pub(super) fn write(&self, info: &FieldInfo, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self, info.kind) {
            (Self::Number(range), Kind::Number(unit)) => range.write(unit, f),
            (Self::Number(range), _) => range.write(number::Unit::One, f),
            (Self::Person { typed, .. }, _) => f.write_str(&quoted(typed)),
            (Self::Network(net), _) if net.prefix_len() == net.max_prefix_len() => {
                write!(f, "{}", net.addr())
            }
            (Self::Network(net), _) => write!(f, "{net}"),
            (Self::Text(pattern), _) => {
                let star = |is_open| if is_open { "*" } else { "" };
                let text = match pattern.text.as_str() {
                    "" => String::new(),
                    text => quoted(text),
                };
                let (before, after) = (star(pattern.open_start), star(pattern.open_end));
                write!(f, "{before}{text}{after}")
            }
        }
    }
}

/// A value as it stands in a query.
pub(super) fn quoted(text: &str) -> String {
    quote_if(text, |c| {
        c == ',' || c == '"' || c == '*' || c.is_whitespace()
    })
}

/// A word as it stands in a query.
pub(super) fn quoted_word(text: &str) -> String {
    if text.starts_with('-') {
        return quote_if(text, |_| true);
    }
    quote_if(text, |c| {
        c == ':' || c == '"' || c == '*' || c.is_whitespace()
    })
}

fn quote_if(text: &str, is_special: fn(char) -> bool) -> String {
    if !text.is_empty() && !text.contains(is_special) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        if matches!(c, '"' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('"');
    out
}
