//! What the program does with what it should never be given: it says what is wrong, ends with the code that scripts
//! rely on, and keeps the rest.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    missing_docs
)]

#[path = "../common/mod.rs"]
mod common;

mod folders;
mod interruptions;
mod orientation;
mod pictures;
mod recipes;

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use common::{Run, embedded, grade_json, graded, png_of, run, sample, seedgrade};
use image::{RgbImage, imageops};
use seedgrade::grade::GradingStandard;
use serde_json::Value;
use tempfile::TempDir;

/// A small tray of 9x5 cells.
const TRAY: &str = "ippn-bare.png";

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

/// `count` copies of the small tray.
fn copies(into: &Path, count: usize) {
    let bytes = fs::read(sample(TRAY)).unwrap();
    for i in 0..count {
        fs::write(into.join(format!("tray-{i:03}.png")), &bytes).unwrap();
    }
}

fn status(line: &Value) -> &str {
    line["status"].as_str().unwrap()
}

fn reason(line: &Value) -> &str {
    line["reason"].as_str().unwrap()
}

/// A picture that must fail: exit 4, a line that says so, and `why` in it and on stderr.
#[track_caller]
fn fails(bytes: &[u8], name: &str, why: &str) {
    let folder = folder();
    let path = folder.path().join(name);
    fs::write(&path, bytes).unwrap();
    let run = run(grade_json("9x5").arg(&path));
    run.ends_with(4).says(&[name, why]);
    let lines = run.lines();
    assert_eq!(lines.len(), 1);
    assert_eq!(status(&lines[0]), "failed");
    assert!(reason(&lines[0]).contains(why), "{}", lines[0]);
}

/// Ends the program if it does not end by itself.
fn within(seconds: u64, mut child: Child) -> Run {
    let mut stdout = child.stdout.take();
    let mut stderr = child.stderr.take().unwrap();
    let out = std::thread::spawn(move || {
        let mut text = Vec::new();
        if let Some(pipe) = &mut stdout {
            pipe.read_to_end(&mut text).unwrap();
        }
        text
    });
    let err = std::thread::spawn(move || {
        let mut text = Vec::new();
        stderr.read_to_end(&mut text).unwrap();
        text
    });
    let begun = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if begun.elapsed() > Duration::from_secs(seconds) {
            child.kill().unwrap();
            panic!("still running after {seconds} s");
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    Run::of(std::process::Output {
        status,
        stdout: out.join().unwrap(),
        stderr: err.join().unwrap(),
    })
}

fn piped(command: &mut Command) -> Child {
    command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}
