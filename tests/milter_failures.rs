//! Whatever goes wrong with one message, it is delivered as it came or
//! refused for now, and nobody else notices.

mod milter_common;

use indymilter::message::{self, Message};
use indymilter_test::Status;
use milter_common::{
    Gateway, LARGE, assert_untouched, assert_upper, begin, header, policy, send, until,
};
use std::time::Duration;
use tokio::{io::BufStream, net::TcpStream, time::timeout};
use untrackd::{
    milter::{Failure, OnError, Policy},
    skip::Skip,
    telemetry::Disposition,
};

/// Every way in which the cleaner can fail, and how it is called.
const FAILURES: &[(&str, Failure)] = &[
    ("panic in a header", Failure::Panic),
    ("panic in the body", Failure::Panic),
    ("panic at the end", Failure::Panic),
    ("be slow in a header", Failure::Timeout),
    ("notice the time", Failure::Timeout),
    ("ignore the time", Failure::Timeout),
    ("ask for the impossible", Failure::Error),
];

#[tokio::test]
async fn a_message_that_fails_is_delivered_as_it_came() {
    let gateway = Gateway::start(policy());
    let mut connection = gateway.connect().await;
    for (trick, failure) in FAILURES {
        for size in [5, LARGE] {
            let before = gateway.stats.failures(*failure);
            let body = vec![b'a'; size];
            assert_untouched(&send(&mut connection, trick, &body).await);
            let event = gateway.events.one();
            assert_eq!(event.disposition, Disposition::Failed, "{trick}");
            assert_eq!(
                (event.size_before, event.size_after),
                (size as u64, size as u64)
            );
            assert_eq!(gateway.stats.failures(*failure), before + 1, "{trick}");
            let skip = match failure {
                Failure::Timeout => Skip::Timeout,
                _ => Skip::Error,
            };
            assert_eq!(event.outcome.skips[0].skip, skip, "{trick}");

            // The same connection goes on as if nothing had happened.
            assert_upper(&send(&mut connection, "upper", b"hello").await, b"hello");
            gateway.events.take();
        }
    }
}

#[tokio::test]
async fn a_message_that_fails_is_refused_for_now_if_so_configured() {
    let gateway = Gateway::start(Policy {
        on_error: OnError::Tempfail,
        ..policy()
    });
    let mut connection = gateway.connect().await;
    for (trick, _) in FAILURES {
        let (actions, status) = send(&mut connection, trick, b"hello").await;
        assert_eq!(actions.actions, [], "{trick}");
        let Status::Tempfail {
            message: Some(text),
        } = status
        else {
            panic!("{trick}: {status:?}")
        };
        assert_eq!(
            text.to_str().unwrap(),
            "451 4.7.1 untrackd could not check this message, try again later (4XyZ12345z)"
        );
        assert_eq!(gateway.events.one().disposition, Disposition::Failed);
        assert_upper(&send(&mut connection, "upper", b"hello").await, b"hello");
        gateway.events.take();
    }
}

#[tokio::test]
async fn a_queue_id_cannot_forge_a_reply() {
    let gateway = Gateway::start(Policy {
        on_error: OnError::Tempfail,
        ..policy()
    });
    let mut connection = gateway.connect().await;
    begin(&mut connection, "<ann@example.org>", &["<bob@example.net>"]).await;
    header(&mut connection, "X-Do", "panic at the end").await;
    connection
        .macros(
            indymilter_test::MacroStage::Eom,
            [("i", "a%s\r\n250 ok\u{7f}é")],
        )
        .await
        .unwrap();
    let (_, status) = connection.eom().await.unwrap();
    let Status::Tempfail {
        message: Some(text),
    } = status
    else {
        panic!("{status:?}")
    };
    assert!(text.to_str().unwrap().ends_with("(as250ok)"), "{text:?}");
}

/// On one thread: if the end of the large message were worked on there, the
/// small one would wait forever.
#[tokio::test]
async fn a_large_message_does_not_hold_up_the_others() {
    let gateway = Gateway::start(policy());
    let mut slow = gateway.connect().await;
    let mut fast = gateway.connect().await;
    let body = vec![b'a'; LARGE];
    let waiting = tokio::spawn(async move {
        let reply = send(&mut slow, "wait", &body).await;
        assert_upper(&reply, &body);
    });
    until(|| !gateway.seen.lock().unwrap().is_empty()).await;
    assert_upper(&send(&mut fast, "upper", b"hello").await, b"hello");
    assert!(!waiting.is_finished());
    gateway.barrier.open();
    waiting.await.unwrap();
}

#[tokio::test]
async fn a_cleaner_that_hangs_is_not_waited_for() {
    let gateway = Gateway::start(Policy {
        message_time: Duration::from_millis(10),
        ..policy()
    });
    let mut connection = gateway.connect().await;
    let body = vec![b'a'; LARGE];
    let reply = timeout(
        Duration::from_secs(10),
        send(&mut connection, "wait", &body),
    )
    .await;
    assert_untouched(&reply.expect("no reply"));
    assert_eq!(gateway.stats.failures(Failure::Timeout), 1);
    gateway.barrier.open();
}

#[tokio::test]
async fn an_mta_that_goes_away_during_the_reply_is_noticed() {
    let gateway = Gateway::start(policy());
    let mut stream = raw(&gateway).await;
    for (kind, payload) in [
        (b'M', &b"<ann@example.org>\0"[..]),
        (b'R', b"<bob@example.net>\0"),
        (b'L', b"X-Do\0 grow\0"),
        (b'E', b""),
    ] {
        write(&mut stream, kind, payload).await;
    }
    // The 64 MiB of the new body do not fit into the buffers of a socket.
    until(|| !gateway.seen.lock().unwrap().is_empty()).await;
    assert_eq!(gateway.stats.broken(), 0);
    drop(stream);
    until(|| gateway.stats.broken() == 1).await;
    // The decision was made; that it did not arrive is the MTA's to repair.
    assert_eq!(gateway.events.one().disposition, Disposition::Changed);
}

/// A connection for what a well-behaved MTA does not do; negotiated with
/// everything that Postfix offers.
async fn raw(gateway: &Gateway) -> BufStream<TcpStream> {
    let stream = TcpStream::connect(gateway.host_port()).await.unwrap();
    let mut stream = BufStream::new(stream);
    let negotiation = [6u32, 0x1ff, 0x1f_ffff].map(u32::to_be_bytes).concat();
    write(&mut stream, b'O', &negotiation).await;
    assert_eq!(message::read(&mut stream).await.unwrap().kind, b'O');
    write(&mut stream, b'C', b"c\x004\0\x19192.0.2.1\0").await;
    stream
}

async fn write(stream: &mut BufStream<TcpStream>, kind: u8, payload: &[u8]) {
    let message = Message::new(kind, payload.to_vec());
    message::write(stream, message).await.unwrap();
}

#[tokio::test]
async fn a_peer_that_talks_nonsense_hurts_only_itself() {
    let gateway = Gateway::start(policy());
    let mut good = gateway.connect().await;
    for (what, nonsense) in [
        ("an unknown command", vec![Message::new(b'z', &b"x"[..])]),
        ("MAIL without argument", vec![Message::new(b'M', &b""[..])]),
        ("MAIL without NUL", vec![Message::new(b'M', &b"<a@b>"[..])]),
        (
            "a header without value",
            vec![
                Message::new(b'M', &b"<a@b>\0"[..]),
                Message::new(b'R', &b"<c@d>\0"[..]),
                Message::new(b'L', &b"X\0"[..]),
            ],
        ),
        (
            "a body without message",
            vec![Message::new(b'B', &b"x"[..])],
        ),
        ("an end without message", vec![Message::new(b'E', &b""[..])]),
        (
            "macros that are none",
            vec![Message::new(b'D', &b"E\xff\0\0\0"[..])],
        ),
        (
            "a second negotiation",
            vec![Message::new(b'O', &b"\0\0"[..])],
        ),
    ] {
        let mut stream = raw(&gateway).await;
        for message in nonsense {
            // The milter may have hung up already.
            let _ = message::write(&mut stream, message).await;
        }
        drop(stream);
        assert_upper(&send(&mut good, "upper", b"hello").await, b"hello");
        assert_eq!(gateway.events.take().len(), 1, "{what}");
    }
}

#[tokio::test]
async fn bytes_that_are_not_text_are_taken_as_they_are() {
    let gateway = Gateway::start(policy());
    let mut stream = raw(&gateway).await;
    for (kind, payload) in [
        (b'M', &b"<a\xff\x80@b\xfe>\0SIZE=\xff\0"[..]),
        (b'R', b"<\x01\xffx@example.net>\0"),
        (b'L', b"\xffName\0 \xff\x01value\0"),
        (b'L', b"From\0 \xff\xfe\x80@\0"),
        (b'B', b"\0\xff\0"),
        (b'E', b""),
    ] {
        write(&mut stream, kind, payload).await;
    }
    assert_eq!(message::read(&mut stream).await.unwrap().kind, b'a');

    let event = gateway.events.one();
    assert_eq!(event.disposition, Disposition::Clean);
    assert_eq!(event.transaction.sender, "a\u{fffd}\u{fffd}@b\u{fffd}");
    let seen = gateway.seen.lock().unwrap();
    assert_eq!(
        seen[0].headers[0],
        (b"\xffName".to_vec(), b" \xff\x01value".to_vec())
    );
    assert_eq!(seen[0].body, b"\0\xff\0");
}
