//! The URL of `<meta http-equiv=refresh>`.

/// The URL in a `content=` (HTML standard, section 4.2.5.3, "shared
/// declarative refresh steps"), read more leniently where clients differ.
pub(crate) fn url(content: &str) -> Option<&str> {
    let is_time = |c: char| c.is_ascii_digit() || c == '.' || c.is_ascii_whitespace();
    let is_separator = |c: char| matches!(c, ';' | ',') || c.is_ascii_whitespace();
    let after_time = content.trim_start_matches(is_time);
    let has_time = content.starts_with(is_time);
    let rest = after_time.trim_start_matches(is_separator);
    let rest = after_name(rest).or(has_time.then_some(rest))?;
    let url = match rest.chars().next()? {
        quote @ ('"' | '\'') => rest.get(1..)?.split(quote).next()?,
        _ => rest,
    };
    Some(url.trim_ascii()).filter(|url| !url.is_empty())
}

/// What follows `url=`.
fn after_name(text: &str) -> Option<&str> {
    let name = text.get(..3)?;
    let rest = text.get(3..)?.trim_ascii_start();
    name.eq_ignore_ascii_case("url")
        .then(|| rest.strip_prefix('=').map(str::trim_ascii_start))
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_url_is_read_in_every_form() {
        for content in [
            "0;url=//h.example/1",
            " 10.5 , URL = //h.example/1 ",
            "0; //h.example/1",
            "0 '//h.example/1' x",
            "0;url=\"//h.example/1\"",
            "url=//h.example/1",
        ] {
            assert_eq!(url(content), Some("//h.example/1"), "{content}");
        }
    }

    #[test]
    fn a_time_alone_has_none() {
        for content in ["", "none", "5", "5;", "0; url=", "5 ; url='' "] {
            assert_eq!(url(content), None, "{content}");
        }
    }
}
