//! A stand-in whose outputs are set beforehand, for tests of what comes after a net.

use ndarray::{ArrayD, ArrayView4};

use super::check::Checked;
use super::{NetFile, Network, NetworkError};

/// Gives the same outputs for every input.
#[derive(Debug, Clone)]
pub struct Fixed {
    outputs: Vec<ArrayD<f32>>,
}

impl Fixed {
    /// Gives `outputs`, whatever comes in.
    #[must_use]
    pub fn new(outputs: Vec<ArrayD<f32>>) -> Self {
        Self { outputs }
    }

    /// The same, held against the card of `net` as a real engine is.
    #[must_use]
    pub fn checked(self, net: &NetFile) -> Box<dyn Network> {
        Box::new(Checked::new(self, net))
    }
}

impl Network for Fixed {
    fn run(&mut self, _: ArrayView4<'_, f32>) -> Result<&[ArrayD<f32>], NetworkError> {
        Ok(&self.outputs)
    }
}
