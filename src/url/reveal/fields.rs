//! Lists of fields in binary.

/// What stands before each field of SparkPost's (Momentum's) lists that is
/// readable: field 6, one byte that states its length. Without it the list is
/// encrypted.
const SPARKPOST_START: &[u8] = b"F\x04";

/// The contents of all fields of a list as SparkPost writes it, if `value` is
/// one from end to end: a byte holds the width of the length that follows in
/// its two high bits (no field, one byte, two bytes little-endian).
pub(super) fn sparkpost(value: &[u8]) -> Option<Vec<&[u8]>> {
    let mut rest = value.starts_with(SPARKPOST_START).then_some(value)?;
    let mut fields = Vec::new();
    while let Some((tag, after)) = rest.split_first() {
        let (length, after) = match tag >> 6 {
            0 => (0, after),
            1 => {
                let (length, after) = after.split_first()?;
                (usize::from(*length), after)
            }
            2 => {
                let (length, after) = after.split_first_chunk::<2>()?;
                (usize::from(u16::from_le_bytes(*length)), after)
            }
            _ => return None,
        };
        let (content, after) = after.split_at_checked(length)?;
        if !content.is_empty() {
            fields.push(content);
        }
        rest = after;
    }
    Some(fields)
}

/// The contents of the length-delimited fields of a protocol buffer message,
/// if `value` is one from end to end and at least one of them is text.
pub(super) fn protobuf(value: &[u8]) -> Option<Vec<&[u8]>> {
    let mut rest = value;
    let mut fields = Vec::new();
    while !rest.is_empty() {
        let tag = varint(&mut rest)?;
        if tag >> 3 == 0 {
            return None;
        }
        match tag & 7 {
            0 => drop(varint(&mut rest)?),
            1 => drop(take(&mut rest, 8)?),
            2 => {
                let length = varint(&mut rest)?;
                fields.push(take(&mut rest, length)?);
            }
            5 => drop(take(&mut rest, 4)?),
            _ => return None,
        }
    }
    let is_word = |field: &&[u8]| field.len() >= 4 && super::open::is_text(field);
    fields.iter().any(is_word).then_some(fields)
}

fn varint(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..63).step_by(7) {
        let (byte, after) = rest.split_first()?;
        *rest = after;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

fn take<'a>(rest: &mut &'a [u8], length: u64) -> Option<&'a [u8]> {
    let (content, after) = rest.split_at_checked(usize::try_from(length).ok()?)?;
    *rest = after;
    Some(content)
}
