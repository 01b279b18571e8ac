//! `seedgrade dataset import` as scripts run it.

use super::*;
use common::{embedded, run, sample, seedgrade};
use serde_json::{Value, json};

fn source() -> Source {
    Source::new()
        .picture("images/a.png", 1)
        .bytes("labels/a.txt", "0 0.5 0.5 0.5 0.5\n1 0.9 0.5 0.4 0.5\n")
        .bytes("data.yaml", "names: [plant, weed]")
}

fn command(source: &Source, arguments: &[&str]) -> common::Run {
    let mut command = seedgrade();
    command.args(["dataset", "import", "--from", "yolo"]);
    command.arg(source.path("")).arg("--out").arg(source.out());
    run(command.args(arguments))
}

#[test]
fn a_summary_says_what_was_done_with_what() {
    let source = source();
    let run = command(
        &source,
        &[
            "--class",
            "weed=ignore",
            "--name",
            "bed 1",
            "--use",
            "train",
        ],
    );
    run.ends_with(0);
    for part in [
        "bed 1: 1 picture from yolo labels",
        "1 annotation of plant as seedling",
        "1 annotation of weed as ignore",
        "1 left out: class ignored",
    ] {
        assert!(run.stdout.contains(part), "no {part:?} in {}", run.stdout);
    }
    let set = read_set(&source.out()).unwrap();
    assert_eq!(
        (set.name.as_str(), set.usage),
        ("bed 1", seedgrade::dataset::Use::Train)
    );
}

#[test]
fn json_is_one_object() {
    let source = source();
    let run = command(&source, &["--class", "weed=necrotic", "--json"]);
    let lines = run.ends_with(0).lines();
    let [summary] = lines.as_slice() else {
        panic!("{run:?}")
    };
    assert_eq!(
        (&summary["pictures"], &summary["clipped"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(summary["classes"]["weed"]["state"], "necrotic");
    assert_eq!(summary["written"]["boxes"], 1);
    assert_eq!(summary["missing"], json!([]));
}

#[test]
fn a_class_without_meaning_ends_with_2_and_leaves_nothing() {
    let source = source();
    command(&source, &[])
        .ends_with(2)
        .says(&["\"weed\"", "--class NAME=STATE"]);
    source.nothing_else_is_left(&["source"]);
}

#[test]
fn a_source_without_a_label_ends_with_2_and_a_folder_that_cannot_be_made_with_3() {
    let source = Source::new().picture("a.png", 1);
    command(&source, &[])
        .ends_with(2)
        .says(&["expected pictures with yolo labels", "pictures without: 1"]);
    source.nothing_else_is_left(&["source"]);
    let labelled = Source::new()
        .picture("a.png", 1)
        .bytes("a.txt", "")
        .bytes("file", "");
    let mut import = seedgrade();
    import.args(["dataset", "import", "--from", "yolo"]);
    import.arg(labelled.path(""));
    import.arg("--out").arg(labelled.path("file/set"));
    let run = run(&mut import);
    run.ends_with(3);
    // the cause is said once
    assert_eq!(run.stderr.matches("os error").count(), 1, "{}", run.stderr);
}

#[test]
fn missing_pictures_end_with_4_and_the_others_are_imported() {
    let source = source().bytes("labels/b.txt", "");
    let run = command(&source, &["--class", "weed=ignore"]);
    run.ends_with(4).says(&["missing: labels/b.txt"]);
    assert_eq!(read_set(&source.out()).unwrap().images.len(), 1);
}

#[test]
fn a_folder_that_is_taken_is_left_alone() {
    let source = source();
    fs::create_dir(source.out()).unwrap();
    fs::write(source.out().join("mine"), "kept").unwrap();
    command(&source, &["--class", "weed=ignore"])
        .ends_with(2)
        .says(&["not there yet", "holds something"]);
    assert_eq!(
        fs::read_to_string(source.out().join("mine")).unwrap(),
        "kept"
    );
}

#[test]
fn options_that_do_not_belong_are_refused() {
    let source = source();
    for arguments in [
        &["--labels", "plants"][..],
        &["--images", "x"],
        &["--unannotated", "no-plants"],
        &["--first-pixel", "1"],
    ] {
        command(&source, arguments)
            .ends_with(2)
            .says(&[arguments[0], "belongs to"]);
    }
    command(&source, &["--rows", "2"])
        .ends_with(2)
        .says(&["--cols"]);
    command(&source, &["--class", "weed=grass"])
        .ends_with(2)
        .says(&["a state", "grass"]);
}

#[test]
fn an_interrupted_import_leaves_nothing() {
    let source = source();
    let mut request = source.request(ForeignFormat::Yolo, "");
    request.classes = vec![("weed".to_owned(), ClassMeaning::Ignore)];
    let error = import(&request, || false).unwrap_err().to_string();
    assert_eq!(error, "interrupted: nothing was kept");
    source.nothing_else_is_left(&["source"]);
}

/// The shipped bare tray, labelled as COCO by its cells: nothing in any of them.
#[test]
fn an_imported_set_is_scored() {
    let picture = fs::read(sample("ippn-bare.png")).unwrap();
    let file = json!({"images": [{"id": 1, "file_name": "bare.png"}], "categories": [], "annotations": []});
    let source = Source::new()
        .bytes("bare.png", picture)
        .bytes("labels.json", file.to_string());
    let mut import = seedgrade();
    import.args([
        "dataset",
        "import",
        "--from",
        "coco",
        "--unannotated",
        "no-plants",
    ]);
    import.args(["--rows", "9", "--cols", "5", "--block", "whole"]);
    import
        .arg(source.path("labels.json"))
        .arg("--out")
        .arg(source.out());
    run(&mut import).ends_with(0);
    let scored = run(embedded().args(["eval", "--json"]).arg(source.out()));
    let lines: Vec<Value> = scored.ends_with(0).lines();
    // how well the tray is judged is not the import's doing
    assert_eq!(
        (&lines[0]["images"], &lines[0]["cells"]),
        (&json!(1), &json!(45))
    );
    let confusion = &lines[0]["occupancy"]["confusion"];
    let none = confusion["no_seedling"].as_object().unwrap().values();
    assert_eq!(none.map(|n| n.as_u64().unwrap()).sum::<u64>(), 45);
}
