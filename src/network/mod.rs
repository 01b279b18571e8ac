//! `network`: a tensor goes in, tensors come out, behind one small trait.
//!
//! In: a [`NetFile`] (the bytes of an `.onnx` file and the [`Card`] that says what it is) and a picture as
//! `[1, channels, height, width]` floats. Out: the net's outputs, in the order of its card.
//!
//! Invariant: what [`open`] hands out checks every run. The input has the card's shape and range, every output has its
//! name, its place and its shape, and every number in it is finite: what comes after may rely on it.
//!
//! A net may have a second form in 8 bits under the same card ([`form_for`] chooses); evidence names the form that ran by its
//! hash.
//!
//! Two engines stand behind the trait: ONNX Runtime, whose library is looked for when the program runs
//! ([`onnxruntime`], the faster one), and one in pure Rust that is always there ([`embedded`]). A stand-in with set
//! outputs ([`fixed`]) serves tests. Paths to look at come from outside: nothing here reads an environment variable.

pub mod card;
pub mod catalogue;
mod check;
pub mod cpu;
pub mod embedded;
mod error;

pub mod fixed;
mod framing;
pub mod library;
pub mod onnxruntime;
mod precision;
pub mod shape;
pub mod shipped;

use std::fmt;
use std::path::PathBuf;

use ndarray::{ArrayD, ArrayView4};

pub use card::Card;
pub use catalogue::{Form, NetFile};
pub use error::NetworkError;
pub use precision::{Precision, form_for};

use check::Checked;

/// Something that runs a net.
pub trait Network: Send {
    /// The outputs for `input` (`[1, channels, height, width]`), in the order of the net's card. They lie in the engine's own
    /// memory and are overwritten by the next run.
    ///
    /// # Errors
    /// The input has another shape or range than the card says, the engine fails, or an output is not what the card says.
    fn run(&mut self, input: ArrayView4<'_, f32>) -> Result<&[ArrayD<f32>], NetworkError>;
}

/// Which engine is to run a net.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BackendChoice {
    /// ONNX Runtime where its library is found, else the embedded engine.
    #[default]
    Auto,
    /// ONNX Runtime, or an error.
    OnnxRuntime,
    /// The embedded engine.
    Embedded,
}

/// Which engine runs a net, and its version: `onnxruntime 1.31.1`, `rten 0.27.0`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackendName(pub(crate) String);

impl BackendName {
    /// The name as reports store it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for BackendName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A net that is ready to run.
pub struct OpenNetwork {
    /// Runs it.
    pub network: Box<dyn Network>,
    /// What runs it.
    pub backend: BackendName,
    /// Why not the faster engine, as a sentence; `None` when it runs or was not asked for.
    pub note: Option<String>,
}

impl fmt::Debug for OpenNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenNetwork")
            .field("backend", &self.backend)
            .field("note", &self.note)
            .finish_non_exhaustive()
    }
}

/// Opens `net` on the engine that `choice` names, with `threads` threads of its own (at least one).
///
/// `libraries` are the files that may be ONNX Runtime, best first; the first that works serves the whole process,
/// since it holds one such library at most. Under [`BackendChoice::Auto`] a library that is missing, is none or is too
/// old ends in the embedded engine, with the reason in [`OpenNetwork::note`].
///
/// # Errors
/// The engine refuses the net, the net's inputs or outputs are not those of its card, or ONNX Runtime was asked for
/// and is not there. A net in 8 bits runs nowhere but on ONNX Runtime and a CPU with VNNI.
pub fn open(
    net: &NetFile,
    choice: BackendChoice,
    libraries: &[PathBuf],
    threads: usize,
) -> Result<OpenNetwork, NetworkError> {
    let note = match choice {
        BackendChoice::Embedded => None,
        BackendChoice::Auto | BackendChoice::OnnxRuntime => match onnxruntime::load(libraries) {
            Ok(engine) => return open_onnxruntime(net, &engine, threads),
            Err(missing) if choice == BackendChoice::Auto => Some(missing.to_string()),
            Err(missing) => return Err(missing.into()),
        },
    };
    if net.form() == Form::EightBit {
        return Err(in_eight_bits_on(net, embedded::backend_name().as_str()));
    }
    let engine = embedded::Embedded::open(net, threads)?;
    Ok(OpenNetwork {
        network: Box::new(Checked::new(engine, net)),
        backend: embedded::backend_name(),
        note,
    })
}

fn in_eight_bits_on(net: &NetFile, found: &str) -> NetworkError {
    NetworkError::EightBits {
        file: net.file().to_owned(),
        found: found.to_owned(),
    }
}

fn open_onnxruntime(
    net: &NetFile,
    engine: &onnxruntime::Engine,
    threads: usize,
) -> Result<OpenNetwork, NetworkError> {
    if net.form() == Form::EightBit && !cpu::has_vnni() {
        return Err(in_eight_bits_on(net, &cpu::cpu_class()));
    }
    let session = onnxruntime::OnnxRuntime::open(engine, net, threads)?;
    Ok(OpenNetwork {
        network: Box::new(Checked::new(session, net)),
        backend: engine.backend_name(),
        note: None,
    })
}
