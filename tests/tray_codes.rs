//! 2D codes on the rims of trays: read where they are whole, doubted where they are not, never guessed.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    missing_docs
)]

mod common;

use std::path::{Path, PathBuf};

use common::{grade_json, run};
use seedgrade::frame::{DecodeLimits, Frame, decode};
use seedgrade::geometry::FramePoint;
use seedgrade::tray::{CodeKind, Lattice, TrayCode, TrayFormat, read_code};

/// Dark modules of a code, row by row.
type Modules = Vec<Vec<bool>>;

fn qr(text: &str) -> Modules {
    let code = qrcode::QrCode::new(text).unwrap();
    let dark: Vec<bool> = code
        .to_colors()
        .iter()
        .map(|c| *c == qrcode::Color::Dark)
        .collect();
    dark.chunks(code.width()).map(<[bool]>::to_vec).collect()
}

fn data_matrix(text: &str) -> Modules {
    let symbols = datamatrix::SymbolList::default().enforce_square();
    let code = datamatrix::DataMatrix::encode(text.as_bytes(), symbols).unwrap();
    let bitmap = code.bitmap();
    let mut modules = vec![vec![false; bitmap.width()]; bitmap.height()];
    for (x, y) in bitmap.pixels() {
        modules[y][x] = true;
    }
    modules
}

/// A label with a code: its middle in the frame, px, its modules' side, px, and how far it is turned.
#[derive(Clone, Copy)]
struct Label {
    middle: (f64, f64),
    module: f64,
    turned: f64,
}

/// Grey of ink and paper under a dull lamp, and modules of paper around the code.
const INK: f64 = 45.0;
const PAPER: f64 = 205.0;
const QUIET: f64 = 3.0;

impl Label {
    /// Whether all of it lies in a frame, and within two pitches of the block.
    fn is_in_reach(self, frame: &Frame, modules: &Modules) -> bool {
        let side = (modules.len() as f64 + 2.0 * QUIET) * self.module;
        let half = side / 2.0 * (self.turned.sin().abs() + self.turned.cos().abs());
        let inside =
            |at: f64, size: usize| at - half >= BEYOND && at + half <= size as f64 - BEYOND;
        inside(self.middle.0, frame.width()) && inside(self.middle.1, frame.height())
    }

    /// Prints a code over the frame, nine samples a pixel.
    fn print(self, frame: &Frame, modules: &Modules) -> Frame {
        let size = modules.len() as f64;
        let (sin, cos) = self.turned.sin_cos();
        let seen = |x: f64, y: f64| {
            let (dx, dy) = (x - self.middle.0, y - self.middle.1);
            let u = (dx * cos + dy * sin) / self.module + size / 2.0;
            let v = (dy * cos - dx * sin) / self.module + size / 2.0;
            let paper = -QUIET..size + QUIET;
            let code = 0.0..size;
            if !paper.contains(&u) || !paper.contains(&v) {
                return None;
            }
            let ink = code.contains(&u) && code.contains(&v) && modules[v as usize][u as usize];
            Some(if ink { INK } else { PAPER })
        };
        let mut rgb = frame.rgb().to_vec();
        for (i, pixel) in rgb.chunks_exact_mut(3).enumerate() {
            let (x, y) = (i % frame.width(), i / frame.width());
            let samples: Vec<f64> = (0..9)
                .filter_map(|s| {
                    let part = |n: i32| (f64::from(n) + 0.5) / 3.0;
                    seen(x as f64 + part(s % 3), y as f64 + part(s / 3))
                })
                .collect();
            for channel in pixel {
                let bare = f64::from(*channel) * (9 - samples.len()) as f64;
                *channel = ((bare + samples.iter().sum::<f64>()) / 9.0) as u8;
            }
        }
        Frame::from_rgb(frame.width(), frame.height(), rgb).unwrap()
    }
}

/// A rendered tray on a bench with room around it, and where its cells lie: 60 px a pitch.
fn tray() -> (Frame, Lattice) {
    let bytes = include_bytes!("../datasets/samples/trays/rendered-72.jpg");
    let inner = decode(bytes, DecodeLimits::default()).unwrap();
    let (width, height) = (inner.width() + 2 * MARGIN, inner.height() + 2 * MARGIN);
    let mut rgb = Vec::with_capacity(width * height * 3);
    for y in 0..height {
        for x in 0..width {
            let within = |v: usize, size: usize| {
                (v as i64 - MARGIN as i64).clamp(0, size as i64 - 1) as usize
            };
            rgb.extend(inner.pixel(within(x, inner.width()), within(y, inner.height())));
        }
    }
    let frame = Frame::from_rgb(width, height, rgb).unwrap();
    let format = TrayFormat::new(6, 12).unwrap();
    let (left, top) = (MARGIN as f64 + 30.0, MARGIN as f64 + 30.0);
    let nodes = (0..7 * 13).map(|i| {
        FramePoint::new(
            left + f64::from(i % 13) * 60.0,
            top + f64::from(i / 13) * 60.0,
        )
    });
    (frame, Lattice::new(format, nodes.collect()).unwrap())
}

/// Bench that is seen around the tray, px.
const MARGIN: usize = 110;

/// Of it, what is beyond two pitches of the block, px.
const BEYOND: f64 = 20.0;

/// Places of a label: on the rim above, beside a corner, on the rim at the right.
const PLACES: [(f64, f64); 3] = [(500.0, 75.0), (80.0, 420.0), (930.0, 330.0)];

fn label(middle: (f64, f64), module: f64, turned: f64) -> Label {
    Label {
        middle,
        module,
        turned,
    }
}

#[test]
fn a_code_on_the_rim_is_read_however_it_is_turned_and_wherever_it_lies() {
    let (bare, lattice) = tray();
    let (mut read, mut wrong, mut all) = (0, 0, 0);
    let (mut missed, mut misplaced) = (Vec::new(), Vec::new());
    for (kind, modules) in [
        (CodeKind::Qr, qr("TRAY-0012345")),
        (CodeKind::DataMatrix, data_matrix("TRAY-0012345")),
    ] {
        for module in [2.0, 2.5, 3.0, 4.0, 5.0] {
            for turned in [0.0, 0.1, 0.7, 1.57, 3.1] {
                for middle in PLACES {
                    let label = label(middle, module, turned);
                    if !label.is_in_reach(&bare, &modules) {
                        continue;
                    }
                    let frame = label.print(&bare, &modules);
                    all += 1;
                    match read_code(&frame, &lattice, kind) {
                        TrayCode::Read(code) if code.text == "TRAY-0012345" => {
                            read += 1;
                            let middle = FramePoint::new(label.middle.0, label.middle.1);
                            let side = modules.len() as f64 * module;
                            let far = |p: &&FramePoint| p.distance_to(middle) > 0.2 * side + 2.0;
                            misplaced.extend(code.places.iter().find(far).map(|&p| (p, middle)));
                        }
                        TrayCode::Read(_) | TrayCode::Several(_) => wrong += 1,
                        other => missed.push((kind, module, turned, middle, other)),
                    }
                }
            }
        }
    }
    println!("{read} of {all} read");
    assert_eq!((wrong, misplaced), (0, Vec::new()));
    assert!(all > 100, "{all}");
    assert!(read * 100 >= all * 98, "{read} of {all}: {missed:#?}");
}

#[test]
fn a_tray_without_a_code_has_none_and_no_doubt() {
    let (bare, lattice) = tray();
    assert_eq!(read_code(&bare, &lattice, CodeKind::Any), TrayCode::None);
    let coded = label(PLACES[0], 3.0, 0.0).print(&bare, &qr("A"));
    assert_eq!(read_code(&coded, &lattice, CodeKind::Off), TrayCode::None);
    assert_eq!(
        read_code(&coded, &lattice, CodeKind::DataMatrix),
        TrayCode::None
    );
}

#[test]
fn two_codes_that_differ_are_both_named_and_neither_is_taken() {
    let (bare, lattice) = tray();
    let first = label(PLACES[0], 3.0, 0.0).print(&bare, &qr("TRAY-B"));
    for (text, code, doubt) in [
        ("TRAY-B", Some("TRAY-B"), None),
        ("TRAY-A", None, Some("several codes: TRAY-A, TRAY-B")),
    ] {
        for second in [qr(text), data_matrix(text)] {
            let both = label(PLACES[1], 3.0, 0.1).print(&first, &second);
            let found = read_code(&both, &lattice, CodeKind::Any);
            assert_eq!(found.text(), code, "{found:?}");
            assert_eq!(found.doubt().as_deref(), doubt);
        }
    }
}

#[test]
fn two_codes_on_one_label_are_doubted_too() {
    let (bare, lattice) = tray();
    let first = label((460.0, 75.0), 2.5, 0.0).print(&bare, &qr("TRAY-B"));
    let both = label((540.0, 75.0), 2.5, 0.0).print(&first, &qr("TRAY-A"));
    let expected = vec!["TRAY-A".to_owned(), "TRAY-B".to_owned()];
    assert_eq!(
        read_code(&both, &lattice, CodeKind::Any),
        TrayCode::Several(expected)
    );
}

#[test]
fn a_code_under_dirt_is_damaged_or_unseen_and_never_misread() {
    let (bare, lattice) = tray();
    let mut modules = qr("TRAY-0012345");
    let size = modules.len();
    // a smear over the data, the three finders stay clean
    for row in modules.iter_mut().skip(9) {
        row[9..].fill(true);
    }
    let frame = label(PLACES[0], 3.0, 0.0).print(&bare, &modules);
    let found = read_code(&frame, &lattice, CodeKind::Any);
    assert_eq!(found, TrayCode::Damaged, "of {size} modules");
    assert!(found.text().is_none() && found.doubt().is_some());
    for torn in 1..size {
        let mut modules = qr("TRAY-0012345");
        modules.iter_mut().for_each(|row| row[..torn].fill(false));
        let frame = label(PLACES[0], 3.0, 0.0).print(&bare, &modules);
        let text = read_code(&frame, &lattice, CodeKind::Any);
        assert!(text.text().is_none_or(|t| t == "TRAY-0012345"), "{text:?}");
    }
}

fn saved(frame: &Frame, folder: &Path, name: &str) -> PathBuf {
    let path = folder.join(name);
    let (width, height) = (frame.width() as u32, frame.height() as u32);
    let picture = image::RgbImage::from_raw(width, height, frame.rgb().to_vec()).unwrap();
    picture.save(&path).unwrap();
    path
}

#[test]
fn a_report_names_its_trays_code_where_codes_are_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let (bare, _) = tray();
    let one = label(PLACES[1], 3.0, 0.1).print(&bare, &data_matrix("TRAY-7"));
    let two = label(PLACES[0], 3.0, 0.0).print(&one, &qr("TRAY-8"));
    let pictures = [
        saved(&bare, folder.path(), "bare.png"),
        saved(&one, folder.path(), "one.png"),
        saved(&two, folder.path(), "two.png"),
    ];
    let codes = |arguments: &[&str]| {
        let run = run(grade_json("6x12").args(arguments).args(&pictures));
        run.ends_with(0);
        let lines = run.lines();
        assert!(lines.iter().all(|l| l["status"] == "graded"), "{lines:?}");
        let known = |line: &serde_json::Value| {
            let text = |key: &str| line.get(key).and_then(|v| v.as_str()).map(str::to_owned);
            (text("tray_code"), text("tray_code_reason"))
        };
        lines.iter().map(known).collect::<Vec<_>>()
    };
    let some = |text: &str| Some(text.to_owned());
    let none = (None, None);
    assert_eq!(codes(&[]), vec![none.clone(); 3]);
    let several = (None, some("several codes: TRAY-7, TRAY-8"));
    assert_eq!(
        codes(&["--tray-code", "any"]),
        [none, (some("TRAY-7"), None), several]
    );
    let format = folder.path().join("tray.toml");
    std::fs::write(&format, "rows = 6\ncols = 12\ncode = \"qr\"\n").unwrap();
    let run = run(common::embedded()
        .args(["grade", "--json", "--tray-format"])
        .arg(&format)
        .args(&pictures));
    run.ends_with(0);
    let codes: Vec<_> = run.lines().iter().map(|l| l["tray_code"].clone()).collect();
    assert_eq!(
        codes,
        [None, None, Some("TRAY-8")].map(serde_json::Value::from)
    );
}

/// The frame turned clockwise by a quarter.
fn quarter_turned(frame: &Frame) -> Frame {
    let (width, height) = (frame.height(), frame.width());
    let places = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
    let rgb = places.flat_map(|(x, y)| frame.pixel(y, width - 1 - x));
    Frame::from_rgb(width, height, rgb.collect()).unwrap()
}

#[test]
fn a_tray_whose_code_tells_is_numbered_from_the_same_cell_however_it_lies() {
    let folder = tempfile::tempdir().unwrap();
    let (bare, _) = tray();
    let mut frame = label(PLACES[0], 3.0, 0.0).print(&bare, &qr("TRAY-9"));
    let mut pictures = Vec::new();
    for quarters in 0..4 {
        pictures.push(saved(&frame, folder.path(), &format!("{quarters}.png")));
        frame = quarter_turned(&frame);
    }
    let elsewhere = label(PLACES[1], 3.0, 0.0).print(&bare, &qr("TRAY-9"));
    pictures.push(saved(&elsewhere, folder.path(), "elsewhere.png"));
    pictures.push(saved(&bare, folder.path(), "without.png"));
    let format = folder.path().join("tray.toml");
    let text = "rows = 6\ncols = 12\ncode = \"qr\"\ncode_at = [6.0, -1.1]\n";
    std::fs::write(&format, text).unwrap();
    let run = run(common::embedded()
        .args(["grade", "--json", "--tray-format"])
        .arg(&format)
        .args(&pictures));
    run.ends_with(0);
    let lines = run.lines();
    let upright = verdicts(&lines[0]);
    assert!(upright.iter().filter(|verdict| *verdict == "blank").count() > 3);
    let width = bare.width() as f64;
    for (quarters, line) in lines[..4].iter().enumerate() {
        assert_eq!(line["orientation"], "marked", "{quarters} quarters: {line}");
        let turned = verdicts(line);
        let found = contradictions(&turned, &upright);
        // the picture is sampled otherwise, and a doubtful cell or two may come out otherwise; numbered from another cell,
        // many would
        assert!(
            found <= 2,
            "{found} cells contradict after {quarters} quarters"
        );
    }
    let last_first: Vec<_> = upright.iter().rev().cloned().collect();
    assert!(contradictions(&last_first, &upright) > 10);
    // the first cell of a tray that is turned by a quarter is at the top right of the picture
    let first = lines[1]["corners_px"][0][0].as_f64().unwrap();
    assert!(
        first > 0.5 * width * bare.height() as f64 / width,
        "{first}"
    );
    for line in &lines[4..] {
        assert_eq!(line["status"], "refused");
        let reason = line["reason"].as_str().unwrap();
        assert!(reason.contains("which way round"), "{reason}");
    }
}

#[test]
fn a_turned_tray_that_is_verified_without_its_format_says_what_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let frame = label(PLACES[0], 3.0, 0.0).print(&tray().0, &qr("TRAY-9"));
    let picture = saved(&quarter_turned(&frame), folder.path(), "turned.png");
    let format = folder.path().join("tray.toml");
    let text = "rows = 6\ncols = 12\ncode = \"qr\"\ncode_at = [6.0, -1.1]\n";
    std::fs::write(&format, text).unwrap();
    let judged = run(common::embedded()
        .args(["grade", "--json", "--tray-format"])
        .arg(&format)
        .arg(&picture));
    judged.ends_with(0);
    let report = folder.path().join("trays.jsonl");
    std::fs::write(&report, &judged.stdout).unwrap();
    let bare = run(common::embedded().arg("verify").arg(&report));
    bare.ends_with(1);
    assert!(
        bare.stdout.contains("give the --config or --tray-format"),
        "{bare:?}"
    );
    run(common::embedded()
        .args(["verify", "--tray-format"])
        .arg(&format)
        .arg(&report))
    .ends_with(0);
}

/// Cells that are blank in one reading and hold a seedling in the other.
fn contradictions(one: &[String], other: &[String]) -> usize {
    assert_eq!(one.len(), other.len());
    let decided = one
        .iter()
        .zip(other)
        .filter(|(a, b)| *a != "unsure" && *b != "unsure");
    decided
        .filter(|(a, b)| (*a == "blank") != (*b == "blank"))
        .count()
}

/// The verdicts, row by row.
fn verdicts(line: &serde_json::Value) -> Vec<String> {
    let cells = line["cells"].as_array().unwrap().iter();
    cells
        .map(|cell| cell["verdict"].as_str().unwrap().to_owned())
        .collect()
}
