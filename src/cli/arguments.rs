//! What can be asked for on the command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::network::{BackendChoice, Precision};
use crate::plant::Looks;
use crate::telemetry::Loudness;
use crate::tray::{CodeKind, TrayFormat};

/// Grades seedlings in plug trays from pictures taken above.
#[derive(Debug, Parser)]
#[command(
    name = "seedgrade",
    version,
    about,
    after_help = "Exit codes: 0 done · 1 below what was asked · 2 bad usage, configuration, net or standard · \
                  3 disk or machine failed · 4 some inputs failed · 130 interrupted"
)]
pub struct Arguments {
    /// Options of every command.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

impl Arguments {
    /// How much the log says.
    #[must_use]
    pub fn loudness(&self) -> Loudness {
        match (self.global.quiet, self.global.verbose) {
            (true, _) => Loudness::Quiet,
            (false, 0) => Loudness::Normal,
            (false, 1) => Loudness::Verbose,
            (false, _) => Loudness::Debug,
        }
    }
}

/// Options of every command.
#[derive(Debug, Clone, Args)]
pub struct Global {
    /// Configuration; ./seedgrade.toml is read if it is there
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Inference engine
    #[arg(long, global = true, value_enum, default_value_t = Backend::Auto)]
    pub backend: Backend,
    /// How often the net looks at a tray, mirrored each time: 1, 2 or 4. The mean of its answers is right more often and
    /// costs as many runs; the configuration's `[nets] looks` when absent, else 1
    #[arg(long, global = true, value_name = "N", value_parser = parse_looks)]
    pub looks: Option<Looks>,
    /// In what numbers the net reckons; the configuration's `[nets] precision` when absent, else auto (`verify`: as the
    /// report says). Machines that share a run need the same: single where one of them has no VNNI
    #[arg(long, global = true, value_enum)]
    pub precision: Option<NetPrecision>,
    /// Say more; twice for everything
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// Say errors only
    #[arg(short, long, global = true)]
    pub quiet: bool,
}

/// Which inference engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Backend {
    /// ONNX Runtime where its library is found, else the embedded engine
    Auto,
    /// ONNX Runtime, or an error when its library is not found
    Onnxruntime,
    /// The engine built in
    Embedded,
}

impl From<Backend> for BackendChoice {
    fn from(backend: Backend) -> Self {
        match backend {
            Backend::Auto => Self::Auto,
            Backend::Onnxruntime => Self::OnnxRuntime,
            Backend::Embedded => Self::Embedded,
        }
    }
}

/// In what numbers a net reckons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum NetPrecision {
    /// 8 bits on ONNX Runtime and a CPU with VNNI, which is twice as fast; else single precision
    Auto,
    /// Single precision, on every machine the same
    Single,
    /// 8 bits, or an error
    EightBit,
}

impl From<NetPrecision> for Precision {
    fn from(precision: NetPrecision) -> Self {
        match precision {
            NetPrecision::Auto => Self::Auto,
            NetPrecision::Single => Self::Single,
            NetPrecision::EightBit => Self::EightBit,
        }
    }
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Grade the trays that are shipped: simulated camera and PLC, real inspection
    Demo(DemoArguments),
    /// Grade pictures or folders of pictures
    Grade(GradeArguments),
    /// Accuracy on labelled sets, with intervals
    Eval(EvalArguments),
    /// Make labelled procedural trays in the data-set format
    Render(super::render::RenderArgs),
    /// Labelled sets
    #[command(subcommand)]
    Dataset(super::dataset::DatasetCommand),
    /// Grading standards
    #[command(subcommand)]
    Standard(StandardCommand),
    /// ONNX Runtime's library
    #[command(subcommand)]
    Runtime(RuntimeCommand),
    /// The live line: camera to actuator, on time or not at all
    Line(LineArguments),
    /// A PLC to rehearse with, over real Modbus TCP
    SimulatePlc(super::simulate_plc::SimulatePlcArguments),
    /// Grade an archive of pictures anew: resumable, in shares over many machines, compared with an earlier run
    Regrade(Box<super::regrade::RegradeArguments>),
    /// Grade stored trays again from their pictures: bit for bit as stored, or what differs
    Verify(super::verify::VerifyArguments),
    /// What the stores know of lots and trays: counts, rates with intervals, trend, suspect nozzles
    Stats(super::stats::StatsArguments),
    /// Stored trays and cells for other programs, or what people said of cells as a labelled set
    Export(super::export::ExportArguments),
    /// A store's health: check it, copy it while the line writes, give room back
    #[command(subcommand)]
    Store(super::store::StoreCommand),
    /// Days of belt in simulated time: plan, machine and store, without camera and net
    Rehearse(super::rehearse::RehearseArguments),
    /// The reference tray: drawn, recorded, and held against the record
    #[command(subcommand)]
    Calibrate(super::calibrate::CalibrateCommand),
    /// A lot's inspection report (检测报告) as PDF or JSON
    Certificate(super::certificate::CertificateArguments),
    /// The operators' pages over the stores of one line or several
    Review(super::review::ReviewArguments),
    /// What was found on this machine and what is missing
    Doctor,
}

/// `seedgrade demo`
#[derive(Debug, Args)]
#[command(after_help = "Example: seedgrade demo --out demo")]
pub struct DemoArguments {
    /// Where report.html, trays.jsonl and the store are written
    #[arg(long, value_name = "DIR", default_value = "seedgrade-demo")]
    pub out: PathBuf,
}

/// `seedgrade grade`
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    seedgrade grade --tray 10x20 tray.jpg\n  \
    seedgrade grade --tray 10x20 --pitch-mm 26 --json trays/ > trays.jsonl\n  \
    seedgrade grade --tray 4x5 --standard tomato.toml --overlay marked/ trays/")]
pub struct GradeArguments {
    /// Pictures (JPEG, PNG) or folders of them
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// What tray is in view
    #[command(flatten)]
    pub tray: TrayArguments,
    /// Grading standard; without it the embedded vegetable-plug standard
    #[arg(long, value_name = "FILE")]
    pub standard: Option<PathBuf>,
    /// One JSON object a picture on stdout instead of the table
    #[arg(long)]
    pub json: bool,
    /// Write pictures with the verdicts drawn over them
    #[arg(long, value_name = "DIR")]
    pub overlay: Option<PathBuf>,
    /// Pictures judged at the same time; the machine's cores when absent
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub jobs: Option<u16>,
}

/// The block of cells in view.
#[derive(Debug, Clone, Default, Args)]
pub struct TrayArguments {
    /// Rows x columns of the block of cells in view; it may be part of a larger tray. `grade` counts them in every
    /// picture where nobody names them
    #[arg(long, value_name = "RxC", value_parser = TrayFormat::parse)]
    pub tray: Option<TrayFormat>,
    /// Cell pitch in mm, along the columns and along the rows: 26 or 26x25.5
    #[arg(long, value_name = "X[xY]", value_parser = parse_pitch)]
    pub pitch_mm: Option<PitchMillimetres>,
    /// Tray format: a TOML file with rows, cols, pitch_mm, cell_shape
    #[arg(long, value_name = "FILE", conflicts_with = "tray")]
    pub tray_format: Option<PathBuf>,
    /// 2D code on the tray's rim or on a label beside its cells that is read into `tray_code`
    #[arg(long, value_name = "KIND", value_enum)]
    pub tray_code: Option<TrayCodeKind>,
    /// Height of the camera over the tray, mm: with --canopy-height-mm, areas and centres are corrected
    #[arg(long, value_name = "MM", requires = "canopy_height_mm")]
    pub camera_height_mm: Option<f64>,
    /// Usual height of the canopy, mm, measured by hand
    #[arg(long, value_name = "MM")]
    pub canopy_height_mm: Option<f64>,
    /// Standard deviation of canopy heights, mm; three tenths of the height when absent
    #[arg(long, value_name = "MM", requires = "canopy_height_mm")]
    pub canopy_spread_mm: Option<f64>,
}

/// Which 2D codes are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TrayCodeKind {
    /// None
    Off,
    /// QR codes
    Qr,
    /// Data Matrix codes (ECC 200)
    Datamatrix,
    /// Either
    Any,
}

impl From<TrayCodeKind> for CodeKind {
    fn from(kind: TrayCodeKind) -> Self {
        match kind {
            TrayCodeKind::Off => Self::Off,
            TrayCodeKind::Qr => Self::Qr,
            TrayCodeKind::Datamatrix => Self::DataMatrix,
            TrayCodeKind::Any => Self::Any,
        }
    }
}

/// Pitch along the columns and along the rows, mm.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PitchMillimetres(pub [f64; 2]);

fn parse_looks(text: &str) -> Result<Looks, String> {
    let count: u8 = text.parse().map_err(|_| "expected 1, 2 or 4".to_owned())?;
    Looks::try_from(count)
}

fn parse_pitch(text: &str) -> Result<PitchMillimetres, String> {
    let length = |t: &str| {
        t.parse::<f64>()
            .map_err(|_| format!("{text:?}: expected millimetres such as 26 or 26x25.5"))
    };
    match text.split_once('x') {
        Some((x, y)) => Ok(PitchMillimetres([length(x)?, length(y)?])),
        None => Ok(PitchMillimetres([length(text)?; 2])),
    }
}

/// Nothing is below NaN: it would pass for any accuracy.
fn parse_share(text: &str) -> Result<f64, String> {
    let share = text.parse().ok().filter(|v| (0.0..=1.0).contains(v));
    share.ok_or_else(|| "expected a share from 0 to 1, such as 0.95".to_owned())
}

/// `seedgrade eval`
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    seedgrade eval datasets/samples --json --min-accuracy 0.95\n  \
    seedgrade eval sets/bed1 --errors wrong/ --without sets/bed1/suspects.csv\n  \
    seedgrade eval --stage segment sets/pots\n  \
    seedgrade eval --stage segment --cells-in-view 1x1 sets/plugs")]
pub struct EvalArguments {
    /// Labelled sets: folders with a dataset.toml
    #[arg(required = true, value_name = "SET")]
    pub sets: Vec<PathBuf>,
    /// One JSON object a set on stdout instead of the table
    #[arg(long)]
    pub json: bool,
    /// Write the wrong and the least certain cells as contact sheets, a folder a set and a sheet a kind of error
    #[arg(long, value_name = "DIR")]
    pub errors: Option<PathBuf>,
    /// Report again without these doubtful labels: a table with image (or tray), row, col and perhaps set
    #[arg(long, value_name = "FILE")]
    pub without: Option<PathBuf>,
    /// Grading standard that the verdicts follow; without it the embedded vegetable-plug standard
    #[arg(long, value_name = "FILE")]
    pub standard: Option<PathBuf>,
    /// Insist on repeatability: end with 2 where a set has no two pictures with the same `same_tray` (where it has, it
    /// is always reported)
    #[arg(long)]
    pub repeat: bool,
    /// End with 1 when the accuracy of any set is lower
    #[arg(long, value_name = "SHARE", value_parser = parse_share)]
    pub min_accuracy: Option<f64>,
    /// Pictures judged at the same time; the machine's cores when absent
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub jobs: Option<u16>,
    /// What is judged: the whole way from the picture, or masks without looking for a tray
    #[arg(long, value_enum, default_value_t = EvalStage::Whole)]
    pub stage: EvalStage,
    /// Rows x columns of the cells that a picture shows, where the set states a tray that is not in view: 1x1 for
    /// single plugs (with --stage segment)
    #[arg(long, value_name = "RxC", value_parser = TrayFormat::parse)]
    pub cells_in_view: Option<TrayFormat>,
}

/// What `eval` judges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum EvalStage {
    /// From the picture to the verdicts
    Whole,
    /// Plant masks only, without looking for a tray
    Segment,
}

/// `seedgrade line`
#[derive(Debug, Args)]
#[command(
    after_help = "Runs until Ctrl-C or SIGTERM, or --trays N: disarms, finishes the tray in hand, empties its \
    queues, prints one JSON summary (`latency_ms` from frame to accepted command, `stages_ms` where the time went) and \
    ends with 0. What the store cannot take (locked, disk stalled or full) is spilled to a file beside it, and taken \
    in, in order, as soon as it can. SIGHUP reads the configuration anew: another job, net or standard begins with \
    the next tray, or is refused and the line goes on as it was.\n\n\
    Examples:\n  \
    seedgrade line --config seedgrade.toml -v\n  \
    seedgrade line --config seedgrade.toml --challenge challenge/\n  \
    seedgrade grade --json --tray 10x20 challenge/ > challenge/expected.jsonl   (then checked by a person)"
)]
pub struct LineArguments {
    /// Pictures with their expected verdicts in expected.jsonl: the line is not armed while it judges them otherwise
    #[arg(long, value_name = "DIR")]
    pub challenge: Option<PathBuf>,
    /// End after so many trays
    #[arg(long, value_name = "N")]
    pub trays: Option<u64>,
    /// Print the systemd unit that runs the line as a service, and end
    #[arg(long)]
    pub print_unit: bool,
}

/// `seedgrade standard`
#[derive(Debug, Subcommand)]
pub enum StandardCommand {
    /// Validate a grading standard and print its grades and digest
    Check {
        /// The standard
        file: PathBuf,
    },
    /// Print the embedded standard, to start one's own from
    Show,
}

/// `seedgrade runtime`
#[derive(Debug, Subcommand)]
pub enum RuntimeCommand {
    /// Put ONNX Runtime's library where seedgrade finds it
    Install {
        /// A wheel of onnxruntime carried in; without it `pip download` fetches one
        #[arg(long, value_name = "WHEEL")]
        from: Option<PathBuf>,
        /// Put it into DIR/VERSION instead of the user's data folder, as a package does
        #[arg(long, value_name = "DIR")]
        into: Option<PathBuf>,
    },
}
