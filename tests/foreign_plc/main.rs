//! The line against a PLC that this repository did not write: pymodbus' server, with the register map in `plc.py`.
//! Where Python has no pymodbus with its simulator, the test says so and passes.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    missing_docs
)]

#[path = "../common/mod.rs"]
mod common;

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use common::{Run, embedded, signal};
use seedgrade::store::{CommandRecord, StoreReader};
use serde_json::Value;

/// Longer than a hundred trays take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(150);
/// Trays that a busy machine may look at or judge too late.
const MOST_DROPPED: usize = 10;
/// From the camera to the farthest gate: 5 s of belt, for a busy machine.
const SAFE_GATE_COUNTS: u32 = 11_000;

/// Routes by the numbers of their gates, and how far from the camera these are.
const GATES: [(&str, u32); 4] = [
    ("hold", SAFE_GATE_COUNTS),
    ("market", 10_000),
    ("second", 10_250),
    ("rework", 10_500),
];

struct ForeignPlc {
    process: Child,
    said: BufReader<ChildStdout>,
    address: String,
}

impl ForeignPlc {
    /// The server, listening; none where it cannot be had.
    fn start(trays: u64, registers: &[&str]) -> Option<Self> {
        let has_pymodbus = Command::new("python3")
            .args(["-c", "import pymodbus.simulator"])
            .stderr(Stdio::null())
            .status();
        if !has_pymodbus.is_ok_and(|status| status.success()) {
            println!("pymodbus is not installed: skipped");
            return None;
        }
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/foreign_plc/plc.py");
        let mut process = Command::new("python3")
            .arg(script)
            .args(["--trays", &trays.to_string()])
            .args(["--belt-counts", &(SAFE_GATE_COUNTS + 400).to_string()])
            .args(registers)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(process.stdout.take().unwrap());
        let mut address = String::new();
        said.read_line(&mut address).unwrap();
        Some(Self {
            process,
            said,
            address: address.trim().to_owned(),
        })
    }

    /// What was written to it, once the last tray is past the gates.
    fn account(&mut self) -> Value {
        let mut account = String::new();
        self.said.read_line(&mut account).unwrap();
        serde_json::from_str(&account).expect("the PLC's account")
    }
}

impl Drop for ForeignPlc {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn configuration(folder: &Path, address: &str, registers: &str) -> std::path::PathBuf {
    let gates: String = GATES
        .iter()
        .enumerate()
        .map(|(number, (route, counts))| {
            format!(
                "[[gate]]\nroute = \"{route}\"\nnumber = {number}\ncounts_from_camera = {counts}\n"
            )
        })
        .collect();
    let file = folder.join("line.toml");
    let text = format!(
        "[tray]\nrows = 4\ncols = 5\n[camera]\nsource = \"simulated\"\n[belt]\ncounts_per_mm = 4.0\ntravel = \"+x\"\n\
         first_cell = \"top-left\"\nlate_margin_counts = 50\n[line]\nsuspend_after = 0\n{gates}\
         [job]\nid = 7\nlot = \"A\"\nvariety = \"tomato\"\n[machine]\nmodbus = \"{address}\"\n{registers}[store]\nfile = \"line.db\"\n"
    );
    std::fs::write(&file, text).unwrap();
    file
}

#[test]
fn a_foreign_plc_that_answers_late_and_loses_replies_gets_one_command_for_every_tray() {
    are_sorted(100, &[], "");
}

#[test]
fn a_foreign_plc_whose_maker_numbers_and_orders_registers_otherwise_is_spoken_to_in_its_way() {
    are_sorted(
        8,
        &["--unit", "17", "--base", "4000", "--low-first"],
        "unit = 17\nbase_register = 4000\nword_order = \"low-first\"\n",
    );
}

/// So many trays are sorted by a PLC with these registers, as its program and the line's configuration know them.
#[track_caller]
fn are_sorted(trays: u64, registers: &[&str], configured: &str) {
    let Some(mut plc) = ForeignPlc::start(trays, registers) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let config = configuration(folder.path(), &plc.address, configured);
    let ended = run_line(
        embedded()
            .args(["line", "--trays", &trays.to_string(), "--config"])
            .arg(&config),
    );
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let account = plc.account();
    assert_eq!(account["faults"], serde_json::json!([]), "{account}");
    let triggers: Vec<_> = (1..=trays).collect();
    assert_eq!(account["triggers"], serde_json::json!(triggers));
    assert!(account["lost_replies"].as_u64() >= Some(trays / 10));
    let store = StoreReader::open(&folder.path().join("line.db")).unwrap();
    let rows = store.commands(0, 1000).unwrap();
    let rows: Vec<_> = rows.into_iter().map(|(_, row)| row).collect();
    let mut rowed: Vec<_> = rows.iter().map(|row| u64::from(row.trigger)).collect();
    rowed.sort_unstable();
    assert_eq!(rowed, triggers, "every tray has one row");
    let (commanded, dropped): (Vec<_>, Vec<_>) = rows.iter().partition(|r| r.sequence.is_some());
    let was_late = |row: &&CommandRecord| {
        let reason = row.reason.as_deref().unwrap_or_default();
        row.outcome == "dropped" && (reason.contains("late") || reason.contains("behind"))
    };
    assert!(dropped.iter().all(was_late), "{dropped:?}");
    assert!(dropped.len() <= MOST_DROPPED, "{dropped:?}");
    are_its_commands(&commanded, account["commands"].as_array().unwrap());
}

/// Runs a line until it has seen its trays. One that waits for them for ever is asked to end: what it lacks is found.
fn run_line(command: &mut Command) -> Run {
    let piped = command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut line = piped.spawn().unwrap();
    let started = Instant::now();
    while line.try_wait().unwrap().is_none() && started.elapsed() < PATIENCE {
        std::thread::sleep(Duration::from_millis(50));
    }
    if line.try_wait().unwrap().is_none() {
        signal(&line, "-INT");
    }
    Run::of(line.wait_with_output().unwrap())
}

/// What the PLC was told is what stands in the rows: once for each tray, in time, and for the gate that its row names.
#[track_caller]
fn are_its_commands(rows: &[&CommandRecord], commands: &[Value]) {
    let told = commands.iter().map(|command| {
        assert_eq!(
            (&command["late"], &command["known"]),
            (&false.into(), &true.into()),
            "{command}"
        );
        let number = |key: &str| command[key].as_u64().unwrap();
        let from_camera = (number("fire_at") as u32).wrapping_sub(number("latched") as u32);
        let gate = GATES[number("gate") as usize];
        assert_eq!(from_camera, gate.1, "{command}");
        ["tray", "number", "gate", "fire_at"].map(number)
    });
    let mut told: Vec<_> = told.collect();
    told.sort_unstable();
    let stored = rows.iter().map(|row| {
        assert_eq!(row.outcome, "accepted", "{row:?}");
        let (number, gate) = (row.sequence.unwrap(), row.gate.unwrap());
        let fire_at = row.fire_at.unwrap();
        [
            row.trigger.into(),
            number.into(),
            gate.into(),
            fire_at.into(),
        ]
    });
    let mut stored: Vec<[u64; 4]> = stored.collect();
    stored.sort_unstable();
    assert_eq!(told, stored);
}
