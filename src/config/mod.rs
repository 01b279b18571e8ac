//! The configuration file (`seedgrade.toml`) in, typed settings out. Unknown keys are errors that name
//! the nearest known key; paths are relative to the file.
//!
//! ```toml
//! [tray]
//! rows = 10
//! cols = 20
//! pitch_mm = [26.0, 26.0]        # along the columns, along the rows
//! code = "qr"                    # off | qr | datamatrix | any: the code on the rim; off when absent
//! code_at = [-0.8, 5.0]          # optional: its middle, pitches right of and below the block's first corner when cell (0, 0)
//!                                # is at the top left; trays may then lie any way round, and one whose code is not read is refused
//! [standard]
//! file = "vegetable-plug.toml"
//! [nets]
//! dir = "models"                 # holds seedling/card.toml and its .onnx; the embedded net when absent
//! looks = 1                      # 1 when absent | 2 | 4: the net looks at a tray so often, mirrored, and its answers are averaged:
//!                                # fewer wrong cells for as many times its cost
//! precision = "auto"             # auto (when absent): 8 bits on ONNX Runtime and a CPU with VNNI | single | eight-bit
//! ```
//!
//! A GigE Vision camera (cargo feature `gige`) has further keys, all optional:
//!
//! ```toml
//! [camera]
//! source = "gige"
//! device = "Maker-00012345"      # maker and serial number, or address; the first one found when absent
//! exposure_us = 2000.0
//! gain = 0.0
//! trigger = "Software"           # or a line of the camera: "Line0"
//! pixel_format = "BayerRG8"
//! packet_bytes = 8192            # where the network has jumbo frames
//! ```
//!
//! Every camera may have a `calibration = "calibration.toml"` (`seedgrade calibrate record`): the first frame of a run
//! must then show the reference tray, within the calibration's limits, before the line is armed; `[line]`
//! `reference_tray = "required"` (when absent), `"advised"` or `"off"` says how strictly. `reference_within_hours = 10` in
//! `[line]` says that such a look holds for so long, never overdue when absent: a line that runs longer stays armed and tells
//! that the look is overdue (an event, the live page, `seedgrade_part_fine{part="camera"}` 0). Once it is disarmed, by an
//! emergency stop as well, it is not armed again before it was started anew and has looked; with `"advised"` it is.
//!
//! With `height_mm` in `[camera]` and `canopy_height_mm` (and `canopy_spread_mm`) in `[job]`, areas and centres
//! are corrected for height and their uncertainty is stated.
//! `lot_trays` and `ordered` in `[job]` state how many trays the lot has, sown or delivered, and how many plants are ordered
//! of it; people may state otherwise on the pages, which then holds until the configuration says otherwise than it did.
//!
//! A line keeps pictures where `[store]` says which; with the store they never take more than `max_gib`:
//!
//! ```toml
//! [store]
//! file = "line.db"
//! max_gib = 20
//! keep = "doubtful"              # none (when absent) | all | doubtful: refused and unsure | samples: one in fifty
//! pictures = "pictures"          # beside the store as <file>.pictures when absent
//! ```
//!
//! Days and shifts are those of the site:
//!
//! ```toml
//! [site]
//! zone = "Asia/Shanghai"                 # UTC when absent
//! shifts = ["06:00", "14:00", "22:00"]   # when each begins, to the quarter of an hour; the night is the evening's
//! ```
//!
//! The sections of the live line (`[camera]`, `[belt]`, `[line]`, `[[gate]]`, `[job]`, `[machine]`,
//! `[store]`) are read and checked too, so that one file serves the line and the bench.

mod sections;

use std::path::{Path, PathBuf};

use crate::network::Precision;
use crate::plant::Looks;
use crate::tray::TrayFormat;

use sections::Sections;
pub use sections::{
    Belt, Camera, CameraSource, Gate, Job, KeepPictures, Line, Machine, ReferencePolicy, Site,
    StoreSection, WordOrder,
};

/// What a configuration file says.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// The block of cells in view.
    pub tray: Option<TrayFormat>,
    /// The grading standard's file.
    pub standard_file: Option<PathBuf>,
    /// The folder of nets.
    pub nets_dir: Option<PathBuf>,
    /// How often the seedling net looks at a tray.
    pub looks: Looks,
    /// In what numbers it reckons.
    pub precision: Precision,
    /// Where frames come from.
    pub camera: Option<Camera>,
    /// The belt.
    pub belt: Option<Belt>,
    /// When the line gives up.
    pub line: Option<Line>,
    /// Gates; number 0 is the safe one.
    pub gates: Vec<Gate>,
    /// What is being graded.
    pub job: Option<Job>,
    /// The PLC.
    pub machine: Option<Machine>,
    /// The store.
    pub store: Option<StoreSection>,
    /// Its zone and shifts.
    pub site: Option<Site>,
}

/// Why a configuration is refused.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// Not TOML, a wrong type, or an unknown key.
    #[error("configuration: {message}{hint}")]
    Toml {
        /// What the reader found, with line and column.
        message: String,
        /// The nearest known key, as a clause; empty where there is none.
        hint: String,
    },
}

impl Config {
    /// Reads a configuration.
    ///
    /// # Errors
    /// The text is no TOML, has an unknown key or a value of the wrong type or out of range.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        let sections: Sections = toml::from_str(text).map_err(|error| ConfigError::Toml {
            hint: nearest_key(error.message()).unwrap_or_default(),
            message: error.to_string().trim_end().to_owned(),
        })?;
        Ok(sections.into())
    }

    /// The same with relative paths taken from the folder of `file`.
    #[must_use]
    pub fn with_paths_from(mut self, file: &Path) -> Self {
        let base = file.parent().unwrap_or(Path::new(""));
        let paths = [
            self.standard_file.as_mut(),
            self.nets_dir.as_mut(),
            self.line.as_mut().and_then(|l| l.challenge.as_mut()),
        ];
        let of_camera = self
            .camera
            .as_mut()
            .map(|c| [c.path.as_mut(), c.calibration.as_mut()]);
        let of_store = self
            .store
            .as_mut()
            .map(|s| [Some(&mut s.file), s.pictures.as_mut()]);
        for path in paths
            .into_iter()
            .chain(of_camera.into_iter().flatten())
            .chain(of_store.into_iter().flatten())
            .flatten()
        {
            *path = base.join(&*path);
        }
        self
    }
}

/// From ``unknown field `rws`, expected one of `rows`, `cols` `` the clause that names `rows`.
fn nearest_key(message: &str) -> Option<String> {
    let (found, expected) = message.strip_prefix("unknown field `")?.split_once('`')?;
    let known = expected.split('`').skip(1).step_by(2);
    let nearest = known
        .max_by(|a, b| strsim::jaro_winkler(a, found).total_cmp(&strsim::jaro_winkler(b, found)))?;
    Some(format!("\nhint: did you mean `{nearest}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_has_a_zone_that_there_is_and_shifts_that_are_times() {
        let site = |text: &str| Config::parse(&format!("[site]\n{text}\n"));
        let shifts = "zone = \"Asia/Shanghai\"\nshifts = [\"22:00\", \"06:00\"]";
        let calendar = site(shifts).unwrap().site.unwrap().calendar;
        assert_eq!(calendar.zone_name(), "Asia/Shanghai");
        assert!(calendar.has_shifts());
        for (text, said) in [
            ("zone = \"Asia/Shanhai\"", "found \"Asia/Shanhai\""),
            ("shifts = [\"six\"]", "expected times of day such as 06:00"),
            ("shifts = [\"06:10\"]", "quarter of an hour"),
            ("zones = \"UTC\"", "did you mean `zone`"),
        ] {
            let error = site(text).unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
        }
    }

    #[test]
    fn a_mistyped_key_is_refused_with_the_nearest_one() {
        let error =
            Config::parse("[tray]\nrows = 4\ncols = 5\npich_mm = [26.0, 26.0]\n").unwrap_err();
        let text = error.to_string();
        assert!(text.contains("line 4"), "{text}");
        assert!(text.contains("did you mean `pitch_mm`"), "{text}");
    }

    #[test]
    fn paths_lie_beside_the_configuration() {
        let config = Config::parse("[standard]\nfile = \"tomato.toml\"\n[nets]\ndir = \"/nets\"\n")
            .unwrap()
            .with_paths_from(Path::new("site/line1.toml"));
        assert_eq!(
            config.standard_file,
            Some(PathBuf::from("site/tomato.toml"))
        );
        assert_eq!(config.nets_dir, Some(PathBuf::from("/nets")));
    }

    #[test]
    fn the_whole_of_a_lines_configuration_is_read() {
        let text = r#"
[tray]
rows = 10
cols = 20
pitch_mm = [26.0, 26.0]
[standard]
file = "vegetable-plug.toml"
[camera]
source = "folder"
path = "trays"
[belt]
counts_per_mm = 4.0
travel = "+x"
first_cell = "top-left"
late_margin_counts = 50
[line]
suspend_after = 5
[[gate]]
route = "hold"
number = 0
counts_from_camera = 1500
[job]
id = 7
lot = "2026-11-A"
variety = "tomato"
[machine]
modbus = "127.0.0.1:502"
[store]
file = "seedgrade.db"
max_gib = 20
[nets]
dir = "models"
"#;
        let config = Config::parse(text).unwrap();
        assert_eq!(config.tray.unwrap().to_string(), "10x20");
        assert_eq!(config.gates[0].number, 0);
        assert_eq!(config.job.unwrap().lot, "2026-11-A");
    }

    #[test]
    fn an_impossible_tray_is_refused() {
        assert!(Config::parse("[tray]\nrows = 0\ncols = 5\n").is_err());
        assert!(Config::parse("[tray]\nrows = 4\ncols = 5\npitch_mm = [nan, 1.0]\n").is_err());
    }
}
