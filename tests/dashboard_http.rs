//! What the dashboard's server answers, whatever it is asked.

mod dashboard_support;

use dashboard_support::{Dashboard, PATIENCE, wait_for, world, world_of_nobody};
use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
    os::unix::{
        fs::{MetadataExt, PermissionsExt},
        net::UnixDatagram,
    },
    path::Path,
    sync::mpsc,
    thread,
    time::{Duration, UNIX_EPOCH},
};
use untrackd::{
    clean::Outcome,
    telemetry::{Disposition, Event, Record, Recorder, Settings, Transaction},
};

/// Fields of every answer.
const FIELDS: &[(&str, &str)] = &[
    (
        "content-security-policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
         connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; \
         require-trusted-types-for 'script'; trusted-types 'none'",
    ),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    (
        "permissions-policy",
        "camera=(), geolocation=(), microphone=()",
    ),
];

fn request(line: &str, fields: &[&str]) -> Vec<u8> {
    let mut text = format!("{line} HTTP/1.1\r\nConnection: close\r\n");
    for field in fields {
        text += &format!("{field}\r\n");
    }
    (text + "\r\n").into_bytes()
}

#[test]
fn every_answer_has_the_fields_that_protect_it() {
    let dashboard = Dashboard::with_users("");
    let host = "Host: localhost";
    let html = "Accept: text/html";
    let cross = "Sec-Fetch-Site: cross-site";
    let large = "Content-Length: 70000";
    let mut with_body = request("POST /theme", &[host, large]);
    with_body.extend(std::iter::repeat_n(b'x', 70_000));
    for (status, request) in [
        (303, request("GET /", &[host, html])),
        (401, request("GET /", &[host])),
        (200, request("GET /login", &[host, html])),
        (200, request("HEAD /login", &[host])),
        (
            400,
            request("POST /theme", &[host, html, "Content-Length: 0"]),
        ),
        (403, request("POST /theme", &[host, html, cross])),
        (404, request("GET /nowhere", &[host, html])),
        (404, request("GET /assets/none.css", &[host])),
        (404, request("OPTIONS *", &[host])),
        (405, request("DELETE /login", &[host, html])),
        (413, with_body),
        (421, request("GET /", &["Host: evil.example", html])),
    ] {
        let answer = dashboard.send(&request);
        let what = String::from_utf8_lossy(&request[..40]);
        assert_eq!(answer.status, status, "{what}: {answer:?}");
        for (name, value) in FIELDS {
            assert_eq!(answer.field(name), Some(*value), "{what}: {name}");
        }
        assert_eq!(answer.field("cache-control"), Some("no-store"), "{what}");
    }
    let answer = dashboard.send(&request("DELETE /login", &[host]));
    assert_eq!(answer.field("allow"), Some("GET,HEAD,POST"));
}

#[test]
fn it_answers_to_its_own_names_only() {
    let dashboard = Dashboard::start("hosts = [\"Mail.Example.Org\"]");
    let port = dashboard.address.port();
    for host in [
        "localhost".to_owned(),
        format!("localhost:{port}"),
        "127.0.0.1:9999".to_owned(),
        "[::1]".to_owned(),
        "mail.example.org".to_owned(),
        "MAIL.example.org:443".to_owned(),
    ] {
        let answer = dashboard.send(&request("GET /", &[&format!("Host: {host}")]));
        assert_eq!(answer.status, 200, "{host}");
    }
    for fields in [
        vec!["Host: evil.example"],
        vec!["Host: localhost.evil.example"],
        vec!["Host: 192.0.2.1"],
        vec!["Host: "],
        vec!["X: no host"],
        vec!["Host: localhost", "Host: evil.example"],
    ] {
        let answer = dashboard.send(&request("GET /", &fields));
        // Without a host, or with two, HTTP itself forbids it.
        assert!(matches!(answer.status, 400 | 421), "{fields:?}: {answer:?}");
        assert!(!answer.body.contains("Overview"));
    }
    let target = request("GET http://evil.example/", &["Host: localhost"]);
    assert_eq!(dashboard.send(&target).status, 421);
}

#[test]
fn faults_are_pages_for_people_and_lines_for_programs() {
    let dashboard = Dashboard::start("");
    let page = dashboard.browser().get("/nowhere/%3Cscript%3E");
    assert_eq!(page.status, 404);
    assert_eq!(page.field("content-type"), Some("text/html; charset=utf-8"));
    assert!(page.body.contains("<h1>Not found</h1>") && page.body.contains("href=\"/log\""));
    assert!(!page.body.contains("<script"));
    let line = dashboard.send(&request("GET /nowhere", &["Host: localhost"]));
    assert_eq!(
        line.field("content-type"),
        Some("text/plain; charset=utf-8")
    );
    assert_eq!(line.body, "Not found: There is no such page.\n");
}

#[test]
fn only_administrators_are_shown_where_files_are() {
    for (role, shows) in [("read-only", false), ("admin", true)] {
        let world = world(&format!("role = \"{role}\""));
        let log = world.path("service/state/log.db");
        fs::remove_file(&log).unwrap();
        let dashboard = Dashboard::start_in(world, |_| {});
        let page = dashboard.browser().get("/companies");
        assert_eq!(page.status, 503);
        assert!(
            page.body.contains("There is no block log yet."),
            "{}",
            page.body
        );
        assert_eq!(page.body.contains(&*log.to_string_lossy()), shows);
    }
}

#[test]
fn assets_are_kept_for_ever_under_a_name_of_their_content() {
    let dashboard = Dashboard::start("");
    let page = dashboard.browser().get("/");
    let paths: Vec<&str> = page
        .body
        .split('"')
        .filter(|part| part.starts_with("/assets/"))
        .collect();
    assert!(paths.iter().any(|path| path.ends_with(".css")), "{paths:?}");
    for path in paths {
        let answer = dashboard.send(&request(&format!("GET {path}"), &["Host: localhost"]));
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(
            answer.field("cache-control"),
            Some("public, max-age=31536000, immutable")
        );
        for (name, value) in FIELDS {
            assert_eq!(answer.field(name), Some(*value), "{path}: {name}");
        }
        let known = format!("If-None-Match: {}", answer.field("etag").unwrap());
        let again = request(&format!("GET {path}"), &["Host: localhost", &known]);
        let answer = dashboard.send(&again);
        assert_eq!((answer.status, answer.body.as_str()), (304, ""));
    }
}

#[test]
fn the_colours_are_kept_in_a_cookie() {
    let dashboard = Dashboard::start("");
    let browser = dashboard.browser();
    assert!(browser.get("/").body.contains("data-theme=\"auto\""));
    let answer = browser.post("/theme", &[("theme", "dark"), ("back", "/?x=1")]);
    assert_eq!(
        (answer.status, answer.field("location")),
        (303, Some("/?x=1"))
    );
    assert!(browser.get("/").body.contains("data-theme=\"dark\""));
    assert!(browser.get("/nowhere").body.contains("data-theme=\"dark\""));
    let answer = browser.post("/theme", &[("theme", "light"), ("back", "//evil.example")]);
    assert_eq!(answer.field("location"), Some("/"));
    assert_eq!(browser.post("/theme", &[("theme", "blink")]).status, 400);
}

#[test]
fn silent_and_slow_clients_keep_nobody_out() {
    let dashboard = Dashboard::start("");
    // As many as there are places, half of them silent, half of them with a
    // request that never ends.
    let clients: Vec<TcpStream> = (0..256)
        .map(|n| {
            let mut stream = dashboard.connect();
            if n % 2 == 0 {
                stream.write_all(b"GET / HTTP/1.1\r\nHost: local").unwrap();
            }
            stream
        })
        .collect();
    let answer = dashboard.send(&request("GET /", &["Host: localhost"]));
    assert_eq!(answer.status, 200);
    drop(clients);
    // Nor does a trickle help.
    let mut trickle = dashboard.connect();
    trickle
        .set_read_timeout(Some(Duration::from_millis(100)))
        .unwrap();
    trickle.write_all(b"GET / HTTP/1.1\r\n").unwrap();
    wait_for("the end of the trickle", || {
        if trickle.write_all(b"X: y\r\n").is_err() {
            return Some(());
        }
        match trickle.read(&mut [0; 1024]) {
            Ok(0) => Some(()),
            Ok(_) => None,
            Err(e) if matches!(e.kind(), std::io::ErrorKind::WouldBlock) => None,
            Err(_) => Some(()),
        }
    });
}

#[test]
fn heads_have_bounds() {
    let dashboard = Dashboard::start("");
    let long = format!("X: {}", "x".repeat(100_000));
    let many: Vec<String> = (0..100).map(|n| format!("X-{n}: y")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let host = "Host: localhost";
    for fields in [vec![host, long.as_str()], [vec![host], many].concat()] {
        let answer = dashboard.send(&request("GET /", &fields));
        assert_eq!(answer.status, 431, "{answer:?}");
    }
}

#[test]
fn it_tells_the_service_manager_and_ends_when_asked() {
    let world = world("");
    let path = world.path("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut dashboard = Dashboard::start_in(world, |command| {
        command
            .env("NOTIFY_SOCKET", &path)
            .env("WATCHDOG_USEC", "400000");
    });
    // Read all the time: the dashboard waits for room in a full socket.
    let (said, heard) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = [0; 1024];
        while let Ok(length) = socket.recv(&mut bytes) {
            let text = String::from_utf8_lossy(&bytes[..length]).into_owned();
            if said.send(text).is_err() {
                break;
            }
        }
    });
    let told = |what: &str| {
        while !heard.recv_timeout(PATIENCE).expect(what).contains(what) {}
    };
    told("READY=1");
    told("WATCHDOG=1");
    dashboard.signal("HUP");
    told("RELOADING=1");
    told("READY=1");
    // Neither an idle client nor one that has begun a request holds it up.
    let _idle = dashboard.connect();
    let mut begun = dashboard.connect();
    begun.write_all(b"GET / HTTP/1.1\r\n").unwrap();
    dashboard.signal("TERM");
    told("STOPPING=1");
    assert_eq!(dashboard.ended().code(), Some(0));
    assert!(TcpStream::connect(dashboard.address).is_err());
}

/// As a service it may read the block log, and may write nothing beside it.
/// Root may write everywhere, so the test has to be root to become nobody.
#[test]
fn it_reads_a_log_that_it_may_not_write() {
    if fs::metadata("/proc/self").unwrap().uid() != 0 {
        eprintln!("NOT CHECKED: only root can run the dashboard as another user");
        return;
    }
    let world = world_of_nobody("");
    let state = world.path("service/state");
    let settings = Settings {
        path: state.join("log.db"),
        keys: state.join("log.keys"),
        log_clean: true,
        // The events are of a fixed day.
        keep_days: 100_000,
        keep_rollup_days: 100_000,
        ..Settings::default()
    };
    // The writer makes its files when it has begun.
    let open = |path: &Path| {
        let readable = fs::Permissions::from_mode(0o644);
        wait_for("a file", || {
            fs::set_permissions(path, readable.clone()).ok()
        });
    };
    open(&world.path("untrackd.toml"));
    open(&settings.path);
    let dashboard = Dashboard::start_in(world, |_| {});
    let shows = |what: &str, senders: &[&str]| {
        wait_for(what, || {
            let page = dashboard.browser().get("/");
            assert_eq!(page.status, 200, "{what}: {}", dashboard.said());
            let is_shown = |sender: &&str| page.body.contains(*sender);
            senders.iter().all(is_shown).then_some(())
        });
    };
    // At rest there is no shared memory, and none can be made.
    assert!(!state.join("log.db-shm").exists());
    shows("at rest", &["Overview"]);
    // Written meanwhile: what it has seen so far does not count any more.
    let recorder = Recorder::start(&settings).unwrap();
    for file in ["log.db-wal", "log.db-shm"] {
        open(&state.join(file));
    }
    recorder.record(event("first.example"));
    shows("while it is written", &["first.example"]);
    recorder.record(event("second.example"));
    shows("more of it", &["first.example", "second.example"]);
    assert!(recorder.stop(PATIENCE));
    shows("at rest again", &["first.example", "second.example"]);
    // Left behind by a milter that was killed: nobody has put it in order.
    let files = ["log.db", "log.db-wal", "log.db-shm"];
    let recorder = Recorder::start(&settings).unwrap();
    for file in files {
        open(&state.join(file));
    }
    recorder.record(event("third.example"));
    shows("the third message", &["third.example"]);
    // The database last: the others only add to it.
    for file in files.iter().rev() {
        fs::copy(state.join(file), state.join(format!("{file}.left"))).unwrap();
    }
    assert!(recorder.stop(PATIENCE));
    for file in files {
        fs::rename(state.join(format!("{file}.left")), state.join(file)).unwrap();
        open(&state.join(file));
    }
    assert!(fs::metadata(state.join("log.db-wal")).unwrap().len() > 0);
    shows("left behind", &["first.example", "third.example"]);
}

fn event(sender: &str) -> Event {
    Event {
        at: UNIX_EPOCH + Duration::from_millis(1_795_262_400_000),
        transaction: Transaction {
            queue_id: None,
            message_id: None,
            sender: format!("news@{sender}"),
            from_domain: Some(sender.to_owned()),
            recipients: vec!["ada@example.org".to_owned()],
            client: None,
        },
        disposition: Disposition::Clean,
        outcome: Outcome::default(),
        size_before: 2_000,
        size_after: 2_000,
        duration: Duration::from_micros(700),
        rules_version: "0123456789ab".to_owned(),
    }
}
