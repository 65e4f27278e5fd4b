//! What the administrator decided.

use crate::rules::{Category, Tells};
use serde::{Deserialize, Serialize};

/// What is done with a tracker.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PixelAction {
    /// Its URL gives way to an empty image, so that the layout stays.
    #[default]
    Neutralize,
    /// The element is taken away where it has a tag of its own.
    Remove,
}

/// What is done with remote content that is no tracker.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Remote {
    /// Whatever a mail client loads when it shows the mail is neutralized.
    Block,
    /// It stays.
    #[default]
    Keep,
}

/// What is done with header fields that ask for a read receipt.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Receipts {
    /// They stay.
    Keep,
    /// They are removed.
    #[default]
    Remove,
}

/// Which parameters are dropped from URLs.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Parameters {
    /// Those that identify the recipient, and those that name the mailing.
    All,
    /// None.
    None,
    /// Those that identify the recipient or the click.
    #[default]
    Recipient,
}

impl Parameters {
    /// Whether a parameter that tells this is dropped.
    pub fn drops(self, tells: &[Tells]) -> bool {
        match self {
            Self::All => true,
            Self::None => false,
            Self::Recipient => tells
                .iter()
                .any(|t| matches!(t, Tells::Recipient | Tells::Variables)),
        }
    }
}

/// What the administrator decided about trackers, links and receipts.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Choices {
    /// What is done with a tracker.
    pub pixels: PixelAction,
    /// What is done with remote content that is no tracker.
    pub remote: Remote,
    /// What is done with requests for a receipt.
    pub receipts: Receipts,
    /// The categories of services whose links are unwrapped.
    pub unwrap: Vec<Category>,
    /// Which parameters are dropped.
    pub parameters: Parameters,
    /// Whether links in text/plain parts are treated like those in HTML.
    pub plain_text: bool,
}

impl Default for Choices {
    fn default() -> Self {
        Self {
            pixels: PixelAction::default(),
            remote: Remote::default(),
            receipts: Receipts::default(),
            unwrap: vec![Category::Mail, Category::Sales, Category::Web],
            parameters: Parameters::default(),
            plain_text: true,
        }
    }
}
