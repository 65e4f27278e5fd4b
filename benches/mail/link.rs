//! Links as newsletters have them: of five, two through a service whose
//! redirects hold the destination in clear, one through a service that holds
//! it in base64 and JSON, one through a redirect that nobody knows, and one
//! that leads straight there.

use super::chance::Chance;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

/// A link to something of the sender's; it is ready for an attribute's value
/// in double quotes.
pub(super) fn link(chance: &mut Chance) -> String {
    let path = format!(
        "{}/{}-{}",
        chance.pick(&["story", "shop/item", "events", "archive/2026"]),
        chance.pick(&["autumn", "harvest", "letters", "lanterns", "rivers"]),
        chance.below(10_000),
    );
    match chance.below(5) {
        0 | 1 => amazon_ses(chance, &path),
        2 => mandrill(chance, &path),
        3 => format!(
            "https://click.news.example.org/c/{}/{}",
            chance.token(12),
            chance.token(64)
        ),
        _ => format!(
            "https://www.example.org/{path}?utm_source=newsletter&amp;utm_medium=email&amp;utm_campaign=week-47"
        ),
    }
}

/// A click redirect of Amazon SES.
fn amazon_ses(chance: &mut Chance, path: &str) -> String {
    format!(
        "https://x1y2z3.r.us-east-1.awstrack.me/L0/https:%2F%2Fwww.example.org%2F{}/1/{}/{}=360",
        path.replace('/', "%2F"),
        ses_id(chance),
        chance.token(27),
    )
}

/// The open pixel of Amazon SES.
pub(super) fn pixel(chance: &mut Chance) -> String {
    format!(
        "https://x1y2z3.r.us-east-1.awstrack.me/I0/{}/{}=360",
        ses_id(chance),
        chance.token(27)
    )
}

fn ses_id(chance: &mut Chance) -> String {
    format!(
        "{}-{}-{}-{}-{}-{}-000000",
        chance.hex(16),
        chance.hex(8),
        chance.hex(4),
        chance.hex(4),
        chance.hex(4),
        chance.hex(12),
    )
}

/// A click redirect of Mandrill: JSON in JSON in base64.
fn mandrill(chance: &mut Chance, path: &str) -> String {
    let inner = format!(
        r#"{{\"u\":30295795,\"v\":1,\"url\":\"https:\\/\\/www.example.org\\/{}\",\"id\":\"{}\",\"url_ids\":[\"{}\"]}}"#,
        path.replace('/', r"\\/"),
        chance.hex(32),
        chance.hex(40),
    );
    let outer = format!(r#"{{"s":"{}","v":1,"p":"{inner}"}}"#, chance.token(27));
    format!(
        "https://mandrillapp.com/track/click/30295795/www.example.org?p={}",
        URL_SAFE_NO_PAD.encode(outer)
    )
}
