//! The stages in their order, for one tray at a time.

use std::fmt::Write as _;

use ndarray::Array4;

use crate::cell::{CellObservation, CellScale, observe};
use crate::frame::{Frame, HalvedFrame};
use crate::geometry::{FramePoint, MillimetresPerPixel};
use crate::grade::{CellText, CellVerdict, JudgedCell, TrayJudgement, judge};
use crate::network::{Network, NetworkError};
use crate::plant::{NetOutputs, OutputsError, PlantMap, PlantOdds, Segmenter, looking};
use crate::tray::{
    FindError, HALVED, Lattice, Orientation, Refusal, TrayFinder, TrayFormat, TrayImage,
    TrayImageLayout, TrayLocation, check as check_quality, read_code, rectify, turned_by_code,
};

use super::{CellReport, Evidence, Recipe, ReportStatus, SourceFacts, TRAY_SCHEMA, TrayReport};

/// A stage of the inspection, for whoever takes the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Finding the tray.
    Locate,
    /// Rectifying it.
    Rectify,
    /// Running the net.
    Infer,
    /// Plants, cells, grades.
    Measure,
}

/// Is told when a stage ends; the inspection itself reads no clock.
pub trait StageObserver {
    /// `stage` has just ended.
    fn ended(&mut self, stage: Stage);
}

/// Frame pixels a pitch of the blank tray that [`Inspector::warm_up`] looks at: more than the tray finder takes in.
const WARM_UP_PX_PER_PITCH: usize = 40;

/// Picture pixels along each side of a frame's pixel, where the frame is the picture.
const WHOLE: f64 = 1.0;
/// How much of a camera's picture a tray takes along the way that it fills, as a rule: what is less fine by this is not tried
/// at half its size.
const MOSTLY_FILLED: f64 = 0.9;

/// Takes no notice.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoObserver;

impl StageObserver for NoObserver {
    fn ended(&mut self, _: Stage) {}
}

/// A failure of the engine, not of the tray: nothing was judged.
#[derive(Debug, thiserror::Error)]
pub enum InspectError {
    /// The tray finder did not run, or is none.
    #[error(transparent)]
    Find(#[from] FindError),
    /// The net did not run.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// The net is not a seedling net.
    #[error(transparent)]
    Outputs(#[from] OutputsError),
    /// The input buffer does not have the image's size.
    #[error("net input: {0}")]
    Input(#[from] ndarray::ShapeError),
}

/// A report and, when the tray was located, where it lies.
#[derive(Debug, Clone)]
pub struct Inspection {
    /// The judgement.
    pub report: TrayReport,
    /// The lattice that the picture was read along; none when refused before it was found.
    pub lattice: Option<Lattice>,
}

/// The plants of a picture read along a given lattice, before any cell is judged.
#[derive(Debug, Clone)]
pub struct PlantReading {
    /// How probable plant is at every place.
    pub odds: PlantOdds,
    /// Least plant probability of a plant's pixel, 0–1.
    pub pixel: f32,
    /// The plants that [`Inspector::inspect`] would measure.
    pub plants: PlantMap,
}

/// The engines that an inspector runs.
pub struct Nets {
    /// Runs the tray finder.
    pub finder: Box<dyn Network>,
    /// Runs the seedling net.
    pub seedling: Box<dyn Network>,
}

/// Judges trays under one recipe with engines of its own; a worker owns one.
pub struct Inspector {
    recipe: std::sync::Arc<Recipe>,
    finder: TrayFinder,
    network: Box<dyn Network>,
    evidence: Evidence,
    image: TrayImage,
    segmenter: Segmenter,
}

impl Inspector {
    /// An inspector that judges by `recipe` with `nets`; `evidence` is printed into every report.
    #[must_use]
    pub fn new(recipe: std::sync::Arc<Recipe>, nets: Nets, evidence: Evidence) -> Self {
        Self {
            finder: TrayFinder::new(nets.finder, recipe.locate),
            network: looking(nets.seedling, recipe.looks),
            recipe,
            evidence,
            image: TrayImage::empty(),
            segmenter: Segmenter::default(),
        }
    }

    /// Runs both nets over a blank tray, so that the first real one does not wait while the engines take their memory. Nothing is done where the recipe names no tray format.
    ///
    /// # Errors
    /// The engine failed.
    pub fn warm_up(&mut self) -> Result<(), InspectError> {
        let Some(format) = self.recipe.format else {
            return Ok(());
        };
        let (rows, cols) = (format.rows(), format.cols());
        let layout = TrayImageLayout {
            rows,
            cols,
            px_per_pitch: self.recipe.px_per_pitch,
        };
        let blank = Array4::zeros((1, 3, layout.height(), layout.width()));
        self.network.run(blank.view())?;
        let (width, height) = (cols * WARM_UP_PX_PER_PITCH, rows * WARM_UP_PX_PER_PITCH);
        if let Ok(blank) = Frame::from_rgb(width, height, vec![0; width * height * 3]) {
            let _no_tray = self.finder.locate(&blank, format)?;
        }
        Ok(())
    }

    /// Judges one frame. A tray that cannot be located or judged gives a refused report.
    ///
    /// # Errors
    /// The engine failed, or the net is not a seedling net.
    pub fn inspect(
        &mut self,
        frame: &Frame,
        mut facts: SourceFacts,
        observer: &mut dyn StageObserver,
    ) -> Result<Inspection, InspectError> {
        let found = self.accepted(frame, &mut facts)?;
        observer.ended(Stage::Locate);
        match found {
            Ok(location) => self.judge_located(frame, WHOLE, location, facts, observer),
            Err(refusal) => Ok(self.refused(facts, &refusal)),
        }
    }

    /// Whether a picture of this width and height, px, shows the recipe's tray so finely that half its size would do.
    #[must_use]
    pub fn is_fine(&self, [width, height]: [usize; 2]) -> bool {
        let Some(format) = self.recipe.format else {
            return false;
        };
        let along = width as f64 / format.cols() as f64;
        let down = height as f64 / format.rows() as f64;
        let most = along.min(down) / self.recipe.px_per_pitch as f64;
        most * MOSTLY_FILLED >= HALVED.start && most < HALVED.end
    }

    /// Judges a frame of which a pixel shows two by two of the picture's, in whose pixels the report is. None where the tray
    /// is not found, not accepted or not shown finely enough in it: the whole picture tells.
    ///
    /// # Errors
    /// As [`Inspector::inspect`].
    pub fn inspect_halved(
        &mut self,
        frame: &HalvedFrame,
        facts: &SourceFacts,
        observer: &mut dyn StageObserver,
    ) -> Result<Option<Inspection>, InspectError> {
        let mut facts = facts.clone();
        let Ok(location) = self.accepted(&frame.frame, &mut facts)? else {
            return Ok(None);
        };
        let picture_px = HalvedFrame::PICTURE_PX;
        let pitch = picture_px * location.lattice.px_per_pitch();
        if !HALVED.contains(&(pitch / self.recipe.px_per_pitch as f64)) {
            return Ok(None);
        }
        observer.ended(Stage::Locate);
        self.judge_located(&frame.frame, picture_px, location, facts, observer)
            .map(Some)
    }

    /// Where the tray lies in the frame and what its code says, or why it is refused.
    fn accepted(
        &mut self,
        frame: &Frame,
        facts: &mut SourceFacts,
    ) -> Result<Result<TrayLocation, Refusal>, FindError> {
        let format = self.recipe.format;
        // before the tray is accepted: one that is refused has its code all the same
        let found = self
            .find(frame)?
            .and_then(|location| with_code(frame, location, format, facts));
        Ok(found.and_then(|location| self.accept(frame, location)))
    }

    /// Judges a tray that was located in a frame of which a pixel shows so many of the picture's along each side.
    fn judge_located(
        &mut self,
        frame: &Frame,
        picture_px: f64,
        mut location: TrayLocation,
        facts: SourceFacts,
        observer: &mut dyn StageObserver,
    ) -> Result<Inspection, InspectError> {
        let recipe = std::sync::Arc::clone(&self.recipe);
        rectify(
            frame,
            &location.lattice,
            recipe.px_per_pitch,
            &mut self.image,
        );
        let size = [frame.width(), frame.height()].map(|side| side as f64 * picture_px);
        location.lattice = location.lattice.enlarged(picture_px);
        let lattice = &location.lattice;
        observer.ended(Stage::Rectify);
        let outputs = self.network.run(self.image.tensor()?)?;
        observer.ended(Stage::Infer);
        let outputs = NetOutputs::new(outputs, self.image.layout)?;
        let layout = self.image.layout;
        let plants = self.segmenter.segment(&outputs, layout, &recipe.plants);
        let scale = cell_scale(&recipe, lattice);
        let axis = FramePoint::new(size[0] / 2.0, size[1] / 2.0);
        let overhead = recipe.heights.and_then(|h| h.over(lattice, axis));
        let mut observations = observe(plants, &outputs, lattice, scale, overhead);
        if plants.cover > recipe.most_cover {
            for cell in &mut observations {
                cell.crowded = true;
            }
        }
        let judgement = judge(&observations, &recipe.standard, &[]);
        let report = self.graded(facts, &location, scale, &observations, &judgement);
        observer.ended(Stage::Measure);
        Ok(Inspection {
            report,
            lattice: Some(location.lattice),
        })
    }

    /// Reads plants along a lattice that is known, whatever grid the recipe names: no tray is looked for and nothing
    /// is judged. For whoever scores masks or attribution.
    ///
    /// # Errors
    /// The engine failed, or the net is not a seedling net.
    pub fn read_plants(
        &mut self,
        frame: &Frame,
        lattice: &Lattice,
    ) -> Result<PlantReading, InspectError> {
        rectify(frame, lattice, self.recipe.px_per_pitch, &mut self.image);
        let layout = self.image.layout;
        let outputs = NetOutputs::new(self.network.run(self.image.tensor()?)?, layout)?;
        Ok(PlantReading {
            odds: PlantOdds::new(&outputs, layout),
            pixel: self.recipe.plants.pixel,
            plants: self
                .segmenter
                .segment(&outputs, layout, &self.recipe.plants)
                .clone(),
        })
    }

    /// Has every report from now on rest on this evidence.
    pub fn testify(&mut self, evidence: Evidence) {
        self.evidence = evidence;
    }

    /// A report of a picture that could not be read.
    #[must_use]
    pub fn failed(&self, facts: SourceFacts, reason: String) -> TrayReport {
        self.unjudged(facts, ReportStatus::Failed, reason)
    }

    /// Where the recipe's tray lies, or the one tray in view where the recipe names none; numbered along the picture. A tray
    /// whose code tells which way round it lies may lie a quarter turn round.
    fn find(&mut self, frame: &Frame) -> Result<Result<TrayLocation, Refusal>, FindError> {
        let Some(format) = self.recipe.format else {
            return self.finder.locate_any(frame);
        };
        let found = self.finder.locate(frame, format)?;
        if found.is_err() && format.code_at().is_some() && format.rows() != format.cols() {
            let turned = self.finder.locate(frame, format.turned())?;
            return Ok(turned.or(found));
        }
        Ok(found)
    }

    fn accept(&self, frame: &Frame, location: TrayLocation) -> Result<TrayLocation, Refusal> {
        check_quality(frame, &location.lattice)?;
        if self.recipe.standard.needs_millimetres() && self.recipe.pitch_mm().is_none() {
            return Err(Refusal::NoScale);
        }
        Ok(location)
    }

    fn refused(&self, facts: SourceFacts, refusal: &Refusal) -> Inspection {
        Inspection {
            report: self.unjudged(facts, ReportStatus::Refused, refusal.to_string()),
            lattice: None,
        }
    }

    fn unjudged(&self, facts: SourceFacts, status: ReportStatus, reason: String) -> TrayReport {
        TrayReport {
            schema: TRAY_SCHEMA.to_owned(),
            facts,
            status,
            reason: Some(reason),
            rows: self.recipe.format.map_or(0, |f| f.rows()),
            cols: self.recipe.format.map_or(0, |f| f.cols()),
            orientation: None,
            corners_px: None,
            px_per_pitch: None,
            mm_per_px: None,
            mm_known: false,
            grade: None,
            route: Some(self.recipe.standard.ungraded_route().to_string()),
            counts: None,
            grades: None,
            marketable: None,
            cells: Vec::new(),
            evidence: self.evidence.clone(),
            timing_ms: None,
        }
    }

    fn graded(
        &self,
        facts: SourceFacts,
        location: &TrayLocation,
        scale: Option<CellScale>,
        observations: &[CellObservation],
        judgement: &TrayJudgement,
    ) -> TrayReport {
        use crate::cell::rounded::{pitch, tenth};
        let point = |p: FramePoint| [tenth(p.x), tenth(p.y)];
        let report = TrayReport {
            status: ReportStatus::Graded,
            reason: None,
            rows: location.lattice.rows(),
            cols: location.lattice.cols(),
            orientation: Some(location.orientation),
            corners_px: Some(location.lattice.corners().map(point)),
            px_per_pitch: Some(tenth(location.lattice.px_per_pitch())),
            mm_per_px: scale.map(|s| pitch(s.mm_per_px.0)),
            mm_known: scale.is_some(),
            ..self.unjudged(facts, ReportStatus::Graded, String::new())
        };
        with_judgement(report, observations, judgement)
    }
}

/// The report of a located tray with what was judged of its cells.
pub(super) fn with_judgement(
    report: TrayReport,
    observations: &[CellObservation],
    judgement: &TrayJudgement,
) -> TrayReport {
    let cells = observations.iter().zip(&judgement.cells);
    let grades = judgement.grades.iter();
    TrayReport {
        grade: Some(judgement.grade.clone()),
        route: Some(judgement.route.clone()),
        counts: Some(judgement.counts),
        grades: Some(grades.map(|(id, n)| (id.to_string(), *n)).collect()),
        marketable: Some(judgement.marketable),
        cells: cells
            .map(|(seen, judged)| cell_report(seen, judged))
            .collect(),
        ..report
    }
}

/// Reads the tray's code where the format has one, unless it is known, and numbers the tray as it says.
fn with_code(
    frame: &Frame,
    location: TrayLocation,
    format: Option<TrayFormat>,
    facts: &mut SourceFacts,
) -> Result<TrayLocation, Refusal> {
    let Some(format) = format else {
        return Ok(location);
    };
    if facts.tray_code.is_some() && format.code_at().is_none() {
        return Ok(location);
    }
    let code = read_code(frame, &location.lattice, format.code());
    if facts.tray_code.is_none() {
        facts.tray_code = code.text().map(str::to_owned);
        facts.tray_code_reason = code.doubt();
    }
    let Some(code_at) = format.code_at() else {
        return Ok(location);
    };
    Ok(TrayLocation {
        lattice: turned_by_code(&location.lattice, format, code_at, &code)?,
        orientation: Orientation::Marked,
        ..location
    })
}

/// The scale that the tray's format gives: pitch in mm over pitch in frame pixels.
fn cell_scale(recipe: &Recipe, lattice: &Lattice) -> Option<CellScale> {
    let pitch_mm = recipe.pitch_mm()?;
    let [x, y] = pitch_mm;
    Some(CellScale {
        pitch_mm,
        mm_per_px: MillimetresPerPixel((x * y).sqrt() / lattice.px_per_pitch()),
    })
}

/// A cell's grade, and the criterion or the doubt that kept it from a better one.
pub(super) fn grade_and_reason(judged: &JudgedCell) -> (Option<&str>, Option<&str>) {
    match &judged.verdict {
        CellVerdict::Graded(grade) => (Some(&*grade.0), judged.criterion.as_deref()),
        CellVerdict::Unsure(reason) => (None, Some(reason.name())),
        CellVerdict::Blank | CellVerdict::Double => (None, None),
    }
}

fn cell_report(seen: &CellObservation, judged: &JudgedCell) -> CellReport {
    let (grade, reason) = grade_and_reason(judged);
    let mut action = CellText::new();
    // writing into memory does not fail
    let _ = write!(action, "{}", judged.action);
    CellReport {
        row: seen.row,
        col: seen.col,
        verdict: judged.verdict.name().into(),
        grade: grade.map(CellText::from),
        reason: reason.map(CellText::from),
        action,
        occupied: seen.occupied,
        several: seen.several,
        plants: seen.plants,
        area_pitch2: seen.area_pitch2,
        area_deviation_pitch2: seen.area_deviation_pitch2,
        area_mm2: seen.area_mm2,
        area_px: seen.area_px,
        centre_px: seen.centre.map(|p| [p.x, p.y]),
        offset_pitch: seen.offset_pitch,
        offset_deviation_pitch: seen.offset_deviation_pitch,
        offset_mm: seen.offset_mm,
        chlorotic: seen.chlorotic,
        necrotic: seen.necrotic,
        leaves: seen.leaves,
        overlap: seen.overlap,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{DecodeLimits, decode};
    use crate::grade::GradingStandard;
    use crate::network::fixed::Fixed;
    use crate::network::{self, BackendChoice, shipped};
    use crate::plant::PlantParams;
    use crate::tray::LocateParams;
    use ndarray::ArrayD;

    const BARE_TRAY: &[u8] = include_bytes!("../../datasets/samples/trays/ippn-bare.png");
    const NO_TRAY: &[u8] = include_bytes!("../../datasets/samples/trays/not-a-tray.jpg");

    /// An inspector of 9 × 5 trays whose net says of column 0 empty, of column 1 one plant, of column 2
    /// several with two roots, of the others that it does not know.
    fn inspector(outputs: Vec<ArrayD<f32>>) -> Inspector {
        inspector_with(Box::new(Fixed::new(outputs)))
    }

    fn inspector_with(seedling: Box<dyn Network>) -> Inspector {
        let recipe = Recipe {
            format: Some(TrayFormat::new(9, 5).unwrap()),
            standard: GradingStandard::embedded(),
            locate: LocateParams::default(),
            plants: PlantParams::default(),
            px_per_pitch: 48,
            looks: crate::plant::Looks::One,
            heights: None,
            most_cover: 1.0,
        };
        let finder = shipped::tray_finder().unwrap();
        let nets = Nets {
            finder: network::open(&finder, BackendChoice::Embedded, &[], 1)
                .unwrap()
                .network,
            seedling,
        };
        Inspector::new(std::sync::Arc::new(recipe), nets, Evidence::default())
    }

    fn outputs() -> Vec<ArrayD<f32>> {
        let (h, w) = (10 * 48, 6 * 48);
        let mut classes = Array4::<f32>::zeros((1, 4, h / 2, w / 2));
        classes.index_axis_mut(ndarray::Axis(1), 0).fill(9.0);
        let cells = Array4::from_shape_fn((1, 4, 9, 5), |(_, state, _, col)| match (col, state) {
            (0, 0) | (1, 1) | (2, 2) => 0.98,
            (3.., 0) => 0.5,
            (3.., 1) => 0.5,
            (0..=2, 0..=2) => 0.01,
            _ => 0.0,
        });
        let mut centres = Array4::<f32>::zeros((1, 3, h / 4, w / 4));
        for row in 0..9 {
            // two plants in every cell of column 2, a third of a pitch apart
            for x in [36, 40] {
                let y = row * 12 + 12;
                centres[(0, 0, y, x)] = 0.9;
                let mut plant = classes.slice_mut(ndarray::s![
                    0,
                    1,
                    2 * y - 2..2 * y + 2,
                    2 * x - 2..2 * x + 2
                ]);
                plant.fill(20.0);
            }
        }
        vec![classes.into_dyn(), centres.into_dyn(), cells.into_dyn()]
    }

    fn inspect(outputs: Vec<ArrayD<f32>>, picture: &[u8]) -> Result<Inspection, InspectError> {
        let frame = decode(picture, DecodeLimits::default()).unwrap();
        inspector(outputs).inspect(&frame, SourceFacts::default(), &mut NoObserver)
    }

    #[test]
    fn every_cell_of_a_located_tray_gets_the_verdict_of_its_own_column() {
        let inspection = inspect(outputs(), BARE_TRAY).unwrap();
        assert!(inspection.lattice.is_some());
        assert_eq!(inspection.report.cells.len(), 45);
        for cell in &inspection.report.cells {
            let expected = ["blank", "graded", "double", "unsure", "unsure"][cell.col];
            assert_eq!(cell.verdict, expected, "{cell:?}");
            assert!(cell.verdict != "unsure" || cell.action == "leave");
        }
    }

    /// A picture with every pixel repeated `times` along both ways.
    fn enlarged(frame: &Frame, times: usize) -> Frame {
        let (width, height) = (frame.width() * times, frame.height() * times);
        let pixels =
            (0..width * height).flat_map(|i| frame.pixel(i % width / times, i / width / times));
        Frame::from_rgb(width, height, pixels.collect()).unwrap()
    }

    #[test]
    fn a_picture_at_half_its_size_is_judged_as_the_whole_and_reported_in_the_wholes_pixels() {
        let shown = decode(BARE_TRAY, DecodeLimits::default()).unwrap();
        // 39 px a pitch become 78 and 156 px: 3.3 times as fine as the net's 48
        let frame = enlarged(&shown, 2);
        let whole = enlarged(&shown, 4);
        let halved = HalvedFrame {
            of: [whole.width(), whole.height()],
            frame,
        };
        let mut inspector = inspector(outputs());
        assert!(inspector.is_fine(halved.of));
        let facts = SourceFacts::default();
        let half = inspector
            .inspect_halved(&halved, &facts, &mut NoObserver)
            .unwrap()
            .unwrap();
        let whole = inspector.inspect(&whole, facts, &mut NoObserver).unwrap();
        assert_eq!(half.report.cells.len(), 45);
        let verdicts = |report: &TrayReport| {
            let cells = report.cells.iter();
            cells.map(|cell| cell.verdict.clone()).collect::<Vec<_>>()
        };
        assert_eq!(verdicts(&half.report), verdicts(&whole.report));
        let corners = |report: &TrayReport| report.corners_px.unwrap().as_flattened().to_vec();
        for (half, whole) in corners(&half.report).iter().zip(corners(&whole.report)) {
            assert!((half - whole).abs() < 1.0, "{half} {whole}");
        }
        for (half, whole) in half.report.cells.iter().zip(&whole.report.cells) {
            let (at, expected) = (half.centre_px, whole.centre_px);
            for ([x, y], [u, v]) in at.into_iter().zip(expected) {
                assert!((x - u).hypot(y - v) < 1.0, "{at:?} {expected:?}");
            }
            assert!((half.area_px - whole.area_px).abs() <= 0.02 * whole.area_px);
        }
    }

    #[test]
    fn half_the_size_of_a_picture_is_left_to_the_whole_where_it_is_too_coarse_or_shows_no_tray() {
        let shown = decode(BARE_TRAY, DecodeLimits::default()).unwrap();
        let mut inspector = inspector(outputs());
        let mut judged = |frame: Frame| {
            let of = [frame.width(), frame.height()].map(|side| 2 * side);
            let is_fine = inspector.is_fine(of);
            let halved = HalvedFrame { frame, of };
            let facts = SourceFacts::default();
            let judged = inspector.inspect_halved(&halved, &facts, &mut NoObserver);
            (is_fine, judged.unwrap().is_some())
        };
        assert_eq!(judged(shown.clone()), (false, false), "39 px a pitch");
        assert_eq!(judged(enlarged(&shown, 2)), (true, true));
        assert_eq!(judged(enlarged(&shown, 3)), (false, false), "five times");
        let empty = decode(NO_TRAY, DecodeLimits::default()).unwrap();
        assert!(!judged(empty).1);
    }

    #[test]
    fn nets_are_warmed_up_by_a_blank_tray_of_the_recipes_format() {
        // held against the card, which gives outputs of these sizes for a tray of 9 × 5 alone
        let net = shipped::seedling().unwrap();
        let seedling = Fixed::new(outputs()).checked(&net);
        inspector_with(seedling).warm_up().unwrap();
    }

    #[test]
    fn a_picture_without_a_tray_is_refused_before_the_net_is_asked() {
        let inspection = inspect(Vec::new(), NO_TRAY).unwrap();
        assert_eq!(inspection.report.status, ReportStatus::Refused);
        assert!(inspection.report.cells.is_empty());
        assert!(inspection.report.reason.is_some_and(|r| !r.is_empty()));
    }

    #[test]
    fn plants_are_read_along_a_lattice_that_is_given() {
        let frame = decode(NO_TRAY, DecodeLimits::default()).unwrap();
        let nodes =
            (0..60).map(|i| FramePoint::new(f64::from(i % 6) * 10.0, f64::from(i / 6) * 10.0));
        let lattice = Lattice::new(TrayFormat::new(9, 5).unwrap(), nodes.collect()).unwrap();
        let reading = inspector(outputs()).read_plants(&frame, &lattice).unwrap();
        assert_eq!(
            reading.plants.plants.len(),
            18,
            "two in each cell of column 2"
        );
        let at = |x, y| {
            reading
                .odds
                .at(crate::geometry::TrayPoint::new(x, y))
                .unwrap()
        };
        assert!(at(2.5, 0.5) > 0.0 && at(0.5, 0.5) < 0.0);
    }

    #[test]
    fn a_net_that_is_no_seedling_net_is_an_error_and_no_verdict() {
        let mut wrong = outputs();
        wrong.swap(0, 2);
        assert!(matches!(
            inspect(wrong, BARE_TRAY),
            Err(InspectError::Outputs(_))
        ));
    }
}
