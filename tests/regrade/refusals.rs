//! Archives that change, manifests that were edited, folders that cannot be written.

use super::*;

#[test]
fn a_run_is_not_gone_on_with_unasked_nor_with_another_recipe() {
    let archive = Archive::of(4);
    archive.regraded("run", &[]).ends_with(0);
    archive
        .regraded("run", &[])
        .ends_with(2)
        .says(&["already holds a run", "--resume"]);
    let standard = other_standard(archive.root.path(), "other", "area_pitch2 >= 0.2");
    archive
        .regraded(
            "run",
            &["--resume", "--standard", standard.to_str().unwrap()],
        )
        .ends_with(2)
        .says(&["was begun with standard sha256:"]);
    archive
        .regraded("run", &["--resume", "--pitch-mm", "26"])
        .ends_with(2)
        .says(&["was begun with configuration sha256:"]);
}

#[test]
fn an_archive_that_has_changed_is_refused_by_name() {
    let archive = Archive::of(4);
    archive.regraded("run", &[]).ends_with(0);
    let shards = archive.shards("run");
    archive.add(4);
    let refused = |says: &str| {
        archive
            .regraded("run", &["--resume"])
            .ends_with(2)
            .says(&["has changed", says]);
    };
    refused("morning/tray-0004.png is new");
    fs::remove_file(archive.picture(4)).unwrap();
    let kept = fs::read(archive.picture(3)).unwrap();
    fs::remove_file(archive.picture(3)).unwrap();
    refused("noon/tray-0003.png is gone");
    fs::write(archive.picture(3), "short").unwrap();
    refused("noon/tray-0003.png: expected");
    assert_eq!(archive.shards("run"), shards);
    fs::write(archive.picture(3), kept).unwrap();
    archive.regraded("run", &["--resume"]).ends_with(0);
}

#[test]
fn a_picture_whose_bytes_have_become_others_is_not_judged() {
    let archive = Archive::of(6);
    archive.regraded("run", &["--jobs", "1"]).ends_with(0);
    let last = archive.run_folder("run").join("shards/000001.jsonl");
    fs::remove_file(&last).unwrap();
    // the same size, other bytes
    let mut bytes = fs::read(archive.picture(5)).unwrap();
    let end = bytes.len() - 1;
    bytes[end] ^= 1;
    fs::write(archive.picture(5), bytes).unwrap();
    archive.regraded("run", &["--resume"]).ends_with(3).says(&[
        "noon/tray-0005.png: its bytes are others",
        "4 of 6 pictures are done and kept",
    ]);
    assert!(!last.exists());
}

#[test]
fn a_manifest_that_was_edited_or_cut_is_refused() {
    let archive = Archive::of(5);
    archive.regraded("run", &[]).ends_with(0);
    let path = archive.run_folder("run").join("manifest.jsonl");
    let text = fs::read_to_string(&path).unwrap();
    let cut = &text[..text.trim_end().rfind('\n').unwrap() + 1];
    for wrong in [
        text.replace("tray-0001", "tray-0009"),
        cut.to_owned(),
        String::new(),
        "{}\n".to_owned(),
        text[..text.len() / 2].to_owned(),
    ] {
        fs::write(&path, &wrong).unwrap();
        archive
            .regraded("run", &["--resume"])
            .ends_with(2)
            .says(&["manifest.jsonl", "edited"]);
    }
}

#[test]
fn results_that_were_edited_are_told_from_results() {
    let archive = Archive::of(5);
    archive.regraded("run", &[]).ends_with(0);
    let path = archive.run_folder("run").join("shards/000000.jsonl");
    let text = fs::read_to_string(&path).unwrap();
    let first = text.lines().next().unwrap();
    fs::write(&path, text.replacen(first, "", 1).trim_start()).unwrap();
    archive
        .regraded("run", &["--resume"])
        .ends_with(3)
        .says(&["000000.jsonl", "expected 4 whole lines, found 3"]);
}

#[test]
fn nothing_to_work_on_is_bad_usage() {
    let archive = Archive::of(0);
    archive
        .regraded("run", &[])
        .ends_with(2)
        .says(&["found none"]);
    let mut file = embedded();
    file.args(["regrade", "--tray", "9x5", "--out"])
        .arg(archive.run_folder("run"))
        .arg(sample("ippn-bare.png"));
    run(&mut file).ends_with(2).says(&["expected a folder"]);
    run(embedded().args(["regrade", "--tray", "9x5"]))
        .ends_with(2)
        .says(&["ARCHIVE"]);
    let archive = Archive::of(1);
    archive
        .regraded("run", &["--compare", "nowhere"])
        .ends_with(2)
        .says(&["nowhere", "no manifest.jsonl"]);
    assert!(!archive.run_folder("run").exists());
}

#[test]
fn a_folder_that_cannot_be_made_ends_with_3() {
    let archive = Archive::of(2);
    fs::write(archive.run_folder("file"), "in the way").unwrap();
    archive
        .regraded("file/run", &[])
        .ends_with(3)
        .says(&["file"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_disk_that_is_full_ends_with_3_and_says_what_is_kept() {
    let archive = Archive::of(6);
    let regrade = archive.regrade("run");
    // no file may grow beyond 8 KiB: the manifest fits, a shard does not
    let cramped = run(Command::new("bash")
        .args(["-c", "trap '' XFSZ; ulimit -f 8 && exec \"$@\"", "bash"])
        .arg(regrade.get_program())
        .args(regrade.get_args()));
    cramped.ends_with(3).says(&[
        "shards/00000",
        "cannot be written",
        "0 of 6 pictures are done",
    ]);
    assert!(archive.shards("run").is_empty());
    archive.regraded("run", &["--resume"]).ends_with(0);
}

#[cfg(target_os = "linux")]
#[test]
fn one_process_works_at_a_share_and_at_low_priority_gives_way() {
    let archive = Archive::of(80);
    let mut child = archive
        .regrade("run")
        .args(["--jobs", "1", "--low-priority"])
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    while !archive
        .run_folder("run")
        .join(".share-1-of-1.lock")
        .exists()
    {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    std::thread::sleep(std::time::Duration::from_millis(100));
    archive
        .regraded("run", &["--resume"])
        .ends_with(2)
        .says(&["is at work"]);
    let tasks = fs::read_dir(format!("/proc/{}/task", child.id())).unwrap();
    let niceness = |task: std::io::Result<fs::DirEntry>| {
        let stat = fs::read_to_string(task.unwrap().path().join("stat")).unwrap();
        let after_name = stat.rsplit(") ").next().unwrap().to_owned();
        // field 19 of proc(5); the state after the name is field 3
        after_name.split(' ').nth(16).unwrap().to_owned()
    };
    let nice = tasks.map(niceness).filter(|nice| nice == "19").count();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(nice >= 2, "the main thread and the worker give way: {nice}");
}
