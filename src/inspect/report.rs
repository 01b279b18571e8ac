//! One judged tray, as the JSON contract writes it (`seedgrade.tray/1`).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::grade::{CellText, VerdictCounts};
use crate::tray::Orientation;

/// The schema that reports name.
pub const TRAY_SCHEMA: &str = "seedgrade.tray/1";

/// Whether a tray was judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ReportStatus {
    /// Every cell has a verdict.
    Graded,
    /// Not judged; the reason says why. No cells.
    Refused,
    /// The picture could not be read. No cells.
    Failed,
}

/// What is known of a picture besides its pixels; from a folder most of it is not.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SourceFacts {
    /// The picture's path or the camera's name for it.
    pub source: String,
    /// Names the tray for ever: base/line/day/sequence; from an archive the picture's hash.
    pub tray_uid: String,
    /// SHA-256 of the picture's bytes, lower-case hex.
    pub image_sha256: Option<String>,
    /// Exposure time, ISO 8601 in UTC.
    pub captured_at: Option<String>,
    /// Job id.
    pub job: Option<u32>,
    /// Lot.
    pub lot: Option<String>,
    /// A code read from the tray.
    pub tray_code: Option<String>,
    /// Why there is none although one was seen: it is damaged, or there are two that differ.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tray_code_reason: Option<String>,
    /// The PLC's trigger sequence.
    pub trigger: Option<u32>,
    /// Encoder count at exposure.
    pub encoder: Option<u32>,
    /// How often this tray has passed, from 1.
    pub pass: u32,
}

/// What a judgement rests on. Same evidence and same pixels give the same report.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Evidence {
    /// seedgrade's version.
    pub software: String,
    /// The inference engine and its version.
    pub backend: String,
    /// The class of CPU that the numbers were computed on.
    pub cpu_class: String,
    /// SHA-256 of the net, `sha256:…`.
    pub network: String,
    /// SHA-256 of the net that finds the tray, `sha256:…`; empty in reports from before there was one.
    #[serde(default)]
    pub tray_finder: String,
    /// The standard's id and version, `id@version`.
    pub standard: String,
    /// SHA-256 of the standard, `sha256:…`.
    pub standard_digest: String,
    /// SHA-256 of everything else that was configured, `sha256:…`.
    pub config: String,
    /// SHA-256 of the calibration, where there is one.
    pub calibration: Option<String>,
}

/// One cell of a report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CellReport {
    /// Row, from 0.
    pub row: usize,
    /// Column, from 0.
    pub col: usize,
    /// `blank`, `graded`, `double` or `unsure`.
    pub verdict: CellText,
    /// The grade, when graded.
    pub grade: Option<CellText>,
    /// Why unsure, or the criterion that kept the plant from the grade above.
    pub reason: Option<CellText>,
    /// `leave`, `remove`, `thin` or `pick:n`.
    pub action: CellText,
    /// Probability of at least one seedling.
    pub occupied: f64,
    /// Probability of two or more.
    pub several: f64,
    /// Plants rooted in the cell.
    pub plants: u32,
    /// Canopy area, square pitches; corrected for height where heights are known.
    pub area_pitch2: f64,
    /// Its standard deviation from the spread of heights; absent where none are known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub area_deviation_pitch2: Option<f64>,
    /// Canopy area, mm², where a scale is known.
    pub area_mm2: Option<f64>,
    /// Canopy area, frame pixels.
    pub area_px: f64,
    /// Canopy centre in the frame, px.
    pub centre_px: Option<[f64; 2]>,
    /// Distance of the canopy centre from the cell's centre, pitches; corrected like the area.
    pub offset_pitch: Option<f64>,
    /// Its standard deviation from the spread of heights; absent where none are known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset_deviation_pitch: Option<f64>,
    /// The same in mm.
    pub offset_mm: Option<f64>,
    /// Chlorotic share of the canopy.
    pub chlorotic: f64,
    /// Necrotic share of the canopy.
    pub necrotic: f64,
    /// Leaves, where visible.
    pub leaves: Option<u32>,
    /// Share of canopy across cell walls.
    pub overlap: f64,
}

/// Milliseconds spent in each stage: measured by whoever watches, no part of the judgement.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct StageTimes {
    /// Reading and decoding the picture.
    pub decode: f64,
    /// Finding the tray.
    pub locate: f64,
    /// Rectifying it.
    pub rectify: f64,
    /// Running the net.
    pub infer: f64,
    /// Plants, cells and grades.
    pub measure: f64,
    /// All of it.
    pub total: f64,
}

/// One judged, refused or failed tray. Field order is the order of the JSON.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrayReport {
    /// [`TRAY_SCHEMA`].
    pub schema: String,
    /// What is known of the picture.
    #[serde(flatten)]
    pub facts: SourceFacts,
    /// Whether the tray was judged.
    pub status: ReportStatus,
    /// Why not.
    pub reason: Option<String>,
    /// Rows of cells asked for.
    pub rows: usize,
    /// Columns of cells asked for.
    pub cols: usize,
    /// How the numbering was decided.
    pub orientation: Option<Orientation>,
    /// Top-left, top-right, bottom-right, bottom-left corner of the block, frame px.
    pub corners_px: Option<[[f64; 2]; 4]>,
    /// Frame pixels a pitch.
    pub px_per_pitch: Option<f64>,
    /// Millimetres a frame pixel, where a scale is known.
    pub mm_per_px: Option<f64>,
    /// Whether a scale is known.
    pub mm_known: bool,
    /// The tray's grade.
    pub grade: Option<String>,
    /// The route that the standard names for it.
    pub route: Option<String>,
    /// Cells per verdict.
    pub counts: Option<VerdictCounts>,
    /// Plants per grade.
    pub grades: Option<BTreeMap<String, usize>>,
    /// Plants of a marketable grade.
    pub marketable: Option<usize>,
    /// Row-major, rows × cols when graded, else empty.
    pub cells: Vec<CellReport>,
    /// What the judgement rests on.
    pub evidence: Evidence,
    /// Written beside the judgement by whoever watched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timing_ms: Option<StageTimes>,
}
