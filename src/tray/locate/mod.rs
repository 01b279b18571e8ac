//! A frame and a tray format in, the tray's lattice in the frame out, or a refusal with its reason.
//!
//! The way: reduce the picture to wall-telling [`features`]; guess angle, pitch and phase from
//! [`comb`]s of lines ([`guess`]); learn from a guess what walls look like here ([`wall`]); follow every
//! wall [`lines`]; count rows and columns by [`evidence`]; see by [`continuation`] where they end, and
//! set them [`apart`] from those of other trays; follow local [`drift`]; refuse what leaves [`doubts`].
//!
//! Invariant: rows and columns are counted in the picture and only then compared with the format. A
//! block with another row or column of cells beside it, or with one too few, is refused.

mod apart;
mod comb;
mod continuation;
mod doubts;
mod drift;
mod evidence;
mod features;
mod finding;
mod grid;
mod guess;
mod lines;
mod profile;
mod wall;

use crate::frame::Frame;

use super::{Refusal, TrayFormat, TrayLocation};
use features::Features;
use finding::Finding;
use guess::Guess;
use wall::Pixels;

/// What the search for a tray may assume.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LocateParams {
    /// The most that a tray is turned in the picture, radians.
    pub most_angle: f64,
    /// The fewest frame pixels a cell pitch.
    pub least_pitch_px: f64,
    /// The least evidence for a row or column of cells, 0 to 1: half-way between none and usual.
    pub least_evidence: f64,
}

impl Default for LocateParams {
    /// 15°, 16 px, 0.4.
    fn default() -> Self {
        Self {
            most_angle: 15.0_f64.to_radians(),
            least_pitch_px: 16.0,
            least_evidence: 0.4,
        }
    }
}

/// Finds the block of cells in a frame. Numbering follows the picture: row 0 at its top, column 0 at
/// its left.
///
/// # Errors
/// [`Refusal::NoTray`], [`Refusal::WrongGrid`] or [`Refusal::TooSmall`], with a reason for operators.
pub fn locate(
    frame: &Frame,
    format: TrayFormat,
    params: &LocateParams,
) -> Result<TrayLocation, Refusal> {
    refuse_hopeless(frame, format, params)?;
    let fine = Features::of_frame(frame, long_side(format));
    let coarse = fine.halved();
    let guesses = guess::best_guesses(frame, &coarse, format, params.most_angle);
    let best = best_finding(frame, &fine, format, &guesses, params)
        .ok_or_else(|| Refusal::NoTray("no even lines that could be walls".to_owned()))?;
    best.refuse_doubtful(format, params)?;
    best.locate(format, params)
}

/// The guess that separates walls from cells best once followed. Others than the first are followed only
/// where it leaves a doubt.
fn best_finding(
    frame: &Frame,
    fine: &Features,
    format: TrayFormat,
    guesses: &[Guess],
    params: &LocateParams,
) -> Option<Finding> {
    const CLEARLY: f64 = 2.0;
    const GOOD_SUPPORT: f64 = 0.8;
    /// Share of cells; of fewer than these nothing can be counted.
    const ENOUGH_KNOWN: f64 = 0.7;
    let follow_by = |guess: &Guess, pixels: Pixels| {
        Finding::follow(frame, fine, format, guess, (pixels, params))
    };
    let follow = |guess: &Guess| follow_by(guess, Pixels::Bare);
    let first = guesses.first()?;
    let found = follow(first);
    let others = &guesses[1..];
    let stands_out = others
        .first()
        .is_none_or(|second| first.separation > CLEARLY * second.separation);
    let is_good = |f: &Finding| f.support > GOOD_SUPPORT && f.has_counts_of(format);
    if stands_out && found.as_ref().is_some_and(is_good) {
        return found;
    }
    let mut findings: Vec<Finding> = found
        .into_iter()
        .chain(others.iter().filter_map(follow))
        .collect();
    let mut best = most_cells(&findings, format)?;
    if !findings[best].has_counts_of(format) {
        // all guesses may have put their lines through the middles of cells
        findings.extend(follow(&first.between()));
        best = most_cells(&findings, format)?;
    }
    let best = findings.swap_remove(best);
    if best.has_counts_of(format) || best.known > ENOUGH_KNOWN {
        return Some(best);
    }
    let by_all = |guess: &Guess| follow_by(guess, Pixels::All);
    let mut findings: Vec<Finding> = guesses.iter().filter_map(by_all).collect();
    let all = most_cells(&findings, format).map(|i| findings.swap_remove(i));
    all.filter(|f| f.has_counts_of(format) && f.support > GOOD_SUPPORT)
        .or(Some(best))
}

/// The finding that separates best, or one along the same lines and nearly as good that sees more cells: a
/// row that another guess has seen is never passed over in silence.
fn most_cells(findings: &[Finding], format: TrayFormat) -> Option<usize> {
    const NEARLY: f64 = 0.8;
    const COMPARABLE: f64 = 0.5;
    let best = findings
        .iter()
        .max_by(|a, b| a.separation.total_cmp(&b.separation))?;
    let least = [NEARLY * best.support, COMPARABLE * best.separation];
    let is_comparable = |f: &Finding| {
        f.support >= least[0]
            && f.separation >= least[1]
            && (std::ptr::eq(f, best) || f.is_along(best))
    };
    let merit = |f: &Finding| (f.cells(), f.has_counts_of(format));
    (0..findings.len())
        .filter(|&i| is_comparable(&findings[i]))
        .max_by(|&a, &b| {
            let (a, b) = (&findings[a], &findings[b]);
            merit(a)
                .cmp(&merit(b))
                .then(a.separation.total_cmp(&b.separation))
        })
}

/// Longer side of the reduced picture: at least 20 px a pitch for blocks that take half of it.
fn long_side(format: TrayFormat) -> usize {
    (40 * format.rows().max(format.cols())).clamp(640, 1600)
}

/// Refuses what no picture of this size can show.
fn refuse_hopeless(
    frame: &Frame,
    format: TrayFormat,
    params: &LocateParams,
) -> Result<(), Refusal> {
    if format.rows() < 2 || format.cols() < 2 {
        return Err(Refusal::NoTray(format!(
            "a block of {format} cells has no walls on both ways to be found by"
        )));
    }
    let most = (frame.width() as f64 / (format.cols() as f64 - 1.0))
        .min(frame.height() as f64 / (format.rows() as f64 - 1.0));
    if most < params.least_pitch_px {
        return Err(Refusal::TooSmall {
            found: most,
            limit: params.least_pitch_px,
        });
    }
    Ok(())
}
