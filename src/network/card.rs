//! The card of a net: what it is, where it comes from, and how good it is.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::NetworkError;
use super::shape::Dim;

/// What `card.toml` beside an `.onnx` file says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Card {
    /// The `.onnx` file's sha256, 64 lower-case hexadecimal digits.
    pub sha256: String,
    /// The same net in 8 bits, where it has that form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub eight_bit: Option<EightBit>,
    /// The net's name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its licence, as SPDX writes it.
    pub licence: String,
    /// What goes in.
    pub input: Input,
    /// What comes out, in the order in which [`Network::run`](super::Network::run) gives it.
    #[serde(rename = "output")]
    pub outputs: Vec<Output>,
    /// How it was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub training: Option<Training>,
    /// Measured on which set, how good.
    #[serde(default, rename = "metric", skip_serializing_if = "Vec::is_empty")]
    pub metrics: Vec<Metric>,
    /// Numbers that turn outputs into probabilities, fitted after training.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub calibration: BTreeMap<String, f64>,
    /// Thresholds and other numbers that turn outputs into decisions.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub decision: BTreeMap<String, f64>,
    #[serde(skip)]
    text: String,
}

/// The 8-bit form of a net: the same inputs and outputs, weights and activations quantised.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EightBit {
    /// Its file, beside the other.
    pub file: String,
    /// That file's sha256.
    pub sha256: String,
}

/// What goes into a net.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// Its name in the `.onnx` file.
    pub name: String,
    /// Its shape: numbers, and names for what a caller may choose.
    pub shape: Vec<Dim>,
    /// The smallest and the largest number in it.
    pub range: [f32; 2],
    /// The order of its dimensions.
    pub layout: Layout,
    /// Pixels from the centre of one cell to the next, where the net expects a rectified tray.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub px_per_pitch: Option<u32>,
}

/// The order of an input's dimensions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Layout {
    /// Batch, channels (red, green, blue), height, width.
    #[serde(rename = "nchw")]
    Nchw,
}

/// One thing that comes out of a net.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Output {
    /// Its name in the `.onnx` file.
    pub name: String,
    /// Its shape, in terms of the input's names.
    pub shape: Vec<Dim>,
    /// What its numbers mean, channel by channel.
    pub meaning: String,
}

/// How a net was made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Training {
    /// The command that makes it again.
    pub command: String,
    /// The seed of its random numbers.
    pub seed: u64,
    /// The data: a name and a hash each.
    #[serde(default)]
    pub data: BTreeMap<String, String>,
    /// How many crops it saw.
    pub crops_seen: u64,
    /// How long it took.
    pub seconds: f64,
}

/// One measured figure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metric {
    /// The labelled set.
    pub set: String,
    /// What was measured.
    pub metric: String,
    /// The figure.
    pub value: f64,
    /// On how many.
    pub n: u64,
    /// Its interval of 95 %.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ci95: Option<[f64; 2]>,
}

impl Card {
    /// Reads a card; `file` names it in errors.
    ///
    /// # Errors
    /// It is no TOML, lacks a key, has an unknown one, or says what cannot be.
    pub fn parse(text: &str, file: &str) -> Result<Self, NetworkError> {
        let wrong = |reason| NetworkError::Card {
            file: file.to_owned(),
            reason,
        };
        let card: Self = toml::from_str(text).map_err(|e| wrong(e.to_string()))?;
        match card.fault() {
            Some(reason) => Err(wrong(reason)),
            None => Ok(Self {
                text: text.to_owned(),
                ..card
            }),
        }
    }

    /// The TOML that it was read from, byte for byte.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What in the card cannot be.
    fn fault(&self) -> Option<String> {
        self.hash_fault()
            .or_else(|| self.file_fault())
            .or_else(|| self.input_fault())
            .or_else(|| self.outputs_fault())
            .or_else(|| self.number_fault())
    }

    fn hash_fault(&self) -> Option<String> {
        let is_digit = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        let hashes = [
            ("sha256", Some(&self.sha256)),
            (
                "eight_bit.sha256",
                self.eight_bit.as_ref().map(|e| &e.sha256),
            ),
        ];
        let wrong = |hash: &str| hash.len() != 64 || !hash.bytes().all(is_digit);
        hashes.into_iter().find_map(|(key, hash)| {
            let hash = hash.filter(|hash| wrong(hash))?;
            Some(format!(
                "{key}: expected 64 lower-case hexadecimal digits, found {hash:?}"
            ))
        })
    }

    /// A card may lie in a folder that somebody carried in: its file is one beside it and nowhere else.
    fn file_fault(&self) -> Option<String> {
        let file = &self.eight_bit.as_ref()?.file;
        let is_name = std::path::Path::new(file).file_name() == Some(file.as_ref());
        (!is_name).then(|| format!("eight_bit.file: expected the name of a file, found {file:?}"))
    }

    fn input_fault(&self) -> Option<String> {
        let [low, high] = self.input.range;
        if self.input.shape.len() != 4 {
            let found = self.input.shape.len();
            return Some(format!("input.shape: expected 4 dimensions, found {found}"));
        }
        if let Some(dim) = self.input.shape.iter().find(|d| !d.is_plain()) {
            return Some(format!(
                "input.shape: expected numbers and names, found {dim}"
            ));
        }
        if !(low < high && low.is_finite() && high.is_finite()) {
            return Some(format!(
                "input.range: expected the smaller number first, found [{low}, {high}]"
            ));
        }
        None
    }

    fn outputs_fault(&self) -> Option<String> {
        if self.outputs.is_empty() {
            return Some("output: expected at least one, found none".to_owned());
        }
        let known: Vec<_> = self.input.shape.iter().filter_map(Dim::name).collect();
        for (i, output) in self.outputs.iter().enumerate() {
            let name = &output.name;
            if self.outputs[..i].iter().any(|o| o.name == *name) {
                return Some(format!("output {name}: expected once, found again"));
            }
            let mut names = output.shape.iter().filter_map(Dim::name);
            if let Some(unknown) = names.find(|n| !known.contains(n)) {
                return Some(format!(
                    "output {name}: expected names of the input's shape, found {unknown}"
                ));
            }
        }
        None
    }

    fn number_fault(&self) -> Option<String> {
        let tables = [
            ("calibration", &self.calibration),
            ("decision", &self.decision),
        ];
        tables.iter().find_map(|(table, numbers)| {
            let (key, value) = numbers.iter().find(|(_, v)| !v.is_finite())?;
            Some(format!(
                "{table}.{key}: expected a finite number, found {value}"
            ))
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const TINY: &str = include_str!("../../tests/fixtures/nets/card.toml");

    #[test]
    fn a_card_is_read_and_written_back() {
        let card = Card::parse(TINY, "card.toml").unwrap();
        assert_eq!(card.outputs.len(), 3);
        assert_eq!(card.decision["occupied"], 0.5);
        let written = toml::to_string(&card).unwrap();
        let again = Card::parse(&written, "card.toml").unwrap();
        assert_eq!(toml::to_string(&again).unwrap(), written);
        assert_eq!((card.text(), again.text()), (TINY, written.as_str()));
    }

    #[test]
    fn a_card_that_cannot_be_names_the_key() {
        for (from, to, says) in [
            ("sha256 = \"", "sha256 = \"x", "sha256"),
            ("range = [0.0, 255.0]", "range = [1.0, 0.0]", "input.range"),
            ("\"height/4\"", "\"depth/4\"", "depth"),
            ("\"height/4\"", "\"height/0\"", "height/0"),
            ("name = \"colour\"", "name = \"dense\"", "output dense"),
            (
                "[1, 3, \"height\", \"width\"]",
                "[3, \"height\"]",
                "input.shape",
            ),
            ("licence", "license", "license"),
            ("occupied = 0.5", "occupied = nan", "decision.occupied"),
        ] {
            assert!(TINY.contains(from), "{from}");
            let error = Card::parse(&TINY.replace(from, to), "card.toml").unwrap_err();
            let message = error.to_string();
            assert!(
                message.starts_with("card.toml: ") && message.contains(says),
                "{message}"
            );
        }
    }
}
