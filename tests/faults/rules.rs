//! Rules that are gone or half there when they are read anew.

use crate::{common::directory, common::process::Settings, rig::Rig};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// A rule file that a copy has not finished.
const HALF: &str = "[vendor]\nid = \"house\"\nname = \"House\"\ncomp";

/// The services whose trackers the mail of these tests has.
const VENDORS: &[&str] = &[
    "amazon-ses.toml",
    "mailchimp.toml",
    "mailgun.toml",
    "mandrill.toml",
    "sendgrid.toml",
];

/// What happens to the directory of rules, and what is said of it.
type Damage = fn(&Path) -> std::io::Result<()>;

const DAMAGES: &[(&str, Damage, &str)] = &[
    (
        "emptied",
        |rules| {
            fs::remove_dir_all(rules)?;
            fs::create_dir(rules)
        },
        ": no rule files here; they are <category>/<vendor>.toml below it",
    ),
    ("removed", |rules| fs::remove_dir_all(rules), ": "),
    (
        "half written",
        |rules| fs::write(rules.join("mail/house.toml"), HALF),
        "mail/house.toml:4:",
    ),
    (
        "no text",
        |rules| fs::write(rules.join("mail/house.toml"), [0xff, 0xfe, 0]),
        "mail/house.toml: cannot read this: ",
    ),
];

#[test]
fn rules_that_cannot_be_read_leave_the_old_ones_in_force() {
    let home = directory();
    let rules: PathBuf = home.path().join("rules");
    // Those of the services that the mail is made for: reading all of them
    // with their examples takes a test build some time.
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
    let copy = |rules: &Path| {
        fs::create_dir_all(rules.join("mail")).expect("a directory for rules");
        for name in VENDORS {
            let file = Path::new("mail").join(name);
            fs::copy(shipped.join(&file), rules.join(&file)).expect("a rule file");
        }
    };
    copy(&rules);
    let rig = Rig::start(Settings {
        top: format!("rules = {rules:?}"),
        ..Settings::default()
    });
    rig.cleans();
    for (n, (name, damage, place)) in DAMAGES.iter().enumerate() {
        eprintln!("rules {name}");
        damage(&rules).unwrap_or_else(|e| panic!("{name}: {e}"));
        rig.untrackd.hang_up();
        rig.told_times("reload refused, what was in force stays in force", n + 1);
        let said = format!("{}", rules.display());
        rig.told(&said);
        rig.told(place);
        rig.health_says("the last reload was refused; what was in force stays");
        assert_eq!(rig.metric("untrackd_config_last_reload_successful"), 0.0);
        rig.cleans();
        let (code, text) = rig.command(&["check"]);
        assert_eq!(code, 78, "{name}: {text}");
        assert!(
            text.contains(&said) && text.contains(place),
            "{name}: {text}"
        );

        let _ = fs::remove_dir_all(&rules);
        copy(&rules);
        rig.untrackd.hang_up();
        rig.told_times("reloaded; rules: version", n + 1);
        rig.health_says("\"status\":\"ok\"");
        assert_eq!(rig.metric("untrackd_config_last_reload_successful"), 1.0);
        rig.cleans();
    }
    rig.settle();
}
