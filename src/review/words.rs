//! The permanent names of evidence, skips, ambiguities and disclosures in
//! words.

use crate::{judge::Disclosure, message::Ambiguity, sighting::Trigger, skip::Skip};
use std::collections::BTreeSet;

/// What each kind of evidence says. The first ones count, as in
/// `rules/heuristics.toml`; the others explain.
const EVIDENCE: &[(&str, &str)] = &[
    ("alone", "a picture of the mail would have company"),
    ("hidden", "nobody is meant to see it"),
    ("hidden-ancestor", "nobody is meant to see it"),
    ("large", "it was made to be seen, on another device perhaps"),
    (
        "no-size",
        "a picture that is meant to be seen states one of them",
    ),
    ("number", "it can stand for one recipient or one mailing"),
    ("program", "a program answers it, no picture file"),
    (
        "read-event",
        "it is loaded only when the mail is printed or forwarded",
    ),
    ("recipient", "it names whom the mail is for"),
    ("repeated", "a picture that serves the layout"),
    ("rule", "the open endpoint of a known service"),
    (
        "rule-hidden",
        "an endpoint that counts if nobody is meant to see it",
    ),
    ("same-host", "the host is no mere counter"),
    ("spacer-name", "a picture that serves the layout"),
    ("tail", "a place where nothing is seen"),
    ("thin", "a line that is hardly seen"),
    ("tiny", "nobody is meant to see it"),
    ("token", "it tells one recipient from another"),
    ("visible", "a person is meant to see it"),
    ("words", "the URL speaks of opens or tracking"),
    // Without weight.
    ("allowed", "an entry of the allowlist spares it"),
    ("blocked", "the configuration blocks whatever is loaded"),
    (
        "not-done",
        "it could not be written exactly, so nothing was done",
    ),
    ("parameter", "a parameter that this rule knows"),
    ("ping", "a request that nobody asked for"),
    ("receipt", "the sender would be told that the mail was read"),
    ("redirect", "a redirect that this rule knows"),
    ("refused", "such a link keeps every byte"),
    (
        "remains",
        "it can identify, but taking it out would be seen",
    ),
    ("untrimmed", "such a URL keeps all of its parameters"),
];

/// What evidence of this kind says.
pub fn evidence(kind: &str) -> Option<&'static str> {
    let (_, meaning) = EVIDENCE.iter().find(|(name, _)| *name == kind)?;
    Some(meaning)
}

/// Why something was not cleaned.
pub fn skip(skip: Skip) -> &'static str {
    match skip {
        Skip::Ambiguous => "readers differ on what it says, and no edit is right for all",
        Skip::Attributes => "an element has more attributes than limits.attributes",
        Skip::Authenticated => "the sender authenticated",
        Skip::Charset => "its charset is unknown or cannot be restored exactly",
        Skip::Depth => "nested deeper than limits.depth",
        Skip::Edits => "more URLs to change than limits.edits",
        Skip::Encrypted => "it is encrypted",
        Skip::Error => "an error of this program",
        Skip::Headers => "a header block beyond limits.header_bytes",
        Skip::HtmlMemory => "the HTML needs more than limits.html_memory",
        Skip::HtmlSize => "the HTML is larger than limits.html_bytes",
        Skip::LineLength => "the edit would make a line longer than limits.line_bytes",
        Skip::Memory => "all messages together needed more than limits.memory_bytes",
        Skip::Network => "the client's network is exempt",
        Skip::Oversize => "larger than limits.message_bytes or limits.decoded_bytes",
        Skip::Parts => "more parts than limits.parts",
        Skip::Recipient => "the recipient is exempt",
        Skip::Sightings => "more URLs than limits.sightings",
        Skip::Signed => "it is signed, and a change would break the signature",
        Skip::Timeout => "the time for one message ran out",
        Skip::Transfer => "its transfer encoding is unknown or damaged",
        Skip::UrlLength => "a link is longer than limits.url_bytes, and was not looked at",
        Skip::Uuencode => "it is uuencoded",
    }
}

/// What readers of the message may see differently.
pub fn ambiguity(ambiguity: Ambiguity) -> &'static str {
    match ambiguity {
        Ambiguity::BareCr => "a carriage return alone may or may not end a line",
        Ambiguity::Boundary => "the boundary is missing, empty or stated twice",
        Ambiguity::BoundaryReuse => "a boundary is used on two levels",
        Ambiguity::DuplicateField => "two header fields contradict each other",
        Ambiguity::HeaderSyntax => "a header field is written in a way not all readers understand",
        Ambiguity::MultipartEncoding => "a multipart states a transfer encoding",
        Ambiguity::Nul => "it holds a NUL byte",
        Ambiguity::Transfer => "the transfer encoding is damaged",
        Ambiguity::Unterminated => "a multipart has no end",
    }
}

/// What a request tells its receiver, in a sentence to stand after "tells its
/// owner:". What every request tells comes first.
pub fn tells(kinds: &BTreeSet<Disclosure>, trigger: Trigger) -> String {
    use Disclosure::{Address, Campaign, Client, Link, Network, Recipient, Time, Variables};
    let words = |order: &[Disclosure]| {
        let told = order.iter().filter(|kind| kinds.contains(kind));
        let told: Vec<_> = told.map(|kind| word(*kind, trigger)).collect();
        told.join(", ")
    };
    let always = words(&[Time, Network, Client]);
    let own = words(&[Address, Recipient, Campaign, Link, Variables]);
    let groups = [always, own].into_iter().filter(|group| !group.is_empty());
    groups.collect::<Vec<_>>().join("; ")
}

fn word(kind: Disclosure, trigger: Trigger) -> &'static str {
    match kind {
        Disclosure::Address => "the recipient's address",
        Disclosure::Campaign => "the mailing",
        Disclosure::Client => match trigger {
            Trigger::Click | Trigger::Ping | Trigger::Submit => "your browser",
            Trigger::Receipt | Trigger::Show => "your mail program",
        },
        Disclosure::Link => "which link of the mailing",
        Disclosure::Network => "your network's address",
        Disclosure::Recipient => "a number or token of the recipient's",
        Disclosure::Time => match trigger {
            Trigger::Click | Trigger::Ping => "when it is followed",
            Trigger::Receipt | Trigger::Show => "when it is opened",
            Trigger::Submit => "when it is sent",
        },
        Disclosure::Variables => "what else is stored about the recipient",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::Heuristics;

    #[test]
    fn every_kind_of_evidence_that_counts_has_a_meaning() {
        for kind in Heuristics::builtin().unwrap().evidence.keys() {
            assert!(evidence(kind).is_some(), "{kind}");
        }
        assert_eq!(evidence("no-such-kind"), None);
    }

    #[test]
    fn what_is_told_is_a_sentence() {
        let kinds = |list: &[Disclosure]| list.iter().copied().collect();
        let all = kinds(Disclosure::ALL);
        assert_eq!(
            tells(&all, Trigger::Show),
            "when it is opened, your network's address, your mail program; \
             the recipient's address, a number or token of the recipient's, the mailing, \
             which link of the mailing, what else is stored about the recipient"
        );
        let some = kinds(&[Disclosure::Time, Disclosure::Client]);
        assert_eq!(
            tells(&some, Trigger::Click),
            "when it is followed, your browser"
        );
        let some = kinds(&[Disclosure::Campaign]);
        assert_eq!(tells(&some, Trigger::Click), "the mailing");
    }
}
