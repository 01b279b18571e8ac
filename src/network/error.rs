use std::path::PathBuf;

use super::onnxruntime::LibraryError;

/// Why a net cannot be had, opened or run.
#[derive(Debug, thiserror::Error)]
pub enum NetworkError {
    /// A net's file cannot be read.
    #[error("{path}: cannot be read: {source}", path = path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A folder of a net does not hold exactly one `.onnx` file.
    #[error("{path}: expected one .onnx file, found {found}", path = path.display())]
    Files {
        /// The folder.
        path: PathBuf,
        /// How many there are.
        found: usize,
    },
    /// A file of a net is larger than any net.
    #[error("{path}: expected at most {limit} bytes, found {found}", path = path.display())]
    TooLarge {
        /// Which.
        path: PathBuf,
        /// The limit.
        limit: u64,
        /// Its size.
        found: u64,
    },
    /// A card is no card.
    #[error("{file}: {reason}")]
    Card {
        /// Which.
        file: String,
        /// What is wrong, and where.
        reason: String,
    },
    /// The file is not the one that its card describes.
    #[error("{file}: expected sha256 {expected} as its card says, found {found}")]
    Hash {
        /// Which.
        file: String,
        /// The card's.
        expected: String,
        /// The file's.
        found: String,
    },
    /// A net has no 8-bit form, and that was asked for.
    #[error("{file}: expected a net with an 8-bit form, found single precision alone")]
    NoEightBits {
        /// Which.
        file: String,
    },
    /// The 8-bit form was to run where it would saturate or cannot run at all.
    #[error(
        "{file}: 8 bits need ONNX Runtime and a CPU with VNNI, found {found}: single precision runs everywhere"
    )]
    EightBits {
        /// Which.
        file: String,
        /// The engine or the CPU's class.
        found: String,
    },
    /// An engine cannot make a net of the file: cut short, no ONNX, or an operation that it lacks.
    #[error("{file}: {backend} cannot open it: {reason}")]
    Refused {
        /// Which.
        file: String,
        /// The engine.
        backend: &'static str,
        /// What it says.
        reason: String,
    },
    /// The net's inputs or outputs are not those of the card.
    #[error("{file}: expected the {what} {expected} of its card, found {found}")]
    Names {
        /// Which file.
        file: String,
        /// `inputs` or `outputs`.
        what: &'static str,
        /// The card's names.
        expected: String,
        /// The net's names.
        found: String,
    },
    /// The input's shape is not the card's.
    #[error("input {name}: expected shape {expected}, found {found}")]
    InputShape {
        /// The input.
        name: String,
        /// The card's shape.
        expected: String,
        /// The shape that came.
        found: String,
    },
    /// The input holds a number outside the card's range.
    #[error("input {name}: expected numbers from {low} to {high}, found {found}")]
    InputRange {
        /// The input.
        name: String,
        /// The card's smallest number.
        low: f32,
        /// The card's largest number.
        high: f32,
        /// The first number outside.
        found: f32,
    },
    /// Another number of outputs came than the card says.
    #[error("net {net}: expected {expected} outputs, found {found}")]
    OutputCount {
        /// The net's name.
        net: String,
        /// The card's number.
        expected: usize,
        /// The number that came.
        found: usize,
    },
    /// An output's shape is not the card's.
    #[error("output {name}: expected shape {expected}, found {found}")]
    OutputShape {
        /// The output.
        name: String,
        /// The card's shape for this input.
        expected: String,
        /// The shape that came.
        found: String,
    },
    /// An output holds a number that is none.
    #[error("output {name}: expected finite numbers, found {found} at {index}")]
    NotFinite {
        /// The output.
        name: String,
        /// The first such number.
        found: f32,
        /// Where, counted in row-major order.
        index: usize,
    },
    /// The engine failed while it ran.
    #[error("{backend} failed: {reason}")]
    Run {
        /// The engine.
        backend: &'static str,
        /// What it says.
        reason: String,
    },
    /// ONNX Runtime was asked for and is not there.
    #[error(transparent)]
    Library(#[from] LibraryError),
}
