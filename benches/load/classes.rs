//! The mail that is measured, by name.

use super::{
    common::mail::fields::Mail,
    mail::{self, Coding},
};

/// A class of mail: what it is called, one of it, and the HTML in it.
pub(crate) struct Class {
    pub(crate) name: &'static str,
    pub(crate) mail: Mail,
    pub(crate) html: Option<String>,
}

impl Class {
    /// A newsletter with so many kilobytes of HTML.
    pub(crate) fn newsletter(name: &'static str, kilobytes: usize, coding: Coding) -> Self {
        let bytes = kilobytes << 10;
        Self {
            html: Some(mail::newsletter_html(bytes)),
            ..Self::other(name, &mail::newsletter(bytes, coding))
        }
    }

    /// Mail whose HTML, if any, is next to nothing beside the rest.
    fn other(name: &'static str, mail: &[u8]) -> Self {
        Self {
            name,
            mail: Mail::parse(name.into(), mail),
            html: None,
        }
    }
}

/// All classes, by growing size.
pub(crate) fn classes() -> Vec<Class> {
    use Coding::{QuotedPrintable, SevenBit};
    let newsletters = [
        ("newsletter, 21 KB, quoted-printable", 21, QuotedPrintable),
        ("newsletter, 78 KB, 7bit", 78, SevenBit),
        ("newsletter, 78 KB, quoted-printable", 78, QuotedPrintable),
        ("newsletter, 300 KB, quoted-printable", 300, QuotedPrintable),
    ];
    let mut classes = vec![Class::other("plain text, 3 KB", &mail::plain(3 << 10))];
    classes.extend(
        newsletters.map(|(name, kilobytes, coding)| Class::newsletter(name, kilobytes, coding)),
    );
    classes.push(Class::other(
        "attachments, 1 MB",
        &mail::attachments(1 << 20),
    ));
    classes
}

/// The classes of these names that have `part` in their name.
pub(crate) fn named(names: &[&str], part: &str) -> Vec<Class> {
    let mut classes = classes();
    classes.retain(|class| names.contains(&class.name) && class.name.contains(part));
    classes
}
