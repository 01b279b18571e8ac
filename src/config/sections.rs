//! The file form of the configuration, section by section.

use std::num::NonZeroU32;
use std::path::PathBuf;

use jiff::civil::Time;
use jiff::tz::TimeZone;
use serde::Deserialize;

use crate::network::Precision;
use crate::plant::Looks;
use crate::statistics::Calendar;
use crate::store::{LONGEST_NAME, is_name};
use crate::tray::TrayFormat;

use super::Config;

/// The whole file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sections {
    tray: Option<TrayFormat>,
    standard: Option<Standard>,
    camera: Option<Camera>,
    belt: Option<Belt>,
    line: Option<Line>,
    #[serde(default)]
    gate: Vec<Gate>,
    job: Option<Job>,
    machine: Option<Machine>,
    store: Option<StoreSection>,
    nets: Option<Nets>,
    site: Option<Site>,
}

/// The site, as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SiteSection {
    zone: Option<String>,
    #[serde(default)]
    shifts: Vec<String>,
}

/// The site.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "SiteSection")]
pub struct Site {
    /// Its days and shifts.
    pub calendar: Calendar,
}

impl TryFrom<SiteSection> for Site {
    type Error = String;

    fn try_from(site: SiteSection) -> Result<Self, String> {
        let name = site.zone.as_deref().unwrap_or("UTC");
        let zone = TimeZone::get(name).map_err(|_| {
            format!("zone: expected a zone's name such as Asia/Shanghai, found {name:?}")
        })?;
        let begins = |text: &String| {
            text.parse::<Time>()
                .map_err(|_| format!("shifts: expected times of day such as 06:00, found {text:?}"))
        };
        let shifts = site.shifts.iter().map(begins).collect::<Result<_, _>>()?;
        let calendar = Calendar::new(zone, shifts).map_err(|error| error.to_string())?;
        Ok(Self { calendar })
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Standard {
    file: PathBuf,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Nets {
    dir: Option<PathBuf>,
    #[serde(default)]
    looks: Looks,
    #[serde(default)]
    precision: Precision,
}

/// Where frames come from.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Camera {
    /// `folder`, `simulated` or `gige`.
    pub source: CameraSource,
    /// The folder of a folder camera.
    pub path: Option<PathBuf>,
    /// Height of the camera over the tray's surface, mm, as calibrated.
    pub height_mm: Option<f64>,
    /// How long a trigger waits for its frame, ms.
    #[serde(default = "usual_wait")]
    pub wait_ms: u64,
    /// The calibration that the reference tray is held against.
    pub calibration: Option<PathBuf>,
    /// Maker and serial number, or address, of a GigE Vision camera; the first one found when absent.
    pub device: Option<String>,
    /// Its exposure time, µs; as the camera has it when absent.
    pub exposure_us: Option<f64>,
    /// Its gain, in its own unit; as the camera has it when absent.
    pub gain: Option<f64>,
    /// What starts its exposures: `Software` (when absent), or a line of the camera such as `Line0`.
    pub trigger: Option<String>,
    /// Its pixel format, such as `BayerRG8`; as the camera has it when absent.
    pub pixel_format: Option<String>,
    /// Bytes of its stream's packets; as the camera has it when absent.
    pub packet_bytes: Option<i32>,
}

impl Camera {
    /// The first key that is set although this kind of camera has no use for it.
    #[must_use]
    pub fn key_without_use(&self) -> Option<&'static str> {
        let of_gige = [
            ("device", self.device.is_some()),
            ("exposure_us", self.exposure_us.is_some()),
            ("gain", self.gain.is_some()),
            ("trigger", self.trigger.is_some()),
            ("pixel_format", self.pixel_format.is_some()),
            ("packet_bytes", self.packet_bytes.is_some()),
        ];
        let of_files = [("path", self.path.is_some())];
        let useless = match self.source {
            CameraSource::Gige => of_files.as_slice(),
            CameraSource::Folder | CameraSource::Simulated => of_gige.as_slice(),
        };
        useless.iter().find(|(_, set)| *set).map(|(key, _)| *key)
    }
}

fn usual_wait() -> u64 {
    250
}

/// A kind of camera.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CameraSource {
    /// One picture of a folder a trigger.
    Folder,
    /// A simulated belt.
    Simulated,
    /// GigE Vision.
    Gige,
}

impl CameraSource {
    /// Its name in the configuration.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Folder => "folder",
            Self::Simulated => "simulated",
            Self::Gige => "gige",
        }
    }
}

/// The belt.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Belt {
    /// Encoder counts a millimetre of travel.
    pub counts_per_mm: f64,
    /// The way trays move in the picture: `+x`, `-x`, `+y` or `-y`.
    pub travel: String,
    /// The corner of the picture where cell (0, 0) lies, such as `top-left`.
    pub first_cell: String,
    /// A command must reach the PLC this much before its fire position.
    pub late_margin_counts: u32,
}

/// When the line gives up.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// Ungraded trays in a row that suspend it.
    pub suspend_after: u32,
    /// The base, for the names of trays.
    #[serde(default = "first_base")]
    pub base: String,
    /// The line, for the names of trays.
    #[serde(default = "first_line")]
    pub name: String,
    /// Pictures with expected verdicts: the line is not armed while it judges them otherwise.
    pub challenge: Option<PathBuf>,
    /// What the reference tray must show before the line is armed, where the camera has a calibration.
    #[serde(default)]
    pub reference_tray: ReferencePolicy,
    /// Hours after which the look at the reference tray is overdue: an armed line stays armed and tells it, and is not
    /// armed again without another look where one is required. Never when absent.
    pub reference_within_hours: Option<f64>,
    /// Where Prometheus may fetch the line's figures, such as `127.0.0.1:9464`; nowhere when absent.
    pub metrics: Option<String>,
}

/// What becomes of a camera that is not as it was calibrated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ReferencePolicy {
    /// The first frame of a run must show the reference tray within the limits, else the line is not armed.
    #[default]
    Required,
    /// The same frame is read and what it shows is stored; the line is armed all the same.
    Advised,
    /// The first frame is a tray's: nobody shows the reference tray.
    Off,
}

fn first_base() -> String {
    "base1".to_owned()
}

fn first_line() -> String {
    "line1".to_owned()
}

/// A gate.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gate {
    /// The standard's route that it serves.
    pub route: String,
    /// Its number; 0 is the safe gate.
    pub number: u16,
    /// Encoder counts from exposure to the gate.
    pub counts_from_camera: u32,
}

/// What is being graded.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Job {
    /// Job id.
    pub id: u16,
    /// Lot.
    #[serde(deserialize_with = "name")]
    pub lot: String,
    /// Variety.
    #[serde(deserialize_with = "name")]
    pub variety: String,
    /// Usual height of the canopy over the substrate, mm, as measured by hand.
    pub canopy_height_mm: Option<f64>,
    /// Its standard deviation, mm; three tenths of it when absent.
    pub canopy_spread_mm: Option<f64>,
    /// Trays of the lot, sown or delivered.
    pub lot_trays: Option<NonZeroU32>,
    /// Plants that are ordered of it.
    pub ordered: Option<NonZeroU32>,
}

/// A name that the pages can show and find.
fn name<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    match is_name(&text) {
        true => Ok(text),
        false => Err(serde::de::Error::custom(format!(
            "expected a name of 1 to {LONGEST_NAME} letters, without blanks around it or letters that nobody sees, \
             found {text:?}"
        ))),
    }
}

/// The PLC.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Machine {
    /// Address of a Modbus TCP server.
    pub modbus: Option<String>,
    /// `simulated` for the PLC that is built in.
    pub source: Option<String>,
    /// Modbus unit.
    #[serde(default = "first_unit")]
    pub unit: u8,
    /// Address of the first register.
    #[serde(default)]
    pub base_register: u16,
    /// Word order of 32-bit values.
    #[serde(default)]
    pub word_order: WordOrder,
}

fn first_unit() -> u8 {
    1
}

/// Which word of a 32-bit value comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WordOrder {
    /// The high word.
    #[default]
    HighFirst,
    /// The low word.
    LowFirst,
}

/// The store.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoreSection {
    /// The database.
    pub file: PathBuf,
    /// The most that it and its pictures may take, GiB; pictures go so that it holds, the store never does.
    pub max_gib: Option<f64>,
    /// Which trays' pictures are kept.
    #[serde(default)]
    pub keep: KeepPictures,
    /// Where; beside the store as `<file>.pictures` when absent.
    pub pictures: Option<PathBuf>,
}

/// Which trays' pictures a line keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KeepPictures {
    /// None.
    #[default]
    None,
    /// All.
    All,
    /// Those of refused trays and of trays with an unsure cell.
    Doubtful,
    /// Those of one tray in fifty.
    Samples,
}

impl From<Sections> for Config {
    fn from(sections: Sections) -> Self {
        Self {
            tray: sections.tray,
            standard_file: sections.standard.map(|s| s.file),
            precision: sections
                .nets
                .as_ref()
                .map_or(Precision::Auto, |n| n.precision),
            looks: sections.nets.as_ref().map_or(Looks::One, |n| n.looks),
            nets_dir: sections.nets.and_then(|n| n.dir),
            camera: sections.camera,
            belt: sections.belt,
            line: sections.line,
            gates: sections.gate,
            job: sections.job,
            machine: sections.machine,
            store: sections.store,
            site: sections.site,
        }
    }
}
