//! `seedgrade render`: procedural trays with exact labels.

use std::path::PathBuf;

use anyhow::{Context, anyhow};
use clap::{Args, ValueEnum};

use crate::dataset::Encoding;
use crate::render::{RenderSetRequest, Split, ViewMix, write_set};

use super::exit::{CommandResult, Ending, Failure};

/// Which views to render.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum ViewArg {
    /// Straight from above.
    Rectified,
    /// Whole scenes.
    Camera,
    /// Three straight from above to one scene.
    Mixed,
    /// Scenes without a tray: refusing them is right.
    NoTray,
}

/// Which families, fills and trays may occur.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum SplitArg {
    /// What nets learn from.
    Train,
    /// What training never shows.
    HeldOut,
}

/// How pictures are stored.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum EncodingArg {
    /// Exact
    Png,
    /// Quality 96, a quarter of the size
    Jpeg,
}

/// Render labelled trays.
#[derive(Debug, Clone, Args)]
pub struct RenderArgs {
    /// Folder of the new set
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Number of trays
    #[arg(long, default_value_t = 100)]
    pub trays: usize,
    /// Pictures of each tray, for `eval --repeat`: lit and focused otherwise; scenes shifted and turned too
    #[arg(long, value_name = "N", default_value = "1", value_parser = parse_pictures)]
    pub pictures: usize,
    /// Seed: the same seed gives the same bytes
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// Rows x columns of every tray, such as 10x20; mixed when not given
    #[arg(long, value_name = "RxC", value_parser = parse_grid)]
    pub tray: Option<(usize, usize)>,
    /// From where the trays are seen
    #[arg(long, value_enum, default_value = "rectified")]
    pub view: ViewArg,
    /// Pixels per cell pitch of rectified views
    #[arg(long, value_name = "MIN..MAX", default_value = "40..90", value_parser = parse_range)]
    pub px_per_pitch: (f64, f64),
    /// What may occur
    #[arg(long, value_enum, default_value = "train")]
    pub split: SplitArg,
    /// How pictures are stored
    #[arg(long, value_enum, default_value = "png")]
    pub encoding: EncodingArg,
    /// Threads; all cores when not given
    #[arg(long, value_name = "N")]
    pub jobs: Option<usize>,
}

fn parse_pictures(text: &str) -> Result<usize, String> {
    let count = text.parse().ok().filter(|n| (1..=100).contains(n));
    count.ok_or_else(|| "expected 1 to 100 pictures".to_owned())
}

fn parse_grid(text: &str) -> Result<(usize, usize), String> {
    let parts = text
        .split_once(['x', 'X', '×'])
        .and_then(|(r, c)| Some((r.parse().ok()?, c.parse().ok()?)));
    match parts {
        Some((rows @ 1..=100, cols @ 1..=100)) => Ok((rows, cols)),
        _ => Err("expected ROWSxCOLS of 1 to 100 each, such as 10x20".to_owned()),
    }
}

fn parse_range(text: &str) -> Result<(f64, f64), String> {
    let parts = match text.split_once("..") {
        Some((low, high)) => low
            .parse()
            .ok()
            .zip(high.trim_start_matches('=').parse().ok()),
        None => text.parse().ok().map(|v| (v, v)),
    };
    match parts {
        Some((low, high)) if low >= 8.0 && high >= low && high <= 400.0 => Ok((low, high)),
        _ => Err("expected MIN..MAX between 8 and 400".to_owned()),
    }
}

/// Renders the set.
///
/// # Errors
/// The folder cannot be written or the number of threads is refused.
pub fn run(args: RenderArgs) -> CommandResult {
    if args.jobs == Some(0) {
        return Err(anyhow!("--jobs: expected 1 or more, found 0").into());
    }
    let request = RenderSetRequest {
        trays: args.trays,
        pictures: args.pictures,
        seed: args.seed,
        grid: args.tray,
        views: match args.view {
            ViewArg::Rectified => ViewMix::Rectified,
            ViewArg::Camera => ViewMix::Camera,
            ViewArg::Mixed => ViewMix::Mixed,
            ViewArg::NoTray => ViewMix::NoTray,
        },
        px_per_pitch: args.px_per_pitch.0..=args.px_per_pitch.1,
        split: match args.split {
            SplitArg::Train => Split::Train,
            SplitArg::HeldOut => Split::HeldOut,
        },
        encoding: match args.encoding {
            EncodingArg::Png => Encoding::Png,
            EncodingArg::Jpeg => Encoding::Jpeg,
        },
    };
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(args.jobs.unwrap_or(0))
        .build()?;
    let bar = indicatif::ProgressBar::new((args.trays * args.pictures) as u64);
    let done = pool.install(|| write_set(&args.out, &request, |_| bar.inc(1)));
    bar.finish_and_clear();
    done.with_context(|| format!("rendering into {}", args.out.display()))
        .map_err(Failure::resource)?;
    Ok(Ending::Done)
}
