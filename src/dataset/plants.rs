//! `<id>.plants.csv`: where every plant of a rendered tray is rooted, and what it is.

use std::fmt::Write as _;
use std::path::Path;

use super::table::{Row, Table};
use super::{DatasetError, write_text};
use crate::geometry::TrayPoint;

/// A plant of the plant map.
#[derive(Debug, Clone, PartialEq)]
pub struct PlantLabel {
    /// Its value in `<id>.plants.png`, from 1.
    pub plant: u16,
    /// Row and column of the cell that it is rooted in; none beyond the block.
    pub cell: Option<(usize, usize)>,
    /// Where it leaves the substrate, pitches.
    pub root: TrayPoint,
    /// Its most frequent class: 1 healthy, 2 chlorotic, 3 necrotic.
    pub class: u8,
    /// The family it was grown from.
    pub family: String,
    /// Leaves and cotyledons.
    pub leaves: u32,
    /// Visible pixels.
    pub area_px: u32,
    /// Height of its crown over the substrate, pitches.
    pub height_pitch: f32,
    /// Whether a person could tell it in the picture.
    pub readable: bool,
}

/// Writes `plant,row,col,x_pitch,y_pitch,class,family,leaves,area_px,height_pitch,readable` (1 or 0); row and
/// col are empty beyond the block.
///
/// # Errors
/// The file cannot be written.
pub fn write_plants(path: &Path, plants: &[PlantLabel]) -> Result<(), DatasetError> {
    let mut text = String::from(
        "plant,row,col,x_pitch,y_pitch,class,family,leaves,area_px,height_pitch,readable\n",
    );
    for p in plants {
        let (row, col) = p
            .cell
            .map_or_else(Default::default, |(r, c)| (r.to_string(), c.to_string()));
        // writing into a String cannot fail
        let _ = writeln!(
            text,
            "{},{row},{col},{:.4},{:.4},{},{},{},{},{:.3},{}",
            p.plant,
            p.root.x,
            p.root.y,
            p.class,
            p.family,
            p.leaves,
            p.area_px,
            p.height_pitch,
            u8::from(p.readable)
        );
    }
    write_text(path, &text)
}

/// What an evaluation reads of a plant: its place and what it is, and its height where the set gives one.
#[derive(Debug, Clone, PartialEq)]
pub struct PlantTruth {
    /// Its value in `<id>.plants.png`, from 1.
    pub plant: u16,
    /// Row and column of the cell that it is rooted in; none beyond the block.
    pub cell: Option<(usize, usize)>,
    /// Its most frequent class: 1 healthy, 2 chlorotic, 3 necrotic.
    pub class: u8,
    /// Visible pixels.
    pub area_px: f64,
    /// Height of its canopy above the substrate, pitches; the optional column `height_pitch`.
    pub height_pitch: Option<f64>,
    /// Whether a person could tell it in the picture; the optional column `readable`, 1 or 0.
    pub readable: bool,
}

/// Reads a plants file; of its columns `plant`, `row`, `col`, `class`, `area_px` are needed; `height_pitch` and
/// `readable` are optional.
///
/// # Errors
/// The file is missing, a needed column is, or a field is no number.
pub fn read_plants(path: &Path) -> Result<Vec<PlantTruth>, DatasetError> {
    const HEADER: &str = "a header with plant, row, col, class and area_px";
    let table = Table::read(path, HEADER)?;
    let needed = |name| table.needed(name, HEADER);
    let (plant, row, col) = (needed("plant")?, needed("row")?, needed("col")?);
    let (class, area) = (needed("class")?, needed("area_px")?);
    let height = table.column("height_pitch");
    let readable = table.column("readable");
    let read = |line: &Row| -> Result<PlantTruth, DatasetError> {
        let beyond = line.field(row).is_empty() || line.field(col).is_empty();
        let measured = height.filter(|&column| !line.field(column).is_empty());
        Ok(PlantTruth {
            plant: table.number(line, plant, "a plant's number")?,
            cell: if beyond {
                None
            } else {
                Some((
                    table.number(line, row, "a row number")?,
                    table.number(line, col, "a column number")?,
                ))
            },
            class: table.number(line, class, "a class 1 to 3")?,
            area_px: table.number::<u32>(line, area, "an area in px")?.into(),
            height_pitch: measured
                .map(|column| table.number(line, column, "a height in pitches"))
                .transpose()?,
            readable: readable.is_none_or(|column| line.field(column) != "0"),
        })
    };
    table.rows().iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_a_height_is_optional() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.plants.csv");
        let label = |plant, cell| PlantLabel {
            plant,
            cell,
            root: TrayPoint::new(0.5, 0.5),
            class: 2,
            family: "Brassica".to_owned(),
            leaves: 2,
            area_px: 17,
            height_pitch: 0.25,
            readable: true,
        };
        write_plants(&path, &[label(1, Some((3, 4))), label(2, None)]).unwrap();
        let plants = read_plants(&path).unwrap();
        assert_eq!((plants[0].cell, plants[1].cell), (Some((3, 4)), None));
        assert_eq!((plants[0].class, plants[0].area_px), (2, 17.0));
        assert_eq!(plants[0].height_pitch, Some(0.25));
        let text = "plant,row,col,class,area_px,height_pitch\n1,0,0,1,9,0.75\n2,0,1,1,9,\n";
        std::fs::write(&path, text).unwrap();
        let heights: Vec<_> = read_plants(&path)
            .unwrap()
            .iter()
            .map(|p| p.height_pitch)
            .collect();
        assert_eq!(heights, [Some(0.75), None]);
    }
}
