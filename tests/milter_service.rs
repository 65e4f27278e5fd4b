//! The milter as a service: many connections, and a stop that loses no mail.

mod milter_common;

use milter_common::{
    Gateway, LARGE, assert_untouched, assert_upper, begin, finish, policy, send, settings, until,
};
use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};
use tokio::{net::TcpStream, task::JoinSet, time::timeout};
use untrackd::{
    milter::{Service, SocketAddr},
    telemetry::Disposition,
};

#[tokio::test]
async fn two_hundred_connections_at_a_time() {
    let gateway = Gateway::start(policy());
    let mut connections = Vec::new();
    for _ in 0..200 {
        connections.push(gateway.connect().await);
    }
    assert_eq!(gateway.stats.open(), 200);
    let mut senders = JoinSet::new();
    for (n, mut connection) in connections.into_iter().enumerate() {
        senders.spawn(async move {
            let body = format!("message of connection {n}\r\n").repeat(n + 1);
            assert_upper(
                &send(&mut connection, "upper", body.as_bytes()).await,
                body.as_bytes(),
            );
            assert_untouched(&send(&mut connection, "", body.as_bytes()).await);
            connection.close().await.unwrap();
        });
    }
    while let Some(sender) = senders.join_next().await {
        sender.unwrap();
    }
    let summary = gateway.stop().await;
    assert!(summary.drained);
    assert_eq!(summary.stats.messages(Disposition::Changed), 200);
    assert_eq!(summary.stats.messages(Disposition::Clean), 200);
    assert_eq!(summary.stats.connections(), 200);
}

#[tokio::test]
async fn more_connections_than_allowed_wait_for_their_turn() {
    let gateway = Gateway::start_with(
        &Service {
            max_connections: 2,
            ..settings()
        },
        policy(),
    );
    let first = gateway.connect().await;
    let _second = gateway.connect().await;
    let third = timeout(Duration::from_millis(50), gateway.connect()).await;
    assert!(third.is_err(), "it is not served");
    first.close().await.unwrap();
    let mut third = timeout(Duration::from_secs(10), gateway.connect())
        .await
        .expect("it is served once there is a place");
    assert_upper(&send(&mut third, "upper", b"hello").await, b"hello");
}

#[tokio::test]
async fn a_stop_waits_for_the_message_in_flight_and_lets_nobody_in() {
    let mut gateway = Gateway::start(policy());
    let mut busy = gateway.connect().await;
    let mut idle = gateway.connect().await;
    begin(&mut busy, "<ann@example.org>", &["<bob@example.net>"]).await;
    assert_untouched(&send(&mut idle, "", b"").await);
    gateway.has_begun(1).await;

    gateway.begin_stop();
    refused(&gateway).await;
    let body = vec![b'a'; LARGE];
    let reply = finish(&mut busy, "upper", &body).await;
    assert_upper(&reply, &body);
    let summary = gateway.stopped().await;
    assert!(summary.drained);
    assert_eq!(summary.unfinished, 0);
    assert_eq!(summary.stats.messages(Disposition::Changed), 1);
}

#[tokio::test]
async fn a_stop_does_not_come_between_two_messages_of_a_connection() {
    for _ in 0..20 {
        let replied = Arc::new(Mutex::new(Instant::now()));
        let Err(failed) = tokio::spawn(fifty_mails_beside_a_stop(Arc::clone(&replied))).await
        else {
            return;
        };
        // An MTA that says nothing for half a second is taken for done, and
        // so are we if the machine does not let us speak.
        let silence = replied.lock().unwrap().elapsed();
        if silence < Duration::from_millis(400) {
            std::panic::resume_unwind(failed.into_panic());
        }
    }
    panic!("the machine stands still again and again");
}

async fn fifty_mails_beside_a_stop(replied: Arc<Mutex<Instant>>) {
    let mut gateway = Gateway::start(policy());
    let mut busy = gateway.connect().await;
    assert_upper(&send(&mut busy, "upper", b"hello").await, b"hello");
    *replied.lock().unwrap() = Instant::now();
    gateway.begin_stop();
    refused(&gateway).await;
    for _ in 0..50 {
        assert_upper(&send(&mut busy, "upper", b"hello").await, b"hello");
        *replied.lock().unwrap() = Instant::now();
    }
    busy.close().await.unwrap();
    let summary = gateway.stopped().await;
    assert!(summary.drained);
    assert_eq!(summary.stats.messages(Disposition::Changed), 51);
}

/// Waits until new connections are refused.
async fn refused(gateway: &Gateway) {
    for _ in 0..1000 {
        if TcpStream::connect(gateway.host_port()).await.is_err() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("new connections are still accepted");
}

#[tokio::test]
async fn a_stop_does_not_wait_forever() {
    let mut gateway = Gateway::start_with(
        &Service {
            drain_time: Duration::from_millis(50),
            ..settings()
        },
        policy(),
    );
    let mut busy = gateway.connect().await;
    begin(&mut busy, "<ann@example.org>", &["<bob@example.net>"]).await;
    gateway.has_begun(1).await;
    gateway.begin_stop();
    let summary = gateway.stopped().await;
    assert!(!summary.drained);
    assert_eq!(summary.unfinished, 1);
    assert_eq!(summary.stats.aborted(), 1);
    assert!(busy.eom().await.is_err(), "the MTA sees that we are gone");
}

#[tokio::test]
async fn a_stop_with_all_places_taken_closes_the_door_too() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("milter.sock");
    let mut gateway = Gateway::start_with(
        &Service {
            socket: SocketAddr::Unix {
                path: path.clone(),
                mode: 0o600,
                group: None,
            },
            max_connections: 1,
            ..settings()
        },
        policy(),
    );
    let mut only = gateway.connect().await;
    begin(&mut only, "<ann@example.org>", &["<bob@example.net>"]).await;
    gateway.has_begun(1).await;
    gateway.begin_stop();
    until(|| !path.exists()).await;
    assert_upper(&finish(&mut only, "upper", b"hello").await, b"hello");
    assert!(gateway.stopped().await.drained);
}

#[tokio::test]
async fn an_idle_connection_does_not_hold_up_a_stop() {
    let gateway = Gateway::start(policy());
    let mut idle = gateway.connect().await;
    assert_untouched(&send(&mut idle, "", b"").await);
    let summary = timeout(Duration::from_secs(20), gateway.stop())
        .await
        .unwrap();
    assert!(summary.drained);
}
