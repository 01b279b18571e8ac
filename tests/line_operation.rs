//! What those get who install and run a line: the service, the documents for the PLC, days of belt in simulated time.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod common;

use common::{embedded, run};

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
        "lost",
    ] {
        assert_eq!(told[nothing], 0, "{nothing} in {told}");
    }
    assert!(told["most_in_hand"].as_u64().unwrap() <= 2, "{told}");
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
    use std::process::{Command, Stdio};
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
