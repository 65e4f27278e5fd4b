//! A tab.

use super::cdp::{Connection, Event};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

/// How long a page may take to load; it is far faster, but the machine may be
/// busy.
const PATIENCE: Duration = Duration::from_secs(60);

/// A tab; it closes when it goes out of scope.
pub(crate) struct Page<'c> {
    connection: &'c mut Connection,
    session: String,
    target: String,
    /// Requests under way, by the browser's ids.
    loading: HashMap<String, Load>,
    /// The document that is shown, by its loader.
    shown: String,
    /// The one that was asked for.
    wanted: String,
    /// Whether that one has loaded.
    has_loaded: bool,
    refreshes: Vec<String>,
}

/// A request under way.
#[derive(Debug)]
struct Load {
    url: String,
    frame: String,
    /// Which of the documents that the frame has shown asks for it.
    loader: String,
}

/// The size of what a page is shown in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Viewport {
    /// In CSS pixels.
    pub(crate) width: u32,
    /// In CSS pixels.
    pub(crate) height: u32,
    /// Device pixels for each CSS pixel.
    pub(crate) density: u32,
}

/// What a page is shown on.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Medium {
    DarkScreen,
    Paper,
    Screen,
}

/// An image on the page.
#[derive(Clone, Debug)]
pub(crate) struct Image {
    /// Which of its URLs is shown, resolved.
    pub(crate) url: String,
    /// In CSS pixels, like the height.
    pub(crate) width: f64,
    pub(crate) height: f64,
    /// Whether its own attributes say how large it is.
    pub(crate) is_sized: bool,
}

impl<'c> Page<'c> {
    pub(super) fn open(connection: &'c mut Connection) -> Self {
        let target = connection
            .call(
                None,
                "Target.createTarget",
                &json!({ "url": "about:blank" }),
            )
            .expect("a tab");
        let target = target["targetId"].as_str().expect("an id").to_owned();
        let session = connection
            .call(
                None,
                "Target.attachToTarget",
                &json!({ "targetId": target, "flatten": true }),
            )
            .expect("a session");
        let session = session["sessionId"].as_str().expect("an id").to_owned();
        let mut page = Self {
            connection,
            session,
            target,
            loading: HashMap::new(),
            shown: String::new(),
            wanted: String::new(),
            has_loaded: false,
            refreshes: Vec::new(),
        };
        for domain in ["Page", "Network", "DOM", "CSS"] {
            page.call(&format!("{domain}.enable"), &json!({}));
        }
        page.call(
            "Network.setCacheDisabled",
            &json!({ "cacheDisabled": true }),
        );
        page
    }

    /// Goes to `url` and waits until it and all that it loads at first is
    /// there.
    ///
    /// # Errors
    ///
    /// What the browser has against it, or that it takes longer than a minute.
    pub(crate) fn visit(&mut self, url: &str) -> Result<(), String> {
        self.take_events();
        self.has_loaded = false;
        self.loading.clear();
        self.refreshes.clear();
        let answer = self.call("Page.navigate", &json!({ "url": url }));
        if let Some(error) = answer["errorText"].as_str() {
            return Err(format!("{url}: {error}"));
        }
        answer["loaderId"]
            .as_str()
            .expect("a new document")
            .clone_into(&mut self.wanted);
        self.wait_for("the page to load", |page| page.has_loaded)?;
        self.wait_until_idle()
    }

    /// Waits until the page waits for nothing.
    ///
    /// # Errors
    ///
    /// That it takes longer than a minute.
    pub(crate) fn wait_until_idle(&mut self) -> Result<(), String> {
        self.wait_for("the last request to end", |page| page.loading.is_empty())
    }

    /// Where the page would have gone by itself, at once or later (`<meta
    /// http-equiv=refresh>`), in it or in its frames.
    pub(crate) fn refreshes(&mut self) -> &[String] {
        self.take_events();
        &self.refreshes
    }

    pub(crate) fn resize(&mut self, viewport: Viewport) {
        self.call(
            "Emulation.setDeviceMetricsOverride",
            &json!({
                "width": viewport.width,
                "height": viewport.height,
                "deviceScaleFactor": viewport.density,
                "mobile": false,
            }),
        );
    }

    /// Shows the page on something else.
    pub(crate) fn show_on(&mut self, medium: Medium) {
        let (media, scheme) = match medium {
            Medium::DarkScreen => ("screen", "dark"),
            Medium::Paper => ("print", "light"),
            Medium::Screen => ("screen", "light"),
        };
        self.call(
            "Emulation.setEmulatedMedia",
            &json!({
                "media": media,
                "features": [{ "name": "prefers-color-scheme", "value": scheme }],
            }),
        );
    }

    /// Prints the page.
    pub(crate) fn print(&mut self) {
        self.call("Page.printToPDF", &json!({}));
    }

    /// Makes every element, also in frames, look as if it were pointed at,
    /// pressed and written into.
    pub(crate) fn touch_everything(&mut self) {
        let tree = self.call("DOM.getDocument", &json!({ "depth": -1, "pierce": true }));
        let mut nodes = vec![&tree["root"]];
        while let Some(node) = nodes.pop() {
            let lists = ["children", "shadowRoots"].map(|list| node[list].as_array());
            nodes.extend(lists.into_iter().flatten().flatten());
            nodes.extend(node.get("contentDocument"));
            const ELEMENT: u64 = 1;
            if node["nodeType"] != ELEMENT || node.get("pseudoType").is_some() {
                continue;
            }
            // Elements that the browser adds refuse, and nobody minds.
            let _ = self.connection.call(
                Some(&self.session),
                "CSS.forcePseudoState",
                &json!({
                    "nodeId": node["nodeId"],
                    "forcedPseudoClasses":
                        ["active", "focus", "focus-visible", "focus-within", "hover"],
                }),
            );
        }
    }

    /// Stops what moves, so that two pictures of the same are equal.
    pub(crate) fn freeze(&mut self) {
        self.call("Animation.enable", &json!({}));
        self.call("Animation.setPlaybackRate", &json!({ "playbackRate": 0 }));
    }

    /// How high the page is, in whole CSS pixels.
    pub(crate) fn height(&mut self) -> u32 {
        let metrics = self.call("Page.getLayoutMetrics", &json!({}));
        let height = metrics["cssContentSize"]["height"].as_u64();
        u32::try_from(height.expect("whole pixels")).expect("a height")
    }

    /// A PNG of the page's upper left corner, also of what lies below the
    /// viewport.
    pub(crate) fn screenshot(&mut self, width: u32, height: u32) -> Vec<u8> {
        let picture = self.call(
            "Page.captureScreenshot",
            &json!({
                "format": "png",
                "captureBeyondViewport": true,
                "optimizeForSpeed": true,
                "clip": { "x": 0, "y": 0, "width": width, "height": height, "scale": 1 },
            }),
        );
        let picture = picture["data"].as_str().expect("a picture");
        STANDARD.decode(picture).expect("base64")
    }

    /// The images that the page shows, in its frames too.
    pub(crate) fn images(&mut self) -> Vec<Image> {
        let snapshot = self.call(
            "DOMSnapshot.captureSnapshot",
            &json!({ "computedStyles": [] }),
        );
        let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
        let string = |index: &Value| {
            let index = usize::try_from(index.as_i64()?).ok()?;
            snapshot["strings"][index].as_str()
        };
        let mut images = Vec::new();
        for document in list(&snapshot["documents"]) {
            let sources = &document["nodes"]["currentSourceURL"];
            let sources: HashMap<u64, String> = list(&sources["index"])
                .iter()
                .zip(list(&sources["value"]))
                .filter_map(|(node, url)| Some((node.as_u64()?, string(&url)?.to_owned())))
                .collect();
            let layout = &document["layout"];
            for (node, bounds) in list(&layout["nodeIndex"])
                .iter()
                .zip(list(&layout["bounds"]))
            {
                let Some(node) = node.as_u64() else { continue };
                let Some(url) = sources.get(&node) else {
                    continue;
                };
                let node = usize::try_from(node).expect("an index");
                // Names and values by turns.
                let attributes = list(&document["nodes"]["attributes"][node]);
                let says_size = |pair: &[Value]| match string(&pair[0]) {
                    Some("width" | "height") => true,
                    Some("style") => {
                        let style = string(&pair[1]).unwrap_or_default();
                        style.contains("width") || style.contains("height")
                    }
                    _ => false,
                };
                let side = |at: usize| bounds[at].as_f64().unwrap_or(0.0);
                images.push(Image {
                    url: url.clone(),
                    width: side(2),
                    height: side(3),
                    is_sized: attributes.chunks_exact(2).any(says_size),
                });
            }
        }
        images
    }

    fn call(&mut self, method: &str, params: &Value) -> Value {
        self.connection
            .call(Some(&self.session), method, params)
            .unwrap_or_else(|error| panic!("{error}"))
    }

    fn wait_for(
        &mut self,
        what: &str,
        mut reached: impl FnMut(&Self) -> bool,
    ) -> Result<(), String> {
        let end = Instant::now() + PATIENCE;
        self.take_events();
        while !reached(self) {
            let Some(event) = self.connection.event(end) else {
                return Err(format!(
                    "waited in vain for {what}; under way: {:?}",
                    self.loading.values()
                ));
            };
            self.take(&event);
        }
        Ok(())
    }

    fn take_events(&mut self) {
        while let Some(event) = self.connection.event_at_hand() {
            self.take(&event);
        }
    }

    fn take(&mut self, event: &Event) {
        if event.session != self.session {
            return;
        }
        let params = &event.params;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let id = || text(&params["requestId"]);
        match event.method.as_str() {
            // A frame's page may end in a process with a session of its own;
            // the load event waits for it.
            "Network.requestWillBeSent" if params["type"] != "Document" => {
                let load = Load {
                    url: text(&params["request"]["url"]),
                    frame: text(&params["frameId"]),
                    loader: text(&params["loaderId"]),
                };
                self.loading.insert(id(), load);
            }
            "Network.loadingFailed" | "Network.loadingFinished" => {
                self.loading.remove(&id());
            }
            // Of what a document that is left was still loading, no end is told.
            "Page.frameDetached" => {
                self.loading
                    .retain(|_, load| params["frameId"] != *load.frame);
            }
            "Page.frameNavigated" => {
                let frame = &params["frame"];
                let is_whole_page = frame.get("parentId").is_none();
                if is_whole_page {
                    self.shown = text(&frame["loaderId"]);
                }
                self.loading.retain(|_, load| {
                    frame["loaderId"] == *load.loader
                        || !is_whole_page && frame["id"] != *load.frame
                });
            }
            "Page.frameScheduledNavigation" if params["reason"] == "metaTagRefresh" => {
                self.refreshes
                    .extend(params["url"].as_str().map(str::to_owned));
            }
            // The page before may tell of its own late.
            "Page.loadEventFired" => self.has_loaded |= self.shown == self.wanted,
            _ => {}
        }
    }
}

impl Drop for Page<'_> {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let _ = self.connection.call(
                None,
                "Target.closeTarget",
                &json!({ "targetId": self.target }),
            );
        }
    }
}
