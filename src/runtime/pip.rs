//! Downloads the wheel with the user's own pip, which knows their mirrors and proxies.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use super::error::RuntimeError;
use super::pins::VERSION;

/// The commands that may be pip, best first.
const COMMANDS: [&[&str]; 3] = [&["pip3"], &["pip"], &["python3", "-m", "pip"]];

/// How much of what pip printed an error shows, characters.
const SHOWN: usize = 400;

/// The Python whose wheel is asked for: the library inside is the same in all, and this machine's may be too old.
const PYTHON: &str = "312";

/// The wheel of the pinned release for `architecture`, downloaded into `folder`.
pub(super) fn download(folder: &Path, architecture: &str) -> Result<PathBuf, RuntimeError> {
    let mut failure = None;
    for command in COMMANDS {
        match run(command, folder, architecture) {
            Ok(output) if output.status.success() => return wheel_in(folder, command),
            Ok(output) if is_missing(&output) => {}
            Ok(output) => failure = Some(pip_error(command, &output.stderr)),
            Err(e) if e.kind() == ErrorKind::NotFound => {}
            Err(e) => failure = Some(pip_error(command, e.to_string().as_bytes())),
        }
    }
    Err(failure.unwrap_or_else(|| RuntimeError::NoPip {
        tried: COMMANDS.map(|c| c.join(" ")).join(", "),
        version: VERSION,
    }))
}

fn run(command: &[&str], folder: &Path, architecture: &str) -> std::io::Result<Output> {
    Command::new(command[0])
        .args(&command[1..])
        .args([
            "download",
            "--quiet",
            "--disable-pip-version-check",
            "--no-deps",
        ])
        .args(["--only-binary", ":all:", "--implementation", "cp"])
        .args(["--python-version", PYTHON, "--abi", &format!("cp{PYTHON}")])
        .args(["--platform", &format!("manylinux_2_28_{architecture}")])
        .arg("--dest")
        .arg(folder)
        .arg(format!("onnxruntime=={VERSION}"))
        .stdin(Stdio::null())
        .output()
}

/// Whether Python is there and says that pip is not.
fn is_missing(output: &Output) -> bool {
    String::from_utf8_lossy(&output.stderr).contains("No module named pip")
}

fn pip_error(command: &[&str], printed: &[u8]) -> RuntimeError {
    let printed = String::from_utf8_lossy(printed);
    let printed = printed.trim();
    let skipped = printed.chars().count().saturating_sub(SHOWN);
    RuntimeError::Pip {
        command: command.join(" "),
        version: VERSION,
        reason: printed.chars().skip(skipped).collect(),
    }
}

fn wheel_in(folder: &Path, command: &[&str]) -> Result<PathBuf, RuntimeError> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut wheels = entries
        .map(|e| e.path())
        .filter(|p| p.extension().is_some_and(|e| e == "whl"));
    wheels
        .next()
        .ok_or_else(|| pip_error(command, b"it left no wheel"))
}
