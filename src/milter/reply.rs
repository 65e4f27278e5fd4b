//! Writes a decision to the MTA.
//!
//! First the header edits, then the body in one go: Postfix answers 451 if
//! anything comes between two pieces of a new body.

use super::{
    decision::{Change, Reply},
    negotiate::Agreement,
};
use crate::clean::HeaderEdit;
use indymilter::{
    ActionError, ContextActions, EomActions, EomContext, SetErrorReply, SmtpReply, Status,
};

/// Writes the changes. If it fails, the connection is of no more use, and
/// the MTA does what it does when a milter goes away.
pub(super) async fn write<T: Send>(
    cx: &mut EomContext<T>,
    reply: &Reply,
    agreement: Agreement,
    queue_id: Option<&str>,
) -> (Status, Result<(), ActionError>) {
    match reply {
        Reply::Pass => (Status::Accept, Ok(())),
        Reply::Change(change) => {
            let result = write_change(&cx.actions, change, agreement.leading_space()).await;
            (Status::Accept, result)
        }
        Reply::Refuse => {
            refuse(&mut cx.reply, queue_id);
            (Status::Tempfail, Ok(()))
        }
    }
}

async fn write_change(
    actions: &EomActions,
    change: &Change,
    leading_space: bool,
) -> Result<(), ActionError> {
    for edit in &change.headers {
        match edit {
            HeaderEdit::Add { name, value } => {
                let value = folded(value, leading_space);
                actions.add_header(name.as_str(), value).await?;
            }
            HeaderEdit::Delete { name, index } => {
                let index = i32::try_from(*index).map_err(|_| ActionError::InvalidParam)?;
                actions
                    .change_header(name.as_str(), index, None::<String>)
                    .await?;
            }
        }
    }
    if let Some(body) = &change.body {
        actions.replace_body(body).await?;
    }
    Ok(())
}

/// A value as the protocol wants it: folded with LF, no CR, and no line that
/// would be a field of its own.
fn folded(value: &str, leading_space: bool) -> String {
    let mut out = String::with_capacity(value.len() + 1);
    if leading_space {
        out.push(' ');
    }
    let mut lines = value.lines();
    out.extend(lines.next());
    for line in lines.filter(|line| !line.trim().is_empty()) {
        out.push('\n');
        if !line.starts_with([' ', '\t']) {
            out.push(' ');
        }
        out.push_str(line);
    }
    out.replace('\r', " ")
}

/// Asks the client to come again later (RFC 3463: 4.7.1, refused by policy).
fn refuse(reply: &mut SmtpReply, queue_id: Option<&str>) {
    let text = match queue_id {
        Some(id) => format!("untrackd could not check this message, try again later ({id})"),
        None => "untrackd could not check this message, try again later".into(),
    };
    // The text is a format string to the MTA.
    let text = text.replace('%', "%%");
    // Without a text of ours the MTA has one of its own.
    let _ = reply.set_error_reply("451", Some("4.7.1"), [text]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_cannot_bring_fields_of_its_own() {
        for (value, expected) in [
            ("pixels=1", " pixels=1"),
            ("a\r\n b", " a\n b"),
            ("a\r\nBcc: eve@example.org", " a\n Bcc: eve@example.org"),
            ("a\nb\n\tc", " a\n b\n\tc"),
            ("a\r\n\r\nbody", " a\n body"),
            ("a\rb", " a b"),
        ] {
            assert_eq!(folded(value, true), expected, "{value:?}");
        }
        assert_eq!(folded("pixels=1", false), "pixels=1");
    }
}
