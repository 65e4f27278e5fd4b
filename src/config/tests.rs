use super::*;
use crate::{
    clean::HeaderPolicy,
    judge::PixelAction,
    milter::{Mode, OnError},
    rules::Category,
    telemetry,
};
use schema::{Kind, Schema};
use std::time::Duration;

fn surroundings(variables: &[(&str, &str)]) -> Surroundings {
    let variables = variables.iter();
    let variables = variables.map(|(n, v)| ((*n).to_owned(), (*v).to_owned()));
    Surroundings {
        variables: variables.collect(),
        uid: 105,
    }
}

fn read(text: &str, variables: &[(&str, &str)]) -> Result<Config, String> {
    parse(
        Some((Path::new("/etc/u.toml"), text)),
        &surroundings(variables),
    )
    .map_err(|e| e.to_string())
}

fn error(text: &str) -> String {
    read(text, &[]).expect_err(text)
}

fn variable_error(name: &str, value: &str) -> String {
    read("", &[(name, value)]).expect_err(name)
}

#[test]
fn without_anything_the_defaults_hold() {
    let config = parse(None, &surroundings(&[])).unwrap();
    assert_eq!(config.file, None);
    assert_eq!(config.mode, Mode::Enforce);
    assert_eq!(config.header, HeaderPolicy::Changed);
    assert_eq!(config.on_error, OnError::Accept);
    assert_eq!(
        config.milter,
        Milter {
            socket: Socket::Unix("/run/untrackd/milter.sock".into()),
            socket_mode: 0o660,
            socket_group: None,
            max_connections: 400,
            message_time: Duration::from_secs(10),
            drain_time: Duration::from_secs(30),
            stall_time: Duration::from_secs(60),
        }
    );
    assert!(config.exempt.authenticated);
    assert_eq!(config.exempt.recipients, ["abuse@", "postmaster@"]);
    assert_eq!(config.choices.pixels, PixelAction::Neutralize);
    let categories = [Category::Mail, Category::Sales, Category::Web];
    assert_eq!(config.choices, crate::judge::Choices::default());
    assert_eq!(crate::judge::Choices::default().unwrap, categories);
    assert_eq!(config.limits, crate::limits::Limits::default());
    assert_eq!(config.log.path, Path::new("/var/lib/untrackd/log.db"));
    assert_eq!(config.log.keys, Path::new("/var/lib/untrackd/log.keys"));
    assert_eq!(config.log, telemetry::Settings::default());
    assert_eq!(config.log.privacy, telemetry::Level::Pseudonym);
    assert_eq!(config.trace.level, Level::Info);
    assert_eq!(config.trace.format, Format::Auto);
}

#[test]
fn a_variable_overrides_the_file() {
    let text = "mode = \"observe\"\n[milter]\nsocket = \"inet:9999@localhost\"\n";
    let config = read(
        text,
        &[
            ("UNTRACKD_MILTER__SOCKET", "unix:/run/other.sock"),
            ("UNTRACKD_MILTER__MAX_CONNECTIONS", "7"),
            ("UNTRACKD_EXEMPT__AUTHENTICATED", "false"),
            ("UNTRACKD_EXEMPT__NETWORKS", "192.0.2.0/24, 2001:db8::1"),
            ("UNTRACKD_LINKS__UNWRAP", ""),
            ("UNTRACKD_CONFIG", "/etc/u.toml"),
            ("PATH", "/bin"),
        ],
    )
    .unwrap();
    assert_eq!(config.mode, Mode::Observe);
    assert_eq!(config.milter.socket, Socket::Unix("/run/other.sock".into()));
    assert_eq!(config.milter.max_connections, 7);
    assert!(!config.exempt.authenticated);
    let networks: Vec<String> = config
        .exempt
        .networks
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(networks, ["192.0.2.0/24", "2001:db8::1/128"]);
    assert!(config.choices.unwrap.is_empty());
}

/// Each kind of mistake, and the whole line that the administrator sees.
#[test]
fn every_error_names_place_key_value_and_remedy() {
    for (text, expected) in [
        (
            "[milter]\n\nsockt = \"unix:/run/x\"",
            "/etc/u.toml:3: milter.sockt: there is no such key; did you mean socket?",
        ),
        (
            "socket = \"unix:/run/x\"",
            "/etc/u.toml:1: socket: there is no such key; socket belongs in section [milter]",
        ),
        (
            "[pixels]\ncolour = 1",
            "/etc/u.toml:2: pixels.colour: there is no such key; remove it; [pixels] has action",
        ),
        (
            "[lnks]\nunwrap = []",
            "/etc/u.toml:1: lnks: there is no such key; did you mean links?",
        ),
        (
            "[trace]\nmode = \"observe\"",
            "/etc/u.toml:2: trace.mode: there is no such key; \
             mode stands at the top, before the first section",
        ),
        (
            "mode = \"enforced\"",
            "/etc/u.toml:1: mode: \"enforced\" is not allowed here; write one of \"enforce\", \
             \"observe\"; did you mean \"enforce\"?",
        ),
        (
            "[links]\nunwrap = [\"mail\", \"foo\"]",
            "/etc/u.toml:2: links.unwrap: \"foo\" is not allowed here; write one of \
             \"advertising\", \"affiliate\", \"gateway\", \"mail\", \"sales\", \"shim\", \"web\"",
        ),
        (
            "[exempt]\nauthenticated = \"yes\"",
            "/etc/u.toml:2: exempt.authenticated: the string \"yes\" is not allowed here; \
             write true or false",
        ),
        (
            "[limits]\nparts = -1",
            "/etc/u.toml:2: limits.parts: the number -1 is not allowed here; \
             write a whole number of at least 0",
        ),
        (
            "[limits]\nparts = 3.7",
            "/etc/u.toml:2: limits.parts: the number 3.7 is not allowed here; \
             write a whole number of at least 0",
        ),
        (
            "[limits]\nparts = 0",
            "/etc/u.toml:2: limits.parts: 0 is out of range; \
             write a number between 1 and 4294967295",
        ),
        (
            "[limits]\nline_bytes = 999",
            "/etc/u.toml:2: limits.line_bytes: 999 is out of range; \
             write a number between 78 and 998",
        ),
        (
            "[exempt]\nnetworks = \"192.0.2.0/24\"",
            "/etc/u.toml:2: exempt.networks: the string \"192.0.2.0/24\" is not allowed here; \
             write a list of strings, as in [\"a\", \"b\"]",
        ),
        (
            "[exempt]\nnetworks = [\"192.0.2.1/24\"]",
            "/etc/u.toml:2: exempt.networks: \"192.0.2.1/24\" has bits set behind its prefix; \
             write \"192.0.2.0/24\" or a longer prefix",
        ),
        (
            "[exempt]\nrecipients = [\"abuse\"]",
            "/etc/u.toml:2: exempt.recipients: \"abuse\" is no recipient; write \
             \"user@example.org\", \"user@\" (in any domain) or \"@example.org\"",
        ),
        (
            "[milter]\nmessage_time = \"10\"",
            "/etc/u.toml:2: milter.message_time: \"10\" is no time between 1 s and 240 s; \
             write a number and a unit, as in \"10s\" or \"2m\"",
        ),
        (
            "[milter]\nmessage_time = \"5m\"",
            "/etc/u.toml:2: milter.message_time: \"5m\" is no time between 1 s and 240 s; \
             write a number and a unit, as in \"10s\" or \"2m\"",
        ),
        (
            "[milter]\nsocket = \"/run/milter.sock\"",
            "/etc/u.toml:2: milter.socket: \"/run/milter.sock\" has no known beginning; \
             write \"unix:/full/path\" or \"inet:host:port\"",
        ),
        (
            "[milter]\nsocket_mode = \"0689\"",
            "/etc/u.toml:2: milter.socket_mode: \"0689\" is no file mode; \
             write three octal digits with a leading zero, as in \"0660\"",
        ),
        (
            "[lists]\nhidden = [\"/etc/list.txt\"]",
            "/etc/u.toml:2: lists.hidden: \"/etc/list.txt\" names no format; write FORMAT:PATH, \
             as in \"adblock:/etc/untrackd/lists/easyprivacy.txt\"",
        ),
        (
            "[lists]\nhidden = []\ndecisive = [\"adblok:/etc/list.txt\"]",
            "/etc/u.toml:3: lists.decisive: \"adblok\" is not allowed here; write one of \
             \"adblock\", \"clean-urls\", \"clearurls\", \"debounce\", \
             \"mailtrackerblocker\", \"query-filter\"; did you mean \"adblock\"?",
        ),
        (
            "[lists]\nhidden = [\"debounce:list.json\"]",
            "/etc/u.toml:2: lists.hidden: \"list.json\" is no full path; \
             begin it with / (a service has no home)",
        ),
        (
            "[lists]\nhidden = [\"adblock:/a\"]\ndecisive = [\"adblock:/a\"]",
            "/etc/u.toml:2: lists.hidden: \"adblock:/a\" is named twice; \
             name each file once, in hidden or in decisive",
        ),
        (
            "rules = \"rules\"",
            "/etc/u.toml:1: rules: \"rules\" is no full path; \
             begin it with / (a service has no home)",
        ),
        (
            "milter = 5",
            "/etc/u.toml:1: milter: the number 5 is not allowed here; \
             write a section with keys of its own",
        ),
        (
            "[mode]",
            "/etc/u.toml:1: mode: a section is not allowed here; write a string in quotes",
        ),
    ] {
        assert_eq!(error(text), expected, "{text}");
    }
}

#[test]
fn lists_keep_their_order_with_the_decisive_ones_first() {
    use crate::rules::{ListFormat, ListSource, Needs};
    let text = "[lists]\nhidden = [\"adblock:/etc/a:b.txt\"]\n\
                decisive = [\"mailtrackerblocker:/etc/m.tsv\", \"clearurls:/etc/c.json\"]\n";
    let source = |format, path: &str, needs| ListSource {
        format,
        path: path.into(),
        needs,
    };
    assert_eq!(
        read(text, &[]).unwrap().lists,
        [
            source(ListFormat::Mailtrackerblocker, "/etc/m.tsv", Needs::Nothing),
            source(ListFormat::Clearurls, "/etc/c.json", Needs::Nothing),
            source(ListFormat::Adblock, "/etc/a:b.txt", Needs::Hidden),
        ]
    );
    assert!(read("", &[]).unwrap().lists.is_empty());
}

#[test]
fn a_syntax_error_names_its_line() {
    let error = error("mode = \"observe\"\nheader = changed\n");
    assert!(
        error.starts_with("/etc/u.toml:2: no valid TOML: "),
        "{error}"
    );
}

#[test]
fn a_variable_is_checked_like_the_file() {
    for (name, value, expected) in [
        (
            "UNTRACKD_MILTER__SOCKT",
            "x",
            "variable UNTRACKD_MILTER__SOCKT: milter.sockt: the variable sets no key; \
             unset it or correct it: did you mean socket?",
        ),
        (
            "UNTRACKD_MILTER_SOCKET",
            "x",
            "variable UNTRACKD_MILTER_SOCKET: milter_socket: the variable sets no key; \
             did you mean UNTRACKD_MILTER__SOCKET?",
        ),
        (
            "UNTRACKD_MILTER",
            "x",
            "variable UNTRACKD_MILTER: milter: the variable sets no key; \
             set one of its keys, as in UNTRACKD_MILTER__…",
        ),
        (
            "UNTRACKD_LOG__QUEUE",
            "many",
            "variable UNTRACKD_LOG__QUEUE: log.queue: \"many\" is not allowed here; \
             set the variable to a whole number of at least 0",
        ),
        (
            "UNTRACKD_MODE",
            "on",
            "variable UNTRACKD_MODE: mode: \"on\" is not allowed here; \
             write one of \"enforce\", \"observe\"",
        ),
    ] {
        assert_eq!(variable_error(name, value), expected);
    }
}

#[test]
fn all_problems_are_told_in_one_go() {
    let unknown = error("a = 1\nb = 2\n");
    assert_eq!(unknown.lines().count(), 2, "{unknown}");
    let bad = error("mode = \"x\"\n[log]\nkeep_days = 0\nprivacy = \"none\"\n");
    let lines: Vec<&str> = bad.lines().collect();
    assert_eq!(lines.len(), 3, "{bad}");
    assert!(
        lines[1].starts_with("/etc/u.toml:4: log.privacy: "),
        "{bad}"
    );
    assert!(
        lines[2].starts_with("/etc/u.toml:3: log.keep_days: "),
        "{bad}"
    );
}

#[test]
fn a_file_that_is_asked_for_must_exist() {
    let none = surroundings(&[]);
    let e = load(Some(Path::new("/nonexistent/u.toml")), &none).unwrap_err();
    let text = e.to_string();
    assert!(
        text.starts_with("/nonexistent/u.toml: cannot read the configuration file: "),
        "{text}"
    );
    assert!(text.ends_with("; correct --config"), "{text}");
    let named = surroundings(&[("UNTRACKD_CONFIG", "/nonexistent/v.toml")]);
    let text = load(None, &named).unwrap_err().to_string();
    assert!(
        text.ends_with("; correct or unset UNTRACKD_CONFIG"),
        "{text}"
    );
}

#[test]
fn files_are_searched_in_order() {
    let dir = tempfile::tempdir().unwrap();
    let explicit = dir.path().join("explicit.toml");
    let named = dir.path().join("named.toml");
    let own = dir.path().join("untrackd/untrackd.toml");
    fs::create_dir(dir.path().join("untrackd")).unwrap();
    for path in [&explicit, &named, &own] {
        fs::write(path, "").unwrap();
    }
    let base = dir.path().to_str().unwrap();
    let mut user = surroundings(&[
        ("XDG_CONFIG_HOME", base),
        ("UNTRACKD_CONFIG", named.to_str().unwrap()),
    ]);
    user.uid = 1000;
    assert_eq!(load(Some(&explicit), &user).unwrap().file, Some(explicit));
    assert_eq!(load(None, &user).unwrap().file, Some(named));
    user.variables.remove("UNTRACKD_CONFIG");
    assert_eq!(load(None, &user).unwrap().file, Some(own.clone()));
    fs::remove_file(own).unwrap();
    assert_eq!(load(None, &user).unwrap().file, None);
}

#[test]
fn a_reload_names_the_keys_that_need_a_restart() {
    let old = read("", &[]).unwrap();
    let new = read(
        "mode = \"observe\"\n[milter]\nmax_connections = 5\nmessage_time = \"3s\"\n\
         [trace]\nlevel = \"warn\"",
        &[],
    )
    .unwrap();
    assert_eq!(
        old.needing_restart(&new),
        ["milter.max_connections", "[trace]"]
    );
    assert!(old.needing_restart(&old).is_empty());
}

const SAMPLE: &str = include_str!("../../systemd/untrackd.toml");

/// `## prose`, `#setting`: taking the single `#` away leaves every setting.
fn uncommented() -> String {
    let lines = SAMPLE.lines().map(|line| match line.strip_prefix('#') {
        Some(setting) if !setting.starts_with('#') => setting,
        _ => line,
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn the_sample_is_the_default_until_it_is_edited() {
    let mut sample = read(SAMPLE, &[]).unwrap();
    sample.file = None;
    assert_eq!(sample, parse(None, &surroundings(&[])).unwrap());
}

#[test]
fn the_sample_documents_every_key_with_its_default() {
    let text = uncommented();
    let config = read(&text, &[]).unwrap();
    assert!(config.rules.is_some(), "the settings were not uncommented");
    let written: toml::Table = text.parse().unwrap();
    let defaults = serde_json::to_value(Raw::default()).unwrap();
    let of_the_service = parse(None, &surroundings(&[])).unwrap();
    let mut seen = 0;
    for (key, kind) in Schema::new().keys().filter(|(_, k)| *k != Kind::Section) {
        let found = key.split('.').fold(None, |at: Option<&toml::Value>, name| {
            at.map_or_else(|| written.get(name), |table| table.get(name))
        });
        let found = found.unwrap_or_else(|| panic!("{key} is missing"));
        let pointer = format!("/{}", key.replace('.', "/"));
        let expected = match (defaults.pointer(&pointer).unwrap(), key) {
            (serde_json::Value::Null, "milter.socket") => {
                of_the_service.milter.socket.to_string().into()
            }
            (serde_json::Value::Null, "log.path") => of_the_service.log.path.to_str().into(),
            (serde_json::Value::Null, "log.keys") => of_the_service.log.keys.to_str().into(),
            // Without a default there is an example of what could stand there.
            (serde_json::Value::Null, _) => continue,
            (default, _) => default.clone(),
        };
        assert_eq!(serde_json::to_value(found).unwrap(), expected, "{key}");
        assert_eq!(Schema::new().kind(key), Some(kind));
        seen += 1;
    }
    assert!(seen >= 38, "only {seen} keys have a default");
}
