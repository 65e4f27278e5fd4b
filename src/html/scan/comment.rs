//! Conditional comments, which Outlook reads as HTML.

use std::ops::Range;

/// What stands in a conditional comment, by offsets in the comment.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Conditional {
    /// The content to the end of the comment, which belongs to it for
    /// Outlook: its `>` can end a tag.
    pub(super) span: Range<usize>,
    /// Where `<![endif]-->` starts, which no edit may touch.
    pub(super) editable_end: usize,
}

/// Reads the conditional comment `comment` (`<!--[if mso]>…<![endif]-->`).
/// `None` for any other comment, and if there can be no URL; with a base,
/// anything can be one.
pub(super) fn conditional(comment: &[u8], has_base: bool) -> Option<Conditional> {
    let text = comment.strip_prefix(b"<!--")?;
    let text = text
        .strip_suffix(b"-->")
        .or_else(|| text.strip_suffix(b"--!>"))
        .unwrap_or(text);
    let start = text.iter().take_while(|b| b.is_ascii_whitespace()).count();
    let condition = text.get(start..)?;
    if !condition.get(..3)?.eq_ignore_ascii_case(b"[if") {
        return None;
    }
    let condition_end = start + memchr::memchr(b'>', condition)? + 1;
    let content = text.get(condition_end..)?;
    let offset = b"<!--".len();
    (has_base || may_hold_url(content)).then(|| Conditional {
        span: offset + condition_end..comment.len(),
        editable_end: offset + condition_end + before_endif(content).len(),
    })
}

fn before_endif(content: &[u8]) -> &[u8] {
    const ENDIF: &[u8] = b"<![endif]";
    content
        .split_last_chunk::<{ ENDIF.len() }>()
        .filter(|(_, end)| end.eq_ignore_ascii_case(ENDIF))
        .map_or(content, |(before, _)| before)
}

/// Whether HTML can hold an absolute URL in any disguise; most conditional
/// comments in mail hold only the tags of a table.
pub(super) fn may_hold_url(html: &[u8]) -> bool {
    memchr::memchr(b'<', html).is_some()
        && (memchr::memchr3_iter(b'/', b'\\', b'&', html).any(|at| may_be_slash(html, at))
            || memchr::memchr_iter(b':', html).any(|at| ends_scheme(html, at)))
}

/// Whether the slash, backslash or reference at `at` can be the start of
/// `//`, or a reference hide a letter of the scheme.
fn may_be_slash(html: &[u8], at: usize) -> bool {
    let next = html.get(at + 1);
    match html.get(at) {
        // What the URL standard drops, what it takes for a slash, and what
        // could be either.
        Some(b'/') => matches!(next, Some(b'/' | b'\\' | b'&' | b'\t' | b'\n' | b'\r')),
        // A number, or a name such as `colon`, `sol`, `bsol`, `Tab` and
        // `NewLine`. No letter of `https` has a name.
        Some(b'&') => matches!(next, Some(b'#' | b'b' | b'c' | b's' | b'N' | b'T')),
        _ => true,
    }
}

/// Whether `http`, `https`, or `data`, which can encode either, stands before
/// the colon at `at`.
fn ends_scheme(html: &[u8], at: usize) -> bool {
    let mut letters = html
        .get(..at)
        .unwrap_or_default()
        .iter()
        .rev()
        .filter(|b| !matches!(b, b'\t' | b'\n' | b'\r'))
        .map(u8::to_ascii_lowercase);
    // Most colons stand in styles, behind other letters.
    let rest: &[u8] = match letters.next() {
        Some(b's') => b"ptth",
        Some(b'p') => b"tth",
        Some(b'a') => b"tad",
        _ => return false,
    };
    rest.iter().all(|letter| letters.next() == Some(*letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(comment: &str) -> Option<(&str, &str)> {
        let found = conditional(comment.as_bytes(), false)?;
        Some((
            &comment[found.span.start..found.editable_end],
            &comment[found.editable_end..found.span.end],
        ))
    }

    #[test]
    fn the_content_of_a_conditional_comment_is_found() {
        assert_eq!(
            content("<!--[if mso]><a x=//y><![endif]-->"),
            Some(("<a x=//y>", "<![endif]-->"))
        );
        assert_eq!(
            content("<!-- [IF gte mso 9]><a x=//y>--!>"),
            Some(("<a x=//y>", "--!>"))
        );
        assert_eq!(content("<!--[if mso]><a x=//y>"), Some(("<a x=//y>", "")));
    }

    #[test]
    fn other_comments_are_passed_over() {
        for comment in [
            "<!-- <a x=//y> -->",
            "<!--[if mso]><!-->",
            "<!--[if !mso]><!-- -->",
            "<!--[if mso]><table><tr><![endif]-->",
            "<!--[if mso]><td style='padding-top:1px'>&nbsp;</td><![endif]-->",
            "<![if !mso]>",
            "<!-->",
            "<?if ?>",
        ] {
            assert_eq!(content(comment), None, "{comment}");
        }
    }

    #[test]
    fn a_url_is_expected_in_every_disguise() {
        for url in [
            "//h",
            "\\\\h",
            "/\t/h",
            "/&sol;h",
            "http:h",
            "HTTPS:h",
            "h\nttp:h",
            "http&colon;h",
            "&#104;ttp&colon;h",
            "&#47;&#47;h",
            "url(\\68ttp:h)",
        ] {
            assert!(may_hold_url(format!("<a x='{url}'>").as_bytes()), "{url}");
        }
    }
}
