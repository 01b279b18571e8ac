//! Frames as JPEG and PNG bytes.

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::imageops::{FilterType, resize};
use image::{ExtendedColorType, ImageEncoder, RgbImage};

use crate::frame::Frame;

/// A picture that its encoder did not take.
#[derive(Debug, thiserror::Error)]
#[error("picture of {width}x{height} px was not encoded: {source}")]
pub struct EncodeError {
    width: usize,
    height: usize,
    source: image::ImageError,
}

/// A JPEG of at most `most_px` a side; `quality` 1–100.
///
/// # Errors
/// A picture larger than the format allows (65,535 px a side).
pub fn jpeg(frame: &Frame, quality: u8, most_px: usize) -> Result<Vec<u8>, EncodeError> {
    let mut bytes = Vec::new();
    let encoder = JpegEncoder::new_with_quality(&mut bytes, quality.clamp(1, 100));
    let longest = frame.width().max(frame.height());
    if longest <= most_px {
        write(encoder, frame.rgb(), frame.width(), frame.height())?;
        return Ok(bytes);
    }
    let scaled = |side: usize| (side * most_px / longest).max(1);
    let (width, height) = (scaled(frame.width()), scaled(frame.height()));
    let small = to_image(frame)
        .map(|image| resize(&image, width as u32, height as u32, FilterType::Triangle));
    if let Some(small) = small {
        write(encoder, small.as_raw(), width, height)?;
    }
    Ok(bytes)
}

/// A PNG of the whole picture.
///
/// # Errors
/// A picture larger than the format allows.
pub fn png(frame: &Frame) -> Result<Vec<u8>, EncodeError> {
    let mut bytes = Vec::new();
    write(
        PngEncoder::new(&mut bytes),
        frame.rgb(),
        frame.width(),
        frame.height(),
    )?;
    Ok(bytes)
}

fn to_image(frame: &Frame) -> Option<RgbImage> {
    RgbImage::from_raw(
        frame.width() as u32,
        frame.height() as u32,
        frame.rgb().to_vec(),
    )
}

fn write(
    encoder: impl ImageEncoder,
    rgb: &[u8],
    width: usize,
    height: usize,
) -> Result<(), EncodeError> {
    encoder
        .write_image(rgb, width as u32, height as u32, ExtendedColorType::Rgb8)
        .map_err(|source| EncodeError {
            width,
            height,
            source,
        })
}
