//! Pictures as the server makes them up, and pictures compared.

use sha2::{Digest, Sha256};
use std::io::Cursor;

/// A transparent GIF of one pixel by one, which is what trackers send.
pub(crate) const BLANK: &[u8] = &[
    b'G', b'I', b'F', b'8', b'9', b'a', 1, 0, 1, 0, 0x80, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0x21,
    0xf9, 4, 1, 0, 0, 0, 0, 0x2c, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0, 0x3b,
];

/// A picture that nobody overlooks; its size and colours follow from the URL,
/// so that the same URL always has the same picture.
///
/// It is an SVG, which is drawn in the size it is shown in. Scaling a bitmap
/// down is not always done in the same steps, and then its pixels differ by
/// one or two from one time to the next.
pub(crate) fn of_url(url: &str) -> String {
    let hash = Sha256::digest(url);
    let width = 40 + u32::from(hash[0]) * 2;
    let height = 20 + u32::from(hash[1]);
    let [red, green, blue] = [hash[2], hash[3], hash[4]];
    let colour = format!("rgb({red},{green},{blue})");
    let other = format!("rgb({},{},{})", !red, !green, !blue);
    format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"
            viewBox="0 0 8 8" preserveAspectRatio="none">
            <rect width="8" height="8" fill="{colour}"/>
            <path d="M0 0h4v4h-4zM4 4h4v4h-4zM5 1h2v2h-2zM1 5h2v2h-2z" fill="{other}"/>
        </svg>"#
    )
}

/// Where two pictures differ: the smallest box that has it all, in pixels.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct DifferenceBox {
    pub(crate) left: u32,
    pub(crate) top: u32,
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// How many pixels in it differ.
    pub(crate) pixels: usize,
}

/// Compares two PNG files of the same width pixel by pixel, as far as both
/// reach down; `None` if they are equal.
pub(crate) fn difference(one: &[u8], other: &[u8]) -> Option<DifferenceBox> {
    if one == other {
        return None;
    }
    let (one, other) = (Picture::decode(one), Picture::decode(other));
    assert_eq!(one.width, other.width, "pictures of one width");
    let pairs = one.pixels.iter().zip(&other.pixels);
    let places: Vec<usize> = pairs
        .enumerate()
        .filter(|(_, (a, b))| a != b)
        .map(|(at, _)| at)
        .collect();
    let columns = places.iter().map(|at| at % one.width);
    let rows = places.iter().map(|at| at / one.width);
    let (left, right) = (columns.clone().min()?, columns.max()?);
    let (top, bottom) = (rows.clone().min()?, rows.max()?);
    let number = |n: usize| u32::try_from(n).expect("a size");
    Some(DifferenceBox {
        left: number(left),
        top: number(top),
        width: number(right - left + 1),
        height: number(bottom - top + 1),
        pixels: places.len(),
    })
}

/// A decoded picture.
struct Picture {
    width: usize,
    /// Red, green, blue and opacity.
    pixels: Vec<[u8; 4]>,
}

impl Picture {
    fn decode(png: &[u8]) -> Self {
        let mut decoder = png::Decoder::new(Cursor::new(png));
        decoder.set_transformations(png::Transformations::ALPHA);
        let mut reader = decoder.read_info().expect("a PNG");
        let mut bytes = vec![0; reader.output_buffer_size().expect("a PNG")];
        let info = reader.next_frame(&mut bytes).expect("a PNG");
        assert_eq!(
            (info.color_type, info.bit_depth),
            (png::ColorType::Rgba, png::BitDepth::Eight)
        );
        let pixels = bytes[..info.buffer_size()].chunks_exact(4);
        Self {
            width: info.width as usize,
            pixels: pixels.map(|p| p.try_into().expect("four")).collect(),
        }
    }
}
