//! Who is let into the dashboard, and as what.

mod dashboard_support;

use dashboard_support::{
    Answer, Browser, Dashboard, PASSWORD, add_user, cli_support::World, command, encode,
    set_password, wait_for, world,
};
use std::fs;

/// A program's request, with these header fields.
fn program(dashboard: &Dashboard, path: &str, fields: &[&str]) -> Answer {
    let mut request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n");
    for field in fields {
        request += &format!("{field}\r\n");
    }
    dashboard.send(format!("{request}\r\n").as_bytes())
}

#[test]
fn without_authentication_everybody_has_the_configured_role() {
    for (section, role) in [("", "read-only"), ("role = \"admin\"", "administrator")] {
        let dashboard = Dashboard::start(section);
        let page = dashboard.browser().get("/");
        assert_eq!(page.status, 200, "{page:?}");
        assert!(page.body.contains(&format!(">{role}<")), "{}", page.body);
        // There is nothing to log in to.
        let login = dashboard.browser().get("/login");
        assert_eq!((login.status, login.field("location")), (303, Some("/")));
    }
}

#[test]
fn without_authentication_it_listens_to_this_machine_only() {
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"] {
        let world = world("");
        let run = world.run(&["dashboard", "--listen", address]);
        assert_eq!(run.code, 78, "{}", run.err);
        assert!(run.err.contains("nobody has to log in"), "{}", run.err);
        world.write(
            "untrackd.toml",
            format!("[dashboard]\nlisten = \"{address}\"\n"),
        );
        let output = command(&world, &["dashboard"]).output().unwrap();
        assert_eq!(output.status.code(), Some(78), "{output:?}");
    }
}

#[test]
fn strangers_are_sent_to_the_form_and_programs_are_told() {
    let dashboard = Dashboard::with_users("");
    let browser = dashboard.browser();
    let page = browser.get("/");
    assert_eq!((page.status, page.field("location")), (303, Some("/login")));
    let page = browser.get("/?since=7d&x=%2F");
    let location = page.field("location").unwrap().to_owned();
    assert_eq!(location, "/login?next=%2F%3Fsince%3D7d%26x%3D%252F");
    // The form leads back to where they wanted to go.
    assert_eq!(
        browser.get(&location).hidden("next"),
        "/?since=7d&amp;x=%2F".replace("&amp;", "&#38;")
    );
    let answer = program(&dashboard, "/", &[]);
    assert_eq!(answer.status, 401);
    assert_eq!(answer.field("www-authenticate"), Some("Bearer"));
    // What needs no login tells nothing.
    let page = browser.get("/nowhere");
    assert_eq!(page.status, 404);
    assert!(!page.body.contains("href=\"/log\""), "{}", page.body);
}

#[test]
fn a_password_opens_a_session_and_logging_out_ends_it() {
    let dashboard = Dashboard::with_users("");
    let browser = dashboard.browser();
    let answer = browser.log_in("ada", PASSWORD, "/log?q=x");
    assert_eq!(
        (answer.status, answer.field("location")),
        (303, Some("/log?q=x"))
    );
    let cookie = answer.set_cookie("untrackd").unwrap();
    assert!(
        cookie.ends_with("; Path=/; HttpOnly; SameSite=Strict"),
        "{cookie}"
    );
    // 256 bits in base64.
    assert_eq!(browser.cookies.borrow()["untrackd"].len(), 43);
    let page = browser.get("/");
    assert_eq!(page.status, 200);
    assert!(page.body.contains("administrator"), "{}", page.body);

    let stolen = browser.cookies.borrow().clone();
    let answer = browser.post("/logout", &[("csrf", &page.hidden("csrf"))]);
    assert_eq!(
        (answer.status, answer.field("location")),
        (303, Some("/login"))
    );
    assert!(!browser.cookies.borrow().contains_key("untrackd"));
    *browser.cookies.borrow_mut() = stolen;
    assert_eq!(browser.get("/").status, 303);

    // Logins are in the audit log.
    let audit = dashboard.world.path("service/state/review/audit.db");
    let rows: Vec<(String, String, String)> = rusqlite::Connection::open(audit)
        .unwrap()
        .prepare("SELECT act, actor, details FROM audit WHERE channel = 'dashboard' ORDER BY id")
        .unwrap()
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    let row = |act: &str, details: &str| (act.to_owned(), "ada".to_owned(), details.to_owned());
    assert_eq!(rows, [row("login", "from 127.0.0.1"), row("logout", "")]);
}

#[test]
fn a_wrong_name_is_answered_like_a_wrong_password() {
    let dashboard = Dashboard::with_users("");
    let answers: Vec<Answer> = [("ada", "wrong password"), ("eve", PASSWORD), ("ada", "")]
        .into_iter()
        .map(|(name, password)| dashboard.browser().log_in(name, password, "/"))
        .collect();
    for answer in &answers {
        assert_eq!(answer.status, 401);
        assert!(answer.set_cookie("untrackd").is_none());
        assert!(answer.body.contains("The name or the password is wrong."));
    }
    // A name that is none may be a password.
    assert!(!dashboard.said().contains("eve"), "{}", dashboard.said());
    assert!(dashboard.said().contains("login-failed: ada"));
}

#[test]
fn behind_https_the_cookie_is_bound_to_host_and_transport() {
    let dashboard = Dashboard::with_users("https = true");
    let browser = dashboard.browser();
    let answer = browser.log_in("bob", PASSWORD, "/");
    let cookie = answer.set_cookie("__Host-untrackd").unwrap();
    assert!(
        cookie.contains("; Path=/; HttpOnly; SameSite=Strict; Secure"),
        "{cookie}"
    );
    assert!(!cookie.to_lowercase().contains("domain"), "{cookie}");
    assert_eq!(
        answer.field("strict-transport-security"),
        Some("max-age=31536000")
    );
    let page = browser.get("/");
    assert_eq!(page.status, 200);
    assert!(page.body.contains("read-only"));
}

#[test]
fn a_session_that_somebody_else_chose_is_never_used() {
    let dashboard = Dashboard::with_users("");
    let browser = dashboard.browser();
    let chosen = "A".repeat(43);
    browser
        .cookies
        .borrow_mut()
        .insert("untrackd".to_owned(), chosen.clone());
    assert_eq!(browser.get("/").status, 303);
    assert_eq!(browser.log_in("ada", PASSWORD, "/").status, 303);
    let first = browser.cookies.borrow()["untrackd"].clone();
    assert_ne!(first, chosen);
    let other = dashboard.browser();
    other
        .cookies
        .borrow_mut()
        .insert("untrackd".to_owned(), chosen);
    assert_eq!(other.get("/").status, 303);

    // Another login makes another session, and ends the first. (The form is
    // not offered to whoever is logged in; a script could send it all the same.)
    let stranger = dashboard.browser();
    let token = stranger.get("/login").hidden("csrf");
    let form = stranger.cookies.borrow()["untrackd-login"].clone();
    browser
        .cookies
        .borrow_mut()
        .insert("untrackd-login".to_owned(), form);
    let fields = [
        ("csrf", token.as_str()),
        ("name", "bob"),
        ("password", PASSWORD),
    ];
    assert_eq!(browser.post("/login", &fields).status, 303);
    assert_ne!(browser.cookies.borrow()["untrackd"], first);
    other
        .cookies
        .borrow_mut()
        .insert("untrackd".to_owned(), first);
    assert_eq!(other.get("/").status, 303);
}

#[test]
fn the_login_form_has_to_be_our_own() {
    let dashboard = Dashboard::with_users("");
    let fields = |token: &str| encode(&[("csrf", token), ("name", "ada"), ("password", PASSWORD)]);
    let browser = dashboard.browser();
    let token = browser.get("/login").hidden("csrf");
    let try_with = |browser: &Browser<'_>, token: &str, more: &[(&str, &str)]| {
        let answer = browser.request("POST", "/login", more, Some(&fields(token)));
        assert!(answer.status == 303 || answer.set_cookie("untrackd").is_none());
        answer.status
    };
    let own = ("Sec-Fetch-Site", "same-origin");
    // A token of our own is not enough without the browser it was made for.
    assert_eq!(try_with(&dashboard.browser(), &token, &[own]), 403);
    for site in ["cross-site", "same-site", "none"] {
        let foreign = ("Sec-Fetch-Site", site);
        assert_eq!(try_with(&browser, &token, &[foreign]), 403, "{site}");
    }
    for origin in ["http://evil.example", "http://localhost", "x"] {
        assert_eq!(
            try_with(&browser, &token, &[("Origin", origin)]),
            403,
            "{origin}"
        );
    }
    // The last look at the form counts; its cookie was replaced by then.
    let page = browser.get("/login");
    assert_eq!(try_with(&browser, "", &[own]), 403);
    assert_eq!(try_with(&browser, &token, &[own]), 403);
    drop(page);
    let token = browser.get("/login").hidden("csrf");
    let origin = format!("http://{}", dashboard.address);
    assert_eq!(try_with(&browser, &token, &[("Origin", &origin)]), 303);
}

#[test]
fn a_form_of_a_session_needs_its_token() {
    let dashboard = Dashboard::with_users("");
    let ada = dashboard.browser_of("ada");
    let bob = dashboard.browser_of("bob");
    let token = ada.get("/").hidden("csrf");
    let of_bob = bob.get("/").hidden("csrf");
    assert_ne!(token, of_bob);
    assert_eq!(ada.post("/logout", &[]).status, 403);
    assert_eq!(ada.post("/logout", &[("csrf", "")]).status, 403);
    assert_eq!(ada.post("/logout", &[("csrf", &of_bob)]).status, 403);
    let cross = [("Sec-Fetch-Site", "cross-site")];
    let form = encode(&[("csrf", &token)]);
    assert_eq!(
        ada.request("POST", "/logout", &cross, Some(&form)).status,
        403
    );
    let foreign = [("Origin", "https://evil.example")];
    assert_eq!(
        ada.request("POST", "/logout", &foreign, Some(&form)).status,
        403
    );
    // GET changes nothing.
    assert_eq!(ada.get(&format!("/logout?csrf={token}")).status, 405);
    assert_eq!(ada.get("/").status, 200);
    // An old browser says nothing about where a form comes from.
    assert_eq!(ada.request("POST", "/logout", &[], Some(&form)).status, 303);
    assert_eq!(ada.get("/").status, 303);
}

#[test]
fn attempts_are_limited() {
    let dashboard = Dashboard::with_users("");
    let browser = dashboard.browser();
    for n in 0..5 {
        let answer = browser.log_in(&format!("user{n}"), "wrong password", "/");
        assert_eq!(answer.status, 401, "attempt {n}");
    }
    let answer = (0..20)
        .map(|_| browser.log_in("ada", "wrong password", "/"))
        .find(|answer| answer.status != 401)
        .expect("an end of attempts");
    assert_eq!(answer.status, 429);
    let wait: u64 = answer.field("retry-after").unwrap().parse().unwrap();
    assert!(wait >= 1);
    assert!(answer.body.contains(&format!("Try again in {wait} s.")));
    // Behind a proxy each visitor is counted apart.
    let proxied = dashboard.browser();
    let token = proxied.get("/login").hidden("csrf");
    let form = encode(&[("csrf", &token), ("name", "bob"), ("password", PASSWORD)]);
    let more = [
        ("Sec-Fetch-Site", "same-origin"),
        ("X-Forwarded-For", "127.0.0.1, 192.0.2.7"),
    ];
    assert_eq!(
        proxied.request("POST", "/login", &more, Some(&form)).status,
        303
    );
}

#[test]
fn a_token_is_for_programs() {
    let world = world("auth = \"password\"");
    add_user(&world, "ada", "admin");
    let run = world.run(&["dashboard", "token", "nightly", "--role", "admin"]);
    assert_eq!(run.code, 0, "{}", run.err);
    let token = run.text().trim().to_owned();
    let dashboard = Dashboard::start_in(world, |_| {});
    let bearer = format!("Authorization: Bearer {token}");
    let page = program(&dashboard, "/", &[&bearer]);
    assert_eq!(page.status, 200);
    assert!(page.body.contains("nightly") && page.body.contains("administrator"));
    assert!(page.set_cookie("untrackd").is_none());
    // No other site can make a program send a form, so it needs no token of a
    // page; but a token has no session either.
    let post = format!(
        "POST /logout HTTP/1.1\r\nHost: localhost\r\n{bearer}\r\nConnection: close\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 0\r\n\r\n"
    );
    assert_eq!(dashboard.send(post.as_bytes()).status, 400);
    for wrong in [
        format!("{bearer}x"),
        "Authorization: Bearer ".to_owned(),
        "Authorization: Bearer nightly".to_owned(),
        format!("Authorization: Basic {token}"),
        format!("Cookie: untrackd={token}"),
    ] {
        assert_eq!(program(&dashboard, "/", &[&wrong]).status, 401, "{wrong}");
    }
    // The name of a token is no name to log in with.
    let answer = dashboard.browser().log_in("nightly", &token, "/");
    assert_eq!(answer.status, 401);
}

#[test]
fn whoever_is_removed_or_gets_another_password_is_out() {
    let dashboard = Dashboard::with_users("");
    let (ada, bob) = (dashboard.browser_of("ada"), dashboard.browser_of("bob"));
    set_password(&dashboard.world, "ada", "admin", "another password");
    assert_eq!(ada.get("/").status, 303);
    assert_eq!(bob.get("/").status, 200);
    assert_eq!(dashboard.world.run(&["dashboard", "remove", "bob"]).code, 0);
    assert_eq!(bob.get("/").status, 303);
    assert_eq!(ada.log_in("ada", "another password", "/").status, 303);
    assert_eq!(ada.get("/").status, 200);
}

#[test]
fn a_file_of_users_that_is_wrong_is_told_and_not_used() {
    let world = world("auth = \"password\"");
    add_user(&world, "ada", "admin");
    let path = world.path("service/state/review/users");
    let good = fs::read_to_string(&path).unwrap();
    fs::write(&path, format!("{good}bob:root:password:x\n")).unwrap();
    let output = command(&world, &["dashboard", "--listen", "127.0.0.1:0"])
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(78), "{said}");
    let line = good.lines().count() + 1;
    assert!(
        said.contains(&format!("users: line {line}: unknown role")),
        "{said}"
    );

    // While it runs, the users stay as they were.
    fs::write(&path, &good).unwrap();
    let dashboard = Dashboard::start_in(world, |_| {});
    let ada = dashboard.browser_of("ada");
    fs::write(&path, "nonsense\n").unwrap();
    assert_eq!(ada.get("/").status, 200);
    assert!(dashboard.said().contains("line 1"), "{}", dashboard.said());
    dashboard.signal("HUP");
    wait_for("the second complaint", || {
        (dashboard.said().matches("line 1").count() == 2).then_some(())
    });
    fs::write(&path, &good).unwrap();
    dashboard.signal("HUP");
    wait_for("the reload", || {
        dashboard.said().contains("users reread").then_some(())
    });
    assert_eq!(ada.get("/").status, 200);
}

#[test]
fn without_users_the_form_says_what_to_do() {
    let dashboard = Dashboard::start("auth = \"password\"");
    assert!(dashboard.said().contains("untrackd dashboard passwd"));
    let page = dashboard.browser().get("/login");
    assert!(page.body.contains("untrackd dashboard passwd NAME"));
    add_user(&dashboard.world, "ada", "admin");
    let page = dashboard.browser().get("/login");
    assert!(!page.body.contains("untrackd dashboard passwd NAME"));
}

#[test]
fn a_trusted_proxy_says_who_it_is() {
    let dashboard = Dashboard::start(
        "auth = \"header\"\nheader = \"X-Who\"\npeers = [\"127.0.0.0/8\"]\nadmins = [\"ada@example.org\"]",
    );
    let browser = dashboard.browser();
    let with = |fields: &[(&str, &str)]| browser.request("GET", "/", fields, None);
    let page = with(&[("X-Who", "ada@example.org")]);
    assert_eq!(page.status, 200);
    assert!(page.body.contains("ada@example.org") && page.body.contains("administrator"));
    let page = with(&[("x-who", "bob")]);
    assert!(page.body.contains("bob") && page.body.contains("read-only"));
    for wrong in [
        vec![],
        vec![("X-Who", "")],
        vec![("X-Who", "two words")],
        vec![("X-Who", "<b>")],
        vec![("X-Who", "bob"), ("X-Who", "ada@example.org")],
        vec![("Remote-User", "bob")],
    ] {
        assert_eq!(with(&wrong).status, 403, "{wrong:?}");
    }
    // A form needs its token here, too.
    for token in ["", "0"] {
        let form = encode(&[("csrf", token)]);
        let fields = [("X-Who", "bob"), ("Sec-Fetch-Site", "same-origin")];
        let answer = browser.request("POST", "/logout", &fields, Some(&form));
        assert_eq!(answer.status, 403);
    }
}

#[test]
fn nobody_else_is_believed() {
    let dashboard =
        Dashboard::start("auth = \"header\"\npeers = [\"192.0.2.1\"]\nadmins = [\"ada\"]");
    let browser = dashboard.browser();
    let page = browser.request("GET", "/", &[("Remote-User", "ada")], None);
    assert_eq!(page.status, 403);
    assert!(
        page.body.contains("through its proxy only"),
        "{}",
        page.body
    );
    let forwarded = [("Remote-User", "ada"), ("X-Forwarded-For", "192.0.2.1")];
    assert_eq!(browser.request("GET", "/", &forwarded, None).status, 403);
}

#[test]
fn an_ordinary_user_can_run_it() {
    let world = World::of_ordinary_user();
    let run = world.run(&["dashboard", "users"]);
    assert_eq!(run.code, 0, "{}", run.err);
}
