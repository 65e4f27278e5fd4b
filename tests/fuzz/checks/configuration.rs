//! The configuration: the input is its text. A comment such as
//! `#UNTRACKD_MODE=observe` sets a variable.

use std::path::Path;
use untrackd::config::{ConfigError, Origin, Surroundings, parse};

pub fn check(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    let variables = text.lines().filter_map(|line| {
        let (name, value) = line.strip_prefix('#')?.split_once('=')?;
        Some((name.to_owned(), value.to_owned()))
    });
    let surroundings = Surroundings {
        variables: variables.collect(),
        uid: 105,
    };
    let path = Path::new("/etc/untrackd/untrackd.toml");
    let read = || parse(Some((path, text)), &surroundings);
    match read() {
        Ok(config) => {
            assert_eq!(config.file.as_deref(), Some(path));
            assert!(
                read().is_ok_and(|again| again == config),
                "read twice, it differs"
            );
        }
        Err(ConfigError::Read { .. }) => panic!("nothing is read here"),
        Err(ConfigError::Problems(problems)) => {
            assert!(!problems.is_empty());
            let lines = text.split('\n').count();
            for problem in &problems {
                assert!(
                    !problem.what.is_empty() && !problem.remedy.is_empty(),
                    "{problem}"
                );
                if let Origin::File {
                    line: Some(line), ..
                } = problem.origin
                {
                    assert!((1..=lines).contains(&line), "{problem}");
                }
            }
        }
    }
}
