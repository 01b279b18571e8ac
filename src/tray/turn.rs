//! Where a tray's code was read in, which way round the tray lies out.
//!
//! Invariant: a place that does not tell clearly tells nothing.

use crate::geometry::{FramePoint, TrayPoint};

use super::{Lattice, Refusal, TrayCode, TrayFormat};

/// How a tray lies in the picture: by how much it is turned clockwise from its first cell at the top left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// First cell at the top left.
    None,
    /// First cell at the top right, rows run downwards.
    Quarter,
    /// First cell at the bottom right.
    Half,
    /// First cell at the bottom left, rows run upwards.
    ThreeQuarters,
}

impl Turn {
    const ALL: [Self; 4] = [Self::None, Self::Quarter, Self::Half, Self::ThreeQuarters];
}

/// A code may be so far from where the format says, pitches: labels are stuck on by hand.
const FARTHEST_PITCHES: f64 = 1.5;
/// And is nearer to one turn's place than to any other's by this factor.
const CLEARER: f64 = 2.0;

/// A lattice that was numbered along the picture, numbered as the tray's code says that it lies.
///
/// # Errors
/// [`Refusal::WhichWayRound`]: no code was read, or its place fits no turn of the tray, or labels fit different ones.
pub fn turned_by_code(
    lattice: &Lattice,
    format: TrayFormat,
    code_at: [f64; 2],
    code: &TrayCode,
) -> Result<Lattice, Refusal> {
    let unknown = |why: String| Err(Refusal::WhichWayRound(why));
    let turns = code
        .places()
        .iter()
        .map(|&place| turn_of(lattice, format, code_at, place));
    let turns: Vec<Option<Turn>> = turns.collect();
    match turns.as_slice() {
        [] => unknown(match code.doubt() {
            Some(doubt) => format!("the tray's code tells, and {doubt}"),
            None => "the tray's code tells, and none was read".to_owned(),
        }),
        [Some(turn), others @ ..] if others.iter().all(|other| other == &Some(*turn)) => {
            Ok(lattice.turned(*turn))
        }
        _ => unknown(format!(
            "the tray's code tells, expected {:.1} pitches right of and {:.1} below the first corner, and it lies elsewhere",
            code_at[0], code_at[1]
        )),
    }
}

/// The one turn that puts the code where it was read.
fn turn_of(
    lattice: &Lattice,
    format: TrayFormat,
    [x, y]: [f64; 2],
    place: FramePoint,
) -> Option<Turn> {
    let fits = |turned: &Lattice| (turned.rows(), turned.cols()) == (format.rows(), format.cols());
    let distance = |turned: &Lattice| {
        let expected = turned.frame_from_tray(TrayPoint::new(x, y));
        expected.distance_to(place) / lattice.px_per_pitch()
    };
    let turns = Turn::ALL.map(|turn| (turn, lattice.turned(turn)));
    let fitting = turns.iter().filter(|(_, turned)| fits(turned));
    let mut distances: Vec<(Turn, f64)> = fitting
        .map(|(turn, turned)| (*turn, distance(turned)))
        .collect();
    distances.sort_by(|a, b| a.1.total_cmp(&b.1));
    let (turn, nearest) = *distances.first()?;
    let next = distances.get(1).map_or(f64::INFINITY, |(_, next)| *next);
    (nearest <= FARTHEST_PITCHES && nearest * CLEARER <= next).then_some(turn)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tray::{CodeKind, ReadCode};
    use proptest::prelude::*;

    const TURNS: [Turn; 4] = Turn::ALL;

    fn format(rows: u32, cols: u32, code_at: [f64; 2]) -> TrayFormat {
        let format = TrayFormat::new(rows, cols).unwrap();
        format
            .with_code(CodeKind::Any)
            .with_code_at(code_at)
            .unwrap()
    }

    /// A tray in perspective, numbered as it lies, its first cell at the top left before it is turned by `degrees`.
    fn seen(rows: usize, cols: usize, degrees: f64) -> Lattice {
        let (sin, cos) = degrees.to_radians().sin_cos();
        let nodes = (0..=rows).flat_map(|r| (0..=cols).map(move |c| (r as f64, c as f64)));
        let nodes = nodes.map(|(r, c)| {
            let (x, y) = (c - cols as f64 / 2.0, r - rows as f64 / 2.0);
            let (x, y) = (x * cos - y * sin, x * sin + y * cos);
            let far = 1.0 + 0.002 * (x + 2.0 * y);
            FramePoint::new(900.0 + 40.0 * x / far, 700.0 + 40.0 * y / far)
        });
        let format = TrayFormat::new(rows as u32, cols as u32).unwrap();
        Lattice::new(format, nodes.collect()).unwrap()
    }

    fn read_at(places: Vec<FramePoint>) -> TrayCode {
        TrayCode::Read(ReadCode {
            text: "T-1".to_owned(),
            places,
        })
    }

    #[test]
    fn four_quarter_turns_are_none() {
        let lattice = seen(3, 5, 4.0);
        let once = lattice.turned(Turn::Quarter);
        assert_eq!((once.rows(), once.cols()), (5, 3));
        assert_eq!(once.turned(Turn::Quarter), lattice.turned(Turn::Half));
        assert_eq!(once.turned(Turn::ThreeQuarters), lattice);
        assert_eq!(lattice.turned(Turn::None), lattice);
    }

    proptest! {
        #[test]
        fn however_a_tray_lies_its_code_numbers_it_from_the_same_cell(
            quarter in 0..4_usize,
            tilt in -15.0..15.0_f64,
            (along, side) in (0.1..0.9_f64, 0..4_usize),
            wobble in (-0.7..0.7_f64, -0.7..0.7_f64),
            square in any::<bool>(),
        ) {
            let (rows, cols) = if square { (8, 8) } else { (6, 12) };
            let (width, height) = (f64::from(cols), f64::from(rows));
            let code_at = match side {
                0 => [width * along, -0.9],
                1 => [width + 0.9, height * along],
                2 => [width * along, height + 0.9],
                _ => [-0.9, height * along],
            };
            let format = format(rows, cols, code_at);
            let tray = seen(rows as usize, cols as usize, 90.0 * quarter as f64 + tilt);
            let place = tray.frame_from_tray(TrayPoint::new(code_at[0] + wobble.0, code_at[1] + wobble.1));
            // what the finder says follows the picture
            let back = TURNS[(4 - quarter) % 4];
            let along_picture = tray.turned(back);
            let turned = turned_by_code(&along_picture, format, code_at, &read_at(vec![place, place])).unwrap();
            prop_assert_eq!(turned, tray);
        }
    }

    #[test]
    fn a_code_that_is_missing_or_elsewhere_or_on_both_ends_tells_nothing() {
        let code_at = [-0.9, 3.0];
        let (lattice, format) = (seen(6, 12, 0.0), format(6, 12, code_at));
        let at = |x, y| lattice.frame_from_tray(TrayPoint::new(x, y));
        let refused = |code: &TrayCode| {
            turned_by_code(&lattice, format, code_at, code)
                .unwrap_err()
                .to_string()
        };
        assert!(refused(&TrayCode::None).contains("none was read"));
        assert!(refused(&TrayCode::Damaged).contains("cannot be read"));
        assert!(refused(&read_at(vec![at(6.0, -0.9)])).contains("elsewhere"));
        assert!(refused(&read_at(vec![at(-0.9, 3.0), at(12.9, 3.0)])).contains("elsewhere"));
        assert!(turned_by_code(&lattice, format, code_at, &read_at(vec![at(-0.9, 3.4)])).is_ok());
    }
}
