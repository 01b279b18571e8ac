//! JPEG and PNG bytes into frames, within limits that are checked before memory is taken.

use std::io::Cursor;

use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};

use super::Frame;

/// What a picture may cost before it is decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DecodeLimits {
    /// The most pixels.
    pub pixels: u64,
    /// The longest side, px.
    pub side: u32,
}

impl Default for DecodeLimits {
    /// 150 MP and 20,000 px a side: twice the largest industrial area sensors.
    fn default() -> Self {
        Self {
            pixels: 150_000_000,
            side: 20_000,
        }
    }
}

impl DecodeLimits {
    /// Whether a picture of this width and height, px, is within them.
    #[must_use]
    pub fn allow(self, [width, height]: [usize; 2]) -> bool {
        let (width, height) = (width as u64, height as u64);
        width * height <= self.pixels && width.max(height) <= u64::from(self.side)
    }
}

/// Why bytes are no picture.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// Neither JPEG nor PNG by its first bytes.
    #[error("not a JPEG or PNG picture: starts with {0}")]
    UnknownFormat(String),
    /// Larger than the limit.
    #[error(
        "picture of {width}x{height} px is larger than the limit of {limit} MP or {side} px a side"
    )]
    TooLarge {
        /// Its width by the header, px.
        width: u32,
        /// Its height by the header, px.
        height: u32,
        /// The limit, megapixels.
        limit: u64,
        /// The limit of a side, px.
        side: u32,
    },
    /// A header or body that does not decode: truncated or corrupt.
    #[error("picture is truncated or corrupt: {0}")]
    Corrupt(#[source] image::ImageError),
    /// A JPEG without its end: the decoder would make up the rows that are missing.
    #[error("picture is truncated or corrupt: JPEG data without an end")]
    NoEnd,
    /// A decoder that gave another number of bytes than the header promised.
    #[error(transparent)]
    Size(#[from] super::FrameSizeError),
}

/// Decodes a JPEG or PNG into an upright RGB frame (EXIF orientation applied).
///
/// # Errors
/// Bytes that are no JPEG or PNG, are larger than the limits, truncated or corrupt.
pub fn decode(bytes: &[u8], limits: DecodeLimits) -> Result<Frame, DecodeError> {
    let format = match image::guess_format(bytes) {
        Ok(format @ (ImageFormat::Jpeg | ImageFormat::Png)) => format,
        _ => return Err(DecodeError::UnknownFormat(first_bytes(bytes))),
    };
    if format == ImageFormat::Jpeg && !has_end(bytes) {
        return Err(DecodeError::NoEnd);
    }
    let mut decoder = ImageReader::with_format(Cursor::new(bytes), format)
        .into_decoder()
        .map_err(DecodeError::Corrupt)?;
    let (width, height) = decoder.dimensions();
    if !limits.allow([width as usize, height as usize]) {
        return Err(DecodeError::TooLarge {
            width,
            height,
            limit: limits.pixels / 1_000_000,
            side: limits.side,
        });
    }
    let mut memory = Limits::no_limits();
    // 8 bytes a pixel hold 16-bit RGBA, twice that leaves room for the decoder's own buffers
    memory.max_alloc = Some(limits.pixels * 16);
    decoder.set_limits(memory).map_err(DecodeError::Corrupt)?;
    let orientation = decoder.orientation().map_err(DecodeError::Corrupt)?;
    let mut picture = DynamicImage::from_decoder(decoder).map_err(DecodeError::Corrupt)?;
    picture.apply_orientation(orientation);
    let picture = picture.into_rgb8();
    let (width, height) = picture.dimensions();
    Ok(Frame::from_rgb(
        width as usize,
        height as usize,
        picture.into_raw(),
    )?)
}

/// Whether a JPEG's segments and scans lead to its end marker.
pub(super) fn has_end(bytes: &[u8]) -> bool {
    let mut at = 2;
    while let Some(found) = next_marker(bytes, at) {
        let (marker, after) = found;
        let length = match (marker, bytes.get(after..after + 2)) {
            (0xd9, _) => return true,
            // markers without a length of their own: stuffed bytes, restarts, TEM, SOI
            (0x00 | 0x01 | 0xd0..=0xd8, _) => 0,
            (_, Some(length)) => usize::from(length[0]) << 8 | usize::from(length[1]),
            (_, None) => return false,
        };
        at = after + length;
    }
    false
}

/// The next byte after 0xFF that is no 0xFF itself, and where it ends.
fn next_marker(bytes: &[u8], from: usize) -> Option<(u8, usize)> {
    let rest = bytes.get(from..)?;
    let at = rest.windows(2).position(|w| w[0] == 0xff && w[1] != 0xff)?;
    Some((rest[at + 1], from + at + 2))
}

fn first_bytes(bytes: &[u8]) -> String {
    if bytes.is_empty() {
        return "nothing: the file is empty".to_owned();
    }
    let shown = &bytes[..bytes.len().min(8)];
    format!("{:?}", String::from_utf8_lossy(shown))
}
