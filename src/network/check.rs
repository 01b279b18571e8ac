use ndarray::{ArrayD, ArrayView4};

use super::shape::{self, Sizes};
use super::{Card, NetFile, Network, NetworkError};

/// An engine whose every run is held against the card.
pub(super) struct Checked<N> {
    engine: N,
    card: Card,
}

impl<N> Checked<N> {
    pub(super) fn new(engine: N, net: &NetFile) -> Self {
        Self {
            engine,
            card: net.card().clone(),
        }
    }
}

impl<N: Network> Network for Checked<N> {
    fn run(&mut self, input: ArrayView4<'_, f32>) -> Result<&[ArrayD<f32>], NetworkError> {
        let sizes = check_input(&self.card, input.shape())?;
        check_range(&self.card, input)?;
        let outputs = self.engine.run(input)?;
        check_outputs(&self.card, &sizes, outputs)?;
        Ok(outputs)
    }
}

/// The sizes of the card's names; an error when an input of the shape `found` gives an output no size.
fn check_input(card: &Card, found: &[usize]) -> Result<Sizes, NetworkError> {
    let wrong = |expected| NetworkError::InputShape {
        name: card.input.name.clone(),
        expected,
        found: shape::show(found),
    };
    let expected = shape::show(&card.input.shape);
    let sizes = shape::bind(&card.input.shape, found).ok_or_else(|| wrong(expected.clone()))?;
    for output in &card.outputs {
        if let Some(dim) = output.shape.iter().find(|d| d.size(&sizes).is_none()) {
            let name = &output.name;
            return Err(wrong(format!(
                "{expected} with a whole {dim} for output {name}"
            )));
        }
    }
    Ok(sizes)
}

/// Engines hide a number that is none: a rectifier may make 0 of it.
fn check_range(card: &Card, input: ArrayView4<'_, f32>) -> Result<(), NetworkError> {
    let [low, high] = card.input.range;
    let is_outside = |v: f32| !(low <= v && v <= high);
    if !input.fold(false, |any, &v| any | is_outside(v)) {
        return Ok(());
    }
    let found = input.iter().copied().find(|&v| is_outside(v));
    Err(NetworkError::InputRange {
        name: card.input.name.clone(),
        low,
        high,
        found: found.unwrap_or(f32::NAN),
    })
}

fn check_outputs(card: &Card, sizes: &Sizes, outputs: &[ArrayD<f32>]) -> Result<(), NetworkError> {
    if outputs.len() != card.outputs.len() {
        return Err(NetworkError::OutputCount {
            net: card.name.clone(),
            expected: card.outputs.len(),
            found: outputs.len(),
        });
    }
    for (described, output) in card.outputs.iter().zip(outputs) {
        let name = || described.name.clone();
        let expected: Vec<_> = described
            .shape
            .iter()
            .filter_map(|d| d.size(sizes))
            .collect();
        if expected != output.shape() {
            return Err(NetworkError::OutputShape {
                name: name(),
                expected: shape::show(&expected),
                found: shape::show(output.shape()),
            });
        }
        // all are looked at before one is looked for: without a way out the loop takes several at a time
        if !output.fold(false, |any, v| any | !v.is_finite()) {
            continue;
        }
        if let Some((index, &found)) = output.iter().enumerate().find(|(_, v)| !v.is_finite()) {
            return Err(NetworkError::NotFinite {
                name: name(),
                found,
                index,
            });
        }
    }
    Ok(())
}
