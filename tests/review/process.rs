//! `seedgrade review` as a process.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::Stdio;

use seedgrade::inspect::TrayReport;

use crate::common::{Run, run, seedgrade};
use crate::nursery::{Nursery, add, tray};

#[test]
fn users_are_made_on_the_machine_from_a_pipe_and_listed() {
    let nursery = Nursery::with(&[], false).unwrap();
    let user = |arguments: &[&str], password: &str| {
        let mut command = seedgrade();
        command
            .args(["review", "user"])
            .args(arguments)
            .arg("--store")
            .arg(nursery.store());
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // one that was refused at once no longer reads
        let _ = child.stdin.take().unwrap().write_all(password.as_bytes());
        Run::of(child.wait_with_output().unwrap())
    };
    user(&["add", "王芳", "--role", "manager"], "long enough\n").ends_with(0);
    user(&["add", "王芳", "--role", "manager"], "long enough\n")
        .ends_with(2)
        .says(&["is there already"]);
    user(&["add", "li", "--role", "operator"], "short\n")
        .ends_with(2)
        .says(&["expected 8 characters"]);
    assert_eq!(user(&["list"], "").stdout, "王芳\tmanager\n");
    user(&["remove", "li"], "")
        .ends_with(2)
        .says(&["is not there"]);
}

#[test]
fn what_cannot_be_served_is_said_with_its_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    let review = |store: &std::path::Path, listen: &str| {
        run(seedgrade()
            .arg("review")
            .arg("--store")
            .arg(store)
            .args(["--listen", listen]))
    };
    let missing = folder.path().join("none.db");
    review(&missing, "127.0.0.1:0")
        .ends_with(2)
        .says(&["none.db does not exist"]);
    let nursery = Nursery::with(&[], false).unwrap();
    review(&nursery.store(), "0.0.0.0:0")
        .ends_with(2)
        .says(&["review user add"]);
    review(&nursery.store(), "nonsense")
        .ends_with(3)
        .says(&["cannot be listened at"]);
    let taken = nursery.address().to_string();
    review(&nursery.store(), &taken)
        .ends_with(3)
        .says(&[&taken]);
}

#[cfg(unix)]
#[test]
fn the_pages_end_with_0_on_a_signal_though_somebody_watches() {
    let nursery = Nursery::with(&[], false).unwrap();
    let mut child = seedgrade()
        .arg("review")
        .arg("--store")
        .arg(nursery.store())
        .args(["--listen", "127.0.0.1:0"])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = String::new();
    BufReader::new(child.stderr.take().unwrap())
        .read_line(&mut said)
        .unwrap();
    let address = said
        .split("http://")
        .nth(1)
        .unwrap()
        .trim_end_matches("/\n");
    let watching = crate::client::Visitor::nobody(address.parse().unwrap()).news();
    let sent = std::process::Command::new("kill")
        .args(["-TERM", &child.id().to_string()])
        .status();
    assert!(sent.unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(0));
    drop(watching);
}

#[test]
fn lines_that_were_given_no_names_of_their_own_are_told_when_their_pages_start() {
    let nursery = Nursery::open();
    let second = nursery.folder.path().join("second.db");
    let told = |trays: &[TrayReport]| {
        add(&second, trays);
        let mut command = seedgrade();
        command.arg("review").arg("--store").arg(nursery.store());
        let command = command.arg("--store").arg(&second);
        let command = command.args(["--listen", "127.0.0.1:0"]);
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let mut lines = stderr.lines().map(Result::unwrap);
        let mut said = Vec::new();
        while !said
            .last()
            .is_some_and(|line: &String| line.contains("pages at"))
        {
            said.push(lines.next().unwrap());
        }
        child.kill().unwrap();
        child.wait().unwrap();
        said.join("\n")
    };
    let alike = told(&[tray(7, "2026-11-B", |_| 0.1)]);
    assert!(alike.contains("both hold trays of base1/line1"), "{alike}");
    let mut other = tray(8, "2026-11-B", |_| 0.1);
    other.facts.tray_uid = "base1/line2/2026-11-24/000008".to_owned();
    let apart = told(&[other]);
    assert!(!apart.contains("both hold"), "{apart}");
}
