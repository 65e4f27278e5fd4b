//! A rule file as it is written. What each field means: `docs/rules.md`.

use super::{Needs, Tells, Trust};
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor, value::MapAccessDeserializer},
};
use std::fmt;
use toml::Spanned;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) vendor: VendorTable,
    #[serde(default)]
    pub(super) pixel: Vec<Pixel>,
    #[serde(default)]
    pub(super) redirect: Vec<Redirect>,
    #[serde(default)]
    pub(super) parameter: Vec<Parameter>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct VendorTable {
    pub(super) id: Spanned<String>,
    pub(super) name: Spanned<String>,
    pub(super) company: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Pixel {
    pub(super) id: Spanned<String>,
    pub(super) hosts: Option<Vec<Spanned<String>>>,
    pub(super) path: Option<Spanned<String>>,
    pub(super) tells: Spanned<Vec<Tells>>,
    #[serde(default)]
    pub(super) trust: Trust,
    #[serde(default)]
    pub(super) needs: Needs,
    #[serde(rename = "match")]
    pub(super) matches: Spanned<Vec<Spanned<String>>>,
    pub(super) ignore: Spanned<Vec<Spanned<String>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Redirect {
    pub(super) id: Spanned<String>,
    pub(super) hosts: Option<Vec<Spanned<String>>>,
    pub(super) path: Option<Spanned<String>>,
    pub(super) decode: Option<Spanned<Vec<Spanned<String>>>>,
    pub(super) opaque: Option<Spanned<bool>>,
    pub(super) tells: Spanned<Vec<Tells>>,
    #[serde(default)]
    pub(super) trust: Trust,
    #[serde(rename = "match")]
    pub(super) matches: Spanned<Vec<Spanned<RedirectExample>>>,
    pub(super) ignore: Spanned<Vec<Spanned<String>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameter {
    pub(super) id: Spanned<String>,
    pub(super) names: Spanned<Vec<Spanned<String>>>,
    pub(super) hosts: Option<Vec<Spanned<String>>>,
    pub(super) tells: Spanned<Vec<Tells>>,
    #[serde(rename = "match")]
    pub(super) matches: Option<Spanned<Vec<Spanned<ParameterExample>>>>,
    pub(super) ignore: Option<Spanned<Vec<Spanned<String>>>>,
}

/// A URL, and what is left of it without the parameters of a rule.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ParameterExample {
    pub(super) url: String,
    pub(super) to: String,
}

/// An example of a redirect: with its destination, or alone if it is opaque.
pub(super) enum RedirectExample {
    Decodes { url: String, to: String },
    Opaque(String),
}

impl<'de> Deserialize<'de> for RedirectExample {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Pair {
            url: String,
            to: String,
        }
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = RedirectExample;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(r#"{ url = "…", to = "…" }, or a URL for an opaque redirect"#)
            }

            fn visit_str<E>(self, url: &str) -> Result<Self::Value, E> {
                Ok(RedirectExample::Opaque(url.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                let Pair { url, to } = Pair::deserialize(MapAccessDeserializer::new(map))?;
                Ok(RedirectExample::Decodes { url, to })
            }
        }
        deserializer.deserialize_any(Either)
    }
}
