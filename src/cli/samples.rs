//! The sample trays that are built in, so that a copied binary shows its work in an empty directory.
//! They are the pictures of `datasets/samples`; sources and licences stand in that folder's README.

/// A sample tray.
#[derive(Debug, Clone, Copy)]
pub struct Sample {
    /// Its name in the set.
    pub name: &'static str,
    /// JPEG or PNG.
    pub bytes: &'static [u8],
    /// Rows of the block of cells in view.
    pub rows: u32,
    /// Columns of it.
    pub cols: u32,
}

macro_rules! sample {
    ($name:literal, $rows:literal x $cols:literal) => {
        Sample {
            name: $name,
            bytes: include_bytes!(concat!("../../datasets/samples/trays/", $name)),
            rows: $rows,
            cols: $cols,
        }
    };
}

/// All samples, in the order in which the demo's belt carries them: who opens the pages afterwards sees the last one first.
pub const SAMPLES: &[Sample] = &[
    sample!("arabidopsis-tray.jpg", 4 x 5),
    sample!("arabidopsis-v2.jpg", 4 x 5),
    sample!("ippn-bare.png", 9 x 5),
    sample!("rendered-72.jpg", 6 x 12),
    sample!("rendered-128.jpg", 8 x 16),
    sample!("not-a-tray.jpg", 10 x 20),
    sample!("rendered-200.jpg", 10 x 20),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{DecodeLimits, decode};

    #[test]
    fn every_sample_is_a_picture() {
        for sample in SAMPLES {
            decode(sample.bytes, DecodeLimits::default()).unwrap();
        }
    }
}
