//! `seedgrade line` as a process: how it ends, and what a kill leaves behind.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    missing_docs
)]

#[path = "../common/mod.rs"]
mod common;

mod account;
mod kills;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use sha2::{Digest as _, Sha256};

use account::{Account, is_whole};
use common::{Run, embedded, line_configuration, run, sample, seedgrade, signal};
use seedgrade::frame::picture_paths;
use seedgrade::grade::GradingStandard;
use seedgrade::machine::{ModbusServer, PlantSettings, PlcSettings, SharedPlant, SimulatedPlant};
use seedgrade::store::{
    ChangeOver, CommandRecord, JobOrder, LinePart, OrderNumber, Ordered, PartHealth, StandardText,
    Statement, StatementWriter, StoreReader, TrayFilter,
};

const PATIENCE: Duration = Duration::from_secs(120);

/// A plant beside the program, which it talks to over a socket: its trays come while the line is armed, and are as far from
/// their gates as to be judged in time on a busy machine.
fn plant_beside() -> (SharedPlant, ModbusServer) {
    let plant = SimulatedPlant::new(PlantSettings {
        plc: PlcSettings {
            late_margin_counts: 50,
            safe_gate_counts: 2900,
            ..PlcSettings::default()
        },
        counts_per_second: 1000,
        counts_between_trays: 1200,
        waits_for_armed: true,
        ..PlantSettings::default()
    });
    let plant = SharedPlant::new(plant.unwrap());
    let server = ModbusServer::start("127.0.0.1:0", plant.clone()).unwrap();
    (plant, server)
}

/// A line over the smallest sample tray; `machine` is the section of that name.
fn configuration(folder: &Path, machine: &str) -> std::path::PathBuf {
    let file = folder.join("line.toml");
    let text = line_configuration("source = \"simulated\"", "", machine);
    fs::write(&file, text).unwrap();
    file
}

/// The same line, keeping pictures; `[store]` is its last section.
fn keeping_pictures(config: &Path, keep: &str) {
    let text = fs::read_to_string(config).unwrap();
    fs::write(config, text + keep).unwrap();
}

/// Every file among the pictures is a kept row's, byte for byte; how many there are.
#[track_caller]
fn pictures_are_whole(folder: &Path) -> usize {
    let reader = StoreReader::open(&folder.join("line.db")).unwrap();
    let rows = reader.pictures().unwrap();
    let files = picture_paths(&folder.join("line.db.pictures")).unwrap();
    for file in &files {
        let name = file.strip_prefix(folder).unwrap().to_str().unwrap();
        let (_, row) = rows.iter().find(|(_, row)| row.path == name).unwrap();
        let bytes = fs::read(file).unwrap();
        assert_eq!(bytes.len() as u64, row.bytes);
        assert_eq!(hex::encode(Sha256::digest(&bytes)), row.image_sha256);
    }
    let parts = fs::read_dir(folder.join("line.db.pictures")).unwrap();
    for part in parts {
        let name = part.unwrap().file_name();
        assert!(!name.to_string_lossy().starts_with('.'), "{name:?}");
    }
    files.len()
}

#[test]
fn pictures_that_a_line_kept_come_out_bit_for_bit() {
    let folder = tempfile::tempdir().unwrap();
    let config = configuration(folder.path(), "source = \"simulated\"");
    let verified = || {
        let mut command = embedded();
        command.arg("--config").arg(&config).arg("verify");
        run(command.arg(folder.path().join("line.db")))
    };
    keeping_pictures(&config, "keep = \"all\"\nmax_gib = 0.5\n");
    let kept = run(line(&config).args(["--trays", "2"]));
    kept.ends_with(0);
    let pictures = &kept.lines()[0]["pictures"];
    let count = pictures["kept"].as_u64().unwrap();
    assert!(count >= 2, "{pictures}");
    assert_eq!(pictures["dropped"], 0, "{pictures}");
    assert_eq!(pictures_are_whole(folder.path()) as u64, count);
    let found = verified();
    found.ends_with(0);
    let expected = format!("{count} bit for bit");
    assert!(found.stdout.starts_with(&expected), "{found:?}");
    fs::remove_dir_all(folder.path().join("line.db.pictures")).unwrap();
    verified().ends_with(4);
}

#[test]
fn pictures_without_a_cap_or_kept_in_no_known_way_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    for (keys, says) in [
        ("keep = \"all\"\n", "max_gib: expected the most"),
        ("max_gib = 0.01\n", "max_gib: expected a number above 0.015"),
        ("max_gib = nan\nkeep = \"all\"\n", "found NaN"),
        ("keep = \"some\"\n", "unknown variant `some`"),
        ("kep = \"all\"\n", "did you mean `keep`"),
    ] {
        let config = configuration(folder.path(), "source = \"simulated\"");
        keeping_pictures(&config, keys);
        run(&mut line(&config)).ends_with(2).says(&[says]);
    }
    let config = configuration(folder.path(), "source = \"simulated\"");
    fs::write(folder.path().join("taken"), "a file").unwrap();
    let keys = "keep = \"all\"\nmax_gib = 1\npictures = \"taken\"\n";
    keeping_pictures(&config, keys);
    run(&mut line(&config)).ends_with(3).says(&["taken"]);
}

fn line(config: &Path) -> Command {
    let mut command = embedded();
    command.args(["line", "--config"]).arg(config);
    command
}

fn rows(folder: &Path) -> Vec<CommandRecord> {
    let Ok(reader) = StoreReader::open(&folder.join("line.db")) else {
        return Vec::new();
    };
    let rows = reader.commands(0, 100_000).unwrap_or_default();
    rows.into_iter().map(|(_, row)| row).collect()
}

#[track_caller]
fn wait_for(what: &str, mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < PATIENCE, "{what} never came");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_simulated_line_ends_after_its_trays_with_a_summary() {
    let folder = tempfile::tempdir().unwrap();
    let config = configuration(folder.path(), "source = \"simulated\"");
    let run = run(line(&config).args(["--trays", "2"]));
    run.ends_with(0);
    let summary = &run.lines()[0];
    assert_eq!(summary["trays"], 2, "{summary}");
    assert_eq!(summary["store"]["lost"], 0);
    for key in [
        "graded",
        "ungraded",
        "commands_sent",
        "commands_late",
        "commands_refused",
    ] {
        assert!(summary[key].is_u64(), "{key} in {summary}");
    }
    for stage in [
        "expose", "inspect", "locate", "rectify", "infer", "measure", "send", "accept",
    ] {
        let times = &summary["stages_ms"][stage];
        let in_order = ["p50", "p99", "p999", "max"].map(|figure| times[figure].as_f64());
        assert!(
            times.is_null() || in_order.is_sorted(),
            "{stage} in {summary}"
        );
    }
    let judged = &summary["stages_ms"]["inspect"];
    assert!(judged["p50"].as_f64().unwrap() > 0.0, "{summary}");
    let rows = rows(folder.path());
    assert_eq!(rows.len(), 2);
    is_whole(&rows);
}

/// The store names and holds all that a tray was judged by.
#[track_caller]
fn knows_its_basis(store: &StoreReader) {
    for tray in store.trays(&TrayFilter::default()).unwrap() {
        let report = store.report(tray.id).unwrap();
        let evidence = &report.evidence;
        let standard = store.standard(&evidence.standard_digest).unwrap().unwrap();
        assert_eq!(standard.text, GradingStandard::embedded_text());
        let nets = store.nets().unwrap();
        for net in [&evidence.network, &evidence.tray_finder] {
            let card = nets.iter().find(|known| known.network == *net).unwrap();
            assert!(card.card.contains(&net["sha256:".len()..]));
        }
        let jobs = store.jobs().unwrap();
        let job = jobs.iter().find(|job| Some(job.job) == report.facts.job);
        let job = job.unwrap();
        assert_eq!(Some(&job.lot), report.facts.lot.as_ref());
        assert_eq!(job.standard.as_ref(), Some(&evidence.standard));
        let lot = store.lot(&job.lot).unwrap().unwrap();
        assert_eq!(lot.variety.as_deref(), Some("tomato"));
    }
}

#[test]
fn a_line_tells_the_store_what_it_judges_by_and_leaves_a_persons_word_alone() {
    let folder = tempfile::tempdir().unwrap();
    let config = configuration(folder.path(), "source = \"simulated\"");
    let store = folder.path().join("line.db");
    run(line(&config).args(["--trays", "1"])).ends_with(0);
    knows_its_basis(&StoreReader::open(&store).unwrap());
    let sown = |says: &[&str]| {
        let mut command = seedgrade();
        command.args(["store", "lot", "--lot", "2026-11-A", "--who", "Li Na"]);
        run(command.args(says).arg("--store").arg(&store)).ends_with(0);
    };
    sown(&["--seeder", "drum 2"]);
    run(line(&config).args(["--trays", "1"])).ends_with(0);
    let reader = StoreReader::open(&store).unwrap();
    let lot = reader.lot("2026-11-A").unwrap().unwrap();
    assert_eq!(lot.seeder.as_deref(), Some("drum 2"));
    assert_eq!(reader.nets().unwrap().len(), 2);
    assert_eq!(reader.standards().unwrap().len(), 1);
    sown(&["--variety", "cherry tomato"]);
    run(line(&config).args(["--trays", "1"])).ends_with(0);
    let lot = reader.lot("2026-11-A").unwrap().unwrap();
    assert_eq!(lot.variety.as_deref(), Some("cherry tomato"));
    assert_eq!(lot.seeder.as_deref(), Some("drum 2"));
}

#[test]
fn a_challenge_set_that_differs_keeps_the_line_unarmed() {
    let folder = tempfile::tempdir().unwrap();
    let config = configuration(folder.path(), "source = \"simulated\"");
    let set = folder.path().join("challenge");
    fs::create_dir(&set).unwrap();
    fs::copy(sample("arabidopsis-tray.jpg"), set.join("a.jpg")).unwrap();
    let judged = run(embedded()
        .args(["grade", "--json", "--tray", "4x5"])
        .arg(set.join("a.jpg")));
    judged.ends_with(0);
    let expected = set.join("expected.jsonl");
    fs::write(&expected, &judged.stdout).unwrap();
    let challenged = |trays: &str| {
        let mut command = line(&config);
        command
            .args(["-v", "--trays", trays, "--challenge"])
            .arg(&set);
        command
    };
    let met = run(&mut challenged("1"));
    met.ends_with(0).says(&["as expected", "armed"]);
    let wrong = judged
        .stdout
        .replacen("\"verdict\":\"graded\"", "\"verdict\":\"blank\"", 1);
    assert_ne!(wrong, judged.stdout);
    fs::write(&expected, wrong).unwrap();
    let mut child = challenged("1")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Trays come only to an armed line here: it must be ended.
    let events = || {
        let reader = StoreReader::open(&folder.path().join("line.db")).unwrap();
        reader.events(0, 1000).unwrap()
    };
    wait_for("the refusal", || {
        child.try_wait().unwrap().is_some()
            || events()
                .iter()
                .any(|(_, e)| e.message.contains("challenge set differs"))
    });
    signal(&child, "-TERM");
    let ended = Run::of(child.wait_with_output().unwrap());
    ended
        .ends_with(0)
        .says(&["expected blank B, found graded B"]);
    assert_eq!(ended.lines()[0]["commands_sent"], 0);
}

#[test]
fn a_line_without_its_sections_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("line.toml");
    fs::write(&file, "[tray]\nrows = 4\ncols = 5\n").unwrap();
    run(&mut line(&file))
        .ends_with(2)
        .says(&["needs a section [belt]"]);
    let config = configuration(folder.path(), "source = \"simulatd\"");
    run(&mut line(&config))
        .ends_with(2)
        .says(&["expected modbus"]);
}

#[test]
fn a_second_line_on_the_same_store_is_refused_and_the_first_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let config = configuration(folder.path(), "source = \"simulated\"");
    let mut first = line(&config).spawn().unwrap();
    wait_for("a tray of the first line", || {
        !rows(folder.path()).is_empty()
    });
    run(line(&config).args(["--trays", "1"]))
        .ends_with(3)
        .says(&["line.db", "another line"]);
    let judged = rows(folder.path()).len();
    wait_for("another tray of the first line", || {
        rows(folder.path()).len() > judged
    });
    signal(&first, "-TERM");
    assert!(first.wait().unwrap().success());
    is_whole(&rows(folder.path()));
}

fn events(folder: &Path, kind: &str) -> Vec<String> {
    let Ok(reader) = StoreReader::open(&folder.join("line.db")) else {
        return Vec::new();
    };
    let events = reader.events(0, 1000).unwrap_or_default();
    let of_kind = events.into_iter().filter(|(_, event)| event.kind == kind);
    of_kind.map(|(_, event)| event.message).collect()
}

#[test]
fn a_net_replaced_by_rubbish_is_refused_while_the_line_goes_on_and_by_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let net = folder.path().join("models/seedling");
    fs::create_dir_all(&net).unwrap();
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/seedling");
    for file in ["seedling.onnx", "seedling.int8.onnx", "card.toml"] {
        fs::copy(shipped.join(file), net.join(file)).unwrap();
    }
    let (plant, server) = plant_beside();
    let machine = format!("modbus = \"{}\"", server.address());
    let config = configuration(folder.path(), &machine);
    let text = fs::read_to_string(&config).unwrap() + "[nets]\ndir = \"models\"\n";
    fs::write(&config, &text).unwrap();
    let mut child = line(&config)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    wait_for("a tray", || !rows(folder.path()).is_empty());
    // Another lot begins with the next tray.
    fs::write(
        &config,
        text.replace("2026-11-A", "2026-11-B")
            .replace("id = 7", "id = 8"),
    )
    .unwrap();
    signal(&child, "-HUP");
    wait_for("the other job", || {
        rows(folder.path()).iter().any(|row| row.job == Some(8))
    });
    fs::write(net.join("seedling.onnx"), b"rubbish").unwrap();
    signal(&child, "-HUP");
    wait_for("the refusal", || {
        !events(folder.path(), "job_refused").is_empty()
    });
    let before = plant.lock().trays();
    wait_for("trays after it", || plant.lock().trays() >= before + 5);
    assert!(child.try_wait().unwrap().is_none(), "it runs on");
    signal(&child, "-TERM");
    let ended = Run::of(child.wait_with_output().unwrap());
    ended.ends_with(0);
    let refused = events(folder.path(), "job_refused");
    assert!(refused[0].contains("seedling.onnx"), "{refused:?}");
    assert_eq!(events(folder.path(), "job_changed").len(), 1);
    let store = StoreReader::open(&folder.path().join("line.db")).unwrap();
    knows_its_basis(&store);
    let jobs = store.jobs().unwrap();
    let jobs: Vec<_> = jobs.iter().map(|job| (job.job, &job.lot[..])).collect();
    assert_eq!(jobs, [(7, "2026-11-A"), (8, "2026-11-B")]);
    let account = Account::of(folder.path(), &plant);
    account.is_clean("net replaced by rubbish", 0);
    let fired = account.fired();
    assert!(
        fired.iter().any(|tray| u64::from(*tray) > before),
        "{fired:?}"
    );
    run(&mut line(&config))
        .ends_with(2)
        .says(&["seedling.onnx"]);
}

/// What a person orders on the pages; gives the order's number.
fn order(folder: &Path, ordered: Ordered) -> OrderNumber {
    let store = folder.join("line.db");
    let order = JobOrder {
        at: seedgrade::clock::now().to_string(),
        who: "Li Na".to_owned(),
        ordered,
    };
    let mut writer = StatementWriter::open(&store, PATIENCE).unwrap();
    writer.add(&Statement::JobOrder(order)).unwrap();
    let last = StoreReader::open(&store).unwrap().last_job_order();
    last.unwrap().unwrap().0
}

fn job(job: u16, lot: &str, standard: &GradingStandard) -> Ordered {
    Ordered::Begin {
        job,
        what: ChangeOver {
            lot: lot.to_owned(),
            variety: "pepper".to_owned(),
            standard_digest: standard.digest().to_owned(),
            rows: 4,
            cols: 5,
            pitch_mm: None,
        },
    }
}

/// What the line said to an order.
fn answer_to(folder: &Path, number: OrderNumber) -> Option<(String, String)> {
    let reader = StoreReader::open(&folder.join("line.db")).ok()?;
    let named = serde_json::json!({ "order": number });
    let events = reader.events(0, 1000).ok()?.into_iter();
    let mut answers = events.filter(|(_, event)| event.detail.as_ref() == Some(&named));
    answers.next().map(|(_, event)| (event.kind, event.message))
}

/// Lots of the stored trays in the order of their names, each once where it goes on.
fn lots_in_turn(folder: &Path) -> Vec<String> {
    let reader = StoreReader::open(&folder.join("line.db")).unwrap();
    let mut trays = reader.trays(&TrayFilter::default()).unwrap();
    trays.sort_by(|a, b| a.uid.cmp(&b.uid));
    let mut lots: Vec<String> = trays.into_iter().filter_map(|tray| tray.lot).collect();
    lots.dedup();
    lots
}

#[test]
fn a_job_that_people_order_begins_between_two_trays_and_one_that_cannot_be_is_refused() {
    // Its trays come whether the line is armed or not, as on a belt.
    let plant = SimulatedPlant::new(PlantSettings {
        plc: PlcSettings {
            late_margin_counts: 50,
            safe_gate_counts: 2900,
            ..PlcSettings::default()
        },
        counts_per_second: 1000,
        counts_between_trays: 1500,
        ..PlantSettings::default()
    });
    let plant = SharedPlant::new(plant.unwrap());
    let server = ModbusServer::start("127.0.0.1:0", plant).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let config = configuration(folder.path(), &format!("modbus = \"{}\"", server.address()));
    let mut command = line(&config);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    let graded = |job| {
        let reader = StoreReader::open(&folder.path().join("line.db"));
        let trays = reader.and_then(|reader| {
            let trays = reader.trays(&TrayFilter::default())?;
            trays
                .iter()
                .map(|tray| reader.report(tray.id))
                .collect::<Result<Vec<_>, _>>()
        });
        trays.is_ok_and(|trays| trays.iter().any(|tray| tray.facts.job == Some(job)))
    };
    wait_for("a graded tray", || graded(7));
    let embedded = GradingStandard::embedded();
    let unknown = order(folder.path(), job(9, "2026-11-X", &without_gates()));
    wait_for("the refusal", || {
        answer_to(folder.path(), unknown).is_some()
    });
    let (kind, why) = answer_to(folder.path(), unknown).unwrap();
    assert_eq!(kind, "job_refused");
    assert!(why.contains("the store does not have it"), "{why}");
    let standard = StandardText::read_before("2026-11-24T08:00:00Z", "Li Na", &without_gates());
    StatementWriter::open(&folder.path().join("line.db"), PATIENCE)
        .unwrap()
        .add(&Statement::Standard(standard))
        .unwrap();
    let no_gate = order(folder.path(), job(9, "2026-11-Y", &without_gates()));
    wait_for("the refusal", || {
        answer_to(folder.path(), no_gate).is_some()
    });
    let (kind, why) = answer_to(folder.path(), no_gate).unwrap();
    assert_eq!(kind, "job_refused");
    assert!(why.contains("elsewhere"), "it names the route: {why}");
    let other = order(folder.path(), job(8, "2026-11-B", &embedded));
    wait_for("the other job", || graded(8));
    assert_eq!(answer_to(folder.path(), other).unwrap().0, "job_changed");
    let end = order(folder.path(), Ordered::End);
    let without = |row: &CommandRecord| {
        let why = row.reason.as_deref().unwrap_or_default();
        why.starts_with("no job")
    };
    let without_job = || rows(folder.path()).into_iter().filter(without);
    wait_for("the end", || without_job().count() >= 2);
    assert!(
        without_job().all(|row| row.job.is_none()),
        "a tray that came while no job held names none"
    );
    assert_eq!(answer_to(folder.path(), end).unwrap().0, "job_ended");
    signal(&child, "-TERM");
    Run::of(child.wait_with_output().unwrap()).ends_with(0);
    assert_eq!(lots_in_turn(folder.path()), ["2026-11-A", "2026-11-B"]);
    let told = StoreReader::open(&folder.path().join("line.db")).unwrap();
    let told = told.events(0, 1000).unwrap();
    let told: Vec<_> = told
        .iter()
        .filter_map(|(_, event)| PartHealth::of(event))
        .collect();
    for part in LinePart::ALL {
        assert!(told.contains(&PartHealth::Fine(part)), "{told:?}");
    }
    assert_eq!(told.last(), Some(&PartHealth::LineEnded));

    // A line that is started anew goes by the last order, whatever its configuration says.
    let still = run(line(&config).args(["--trays", "2"]));
    still.ends_with(0);
    assert_eq!(still.lines()[0]["commands_sent"], 0, "the job was ended");
    order(folder.path(), job(8, "2026-11-B", &embedded));
    run(line(&config).args(["--trays", "2"])).ends_with(0);
    assert_eq!(lots_in_turn(folder.path()), ["2026-11-A", "2026-11-B"]);
}

/// A standard with a route that the line has no gate for.
fn without_gates() -> GradingStandard {
    let text = GradingStandard::embedded_text().replace("\"market\"", "\"elsewhere\"");
    GradingStandard::parse(&text).unwrap()
}
