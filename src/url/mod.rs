//! URLs as a mail client would follow them, and what can be read from them
//! without asking anybody.
//!
//! The lowest layer: it knows nothing of mail, HTML or rules.

pub mod decode;
pub(crate) mod domain;
mod plain;
pub mod query;
pub mod reveal;
mod target;

pub use target::Target;

#[cfg(test)]
mod tests {
    use super::*;

    fn normal(text: &str) -> Option<String> {
        Target::parse(text).map(|t| t.as_str().to_owned())
    }

    #[test]
    fn disguises_have_one_spelling() {
        for disguise in [
            "https://track.example.org/open",
            " HTTPS://TRACK.example.ORG/open\n",
            "ht\ntps:/\t/track.example.org/open",
            "//track.example.org/open",
            "\\\\track.example.org\\open",
            "https:/\\track.example.org/x/../open",
            "https://track.example.org:443/open",
        ] {
            assert_eq!(
                normal(disguise).as_deref(),
                Some("https://track.example.org/open"),
                "{disguise:?}"
            );
        }
    }

    #[test]
    fn needless_escapes_are_undone_and_others_stay() {
        let spelt = |text: &str| {
            let target = Target::parse(text)?.without_needless_escapes()?;
            Some(target.as_str().to_owned())
        };
        assert_eq!(
            spelt("https://example.org/%6c.%70hp?u=%68ttp%3A%2F%2Fx%2541&%zz=%4#%61").as_deref(),
            Some("https://example.org/l.php?u=http%3A%2F%2Fx%2541&%zz=%4#%61")
        );
        assert_eq!(spelt("https://example.org/l.php?u=http%3A%2F%2F"), None);
        assert_eq!(spelt("https://example.org/%2e%2E/a%e4"), None);
    }

    #[test]
    fn a_number_for_a_host_is_an_address() {
        assert_eq!(
            normal("http://2130706433/p").as_deref(),
            Some("http://127.0.0.1/p")
        );
    }

    #[test]
    fn hosts_have_one_spelling() {
        for (disguise, host) in [
            ("http://0x7f000001/p", "127.0.0.1"),
            ("http://0177.0.0.1/p", "127.0.0.1"),
            ("http://127.1/p", "127.0.0.1"),
            ("http://[::0001]/p", "[::1]"),
            ("http://%65xample.org/p", "example.org"),
            ("http://example.org./p", "example.org"),
            ("http://user:secret@example.org/p", "example.org"),
            ("http://b\u{fc}cher.example/p", "xn--bcher-kva.example"),
            ("http:/\\example.org/p", "example.org"),
        ] {
            let target = Target::parse(disguise).expect(disguise);
            assert_eq!(target.host(), host, "{disguise}");
        }
    }

    #[test]
    fn a_full_stop_alone_is_no_host() {
        assert_eq!(Target::parse("https://./path"), None);
        assert_eq!(Target::parse("https:/.//example.org"), None);
        let base = Target::parse("https://example.org/").unwrap();
        assert_eq!(base.join("//./path"), None);
    }

    #[test]
    fn a_reference_is_resolved_from_its_base() {
        let base = Target::parse("https://example.org/a/b?c").unwrap();
        let join = |reference| base.join(reference).map(|t| t.as_str().to_owned());
        assert_eq!(
            join("d.gif").as_deref(),
            Some("https://example.org/a/d.gif")
        );
        assert_eq!(join("?e").as_deref(), Some("https://example.org/a/b?e"));
        assert_eq!(
            join("//h.example/f").as_deref(),
            Some("https://h.example/f")
        );
        assert_eq!(join("cid:1@example.org"), None);
    }

    #[test]
    fn an_image_proxy_tells_whom_it_asks() {
        let proxied = |url: &str| {
            let target = Target::parse(url).and_then(|t| t.proxied());
            target.map(|t| t.as_str().to_owned())
        };
        let proxy = "https://ci3.googleusercontent.com/meips/AbC=s0-d-e1-ft#";
        assert_eq!(
            proxied(&format!("{proxy}https://t.example.org/o?u=1")).as_deref(),
            Some("https://t.example.org/o?u=1")
        );
        assert_eq!(proxied(&format!("{proxy}top")), None);
        assert_eq!(proxied("https://example.org/#https://t.example.org/"), None);
        assert_eq!(
            proxied("https://notgoogleusercontent.com/#https://t.example.org/"),
            None
        );
    }

    #[test]
    fn what_reaches_no_host_is_no_target() {
        for text in [
            "cid:1@x",
            "data:image/gif;base64,AA",
            "mailto:a@example.org",
            "a/b.gif",
            "",
            "http://",
        ] {
            assert_eq!(normal(text), None, "{text:?}");
        }
    }
}
