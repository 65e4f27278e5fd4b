//! What came out, in figures, and each difference with its pictures.

use super::browser::rendering::{Comparison, Difference, Verdict};
use std::{
    fmt, fs,
    path::{Path, PathBuf},
};

pub(crate) struct Report {
    output: PathBuf,
    /// How many messages were cleaned.
    pub(crate) messages: usize,
    /// How many of them have HTML that cleaning changed.
    pub(crate) changed_messages: usize,
    /// Messages that mail-parser does not take apart the same way twice.
    pub(crate) too_odd: Vec<String>,
    parts: usize,
    equal: usize,
    cut: usize,
    removed: usize,
    /// One text for each; they are numbered by their place.
    different: Vec<String>,
    unsteady: Vec<String>,
    not_shown: Vec<String>,
    visible: Vec<String>,
    unsized_images: Vec<String>,
}

impl Report {
    /// Puts its pictures into `output`.
    pub(crate) fn new(output: &Path) -> Self {
        fs::create_dir_all(output).expect("a directory for the pictures");
        Self {
            output: output.to_owned(),
            messages: 0,
            changed_messages: 0,
            too_odd: Vec::new(),
            parts: 0,
            equal: 0,
            cut: 0,
            removed: 0,
            different: Vec::new(),
            unsteady: Vec::new(),
            not_shown: Vec::new(),
            visible: Vec::new(),
            unsized_images: Vec::new(),
        }
    }

    /// Whether all that was shown is equal.
    pub(crate) fn is_clean(&self) -> bool {
        self.different.is_empty() && self.unsteady.is_empty() && self.not_shown.is_empty()
    }

    pub(crate) fn add(
        &mut self,
        name: &str,
        original: &str,
        cleaned: &str,
        comparison: Result<Comparison, String>,
    ) {
        self.parts += 1;
        if self.parts.is_multiple_of(25) {
            eprintln!("{} parts, {} different", self.parts, self.different.len());
        }
        let comparison = match comparison {
            Ok(comparison) => comparison,
            Err(why) => return self.not_shown.push(format!("{name}: {why}")),
        };
        self.cut += usize::from(comparison.is_cut);
        self.removed += comparison.removed.len();
        for image in &comparison.visible {
            self.visible.push(format!(
                "{name}: {}x{} {}",
                image.width, image.height, image.url
            ));
        }
        for image in &comparison.unsized_images {
            self.unsized_images.push(format!("{name}: {}", image.url));
        }
        let pages = [("original", original), ("cleaned", cleaned)];
        match comparison.verdict {
            Verdict::Different(difference) => {
                let label = format!("different-{:03}", self.different.len() + 1);
                let mut text = format!("{name}: {}", self.keep(&label, pages, &difference));
                for url in &comparison.removed {
                    text += &format!("\n         removed {url}");
                }
                self.different.push(text);
            }
            Verdict::Equal => self.equal += 1,
            Verdict::Unsteady(difference) => {
                let label = format!("unsteady-{:03}", self.unsteady.len() + 1);
                let text = format!("{name}: {}", self.keep(&label, pages, &difference));
                self.unsteady.push(text);
            }
        }
    }

    /// Writes a difference into files, and says where it is.
    fn keep(&self, label: &str, pages: [(&str, &str); 2], difference: &Difference) -> String {
        let write = |name: String, content: &[u8]| {
            let path = self.output.join(format!("{label}-{name}"));
            fs::write(path, content).expect("a file for the difference");
        };
        for (name, html) in pages {
            write(format!("{name}.html"), html.as_bytes());
        }
        write("before.png".to_owned(), &difference.before);
        write("after.png".to_owned(), &difference.after);
        let (before, after) = difference.heights;
        let place = match difference.place {
            Some(place) => format!(
                "{} pixels in {}x{} at {},{}",
                place.pixels, place.width, place.height, place.left, place.top
            ),
            None => "no pixel".to_owned(),
        };
        format!("{place}; {before} pixels high, then {after}")
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} messages cleaned, {} of them with changed HTML: {} parts\n\
             {:>5} equal pixel for pixel\n\
             {:>5} different\n\
             {:>5} unsteady: the original differs from itself\n\
             {:>5} not shown\n\
             {:>5} messages too odd to be taken apart\n\
             {:>5} parts higher than what was looked at\n\
             {:>5} URLs no longer requested, {} of them images that fill a visible box\n\
             {:>5} of them images of no stated size",
            self.messages,
            self.changed_messages,
            self.parts,
            self.equal,
            self.different.len(),
            self.unsteady.len(),
            self.not_shown.len(),
            self.too_odd.len(),
            self.cut,
            self.removed,
            self.visible.len(),
            self.unsized_images.len(),
        )?;
        for (heading, list) in [
            ("different", &self.different),
            ("unsteady", &self.unsteady),
            ("not shown", &self.not_shown),
            ("too odd", &self.too_odd),
            ("removed images that fill a visible box", &self.visible),
            ("removed images of no stated size", &self.unsized_images),
        ] {
            for (number, text) in (1..).zip(list) {
                if number == 1 {
                    writeln!(f, "\n{heading}")?;
                }
                writeln!(f, "    {number:03}  {text}")?;
            }
        }
        if !self.different.is_empty() || !self.unsteady.is_empty() {
            writeln!(f, "\npictures: {}", self.output.display())?;
        }
        Ok(())
    }
}
