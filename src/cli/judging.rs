//! One picture from its file to its judgement, timed: what `grade`, `eval` and `regrade` have in common.

use std::path::Path;

use crate::frame::{DecodeLimits, FolderError, Frame, decode, read_bytes};
use crate::inspect::{Inspection, SourceFacts, TrayReport};
use crate::tray::Lattice;

use super::exit::Failure;
use super::sources::picture_facts;
use super::stage_watch::StageWatch;
use super::workshop::Workshop;

/// A picture that was judged, refused or could not be read.
pub struct JudgedPicture {
    /// The report, without its times: whoever has more to do to the picture takes them afterwards.
    pub report: TrayReport,
    /// The picture and its lattice, where it was located; none when the file could not be read.
    pub seen: Option<(Frame, Option<Lattice>)>,
    /// The clock, still running.
    pub watch: StageWatch,
}

/// Reads and judges a picture. A file that cannot be read gives a failed report.
///
/// # Errors
/// The engine could not be opened or failed: nothing was judged.
pub fn judge_file(workshop: &Workshop, path: &Path) -> Result<JudgedPicture, Failure> {
    let watch = StageWatch::start();
    judge_bytes(workshop, path, read_bytes(path), watch)
}

/// Judges a picture that is called `name`: its bytes, or why there are none.
///
/// # Errors
/// The engine could not be opened or failed: nothing was judged.
pub fn judge_bytes(
    workshop: &Workshop,
    name: &Path,
    bytes: Result<Vec<u8>, FolderError>,
    watch: StageWatch,
) -> Result<JudgedPicture, Failure> {
    let source = name.to_string_lossy().into_owned();
    let facts = match &bytes {
        Ok(bytes) => picture_facts(source, bytes),
        Err(_) => SourceFacts {
            source,
            pass: 1,
            ..SourceFacts::default()
        },
    };
    judge_known(workshop, facts, bytes, watch)
}

/// Judges a picture of which all facts are known.
///
/// # Errors
/// The engine could not be opened or failed: nothing was judged.
pub fn judge_known(
    workshop: &Workshop,
    facts: SourceFacts,
    bytes: Result<Vec<u8>, FolderError>,
    mut watch: StageWatch,
) -> Result<JudgedPicture, Failure> {
    let frame = bytes.and_then(|bytes| {
        decode(&bytes, DecodeLimits::default()).map_err(|source| FolderError::Decode {
            path: Path::new(&facts.source).to_owned(),
            source,
        })
    });
    let frame = match frame {
        Ok(frame) => frame,
        Err(error) => {
            let report = workshop.with_inspector(|i| i.failed(facts, error.to_string()))?;
            return Ok(JudgedPicture {
                report,
                seen: None,
                watch,
            });
        }
    };
    watch.decoded();
    let inspection = workshop
        .with_inspector(|i| i.inspect(&frame, facts, &mut watch))?
        .map_err(Failure::resource)?;
    let Inspection { report, lattice } = inspection;
    Ok(JudgedPicture {
        report,
        seen: Some((frame, lattice)),
        watch,
    })
}
