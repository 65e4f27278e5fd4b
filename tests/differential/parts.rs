//! The leaves of a message, as our splitter sees them and as Python's `email`
//! does.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value;
use sha2::{Digest, Sha256};
use untrackd::{
    limits::Limits,
    message::{
        Ambiguity, Part, PartPath, Transfer, field::read_header_block, splitter::Splitter, transfer,
    },
};

/// A leaf as one of the two readers sees it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Leaf {
    pub(crate) media_type: String,
    pub(crate) transfer: String,
    /// SHA-256 of the decoded body, with LF line ends and without those at
    /// its end, in each reading and with the name of what makes it differ from
    /// the first; none if it was not decoded.
    pub(crate) bodies: Vec<(String, String)>,
    /// There is nothing but white space in it.
    pub(crate) is_blank: bool,
    /// How the body begins, for the report.
    pub(crate) begins: Vec<u8>,
    /// What we said of it, or of what it stands in: that it can be read in
    /// two ways, or why it was not read.
    pub(crate) declared: Option<&'static str>,
}

/// The leaves that we see in a message.
pub(crate) fn ours(raw: &[u8]) -> Vec<Leaf> {
    let limits = Limits::default();
    let block = read_header_block(raw, 0, &limits);
    let top: Vec<_> = block
        .fields
        .iter()
        .map(|f| (f.name.to_vec(), f.value.to_vec()))
        .collect();
    let body = &raw[block.end..];
    let mut splitter = Splitter::new(&limits, &top);
    let mut parts = Vec::new();
    splitter.finish(body, &mut parts);
    let mut containers = splitter.ambiguities().to_vec();
    // A missing close delimiter concerns no part: all stand where they are.
    containers.retain(|(_, a)| *a != Ambiguity::Unterminated);
    if block.is_disputed() || block.ambiguous {
        containers.push((PartPath::default(), Ambiguity::HeaderSyntax));
    }
    let declared = |path: &PartPath| {
        let of = containers.iter().find(|(c, a)| concerns(c, *a, path));
        of.map(|(_, a)| a.name())
    };
    let mut leaves: Vec<_> = parts
        .iter()
        .map(|part| (part.path.clone(), leaf(part, body, declared(&part.path))))
        .collect();
    for (container, ambiguity) in &containers {
        // A container in which we see nothing has a place all the same, where
        // others may see something.
        if !leaves
            .iter()
            .any(|(path, _)| path.0.starts_with(&container.0))
        {
            let at = leaves.partition_point(|(path, _)| path < container);
            let nothing = Leaf {
                is_blank: true,
                declared: Some(ambiguity.name()),
                ..Leaf::default()
            };
            leaves.insert(at, (container.clone(), nothing));
        }
    }
    leaves.into_iter().map(|(_, leaf)| leaf).collect()
}

/// Whether what is noted about a container concerns the part at `path`: those
/// in it. Where a boundary is open twice, a close delimiter can be that of
/// either multipart, so it concerns what follows in the outer one as well.
fn concerns(container: &PartPath, ambiguity: Ambiguity, path: &PartPath) -> bool {
    let outer = match (ambiguity, container.0.as_slice()) {
        (Ambiguity::BoundaryReuse, [outer @ .., _]) => outer,
        (_, all) => all,
    };
    path.0.starts_with(outer) && path >= container
}

fn leaf(part: &Part, body: &[u8], container: Option<&'static str>) -> Leaf {
    let raw = &body[part.body.clone()];
    let decoded = transfer::decode(raw, &part.transfer, usize::MAX);
    let skip = part.skip.map(untrackd::skip::Skip::name);
    let damage = match &decoded {
        Ok(decoded) if decoded.is_damaged() => Some("transfer-damage"),
        Ok(_) if part.transfer == Transfer::Unknown => Some("transfer"),
        Ok(_) => None,
        Err(skip) => Some(skip.name()),
    };
    let declared = container
        .or_else(|| part.ambiguities.first().map(|a| a.name()))
        .or(skip.filter(|name| !["signed", "encrypted"].contains(name)))
        .or(damage);
    let bytes = comparable(decoded.as_ref().map_or(&[], |d| d.bytes()));
    let digest = Sha256::digest(&bytes);
    let digest = digest.iter().map(|b| format!("{b:02x}")).collect();
    // Python keeps no body of these.
    let is_decoded = decoded.is_ok() && !part.media_type.starts_with("message/");
    Leaf {
        media_type: part.media_type.clone(),
        transfer: format!("{:?}", part.transfer),
        bodies: Vec::from_iter(is_decoded.then(|| (String::new(), digest))),
        is_blank: bytes.trim_ascii().is_empty(),
        begins: bytes.into_iter().take(4000).collect(),
        declared,
    }
}

fn comparable(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    for byte in text {
        if *byte == b'\n' && bytes.last() == Some(&b'\r') {
            bytes.pop();
        }
        bytes.push(*byte);
    }
    while matches!(bytes.last(), Some(b'\r' | b'\n')) {
        bytes.pop();
    }
    bytes
}

/// The leaves in an answer of `email_parts.py`, or the exception.
pub(crate) fn theirs(answer: &Value) -> Result<Vec<Leaf>, String> {
    let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
    let pair = |v: &Value| (text(&v[0]), text(&v[1]));
    let list = answer.as_array().ok_or_else(|| text(answer))?.iter();
    let leaves = list.map(|leaf| Leaf {
        media_type: text(&leaf[0]),
        transfer: text(&leaf[1]),
        bodies: leaf[2].as_array().into_iter().flatten().map(pair).collect(),
        is_blank: leaf[3].as_bool().unwrap(),
        begins: STANDARD.decode(text(&leaf[4])).unwrap(),
        declared: None,
    });
    Ok(leaves.collect())
}
