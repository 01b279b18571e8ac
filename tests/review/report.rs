//! A lot's inspection report on paper. What a PDF says is read by a program that did not write it.

use std::path::{Path, PathBuf};
use std::process::Command;

use seedgrade::review::{Letters, Role};
use serde_json::Value;

use crate::common::{Run, run, seedgrade};
use crate::nursery::Nursery;

const LOT: &str = "2026-11-A";
const READ_BY_PYPDF: &str =
    "import pypdf, sys\nfor page in pypdf.PdfReader(sys.argv[1]).pages: print(page.extract_text())";

/// The program's `certificate`, into a file beside the store.
fn certificate(nursery: &Nursery, arguments: &[&str], out: &str) -> (Run, PathBuf) {
    let out = nursery.folder.path().join(out);
    let mut command = seedgrade();
    command
        .args(["certificate", "--store"])
        .arg(nursery.store());
    (run(command.args(arguments).arg("--out").arg(&out)), out)
}

fn has_letters() -> bool {
    let found = Letters::of_machine().is_ok();
    if !found {
        eprintln!("skipped: no font of this machine has Chinese letters");
    }
    found
}

/// What a PDF says, without its spaces and line ends; none where nothing reads PDF.
fn text_of(pdf: &Path) -> Option<String> {
    let poppler = Command::new("pdftotext").arg(pdf).arg("-").output();
    let read = poppler.ok().filter(|output| output.status.success());
    let read = read.or_else(|| {
        let python = Command::new("python3")
            .args(["-c", READ_BY_PYPDF])
            .arg(pdf)
            .output();
        python.ok().filter(|output| output.status.success())
    });
    let Some(read) = read else {
        eprintln!("skipped: neither pdftotext nor Python's pypdf is installed");
        return None;
    };
    let text = String::from_utf8(read.stdout).unwrap();
    Some(text.split_whitespace().collect())
}

#[test]
fn a_report_on_paper_says_what_the_page_and_the_json_say_in_both_languages() {
    if !has_letters() {
        return;
    }
    let nursery = Nursery::open();
    let (written, json) = certificate(&nursery, &["--lot", LOT, "--by", "王芳"], "report.json");
    written.ends_with(0);
    let of: Value = serde_json::from_slice(&std::fs::read(&json).unwrap()).unwrap();
    let share = |of: &Value| format!("{:.1}%", 100.0 * of.as_f64().unwrap());
    for (language, title, is_not, audit) in [
        ("zh-CN", "检测报告", "植物检疫证书", "尚无盲审"),
        ("en", "Inspectionreport", "quarantine", "Noaudityet"),
    ] {
        let from = ["--from", json.to_str().unwrap(), "--language", language];
        let (printed, pdf) = certificate(&nursery, &from, &format!("{language}.pdf"));
        printed.ends_with(0);
        let Some(text) = text_of(&pdf) else { return };
        let page = {
            let mut viewer = nursery.visitor(Role::Viewer);
            viewer.cookie = viewer
                .cookie
                .replace("language=en", &format!("language={language}"));
            let reply = viewer.get(&format!("/certificate?lot={LOT}"));
            reply.body.split_whitespace().collect::<String>()
        };
        let figures = [
            share(&of["meets"]["share"]),
            share(&of["summary"]["emergence"]["rate"]),
            share(&of["summary"]["marketable"]["rate"]),
            of["digest"].as_str().unwrap().to_owned(),
            of["evidence"][0]["standard_digest"]
                .as_str()
                .unwrap()
                .to_owned(),
        ];
        for said in [title, is_not, audit, LOT] {
            assert!(text.contains(said), "no {said:?} in {text}");
            assert!(page.contains(said), "no {said:?} in {page}");
        }
        for figure in &figures {
            assert!(text.contains(figure), "no {figure} in {text}");
            assert!(page.contains(figure), "no {figure} in {page}");
        }
        assert!(text.contains("王芳"), "{text}");
        assert!(!text.contains("[U+"), "{text}");
    }
}

#[test]
fn the_same_report_and_font_give_the_same_bytes() {
    if !has_letters() {
        return;
    }
    let nursery = Nursery::open();
    let (_, json) = certificate(&nursery, &["--lot", LOT], "report.json");
    let [first, second] = ["1.pdf", "2.pdf"].map(|out| {
        let (printed, pdf) = certificate(&nursery, &["--from", json.to_str().unwrap()], out);
        printed.ends_with(0);
        std::fs::read(pdf).unwrap()
    });
    assert!(first.starts_with(b"%PDF-") && first == second);
    // the font is a few letters of some thousands
    assert!(first.len() < 4_000_000, "{} bytes", first.len());
}

#[test]
fn a_report_that_does_not_hold_is_not_printed() {
    let nursery = Nursery::open();
    let (_, json) = certificate(&nursery, &["--lot", LOT], "report.json");
    let text = std::fs::read_to_string(&json).unwrap();
    std::fs::write(&json, text.replacen("\"hits\": ", "\"hits\": 1", 1)).unwrap();
    let from = ["--from", json.to_str().unwrap()];
    let (refused, again) = certificate(&nursery, &from, "again.json");
    refused.ends_with(1).says(&["report.json", "does not hold"]);
    assert!(!again.exists());
    let (refused, _) = certificate(&nursery, &["--lot", "none"], "none.json");
    refused.ends_with(2).says(&["lot none: no tray"]);
    let (refused, _) = certificate(&nursery, &["--lot", LOT], "report.doc");
    refused.ends_with(2).says(&["report.doc", ".pdf or .json"]);
}

#[test]
fn a_font_without_the_letters_prints_nothing_rather_than_boxes() {
    let nursery = Nursery::open();
    let text = nursery.folder.path().join("words.ttf");
    std::fs::write(&text, "no font at all").unwrap();
    let latin = PathBuf::from("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf");
    for (font, found) in [(text, "found no font"), (latin, "found a font without")] {
        if !font.exists() {
            eprintln!("skipped: {} is not installed", font.display());
            continue;
        }
        let named = ["--lot", LOT, "--font", font.to_str().unwrap()];
        let (refused, pdf) = certificate(&nursery, &named, "boxes.pdf");
        refused.ends_with(2).says(&[found]);
        assert!(!pdf.exists());
    }
}

#[test]
fn the_lowest_the_middle_and_the_highest_tray_are_shown_with_their_pictures_hashes() {
    let nursery = Nursery::open();
    let viewer = nursery.visitor(Role::Viewer);
    let page = viewer.get(&format!("/certificate?lot={LOT}"));
    let places = ["Lowest share", "Middle share", "Highest share"];
    let found = places.map(|place| page.body.find(&format!("<strong>{place}")).unwrap());
    assert!(found.is_sorted());
    // the pages' tray 2 has plants below the best grades, its picture is that of all
    let lowest = &page.body[found[0]..found[1]];
    assert!(lowest.contains("2026-11-24/000003"), "{lowest}");
    let (uid, sha256) = ("2026-11-24/000001", "SHA-256");
    page.shows(uid).shows(sha256);
    std::fs::remove_file(nursery.folder.path().join("arabidopsis-tray.jpg")).unwrap();
    let other = Nursery::open();
    std::fs::remove_file(other.folder.path().join("arabidopsis-tray.jpg")).unwrap();
    other
        .visitor(Role::Viewer)
        .get(&format!("/certificate?lot={LOT}"))
        .is(200)
        .shows("No picture of this lot is kept")
        .hides("Lowest share");
}

#[test]
fn the_pages_hand_over_the_report_as_pdf() {
    let nursery = Nursery::open();
    let viewer = nursery.visitor(Role::Viewer);
    let reply = viewer.get(&format!("/certificate.pdf?lot={LOT}"));
    if has_letters() {
        reply.is(200).shows("%PDF-");
        assert_eq!(reply.header("content-type"), Some("application/pdf"));
    } else {
        reply.is(503).shows("fonts-noto-cjk");
    }
}
