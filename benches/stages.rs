//! What each stage of the inspection costs on one core, for the sizes of frame that cameras have, and the whole for the
//! shipped 200-cell tray: `cargo bench --bench stages`.

#![allow(clippy::expect_used, missing_docs)]

mod trays;

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;

use criterion::{Criterion, criterion_group, criterion_main};
use seedgrade::cell::observe;
use seedgrade::frame::{DecodeLimits, Frame, decode};
use seedgrade::grade::{GradingStandard, judge};
use seedgrade::inspect::{
    Evidence, Inspector, Nets, NoObserver, Recipe, SourceFacts, TrayReport, rejudge, rejudge_line,
};
use seedgrade::network::{self, BackendChoice, OpenNetwork, Precision, shipped};
use seedgrade::plant::{NetOutputs, PlantParams, Segmenter};
use seedgrade::store::{Record, StoreReader, StoreWriter, TrayRecord, WriterParams};
use seedgrade::tray::{
    CodeKind, LocateParams, TrayFinder, TrayFormat, TrayImage, check, read_code, rectify,
};
use trays::{PX_PER_PITCH, SIZES};

const PICTURE: &[u8] = include_bytes!("../datasets/samples/trays/rendered-200.jpg");

/// The tray finder and the seedling net on an engine, in these numbers; none where they do not run so.
fn open(choice: BackendChoice, precision: Precision) -> Option<[OpenNetwork; 2]> {
    let libraries = seedgrade::runtime::paths(&seedgrade::runtime::locate(None));
    let [finder, seedling] = [shipped::tray_finder(), shipped::seedling()].map(|net| {
        let net = net.expect("the shipped net fits its card");
        let form = network::form_for(&net, precision, choice, &libraries).ok()?;
        network::open(form, choice, &libraries, 1).ok()
    });
    Some([finder?, seedling?])
}

/// What nets are timed on, and in which numbers.
const ENGINES: [(BackendChoice, Precision, &str); 3] = [
    (BackendChoice::Embedded, Precision::Single, ""),
    (BackendChoice::OnnxRuntime, Precision::Single, ""),
    (
        BackendChoice::OnnxRuntime,
        Precision::EightBit,
        " in 8 bits",
    ),
];

fn before_the_net(c: &mut Criterion) {
    for size in SIZES {
        let (frame, lattice) = (size.frame(), size.lattice());
        let jpeg = trays::jpeg(&frame);
        let mut image = TrayImage::empty();
        let id = |stage: &str| format!("{stage}, {}", size.name);
        c.bench_function(&id("decode"), |b| {
            b.iter(|| decode(black_box(&jpeg), DecodeLimits::default()));
        });
        for (choice, precision, numbers) in ENGINES {
            let Some([opened, _]) = open(choice, precision) else {
                continue;
            };
            let mut finder = TrayFinder::new(opened.network, LocateParams::default());
            c.bench_function(&id(&format!("locate, {}{numbers}", opened.backend)), |b| {
                b.iter(|| finder.locate(black_box(&frame), size.format()));
            });
        }
        for (name, kind) in [("QR", CodeKind::Qr), ("Data Matrix", CodeKind::DataMatrix)] {
            c.bench_function(&id(&format!("tray code, no {name} there")), |b| {
                b.iter(|| read_code(black_box(&frame), &lattice, kind));
            });
        }
        c.bench_function(&id("quality"), |b| {
            b.iter(|| check(black_box(&frame), &lattice));
        });
        c.bench_function(&id("rectify"), |b| {
            b.iter(|| rectify(black_box(&frame), &lattice, PX_PER_PITCH, &mut image));
        });
    }
}

fn net_and_after(c: &mut Criterion) {
    let standard = GradingStandard::embedded();
    // 200 and 288 cells: what follows the net does not know the frame
    for size in &SIZES[..2] {
        let lattice = size.lattice();
        let cells = size.rows * size.cols;
        let mut image = TrayImage::empty();
        rectify(&size.frame(), &lattice, PX_PER_PITCH, &mut image);
        let tensor = image.tensor().expect("the planes have the image's size");
        for (choice, precision, numbers) in ENGINES {
            let Some([_, opened]) = open(choice, precision) else {
                continue;
            };
            let mut engine = opened.network;
            let name = format!("infer, {}{numbers}, {cells} cells", opened.backend);
            c.bench_function(&name, |b| b.iter(|| engine.run(black_box(tensor)).is_ok()));
            let outputs = engine.run(tensor).expect("the net runs");
            if choice == BackendChoice::Embedded {
                let mut segmenter = Segmenter::default();
                c.bench_function(&format!("measure, {cells} cells"), |b| {
                    b.iter(|| {
                        let outputs = NetOutputs::new(black_box(outputs), image.layout)
                            .expect("a seedling net");
                        let params = PlantParams::default();
                        let plants = segmenter.segment(&outputs, image.layout, &params);
                        let seen = observe(plants, &outputs, &lattice, None, None);
                        judge(&seen, &standard, &[])
                    });
                });
            }
        }
    }
}

/// An inspector of 200-cell trays on the best engine, and that engine's name.
fn inspector() -> (Inspector, String) {
    let [finding, opened] =
        open(BackendChoice::Auto, Precision::Single).expect("the embedded engine is there");
    let recipe = Arc::new(Recipe {
        format: Some(TrayFormat::new(10, 20).expect("10x20 is a tray")),
        standard: GradingStandard::embedded(),
        locate: LocateParams::default(),
        plants: PlantParams::default(),
        px_per_pitch: PX_PER_PITCH,
        looks: seedgrade::plant::Looks::One,
        heights: None,
        most_cover: 1.0,
    });
    let nets = Nets {
        finder: finding.network,
        seedling: opened.network,
    };
    let inspector = Inspector::new(recipe, nets, Evidence::default());
    (inspector, opened.backend.to_string())
}

fn sample() -> Frame {
    decode(PICTURE, DecodeLimits::default()).expect("the sample is a picture")
}

fn whole(c: &mut Criterion) {
    let (mut inspector, backend) = inspector();
    c.bench_function(&format!("whole tray, {backend}"), |b| {
        b.iter(|| inspector.inspect(&sample(), SourceFacts::default(), &mut NoObserver));
    });
}

/// Another standard over stored measurements of 200 cells: from the values, from a line of JSON to one, and from a store.
fn stored_measurements(c: &mut Criterion) {
    let report = inspector()
        .0
        .inspect(&sample(), SourceFacts::default(), &mut NoObserver)
        .expect("the nets run")
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
    let mut out = Vec::new();
    c.bench_function("stored tray by another standard, JSON to JSON", |b| {
        b.iter(|| {
            out.clear();
            rejudge_line(black_box(&line), &standard, &mut out).expect("measured")
        });
    });
    let folder = tempfile::tempdir().expect("the temporary folder is writable");
    let store = stored(&folder.path().join("store.db"), report);
    c.bench_function("stored tray by another standard, from a store", |b| {
        b.iter(|| {
            let report = store.report(black_box(1)).expect("it was stored");
            rejudge(report, &standard).expect("measured")
        });
    });
}

/// A store of one tray.
fn stored(path: &Path, report: TrayReport) -> StoreReader {
    let writer = StoreWriter::open(path, WriterParams::default()).expect("a new store opens");
    writer.write(Record::Tray(Box::new(TrayRecord {
        received_at: "2026-11-24T08:00:01.000Z".to_owned(),
        report,
    })));
    assert_eq!(writer.close().written, 1);
    StoreReader::open(path).expect("it was just written")
}

criterion_group! {
    name = stages;
    config = Criterion::default().sample_size(20);
    targets = before_the_net, net_and_after, whole, stored_measurements
}
criterion_main!(stages);
