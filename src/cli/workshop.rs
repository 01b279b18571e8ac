//! What a command judges with: net, engine, standard and tray format put together once, and an
//! inspector for every worker.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context;

use crate::calibration::Calibration;
use crate::cell::Heights;
use crate::config::Config;
use crate::frame::HALVES_JPEGS;
use crate::grade::GradingStandard;
use crate::inspect::{Evidence, Inspector, Nets, Recipe};
use crate::network::{self, NetFile, OpenNetwork, Precision, cpu, shipped};
use crate::plant::{Looks, PlantParams};
use crate::runtime;
use crate::tray::{LocateParams, TrayFormat};

use super::arguments::{Global, TrayArguments};

/// The configuration of `--config`, or of `./seedgrade.toml` if it is there, or none.
///
/// # Errors
/// A file that cannot be read or is not a valid configuration.
pub fn read_config(global: &Global) -> anyhow::Result<Option<Config>> {
    let default = PathBuf::from("seedgrade.toml");
    let path = match &global.config {
        Some(path) => path.clone(),
        None if default.exists() => default,
        None => return Ok(None),
    };
    let text = read_text(&path)?;
    let config = Config::parse(&text).with_context(|| format!("{}", path.display()))?;
    Ok(Some(config.with_paths_from(&path)))
}

/// The most bytes of a text that a person writes: configuration, standard, tray format.
const MOST_TEXT_BYTES: u64 = 1 << 20;

/// Reads a text that a person writes; a device or a picture named by mistake costs no memory.
///
/// # Errors
/// It cannot be read, is no UTF-8, or is too large.
pub fn read_text(path: &Path) -> anyhow::Result<String> {
    let mut text = Vec::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(MOST_TEXT_BYTES + 1).read_to_end(&mut text))
        .with_context(|| format!("{}: cannot be read", path.display()))?;
    anyhow::ensure!(
        text.len() as u64 <= MOST_TEXT_BYTES,
        "{}: cannot be read: it is larger than {MOST_TEXT_BYTES} bytes",
        path.display()
    );
    String::from_utf8(text).with_context(|| format!("{}: cannot be read", path.display()))
}

/// The tray format of the flags, else of the configuration.
///
/// # Errors
/// No format anywhere, an unreadable format file, or an impossible pitch.
pub fn tray_format(
    arguments: &TrayArguments,
    config: Option<&Config>,
) -> anyhow::Result<TrayFormat> {
    any_tray_format(arguments, config)?.context(
        "the tray is not known: give --tray RxC (such as 10x20), --tray-format FILE, \
         or [tray] in the configuration",
    )
}

/// The same for who can count rows and columns in the picture: none where nobody names them.
///
/// # Errors
/// An unreadable format file, an impossible pitch, or a pitch of a tray that nobody names.
pub fn any_tray_format(
    arguments: &TrayArguments,
    config: Option<&Config>,
) -> anyhow::Result<Option<TrayFormat>> {
    let format = match (&arguments.tray, &arguments.tray_format) {
        (Some(format), _) => Some(*format),
        (None, Some(path)) => Some(read_format(path)?),
        (None, None) => config.and_then(|c| c.tray),
    };
    let format = match (format, arguments.tray_code) {
        (Some(format), Some(kind)) => Some(format.with_code(kind.into())),
        (None, Some(_)) => {
            anyhow::bail!("--tray-code needs the tray that carries it: give --tray RxC")
        }
        (format, None) => format,
    };
    match (format, arguments.pitch_mm) {
        (Some(format), Some(pitch)) => Ok(Some(format.with_pitch_mm(pitch.0)?)),
        (None, Some(_)) => anyhow::bail!("--pitch-mm needs the tray it is of: give --tray RxC"),
        (format, None) => Ok(format),
    }
}

/// Heights of camera and canopy by the flags, else by the configuration; none where either is unknown.
///
/// # Errors
/// Heights that cannot be.
pub fn heights(
    arguments: &TrayArguments,
    config: Option<&Config>,
) -> anyhow::Result<Option<Heights>> {
    let job = config.and_then(|c| c.job.as_ref());
    let camera = arguments.camera_height_mm.or_else(|| {
        config
            .and_then(|c| c.camera.as_ref())
            .and_then(|c| c.height_mm)
    });
    let canopy = arguments
        .canopy_height_mm
        .or_else(|| job.and_then(|j| j.canopy_height_mm));
    let (Some(camera), Some(canopy)) = (camera, canopy) else {
        return Ok(None);
    };
    let spread = arguments
        .canopy_spread_mm
        .or_else(|| job.and_then(|j| j.canopy_spread_mm))
        .unwrap_or(USUAL_SPREAD * canopy);
    Ok(Some(Heights::new(camera, canopy, spread)?))
}

/// Standard deviation of canopy heights as a share of their mean where nobody stated it.
const USUAL_SPREAD: f64 = 0.3;

fn read_format(path: &Path) -> anyhow::Result<TrayFormat> {
    let text = read_text(path)?;
    toml::from_str(&text).with_context(|| format!("{}: is no tray format", path.display()))
}

/// The standard of the flag, else of the configuration, else the embedded one.
///
/// # Errors
/// A file that cannot be read or is no valid standard.
pub fn standard(file: Option<&Path>, config: Option<&Config>) -> anyhow::Result<GradingStandard> {
    let file = file
        .map(Path::to_owned)
        .or_else(|| config.and_then(|c| c.standard_file.clone()));
    let Some(file) = file else {
        return Ok(GradingStandard::embedded());
    };
    let text = read_text(&file)?;
    GradingStandard::parse(&text).with_context(|| format!("{}", file.display()))
}

/// The standard's grades, best first, the weak last.
#[must_use]
pub fn grade_names(standard: &GradingStandard) -> Vec<String> {
    standard.grades().iter().map(|g| g.id.to_string()).collect()
}

/// All that a workshop judges with but its engine: what decides judgements.
pub struct Outfit {
    /// Reads the tray.
    pub net: NetFile,
    /// Finds it.
    pub finder: NetFile,
    /// What tray is in view; none: rows and columns are counted.
    pub format: Option<TrayFormat>,
    /// How often the net that reads it looks.
    pub looks: Looks,
    /// In what numbers the nets are to reckon; a tray finder that has no 8-bit form stays in single precision.
    pub precision: Precision,
    /// What verdicts follow.
    pub standard: GradingStandard,
    /// Heights of camera and canopy, where known.
    pub heights: Option<Heights>,
    /// The digest of the camera's calibration, where it has one.
    pub calibration: Option<String>,
}

/// Inspectors of one recipe, lent to workers.
pub struct Workshop {
    recipe: Arc<Recipe>,
    net: NetFile,
    finder: NetFile,
    choice: network::BackendChoice,
    library: Vec<PathBuf>,
    threads: usize,
    evidence: Evidence,
    idle: Mutex<Vec<Inspector>>,
    note: Option<String>,
    halves: bool,
}

impl Workshop {
    /// Opens the net and an engine and proves that they run.
    ///
    /// `threads` is what one inspector's engine may use: 1 where many inspectors run side by side.
    ///
    /// # Errors
    /// The net is refused, or the engine that was asked for is not there.
    pub fn open(
        global: &Global,
        config: Option<&Config>,
        format: Option<TrayFormat>,
        standard: GradingStandard,
        heights: Option<Heights>,
        threads: usize,
    ) -> anyhow::Result<Self> {
        let outfit = Outfit {
            net: configured_net(config)?,
            finder: configured_finder(config)?,
            format,
            precision: precision(global, config),
            looks: global.looks.or(config.map(|c| c.looks)).unwrap_or_default(),
            standard,
            heights,
            calibration: calibration_digest(config)?,
        };
        Self::of(outfit, global.backend.into(), threads)
    }

    /// Opens an engine for what is judged with, wherever it came from.
    ///
    /// # Errors
    /// The net is refused, or the engine that was asked for is not there.
    pub fn of(
        outfit: Outfit,
        choice: network::BackendChoice,
        threads: usize,
    ) -> anyhow::Result<Self> {
        let library = runtime::paths(&runtime::locate(None));
        let form = |net, precision: Precision| network::form_for(net, precision, choice, &library);
        let net = form(&outfit.net, outfit.precision)?.clone();
        let finder = form(
            &outfit.finder,
            outfit.precision.where_it_has_it(&outfit.finder),
        )?
        .clone();
        let recipe = Arc::new(Recipe {
            format: outfit.format,
            standard: outfit.standard,
            locate: LocateParams::of_card(finder.card()),
            plants: plant_params(&net),
            px_per_pitch: px_per_pitch(&net)?,
            looks: outfit.looks,
            heights: outfit.heights,
            most_cover: net
                .card()
                .decision
                .get("most_cover")
                .copied()
                .unwrap_or(1.0),
        });
        let opened = network::open(&net, choice, &library, threads)?;
        let finding = network::open(&finder, choice, &library, threads)?;
        let evidence = Evidence {
            software: env!("CARGO_PKG_VERSION").to_owned(),
            backend: opened.backend.to_string(),
            cpu_class: cpu::cpu_class(),
            network: net.digest(),
            tray_finder: finder.digest(),
            standard: recipe.standard.name(),
            standard_digest: recipe.standard.digest().to_owned(),
            config: recipe.digest(),
            calibration: outfit.calibration,
        };
        let OpenNetwork { network, note, .. } = opened;
        let nets = Nets {
            finder: finding.network,
            seedling: network,
        };
        let first = Inspector::new(Arc::clone(&recipe), nets, evidence.clone());
        Ok(Self {
            recipe,
            net,
            finder,
            choice,
            library,
            threads,
            evidence,
            idle: Mutex::new(vec![first]),
            note,
            halves: false,
        })
    }

    /// The same workshop, for pictures from files: where they are fine enough, they are judged at half their size, if this
    /// build can decode them so; reports name what does, beside the engine.
    #[must_use]
    pub fn halving(mut self) -> Self {
        if let Some(decoder) = HALVES_JPEGS.filter(|_| !self.halves) {
            self.halves = true;
            self.evidence.backend += &format!(", {decoder}");
            let idle = self.idle.get_mut().unwrap_or_else(PoisonError::into_inner);
            for inspector in idle {
                inspector.testify(self.evidence.clone());
            }
        }
        self
    }

    /// Whether pictures are judged at half their size where that is enough.
    #[must_use]
    pub fn halves(&self) -> bool {
        self.halves
    }

    /// What every report will carry.
    #[must_use]
    pub fn evidence(&self) -> &Evidence {
        &self.evidence
    }

    /// The standard that verdicts follow.
    #[must_use]
    pub fn standard(&self) -> &GradingStandard {
        &self.recipe.standard
    }

    /// Its nets: what reads the tray, what finds it.
    #[must_use]
    pub fn nets(&self) -> [&NetFile; 2] {
        [&self.net, &self.finder]
    }

    /// What tray is in view, where it was named.
    #[must_use]
    pub fn format(&self) -> Option<TrayFormat> {
        self.recipe.format
    }

    /// How often the net that reads a tray looks.
    #[must_use]
    pub fn looks(&self) -> Looks {
        self.recipe.looks
    }

    /// Heights of camera and canopy, where known.
    #[must_use]
    pub fn heights(&self) -> Option<Heights> {
        self.recipe.heights
    }

    /// Whether it reads the codes of trays.
    #[must_use]
    pub fn reads_codes(&self) -> bool {
        self.recipe.format.is_some_and(|f| !f.code().is_off())
    }

    /// The standard's grades, best first, the weak last.
    #[must_use]
    pub fn grade_names(&self) -> Vec<String> {
        grade_names(&self.recipe.standard)
    }

    /// Why the faster engine does not run, if so.
    #[must_use]
    pub fn note(&self) -> Option<&str> {
        self.note.as_deref()
    }

    /// Lends an inspector to `work`: an idle one, else a new one.
    ///
    /// # Errors
    /// A new inspector's engine could not be opened.
    pub fn with_inspector<T>(&self, work: impl FnOnce(&mut Inspector) -> T) -> anyhow::Result<T> {
        let idle = self
            .idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop();
        let mut inspector = match idle {
            Some(inspector) => inspector,
            None => self.another()?,
        };
        let result = work(&mut inspector);
        self.idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(inspector);
        Ok(result)
    }

    fn another(&self) -> anyhow::Result<Inspector> {
        let open = |net: &NetFile| {
            let opened = network::open(net, self.choice, &self.library, self.threads)?;
            anyhow::Ok(opened.network)
        };
        let nets = Nets {
            finder: open(&self.finder)?,
            seedling: open(&self.net)?,
        };
        Ok(Inspector::new(
            Arc::clone(&self.recipe),
            nets,
            self.evidence.clone(),
        ))
    }
}

/// Whether reports with this evidence are of pictures that were judged at half their size where that was enough, by what this
/// build decodes them with.
#[must_use]
pub fn names_halving(evidence: &Evidence) -> bool {
    HALVES_JPEGS.is_some_and(|decoder| evidence.backend.ends_with(decoder))
}

/// In what numbers the net is to reckon, by the flag, else by the configuration.
#[must_use]
pub fn precision(global: &Global, config: Option<&Config>) -> Precision {
    let asked = global.precision.map(Precision::from);
    asked.or(config.map(|c| c.precision)).unwrap_or_default()
}

/// The seedling net of the configured folder, else the one that is built in.
///
/// # Errors
/// The folder's net or card is missing, damaged, or they do not belong together.
pub fn configured_net(config: Option<&Config>) -> anyhow::Result<NetFile> {
    if let Some(dir) = config.and_then(|c| c.nets_dir.as_ref()) {
        return Ok(NetFile::from_folder(&dir.join("seedling"))?);
    }
    Ok(shipped::seedling()?)
}

/// The tray finder of the configured folder where there is one, else the one that is built in.
///
/// # Errors
/// The folder's net or card is damaged, or they do not belong together.
pub fn configured_finder(config: Option<&Config>) -> anyhow::Result<NetFile> {
    let folder = config
        .and_then(|c| c.nets_dir.as_ref())
        .map(|dir| dir.join("tray-finder"));
    match folder.filter(|folder| folder.is_dir()) {
        Some(folder) => {
            let net = NetFile::from_folder(&folder)?;
            let names = net.card().outputs.iter().map(|o| o.name.as_str());
            anyhow::ensure!(
                names.eq(["block", "phase", "share"]),
                "{}: its card has no outputs block, phase and share: not a tray finder",
                net.file()
            );
            Ok(net)
        }
        None => Ok(shipped::tray_finder()?),
    }
}

/// Pixels a cell pitch that a net was made for.
fn px_per_pitch(net: &NetFile) -> anyhow::Result<usize> {
    let stated = net.card().input.px_per_pitch.with_context(|| {
        format!(
            "{}: its card has no px_per_pitch: not a seedling net",
            net.file()
        )
    })?;
    anyhow::ensure!(
        stated >= 8 && stated.is_multiple_of(8),
        "{}: px_per_pitch: expected a multiple of 8, found {stated}",
        net.file()
    );
    Ok(stated as usize)
}

/// Limits of segmentation that the net's card states; the defaults where it is silent.
fn plant_params(net: &NetFile) -> PlantParams {
    let default = PlantParams::default();
    let stated = |name: &str| net.card().decision.get(name).copied();
    PlantParams {
        pixel: stated("pixel").map_or(default.pixel, |v| v as f32),
        root: stated("root").map_or(default.root, |v| v as f32),
        reach_pitch: stated("reach_pitch").unwrap_or(default.reach_pitch),
        least_area_pitch2: stated("least_area_pitch2").unwrap_or(default.least_area_pitch2),
    }
}

/// The digest of the calibration that the configuration's camera has, if it has one.
fn calibration_digest(config: Option<&Config>) -> anyhow::Result<Option<String>> {
    let camera = config.and_then(|config| config.camera.as_ref());
    let file = camera.and_then(|camera| camera.calibration.as_deref());
    Ok(file
        .map(read_calibration)
        .transpose()?
        .map(|(_, digest)| digest))
}

/// A calibration, and the digest that names it.
///
/// # Errors
/// It cannot be read, or is no calibration.
pub fn read_calibration(file: &Path) -> anyhow::Result<(Calibration, String)> {
    let text = read_text(file)?;
    let calibration = Calibration::parse(&text).with_context(|| format!("{}", file.display()))?;
    Ok((calibration, Calibration::digest(&text)))
}
