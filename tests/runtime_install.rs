//! What is installed is the pinned library, whole, or nothing.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    missing_docs
)]

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use seedgrade::runtime::{self, RuntimeError};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

const LIBRARY: &str = "onnxruntime/capi/libonnxruntime.so.1.31.1";

fn wheel(folder: &Path, entries: &[(&str, &[u8])]) -> PathBuf {
    let path = folder.join("a.whl");
    let mut zip = ZipWriter::new(File::create(&path).unwrap());
    for (name, bytes) in entries {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap();
    path
}

/// Installing `wheel` fails and leaves nothing behind.
fn refusal(wheel: &Path) -> RuntimeError {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("runtime");
    let error = runtime::install_into(&target, Some(wheel)).unwrap_err();
    println!("{error}");
    assert!(!target.exists(), "something was left behind");
    error
}

#[test]
fn a_wheel_with_another_library_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let error = refusal(&wheel(folder.path(), &[(LIBRARY, b"another")]));
    assert!(matches!(error, RuntimeError::Hash { .. }), "{error}");
}

#[test]
fn a_wheel_without_the_library_or_with_two_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let none = wheel(
        folder.path(),
        &[("onnxruntime/capi/libonnxruntime_providers_shared.so", b"x")],
    );
    assert!(matches!(
        refusal(&none),
        RuntimeError::NoLibrary { found: 0, .. }
    ));
    let two = wheel(
        folder.path(),
        &[
            (LIBRARY, b"x"),
            ("onnxruntime/capi/libonnxruntime.so", b"x"),
        ],
    );
    assert!(matches!(
        refusal(&two),
        RuntimeError::NoLibrary { found: 2, .. }
    ));
}

#[test]
fn a_wheel_whose_names_lead_out_of_it_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for name in [
        "../../evil.so",
        "onnxruntime/capi/../../../evil.so",
        "..\\evil.so",
    ] {
        let path = wheel(folder.path(), &[(LIBRARY, b"x"), (name, b"x")]);
        assert!(
            matches!(refusal(&path), RuntimeError::NameLeadsOut { .. }),
            "{name}"
        );
    }
}

#[test]
fn a_file_that_is_missing_cut_short_or_no_wheel_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(
        refusal(&folder.path().join("missing.whl")),
        RuntimeError::Io { .. }
    ));
    let whole = wheel(folder.path(), &[(LIBRARY, &[7; 5000])]);
    let bytes = std::fs::read(&whole).unwrap();
    for length in [0, 10, bytes.len() / 2, bytes.len() - 1] {
        std::fs::write(&whole, &bytes[..length]).unwrap();
        assert!(
            matches!(refusal(&whole), RuntimeError::NoWheel { .. }),
            "{length}"
        );
    }
}

/// With the real wheel, where the variable names it.
#[test]
fn the_pinned_wheel_is_installed() {
    let Some(wheel) = std::env::var_os("SEEDGRADE_TEST_WHEEL") else {
        println!("skipped: SEEDGRADE_TEST_WHEEL names no wheel");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    for _again in 0..2 {
        let installed = runtime::install_into(folder.path(), Some(Path::new(&wheel))).unwrap();
        assert!(installed.known_wheel && installed.library.is_file());
        let names = std::fs::read_dir(installed.library.parent().unwrap()).unwrap();
        assert_eq!(
            names.count(),
            2,
            "the library, its licence, and no temporary file"
        );
    }
}
