//! A store's health and its copies.

use std::fs;
use std::path::Path;

use crate::common::{run, seedgrade};
use crate::{judged, store};

#[test]
fn a_stores_health_is_told_and_a_copy_is_a_store() {
    let folder = tempfile::tempdir().unwrap();
    let path = store(folder.path(), "line1", 3, &judged());
    let health = |path: &Path| run(seedgrade().args(["store", "check", "--store"]).arg(path));
    health(&path).ends_with(0);
    let copy = folder.path().join("copy.db");
    let back_up = || {
        let mut command = seedgrade();
        command
            .args(["store", "backup", "--store"])
            .arg(&path)
            .arg("--out")
            .arg(&copy);
        run(&mut command)
    };
    back_up().ends_with(0);
    back_up().ends_with(3).says(&["copy.db cannot be made"]);
    health(&copy).ends_with(0);
    run(seedgrade().args(["store", "compact", "--store"]).arg(&copy)).ends_with(0);
    assert!(health(&copy).stdout.starts_with("3 trays read"));

    let mut bytes = fs::read(&copy).unwrap();
    let middle = bytes.len() / 2 / 4096 * 4096;
    bytes[middle..middle + 4096].fill(0x5a);
    fs::write(&copy, bytes).unwrap();
    let damaged = health(&copy);
    assert!(matches!(damaged.code, Some(1 | 3)), "{damaged:?}");

    let text = folder.path().join("notes.txt");
    fs::write(
        &text,
        "no database at all, and long enough to be looked at. ".repeat(30),
    )
    .unwrap();
    health(&text).ends_with(2).says(&["is no store"]);
}
