//! What people take out of a store: tables that other programs open.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    missing_docs
)]

#[path = "common/mod.rs"]
mod common;

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use common::{Run, graded, run, sample, seedgrade};
use parquet::file::reader::{FileReader as _, SerializedFileReader};
use parquet::record::Field;
use seedgrade::inspect::TrayReport;
use seedgrade::store::{EXPORT_COLUMNS, Record, StoreWriter, TrayRecord, WriterParams};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// A shipped picture of 45 bare cells, as it was judged.
fn judged() -> TrayReport {
    serde_json::from_value(graded("9x5", sample("ippn-bare.png"))).unwrap()
}

/// A store of trays seen at these moments, with a name that needs care in every format.
fn store(folder: &Path, seen_at: &[&str]) -> PathBuf {
    let path = folder.join("line.db");
    let writer = StoreWriter::open(&path, WriterParams::default()).unwrap();
    let report = judged();
    for (number, seen) in seen_at.iter().enumerate() {
        let mut report = report.clone();
        report.facts.tray_uid = format!("base1/line1/2026-11-24/{number:06}");
        report.facts.lot = Some("2026-11-A, \"番茄\"".to_owned());
        report.facts.captured_at = Some((*seen).to_owned());
        writer.write(Record::Tray(Box::new(TrayRecord {
            received_at: "2026-11-24T08:00:01.000Z".to_owned(),
            report,
        })));
    }
    assert_eq!(writer.close().written, seen_at.len() as u64);
    path
}

fn export(store: &Path, format: &str, out: &Path, more: &[&str]) -> Run {
    let mut command = seedgrade();
    command
        .args(["export", "--format", format, "--store"])
        .arg(store);
    run(command.arg("--out").arg(out).args(more))
}

/// Rows of CSV as RFC 4180 has them.
fn csv(path: &Path) -> Vec<Vec<String>> {
    let text = fs::read_to_string(path).unwrap();
    let (mut rows, mut row, mut value, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => {
                letters.next();
                value.push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(std::mem::take(&mut value)),
            '\n' if !quoted => {
                row.push(std::mem::take(&mut value));
                rows.push(std::mem::take(&mut row));
            }
            other => value.push(other),
        }
    }
    rows
}

fn same(field: &Field, csv: &str) -> bool {
    match field {
        Field::Null => csv.is_empty(),
        Field::Str(text) => text == csv,
        Field::Long(number) => csv.parse() == Ok(*number),
        Field::Double(number) => csv.parse() == Ok(*number),
        _ => false,
    }
}

#[test]
fn parquet_says_what_csv_says_and_names_every_columns_unit() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path(), &["2026-11-24T08:00:00.000Z"; 3]);
    let (flat, columnar) = (folder.path().join("csv"), folder.path().join("parquet"));
    export(&store, "csv", &flat, &[]).ends_with(0);
    export(&store, "parquet", &columnar, &[]).ends_with(0);
    for (table, count) in [("trays", 3), ("cells", 135), ("moves", 0)] {
        let expected = csv(&flat.join(format!("{table}.csv")));
        let file = File::open(columnar.join(format!("{table}.parquet"))).unwrap();
        let reader = SerializedFileReader::new(file).unwrap();
        let rows = reader.get_row_iter(None).unwrap();
        let mut compared = 0;
        for (row, csv_row) in rows.zip(&expected[1..]) {
            let row = row.unwrap();
            let fields = row.get_column_iter().zip(&expected[0]).zip(csv_row);
            for (((name, field), csv_name), csv_value) in fields {
                assert_eq!(name, csv_name);
                assert!(
                    same(field, csv_value),
                    "{name}: {field:?} against {csv_value}"
                );
            }
            compared += 1;
        }
        assert_eq!((compared, expected.len()), (count, count + 1));
        let said = reader.metadata().file_metadata().key_value_metadata();
        let columns = said
            .unwrap()
            .iter()
            .find(|said| said.key == "seedgrade.columns");
        let columns: Value =
            serde_json::from_str(columns.unwrap().value.as_ref().unwrap()).unwrap();
        let of_table = EXPORT_COLUMNS.iter().filter(|c| c.table == table).count();
        assert_eq!(columns.as_array().unwrap().len(), of_table);
    }
}

/// What a data scientist asks of the files.
const READ_IN_PYTHON: &str = r#"
import json, sys
import duckdb, pandas, pyarrow.parquet
trays, cells = sys.argv[1:]
area = pyarrow.parquet.read_schema(cells).field("area_mm2")
assert str(area.type) == "double", area.type
assert area.metadata == {
    b"scale": b"mm2", b"unit": b"mm2", b"trait": b"canopy area", b"method": b"one RGB picture from above",
}, area.metadata
frame = pandas.read_parquet(cells)
assert len(frame) == 135 and frame["occupied"].between(0, 1).all(), frame
assert set(pandas.read_parquet(trays)["lot"]) == {'2026-11-A, "番茄"'}
joined = duckdb.sql(f"select count(*) from '{trays}' join '{cells}' using (tray_uid, pass)").fetchall()
assert joined == [(135,)], joined
keys = dict(duckdb.sql(f"select key, value from parquet_kv_metadata('{cells}')").fetchall())
columns = {column["name"]: column for column in json.loads(keys[b"seedgrade.columns"])}
assert columns["area_mm2"]["scale"] == "mm2", columns
"#;

#[test]
fn pandas_and_duckdb_open_what_was_exported() {
    let has_them = Command::new("python3")
        .args(["-c", "import duckdb, pandas, pyarrow.parquet"])
        .output();
    if !has_them.is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: python3 with duckdb, pandas and pyarrow is not here");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path(), &["2026-11-24T08:00:00.000Z"; 3]);
    let out = folder.path().join("parquet");
    export(&store, "parquet", &out, &[]).ends_with(0);
    let read = Command::new("python3")
        .args(["-c", READ_IN_PYTHON])
        .args([out.join("trays.parquet"), out.join("cells.parquet")])
        .output()
        .unwrap();
    Run::of(read).ends_with(0);
}

/// Every file of a folder with its bytes.
fn files(folder: &Path) -> std::collections::BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let named = |path: PathBuf| path.file_name().unwrap().to_string_lossy().into_owned();
    entries
        .map(|path| (named(path.clone()), fs::read(path).unwrap()))
        .collect()
}

#[test]
fn a_days_export_is_the_sites_day_and_the_same_bytes_when_made_again() {
    let folder = tempfile::tempdir().unwrap();
    // The first two are of 24 November in Shanghai, the last, at midnight there, is not.
    let seen = [
        "2026-11-23T16:00:00.000Z",
        "2026-11-24T15:59:59.999Z",
        "2026-11-24T16:00:00.000Z",
    ];
    let store = store(folder.path(), &seen);
    let config = folder.path().join("site.toml");
    fs::write(&config, "[site]\nzone = \"Asia/Shanghai\"\n").unwrap();
    let config = config.to_str().unwrap();
    let plain = folder.path().join("site.toml");
    for format in ["csv", "jsonl", "parquet"] {
        let out = folder.path().join(format);
        let day = |day: &str| export(&store, format, &out, &["--day", day, "--config", config]);
        day("2026-11-24").ends_with(0);
        let first = files(&out);
        let names: Vec<&str> = first.keys().map(String::as_str).collect();
        let [cells, moves, trays] =
            ["cells", "moves", "trays"].map(|table| format!("{table}.{format}"));
        let expected = [&cells, "columns.csv", "manifest.json", &moves, &trays];
        assert_eq!(names, expected);
        let manifest: Value = serde_json::from_slice(&first["manifest.json"]).unwrap();
        assert_eq!(manifest["day"], "2026-11-24");
        assert_eq!(manifest["zone"], "Asia/Shanghai");
        assert_eq!(manifest["seen_from"], "2026-11-23T16:00:00Z");
        assert_eq!(
            (&manifest["trays"]["graded"], &manifest["cells"]),
            (&2.into(), &90.into())
        );
        for file in manifest["files"].as_array().unwrap() {
            let bytes = &first[file["name"].as_str().unwrap()];
            assert_eq!(file["bytes"], bytes.len());
            assert_eq!(file["sha256"], hex::encode(Sha256::digest(bytes)));
        }
        // What a run that was cut off leaves behind is no obstacle, and is taken away.
        fs::write(out.join(".part-x"), "torn").unwrap();
        fs::write(out.join(&cells), "torn").unwrap();
        day("2026-11-24").ends_with(0);
        assert_eq!(files(&out), first);
        #[cfg(unix)]
        for name in first.keys() {
            let rights = |path: &Path| fs::metadata(path).unwrap().permissions();
            // whoever takes it in is somebody else
            assert_eq!(rights(&out.join(name)), rights(&plain), "{name}");
        }
        day("2026-11-25").ends_with(2).says(&["found another"]);
        assert_eq!(files(&out), first, "left alone");
        fs::write(out.join("notes.txt"), "ours").unwrap();
        day("2026-11-24").ends_with(2).says(&["found notes.txt"]);
    }
}
