//! Stored trays judged again from their pictures.

use super::*;

fn verify(report: &Path) -> Command {
    let mut command = embedded();
    command.arg("verify").arg(report);
    command
}

#[test]
fn a_run_is_verified_bit_for_bit_from_its_pictures() {
    let archive = Archive::of(5);
    fs::write(archive.picture(2), "no picture").unwrap();
    archive.regraded("run", &["--pitch-mm", "26"]).ends_with(4);
    let verified = run(verify(&archive.run_folder("run"))
        .args(["--pitch-mm", "26", "--pictures"])
        .arg(archive.path()));
    verified.ends_with(0);
    assert!(verified.stdout.starts_with("5 bit for bit"), "{verified:?}");
    let other = run(verify(&archive.run_folder("run"))
        .arg("--pictures")
        .arg(archive.path()));
    other.ends_with(1);
    assert!(
        other.stdout.contains("configuration: expected sha256:"),
        "{other:?}"
    );
}

/// A tray graded with these flags by whatever engine is here, in a file.
fn graded_with(archive: &Archive, flags: &[&str]) -> PathBuf {
    let graded = run(seedgrade()
        .args(flags)
        .args(["grade", "--json", "--tray", "9x5"])
        .arg(archive.picture(0)));
    graded.ends_with(0);
    let file = archive.root.path().join("tray.jsonl");
    fs::write(&file, &graded.stdout).unwrap();
    file
}

#[test]
fn a_report_is_judged_again_in_the_numbers_of_its_day() {
    let archive = Archive::of(1);
    for precision in ["single", "auto"] {
        let file = graded_with(&archive, &["--precision", precision]);
        let verified = run(seedgrade().arg("verify").arg(&file));
        verified.ends_with(0);
        assert!(verified.stdout.starts_with("1 bit for bit"), "{verified:?}");
    }
}

#[test]
fn how_often_the_net_looked_is_part_of_what_a_tray_was_judged_with() {
    let archive = Archive::of(1);
    let file = graded_with(&archive, &["--looks", "2"]);
    run(seedgrade().args(["--looks", "2", "verify"]).arg(&file)).ends_with(0);
    let once = run(seedgrade().arg("verify").arg(&file));
    once.ends_with(1);
    assert!(
        once.stdout.contains("configuration: expected sha256:"),
        "{once:?}"
    );
    run(seedgrade().args(["--looks", "3", "verify"]).arg(&file))
        .ends_with(2)
        .says(&["expected 1, 2 or 4, found 3"]);
}

#[test]
fn what_differs_from_a_stored_tray_is_said() {
    let archive = Archive::of(1);
    let graded = run(grade_json("9x5").arg(archive.picture(0)));
    graded.ends_with(0);
    let file = archive.root.path().join("trays.jsonl");
    fs::write(&file, &graded.stdout).unwrap();
    run(&mut verify(&file)).ends_with(0);

    let altered =
        graded
            .stdout
            .replacen("\"blank\",\"grade\":null", "\"double\",\"grade\":null", 1);
    assert_ne!(altered, graded.stdout);
    fs::write(&file, altered).unwrap();
    let told = run(&mut verify(&file));
    told.ends_with(1);
    assert!(
        told.stdout.contains("expected double, found blank"),
        "{told:?}"
    );

    let elsewhere = graded
        .stdout
        .replacen("\"backend\":\"", "\"backend\":\"another ", 1);
    fs::write(&file, elsewhere).unwrap();
    let alike = run(&mut verify(&file));
    alike.ends_with(0);
    assert!(
        alike.stdout.contains("1 alike on another engine"),
        "{alike:?}"
    );

    fs::write(&file, &graded.stdout).unwrap();
    let mut bytes = fs::read(archive.picture(0)).unwrap();
    bytes.push(0);
    fs::write(archive.picture(0), bytes).unwrap();
    let told = run(&mut verify(&file));
    told.ends_with(1);
    assert!(
        told.stdout.contains("picture: expected sha256 "),
        "{told:?}"
    );

    fs::remove_file(archive.picture(0)).unwrap();
    let told = run(&mut verify(&file));
    told.ends_with(4);
    assert!(told.stdout.contains("cannot be read"), "{told:?}");

    fs::write(&file, "").unwrap();
    run(&mut verify(&file))
        .ends_with(2)
        .says(&["expected reports, found none"]);
}
