//! What each stage of the inspection costs on one core, for the shipped 200-cell tray: `cargo bench`.

#![allow(clippy::expect_used, missing_docs)]

use std::hint::black_box;
use std::sync::Arc;

use criterion::{Criterion, criterion_group, criterion_main};
use seedgrade::frame::{DecodeLimits, Frame, decode};
use seedgrade::grade::GradingStandard;
use seedgrade::inspect::{
    Evidence, Inspector, NoObserver, Recipe, SourceFacts, TrayReport, rejudge,
};
use seedgrade::network::{self, BackendChoice, NetFile};
use seedgrade::plant::{NetOutputs, PlantParams, segment};
use seedgrade::tray::{
    CodeKind, LocateParams, TrayFormat, TrayImage, check, locate, read_code, rectify,
};

const PICTURE: &[u8] = include_bytes!("../datasets/samples/trays/rendered-200.jpg");
const PX_PER_PITCH: usize = 48;

fn net() -> NetFile {
    NetFile::embedded(
        include_bytes!("../models/seedling/seedling.onnx"),
        include_str!("../models/seedling/card.toml"),
        "seedling net",
    )
    .expect("the shipped net fits its card")
}

fn frame() -> Frame {
    decode(PICTURE, DecodeLimits::default()).expect("the shipped sample is a picture")
}

fn before_the_net(c: &mut Criterion) {
    let format = TrayFormat::new(10, 20).expect("10x20 is a tray");
    let params = LocateParams::default();
    let frame = frame();
    let found = locate(&frame, format, &params).expect("the shipped tray is found");
    let mut image = TrayImage::empty();
    for (name, kind) in [("QR", CodeKind::Qr), ("Data Matrix", CodeKind::DataMatrix)] {
        c.bench_function(&format!("tray code, no {name} there"), |b| {
            b.iter(|| read_code(black_box(&frame), &found.lattice, kind));
        });
    }
    c.bench_function("decode", |b| {
        b.iter(|| decode(black_box(PICTURE), DecodeLimits::default()));
    });
    c.bench_function("locate", |b| {
        b.iter(|| locate(black_box(&frame), format, &params));
    });
    c.bench_function("quality", |b| {
        b.iter(|| check(black_box(&frame), &found.lattice));
    });
    c.bench_function("rectify", |b| {
        b.iter(|| rectify(black_box(&frame), &found.lattice, PX_PER_PITCH, &mut image));
    });
}

fn net_and_after(c: &mut Criterion) {
    let format = TrayFormat::new(10, 20).expect("10x20 is a tray");
    let frame = frame();
    let found = locate(&frame, format, &LocateParams::default()).expect("the tray is found");
    let mut image = TrayImage::empty();
    rectify(&frame, &found.lattice, PX_PER_PITCH, &mut image);
    let tensor = image.tensor().expect("the planes have the image's size");
    let libraries = seedgrade::runtime::paths(&seedgrade::runtime::locate(None));
    for choice in [BackendChoice::Embedded, BackendChoice::OnnxRuntime] {
        let Ok(opened) = network::open(&net(), choice, &libraries, 1) else {
            continue;
        };
        let mut engine = opened.network;
        c.bench_function(&format!("infer, {}", opened.backend), |b| {
            b.iter(|| engine.run(black_box(tensor)));
        });
        let outputs = engine.run(tensor).expect("the net runs");
        let outputs = NetOutputs::new(&outputs, image.layout).expect("a seedling net");
        if choice == BackendChoice::Embedded {
            c.bench_function("segment", |b| {
                b.iter(|| segment(black_box(&outputs), image.layout, &PlantParams::default()));
            });
        }
    }
}

fn whole(c: &mut Criterion) {
    let libraries = seedgrade::runtime::paths(&seedgrade::runtime::locate(None));
    let opened = network::open(&net(), BackendChoice::Auto, &libraries, 1).expect("an engine");
    let recipe = Arc::new(Recipe {
        format: TrayFormat::new(10, 20).expect("10x20 is a tray"),
        standard: GradingStandard::embedded(),
        locate: LocateParams::default(),
        plants: PlantParams::default(),
        px_per_pitch: PX_PER_PITCH,
        heights: None,
        most_cover: 1.0,
    });
    let name = format!("whole tray, {}", opened.backend);
    let mut inspector = Inspector::new(recipe, opened.network, Evidence::default());
    c.bench_function(&name, |b| {
        b.iter(|| {
            let frame = frame();
            inspector.inspect(&frame, SourceFacts::default(), &mut NoObserver)
        });
    });
}

/// Another standard over stored measurements of 200 cells: from the values, and from a line of JSON to one.
fn stored_measurements(c: &mut Criterion) {
    let libraries = seedgrade::runtime::paths(&seedgrade::runtime::locate(None));
    let opened = network::open(&net(), BackendChoice::Auto, &libraries, 1).expect("an engine");
    let recipe = Arc::new(Recipe {
        format: TrayFormat::new(10, 20).expect("10x20 is a tray"),
        standard: GradingStandard::embedded(),
        locate: LocateParams::default(),
        plants: PlantParams::default(),
        px_per_pitch: PX_PER_PITCH,
        heights: None,
        most_cover: 1.0,
    });
    let mut inspector = Inspector::new(recipe, opened.network, Evidence::default());
    let report = inspector
        .inspect(&frame(), SourceFacts::default(), &mut NoObserver)
        .expect("the net runs")
        .report;
    let standard = GradingStandard::embedded();
    let line = serde_json::to_string(&report).expect("reports have a JSON form");
    c.bench_function("stored tray by another standard", |b| {
        b.iter_batched(
            || report.clone(),
            |report| rejudge(report, black_box(&standard)),
            criterion::BatchSize::SmallInput,
        );
    });
    c.bench_function("stored tray by another standard, JSON to JSON", |b| {
        b.iter(|| {
            let report: TrayReport = serde_json::from_str(black_box(&line)).expect("a report");
            let judged = rejudge(report, &standard).expect("measured");
            serde_json::to_string(&judged)
        });
    });
}

criterion_group! {
    name = stages;
    config = Criterion::default().sample_size(20);
    targets = before_the_net, net_and_after, whole, stored_measurements
}
criterion_main!(stages);
