//! The fuzz targets on stable: over their corpora as they are, and over mutations of them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    missing_docs
)]

#[path = "fuzz/src/lib.rs"]
mod fuzz;

use std::path::Path;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use proptest::test_runner::TestRunner;

/// The most time for the mutations of one target.
const TIME: Duration = Duration::from_secs(3);

fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fuzz/corpus")
        .join(target);
    let mut paths: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    paths.iter().map(|p| std::fs::read(p).unwrap()).collect()
}

/// A change to a file; places are shares of its length.
#[derive(Debug, Clone)]
enum Mutation {
    Set(f64, u8),
    Flip(f64, u8),
    Insert(f64, Vec<u8>),
    Remove(f64, usize),
    Repeat(f64, usize, usize),
    Cut(f64),
}

/// Bytes that often break readers: ends of ranges, signs, quotes, brackets.
fn awkward() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::collection::vec(any::<u8>(), 1..8),
        prop::sample::select(vec![
            "nan",
            "inf",
            "-1",
            "1e999",
            "18446744073709551616",
            "\"",
            "'''",
            "[[",
            "{",
            "}",
            "=",
            ",",
            "\n",
            "\r",
            "\0",
            "\u{feff}",
            "苗",
            "share(",
            ">=",
            "and ",
        ])
        .prop_map(|text| text.as_bytes().to_vec()),
        Just(vec![0xff; 9]),
    ]
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let place = || 0.0..1.0;
    prop_oneof![
        4 => (place(), any::<u8>()).prop_map(|(p, b)| Mutation::Set(p, b)),
        4 => (place(), 0..8u8).prop_map(|(p, b)| Mutation::Flip(p, b)),
        4 => (place(), awkward()).prop_map(|(p, b)| Mutation::Insert(p, b)),
        2 => (place(), 1..40usize).prop_map(|(p, n)| Mutation::Remove(p, n)),
        1 => (place(), 1..40usize, 1..20usize).prop_map(|(p, n, t)| Mutation::Repeat(p, n, t)),
        1 => place().prop_map(Mutation::Cut),
    ]
}

fn mutate(bytes: &mut Vec<u8>, mutation: &Mutation) {
    let at = |share: f64| (share * bytes.len() as f64) as usize;
    match mutation {
        _ if bytes.is_empty() => {}
        Mutation::Set(p, value) => {
            let at = at(*p);
            bytes[at] = *value;
        }
        Mutation::Flip(p, bit) => {
            let at = at(*p);
            bytes[at] ^= 1 << bit;
        }
        Mutation::Insert(p, new) => {
            let at = at(*p);
            bytes.splice(at..at, new.iter().copied());
        }
        Mutation::Remove(p, length) => {
            let from = at(*p);
            let to = (from + length).min(bytes.len());
            bytes.drain(from..to);
        }
        Mutation::Repeat(p, length, times) => {
            let from = at(*p);
            let part = bytes[from..(from + length).min(bytes.len())].repeat(*times);
            bytes.splice(from..from, part);
        }
        Mutation::Cut(p) => {
            let at = at(*p);
            bytes.truncate(at);
        }
    }
}

fn survives_mutations(name: &str) {
    let (_, target) = *fuzz::TARGETS.iter().find(|t| t.0 == name).unwrap();
    let corpus = corpus(name);
    assert!(!corpus.is_empty());
    for bytes in &corpus {
        target(bytes);
    }
    let strategy = (
        prop::sample::select(corpus),
        prop::collection::vec(mutation(), 1..6),
    );
    let config = ProptestConfig {
        cases: 3000,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let (begun, done) = (Instant::now(), std::cell::Cell::new(0));
    let outcome = TestRunner::new(config).run(&strategy, |(bytes, mutations)| {
        if begun.elapsed() < TIME {
            let mut bytes = bytes;
            for mutation in &mutations {
                mutate(&mut bytes, mutation);
            }
            target(&bytes);
            done.set(done.get() + 1);
        }
        Ok(())
    });
    println!("{name}: {} mutations", done.get());
    outcome.unwrap();
}

#[test]
fn every_target_has_a_program_and_a_corpus() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz");
    let manifest = std::fs::read_to_string(root.join("Cargo.toml")).unwrap();
    for (name, _) in fuzz::TARGETS {
        assert!(manifest.contains(&format!("path = \"fuzz_targets/{name}.rs\"")));
        assert!(root.join(format!("fuzz_targets/{name}.rs")).is_file());
        assert!(!corpus(name).is_empty(), "{name}");
    }
}

#[test]
fn pictures_survive() {
    survives_mutations("picture");
}

#[test]
fn standards_survive() {
    survives_mutations("standard");
}

#[test]
fn configurations_survive() {
    survives_mutations("config");
}

#[test]
fn cards_survive() {
    survives_mutations("card");
}

#[test]
fn cells_files_survive() {
    survives_mutations("cells");
}

#[test]
fn packed_cells_survive() {
    survives_mutations("packed_cells");
}

#[test]
fn nets_survive() {
    survives_mutations("net");
}

#[test]
fn coco_labels_survive() {
    survives_mutations("coco");
}

#[test]
fn yolo_labels_survive() {
    survives_mutations("yolo");
}

#[test]
fn names_of_yolo_classes_survive() {
    survives_mutations("yolo_names");
}

#[test]
fn labelme_labels_survive() {
    survives_mutations("labelme");
}

#[test]
fn pictures_of_ids_survive() {
    survives_mutations("label_picture");
}

#[test]
fn manifests_survive() {
    survives_mutations("manifest");
}

#[test]
fn handouts_survive() {
    survives_mutations("handout");
}

#[test]
fn stored_reports_survive() {
    survives_mutations("report");
}

#[test]
fn certificates_survive() {
    survives_mutations("certificate");
}

#[test]
fn the_corpus_of_certificates_holds_one_that_is_read() {
    let read = |bytes: &Vec<u8>| seedgrade::certificate::Certificate::parse(bytes).is_ok();
    assert!(corpus("certificate").iter().any(read));
}

#[test]
fn codes_on_trays_survive() {
    survives_mutations("tray_code");
}

#[test]
fn calibrations_survive() {
    survives_mutations("calibration");
}

#[test]
fn samples_of_sensors_survive() {
    survives_mutations("sensor");
}
