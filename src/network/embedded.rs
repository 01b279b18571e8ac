//! The embedded engine, in pure Rust: nothing to install, about five times slower than ONNX Runtime.

use std::sync::Arc;
use std::thread;

use ndarray::{ArrayD, ArrayView4, IxDyn};
use rten::{Model, ModelOptions, NodeId, RunOptions, ThreadPool, Value, ValueOrView};
use rten_tensor::prelude::*;
use rten_tensor::{NdTensorView, Tensor};

use super::framing;
use super::{BackendName, NetFile, Network, NetworkError};

/// The engine's name in messages.
const NAME: &str = "the embedded engine";

/// The version in `Cargo.toml`: a test holds it against the lock file.
const VERSION: &str = "0.27.0";

/// What reports say ran them.
#[must_use]
pub fn backend_name() -> BackendName {
    BackendName(format!("rten {VERSION}"))
}

/// A net on the embedded engine.
pub struct Embedded {
    model: Model,
    input: NodeId,
    outputs: Vec<NodeId>,
    threads: Arc<ThreadPool>,
    /// What the last run gave.
    found: Vec<ArrayD<f32>>,
}

impl Embedded {
    /// Opens `net` with `threads` threads of its own, at least one.
    ///
    /// # Errors
    /// The engine cannot make a net of the bytes, or its inputs and outputs are not the card's.
    pub fn open(net: &NetFile, threads: usize) -> Result<Self, NetworkError> {
        let model = apart(|| load(net.bytes()))
            .and_then(|loaded| loaded)
            .map_err(|reason| net.refused(NAME, reason))?;
        let names = |ids: &[NodeId]| -> Vec<String> {
            let name = |id: &NodeId| Some(model.node_info(*id)?.name()?.to_owned());
            ids.iter().map(|id| name(id).unwrap_or_default()).collect()
        };
        let output_names = names(model.output_ids());
        net.check_names(&names(model.input_ids()), &output_names)?;
        let id = |name: &str| {
            let at = output_names.iter().position(|o| o == name)?;
            model.output_ids().get(at).copied()
        };
        Ok(Self {
            input: model.input_ids()[0],
            outputs: net.output_names().filter_map(id).collect(),
            threads: Arc::new(ThreadPool::with_num_threads(threads.max(1))),
            model,
            found: Vec::new(),
        })
    }

    fn run_model(&self, input: ArrayView4<'_, f32>) -> Result<Vec<ArrayD<f32>>, String> {
        let input = input.as_standard_layout();
        let (a, b, c, d) = input.dim();
        let pixels = input.as_slice().ok_or("the input is not contiguous")?;
        let view = NdTensorView::from_data([a, b, c, d], pixels);
        let options = RunOptions::default().with_thread_pool(Some(Arc::clone(&self.threads)));
        let inputs = vec![(self.input, ValueOrView::from(view))];
        let outputs = apart(|| self.model.run(inputs, &self.outputs, Some(options)))?;
        outputs
            .map_err(|e| e.to_string())?
            .into_iter()
            .map(array)
            .collect()
    }
}

impl Network for Embedded {
    fn run(&mut self, input: ArrayView4<'_, f32>) -> Result<&[ArrayD<f32>], NetworkError> {
        let found = self.run_model(input).map_err(|reason| NetworkError::Run {
            backend: NAME,
            reason,
        })?;
        self.found = found;
        Ok(&self.found)
    }
}

fn load(bytes: &[u8]) -> Result<Model, String> {
    framing::check(bytes)?;
    let mut options = ModelOptions::with_all_ops();
    options.prepack_weights(true);
    options.load(bytes.to_vec()).map_err(|e| e.to_string())
}

fn array(value: Value) -> Result<ArrayD<f32>, String> {
    let dtype = value.dtype();
    let tensor: Tensor<f32> = value
        .into_tensor()
        .ok_or_else(|| format!("expected an output of f32, found {dtype}"))?;
    let shape = IxDyn(tensor.shape());
    ArrayD::from_shape_vec(shape, tensor.into_data()).map_err(|e| e.to_string())
}

/// Runs `work` on a thread of its own, for two reasons. A caller may be a rayon worker: waiting for the engine's own
/// pool it would take up other work meanwhile, another frame perhaps, and come back into a net that is in use. And a
/// panic, which damaged bytes can cause, ends there. It costs about 30 µs.
fn apart<T: Send>(work: impl FnOnce() -> T + Send) -> Result<T, String> {
    thread::scope(|scope| {
        let worker = thread::Builder::new()
            .name("embedded-net".to_owned())
            .spawn_scoped(scope, work)
            .map_err(|e| format!("no thread: {e}"))?;
        worker.join().map_err(|_| "it panicked".to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_the_one_that_is_built() {
        let lock = include_str!("../../Cargo.lock");
        assert!(lock.contains(&format!("name = \"rten\"\nversion = \"{VERSION}\"\n")));
    }
}
