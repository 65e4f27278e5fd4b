//! Prometheus's own tool, from Debian's package prometheus.

use std::{fs, process::Command};

/// Runs promtool; a failure ends the test with what it said.
pub(crate) fn run(arguments: &[&str]) {
    let output = Command::new("promtool")
        .args(arguments)
        .output()
        .expect("promtool is missing: run make setup");
    let said = [output.stdout, output.stderr].concat();
    assert!(
        output.status.success(),
        "promtool {arguments:?}: {}",
        String::from_utf8_lossy(&said)
    );
}

/// Has Prometheus read a scrape in the OpenMetrics format. The command that
/// does it wants a time with each sample.
pub(crate) fn read_open_metrics(text: &str) {
    let dir = tempfile::tempdir().unwrap();
    let stamped: String = text
        .lines()
        .map(|line| match line.starts_with('#') {
            true => format!("{line}\n"),
            false => format!("{line} 1795262400\n"),
        })
        .collect();
    let file = dir.path().join("scrape.txt");
    fs::write(&file, stamped).unwrap();
    let out = dir.path().join("blocks");
    run(&[
        "tsdb",
        "create-blocks-from",
        "openmetrics",
        file.to_str().unwrap(),
        out.to_str().unwrap(),
    ]);
    assert!(fs::read_dir(out).unwrap().count() > 0, "no block was made");
}

/// Has Prometheus parse expressions, by way of recording rules. Grafana's
/// variables are given values.
pub(crate) fn check_expressions(expressions: &[String]) {
    let rules: Vec<serde_json::Value> = expressions
        .iter()
        .enumerate()
        .map(|(n, expr)| {
            let expr = expr
                .replace("$__rate_interval", "5m")
                .replace("$__range", "1h")
                .replace("$instance", ".*");
            serde_json::json!({ "record": format!("rule:{n}"), "expr": expr })
        })
        .collect();
    let group = serde_json::json!({ "groups": [{ "name": "all", "rules": rules }] });
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("rules.yml");
    // JSON is YAML.
    fs::write(&file, group.to_string()).unwrap();
    run(&["check", "rules", file.to_str().unwrap()]);
}
