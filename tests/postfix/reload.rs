//! SIGHUP: all of the new configuration and rules, or none.

use super::{
    Rig, Settings, assert_changed, assert_untouched,
    common::{
        mail::{Sample, Segment, tracked_sample},
        wait_until,
    },
    failures::{Load, load_sender},
    is_unmodified,
};
use std::{fs, path::Path, thread, time::Duration};

const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn a_reload_under_load_takes_effect_and_disturbs_nothing() {
    let rig = Rig::start(&Settings::default(), "tempfail");
    let load = Load::default();
    let probe = tracked_sample(1_000_000);
    thread::scope(|scope| {
        load.run(scope, rig.postfix.port(0));
        load.wait_for(20);

        // A bad file is refused as a whole: the good line in it has no effect.
        rig.untrackd.reconfigure(&Settings {
            top: "mode = \"observe\"\nno_such_key = 1".to_owned(),
            ..Settings::default()
        });
        rig.untrackd.hang_up();
        let told = wait_until(PATIENCE, || rig.untrackd.messages().contains("no_such_key"));
        assert_or_stop(&load, told, "the key that was refused is named");
        load.wait_for(20);
        let mail = rig.pass(&probe);
        assert_or_stop(
            &load,
            !is_unmodified(&probe, mail.as_sent()),
            "the old configuration stays in force",
        );

        rig.untrackd.reconfigure(&Settings {
            top: "mode = \"observe\"".to_owned(),
            ..Settings::default()
        });
        rig.untrackd.hang_up();
        let observing = wait_until(PATIENCE, || {
            is_unmodified(&probe, rig.pass(&probe).as_sent())
        });
        assert_or_stop(&load, observing, "the new configuration is in force");
        load.wait_for(20);
        load.stop();
    });
    assert_eq!(load.refusals(), 0, "no mail was refused meanwhile");
    for number in load.accepted() {
        let sample = tracked_sample(number);
        let mail = rig
            .sink
            .wait_for_mail(&load_sender(number), &sample.recipients[0]);
        // Each mail is handled wholly by the old or wholly by the new one.
        if !is_unmodified(&sample, mail.as_sent()) {
            assert_changed(&sample, mail.as_sent());
        }
    }
}

#[test]
fn new_rules_are_taken_and_bad_rules_leave_the_old_in_force() {
    let rules = super::common::directory();
    copy_rules(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("rules"),
        rules.path(),
    );
    let settings = Settings {
        top: format!("rules = {:?}", rules.path()),
        ..Settings::default()
    };
    let rig = Rig::start(&settings, "tempfail");
    let house = house_sample();
    let known = tracked_sample(1);
    assert_untouched(&house, rig.pass(&house).as_sent());
    assert_changed(&known, rig.pass(&known).as_sent());

    let file = rules.path().join("mail/house.toml");
    fs::write(&file, HOUSE_RULE).expect("a rule file");
    rig.untrackd.hang_up();
    let taken = wait_until(PATIENCE, || {
        !is_unmodified(&house, rig.pass(&house).as_sent())
    });
    assert!(taken, "the new rule is in force");

    fs::write(&file, "[vendor\nid =").expect("a broken rule file");
    rig.untrackd.hang_up();
    let told = wait_until(PATIENCE, || rig.untrackd.messages().contains("house.toml"));
    assert!(told, "the broken file is named");
    assert!(!is_unmodified(&house, rig.pass(&house).as_sent()));
    assert_changed(&known, rig.pass(&known).as_sent());
}

const HOUSE_RULE: &str = r#"[vendor]
id = "house"
name = "House"
company = "House"

[[pixel]]
id = "house-open"
path = '^/house/seen/[0-9]+$'
tells = ["recipient"]
match = ["https://static.example.com/house/seen/123"]
ignore = ["https://static.example.com/house/seen/"]
"#;

/// A mail with a picture that only [`HOUSE_RULE`] takes for a tracker.
fn house_sample() -> Sample {
    Sample {
        segments: vec![Segment::Fixed(
            b"From: <a@sender.example.com>\r\nTo: <b@example.net>\r\nSubject: House\r\n\
              Date: Tue, 04 Mar 2025 10:00:00 +0100\r\nMessage-ID: <1@sender.example.com>\r\n\
              MIME-Version: 1.0\r\nContent-Type: text/html; charset=us-ascii\r\n\r\n\
              <p>Hello</p><img src=\"https://static.example.com/house/seen/4711\" \
              width=\"200\" height=\"100\" alt=\"House\">\r\n"
                .to_vec(),
        )],
        ..tracked_sample(0)
    }
}

fn copy_rules(from: &Path, to: &Path) {
    for entry in walkdir::WalkDir::new(from) {
        let entry = entry.expect("the shipped rules");
        let path = to.join(entry.path().strip_prefix(from).expect("below the rules"));
        if entry.file_type().is_dir() {
            fs::create_dir_all(&path).expect("a directory for rules");
        } else {
            fs::copy(entry.path(), &path).expect("a rule file");
        }
    }
}

/// A panic in a scope waits for the scope's threads: they have to be told.
fn assert_or_stop(load: &Load, condition: bool, what: &str) {
    if !condition {
        load.stop();
    }
    assert!(condition, "{what}");
}
