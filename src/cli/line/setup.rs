//! What the configuration says of a line, checked; its camera and its actuator.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;

use crate::config::{
    Camera, CameraSource, Config, Gate as GateSection, Job, Line as LineSection, Machine,
    ReferencePolicy, WordOrder as Words,
};
use crate::frame::{DecodeLimits, decode};
use crate::grade::GradingStandard;
use crate::line::{FolderSource, FrameSource, Picture, ReplaySource, open_folder};
use crate::machine::{
    ModbusLink, ModbusServer, ModbusSettings, PlantSettings, PlcLink, PlcSettings, RegisterMap,
    SharedPlant, SimulatedPlant, WordOrder,
};
use crate::sorting::{BeltView, Corner, Gate, GateNumber, SortLayout, SortLayoutBuilder, Travel};
use crate::tray::TrayFormat;

use super::super::exit::Failure;
use super::super::samples::SAMPLES;
use super::gige_vision;
use super::pictures::PictureSettings;

/// Pictures that a simulated camera keeps decoded.
const MOST_REPLAYED: usize = 32;
/// The simulated belt: 200 mm a second at 4 counts a millimetre.
const SIMULATED_COUNTS_PER_SECOND: u32 = 800;
/// The gap between simulated trays, as a share of their length.
const SIMULATED_GAP: f64 = 0.4;
/// From tray to tray on a simulated belt whose trays have no length in millimetres.
const SIMULATED_BETWEEN_TRAYS: u32 = 3000;

/// A line's settings, checked.
pub struct LineConfig {
    pub layout: SortLayout,
    pub job: Job,
    pub suspend_after: u32,
    pub reference_tray: ReferencePolicy,
    /// How long a look at it holds, hours; for ever when none.
    pub reference_within_hours: Option<f64>,
    pub base: String,
    pub name: String,
    pub challenge: Option<PathBuf>,
    pub metrics: Option<String>,
    pub store: PathBuf,
    pub pictures: Option<PictureSettings>,
    pub camera: Camera,
    pub machine: Machine,
    /// A tray's length along the belt, counts, where its pitch is known.
    pub tray_counts: Option<u32>,
    /// Two triggers nearer than this cannot be two trays.
    pub least_counts_between_trays: u32,
}

impl LineConfig {
    /// How long a trigger waits for its frame.
    pub fn camera_wait(&self) -> Duration {
        Duration::from_millis(self.camera.wait_ms)
    }

    /// Reads the sections that a line needs.
    ///
    /// # Errors
    /// One is missing, or they contradict each other.
    pub fn read(
        config: &Config,
        format: TrayFormat,
        standard: &GradingStandard,
    ) -> anyhow::Result<Self> {
        let missing = |section: &str| format!("configuration: the line needs a section {section}");
        let belt = config.belt.as_ref().with_context(|| missing("[belt]"))?;
        let camera = config
            .camera
            .as_ref()
            .with_context(|| missing("[camera]"))?;
        let line = config.line.as_ref().with_context(|| missing("[line]"))?;
        let job = config.job.clone().with_context(|| missing("[job]"))?;
        let machine = config
            .machine
            .clone()
            .with_context(|| missing("[machine]"))?;
        let store = config.store.as_ref().with_context(|| missing("[store]"))?;
        if let Some(key) = camera.key_without_use() {
            anyhow::bail!(
                "configuration: [camera] {key} has no use for source = {:?}",
                camera.source.name()
            );
        }
        let counts_per_mm = belt.counts_per_mm;
        anyhow::ensure!(
            counts_per_mm.is_finite() && counts_per_mm > 0.0,
            "configuration: counts_per_mm: expected a number above 0, found {counts_per_mm}"
        );
        let travel: Travel = named("travel", &belt.travel)?;
        let first_cell: Corner = named("first_cell", &belt.first_cell)?;
        let layout = SortLayoutBuilder {
            gates: config.gates.iter().map(gate).collect(),
            travel,
            first_cell,
            late_margin_counts: belt.late_margin_counts,
        }
        .build(&standard.routes())
        .context("configuration: gates")?;
        let tray_counts = format.pitch_mm().map(|[x, y]| {
            let view = BeltView::new(format.rows(), format.cols(), travel, first_cell);
            // Along the belt lies the picture's x or y: the pitch along the columns belongs to its columns.
            let along = if view.cols() == format.cols() { x } else { y };
            (view.cols() as f64 * along * counts_per_mm) as u32
        });
        Ok(Self {
            layout,
            suspend_after: line.suspend_after,
            reference_tray: line.reference_tray,
            reference_within_hours: hours_of_a_look(line, camera)?,
            base: line.base.clone(),
            name: line.name.clone(),
            challenge: line.challenge.clone(),
            metrics: line.metrics.clone(),
            store: store.file.clone(),
            pictures: PictureSettings::read(store)?,
            camera: camera.clone(),
            least_counts_between_trays: tray_counts.map_or(1, |counts| counts / 2).max(1),
            tray_counts,
            job,
            machine,
        })
    }

    fn registers(&self) -> anyhow::Result<RegisterMap> {
        let order = match self.machine.word_order {
            Words::HighFirst => WordOrder::HighFirst,
            Words::LowFirst => WordOrder::LowFirst,
        };
        RegisterMap::new(self.machine.base_register, order).context("configuration: [machine]")
    }
}

/// How long a look at the reference tray holds, where there is one.
fn hours_of_a_look(line: &LineSection, camera: &Camera) -> anyhow::Result<Option<f64>> {
    /// A year: whoever wants longer wants no limit.
    const MOST: f64 = 8760.0;
    const KEY: &str = "configuration: [line] reference_within_hours";
    let Some(hours) = line.reference_within_hours else {
        return Ok(None);
    };
    anyhow::ensure!(
        hours > 0.0 && hours <= MOST,
        "{KEY}: expected a number above 0 and at most {MOST}, found {hours}"
    );
    anyhow::ensure!(
        camera.calibration.is_some() && line.reference_tray != ReferencePolicy::Off,
        "{KEY} has no use: expected a calibration in [camera] and reference_tray \"required\" or \"advised\""
    );
    Ok(Some(hours))
}

fn gate(section: &GateSection) -> Gate {
    Gate {
        route: section.route.clone(),
        number: GateNumber(section.number),
        counts_from_camera: section.counts_from_camera,
    }
}

/// A word of the configuration as what it names.
fn named<T: serde::de::DeserializeOwned>(key: &str, word: &str) -> anyhow::Result<T> {
    serde_json::from_value(serde_json::Value::String(word.to_owned()))
        .with_context(|| format!("configuration: [belt] {key}"))
}

/// The configured camera.
///
/// # Errors
/// It is not built in or not there, or its pictures cannot be read.
pub fn camera(
    section: &Camera,
    format: Option<TrayFormat>,
) -> Result<Box<dyn FrameSource>, Failure> {
    Ok(match (section.source, &section.path) {
        (CameraSource::Folder, Some(path)) => {
            let folder = open_folder(path.clone()).map_err(anyhow::Error::msg)?;
            Box::new(FolderSource::new(folder))
        }
        (CameraSource::Folder, None) => {
            return Err(anyhow::anyhow!("configuration: a folder camera needs a path").into());
        }
        (CameraSource::Simulated, Some(path)) => {
            let folder = open_folder(path.clone()).map_err(anyhow::Error::msg)?;
            Box::new(ReplaySource::read(folder, MOST_REPLAYED).map_err(anyhow::Error::new)?)
        }
        (CameraSource::Simulated, None) => {
            samples(format.context("configuration: a simulated camera needs a path, or [tray]")?)?
        }
        (CameraSource::Gige, _) => gige_vision::camera(section)?,
    })
}

/// The built-in sample of this format.
fn samples(format: TrayFormat) -> anyhow::Result<Box<dyn FrameSource>> {
    let fits =
        |rows: u32, cols: u32| (rows as usize, cols as usize) == (format.rows(), format.cols());
    let mut pictures = Vec::new();
    for sample in SAMPLES
        .iter()
        .filter(|s| fits(s.rows, s.cols) && s.name != "not-a-tray.jpg")
    {
        let frame = decode(sample.bytes, DecodeLimits::default())?;
        let source = format!("samples/{}", sample.name);
        pictures.push(Picture::of_bytes(source, sample.bytes, frame));
    }
    anyhow::ensure!(
        !pictures.is_empty(),
        "configuration: no sample of {format} is built in: give the simulated camera a path"
    );
    Ok(Box::new(ReplaySource::new(pictures)))
}

/// The actuator, and the server behind it where it is simulated.
pub struct Actuator {
    pub link: Box<dyn PlcLink>,
    pub server: Option<ModbusServer>,
}

impl Actuator {
    /// The configured actuator; a simulated one speaks Modbus TCP on loopback all the same.
    ///
    /// # Errors
    /// The section names none, or the system gives no socket.
    pub fn open(line: &LineConfig, trays: Option<u64>) -> Result<Self, Failure> {
        let registers = line.registers()?;
        let (address, server) = match (&line.machine.modbus, line.machine.source.as_deref()) {
            (Some(address), None) => (address.clone(), None),
            (None, Some("simulated")) => {
                let plant = SimulatedPlant::new(plant(line, registers, trays))?;
                let server = ModbusServer::start("127.0.0.1:0", SharedPlant::new(plant))
                    .map_err(Failure::resource)?;
                (server.address().to_string(), Some(server))
            }
            _ => {
                let expected = "expected modbus = \"HOST:PORT\" or source = \"simulated\"";
                return Err(anyhow::anyhow!("configuration: [machine]: {expected}").into());
            }
        };
        let link = ModbusLink::new(ModbusSettings {
            address,
            unit: line.machine.unit,
            registers,
            longest_wait: ModbusSettings::USUAL_WAIT,
        })
        .map_err(Failure::resource)?;
        Ok(Self {
            link: Box::new(link),
            server,
        })
    }
}

fn plant(line: &LineConfig, registers: RegisterMap, trays: Option<u64>) -> PlantSettings {
    let with_gap = |counts: u32| (f64::from(counts) * (1.0 + SIMULATED_GAP)) as u32;
    PlantSettings {
        plc: PlcSettings {
            late_margin_counts: line.layout.late_margin_counts().max(1),
            safe_gate_counts: line.layout.farthest_counts(),
            ..PlcSettings::default()
        },
        registers,
        counts_per_second: SIMULATED_COUNTS_PER_SECOND,
        counts_between_trays: line.tray_counts.map_or(SIMULATED_BETWEEN_TRAYS, with_gap),
        trays,
        waits_for_armed: true,
        ..PlantSettings::default()
    }
}
