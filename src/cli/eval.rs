//! `seedgrade eval`: accuracy on labelled sets, with intervals.

use std::path::Path;

use anyhow::{Context, anyhow};
use rayon::prelude::*;

use crate::dataset::{CellState, LabelledImage, LabelledSet, read_set};
use crate::evaluate::{JudgedTray, SetReport, corner_error_pitch, set_table};
use crate::frame::Frame;
use crate::geometry::FramePoint;
use crate::grade::GradingStandard;
use crate::inspect::{CellReport, TrayReport};
use crate::picture::{self, CellCrop};
use crate::tray::TrayFormat;

use super::arguments::{EvalArguments, EvalStage, Global};
use super::exit::{CommandResult, Ending, Failure};
use super::grade::worker_count;
use super::interrupt;
use super::judging::{JudgedPicture, judge_file};
use super::output::{print, say, shown};
use super::results::write_picture;
use super::workshop::{Workshop, read_config};

/// Runs the command. Verdicts are those of the embedded standard: occupancy is what is scored.
pub fn run(arguments: &EvalArguments, global: &Global) -> CommandResult {
    if arguments.stage == EvalStage::Segment {
        return Err(anyhow!("--stage segment is not built yet: only whole").into());
    }
    let config = read_config(global)?;
    let sets: Vec<LabelledSet> = arguments
        .sets
        .iter()
        .map(|folder| read_set(folder))
        .collect::<Result<_, _>>()?;
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(worker_count(arguments.jobs))
        .build()?;
    let mut reports = Vec::new();
    let mut failed = 0;
    for set in &sets {
        let judged = pool.install(|| judge_set(set, global, config.as_ref()))?;
        if interrupt::requested() {
            say("interrupted: the sets printed so far are whole, this one is not");
            return Ok(Ending::Interrupted);
        }
        failed += judged.iter().filter(|j| j.failed).count();
        let report = set_report(set, &judged);
        if arguments.json {
            print(&(serde_json::to_string(&report)? + "\n"))?;
        }
        if let Some(folder) = &arguments.errors {
            // a name is no path: it must not lead out of the folder
            let name = set.name.replace(['/', '\\'], "_");
            write_errors(&folder.join(format!("{name}.png")), &judged)
                .map_err(Failure::resource)?;
        }
        reports.push(report);
    }
    if !arguments.json {
        print(&set_table(&reports))?;
    }
    Ok(ending(&reports, failed, arguments.min_accuracy))
}

fn ending(reports: &[SetReport], failed: usize, least: Option<f64>) -> Ending {
    let below = |report: &SetReport| {
        let accuracy = report.occupancy.as_ref().and_then(|o| o.accuracy);
        least.is_some_and(|least| accuracy.is_none_or(|a| a < least))
    };
    if failed > 0 {
        Ending::SomeFailed
    } else if reports.iter().any(below) {
        Ending::Below
    } else {
        Ending::Done
    }
}

/// A judged picture of a set.
struct Judged<'a> {
    image: &'a LabelledImage,
    labels: Vec<Option<bool>>,
    report: TrayReport,
    milliseconds: f64,
    failed: bool,
    crops: Vec<(f64, CellCrop)>,
}

fn judge_set<'a>(
    set: &'a LabelledSet,
    global: &Global,
    config: Option<&crate::config::Config>,
) -> Result<Vec<Judged<'a>>, Failure> {
    let mut shops: Vec<((usize, usize), Workshop)> = Vec::new();
    for image in &set.images {
        let Some(grid) = image.grid() else {
            continue;
        };
        if shops.iter().all(|(g, _)| *g != grid) {
            let format = TrayFormat::new(grid.0 as u32, grid.1 as u32)
                .with_context(|| format!("{}: {}", set.name, image.id))?;
            let standard = GradingStandard::embedded();
            shops.push((
                grid,
                Workshop::open(global, config, format, standard, None, 1)?,
            ));
        }
    }
    set.images
        .par_iter()
        .filter(|_| !interrupt::requested())
        .filter_map(|image| {
            let grid = image.grid().or_else(|| {
                say(&format!(
                    "{}: left out: its rows and columns are not stated",
                    image.id
                ));
                None
            })?;
            let (_, shop) = shops.iter().find(|(g, _)| *g == grid)?;
            Some(judge_image(image, shop))
        })
        .collect()
}

fn judge_image<'a>(image: &'a LabelledImage, shop: &Workshop) -> Result<Judged<'a>, Failure> {
    let JudgedPicture {
        report,
        seen,
        watch,
    } = judge_file(shop, &image.path)?;
    let mut judged = Judged {
        image,
        labels: cell_labels(image),
        report,
        milliseconds: 0.0,
        failed: seen.is_none(),
        crops: Vec::new(),
    };
    match seen {
        Some((frame, lattice)) => {
            judged.milliseconds = watch.finish().total;
            let quads = picture::cell_quads(&judged.report, lattice.as_ref());
            let (labels, report) = (&judged.labels, &judged.report);
            judged.crops = doubtful_cells(image, labels, report, &frame, quads, shop);
        }
        None => {
            let reason = judged.report.reason.as_deref().unwrap_or_default();
            say(&format!("failed: {}", shown(reason)));
        }
    }
    Ok(judged)
}

/// Whether a cell holds a seedling, row-major; none where nobody says.
fn cell_labels(image: &LabelledImage) -> Vec<Option<bool>> {
    let (rows, cols) = image.grid().unwrap_or_default();
    let mut labels = vec![None; rows * cols];
    for cell in image.cells.iter().flatten() {
        let place = cell.row * cols + cell.col;
        if let Some(label) = labels.get_mut(place).filter(|_| cell.col < cols) {
            *label = match cell.state {
                CellState::Seedling => Some(true),
                CellState::NoSeedling => Some(false),
                CellState::Unlabelled => None,
            };
        }
    }
    labels
}

/// How wrong or uncertain a labelled cell is: above 1 when wrong, else nearness to one half.
fn doubt(label: bool, cell: &CellReport) -> f64 {
    let towards_label = if label {
        cell.occupied
    } else {
        1.0 - cell.occupied
    };
    if towards_label < 0.5 {
        2.0 - towards_label
    } else {
        2.0 * (1.0 - towards_label)
    }
}

/// The most cells of a picture and of a sheet.
const MOST_CROPS_A_TRAY: usize = 24;
const MOST_CROPS_A_SHEET: usize = 120;
const SHEET_COLUMNS: usize = 12;
/// Below this a cell is neither wrong nor uncertain.
const LEAST_DOUBT: f64 = 0.1;

fn doubtful_cells(
    image: &LabelledImage,
    labels: &[Option<bool>],
    report: &TrayReport,
    frame: &Frame,
    quads: Option<Vec<picture::Quad>>,
    shop: &Workshop,
) -> Vec<(f64, CellCrop)> {
    let names = shop.grade_names();
    let mut cells: Vec<_> = quads
        .iter()
        .flatten()
        .zip(&report.cells)
        .zip(labels)
        .filter_map(|((quad, cell), label)| {
            let label = (*label)?;
            let doubt = doubt(label, cell);
            (doubt >= LEAST_DOUBT).then_some((doubt, quad, cell, label))
        })
        .collect();
    cells.sort_by(|a, b| b.0.total_cmp(&a.0));
    cells.truncate(MOST_CROPS_A_TRAY);
    cells
        .into_iter()
        .map(|(doubt, quad, cell, label)| {
            let word = if label { "seedling" } else { "none" };
            let captions = vec![
                format!("{} {},{}", image.id, cell.row, cell.col),
                format!("is {word}"),
                format!("p {:.2}", cell.occupied),
            ];
            (
                doubt,
                picture::crop_cell(frame, quad, cell, &names, captions),
            )
        })
        .collect()
}

fn write_errors(path: &Path, judged: &[Judged<'_>]) -> anyhow::Result<()> {
    let mut crops: Vec<&(f64, CellCrop)> = judged.iter().flat_map(|j| &j.crops).collect();
    crops.sort_by(|a, b| b.0.total_cmp(&a.0));
    let crops: Vec<CellCrop> = crops
        .into_iter()
        .take(MOST_CROPS_A_SHEET)
        .map(|(_, crop)| crop.clone())
        .collect();
    match picture::contact_sheet(&crops, SHEET_COLUMNS) {
        Some(sheet) => write_picture(path, &sheet),
        None => {
            say(&format!("{}: no wrong or uncertain cell", path.display()));
            Ok(())
        }
    }
}

fn set_report(set: &LabelledSet, judged: &[Judged<'_>]) -> SetReport {
    let trays: Vec<JudgedTray<'_>> = judged
        .iter()
        .map(|j| {
            let mut tray = JudgedTray::new(
                &j.image.id,
                &j.image.group,
                j.labels.clone(),
                &j.report,
                j.milliseconds,
            );
            tray.corner_error_pitch = corner_error(j.image, &j.report);
            tray
        })
        .collect();
    SetReport::new(set.name.clone(), &trays)
}

fn corner_error(image: &LabelledImage, report: &TrayReport) -> Option<f64> {
    let truth = image.corners?.map(|p: FramePoint| [p.x, p.y]);
    corner_error_pitch(&report.corners_px?, &truth, report.px_per_pitch?)
}
