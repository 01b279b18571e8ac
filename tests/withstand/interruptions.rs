//! Readers that go away, signals, and disks that are full.

use super::*;

#[test]
fn a_reader_that_goes_away_ends_the_command_quietly() {
    let folder = folder();
    copies(folder.path(), 40);
    let mut child = piped(grade_json("9x5").args(["--jobs", "1"]).arg(folder.path()));
    let mut reader = BufReader::new(child.stdout.take().unwrap());
    let mut first = String::new();
    reader.read_line(&mut first).unwrap();
    drop(reader);
    let run = within(60, child);
    run.ends_with(0);
    assert_eq!(run.stderr, "");
    serde_json::from_str::<Value>(&first).unwrap();
}

#[cfg(unix)]
fn interrupt(child: &Child) {
    let sent = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .unwrap();
    assert!(sent.success());
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_with_whole_lines_and_says_what_was_kept() {
    let folder = folder();
    copies(folder.path(), 200);
    let mut child = piped(grade_json("9x5").args(["--jobs", "1"]).arg(folder.path()));
    let mut reader = BufReader::new(child.stdout.take().unwrap());
    let mut text = String::new();
    reader.read_line(&mut text).unwrap();
    interrupt(&child);
    reader.read_to_string(&mut text).unwrap();
    let run = within(60, child);
    assert!(text.ends_with('\n'));
    for line in text.lines() {
        assert_eq!(status(&serde_json::from_str(line).unwrap()), "graded");
    }
    let done = text.lines().count();
    assert!(done < 200, "{done}");
    run.ends_with(130)
        .says(&[&format!("interrupted: {done} of 200 pictures are done")]);
}

#[cfg(unix)]
#[test]
fn ctrl_c_before_the_table_prints_the_rows_that_are_done() {
    let (folder, out) = (folder(), folder());
    copies(folder.path(), 200);
    let child = piped(
        embedded()
            .args(["grade", "--tray", "9x5", "--jobs", "1", "--overlay"])
            .arg(out.path())
            .arg(folder.path()),
    );
    let first = out.path().join("tray-000.png");
    while !first.exists() {
        std::thread::sleep(Duration::from_millis(5));
    }
    interrupt(&child);
    let run = within(60, child);
    run.ends_with(130).says(&["interrupted: ", "of 200"]);
    assert!(run.stdout.contains("tray-000.png"), "{run:#?}");
}

/// A folder on a disk of 64 KiB; `None`, and a sentence, where this user may not mount one.
struct SmallDisk(TempDir);

impl SmallDisk {
    fn mount() -> Option<Self> {
        let folder = folder();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=64k", "tmpfs"])
            .arg(folder.path())
            .stderr(Stdio::null())
            .status();
        if mounted.is_ok_and(|status| status.success()) {
            return Some(Self(folder));
        }
        println!("skipped: this user may not mount a small disk");
        None
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let unmounted = Command::new("umount").arg(self.0.path()).status();
        assert!(unmounted.is_ok_and(|status| status.success()));
    }
}

#[test]
fn a_disk_that_is_full_ends_with_3_and_names_the_path() {
    let Some(disk) = SmallDisk::mount() else {
        return;
    };
    let overlays = disk.0.path().join("marked");
    let run_overlay = run(grade_json("9x5")
        .arg("--overlay")
        .arg(&overlays)
        .arg(sample(TRAY)));
    run_overlay.ends_with(3).says(&[
        overlays.to_str().unwrap(),
        "No space left",
        "0 of 1 pictures",
    ]);
    let out = disk.0.path().join("demo");
    run(embedded().arg("demo").arg("--out").arg(&out))
        .ends_with(3)
        .says(&[out.to_str().unwrap()]);
    let set = disk.0.path().join("set");
    run(embedded()
        .args([
            "render", "--trays", "2", "--seed", "1", "--tray", "4x5", "--out",
        ])
        .arg(&set))
    .ends_with(3)
    .says(&[set.to_str().unwrap(), "No space left"]);
}

/// The program where no file may grow beyond 4 KiB: a full disk for users who may not mount one.
#[cfg(target_os = "linux")]
fn cramped(arguments: &[&std::ffi::OsStr]) -> Run {
    run(Command::new("bash")
        .args(["-c", "trap '' XFSZ; ulimit -f 4 && exec \"$@\"", "bash"])
        .arg(env!("CARGO_BIN_EXE_seedgrade"))
        .args(["--backend", "embedded"])
        .args(arguments))
}

#[cfg(target_os = "linux")]
#[test]
fn a_write_that_fails_ends_with_3_and_leaves_no_half_file() {
    let out = folder();
    let overlays = out.path().join("marked");
    let picture = sample(TRAY);
    let run = cramped(&[
        "grade".as_ref(),
        "--tray".as_ref(),
        "9x5".as_ref(),
        "--overlay".as_ref(),
        overlays.as_ref(),
        picture.as_ref(),
    ]);
    run.ends_with(3)
        .says(&[overlays.to_str().unwrap(), "cannot be written"]);
    assert_eq!(fs::read_dir(&overlays).unwrap().count(), 0);
    let demo = out.path().join("demo");
    cramped(&["demo".as_ref(), "--out".as_ref(), demo.as_ref()])
        .ends_with(3)
        .says(&[demo.to_str().unwrap()]);
}

#[test]
fn a_folder_for_results_that_cannot_be_made_ends_with_3() {
    let folder = folder();
    let file = folder.path().join("file");
    fs::write(&file, "in the way").unwrap();
    run(grade_json("9x5")
        .arg("--overlay")
        .arg(&file)
        .arg(sample(TRAY)))
    .ends_with(3)
    .says(&["file", "cannot be made"]);
    run(embedded().arg("demo").arg("--out").arg(file.join("demo")))
        .ends_with(3)
        .says(&["demo", "cannot be made"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_under_stdout_ends_with_3() {
    let full = fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let child = grade_json("9x5")
        .arg(sample(TRAY))
        .stdout(full)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    within(60, child)
        .ends_with(3)
        .says(&["stdout cannot be written", "No space left"]);
}
