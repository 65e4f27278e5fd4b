//! Shows a page to Chromium under all circumstances in which clients load
//! more, and tells what was requested.

use super::browser::{
    PAGE_HOST,
    chromium::Chromium,
    page::{Medium, Page, Viewport},
    picture,
    server::{Answer, Contact, Destination, Request, Server},
    wait_until,
};
use std::time::Duration;

/// What is put at the page's end: loads of our own, of every kind that comes
/// late. A browser issues the loads of one kind in the order of the document,
/// so when those at the end arrive, all others of their kind have been issued.
/// OPENING stands for which opening of the page it is.
const SENTINELS: &str = r#"
<style>
@font-face { font-family: sentinel; src: url(http://mail.localhost/OPENING/font) }
#sentinel { font-family: sentinel; background: url(http://mail.localhost/OPENING/style) }
@media print { #sentinel { background: url(http://mail.localhost/OPENING/print) } }
@media (prefers-color-scheme: dark) { #sentinel { background: url(http://mail.localhost/OPENING/dark) } }
#sentinel:hover { background: url(http://mail.localhost/OPENING/touched) }
@page { @bottom-right { content: url(http://mail.localhost/OPENING/paper) } }
</style>
<link rel="stylesheet" href="http://mail.localhost/OPENING/import/4">
<link rel="prefetch" href="http://mail.localhost/OPENING/prefetch">
<p id="sentinel">sentinel</p>
<img src="http://mail.localhost/OPENING/image">
<iframe src="http://mail.localhost/OPENING/frame"></iframe>
<img loading="lazy" style="position: fixed; top: 0; left: 0" src="http://mail.localhost/OPENING/lazy">
"#;

/// The sentinels that arrive when the page is simply opened.
const AT_FIRST: &[&str] = &[
    "font", "frame", "image", "import/0", "lazy", "prefetch", "style",
];

const DESKTOP: Viewport = Viewport {
    width: 1000,
    // High enough that nothing waits to be scrolled to.
    height: 20_000,
    density: 1,
};
const TELEPHONE: Viewport = Viewport {
    width: 320,
    height: 20_000,
    density: 3,
};

/// What one visit to a page made the browser tell the world.
pub(crate) struct Visit {
    pub(crate) contacts: Vec<Contact>,
    /// Where the page would have gone by itself later.
    pub(crate) refreshes: Vec<String>,
}

/// The server that Chromium is let loose on.
pub(crate) struct Rig {
    server: Server,
}

impl Rig {
    pub(crate) fn start() -> Self {
        Self {
            server: Server::start(),
        }
    }

    /// Shows the page on a screen, in the dark, on paper and with everything
    /// pointed at, and opens it on a telephone.
    ///
    /// The browser is a new one each time: it does not request an icon that it
    /// knows, nor connect where a connection is open, and in private windows
    /// it makes no connection beforehand at all.
    pub(crate) fn visit(&self, html: &str) -> Visit {
        let mut chromium = Chromium::start(&self.server);
        let page = html.to_owned();
        self.server
            .answer_with(move |request| match request.path.strip_suffix("/page") {
                Some(opening) if request.host == PAGE_HOST => {
                    let opening = opening.trim_start_matches('/');
                    let sentinels = SENTINELS.replace("OPENING", opening);
                    Answer::page(format!("{page}{sentinels}"))
                }
                _ => plausible(request),
            });
        self.server.take_contacts();
        let mut tab = chromium.open();
        tab.resize(DESKTOP);
        tab.show_on(Medium::Screen);
        self.open(&mut tab, "desktop");
        self.step(&mut tab, "dark", |tab| tab.show_on(Medium::DarkScreen));
        self.step(&mut tab, "print", |tab| tab.show_on(Medium::Paper));
        tab.show_on(Medium::Screen);
        self.step(&mut tab, "touched", Page::touch_everything);
        self.step(&mut tab, "paper", Page::print);
        let mut refreshes = tab.refreshes().to_vec();
        tab.resize(TELEPHONE);
        self.open(&mut tab, "telephone");
        refreshes.extend_from_slice(tab.refreshes());
        drop(tab);
        // What nothing at the page's end can tell of, such as its icon, has
        // long come by now. Whatever is under way may arrive.
        self.server.wait_for_silence(Duration::from_millis(500));
        Visit {
            contacts: self.server.take_contacts(),
            refreshes,
        }
    }

    /// Opens the page and waits until all that it loads at first has arrived.
    fn open(&self, tab: &mut Page<'_>, opening: &str) {
        tab.visit(&format!("http://{PAGE_HOST}/{opening}/page"))
            .expect("the page loads");
        for sentinel in AT_FIRST {
            self.wait_for(opening, sentinel);
        }
        tab.wait_until_idle().expect("it comes to rest");
    }

    /// Does something with the page and waits until all that it loads then
    /// has arrived.
    fn step<'c>(&self, tab: &mut Page<'c>, sentinel: &str, action: impl FnOnce(&mut Page<'c>)) {
        action(tab);
        self.wait_for("desktop", sentinel);
        tab.wait_until_idle().expect("it comes to rest");
    }

    fn wait_for(&self, opening: &str, sentinel: &str) {
        let path = format!("/{opening}/{sentinel}");
        let arrived = wait_until(Duration::from_secs(60), || {
            self.server.was_asked(PAGE_HOST, &path)
        });
        assert!(arrived, "{path} was not requested");
    }
}

/// Something that fits the request, and that loads nothing itself.
fn plausible(request: &Request) -> Answer {
    // The style sheet at the page's end imports others, one another. That goes
    // deeper than any that begins before it, so that those are through when it
    // is.
    if let Some((_, depth)) = request.path.split_once("/import/")
        && request.host == PAGE_HOST
    {
        return match depth.parse() {
            Ok(depth @ 1u32..=9) => Answer::new("text/css", format!("@import \"{}\";", depth - 1)),
            _ => Answer::new("text/css", ""),
        };
    }
    match request.destination {
        // The page stays, so that its other loads can be seen.
        Destination::Document => Answer::nothing(),
        Destination::Font => Answer::new("font/woff2", ""),
        Destination::Frame => Answer::page("<!doctype html><title>frame</title>"),
        Destination::Image => Answer::new("image/gif", picture::BLANK),
        Destination::Manifest => Answer::new("application/manifest+json", "{}"),
        Destination::Other => Answer::new("text/plain", ""),
        Destination::Style => Answer::new("text/css", ""),
    }
}
