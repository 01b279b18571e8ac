//! Another standard over stored measurements: what the pictures would give, without them.

use super::*;

/// Pictures with plants, so that grades, doubles and unsure cells occur.
fn planted() -> Archive {
    let archive = Archive::of(3);
    for (i, name) in ["rendered-72.jpg", "rendered-128.jpg"].iter().enumerate() {
        fs::copy(
            sample(name),
            archive.path().join(format!("planted-{i}.jpg")),
        )
        .unwrap();
    }
    archive
}

fn regraded(archive: &Archive, name: &str, arguments: &[&str]) -> Run {
    let mut command = embedded();
    command
        .args(["regrade", "--tray", "6x12", "--out"])
        .arg(archive.run_folder(name))
        .arg(archive.path());
    run(command.args(arguments))
}

fn from_reports(archive: &Archive, from: &str, out: &str, standard: &Path) -> Run {
    run(embedded()
        .args(["regrade", "--from-reports"])
        .arg(archive.run_folder(from))
        .arg("--standard")
        .arg(standard)
        .arg("--out")
        .arg(archive.run_folder(out)))
}

#[test]
fn measurements_give_the_bytes_that_the_pictures_would_give() {
    let archive = planted();
    regraded(&archive, "first", &["--pitch-mm", "32"]).ends_with(0);
    for (name, criterion) in [
        ("large", "area_pitch2 >= 0.2"),
        ("central", "offset_mm <= 4"),
        ("heavy", "area_mm2 > 150"),
    ] {
        let standard = other_standard(archive.root.path(), name, criterion);
        let full = format!("{name}-full");
        let with = ["--pitch-mm", "32", "--standard", standard.to_str().unwrap()];
        regraded(&archive, &full, &with).ends_with(0);
        from_reports(&archive, "first", name, &standard).ends_with(0);
        assert_eq!(archive.shards(name), archive.shards(&full), "{name}");
        let manifest =
            |run: &str| fs::read(archive.run_folder(run).join("manifest.jsonl")).unwrap();
        assert_eq!(manifest(name), manifest(&full));
        assert_ne!(archive.shards(name), archive.shards("first"));
    }
}

#[test]
fn without_a_scale_a_standard_in_millimetres_refuses_as_it_does_before_a_picture() {
    let archive = planted();
    regraded(&archive, "first", &[]).ends_with(0);
    let standard = other_standard(archive.root.path(), "heavy", "area_mm2 > 150");
    regraded(
        &archive,
        "full",
        &["--standard", standard.to_str().unwrap()],
    )
    .ends_with(0);
    from_reports(&archive, "first", "again", &standard).ends_with(0);
    assert_eq!(archive.shards("again"), archive.shards("full"));
    let plain = other_standard(archive.root.path(), "large", "area_pitch2 >= 0.2");
    from_reports(&archive, "full", "back", &plain)
        .ends_with(4)
        .says(&["planted-0.jpg: was refused without a scale"]);
}

#[test]
fn what_another_standard_changes_is_told_cell_by_cell() {
    let archive = planted();
    regraded(&archive, "first", &[]).ends_with(0);
    let standard = other_standard(archive.root.path(), "lenient", "area_pitch2 >= 0.001");
    let told = run(embedded()
        .args(["regrade", "--from-reports"])
        .arg(archive.run_folder("first"))
        .arg("--standard")
        .arg(&standard)
        .arg("--out")
        .arg(archive.run_folder("large"))
        .arg("--compare")
        .arg(archive.run_folder("first")));
    told.ends_with(1);
    for told_of in [
        "graded weak (remove) -> graded Large (leave): ",
        " cells of 72",
        "planted-0.jpg: ",
    ] {
        assert!(told.stdout.contains(told_of), "{told_of}: {}", told.stdout);
    }
}

#[test]
fn a_file_of_reports_is_judged_line_by_line() {
    let archive = planted();
    let graded = run(grade_json("6x12").arg(archive.path()));
    graded.ends_with(0);
    let file = archive.root.path().join("trays.jsonl");
    fs::write(&file, &graded.stdout).unwrap();
    let standard = other_standard(archive.root.path(), "large", "area_pitch2 >= 0.2");
    let again = run(grade_json("6x12")
        .arg("--standard")
        .arg(&standard)
        .arg(archive.path()));
    let judged = run(embedded()
        .args(["regrade", "--from-reports"])
        .arg(&file)
        .arg("--standard")
        .arg(&standard));
    judged.ends_with(0);
    let mut expected = again.lines();
    for line in &mut expected {
        line.as_object_mut().unwrap().remove("timing_ms");
    }
    assert_eq!(judged.lines(), expected);
    fs::write(&file, "no report\n").unwrap();
    run(embedded().args(["regrade", "--from-reports"]).arg(&file))
        .ends_with(2)
        .says(&["trays.jsonl", "no report"]);
}
