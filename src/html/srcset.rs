//! The image candidates of a `srcset=` attribute (HTML standard, section
//! 4.8.4.2.2).

use std::ops::Range;

/// The span of each candidate's URL in `text`, in order.
///
/// A comma ends a candidate only after a descriptor, or at the end of a URL:
/// `data:image/gif;base64,R0 2x` is one URL with a descriptor.
pub(crate) fn candidates(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let bytes = text.as_bytes();
        at = skip(bytes, at, |b| is_space(b) || b == b',');
        let start = at;
        at = skip(bytes, at, |b| !is_space(b));
        if start == at {
            return None;
        }
        let mut end = at;
        while end > start && bytes.get(end - 1) == Some(&b',') {
            end -= 1;
        }
        if end == at {
            at = skip_descriptors(bytes, at);
        }
        Some(start..end)
    })
}

fn skip_descriptors(bytes: &[u8], from: usize) -> usize {
    let mut in_parens = false;
    skip(bytes, from, |b| {
        match b {
            b'(' => in_parens = true,
            b')' => in_parens = false,
            _ => (),
        }
        in_parens || b != b','
    })
}

fn skip(bytes: &[u8], from: usize, mut while_true: impl FnMut(u8) -> bool) -> usize {
    let rest = bytes.get(from..).unwrap_or_default();
    from + rest.iter().take_while(|b| while_true(**b)).count()
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b'\x0C')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn urls(text: &str) -> Vec<&str> {
        candidates(text).map(|span| &text[span]).collect()
    }

    #[test]
    fn candidates_are_split_at_commas_after_descriptors() {
        assert_eq!(urls("a.png 1x, b.png 2x"), ["a.png", "b.png"]);
        assert_eq!(urls("a.png 1x,b.png 2x"), ["a.png", "b.png"]);
        assert_eq!(urls("a.png, b.png 2x"), ["a.png", "b.png"]);
        assert_eq!(urls(" ,, a.png\n"), ["a.png"]);
    }

    #[test]
    fn a_comma_within_a_url_belongs_to_it() {
        assert_eq!(urls("a.png,b.png 2x"), ["a.png,b.png"]);
        assert_eq!(
            urls("data:image/gif;base64,R0lG 1x, b.png 2x"),
            ["data:image/gif;base64,R0lG", "b.png"]
        );
    }

    #[test]
    fn trailing_commas_end_a_candidate() {
        assert_eq!(urls("a.png,,, b.png"), ["a.png", "b.png"]);
        assert_eq!(urls(",,,"), Vec::<&str>::new());
    }

    #[test]
    fn a_comma_in_parentheses_of_a_descriptor_ends_nothing() {
        assert_eq!(urls("a.png (1x, c.png 2x), b.png"), ["a.png", "b.png"]);
        assert_eq!(urls("a.png (1x, c.png"), ["a.png"]);
    }
}
