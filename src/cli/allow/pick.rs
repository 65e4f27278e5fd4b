//! From a finding in the block log to the entries that would spare it.

use super::open_log;
use crate::{
    cli::{
        exit::{Code, Failure},
        terminal::printable,
    },
    config::Config,
    review::{
        FindingRow, MessageRow,
        preview::{Proposal, proposals},
    },
    telemetry::keys::Keys,
};

/// The entries that would spare what `text` names, the narrowest first: a
/// message by its id, queue id or Message-ID, and with `#2` its second finding.
pub(super) fn pick(text: &str, config: &Config) -> Result<Vec<Proposal>, Failure> {
    let (message, number) = split(text)?;
    let reader = open_log(config).map_err(Failure::from)?;
    // Without the keys only a Message-ID is not found.
    let keys = Keys::load(&config.log.keys).ok();
    let found = reader.find(message, keys.as_ref()).map_err(Failure::from)?;
    let Some(row) = found.first() else {
        return Err(Failure::new(
            Code::NoInput,
            format!(
                "{}: no such message in the block log; `untrackd log` lists them",
                printable(message)
            ),
        ));
    };
    let finding = choose(row, message, number)?;
    let proposals = proposals(row, finding);
    if proposals.is_empty() {
        let text = "nothing in the log tells this finding from others; its privacy level hides it";
        return Err(Failure::new(Code::Data, text));
    }
    Ok(proposals)
}

fn split(text: &str) -> Result<(&str, Option<usize>), Failure> {
    let Some((message, number)) = text.rsplit_once('#') else {
        return Ok((text, None));
    };
    match number.parse() {
        Ok(number) => Ok((message, Some(number))),
        Err(_) => Err(Failure::new(
            Code::Usage,
            format!(
                "{}: after # stands the number of a finding",
                printable(text)
            ),
        )),
    }
}

fn choose<'a>(
    row: &'a MessageRow,
    name: &str,
    number: Option<usize>,
) -> Result<&'a FindingRow, Failure> {
    let chosen = match (number, row.findings.as_slice()) {
        (None, [only]) => Some(only),
        (None, _) => None,
        (Some(number), findings) => number.checked_sub(1).and_then(|n| findings.get(n)),
    };
    chosen.ok_or_else(|| {
        if row.findings.is_empty() {
            let text = format!("{}: nothing was found in it", printable(name));
            return Failure::new(Code::Data, text);
        }
        let mut text = format!(
            "{}: say which of its findings, as in {}#1",
            printable(name),
            printable(name)
        );
        for (n, finding) in row.findings.iter().enumerate() {
            let rules = finding.rules.join(" > ");
            text += &format!(
                "\n  #{} {} {} {} {}",
                n + 1,
                printable(&finding.action),
                printable(&finding.vector),
                printable(&finding.tracker),
                printable(&rules)
            );
        }
        Failure::new(Code::Usage, text)
    })
}
