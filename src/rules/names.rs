//! The permanent names of what rules are made of.

use super::{Category, Needs, RuleKind, Tells, Trust};

impl Category {
    /// Every category, for tables and options.
    pub const ALL: &[Self] = &[
        Self::Advertising,
        Self::Affiliate,
        Self::Gateway,
        Self::Mail,
        Self::Sales,
        Self::Shim,
        Self::Web,
    ];

    /// The name, which is that of its folder.
    pub fn name(self) -> &'static str {
        match self {
            Self::Advertising => "advertising",
            Self::Affiliate => "affiliate",
            Self::Gateway => "gateway",
            Self::Mail => "mail",
            Self::Sales => "sales",
            Self::Shim => "shim",
            Self::Web => "web",
        }
    }
}

impl RuleKind {
    /// Every kind, for tables and options.
    pub const ALL: &[Self] = &[Self::Opaque, Self::Parameter, Self::Pixel, Self::Redirect];

    /// The permanent name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Opaque => "opaque",
            Self::Parameter => "parameter",
            Self::Pixel => "pixel",
            Self::Redirect => "redirect",
        }
    }
}

impl Needs {
    /// The name, as rule files state it; `nothing` is what they leave out.
    pub fn name(self) -> &'static str {
        match self {
            Self::Hidden => "hidden",
            Self::Nothing => "nothing",
        }
    }
}

impl Tells {
    /// The name, as rule files state it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Campaign => "campaign",
            Self::Link => "link",
            Self::Recipient => "recipient",
            Self::Variables => "variables",
        }
    }
}

impl Trust {
    /// Every degree, for options.
    pub const ALL: &[Self] = &[Self::High, Self::Low];

    /// The name, as rule files state it.
    pub fn name(self) -> &'static str {
        match self {
            Self::High => "high",
            Self::Low => "low",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is read from files, and written as JSON, has the same names.
    #[test]
    fn names_are_those_of_the_files() {
        for category in Category::ALL {
            assert_eq!(serde_json::json!(category), category.name());
        }
        for kind in RuleKind::ALL {
            assert_eq!(serde_json::json!(kind), kind.name());
        }
        for (text, trust) in [("\"high\"", Trust::High), ("\"low\"", Trust::Low)] {
            assert_eq!(serde_json::from_str::<Trust>(text).unwrap(), trust);
            assert_eq!(text.trim_matches('"'), trust.name());
        }
        for needs in [Needs::Hidden, Needs::Nothing] {
            let text = format!("\"{}\"", needs.name());
            assert_eq!(serde_json::from_str::<Needs>(&text).unwrap(), needs);
        }
        for tells in [
            Tells::Campaign,
            Tells::Link,
            Tells::Recipient,
            Tells::Variables,
        ] {
            assert_eq!(serde_json::json!(tells), tells.name());
        }
    }
}
