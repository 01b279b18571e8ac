//! A library that does not serve ends in the embedded engine, with a sentence that says why. In a process of its own:
//! one that holds a library loads no other.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    missing_docs
)]

use std::path::{Path, PathBuf};
use std::process::Command;

use seedgrade::network::{self, BackendChoice, NetFile, NetworkError, OpenNetwork};
use seedgrade::runtime::{self, Origin};

fn open(choice: BackendChoice, libraries: &[PathBuf]) -> Result<OpenNetwork, NetworkError> {
    let (net, card) = (
        include_bytes!("fixtures/nets/tiny.onnx"),
        include_str!("fixtures/nets/card.toml"),
    );
    network::open(
        &NetFile::embedded(net, card, "tiny.onnx").unwrap(),
        choice,
        libraries,
        1,
    )
}

/// Under auto the embedded engine runs and says `why`; when ONNX Runtime is asked for, that is the error.
fn ends_in_the_embedded_engine(libraries: &[PathBuf], why: &str) {
    let opened = open(BackendChoice::Auto, libraries).unwrap();
    assert!(
        opened.backend.as_str().starts_with("rten "),
        "{}",
        opened.backend
    );
    let note = opened.note.unwrap();
    println!("{note}");
    assert!(note.contains(why), "{note}");
    let error = open(BackendChoice::OnnxRuntime, libraries).unwrap_err();
    assert_eq!(error.to_string(), note);
    assert!(
        open(BackendChoice::Embedded, libraries)
            .unwrap()
            .note
            .is_none()
    );
}

/// A library that compiles from C; `None`, and a sentence, where there is no compiler.
fn old_library(folder: &Path) -> Option<PathBuf> {
    let library = folder.join("libonnxruntime.so");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/old_onnxruntime.c");
    let compiled = Command::new("cc")
        .args(["-shared", "-fPIC", "-o"])
        .arg(&library)
        .arg(source)
        .status();
    if !compiled.is_ok_and(|status| status.success()) {
        println!("skipped: no C compiler");
        return None;
    }
    Some(library)
}

#[test]
fn no_library_at_all() {
    ends_in_the_embedded_engine(&[], "`seedgrade runtime install`");
}

#[test]
fn a_file_that_is_missing() {
    ends_in_the_embedded_engine(
        &[PathBuf::from("nowhere/libonnxruntime.so")],
        "no such file",
    );
}

#[test]
fn a_folder() {
    let folder = tempfile::tempdir().unwrap();
    ends_in_the_embedded_engine(&[folder.path().to_owned()], "cannot be read");
}

#[test]
fn files_that_are_garbage() {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes, why) in [
        ("empty.so", &b""[..], "another kind of file"),
        ("text.so", b"not a library at all", "another kind of file"),
        (
            "head.so",
            b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0",
            "cut short",
        ),
    ] {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        ends_in_the_embedded_engine(&[path], why);
    }
}

#[test]
fn half_a_library() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = std::fs::read(std::env::current_exe().unwrap()).unwrap();
    let path = folder.path().join("libonnxruntime.so");
    std::fs::write(&path, &bytes[..64 << 10]).unwrap();
    ends_in_the_embedded_engine(&[path], "cut short");
}

#[test]
fn another_library_and_one_that_is_too_old() {
    let folder = tempfile::tempdir().unwrap();
    let Some(old) = old_library(folder.path()) else {
        return;
    };
    let missing = folder.path().join("missing.so");
    ends_in_the_embedded_engine(&[missing, old], "got '1.23.2'");
}

/// With the real release 1.23.2 too, where the variable names its library.
#[test]
fn the_real_release_that_is_too_old() {
    match std::env::var_os("SEEDGRADE_TEST_OLD_ONNXRUNTIME") {
        Some(path) => ends_in_the_embedded_engine(
            &[path.into()],
            "expected version 1.24 or later, found 1.23.2",
        ),
        None => println!("skipped: SEEDGRADE_TEST_OLD_ONNXRUNTIME names no library"),
    }
}

#[test]
fn check_says_what_each_candidate_is() {
    let given = Path::new("nowhere/libonnxruntime.so");
    let findings = runtime::check(Some(given));
    assert_eq!(findings[0].candidate.path, given);
    assert_eq!(findings[0].candidate.origin, Origin::Given);
    assert_eq!(findings[0].verdict, Err("there is no such file".to_owned()));
    for finding in findings {
        println!(
            "{} {}: {:?}",
            finding.candidate.origin,
            finding.candidate.path.display(),
            finding.verdict
        );
    }
}
