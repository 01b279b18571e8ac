//! The whole way from a set's pictures to their verdicts, compared with their labels.

use rayon::prelude::*;

use crate::config::Config;
use crate::dataset::{LabelledImage, LabelledSet};
use crate::evaluate::{Compared, Found, JudgedTray, TrayTruth, standard_keeps};
use crate::grade::GradingStandard;
use crate::inspect::TrayReport;
use crate::picture::{self, Quad};
use crate::tray::TrayFormat;

use super::super::arguments::Global;
use super::super::exit::Failure;
use super::super::interrupt;
use super::super::judging::{JudgedPicture, judge_file};
use super::super::output::{say, shown};
use super::super::workshop::Workshop;
use super::named;

/// A judged picture of a set.
pub struct Judged<'a> {
    /// The picture.
    pub image: &'a LabelledImage,
    /// Its labels, compared with its report.
    pub compared: Compared,
    /// Its report.
    pub report: TrayReport,
    /// Where its cells lie, row-major; none where it was not located.
    pub quads: Option<Vec<Quad>>,
    /// Whether it could not be read.
    pub failed: bool,
    milliseconds: f64,
}

impl Judged<'_> {
    /// What an evaluation reads of it.
    pub fn tray(&self) -> JudgedTray<'_> {
        JudgedTray {
            id: self.image.id.clone(),
            group: self.image.group.clone(),
            same_tray: self.image.same_tray.clone(),
            shows_tray: !self.image.no_tray,
            compared: self.compared.clone(),
            report: &self.report,
            milliseconds: self.milliseconds,
        }
    }
}

/// What is looked for in a picture of no tray whose set states no grid: the commonest tray.
const COMMONEST_GRID: (usize, usize) = (10, 20);

/// Judges the pictures of a set, in their order whatever the number of workers.
///
/// # Errors
/// A grid that no tray has, labels that do not fit, or an engine that cannot be opened or failed.
pub fn judge_set<'a>(
    set: &'a LabelledSet,
    global: &Global,
    config: Option<&Config>,
    standard: &GradingStandard,
) -> Result<Vec<Judged<'a>>, Failure> {
    let mut shops: Vec<((usize, usize), Workshop)> = Vec::new();
    for image in &set.images {
        let Some(grid) = grid_of(image) else {
            say(&format!(
                "{}: left out: its rows and columns are not stated",
                image.id
            ));
            continue;
        };
        if shops.iter().all(|(g, _)| *g != grid) {
            let format = TrayFormat::new(grid.0 as u32, grid.1 as u32);
            let format = named(format, set, &image.id)?;
            let standard = standard.clone();
            shops.push((
                grid,
                Workshop::open(global, config, Some(format), standard, None, 1)?.halving(),
            ));
        }
    }
    set.images
        .par_iter()
        .filter(|_| !interrupt::requested())
        .filter_map(|image| {
            let grid = grid_of(image)?;
            let (_, shop) = shops.iter().find(|(g, _)| *g == grid)?;
            Some(judge_image(set, image, shop))
        })
        .collect()
}

fn grid_of(image: &LabelledImage) -> Option<(usize, usize)> {
    image
        .grid()
        .or_else(|| image.no_tray.then_some(COMMONEST_GRID))
}

fn judge_image<'a>(
    set: &LabelledSet,
    image: &'a LabelledImage,
    shop: &Workshop,
) -> Result<Judged<'a>, Failure> {
    let truth = named(TrayTruth::read(image), set, &image.id)?;
    let JudgedPicture {
        report,
        seen,
        watch,
    } = judge_file(shop, &image.path)?;
    let milliseconds = watch.finish().total;
    let failed = seen.is_none();
    if failed {
        let reason = report.reason.as_deref().unwrap_or_default();
        say(&format!("failed: {}", shown(reason)));
    }
    let (mut quads, mut found) = (None, None);
    let whole = seen
        .as_ref()
        .and_then(|seen| truth.is_whole_in(seen.size()));
    if let Some(seen) = seen
        && let Some(lattice) = seen.lattice.clone()
    {
        quads = picture::cell_quads(&report, Some(&lattice));
        let size = seen.size();
        named(truth.fits(size), set, &image.id)?;
        let reading = if truth.needs_plants() {
            let reading = shop.with_inspector(|i| seen.read_plants(i))?;
            reading.map_err(Failure::resource)?
        } else {
            None
        };
        found = Some(Found {
            size,
            lattice,
            reading,
        });
    }
    let mut compared = named(truth.compare(&report, found), set, &image.id)?;
    compared.whole_in_picture = whole;
    if let Some(pitch) = report.px_per_pitch {
        compared.standard_keeps =
            standard_keeps(&compared.planted, shop.standard(), pitch, report.mm_per_px);
    }
    Ok(Judged {
        image,
        compared,
        report,
        quads,
        failed,
        milliseconds: if failed { 0.0 } else { milliseconds },
    })
}
