//! States of cells from where plants and marks lie in the block of cells.

use super::super::{CellLabel, CellState};
use super::ClassMeaning;
use super::fit::Fitted;
use super::region::Run;
use super::request::Block;
use super::summary::Tally;
use crate::geometry::{FramePoint, FrameSpace, Homography, TrayPoint, TraySpace};

/// What a thing in the picture says of its cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// One plant.
    Plant,
    /// A place without a plant.
    NoPlant,
    /// Leaves or a crowd: green, but nobody says how many plants, or whose.
    Unclear,
}

/// A thing in the picture.
pub(super) struct Thing<'a> {
    pub kind: Kind,
    /// Where it counts, px.
    pub centre: [f64; 2],
    /// Its pixels, where they are known.
    pub runs: Option<&'a [Run]>,
    /// Its box, px.
    pub edges: Option<[f64; 4]>,
}

/// Where the block of cells lies in a picture.
pub(super) struct BlockInPicture {
    rows: usize,
    cols: usize,
    tray_from_frame: Homography<FrameSpace, TraySpace>,
    /// Its corners, where a tray was annotated with four points.
    pub annotated_corners: Option<[FramePoint; 4]>,
}

impl BlockInPicture {
    /// By the one tray that is annotated (four points, or a box around an upright tray), else the whole picture where
    /// that was said; else none.
    pub fn find(block: Block, fitted: &[Fitted], (width, height): (u32, u32)) -> Option<Self> {
        let mut trays = fitted.iter().filter(|f| f.meaning == ClassMeaning::Tray);
        let (corners, annotated) = match (trays.next(), trays.next()) {
            (Some(tray), None) => match (tray.quadrilateral, tray.edges) {
                (Some(points), _) => (ordered(points), true),
                (None, Some([x0, y0, x1, y1])) => ([[x0, y0], [x1, y0], [x1, y1], [x0, y1]], false),
                (None, None) => return None,
            },
            (None, _) if block.fills_picture => {
                let (x, y) = (f64::from(width), f64::from(height));
                ([[0.0, 0.0], [x, 0.0], [x, y], [0.0, y]], false)
            }
            _ => return None,
        };
        let corners = corners.map(|[x, y]| FramePoint::new(x, y));
        let (x, y) = (block.cols as f64, block.rows as f64);
        let ends = [(0.0, 0.0), (x, 0.0), (x, y), (0.0, y)].map(|(x, y)| TrayPoint::new(x, y));
        let pairs: Vec<_> = corners.into_iter().zip(ends).collect();
        Some(Self {
            rows: block.rows,
            cols: block.cols,
            tray_from_frame: Homography::fit(&pairs).ok()?,
            annotated_corners: annotated.then_some(corners),
        })
    }

    /// The index of the cell at a point, row-major; none beyond the block.
    fn cell_at(&self, [x, y]: [f64; 2]) -> Option<usize> {
        let at = self.tray_from_frame.map(FramePoint::new(x, y));
        let within = |v: f64, end: usize| (0.0..end as f64).contains(&v).then_some(v as usize);
        Some(within(at.y, self.rows)? * self.cols + within(at.x, self.cols)?)
    }
}

/// Four points in the order top-left, top-right, bottom-right, bottom-left: around their middle, from the one that
/// lies most to the top left.
fn ordered(mut points: [[f64; 2]; 4]) -> [[f64; 2]; 4] {
    let middle = points
        .iter()
        .fold([0.0, 0.0], |[x, y], p| [x + p[0] / 4.0, y + p[1] / 4.0]);
    let angle = |p: &[f64; 2]| (p[1] - middle[1]).atan2(p[0] - middle[0]);
    points.sort_by(|a, b| angle(a).total_cmp(&angle(b)));
    let sums = points.map(|[x, y]| x + y);
    let first = (0..4).min_by(|a, b| sums[*a].total_cmp(&sums[*b]));
    points.rotate_left(first.unwrap_or_default());
    points
}

/// The state of every cell, row-major. A plant or a mark counts where its centre lies.
///
/// A cell with nothing in it has no seedling, unless the source marks such cells elsewhere (then this one was
/// forgotten) or green of unclear origin reaches into it: then it is unlabelled.
pub(super) fn cells(
    block: &BlockInPicture,
    things: &[Thing<'_>],
    marks_empty_cells: bool,
    tally: &mut Tally,
) -> Vec<CellLabel> {
    let mut found = vec![Found::default(); block.rows * block.cols];
    for thing in things {
        if thing.kind == Kind::Unclear {
            for cell in touched(block, thing) {
                found[cell].unclear = true;
            }
            continue;
        }
        match block.cell_at(thing.centre).map(|cell| &mut found[cell]) {
            Some(cell) if thing.kind == Kind::Plant => cell.plants += 1,
            Some(cell) => cell.marked_empty = true,
            None => tally.beyond_block += 1,
        }
    }
    let label = |(at, found): (usize, &Found)| {
        tally.conflicting_cells += u64::from(found.plants > 0 && found.marked_empty);
        let state = found.state(marks_empty_cells);
        let certain = state != CellState::Unlabelled && !found.unclear;
        CellLabel {
            row: at / block.cols,
            col: at % block.cols,
            state,
            grade: None,
            plants: certain.then_some(found.plants),
        }
    };
    found.iter().enumerate().map(label).collect()
}

#[derive(Clone, Default)]
struct Found {
    plants: u32,
    marked_empty: bool,
    unclear: bool,
}

impl Found {
    fn state(&self, marks_empty_cells: bool) -> CellState {
        match (self.plants > 0, self.marked_empty) {
            (true, false) => CellState::Seedling,
            (false, true) if !self.unclear => CellState::NoSeedling,
            (false, false) if !self.unclear && !marks_empty_cells => CellState::NoSeedling,
            _ => CellState::Unlabelled,
        }
    }
}

/// Cells that a thing may reach into: by its pixels, else by a grid of points over its box.
fn touched(block: &BlockInPicture, thing: &Thing<'_>) -> Vec<usize> {
    let points: Vec<[f64; 2]> = match (thing.runs, thing.edges) {
        (Some(runs), _) => runs
            .iter()
            .flat_map(|r| (r.x0..r.x1).map(|x| [f64::from(x) + 0.5, f64::from(r.y) + 0.5]))
            .collect(),
        (None, Some([x0, y0, x1, y1])) => {
            // two points a cell reach into every cell that a box covers by half
            let steps = (2 * block.rows.max(block.cols)) as u32;
            let at = |a: f64, b: f64, i: u32| a + (b - a) * f64::from(i) / f64::from(steps);
            let row = |j| (0..=steps).map(move |i| [at(x0, x1, i), at(y0, y1, j)]);
            (0..=steps).flat_map(row).collect()
        }
        (None, None) => vec![thing.centre],
    };
    let mut cells: Vec<usize> = points
        .into_iter()
        .filter_map(|p| block.cell_at(p))
        .collect();
    cells.sort_unstable();
    cells.dedup();
    cells
}
