//! Pictures on their side, and trays upside down.

use super::*;

/// A JPEG with an orientation in its Exif segment, which comes right after the first marker.
fn jpeg(picture: &RgbImage, orientation: u8) -> Vec<u8> {
    let mut plain = Vec::new();
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut plain, 100)
        .encode_image(picture)
        .unwrap();
    let mut segment = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    segment.extend([orientation, 0, 0, 0, 0, 0, 0]);
    let length = (segment.len() as u16 + 2).to_be_bytes();
    [&plain[..2], &[0xff, 0xe1], &length, &segment, &plain[2..]].concat()
}

/// The picture as a camera stores it that notes this orientation, by the words of the Exif standard: where the first
/// stored row and the first stored column are seen.
fn stored(upright: &RgbImage, orientation: u8) -> RgbImage {
    let (width, height) = upright.dimensions();
    let turned = orientation >= 5;
    let (w, h) = if turned {
        (height, width)
    } else {
        (width, height)
    };
    RgbImage::from_fn(w, h, |c, r| {
        let (x, y) = match orientation {
            1 => (c, r),                          // row at the top, column at the left
            2 => (width - 1 - c, r),              // top, right
            3 => (width - 1 - c, height - 1 - r), // bottom, right
            4 => (c, height - 1 - r),             // bottom, left
            5 => (r, c),                          // left, top
            6 => (width - 1 - r, c),              // right, top
            7 => (width - 1 - r, height - 1 - c), // right, bottom
            _ => (r, height - 1 - c),             // left, bottom
        };
        *upright.get_pixel(x, y)
    })
}

#[test]
fn every_orientation_of_exif_comes_out_upright() {
    let upright = RgbImage::from_fn(40, 24, |x, y| image::Rgb([x as u8 * 6, y as u8 * 10, 90]));
    for orientation in 1..=8 {
        let bytes = jpeg(&stored(&upright, orientation), orientation);
        let frame = seedgrade::frame::decode(&bytes, Default::default()).unwrap();
        assert_eq!((frame.width(), frame.height()), (40, 24), "{orientation}");
        let worst = frame
            .rgb()
            .iter()
            .zip(upright.as_raw())
            .map(|(a, b)| a.abs_diff(*b))
            .max();
        assert!(worst.unwrap() <= 8, "{orientation}: {worst:?}");
    }
}

/// Cells of each verdict: blank, graded, double, unsure.
fn counts(line: &Value) -> [i64; 4] {
    ["blank", "graded", "double", "unsure"].map(|v| line["counts"][v].as_i64().unwrap())
}

/// The corners' coordinates, px: x and y of top-left, top-right, bottom-right, bottom-left.
fn corners(line: &Value) -> Vec<f64> {
    let corners = line["corners_px"].as_array().unwrap();
    let numbers = corners.iter().flat_map(|p| p.as_array().unwrap());
    numbers.map(|v| v.as_f64().unwrap()).collect()
}

/// Of the counts none differs by more than a tenth of the cells.
#[track_caller]
fn about_the_same(a: &Value, b: &Value) {
    assert_eq!((status(a), status(b)), ("graded", "graded"), "{a}\n{b}");
    let cells = a["cells"].as_array().unwrap().len() as i64;
    for (a, b) in counts(a).into_iter().zip(counts(b)) {
        assert!((a - b).abs() * 10 <= cells, "{a} and {b} of {cells}");
    }
}

#[test]
fn a_picture_on_its_side_with_a_note_of_it_is_graded_as_the_upright_one() {
    let folder = folder();
    let upright = image::open(sample("rendered-72.jpg")).unwrap().into_rgb8();
    let graded_as = |orientation: u8| {
        let path: PathBuf = folder.path().join(format!("{orientation}.jpg"));
        fs::write(&path, jpeg(&stored(&upright, orientation), orientation)).unwrap();
        graded("6x12", &path)
    };
    let plain = graded_as(1);
    for orientation in [3, 6] {
        let turned = graded_as(orientation);
        about_the_same(&plain, &turned);
        for (a, b) in corners(&plain).into_iter().zip(corners(&turned)) {
            assert!((a - b).abs() < 2.0, "{orientation}: {a} and {b}");
        }
    }
}

#[test]
fn a_tray_that_lies_upside_down_is_still_graded() {
    let folder = folder();
    for (name, tray) in [(TRAY, "9x5"), ("rendered-72.jpg", "6x12")] {
        let picture = image::open(sample(name)).unwrap().into_rgb8();
        let path = folder.path().join("turned.png");
        imageops::rotate180(&picture).save(&path).unwrap();
        let (plain, turned) = (graded(tray, sample(name)), graded(tray, &path));
        let occupied = |line: &Value| -> Vec<f64> {
            let cells = line["cells"].as_array().unwrap().iter();
            cells.map(|c| c["occupied"].as_f64().unwrap()).collect()
        };
        let (a, b) = (occupied(&plain), occupied(&turned));
        let apart: f64 = a
            .iter()
            .zip(b.iter().rev())
            .map(|(a, b)| (a - b).abs())
            .sum();
        let apart = apart / a.len() as f64;
        println!(
            "{name}: {apart:.3} apart, {:?} and {:?}",
            counts(&plain),
            counts(&turned)
        );
        assert!(apart < 0.15, "{name}: {apart}");
        let (width, height) = (f64::from(picture.width()), f64::from(picture.height()));
        let opposite = [4, 5, 6, 7, 0, 1, 2, 3].map(|i| corners(&turned)[i]);
        for (i, (a, b)) in corners(&plain).into_iter().zip(opposite).enumerate() {
            let turned_back = if i % 2 == 0 { width - b } else { height - b };
            assert!(
                (a - turned_back).abs() < 4.0,
                "{name}: {a} and {turned_back}"
            );
        }
        // the bare tray's cells lie near the bounds of doubt, where a little decides
        if name != TRAY {
            about_the_same(&plain, &turned);
        }
    }
}
