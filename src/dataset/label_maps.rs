//! Labels that are pictures: plant masks and plant ids, one value a frame pixel, row-major.

use std::path::Path;

use image::{DynamicImage, ImageReader};

use super::DatasetError;

/// A map of labels over a frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelMap<T> {
    /// Width, px.
    pub width: usize,
    /// Height, px.
    pub height: usize,
    /// One value a pixel, row-major.
    pub values: Vec<T>,
}

/// Grey values from here on are plant: masks that were stored lossily have soft edges.
const LEAST_PLANT_GREY: u8 = 128;

/// Reads a plant mask: whether each pixel is plant.
///
/// # Errors
/// The file cannot be read or is no picture.
pub fn read_mask(path: &Path) -> Result<LabelMap<bool>, DatasetError> {
    let grey = open(path)?.into_luma8();
    Ok(LabelMap {
        width: grey.width() as usize,
        height: grey.height() as usize,
        values: grey
            .as_raw()
            .iter()
            .map(|&v| v >= LEAST_PLANT_GREY)
            .collect(),
    })
}

/// Reads plant ids: 0 where there is no plant.
///
/// # Errors
/// The file cannot be read or is no picture.
pub fn read_plant_ids(path: &Path) -> Result<LabelMap<u16>, DatasetError> {
    let picture = open(path)?;
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let values = match picture {
        // widening to 16 bits would multiply the ids
        DynamicImage::ImageLuma8(ids) => ids.as_raw().iter().map(|&v| u16::from(v)).collect(),
        other => other.into_luma16().into_raw(),
    };
    Ok(LabelMap {
        width,
        height,
        values,
    })
}

fn open(path: &Path) -> Result<DynamicImage, DatasetError> {
    let io = |source| DatasetError::Io {
        path: path.to_owned(),
        source,
    };
    // the reader's own limit on memory stands: a hostile header costs none
    ImageReader::open(path)
        .map_err(io)?
        .decode()
        .map_err(|source| DatasetError::Picture {
            path: path.to_owned(),
            source,
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{GrayImage, ImageBuffer, Luma};

    #[test]
    fn ids_keep_their_values_at_either_depth_and_a_soft_edge_is_cut_in_the_middle() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str| folder.path().join(name);
        let deep = ImageBuffer::<Luma<u16>, _>::from_raw(2, 1, vec![0, 300]).unwrap();
        deep.save(file("deep.png")).unwrap();
        let flat = GrayImage::from_raw(2, 1, vec![127, 128]).unwrap();
        flat.save(file("flat.png")).unwrap();
        assert_eq!(read_plant_ids(&file("deep.png")).unwrap().values, [0, 300]);
        assert_eq!(
            read_plant_ids(&file("flat.png")).unwrap().values,
            [127, 128]
        );
        assert_eq!(read_mask(&file("flat.png")).unwrap().values, [false, true]);
        std::fs::write(file("no.png"), "no picture").unwrap();
        assert!(
            read_mask(&file("no.png"))
                .unwrap_err()
                .to_string()
                .contains("no.png")
        );
    }
}
