//! What those get who install and run a line: the service, the documents for the PLC, days of belt in simulated time.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod common;

use std::path::Path;
use std::process::Stdio;

use common::{embedded, line_configuration, run};
use seedgrade::grade::GradingStandard;
use seedgrade::machine::{ModbusServer, PlantSettings, SharedPlant, SimulatedPlant};
use seedgrade::store::{StoreReader, TrayFilter};
use sha2::Digest as _;

#[test]
fn the_documents_for_the_real_plc_are_printed_without_a_plc_being_simulated() {
    let block = run(embedded().args(["simulate-plc", "--print-function-block"]));
    block.ends_with(0);
    assert!(block.stdout.contains("FUNCTION_BLOCK FB_SeedgradeSorter"));
    assert!(block.stdout.trim_end().ends_with("END_FUNCTION_BLOCK"));
    let guide = run(embedded().args(["simulate-plc", "--print-commissioning"]));
    guide.ends_with(0);
    assert!(guide.stdout.starts_with("# Commissioning a line"));
    run(embedded().arg("simulate-plc")).ends_with(2);
}

#[test]
fn three_hours_of_belt_are_rehearsed_without_a_late_a_lost_or_a_wrong_tray() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("rehearsal");
    let rehearsed = |faults: &[&str]| {
        let mut command = embedded();
        command
            .args(["rehearse", "--hours", "3", "--out"])
            .arg(&out);
        for fault in faults {
            command.args(["--fault", fault]);
        }
        run(&mut command)
    };
    let whole = rehearsed(&[]);
    whole.ends_with(0);
    let told = &whole.lines()[0];
    // 35,000 cells an hour are 175 trays of 200 cells.
    let trays = told["trays"].as_u64().unwrap();
    assert!((520..=525).contains(&trays), "{told}");
    let on_the_way = trays - told["fired"].as_u64().unwrap();
    assert!(on_the_way <= 1, "{told}");
    for nothing in [
        "late",
        "wrong_tray",
        "unarmed",
        "rows_missing_or_twice",
        "reports_missing_or_twice",
        "lost",
    ] {
        assert_eq!(told[nothing], 0, "{nothing} in {told}");
    }
    assert!(told["most_in_hand"].as_u64().unwrap() <= 2, "{told}");
    let store = StoreReader::open(&out.join("line.db")).unwrap();
    let rows = store.commands(0, 1000).unwrap();
    let places: Vec<_> = rows.iter().filter_map(|(_, row)| row.fire_at).collect();
    let wraps = places.windows(2).filter(|pair| pair[1] < pair[0]).count();
    assert_eq!(wraps, 1, "the encoder wraps half-way");
    rehearsed(&[]).ends_with(2).says(&["found one"]);
    std::fs::remove_dir_all(&out).unwrap();
    let disturbed = rehearsed(&["silent@600+5", "emergency-stop@3600+30", "restart@7200+1"]);
    disturbed.ends_with(0);
    let told = &disturbed.lines()[0];
    assert!(told["uncommanded"].as_u64().unwrap() >= 1, "{told}");
}

#[cfg(unix)]
#[test]
fn a_service_manager_hears_that_the_line_is_ready_alive_and_ending() {
    use std::io::ErrorKind;
    use std::os::unix::net::UnixDatagram;
    use std::process::Command;
    use std::time::{Duration, Instant};

    let folder = tempfile::tempdir().unwrap();
    let at = folder.path().join("notify");
    let manager = UnixDatagram::bind(&at).unwrap();
    manager
        .set_read_timeout(Some(Duration::from_millis(100)))
        .unwrap();
    let config = folder.path().join("line.toml");
    let example = include_str!("../src/cli/line/package/line.toml");
    // The example as it ships, but for the camera, the PLC and the place of the store.
    let text = example
        .replace("source = \"folder\"", "source = \"simulated\"")
        .replace("path = \"/var/lib/seedgrade/trays\"", "")
        .replace("modbus = \"192.168.10.2:502\"", "source = \"simulated\"")
        .replace("/var/lib/seedgrade/", "");
    std::fs::write(&config, text).unwrap();
    let mut child = embedded()
        .args(["line", "--config"])
        .arg(&config)
        .env("NOTIFY_SOCKET", &at)
        .env("WATCHDOG_USEC", "400000")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut told = Vec::new();
    let mut hear = |until: &dyn Fn(&[String]) -> bool| {
        let start = Instant::now();
        while !until(&told) {
            assert!(start.elapsed() < Duration::from_secs(120), "{told:?}");
            let mut bytes = [0; 256];
            match manager.recv(&mut bytes) {
                Ok(length) => {
                    told.push(String::from_utf8_lossy(&bytes[..length]).trim().to_owned());
                }
                Err(error) => assert!(
                    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut),
                    "{error}"
                ),
            }
        }
    };
    let alive = |told: &[String]| told.iter().filter(|t| *t == "WATCHDOG=1").count() >= 3;
    hear(&alive);
    let id = child.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-TERM", &id])
            .status()
            .unwrap()
            .success()
    );
    hear(&|told| told.last().is_some_and(|last| last == "STOPPING=1"));
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_eq!(told[0], "READY=1");
}

#[test]
fn a_running_line_tells_prometheus_how_it_stands() {
    use std::io::{BufRead as _, BufReader, Read as _, Write as _};
    use std::net::TcpStream;

    const PATIENCE: std::time::Duration = std::time::Duration::from_secs(120);
    let started = std::time::Instant::now();
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("line.toml");
    let metrics = "metrics = \"127.0.0.1:0\"";
    let text = line_configuration("source = \"simulated\"", metrics, "source = \"simulated\"");
    std::fs::write(&config, text).unwrap();
    let mut line = embedded();
    let line = line.args(["-v", "--config"]).arg(&config).arg("line");
    let mut line = line
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let said = BufReader::new(line.stderr.take().unwrap());
    let mut said = said.lines().map_while(Result::ok);
    let address = said.find_map(|said| {
        let (_, address) = said.split_once("metrics at http://")?;
        Some(address.trim_end_matches("/metrics").to_owned())
    });
    let address = address.unwrap();
    // what else is said is read on, so that the line is not kept waiting by a full pipe
    let rest = std::thread::spawn(move || said.count());
    let told = || {
        let mut stream = TcpStream::connect(&address).unwrap();
        write!(
            stream,
            "GET /metrics HTTP/1.1\r\nHost: line\r\nConnection: close\r\n\r\n"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    };
    let fired = |answer: &str| {
        let sent = answer
            .lines()
            .find_map(|l| l.strip_prefix("seedgrade_commands_sent_total "));
        sent.is_some_and(|count| count.parse::<u64>().unwrap() >= 2)
    };
    let parts = ["camera", "actuator", "store", "net"];
    let mut expected = parts
        .map(|part| format!("seedgrade_part_fine{{part=\"{part}\"}} 1"))
        .to_vec();
    expected.push("# TYPE seedgrade_trays_in_hand gauge".to_owned());
    expected.push("seedgrade_gate_full 0".to_owned());
    expected.push("seedgrade_infeed_stopped 0".to_owned());
    let mut answer = told();
    while !(fired(&answer) && expected.iter().all(|line| answer.contains(line))) {
        assert!(line.try_wait().unwrap().is_none(), "the line runs on");
        assert!(started.elapsed() < PATIENCE, "{expected:?} in {answer}");
        std::thread::sleep(std::time::Duration::from_millis(100));
        answer = told();
    }
    common::signal(&line, "-TERM");
    assert!(line.wait().unwrap().success());
    rest.join().unwrap();
    for span in ["inspect", "locate", "infer", "whole"] {
        let count = format!("seedgrade_span_seconds_count{{span=\"{span}\"}} ");
        let counted = answer.lines().find_map(|line| line.strip_prefix(&count));
        assert!(
            counted.unwrap().parse::<u64>().unwrap() >= 1,
            "{span} in {answer}"
        );
    }
}

#[test]
fn a_challenge_set_that_the_configuration_names_keeps_the_line_unarmed_while_it_differs() {
    let folder = tempfile::tempdir().unwrap();
    let set = folder.path().join("challenge");
    std::fs::create_dir(&set).unwrap();
    std::fs::copy(common::sample("arabidopsis-tray.jpg"), set.join("a.jpg")).unwrap();
    let judged = run(common::grade_json("4x5").arg(set.join("a.jpg")));
    let wrong = judged
        .stdout
        .replacen("\"verdict\":\"graded\"", "\"verdict\":\"blank\"", 1);
    assert_ne!(wrong, judged.stdout);
    let config = folder.path().join("line.toml");
    let simulated = "source = \"simulated\"";
    let text = line_configuration(simulated, "challenge = \"challenge\"", simulated);
    std::fs::write(&config, text).unwrap();
    let store = folder.path().join("line.db");
    let line = || {
        let mut line = embedded();
        line.arg("--config")
            .arg(&config)
            .args(["line", "--trays", "1"]);
        line
    };
    std::fs::write(set.join("expected.jsonl"), wrong).unwrap();
    let mut unarmed = line()
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let refused = || {
        let events = StoreReader::open(&store).and_then(|reader| reader.events(0, 1000));
        events.is_ok_and(|events| {
            events
                .iter()
                .any(|(_, e)| e.kind == "not_armed" && e.message.contains("challenge set differs"))
        })
    };
    while !refused() {
        assert!(
            unarmed.try_wait().unwrap().is_none(),
            "it waits for a person"
        );
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    common::signal(&unarmed, "-TERM");
    let ended = common::Run::of(unarmed.wait_with_output().unwrap());
    ended.ends_with(0);
    assert_eq!(ended.lines()[0]["commands_sent"], 0);
    std::fs::write(set.join("expected.jsonl"), &judged.stdout).unwrap();
    let armed = run(&mut line());
    armed.ends_with(0);
    assert_eq!(armed.lines()[0]["commands_sent"], 1);
}

#[test]
fn the_printed_unit_starts_the_line_that_is_packed_and_lets_it_look_for_cameras() {
    let printed = run(embedded().args(["line", "--print-unit"]));
    printed.ends_with(0);
    let value = |key: &str| {
        let start = format!("{key}=");
        let found = printed
            .stdout
            .lines()
            .find_map(|line| line.strip_prefix(&start));
        found.unwrap_or_else(|| panic!("{key} in {}", printed.stdout))
    };
    assert_eq!(
        value("ExecStart"),
        "/usr/bin/seedgrade --config /etc/seedgrade/line.toml line"
    );
    assert_eq!((value("Type"), value("NoNewPrivileges")), ("notify", "yes"));
    // GigE cameras answer on every interface, and these are listed over netlink
    for family in ["AF_INET", "AF_NETLINK", "AF_UNIX"] {
        assert!(
            value("RestrictAddressFamilies")
                .split(' ')
                .any(|f| f == family),
            "{family}"
        );
    }
    let folder = tempfile::tempdir().unwrap();
    let unit = folder.path().join("seedgrade-line.service");
    // systemd looks for the program too, which need not be installed here
    std::fs::write(
        &unit,
        printed.stdout.replace("/usr/bin/seedgrade", "/bin/true"),
    )
    .unwrap();
    let checked = std::process::Command::new("systemd-analyze")
        .arg("verify")
        .arg(&unit)
        .output();
    let Ok(checked) = checked else {
        println!("skipped: systemd-analyze is not here");
        return;
    };
    let said = String::from_utf8_lossy(&checked.stderr);
    let of_the_unit: Vec<_> = said
        .lines()
        .filter(|line| line.contains("seedgrade-line.service"))
        .collect();
    assert!(of_the_unit.is_empty(), "{of_the_unit:#?}");
}

/// Resident memory of a process, MiB.
#[cfg(target_os = "linux")]
fn resident_mib(process: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.unwrap().trim().trim_end_matches(" kB");
    kib.parse::<f64>().unwrap() / 1024.0
}

/// Two folders of nets, `nets-a` and `nets-b`: the shipped one, and the same with another name in its file.
#[cfg(target_os = "linux")]
fn two_nets(folder: &Path) {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/seedling");
    let card = std::fs::read_to_string(shipped.join("card.toml")).unwrap();
    let bytes = std::fs::read(shipped.join("seedling.onnx")).unwrap();
    let section = card.find("[eight_bit]").unwrap();
    let end = section + card[section..].find("\n\n").unwrap();
    let single = card[..section].to_owned() + &card[end..];
    for (name, more) in [("nets-a", &[][..]), ("nets-b", b"\x1a\x01b")] {
        // the version of what produced it: the last one that stands in the file holds
        let net = [&bytes[..], more].concat();
        let (was, is) = (hex(&bytes), hex(&net));
        let net_folder = folder.join(name).join("seedling");
        std::fs::create_dir_all(&net_folder).unwrap();
        std::fs::write(net_folder.join("seedling.onnx"), net).unwrap();
        std::fs::write(net_folder.join("card.toml"), single.replace(&was, &is)).unwrap();
    }
}

#[cfg(target_os = "linux")]
fn hex(bytes: &[u8]) -> String {
    hex::encode(sha2::Sha256::digest(bytes))
}

/// `SEEDGRADE_SWAPS=500` for as many swaps as a year may have.
#[cfg(target_os = "linux")]
#[test]
fn nets_and_standards_are_swapped_under_a_running_line_without_a_missed_tray_or_growth() {
    use std::time::{Duration, Instant};

    const SETTLED: usize = 8;
    const MOST_GROWTH_MIB: f64 = 32.0;
    let swaps = std::env::var("SEEDGRADE_SWAPS").map_or(24, |n| n.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    two_nets(folder.path());
    let standard = GradingStandard::embedded_text();
    for (name, version) in [("standard-a.toml", 71), ("standard-b.toml", 72)] {
        let text = standard.replacen("version = 2", &format!("version = {version}"), 1);
        assert_ne!(text, standard);
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    // a tray a second, as soon as the line is armed
    let plant = SimulatedPlant::new(PlantSettings {
        counts_per_second: 3000,
        waits_for_armed: true,
        ..PlantSettings::default()
    });
    let plant = ModbusServer::start("127.0.0.1:0", SharedPlant::new(plant.unwrap())).unwrap();
    let machine = format!("modbus = \"{}\"", plant.address());
    let config = folder.path().join("line.toml");
    let configure = |swap: usize| {
        let which = ["a", "b"][swap % 2];
        let text = line_configuration("source = \"simulated\"", "", &machine);
        let more = format!(
            "[nets]\ndir = \"nets-{which}\"\n[standard]\nfile = \"standard-{which}.toml\"\n"
        );
        std::fs::write(&config, text + &more).unwrap();
    };
    configure(0);
    let unit = run(embedded().args(["line", "--print-unit"])).stdout;
    let surroundings = unit.lines().find_map(|l| l.strip_prefix("Environment="));
    let (name, value) = surroundings.unwrap().split_once('=').unwrap();
    let mut line = embedded();
    let line = line.arg("--config").arg(&config).arg("line");
    let mut line = line
        .env(name, value)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let store = folder.path().join("line.db");
    // changes of net and standard so far, and judged trays
    let passed = || -> Option<(usize, u64)> {
        let reader = StoreReader::open(&store).ok()?;
        let refused = reader
            .newest_events_of(["job_refused", "job_refused"], 100_000, 1)
            .ok()?;
        assert!(refused.is_empty(), "{refused:?}");
        let changed = reader.newest_events_of(["job_changed", "job_changed"], 100_000, 10_000);
        Some((changed.ok()?.len(), reader.counts().ok()?.0))
    };
    let (mut settled, mut judged) = (0.0, 0);
    for swap in 0..=swaps {
        let patience = Instant::now() + Duration::from_secs(120);
        judged = loop {
            assert!(Instant::now() < patience, "swap {swap} does not come");
            assert!(line.try_wait().unwrap().is_none(), "the line runs on");
            match passed() {
                Some((changed, trays)) if changed == swap && trays > judged => break trays,
                _ => std::thread::sleep(Duration::from_millis(50)),
            }
        };
        if swap == SETTLED {
            settled = resident_mib(line.id());
        }
        configure(swap + 1);
        if swap < swaps {
            common::signal(&line, "-HUP");
        }
    }
    let grown = resident_mib(line.id()) - settled;
    println!("{swaps} swaps, {grown:.1} MiB more than after {SETTLED}");
    common::signal(&line, "-TERM");
    let ended = common::Run::of(line.wait_with_output().unwrap());
    ended.ends_with(0);
    assert!(grown < MOST_GROWTH_MIB, "{grown:.1} MiB in {swaps} swaps");
    let reader = StoreReader::open(&store).unwrap();
    let trays = reader.trays(&TrayFilter::default()).unwrap();
    let judged_by: std::collections::BTreeSet<_> = trays
        .iter()
        .map(|tray| {
            let evidence = reader.report(tray.id).unwrap().evidence;
            (evidence.network, evidence.standard)
        })
        .collect();
    assert_eq!(
        judged_by.len(),
        2,
        "each net with its own standard: {judged_by:?}"
    );
    let rows = reader.commands(0, 1_000_000).unwrap();
    let named: std::collections::BTreeSet<_> = rows.iter().map(|(_, row)| &row.tray_uid).collect();
    assert_eq!(named.len(), rows.len(), "one row a tray");
    assert_eq!(ended.lines()[0]["trays"], rows.len());
    assert_eq!(ended.lines()[0]["graded"], trays.len());
    // a busy machine may judge too late for the gate, but it judges
    let unfired = rows.iter().filter(|(_, row)| row.outcome != "fired");
    let reasons: Vec<_> = unfired.map(|(_, row)| &row.reason).collect();
    println!("{} trays, not fired: {reasons:?}", rows.len());
    let judged: std::collections::BTreeSet<_> = trays.iter().map(|tray| &tray.uid).collect();
    let missed = named
        .iter()
        .filter(|uid| !judged.contains(uid.as_ref().unwrap()));
    let missed: Vec<_> = missed.collect();
    assert!(
        missed.len() <= 1,
        "only the last may be on its way: {missed:?}"
    );
}
