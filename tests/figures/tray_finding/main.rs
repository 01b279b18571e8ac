//! How well trays are found, in figures, over rendered sets with exact nodes:
//!
//! ```text
//! seedgrade render --view camera --encoding jpeg --trays 150 --seed 7101 --out /tmp/camera
//! cargo run --release --example tray_finding -- /tmp/camera
//! ```
//!
//! Three tables: trays asked for by their own grid, under several conditions; the same trays asked for by
//! another grid; pictures that show no tray (drawn here, and every picture of a folder named after
//! `--no-tray`). `--misses` names each picture that did not come out as it should; `--trays-only`,
//! `--grids-only`, `--no-tray-only` and `--as-rendered` leave the rest out.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod conditions;
mod no_tray;
mod tally;
mod truth;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use rayon::prelude::*;
use seedgrade::dataset::{LabelledImage, read_set};
use seedgrade::frame::{DecodeLimits, Frame, picture_paths, read_picture};
use seedgrade::tray::{TrayFinder, TrayFormat, check};

use conditions::CONDITIONS;
use tally::{Outcome, Tally};
use truth::Truth;

type AnyError = Box<dyn std::error::Error + Send + Sync>;

/// What the command line asked for.
#[derive(Default)]
struct Asked {
    sets: Vec<PathBuf>,
    no_tray: Vec<PathBuf>,
    misses: bool,
    /// Leaves the other conditions out.
    as_rendered: bool,
    /// Only this table; all when empty.
    table: String,
}

fn asked() -> Asked {
    let mut asked = Asked::default();
    let mut is_no_tray = false;
    for argument in std::env::args().skip(1) {
        match argument.as_str() {
            "--no-tray" => is_no_tray = true,
            "--misses" => asked.misses = true,
            "--as-rendered" => asked.as_rendered = true,
            "--trays-only" | "--grids-only" | "--no-tray-only" => {
                asked.table = argument.trim_start_matches("--").to_owned();
            }
            path if is_no_tray => asked.no_tray.push(path.into()),
            path => asked.sets.push(path.into()),
        }
    }
    asked
}

fn main() -> ExitCode {
    let asked = asked();
    let run = || -> Result<(), AnyError> {
        let is_wanted = |table: &str| asked.table.is_empty() || asked.table == table;
        for set in &asked.sets {
            if is_wanted("trays-only") {
                trays(set, &asked)?;
            }
            if is_wanted("grids-only") {
                other_grids(set, asked.misses)?;
            }
        }
        if is_wanted("no-tray-only") {
            no_trays(&asked)?;
        }
        Ok(())
    };
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn read(image: &LabelledImage) -> Result<(Frame, Truth), AnyError> {
    let (_, frame) = read_picture(&image.path, DecodeLimits::default())?;
    let truth = Truth::read(image)?;
    Ok((frame, truth))
}

/// What became of one picture; `truth` is none where there is no such tray.
fn outcome(frame: &Frame, format: TrayFormat, truth: Option<&Truth>) -> Result<Outcome, AnyError> {
    let found = TrayFinder::shipped()?
        .locate(frame, format)?
        .and_then(|found| check(frame, &found.lattice).map(|_| found));
    Ok(match (found, truth) {
        (Err(refusal), _) => Outcome::refused(&refusal),
        (Ok(found), Some(truth)) => Outcome::located(truth.worst_error(&found.lattice)),
        (Ok(_), None) => Outcome::located(f64::INFINITY),
    })
}

/// Every tray asked for by its own grid, under each condition.
fn trays(set: &Path, asked: &Asked) -> Result<(), AnyError> {
    let images = read_set(set)?.images;
    let conditions = &CONDITIONS[..if asked.as_rendered {
        1
    } else {
        CONDITIONS.len()
    }];
    for condition in conditions {
        let outcomes = images
            .par_iter()
            .map(|image| {
                let (frame, truth) = read(image)?;
                let (frame, truth) = condition.apply(&frame, &truth);
                let outcome = outcome(&frame, truth.format()?, Some(&truth))?;
                Ok((image.id.clone(), truth.view(&frame), outcome))
            })
            .collect::<Result<Vec<_>, AnyError>>()?;
        for view in truth::VIEWS {
            let of_view = outcomes.iter().filter(|(_, v, _)| *v == view);
            let tally = Tally::of(of_view.map(|(id, _, outcome)| (id.as_str(), outcome)));
            tally.print(
                &format!("{}, {}, {}", set.display(), condition.name, view.words()),
                asked.misses,
            );
        }
    }
    Ok(())
}

/// Some of many, others for every picture: all grids get their turn over a set.
fn some<T: Clone>(all: &[T], index: usize) -> impl Iterator<Item = T> {
    const SOME: usize = 4;
    let picked = (0..SOME.min(all.len())).map(|i| (SOME * index + i) % all.len());
    picked
        .map(|i| all[i].clone())
        .collect::<Vec<_>>()
        .into_iter()
}

/// Trays wholly in view asked for by grids that are not theirs: every one that is located is wrong.
fn other_grids(set: &Path, misses: bool) -> Result<(), AnyError> {
    let images = read_set(set)?.images;
    let outcomes = images
        .par_iter()
        .enumerate()
        .map(|(index, image)| {
            let (frame, truth) = read(image)?;
            if truth.view(&frame) != truth::View::Whole {
                return Ok(Vec::new());
            }
            some(&truth.other_formats(), index)
                .map(|format| {
                    let id = format!("{} asked as {format}", image.id);
                    Ok((id, outcome(&frame, format, None)?))
                })
                .collect()
        })
        .collect::<Result<Vec<Vec<_>>, AnyError>>()?;
    let all: Vec<_> = outcomes.into_iter().flatten().collect();
    let tally = Tally::of(all.iter().map(|(id, outcome)| (id.as_str(), outcome)));
    tally.print(&format!("{}, another grid", set.display()), misses);
    Ok(())
}

/// Grids that pictures without a tray are asked for.
const GRIDS: [&str; 8] = ["2x2", "3x3", "4x3", "4x5", "6x12", "9x5", "8x16", "10x20"];

fn no_trays(asked: &Asked) -> Result<(), AnyError> {
    let mut pictures = no_tray::drawn();
    for set in &asked.sets {
        for image in read_set(set)?.images {
            let (frame, truth) = read(&image)?;
            pictures.extend(no_tray::ground_beside(&image.id, &frame, &truth));
        }
    }
    for folder in &asked.no_tray {
        for path in picture_paths(folder)? {
            let (_, frame) = read_picture(&path, DecodeLimits::default())?;
            pictures.push((path.display().to_string(), frame));
        }
    }
    let outcomes: Vec<_> = pictures
        .par_iter()
        .enumerate()
        .map(|(index, (name, frame))| {
            let asked = some(&GRIDS, index).map(|grid| {
                let format = TrayFormat::parse(grid)?;
                let id = format!("{name} asked as {grid}");
                Ok((id, outcome(frame, format, None)?))
            });
            asked.collect::<Vec<_>>()
        })
        .flatten_iter()
        .collect::<Result<_, AnyError>>()?;
    let tally = Tally::of(outcomes.iter().map(|(id, outcome)| (id.as_str(), outcome)));
    tally.print(
        &format!("{} pictures of no tray", pictures.len()),
        asked.misses,
    );
    Ok(())
}
