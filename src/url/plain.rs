//! Recognises URLs that already stand in the normal form of the URL standard,
//! as nearly all in mail do, so that most need not be parsed and written anew.

use super::target::Places;

/// Stands in a host name as it is.
const HOST: u8 = 1;
/// Stands in a path as it is.
const PATH: u8 = 2;
/// Stands in a query as it is.
const QUERY: u8 = 4;
/// Stands in a fragment as it is.
const FRAGMENT: u8 = 8;

/// What each byte may be part of. Whoever is not in doubt about a byte leaves
/// it out: the parser reads what is not plain.
const CLASSES: [u8; 256] = classes();

const fn classes() -> [u8; 256] {
    let mut table = [0; 256];
    table = with(table, b"abcdefghijklmnopqrstuvwxyz0123456789-_.", HOST);
    table = with(
        table,
        b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~!$&()*+,;=:@/%",
        PATH | QUERY | FRAGMENT,
    );
    table = with(table, b"'", PATH | FRAGMENT);
    table = with(table, b"?", QUERY | FRAGMENT);
    table
}

#[expect(
    clippy::indexing_slicing,
    reason = "computed of constants while it is compiled"
)]
const fn with(mut table: [u8; 256], bytes: &[u8], class: u8) -> [u8; 256] {
    let mut i = 0;
    while i < bytes.len() {
        table[bytes[i] as usize] |= class;
        i += 1;
    }
    table
}

/// Where the parts of `text` stand, if it is an http or https URL that the
/// parser would leave as it is, without user name and port. `None` says
/// nothing about it.
pub(super) fn places(text: &str) -> Option<Places> {
    let bytes = text.as_bytes();
    let host_start = match bytes {
        [b'h', b't', b't', b'p', b's', b':', b'/', b'/', ..] => 8,
        [b'h', b't', b't', b'p', b':', b'/', b'/', ..] => 7,
        _ => return None,
    };
    let host_end = run(bytes, host_start, HOST);
    if bytes.get(host_end) != Some(&b'/') || !is_plain_host(text.get(host_start..host_end)?) {
        return None;
    }
    let path_end = run(bytes, host_end, PATH);
    if has_dot_segment(bytes.get(host_end..path_end)?) {
        return None;
    }
    let mut at = path_end;
    let mut query = None;
    if bytes.get(at) == Some(&b'?') {
        query = Some(at);
        at = run(bytes, at + 1, QUERY);
    }
    let mut fragment = None;
    if bytes.get(at) == Some(&b'#') {
        fragment = Some(at);
        at = run(bytes, at + 1, FRAGMENT);
    }
    (at == bytes.len()).then_some(Places {
        host: host_start..host_end,
        path: host_end,
        query,
        fragment,
        has_user_info: false,
    })
}

/// Where a run of bytes of this class ends that begins at `from`.
fn run(bytes: &[u8], from: usize, class: u8) -> usize {
    let rest = bytes.get(from..).unwrap_or_default();
    let is_of_class = |b: &u8| {
        CLASSES
            .get(usize::from(*b))
            .is_some_and(|of| of & class != 0)
    };
    from + rest.iter().take_while(|b| is_of_class(b)).count()
}

/// Whether the host is a name in lower case that means itself: not an address
/// in disguise, and nothing in punycode, which may not be valid.
fn is_plain_host(host: &str) -> bool {
    let mut last = "";
    for label in host.split('.') {
        if label.is_empty() || label.starts_with("xn--") {
            return false;
        }
        last = label;
    }
    // What ends in a number is an IPv4 address (URL standard section 3.5).
    last.starts_with(|c: char| c.is_ascii_lowercase())
}

/// Whether a segment of the path may mean the one above or itself.
fn has_dot_segment(path: &[u8]) -> bool {
    memchr::memchr_iter(b'.', path).any(|at| path.get(..at).is_some_and(|p| p.ends_with(b"/")))
        || memchr::memchr_iter(b'%', path)
            .any(|at| matches!(path.get(at + 1..at + 3), Some([b'2', b'e' | b'E'])))
}
