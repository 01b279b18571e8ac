//! A JPEG in, its frame at half the size out, without the whole one ever being made: libjpeg-turbo leaves out what half the
//! size does not show while it transforms a block back (the scaled inverse DCT). Only builds with the feature `turbojpeg`
//! have it.

use super::{DecodeLimits, Frame};

/// What decodes JPEGs at half their size, as reports name it; none where this build has nothing that does.
pub const HALVES_JPEGS: Option<&str> = if cfg!(feature = "turbojpeg") {
    Some("libjpeg-turbo")
} else {
    None
};

/// A frame of which a pixel shows two by two of the picture's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HalvedFrame {
    /// The pixels; where a side of the picture is odd, the last ones show one pixel's width.
    pub frame: Frame,
    /// Width and height of the picture, px.
    pub of: [usize; 2],
}

impl HalvedFrame {
    /// Picture pixels along each side of a pixel of its own.
    pub const PICTURE_PX: f64 = 2.0;
}

/// Decodes a JPEG at half its size, where `is_fine` says of its width and height, px, that this is enough; none where it
/// does not, and where [`decode`](super::decode()) has to look at the bytes: another format, a JPEG that lies on its side, has
/// no end, is damaged or too large, and in builds that have no decoder for it.
#[must_use]
pub fn decode_halved(
    bytes: &[u8],
    limits: DecodeLimits,
    is_fine: impl FnOnce([usize; 2]) -> bool,
) -> Option<HalvedFrame> {
    #[cfg(feature = "turbojpeg")]
    return scaled::decode(bytes, limits, is_fine);
    #[cfg(not(feature = "turbojpeg"))]
    {
        let _ = (bytes, limits, is_fine);
        None
    }
}

#[cfg(feature = "turbojpeg")]
mod scaled {
    use std::io::Cursor;

    use image::metadata::Orientation;
    use image::{ImageDecoder, ImageFormat, ImageReader};
    use turbojpeg::{Decompressor, Image, PixelFormat, ScalingFactor};

    use super::super::decode::has_end;
    use super::{DecodeLimits, Frame, HalvedFrame};

    pub fn decode(
        bytes: &[u8],
        limits: DecodeLimits,
        is_fine: impl FnOnce([usize; 2]) -> bool,
    ) -> Option<HalvedFrame> {
        if image::guess_format(bytes).ok()? != ImageFormat::Jpeg {
            return None;
        }
        let mut decompressor = Decompressor::new().ok()?;
        let header = decompressor.read_header(bytes).ok()?;
        let of = [header.width, header.height];
        if !is_fine(of) || !limits.allow(of) || !has_end(bytes) || !is_upright(bytes) {
            return None;
        }
        decompressor
            .set_scaling_factor(ScalingFactor::ONE_HALF)
            .ok()?;
        let [width, height] = of.map(|side| ScalingFactor::ONE_HALF.scale(side));
        let mut rgb = vec![0; width * height * 3];
        let into = Image {
            pixels: rgb.as_mut_slice(),
            width,
            pitch: width * 3,
            height,
            format: PixelFormat::RGB,
        };
        decompressor.decompress(bytes, into).ok()?;
        let frame = Frame::from_rgb(width, height, rgb).ok()?;
        Some(HalvedFrame { frame, of })
    }

    /// Whether a picture lies as its pixels do.
    fn is_upright(bytes: &[u8]) -> bool {
        ImageReader::with_format(Cursor::new(bytes), ImageFormat::Jpeg)
            .into_decoder()
            .and_then(|mut decoder| decoder.orientation())
            .is_ok_and(|orientation| orientation == Orientation::NoTransforms)
    }
}
