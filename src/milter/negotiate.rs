//! What is asked of the MTA when a connection opens.
//!
//! Stages that we do not need are switched off, and those before the end of
//! the message are not replied to: one round trip a message instead of one a
//! header field and chunk. indymilter ends the session if an option is asked
//! for that the MTA does not offer, so every wish is cut down to the offer.

use super::Mode;
use indymilter::{Actions, MacroStage, ProtoOpts, Status};
use std::{collections::HashMap, ffi::CString};

/// What changing a message needs.
const CHANGES: Actions = Actions::REPLACE_BODY
    .union(Actions::CHANGE_HEADER)
    .union(Actions::ADD_HEADER);

/// Stages that tell us nothing, and the reply option to use where the MTA
/// cannot switch them off.
const UNNEEDED: &[(ProtoOpts, ProtoOpts)] = &[
    (ProtoOpts::NO_HELO, ProtoOpts::NOREPLY_HELO),
    (ProtoOpts::NO_DATA, ProtoOpts::NOREPLY_DATA),
    (ProtoOpts::NO_EOH, ProtoOpts::NOREPLY_EOH),
    (ProtoOpts::NO_UNKNOWN, ProtoOpts::NOREPLY_UNKNOWN),
];

/// What else is asked for. Without LEADING_SPACE the MTA would eat a space
/// after the colon and add one to what we write. SKIP is no use: it excludes
/// NOREPLY_BODY. (With that, indymilter would not see the end of a message
/// whose end-of-body command carries data; Postfix and Sendmail send none.)
const WANTED: ProtoOpts = ProtoOpts::NOREPLY_CONNECT
    .union(ProtoOpts::NOREPLY_MAIL)
    .union(ProtoOpts::NOREPLY_RCPT)
    .union(ProtoOpts::NOREPLY_HEADER)
    .union(ProtoOpts::NOREPLY_BODY)
    .union(ProtoOpts::LEADING_SPACE);

/// The macros that are read, by stage. The queue id is read at the end of the
/// message, at whatever stage it came: Sendmail tells it at MAIL only, Postfix
/// knows it from DATA on.
const MACROS: &[(MacroStage, &str)] = &[
    (MacroStage::Connect, "j v {client_addr} {daemon_name}"),
    (MacroStage::Mail, "i {auth_type} {auth_authen} {mail_addr}"),
    (MacroStage::Eom, "i"),
];

/// What the MTA and we agreed on for one connection.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Agreement {
    /// What we may do with a message.
    pub(super) actions: Actions,
    /// How the MTA talks to us.
    pub(super) opts: ProtoOpts,
}

impl Agreement {
    /// The best that can be had of an offer. In observe mode nothing is
    /// changed, so no action is asked for.
    pub(super) fn reach(mode: Mode, actions: Actions, opts: ProtoOpts) -> Self {
        let wanted = match mode {
            Mode::Enforce => CHANGES,
            Mode::Observe => Actions::empty(),
        };
        let mut chosen = WANTED & opts;
        for (off, noreply) in UNNEEDED {
            chosen |= if opts.contains(*off) { *off } else { *noreply } & opts;
        }
        Self {
            actions: wanted & actions,
            opts: chosen,
        }
    }

    /// What is missing to change messages.
    pub(super) fn missing(&self) -> Actions {
        CHANGES - self.actions
    }

    /// The status of a stage with this NOREPLY option.
    pub(super) fn status(&self, noreply: ProtoOpts) -> Status {
        if self.opts.contains(noreply) {
            Status::Noreply
        } else {
            Status::Continue
        }
    }

    /// Whether header values come and go with the space after the colon.
    pub(super) fn leading_space(&self) -> bool {
        self.opts.contains(ProtoOpts::LEADING_SPACE)
    }
}

/// The macros to ask for, if the MTA lets itself be asked.
pub(super) fn macros(offered: Actions) -> HashMap<MacroStage, CString> {
    if !offered.contains(Actions::REQUEST_MACROS) {
        return HashMap::new();
    }
    MACROS
        .iter()
        .filter_map(|(stage, names)| Some((*stage, CString::new(*names).ok()?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_is_asked_for_than_is_needed() {
        let all = Agreement::reach(Mode::Enforce, Actions::all(), ProtoOpts::all());
        assert_eq!(
            all.actions,
            Actions::REPLACE_BODY | Actions::CHANGE_HEADER | Actions::ADD_HEADER
        );
        assert_eq!(all.missing(), Actions::empty());
        // NO_HELO 0x2, NO_EOH 0x40, NOREPLY_HEADER 0x80, NO_UNKNOWN 0x100,
        // NO_DATA 0x200, NOREPLY_CONNECT 0x1000, _MAIL 0x4000, _RCPT 0x8000,
        // _BODY 0x80000, LEADING_SPACE 0x100000
        assert_eq!(all.opts.bits(), 0x18_d3c2);
    }

    #[test]
    fn observing_asks_for_no_action() {
        let seen = Agreement::reach(Mode::Observe, Actions::all(), ProtoOpts::all());
        assert_eq!(seen.actions, Actions::empty());
    }

    #[test]
    fn no_more_is_asked_for_than_is_offered() {
        for bit in 0..32 {
            let opts = ProtoOpts::from_bits_truncate(1 << bit);
            let actions = Actions::from_bits_truncate(1 << bit);
            let agreed = Agreement::reach(Mode::Enforce, actions, opts);
            assert!(opts.contains(agreed.opts), "{opts:?}");
            assert!(actions.contains(agreed.actions), "{actions:?}");
        }
    }

    #[test]
    fn an_unneeded_stage_that_must_be_is_not_replied_to() {
        let opts = ProtoOpts::NOREPLY_HELO | ProtoOpts::NO_DATA | ProtoOpts::NOREPLY_DATA;
        let agreed = Agreement::reach(Mode::Enforce, Actions::all(), opts);
        assert_eq!(agreed.opts, ProtoOpts::NOREPLY_HELO | ProtoOpts::NO_DATA);
        assert_eq!(agreed.status(ProtoOpts::NOREPLY_HELO), Status::Noreply);
        assert_eq!(agreed.status(ProtoOpts::NOREPLY_MAIL), Status::Continue);
    }

    #[test]
    fn macros_are_requested_only_if_that_is_offered() {
        assert!(macros(Actions::all() - Actions::REQUEST_MACROS).is_empty());
        let asked = macros(Actions::REQUEST_MACROS);
        assert_eq!(asked.get(&MacroStage::Eom), Some(&c"i".to_owned()));
        let at_mail = asked.get(&MacroStage::Mail).unwrap().to_str().unwrap();
        assert!(at_mail.split(' ').any(|name| name == "i"), "{at_mail}");
    }
}
