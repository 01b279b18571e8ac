//! Stored trays under another standard, beside their first judgement.

use std::fs;

use seedgrade::grade::GradingStandard;
use serde_json::Value;

use crate::common::{run, seedgrade};
use crate::{judged, stats, store};

#[test]
fn stored_trays_judged_by_another_standard_stand_beside_their_first_judgement() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path(), "line1", 3, &judged());
    // bare cells: whatever the embedded standard routes them by, this one has another name and route
    let text = GradingStandard::embedded_text().replacen("version = ", "version = 10", 1);
    let text = text.replace("grade = \"reject\"", "grade = \"waste\"");
    let standard = folder.path().join("stricter.toml");
    fs::write(&standard, &text).unwrap();
    let regrade = |more: &[&str]| {
        let mut command = seedgrade();
        command
            .args(["store", "regrade", "--store"])
            .arg(&store)
            .arg("--standard")
            .arg(&standard)
            .args(more);
        run(&mut command)
    };
    let histories = || -> Vec<Value> {
        let uid = "base1/line1/2026-11-24/000001";
        let run = run(stats(&[&store]).args(["--json", "--tray", uid]));
        run.ends_with(0);
        run.lines()
    };
    let before = histories();
    let dry = regrade(&["--dry-run"]);
    dry.ends_with(0);
    assert_eq!(histories(), before, "a dry run stores nothing");
    let said = ["--who", "Li Na", "--why", "the buyer asks for more"];
    let done = regrade(&said);
    done.ends_with(0);
    assert_eq!(done.stdout, dry.stdout, "a dry run says what will be");
    let judged_anew = histories()[0]["regradings"].clone();
    assert_eq!(judged_anew.as_array().unwrap().len(), 1, "{judged_anew}");
    assert_eq!(judged_anew[0]["who"], "Li Na");
    assert_eq!(judged_anew[0]["why"], "the buyer asks for more");

    // Once more: nothing is judged twice, and the first judgements are as they were.
    let again = regrade(&said);
    again.ends_with(0);
    assert!(
        again
            .stderr
            .contains("3 trays were judged by this standard already"),
        "{again:?}"
    );
    assert_eq!(histories()[0]["regradings"], judged_anew);
    run(seedgrade().args(["store", "check", "--store"]).arg(&store)).ends_with(0);
    let other = regrade(&["--dry-run", "--lot", "2026-11-B"]);
    other
        .ends_with(2)
        .says(&["no tray of lot 2026-11-B is stored"]);
}

#[test]
fn a_store_is_not_judged_anew_without_a_name_and_a_reason() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path(), "line1", 1, &judged());
    let mut command = seedgrade();
    command.args(["store", "regrade", "--store"]).arg(&store);
    let run = run(command.args(["--standard", "none.toml"]));
    run.ends_with(2);
    assert!(
        run.stderr.contains("--who") && run.stderr.contains("--why"),
        "{run:?}"
    );
}
