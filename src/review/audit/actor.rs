//! Who sits at the command line.

use std::{env, fs, os::unix::fs::MetadataExt};

/// `/proc/self/loginuid` of a process that nobody logged in for (proc(5)).
const NOBODY_LOGGED_IN: u32 = u32::MAX;

/// Who runs this process: the login name, or the number of the user without
/// one. Of root, whoever became it: the user that logged in, as the kernel
/// keeps it, else the one that sudo(8) names.
pub fn actor() -> String {
    // /proc/self belongs to the effective user; asking the C library for it
    // would need unsafe code.
    let uid = fs::metadata("/proc/self").map(|meta| meta.uid()).ok();
    let login = fs::read_to_string("/proc/self/loginuid").ok();
    let login = login.and_then(|text| text.trim().parse().ok());
    let sudo = env::var("SUDO_USER").ok();
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    describe(uid, login, sudo.as_deref(), &users)
}

fn describe(uid: Option<u32>, login: Option<u32>, sudo: Option<&str>, users: &str) -> String {
    let Some(uid) = uid else {
        return "unknown".to_owned();
    };
    let name = name_of(uid, users);
    if uid != 0 {
        // Anybody can set a variable; only what root says of sudo counts.
        return name;
    }
    let login = login.filter(|&login| login != NOBODY_LOGGED_IN && login != 0);
    let sudo = sudo.filter(|user| !user.is_empty() && *user != name);
    match login.map(|login| name_of(login, users)) {
        Some(person) => format!("{person} as {name}"),
        None => match sudo {
            Some(person) => format!("{person} as {name}"),
            None => name,
        },
    }
}

/// The name in passwd(5), which users of a directory service are not in.
fn name_of(uid: u32, users: &str) -> String {
    let number = uid.to_string();
    let name = users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)? == number).then_some(name)
    });
    name.map_or_else(|| format!("uid {uid}"), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    const USERS: &str = "root:x:0:0:root:/root:/bin/sh\nada:x:1000:1000::/home/ada:/bin/sh\n\
                         broken line\n0:x:7:7::/:/bin/false\n";

    #[test]
    fn the_person_behind_root_is_named() {
        for (uid, login, sudo, expected) in [
            (Some(1000), Some(1000), None, "ada"),
            (Some(0), Some(1000), Some("eve"), "ada as root"),
            (Some(0), Some(NOBODY_LOGGED_IN), Some("ada"), "ada as root"),
            (Some(0), None, None, "root"),
            (Some(0), Some(0), Some("root"), "root"),
            (Some(1000), None, Some("somebody-else"), "ada"),
            (Some(4711), None, None, "uid 4711"),
            (Some(0), Some(4711), None, "uid 4711 as root"),
            (None, None, Some("ada"), "unknown"),
        ] {
            assert_eq!(describe(uid, login, sudo, USERS), expected);
        }
    }
}
