//! What leaves a store: trays and cells as tables, what people said of cells as a labelled set.

use std::fs;
use std::path::{Path, PathBuf};

use seedgrade::store::StatedVerdict;

use crate::common::{embedded, run, samples, seedgrade};
use crate::{corrected, judged, lot, say, store};

#[test]
fn trays_and_cells_are_exported_with_the_meaning_of_every_column() {
    let folder = tempfile::tempdir().unwrap();
    let path = store(folder.path(), "line1", 3, &judged());
    say(
        &path,
        &[
            lot("番茄, 大果"),
            corrected("base1/line1/2026-11-24/000001", 2, StatedVerdict::Double),
        ],
    );
    let export = |format: &str, out: &Path, more: &[&str]| {
        let mut command = seedgrade();
        command
            .args(["export", "--format", format, "--store"])
            .arg(&path);
        command.arg("--out").arg(out).args(more);
        run(&mut command)
    };
    let (csv, jsonl) = (folder.path().join("csv"), folder.path().join("jsonl"));
    export("csv", &csv, &[]).ends_with(0);
    export("jsonl", &jsonl, &[]).ends_with(0);
    let lines = |file: PathBuf| fs::read_to_string(file).unwrap().lines().count();
    assert_eq!(
        (lines(csv.join("trays.csv")), lines(csv.join("cells.csv"))),
        (4, 1 + 135)
    );
    assert_eq!(
        (
            lines(jsonl.join("trays.jsonl")),
            lines(jsonl.join("cells.jsonl"))
        ),
        (3, 135)
    );
    let trays = fs::read_to_string(csv.join("trays.csv")).unwrap();
    assert!(trays.contains("\"番茄, 大果\""), "{trays}");
    let cells = fs::read_to_string(jsonl.join("cells.jsonl")).unwrap();
    assert_eq!(cells.matches("\"corrected\":\"double\"").count(), 1);
    let columns = fs::read_to_string(csv.join("columns.csv")).unwrap();
    assert!(
        columns.contains("cells,area_mm2,canopy area,one RGB picture from above,mm2"),
        "{columns}"
    );
    export("csv", &csv, &[])
        .ends_with(2)
        .says(&["expected an empty folder"]);
    let day = folder.path().join("day");
    export("jsonl", &day, &["--day", "2026-11-25"]).ends_with(0);
    assert_eq!(lines(day.join("trays.jsonl")), 0);
}

#[test]
fn what_people_said_of_cells_is_a_set_that_eval_scores() {
    let folder = tempfile::tempdir().unwrap();
    let path = store(folder.path(), "line1", 2, &judged());
    let uid = "base1/line1/2026-11-24/000000";
    // Somebody is wrong about one of the bare cells.
    let said = [
        corrected(uid, 0, StatedVerdict::Blank),
        corrected(uid, 1, StatedVerdict::Graded("A".to_owned())),
        corrected(uid, 2, StatedVerdict::Unsure),
    ];
    say(&path, &said);
    let set = folder.path().join("corrected");
    let export = |pictures: &Path, out: &Path| {
        let mut command = seedgrade();
        command
            .args(["export", "--format", "labels", "--store"])
            .arg(&path);
        run(command
            .arg("--pictures")
            .arg(pictures)
            .arg("--out")
            .arg(out))
    };
    export(&samples(), &set).ends_with(0);
    let scored = run(embedded().args(["eval", "--json"]).arg(&set));
    scored.ends_with(0);
    let line = &scored.lines()[0];
    assert_eq!(line["cells"], 2, "two cells are labelled: {line}");
    assert_eq!(line["occupancy"]["accuracy"], 0.5);
    export(folder.path(), &folder.path().join("none"))
        .ends_with(2)
        .says(&["found none"]);
}
