//! What is acknowledged survives a power cut: stored trays, spilled trays, kept pictures, shards of a re-grading.
//!
//! The real program runs under `strace`; what it did is done again on a disk that loses whatever was not synced
//! ([`disk::Disk`]), and the power goes at every moment at which that makes a difference. That the tests see a sync that is
//! missing is shown by disks that obey none of one kind.

#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::print_stdout,
    missing_docs
)]

#[path = "../common/mod.rs"]
mod common;
mod disk;
mod trace;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use common::{Run, graded, sample, seedgrade};
use disk::{Disk, Names, Syncs};
use seedgrade::inspect::TrayReport;
use seedgrade::store::{
    KeptBecause, NewPicture, PictureFolder, Record, StoreReader, StoreWriter, TrayFilter,
    TrayRecord, WriterParams, check,
};
use trace::Deed;

/// Set in the process whose power goes: what it does, and the folder to do it in.
const DOES: &str = "SEEDGRADE_POWER_LOSS";
/// Trays that it stores.
const TRAYS: u64 = 5;

fn uid(number: u64) -> String {
    format!("base1/line1/2026-11-24/{number:06}")
}

fn tray(number: u64, report: &TrayReport) -> Record {
    let mut report = report.clone();
    report.facts.tray_uid = uid(number);
    Record::Tray(Box::new(TrayRecord {
        received_at: "2026-11-24T08:00:01.000Z".to_owned(),
        report,
    }))
}

fn report_of(path: &Path) -> TrayReport {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// The process whose power goes: says each number when it has been acknowledged.
#[test]
fn a_line_whose_power_goes() {
    let Ok(asked) = std::env::var(DOES) else {
        return;
    };
    let (what, folder) = asked.split_once(' ').unwrap();
    let folder = Path::new(folder);
    let report = report_of(&folder.with_extension("report.json"));
    let store = folder.join("line.db");
    match what {
        "stores" => {
            // Under `strace` the store is slow: what it acknowledges is asked for, whatever it takes.
            let patient = WriterParams {
                wait_for_store: Duration::from_mins(10),
                ..WriterParams::default()
            };
            drop(stores(&store, &report, patient, |w| w.counters().written));
        }
        "spills" => {
            drop(StoreWriter::open(&store, WriterParams::default()).unwrap());
            let other = rusqlite::Connection::open(&store).unwrap();
            other.execute_batch("BEGIN IMMEDIATE").unwrap();
            let impatient = WriterParams {
                wait_for_lock: Duration::from_millis(1),
                ..WriterParams::default()
            };
            let writer = stores(&store, &report, impatient, |w| w.counters().spilled);
            // The store takes records again: the power goes while they are taken in, too.
            other.execute_batch("COMMIT").unwrap();
            while writer.counters().taken_in < TRAYS {
                std::thread::sleep(Duration::from_millis(1));
            }
        }
        "keeps-pictures" => keeps_pictures(&store),
        other => panic!("{other}"),
    }
}

fn stores(
    store: &Path,
    report: &TrayReport,
    params: WriterParams,
    acknowledged: fn(&StoreWriter) -> u64,
) -> StoreWriter {
    let writer = StoreWriter::open(store, params).unwrap();
    for number in 0..TRAYS {
        writer.write(tray(number, report));
        while acknowledged(&writer) <= number {
            std::thread::sleep(Duration::from_millis(1));
        }
        println!("acknowledged {number}");
    }
    writer
}

fn keeps_pictures(store: &Path) {
    drop(StoreWriter::open(store, WriterParams::default()).unwrap());
    let folder = seedgrade::store::pictures_path(store);
    let mut pictures = PictureFolder::open(store, &folder, 1 << 30).unwrap();
    for number in 0..TRAYS {
        let picture = NewPicture {
            at: "2026-11-24T08:00:00Z",
            tray_uid: &uid(number),
            pass: 1,
            bytes: &picture(number),
            why: KeptBecause::All,
        };
        pictures.keep(&picture).unwrap();
        println!("acknowledged {number}");
    }
}

fn picture(number: u64) -> Vec<u8> {
    [b"\x89PNG".as_slice(), &number.to_le_bytes().repeat(40)].concat()
}

/// What a command does to files, and where; none where there is no `strace` that may watch.
fn record(command: &Command, folder: &Path) -> Option<Vec<Deed>> {
    let log = folder.with_extension("strace");
    let mut traced = Command::new("strace");
    traced
        .args([
            "-f",
            "-xx",
            "-s",
            "100000000",
            "-e",
            "signal=none",
            "-e",
            trace::CALLS,
            "-o",
        ])
        .arg(&log)
        .arg(command.get_program())
        .args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => traced.env(name, value),
            None => traced.env_remove(name),
        };
    }
    let Ok(output) = traced.output() else {
        eprintln!("skipped: strace is not here");
        return None;
    };
    if String::from_utf8_lossy(&output.stderr).contains("PTRACE") {
        eprintln!("skipped: strace may not watch processes here");
        return None;
    }
    Run::of(output).ends_with(0);
    Some(trace::deeds(&fs::read_to_string(log).unwrap()))
}

fn line_that(what: &str, folder: &Path) -> Option<Vec<Deed>> {
    fs::create_dir(folder).unwrap();
    let report = graded("9x5", sample("ippn-bare.png"));
    fs::write(folder.with_extension("report.json"), report.to_string()).unwrap();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", "a_line_whose_power_goes", "--nocapture"])
        .env(DOES, format!("{what} {}", folder.display()));
    record(&command, folder)
}

/// Lets the power go at every moment at which that makes a difference and gives what is found, and what was said until
/// then, to `look`. The first thing that is wrong, and how many moments there were.
fn power_goes(
    deeds: &[Deed],
    folder: &Path,
    syncs: Syncs,
    look: &dyn Fn(&Path, &str) -> Result<(), String>,
) -> (usize, Option<String>) {
    let mut disk = Disk::new(folder, syncs);
    let mut moments = 0;
    for deed in deeds {
        if !disk.follow(deed) {
            continue;
        }
        for names in [Names::Synced, Names::All] {
            let found = tempfile::tempdir().unwrap();
            disk.after_power_loss(names, found.path());
            moments += 1;
            if let Err(wrong) = look(found.path(), &disk.said) {
                return (
                    moments,
                    Some(format!("{names:?}, after {deed:.120?}: {wrong}")),
                );
            }
        }
    }
    (moments, None)
}

/// The numbers that were acknowledged.
fn acknowledged(said: &str) -> impl Iterator<Item = u64> {
    let of = |line: &str| line.rsplit_once("acknowledged ")?.1.parse().ok();
    let whole = said.rsplit_once('\n').map_or("", |(whole, _)| whole);
    let last: Option<u64> = whole.lines().filter_map(of).next_back();
    0..last.map_or(0, |last| last + 1)
}

fn store_holds_what_was_acknowledged(found: &Path, said: &str) -> Result<(), String> {
    let store = found.join("line.db");
    // The next run of the line: it takes in what was spilled.
    let writer = StoreWriter::open(&store, WriterParams::default()).map_err(|e| e.to_string())?;
    drop(writer);
    let health = check(&store).map_err(|error| error.to_string())?;
    if !health.faults.is_empty() {
        return Err(health.faults.join("; "));
    }
    let reader = StoreReader::open(&store).map_err(|error| error.to_string())?;
    let trays = reader.trays(&TrayFilter::default()).unwrap();
    for number in acknowledged(said) {
        let found = trays.iter().filter(|tray| tray.uid == uid(number));
        let found = found.count();
        if found != 1 {
            return Err(format!(
                "tray {number} was acknowledged and is there {found} times"
            ));
        }
    }
    Ok(())
}

fn pictures_are_there_and_whole(found: &Path, said: &str) -> Result<(), String> {
    let store = found.join("line.db");
    drop(StoreWriter::open(&store, WriterParams::default()).map_err(|e| e.to_string())?);
    let reader = StoreReader::open(&store).map_err(|error| error.to_string())?;
    let acknowledged = acknowledged(said).count() as u64;
    for number in 0..TRAYS {
        let kept = reader.kept_picture(&uid(number), 1).unwrap();
        let bytes = kept.and_then(|(_, file)| fs::read(file).ok());
        match bytes {
            Some(bytes) if bytes == picture(number) => {}
            Some(_) => return Err(format!("picture {number} is half there")),
            None if number < acknowledged => {
                return Err(format!("picture {number} was acknowledged and is lost"));
            }
            None => {}
        }
    }
    Ok(())
}

/// Nothing is wrong on a disk that obeys, and something is on those that do not.
fn survives(deeds: &[Deed], folder: &Path, look: &dyn Fn(&Path, &str) -> Result<(), String>) {
    let (moments, wrong) = power_goes(deeds, folder, Syncs::All, look);
    assert_eq!(wrong, None, "after {moments} moments");
    for disobedient in [Syncs::NoneOfFiles, Syncs::NoneOfFolders] {
        let (_, seen) = power_goes(deeds, folder, disobedient, look);
        println!("{moments} moments; {disobedient:?} is seen: {seen:?}");
        assert!(seen.is_some(), "missing syncs go unseen: {disobedient:?}");
    }
}

#[test]
fn a_stored_tray_that_was_acknowledged_survives_a_power_cut() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("store");
    let Some(deeds) = line_that("stores", &folder) else {
        return;
    };
    survives(&deeds, &folder, &store_holds_what_was_acknowledged);
}

#[test]
fn a_spilled_tray_that_was_acknowledged_survives_a_power_cut() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("store");
    let Some(deeds) = line_that("spills", &folder) else {
        return;
    };
    survives(&deeds, &folder, &store_holds_what_was_acknowledged);
}

#[test]
fn a_kept_picture_survives_a_power_cut_and_none_is_ever_half_there() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("store");
    let Some(deeds) = line_that("keeps-pictures", &folder) else {
        return;
    };
    survives(&deeds, &folder, &pictures_are_there_and_whole);
}

/// Every shard that has its name is whole, and where the run had ended all are there.
fn shards_are_whole(run: &Path, found: &Path, said: &str) -> Result<(), String> {
    let all = files(&run.join("shards"));
    let kept = files(&found.join("shards"));
    for (name, bytes) in &kept {
        if all.get(name).is_some_and(|whole| whole != bytes) {
            return Err(format!("shard {name} is half there"));
        }
    }
    // The run's last word comes when all is done.
    let manifest = fs::read(found.join("manifest.jsonl")).ok();
    let whole = fs::read(run.join("manifest.jsonl")).unwrap();
    if manifest.as_ref().is_some_and(|found| *found != whole) {
        return Err("the manifest is half there".to_owned());
    }
    if said.contains(" graded, ")
        && (manifest.is_none() || all.keys().any(|name| !kept.contains_key(name)))
    {
        return Err("the run has ended and a part of it is lost".to_owned());
    }
    Ok(())
}

fn files(folder: &Path) -> std::collections::BTreeMap<String, Vec<u8>> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Default::default();
    };
    let shards = entries.map(|entry| entry.unwrap().path());
    let named = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().into_owned();
    shards
        .filter(|path| path.extension().is_some_and(|ending| ending == "jsonl"))
        .map(|path| (named(&path), fs::read(&path).unwrap()))
        .collect()
}

#[test]
fn a_shard_of_a_re_grading_survives_a_power_cut_and_none_is_ever_half_there() {
    let home = tempfile::tempdir().unwrap();
    let archive = home.path().join("archive");
    fs::create_dir(&archive).unwrap();
    let picture = fs::read(sample("ippn-bare.png")).unwrap();
    for number in 0..12_u8 {
        // No two pictures are the same file.
        fs::write(
            archive.join(format!("{number:02}.png")),
            [picture.clone(), vec![number]].concat(),
        )
        .unwrap();
    }
    // the run makes its own folder, whose name must be on the disk too
    let runs = home.path().join("runs");
    fs::create_dir(&runs).unwrap();
    let run = runs.join("7");
    let mut regrade = seedgrade();
    regrade
        .args(["--backend", "embedded", "regrade"])
        .arg(&archive)
        .args(["--tray", "9x5", "--out"])
        .arg(&run);
    let Some(deeds) = record(&regrade, &runs) else {
        return;
    };
    let look = |found: &Path, said: &str| shards_are_whole(&run, &found.join("7"), said);
    survives(&deeds, &runs, &look);
}
