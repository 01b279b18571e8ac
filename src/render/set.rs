//! A whole set of rendered trays, written to disk.
//!
//! In: how many, from which seed. Out: a labelled set. The number of threads never changes a byte.

use std::ops::RangeInclusive;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

use super::chance::Chance;
use super::{RenderRequest, RenderedTray, Split, View, render};
use crate::dataset::{CellLabel, DatasetError, Encoding, NewImage, Node, PlantLabel, SetWriter};

/// Which views a set holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ViewMix {
    /// Straight from above only.
    Rectified,
    /// Whole scenes only.
    Camera,
    /// Three straight from above to one scene.
    Mixed,
    /// Scenes without a tray.
    NoTray,
}

/// A set to be rendered.
#[derive(Debug, Clone)]
pub struct RenderSetRequest {
    /// Number of trays.
    pub trays: usize,
    /// Pictures of each tray, 1 or more: lit and focused otherwise; scenes shifted and turned too.
    pub pictures: usize,
    /// Everything random follows from it.
    pub seed: u64,
    /// Rows and columns of all trays; drawn for each where `None`.
    pub grid: Option<(usize, usize)>,
    /// Which views.
    pub views: ViewMix,
    /// Scale of rectified views, px a pitch.
    pub px_per_pitch: RangeInclusive<f64>,
    /// What may occur.
    pub split: Split,
    /// How pictures are stored.
    pub encoding: Encoding,
}

/// Why a set could not be rendered.
#[derive(Debug, thiserror::Error)]
pub enum RenderSetError {
    /// A file could not be written.
    #[error(transparent)]
    Dataset(#[from] DatasetError),
}

/// Grids that trays come in, and how often.
const GRIDS: [(usize, usize, f32); 14] = [
    (10, 20, 16.0),
    (8, 16, 12.0),
    (16, 8, 4.0),
    (6, 12, 10.0),
    (12, 6, 10.0),
    (12, 24, 6.0),
    (5, 10, 6.0),
    (9, 5, 5.0),
    (4, 5, 8.0),
    (4, 4, 5.0),
    (3, 6, 5.0),
    (7, 14, 5.0),
    (6, 6, 3.0),
    (4, 3, 4.0),
];
/// Largest rectified frame, px: more cells get fewer pixels each.
const MOST_PIXELS: f64 = 1.6e6;

impl RenderSetRequest {
    /// The request of tray number `index`.
    #[must_use]
    pub fn tray(&self, index: usize) -> RenderRequest {
        let mut chance = Chance::new(
            self.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15)
                ^ (index as u64).wrapping_mul(0xd134_2543_de82_ef95),
        );
        let seed = chance.bits();
        let (rows, cols) = self.grid.unwrap_or_else(|| {
            if chance.with(0.12) {
                return (2 + chance.index(10), 2 + chance.index(14));
            }
            let weights: Vec<f32> = GRIDS.iter().map(|g| g.2).collect();
            let (rows, cols, _) = GRIDS[chance.weighted(&weights)];
            (rows, cols)
        });
        let camera = match self.views {
            ViewMix::Rectified => false,
            ViewMix::Camera | ViewMix::NoTray => true,
            ViewMix::Mixed => chance.with(0.25),
        };
        let (low, high) = (
            *self.px_per_pitch.start() as f32,
            *self.px_per_pitch.end() as f32,
        );
        let scale = f64::from(chance.log_range(low, high.max(low + 1e-3)));
        let most = (MOST_PIXELS / ((rows + 1) * (cols + 1)) as f64).sqrt();
        let view = if self.views == ViewMix::NoTray {
            View::NoTray
        } else if camera {
            View::Camera
        } else {
            View::Rectified {
                px_per_pitch: scale.min(most).max(f64::from(low)),
            }
        };
        RenderRequest {
            seed,
            repeat: 0,
            rows,
            cols,
            view,
            split: self.split,
        }
    }
}

/// Renders a set into `out`; `on_progress` hears the number of trays done so far, from any thread.
///
/// # Errors
/// A file cannot be written.
pub fn write_set(
    out: &Path,
    request: &RenderSetRequest,
    on_progress: impl Fn(usize) + Sync,
) -> Result<(), RenderSetError> {
    let writer = SetWriter::create(out, request.encoding)?;
    let done = AtomicUsize::new(0);
    let pictures = request.pictures.max(1);
    let entries = (0..request.trays * pictures)
        .into_par_iter()
        .map(|index| {
            let (tray, repeat) = (index / pictures, index % pictures);
            let mut asked = request.tray(tray);
            asked.repeat = repeat as u64;
            let name = format!("t{tray:06}");
            let entry = if pictures == 1 {
                add(&writer, &name, None, &asked, &render(&asked))?
            } else {
                let id = format!("{name}-{repeat:02}");
                add(&writer, &id, Some(&name), &asked, &render(&asked))?
            };
            on_progress(done.fetch_add(1, Ordering::Relaxed) + 1);
            Ok(entry)
        })
        .collect::<Result<Vec<_>, DatasetError>>()?;
    let split = match request.split {
        Split::Train => "train",
        Split::HeldOut => "held-out",
    };
    writer.finish(&format!("rendered-{split}-{}", request.seed), &entries)?;
    Ok(())
}

fn add(
    writer: &SetWriter,
    id: &str,
    same_tray: Option<&str>,
    asked: &RenderRequest,
    tray: &RenderedTray,
) -> Result<crate::dataset::Entry, DatasetError> {
    let place = |i: usize, cols: usize| (i / cols, i % cols);
    let cells: Vec<CellLabel> = tray
        .cells
        .iter()
        .enumerate()
        .map(|(i, cell)| {
            let (row, col) = place(i, tray.cols);
            CellLabel {
                row,
                col,
                state: cell.state,
                grade: None,
                plants: cell.plants,
            }
        })
        .collect();
    let rooted: Vec<PlantLabel> = tray
        .plants
        .iter()
        .map(|plant| PlantLabel {
            plant: plant.id,
            cell: plant.cell,
            root: plant.root,
            class: plant.class,
            family: format!("{:?}", plant.family),
            leaves: plant.leaves,
            area_px: plant.area_px,
            height_pitch: plant.height_pitch,
            readable: plant.readable,
        })
        .collect();
    let nodes: Vec<Node> = tray
        .nodes
        .iter()
        .enumerate()
        .map(|(i, &at)| {
            let (row, col) = place(i, tray.cols + 1);
            Node { row, col, at }
        })
        .collect();
    writer.add(&NewImage {
        id,
        frame: &tray.frame,
        plants: &tray.plant_ids,
        semantic: &tray.semantic,
        cells: &cells,
        rooted: &rooted,
        nodes: &nodes,
        corners: &tray.corners,
        grid: (tray.rows, tray.cols),
        seed: asked.seed,
        same_tray,
        no_tray: asked.view == View::NoTray,
        view: match asked.view {
            View::Rectified { .. } => "rectified",
            View::Camera => "camera",
            View::NoTray => "no tray",
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_threads_never_changes_a_byte() {
        let request = RenderSetRequest {
            trays: 5,
            pictures: 2,
            seed: 3,
            grid: Some((2, 3)),
            views: ViewMix::Rectified,
            px_per_pitch: 24.0..=40.0,
            split: Split::Train,
            encoding: Encoding::Jpeg,
        };
        let written = |threads: usize| {
            let folder = tempfile::tempdir().unwrap();
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .unwrap();
            pool.install(|| write_set(folder.path(), &request, |_| {}))
                .unwrap();
            let mut files: Vec<_> = std::fs::read_dir(folder.path().join("trays"))
                .unwrap()
                .map(|entry| entry.unwrap().path())
                .chain([folder.path().join("dataset.toml")])
                .collect();
            files.sort();
            let bytes = files.iter().map(|f| std::fs::read(f).unwrap());
            bytes.collect::<Vec<_>>()
        };
        assert_eq!(written(1), written(3));
    }
}
