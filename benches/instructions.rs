//! Instructions of every stage that is ours, by callgrind, which repeat on a noisy machine: `cargo bench --bench
//! instructions`. Prints a line a stage and size with the least that the stage's arithmetic takes, and how far off it
//! is. Needs valgrind. With `-- --most FILE` it fails where a stage needs more than that file's line allows.

#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::print_stderr,
    missing_docs
)]

mod trays;

use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::process::{Command, ExitCode};

use ndarray::{ArrayD, IxDyn};
use seedgrade::cell::observe;
use seedgrade::frame::{DecodeLimits, Frame, decode};
use seedgrade::grade::{GradingStandard, judge};
use seedgrade::network::{self, BackendChoice, NetFile};
use seedgrade::plant::{NetOutputs, PlantParams, Segmenter};
use seedgrade::tray::{TrayImage, check, rectify};
use trays::{PX_PER_PITCH, SIZES, Size};

const STAGES: [&str; 4] = ["decode", "quality", "rectify", "measure"];
const OUTPUTS: [&str; 3] = ["classes", "centres", "cells"];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [mark, stage, size, folder] = arguments.as_slice()
        && mark == "--one"
    {
        run_one(
            stage,
            Size::named(size).expect("a known size"),
            Path::new(folder),
        );
        return ExitCode::SUCCESS;
    }
    let most = arguments
        .iter()
        .position(|a| a == "--most")
        .and_then(|i| arguments.get(i + 1))
        .map(|file| fs::read_to_string(file).expect("the file of limits is read"));
    let scratch = tempfile::tempdir().expect("a folder for the inputs");
    let mut exceeded = false;
    println!(
        "{:9} {:8} {:>15} {:>13} {:>9}",
        "stage", "size", "instructions", "least", "distance"
    );
    for size in SIZES {
        prepare(size, scratch.path());
        for stage in STAGES {
            let counted = count(stage, size, scratch.path());
            let least = least_instructions(stage, size);
            let (least, distance) = least.map_or((String::new(), String::new()), |least| {
                (
                    format!("{least:.0}"),
                    format!("{:.1}", counted as f64 / least),
                )
            });
            println!(
                "{stage:9} {:8} {counted:>15} {least:>13} {distance:>9}",
                size.name
            );
            let allowed = most.as_deref().and_then(|text| allowed(text, stage, size));
            if let Some(allowed) = allowed.filter(|&allowed| counted > allowed) {
                eprintln!(
                    "{stage} {}: expected at most {allowed}, found {counted}",
                    size.name
                );
                exceeded = true;
            }
        }
    }
    ExitCode::from(u8::from(exceeded))
}

/// The number that a line `stage size instructions` of the file of limits gives.
fn allowed(text: &str, stage: &str, size: Size) -> Option<u64> {
    let mut lines = text
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>());
    let line = lines.find(|words| words.len() == 3 && words[..2] == [stage, size.name])?;
    line[2].replace('_', "").parse().ok()
}

/// What eight lanes of 32 bits cannot go below. Decoding has no such figure: a JPEG's symbols come one after the other.
fn least_instructions(stage: &str, size: Size) -> Option<f64> {
    let pixels = ((size.rows + 1) * (size.cols + 1) * PX_PER_PITCH * PX_PER_PITCH) as f64;
    let taps = (size.px_per_pitch / PX_PER_PITCH as f64).round();
    match stage {
        // a sample: two loads, and four multiply-adds for each of three channels
        "rectify" => Some(pixels * taps * taps * (2.0 + 12.0 / 8.0)),
        // a class pixel (four rectified ones): four loads, two maxima, a difference, a comparison, a label stored
        "measure" => Some(pixels / 4.0 * 9.0 / 8.0),
        _ => None,
    }
}

/// Writes what the stages of a size take: they run in a process of their own, which callgrind slows down.
fn prepare(size: Size, folder: &Path) {
    let frame = size.frame();
    fs::write(folder.join("frame.jpg"), trays::jpeg(&frame)).expect("written");
    fs::write(folder.join("frame.rgb"), frame.rgb()).expect("written");
    let mut image = TrayImage::empty();
    rectify(&frame, &size.lattice(), PX_PER_PITCH, &mut image);
    let net = NetFile::from_folder(Path::new("models/seedling")).expect("the shipped net");
    let libraries = seedgrade::runtime::paths(&seedgrade::runtime::locate(None));
    let opened = network::open(&net, BackendChoice::Auto, &libraries, 1).expect("an engine");
    let mut engine = opened.network;
    let outputs = engine
        .run(image.tensor().expect("an image"))
        .expect("the net runs");
    for (name, output) in OUTPUTS.iter().zip(outputs) {
        let bytes: Vec<u8> = output.iter().flat_map(|v| v.to_le_bytes()).collect();
        fs::write(folder.join(name), bytes).expect("written");
    }
}

/// Instructions of one run of a stage, which had one before.
fn count(stage: &str, size: Size, folder: &Path) -> u64 {
    let own = std::env::current_exe().expect("this program has a path");
    let ran = Command::new("valgrind")
        .args([
            "--tool=callgrind",
            "--callgrind-out-file=/dev/null",
            "--toggle-collect=*measured*",
        ])
        .arg(own)
        .args(["--one", stage, size.name])
        .arg(folder)
        .output()
        .expect("valgrind is installed");
    let said = String::from_utf8_lossy(&ran.stderr);
    let counted = said.lines().find_map(|line| line.split_once("Collected :"));
    let counted = counted.and_then(|(_, number)| number.trim().parse().ok());
    counted.unwrap_or_else(|| unreachable!("{stage}: callgrind counted nothing: {said}"))
}

/// What callgrind counts.
#[inline(never)]
fn measured<T>(work: impl FnOnce() -> T) -> T {
    black_box(work())
}

fn run_one(stage: &str, size: Size, folder: &Path) {
    // callgrind counts the thread that enters what is measured
    let alone = rayon::ThreadPoolBuilder::new()
        .num_threads(1)
        .use_current_thread();
    alone
        .build_global()
        .expect("the first pool of this process");
    let read = |name: &str| fs::read(folder.join(name)).expect("written by the parent");
    let lattice = size.lattice();
    let frame = || Frame::from_rgb(size.width, size.height, read("frame.rgb")).expect("a frame");
    match stage {
        "decode" => {
            let bytes = read("frame.jpg");
            twice(|| decode(&bytes, DecodeLimits::default()));
        }
        "quality" => {
            let frame = frame();
            twice(|| check(&frame, &lattice));
        }
        "rectify" => {
            let (frame, mut image) = (frame(), TrayImage::empty());
            twice(|| rectify(&frame, &lattice, PX_PER_PITCH, &mut image));
        }
        _ => {
            let mut image = TrayImage::empty();
            rectify(&frame(), &lattice, PX_PER_PITCH, &mut image);
            let layout = image.layout;
            let (h, w) = (layout.height(), layout.width());
            let shapes = [
                [1, 4, h / 2, w / 2],
                [1, 3, h / 4, w / 4],
                [1, 4, size.rows, size.cols],
            ];
            let outputs: Vec<_> = OUTPUTS
                .iter()
                .zip(shapes)
                .map(|(name, shape)| tensor(&read(name), &shape))
                .collect();
            let standard = GradingStandard::embedded();
            let mut segmenter = Segmenter::default();
            twice(|| {
                let outputs = NetOutputs::new(&outputs, layout).expect("a seedling net");
                let plants = segmenter.segment(&outputs, layout, &PlantParams::default());
                let cells = observe(plants, &outputs, &lattice, None, None);
                judge(&cells, &standard, &[])
            });
        }
    }
}

/// Buffers are there from the second run on, which is the one that counts.
fn twice<T>(mut work: impl FnMut() -> T) {
    black_box(work());
    measured(work);
}

fn tensor(bytes: &[u8], shape: &[usize]) -> ArrayD<f32> {
    let numbers = bytes
        .chunks_exact(4)
        .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]));
    ArrayD::from_shape_vec(IxDyn(shape), numbers.collect()).expect("an output of this shape")
}
