//! Pictures that are damaged, too small, too large, or show no tray.

use super::*;

#[test]
fn a_jpeg_that_is_cut_in_half_fails() {
    let bytes = fs::read(sample("rendered-72.jpg")).unwrap();
    fails(
        &bytes[..bytes.len() / 2],
        "half.jpg",
        "truncated or corrupt",
    );
}

#[test]
fn a_jpeg_that_ends_in_its_header_fails() {
    let bytes = fs::read(sample("rendered-72.jpg")).unwrap();
    fails(&bytes[..100], "head.jpg", "truncated or corrupt");
}

#[test]
fn a_jpeg_with_zeros_in_its_header_fails() {
    let mut bytes = fs::read(sample("rendered-72.jpg")).unwrap();
    bytes[20..600].fill(0);
    fails(&bytes, "corrupt.jpg", "truncated or corrupt");
}

#[test]
fn a_png_that_is_cut_in_half_fails() {
    let bytes = fs::read(sample(TRAY)).unwrap();
    fails(
        &bytes[..bytes.len() / 2],
        "half.png",
        "truncated or corrupt",
    );
}

#[test]
fn a_png_with_a_damaged_byte_fails() {
    let mut bytes = fs::read(sample(TRAY)).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0xff;
    fails(&bytes, "corrupt.png", "truncated or corrupt");
}

#[test]
fn a_text_file_that_is_called_jpg_fails() {
    fails(b"not a picture\n", "text.jpg", "not a JPEG or PNG picture");
}

#[test]
fn an_empty_file_fails() {
    fails(b"", "empty.png", "the file is empty");
}

#[test]
fn a_picture_of_one_pixel_is_refused() {
    let folder = folder();
    for (width, height) in [(1, 1), (2, 2), (20_000, 1), (1, 20_000)] {
        let path = folder.path().join("tiny.png");
        RgbImage::new(width, height).save(&path).unwrap();
        let line = graded("9x5", &path);
        assert_eq!(status(&line), "refused", "{width}x{height}");
        assert!(reason(&line).contains("too small"), "{line}");
    }
}

/// The program with at most so much address space.
#[cfg(target_os = "linux")]
fn limited(kib: u64, tray: &str, picture: &Path) -> Run {
    run(Command::new("sh")
        .args(["-c", &format!("ulimit -v {kib} && exec \"$@\""), "sh"])
        .arg(env!("CARGO_BIN_EXE_seedgrade"))
        .args([
            "--backend",
            "embedded",
            "grade",
            "--json",
            "--jobs",
            "1",
            "--tray",
            tray,
        ])
        .arg(picture))
}

#[cfg(target_os = "linux")]
#[test]
fn a_png_header_that_claims_ten_gigapixels_costs_no_memory() {
    let folder = folder();
    let path = folder.path().join("bomb.png");
    fs::write(&path, png_of(100_000, 100_000, &[])).unwrap();
    let run = limited(600_000, "9x5", &path);
    run.ends_with(4)
        .says(&["bomb.png", "100000x100000 px is larger than the limit"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_plain_picture_of_60_megapixels_is_refused_in_bounded_memory() {
    let folder = folder();
    let path = folder.path().join("plain.png");
    RgbImage::from_pixel(10_000, 6_000, image::Rgb([128; 3]))
        .save(&path)
        .unwrap();
    // the pixels themselves are 176 MiB
    let run = limited(1_500_000, "9x5", &path);
    run.ends_with(0);
    assert_eq!(status(&run.lines()[0]), "refused");
}

#[test]
fn a_picture_without_a_tray_is_refused() {
    let line = graded("10x20", sample("not-a-tray.jpg"));
    assert_eq!(status(&line), "refused");
    assert!(reason(&line).starts_with("no tray: "), "{line}");
    assert_eq!(line["cells"], Value::Array(Vec::new()));
    assert_eq!(line["route"], "hold");
}

#[test]
fn a_tray_that_does_not_fit_is_refused_with_what_was_found() {
    for (tray, picture) in [
        ("9x6", TRAY),
        ("3x3", TRAY),
        ("5x9", TRAY),
        ("6x11", "rendered-72.jpg"),
        ("12x6", "rendered-72.jpg"),
    ] {
        let line = graded(tray, sample(picture));
        assert_eq!(status(&line), "refused", "{tray} {picture}");
        let expected = format!("wrong grid: expected {tray}");
        assert!(reason(&line).starts_with(&expected), "{tray}: {line}");
    }
}

#[test]
fn a_tray_with_far_more_cells_than_pixels_is_refused() {
    let line = graded("64x64", sample(TRAY));
    assert_eq!(status(&line), "refused");
}
