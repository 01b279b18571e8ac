//! A sensor's samples, as a camera sends them, in; a [`Frame`] out.
//!
//! Formats are named as in the Pixel Format Naming Convention (PFNC) of GenICam. Of samples deeper than 8 bits the upper
//! eight bits are kept.

use std::borrow::Cow;

use rayon::prelude::*;

use super::Frame;

/// How a picture's samples lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Layout {
    /// One sample a pixel: grey.
    Mono,
    /// One sample a pixel behind a mosaic of colour filters: where the first red one lies, as column and row.
    Bayer([usize; 2]),
    /// Red, green, blue.
    Rgb,
    /// Blue, green, red.
    Bgr,
}

/// How the bits of a sample lie in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bits {
    /// A byte each.
    Eight,
    /// Two bytes each, low byte first, of which so many bits count.
    InTwoBytes(u32),
    /// So many bits each, one sample behind the other from the lowest bit on (PFNC's `p`).
    Close(u32),
    /// Two samples in three bytes: the upper eight bits of the first, the lower ones of both, the upper eight of the second
    /// (GigE Vision's `Packed`).
    InPairs,
}

/// What a camera's samples mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SensorFormat {
    name: &'static str,
    code: u32,
    layout: Layout,
    bits: Bits,
}

const fn format(name: &'static str, code: u32, layout: Layout, bits: Bits) -> SensorFormat {
    SensorFormat {
        name,
        code,
        layout,
        bits,
    }
}

const RGGB: Layout = Layout::Bayer([0, 0]);
const GRBG: Layout = Layout::Bayer([1, 0]);
const GBRG: Layout = Layout::Bayer([0, 1]);
const BGGR: Layout = Layout::Bayer([1, 1]);

/// Name, code, layout and bits of every format that is read (PFNC 2.1; `Packed`: GigE Vision 2.0).
const FORMATS: [SensorFormat; 42] = [
    format("Mono8", 0x0108_0001, Layout::Mono, Bits::Eight),
    format("Mono10", 0x0110_0003, Layout::Mono, Bits::InTwoBytes(10)),
    format("Mono10Packed", 0x010C_0004, Layout::Mono, Bits::InPairs),
    format("Mono10p", 0x010A_0046, Layout::Mono, Bits::Close(10)),
    format("Mono12", 0x0110_0005, Layout::Mono, Bits::InTwoBytes(12)),
    format("Mono12Packed", 0x010C_0006, Layout::Mono, Bits::InPairs),
    format("Mono12p", 0x010C_0047, Layout::Mono, Bits::Close(12)),
    format("Mono16", 0x0110_0007, Layout::Mono, Bits::InTwoBytes(16)),
    format("BayerGR8", 0x0108_0008, GRBG, Bits::Eight),
    format("BayerRG8", 0x0108_0009, RGGB, Bits::Eight),
    format("BayerGB8", 0x0108_000A, GBRG, Bits::Eight),
    format("BayerBG8", 0x0108_000B, BGGR, Bits::Eight),
    format("BayerGR10", 0x0110_000C, GRBG, Bits::InTwoBytes(10)),
    format("BayerRG10", 0x0110_000D, RGGB, Bits::InTwoBytes(10)),
    format("BayerGB10", 0x0110_000E, GBRG, Bits::InTwoBytes(10)),
    format("BayerBG10", 0x0110_000F, BGGR, Bits::InTwoBytes(10)),
    format("BayerGR12", 0x0110_0010, GRBG, Bits::InTwoBytes(12)),
    format("BayerRG12", 0x0110_0011, RGGB, Bits::InTwoBytes(12)),
    format("BayerGB12", 0x0110_0012, GBRG, Bits::InTwoBytes(12)),
    format("BayerBG12", 0x0110_0013, BGGR, Bits::InTwoBytes(12)),
    format("BayerGR16", 0x0110_002E, GRBG, Bits::InTwoBytes(16)),
    format("BayerRG16", 0x0110_002F, RGGB, Bits::InTwoBytes(16)),
    format("BayerGB16", 0x0110_0030, GBRG, Bits::InTwoBytes(16)),
    format("BayerBG16", 0x0110_0031, BGGR, Bits::InTwoBytes(16)),
    format("BayerGR10Packed", 0x010C_0026, GRBG, Bits::InPairs),
    format("BayerRG10Packed", 0x010C_0027, RGGB, Bits::InPairs),
    format("BayerGB10Packed", 0x010C_0028, GBRG, Bits::InPairs),
    format("BayerBG10Packed", 0x010C_0029, BGGR, Bits::InPairs),
    format("BayerGR12Packed", 0x010C_002A, GRBG, Bits::InPairs),
    format("BayerRG12Packed", 0x010C_002B, RGGB, Bits::InPairs),
    format("BayerGB12Packed", 0x010C_002C, GBRG, Bits::InPairs),
    format("BayerBG12Packed", 0x010C_002D, BGGR, Bits::InPairs),
    format("BayerBG10p", 0x010A_0052, BGGR, Bits::Close(10)),
    format("BayerGB10p", 0x010A_0054, GBRG, Bits::Close(10)),
    format("BayerGR10p", 0x010A_0056, GRBG, Bits::Close(10)),
    format("BayerRG10p", 0x010A_0058, RGGB, Bits::Close(10)),
    format("BayerBG12p", 0x010C_0053, BGGR, Bits::Close(12)),
    format("BayerGB12p", 0x010C_0055, GBRG, Bits::Close(12)),
    format("BayerGR12p", 0x010C_0057, GRBG, Bits::Close(12)),
    format("BayerRG12p", 0x010C_0059, RGGB, Bits::Close(12)),
    format("RGB8", 0x0218_0014, Layout::Rgb, Bits::Eight),
    format("BGR8", 0x0218_0015, Layout::Bgr, Bits::Eight),
];

/// Why samples are no picture.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SensorError {
    /// A format that is not read.
    #[error("pixel format {found} is not read: expected one of {known}")]
    Format {
        /// Its name or code.
        found: String,
        /// The names of those that are.
        known: String,
    },
    /// Too few or too many bytes.
    #[error("picture of {width}x{height} px in {format}: expected {expected} bytes, found {found}")]
    Length {
        /// Width, px.
        width: usize,
        /// Height, px.
        height: usize,
        /// The format's name.
        format: &'static str,
        /// Bytes that such a picture has.
        expected: usize,
        /// Bytes that came.
        found: usize,
    },
    /// No pixel, or too few for a mosaic of filters.
    #[error("picture of {width}x{height} px: expected at least 2x2")]
    Size {
        /// Width, px.
        width: usize,
        /// Height, px.
        height: usize,
    },
}

impl SensorFormat {
    /// The format of this PFNC code.
    ///
    /// # Errors
    /// It is not read.
    pub fn from_code(code: u32) -> Result<Self, SensorError> {
        let found = FORMATS.into_iter().find(|format| format.code == code);
        found.ok_or_else(|| unknown(format!("0x{code:08x}")))
    }

    /// The format of this PFNC name, such as `BayerRG8`.
    ///
    /// # Errors
    /// It is not read.
    pub fn from_name(name: &str) -> Result<Self, SensorError> {
        let found = FORMATS.into_iter().find(|format| format.name == name);
        found.ok_or_else(|| unknown(name.to_owned()))
    }

    /// All formats that are read.
    #[must_use]
    pub fn all() -> &'static [Self] {
        &FORMATS
    }

    /// Its PFNC name.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.name
    }

    /// Whether it has colours.
    #[must_use]
    pub fn is_coloured(self) -> bool {
        self.layout != Layout::Mono
    }

    /// Bytes of a picture of so many pixels.
    fn bytes(self, pixels: usize) -> usize {
        let samples = match self.layout {
            Layout::Mono | Layout::Bayer(_) => pixels,
            Layout::Rgb | Layout::Bgr => pixels.saturating_mul(3),
        };
        let bits = match self.bits {
            Bits::Eight => 8,
            Bits::InTwoBytes(_) => 16,
            Bits::Close(bits) => bits as usize,
            Bits::InPairs => 12,
        };
        samples.saturating_mul(bits).div_ceil(8)
    }
}

fn unknown(found: String) -> SensorError {
    SensorError::Format {
        found,
        known: FORMATS.map(|format| format.name).join(", "),
    }
}

/// The frame that these samples are; a mosaic of filters is filled in bilinearly.
///
/// # Errors
/// The bytes are not exactly those of such a picture: what is missing is not made up.
pub fn develop(
    format: SensorFormat,
    width: usize,
    height: usize,
    bytes: &[u8],
) -> Result<Frame, SensorError> {
    if width < 2 || height < 2 {
        return Err(SensorError::Size { width, height });
    }
    let pixels = width.saturating_mul(height);
    let expected = format.bytes(pixels);
    let wrong_length = SensorError::Length {
        width,
        height,
        format: format.name,
        expected,
        found: bytes.len(),
    };
    if bytes.len() != expected {
        return Err(wrong_length);
    }
    let samples = upper_eight(bytes, format.bits, pixels);
    let samples = samples.as_ref();
    let rgb = match format.layout {
        Layout::Rgb => samples.to_vec(),
        Layout::Bgr => {
            let pixels = samples.as_chunks::<3>().0.iter();
            pixels.flat_map(|[b, g, r]| [*r, *g, *b]).collect()
        }
        Layout::Mono => samples.iter().flat_map(|&grey| [grey; 3]).collect(),
        Layout::Bayer(red) => fill_in(samples, width, height, red),
    };
    Frame::from_rgb(width, height, rgb).map_err(|_| wrong_length)
}

/// The upper eight bits of so many samples, of which `bytes` holds exactly these.
fn upper_eight(bytes: &[u8], bits: Bits, samples: usize) -> Cow<'_, [u8]> {
    match bits {
        Bits::Eight => Cow::Borrowed(bytes),
        Bits::InTwoBytes(bits) => {
            let pairs = bytes.as_chunks::<2>().0.iter();
            let upper = |pair| (u16::from_le_bytes(pair) >> (bits - 8)).min(255) as u8;
            pairs.map(|pair| upper(*pair)).collect()
        }
        Bits::Close(bits) => {
            let bits = bits as usize;
            let begins = (0..samples).map(|sample| sample * bits + bits - 8);
            begins.map(|bit| eight_bits(bytes, bit)).collect()
        }
        Bits::InPairs => {
            let at = |sample: usize| sample / 2 * 3 + sample % 2 * 2;
            // an odd picture's last sample stands alone, its upper eight bits first
            (0..samples).map(|sample| bytes[at(sample)]).collect()
        }
    }
}

/// Eight bits from this one on, the lowest first.
fn eight_bits(bytes: &[u8], bit: usize) -> u8 {
    let (byte, shift) = (bit / 8, bit % 8);
    let next = bytes.get(byte + 1).copied().unwrap_or(0);
    (u16::from_le_bytes([bytes[byte], next]) >> shift) as u8
}

/// The colour of the filter over a sample: 0 red, 1 green, 2 blue.
fn filter(x: usize, y: usize, red: [usize; 2]) -> usize {
    ((x + red[0]) & 1) + ((y + red[1]) & 1)
}

/// The neighbours that have a missing colour, as steps to the side and down: two or four that lie evenly around.
type Neighbours = Vec<[isize; 2]>;

const AROUND: [[isize; 2]; 8] = [
    [-1, 0],
    [1, 0],
    [0, -1],
    [0, 1],
    [-1, -1],
    [1, -1],
    [-1, 1],
    [1, 1],
];

/// Of the pixel at this phase of the mosaic, by colour; empty for the one that it has.
fn neighbours(x: usize, y: usize, red: [usize; 2]) -> [Neighbours; 3] {
    let own = filter(x, y, red);
    [0, 1, 2].map(|colour| {
        let has = |[dx, dy]: &[isize; 2]| {
            // two more keeps the phase and the numbers above 0
            filter(
                x.wrapping_add_signed(2 + dx),
                y.wrapping_add_signed(2 + dy),
                red,
            ) == colour
        };
        if colour == own {
            return Neighbours::new();
        }
        AROUND.into_iter().filter(has).collect()
    })
}

/// Bilinear: a missing colour is the mean of the nearest samples that have it. The edge is mirrored at its outermost
/// pixels, which keeps the mosaic's phase.
fn fill_in(samples: &[u8], width: usize, height: usize, red: [usize; 2]) -> Vec<u8> {
    let phases = [[0, 0], [1, 0], [0, 1], [1, 1]].map(|[x, y]| neighbours(x, y, red));
    let mirrored = |at: usize, step: isize, end: usize| match at.checked_add_signed(step) {
        None => 1,
        Some(at) if at == end => end - 2,
        Some(at) => at,
    };
    let mut rgb = vec![0; width * height * 3];
    rgb.par_chunks_mut(width * 3)
        .enumerate()
        .for_each(|(y, row)| {
            for (x, pixel) in row.as_chunks_mut::<3>().0.iter_mut().enumerate() {
                let phase = &phases[(x & 1) + 2 * (y & 1)];
                for (value, from) in pixel.iter_mut().zip(phase) {
                    let sum: u32 = from
                        .iter()
                        .map(|[dx, dy]| {
                            let (x, y) = (mirrored(x, *dx, width), mirrored(y, *dy, height));
                            u32::from(samples[y * width + x])
                        })
                        .sum();
                    *value = match from.len() as u32 {
                        0 => samples[y * width + x],
                        count => ((sum + count / 2) / count) as u8,
                    };
                }
            }
        });
    rgb
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn named(name: &str) -> SensorFormat {
        SensorFormat::from_name(name).unwrap()
    }

    /// What a sensor behind filters sees of a picture.
    fn seen(
        width: usize,
        height: usize,
        red: [usize; 2],
        rgb: impl Fn(usize, usize) -> [u8; 3],
    ) -> Vec<u8> {
        let pixels = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
        pixels.map(|(x, y)| rgb(x, y)[filter(x, y, red)]).collect()
    }

    const MOSAICS: [(&str, [usize; 2]); 4] = [
        ("BayerRG8", [0, 0]),
        ("BayerGR8", [1, 0]),
        ("BayerGB8", [0, 1]),
        ("BayerBG8", [1, 1]),
    ];

    #[test]
    fn a_red_leaf_is_red_through_every_mosaic() {
        for (name, red) in MOSAICS {
            let samples = seen(7, 5, red, |_, _| [200, 90, 10]);
            let frame = develop(named(name), 7, 5, &samples).unwrap();
            for (x, y) in [(0, 0), (6, 4), (3, 2), (6, 0), (0, 4)] {
                assert_eq!(frame.pixel(x, y), [200, 90, 10], "{name} {x},{y}");
            }
        }
        // the name says which filter lies over the first sample
        let only_first = [255, 0, 0, 0];
        let first = |name| develop(named(name), 2, 2, &only_first).unwrap().pixel(0, 0);
        assert_eq!(first("BayerRG8"), [255, 0, 0]);
        assert_eq!(first("BayerBG8"), [0, 0, 255]);
        assert_eq!(first("BayerGR8")[1], 255);
        assert_eq!(first("BayerGB8")[1], 255);
    }

    #[test]
    fn a_picture_with_a_byte_too_few_or_too_many_is_torn() {
        for found in [11, 13] {
            let error = develop(named("Mono8"), 4, 3, &vec![0; found]).unwrap_err();
            assert!(
                error
                    .to_string()
                    .contains(&format!("expected 12 bytes, found {found}")),
                "{error}"
            );
        }
        assert!(develop(named("BayerRG12"), 4, 3, &[0; 12]).is_err());
        assert!(develop(named("Mono8"), 0, 0, &[]).is_err());
        assert!(develop(named("RGB8"), usize::MAX, usize::MAX, &[]).is_err());
    }

    #[test]
    fn deep_samples_keep_their_upper_bits_and_grey_is_grey() {
        let twelve = [0xF0, 0x0F, 0x00, 0x08, 0x00, 0x00, 0xFF, 0xFF];
        let frame = develop(named("Mono12"), 2, 2, &twelve).unwrap();
        assert_eq!(frame.pixel(0, 0), [255; 3]);
        assert_eq!(frame.pixel(1, 0), [128; 3]);
        assert_eq!(frame.pixel(1, 1), [255; 3]);
        let bgr = develop(
            named("BGR8"),
            2,
            2,
            &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
        )
        .unwrap();
        assert_eq!(bgr.pixel(1, 1), [12, 11, 10]);
    }

    #[test]
    fn a_format_that_is_not_read_is_refused_with_those_that_are() {
        let error = SensorFormat::from_name("YUV422_8").unwrap_err().to_string();
        assert!(
            error.contains("YUV422_8") && error.contains("BayerRG12,"),
            "{error}"
        );
        assert!(SensorFormat::from_code(0x0210_0032).is_err());
        for format in SensorFormat::all() {
            assert_eq!(SensorFormat::from_code(format.code), Ok(*format));
            assert_eq!(SensorFormat::from_name(format.name), Ok(*format));
        }
    }

    /// Samples of so many bits as a camera packs them.
    fn packed(samples: &[u16], bits: Bits) -> Vec<u8> {
        match bits {
            Bits::InPairs => {
                let pairs = samples.chunks(2).flat_map(|pair| {
                    let [a, b] = [pair[0], pair.get(1).copied().unwrap_or(0)];
                    [
                        (a >> 4) as u8,
                        (a & 15 | (b & 15) << 4) as u8,
                        (b >> 4) as u8,
                    ]
                });
                pairs.take((samples.len() * 12).div_ceil(8)).collect()
            }
            Bits::Close(bits) => {
                let bits = bits as usize;
                let mut bytes = vec![0; (samples.len() * bits).div_ceil(8)];
                for i in 0..samples.len() * bits {
                    let bit = samples[i / bits] >> (i % bits) & 1;
                    bytes[i / 8] |= (bit as u8) << (i % 8);
                }
                bytes
            }
            Bits::Eight | Bits::InTwoBytes(_) => {
                samples.iter().flat_map(|s| s.to_le_bytes()).collect()
            }
        }
    }

    #[test]
    fn a_format_takes_the_bits_that_its_code_tells() {
        for format in SensorFormat::all() {
            let told = (format.code >> 16 & 0xFF) as usize;
            assert_eq!(format.bytes(8), told, "{}", format.name);
        }
    }

    proptest! {
        #[test]
        fn packed_samples_are_the_same_picture(
            width in 2_usize..9, height in 2_usize..9, deep in proptest::collection::vec(0_u16..4096, 64),
        ) {
            let deep = &deep[..width * height];
            let ten: Vec<u16> = deep.iter().map(|sample| sample >> 2).collect();
            let of = |name: &str, samples: &[u16]| {
                let format = named(name);
                let bytes = packed(samples, format.bits);
                develop(format, width, height, &bytes).unwrap().into_rgb()
            };
            let twelve = of("BayerRG12", deep);
            prop_assert_eq!(&of("BayerRG12Packed", deep), &twelve);
            prop_assert_eq!(&of("BayerRG12p", deep), &twelve);
            let grey = of("Mono10", &ten);
            // of ten bits in pairs the lower two lie where twelve have their lower four
            prop_assert_eq!(&of("Mono10Packed", deep), &grey);
            prop_assert_eq!(&of("Mono10p", &ten), &grey);
        }

        #[test]
        fn a_slope_of_light_is_filled_in_within_a_step(
            width in 2_usize..20, height in 2_usize..20, mosaic in 0_usize..4, slope in 0_u8..6,
        ) {
            let (name, red) = MOSAICS[mosaic];
            let light = |x: usize, y: usize| [20 + slope * x as u8, 40 + slope * y as u8, 60];
            let frame = develop(named(name), width, height, &seen(width, height, red, light)).unwrap();
            for y in 1..height - 1 {
                for x in 1..width - 1 {
                    for (found, true_light) in frame.pixel(x, y).into_iter().zip(light(x, y)) {
                        prop_assert!(found.abs_diff(true_light) <= 1, "{x},{y}: {found} {true_light}");
                    }
                }
            }
        }
    }
}
