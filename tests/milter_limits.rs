//! The memory that all messages together may need: `limits.memory_bytes`.

mod milter_common;

use indymilter_test::TestConnection;
use milter_common::{
    FULL, Gateway, LIMIT, MEMORY, assert_untouched, assert_upper, begin, goes_on, header, policy,
    send, until,
};
use untrackd::{skip::Skip, telemetry::Disposition};

/// A message that holds `body` and does not end yet.
async fn hold(connection: &mut TestConnection, body: &[u8]) {
    begin(connection, "<ann@example.org>", &["<bob@example.net>"]).await;
    header(connection, "X-Do", " upper").await;
    for chunk in body.chunks(65_000) {
        goes_on(&connection.body(chunk.to_vec()).await.expect("a reply"));
    }
}

#[tokio::test]
async fn beyond_the_memory_of_all_a_message_passes_untouched_and_is_counted() {
    let gateway = Gateway::start(policy());
    let body = vec![b'a'; LIMIT];
    let mut held = Vec::new();
    for _ in 0..FULL {
        let mut connection = gateway.connect().await;
        hold(&mut connection, &body).await;
        held.push(connection);
    }
    // The chunks are not replied to, so they are on their way for a while.
    until(|| gateway.stats.memory() == MEMORY as u64).await;

    let mut another = gateway.connect().await;
    assert_untouched(&send(&mut another, "upper", b"hello").await);
    let event = gateway.events.one();
    assert_eq!(event.disposition, Disposition::Skipped);
    assert_eq!(event.outcome.skips[0].skip, Skip::Memory);
    assert_eq!(event.outcome.skips[0].part, "");
    assert_eq!(gateway.stats.skips(Skip::Memory), 1);
    assert_eq!(
        gateway.stats.memory(),
        MEMORY as u64,
        "those that were there lose nothing"
    );

    // One of them ends, and there is room again, for itself and for others.
    let mut first = held.remove(0);
    let (actions, status) = first.eom().await.expect("a reply");
    assert_upper(&(actions, status), &body);
    drop(first);
    until(|| gateway.stats.memory() < MEMORY as u64).await;
    assert_upper(&send(&mut another, "upper", b"hello").await, b"hello");

    // A message that is given up gives its memory back.
    drop(held);
    until(|| gateway.stats.memory() == 0).await;
}
