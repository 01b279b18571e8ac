//! A frame and a tray format in, the tray's lattice in the frame out, or a refusal with its reason.
//!
//! The way: the frame [`shrunk`] until a cell has a dozen pixels; a net that says of every fourth of them whether it
//! lies in the tray's block of cells, and where in its cell ([`reading`]); the [`perspective`] that holds these places
//! together; rows and columns counted where the block begins and ends ([`extent`]); local [`drift`].
//!
//! Invariant: rows and columns are counted in the picture and only then compared with the format. A block with
//! another row or column of cells beside it, or with one too few, is refused.

mod drift;
mod extent;
mod perspective;
mod profile;
mod reading;
mod shrunk;

use std::ops::Range;

use crate::frame::Frame;
use crate::network::{self, BackendChoice, Card, Network, NetworkError, shipped};

use super::{Lattice, Orientation, Refusal, TrayFormat, TrayLocation};
use drift::Block;
use extent::Extent;
use perspective::Perspective;
pub use reading::FinderOutputsError;
use reading::Reading;
use shrunk::Shrunk;

/// What a tray must fulfil to be found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LocateParams {
    /// The most that a tray is turned in the picture, radians.
    pub most_angle: f64,
    /// The fewest frame pixels a cell pitch.
    pub least_pitch_px: f64,
    /// The least mean probability of belonging to the block over the rows and columns found, 0–1.
    pub least_filled: f64,
    /// The least agreement of the lattice with what the net says, over the block, 0–1.
    pub least_agreement: f64,
    /// The same for its every row and column.
    pub least_row_agreement: f64,
}

impl Default for LocateParams {
    /// 20°, 16 px, and the limits of the shipped net's card.
    fn default() -> Self {
        Self {
            most_angle: 20.0_f64.to_radians(),
            least_pitch_px: 16.0,
            least_filled: 0.8,
            least_agreement: 0.5,
            least_row_agreement: 0.25,
        }
    }
}

impl LocateParams {
    /// The limits that a tray finder's card states; the defaults where it is silent.
    #[must_use]
    pub fn of_card(card: &Card) -> Self {
        let default = Self::default();
        let stated = |name: &str, default: f64| card.decision.get(name).copied().unwrap_or(default);
        Self {
            least_filled: stated("least_filled", default.least_filled),
            least_agreement: stated("least_agreement", default.least_agreement),
            least_row_agreement: stated("least_row_agreement", default.least_row_agreement),
            ..default
        }
    }
}

/// A failure of the engine, not of the picture: nothing is known of the tray.
#[derive(Debug, thiserror::Error)]
pub enum FindError {
    /// The net did not run.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// The net is no tray finder.
    #[error(transparent)]
    Outputs(#[from] FinderOutputsError),
}

/// What a picture is looked at for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sought {
    /// The tray that is to be judged: where the count leaves a doubt, the lattice may tell.
    Asked,
    /// Whether another of its kind is in view.
    Another,
}

/// Finds trays with one engine; a worker owns one.
pub struct TrayFinder {
    network: Box<dyn Network>,
    params: LocateParams,
}

impl TrayFinder {
    /// A finder that asks `network`, a tray-finder net.
    #[must_use]
    pub fn new(network: Box<dyn Network>, params: LocateParams) -> Self {
        Self { network, params }
    }

    /// The shipped net on the embedded engine.
    ///
    /// # Errors
    /// The engine cannot be opened.
    pub fn shipped() -> Result<Self, NetworkError> {
        let net = shipped::tray_finder()?;
        let opened = network::open(&net, BackendChoice::Embedded, &[], 1)?;
        Ok(Self::new(opened.network, LocateParams::of_card(net.card())))
    }

    /// Finds the block of cells in a frame, or says why it is refused ([`Refusal::NoTray`], [`Refusal::WrongGrid`] or
    /// [`Refusal::TooSmall`]). Numbering follows the picture: row 0 at its top, column 0 at its left.
    ///
    /// # Errors
    /// The engine failed, or the net is no tray finder.
    pub fn locate(
        &mut self,
        frame: &Frame,
        format: TrayFormat,
    ) -> Result<Result<TrayLocation, Refusal>, FindError> {
        if let Err(refusal) = self.refuse_hopeless(frame, format) {
            return Ok(Err(refusal));
        }
        let shrunk = Shrunk::of(frame, format);
        let found = match self.look(&shrunk, format, Sought::Asked)? {
            Ok(found) => found,
            Err(refusal) => return Ok(Err(refusal)),
        };
        if let Some(beside) = shrunk.beside(&found.lattice) {
            let other = self.look(&beside, format, Sought::Another)?;
            if other.is_ok_and(|other| beside.shows_whole(&other.lattice)) {
                return Ok(Err(Refusal::WrongGrid {
                    expected: format.to_string(),
                    found: "two trays of that grid are in view".to_owned(),
                }));
            }
        }
        Ok(Ok(found))
    }

    fn look(
        &mut self,
        shrunk: &Shrunk,
        format: TrayFormat,
        sought: Sought,
    ) -> Result<Result<TrayLocation, Refusal>, FindError> {
        let reading = self.read(shrunk)?;
        Ok(self.judge(&reading, shrunk, format, sought))
    }

    fn read(&mut self, shrunk: &Shrunk) -> Result<Reading, FindError> {
        let outputs = self.network.run(shrunk.tensor.view())?;
        Ok(Reading::new(outputs, shrunk.padded(), shrunk.size)?)
    }

    /// Refuses what no picture of this size can show.
    fn refuse_hopeless(&self, frame: &Frame, format: TrayFormat) -> Result<(), Refusal> {
        if format.rows() < 2 || format.cols() < 2 {
            return Err(Refusal::NoTray(format!(
                "a block of {format} cells has no walls on both ways to be found by"
            )));
        }
        let most = (frame.width() as f64 / (format.cols() as f64 - 1.0))
            .min(frame.height() as f64 / (format.rows() as f64 - 1.0));
        self.refuse_small(most)
    }

    fn refuse_small(&self, pitch: f64) -> Result<(), Refusal> {
        if pitch < self.params.least_pitch_px {
            return Err(Refusal::TooSmall {
                found: pitch,
                limit: self.params.least_pitch_px,
            });
        }
        Ok(())
    }

    /// Finds the one tray in view, its rows and columns counted, or says why they cannot be told.
    ///
    /// The frame is looked at in several sizes. What is counted in one stands when [`TrayFinder::locate`] finds a block
    /// of that format and none of another.
    ///
    /// # Errors
    /// As [`TrayFinder::locate`].
    pub fn locate_any(
        &mut self,
        frame: &Frame,
    ) -> Result<Result<TrayLocation, Refusal>, FindError> {
        let mut found = Vec::new();
        for format in self.counted_formats(frame)? {
            if let Ok(location) = self.locate(frame, format)? {
                found.push((format, location));
            }
        }
        if found.len() > 1 {
            let several: Vec<_> = found.iter().map(|(format, _)| format.to_string()).collect();
            return Ok(Err(Refusal::NoTray(format!(
                "its cells can be counted as {}: rows x columns must be stated",
                several.join(" or ")
            ))));
        }
        Ok(found.pop().map(|(_, location)| location).ok_or_else(|| {
            Refusal::NoTray(
                "no whole block of cells stands out whose rows and columns could be counted"
                    .to_owned(),
            )
        }))
    }

    /// What blocks are counted in a frame, shrunk to several sizes.
    fn counted_formats(&mut self, frame: &Frame) -> Result<Vec<TrayFormat>, FindError> {
        /// Cells along the frame's longer side that a size is made for; it serves half to twice as many.
        const SIZES: [usize; 3] = [8, 16, 32];
        let mut counted: Vec<TrayFormat> = Vec::new();
        for size in SIZES {
            let shrunk = Shrunk::for_cells(frame, size);
            let extent = fitted(&self.read(&shrunk)?, &shrunk).map(|(_, extent)| extent);
            let format = extent
                .ok()
                .filter(|extent| !extent.is_cut)
                .and_then(|extent| {
                    let [cols, rows] =
                        counts(&extent, &shrunk).map(|count| u32::try_from(count).ok());
                    TrayFormat::new(rows?, cols?).ok()
                });
            counted.extend(format.filter(|format| !counted.contains(format)));
        }
        Ok(counted)
    }

    fn judge(
        &self,
        reading: &Reading,
        shrunk: &Shrunk,
        format: TrayFormat,
        sought: Sought,
    ) -> Result<TrayLocation, Refusal> {
        let no_tray = |why: &str| Refusal::NoTray(why.to_owned());
        let (map, extent) = fitted(reading, shrunk)?;
        if extent.filled < self.params.least_filled {
            return Err(no_tray("what could be cells makes no whole block"));
        }
        self.refuse_turned(&map, &extent)?;
        let block = Block {
            origin: counted(&extent, shrunk, format, sought)?,
            cells: shrunk.cells,
        };
        let agreement = drift::agreement(&reading.all, &map, block);
        if agreement.mean < self.params.least_agreement
            || agreement.worst < self.params.least_row_agreement
        {
            return Err(no_tray("what could be cells follows no even lattice"));
        }
        let lattice = drift::nodes(&reading.all, &map, block)
            .and_then(|nodes| lattice(&nodes, shrunk, format))
            .ok_or_else(|| no_tray("the cells found make no lattice"))?;
        self.refuse_small(lattice.px_per_pitch())?;
        Ok(TrayLocation {
            lattice,
            orientation: Orientation::Assumed,
            support: agreement.mean.clamp(0.0, 1.0),
        })
    }

    /// Refuses a tray that is turned so far that its rows may not be the picture's.
    fn refuse_turned(&self, map: &Perspective, extent: &Extent) -> Result<(), Refusal> {
        let middle = [0, 1].map(|k| {
            let Range { start, end } = &extent.found[k];
            (start + end) as f64 / 2.0
        });
        let place = |by: [f64; 2]| map.place([middle[0] + by[0], middle[1] + by[1]]);
        let turn = |way: [f64; 2]| {
            let ([x0, y0], [x1, y1]) = (place([0.0, 0.0])?, place(way)?);
            Some((y1 - y0).atan2(x1 - x0))
        };
        let turns = turn([1.0, 0.0]).zip(turn([0.0, 1.0]));
        let (along, down) = turns
            .ok_or_else(|| Refusal::NoTray("what could be cells follows no lattice".to_owned()))?;
        let down = down - std::f64::consts::FRAC_PI_2;
        let most = along.abs().max(down.abs());
        if most > self.params.most_angle {
            return Err(Refusal::NoTray(format!(
                "a tray turned by {:.0}°, at most {:.0}° is read",
                most.to_degrees(),
                self.params.most_angle.to_degrees()
            )));
        }
        Ok(())
    }
}

/// The first column and row of the asked block. Refuses another number than asked for.
fn counted(
    extent: &Extent,
    shrunk: &Shrunk,
    format: TrayFormat,
    sought: Sought,
) -> Result<[i64; 2], Refusal> {
    let origin = match sought {
        Sought::Asked => extent.origin_by_lattice,
        Sought::Another => extent.origin,
    };
    if let [Some(x), Some(y)] = origin {
        return Ok([x, y]);
    }
    let [cols, rows] = counts(extent, shrunk);
    if rows < 2 || cols < 2 {
        return Err(Refusal::NoTray(
            "fewer than two rows or columns of cells stand out".to_owned(),
        ));
    }
    Err(Refusal::WrongGrid {
        expected: format.to_string(),
        found: format!("found {rows} rows and {cols} columns of cells"),
    })
}

/// The map that holds what was read together, and where the block lies on it.
fn fitted(reading: &Reading, shrunk: &Shrunk) -> Result<(Perspective, Extent), Refusal> {
    let no_tray = |why: &str| Refusal::NoTray(why.to_owned());
    if reading.block.is_empty() {
        return Err(no_tray("no block of cells stands out"));
    }
    let steps = perspective::phase_steps(&reading.all, reading.columns);
    let longest = shrunk.size[0].max(shrunk.size[1]);
    let map = perspective::fit(&reading.block, steps, shrunk.cells, longest)
        .ok_or_else(|| no_tray("what could be cells follows no lattice"))?;
    let (all, block) = (&reading.all, &reading.block);
    let extent = extent::measure(all, block, &map, shrunk.cells, shrunk.size)
        .ok_or_else(|| no_tray("no rows and columns of cells stand out"))?;
    Ok((map, extent))
}

/// Columns and rows that were found, as the frame shows them.
fn counts(extent: &Extent, shrunk: &Shrunk) -> [i64; 2] {
    let [x, y] = [0, 1].map(|k| extent.found[k].end - extent.found[k].start);
    if shrunk.is_transposed() {
        [y, x]
    } else {
        [x, y]
    }
}

/// The lattice in the frame of nodes in the shrunk picture.
fn lattice(nodes: &[[f64; 2]], shrunk: &Shrunk, format: TrayFormat) -> Option<Lattice> {
    let columns = shrunk.cells[0] + 1;
    let mut placed = Vec::with_capacity(nodes.len());
    for row in 0..=format.rows() {
        for col in 0..=format.cols() {
            let [row, col] = shrunk.node(row, col);
            placed.push(shrunk.frame_point(nodes[row * columns + col]));
        }
    }
    Lattice::new(format, placed).ok()
}
