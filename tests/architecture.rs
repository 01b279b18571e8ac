//! The house keeps its plan: who may use whom, and where an external crate may be named.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Modules in the order of the data's way, each with the modules that it may use.
const MAY_USE: &[(&str, &[&str])] = &[
    ("geometry", &[]),
    ("clock", &[]),
    ("network", &[]),
    ("dataset", &["geometry"]),
    ("render", &["geometry", "dataset"]),
    ("frame", &["geometry"]),
    ("calibration", &["geometry", "frame"]),
    ("tray", &["geometry", "network", "frame"]),
    ("plant", &["geometry", "network", "tray"]),
    ("cell", &["geometry", "tray", "plant"]),
    ("grade", &["cell", "tray"]),
    (
        "inspect",
        &[
            "geometry", "network", "frame", "tray", "plant", "cell", "grade",
        ],
    ),
    (
        "evaluate",
        &[
            "geometry", "dataset", "tray", "plant", "grade", "inspect", "frame",
        ],
    ),
    (
        "picture",
        &["geometry", "frame", "tray", "grade", "inspect", "evaluate"],
    ),
    ("statistics", &["inspect", "evaluate"]),
    ("sorting", &["geometry", "tray", "grade", "inspect"]),
    ("serving", &[]),
    ("machine", &["geometry", "clock", "sorting", "serving"]),
    (
        "store",
        &["clock", "grade", "inspect", "statistics", "sorting"],
    ),
    (
        "certificate",
        &["grade", "inspect", "evaluate", "statistics", "store"],
    ),
    (
        "line",
        &[
            "geometry", "clock", "frame", "inspect", "picture", "sorting", "serving", "machine",
            "store",
        ],
    ),
    ("broker", &["clock"]),
    ("archive", &["clock", "frame", "inspect", "broker"]),
    (
        "review",
        &[
            "geometry",
            "clock",
            "frame",
            "cell",
            "grade",
            "inspect",
            "evaluate",
            "picture",
            "statistics",
            "sorting",
            "serving",
            "store",
            "certificate",
            // how much of its limits a look at the reference tray uses up
            "calibration",
        ],
    ),
    ("runtime", &["network"]),
    (
        "config",
        &[
            "geometry",
            "tray",
            "grade",
            "statistics",
            "sorting",
            // what a name is
            "store",
            "network",
            // how often a net looks
            "plant",
        ],
    ),
    ("telemetry", &[]),
];

/// The command line may use everything.
const MAY_USE_ALL: &[&str] = &["cli", "main", "lib"];

/// Crates that only some files may name.
const NAMED_ONLY_IN: &[(&str, &[&str])] = &[
    ("ort", &["network/onnxruntime.rs"]),
    ("rten", &["network/embedded.rs"]),
    ("rten_tensor", &["network/embedded.rs"]),
    ("rusqlite", &["store/"]),
    ("parquet", &["store/export/"]),
    ("flatbuffers", &["store/export/"]),
    ("rxing", &["tray/code/"]),
    ("aravis", &["frame/gige.rs"]),
    (
        "tokio",
        &[
            "serving.rs",
            "machine/modbus.rs",
            "machine/server.rs",
            "line/exposition.rs",
            "review/",
            "broker/",
        ],
    ),
    ("async_nats", &["broker/nats/"]),
    // `async_nats` has a module of this name
    ("object_store", &["archive/bucket.rs", "broker/nats/"]),
    ("rustls", &["archive/bucket.rs"]),
    ("percent_encoding", &["broker/nats/"]),
    ("signal_hook", &["cli/interrupt.rs"]),
    ("sd_notify", &["cli/line/service.rs"]),
    ("hyper", &["line/exposition.rs", "review/server.rs"]),
    ("hyper_util", &["line/exposition.rs", "review/server.rs"]),
    ("hdrhistogram", &["line/"]),
    ("tokio_modbus", &["machine/modbus.rs", "machine/server.rs"]),
    ("clap", &["cli/", "config/"]),
    ("anyhow", &["cli/"]),
    ("indicatif", &["cli/"]),
    ("tracing_subscriber", &["telemetry.rs"]),
    ("nalgebra", &["geometry/", "tray/"]),
    ("wide", &["tray/sampling.rs"]),
    ("zip", &["runtime/"]),
    ("png", &["dataset/import/"]),
    ("saphyr_parser", &["dataset/import/"]),
    ("maud", &["picture/", "review/"]),
    ("axum", &["review/"]),
    ("argon2", &["review/people.rs"]),
    (
        "getrandom",
        &[
            "review/sessions.rs",
            "review/audit.rs",
            "cli/regrade/worker.rs",
        ],
    ),
    ("rpassword", &["cli/review.rs"]),
    ("fluent_bundle", &["review/words.rs"]),
    ("unic_langid", &["review/words.rs"]),
    ("plotters", &["review/charts.rs"]),
    ("krilla", &["review/report/paper.rs"]),
    ("fontdb", &["review/report/letters.rs"]),
    ("ttf_parser", &["review/report/"]),
    ("unicode_linebreak", &["review/report/layout.rs"]),
    ("toml_edit", &["review/what_if.rs"]),
    ("utoipa", &["review/api/"]),
    (
        "futures_util",
        &[
            "review/pages/live.rs",
            "review/pages/lot_table.rs",
            "broker/nats/",
            "archive/bucket.rs",
        ],
    ),
    ("smallstr", &["grade/"]),
    ("rand", &["render/", "evaluate/"]),
    ("rand_pcg", &["render/", "evaluate/"]),
];

/// Names that a pure module never speaks: no files, no clock, no environment, no async.
const IMPURE: &[&str] = &[
    "std::fs",
    "std::env",
    "std::net",
    "std::time",
    "tokio",
    "Instant::now",
    "SystemTime",
    "crate::clock",
];
const PURE: &[&str] = &[
    "geometry",
    "calibration",
    "tray",
    "plant",
    "cell",
    "grade",
    "inspect",
    "statistics",
    "sorting",
];

fn source_files() -> Vec<(String, String)> {
    fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, files);
            } else if path.extension().is_some_and(|e| e == "rs") && !is_test_file(&path) {
                files.push(path);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    walk(&root, &mut files);
    files
        .into_iter()
        .map(|path| {
            let name = path
                .strip_prefix(&root)
                .unwrap()
                .to_string_lossy()
                .replace('\\', "/");
            (
                name,
                without_tests_and_comments(&fs::read_to_string(path).unwrap()),
            )
        })
        .collect()
}

/// Unit tests that outgrew their file stand beside it as `…_tests.rs`.
fn is_test_file(path: &Path) -> bool {
    path.file_stem()
        .is_some_and(|stem| stem.to_string_lossy().ends_with("_tests"))
}

/// The code that ships: unit tests stand at the end of a file by convention.
fn without_tests_and_comments(text: &str) -> String {
    let shipped = text
        .split("#[cfg(test)]\nmod tests")
        .next()
        .unwrap_or_default();
    shipped
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n")
}

fn module_of(file: &str) -> &str {
    file.split(['/', '.']).next().unwrap()
}

fn names_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let boundary = !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':');
        boundary && text[at + word.len()..].starts_with("::")
    })
}

#[test]
fn a_module_uses_only_what_lies_before_it() {
    let allowed: BTreeMap<_, _> = MAY_USE.iter().copied().collect();
    let mut broken = Vec::new();
    for (file, text) in source_files() {
        let module = module_of(&file);
        if MAY_USE_ALL.contains(&module) {
            continue;
        }
        let may = allowed
            .get(module)
            .unwrap_or_else(|| panic!("{file}: module {module} has no place in the plan"));
        for (at, _) in text.match_indices("crate::") {
            let rest = &text[at + "crate::".len()..];
            let used: String = rest
                .chars()
                .take_while(|c| c.is_alphanumeric() || *c == '_')
                .collect();
            if used != module && !may.contains(&used.as_str()) && !used.is_empty() {
                broken.push(format!("{file} uses {used}"));
            }
        }
    }
    assert!(
        broken.is_empty(),
        "edges that the plan does not have: {broken:#?}"
    );
}

#[test]
fn lib_rs_lists_the_rooms_in_the_order_of_the_data() {
    let lib = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs")).unwrap();
    let listed: Vec<_> = lib
        .lines()
        .filter_map(|l| l.strip_prefix("pub mod ")?.strip_suffix(';'))
        .filter(|m| *m != "cli" && *m != "config" && *m != "telemetry")
        .collect();
    let planned: Vec<_> = MAY_USE
        .iter()
        .map(|(m, _)| *m)
        .filter(|m| *m != "config" && *m != "telemetry")
        .collect();
    assert_eq!(listed, planned);
}

#[test]
fn an_engine_or_a_database_is_named_in_its_own_room_only() {
    let mut broken = Vec::new();
    for (file, text) in source_files() {
        for (name, places) in NAMED_ONLY_IN {
            if names_word(&text, name) && !places.iter().any(|p| file.starts_with(p)) {
                broken.push(format!("{file} names {name}"));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn from_tray_to_sorting_nothing_reads_files_clocks_or_the_environment() {
    let mut broken = Vec::new();
    for (file, text) in source_files() {
        if !PURE.contains(&module_of(&file)) {
            continue;
        }
        for word in IMPURE {
            if text.contains(word) {
                broken.push(format!("{file} names {word}"));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn no_file_outgrows_one_idea() {
    let mut long = Vec::new();
    for (file, text) in source_files() {
        let lines = text.lines().filter(|l| !l.trim().is_empty()).count();
        if lines > 600 {
            long.push(format!("{file} has {lines} lines of code"));
        }
    }
    assert!(long.is_empty(), "{long:#?}");
}

#[test]
fn the_checks_themselves_see_a_broken_edge() {
    assert!(names_word("use ort::Session;", "ort"));
    assert!(names_word("fn f() -> rusqlite::Result<()> {}", "rusqlite"));
    assert!(!names_word("use crate::sort::Plan;", "ort"));
    assert!(!names_word("let port = 1;", "ort"));
}
