//! What people said of cells as a labelled set.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::anyhow;
use sha2::{Digest as _, Sha256};

use crate::dataset::{
    CellLabel, CellState, CopiedImage, Encoding, Entry, PictureLabels, SetAbout, SetWriter, Use,
};
use crate::frame::{DecodeLimits, decode, read_bytes};
use crate::geometry::FramePoint;
use crate::inspect::TrayReport;
use crate::store::{ExportScope, KeptPicture, StatedVerdict, StoreReader};

use super::super::exit::{CommandResult, Ending, Failure};
use super::super::output::{print, say, shown};
use super::ExportArguments;

const ABOUT: &str = "cells that people corrected or audited; all others are unlabelled";
const TRAPS: &str = "corrected cells are those that caught somebody's eye: an accuracy over them is no accuracy over all \
                     cells; answers of audits, drawn at random, are";

/// Writes the set; ends with 4 where pictures were missing.
pub fn write(
    stores: &[StoreReader],
    scope: &ExportScope,
    arguments: &ExportArguments,
) -> CommandResult {
    let writer = SetWriter::create(&arguments.out, Encoding::Png)?;
    let (mut entries, mut labelled, mut missing) = (Vec::new(), 0, 0);
    for store in stores {
        store.each_tray(scope, &mut |tray| -> Result<(), Failure> {
            let said = store.said_of_cells(&tray.uid, tray.pass)?;
            if said.is_empty() {
                return Ok(());
            }
            let report = store.report(tray.id)?;
            let folder = arguments.pictures.as_deref().unwrap_or(Path::new(""));
            let kept = store.kept_picture(&tray.uid, tray.pass)?;
            match picture(&report, kept, folder) {
                Ok(bytes) => {
                    labelled += said.len();
                    entries.push(add(&writer, &report, &said, &bytes)?);
                }
                Err(reason) => {
                    missing += 1;
                    say(&format!("tray {}: {}", shown(&tray.uid), shown(&reason)));
                }
            }
            Ok(())
        })?;
    }
    if entries.is_empty() {
        return Err(
            anyhow!("expected corrected or audited cells with their pictures, found none").into(),
        );
    }
    finish(&writer, &arguments.out, &entries)?;
    print(&format!(
        "{}: {} trays, {labelled} labelled cells\n",
        arguments.out.display(),
        entries.len()
    ))?;
    Ok(if missing == 0 {
        Ending::Done
    } else {
        Ending::SomeFailed
    })
}

/// The picture that was judged, byte for byte; or why there is none.
fn picture(
    report: &TrayReport,
    kept: Option<(KeptPicture, PathBuf)>,
    folder: &Path,
) -> Result<Vec<u8>, String> {
    let kept = kept.filter(|(_, file)| file.exists());
    let (path, expected) = match kept {
        Some((picture, file)) => {
            let judged = report.facts.image_sha256.clone();
            (file, judged.or(Some(picture.image_sha256)))
        }
        None => (
            folder.join(&report.facts.source),
            report.facts.image_sha256.clone(),
        ),
    };
    let bytes = read_bytes(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let found = hex::encode(Sha256::digest(&bytes));
    match expected {
        Some(expected) if expected != found => Err(format!(
            "{}: expected sha256 {expected}, found {found}",
            path.display()
        )),
        _ => Ok(bytes),
    }
}

fn add(
    writer: &SetWriter,
    report: &TrayReport,
    said: &BTreeMap<(u32, u32), StatedVerdict>,
    bytes: &[u8],
) -> Result<Entry, Failure> {
    let id = id(report);
    let frame = decode(bytes, DecodeLimits::default())?;
    let labels = PictureLabels {
        cells: Some(cells(report, said)),
        corners: report
            .corners_px
            .map(|corners| corners.map(|[x, y]| FramePoint::new(x, y))),
        ..PictureLabels::default()
    };
    let jpeg = bytes.starts_with(&[0xff, 0xd8]);
    let mut entry = writer.add_copied(&CopiedImage {
        id: &id,
        bytes,
        encoding: if jpeg { Encoding::Jpeg } else { Encoding::Png },
        size: (frame.width() as u32, frame.height() as u32),
        labels: &labels,
        source: &report.facts.source,
        split: None,
        changed: None,
    })?;
    entry.set_grid(report.rows, report.cols);
    // The same trays come back on other days: a lot is a group.
    entry.set_group(report.facts.lot.as_deref().unwrap_or(&id));
    Ok(entry)
}

/// A file's name of a tray's uid and pass.
fn id(report: &TrayReport) -> String {
    let safe = |c: char| {
        if c.is_alphanumeric() || "-_.".contains(c) {
            c
        } else {
            '_'
        }
    };
    let uid: String = report.facts.tray_uid.chars().map(safe).collect();
    format!("{uid}-pass{}", report.facts.pass)
}

fn cells(report: &TrayReport, said: &BTreeMap<(u32, u32), StatedVerdict>) -> Vec<CellLabel> {
    let all = (0..report.rows).flat_map(|row| (0..report.cols).map(move |col| (row, col)));
    all.map(|(row, col)| {
        let verdict = said.get(&(row as u32, col as u32));
        let (state, grade, plants) = match verdict {
            Some(StatedVerdict::Blank) => (CellState::NoSeedling, None, Some(0)),
            Some(StatedVerdict::Graded(grade)) => {
                (CellState::Seedling, Some(grade.clone()), Some(1))
            }
            Some(StatedVerdict::Double) => (CellState::Seedling, None, None),
            Some(StatedVerdict::Unsure) | None => (CellState::Unlabelled, None, None),
        };
        CellLabel {
            row,
            col,
            state,
            grade,
            plants,
        }
    })
    .collect()
}

fn finish(writer: &SetWriter, out: &Path, entries: &[Entry]) -> Result<(), Failure> {
    let name = out
        .file_name()
        .map_or_else(|| "corrected".into(), |name| name.to_string_lossy());
    let about = SetAbout {
        name: name.into_owned(),
        usage: Use::Evaluate,
        licence: "the nursery's own".to_owned(),
        source: None,
        tray_rows: None,
        tray_cols: None,
        labels: ABOUT.to_owned(),
        label_traps: Some(TRAPS.to_owned()),
    };
    Ok(writer.finish_about(&about, entries)?)
}
