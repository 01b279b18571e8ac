//! What went wrong, to look at: a contact sheet for every kind of error of a set.

use std::collections::BTreeSet;
use std::path::Path;

use crate::evaluate::said_of_grade;
use crate::frame::{DecodeLimits, read_picture};
use crate::inspect::CellReport;
use crate::picture::{self, CellCrop};

use super::super::exit::Failure;
use super::super::output::say;
use super::super::results::write_picture;
use super::whole::Judged;

/// A kind of error, and the name of its sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A seedling called blank.
    MissedSeedling,
    /// A blank passed as a seedling.
    FalseSeedling,
    /// Left undecided.
    Unsure,
    /// Two plants called one, or one called two.
    Double,
    /// Another grade or condition than the label's.
    WrongClass,
    /// Right, but hardly so.
    LeastCertain,
}

impl Kind {
    const ALL: [Self; 6] = [
        Self::MissedSeedling,
        Self::FalseSeedling,
        Self::Unsure,
        Self::Double,
        Self::WrongClass,
        Self::LeastCertain,
    ];

    fn file(self) -> &'static str {
        match self {
            Self::MissedSeedling => "missed-seedling.png",
            Self::FalseSeedling => "false-seedling.png",
            Self::Unsure => "unsure.png",
            Self::Double => "double.png",
            Self::WrongClass => "wrong-class.png",
            Self::LeastCertain => "least-certain.png",
        }
    }

    /// The kind of a labelled cell; none where it is right and certain.
    fn of(holds: bool, grade: Option<&str>, cell: &CellReport) -> Option<Self> {
        let said = grade.map(|label| said_of_grade(cell, label));
        match cell.verdict.as_str() {
            "blank" if holds => Some(Self::MissedSeedling),
            "graded" | "double" if !holds => Some(Self::FalseSeedling),
            "blank" | "graded" | "double" if said == grade => {
                (doubt(holds, cell) >= LEAST_DOUBT).then_some(Self::LeastCertain)
            }
            "blank" | "graded" | "double" => {
                let double = [said, grade].contains(&Some("double"));
                Some(if double {
                    Self::Double
                } else {
                    Self::WrongClass
                })
            }
            _ => Some(Self::Unsure),
        }
    }
}

/// Nearness of the probability to the wrong side: 0 certain and right, 1 undecided, 2 certain and wrong.
fn doubt(holds: bool, cell: &CellReport) -> f64 {
    2.0 * if holds {
        1.0 - cell.occupied
    } else {
        cell.occupied
    }
}

/// Below this a right cell is certain enough.
const LEAST_DOUBT: f64 = 0.1;
/// The most cells of one picture on a sheet, so that one bad tray does not fill it, and of a sheet.
const MOST_OF_A_PICTURE: usize = 24;
const MOST_OF_A_SHEET: usize = 120;
const SHEET_COLUMNS: usize = 12;

/// A cell that goes on a sheet.
struct Shown {
    picture: usize,
    cell: usize,
    doubt: f64,
    kind: Kind,
}

/// Writes the sheets of a set into its folder and takes away those of an earlier run.
///
/// # Errors
/// The folder cannot be written.
pub fn write(folder: &Path, judged: &[Judged<'_>], grade_names: &[String]) -> Result<(), Failure> {
    for kind in Kind::ALL {
        let path = folder.join(kind.file());
        if path.is_file() {
            std::fs::remove_file(&path).map_err(Failure::resource)?;
        }
    }
    let all: Vec<Shown> = judged.iter().enumerate().flat_map(cells_to_show).collect();
    if all.is_empty() {
        say(&format!("{}: no wrong or uncertain cell", folder.display()));
    }
    for kind in Kind::ALL {
        let chosen = most_doubtful(&all, kind);
        let crops = crops(&chosen, judged, grade_names);
        if let Some(sheet) = picture::contact_sheet(&crops, SHEET_COLUMNS) {
            write_picture(&folder.join(kind.file()), &sheet).map_err(Failure::resource)?;
        }
    }
    Ok(())
}

fn cells_to_show((picture, judged): (usize, &Judged<'_>)) -> Vec<Shown> {
    let compared = &judged.compared;
    let cells = judged.report.cells.iter().zip(&compared.labels).enumerate();
    cells
        .filter_map(|(i, (cell, label))| {
            let holds = (*label)?;
            let grade = compared.grade_labels.get(i).and_then(Option::as_deref);
            Some(Shown {
                picture,
                cell: i,
                doubt: doubt(holds, cell),
                kind: Kind::of(holds, grade, cell)?,
            })
        })
        .collect()
}

/// The most doubtful cells of a kind; equals in the order of pictures and cells.
fn most_doubtful(all: &[Shown], kind: Kind) -> Vec<&Shown> {
    let mut cells: Vec<&Shown> = all.iter().filter(|shown| shown.kind == kind).collect();
    cells.sort_by(|a, b| b.doubt.total_cmp(&a.doubt));
    let mut of_picture = std::collections::BTreeMap::<usize, usize>::new();
    cells.retain(|shown| {
        let count = of_picture.entry(shown.picture).or_default();
        *count += 1;
        *count <= MOST_OF_A_PICTURE
    });
    cells.truncate(MOST_OF_A_SHEET);
    cells
}

/// The cells' pictures in their order. Frames are read again here: keeping those of a whole set would take more memory
/// than the crops of a few cells.
fn crops(chosen: &[&Shown], judged: &[Judged<'_>], grade_names: &[String]) -> Vec<CellCrop> {
    let mut crops: Vec<Option<CellCrop>> = vec![None; chosen.len()];
    let pictures: BTreeSet<usize> = chosen.iter().map(|shown| shown.picture).collect();
    for picture in pictures {
        let judged = &judged[picture];
        let read = read_picture(&judged.image.path, DecodeLimits::default());
        let (Ok((_, frame)), Some(quads)) = (read, &judged.quads) else {
            continue;
        };
        let here = crops.iter_mut().zip(chosen);
        for (crop, shown) in here.filter(|(_, shown)| shown.picture == picture) {
            let cell = judged.report.cells.get(shown.cell);
            if let (Some(cell), Some(quad)) = (cell, quads.get(shown.cell)) {
                let captions = captions(judged, shown.cell);
                *crop = Some(picture::crop_cell(
                    &frame,
                    quad,
                    cell,
                    grade_names,
                    captions,
                ));
            }
        }
    }
    crops.into_iter().flatten().collect()
}

/// Tray and cell, truth, verdict, probability, a line each.
fn captions(judged: &Judged<'_>, index: usize) -> Vec<String> {
    let cell = &judged.report.cells[index];
    let compared = &judged.compared;
    let holds = compared.labels.get(index).copied().flatten() == Some(true);
    let grade = compared.grade_labels.get(index).and_then(Option::as_deref);
    let truth = grade.unwrap_or(if holds { "seedling" } else { "no seedling" });
    let grade_said = cell
        .grade
        .as_deref()
        .map_or_else(String::new, |g| format!(" {g}"));
    vec![
        format!("{} {},{}", judged.image.id, cell.row, cell.col),
        format!("is {truth}"),
        format!("said {}{grade_said}", cell.verdict),
        format!("p {:.3}", cell.occupied),
    ]
}

/// Names of the sets' folders: two sets of one name get two folders, on disks that fold case too.
#[derive(Debug, Default)]
pub struct SheetFolders(BTreeSet<String>);

impl SheetFolders {
    /// A folder's name for a set. A set's name is no path: it must not lead out of the folder.
    pub fn name_for(&mut self, set: &str) -> String {
        let plain = |c: char| c.is_alphanumeric() || " -_.+".contains(c);
        let name: String = set
            .chars()
            .map(|c| if plain(c) { c } else { '_' })
            .collect();
        let name = name.trim_matches([' ', '.']);
        let name = if name.is_empty() { "set" } else { name };
        let mut free = name.to_owned();
        let mut number = 2;
        while !self.0.insert(free.to_lowercase()) {
            free = format!("{name}.{number}");
            number += 1;
        }
        free
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::samples;

    /// A cell with a verdict of [`samples`] and a probability.
    fn cell(verdict: &str, occupied: f64) -> CellReport {
        let kind = ["graded", "", "", "", "blank", "double", "unsure"];
        let kind = kind.iter().position(|v| *v == verdict).unwrap();
        let mut cell = samples::cell(0, 0, kind);
        cell.occupied = occupied;
        cell
    }

    #[test]
    fn every_error_has_one_kind_and_a_certain_right_cell_none() {
        let kind = |holds, grade, verdict, p| Kind::of(holds, grade, &cell(verdict, p));
        assert_eq!(kind(true, None, "blank", 0.1), Some(Kind::MissedSeedling));
        assert_eq!(kind(false, None, "double", 0.9), Some(Kind::FalseSeedling));
        assert_eq!(
            kind(true, Some("healthy"), "unsure", 0.5),
            Some(Kind::Unsure)
        );
        assert_eq!(
            kind(true, Some("double"), "graded", 1.0),
            Some(Kind::Double)
        );
        assert_eq!(
            kind(true, Some("healthy"), "double", 1.0),
            Some(Kind::Double)
        );
        assert_eq!(
            kind(true, Some("necrotic"), "graded", 1.0),
            Some(Kind::WrongClass)
        );
        assert_eq!(kind(true, Some("B"), "graded", 1.0), Some(Kind::WrongClass));
        assert_eq!(kind(true, None, "graded", 0.7), Some(Kind::LeastCertain));
        assert_eq!(kind(true, Some("healthy"), "graded", 0.99), None);
        assert_eq!(kind(false, None, "blank", 0.01), None);
    }

    #[test]
    fn the_most_doubtful_come_first_and_no_picture_fills_a_sheet() {
        let shown = |picture, cell, doubt| Shown {
            picture,
            cell,
            doubt,
            kind: Kind::Unsure,
        };
        let mut all: Vec<Shown> = (0..50).map(|i| shown(0, i, 1.0)).collect();
        all.push(shown(1, 0, 1.5));
        let chosen = most_doubtful(&all, Kind::Unsure);
        assert_eq!(
            (chosen.len(), chosen[0].picture, chosen[1].cell),
            (25, 1, 0)
        );
        assert!(most_doubtful(&all, Kind::Double).is_empty());
    }

    #[test]
    fn sets_of_one_name_have_folders_of_their_own_and_none_leads_out() {
        let mut folders = SheetFolders::default();
        let names = ["a", "A", "a", "../../b", "..", ""].map(|name| folders.name_for(name));
        assert_eq!(names, ["a", "A.2", "a.3", "_.._b", "set", "set.2"]);
    }
}
