//! Arguments, folders, names and overlays.

use super::*;

#[test]
fn a_tray_of_no_rows_or_no_numbers_is_bad_usage() {
    for (tray, says) in [
        ("0x5", "rows and columns must each be 1 to 64"),
        ("65x5", "rows and columns must each be 1 to 64"),
        ("axb", "expected ROWSxCOLS"),
        ("9", "expected ROWSxCOLS"),
        ("-9x5", "expected ROWSxCOLS"),
        ("99999999999x5", "expected ROWSxCOLS"),
        ("", "expected ROWSxCOLS"),
    ] {
        let run = run(embedded()
            .args(["grade", &format!("--tray={tray}")])
            .arg(sample(TRAY)));
        run.ends_with(2).says(&[says]);
        assert_eq!(run.stdout, "");
    }
}

#[test]
fn a_pitch_that_is_no_length_is_bad_usage() {
    for pitch in ["nan", "inf", "0", "-26", "26x", "26x-1", "wide"] {
        let run = run(grade_json("9x5")
            .arg(format!("--pitch-mm={pitch}"))
            .arg(sample(TRAY)));
        run.ends_with(2).says(&["mm"]);
        assert_eq!(run.stdout, "");
    }
}

#[test]
fn no_workers_no_tray_and_no_picture_are_bad_usage() {
    let of = |arguments: &[&str]| run(embedded().current_dir(folder().path()).args(arguments));
    let path = sample(TRAY);
    let path = path.to_str().unwrap();
    of(&["grade", "--tray", "9x5", "--jobs", "0", path])
        .ends_with(2)
        .says(&["--jobs"]);
    of(&["grade", "--pitch-mm", "26", path])
        .ends_with(2)
        .says(&["--pitch-mm", "--tray"]);
    of(&["eval", "no/such/set"]).ends_with(2);
    of(&["grade", "--tray", "9x5"]).ends_with(2).says(&["PATH"]);
    run(seedgrade().args(["--backend", "abacus", "doctor"]))
        .ends_with(2)
        .says(&["abacus", "embedded"]);
}

#[test]
fn an_empty_folder_is_nothing_to_work_on() {
    let folder = folder();
    fs::write(folder.path().join("notes.txt"), "no picture").unwrap();
    let run = run(grade_json("9x5").arg(folder.path()));
    run.ends_with(2).says(&["no picture found"]);
    assert_eq!(run.stdout, "");
}

#[test]
fn a_path_that_does_not_exist_is_named() {
    let run = run(grade_json("9x5").arg("nowhere/tray.jpg"));
    run.ends_with(4)
        .says(&["nowhere/tray.jpg", "cannot be read"]);
}

#[test]
fn a_missing_path_beside_a_good_one_leaves_the_good_one_graded() {
    let run = run(grade_json("9x5").arg("nowhere.jpg").arg(sample(TRAY)));
    run.ends_with(4).says(&["nowhere.jpg"]);
    let lines = run.lines();
    assert_eq!(lines.len(), 1);
    assert_eq!(status(&lines[0]), "graded");
}

#[test]
fn one_bad_picture_among_twenty_leaves_the_others_graded() {
    let folder = folder();
    copies(folder.path(), 20);
    fs::write(folder.path().join("tray-007-bad.png"), "bad").unwrap();
    let run = run(grade_json("9x5").arg(folder.path()));
    run.ends_with(4).says(&["failed: ", "tray-007-bad.png"]);
    let lines = run.lines();
    assert_eq!(lines.len(), 21);
    assert_eq!(lines.iter().filter(|l| status(l) == "graded").count(), 20);
    let bad = lines.iter().find(|l| status(l) == "failed").unwrap();
    assert!(
        bad["source"]
            .as_str()
            .unwrap()
            .ends_with("tray-007-bad.png")
    );
    let sources: Vec<_> = lines.iter().map(|l| l["source"].to_string()).collect();
    assert!(sources.is_sorted(), "{sources:?}");
}

/// Takes all permissions away; false, and a sentence, where that does not keep this user out.
#[cfg(unix)]
fn forbid(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(0o000)).unwrap();
    let kept_out = if path.is_dir() {
        fs::read_dir(path).is_err()
    } else {
        fs::File::open(path).is_err()
    };
    if !kept_out {
        println!("skipped: this user reads what nobody may read (root)");
    }
    kept_out
}

#[cfg(unix)]
#[test]
fn a_picture_that_may_not_be_read_is_named() {
    let folder = folder();
    copies(folder.path(), 2);
    if !forbid(&folder.path().join("tray-000.png")) {
        return;
    }
    let run = run(grade_json("9x5").arg(folder.path()));
    run.ends_with(4).says(&["tray-000.png", "ermission denied"]);
    assert_eq!(run.lines().len(), 2);
}

#[cfg(unix)]
#[test]
fn a_folder_inside_that_may_not_be_listed_is_named_and_the_others_are_done() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = folder();
    copies(folder.path(), 1);
    let inside = folder.path().join("closed");
    fs::create_dir(&inside).unwrap();
    let closed = forbid(&inside);
    let run = run(grade_json("9x5").arg(folder.path()));
    fs::set_permissions(&inside, fs::Permissions::from_mode(0o700)).unwrap();
    if closed {
        run.ends_with(4).says(&["closed"]);
        assert_eq!(
            run.lines().iter().filter(|l| status(l) == "graded").count(),
            1
        );
    }
}

#[cfg(unix)]
#[test]
fn a_pipe_among_the_pictures_is_named_and_not_waited_for() {
    let folder = folder();
    copies(folder.path(), 1);
    let pipe = folder.path().join("pipe.png");
    assert!(
        Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success()
    );
    let run = within(60, piped(grade_json("9x5").arg(folder.path())));
    run.ends_with(4).says(&["pipe.png", "no file"]);
    assert_eq!(
        run.lines().iter().filter(|l| status(l) == "graded").count(),
        1
    );
}

#[cfg(unix)]
#[test]
fn a_link_to_nothing_is_named_and_one_to_its_own_folder_does_no_harm() {
    use std::os::unix::fs::symlink;
    let folder = folder();
    copies(folder.path(), 1);
    symlink("nowhere", folder.path().join("broken.png")).unwrap();
    symlink(folder.path(), folder.path().join("again")).unwrap();
    symlink(folder.path(), folder.path().join("again.png")).unwrap();
    let run = run(grade_json("9x5").arg(folder.path()));
    run.ends_with(4).says(&["broken.png"]);
    assert_eq!(run.lines().len(), 2);
}

/// File systems of other kinds refuse such names.
#[cfg(target_os = "linux")]
#[test]
fn names_that_are_no_text_are_graded() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;
    let (folder, out) = (folder(), folder());
    let name = OsStr::from_bytes(b"tray-\xff\xfe.png");
    fs::copy(sample(TRAY), folder.path().join(name)).unwrap();
    let run = run(grade_json("9x5")
        .arg("--overlay")
        .arg(out.path())
        .arg(folder.path()));
    run.ends_with(0);
    assert_eq!(status(&run.lines()[0]), "graded");
    assert!(out.path().join(name).is_file());
}

#[cfg(unix)]
#[test]
fn names_with_spaces_quotes_and_markup_are_graded_and_drawn() {
    let (folder, out) = (folder(), folder());
    let names = [
        "two words.png",
        "it's \"quoted\".png",
        "<b>bold & <script>alert(1)<.png",
        "--tray.png",
        "line\nbreak.png",
        "苗盘.png",
    ];
    for name in names {
        fs::copy(sample(TRAY), folder.path().join(name)).unwrap();
    }
    let run = run(grade_json("9x5")
        .arg("--overlay")
        .arg(out.path())
        .arg(folder.path()));
    run.ends_with(0);
    let lines = run.lines();
    assert_eq!(lines.len(), names.len());
    for name in names {
        let source = folder.path().join(name);
        let source = source.to_str().unwrap();
        assert!(lines.iter().any(|l| l["source"] == source), "{name}");
        let drawn = image::open(out.path().join(name)).unwrap();
        assert!(drawn.width() > 0);
    }
}

#[cfg(unix)]
#[test]
fn a_name_cannot_move_the_cursor_of_a_terminal() {
    let folder = folder();
    for name in ["good\u{1b}[2J\u{7}.png", "bad\u{1b}[31m\nline.png"] {
        fs::write(folder.path().join(name), fs::read(sample(TRAY)).unwrap()).unwrap();
    }
    fs::write(folder.path().join("bad\u{1b}[31m\nline.png"), "bad").unwrap();
    let run = run(embedded()
        .env_remove("NO_COLOR")
        .env("CLICOLOR_FORCE", "1")
        .args(["grade", "--tray", "9x5"])
        .arg(folder.path()));
    run.ends_with(4).says(&["bad\u{fffd}[31m\u{fffd}line.png"]);
    for text in [&run.stdout, &run.stderr] {
        assert!(
            !text.contains("\u{1b}[2J") && !text.contains('\u{7}'),
            "{run:#?}"
        );
    }
    assert!(
        run.stdout.contains("good\u{fffd}[2J\u{fffd}.png"),
        "{run:#?}"
    );
}

#[test]
fn overlays_of_pictures_with_one_name_do_not_replace_each_other() {
    let (folder, out) = (folder(), folder());
    let picture = image::open(sample(TRAY)).unwrap().into_rgb8();
    for name in ["a.2.jpg", "a.jpg", "a.png", "a.jpeg"] {
        picture.save(folder.path().join(name)).unwrap();
    }
    run(grade_json("9x5")
        .arg("--overlay")
        .arg(out.path())
        .arg(folder.path()))
    .ends_with(0);
    let mut drawn: Vec<_> = fs::read_dir(out.path())
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect();
    drawn.sort();
    assert_eq!(drawn, ["a.2.png", "a.3.png", "a.4.png", "a.png"]);
}

#[test]
fn an_overlay_never_takes_the_place_of_its_picture() {
    let folder = folder();
    copies(folder.path(), 1);
    let picture = folder.path().join("tray-000.png");
    let before = fs::read(&picture).unwrap();
    let run = run(grade_json("9x5")
        .arg("--overlay")
        .arg(folder.path())
        .arg(folder.path()));
    run.ends_with(2)
        .says(&["--overlay", "tray-000.png", "would be overwritten"]);
    assert_eq!(fs::read(&picture).unwrap(), before);
    assert_eq!(run.stdout, "");
}
