//! Both engines judge the shipped trays alike: the embedded one, and ONNX Runtime where its library is found.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    missing_docs
)]

mod common;

use std::path::PathBuf;

use common::{TRAYS, run, sample, seedgrade};
use ndarray::Array4;
use seedgrade::frame::{DecodeLimits, decode};
use seedgrade::network::{self, BackendChoice, NetFile, NetworkError, OpenNetwork};
use seedgrade::runtime;
use seedgrade::tray::{TrayFinder, TrayFormat, TrayImage, rectify};
use serde_json::Value;

/// The most that two engines may differ in one number: they sum in another order.
const TOLERANCE: f32 = 1e-3;

fn libraries() -> Vec<PathBuf> {
    runtime::paths(&runtime::locate(None))
}

fn net() -> NetFile {
    network::shipped::seedling().unwrap()
}

/// The net on ONNX Runtime; `None`, and a sentence, where its library is not.
fn on_onnxruntime(net: &NetFile) -> Option<OpenNetwork> {
    match network::open(net, BackendChoice::OnnxRuntime, &libraries(), 1) {
        Err(NetworkError::Library(missing)) => {
            println!("skipped: {missing}");
            None
        }
        opened => Some(opened.unwrap()),
    }
}

/// A shipped tray as the net sees it.
fn rectified(name: &str, rows: usize, cols: usize, px_per_pitch: usize) -> Array4<f32> {
    let bytes = std::fs::read(sample(name)).unwrap();
    let frame = decode(&bytes, DecodeLimits::default()).unwrap();
    let format = TrayFormat::new(rows as u32, cols as u32).unwrap();
    let found = TrayFinder::shipped()
        .unwrap()
        .locate(&frame, format)
        .unwrap()
        .unwrap();
    let mut image = TrayImage::empty();
    rectify(&frame, &found.lattice, px_per_pitch, &mut image);
    image.tensor().unwrap().to_owned()
}

#[test]
fn both_engines_give_the_same_numbers_for_every_shipped_tray() {
    let net = net();
    let Some(mut fast) = on_onnxruntime(&net) else {
        return;
    };
    let mut plain = network::open(&net, BackendChoice::Embedded, &[], 1).unwrap();
    let px_per_pitch = net.card().input.px_per_pitch.unwrap() as usize;
    for (name, rows, cols) in TRAYS {
        let input = rectified(name, rows, cols, px_per_pitch);
        let a = plain.network.run(input.view()).unwrap();
        let b = fast.network.run(input.view()).unwrap();
        for ((a, b), output) in a.iter().zip(b).zip(&net.card().outputs) {
            assert_eq!(a.shape(), b.shape());
            let worst = a
                .iter()
                .zip(b)
                .map(|(a, b)| (a - b).abs())
                .fold(0.0, f32::max);
            println!(
                "{name} {}: {worst:.1e} between {} and {}",
                output.name, plain.backend, fast.backend
            );
            assert!(worst <= TOLERANCE, "{name} {}: {worst}", output.name);
        }
    }
}

/// What the program says of a shipped tray.
fn judged(backend: &str, precision: &str, (name, rows, cols): (&str, usize, usize)) -> Value {
    let run = run(seedgrade()
        .args(["--backend", backend, "--precision", precision])
        .args(["grade", "--json", "--tray"])
        .arg(format!("{rows}x{cols}"))
        .arg(sample(name)));
    run.ends_with(0);
    run.lines().remove(0)
}

/// The share of cells of the shipped trays that 8 bits may judge otherwise, and how far a probability may move: the card says
/// how many more are right or wrong of 17,018 (none).
const JUDGED_OTHERWISE: f64 = 0.02;
const MOVED: f64 = 0.3;

#[test]
fn a_shipped_tray_is_judged_in_8_bits_as_in_single_precision() {
    if on_onnxruntime(&net()).is_none() {
        return;
    }
    if !network::cpu::has_vnni() {
        println!("skipped: this CPU has no VNNI");
        return;
    }
    let (mut cells, mut otherwise) = (0_usize, 0_usize);
    for (name, rows, cols) in TRAYS {
        let judged = |precision| judged("onnxruntime", precision, (name, rows, cols));
        let (single, eight) = (judged("single"), judged("eight-bit"));
        assert_ne!(single["evidence"]["network"], eight["evidence"]["network"]);
        let of = |line: &Value| line["cells"].as_array().unwrap().clone();
        for (a, b) in of(&single).iter().zip(&of(&eight)) {
            cells += 1;
            otherwise += usize::from(a["verdict"] != b["verdict"]);
            let occupied = |cell: &Value| cell["occupied"].as_f64().unwrap();
            assert!(
                (occupied(a) - occupied(b)).abs() < MOVED,
                "{name}\n{a}\n{b}"
            );
        }
    }
    println!("{otherwise} of {cells} cells judged otherwise in 8 bits");
    assert!(
        (otherwise as f64) < JUDGED_OTHERWISE * cells as f64,
        "{otherwise} of {cells}"
    );
}

#[test]
fn both_engines_give_the_same_verdicts_for_every_shipped_tray() {
    if on_onnxruntime(&net()).is_none() {
        return;
    }
    for (name, rows, cols) in TRAYS {
        let judged = |backend| judged(backend, "single", (name, rows, cols));
        let (plain, fast) = (judged("embedded"), judged("onnxruntime"));
        assert_ne!(plain["evidence"]["backend"], fast["evidence"]["backend"]);
        let cells = |line: &Value| line["cells"].as_array().unwrap().clone();
        assert_eq!(cells(&plain).len(), rows * cols);
        for (a, b) in cells(&plain).iter().zip(&cells(&fast)) {
            for key in ["row", "col", "verdict", "grade", "action", "plants"] {
                assert_eq!(a[key], b[key], "{name}: {key}\n{a}\n{b}");
            }
        }
        for key in ["grade", "route", "counts", "grades", "corners_px"] {
            assert_eq!(plain[key], fast[key], "{name}: {key}");
        }
    }
}
