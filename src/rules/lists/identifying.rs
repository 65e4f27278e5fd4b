//! Which parameters identify a recipient or a click, where a list does not
//! say.

/// Names of parameters that stand for one person or one click, in lower case.
/// They are documented by whoever appends them.
const NAMES: &[&str] = &[
    "__hsfp",
    "__hssc",
    "__hstc",
    "__s",
    "_bhlid",
    "_hsenc",
    "at_recipient_id",
    "at_recipient_list",
    "bsft_clkid",
    "bsft_uid",
    "dclid",
    "fbclid",
    "gbraid",
    "gclid",
    "gclsrc",
    "igshid",
    "li_fat_id",
    "mc_eid",
    "mkt_tok",
    "ml_subscriber",
    "ml_subscriber_hash",
    "msclkid",
    "oly_anon_id",
    "oly_enc_id",
    "os_ehash",
    "rb_clickid",
    "s_kwcid",
    "srsltid",
    "ttclid",
    "twclid",
    "vero_id",
    "wbraid",
    "wickedid",
    "yclid",
];

/// Whether a parameter of this name identifies a recipient or a click.
pub(super) fn identifies(name: &str) -> bool {
    NAMES.binary_search(&&*name.to_ascii_lowercase()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_sorted_for_the_search() {
        assert!(NAMES.is_sorted());
    }

    #[test]
    fn a_click_is_told_from_a_campaign() {
        assert!(identifies("mc_eid"));
        assert!(identifies("FBCLID"));
        assert!(!identifies("utm_source"));
        assert!(!identifies("ref"));
    }
}
