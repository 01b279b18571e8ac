//! A rectified tray in, the mean of what the net says of it and of its mirror images out.
//!
//! A net that saw every turn of a plant while it learnt still answers a little differently to each; the mean is nearer
//! the truth than any one of them, and costs as many runs.

use ndarray::{Array4, ArrayD, ArrayView4, Axis, Ix4};
use serde::{Deserialize, Serialize};

use crate::network::{Network, NetworkError};

/// How often the net looks at a tray.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub enum Looks {
    /// As it lies.
    #[default]
    One,
    /// As it lies and upside down.
    Two,
    /// These, and left to right and top to bottom.
    Four,
}

/// Along which ways of the picture a look is mirrored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Mirrored {
    rows: bool,
    columns: bool,
}

/// Every look, the picture as it is first: two that are half a turn apart say most that one does not.
const EVERY_LOOK: [Mirrored; 4] = [
    mirrored(false, false),
    mirrored(true, true),
    mirrored(false, true),
    mirrored(true, false),
];

const fn mirrored(rows: bool, columns: bool) -> Mirrored {
    Mirrored { rows, columns }
}

impl Looks {
    /// Whether there is but one.
    #[must_use]
    pub fn is_one(&self) -> bool {
        *self == Self::One
    }

    fn each(self) -> &'static [Mirrored] {
        &EVERY_LOOK[..usize::from(u8::from(self))]
    }
}

impl From<Looks> for u8 {
    fn from(looks: Looks) -> Self {
        match looks {
            Looks::One => 1,
            Looks::Two => 2,
            Looks::Four => 4,
        }
    }
}

impl TryFrom<u8> for Looks {
    type Error = String;

    fn try_from(count: u8) -> Result<Self, String> {
        match count {
            1 => Ok(Self::One),
            2 => Ok(Self::Two),
            4 => Ok(Self::Four),
            found => Err(format!("looks: expected 1, 2 or 4, found {found}")),
        }
    }
}

/// A seedling net that looks several times; `looks` of one gives it back as it is.
#[must_use]
pub fn looking(network: Box<dyn Network>, looks: Looks) -> Box<dyn Network> {
    if looks.is_one() {
        return network;
    }
    Box::new(SeveralLooks {
        network,
        looks: looks.each(),
        input: Array4::zeros((0, 0, 0, 0)),
        sums: Vec::new(),
    })
}

/// Means over looks, in memory that is kept from tray to tray.
struct SeveralLooks {
    network: Box<dyn Network>,
    looks: &'static [Mirrored],
    input: Array4<f32>,
    sums: Vec<ArrayD<f32>>,
}

/// Which of the net's outputs tells ways to roots, and its channels of them along x and along y.
const CENTRES: usize = 1;
const WAY_X: usize = 1;
const WAY_Y: usize = 2;

impl Network for SeveralLooks {
    fn run(&mut self, input: ArrayView4<'_, f32>) -> Result<&[ArrayD<f32>], NetworkError> {
        let share = 1.0 / self.looks.len() as f32;
        if self.input.dim() != input.dim() {
            self.input = Array4::zeros(input.dim());
        }
        for (k, look) in self.looks.iter().enumerate() {
            let mut seen = input;
            look.turn(&mut seen);
            self.input.assign(&seen);
            let said = self.network.run(self.input.view())?;
            let fits = |(sum, said): (&ArrayD<f32>, &ArrayD<f32>)| sum.shape() == said.shape();
            if k == 0 && !(self.sums.len() == said.len() && self.sums.iter().zip(said).all(fits)) {
                self.sums = said.iter().map(|s| ArrayD::zeros(s.shape())).collect();
            }
            for (output, (sum, said)) in self.sums.iter_mut().zip(said).enumerate() {
                if k == 0 {
                    sum.fill(0.0);
                }
                // outputs of another shape are refused by who reads them
                if let Ok(said) = said.view().into_dimensionality::<Ix4>() {
                    look.add(output, said, share, sum);
                }
            }
        }
        Ok(&self.sums)
    }
}

impl Mirrored {
    /// Mirrors a picture or an output: batch, channels, rows, columns.
    fn turn(self, picture: &mut ArrayView4<'_, f32>) {
        if self.rows {
            picture.invert_axis(Axis(2));
        }
        if self.columns {
            picture.invert_axis(Axis(3));
        }
    }

    /// Adds a share of what was said of this look to the sum of an output, mirrored back.
    fn add(self, output: usize, mut said: ArrayView4<'_, f32>, share: f32, sum: &mut ArrayD<f32>) {
        self.turn(&mut said);
        for (channel, (mut sum, said)) in sum
            .axis_iter_mut(Axis(1))
            .zip(said.axis_iter(Axis(1)))
            .enumerate()
        {
            let is_back = output == CENTRES
                && ((self.columns && channel == WAY_X) || (self.rows && channel == WAY_Y));
            let share = if is_back { -share } else { share };
            sum.scaled_add(share, &said);
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use ndarray::{IxDyn, s};

    /// Says of every pixel what it shows, of its way that it leads right and down, and of every cell how bright its
    /// left edge is: the last is no answer that turns with the picture.
    #[derive(Default)]
    struct Echo(Vec<ArrayD<f32>>);

    impl Network for Echo {
        fn run(&mut self, input: ArrayView4<'_, f32>) -> Result<&[ArrayD<f32>], NetworkError> {
            let mut centres = input.slice(s![.., ..3, .., ..]).to_owned();
            centres.slice_mut(s![.., 1, .., ..]).fill(0.5);
            centres.slice_mut(s![.., 2, .., ..]).fill(0.25);
            let edge = input.slice(s![.., .., .., ..1]).to_owned();
            self.0 = vec![
                input.to_owned().into_dyn(),
                centres.into_dyn(),
                edge.into_dyn(),
            ];
            Ok(&self.0)
        }
    }

    fn picture() -> Array4<f32> {
        Array4::from_shape_fn((1, 3, 2, 4), |(_, c, y, x)| (100 * c + 10 * y + x) as f32)
    }

    #[test]
    fn what_turns_with_the_picture_is_told_as_it_lies_and_ways_that_do_not_cancel_out() {
        for looks in [Looks::Two, Looks::Four] {
            let mut net = looking(Box::<Echo>::default(), looks);
            for _ in 0..2 {
                let told = net.run(picture().view()).unwrap().to_vec();
                let [pixels, centres, edges] = told.as_slice() else {
                    panic!("three outputs")
                };
                assert_eq!(pixels, &picture().into_dyn(), "{looks:?}");
                assert!(
                    centres
                        .slice(s![.., 1.., .., ..])
                        .iter()
                        .all(|w| w.abs() < 1e-6)
                );
                let left = edges[IxDyn(&[0, 0, 0, 0])];
                assert!((left - 1.5).abs() < 1e-6, "{left}: the mean of 0 and 3");
            }
        }
    }

    #[test]
    fn one_look_is_the_net_itself() {
        let mut net = looking(Box::<Echo>::default(), Looks::One);
        let told = net.run(picture().view()).unwrap();
        assert_eq!(told[1][[0, 1, 0, 0]], 0.5);
    }

    #[test]
    fn trays_of_another_size_may_follow() {
        let mut net = looking(Box::<Echo>::default(), Looks::Four);
        net.run(picture().view()).unwrap();
        let larger = Array4::from_elem((1, 3, 4, 6), 7.0);
        assert_eq!(net.run(larger.view()).unwrap()[0], larger.into_dyn());
    }

    #[test]
    fn only_looks_that_there_are_can_be_asked_for() {
        assert_eq!(Looks::try_from(4).map(u8::from), Ok(4));
        assert!(
            Looks::try_from(3)
                .unwrap_err()
                .contains("expected 1, 2 or 4, found 3")
        );
    }
}
