//! Pictures that an EXIF orientation turns, and pictures that are none.

use super::*;

/// A JPEG of 8x6 px as stored, dark but for its left half, with an orientation in its EXIF segment.
fn turned(orientation: u8) -> Vec<u8> {
    let light = RgbImage::from_fn(8, 6, |x, _| Rgb([if x < 4 { 250 } else { 5 }; 3]));
    let plain = jpeg(&light);
    let mut segment = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    segment.extend([orientation, 0, 0, 0, 0, 0, 0]);
    let length = (segment.len() as u16 + 2).to_be_bytes();
    [&plain[..2], &[0xff, 0xe1], &length, &segment, &plain[2..]].concat()
}

fn source(orientation: u8) -> (Source, ImportRequest) {
    let source = Source::new()
        .bytes("a.jpg", turned(orientation))
        .bytes("a.txt", "0 0.25 0.5 0.5 1\n")
        .bytes("classes.txt", "plant\n");
    let request = source.request(ForeignFormat::Yolo, "");
    (source, request)
}

#[test]
fn a_turned_picture_is_refused_until_it_is_said_what_labels_were_drawn_on() {
    let (source, request) = source(6);
    source.refused(&request, &["a.jpg", "--label-frame", "EXIF orientation 6"]);
}

#[test]
fn labels_lie_on_the_picture_that_is_written_and_read_back() {
    for (frame, size, boxed) in [
        (LabelFrame::Stored, (8, 6), "plant,0.00,0.00,4.00,6.00"),
        (LabelFrame::Turned, (6, 8), "plant,0.00,0.00,3.00,8.00"),
    ] {
        let (source, mut request) = source(6);
        request.label_frame = frame;
        let (set, summary) = source.imported(&request);
        let a = image(&set, "a");
        let seen =
            seedgrade::frame::decode(&fs::read(&a.path).unwrap(), Default::default()).unwrap();
        assert_eq!((seen.width(), seen.height()), size);
        assert_eq!(boxes(a), [boxed]);
        assert_eq!(summary.rewritten, 1);
        // turned clockwise, what was on the left is on top
        let top_right = &seen.rgb()[(size.0 - 1) * 3..size.0 * 3];
        assert_eq!(top_right[0] > 128, frame == LabelFrame::Turned);
    }
}

#[test]
fn a_picture_that_lies_as_it_is_stored_keeps_its_bytes() {
    let (source, request) = source(1);
    let (set, summary) = source.imported(&request);
    assert_eq!(fs::read(&image(&set, "a").path).unwrap(), turned(1));
    assert_eq!(summary.rewritten, 0);
}

#[test]
fn what_is_no_whole_picture_is_refused() {
    let whole = turned(1);
    let huge = crate::common::png_of(30_000, 30_000, &[]);
    for (bytes, said) in [
        (&whole[..whole.len() - 40], "a whole JPEG picture"),
        (b"BM6\0\0\0", "starts with \"BM6"),
        (b"", "a JPEG or PNG"),
        (&huge, "found 30000x30000 px"),
    ] {
        let source = Source::new()
            .bytes("a.jpg", bytes)
            .bytes("a.txt", "0 0.25 0.5 0.5 1\n")
            .bytes("classes.txt", "plant\n");
        source.refused(&source.request(ForeignFormat::Yolo, ""), &["a.jpg", said]);
    }
}
