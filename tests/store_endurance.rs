//! The store under SIGKILL: what was acknowledged is there, once, and the file is whole.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, missing_docs)]

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use seedgrade::store::{
    CellPlace, Correction, CorrectionFilter, CorrectionKind, Statement, StatementWriter,
    StoreReader, StoreWriter, WriterParams, check,
};

/// Kills; more in a longer run: `SEEDGRADE_KILLS=100`.
const KILLS: u64 = 5;
/// Set in the process that writes until it is killed.
const WRITES: &str = "SEEDGRADE_ENDURANCE_STORE";

fn correction(round: u64, number: u32) -> Statement {
    Statement::Correction(Correction {
        at: "2026-11-24T08:00:00Z".to_owned(),
        who: "王芳".to_owned(),
        why: None,
        kind: CorrectionKind::Audit,
        tray_uid: format!("round {round}"),
        pass: 1,
        image_sha256: None,
        cell: CellPlace {
            row: number,
            col: 0,
        },
        before: None,
    })
}

/// The process that is killed: says each number when the store has acknowledged it.
#[test]
fn a_writer_that_is_to_be_killed() {
    let Ok(asked) = std::env::var(WRITES) else {
        return;
    };
    let (round, path) = asked.split_once(' ').unwrap();
    let mut writer = StatementWriter::open(Path::new(path), Duration::from_secs(5)).unwrap();
    for number in 0.. {
        writer
            .add(&correction(round.parse().unwrap(), number))
            .unwrap();
        println!("acknowledged {number}");
    }
}

#[test]
fn whatever_moment_it_is_killed_at_nothing_acknowledged_is_lost() {
    let kills = std::env::var("SEEDGRADE_KILLS").map_or(KILLS, |n| n.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    drop(StoreWriter::open(&path, WriterParams::default()).unwrap());
    let mut all = 0;
    for round in 0..kills {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "a_writer_that_is_to_be_killed", "--nocapture"])
            .env(WRITES, format!("{round} {}", path.display()))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let said = BufReader::new(child.stdout.take().unwrap());
        let killer = std::thread::spawn({
            // Rounds end after other numbers of milliseconds, without a pattern.
            let pause = Duration::from_micros(20_000 + round.wrapping_mul(0x9e37_79b9) % 60_000);
            move || {
                std::thread::sleep(pause);
                child.kill().unwrap();
                child.wait().unwrap();
            }
        });
        let acknowledged = said
            .lines()
            .map_while(Result::ok)
            .filter_map(|line| line.rsplit_once("acknowledged ")?.1.parse::<usize>().ok())
            .max()
            .map_or(0, |last| last + 1);
        killer.join().unwrap();
        let of_round = CorrectionFilter {
            tray_uid: Some(format!("round {round}")),
            ..CorrectionFilter::default()
        };
        let stored = StoreReader::open(&path)
            .unwrap()
            .corrections(&of_round)
            .unwrap();
        assert!(
            (acknowledged..=acknowledged + 1).contains(&stored.len()),
            "round {round}: {acknowledged} acknowledged, {} stored",
            stored.len()
        );
        all += acknowledged;
    }
    let health = check(&path).unwrap();
    assert!(health.faults.is_empty(), "{health:?}");
    println!("{kills} kills, {all} acknowledged statements, none lost");
    assert!(all > 0, "no kill fell into the work");
}
