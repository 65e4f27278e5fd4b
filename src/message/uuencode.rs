//! uuencoded files within a text (POSIX uuencode), from before MIME.

use memchr::memmem;

/// Whether a text holds a uuencoded file: a line `begin MODE NAME` with an
/// octal mode, and later a line `end`. Clients show such a file as an
/// attachment; what is in it is not looked into.
pub fn inline(text: &[u8]) -> bool {
    let begins = memmem::find_iter(text, b"begin ").find(|&at| {
        let at_line_start = at == 0 || text.get(at - 1) == Some(&b'\n');
        let rest = text.get(at + b"begin ".len()..).unwrap_or_default();
        let mode = rest.iter().take_while(|b| matches!(b, b'0'..=b'7')).count();
        at_line_start && (3..=4).contains(&mode) && rest.get(mode) == Some(&b' ')
    });
    begins.is_some_and(|at| {
        let rest = text.get(at..).unwrap_or_default();
        memmem::find_iter(rest, b"\nend").any(|end| {
            matches!(
                rest.get(end + b"\nend".len()..),
                Some([] | [b'\n', ..] | [b'\r', b'\n', ..])
            )
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_within_a_text_is_found() {
        assert!(inline(b"begin 644 a.txt\n#0V%T\n`\nend\n"));
        assert!(inline(
            b"See below.\r\n\r\nbegin 0755 b.gif\r\n#0V%T\r\n`\r\nend\r\nBye\r\n"
        ));
    }

    #[test]
    fn words_alone_are_no_file() {
        for text in [
            &b"We begin 644 times\nand end\n"[..],
            b"begin 644 a.txt\nand never\nending\n",
            b"begin now\nend\n",
            b"begin 98 x\nend\n",
        ] {
            assert!(!inline(text), "{}", String::from_utf8_lossy(text));
        }
    }
}
