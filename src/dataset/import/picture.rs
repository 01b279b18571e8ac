//! The source's own pictures: taken over byte for byte, unless an EXIF orientation stands between them and
//! their labels.

use std::io::Cursor;

use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};

use super::super::Encoding;
use super::error::{ImportError, quoted};
use super::request::LabelFrame;

/// The most pixels and the longest side: what `seedgrade grade` reads.
pub(super) const MOST_PIXELS: u64 = 150_000_000;
pub(super) const LONGEST_SIDE: u32 = 20_000;

/// A picture that decodes, in the frame of its labels.
pub(super) struct SourcePicture {
    /// The bytes to be written.
    pub bytes: Vec<u8>,
    /// What they are.
    pub encoding: Encoding,
    /// Width and height, px.
    pub size: (u32, u32),
    /// How the bytes differ from the source's.
    pub changed: Option<String>,
}

/// Judges a picture's bytes. One with an EXIF orientation other than 1 is refused, or written anew as PNG
/// without it, as the labels were drawn.
///
/// # Errors
/// The bytes are no JPEG or PNG, are too large, do not decode, or carry an orientation and nobody said what
/// that means for the labels.
pub(super) fn take(
    bytes: Vec<u8>,
    name: &str,
    labels: LabelFrame,
) -> Result<SourcePicture, ImportError> {
    let (format, encoding) = match image::guess_format(&bytes) {
        Ok(ImageFormat::Jpeg) => (ImageFormat::Jpeg, Encoding::Jpeg),
        Ok(ImageFormat::Png) => (ImageFormat::Png, Encoding::Png),
        _ => {
            let start = String::from_utf8_lossy(&bytes[..bytes.len().min(8)]).into_owned();
            let expected = "a JPEG or PNG picture";
            return Err(ImportError::found(
                name,
                expected,
                format!("a file that starts with {}", quoted(&start)),
            ));
        }
    };
    if format == ImageFormat::Jpeg && !has_end(&bytes) {
        let expected = "a whole JPEG picture";
        return Err(ImportError::found(name, expected, "one without its end"));
    }
    let (picture, orientation) = decode(&bytes, format, name)?;
    if orientation == Orientation::NoTransforms {
        let size = (picture.width(), picture.height());
        return Ok(SourcePicture {
            bytes,
            encoding,
            size,
            changed: None,
        });
    }
    reframed(picture, orientation, name, labels)
}

/// Whether an end marker follows the last start of a scan; a decoder would make up the rows that are missing. A
/// thumbnail's end comes before that, and compressed data holds neither marker.
fn has_end(bytes: &[u8]) -> bool {
    let last = |marker: u8| bytes.windows(2).rposition(|w| w == [0xff, marker]);
    last(0xd9) > last(0xda)
}

fn decode(
    bytes: &[u8],
    format: ImageFormat,
    name: &str,
) -> Result<(DynamicImage, Orientation), ImportError> {
    let corrupt = |error: image::ImageError| {
        ImportError::found(name, "a picture that decodes", error.to_string())
    };
    let mut decoder = ImageReader::with_format(Cursor::new(bytes), format)
        .into_decoder()
        .map_err(corrupt)?;
    check_size(decoder.dimensions(), name)?;
    let mut memory = Limits::no_limits();
    // 8 bytes a pixel hold 16-bit RGBA, twice that leaves room for the decoder's own buffers
    memory.max_alloc = Some(MOST_PIXELS * 16);
    decoder.set_limits(memory).map_err(corrupt)?;
    let orientation = decoder.orientation().map_err(corrupt)?;
    let picture = DynamicImage::from_decoder(decoder).map_err(corrupt)?;
    Ok((picture, orientation))
}

/// Whether a picture is as large as can be worked with.
///
/// # Errors
/// It is larger, or empty.
pub(super) fn check_size((width, height): (u32, u32), name: &str) -> Result<(), ImportError> {
    let pixels = u64::from(width) * u64::from(height);
    if pixels > MOST_PIXELS || width.max(height) > LONGEST_SIDE || pixels == 0 {
        let expected = format!(
            "a picture of at most {} MP and {LONGEST_SIDE} px a side",
            MOST_PIXELS / 1_000_000
        );
        return Err(ImportError::found(
            name,
            expected,
            format!("{width}x{height} px"),
        ));
    }
    Ok(())
}

fn reframed(
    mut picture: DynamicImage,
    orientation: Orientation,
    name: &str,
    labels: LabelFrame,
) -> Result<SourcePicture, ImportError> {
    let exif = orientation.to_exif();
    let changed = match labels {
        LabelFrame::Unstated => {
            let expected = "a picture whose EXIF orientation is 1, or --label-frame to say whether labels were drawn \
                            on the stored or on the turned picture";
            return Err(ImportError::found(
                name,
                expected,
                format!("EXIF orientation {exif}"),
            ));
        }
        LabelFrame::Stored => format!("PNG of the stored pixels, EXIF orientation {exif} left off"),
        LabelFrame::Turned => {
            picture.apply_orientation(orientation);
            format!("PNG, turned by EXIF orientation {exif}")
        }
    };
    // only the RGB of a picture is ever judged
    let picture = picture.into_rgb8();
    let mut bytes = Cursor::new(Vec::new());
    picture
        .write_to(&mut bytes, ImageFormat::Png)
        .map_err(|error| ImportError::found(name, "a picture to write anew", error.to_string()))?;
    Ok(SourcePicture {
        bytes: bytes.into_inner(),
        encoding: Encoding::Png,
        size: picture.dimensions(),
        changed: Some(changed),
    })
}
