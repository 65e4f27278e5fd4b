//! The numbers for a monitoring system: scraped from the running program,
//! read by Prometheus's own parser, and asked for by the alerts and by the
//! Grafana dashboard that docs/monitoring ships.

#[path = "../cli_support/mod.rs"]
mod cli_support;
mod promtool;
mod service;

use service::Service;
use std::{collections::BTreeSet, path::Path};

const TRACKED: &str = "<html><body><p>Hello</p>\
    <img src=\"https://t.example.org/o?u=8a7f6e5d4c3b2a1908f7\" width=\"1\" height=\"1\">\
    </body></html>\r\n";

#[test]
fn what_happens_is_counted() {
    let service = Service::start();
    let before = service.scrape();
    assert_eq!(
        before.value("untrackd_messages_total{outcome=\"changed\"}"),
        0.0
    );
    service.send("text/html", TRACKED);
    service.send("text/html", TRACKED);
    service.send("text/plain", "Nothing to see here.\r\n");
    service.send("application/x-stop; boundary=x", "");
    let after = service.scrape();
    for (series, expected) in [
        ("untrackd_messages_total{outcome=\"changed\"}", 2.0),
        ("untrackd_messages_total{outcome=\"clean\"}", 2.0),
        (
            "untrackd_findings_total{vector=\"img-src\",action=\"neutralize\"}",
            2.0,
        ),
        ("untrackd_failopen_total{cause=\"panic\"}", 0.0),
        ("untrackd_end_of_message_seconds_count", 4.0),
        ("untrackd_message_work_seconds_count", 4.0),
        ("untrackd_message_size_bytes_count", 4.0),
        ("untrackd_config_last_reload_successful", 1.0),
        ("untrackd_messages_in_flight", 0.0),
    ] {
        assert_eq!(after.value(series), expected, "{series}");
    }
    // Two bodies of TRACKED's length and one of 22 bytes.
    let bytes = (2 * TRACKED.len() + 22) as f64;
    assert_eq!(
        after.value("untrackd_body_bytes_total{direction=\"in\"}"),
        bytes
    );
    assert_eq!(after.value("untrackd_message_size_bytes_sum"), bytes);
    assert!(after.value("process_resident_memory_bytes") > 1e6);
}

#[test]
fn prometheus_can_read_everything() {
    let service = Service::start();
    service.send("text/html", TRACKED);
    promtool::read_open_metrics(&service.get("/metrics").1);
}

#[test]
fn no_label_can_be_set_by_a_mail() {
    let service = Service::start();
    let series = |scrape: &service::Scrape| -> BTreeSet<String> {
        scrape.series().map(str::to_owned).collect()
    };
    service.send("text/html", TRACKED);
    let before = series(&service.scrape());
    let other = TRACKED.replace("t.example.org", "{outcome=\"x\"}.example.net");
    service.send("text/html; charset=\"a\\\"}\"", &other);
    service.send("text/html", &other.replace("example.net", "example.com"));
    let after = series(&service.scrape());
    let new: Vec<_> = after.difference(&before).collect();
    assert!(new.is_empty(), "{new:?}");
    let text = service.get("/metrics").1;
    for word in ["example.org", "example.net", "recipient@", "sender@"] {
        assert!(!text.contains(word), "{word}");
    }
}

#[test]
fn health_is_told_in_words_and_a_refused_reload_is_part_of_it() {
    let mut service = Service::start();
    let (status, text) = service.get("/health");
    let health: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!((status, &health["status"]), (200, &"ok".into()), "{text}");
    assert_eq!(health["problems"], serde_json::json!([]));

    service.break_configuration_and_reload();
    let (status, text) = service.get("/health");
    let health: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        (status, &health["status"]),
        (200, &"degraded".into()),
        "{text}"
    );
    assert_eq!(
        service
            .scrape()
            .value("untrackd_config_last_reload_successful"),
        0.0
    );
    assert_eq!(service.get("/").0, 404);
}

#[test]
fn silent_clients_do_not_keep_others_out_for_good() {
    let service = Service::start();
    // One place is left beside them.
    let silent: Vec<_> = (0..7).map(|_| service.connect()).collect();
    assert_eq!(service.get("/health").0, 200);
    // More than are served at a time; they end when they are dropped.
    let more: Vec<_> = (0..20).map(|_| service.connect()).collect();
    drop((silent, more));
    assert_eq!(service.get("/health").0, 200);
}

#[test]
fn alerts_are_sound_and_ask_for_numbers_that_there_are() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/monitoring");
    promtool::run(&["check", "rules", dir.join("alerts.yml").to_str().unwrap()]);
    promtool::run(&[
        "test",
        "rules",
        dir.join("alerts_test.yml").to_str().unwrap(),
    ]);
    let text = std::fs::read_to_string(dir.join("alerts.yml")).unwrap();
    assert_known("alerts.yml", &text);
}

#[test]
fn the_grafana_dashboard_asks_for_numbers_that_there_are() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/monitoring/grafana.json");
    let text = std::fs::read_to_string(file).unwrap();
    let dashboard: serde_json::Value = serde_json::from_str(&text).unwrap();
    let mut expressions = Vec::new();
    for panel in dashboard["panels"].as_array().unwrap() {
        for target in panel["targets"].as_array().unwrap() {
            expressions.push(target["expr"].as_str().unwrap().to_owned());
        }
    }
    assert!(expressions.len() >= 15, "{}", expressions.len());
    promtool::check_expressions(&expressions);
    assert_known("grafana.json", &expressions.join("\n"));
}

/// Every name that looks like one of ours is in a scrape.
fn assert_known(file: &str, text: &str) {
    let service = Service::start();
    service.send("text/html", TRACKED);
    let scrape = service.scrape();
    let known: BTreeSet<&str> = scrape.names().collect();
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let words = text.split(|c| !is_part(c));
    let wanted: BTreeSet<&str> = words
        .filter(|w| w.starts_with("untrackd_") || w.starts_with("process_"))
        .collect();
    assert!(wanted.len() >= 5, "{wanted:?}");
    for name in wanted {
        assert!(known.contains(name), "{file} asks for {name}");
    }
}
