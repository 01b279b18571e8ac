//! The `seedgrade` binary: hands the command line to [`seedgrade::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    keep_onnxruntime_silent();
    seedgrade::cli::main()
}

/// ONNX Runtime's library stores a device id and sends usage data as soon as it is loaded, whatever its
/// environment is told afterwards; only this variable, set before, prevents it.
#[allow(unsafe_code)]
fn keep_onnxruntime_silent() {
    // SAFETY: no other thread exists yet that could read or write the environment.
    unsafe { std::env::set_var("ORT_DISABLE_TELEMETRY", "1") };
}
