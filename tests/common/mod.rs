//! What the tests of the program share: its samples, its runs, small pictures.

#![allow(dead_code, unreachable_pub)]

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output};

use serde_json::Value;

/// The program under test, away from the user's own configuration and colours.
pub fn seedgrade() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_seedgrade"));
    command
        .env("NO_COLOR", "1")
        .env_remove("RUST_LOG")
        .env_remove("RUST_BACKTRACE");
    command
}

/// The same on the embedded engine, which is there on every machine.
pub fn embedded() -> Command {
    let mut command = seedgrade();
    command.args(["--backend", "embedded"]);
    command
}

/// Sends a signal, such as `-HUP`, to a process that a test has started.
#[track_caller]
pub fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill")
        .args([name, &child.id().to_string()])
        .status();
    assert!(sent.unwrap().success());
}

/// A line's configuration for trays of 4 × 5 cells: what stands in `[camera]`, in `[line]` beside the first key, and in
/// `[machine]`. `[store]` is the last section.
pub fn line_configuration(camera: &str, line: &str, machine: &str) -> String {
    let gates: String = [
        ("hold", 0, 2900),
        ("market", 1, 2000),
        ("second", 2, 2200),
        ("rework", 3, 2400),
    ]
    .map(|(route, number, counts)| {
        format!("[[gate]]\nroute = \"{route}\"\nnumber = {number}\ncounts_from_camera = {counts}\n")
    })
    .concat();
    format!(
        r#"
[tray]
rows = 4
cols = 5
[camera]
{camera}
[belt]
counts_per_mm = 4.0
travel = "+x"
first_cell = "top-left"
late_margin_counts = 50
[line]
suspend_after = 0
{line}
{gates}
[job]
id = 7
lot = "2026-11-A"
variety = "tomato"
[machine]
{machine}
[store]
file = "line.db"
"#
    )
}

/// `grade --json` on the embedded engine.
pub fn grade_json(tray: &str) -> Command {
    let mut command = embedded();
    command.args(["grade", "--json", "--tray", tray]);
    command
}

/// The shipped set.
pub fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("datasets/samples")
}

/// A shipped picture.
pub fn sample(name: &str) -> PathBuf {
    samples().join("trays").join(name)
}

/// The shipped pictures of trays with the block of cells in view.
pub const TRAYS: [(&str, usize, usize); 6] = [
    ("arabidopsis-tray.jpg", 4, 5),
    ("arabidopsis-v2.jpg", 4, 5),
    ("ippn-bare.png", 9, 5),
    ("rendered-72.jpg", 6, 12),
    ("rendered-128.jpg", 8, 16),
    ("rendered-200.jpg", 10, 20),
];

/// How a run ended.
#[derive(Debug)]
pub struct Run {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Run {
    pub fn of(output: Output) -> Self {
        let run = Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).expect("stdout is UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("stderr is UTF-8"),
        };
        assert!(!run.stderr.contains("panicked"), "{run:#?}");
        run
    }

    /// Every line of stdout as JSON.
    pub fn lines(&self) -> Vec<Value> {
        let parse = |line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
        self.stdout.lines().map(parse).collect()
    }

    #[track_caller]
    pub fn ends_with(&self, code: i32) -> &Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        self
    }

    /// stderr has all of these.
    #[track_caller]
    pub fn says(&self, fragments: &[&str]) -> &Self {
        for fragment in fragments {
            assert!(
                self.stderr.contains(fragment),
                "no {fragment:?} in {self:#?}"
            );
        }
        self
    }
}

/// Runs to the end.
pub fn run(command: &mut Command) -> Run {
    Run::of(command.output().expect("the program starts"))
}

/// Grades one picture and gives its line.
#[track_caller]
pub fn graded(tray: &str, picture: impl AsRef<OsStr>) -> Value {
    let run = run(grade_json(tray).arg(picture));
    run.ends_with(0);
    let mut lines = run.lines();
    assert_eq!(lines.len(), 1, "{run:#?}");
    lines.remove(0)
}

/// A PNG, 8-bit RGB, of these packed pixels.
pub fn png_of(width: u32, height: u32, packed: &[u8]) -> Vec<u8> {
    let mut header = [width.to_be_bytes(), height.to_be_bytes()].concat();
    header.extend([8, 2, 0, 0, 0]);
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    for (kind, data) in [
        (b"IHDR", header.as_slice()),
        (b"IDAT", packed),
        (b"IEND", &[]),
    ] {
        let body = [kind.as_slice(), data].concat();
        file.extend((data.len() as u32).to_be_bytes());
        file.extend(&body);
        file.extend(crc32(&body).to_be_bytes());
    }
    file
}

fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, byte: &u8| {
        (0..8).fold(crc ^ u32::from(*byte), |c, _| {
            (c >> 1) ^ (0xedb8_8320 * (c & 1))
        })
    };
    !bytes.iter().fold(!0, step)
}
