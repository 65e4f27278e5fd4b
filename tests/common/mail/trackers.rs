//! Open pixels and click redirects as common mail services write them, with
//! made-up tokens. None of these addresses is ever contacted.

use super::{Becomes, Markup, random::Random};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

/// Adds a pixel.
pub(super) fn pixel(markup: &mut Markup, random: &mut Random, recipient: &str) {
    let url = pixel_url(random, recipient);
    let (before, after) = random.pick(&[
        ("<img src=\"", "\" width=\"1\" height=\"1\" alt=\"\">"),
        ("<img width='1' height='1' src='", "' border='0'>"),
        (
            "<IMG ALT=\"\" SRC=\"",
            "\" style=\"display:none;width:1px;height:1px\" />",
        ),
        (
            "<div style=\"display:none\">\r\n<img alt=\"\"\r\n  src=\"",
            "\"\r\n  height=\"1\" width=\"1\"></div>",
        ),
    ]);
    markup
        .text(before)
        .edit(&url, Becomes::Blank)
        .text(after)
        .text("\r\n");
}

/// Adds a link through a redirect that names its destination.
pub(super) fn link(markup: &mut Markup, random: &mut Random) {
    let (url, destination) = redirect(random);
    let text = random.sentence();
    markup
        .text("<p><a class=\"button\" href=\"")
        .edit(&url, Becomes::Url(destination))
        .text("\">")
        .text(&text)
        .text("</a></p>\r\n");
}

/// A pixel's address, as it stands in an attribute.
pub(super) fn pixel_url(random: &mut Random, recipient: &str) -> String {
    let amp = *random.pick(&["&", "&amp;"]);
    match random.below(6) {
        0 => format!(
            "https://example.us{}.list-manage.com/track/open.php?u={}{amp}id={}{amp}e={}",
            random.between(1, 21),
            random.hex(25),
            random.hex(10),
            random.hex(10),
        ),
        1 => format!(
            "https://u{}.ct.sendgrid.net/wf/open?upn={}",
            random.digits(8),
            random.token(180),
        ),
        2 => format!("https://email.example.org/o/eJ{}", random.token(120)),
        3 => format!(
            "http://{}.r.eu-west-1.awstrack.me/I0/{}-{}-{}-{}-{}-{}-000000/{}={}",
            random.hex(8),
            random.hex(16),
            random.hex(8),
            random.hex(4),
            random.hex(4),
            random.hex(4),
            random.hex(12),
            random.token(27),
            random.digits(3),
        ),
        4 => format!(
            "https://go.example.org/ss/o/u001.{}/{}/{}/ho.gif",
            random.token(22),
            random.hex(3),
            random.token(22),
        ),
        // No service at all: the recipient's address gives it away.
        _ => format!(
            "https://pictures.example.com/open/{}.gif?to={}",
            random.hex(32),
            recipient.replace('@', "%40"),
        ),
    }
}

/// A redirect's address, as it stands in an attribute, and its destination.
fn redirect(random: &mut Random) -> (String, String) {
    let page = format!(
        "https://www.example.org/{}/{}?item={}&colour={}",
        random.word(),
        random.word(),
        random.digits(5),
        random.word(),
    );
    let url = if random.below(2) == 0 {
        let path = page
            .replace('/', "%2F")
            .replace('?', "%3F")
            .replace('&', "%26");
        format!(
            "https://{}.r.us-east-1.awstrack.me/L0/{path}/1/{}-{}-{}-{}-{}-000000/{}={}",
            random.hex(8),
            random.hex(16),
            random.hex(8),
            random.hex(4),
            random.hex(4),
            random.hex(12),
            random.token(27),
            random.digits(3),
        )
    } else {
        let account = random.digits(8);
        let inner = format!(
            "{{\"u\":{account},\"v\":1,\"url\":\"{}\",\"id\":\"{}\",\"url_ids\":[\"{}\"]}}",
            page.replace('/', "\\/"),
            random.hex(32),
            random.hex(40),
        );
        let outer = format!(
            "{{\"s\":\"{}\",\"v\":1,\"p\":{}}}",
            random.token(27),
            serde_json::Value::from(inner),
        );
        format!(
            "https://mandrillapp.com/track/click/{account}/www.example.org?p={}",
            URL_SAFE_NO_PAD.encode(outer),
        )
    };
    (url, page)
}
