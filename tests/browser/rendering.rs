//! Shows a page before and after cleaning and compares pixel by pixel.
//!
//! Every remote picture is answered by one with a pattern, made up from its
//! URL. What the cleaned page no longer requests was taken out: for the
//! original it is answered as trackers answer, with a transparent pixel. So
//! two renderings differ if anything else has changed: an edit that breaks
//! the layout, or a picture with stated dimensions that is gone from its
//! place. What the transparent pixel could hide is told: images that were
//! taken out and fill a visible box, and those that state no size, which were
//! as large as whatever they showed.

use super::{
    PAGE_HOST,
    chromium::Chromium,
    page::{Image, Medium, Page, Viewport},
    picture::{self, DifferenceBox},
    server::{Answer, Contact, Destination, Request, Server},
};
use std::{collections::BTreeSet, sync::Arc};

const WIDTH: u32 = 800;
const VIEWPORT: Viewport = Viewport {
    width: WIDTH,
    height: 1000,
    density: 1,
};
/// What of a page is looked at, in pixels from its top.
pub(crate) const GREATEST_HEIGHT: u32 = 6000;
/// How often a page is shown before a difference is believed.
const ATTEMPTS: usize = 3;
/// The longest side of a box, in pixels, in which nobody sees anything.
const INVISIBLE: f64 = 3.0;

/// A browser that compares.
pub(crate) struct Renderer<'a> {
    server: &'a Server,
    tab: Page<'a>,
}

/// What came out of comparing a page with itself after cleaning.
pub(crate) struct Comparison {
    pub(crate) verdict: Verdict,
    /// The URLs that the original requests and the cleaned page does not.
    pub(crate) removed: BTreeSet<String>,
    /// Images among them that fill a visible box.
    pub(crate) visible: Vec<Image>,
    /// Images among them that do not say how large they are.
    pub(crate) unsized_images: Vec<Image>,
    /// Whether the page goes on below what was looked at.
    pub(crate) is_cut: bool,
}

pub(crate) enum Verdict {
    Different(Box<Difference>),
    Equal,
    /// The original does not even look like itself when it is shown again; the
    /// difference is between those two.
    Unsteady(Box<Difference>),
}

pub(crate) struct Difference {
    /// `None` if all pixels are equal and only the heights differ.
    pub(crate) place: Option<DifferenceBox>,
    /// Before and after, in pixels.
    pub(crate) heights: (u32, u32),
    /// PNG files.
    pub(crate) before: Vec<u8>,
    pub(crate) after: Vec<u8>,
}

/// A page as it was shown.
struct Shown {
    requested: BTreeSet<String>,
    height: u32,
    picture: Vec<u8>,
    images: Vec<Image>,
}

impl<'a> Renderer<'a> {
    pub(crate) fn new(server: &'a Server, chromium: &'a mut Chromium) -> Self {
        let mut tab = chromium.open();
        tab.resize(VIEWPORT);
        tab.show_on(Medium::Screen);
        tab.freeze();
        Self { server, tab }
    }

    /// Compares two pages.
    ///
    /// # Errors
    ///
    /// Why a page cannot be shown.
    pub(crate) fn compare(&mut self, original: &str, cleaned: &str) -> Result<Comparison, String> {
        let cleaned_once = self.show(cleaned, None)?;
        let kept = Arc::new(cleaned_once.requested.clone());
        let original_once = self.show(original, Some(&kept))?;
        let removed: BTreeSet<String> =
            original_once.requested.difference(&kept).cloned().collect();
        let images = original_once.images.iter().cloned();
        let images = images.filter(|image| removed.contains(&image.url));
        let (visible, others): (Vec<_>, Vec<_>) =
            images.partition(|image| image.width.max(image.height) > INVISIBLE);
        let mut comparison = Comparison {
            verdict: Verdict::Equal,
            visible,
            unsized_images: others.into_iter().filter(|image| !image.is_sized).collect(),
            removed,
            is_cut: original_once.height.max(cleaned_once.height) > GREATEST_HEIGHT,
        };
        let mut originals = vec![original_once];
        let mut cleaneds = vec![cleaned_once];
        for attempt in 0.. {
            let pairs = originals
                .iter()
                .flat_map(|o| cleaneds.iter().map(move |c| (o, c)));
            let mut differences = pairs.map(|(o, c)| difference(o, c));
            let Some(first) = differences.next() else {
                break;
            };
            let Some(first) = first else {
                return Ok(comparison);
            };
            if differences.any(|difference| difference.is_none()) {
                return Ok(comparison);
            }
            if attempt + 1 < ATTEMPTS {
                cleaneds.push(self.show(cleaned, None)?);
                originals.push(self.show(original, Some(&kept))?);
                continue;
            }
            let mut others = originals.iter().skip(1);
            comparison.verdict = match others.find_map(|other| difference(&originals[0], other)) {
                Some(with_itself) => Verdict::Unsteady(Box::new(with_itself)),
                None => Verdict::Different(Box::new(first)),
            };
            break;
        }
        Ok(comparison)
    }

    /// Shows a page. With `kept`, every other URL is answered as a tracker.
    fn show(&mut self, html: &str, kept: Option<&Arc<BTreeSet<String>>>) -> Result<Shown, String> {
        let page = html.to_owned();
        let kept = kept.cloned();
        self.server.answer_with(move |request| {
            if request.host == PAGE_HOST && request.path == "/page" {
                return Answer::page(page.clone());
            }
            let is_removed = kept
                .as_ref()
                .is_some_and(|kept| !kept.contains(&request.url()));
            answer(request, is_removed)
        });
        self.server.take_contacts();
        self.tab.visit(&format!("http://{PAGE_HOST}/page"))?;
        let height = self.tab.height();
        let picture = self.tab.screenshot(WIDTH, height.min(GREATEST_HEIGHT));
        Ok(Shown {
            requested: self.requested(),
            height,
            picture,
            images: self.images(),
        })
    }

    /// All URLs but the page's own and those of the browser itself.
    fn requested(&self) -> BTreeSet<String> {
        let contacts = self.server.take_contacts().into_iter();
        contacts
            .filter_map(|contact| match contact {
                Contact::Request(request) => Some(request),
                Contact::Handshake { .. } => None,
            })
            .filter(|request| request.method == "GET" && request.destination != Destination::Other)
            .filter(|request| {
                let is_ours = ["/page", "/favicon.ico"].contains(&request.path.as_str());
                !(is_ours && request.host == PAGE_HOST)
            })
            .map(|request| request.url())
            .collect()
    }

    /// All images, with their URLs as requests have them.
    fn images(&mut self) -> Vec<Image> {
        let mut images = self.tab.images();
        for image in &mut images {
            let Ok(mut url) = url::Url::parse(&image.url) else {
                continue;
            };
            url.set_fragment(None);
            // Fails for URLs that have none.
            let _ = url.set_port(None);
            image.url = url.into();
        }
        images
    }
}

fn answer(request: &Request, is_removed: bool) -> Answer {
    match request.destination {
        Destination::Image if is_removed => Answer::new("image/gif", picture::BLANK),
        Destination::Image => Answer::new("image/svg+xml", picture::of_url(&request.url())),
        // The page stays where it is.
        Destination::Document => Answer::nothing(),
        Destination::Font => Answer::new("font/woff2", ""),
        Destination::Frame => Answer::page("<!doctype html><body bgcolor=silver>frame"),
        Destination::Style => Answer::new("text/css", ""),
        Destination::Manifest | Destination::Other => Answer::new("text/plain", ""),
    }
}

fn difference(before: &Shown, after: &Shown) -> Option<Difference> {
    let place = picture::difference(&before.picture, &after.picture);
    if before.height == after.height && place.is_none() {
        return None;
    }
    Some(Difference {
        place,
        heights: (before.height, after.height),
        before: before.picture.clone(),
        after: after.picture.clone(),
    })
}
