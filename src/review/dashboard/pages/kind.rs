//! The kinds of things that have a list page and a page of their own.

use crate::review::Dimension;

/// A kind of thing that findings name.
#[derive(Debug)]
pub(super) struct Kind {
    /// What the daily sums know it by.
    pub(super) dimension: Dimension,
    /// The folder of its pages: `/company/…`.
    pub(super) folder: &'static str,
    /// The list page.
    pub(super) list: &'static str,
    /// What one is called.
    pub(super) one: &'static str,
    /// The heading of the list page.
    pub(super) many: &'static str,
    /// The field of the query language.
    pub(super) field: &'static str,
    /// What one is, in a sentence.
    pub(super) meaning: &'static str,
    /// What stands beside it: other kinds by which its messages are told
    /// apart.
    pub(super) beside: &'static [Beside],
}

/// What a list is made of.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum By {
    /// Something that the daily sums know, too.
    Dimension(Dimension),
    /// The host of the URL, with what looks like a token hidden.
    Host,
}

/// A list of what occurs together with a thing.
#[derive(Debug)]
pub(super) struct Beside {
    /// What is listed.
    pub(super) by: By,
    /// Its heading.
    pub(super) title: &'static str,
}

const SENDERS: Beside = Beside {
    by: By::Dimension(Dimension::Sender),
    title: "Who sends it",
};
const RECIPIENTS: Beside = Beside {
    by: By::Dimension(Dimension::RecipientDomain),
    title: "Where it goes",
};
const VECTORS: Beside = Beside {
    by: By::Dimension(Dimension::Vector),
    title: "How it is reached",
};
const HOSTS: Beside = Beside {
    by: By::Host,
    title: "Hosts",
};
const TRACKERS: Beside = Beside {
    by: By::Dimension(Dimension::Tracker),
    title: "Tracker domains",
};
const COMPANIES: Beside = Beside {
    by: By::Dimension(Dimension::Company),
    title: "Companies",
};
const RULES: Beside = Beside {
    by: By::Dimension(Dimension::Rule),
    title: "Rules that matched",
};

/// Every kind.
pub(super) const KINDS: &[Kind] = &[
    Kind {
        dimension: Dimension::Company,
        folder: "/company",
        list: "/companies",
        one: "company",
        many: "Companies",
        field: "company",
        meaning: "The company behind the service that a rule knows.",
        beside: &[SENDERS, RECIPIENTS, TRACKERS, HOSTS, RULES, VECTORS],
    },
    Kind {
        dimension: Dimension::Tracker,
        folder: "/tracker",
        list: "/trackers",
        one: "tracker",
        many: "Trackers",
        field: "tracker",
        meaning: "The registrable domain that an image is loaded from or a link leads through.",
        beside: &[SENDERS, RECIPIENTS, HOSTS, COMPANIES, RULES, VECTORS],
    },
    Kind {
        dimension: Dimension::Sender,
        folder: "/sender",
        list: "/senders",
        one: "sender",
        many: "Senders",
        field: "sender",
        meaning: "The registrable domain of the envelope sender.",
        beside: &[RECIPIENTS, TRACKERS, COMPANIES, RULES, VECTORS],
    },
    Kind {
        dimension: Dimension::Rule,
        folder: "/rule",
        list: "/rules",
        one: "rule",
        many: "Rules",
        field: "rule",
        meaning: "What untrackd knows about an endpoint of a service.",
        beside: &[SENDERS, RECIPIENTS, HOSTS, VECTORS],
    },
];

impl Kind {
    /// Whether the sums know in how many messages it was met. Of what findings
    /// name they know it for each action only, and a message can have several.
    pub(super) fn counts_messages(&self) -> bool {
        self.dimension == Dimension::Sender
    }

    /// What several are called.
    pub(super) fn plural(&self) -> String {
        self.many.to_lowercase()
    }

    /// The kind that the daily sums know by this dimension.
    pub(super) fn of(dimension: Dimension) -> Option<&'static Self> {
        KINDS.iter().find(|kind| kind.dimension == dimension)
    }
}
