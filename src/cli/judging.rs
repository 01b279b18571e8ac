//! One picture from its file to its judgement, timed: what `grade`, `eval` and `regrade` have in common.

use std::borrow::Cow;
use std::path::Path;

use crate::frame::{
    DecodeError, DecodeLimits, FolderError, Frame, HalvedFrame, decode, decode_halved, read_bytes,
};
use crate::inspect::{InspectError, Inspection, Inspector, PlantReading, SourceFacts, TrayReport};
use crate::tray::Lattice;

use super::exit::Failure;
use super::sources::picture_facts;
use super::stage_watch::StageWatch;
use super::workshop::Workshop;

/// A picture that was judged, refused or could not be read.
pub struct JudgedPicture {
    /// The report, without its times: whoever has more to do to the picture takes them afterwards.
    pub report: TrayReport,
    /// The picture and where its tray lies; none when the file could not be read.
    pub seen: Option<SeenPicture>,
    /// The clock, still running.
    pub watch: StageWatch,
}

/// A picture as it was judged.
pub struct SeenPicture {
    decoded: Decoded,
    /// The lattice in the picture, where the tray was located.
    pub lattice: Option<Lattice>,
}

enum Decoded {
    Whole(Frame),
    /// With the bytes that it was decoded from, for whoever needs it whole.
    Halved(HalvedFrame, Vec<u8>),
}

impl SeenPicture {
    /// Width and height of the picture, px.
    #[must_use]
    pub fn size(&self) -> (usize, usize) {
        match &self.decoded {
            Decoded::Whole(frame) => (frame.width(), frame.height()),
            Decoded::Halved(halved, _) => (halved.of[0], halved.of[1]),
        }
    }

    /// The picture at its whole size.
    ///
    /// # Errors
    /// What decoded at half its size does not decode.
    pub fn whole(&self) -> Result<Cow<'_, Frame>, DecodeError> {
        Ok(match &self.decoded {
            Decoded::Whole(frame) => Cow::Borrowed(frame),
            Decoded::Halved(_, bytes) => Cow::Owned(decode(bytes, DecodeLimits::default())?),
        })
    }

    /// The plants along the lattice, read from the pixels that were judged; none where there is no lattice.
    ///
    /// # Errors
    /// The engine failed.
    pub fn read_plants(
        &self,
        inspector: &mut Inspector,
    ) -> Result<Option<PlantReading>, InspectError> {
        let lattice = self.lattice.as_ref();
        let read = lattice.map(|lattice| match &self.decoded {
            Decoded::Whole(frame) => inspector.read_plants(frame, lattice),
            Decoded::Halved(halved, _) => {
                let lattice = lattice.enlarged(1.0 / HalvedFrame::PICTURE_PX);
                inspector.read_plants(&halved.frame, &lattice)
            }
        });
        read.transpose()
    }
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
    let bytes = match bytes {
        Ok(bytes) => bytes,
        Err(error) => return unread(workshop, facts, &error, watch),
    };
    if workshop.halves()
        && let Some((halved, inspection)) = judge_halved(workshop, &facts, &bytes, &mut watch)?
    {
        let decoded = Decoded::Halved(halved, bytes);
        return Ok(judged(decoded, inspection, watch));
    }
    let frame = match decode(&bytes, DecodeLimits::default()) {
        Ok(frame) => frame,
        Err(source) => {
            let path = Path::new(&facts.source).to_owned();
            return unread(
                workshop,
                facts,
                &FolderError::Decode { path, source },
                watch,
            );
        }
    };
    watch.decoded();
    let inspection = workshop
        .with_inspector(|i| i.inspect(&frame, facts, &mut watch))?
        .map_err(Failure::resource)?;
    Ok(judged(Decoded::Whole(frame), inspection, watch))
}

/// Judges a picture at half its size; none where that cannot be, or is not enough.
fn judge_halved(
    workshop: &Workshop,
    facts: &SourceFacts,
    bytes: &[u8],
    watch: &mut StageWatch,
) -> Result<Option<(HalvedFrame, Inspection)>, Failure> {
    let judged = workshop.with_inspector(|inspector| {
        let is_fine = |size| inspector.is_fine(size);
        let Some(halved) = decode_halved(bytes, DecodeLimits::default(), is_fine) else {
            return Ok(None);
        };
        watch.decoded();
        let inspection = inspector.inspect_halved(&halved, facts, watch)?;
        Ok(inspection.map(|inspection| (halved, inspection)))
    })?;
    judged.map_err(|error: InspectError| Failure::resource(error))
}

fn judged(decoded: Decoded, inspection: Inspection, watch: StageWatch) -> JudgedPicture {
    let Inspection { report, lattice } = inspection;
    JudgedPicture {
        report,
        seen: Some(SeenPicture { decoded, lattice }),
        watch,
    }
}

/// The report of a picture that could not be read.
fn unread(
    workshop: &Workshop,
    facts: SourceFacts,
    error: &FolderError,
    watch: StageWatch,
) -> Result<JudgedPicture, Failure> {
    let report = workshop.with_inspector(|i| i.failed(facts, error.to_string()))?;
    Ok(JudgedPicture {
        report,
        seen: None,
        watch,
    })
}
