//! Many workers over a NATS server: the files of one machine's run, whatever dies on the way.

use std::io::Write as _;

use seedgrade::store::{StoreReader, StoredTray, TrayFilter};

use super::server::{JETSTREAM, NatsServer, Process, until};
use super::*;

/// Whoever hands out and gathers.
fn coordinator(archive: &Archive, name: &str, server: &str) -> Command {
    let mut command = archive.regrade(name);
    command.args(["--nats", server, "--redeliver-after", "5"]);
    command
}

fn worker(server: &str) -> Command {
    let mut command = embedded();
    command.args(["regrade", "worker", "--jobs", "1", "--nats", server]);
    command
}

fn begun(archive: &Archive, name: &str) -> bool {
    archive.run_folder(name).join("manifest.jsonl").exists()
}

/// Shards that are gathered.
fn done(archive: &Archive, name: &str) -> usize {
    let Ok(entries) = fs::read_dir(archive.run_folder(name).join("shards")) else {
        return 0;
    };
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| !name.starts_with('.')).count()
}

fn digest_of(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    hex::encode(sha2::Sha256::digest(bytes))
}

#[cfg(unix)]
#[test]
fn four_workers_one_killed_and_a_server_restarted_give_the_files_of_one_machine() {
    let Some(mut server) = NatsServer::usual() else {
        return;
    };
    let archive = Archive::of(60);
    archive.regraded("alone", &["--jobs", "2"]).ends_with(0);
    let gathering = Process::of(&mut coordinator(&archive, "many", &server.url()));
    let mut workers: Vec<Process> = (0..4)
        .map(|_| Process::of(&mut worker(&server.url())))
        .collect();
    until("a first shard", || done(&archive, "many") >= 1);
    workers[0].kill();
    until("a few shards", || done(&archive, "many") >= 4);
    server.restart();
    gathering
        .ended()
        .ends_with(0)
        .says(&["48 graded, 12 refused, 0 failed"]);
    assert_eq!(archive.shards("many"), archive.shards("alone"));
    assert_eq!(lines(&archive.shards("many")).len(), 60);
    let manifest = |name: &str| fs::read(archive.run_folder(name).join("manifest.jsonl")).unwrap();
    assert_eq!(manifest("many"), manifest("alone"));
    for worker in workers.drain(1..) {
        worker.interrupt();
        worker.ended().ends_with(0).says(&["graded for 1 runs"]);
    }
}

#[cfg(unix)]
#[test]
fn a_coordinator_that_was_killed_goes_on_where_it_was() {
    let Some(server) = NatsServer::usual() else {
        return;
    };
    let archive = Archive::of(30);
    archive.regraded("alone", &["--jobs", "2"]).ends_with(0);
    let _worker = Process::of(&mut worker(&server.url()));
    let mut gathering = Process::of(&mut coordinator(&archive, "many", &server.url()));
    until("a first shard", || done(&archive, "many") >= 1);
    let second = run(&mut coordinator(&archive, "again", &server.url()));
    second
        .ends_with(3)
        .says(&["is gathered by another seedgrade already"]);
    gathering.kill();
    run(&mut coordinator(&archive, "many", &server.url()))
        .ends_with(2)
        .says(&["--resume"]);
    run(coordinator(&archive, "many", &server.url()).arg("--resume")).ends_with(0);
    assert_eq!(archive.shards("many"), archive.shards("alone"));
}

#[test]
fn the_same_pictures_are_judged_alike_by_every_command() {
    let Some(server) = NatsServer::usual() else {
        return;
    };
    let archive = Archive::of(5);
    archive.regraded("alone", &[]).ends_with(0);
    let _worker = Process::of(&mut worker(&server.url()));
    run(coordinator(&archive, "many", &server.url()).arg("--hand-out-pictures")).ends_with(0);
    let alone = judgements(&lines(&archive.shards("alone")));
    assert_eq!(judgements(&lines(&archive.shards("many"))), alone);
    let graded = run(grade_json("9x5").arg(archive.path()));
    assert_eq!(judgements(&graded.lines()), alone);
    assert_eq!(judgements(&on_the_line(&archive, 5)), alone);
}

/// The archive's pictures as a camera's frames on a live line: what its store has of them.
fn on_the_line(archive: &Archive, trays: usize) -> Vec<Value> {
    let gate = |(route, number, counts): (&str, u8, u32)| {
        format!("[[gate]]\nroute = \"{route}\"\nnumber = {number}\ncounts_from_camera = {counts}\n")
    };
    let gates = [
        ("hold", 0, 2900),
        ("market", 1, 2000),
        ("second", 2, 2200),
        ("rework", 3, 2400),
    ];
    let gates: String = gates.map(gate).concat();
    let text = format!(
        r#"
[tray]
rows = 9
cols = 5
[camera]
source = "folder"
path = {:?}
[belt]
counts_per_mm = 4.0
travel = "+x"
first_cell = "top-left"
late_margin_counts = 50
[line]
suspend_after = 0
{gates}
[job]
id = 7
lot = "2026-11-A"
variety = "tomato"
[machine]
source = "simulated"
[store]
file = "line.db"
"#,
        archive.path().to_str().unwrap()
    );
    let config = archive.root.path().join("line.toml");
    fs::write(&config, text).unwrap();
    let mut command = embedded();
    command.arg("--config").arg(&config).arg("line");
    run(command.args(["--trays", &trays.to_string()])).ends_with(0);
    let store = StoreReader::open(&archive.root.path().join("line.db")).unwrap();
    let stored = store.trays(&TrayFilter::default()).unwrap();
    let report = |tray: &StoredTray| serde_json::to_value(store.report(tray.id).unwrap()).unwrap();
    stored.iter().map(report).collect()
}

/// A digest of what is judged of every picture, by the picture's hash: who asked for it, and its times, are no part.
fn judgements(lines: &[Value]) -> String {
    let mut judged: Vec<String> = lines
        .iter()
        .map(|line| {
            let parts = [
                "image_sha256",
                "status",
                "grade",
                "route",
                "counts",
                "grades",
                "cells",
            ];
            parts.map(|part| line[part].to_string()).join(" ")
        })
        .collect();
    judged.sort();
    digest_of(judged.join("\n").as_bytes())
}

#[test]
fn a_worker_without_the_archive_refuses_and_says_what_to_do() {
    let Some(server) = NatsServer::usual() else {
        return;
    };
    let archive = Archive::of(4);
    let _gathering = Process::of(&mut coordinator(&archive, "many", &server.url()));
    until("the manifest", || begun(&archive, "many"));
    let nowhere = archive.run_folder("nowhere");
    let refusing = run(worker(&server.url())
        .arg("--archive")
        .arg(&nowhere)
        .args(["--idle-exit", "5"]));
    refusing.ends_with(2).says(&[
        "is refused: archive",
        "nowhere is not on this machine",
        "--hand-out-pictures",
    ]);
    assert_eq!(done(&archive, "many"), 0);
}

#[test]
fn an_archive_that_changes_meanwhile_stops_the_run_by_name() {
    let Some(server) = NatsServer::usual() else {
        return;
    };
    let archive = Archive::of(4);
    let gathering = Process::of(&mut coordinator(&archive, "many", &server.url()));
    until("the manifest", || begun(&archive, "many"));
    let mut picture = fs::OpenOptions::new()
        .append(true)
        .open(archive.picture(2))
        .unwrap();
    picture.write_all(b"!").unwrap();
    run(worker(&server.url()).args(["--idle-exit", "20"]))
        .ends_with(3)
        .says(&["morning/tray-0002.png: its bytes are others"]);
    gathering
        .ended()
        .ends_with(3)
        .says(&["worker ", "morning/tray-0002.png: its bytes are others"]);
}

#[test]
fn a_server_that_is_gone_is_waited_for_so_long_and_what_is_kept_is_said() {
    let Some(mut server) = NatsServer::usual() else {
        return;
    };
    let archive = Archive::of(20);
    let nobody = run(coordinator(&archive, "many", "nats://127.0.0.1:9").args(["--patience", "1"]));
    nobody
        .ends_with(3)
        .says(&["NATS server nats://127.0.0.1:9: gave no answer"]);
    assert!(!archive.run_folder("many").exists());
    let gathering =
        Process::of(coordinator(&archive, "many", &server.url()).args(["--patience", "2"]));
    let working = Process::of(worker(&server.url()).args(["--patience", "2"]));
    until("a first shard", || done(&archive, "many") >= 1);
    server.down();
    working
        .ended()
        .ends_with(3)
        .says(&["gave no answer for 2 s"]);
    gathering.ended().ends_with(3).says(&[
        "gave no answer for 2 s",
        "of 20 pictures are done and kept",
        "--resume",
    ]);
}

#[test]
fn wrong_credentials_are_told_without_showing_them() {
    let users =
        format!("{JETSTREAM}authorization {{ users: [{{ user: wang, password: right }}] }}\n");
    let Some(server) = NatsServer::start(&users) else {
        return;
    };
    let archive = Archive::of(1);
    for url in [server.url(), server.url_as("wang:wr0ng")] {
        let refused = run(&mut coordinator(&archive, "many", &url));
        refused
            .ends_with(2)
            .says(&["refuses these credentials", "--nats-credentials FILE"]);
        assert!(!refused.stderr.contains("wr0ng"), "{refused:#?}");
    }
    let _worker = Process::of(&mut worker(&server.url_as("wang:right")));
    run(&mut coordinator(
        &archive,
        "many",
        &server.url_as("wang:right"),
    ))
    .ends_with(0);
    let seed = archive.run_folder("seed.creds");
    fs::write(&seed, "SUAM-not-a-seed").unwrap();
    let refused = run(coordinator(&archive, "more", &server.url())
        .arg("--nats-credentials")
        .arg(&seed));
    refused
        .ends_with(2)
        .says(&["seed.creds: expected a credentials file"]);
    assert!(!refused.stderr.contains("SUAM"), "{refused:#?}");
}

#[test]
fn a_server_without_jetstream_or_with_too_small_messages_is_told() {
    let Some(server) = NatsServer::start("") else {
        return;
    };
    let archive = Archive::of(1);
    run(&mut coordinator(&archive, "many", &server.url()))
        .ends_with(3)
        .says(&["has no JetStream", "--jetstream"]);
    let small = NatsServer::start(&format!("{JETSTREAM}max_payload: 4096\n")).unwrap();
    run(&mut coordinator(&archive, "many", &small.url()))
        .ends_with(3)
        .says(&["needs max_payload of at least 8192 bytes, found 4096"]);
    let tight = "jetstream { store_dir: \"STORE\", max_file_store: 20000 }\n";
    let tight = NatsServer::start(tight).unwrap();
    run(&mut coordinator(&archive, "full", &tight.url()))
        .ends_with(3)
        .says(&["has no room", "of 1 pictures are done and kept"]);
}

#[test]
fn a_server_that_requires_tls_is_entered_with_the_authority_that_signed_its_certificate() {
    let folder = tempfile::tempdir().unwrap();
    let (certificate, key) = (
        folder.path().join("cert.pem"),
        folder.path().join("key.pem"),
    );
    if !self_signed(&certificate, &key) {
        println!("openssl is not installed: skipped");
        return;
    }
    let tls = format!(
        "{JETSTREAM}tls {{ cert_file: {:?}, key_file: {:?} }}\n",
        certificate.to_str().unwrap(),
        key.to_str().unwrap()
    );
    let Some(server) = NatsServer::start(&tls) else {
        return;
    };
    let archive = Archive::of(1);
    run(&mut coordinator(&archive, "many", &server.url()))
        .ends_with(2)
        .says(&["requires TLS", "--nats-ca FILE"]);
    let url = server.url().replace("nats://", "tls://");
    let trusting = |command: &mut Command| {
        command.arg("--nats-ca").arg(&certificate);
    };
    let mut working = worker(&url);
    trusting(&mut working);
    let _worker = Process::of(&mut working);
    let mut gathering = coordinator(&archive, "many", &url);
    trusting(&mut gathering);
    run(&mut gathering).ends_with(0);
}

fn self_signed(certificate: &Path, key: &Path) -> bool {
    let request = certificate.with_extension("conf");
    // the server's own certificate is its authority here, and is no authority for others
    let text = "[req]\ndistinguished_name = who\nx509_extensions = use\nprompt = no\n[who]\nCN = 127.0.0.1\n\
                [use]\nsubjectAltName = IP:127.0.0.1\nbasicConstraints = CA:FALSE\n";
    fs::write(&request, text).unwrap();
    let made = Command::new("openssl")
        .args([
            "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-config",
        ])
        .arg(&request)
        .arg("-keyout")
        .arg(key)
        .arg("-out")
        .arg(certificate)
        .output();
    made.is_ok_and(|made| made.status.success())
}
