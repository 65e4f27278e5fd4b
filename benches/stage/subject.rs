//! A message with what each step is given.

use crate::mail;
use std::sync::Arc;
use untrackd::{
    clean::Cleaner,
    html::{self, Scan},
    judge::{Action, Recipients},
    message::{
        Transfer,
        charset::{self, Text},
        field::read_header_block,
        splitter::Splitter,
        transfer::{self, Decoded},
    },
};

/// A field of a header block: name and value.
pub(crate) type Field = (Vec<u8>, Vec<u8>);

/// A message with what each step is given.
///
/// The bytes live as long as the benchmark, so that its steps can hold each
/// other's results.
pub(crate) struct Subject {
    /// The body.
    pub(crate) body: &'static [u8],
    /// The header fields.
    pub(crate) header: Vec<Field>,
    /// Those of them that the splitter needs.
    pub(crate) fields: Vec<Field>,
    /// The List-Unsubscribe fields.
    pub(crate) list_unsubscribe: Vec<String>,
    /// Its HTML.
    pub(crate) pages: Vec<Page>,
}

/// A part of HTML.
pub(crate) struct Page {
    /// As it is in the message.
    pub(crate) raw: &'static [u8],
    /// Its transfer encoding.
    pub(crate) transfer: Transfer,
    /// Its charset.
    pub(crate) charset: Option<String>,
    /// Without the transfer encoding.
    pub(crate) decoded: &'static Decoded<'static>,
    /// In a charset that can be scanned.
    pub(crate) text: Text<'static>,
    /// What was seen in it.
    pub(crate) scan: Scan,
    /// What is done to which sighting.
    pub(crate) decided: Vec<(usize, Action)>,
}

impl Subject {
    /// Reads a message.
    pub(crate) fn new(cleaner: &Arc<Cleaner>, mail: Vec<u8>) -> Self {
        let mail: &'static [u8] = mail.leak();
        let block = read_header_block(mail, 0, cleaner.limits());
        let header: Vec<Field> = block
            .fields
            .iter()
            .map(|f| (f.name.to_vec(), f.value.to_vec()))
            .collect();
        let is_of_content = |name: &[u8]| {
            let name = name.to_ascii_lowercase();
            name.starts_with(b"content-") || name == b"mime-version"
        };
        let mut subject = Self {
            body: &mail[block.end..],
            fields: header
                .iter()
                .filter(|(name, _)| is_of_content(name))
                .cloned()
                .collect(),
            list_unsubscribe: header
                .iter()
                .filter(|(name, _)| name.eq_ignore_ascii_case(b"List-Unsubscribe"))
                .map(|(_, value)| String::from_utf8_lossy(value).into_owned())
                .collect(),
            header,
            pages: Vec::new(),
        };
        subject.read_pages(cleaner);
        subject.decide(cleaner);
        subject
    }

    /// The bytes of its HTML, without transfer encoding.
    pub(crate) fn html_bytes(&self) -> usize {
        self.pages.iter().map(|p| p.text.bytes().len()).sum()
    }

    fn read_pages(&mut self, cleaner: &Arc<Cleaner>) {
        let limits = cleaner.limits();
        let mut splitter = Splitter::new(limits, &self.fields);
        let mut parts = Vec::new();
        splitter.advance(self.body, &mut parts);
        splitter.finish(self.body, &mut parts);
        for part in parts {
            if part.media_type != "text/html" || part.skip.is_some() {
                continue;
            }
            let raw = &self.body[part.body];
            let Ok(decoded) = transfer::decode(raw, &part.transfer, limits.decoded_bytes) else {
                continue;
            };
            let decoded: &'static Decoded<'static> = Box::leak(Box::new(decoded));
            let Ok(text) = charset::open(decoded.bytes(), part.charset.as_deref()) else {
                continue;
            };
            let Ok(scan) = html::scan(text.bytes(), text.encoding(), limits) else {
                continue;
            };
            self.pages.push(Page {
                raw,
                transfer: part.transfer,
                charset: part.charset,
                decoded,
                text,
                scan,
                decided: Vec::new(),
            });
        }
    }

    /// Notes what is done to which sighting.
    fn decide(&mut self, cleaner: &Arc<Cleaner>) {
        let (judge, limits) = (cleaner.judge(), cleaner.limits());
        let addresses = [mail::RECIPIENT.to_owned()];
        let recipients = Recipients::new(&addresses);
        let mut places = Vec::new();
        let mut seen = Vec::new();
        for (number, page) in self.pages.iter().enumerate() {
            for (at, sighting) in page.scan.sightings.iter().enumerate() {
                if let Some(s) = judge.look(sighting, &recipients) {
                    seen.push(s);
                    places.push((number, at));
                }
            }
        }
        let context = judge.context(&seen, &self.list_unsubscribe);
        let decided: Vec<_> = seen
            .iter()
            .zip(places)
            .map(|(s, place)| (place, judge.verdict(&context, s, limits).action))
            .collect();
        drop(context);
        drop(seen);
        for ((page, at), action) in decided {
            if action.changes() {
                self.pages[page].decided.push((at, action));
            }
        }
    }
}
