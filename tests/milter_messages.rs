//! What the MTA is told about a message, over the milter protocol.

mod milter_common;

use indymilter_test::{Actions, EomAction, MacroStage, ProtoOpts, Status, TestConnection};
use milter_common::{
    Gateway, LARGE, LIMIT, assert_untouched, assert_upper, begin, finish, goes_on, header, policy,
    send, settings,
};
use std::{net::IpAddr, sync::Arc};
use untrackd::{
    clean::Cleaner,
    milter::{Mode, OnError, Policy, Service, SocketAddr},
    skip::Skip,
    telemetry::Disposition,
};

#[tokio::test]
async fn a_clean_message_gets_no_modification() {
    let gateway = Gateway::start(policy());
    let mut connection = gateway.connect().await;
    assert_untouched(&send(&mut connection, "", b"hello\r\n").await);
    connection.close().await.unwrap();

    let event = gateway.events.one();
    assert_eq!(event.disposition, Disposition::Clean);
    assert_eq!(event.transaction.queue_id.as_deref(), Some("4XyZ12345z"));
    assert_eq!(
        event.transaction.message_id.as_deref(),
        Some("1@example.org")
    );
    assert_eq!(
        event.transaction.from_domain.as_deref(),
        Some("example.org")
    );
    assert_eq!(event.transaction.sender, "ann@example.org");
    assert_eq!(event.transaction.recipients, ["bob@example.net"]);
    assert_eq!(event.transaction.client, Some(IpAddr::from([192, 0, 2, 1])));
    assert_eq!((event.size_before, event.size_after), (7, 7));
    assert_eq!(event.rules_version, "v1");

    let summary = gateway.stop().await;
    assert!(summary.drained);
    assert_eq!(summary.stats.messages(Disposition::Clean), 1);
    assert_eq!(
        summary.to_string(),
        "connections=1 changed=0 clean=1 failed=0 skipped=0 would-change=0 unfinished=0"
    );
}

#[tokio::test]
async fn header_edits_come_first_then_the_body_in_one_go() {
    let gateway = Gateway::start(policy());
    let mut connection = gateway.connect().await;
    let body = b"hello ".repeat(LARGE / 6);
    let (actions, status) = send(&mut connection, "change", &body).await;
    assert_eq!(status, Status::Accept);

    let kinds: Vec<String> = actions.actions.iter().map(kind).collect();
    let (headers, chunks) = kinds.split_at(4);
    assert_eq!(
        headers,
        [
            "delete X-Untrackd 3",
            "delete X-Untrackd 2",
            "delete X-Untrackd 1",
            "add X-Untrackd: pixels=1 rules=v1",
        ],
        "the last of the forged fields first, ours at the end"
    );
    assert_eq!(chunks.len(), LARGE.div_ceil(65_535));
    assert!(chunks.iter().all(|kind| kind == "body"), "{chunks:?}");
    assert!(actions.has_replaced_body(body.to_ascii_uppercase().as_slice()));

    let event = gateway.events.one();
    assert_eq!(event.disposition, Disposition::Changed);
    assert_eq!(event.size_after, body.len() as u64);
    assert!(event.outcome.body.is_none(), "the log needs no body");
}

fn kind(action: &EomAction) -> String {
    match action {
        EomAction::DeleteHeader { name, index } => {
            format!("delete {} {index}", name.to_str().unwrap())
        }
        EomAction::AddHeader { name, value } => {
            format!("add {}:{}", name.to_str().unwrap(), value.to_str().unwrap())
        }
        EomAction::ReplaceBody { .. } => "body".into(),
        other => format!("{other:?}"),
    }
}

#[tokio::test]
async fn a_body_can_be_replaced_by_nothing() {
    let gateway = Gateway::start(policy());
    let mut connection = gateway.connect().await;
    let (actions, _) = send(&mut connection, "empty", b"hello").await;
    assert!(actions.has_replaced_body(b""));
    assert_eq!(gateway.events.one().size_after, 0);
}

#[tokio::test]
async fn a_message_may_have_no_header_and_no_body() {
    let gateway = Gateway::start(policy());
    let mut connection = gateway.connect().await;
    begin(&mut connection, "<>", &["<bob@example.net>"]).await;
    assert_untouched(&connection.eom().await.unwrap());
    let event = gateway.events.one();
    assert_eq!(event.transaction.sender, "", "a bounce");
    assert_eq!(event.transaction.queue_id, None);
    assert_eq!(
        gateway.seen.lock().unwrap()[0].recipients,
        ["bob@example.net"]
    );
}

#[tokio::test]
async fn each_message_of_a_connection_stands_alone() {
    let gateway = Gateway::start(policy());
    let mut connection = gateway.connect().await;
    assert_upper(&send(&mut connection, "upper", b"one").await, b"one");
    begin(
        &mut connection,
        "<carl@example.org>",
        &["<dora@example.net>"],
    )
    .await;
    // Nothing of this message's header: the one before must not shine
    // through.
    goes_on(&connection.body(&b"two"[..]).await.unwrap());
    assert_untouched(&connection.eom().await.unwrap());

    let seen = gateway.seen.lock().unwrap();
    assert_eq!(seen[1].recipients, ["dora@example.net"]);
    assert_eq!(seen[1].headers, []);
    assert_eq!(seen[1].body, b"two");
    let events = gateway.events.take();
    assert_eq!(events[1].transaction.message_id, None);
    assert_eq!(events[1].transaction.from_domain, None);
    assert_eq!(
        events[1].transaction.queue_id, None,
        "the queue id of the first message is not that of the second"
    );
}

#[tokio::test]
async fn a_message_that_was_given_up_leaves_nothing_behind() {
    let gateway = Gateway::start(policy());
    let mut connection = gateway.connect().await;
    begin(
        &mut connection,
        "<ann@example.org>",
        &["<abuse@example.net>"],
    )
    .await;
    header(&mut connection, "X-Do", "upper").await;
    goes_on(&connection.body(&b"first"[..]).await.unwrap());
    connection.abort().await.unwrap();

    assert_upper(&send(&mut connection, "upper", b"second").await, b"second");
    assert_eq!(gateway.stats.aborted(), 1);
    assert_eq!(gateway.events.take().len(), 1);
    assert_eq!(gateway.seen.lock().unwrap()[0].body, b"second");
}

#[tokio::test]
async fn a_message_without_end_is_forgotten_at_the_next_mail() {
    let gateway = Gateway::start(policy());
    let mut connection = gateway.connect().await;
    begin(&mut connection, "<ann@example.org>", &["<bob@example.net>"]).await;
    goes_on(&connection.body(&b"first"[..]).await.unwrap());
    // No RSET and no end: as after a reply that we were not told of.
    assert_upper(&send(&mut connection, "upper", b"second").await, b"second");
    assert_eq!(gateway.stats.aborted(), 1);
}

#[tokio::test]
async fn authenticated_senders_pass_untouched() {
    let gateway = Gateway::start(policy());
    let mut connection = gateway.connect().await;
    connection
        .macros(MacroStage::Mail, [("{auth_authen}", "ann")])
        .await
        .unwrap();
    assert_untouched(&send(&mut connection, "upper", b"hello").await);
    assert_skipped(&gateway, Skip::Authenticated);

    // The MTA sends the macros of MAIL anew for each message.
    connection
        .macros(MacroStage::Mail, [("{mail_addr}", "ann@example.org")])
        .await
        .unwrap();
    assert_upper(&send(&mut connection, "upper", b"hello").await, b"hello");
}

#[tokio::test]
async fn exempt_networks_pass_untouched() {
    let gateway = Gateway::start(policy());
    let mut connection = gateway.connect_from([198, 51, 100, 7]).await;
    assert_untouched(&send(&mut connection, "upper", b"hello").await);
    assert_skipped(&gateway, Skip::Network);
}

#[tokio::test]
async fn the_client_address_is_taken_from_the_macro_if_need_be() {
    let gateway = Gateway::start(policy());
    // With the connection, or not before the first message.
    for stage in [MacroStage::Connect, MacroStage::Mail] {
        let mut connection = TestConnection::open(gateway.host_port()).await.unwrap();
        let client = [("{client_addr}", "198.51.100.7")];
        if stage == MacroStage::Connect {
            connection.macros(stage, client).await.unwrap();
        }
        connection
            .connect("localhost", indymilter_test::SocketInfo::Unknown)
            .await
            .unwrap();
        if stage == MacroStage::Mail {
            connection.macros(stage, client).await.unwrap();
        }
        assert_untouched(&send(&mut connection, "upper", b"hello").await);
        assert_skipped(&gateway, Skip::Network);
    }
}

#[tokio::test]
async fn one_exempt_recipient_exempts_the_message() {
    let gateway = Gateway::start(policy());
    let mut connection = gateway.connect().await;
    for recipients in [
        &["<bob@example.net>", "<Abuse@Example.COM>"][..],
        &["<ANN@exempt.example>", "<bob@example.net>"][..],
    ] {
        begin(&mut connection, "<ann@example.org>", recipients).await;
        assert_untouched(&finish(&mut connection, "upper", b"hello").await);
        assert_skipped(&gateway, Skip::Recipient);
    }
    begin(&mut connection, "<a@b.example>", &["<bob@exempt.example>"]).await;
    assert_upper(&finish(&mut connection, "upper", b"hello").await, b"hello");
}

#[tokio::test]
async fn a_message_above_the_limit_passes_untouched() {
    let gateway = Gateway::start(policy());
    let mut connection = gateway.connect().await;
    let body = vec![b'a'; LIMIT];
    assert_upper(&send(&mut connection, "upper", &body).await, &body);
    assert_eq!(gateway.events.one().disposition, Disposition::Changed);

    let body = vec![b'a'; LIMIT + 1];
    assert_untouched(&send(&mut connection, "upper", &body).await);
    let event = gateway.events.one();
    assert_eq!(event.disposition, Disposition::Skipped);
    assert_eq!(event.outcome.skips[0].skip, Skip::Oversize);
    assert_eq!(event.size_before, LIMIT as u64 + 1);
    assert_eq!(
        event.transaction.message_id.as_deref(),
        Some("1@example.org")
    );
    assert_eq!(gateway.seen.lock().unwrap().len(), 1, "nothing is finished");
}

fn assert_skipped(gateway: &Gateway, skip: Skip) {
    let event = gateway.events.one();
    assert_eq!(event.disposition, Disposition::Skipped);
    assert_eq!(event.outcome.skips.len(), 1);
    assert_eq!(event.outcome.skips[0].skip, skip);
    assert_eq!(event.outcome.skips[0].part, "");
    assert!(gateway.stats.skips(skip) > 0);
    assert!(
        gateway.seen.lock().unwrap().is_empty(),
        "the cleaner is not even begun"
    );
}

#[tokio::test]
async fn what_the_cleaner_skips_as_a_whole_is_skipped() {
    let gateway = Gateway::start(policy());
    let mut connection = gateway.connect().await;
    assert_untouched(&send(&mut connection, "sign", b"hello").await);
    let event = gateway.events.one();
    assert_eq!(event.disposition, Disposition::Skipped);
    assert_eq!(gateway.stats.skips(Skip::Signed), 1);
}

#[tokio::test]
async fn observing_changes_nothing_and_tells_what_would_have_been() {
    let gateway = Gateway::start(untrackd::milter::Policy {
        mode: Mode::Observe,
        on_error: OnError::Tempfail,
        ..policy()
    });
    let mut connection = gateway.connect().await;
    assert_eq!(connection.negotiated_actions(), Actions::empty());
    assert_untouched(&send(&mut connection, "change", b"hello").await);
    let event = gateway.events.one();
    assert_eq!(event.disposition, Disposition::WouldChange);
    assert_eq!(event.size_after, 5);

    assert_untouched(&send(&mut connection, "panic at the end", b"hello").await);
    assert_eq!(gateway.events.one().disposition, Disposition::Failed);
    assert_eq!(gateway.stats.powerless(), 0);
}

#[tokio::test]
async fn the_cleaner_gets_the_message_as_it_came() {
    let gateway = Gateway::start(policy());
    let mut connection = TestConnection::configure()
        .exact_leading_space(true)
        .open_tcp(gateway.host_port())
        .await
        .unwrap();
    connection.connect("c", [192, 0, 2, 1]).await.unwrap();
    begin(
        &mut connection,
        "<@relay.example:ann@example.org>",
        &["<\"b o\\\"b@\"@example.net>", "<grün@example.net>"],
    )
    .await;
    for (name, value) in [
        ("A", " x"),
        ("B", "x"),
        ("C", "\tx\n y"),
        ("D", ""),
        ("d", "  "),
    ] {
        header(&mut connection, name, value).await;
    }
    for chunk in [&b"a\r"[..], b"\nb\0\xff", b"\n"] {
        goes_on(&connection.body(chunk).await.unwrap());
    }
    connection.eom().await.unwrap();

    let seen = &gateway.seen.lock().unwrap()[0];
    assert_eq!(
        seen.recipients,
        ["\"b o\\\"b@\"@example.net", "grün@example.net"]
    );
    let headers: Vec<_> = seen
        .headers
        .iter()
        .map(|(n, v)| (n.as_slice(), v.as_slice()))
        .collect();
    assert_eq!(
        headers,
        [
            (&b"A"[..], &b" x"[..]),
            (b"B", b"x"),
            (b"C", b"\tx\n y"),
            (b"D", b""),
            (b"d", b"  "),
        ]
    );
    assert_eq!(seen.body, b"a\r\nb\0\xff\n");
    assert_eq!(gateway.events.one().transaction.sender, "ann@example.org");
}

#[tokio::test]
async fn an_mta_that_offers_nothing_but_actions_gets_a_reply_to_each_command() {
    let gateway = Gateway::start(policy());
    let mut connection = TestConnection::configure()
        .available_opts(ProtoOpts::NO_CONNECT)
        .open_tcp(gateway.host_port())
        .await
        .unwrap();
    assert_eq!(connection.negotiated_opts(), ProtoOpts::empty());
    let status = connection.connect("c", [192, 0, 2, 1]).await.unwrap();
    assert_eq!(status, Status::Continue);
    for _ in 0..2 {
        assert_eq!(connection.helo("c").await.unwrap(), Status::Continue);
        assert_eq!(connection.mail(["<a@b>"]).await.unwrap(), Status::Continue);
        assert_eq!(connection.rcpt(["<c@d>"]).await.unwrap(), Status::Continue);
        assert_eq!(connection.data().await.unwrap(), Status::Continue);
        let status = connection.header("X-Do", "change").await.unwrap();
        assert_eq!(status, Status::Continue);
        assert_eq!(connection.eoh().await.unwrap(), Status::Continue);
        assert_eq!(connection.body(&b"x"[..]).await.unwrap(), Status::Continue);
        let (actions, status) = connection.eom().await.unwrap();
        assert_eq!(status, Status::Accept);
        assert!(actions.has_replaced_body(b"X"));
        // The MTA adds the space that it has eaten.
        assert!(actions.has_add_header("X-Untrackd", "pixels=1 rules=v1"));
        assert_eq!(connection.unknown("XYZ").await.unwrap(), Status::Continue);
    }
    assert_eq!(
        gateway.seen.lock().unwrap()[0].headers,
        [(b"X-Do".to_vec(), b" change".to_vec())],
        "the cleaner gets the space that the MTA has eaten"
    );
}

#[tokio::test]
async fn an_mta_without_deletions_gets_the_other_changes() {
    let gateway = Gateway::start(policy());
    let mut connection = TestConnection::configure()
        .available_actions(Actions::REPLACE_BODY | Actions::ADD_HEADER | Actions::ADD_RCPT)
        .open_tcp(gateway.host_port())
        .await
        .unwrap();
    assert_eq!(
        connection.negotiated_actions(),
        Actions::REPLACE_BODY | Actions::ADD_HEADER
    );
    assert!(connection.requested_macros().is_empty(), "not offered");
    let (actions, _) = send(&mut connection, "change", b"hello").await;
    let kinds: Vec<_> = actions.actions.iter().map(kind).collect();
    assert_eq!(kinds, ["add X-Untrackd: pixels=1 rules=v1", "body"]);
    assert_eq!(gateway.stats.powerless(), 1);
}

#[tokio::test]
async fn macros_are_requested_where_that_is_offered() {
    let gateway = Gateway::start(policy());
    let connection = gateway.connect().await;
    let asked = connection.requested_macros();
    assert_eq!(asked[&MacroStage::Eom].to_str(), Ok("i"));
    assert!(
        asked[&MacroStage::Mail]
            .to_str()
            .unwrap()
            .contains("{auth_authen}")
    );
}

#[tokio::test]
async fn a_connection_opened_while_observing_stays_unchanged_after_a_reload() {
    let observe = untrackd::milter::Policy {
        mode: Mode::Observe,
        ..policy()
    };
    let gateway = Gateway::start(observe.clone());
    let mut old = gateway.connect().await;
    gateway.reload("v2", policy());
    assert_untouched(&send(&mut old, "change", b"hello").await);
    let event = gateway.events.one();
    assert_eq!(event.disposition, Disposition::WouldChange);
    assert_eq!(gateway.stats.powerless(), 1);

    let mut new = gateway.connect().await;
    assert_upper(&send(&mut new, "upper", b"hello").await, b"hello");

    // And the other way round: the new mode holds at once.
    gateway.reload("v3", observe);
    assert_untouched(&send(&mut new, "upper", b"hello").await);
}

#[tokio::test]
async fn a_message_is_handled_by_the_settings_it_began_with() {
    let gateway = Gateway::start(policy());
    let mut connection = gateway.connect().await;
    begin(&mut connection, "<ann@example.org>", &["<bob@example.net>"]).await;
    gateway.has_begun(1).await;
    let mut strict = policy();
    strict.exempt.recipients.push("@example.net".into());
    gateway.reload("v2", strict);
    let (actions, _) = finish(&mut connection, "change", b"hello").await;
    assert!(actions.has_add_header("X-Untrackd", " pixels=1 rules=v1"));
    assert_eq!(gateway.events.one().rules_version, "v1");

    assert_untouched(&send(&mut connection, "change", b"hello").await);
    assert_eq!(gateway.events.one().rules_version, "v2");
}

#[tokio::test]
async fn a_huge_recipient_list_is_cut_and_still_searched_for_exempt_ones() {
    let gateway = Gateway::start(policy());
    let mut connection = gateway.connect().await;
    begin(&mut connection, "<ann@example.org>", &[]).await;
    for n in 0..20_000 {
        connection
            .rcpt([format!("<user{n}@example.net>")])
            .await
            .unwrap();
    }
    assert_upper(&finish(&mut connection, "upper", b"x").await, b"x");
    assert_eq!(gateway.events.one().transaction.recipients.len(), 10_000);
    assert_eq!(gateway.seen.lock().unwrap()[0].recipients.len(), 10_000);

    begin(&mut connection, "<ann@example.org>", &[]).await;
    for n in 0..12_000 {
        connection
            .rcpt([format!("<user{n}@example.net>")])
            .await
            .unwrap();
    }
    connection.rcpt(["<abuse@example.net>"]).await.unwrap();
    assert_untouched(&finish(&mut connection, "upper", b"x").await);
}

#[tokio::test]
async fn it_works_the_same_over_a_unix_socket() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("milter.sock");
    let gateway = Gateway::start_with(
        &Service {
            socket: SocketAddr::Unix {
                path: path.clone(),
                mode: 0o600,
                group: None,
            },
            ..settings()
        },
        policy(),
    );
    let mut connection = gateway.connect().await;
    let body = vec![b'a'; LARGE];
    assert_upper(&send(&mut connection, "upper", &body).await, &body);
    assert_untouched(&send(&mut connection, "", &body).await);
    connection.close().await.unwrap();
    gateway.stop().await;
    assert!(!path.exists(), "the socket is gone with its owner");
}

/// A gateway with the true cleaner, and what it does with a mail that asks for
/// receipts.
async fn ask_for_receipts(mode: Mode, sender: &str) -> (Vec<String>, Disposition, u64) {
    let policy = Policy { mode, ..policy() };
    let gateway = Gateway::start(policy.clone());
    gateway.clean_truly(Arc::new(Cleaner::builtin().unwrap()), policy);
    let mut connection = gateway.connect().await;
    begin(&mut connection, sender, &["<bob@example.net>"]).await;
    for name in [
        "X-Untrackd",
        "Disposition-Notification-To",
        "Return-receipt-to",
        "disposition-notification-to",
    ] {
        header(&mut connection, name, " ann@example.org").await;
    }
    let (actions, status) = finish(&mut connection, "", b"hello\r\n").await;
    assert_eq!(status, Status::Accept);
    let event = gateway.events.one();
    assert!(event.outcome.skips.is_empty());
    let kinds = actions.actions.iter().map(kind).collect();
    (kinds, event.disposition, event.size_after)
}

#[tokio::test]
async fn a_change_of_the_header_alone_is_a_change() {
    let (kinds, disposition, size) = ask_for_receipts(Mode::Enforce, "<ann@example.org>").await;
    let (last, deletions) = kinds.split_last().unwrap();
    assert_eq!(
        deletions,
        [
            "delete Disposition-Notification-To 2",
            "delete Disposition-Notification-To 1",
            "delete Return-Receipt-To 1",
            "delete X-Untrackd 1",
        ],
        "copies are counted by name, and the body is not replaced"
    );
    let counts = "add X-Untrackd: cleaned; trackers=0 links=0 opaque=0 skipped=0 receipts=3 rules=";
    assert!(last.starts_with(counts), "{last}");
    assert_eq!((disposition, size), (Disposition::Changed, 7));
}

#[tokio::test]
async fn observing_tells_that_the_header_would_be_changed() {
    let (kinds, disposition, _) = ask_for_receipts(Mode::Observe, "<ann@example.org>").await;
    assert!(kinds.is_empty(), "{kinds:?}");
    assert_eq!(disposition, Disposition::WouldChange);
}

#[tokio::test]
async fn a_report_keeps_its_header_but_for_fields_of_ours() {
    let (kinds, _, _) = ask_for_receipts(Mode::Enforce, "<>").await;
    assert_eq!(kinds, ["delete X-Untrackd 1"]);
}
