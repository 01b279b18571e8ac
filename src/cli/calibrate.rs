//! `seedgrade calibrate`: the reference tray drawn, recorded, and held against the record.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use clap::{Args, Subcommand};
use serde_json::json;

use crate::calibration::{Calibration, Drift, picture, read, svg};
use crate::clock;
use crate::frame::{DecodeLimits, Frame, read_picture};
use crate::line::PairedCamera;

use super::arguments::Global;
use super::exit::{CommandResult, Ending, Failure};
use super::line::{reference, setup};
use super::output::print;
use super::workshop::{read_calibration, read_config};

/// Pixels a millimetre of a sheet drawn as PNG: about 200 a inch.
const USUAL_PX_PER_MM: f64 = 8.0;

/// `seedgrade calibrate …`
#[derive(Debug, Subcommand)]
#[command(after_help = "Examples:\n  \
    seedgrade calibrate sheet --out reference-tray.svg\n  \
    seedgrade calibrate record reference.png --out calibration.toml\n  \
    seedgrade calibrate record --config line.toml --out calibration.toml   # a frame of the line's camera\n  \
    seedgrade calibrate check reference.png --calibration calibration.toml")]
pub enum CalibrateCommand {
    /// Draw the reference tray: print it on matt paper at 100 % and glue it on a tray
    Sheet(SheetArguments),
    /// Record what a picture of the reference tray shows, as that which is well
    Record(RecordArguments),
    /// Hold a picture of the reference tray against a record: what has changed too much, and what to do
    Check(CheckArguments),
}

/// `seedgrade calibrate sheet`
#[derive(Debug, Args)]
pub struct SheetArguments {
    /// An .svg to print, or a .png
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
}

/// `seedgrade calibrate record`
#[derive(Debug, Args)]
pub struct RecordArguments {
    /// A picture of the reference tray; without one, a frame of the configured camera
    #[arg(value_name = "PICTURE")]
    pub picture: Option<PathBuf>,
    /// Where the calibration is written
    #[arg(long, value_name = "FILE", default_value = "calibration.toml")]
    pub out: PathBuf,
}

/// `seedgrade calibrate check`
#[derive(Debug, Args)]
pub struct CheckArguments {
    /// A picture of the reference tray; without one, a frame of the configured camera
    #[arg(value_name = "PICTURE")]
    pub picture: Option<PathBuf>,
    /// The record; that of the configuration when absent
    #[arg(long, value_name = "FILE")]
    pub calibration: Option<PathBuf>,
    /// One JSON object instead of sentences
    #[arg(long)]
    pub json: bool,
}

/// Runs the command.
pub fn run(command: &CalibrateCommand, global: &Global) -> CommandResult {
    match command {
        CalibrateCommand::Sheet(arguments) => draw(&arguments.out),
        CalibrateCommand::Record(arguments) => record(arguments, global),
        CalibrateCommand::Check(arguments) => check(arguments, global),
    }
}

fn draw(out: &Path) -> CommandResult {
    let cannot = || format!("{}: cannot be written", out.display());
    match out.extension().and_then(|extension| extension.to_str()) {
        Some("svg") => std::fs::write(out, svg())
            .with_context(cannot)
            .map_err(Failure::resource)?,
        Some("png") => {
            let sheet = picture(USUAL_PX_PER_MM).map_err(anyhow::Error::new)?;
            let (width, height) = (sheet.width() as u32, sheet.height() as u32);
            image::save_buffer(out, sheet.rgb(), width, height, image::ColorType::Rgb8)
                .with_context(cannot)
                .map_err(Failure::resource)?;
        }
        found => {
            let found = found.unwrap_or("no ending");
            return Err(
                anyhow::anyhow!("{}: expected .svg or .png, found {found}", out.display()).into(),
            );
        }
    }
    print(&format!("{}\n", out.display()))?;
    Ok(Ending::Done)
}

/// The picture that was named, else a frame of the configured camera; with its name.
fn frame(picture: Option<&Path>, global: &Global) -> Result<(Frame, String), Failure> {
    if let Some(path) = picture {
        let (_, frame) = read_picture(path, DecodeLimits::default()).map_err(anyhow::Error::new)?;
        return Ok((frame, path.display().to_string()));
    }
    let config = read_config(global)?;
    let section = config
        .as_ref()
        .and_then(|config| config.camera.as_ref())
        .context("calibrate needs a picture, or --config FILE with a section [camera]")?;
    let tray = config.as_ref().and_then(|config| config.tray);
    let source = setup::camera(section, tray)?;
    let mut camera = PairedCamera::new(source, Duration::from_millis(section.wait_ms));
    let picture = reference::expose(&mut camera)
        .map_err(|why| Failure::resource(anyhow::anyhow!("camera: {why}")))?;
    Ok(((*picture.frame).clone(), picture.source))
}

fn record(arguments: &RecordArguments, global: &Global) -> CommandResult {
    let (frame, source) = frame(arguments.picture.as_deref(), global)?;
    let readings = read(&frame).with_context(|| source.clone())?;
    let calibration = Calibration::new(readings, clock::now().to_string(), source.clone());
    let own = Drift::between(&calibration, &calibration.readings).beyond(&calibration);
    if let Some(beyond) = own.first() {
        return Err(anyhow::anyhow!("{source}: cannot be recorded: {beyond}").into());
    }
    let text = calibration.to_toml().map_err(anyhow::Error::new)?;
    let out = &arguments.out;
    std::fs::write(out, &text)
        .with_context(|| format!("{}: cannot be written", out.display()))
        .map_err(Failure::resource)?;
    let read = &calibration.readings;
    print(&format!(
        "scale    {:.4} mm a pixel\nfocus    {:.2} px an edge\nwhite    {:.0} of 255, {:.0} % as bright in the darkest \
         place as in the brightest\nfile     {}\ndigest   {}\n",
        read.mm_per_px,
        read.edge_px,
        read.white_level(),
        read.evenness * 100.0,
        out.display(),
        Calibration::digest(&text)
    ))?;
    Ok(Ending::Done)
}

fn check(arguments: &CheckArguments, global: &Global) -> CommandResult {
    let file = match &arguments.calibration {
        Some(file) => file.clone(),
        None => read_config(global)?
            .and_then(|config| config.camera)
            .and_then(|camera| camera.calibration)
            .context(
                "calibrate check needs --calibration FILE, or one in the configuration's [camera]",
            )?,
    };
    let (calibration, digest) = read_calibration(&file)?;
    let (frame, source) = frame(arguments.picture.as_deref(), global)?;
    let readings = read(&frame).with_context(|| source.clone())?;
    let drift = Drift::between(&calibration, &readings);
    let beyond = drift.beyond(&calibration);
    if arguments.json {
        let said = json!({
            "source": source, "calibration": digest, "readings": readings, "drift": drift, "beyond": beyond,
        });
        print(&format!("{said}\n"))?;
    } else if beyond.is_empty() {
        print("camera and lamp are as they were recorded\n")?;
    } else {
        for beyond in &beyond {
            print(&format!("{beyond}\n"))?;
        }
    }
    Ok(if beyond.is_empty() {
        Ending::Done
    } else {
        Ending::Below
    })
}
