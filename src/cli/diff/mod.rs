//! `untrackd diff`: what would change in a message.

mod parts;
mod unified;

use super::{
    Context, engine,
    exit::{Code, Failure},
};
use crate::clean::Envelope;
use clap::Args;
use std::{
    fs,
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

const EXAMPLES: &str = "\
Examples:
  untrackd diff mail.eml
  untrackd diff --raw mail.eml           the bytes as they are sent
  untrackd diff --color always mail.eml | less -R
  ssh gateway postcat -bhq 4ABC123 | untrackd diff -";

/// Shows what would change in a message
///
/// The text parts are decoded, so that the difference is readable; header
/// fields are shown as they are. Exits with 1 if anything would change, with 0
/// if not, like diff(1).
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct DiffArgs {
    /// A file with one message; - is standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Compare the messages as they are sent, without decoding anything
    #[arg(long)]
    raw: bool,
    /// A recipient, whose address is then recognised inside URLs (repeatable)
    #[arg(long, value_name = "ADDRESS")]
    to: Vec<String>,
}

pub(super) fn run(args: &DiffArgs, context: &Context) -> Result<Code, Failure> {
    let config = context.config()?;
    let cleaner = engine::build_cleaner(&config)?;
    let old = read(&args.file)?;
    let envelope = Envelope {
        recipients: args.to.clone(),
        allowlist: engine::announced_allowlist(&config),
        ..Envelope::default()
    };
    let cleaned = engine::clean(&cleaner, envelope, &old)
        .map_err(|e| Failure::new(Code::Data, e.to_string()))?;
    let Some(new) = cleaned.bytes else {
        return Ok(Code::Ok);
    };
    let mut out = anstream::stdout();
    let name = args.file.display().to_string();
    if args.raw || !write_decoded(&mut out, &name, &old, &new)? {
        let (old, new) = (String::from_utf8_lossy(&old), String::from_utf8_lossy(&new));
        unified::write(&mut out, &name, &format!("{name} cleaned"), &old, &new)?;
    }
    out.flush()?;
    Ok(Code::Found)
}

/// Writes the difference of each part. `false`, and nothing written, if the
/// two messages cannot be compared part by part, or no difference shows.
fn write_decoded(out: &mut impl Write, name: &str, old: &[u8], new: &[u8]) -> io::Result<bool> {
    let (old, new) = (parts::readable(old), parts::readable(new));
    let is_same_tree =
        old.len() == new.len() && old.iter().zip(&new).all(|(a, b)| a.label == b.label);
    if !is_same_tree {
        return Ok(false);
    }
    let mut differs = false;
    for (old, new) in old
        .iter()
        .zip(&new)
        .filter(|(old, new)| old.text != new.text)
    {
        differs = true;
        let old_name = format!("{name} {}", old.label);
        let new_name = format!("{name} {}, cleaned", old.label);
        unified::write(out, &old_name, &new_name, &old.text, &new.text)?;
    }
    Ok(differs)
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    if path == Path::new("-") {
        let mut bytes = Vec::new();
        let read = io::stdin().lock().read_to_end(&mut bytes);
        return match read {
            Ok(_) => Ok(bytes),
            Err(e) => Err(Failure::file(Code::Io, path, &e)),
        };
    }
    fs::read(path).map_err(|e| Failure::file(Code::Io, path, &e))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(old: &str, new: &str) -> (bool, String) {
        let mut out = anstream::StripStream::new(Vec::new());
        let shown = write_decoded(&mut out, "m", old.as_bytes(), new.as_bytes()).unwrap();
        (shown, String::from_utf8(out.into_inner()).unwrap())
    }

    const HEAD: &str = "Subject: a\r\nContent-Type: text/html\r\n\
                        Content-Transfer-Encoding: quoted-printable\r\n";

    #[test]
    fn header_and_decoded_body_are_shown() {
        let old = format!("{HEAD}\r\n<p>gr=C3=BCn</p>\r\n<img src=3D\"x\">\r\n");
        let new = format!("{HEAD}X-Untrackd: 1\r\n\r\n<p>gr=C3=BCn</p>\r\n<img src=3D\"y\">\r\n");
        let (shown, text) = decoded(&old, &new);
        assert!(shown);
        assert!(text.contains("--- m header\n"), "{text}");
        assert!(text.contains("\n+X-Untrackd: 1\n"), "{text}");
        assert!(
            text.contains("\n <p>grün</p>\n-<img src=\"x\">\n+<img src=\"y\">\n"),
            "{text}"
        );
    }

    #[test]
    fn what_shows_only_in_the_raw_bytes_is_left_to_the_raw_difference() {
        let old = format!("{HEAD}\r\n=41\r\n");
        let new = format!("{HEAD}\r\nA\r\n");
        assert_eq!(decoded(&old, &new), (false, String::new()));
    }
}
