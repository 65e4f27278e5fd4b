//! Steps that compare the value with what else the wrapper says of its
//! destination, and pass it on unchanged.

use super::{Context, DecodeErrorKind, Step, coding::unescape, select, text::as_text};
use crate::url::Target;
use std::sync::Arc;

/// The host of the value must be the host that the wrapper names, or a
/// subdomain of it: some wrappers name the registrable domain only, others a
/// URL.
pub(super) fn host(selector: &str) -> Result<Step, String> {
    let selector = selector_of(selector)?;
    Ok(Arc::new(move |value, context| {
        let stated = stated(&selector, context)?;
        let target = Target::parse(as_text(value)?).ok_or(DecodeErrorKind::NotHttp)?;
        // Through the parser, so that both are in lower case and punycode.
        let stated = if stated.contains("://") {
            stated
        } else {
            format!("https://{stated}/")
        };
        let stated = Target::parse(&stated).ok_or(DecodeErrorKind::Mismatch)?;
        let is_same = target
            .host()
            .strip_suffix(stated.host())
            .is_some_and(|before| before.is_empty() || before.ends_with('.'));
        pass(is_same, value)
    }))
}

/// The value without its scheme, spelled with letters and digits only, must
/// be what the wrapper repeats for human eyes.
pub(super) fn slug(selector: &str) -> Result<Step, String> {
    let selector = selector_of(selector)?;
    Ok(Arc::new(move |value, context| {
        let stated = stated(&selector, context)?;
        let text = as_text(value)?;
        let bare = text.split_once("://").map_or(text, |(_, rest)| rest);
        pass(letters(bare) == letters(&stated), value)
    }))
}

fn pass(is_same: bool, value: &[u8]) -> Result<Vec<u8>, DecodeErrorKind> {
    if is_same {
        Ok(value.to_vec())
    } else {
        Err(DecodeErrorKind::Mismatch)
    }
}

fn letters(text: &str) -> Vec<u8> {
    text.bytes()
        .filter(u8::is_ascii_alphanumeric)
        .map(|b| b.to_ascii_lowercase())
        .collect()
}

/// The step that selects from the wrapper; no other kind of step, so a check
/// cannot hold a check.
fn selector_of(selector: &str) -> Result<Step, String> {
    match selector.split_once(':') {
        Some(("param", names)) if !names.is_empty() => select::param(names),
        Some(("segment", number)) => select::segment(number),
        _ => Err("STEP is `param:NAME` or `segment:N`".to_owned()),
    }
}

fn stated(selector: &Step, context: &Context<'_>) -> Result<String, DecodeErrorKind> {
    let stated = unescape(&selector(context.wrapper.as_bytes(), context)?);
    as_text(&stated).map(str::to_owned)
}
