//! Whom a stored message was for, as far as its header tells.

use mail_parser::{Address, HeaderValue, MessageParser};
use serde::Serialize;

/// Fields that delivery adds, the most telling first: each names the envelope
/// recipient, which the milter would know.
const DELIVERY: &[&str] = &["Delivered-To", "X-Original-To", "Envelope-To"];
/// Fields that the sender wrote.
const WRITTEN: &[&str] = &["To", "Cc", "Bcc"];

/// Recipients, and how they are known.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
pub(super) struct Known {
    pub(super) addresses: Vec<String>,
    /// The header fields; none if they were given.
    pub(super) from: Vec<&'static str>,
}

impl Known {
    /// As the user says.
    pub(super) fn given(addresses: &[String]) -> Self {
        Self {
            addresses: addresses.to_vec(),
            from: Vec::new(),
        }
    }

    /// From the header of a message: the first field of delivery that has an
    /// address, or else all that the sender wrote.
    pub(super) fn from_header(raw: &[u8]) -> Self {
        let Some(message) = MessageParser::default().parse_headers(raw) else {
            return Self::default();
        };
        let of_field = |name: &str| -> Vec<String> {
            let values = message.header_values(name.to_owned());
            values.flat_map(addresses).collect()
        };
        for &name in DELIVERY {
            let addresses = of_field(name);
            if !addresses.is_empty() {
                return Self {
                    addresses,
                    from: vec![name],
                };
            }
        }
        let mut known = Self::default();
        for &name in WRITTEN {
            let addresses = of_field(name);
            if !addresses.is_empty() {
                known.from.push(name);
                known.addresses.extend(addresses);
            }
        }
        known
    }
}

fn addresses(value: &HeaderValue<'_>) -> Vec<String> {
    match value {
        HeaderValue::Address(Address::List(list)) => list
            .iter()
            .filter_map(|a| a.address())
            .map(str::to_owned)
            .collect(),
        HeaderValue::Address(Address::Group(groups)) => groups
            .iter()
            .flat_map(|group| group.addresses.iter())
            .filter_map(|a| a.address())
            .map(str::to_owned)
            .collect(),
        // Fields of delivery are not known to the parser, and hold one.
        HeaderValue::Text(text) => bare(text).into_iter().collect(),
        HeaderValue::TextList(list) => list.iter().filter_map(|text| bare(text)).collect(),
        _ => Vec::new(),
    }
}

fn bare(text: &str) -> Option<String> {
    let text = text.trim().trim_start_matches('<').trim_end_matches('>');
    let is_address = text.contains('@') && !text.contains(char::is_whitespace);
    is_address.then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(header: &str) -> (Vec<String>, Vec<&'static str>) {
        let known = Known::from_header(format!("{header}\r\n\r\nbody\r\n").as_bytes());
        (known.addresses, known.from)
    }

    #[test]
    fn delivery_is_believed_before_the_sender() {
        let header =
            "To: List <list@example.org>\r\nDelivered-To: ann@example.net\r\nCc: x@example.org";
        assert_eq!(
            known(header),
            (vec!["ann@example.net".to_owned()], vec!["Delivered-To"])
        );
        assert_eq!(
            known("X-Original-To: <bob@example.net>\r\nTo: list@example.org"),
            (vec!["bob@example.net".to_owned()], vec!["X-Original-To"])
        );
    }

    #[test]
    fn otherwise_all_whom_the_sender_named_are_taken() {
        let header = "To: Ann <ann@example.net>, \"B, C\" <bob@example.net>\r\n\
                      Cc: team: carl@example.net, dora@example.net;";
        let expected = ["ann", "bob", "carl", "dora"].map(|name| format!("{name}@example.net"));
        assert_eq!(known(header), (expected.to_vec(), vec!["To", "Cc"]));
        assert_eq!(known("Subject: a"), (vec![], vec![]));
    }
}
