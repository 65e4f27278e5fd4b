//! The messages of a file, one after the other.

use crate::cli::scan::{
    mbox::{self, Message},
    plan::Input,
};
use std::{
    fs::File,
    io::{self, BufRead, BufReader, Cursor, Read, Seek},
};

/// Takes a message: its place and its bytes, or no bytes if it is too long.
type Take<'t, E> = dyn FnMut(&Message, Option<&[u8]>) -> Result<(), E> + 't;

/// Calls `take` with each message of `input`, without its bytes if it is
/// longer than `largest`.
///
/// # Errors
///
/// If reading fails, or what `take` returns.
pub(super) fn for_each<E: From<io::Error>>(
    input: &Input,
    largest: u64,
    take: &mut Take<'_, E>,
) -> Result<(), E> {
    match input {
        Input::File(path) => {
            let mut file = File::open(path)?;
            if file.metadata()?.is_file() {
                seekable(BufReader::new(file), largest, take)
            } else {
                stream(&mut file, largest, take)
            }
        }
        Input::Stdin => stream(&mut io::stdin().lock(), largest, take),
    }
}

/// A pipe can be read only once, so it is read into memory.
fn stream<E: From<io::Error>>(
    stream: &mut impl Read,
    largest: u64,
    take: &mut Take<'_, E>,
) -> Result<(), E> {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes)?;
    seekable(Cursor::new(bytes), largest, take)
}

fn seekable<E: From<io::Error>>(
    mut source: impl BufRead + Seek,
    largest: u64,
    take: &mut Take<'_, E>,
) -> Result<(), E> {
    for message in mbox::messages(&mut source)? {
        if message.length() > largest {
            take(&message, None)?;
        } else {
            let bytes = mbox::read(&mut source, &message)?;
            take(&message, Some(&bytes))?;
        }
    }
    Ok(())
}
