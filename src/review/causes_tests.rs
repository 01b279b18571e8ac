use std::path::Path;

use super::super::shapes::WHOLE_NUMBER;
use super::*;

/// Causes in which an enum's name or a word that is chosen stands: `tests/review/causes.rs` words them all.
const OF_ENUMS: [&str; 10] = [
    "cause-register-",
    "cause-plc-stopped",
    "cause-plc-fault",
    "cause-plc-emergency-stop",
    "cause-drift-lamp-",
    "cause-actuator-fault",
    "cause-actuator-emergency-stop",
    "cause-job-gate",
    "cause-job-margin",
    "cause-records-",
];

fn chinese(text: &str) -> String {
    Language::Chinese.cause(text).unwrap()
}

/// All that the program says of itself, as it is written: continued lines are one.
fn sources() -> String {
    fn walk(folder: &Path, all: &mut String) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, all);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                let pieces = text.split("\\\n").enumerate();
                all.extend(
                    pieces.map(|(i, piece)| if i == 0 { piece } else { piece.trim_start() }),
                );
            }
        }
    }
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut all = String::new();
    for room in ["calibration", "cli", "line", "machine", "store", "tray"] {
        walk(&source.join(room), &mut all);
    }
    all + &std::fs::read_to_string(source.join("clock.rs")).unwrap()
}

#[test]
fn every_cause_that_has_a_word_is_worded_so_where_it_arises() {
    let sources = sources();
    let as_it_stands = |shape: &&Shape| !OF_ENUMS.iter().any(|key| shape.key.starts_with(key));
    for shape in SHAPES.iter().filter(as_it_stands) {
        let pieces =
            std::iter::once(shape.before).chain(shape.places.iter().map(|(_, behind)| *behind));
        for piece in pieces.flat_map(|piece| piece.split([':', ';', ','])) {
            let piece = piece.trim();
            assert!(
                sources.contains(piece),
                "{}: nothing says {piece:?}",
                shape.key
            );
        }
    }
    assert!(SHAPES.len() > 100, "{}", SHAPES.len());
}

#[test]
fn a_cause_is_found_by_its_own_word_and_no_other() {
    for shape in &*SHAPES {
        let filled = shape
            .places
            .iter()
            .fold(shape.before.to_owned(), |text, (place, behind)| {
                text + if *place == WHOLE_NUMBER { "7" } else { "x" } + behind
            });
        let first = SHAPES
            .iter()
            .find(|shape| shape.found_in(&filled).is_some());
        assert_eq!(first.map(|shape| shape.key), Some(shape.key), "{filled}");
    }
}

#[test]
fn what_the_program_worded_is_said_and_what_others_worded_is_quoted() {
    assert_eq!(
        chinese(
            "actuator 10.0.0.5:502 is not connected: Connection refused (os error 111); next attempt in 200 ms"
        ),
        "PLC 10.0.0.5:502 未连接：“Connection refused (os error 111)”；200 ms 后重新连接"
    );
    assert_eq!(
        chinese(
            "the line cannot be armed: camera: the camera gave no frame within 500 ms; store: records are being lost: \
                 store failed: disk full"
        ),
        "生产线不能投入：相机：相机在 500 ms 内没有出图；数据库：记录正在丢失：数据库出错：“disk full”"
    );
    assert_eq!(
        chinese(
            "the line cannot be armed: camera: the camera gave two frames for one trigger; reference tray: no reference tray \
             is seen: 5 rings, but no checker where it should lie between them: the camera cannot be checked; lay the \
             reference tray under the camera, whole and face up, and start the line again; job: the last one was ended and \
             no other has begun"
        )
        .matches('“')
        .count(),
        0
    );
    assert_eq!(Language::Chinese.cause("Lagerschaden an Achse 3"), None);
    let english = "the encoder went back by 3 counts";
    assert_eq!(Language::English.cause(english).as_deref(), Some(english));
}

#[test]
fn a_cause_without_end_is_cut_short_and_overthrows_nothing() {
    let said = Language::Chinese.cause(&("store: ".repeat(500) + "x"));
    assert!(said.is_some_and(|said| said.starts_with("数据库：数据库：")));
    for endless in ["store: ", "; ", "\n"] {
        assert_eq!(Language::Chinese.cause(&endless.repeat(100_000)), None);
    }
}
