//! YOLO detection and segmentation.

use super::*;

const NAMES: &str = "names: [plant, empty]\nnc: 2\n";

fn request(source: &Source) -> ImportRequest {
    source.request(ForeignFormat::Yolo, "")
}

/// One picture with this label file.
fn source(labels: &str) -> Source {
    Source::new()
        .picture("images/a.png", 1)
        .bytes("labels/a.txt", labels)
        .bytes("data.yaml", NAMES)
}

#[test]
fn shares_become_pixels_and_classes_go_by_number() {
    let source = source("\u{feff}0 0.5 0.5 0.25 0.5\r\n1 0.0625 0.5 0.25 1\r\n");
    let (set, summary) = source.imported(&request(&source));
    assert_eq!(
        boxes(image(&set, "a")),
        ["plant,3.00,1.50,5.00,4.50", "empty,0.00,0.00,1.50,6.00"]
    );
    assert_eq!(summary.clipped, 1);
}

#[test]
fn polygons_are_outlines() {
    let source = source("0 0.25 0 0.75 0 0.75 0.5 0.25 0.5\n");
    let (set, _) = source.imported(&request(&source));
    let ids = [
        "..1111..", "..1111..", "..1111..", "........", "........", "........",
    ];
    assert_eq!(drawn(image(&set, "a").plants.as_ref()), ids);
}

#[test]
fn an_empty_label_file_is_no_plant_and_a_missing_one_is_unlabelled() {
    let source = source("\n").picture("images/b.png", 2);
    let mut request = request(&source);
    request.block = block(1, 2);
    let (set, summary) = source.imported(&request);
    assert_eq!(states(image(&set, "a")), "n0 n0");
    assert!(boxes(image(&set, "a")).is_empty() && image(&set, "a").mask.is_some());
    let b = image(&set, "b");
    assert!(b.cells.is_none() && b.boxes.is_none() && b.mask.is_none());
    assert_eq!((summary.without_plants, summary.unlabelled), (1, 1));
}

#[test]
fn both_layouts_of_splits_are_found_and_shared_pictures_are_one_group() {
    for (train, val) in [
        ("images/train", "images/val"),
        ("train/images", "val/images"),
    ] {
        let labels = |folder: &str| folder.replace("images", "labels");
        let source = Source::new()
            .picture(&format!("{train}/1.png"), 1)
            .picture(&format!("{val}/1.png"), 1)
            .bytes(&format!("{}/1.txt", labels(train)), "0 0.5 0.5 1 1\n")
            .bytes(&format!("{}/1.txt", labels(val)), "1 0.5 0.5 1 1\n")
            .bytes(&format!("{}/classes.txt", labels(train)), "plant\nempty\n");
        let (set, summary) = source.imported(&request(&source));
        assert_eq!(boxes(image(&set, "train/1")), ["plant,0.00,0.00,8.00,6.00"]);
        assert_eq!(boxes(image(&set, "val/1")), ["empty,0.00,0.00,8.00,6.00"]);
        assert_eq!(summary.duplicates, [["train/1", "val/1"]]);
        assert_eq!(image(&set, "val/1").group, "train/1");
    }
}

#[test]
fn labels_beside_their_pictures_are_found() {
    let source = Source::new()
        .picture("a.png", 1)
        .bytes("a.txt", "0 0.5 0.5 1 1\n")
        .bytes("classes.txt", "plant\n");
    let (set, _) = source.imported(&request(&source));
    assert_eq!(boxes(image(&set, "a")).len(), 1);
}

#[test]
fn a_wrong_line_is_named() {
    for (line, said) in [
        ("0 1.2 0.5 0.1 0.1", "from 0 to 1, found \"1.2\""),
        ("0 -0.1 0.5 0.1 0.1", "found \"-0.1\""),
        ("0 nan 0.5 0.1 0.1", "found \"nan\""),
        ("0 320 240 50 60", "found \"320\""),
        ("0 0,5 0.5 0.1 0.1", "found \"0,5\""),
        ("2 0.5 0.5 0.1 0.1", "a class number below 2, found \"2\""),
        (
            "plant 0.5 0.5 0.1 0.1",
            "a class number before the coordinates, found \"plant\"",
        ),
        ("-1 0.5 0.5 0.1 0.1", "found \"-1\""),
        ("0 0.5 0.5 0.1", "found 3 numbers"),
        ("0 0.5 0.5 0.1 0.1 0.9", "found 5 numbers"),
        ("0", "found 0 numbers"),
    ] {
        let source = source(&format!("0 0.5 0.5 0.1 0.1\n{line}\n"));
        source.refused(&request(&source), &["a.txt:2: expected", said]);
    }
}

#[test]
fn names_that_differ_and_key_points_are_refused() {
    let two = source("").bytes("classes.txt", "empty\nplant\n");
    two.refused(
        &request(&two),
        &["data.yaml", "classes.txt", "[\"plant\", \"empty\"]"],
    );
    let points = source("").bytes("data.yaml", "names: [plant]\nkpt_shape: [4, 2]\n");
    points.refused(&request(&points), &["data.yaml", "key points"]);
}

#[test]
fn without_names_a_class_is_called_by_its_number() {
    let source = Source::new()
        .picture("a.png", 1)
        .bytes("a.txt", "3.0 0.5 0.5 1 1\n");
    let mut request = request(&source);
    source.refused(&request, &["found \"3\"", "--class"]);
    request.classes = vec![("3".to_owned(), ClassMeaning::Healthy)];
    let (_, summary) = source.imported(&request);
    assert_eq!(summary.classes["3"].state, "healthy");
}

#[test]
fn labels_without_a_picture_and_pictures_that_are_not_read_are_named() {
    let source = source("0 0.5 0.5 1 1\n")
        .bytes("labels/lost.txt", "")
        .bytes("images/b.webp", "RIFF");
    let (_, summary) = source.imported(&request(&source));
    assert_eq!(
        summary.missing,
        [
            "images/b.webp: not a JPEG or PNG",
            "labels/lost.txt: no picture of this name"
        ]
    );
}

#[test]
fn two_pictures_of_one_name_get_two_ids() {
    let source = source("0 0.5 0.5 1 1\n").bytes("images/A.jpg", jpeg(&RgbImage::new(4, 4)));
    let (set, _) = source.imported(&request(&source));
    let mut ids: Vec<_> = set.images.iter().map(|i| i.id.as_str()).collect();
    ids.sort_unstable();
    assert_eq!(ids, ["A", "a-2"]);
}
