//! The query string, read so that nothing in it is an error by itself.

use axum::{
    extract::FromRequestParts,
    http::{Uri, request::Parts},
};
use std::convert::Infallible;

/// Most parameters that are read.
const MAX_PARAMETERS: usize = 32;

/// The parameters of a request. Of equal names the first counts; one that is
/// not there is empty.
#[derive(Clone, Debug, Default)]
pub(crate) struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// Those of an address.
    pub(crate) fn of(uri: &Uri) -> Self {
        let query = uri.query().unwrap_or_default();
        let pairs = ::url::form_urlencoded::parse(query.as_bytes());
        let owned = |(name, value): (std::borrow::Cow<'_, str>, std::borrow::Cow<'_, str>)| {
            (name.into_owned(), value.into_owned())
        };
        Self(pairs.take(MAX_PARAMETERS).map(owned).collect())
    }

    /// The value of the parameter with this name, without spaces around it.
    pub(crate) fn get(&self, name: &str) -> &str {
        let mut pairs = self.0.iter();
        let found = pairs.find(|(own, _)| own == name);
        found.map_or("", |(_, value)| value.trim())
    }

    /// A value that is a whole number; none if there is none or it is
    /// something else.
    pub(crate) fn number(&self, name: &str) -> Option<i64> {
        self.get(name).parse().ok()
    }
}

impl<S: Sync> FromRequestParts<S> for Parameters {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.uri))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_stands_there_can_be_read() {
        let parameters = |uri: &str| Parameters::of(&uri.parse().unwrap());
        let found = parameters("/log?q=+a%20b%00+&n=25&n=50&before=x&%ff=1&=&&y");
        assert_eq!(found.get("q"), "a b\0");
        assert_eq!(found.number("n"), Some(25));
        assert_eq!(found.number("before"), None);
        assert_eq!(found.get("y"), "");
        assert_eq!(found.get("after"), "");
        assert_eq!(parameters("/log").get("q"), "");
    }
}
