//! Pictures twice as fine as the net needs, decoded at half their size: judged as the whole ones, said in the report, and judged
//! so again.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

#[path = "common/mod.rs"]
mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::{embedded, run};
use seedgrade::frame::{DecodeLimits, Frame, HalvedFrame, decode, decode_halved};
use seedgrade::inspect::TrayReport;

/// Two rendered trays of 6 × 8 cells of 110 px, as JPEGs of quality 90.
fn fine_trays(folder: &Path) -> PathBuf {
    let set = folder.join("set");
    let mut render = embedded();
    render.args(["render", "--trays", "2", "--tray", "6x8", "--seed", "61"]);
    run(render
        .args(["--px-per-pitch", "110..110", "--out"])
        .arg(&set));
    let fine = folder.join("fine");
    fs::create_dir(&fine).unwrap();
    for name in ["t000000", "t000001"] {
        let picture = image::open(set.join(format!("trays/{name}.png"))).unwrap();
        let file = fs::File::create(fine.join(format!("{name}.jpg"))).unwrap();
        let encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(file, 90);
        picture.to_rgb8().write_with_encoder(encoder).unwrap();
    }
    fine
}

fn reports(text: &str) -> Vec<TrayReport> {
    let lines = text.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn halved(bytes: &[u8]) -> Option<HalvedFrame> {
    decode_halved(bytes, DecodeLimits::default(), |_| true)
}

#[test]
fn fine_pictures_are_judged_at_half_their_size_and_so_again_bit_for_bit() {
    let folder = tempfile::tempdir().unwrap();
    let fine = fine_trays(folder.path());
    let overlays = folder.path().join("overlays");
    let mut grade = embedded();
    grade.args(["grade", "--json", "--tray", "6x8", "--overlay"]);
    let graded = run(grade.arg(&overlays).arg(&fine));
    let judged = reports(&graded.stdout);
    assert_eq!(judged.len(), 2);
    for report in &judged {
        assert!(
            report.evidence.backend.ends_with(", libjpeg-turbo"),
            "{}",
            report.evidence.backend
        );
        let pitch = report.px_per_pitch.expect("the tray is found");
        assert!((pitch - 110.0).abs() < 2.0, "{pitch} px of the picture");
    }
    let drawn = fs::read_dir(&overlays).unwrap().next().unwrap().unwrap();
    let drawn = image::image_dimensions(drawn.path()).unwrap();
    let picture = image::image_dimensions(fine.join("t000000.jpg")).unwrap();
    assert!(
        drawn.0 >= picture.0 && drawn.1 >= picture.1,
        "{drawn:?} over {picture:?}"
    );

    let lines = folder.path().join("trays.jsonl");
    fs::write(&lines, &graded.stdout).unwrap();
    let verified = run(embedded().arg("verify").arg(&lines));
    assert!(
        verified.stdout.contains("2 bit for bit"),
        "{}",
        verified.stdout
    );
    // a line judges the whole frames of its camera, and names no such decoder
    let whole = graded.stdout.replace(", libjpeg-turbo", "");
    fs::write(&lines, &whole).unwrap();
    let differs = embedded().arg("verify").arg(&lines).output().unwrap();
    let said = String::from_utf8(differs.stdout).unwrap();
    assert!(said.contains("0 bit for bit"), "{said}");
}

#[test]
fn half_the_size_shows_what_the_whole_does() {
    let folder = tempfile::tempdir().unwrap();
    let fine = fine_trays(folder.path());
    let bytes = fs::read(fine.join("t000000.jpg")).unwrap();
    let whole = decode(&bytes, DecodeLimits::default()).unwrap();
    let half = halved(&bytes).unwrap();
    assert_eq!(half.of, [whole.width(), whole.height()]);
    let expected = whole.halved(0..whole.width(), 0..whole.height(), Vec::new());
    let size = |frame: &Frame| (frame.width(), frame.height());
    assert_eq!(size(&half.frame), size(&expected));
    let pairs = half.frame.rgb().iter().zip(expected.rgb());
    let off: u64 = pairs.map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
    let mean = off as f64 / expected.rgb().len() as f64;
    assert!(mean < 3.0, "{mean} grey levels off");
}

#[test]
fn what_half_the_size_cannot_be_taken_of_is_left_to_the_whole_picture() {
    let shown = Frame::from_rgb(33, 17, vec![90; 33 * 17 * 3]).unwrap();
    let jpeg = |quality| {
        let mut bytes = Vec::new();
        let encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, quality);
        let picture = image::RgbImage::from_raw(33, 17, shown.rgb().to_vec()).unwrap();
        picture.write_with_encoder(encoder).unwrap();
        bytes
    };
    let whole = jpeg(90);
    let half = halved(&whole).unwrap();
    assert_eq!(
        (half.frame.width(), half.frame.height(), half.of),
        (17, 9, [33, 17])
    );
    assert!(half.frame.rgb().iter().all(|&value| value.abs_diff(90) < 3));
    assert!(halved(&whole[..whole.len() - 2]).is_none(), "it has no end");
    assert!(halved(b"\x89PNG\r\n\x1a\n").is_none(), "another format");
    assert!(halved(&[]).is_none());
    let small = DecodeLimits {
        pixels: 500,
        side: 40,
    };
    assert!(
        decode_halved(&whole, small, |_| true).is_none(),
        "too large"
    );
    assert!(
        decode_halved(&whole, DecodeLimits::default(), |_| false).is_none(),
        "too coarse"
    );
    // on its side: orientation 6 in an EXIF segment after the picture's start
    let exif = b"\xff\xe1\x00\x22Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
    let turned = [&whole[..2], exif, &whole[2..]].concat();
    let upright = decode(&turned, DecodeLimits::default()).unwrap();
    assert_eq!((upright.width(), upright.height()), (17, 33));
    assert!(halved(&turned).is_none(), "it lies on its side");
}
