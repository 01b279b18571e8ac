//! Archives graded anew: the same judgements as one by one, whatever ends the process, however many share the work.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    missing_docs
)]

#[path = "../common/mod.rs"]
mod common;

mod buckets;
mod kills;
mod many;
mod measurements;
mod refusals;
mod server;
mod shares;
mod verifying;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::{Run, embedded, grade_json, run, sample, seedgrade};
use serde_json::Value;
use tempfile::TempDir;

/// An archive of small trays in two folders, and folders for runs over it.
struct Archive {
    root: TempDir,
}

impl Archive {
    /// So many pictures, no two of the same bytes; every fifth shows no tray of 9x5 cells.
    fn of(pictures: usize) -> Self {
        let archive = Self {
            root: tempfile::tempdir().unwrap(),
        };
        for folder in ["morning", "noon"] {
            fs::create_dir_all(archive.path().join(folder)).unwrap();
        }
        for i in 0..pictures {
            archive.add(i);
        }
        archive
    }

    fn path(&self) -> PathBuf {
        self.root.path().join("archive")
    }

    fn picture(&self, i: usize) -> PathBuf {
        let folder = if i.is_multiple_of(2) {
            "morning"
        } else {
            "noon"
        };
        self.path().join(folder).join(format!("tray-{i:04}.png"))
    }

    /// Bytes after a PNG's end are no part of its picture: they tell the files apart.
    fn add(&self, i: usize) {
        let shown = if i % 5 == 4 {
            "not-a-tray.jpg"
        } else {
            "ippn-bare.png"
        };
        let mut bytes = fs::read(sample(shown)).unwrap();
        bytes.extend(format!("{i:06}").bytes());
        fs::write(self.picture(i), bytes).unwrap();
    }

    fn run_folder(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    /// `regrade` of it into a folder of this name.
    fn regrade(&self, name: &str) -> Command {
        let mut command = embedded();
        command
            .args(["regrade", "--tray", "9x5", "--out"])
            .arg(self.run_folder(name))
            .arg(self.path());
        command
    }

    fn regraded(&self, name: &str, arguments: &[&str]) -> Run {
        run(self.regrade(name).args(arguments))
    }

    /// The shards of a run by name, with their bytes.
    fn shards(&self, name: &str) -> BTreeMap<String, Vec<u8>> {
        shards(&self.run_folder(name))
    }
}

fn shards(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(folder.join("shards")).unwrap();
    let read = |entry: std::io::Result<fs::DirEntry>| {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        (name, fs::read(entry.path()).unwrap())
    };
    entries.map(read).collect()
}

/// The lines of a run, in the archive's order.
fn lines(shards: &BTreeMap<String, Vec<u8>>) -> Vec<Value> {
    let whole = String::from_utf8(shards.values().flatten().copied().collect()).unwrap();
    let parse = |line| serde_json::from_str(line).unwrap();
    whole.lines().map(parse).collect()
}

/// A standard that judges the samples otherwise than the embedded one.
fn other_standard(folder: &Path, name: &str, criterion: &str) -> PathBuf {
    let text = format!(
        r#"
schema = "seedgrade.standard/1"
id = "{name}"
version = 1
crop = "tomato"
grade = [{{ id = "Large", marketable = true, all = ["{criterion}"] }},
         {{ id = "weak", marketable = false, all = [] }}]
unsure = {{ occupied = [0.2, 0.95], budget = 0.03 }}
action = {{ weak = "remove", blank = "leave", double = "thin" }}
tray = {{ rules = [{{ grade = "full", when = "blank <= 0.5", route = "shop" }}],
         otherwise = {{ grade = "gaps", route = "refill" }}, ungraded = {{ route = "people" }} }}
"#
    );
    let path = folder.join(format!("{name}.toml"));
    fs::write(&path, text).unwrap();
    path
}

#[test]
fn an_archive_is_judged_as_its_pictures_are_one_by_one() {
    let archive = Archive::of(12);
    archive
        .regraded("run", &[])
        .ends_with(0)
        .says(&["10 graded, 2 refused, 0 failed"]);
    let graded = run(grade_json("9x5").arg(archive.path()));
    graded.ends_with(0);
    let prefix = format!("{}/", archive.path().display());
    let expected: Vec<Value> = graded
        .lines()
        .into_iter()
        .map(|mut line| {
            let fields = line.as_object_mut().unwrap();
            fields.remove("timing_ms");
            let source = fields["source"].as_str().unwrap();
            let source = source.strip_prefix(&prefix).unwrap().to_owned();
            fields.insert("source".to_owned(), Value::String(source));
            line
        })
        .collect();
    assert_eq!(lines(&archive.shards("run")), expected);
}

#[test]
fn the_bytes_of_a_run_do_not_depend_on_how_many_work_at_it() {
    let archive = Archive::of(10);
    archive.regraded("one", &["--jobs", "1"]).ends_with(0);
    archive
        .regraded("two", &["--jobs", "2", "--low-priority"])
        .ends_with(0);
    assert_eq!(archive.shards("one"), archive.shards("two"));
    let manifest = |name: &str| fs::read(archive.run_folder(name).join("manifest.jsonl")).unwrap();
    assert_eq!(manifest("one"), manifest("two"));
}

#[test]
fn a_picture_that_is_none_is_a_row_of_its_own_and_stops_nothing() {
    let archive = Archive::of(6);
    fs::write(archive.picture(3), "no picture").unwrap();
    archive.regraded("run", &[]).ends_with(4).says(&[
        "failed: noon/tray-0003.png",
        "not a JPEG or PNG",
        "4 graded, 1 refused, 1 failed",
    ]);
    let lines = lines(&archive.shards("run"));
    assert_eq!(lines.len(), 6);
    let failed: Vec<&Value> = lines.iter().filter(|l| l["status"] == "failed").collect();
    assert_eq!(failed.len(), 1);
    assert_eq!(failed[0]["source"], "noon/tray-0003.png");
}

#[test]
fn what_changed_is_told_verdict_by_verdict_and_ends_with_1() {
    let archive = Archive::of(7);
    archive.regraded("old", &[]).ends_with(0);
    let old = archive.run_folder("old");
    let old = old.to_str().unwrap();
    let same = archive.regraded("same", &["--compare", old]);
    same.ends_with(0);
    assert_eq!(same.stdout, "0 of 7 trays are judged otherwise\n");
    let standard = other_standard(archive.root.path(), "doubtful", "area_pitch2 >= 0.2");
    let standard = standard.to_str().unwrap();
    let new = archive.regraded("new", &["--standard", standard, "--compare", old]);
    new.ends_with(1);
    for told in [
        "7 of 7 trays are judged otherwise",
        "-> gaps (refill): 6 trays",
        "refused (hold) -> refused (people): 1 trays",
        "morning/tray-0000.png: ",
    ] {
        assert!(new.stdout.contains(told), "{told}: {}", new.stdout);
    }
}
