//! Configuration as the administrator meets it: through the commands.

mod cli_support;

use cli_support::{Run, World, plain_mail};

#[test]
fn a_bad_file_is_refused_with_place_key_and_remedy() {
    let world = World::new();
    let mail = world.write("a.eml", plain_mail("a"));
    let file = world.write("bad.toml", "\n[milter]\nsockt = \"unix:/run/x\"\n");
    let (file, mail) = (file.to_str().unwrap(), mail.to_str().unwrap());
    for arguments in [
        &["check"][..],
        &["milter"],
        &["scan", mail],
        &["diff", mail],
        &["explain", "https://example.org/"],
    ] {
        let arguments = [&["--config", file], arguments].concat();
        let run = world.run(&arguments);
        assert_eq!(run.code, 78, "{arguments:?}");
        assert_eq!(
            run.err,
            format!(
                "untrackd: {file}:3: milter.sockt: there is no such key; did you mean socket?\n"
            )
        );
        assert!(run.out.is_empty());
    }
}

#[test]
fn a_bad_variable_is_refused_like_a_bad_file() {
    let world = World::new();
    let mut command = world.command(&["check"]);
    let run = Run::of(command.env("UNTRACKD_MODE", "enforced").output().unwrap());
    assert_eq!(run.code, 78);
    assert_eq!(
        run.err,
        "untrackd: variable UNTRACKD_MODE: mode: \"enforced\" is not allowed here; \
         write one of \"enforce\", \"observe\"; did you mean \"enforce\"?\n"
    );
}

#[test]
fn a_file_that_is_not_there_is_refused() {
    let run = World::new().run(&["check", "--config", "/nonexistent/u.toml"]);
    assert_eq!(run.code, 78);
    assert!(run.err.contains("/nonexistent/u.toml"), "{}", run.err);
    assert!(run.err.contains("correct --config"), "{}", run.err);
}

#[test]
fn bad_rules_are_refused_with_their_directory() {
    let world = World::new();
    let file = world.write("u.toml", "rules = \"/nonexistent/rules\"\n");
    let run = world.run(&["check", "--config", file.to_str().unwrap()]);
    assert_eq!(run.code, 78);
    assert!(run.err.contains("/nonexistent/rules"), "{}", run.err);
}

#[test]
fn check_prints_paths_and_the_lines_for_the_mta() {
    let world = World::new();
    let socket = world.path("run/milter.sock");
    let text = format!(
        "[milter]\nsocket = \"local:{}\"\n[log]\npath = \"{}\"\n",
        socket.display(),
        world.path("state/log.db").display()
    );
    let file = world.write("u.toml", text);
    let run = world.run(&["check", "--config", file.to_str().unwrap()]);
    assert_eq!(run.code, 0, "{} {}", run.text(), run.err);
    for part in [
        format!("unix:{}", socket.display()),
        file.display().to_string(),
        "can be made and reached".into(),
        "log.db can be made".into(),
        "smtpd_milters".into(),
        "default_action=accept".into(),
        format!("local:{}", socket.display()),
    ] {
        assert!(run.text().contains(&part), "{part}:\n{}", run.text());
    }
    assert!(!world.path("run").exists());
    assert!(!world.path("state").exists());
}

#[test]
fn check_fails_where_the_milter_would() {
    let world = World::new();
    // A directory is in the way of both files.
    world.write("socket/x", "");
    let text = format!(
        "[milter]\nsocket = \"unix:{0}/socket\"\n[log]\npath = \"{0}/socket\"\n",
        world.path("").display()
    );
    let file = world.write("u.toml", text.replace("//", "/"));
    let run = world.run(&["check", "--config", file.to_str().unwrap()]);
    assert_eq!(run.code, 73, "{}", run.text());
    assert_eq!(run.text().matches("problem ").count(), 2, "{}", run.text());
}
