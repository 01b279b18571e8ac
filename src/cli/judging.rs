//! One picture from its file to its judgement, timed: what `grade` and `eval` have in common.

use std::path::Path;

use crate::frame::{DecodeLimits, Frame, read_picture};
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
    let mut watch = StageWatch::start();
    let source = path.to_string_lossy().into_owned();
    let (bytes, frame) = match read_picture(path, DecodeLimits::default()) {
        Ok(read) => read,
        Err(error) => {
            let facts = SourceFacts {
                source,
                pass: 1,
                ..SourceFacts::default()
            };
            let report = workshop.with_inspector(|i| i.failed(facts, error.to_string()))?;
            return Ok(JudgedPicture {
                report,
                seen: None,
                watch,
            });
        }
    };
    let facts = picture_facts(source, &bytes);
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
