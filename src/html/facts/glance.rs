//! A quick look at a `style=` attribute.

/// What a style can say, at a quick look at its source.
///
/// Most styles in mail say nothing of what is asked for here, and are not
/// tokenized.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Glance {
    /// A declaration starts with a property that can hide the element, or
    /// something in it could be a disguise.
    pub(crate) may_hide: bool,
    /// The same for the properties of its size.
    pub(crate) may_size: bool,
    /// There can be a function or a custom property, without which there is
    /// no URL.
    pub(crate) may_hold_url: bool,
}

impl Glance {
    const ANYTHING: Self = Self {
        may_hide: true,
        may_size: true,
        may_hold_url: true,
    };

    /// Looks at `style`, a raw attribute value.
    pub(crate) fn at(style: &[u8]) -> Self {
        let mut glance = Self::default();
        for at in memchr::memchr3_iter(b'(', b'&', b'\\', style) {
            glance.may_hold_url = true;
            if style.get(at) != Some(&b'(') {
                return Self::ANYTHING;
            }
        }
        let (has_comment, has_hyphens) = pairs(style);
        glance.may_hold_url |= has_hyphens;
        glance.may_hide = has_comment;
        glance.may_size = has_comment;
        glance.declaration(style);
        for at in memchr::memchr_iter(b';', style) {
            glance.declaration(style.get(at + 1..).unwrap_or_default());
        }
        glance
    }

    /// Looks at the declaration at the start of `css`.
    fn declaration(&mut self, css: &[u8]) {
        let css = css.trim_ascii_start();
        self.may_hide |= match css.first() {
            Some(b'c' | b'C') => starts_with(css, b"clip"),
            Some(b'd' | b'D') => keyword_may_hide(css, b"display", b"nN"),
            Some(b'v' | b'V') => keyword_may_hide(css, b"visibility", b"hHcC"),
            Some(b'm' | b'M') => {
                self.may_size |= starts_with(css, b"max-");
                starts_with(css, b"mso-hide")
            }
            Some(b'o' | b'O') => {
                keyword_may_hide(css, b"opacity", b"0.+-")
                    || (starts_with(css, b"overflow") && !starts_with(css, b"overflow-w"))
            }
            Some(b'p' | b'P') => keyword_may_hide(css, b"position", b"aAfF"),
            Some(b't' | b'T') => keyword_may_hide(css, b"text-indent", b"-"),
            Some(b'h' | b'H') => {
                self.may_size |= starts_with(css, b"height");
                false
            }
            Some(b'w' | b'W') => {
                self.may_size |= starts_with(css, b"width");
                false
            }
            _ => false,
        }
    }
}

/// Whether `/*` and whether `--` stand anywhere in a style. Without branches,
/// so that many bytes are compared at once.
fn pairs(style: &[u8]) -> (bool, bool) {
    let next = style.get(1..).unwrap_or_default();
    style
        .iter()
        .zip(next)
        .fold((false, false), |(comment, hyphens), (first, second)| {
            (
                comment | ((*first == b'/') & (*second == b'*')),
                hyphens | ((*first == b'-') & (*second == b'-')),
            )
        })
}

fn starts_with(css: &[u8], property: &[u8]) -> bool {
    css.get(..property.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(property))
}

/// Whether the declaration is of `property` and its value starts with one of
/// the letters `initials`.
fn keyword_may_hide(css: &[u8], property: &[u8], initials: &[u8]) -> bool {
    starts_with(css, property)
        && css
            .iter()
            .skip(property.len())
            .find(|b| !b.is_ascii_whitespace() && **b != b':')
            .is_some_and(|b| initials.contains(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn most_styles_need_no_second_look() {
        for css in [
            "color:red;padding:0",
            "display:block;width:600px",
            "visibility:visible",
            "max-width:600px",
            "overflow-wrap:break-word;opacity:1;text-indent:0",
        ] {
            let glance = Glance::at(css.as_bytes());
            assert!(!glance.may_hide && !glance.may_hold_url, "{css}");
        }
        for css in [
            "color:red",
            "line-height:1px;border-width:1px",
            "min-width:1px",
        ] {
            assert_eq!(Glance::at(css.as_bytes()), Glance::default(), "{css}");
        }
    }

    #[test]
    fn a_disguise_is_seen() {
        for css in ["a:b;c:d&#101;", "wid/**/th:1px", "a:b;\\77idth:1px"] {
            let glance = Glance::at(css.as_bytes());
            assert!(glance.may_hide && glance.may_size, "{css}");
        }
        for css in ["a:url(b)", "--a:'b'", "a:b;--c:d", "a:b&lpar;", "a:\\75rl"] {
            assert!(Glance::at(css.as_bytes()).may_hold_url, "{css}");
        }
    }
}
