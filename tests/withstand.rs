//! What the program does with what it should never be given: it says what is wrong, ends with the code that scripts
//! rely on, and keeps the rest.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    missing_docs
)]

mod common;

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

// ---- pictures ----

#[test]
fn a_jpeg_that_is_cut_in_half_fails() {
    let bytes = fs::read(sample("rendered-72.jpg")).unwrap();
    fails(
        &bytes[..bytes.len() / 2],
        "half.jpg",
        "truncated or corrupt",
    );
}

#[test]
fn a_jpeg_that_ends_in_its_header_fails() {
    let bytes = fs::read(sample("rendered-72.jpg")).unwrap();
    fails(&bytes[..100], "head.jpg", "truncated or corrupt");
}

#[test]
fn a_jpeg_with_zeros_in_its_header_fails() {
    let mut bytes = fs::read(sample("rendered-72.jpg")).unwrap();
    bytes[20..600].fill(0);
    fails(&bytes, "corrupt.jpg", "truncated or corrupt");
}

#[test]
fn a_png_that_is_cut_in_half_fails() {
    let bytes = fs::read(sample(TRAY)).unwrap();
    fails(
        &bytes[..bytes.len() / 2],
        "half.png",
        "truncated or corrupt",
    );
}

#[test]
fn a_png_with_a_damaged_byte_fails() {
    let mut bytes = fs::read(sample(TRAY)).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0xff;
    fails(&bytes, "corrupt.png", "truncated or corrupt");
}

#[test]
fn a_text_file_that_is_called_jpg_fails() {
    fails(b"not a picture\n", "text.jpg", "not a JPEG or PNG picture");
}

#[test]
fn an_empty_file_fails() {
    fails(b"", "empty.png", "the file is empty");
}

#[test]
fn a_picture_of_one_pixel_is_refused() {
    let folder = folder();
    for (width, height) in [(1, 1), (2, 2), (20_000, 1), (1, 20_000)] {
        let path = folder.path().join("tiny.png");
        RgbImage::new(width, height).save(&path).unwrap();
        let line = graded("9x5", &path);
        assert_eq!(status(&line), "refused", "{width}x{height}");
        assert!(reason(&line).contains("too small"), "{line}");
    }
}

/// The program with at most so much address space.
#[cfg(target_os = "linux")]
fn limited(kib: u64, tray: &str, picture: &Path) -> Run {
    run(Command::new("sh")
        .args(["-c", &format!("ulimit -v {kib} && exec \"$@\""), "sh"])
        .arg(env!("CARGO_BIN_EXE_seedgrade"))
        .args([
            "--backend",
            "embedded",
            "grade",
            "--json",
            "--jobs",
            "1",
            "--tray",
            tray,
        ])
        .arg(picture))
}

#[cfg(target_os = "linux")]
#[test]
fn a_png_header_that_claims_ten_gigapixels_costs_no_memory() {
    let folder = folder();
    let path = folder.path().join("bomb.png");
    fs::write(&path, png_of(100_000, 100_000, &[])).unwrap();
    let run = limited(600_000, "9x5", &path);
    run.ends_with(4)
        .says(&["bomb.png", "100000x100000 px is larger than the limit"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_plain_picture_of_60_megapixels_is_refused_in_bounded_memory() {
    let folder = folder();
    let path = folder.path().join("plain.png");
    RgbImage::from_pixel(10_000, 6_000, image::Rgb([128; 3]))
        .save(&path)
        .unwrap();
    // the pixels themselves are 176 MiB
    let run = limited(1_500_000, "9x5", &path);
    run.ends_with(0);
    assert_eq!(status(&run.lines()[0]), "refused");
}

#[test]
fn a_picture_without_a_tray_is_refused() {
    let line = graded("10x20", sample("not-a-tray.jpg"));
    assert_eq!(status(&line), "refused");
    assert!(reason(&line).starts_with("no tray: "), "{line}");
    assert_eq!(line["cells"], Value::Array(Vec::new()));
    assert_eq!(line["route"], "hold");
}

#[test]
fn a_tray_that_does_not_fit_is_refused_with_what_was_found() {
    for (tray, picture) in [
        ("9x6", TRAY),
        ("3x3", TRAY),
        ("5x9", TRAY),
        ("6x11", "rendered-72.jpg"),
        ("12x6", "rendered-72.jpg"),
    ] {
        let line = graded(tray, sample(picture));
        assert_eq!(status(&line), "refused", "{tray} {picture}");
        let expected = format!("wrong grid: expected {tray}");
        assert!(reason(&line).starts_with(&expected), "{tray}: {line}");
    }
}

#[test]
fn a_tray_with_far_more_cells_than_pixels_is_refused() {
    let line = graded("64x64", sample(TRAY));
    assert_eq!(status(&line), "refused");
}

// ---- the command line ----

#[test]
fn a_tray_of_no_rows_or_no_numbers_is_bad_usage() {
    for (tray, says) in [
        ("0x5", "rows and columns must each be 1 to 64"),
        ("65x5", "rows and columns must each be 1 to 64"),
        ("axb", "expected ROWSxCOLS"),
        ("9", "expected ROWSxCOLS"),
        ("-9x5", "expected ROWSxCOLS"),
        ("99999999999x5", "expected ROWSxCOLS"),
        ("", "expected ROWSxCOLS"),
    ] {
        let run = run(embedded()
            .args(["grade", &format!("--tray={tray}")])
            .arg(sample(TRAY)));
        run.ends_with(2).says(&[says]);
        assert_eq!(run.stdout, "");
    }
}

#[test]
fn a_pitch_that_is_no_length_is_bad_usage() {
    for pitch in ["nan", "inf", "0", "-26", "26x", "26x-1", "wide"] {
        let run = run(grade_json("9x5")
            .arg(format!("--pitch-mm={pitch}"))
            .arg(sample(TRAY)));
        run.ends_with(2).says(&["mm"]);
        assert_eq!(run.stdout, "");
    }
}

#[test]
fn no_workers_no_tray_and_no_picture_are_bad_usage() {
    let of = |arguments: &[&str]| run(embedded().current_dir(folder().path()).args(arguments));
    let path = sample(TRAY);
    let path = path.to_str().unwrap();
    of(&["grade", "--tray", "9x5", "--jobs", "0", path])
        .ends_with(2)
        .says(&["--jobs"]);
    of(&["grade", path])
        .ends_with(2)
        .says(&["the tray is not known"]);
    of(&["grade", "--tray", "9x5"]).ends_with(2).says(&["PATH"]);
    run(seedgrade().args(["--backend", "abacus", "doctor"]))
        .ends_with(2)
        .says(&["abacus", "embedded"]);
}

#[test]
fn an_empty_folder_is_nothing_to_work_on() {
    let folder = folder();
    fs::write(folder.path().join("notes.txt"), "no picture").unwrap();
    let run = run(grade_json("9x5").arg(folder.path()));
    run.ends_with(2).says(&["no picture found"]);
    assert_eq!(run.stdout, "");
}

#[test]
fn a_path_that_does_not_exist_is_named() {
    let run = run(grade_json("9x5").arg("nowhere/tray.jpg"));
    run.ends_with(4)
        .says(&["nowhere/tray.jpg", "cannot be read"]);
}

#[test]
fn a_missing_path_beside_a_good_one_leaves_the_good_one_graded() {
    let run = run(grade_json("9x5").arg("nowhere.jpg").arg(sample(TRAY)));
    run.ends_with(4).says(&["nowhere.jpg"]);
    let lines = run.lines();
    assert_eq!(lines.len(), 1);
    assert_eq!(status(&lines[0]), "graded");
}

// ---- folders ----

#[test]
fn one_bad_picture_among_twenty_leaves_the_others_graded() {
    let folder = folder();
    copies(folder.path(), 20);
    fs::write(folder.path().join("tray-007-bad.png"), "bad").unwrap();
    let run = run(grade_json("9x5").arg(folder.path()));
    run.ends_with(4).says(&["failed: ", "tray-007-bad.png"]);
    let lines = run.lines();
    assert_eq!(lines.len(), 21);
    assert_eq!(lines.iter().filter(|l| status(l) == "graded").count(), 20);
    let bad = lines.iter().find(|l| status(l) == "failed").unwrap();
    assert!(
        bad["source"]
            .as_str()
            .unwrap()
            .ends_with("tray-007-bad.png")
    );
    let sources: Vec<_> = lines.iter().map(|l| l["source"].to_string()).collect();
    assert!(sources.is_sorted(), "{sources:?}");
}

/// Takes all permissions away; false, and a sentence, where that does not keep this user out.
#[cfg(unix)]
fn forbid(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(0o000)).unwrap();
    let kept_out = if path.is_dir() {
        fs::read_dir(path).is_err()
    } else {
        fs::File::open(path).is_err()
    };
    if !kept_out {
        println!("skipped: this user reads what nobody may read (root)");
    }
    kept_out
}

#[cfg(unix)]
#[test]
fn a_picture_that_may_not_be_read_is_named() {
    let folder = folder();
    copies(folder.path(), 2);
    if !forbid(&folder.path().join("tray-000.png")) {
        return;
    }
    let run = run(grade_json("9x5").arg(folder.path()));
    run.ends_with(4).says(&["tray-000.png", "ermission denied"]);
    assert_eq!(run.lines().len(), 2);
}

#[cfg(unix)]
#[test]
fn a_folder_inside_that_may_not_be_listed_is_named_and_the_others_are_done() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = folder();
    copies(folder.path(), 1);
    let inside = folder.path().join("closed");
    fs::create_dir(&inside).unwrap();
    let closed = forbid(&inside);
    let run = run(grade_json("9x5").arg(folder.path()));
    fs::set_permissions(&inside, fs::Permissions::from_mode(0o700)).unwrap();
    if closed {
        run.ends_with(4).says(&["closed"]);
        assert_eq!(
            run.lines().iter().filter(|l| status(l) == "graded").count(),
            1
        );
    }
}

#[cfg(unix)]
#[test]
fn a_pipe_among_the_pictures_is_named_and_not_waited_for() {
    let folder = folder();
    copies(folder.path(), 1);
    let pipe = folder.path().join("pipe.png");
    assert!(
        Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success()
    );
    let run = within(60, piped(grade_json("9x5").arg(folder.path())));
    run.ends_with(4).says(&["pipe.png", "no file"]);
    assert_eq!(
        run.lines().iter().filter(|l| status(l) == "graded").count(),
        1
    );
}

#[cfg(unix)]
#[test]
fn a_link_to_nothing_is_named_and_one_to_its_own_folder_does_no_harm() {
    use std::os::unix::fs::symlink;
    let folder = folder();
    copies(folder.path(), 1);
    symlink("nowhere", folder.path().join("broken.png")).unwrap();
    symlink(folder.path(), folder.path().join("again")).unwrap();
    symlink(folder.path(), folder.path().join("again.png")).unwrap();
    let run = run(grade_json("9x5").arg(folder.path()));
    run.ends_with(4).says(&["broken.png"]);
    assert_eq!(run.lines().len(), 2);
}

/// File systems of other kinds refuse such names.
#[cfg(target_os = "linux")]
#[test]
fn names_that_are_no_text_are_graded() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;
    let (folder, out) = (folder(), folder());
    let name = OsStr::from_bytes(b"tray-\xff\xfe.png");
    fs::copy(sample(TRAY), folder.path().join(name)).unwrap();
    let run = run(grade_json("9x5")
        .arg("--overlay")
        .arg(out.path())
        .arg(folder.path()));
    run.ends_with(0);
    assert_eq!(status(&run.lines()[0]), "graded");
    assert!(out.path().join(name).is_file());
}

#[cfg(unix)]
#[test]
fn names_with_spaces_quotes_and_markup_are_graded_and_drawn() {
    let (folder, out) = (folder(), folder());
    let names = [
        "two words.png",
        "it's \"quoted\".png",
        "<b>bold & <script>alert(1)<.png",
        "--tray.png",
        "line\nbreak.png",
        "苗盘.png",
    ];
    for name in names {
        fs::copy(sample(TRAY), folder.path().join(name)).unwrap();
    }
    let run = run(grade_json("9x5")
        .arg("--overlay")
        .arg(out.path())
        .arg(folder.path()));
    run.ends_with(0);
    let lines = run.lines();
    assert_eq!(lines.len(), names.len());
    for name in names {
        let source = folder.path().join(name);
        let source = source.to_str().unwrap();
        assert!(lines.iter().any(|l| l["source"] == source), "{name}");
        let drawn = image::open(out.path().join(name)).unwrap();
        assert!(drawn.width() > 0);
    }
}

#[cfg(unix)]
#[test]
fn a_name_cannot_move_the_cursor_of_a_terminal() {
    let folder = folder();
    for name in ["good\u{1b}[2J\u{7}.png", "bad\u{1b}[31m\nline.png"] {
        fs::write(folder.path().join(name), fs::read(sample(TRAY)).unwrap()).unwrap();
    }
    fs::write(folder.path().join("bad\u{1b}[31m\nline.png"), "bad").unwrap();
    let run = run(embedded()
        .env_remove("NO_COLOR")
        .env("CLICOLOR_FORCE", "1")
        .args(["grade", "--tray", "9x5"])
        .arg(folder.path()));
    run.ends_with(4).says(&["bad\u{fffd}[31m\u{fffd}line.png"]);
    for text in [&run.stdout, &run.stderr] {
        assert!(
            !text.contains("\u{1b}[2J") && !text.contains('\u{7}'),
            "{run:#?}"
        );
    }
    assert!(
        run.stdout.contains("good\u{fffd}[2J\u{fffd}.png"),
        "{run:#?}"
    );
}

// ---- overlays ----

#[test]
fn overlays_of_pictures_with_one_name_do_not_replace_each_other() {
    let (folder, out) = (folder(), folder());
    let picture = image::open(sample(TRAY)).unwrap().into_rgb8();
    for name in ["a.2.jpg", "a.jpg", "a.png", "a.jpeg"] {
        picture.save(folder.path().join(name)).unwrap();
    }
    run(grade_json("9x5")
        .arg("--overlay")
        .arg(out.path())
        .arg(folder.path()))
    .ends_with(0);
    let mut drawn: Vec<_> = fs::read_dir(out.path())
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect();
    drawn.sort();
    assert_eq!(drawn, ["a.2.png", "a.3.png", "a.4.png", "a.png"]);
}

#[test]
fn an_overlay_never_takes_the_place_of_its_picture() {
    let folder = folder();
    copies(folder.path(), 1);
    let picture = folder.path().join("tray-000.png");
    let before = fs::read(&picture).unwrap();
    let run = run(grade_json("9x5")
        .arg("--overlay")
        .arg(folder.path())
        .arg(folder.path()));
    run.ends_with(2)
        .says(&["--overlay", "tray-000.png", "would be overwritten"]);
    assert_eq!(fs::read(&picture).unwrap(), before);
    assert_eq!(run.stdout, "");
}

// ---- standards, nets, configurations ----

/// The embedded standard with one part replaced, refused with these words by `check` and by `grade`.
#[track_caller]
fn refuses_standard(part: &str, replacement: &str, says: &[&str]) {
    let text = GradingStandard::embedded_text();
    assert!(text.contains(part), "{part}");
    let folder = folder();
    let path = folder.path().join("mine.toml");
    fs::write(&path, text.replacen(part, replacement, 1)).unwrap();
    let line = text[..text.find(part).unwrap()].lines().count().max(1);
    let checked = run(embedded().args(["standard", "check"]).arg(&path));
    checked.ends_with(2).says(says).says(&["mine.toml"]);
    assert!(
        checked.stderr.contains(&format!("line {line}"))
            || checked.stderr.contains(&format!("line {}", line + 1)),
        "line {line}: {checked:#?}"
    );
    let graded = run(grade_json("9x5")
        .arg("--standard")
        .arg(&path)
        .arg(sample(TRAY)));
    graded.ends_with(2).says(says);
    assert_eq!(graded.stdout, "");
}

#[test]
fn a_mistyped_trait_is_refused_with_its_line_and_the_nearest_trait() {
    refuses_standard(
        "chlorotic <= 0.10",
        "chlorotik <= 0.10",
        &["chlorotik", "did you mean \"chlorotic\""],
    );
}

#[test]
fn a_last_grade_with_criteria_is_refused() {
    refuses_standard(
        "all = []",
        "all = [\"area_pitch2 >= 0.01\"]",
        &["last grade"],
    );
}

#[test]
fn a_standard_that_removes_unsure_cells_is_refused() {
    refuses_standard("unsure = \"leave\"", "unsure = \"remove\"", &["unsure"]);
}

#[test]
fn a_standard_that_is_no_text_is_refused() {
    let folder = folder();
    let path = folder.path().join("bytes.toml");
    fs::write(&path, [0xff, 0xfe, 0]).unwrap();
    run(embedded().args(["standard", "check"]).arg(&path))
        .ends_with(2)
        .says(&["bytes.toml", "cannot be read"]);
    run(embedded().args(["standard", "check", "nowhere.toml"]))
        .ends_with(2)
        .says(&["nowhere.toml"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_device_that_is_named_for_a_text_or_a_picture_costs_no_memory() {
    let too_large = "larger than 1048576 bytes";
    run(embedded().args(["standard", "check", "/dev/zero"]))
        .ends_with(2)
        .says(&["/dev/zero", too_large]);
    run(embedded().args(["--config", "/dev/zero", "doctor"]))
        .ends_with(2)
        .says(&["/dev/zero", too_large]);
    run(grade_json("9x5").arg("/dev/zero"))
        .ends_with(4)
        .says(&["/dev/zero", "it is no file"]);
}

const NET: &[u8] = include_bytes!("../models/seedling/seedling.onnx");
const CARD: &str = include_str!("../models/seedling/card.toml");

/// Grading and the doctor with a folder of nets that holds these files.
#[track_caller]
fn refuses_nets(net: Option<&[u8]>, card: Option<&str>, says: &[&str]) {
    let folder = folder();
    let nets = folder.path().join("nets/seedling");
    fs::create_dir_all(&nets).unwrap();
    if let Some(net) = net {
        fs::write(nets.join("seedling.onnx"), net).unwrap();
    }
    if let Some(card) = card {
        fs::write(nets.join("card.toml"), card).unwrap();
    }
    let config = folder.path().join("site.toml");
    fs::write(&config, "[nets]\ndir = \"nets\"\n").unwrap();
    let graded = run(grade_json("9x5")
        .arg("--config")
        .arg(&config)
        .arg(sample(TRAY)));
    graded.ends_with(2).says(says);
    assert_eq!(graded.stdout, "");
    run(embedded().arg("--config").arg(&config).arg("doctor"))
        .ends_with(2)
        .says(says);
}

/// The shipped card, vouching for other bytes.
fn card_of(bytes: &[u8]) -> String {
    let (before, after) = CARD.split_at("sha256 = \"".len());
    format!(
        "{before}{}{}",
        seedgrade::network::catalogue::sha256(bytes),
        &after[64..]
    )
}

#[test]
fn half_a_net_is_refused_whether_its_card_finds_out_or_the_engine() {
    let half = &NET[..NET.len() / 2];
    refuses_nets(Some(half), Some(CARD), &["seedling.onnx", "sha256"]);
    refuses_nets(
        Some(half),
        Some(&card_of(half)),
        &["seedling.onnx", "cut short or damaged"],
    );
}

#[test]
fn a_net_that_is_not_the_one_on_its_card_is_refused() {
    let other = card_of(b"another net");
    refuses_nets(Some(NET), Some(&other), &["seedling.onnx", "sha256"]);
}

#[test]
fn a_missing_card_or_net_is_refused() {
    refuses_nets(Some(NET), None, &["card.toml", "No such file"]);
    refuses_nets(None, Some(CARD), &["seedling", ".onnx"]);
    refuses_nets(Some(NET), Some("name = 1"), &["card.toml"]);
}

#[test]
fn an_unknown_key_of_the_configuration_is_refused_with_the_nearest_one() {
    let folder = folder();
    let config = folder.path().join("site.toml");
    for (text, says) in [
        ("[tray]\nrows = 9\ncolls = 5\n", "`cols`"),
        ("[trey]\nrows = 9\ncols = 5\n", "`tray`"),
        ("[nets]\ndirr = \"nets\"\n", "`dir`"),
    ] {
        fs::write(&config, text).unwrap();
        let run = run(grade_json("9x5")
            .arg("--config")
            .arg(&config)
            .arg(sample(TRAY)));
        run.ends_with(2)
            .says(&["site.toml", "line ", &format!("did you mean {says}")]);
        assert_eq!(run.stdout, "");
    }
    run(grade_json("9x5")
        .args(["--config", "nowhere.toml"])
        .arg(sample(TRAY)))
    .ends_with(2)
    .says(&["nowhere.toml"]);
}

/// The doctor where only this file may be ONNX Runtime's library.
fn doctor_with_library(library: &Path, home: &Path, backend: &str) -> Run {
    run(seedgrade()
        .current_dir(home)
        .env("HOME", home)
        .env("XDG_DATA_HOME", home)
        .env("ORT_DYLIB_PATH", library)
        .env_remove("VIRTUAL_ENV")
        .env_remove("CONDA_PREFIX")
        .env_remove("LD_LIBRARY_PATH")
        .args(["--backend", backend, "doctor"]))
}

#[test]
fn a_library_that_is_garbage_ends_in_the_embedded_engine_unless_it_was_asked_for() {
    let home = folder();
    let library = home.path().join("libonnxruntime.so");
    fs::write(&library, "garbage").unwrap();
    let auto = doctor_with_library(&library, home.path(), "auto");
    auto.ends_with(0);
    let others = auto.stdout.lines().filter(|l| l.starts_with("library "));
    if others.count() > 1 {
        println!("skipped: the system has a library of its own");
        return;
    }
    assert!(auto.stdout.contains("engine      rten "), "{auto:#?}");
    assert!(auto.stdout.contains("onnxruntime cannot be loaded: "));
    assert!(auto.stdout.contains("another kind of file"));
    let explicit = doctor_with_library(&library, home.path(), "onnxruntime");
    explicit
        .ends_with(2)
        .says(&["libonnxruntime.so", "another kind of file"]);
    assert_eq!(explicit.stdout, "");
}

// ---- pipes, signals, disks ----

#[test]
fn a_reader_that_goes_away_ends_the_command_quietly() {
    let folder = folder();
    copies(folder.path(), 40);
    let mut child = piped(grade_json("9x5").args(["--jobs", "1"]).arg(folder.path()));
    let mut reader = BufReader::new(child.stdout.take().unwrap());
    let mut first = String::new();
    reader.read_line(&mut first).unwrap();
    drop(reader);
    let run = within(60, child);
    run.ends_with(0);
    assert_eq!(run.stderr, "");
    serde_json::from_str::<Value>(&first).unwrap();
}

#[cfg(unix)]
fn interrupt(child: &Child) {
    let sent = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .unwrap();
    assert!(sent.success());
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_with_whole_lines_and_says_what_was_kept() {
    let folder = folder();
    copies(folder.path(), 200);
    let mut child = piped(grade_json("9x5").args(["--jobs", "1"]).arg(folder.path()));
    let mut reader = BufReader::new(child.stdout.take().unwrap());
    let mut text = String::new();
    reader.read_line(&mut text).unwrap();
    interrupt(&child);
    reader.read_to_string(&mut text).unwrap();
    let run = within(60, child);
    assert!(text.ends_with('\n'));
    for line in text.lines() {
        assert_eq!(status(&serde_json::from_str(line).unwrap()), "graded");
    }
    let done = text.lines().count();
    assert!(done < 200, "{done}");
    run.ends_with(130)
        .says(&[&format!("interrupted: {done} of 200 pictures are done")]);
}

#[cfg(unix)]
#[test]
fn ctrl_c_before_the_table_prints_the_rows_that_are_done() {
    let (folder, out) = (folder(), folder());
    copies(folder.path(), 200);
    let child = piped(
        embedded()
            .args(["grade", "--tray", "9x5", "--jobs", "1", "--overlay"])
            .arg(out.path())
            .arg(folder.path()),
    );
    let first = out.path().join("tray-000.png");
    while !first.exists() {
        std::thread::sleep(Duration::from_millis(5));
    }
    interrupt(&child);
    let run = within(60, child);
    run.ends_with(130).says(&["interrupted: ", "of 200"]);
    assert!(run.stdout.contains("tray-000.png"), "{run:#?}");
}

/// A folder on a disk of 64 KiB; `None`, and a sentence, where this user may not mount one.
struct SmallDisk(TempDir);

impl SmallDisk {
    fn mount() -> Option<Self> {
        let folder = folder();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=64k", "tmpfs"])
            .arg(folder.path())
            .stderr(Stdio::null())
            .status();
        if mounted.is_ok_and(|status| status.success()) {
            return Some(Self(folder));
        }
        println!("skipped: this user may not mount a small disk");
        None
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let unmounted = Command::new("umount").arg(self.0.path()).status();
        assert!(unmounted.is_ok_and(|status| status.success()));
    }
}

#[test]
fn a_disk_that_is_full_ends_with_3_and_names_the_path() {
    let Some(disk) = SmallDisk::mount() else {
        return;
    };
    let overlays = disk.0.path().join("marked");
    let run_overlay = run(grade_json("9x5")
        .arg("--overlay")
        .arg(&overlays)
        .arg(sample(TRAY)));
    run_overlay.ends_with(3).says(&[
        overlays.to_str().unwrap(),
        "No space left",
        "0 of 1 pictures",
    ]);
    let out = disk.0.path().join("demo");
    run(embedded().arg("demo").arg("--out").arg(&out))
        .ends_with(3)
        .says(&[out.to_str().unwrap()]);
    let set = disk.0.path().join("set");
    run(embedded()
        .args([
            "render", "--trays", "2", "--seed", "1", "--tray", "4x5", "--out",
        ])
        .arg(&set))
    .ends_with(3)
    .says(&[set.to_str().unwrap(), "No space left"]);
}

/// The program where no file may grow beyond 4 KiB: a full disk for users who may not mount one.
#[cfg(target_os = "linux")]
fn cramped(arguments: &[&std::ffi::OsStr]) -> Run {
    run(Command::new("bash")
        .args(["-c", "trap '' XFSZ; ulimit -f 4 && exec \"$@\"", "bash"])
        .arg(env!("CARGO_BIN_EXE_seedgrade"))
        .args(["--backend", "embedded"])
        .args(arguments))
}

#[cfg(target_os = "linux")]
#[test]
fn a_write_that_fails_ends_with_3_and_leaves_no_half_file() {
    let out = folder();
    let overlays = out.path().join("marked");
    let picture = sample(TRAY);
    let run = cramped(&[
        "grade".as_ref(),
        "--tray".as_ref(),
        "9x5".as_ref(),
        "--overlay".as_ref(),
        overlays.as_ref(),
        picture.as_ref(),
    ]);
    run.ends_with(3)
        .says(&[overlays.to_str().unwrap(), "cannot be written"]);
    assert_eq!(fs::read_dir(&overlays).unwrap().count(), 0);
    let demo = out.path().join("demo");
    cramped(&["demo".as_ref(), "--out".as_ref(), demo.as_ref()])
        .ends_with(3)
        .says(&[demo.to_str().unwrap()]);
}

#[test]
fn a_folder_for_results_that_cannot_be_made_ends_with_3() {
    let folder = folder();
    let file = folder.path().join("file");
    fs::write(&file, "in the way").unwrap();
    run(grade_json("9x5")
        .arg("--overlay")
        .arg(&file)
        .arg(sample(TRAY)))
    .ends_with(3)
    .says(&["file", "cannot be made"]);
    run(embedded().arg("demo").arg("--out").arg(file.join("demo")))
        .ends_with(3)
        .says(&["demo", "cannot be made"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_under_stdout_ends_with_3() {
    let full = fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let child = grade_json("9x5")
        .arg(sample(TRAY))
        .stdout(full)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    within(60, child)
        .ends_with(3)
        .says(&["stdout cannot be written", "No space left"]);
}

// ---- orientation ----

/// A JPEG with an orientation in its Exif segment, which comes right after the first marker.
fn jpeg(picture: &RgbImage, orientation: u8) -> Vec<u8> {
    let mut plain = Vec::new();
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut plain, 100)
        .encode_image(picture)
        .unwrap();
    let mut segment = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    segment.extend([orientation, 0, 0, 0, 0, 0, 0]);
    let length = (segment.len() as u16 + 2).to_be_bytes();
    [&plain[..2], &[0xff, 0xe1], &length, &segment, &plain[2..]].concat()
}

/// The picture as a camera stores it that notes this orientation, by the words of the Exif standard: where the first
/// stored row and the first stored column are seen.
fn stored(upright: &RgbImage, orientation: u8) -> RgbImage {
    let (width, height) = upright.dimensions();
    let turned = orientation >= 5;
    let (w, h) = if turned {
        (height, width)
    } else {
        (width, height)
    };
    RgbImage::from_fn(w, h, |c, r| {
        let (x, y) = match orientation {
            1 => (c, r),                          // row at the top, column at the left
            2 => (width - 1 - c, r),              // top, right
            3 => (width - 1 - c, height - 1 - r), // bottom, right
            4 => (c, height - 1 - r),             // bottom, left
            5 => (r, c),                          // left, top
            6 => (width - 1 - r, c),              // right, top
            7 => (width - 1 - r, height - 1 - c), // right, bottom
            _ => (r, height - 1 - c),             // left, bottom
        };
        *upright.get_pixel(x, y)
    })
}

#[test]
fn every_orientation_of_exif_comes_out_upright() {
    let upright = RgbImage::from_fn(40, 24, |x, y| image::Rgb([x as u8 * 6, y as u8 * 10, 90]));
    for orientation in 1..=8 {
        let bytes = jpeg(&stored(&upright, orientation), orientation);
        let frame = seedgrade::frame::decode(&bytes, Default::default()).unwrap();
        assert_eq!((frame.width(), frame.height()), (40, 24), "{orientation}");
        let worst = frame
            .rgb()
            .iter()
            .zip(upright.as_raw())
            .map(|(a, b)| a.abs_diff(*b))
            .max();
        assert!(worst.unwrap() <= 8, "{orientation}: {worst:?}");
    }
}

/// Cells of each verdict: blank, graded, double, unsure.
fn counts(line: &Value) -> [i64; 4] {
    ["blank", "graded", "double", "unsure"].map(|v| line["counts"][v].as_i64().unwrap())
}

/// The corners' coordinates, px: x and y of top-left, top-right, bottom-right, bottom-left.
fn corners(line: &Value) -> Vec<f64> {
    let corners = line["corners_px"].as_array().unwrap();
    let numbers = corners.iter().flat_map(|p| p.as_array().unwrap());
    numbers.map(|v| v.as_f64().unwrap()).collect()
}

/// Of the counts none differs by more than a tenth of the cells.
#[track_caller]
fn about_the_same(a: &Value, b: &Value) {
    assert_eq!((status(a), status(b)), ("graded", "graded"), "{a}\n{b}");
    let cells = a["cells"].as_array().unwrap().len() as i64;
    for (a, b) in counts(a).into_iter().zip(counts(b)) {
        assert!((a - b).abs() * 10 <= cells, "{a} and {b} of {cells}");
    }
}

#[test]
fn a_picture_on_its_side_with_a_note_of_it_is_graded_as_the_upright_one() {
    let folder = folder();
    let upright = image::open(sample("rendered-72.jpg")).unwrap().into_rgb8();
    let graded_as = |orientation: u8| {
        let path: PathBuf = folder.path().join(format!("{orientation}.jpg"));
        fs::write(&path, jpeg(&stored(&upright, orientation), orientation)).unwrap();
        graded("6x12", &path)
    };
    let plain = graded_as(1);
    for orientation in [3, 6] {
        let turned = graded_as(orientation);
        about_the_same(&plain, &turned);
        for (a, b) in corners(&plain).into_iter().zip(corners(&turned)) {
            assert!((a - b).abs() < 2.0, "{orientation}: {a} and {b}");
        }
    }
}

#[test]
fn a_tray_that_lies_upside_down_is_still_graded() {
    let folder = folder();
    for (name, tray) in [(TRAY, "9x5"), ("rendered-72.jpg", "6x12")] {
        let picture = image::open(sample(name)).unwrap().into_rgb8();
        let path = folder.path().join("turned.png");
        imageops::rotate180(&picture).save(&path).unwrap();
        let (plain, turned) = (graded(tray, sample(name)), graded(tray, &path));
        let occupied = |line: &Value| -> Vec<f64> {
            let cells = line["cells"].as_array().unwrap().iter();
            cells.map(|c| c["occupied"].as_f64().unwrap()).collect()
        };
        let (a, b) = (occupied(&plain), occupied(&turned));
        let apart: f64 = a
            .iter()
            .zip(b.iter().rev())
            .map(|(a, b)| (a - b).abs())
            .sum();
        let apart = apart / a.len() as f64;
        println!(
            "{name}: {apart:.3} apart, {:?} and {:?}",
            counts(&plain),
            counts(&turned)
        );
        assert!(apart < 0.15, "{name}: {apart}");
        let (width, height) = (f64::from(picture.width()), f64::from(picture.height()));
        let opposite = [4, 5, 6, 7, 0, 1, 2, 3].map(|i| corners(&turned)[i]);
        for (i, (a, b)) in corners(&plain).into_iter().zip(opposite).enumerate() {
            let turned_back = if i % 2 == 0 { width - b } else { height - b };
            assert!(
                (a - turned_back).abs() < 4.0,
                "{name}: {a} and {turned_back}"
            );
        }
        // the bare tray's cells lie near the bounds of doubt, where a little decides
        if name != TRAY {
            about_the_same(&plain, &turned);
        }
    }
}
