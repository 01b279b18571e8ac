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

use common::{embedded, run};
use seedgrade::store::StoreReader;
use serde_json::Value;

const TRAYS: u64 = 8;
/// From the camera to the farthest gate: 5 s of belt, for a busy machine.
const SAFE_GATE_COUNTS: u32 = 4400;

struct ForeignPlc {
    process: Child,
    said: BufReader<ChildStdout>,
    address: String,
}

impl ForeignPlc {
    /// The server, listening; none where it cannot be had.
    fn start() -> Option<Self> {
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
            .args(["--trays", &TRAYS.to_string()])
            .args(["--belt-counts", &(SAFE_GATE_COUNTS + 400).to_string()])
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

fn configuration(folder: &Path, address: &str) -> std::path::PathBuf {
    let gates: String = [
        ("hold", SAFE_GATE_COUNTS),
        ("market", 4000),
        ("second", 4100),
        ("rework", 4200),
    ]
    .iter()
    .enumerate()
    .map(|(number, (route, counts))| {
        format!("[[gate]]\nroute = \"{route}\"\nnumber = {number}\ncounts_from_camera = {counts}\n")
    })
    .collect();
    let file = folder.join("line.toml");
    let text = format!(
        "[tray]\nrows = 4\ncols = 5\n[camera]\nsource = \"simulated\"\n[belt]\ncounts_per_mm = 4.0\ntravel = \"+x\"\n\
         first_cell = \"top-left\"\nlate_margin_counts = 50\n[line]\nsuspend_after = 0\n{gates}\
         [job]\nid = 7\nlot = \"A\"\nvariety = \"tomato\"\n[machine]\nmodbus = \"{address}\"\n[store]\nfile = \"line.db\"\n"
    );
    std::fs::write(&file, text).unwrap();
    file
}

#[test]
fn a_foreign_plc_gets_one_command_for_every_tray_and_register_102_alone() {
    let Some(mut plc) = ForeignPlc::start() else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let config = configuration(folder.path(), &plc.address);
    let trays = TRAYS.to_string();
    let ended = run(embedded()
        .args(["line", "--trays", &trays, "--config"])
        .arg(&config));
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let account = plc.account();
    let numbers = |key: &str| -> Vec<u64> {
        account[key]
            .as_array()
            .unwrap()
            .iter()
            .map(|n| n.as_u64().unwrap())
            .collect()
    };
    assert_eq!(account["faults"], serde_json::json!([]), "{account}");
    let commands = account["commands"].as_array().unwrap();
    let mut answered: Vec<_> = commands
        .iter()
        .map(|command| command["tray"].as_u64().unwrap())
        .collect();
    answered.sort_unstable();
    assert_eq!(numbers("triggers"), (1..=TRAYS).collect::<Vec<_>>());
    assert_eq!(answered, numbers("triggers"), "{account}");
    for command in commands {
        assert_eq!(command["late"], false, "{account}");
        assert_eq!(command["known"], true, "{account}");
    }
    let rows = StoreReader::open(&folder.path().join("line.db"))
        .unwrap()
        .commands(0, 100)
        .unwrap();
    assert_eq!(rows.len() as u64, TRAYS);
    assert!(
        rows.iter().all(|(_, row)| row.outcome == "accepted"),
        "{rows:?}"
    );
}
