//! A line that is ended at any moment, and started again.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use seedgrade::clock;
use seedgrade::machine::SharedPlant;

use crate::account::Account;
use crate::common::{Run, signal};
use crate::{
    configuration, keeping_pictures, line, pictures_are_whole, plant_beside, rows, wait_for,
};

/// Ends of one line; more in a longer run:
/// `SEEDGRADE_KILLS=100 cargo test --test line_command ended_at_any_moment -- --nocapture`.
/// It prints its seed; `SEEDGRADE_SEED` chooses the same moments again.
const KILLS: u64 = 4;

fn asked(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// Moments that nobody chose, from a seed.
struct Scattered(u64);

impl Scattered {
    /// A number below `most`.
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ mixed >> 31) % most
    }

    fn pause(&mut self, most_ms: u64) {
        std::thread::sleep(Duration::from_millis(self.below(most_ms)));
    }
}

fn begin(command: &mut Command) -> Child {
    let piped = command.stdout(Stdio::piped()).stderr(Stdio::piped());
    piped.spawn().unwrap()
}

/// Waits for trays that are at the camera from now on.
fn wait_for_trays(plant: &SharedPlant, count: u64) {
    let before = plant.lock().trays();
    wait_for("trays", || plant.lock().trays() >= before + count);
}

fn kill(mut child: Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

/// Asks a line to end, and has nothing lost.
#[track_caller]
fn end(child: Child) {
    signal(&child, "-TERM");
    let ended = Run::of(child.wait_with_output().unwrap());
    ended.ends_with(0);
    assert_eq!(ended.lines()[0]["store"]["lost"], 0);
}

/// Every tray of the plant has a row, but for those that came while the line was ending.
#[track_caller]
fn has_all_rows(folder: &Path, plant: &SharedPlant) {
    let (trays, rows) = (plant.lock().trays(), rows(folder).len() as u64);
    assert!(trays - rows <= 2, "{rows} rows of {trays}");
}

#[test]
fn ended_at_any_moment_and_started_again_every_tray_has_one_row_and_every_judged_one_its_report() {
    let kills = asked("SEEDGRADE_KILLS").unwrap_or(KILLS);
    let nobody_chose = || clock::now().as_microsecond().unsigned_abs();
    let seed = asked("SEEDGRADE_SEED").unwrap_or_else(nobody_chose);
    println!("SEEDGRADE_SEED={seed}");
    let mut scattered = Scattered(seed);
    let (plant, server) = plant_beside();
    let folder = tempfile::tempdir().unwrap();
    let machine = format!("modbus = \"{}\"", server.address());
    let config = configuration(folder.path(), &machine);
    keeping_pictures(&config, "keep = \"all\"\nmax_gib = 0.5\n");
    let mut command = line(&config);
    let mut killed = 0;
    for _ in 0..kills {
        let child = begin(&mut command);
        // Some while they take up what the one before left, the others amid trays; of these some are asked to end.
        let amid_trays = scattered.below(4) > 0;
        if amid_trays {
            wait_for_trays(&plant, 2);
            scattered.pause(1500);
        } else {
            scattered.pause(2000);
        }
        if amid_trays && scattered.below(3) == 0 {
            end(child);
        } else {
            kill(child);
            killed += 1;
        }
    }
    let child = begin(&mut command);
    wait_for_trays(&plant, 3);
    end(child);
    assert!(pictures_are_whole(folder.path()) > 0);
    has_all_rows(folder.path(), &plant);
    let account = Account::of(folder.path(), &plant);
    account.is_clean(&format!("{killed} kills, {} ends", kills - killed), killed);
}

#[test]
fn killed_while_another_program_holds_its_store_a_line_has_lost_one_report_at_most() {
    let (plant, server) = plant_beside();
    let folder = tempfile::tempdir().unwrap();
    let machine = format!("modbus = \"{}\"", server.address());
    let config = configuration(folder.path(), &machine);
    let mut command = line(&config);
    let child = begin(&mut command);
    wait_for("a row", || !rows(folder.path()).is_empty());
    let other = rusqlite::Connection::open(folder.path().join("line.db")).unwrap();
    other.busy_timeout(Duration::from_secs(10)).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    // Less than the line waits for a lock; each of these trays but the last is judged.
    wait_for_trays(&plant, 4);
    kill(child);
    other.execute_batch("ROLLBACK").unwrap();
    let child = begin(&mut command);
    wait_for_trays(&plant, 2);
    end(child);
    has_all_rows(folder.path(), &plant);
    Account::of(folder.path(), &plant).is_clean("killed while its store was held", 1);
}
