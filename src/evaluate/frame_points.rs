//! The tray's coordinates of every pixel of a frame: the inverse of a lattice's piecewise bilinear map, by Newton's
//! method from one pixel to the next.

use crate::geometry::{FramePoint, TrayPoint};
use crate::tray::Lattice;

/// How far from a pixel's middle its found point may land in the frame, px.
const TOLERANCE_PX: f64 = 0.02;
/// Within one bilinear cell three steps are enough; the others cross cells.
const MOST_STEPS: usize = 12;
/// Pitches around the block that are looked at: the net reads half a pitch.
const MARGIN: f64 = 0.5;

/// Calls `see` with the row-major index of each frame pixel that lies on the block or within half a pitch around it,
/// and with the point of the tray under its middle.
pub(super) fn for_each_tray_point(
    lattice: &Lattice,
    width: usize,
    height: usize,
    mut see: impl FnMut(usize, TrayPoint),
) {
    let [x0, y0, x1, y1] = reach(lattice, width, height);
    let middle = TrayPoint::new(lattice.cols() as f64 / 2.0, lattice.rows() as f64 / 2.0);
    let mut line_start = middle;
    for y in y0..y1 {
        let mut guess = line_start;
        let mut first = true;
        for x in x0..x1 {
            let pixel = FramePoint::new(x as f64 + 0.5, y as f64 + 0.5);
            let found = tray_from_frame(lattice, pixel, guess)
                .or_else(|| tray_from_frame(lattice, pixel, middle));
            let Some(point) = found else { continue };
            guess = point;
            if std::mem::take(&mut first) {
                line_start = point;
            }
            if is_near(lattice, point) {
                see(y * width + x, point);
            }
        }
    }
}

fn is_near(lattice: &Lattice, point: TrayPoint) -> bool {
    let near = |v: f64, cells: usize| (-MARGIN..=cells as f64 + MARGIN).contains(&v);
    near(point.x, lattice.cols()) && near(point.y, lattice.rows())
}

/// The frame pixels around the block and its margin: left, top, right, bottom, half open.
fn reach(lattice: &Lattice, width: usize, height: usize) -> [usize; 4] {
    let (rows, cols) = (lattice.rows() as f64, lattice.cols() as f64);
    let (mut lo, mut hi) = (FramePoint::splat(f64::INFINITY), FramePoint::splat(0.0));
    // the map is bilinear a cell: its margin's outline is made of the lines through these points
    for i in 0..=lattice.cols() + 1 {
        let x = (i as f64 - MARGIN).min(cols + MARGIN);
        for y in [-MARGIN, rows + MARGIN] {
            let p = lattice.frame_from_tray(TrayPoint::new(x, y));
            (lo, hi) = (lo.min(p), hi.max(p));
        }
    }
    for i in 0..=lattice.rows() + 1 {
        let y = (i as f64 - MARGIN).min(rows + MARGIN);
        for x in [-MARGIN, cols + MARGIN] {
            let p = lattice.frame_from_tray(TrayPoint::new(x, y));
            (lo, hi) = (lo.min(p), hi.max(p));
        }
    }
    // curved outlines bulge a little between the points
    let pad = lattice.px_per_pitch() * 0.25 + 1.0;
    let clip = |v: f64, size: usize| (v.max(0.0) as usize).min(size);
    [
        clip(lo.x - pad, width),
        clip(lo.y - pad, height),
        clip((hi.x + pad).ceil(), width),
        clip((hi.y + pad).ceil(), height),
    ]
}

/// The point of the tray that lies at a place of the frame, looked for from a guess.
fn tray_from_frame(lattice: &Lattice, target: FramePoint, guess: TrayPoint) -> Option<TrayPoint> {
    let mut at = guess;
    for _ in 0..MOST_STEPS {
        let (col, u) = cell_and_rest(at.x, lattice.cols());
        let (row, v) = cell_and_rest(at.y, lattice.rows());
        let [a, b, c, d] = lattice.cell_corners(row, col);
        let here = a.lerp(b, u).lerp(d.lerp(c, u), v);
        let rest = target - here;
        if rest.square_length() < TOLERANCE_PX * TOLERANCE_PX {
            return Some(at);
        }
        let along = (b - a).lerp(c - d, v);
        let down = (d - a).lerp(c - b, u);
        let area = along.cross(down);
        if area.abs() < f64::EPSILON {
            return None;
        }
        at.x += rest.cross(down) / area;
        at.y += along.cross(rest) / area;
        if !at.x.is_finite() || !at.y.is_finite() {
            return None;
        }
        let clamp = |v: f64, cells: usize| v.clamp(-2.0, cells as f64 + 2.0);
        at = TrayPoint::new(clamp(at.x, lattice.cols()), clamp(at.y, lattice.rows()));
    }
    None
}

fn cell_and_rest(coordinate: f64, cells: usize) -> (usize, f64) {
    let cell = (coordinate.floor().max(0.0) as usize).min(cells - 1);
    (cell, coordinate - cell as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tray::TrayFormat;

    /// Two by three cells that lean, narrow towards the top and bend a little.
    fn leaning() -> Lattice {
        let nodes = (0..3).flat_map(|r| {
            (0..4).map(move |c| {
                let (x, y) = (f64::from(c), f64::from(r));
                FramePoint::new(
                    60.0 + x * (40.0 + 4.0 * y) - 5.0 * y,
                    30.0 + y * 42.0 + 3.0 * x + if c == 1 { 2.0 } else { 0.0 },
                )
            })
        });
        Lattice::new(TrayFormat::new(2, 3).unwrap(), nodes.collect()).unwrap()
    }

    #[test]
    fn every_pixel_near_the_block_is_seen_once_and_maps_back_to_itself() {
        let lattice = leaning();
        let (width, height) = (260, 160);
        let mut seen = vec![0; width * height];
        for_each_tray_point(&lattice, width, height, |index, point| {
            seen[index] += 1;
            let there = lattice.frame_from_tray(point);
            let (x, y) = ((index % width) as f64 + 0.5, (index / width) as f64 + 0.5);
            assert!((there.x - x).hypot(there.y - y) < 0.03, "{there:?} {x} {y}");
        });
        assert!(seen.iter().all(|&n| n <= 1));
        let inside = |x: f64, y: f64| lattice.frame_from_tray(TrayPoint::new(x, y));
        for place in [
            inside(0.1, 0.1),
            inside(2.9, 1.9),
            inside(-0.4, 2.4),
            inside(3.4, -0.4),
        ] {
            assert_eq!(
                seen[place.y as usize * width + place.x as usize],
                1,
                "{place:?}"
            );
        }
        let area = seen.iter().sum::<usize>() as f64;
        let block = lattice.cell_area_px(0, 0) * 12.0;
        assert!((area / block - 1.0).abs() < 0.15, "{area} {block}");
    }

    #[test]
    fn a_block_beyond_the_frame_is_cut() {
        let mut pixels = 0;
        for_each_tray_point(&leaning(), 70, 40, |index, _| {
            assert!(index < 70 * 40);
            pixels += 1;
        });
        assert!(pixels > 0 && pixels < 70 * 40);
    }
}
