//! A real Chromium whose whole internet is a server on loopback.
//!
//! The browser is Debian's package, headless, with a new profile and with
//! scripts off, as in a mail client. All host names and all ports lead to the
//! server, which answers everything and keeps what it was asked. Nothing
//! leaves the machine. Both end when they go out of scope, also when a test
//! panics; should the test be killed, the browser sees its pipe close and
//! ends by itself.

#![allow(dead_code, reason = "not every test uses all of the support")]

mod cdp;
pub(crate) mod chromium;
pub(crate) mod page;
pub(crate) mod picture;
pub(crate) mod rendering;
pub(crate) mod server;
mod tls;

use std::{
    thread,
    time::{Duration, Instant},
};

/// The host that the pages themselves are served from. Browsers trust names
/// below `localhost` like HTTPS (W3C Secure Contexts section 3.1) and still
/// let them load over plain HTTP, so nothing is held back as mixed content.
pub(crate) const PAGE_HOST: &str = "mail.localhost";

/// Waits until `ready` says yes; false when `limit` has passed before.
pub(crate) fn wait_until(limit: Duration, mut ready: impl FnMut() -> bool) -> bool {
    let end = Instant::now() + limit;
    while !ready() {
        if Instant::now() >= end {
            return false;
        }
        thread::sleep(Duration::from_millis(5));
    }
    true
}
