//! Pages of a list that is held as a whole.

use crate::review::dashboard::view::Parameters;

/// Links to the pages beside the one that is shown.
#[derive(Debug, Default)]
pub(super) struct Pager {
    /// The page before.
    pub(super) back: Option<String>,
    /// What that is called.
    pub(super) back_label: &'static str,
    /// The page after.
    pub(super) on: Option<String>,
    /// What that is called.
    pub(super) on_label: &'static str,
    /// Which page is shown.
    pub(super) shown: String,
}

impl Pager {
    /// The page of `items` that the parameter `page` asks for, from 1, and the
    /// links to the others, which `href` makes out of that parameter.
    pub(super) fn of<'a, T>(
        parameters: &Parameters,
        items: &'a [T],
        size: usize,
        href: impl Fn(String) -> String,
    ) -> (Self, &'a [T]) {
        let pages = items.len().div_ceil(size).max(1);
        let asked = parameters.number("page").unwrap_or(1);
        let page = usize::try_from(asked).unwrap_or(1).clamp(1, pages);
        let shown = items.chunks(size).nth(page - 1).unwrap_or_default();
        // The first page is the one without a number.
        let to = |page: usize| match page {
            1 => href(String::new()),
            page => href(page.to_string()),
        };
        let pager = Self {
            back: (page > 1).then(|| to(page - 1)),
            back_label: "Back",
            on: (page < pages).then(|| to(page + 1)),
            on_label: "Next",
            shown: format!("Page {page} of {pages}"),
        };
        (pager, shown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_item_is_on_one_page() {
        let items: Vec<u32> = (0..7).collect();
        for (page, shown, back, on) in [
            ("", &[0, 1, 2][..], None, Some("p2")),
            ("?page=2", &[3, 4, 5][..], Some("p"), Some("p3")),
            ("?page=3", &[6][..], Some("p2"), None),
            ("?page=99", &[6][..], Some("p2"), None),
            ("?page=-1", &[0, 1, 2][..], None, Some("p2")),
            ("?page=x", &[0, 1, 2][..], None, Some("p2")),
        ] {
            let parameters = Parameters::of(&format!("/{page}").parse().unwrap());
            let (pager, found) = Pager::of(&parameters, &items, 3, |page| format!("p{page}"));
            assert_eq!(found, shown, "{page}");
            assert_eq!(pager.back.as_deref(), back, "{page}");
            assert_eq!(pager.on.as_deref(), on, "{page}");
        }
        let (pager, found) = Pager::of(&Parameters::default(), &[0; 0], 3, |page| page);
        assert!(found.is_empty() && pager.on.is_none() && pager.back.is_none());
    }
}
