//! What was judged is proven: from its picture, by its standard, with all that it was graded by.

use std::fs;
use std::path::Path;

use seedgrade::inspect::TrayReport;
use seedgrade::store::{StandardText, Statement};

use crate::common::{embedded, run, sample, samples};
use crate::{judged, say, store};

#[test]
fn a_stored_tray_is_verified_from_its_picture() {
    let folder = tempfile::tempdir().unwrap();
    let mut report = judged();
    let path = store(folder.path(), "line1", 2, &report);
    let verify = |path: &Path| {
        let mut command = embedded();
        run(command
            .arg("verify")
            .arg(path)
            .arg("--pictures")
            .arg(samples()))
    };
    let verified = verify(&path);
    verified.ends_with(0);
    assert!(verified.stdout.starts_with("2 bit for bit"), "{verified:?}");

    report.cells[7].verdict = "double".into();
    let other = store(folder.path(), "line2", 1, &report);
    let told = verify(&other);
    told.ends_with(1);
    assert!(told.stdout.contains("expected double"), "{told:?}");
}

#[test]
fn a_stored_tray_is_verified_by_the_standard_that_the_store_keeps() {
    let folder = tempfile::tempdir().unwrap();
    let version = seedgrade::grade::GradingStandard::embedded().version();
    let text = seedgrade::grade::GradingStandard::embedded_text()
        .replace(&format!("version = {version}"), "version = 7")
        .replace("id = \"vegetable-plug\"", "id = \"house-plug\"");
    let file = folder.path().join("house.toml");
    fs::write(&file, &text).unwrap();
    let mut grade = embedded();
    grade.args(["grade", "--json", "--tray", "9x5", "--standard"]);
    let judged = run(grade.arg(&file).arg(sample("ippn-bare.png")));
    let mut report: TrayReport = serde_json::from_value(judged.lines().remove(0)).unwrap();
    assert_eq!(report.evidence.standard, "house-plug@7");
    report.facts.source = "trays/ippn-bare.png".to_owned();
    let path = store(folder.path(), "line1", 1, &report);
    let verify = || {
        let mut command = embedded();
        let verify = command.arg("verify").arg(&path).arg("--pictures");
        run(verify.arg(samples()))
    };
    let unknown = verify();
    unknown.ends_with(1);
    assert!(
        unknown.stdout.contains("expected house-plug@7"),
        "{unknown:?}"
    );
    let standard = StandardText::of("2026-11-24T07:00:00Z", "line", &text).unwrap();
    say(&path, &[Statement::Standard(standard)]);
    let known = verify();
    known.ends_with(0);
    assert!(known.stdout.starts_with("1 bit for bit"), "{known:?}");
}

#[test]
fn the_demos_store_knows_what_its_trays_were_graded_by() {
    let folder = tempfile::tempdir().unwrap();
    run(embedded().arg("demo").arg("--out").arg(folder.path())).ends_with(0);
    let reader = seedgrade::store::StoreReader::open(&folder.path().join("seedgrade.db")).unwrap();
    let text = seedgrade::grade::GradingStandard::embedded_text();
    assert_eq!(reader.standards().unwrap()[0].text, text);
    assert_eq!(reader.lots().unwrap()[0].lot, "demo");
    assert_eq!(reader.jobs().unwrap()[0].lot, "demo");
    let judged = reader.report(1).unwrap().evidence;
    let nets = reader.nets().unwrap();
    assert!(nets.iter().any(|net| net.network == judged.network));
}
