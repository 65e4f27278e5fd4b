//! Steps that inflate. The output is bounded before it is made: 64 KiB of
//! zeros fit in 80 bytes.

use super::{DecodeErrorKind, Step};
use flate2::{Decompress, FlushDecompress, Status, read::GzDecoder};
use std::{io::Read, sync::Arc};

pub(super) fn zlib(_: &str) -> Result<Step, String> {
    Ok(Arc::new(|value, context| inflate(value, context.limit)))
}

pub(super) fn gzip(_: &str) -> Result<Step, String> {
    Ok(Arc::new(|value, context| gunzip(value, context.limit)))
}

/// Inflates a whole gzip member.
pub(in crate::url) fn gunzip(value: &[u8], limit: usize) -> Result<Vec<u8>, DecodeErrorKind> {
    let mut output = Vec::new();
    let bound = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    GzDecoder::new(value)
        .take(bound)
        .read_to_end(&mut output)
        .map_err(|_| DecodeErrorKind::Encoding)?;
    within(output, limit)
}

/// Inflates what there is of a zlib stream. Mailgun flushes its streams and
/// cuts the trailer off, so an end that does not come is no error.
pub(in crate::url) fn inflate(mut input: &[u8], limit: usize) -> Result<Vec<u8>, DecodeErrorKind> {
    let mut stream = Decompress::new(true);
    let mut output = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let (read, written) = (stream.total_in(), stream.total_out());
        let status = stream
            .decompress(input, &mut chunk, FlushDecompress::Sync)
            .map_err(|_| DecodeErrorKind::Encoding)?;
        let read = advance(stream.total_in(), read)?;
        let written = advance(stream.total_out(), written)?;
        input = input.get(read..).ok_or(DecodeErrorKind::Encoding)?;
        output.extend_from_slice(chunk.get(..written).ok_or(DecodeErrorKind::Encoding)?);
        if output.len() > limit {
            return Err(DecodeErrorKind::TooLarge);
        }
        let is_stuck = read == 0 && written == 0;
        if status == Status::StreamEnd || is_stuck {
            return if output.is_empty() {
                Err(DecodeErrorKind::Encoding)
            } else {
                Ok(output)
            };
        }
    }
}

fn advance(now: u64, before: u64) -> Result<usize, DecodeErrorKind> {
    usize::try_from(now.saturating_sub(before)).map_err(|_| DecodeErrorKind::Encoding)
}

fn within(output: Vec<u8>, limit: usize) -> Result<Vec<u8>, DecodeErrorKind> {
    if output.len() > limit {
        return Err(DecodeErrorKind::TooLarge);
    }
    Ok(output)
}
