//! The table of steps.

use super::{Step, check, coding, compression, proofpoint, select, text, vendor};

/// One decode step.
pub struct StepDef {
    /// The name in a rule.
    pub name: &'static str,
    /// What follows the name after a colon; `None` if nothing may.
    pub argument: Option<&'static str>,
    /// One line for the rule author.
    pub doc: &'static str,
    /// Reads the argument (empty if there is none).
    build: fn(&str) -> Result<Step, String>,
}

/// All steps, by name.
///
/// `segment` and `split` count from 1. Steps that select something fail where
/// it is absent or empty; names are tried in the order given.
#[rustfmt::skip]
pub static STEPS: &[StepDef] = &[
    StepDef { name: "base32", argument: None, doc: "decode base32 (RFC 4648), with or without padding", build: coding::base32 },
    StepDef { name: "base64", argument: None, doc: "decode base64, either alphabet; padding by `=`, `~` or none", build: coding::base64 },
    StepDef { name: "base64-dash", argument: None, doc: "decode base64 that is padded with `-` or `.`", build: coding::base64_dash },
    StepDef { name: "check-host", argument: Some("STEP"), doc: "the value's host must be the host, or that of the URL, which STEP selects from the wrapper's URL", build: check::host },
    StepDef { name: "check-slug", argument: Some("STEP"), doc: "the letters and digits of the value without scheme must be those of what STEP selects from the wrapper's URL", build: check::slug },
    StepDef { name: "gzip", argument: None, doc: "inflate a gzip member (RFC 1952)", build: compression::gzip },
    StepDef { name: "hex", argument: None, doc: "decode pairs of hex digits", build: coding::hex },
    StepDef { name: "html", argument: None, doc: "decode the HTML references `&amp;`, `&lt;`, `&gt;`, `&quot;`, `&apos;` and by number", build: text::html },
    StepDef { name: "json", argument: Some("NAME[|NAME…]"), doc: "the member of a JSON object; an object inside a JSON string is opened first", build: text::json },
    StepDef { name: "last-after", argument: Some("TEXT"), doc: "all that follows the last TEXT", build: select::last_after },
    StepDef { name: "last-segment", argument: None, doc: "the URL's last path segment that is not empty", build: select::last_segment },
    StepDef { name: "param", argument: Some("NAME[|NAME…]"), doc: "the first value of a query parameter of the URL, as it stands", build: select::param },
    StepDef { name: "param-last", argument: Some("NAME"), doc: "the last value of a query parameter of the URL, as it stands", build: select::param_last },
    StepDef { name: "percent", argument: None, doc: "decode `%XX` once", build: coding::percent },
    StepDef { name: "percent*", argument: None, doc: "decode `%XX` up to three times while it begins like `https%3A`", build: coding::percent_repeated },
    StepDef { name: "proofpoint-v3", argument: None, doc: "Proofpoint URL Defense version 3, from the whole URL", build: proofpoint::v3 },
    StepDef { name: "protobuf", argument: Some("FIELD"), doc: "the first length-delimited field of this number of a protocol buffer", build: vendor::protobuf },
    StepDef { name: "query", argument: Some("NAME"), doc: "the first member of a bare query string, percent-decoded", build: select::query },
    StepDef { name: "raw-query", argument: None, doc: "the whole query of the URL, as it stands", build: select::raw_query },
    StepDef { name: "regex", argument: Some("PATTERN"), doc: "all groups of the first match, joined", build: select::pattern },
    StepDef { name: "rest-after", argument: Some("TEXT"), doc: "all that follows the first TEXT", build: select::rest_after },
    StepDef { name: "scheme", argument: Some("http|https"), doc: "put this scheme in front if there is no http or https", build: text::scheme },
    StepDef { name: "segment", argument: Some("N"), doc: "the URL's path segment N, as it stands", build: select::segment },
    StepDef { name: "slashes", argument: None, doc: "repair `https:/x`, which mailers make of `https://x`", build: text::slashes },
    StepDef { name: "sparkpost", argument: Some("FIELD"), doc: "the field of this number of SparkPost's tag-length-value list", build: vendor::sparkpost },
    StepDef { name: "split", argument: Some("SEPARATOR:N"), doc: "piece N between separators", build: select::split },
    StepDef { name: "strip-host-suffix", argument: Some("SUFFIX"), doc: "cut SUFFIX from the end of the host", build: text::strip_host_suffix },
    StepDef { name: "substitute", argument: Some("FROM,TO"), doc: "replace each character of FROM by the one in its place in TO", build: text::substitute },
    StepDef { name: "zeta", argument: None, doc: "Zeta Global's tagged base64 fields, from the whole URL", build: vendor::zeta },
    StepDef { name: "zlib", argument: None, doc: "inflate a zlib stream (RFC 1950), also one that is flushed but not terminated", build: compression::zlib },
];

/// Reads one step, `name` or `name:argument`.
pub(super) fn build(step: &str) -> Result<(&'static str, Step), String> {
    let (name, argument) = match step.split_once(':') {
        Some((name, argument)) => (name, Some(argument)),
        None => (step, None),
    };
    let Some(def) = STEPS.iter().find(|s| s.name == name) else {
        return Err(unknown(name));
    };
    let argument = match (def.argument, argument) {
        (None, None) => "",
        (Some(_), Some(argument)) if !argument.is_empty() => argument,
        (None, Some(_)) => return Err(format!("step {name:?} takes no argument")),
        (Some(meaning), _) => {
            return Err(format!("step {name:?} needs an argument: {name}:{meaning}"));
        }
    };
    let built = (def.build)(argument).map_err(|problem| format!("step {step:?}: {problem}"))?;
    Ok((def.name, built))
}

fn unknown(name: &str) -> String {
    let names: Vec<_> = STEPS.iter().map(|s| s.name).collect();
    format!(
        "unknown decode step {name:?}; the steps are {}",
        names.join(", ")
    )
}
