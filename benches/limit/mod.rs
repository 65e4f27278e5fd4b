//! What no program that does the work can be faster than.

use encoding_rs::Encoding;
use lol_html::{AsciiCompatibleEncoding, HtmlRewriter, Selector, Settings};
use memchr::memchr_iter;
use std::{borrow::Cow, sync::LazyLock};

static ANY: LazyLock<Selector> = LazyLock::new(|| "*".parse().expect("a valid selector"));
static IMG: LazyLock<Selector> = LazyLock::new(|| "img".parse().expect("a valid selector"));

/// The HTML limit: lol_html looks at name and value of every attribute.
pub(crate) fn attributes(html: &[u8], encoding: &'static Encoding) -> usize {
    walk(&ANY, html, encoding)
}

/// The same for images alone, which lets lol_html pass over most tags.
pub(crate) fn images(html: &[u8], encoding: &'static Encoding) -> usize {
    walk(&IMG, html, encoding)
}

fn walk(selector: &Selector, html: &[u8], encoding: &'static Encoding) -> usize {
    let mut seen = 0;
    let handlers = lol_html::ElementContentHandlers::default().element(
        |element: &mut lol_html::html_content::Element<'_, '_>| {
            for attribute in element.attributes() {
                seen += attribute.name().len() + attribute.value().len();
            }
            Ok(())
        },
    );
    let encoding =
        AsciiCompatibleEncoding::new(encoding).unwrap_or_else(AsciiCompatibleEncoding::utf_8);
    let settings = Settings::new()
        .with_encoding(encoding)
        .with_strict(false)
        .append_element_content_handler((Cow::Borrowed(selector), handlers));
    let mut rewriter = HtmlRewriter::new(settings, |_: &[u8]| ());
    // HTML of real mail may be beyond what lol_html reads; then both stop there.
    let _ = rewriter.write(html).and_then(|()| rewriter.end());
    seen
}

/// The limit of the splitter: every line end is found.
pub(crate) fn lines(body: &[u8]) -> usize {
    memchr_iter(b'\n', body).count()
}

/// The limit for bytes that stay as they are: they are copied once, into
/// memory that is there.
pub(crate) fn copy(body: &[u8], to: &mut Vec<u8>) -> usize {
    to.clear();
    to.extend_from_slice(body);
    to.len()
}
