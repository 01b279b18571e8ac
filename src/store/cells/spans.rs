//! Whole numbers of a column in as few bits as their spread needs.
//!
//! A column's values lie in one span, or in two where that is shorter: what is usual and what is not, such as nought where
//! nothing was seen and a few hundred steps elsewhere. A value is its distance from its span's lowest, in the bits that
//! the span's largest distance takes; with two spans a bit before it says which.

use crate::store::StoreError;

use super::damaged;

/// Bits that say how many bits follow: 0 to 64.
const WIDTH_BITS: u32 = 7;

/// Bits one after another, lowest first.
#[derive(Debug, Default)]
pub(super) struct BitWriter {
    bytes: Vec<u8>,
    pending: u64,
    held: u32,
}

impl BitWriter {
    /// The lowest `width` bits of a value, at most 64.
    pub fn bits(&mut self, value: u64, width: u32) {
        if width > 32 {
            self.bits(value, 32);
            self.bits(value >> 32, width - 32);
            return;
        }
        // less than a byte is held, so that there is room
        self.pending |= (value & lowest_bits(width)) << self.held;
        self.held += width;
        while self.held >= 8 {
            self.bytes.push(self.pending as u8);
            self.pending >>= 8;
            self.held -= 8;
        }
    }

    /// A number with its own length before it.
    pub fn whole(&mut self, value: u64) {
        let width = width_of(value);
        self.bits(u64::from(width), WIDTH_BITS);
        self.bits(value, width);
    }

    /// The bytes; the last is filled up with noughts.
    pub fn finish(mut self) -> Vec<u8> {
        if self.held > 0 {
            self.bytes.push(self.pending as u8);
        }
        self.bytes
    }
}

/// What is left of the bits.
#[derive(Debug)]
pub(super) struct BitReader<'a> {
    bytes: &'a [u8],
    pending: u64,
    held: u32,
}

impl<'a> BitReader<'a> {
    /// The bits of these bytes.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            pending: 0,
            held: 0,
        }
    }

    /// So many bits, at most 64.
    pub fn bits(&mut self, width: u32) -> Result<u64, StoreError> {
        if width > 32 {
            let low = self.bits(32)?;
            return Ok(self.bits(width - 32)? << 32 | low);
        }
        while self.held < width {
            let (byte, rest) = self
                .bytes
                .split_first()
                .ok_or_else(|| damaged("they end too early"))?;
            self.pending |= u64::from(*byte) << self.held;
            self.held += 8;
            self.bytes = rest;
        }
        let value = self.pending & lowest_bits(width);
        self.pending >>= width;
        self.held -= width;
        Ok(value)
    }

    /// One bit.
    pub fn bit(&mut self) -> Result<bool, StoreError> {
        Ok(self.bits(1)? == 1)
    }

    /// A number with its own length before it.
    pub fn whole(&mut self) -> Result<u64, StoreError> {
        let width = self.width()?;
        self.bits(width)
    }

    fn width(&mut self) -> Result<u32, StoreError> {
        let width = self.bits(WIDTH_BITS)? as u32;
        if width > u64::BITS {
            return Err(damaged("a number has more than 64 bits"));
        }
        Ok(width)
    }

    /// Whether nothing is left but what fills the last byte up.
    pub fn is_at_its_end(&self) -> bool {
        self.bytes.is_empty() && self.held < 8 && self.pending == 0
    }
}

fn lowest_bits(width: u32) -> u64 {
    1_u64.checked_shl(width).map_or(u64::MAX, |above| above - 1)
}

fn width_of(value: u64) -> u32 {
    u64::BITS - value.leading_zeros()
}

fn distance(from: i64, to: i64) -> u64 {
    to.wrapping_sub(from) as u64
}

#[derive(Debug, Clone, Copy)]
struct Span {
    lowest: i64,
    width: u32,
}

impl Span {
    /// Around values in order; at least one.
    fn around(sorted: &[i64]) -> Self {
        let (lowest, largest) = (
            sorted.first().copied().unwrap_or(0),
            sorted.last().copied().unwrap_or(0),
        );
        Self {
            lowest,
            width: width_of(distance(lowest, largest)),
        }
    }

    /// The bits of its lowest value, with the sign in the lowest bit.
    fn zigzag(self) -> u64 {
        (self.lowest << 1 ^ self.lowest >> 63) as u64
    }

    fn head_bits(self) -> u64 {
        u64::from(2 * WIDTH_BITS + width_of(self.zigzag()))
    }

    fn write(self, out: &mut BitWriter) {
        out.whole(self.zigzag());
        out.bits(u64::from(self.width), WIDTH_BITS);
    }

    fn read(input: &mut BitReader<'_>) -> Result<Self, StoreError> {
        let zigzag = input.whole()?;
        Ok(Self {
            lowest: (zigzag >> 1) as i64 ^ -((zigzag & 1) as i64),
            width: input.width()?,
        })
    }
}

/// Where a column's values lie.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spans {
    low: Span,
    high: Option<Span>,
    bits: u64,
}

impl Spans {
    /// The shortest for these values.
    pub fn around(values: &[i64]) -> Self {
        let mut sorted = values.to_vec();
        sorted.sort_unstable();
        let one = Span::around(&sorted);
        let count = sorted.len() as u64;
        let mut best = Self {
            low: one,
            high: None,
            bits: one.head_bits() + count * u64::from(one.width),
        };
        for at in 1..sorted.len() {
            if sorted[at] == sorted[at - 1] {
                continue;
            }
            let (below, above) = sorted.split_at(at);
            let (low, high) = (Span::around(below), Span::around(above));
            let of_values =
                |span: Span, values: &[i64]| values.len() as u64 * u64::from(span.width);
            let bits = low.head_bits()
                + high.head_bits()
                + count
                + of_values(low, below)
                + of_values(high, above);
            if bits < best.bits {
                best = Self {
                    low,
                    high: Some(high),
                    bits,
                };
            }
        }
        best
    }

    /// The bits that they take with their values.
    pub fn bits(&self) -> u64 {
        self.bits
    }

    /// Them and the values that they are around.
    pub fn write(&self, out: &mut BitWriter, values: &[i64]) {
        out.bits(u64::from(self.high.is_some()), 1);
        self.low.write(out);
        if let Some(high) = self.high {
            high.write(out);
        }
        for &value in values {
            let span = match self.high {
                Some(high) => {
                    let is_high = value >= high.lowest;
                    out.bits(u64::from(is_high), 1);
                    if is_high { high } else { self.low }
                }
                None => self.low,
            };
            out.bits(distance(span.lowest, value), span.width);
        }
    }

    /// Them without the values, which follow.
    pub fn read(input: &mut BitReader<'_>) -> Result<Self, StoreError> {
        let two = input.bit()?;
        let low = Span::read(input)?;
        let high = if two { Some(Span::read(input)?) } else { None };
        Ok(Self { low, high, bits: 0 })
    }

    /// The next value.
    pub fn value(&self, input: &mut BitReader<'_>) -> Result<i64, StoreError> {
        let span = match self.high {
            Some(high) if input.bit()? => high,
            _ => self.low,
        };
        Ok(span.lowest.wrapping_add(input.bits(span.width)? as i64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(values: &[i64]) -> Vec<u8> {
        let mut out = BitWriter::default();
        Spans::around(values).write(&mut out, values);
        out.finish()
    }

    fn value() -> impl Strategy<Value = i64> {
        prop_oneof![Just(0), 900..1000_i64, -40..40_i64, any::<i64>()]
    }

    proptest! {
        #[test]
        fn values_come_back_and_take_the_bits_that_were_said(values in prop::collection::vec(value(), 1..60)) {
            let bytes = written(&values);
            prop_assert_eq!(bytes.len() as u64, (1 + Spans::around(&values).bits()).div_ceil(8));
            let mut input = BitReader::new(&bytes);
            let spans = Spans::read(&mut input).unwrap();
            for value in values {
                prop_assert_eq!(spans.value(&mut input).unwrap(), value);
            }
            prop_assert!(input.is_at_its_end());
        }
    }

    #[test]
    fn what_is_rare_does_not_widen_what_is_usual() {
        let mut values = vec![0; 190];
        values.extend(900..910);
        // a bit a value, four more for the rare ones, and where the spans begin
        assert!(written(&values).len() <= 200_usize.div_ceil(8) + 5 + 8);
        assert_eq!(written(&[7; 200]).len(), 3);
    }
}
