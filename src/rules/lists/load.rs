//! Reads the lists of a configuration.

use super::{
    Body, List, ListError, ListFormat, ListInfo, ListSource, Lists, References, adblock, clearurls,
    debounce,
    error::Unusable,
    header::{Header, licence_beside, slug},
    mailtrackerblocker, query_filter,
    tally::Tally,
};
use ahash::AHashSet;
use sha2::{Digest, Sha256};
use std::{fs::File, io::Read, path::Path};

/// Largest list, in bytes; the largest public ones have 10 MB.
const LIST_BYTES: u64 = 64 << 20;

impl Lists {
    /// Reads and compiles all lists.
    ///
    /// # Errors
    ///
    /// The first list that cannot be read, is larger than 64 MiB, is not
    /// UTF-8 text, is not in its format, or of which nothing can be used.
    /// Single entries that are not understood are no error; they are counted
    /// in [`ListInfo`].
    pub fn load(sources: &[ListSource]) -> Result<Self, ListError> {
        let mut lists = Self::default();
        let mut taken = AHashSet::new();
        for source in sources {
            let (list, info) = read(source, &mut taken)?;
            lists.lists.push(list);
            lists.infos.push(info);
        }
        Ok(lists)
    }
}

fn read(source: &ListSource, taken: &mut AHashSet<String>) -> Result<(List, ListInfo), ListError> {
    let error = |unusable: Unusable| ListError {
        path: source.path.clone(),
        place: unusable.place,
        problem: unusable.problem,
    };
    let bytes = contents(&source.path).map_err(|problem| error(Unusable::new(problem)))?;
    let sha256 = data_encoding::HEXLOWER.encode(&Sha256::digest(&bytes));
    let text = String::from_utf8(bytes).map_err(|e| error(not_text(&e)))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let mut tally = Tally::default();
    let (mut body, header) = parse(source.format, text, &mut tally).map_err(error)?;
    let version = header
        .version
        .unwrap_or_else(|| sha256.chars().take(12).collect());
    let licence = header.licence.or_else(|| licence_beside(&source.path));
    let info = ListInfo {
        name: header.title.unwrap_or_else(|| name(source)),
        format: source.format,
        path: source.path.clone(),
        needs: source.needs,
        used: tally.used,
        unused: tally.unused,
        not_understood: tally.not_understood,
        misread: tally.misread,
        version,
        sha256,
        licence: licence.unwrap_or_else(|| "unknown".to_owned()),
    };
    let references = References::new(&identifier(&info, taken), &info);
    if let Body::MailTrackerBlocker(patterns) = &mut body {
        patterns.refer(&references.pixel, &info);
    }
    let list = List {
        needs: source.needs,
        body,
        references,
    };
    Ok((list, info))
}

fn contents(path: &Path) -> Result<Vec<u8>, String> {
    let remedy = "make it readable for the service, or take it out of the configuration";
    let unreadable = |e| format!("cannot read this list: {e}; {remedy}");
    let file = File::open(path).map_err(unreadable)?;
    let mut bytes = Vec::new();
    let mut bounded = file.take(LIST_BYTES + 1);
    bounded.read_to_end(&mut bytes).map_err(unreadable)?;
    if u64::try_from(bytes.len()).is_ok_and(|n| n <= LIST_BYTES) {
        Ok(bytes)
    } else {
        Err(format!("larger than {LIST_BYTES} bytes, which no list is"))
    }
}

fn not_text(e: &std::string::FromUtf8Error) -> Unusable {
    let valid = e.as_bytes().get(..e.utf8_error().valid_up_to());
    let line = valid.unwrap_or_default().iter().filter(|b| **b == b'\n');
    Unusable {
        place: Some((line.count() + 1, 1)),
        problem: "no UTF-8 text; download the list again".to_owned(),
    }
}

fn parse(format: ListFormat, text: &str, tally: &mut Tally) -> Result<(Body, Header), Unusable> {
    let body = match format {
        ListFormat::Adblock => Body::Adblock(adblock::Filters::parse(text, tally)?),
        ListFormat::Clearurls => Body::ClearUrls(clearurls::Providers::parse(text, tally)?),
        ListFormat::Debounce => Body::Debounce(debounce::Redirects::parse(text, tally)?),
        ListFormat::Mailtrackerblocker => {
            Body::MailTrackerBlocker(mailtrackerblocker::Patterns::parse(text, tally)?)
        }
        ListFormat::CleanUrls | ListFormat::QueryFilter => {
            Body::QueryFilter(query_filter::Filters::parse(text, tally)?)
        }
    };
    let header = match format {
        ListFormat::Adblock | ListFormat::Mailtrackerblocker => Header::of_lines(text),
        _ => Header::of_json(&serde_json::from_str(text)?),
    };
    Ok((body, header))
}

/// `debounce`, `clearurls data.min`.
fn name(source: &ListSource) -> String {
    let stem = source.path.file_stem().map(|stem| stem.to_string_lossy());
    let format = source.format.name();
    match stem {
        Some(stem) if stem != format => format!("{format} {stem}"),
        _ => format.to_owned(),
    }
}

/// `list-easyprivacy-202608130529`; a number behind it tells lists of the
/// same name and version apart.
fn identifier(info: &ListInfo, taken: &mut AHashSet<String>) -> String {
    let base = format!("list-{}", slug(&info.shown()));
    let mut id = base.clone();
    let mut number = 2;
    while !taken.insert(id.clone()) {
        id = format!("{base}-{number}");
        number += 1;
    }
    id
}
