//! What is fuzzed: each function takes any bytes and must come back. `cargo fuzz run --fuzz-dir tests/fuzz TARGET`
//! looks for new ones; `tests/fuzz_corpus.rs` runs the same functions over the corpora and their mutations.

use std::borrow::Cow;
use std::io::Write as _;

use miniz_oxide::deflate::compress_to_vec_zlib;
use ndarray::Array4;
use seedgrade::archive::{Handout, Manifest};
use seedgrade::calibration::Calibration;
use seedgrade::certificate::{CERTIFICATE_SCHEMA, Certificate};
use seedgrade::config::Config;
use seedgrade::dataset::import::{Block, ForeignFormat, ImportRequest, LabelledThing, import};
use seedgrade::dataset::{read_cells, read_set};
use seedgrade::frame::{DecodeLimits, Frame, SensorFormat, decode, develop};
use seedgrade::geometry::FramePoint;
use seedgrade::grade::GradingStandard;
use seedgrade::inspect::{TrayReport, rejudge};
use seedgrade::network::{self, BackendChoice, Card, NetFile, catalogue};
use seedgrade::store::unpack_cells;
use seedgrade::tray::{CodeKind, Lattice, TrayCode, TrayFormat, read_code};

/// A target by its name, which is that of its corpus too.
pub type Target = (&'static str, fn(&[u8]));

/// All targets.
pub const TARGETS: [Target; 19] = [
    ("picture", picture),
    ("standard", standard),
    ("config", config),
    ("card", card),
    ("cells", cells),
    ("packed_cells", packed_cells),
    ("net", net),
    ("coco", coco),
    ("yolo", yolo),
    ("yolo_names", yolo_names),
    ("labelme", labelme),
    ("label_picture", label_picture),
    ("manifest", manifest),
    ("handout", handout),
    ("report", report),
    ("certificate", certificate),
    ("tray_code", tray_code),
    ("calibration", calibration),
    ("sensor", sensor),
];

/// Decoding a picture: what comes out has the pixels that it claims, within the limits.
pub fn picture(bytes: &[u8]) {
    let limits = DecodeLimits {
        pixels: 1 << 20,
        side: 4096,
    };
    if let Ok(frame) = decode(bytes, limits) {
        let (width, height) = (frame.width(), frame.height());
        assert_eq!(frame.rgb().len(), width * height * 3);
        assert!(width * height <= limits.pixels as usize);
        assert!(width.max(height) <= limits.side as usize);
    }
}

/// Reading a grading standard: twice the same, and a fault lies in the text.
pub fn standard(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    match GradingStandard::parse(&text) {
        Ok(standard) => {
            assert!(!standard.grades().is_empty());
            assert_eq!(GradingStandard::parse(&text).ok(), Some(standard));
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// Reading a configuration.
pub fn config(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    match Config::parse(&text) {
        Ok(config) => assert_eq!(Config::parse(&text).ok(), Some(config)),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// Reading a net's card: what was read is written and read again as the same.
pub fn card(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Ok(card) = Card::parse(&text, "card.toml") {
        let written = toml::to_string(&card).expect("a card that was read can be written");
        let again = Card::parse(&written, "card.toml").expect("what was written can be read");
        assert_eq!(toml::to_string(&again).ok(), Some(written));
    }
}

/// Reading the labels of a tray's cells.
pub fn cells(bytes: &[u8]) {
    let mut file = tempfile::NamedTempFile::new().expect("the temporary folder is writable");
    file.write_all(bytes)
        .expect("the temporary folder is writable");
    if let Err(error) = read_cells(file.path()) {
        assert!(!error.to_string().is_empty());
    }
}

/// Unpacking a stored tray's cells. The bytes are a format and what it says before it is deflated, else nearly all would
/// end at a sum that is wrong; they are also tried as they are.
pub fn packed_cells(bytes: &[u8]) {
    let Some((format, plain)) = bytes.split_first() else {
        return;
    };
    let mut deflated = vec![*format];
    deflated.extend(compress_to_vec_zlib(plain, 1));
    for blob in [bytes, &deflated] {
        match unpack_cells(blob) {
            Ok(cells) => assert!(cells.len() <= 1 << 16),
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
}

/// Opening and running a net whose card vouches for its bytes: a hash that fits proves nothing of what they do.
pub fn net(bytes: &[u8]) {
    let text = include_str!("../../fixtures/nets/card.toml");
    let mut card = Card::parse(text, "card.toml").expect("the fixture is a card");
    card.sha256 = catalogue::sha256(bytes);
    let net = NetFile::new(Cow::Owned(bytes.to_vec()), card, "net.onnx")
        .expect("the hash is that of the bytes");
    if let Ok(mut opened) = network::open(&net, BackendChoice::Embedded, &[], 1) {
        let outputs = opened.network.run(Array4::zeros((1, 3, 48, 48)).view());
        for output in outputs.into_iter().flatten() {
            assert!(output.iter().all(|v| v.is_finite()));
        }
    }
}

/// Importing COCO labels of a small picture.
pub fn coco(bytes: &[u8]) {
    imported(ForeignFormat::Coco, &[("labels.json", bytes)]);
}

/// Importing YOLO labels of a small picture.
pub fn yolo(bytes: &[u8]) {
    let names = b"plant\nempty\ntray\n";
    imported(
        ForeignFormat::Yolo,
        &[("a.txt", bytes), ("classes.txt", names)],
    );
}

/// Reading the names of YOLO's classes.
pub fn yolo_names(bytes: &[u8]) {
    let labels = b"0 0.5 0.5 0.25 0.5\n1 0.1 0.1 0.9 0.1 0.9 0.9\n";
    imported(
        ForeignFormat::Yolo,
        &[("a.txt", labels), ("data.yaml", bytes)],
    );
}

/// Importing labelme labels of a small picture.
pub fn labelme(bytes: &[u8]) {
    imported(ForeignFormat::Labelme, &[("a.json", bytes)]);
}

/// Importing a picture of ids.
pub fn label_picture(bytes: &[u8]) {
    imported(ForeignFormat::Cvppp, &[("a_label.png", bytes)]);
}

/// A source with a picture of 8x6 px beside these files: what is imported reads back, and a failed import leaves
/// nothing.
fn imported(format: ForeignFormat, files: &[(&str, &[u8])]) {
    const PICTURE: &[u8] = include_bytes!("../small.png");
    let folder = tempfile::tempdir().expect("the temporary folder is writable");
    let (source, out) = (folder.path().join("source"), folder.path().join("set"));
    std::fs::create_dir(&source).expect("the temporary folder is writable");
    let picture = match format {
        ForeignFormat::Cvppp => "a_rgb.png",
        _ => "a.png",
    };
    for (name, bytes) in files.iter().chain(&[(picture, PICTURE)]) {
        std::fs::write(source.join(name), bytes).expect("the temporary folder is writable");
    }
    let request = ImportRequest {
        labelled: LabelledThing::Plant,
        block: Some(Block {
            rows: 2,
            cols: 3,
            fills_picture: true,
        }),
        ..ImportRequest::new(format, &source, &out)
    };
    match import(&request, || true) {
        Ok(summary) => {
            let set = read_set(&out).expect("what was imported reads back");
            assert_eq!(set.images.len(), summary.pictures);
            for image in &set.images {
                let maps = [&image.mask, &image.plants, &image.semantic];
                for map in maps.into_iter().flatten() {
                    let size = image::image_dimensions(map).expect("a map is a picture");
                    assert_eq!(
                        size,
                        image::image_dimensions(&image.path).expect("a picture")
                    );
                }
            }
        }
        Err(error) => {
            assert!(!error.to_string().is_empty());
            let left = std::fs::read_dir(folder.path()).expect("the folder is there");
            assert_eq!(left.count(), 1, "{error}");
        }
    }
}

/// Reading the manifest of an archive: what was read is what was written.
pub fn manifest(bytes: &[u8]) {
    let Ok(text) = String::from_utf8(bytes.to_vec()) else {
        return;
    };
    match Manifest::parse(text.clone()) {
        Ok(manifest) => assert_eq!(manifest.text(), text),
        Err(found) => assert!(!found.is_empty()),
    }
}

/// Reading what a run's coordinator hands out: it names a run, or says what is wrong.
pub fn handout(bytes: &[u8]) {
    match Handout::parse(bytes) {
        Ok(handout) => match handout.run() {
            Ok(run) => assert_eq!(run.as_str().len(), 32),
            Err(error) => assert!(!error.to_string().is_empty()),
        },
        Err(found) => assert!(!found.is_empty()),
    }
}

/// Judging a stored report by a standard: it has a verdict for every cell, or is refused.
pub fn report(bytes: &[u8]) {
    let Ok(report) = serde_json::from_slice::<TrayReport>(bytes) else {
        return;
    };
    let cells = report.cells.len();
    if let Ok(judged) = rejudge(report, &GradingStandard::embedded()) {
        assert_eq!(judged.cells.len(), cells);
    }
}

/// Reading a certificate: one that is read says its schema, and its digest is the same twice.
pub fn certificate(bytes: &[u8]) {
    if let Ok(certificate) = Certificate::parse(bytes) {
        assert_eq!(certificate.schema, CERTIFICATE_SCHEMA);
        let digest = || certificate.digest_of_content().ok();
        assert_eq!(digest(), digest());
    }
}

/// Reading a tray's code: the first byte is the picture's width, the others are its grey values. A text that is read has
/// characters.
pub fn tray_code(bytes: &[u8]) {
    let Some((&width, grey)) = bytes.split_first() else {
        return;
    };
    let width = usize::from(width).max(1);
    let height = grey.len() / width;
    let rgb: Vec<u8> = grey[..width * height]
        .iter()
        .flat_map(|&v| [v; 3])
        .collect();
    let Ok(frame) = Frame::from_rgb(width, height, rgb) else {
        return;
    };
    // a block of 2x2 cells in the middle, all else its surroundings
    let format = TrayFormat::new(2, 2).expect("2x2 is a tray");
    let node = |i: u32| {
        let place = |n: u32, size: usize| (2.0 + f64::from(n)) / 6.0 * size as f64;
        FramePoint::new(place(i % 3, width), place(i / 3, height))
    };
    let Ok(lattice) = Lattice::new(format, (0..9).map(node).collect()) else {
        return;
    };
    if let TrayCode::Read(code) = read_code(&frame, &lattice, CodeKind::Any) {
        assert!(!code.text.is_empty() && !code.places.is_empty());
    }
}

/// Reading a calibration: what was read is written and read again as the same.
pub fn calibration(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    match Calibration::parse(&text) {
        Ok(calibration) => {
            let written = calibration
                .to_toml()
                .expect("a calibration that was read can be written");
            assert_eq!(Calibration::parse(&written).ok(), Some(calibration));
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// A camera's samples: format, width and height in three bytes, then the samples.
pub fn sensor(bytes: &[u8]) {
    let [format, width, height, samples @ ..] = bytes else {
        return;
    };
    let formats = SensorFormat::all();
    let format = formats[usize::from(*format) % formats.len()];
    let (width, height) = (usize::from(*width), usize::from(*height));
    if let Ok(frame) = develop(format, width, height, samples) {
        assert_eq!(frame.rgb().len(), width * height * 3);
        // Whatever a camera sends may be held up as the reference tray.
        let _ = seedgrade::calibration::read(&frame);
    }
}
