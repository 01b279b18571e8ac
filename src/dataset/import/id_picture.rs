//! Pictures whose pixels are ids: PNG with a palette, grey values or colours.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Cursor;
use std::path::Path;

use png::{BitDepth, ColorType, Decoder, Limits, Transformations};

use super::error::ImportError;
use super::picture::{MOST_PIXELS, check_size};
use super::place::read;

/// Ids pixel by pixel, row-major; 0 is background.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct IdPicture {
    /// Width and height, px.
    pub size: (u32, u32),
    /// The ids.
    pub ids: Vec<u16>,
}

/// Reads a label picture: the number in a palette or of a grey value is the id, 8 or 16 bits; colours are numbered
/// in the order of their first pixel, black is background.
///
/// # Errors
/// The file is a JPEG, whose colours are not the ones that were drawn; is no PNG; or its colours blend into one
/// another.
pub(super) fn read_ids(path: &Path) -> Result<IdPicture, ImportError> {
    ids_in(&read(path)?, &path.display().to_string())
}

/// The same of bytes; `place` is how errors call them.
///
/// # Errors
/// As of [`read_ids`].
pub(super) fn ids_in(bytes: &[u8], place: &str) -> Result<IdPicture, ImportError> {
    let wrong = |expected: &str, found: String| ImportError::found(place, expected, found);
    if bytes.starts_with(&[0xff, 0xd8]) {
        let found = "a JPEG, which changes the ids".to_owned();
        return Err(wrong("a label picture as PNG", found));
    }
    let corrupt = |error: png::DecodingError| wrong("a label picture as PNG", error.to_string());
    // 8 bytes a pixel hold 16-bit RGBA
    let limits = Limits {
        bytes: MOST_PIXELS as usize * 8,
    };
    let mut decoder = Decoder::new_with_limits(Cursor::new(bytes), limits);
    decoder.set_transformations(Transformations::IDENTITY);
    let mut reader = decoder.read_info().map_err(corrupt)?;
    check_size(reader.info().size(), place)?;
    let length = reader.output_buffer_size();
    let length =
        length.ok_or_else(|| wrong("a label picture as PNG", "a size of its own".to_owned()))?;
    let mut buffer = vec![0; length];
    let info = reader.next_frame(&mut buffer).map_err(corrupt)?;
    let samples = samples(
        &buffer,
        info.line_size,
        info.bit_depth,
        (info.width, info.color_type),
    );
    let ids = match info.color_type {
        ColorType::Indexed | ColorType::Grayscale => samples,
        // the second channel is opacity
        ColorType::GrayscaleAlpha => samples.chunks_exact(2).map(|s| s[0]).collect(),
        ColorType::Rgb => numbered(samples.chunks_exact(3), place)?,
        ColorType::Rgba => numbered(samples.chunks_exact(4).map(|s| &s[..3]), place)?,
    };
    Ok(IdPicture {
        size: (info.width, info.height),
        ids,
    })
}

/// Samples row by row; those of 1, 2 or 4 bits are packed from the highest bit down, each row from a new byte.
fn samples(
    buffer: &[u8],
    line: usize,
    depth: BitDepth,
    (width, colour): (u32, ColorType),
) -> Vec<u16> {
    let count = width as usize * colour.samples();
    let bits = match depth {
        BitDepth::One => 1,
        BitDepth::Two => 2,
        BitDepth::Four => 4,
        BitDepth::Eight => return buffer.iter().map(|b| u16::from(*b)).collect(),
        BitDepth::Sixteen => {
            let pairs = buffer.chunks_exact(2);
            return pairs.map(|b| u16::from_be_bytes([b[0], b[1]])).collect();
        }
    };
    let row = |row: &[u8]| {
        let sample = |at: usize| {
            let (byte, place) = (at * bits / 8, at * bits % 8);
            let shifted = row[byte] >> (8 - bits - place);
            u16::from(shifted & ((1 << bits) - 1))
        };
        (0..count).map(sample).collect::<Vec<_>>()
    };
    buffer.chunks_exact(line.max(1)).flat_map(row).collect()
}

fn numbered<'a>(
    colours: impl Iterator<Item = &'a [u16]>,
    place: &str,
) -> Result<Vec<u16>, ImportError> {
    /// More colours than anybody draws leaves with.
    const MOST_COLOURS: u16 = 4096;
    let mut numbers: BTreeMap<&[u16], u16> = BTreeMap::new();
    let (mut next, mut background) = (1, false);
    let mut ids = Vec::new();
    for colour in colours {
        if colour.iter().all(|c| *c == 0) {
            background = true;
            ids.push(0);
            continue;
        }
        let id = *numbers.entry(colour).or_insert(next);
        next = next.max(id + 1);
        ids.push(id);
        if next > MOST_COLOURS {
            let found = format!("more than {MOST_COLOURS}");
            let expected = "one colour for each id";
            return Err(ImportError::found(place, expected, found));
        }
    }
    if !background {
        let expected = "colours of ids on a black background";
        return Err(ImportError::found(place, expected, "no black pixel"));
    }
    Ok(ids)
}

impl IdPicture {
    /// The ids that occur, without the background.
    pub fn distinct(&self) -> BTreeSet<u16> {
        let mut seen = vec![false; usize::from(u16::MAX) + 1];
        for id in &self.ids {
            seen[usize::from(*id)] = true;
        }
        let ids = (1..=u16::MAX).filter(|id| seen[usize::from(*id)]);
        ids.collect()
    }

    /// The number of ids that are nowhere more than an edge, if so many that they must come from smoothing or
    /// scaling, not from a person.
    pub fn blended(&self) -> Option<usize> {
        /// A leaf of one or two pixels' width has no inside either, but not many are that small.
        const LEAST: usize = 4;
        let (width, height) = (self.size.0 as usize, self.size.1 as usize);
        let mut inside = BTreeSet::new();
        for y in 0..height {
            for x in 0..width {
                let at = y * width + x;
                let id = self.ids[at];
                let same = |there: bool, i: usize| !there || self.ids[i] == id;
                if same(x > 0, at.wrapping_sub(1))
                    && same(x + 1 < width, at + 1)
                    && same(y > 0, at.wrapping_sub(width))
                    && same(y + 1 < height, at + width)
                {
                    inside.insert(id);
                }
            }
        }
        let ids = self.distinct();
        let edges = ids.difference(&inside).count();
        (edges >= LEAST && edges * 2 > ids.len()).then_some(edges)
    }
}
