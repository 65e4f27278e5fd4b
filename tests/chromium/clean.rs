//! Puts a page into a mail and cleans it with the program.

use super::markers::Markers;
use serde_json::Value;
use std::{
    fs::{self, File},
    process::Command,
};

const PROGRAM: &str = env!("CARGO_BIN_EXE_untrackd");

/// How the program is configured.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Setting {
    /// `remote = "block"`: no remote load, tracker or not.
    Block,
    /// All defaults, but the markers' host is the only tracker that is known,
    /// with all that it serves.
    Listed,
}

/// A page after cleaning.
pub(crate) struct Cleaned {
    pub(crate) html: String,
    pub(crate) findings: Vec<Finding>,
}

/// What was found, as `untrackd filter --report` tells it.
pub(crate) struct Finding {
    pub(crate) url: String,
    pub(crate) vector: String,
    pub(crate) action: String,
}

/// Cleans a mail that holds nothing but this page.
pub(crate) fn mail_with(html: &str, markers: Markers, setting: Setting) -> Cleaned {
    const HEADER: &str = "From: Ann <ann@example.org>\r\nTo: bob@example.com\r\n\
        Subject: every vector\r\nMIME-Version: 1.0\r\n\
        Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n";
    let directory = tempfile::tempdir().expect("a directory");
    let path = |name: &str| directory.path().join(name);
    let config = match setting {
        Setting::Block => "remote = \"block\"\n".to_owned(),
        Setting::Listed => {
            let host = markers.host;
            fs::create_dir_all(path("rules/mail")).expect("a directory for rules");
            fs::write(path("rules/mail/leaks.toml"), rules(host)).expect("a rule file");
            format!("rules = {:?}\n", path("rules"))
        }
    };
    fs::write(path("config.toml"), config).expect("the configuration");
    fs::write(path("mail.eml"), format!("{HEADER}{html}")).expect("the mail");
    let output = Command::new(PROGRAM)
        .arg("filter")
        .arg("--config")
        .arg(path("config.toml"))
        .arg("--report")
        .arg(path("report.json"))
        // A variable that sets no key, such as UNTRACKD_LEAKS, is an error.
        .env_clear()
        .stdin(File::open(path("mail.eml")).expect("the mail"))
        .output()
        .expect("the program under test");
    assert!(
        output.status.success(),
        "{setting:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let mail = String::from_utf8(output.stdout).expect("the mail is UTF-8, and so it stays");
    let (_, html) = mail.split_once("\r\n\r\n").expect("a body");
    let report = fs::read(path("report.json")).expect("a report");
    let report: Value = serde_json::from_slice(&report).expect("JSON");
    let findings = report["findings"].as_array().expect("findings");
    let text = |finding: &Value, name: &str| finding[name].as_str().expect(name).to_owned();
    Cleaned {
        html: html.to_owned(),
        findings: findings
            .iter()
            .map(|finding| Finding {
                url: text(finding, "url"),
                vector: text(finding, "vector"),
                action: text(finding, "action"),
            })
            .collect(),
    }
}

/// Everything from `host` is a tracker.
fn rules(host: &str) -> String {
    format!(
        r#"
[vendor]
id = "leaks"
name = "Leaks"
company = "Leaks"

[[pixel]]
id = "leaks-all"
hosts = ["{host}"]
tells = ["recipient"]
match = ["https://{host}/load/x"]
ignore = ["https://not{host}/load/x"]
"#
    )
}
