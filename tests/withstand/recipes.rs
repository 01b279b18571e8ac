//! Standards, nets, configurations and libraries that are refused.

use super::*;

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

const NET: &[u8] = include_bytes!("../../models/seedling/seedling.onnx");
/// The files of both nets' 8-bit forms, as their cards name them.
const EIGHT_BITS: [(&str, &[u8]); 2] = [
    (
        "seedling.int8.onnx",
        include_bytes!("../../models/seedling/seedling.int8.onnx"),
    ),
    (
        "tray-finder.int8.onnx",
        include_bytes!("../../models/tray-finder/tray-finder.int8.onnx"),
    ),
];
const CARD: &str = include_str!("../../models/seedling/card.toml");

/// Grading and the doctor with a folder of seedling nets that holds these files.
#[track_caller]
fn refuses_nets(net: Option<&[u8]>, card: Option<&str>, says: &[&str]) {
    refuses(&[("seedling", net, card)], says);
}

/// A net's name, its file and its card, where they are there.
type NetFiles<'a> = (&'a str, Option<&'a [u8]>, Option<&'a str>);

/// Grading and the doctor with a folder of nets that holds these.
#[track_caller]
fn refuses(files: &[NetFiles<'_>], says: &[&str]) {
    let folder = folder();
    for (name, net, card) in files {
        let nets = folder.path().join("nets").join(name);
        fs::create_dir_all(&nets).unwrap();
        if let Some(net) = net {
            fs::write(nets.join(format!("{name}.onnx")), net).unwrap();
        }
        for (file, bytes) in EIGHT_BITS {
            if card.is_some_and(|card| card.contains(file)) {
                fs::write(nets.join(file), bytes).unwrap();
            }
        }
        if let Some(card) = card {
            fs::write(nets.join("card.toml"), card).unwrap();
        }
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
fn half_a_net_in_8_bits_is_refused_by_whoever_would_run_it_and_by_whoever_would_not() {
    let folder = folder();
    let nets = folder.path().join("nets/seedling");
    fs::create_dir_all(&nets).unwrap();
    fs::write(nets.join("seedling.onnx"), NET).unwrap();
    fs::write(nets.join("card.toml"), CARD).unwrap();
    let (file, bytes) = EIGHT_BITS[0];
    fs::write(nets.join(file), &bytes[..1000]).unwrap();
    let config = folder.path().join("site.toml");
    fs::write(&config, "[nets]\ndir = \"nets\"\n").unwrap();
    for precision in ["auto", "single", "eight-bit"] {
        run(seedgrade()
            .arg("--config")
            .arg(&config)
            .args(["--precision", precision, "doctor"]))
        .ends_with(2)
        .says(&["seedling.int8.onnx", "expected sha256"]);
    }
    run(embedded()
        .args(["--precision", "eight-bit", "grade", "--tray", "9x5"])
        .arg(sample(TRAY)))
    .ends_with(2)
    .says(&[
        "8 bits need ONNX Runtime and a CPU with VNNI, found rten",
        "single precision",
    ]);
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

/// The same with the shipped seedling net and these files of a tray finder.
#[track_caller]
fn refuses_finder(net: &[u8], card: &str, says: &[&str]) {
    let seedling = ("seedling", Some(NET), Some(CARD));
    refuses(&[seedling, ("tray-finder", Some(net), Some(card))], says);
}

#[test]
fn a_tray_finder_that_is_damaged_or_another_net_finds_no_tray() {
    let finder = include_bytes!("../../models/tray-finder/tray-finder.onnx");
    let card = include_str!("../../models/tray-finder/card.toml");
    refuses_finder(&finder[..1000], card, &["tray-finder.onnx", "sha256"]);
    refuses_finder(NET, CARD, &["tray finder", "block, phase and share"]);
}
