//! What a text can hold besides tags, found in one go over its bytes: most
//! parts hold none of it, and need not be read for it.

/// What a text can hold.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Signs {
    /// A CDATA section.
    pub(super) cdata: bool,
    /// A conditional comment.
    pub(super) conditional: bool,
    /// A processing instruction that matters.
    pub(super) instruction: bool,
}

/// What starts a CDATA section.
pub(super) const CDATA: &[u8] = b"<![CDATA[";

impl Signs {
    /// Looks at the whole of `html`.
    pub(super) fn of(html: &[u8]) -> Self {
        let mut signs = Self::default();
        for at in memchr::memchr2_iter(b'[', b'?', html) {
            let is_behind = |start: &[u8]| html.get(..at).is_some_and(|b| b.ends_with(start));
            let next = html.get(at + 1..).unwrap_or_default();
            match (html.get(at), next) {
                (Some(b'['), [b'i' | b'I', b'f' | b'F', ..]) => signs.conditional = true,
                (Some(b'['), [b'C', ..]) => signs.cdata |= is_behind(b"<!"),
                (Some(b'?'), [b'i' | b'I' | b'x' | b'X', ..]) => {
                    signs.instruction |= is_behind(b"<");
                }
                _ => (),
            }
        }
        signs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_sign_is_seen() {
        let of = |html: &str| {
            let signs = Signs::of(html.as_bytes());
            (signs.conditional, signs.instruction, signs.cdata)
        };
        assert_eq!(of("x<!--[iF mso]>"), (true, false, false));
        assert_eq!(of("<!-- [if"), (true, false, false));
        assert_eq!(of("x<?xml ?>"), (false, true, false));
        assert_eq!(of("<?Import"), (false, true, false));
        assert_eq!(of("<svg><![CDATA[x]]>"), (false, false, true));
        assert_eq!(
            of("x[i[f] <!-- ? --><?php ?x [CDATA[ <![cdata[ <!["),
            (false, false, false)
        );
    }
}
