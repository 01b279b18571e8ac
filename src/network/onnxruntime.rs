//! ONNX Runtime, the faster engine: its library is loaded while the program runs, once for the whole process.
//!
//! Release 1.31.1 for Linux has telemetry in it: when its environment is made it starts a thread, writes a device's id
//! and one event a process into a data base below `~/.cache/Microsoft`, and can send them over the network. [`load`]
//! switches its events off, but that comes after the first. `ORT_DISABLE_TELEMETRY=1` in the environment of the process
//! keeps all of it from happening; safe Rust cannot set it from within.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use ndarray::{ArrayD, ArrayView4, IxDyn};
use ort::environment::Environment;
use ort::logging::LogLevel;
use ort::session::Session;
use ort::value::TensorRef;

use super::library::{self, Version};
use super::{BackendName, NetFile, Network, NetworkError};

/// The engine's name in messages.
const NAME: &str = "onnxruntime";

/// The library, loaded.
#[derive(Debug, Clone)]
pub struct Engine {
    environment: Environment,
    path: PathBuf,
    version: Option<Version>,
}

impl Engine {
    /// What reports say ran a net: `onnxruntime 1.31.1`.
    #[must_use]
    pub fn backend_name(&self) -> BackendName {
        BackendName(match self.version {
            Some(version) => format!("{NAME} {version}"),
            None => format!("{NAME} of unknown version"),
        })
    }

    /// The library's file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// Why no library was loaded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct LibraryError {
    /// The files that were tried, and why each does not serve.
    pub tried: Vec<(PathBuf, String)>,
}

impl fmt::Display for LibraryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.tried.is_empty() {
            return f.write_str(
                "onnxruntime was found nowhere: `seedgrade runtime install` puts it in place",
            );
        }
        f.write_str("onnxruntime cannot be loaded: ")?;
        for (i, (path, reason)) in self.tried.iter().enumerate() {
            let between = if i == 0 { "" } else { "; " };
            write!(f, "{between}{}: {reason}", path.display())?;
        }
        Ok(())
    }
}

/// What became of the libraries so far. The engine's crate holds one library a process and cannot let go of it.
struct Libraries {
    engine: Option<Engine>,
    failed: BTreeMap<PathBuf, String>,
}

static LIBRARIES: Mutex<Libraries> = Mutex::new(Libraries {
    engine: None,
    failed: BTreeMap::new(),
});

/// The engine of the first of `candidates` that works. A process loads one library at most; a file that failed is not
/// tried again.
///
/// # Errors
/// None works: each with its reason.
pub fn load(candidates: &[PathBuf]) -> Result<Engine, LibraryError> {
    let mut libraries = LIBRARIES.lock().unwrap_or_else(PoisonError::into_inner);
    let mut tried = Vec::new();
    for candidate in candidates {
        let path = candidate
            .canonicalize()
            .unwrap_or_else(|_| candidate.clone());
        match libraries.get(&path) {
            Ok(engine) => return Ok(engine),
            Err(reason) => tried.push((candidate.clone(), reason)),
        }
    }
    Err(LibraryError { tried })
}

impl Libraries {
    fn get(&mut self, path: &Path) -> Result<Engine, String> {
        if let Some(reason) = self.failed.get(path) {
            return Err(reason.clone());
        }
        match &self.engine {
            Some(engine) if engine.path == path => return Ok(engine.clone()),
            Some(engine) => {
                let held = engine.path.display();
                return Err(format!("not tried: the process already holds {held}"));
            }
            None => {}
        }
        match first_load(path) {
            Ok(engine) => {
                self.engine = Some(engine.clone());
                Ok(engine)
            }
            Err(reason) => {
                self.failed.insert(path.to_owned(), reason.clone());
                Err(reason)
            }
        }
    }
}

/// Nothing else of the engine's crate may be called before `init_from` has worked once: without a library it panics.
fn first_load(path: &Path) -> Result<Engine, String> {
    let version = library::inspect(path)?;
    let builder = ort::init_from(path).map_err(|e| e.to_string())?;
    let environment = builder
        .with_name("seedgrade")
        .with_telemetry(false)
        .with_logger(Arc::new(log))
        .build()
        .map_err(|e| e.to_string())?;
    environment.set_log_level(LogLevel::Warning);
    Ok(Engine {
        environment,
        path: path.to_owned(),
        version,
    })
}

fn log(level: LogLevel, category: &str, _id: &str, location: &str, message: &str) {
    match level {
        LogLevel::Verbose | LogLevel::Info => {}
        // what fails comes back as an error too: these lines are for us
        LogLevel::Warning | LogLevel::Error | LogLevel::Fatal => {
            tracing::debug!(category, location, "onnxruntime: {message}");
        }
    }
}

/// A net on ONNX Runtime.
pub struct OnnxRuntime {
    session: Session,
    outputs: Vec<String>,
    /// What the last run gave, in memory that is used again while shapes stay.
    found: Vec<ArrayD<f32>>,
}

impl OnnxRuntime {
    /// Opens `net` with `threads` threads, at least one; with one it runs on the caller's.
    ///
    /// # Errors
    /// The engine cannot make a net of the bytes, or its inputs and outputs are not the card's.
    pub fn open(engine: &Engine, net: &NetFile, threads: usize) -> Result<Self, NetworkError> {
        let session =
            session(engine, net.bytes(), threads.max(1)).map_err(|e| net.refused(NAME, e))?;
        let names = |outlets: &[ort::value::Outlet]| -> Vec<String> {
            outlets.iter().map(|o| o.name().to_owned()).collect()
        };
        net.check_names(&names(session.inputs()), &names(session.outputs()))?;
        let outputs = net.output_names().map(ToOwned::to_owned).collect();
        Ok(Self {
            session,
            outputs,
            found: Vec::new(),
        })
    }

    fn run_session(&mut self, input: ArrayView4<'_, f32>) -> Result<(), String> {
        let input = input.as_standard_layout();
        let tensor = TensorRef::from_array_view(&input).map_err(|e| e.to_string())?;
        let found = self
            .session
            .run(ort::inputs![tensor])
            .map_err(|e| e.to_string())?;
        self.found
            .resize_with(self.outputs.len(), || ArrayD::zeros(IxDyn(&[0])));
        for (name, kept) in self.outputs.iter().zip(&mut self.found) {
            let value = found
                .get(name)
                .ok_or_else(|| format!("output {name} is missing"))?;
            let array = value
                .try_extract_array::<f32>()
                .map_err(|e| e.to_string())?;
            if kept.shape() == array.shape() {
                kept.assign(&array);
            } else {
                *kept = array.to_owned();
            }
        }
        Ok(())
    }
}

impl Network for OnnxRuntime {
    fn run(&mut self, input: ArrayView4<'_, f32>) -> Result<&[ArrayD<f32>], NetworkError> {
        self.run_session(input)
            .map_err(|reason| NetworkError::Run {
                backend: NAME,
                reason,
            })?;
        Ok(&self.found)
    }
}

fn session(engine: &Engine, bytes: &[u8], threads: usize) -> Result<Session, String> {
    Session::builder(&engine.environment)
        .map_err(|e| e.to_string())?
        .with_log_level(LogLevel::Warning)
        .map_err(|e| e.to_string())?
        .with_intra_threads(threads)
        .map_err(|e| e.to_string())?
        .with_inter_threads(1)
        .map_err(|e| e.to_string())?
        // a tray asks two nets in turn: the threads of one would spin on the cores that the other needs
        .with_intra_op_spinning(false)
        .map_err(|e| e.to_string())?
        .commit_from_memory(bytes)
        .map_err(|e| e.to_string())
}
