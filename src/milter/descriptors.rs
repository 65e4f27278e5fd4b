//! File descriptors: each connection takes one, and the process has only so
//! many.
//!
//! A process that runs out of them cannot write its log either, nor read its
//! rules anew. So connections get what is left when the rest has enough, and
//! more of them wait where the kernel keeps them.

use std::fs;

/// For everything but connections: the block log with its companions, keys,
/// rules while they are read anew, the metrics' listener and its clients.
const RESERVED: usize = 64;

/// How many file descriptors this process may have open (its soft limit);
/// `None` if there is no limit or the system does not say.
pub fn descriptor_limit() -> Option<usize> {
    parse(&fs::read_to_string("/proc/self/limits").ok()?)
}

/// How many connections so many file descriptors are enough for.
pub fn connections_within(descriptors: usize) -> usize {
    descriptors.saturating_sub(RESERVED).max(1)
}

/// Reads proc(5), `/proc/[pid]/limits`: name, soft limit, hard limit, unit.
fn parse(limits: &str) -> Option<usize> {
    let line = limits
        .lines()
        .find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_ascii_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_soft_limit_counts() {
        let limits = "Limit                     Soft Limit           Hard Limit           Units\n\
                      Max processes             94000                94000                processes\n\
                      Max open files            1024                 524288               files\n";
        assert_eq!(parse(limits), Some(1024));
        assert_eq!(parse("Max open files  unlimited  unlimited  files\n"), None);
        assert_eq!(parse(""), None);
        assert!(descriptor_limit().is_some_and(|limit| limit > 2));
    }

    #[test]
    fn connections_leave_something_for_the_rest() {
        assert_eq!(connections_within(4096), 4032);
        assert_eq!(connections_within(10), 1);
    }
}
