//! COCO instances.

use super::*;
use serde_json::{Value, json};

/// A file with one picture `a.png` of 8x6 px, categories in odd order, and these annotations of it.
fn file(annotations: Value) -> Value {
    json!({
        "images": [{"id": 0, "file_name": "a.png", "width": 8, "height": 6.0}],
        "categories": [{"id": 90, "name": "Healthy"}, {"id": 0, "name": "chlorosis"}, {"id": 7, "name": "plant"},
                       {"id": 3, "name": "empty"}, {"id": 4, "name": "tray"}],
        "annotations": annotations,
    })
}

fn source(file: &Value) -> Source {
    Source::new()
        .picture("a.png", 1)
        .bytes("labels.json", file.to_string())
}

fn request(source: &Source) -> ImportRequest {
    source.request(ForeignFormat::Coco, "labels.json")
}

/// An annotation of the picture.
fn outlined(id: i64, category: i64, polygon: &[f64]) -> Value {
    json!({"id": id, "image_id": 0, "category_id": category, "segmentation": [polygon]})
}

fn boxed(category: i64, bbox: [f64; 4]) -> Value {
    json!({"id": 1, "image_id": 0, "category_id": category, "bbox": bbox})
}

#[test]
fn outlines_become_masks_plant_ids_and_classes_and_the_later_lies_on_top() {
    let left = outlined(5, 90, &[1.0, 1.0, 4.0, 1.0, 4.0, 4.0, 1.0, 4.0]);
    let right = outlined(2, 0, &[3.0, 2.0, 6.0, 2.0, 6.0, 5.0, 3.0, 5.0]);
    let source = source(&file(json!([left, right])));
    let (set, summary) = source.imported(&request(&source));
    let a = image(&set, "a");
    let mask = [
        "........", ".###....", ".#####..", ".#####..", "...###..", "........",
    ];
    assert_eq!(drawn(a.mask.as_ref()), mask);
    let ids = [
        "........", ".111....", ".11222..", ".11222..", "...222..", "........",
    ];
    assert_eq!(drawn(a.plants.as_ref()), ids);
    // categories go by id, not by their order: 90 is healthy (1), 0 chlorotic (2)
    assert_eq!(drawn(a.semantic.as_ref()), ids);
    assert_eq!(
        boxes(a),
        [
            "Healthy,1.00,1.00,4.00,4.00",
            "chlorosis,3.00,2.00,6.00,5.00"
        ]
    );
    assert_eq!(
        (summary.overlapping, summary.overlapped_px, summary.hidden),
        (1, 2, 0)
    );
    assert_eq!(summary.classes["chlorosis"].state, "chlorotic");
    assert_eq!(
        fs::read(&a.path).unwrap(),
        fs::read(source.path("a.png")).unwrap()
    );
}

#[test]
fn a_class_that_does_not_tell_the_tissue_leaves_the_class_map_out() {
    let square = [1.0, 1.0, 4.0, 1.0, 4.0, 4.0, 1.0, 4.0];
    let source = source(&file(json!([outlined(5, 7, &square)])));
    let (set, _) = source.imported(&request(&source));
    let a = image(&set, "a");
    assert!(a.semantic.is_none() && a.plants.is_some() && a.mask.is_some());
}

#[test]
fn a_box_is_no_outline() {
    let source = source(&file(json!([boxed(7, [1.0, 1.0, 2.0, 2.0])])));
    let (set, summary) = source.imported(&request(&source));
    let a = image(&set, "a");
    assert!(a.mask.is_none() && a.plants.is_none() && a.semantic.is_none());
    assert_eq!(boxes(a), ["plant,1.00,1.00,3.00,3.00"]);
    assert!(notes(&summary).contains("without an outline"));
}

#[test]
fn runs_are_read_down_the_columns_plain_and_compressed() {
    // 48 px: 7 of background, 2 of plant, the rest background
    for counts in [json!([7, 2, 39]), json!("72W1")] {
        let runs = json!({"size": [6, 8], "counts": counts});
        let annotation = json!({"image_id": 0, "category_id": 90, "segmentation": runs});
        let source = source(&file(json!([annotation])));
        let (set, _) = source.imported(&request(&source));
        let mask = [
            "........", ".#......", ".#......", "........", "........", "........",
        ];
        assert_eq!(drawn(image(&set, "a").mask.as_ref()), mask);
        assert_eq!(boxes(image(&set, "a")), ["Healthy,1.00,1.00,2.00,3.00"]);
    }
}

#[test]
fn runs_of_another_picture_are_refused() {
    for (size, counts, said) in [
        ([8, 6], json!([7, 2, 39]), ["of 8x6 px", "of 6x8 px"]),
        ([6, 8], json!([7, 2]), ["48 px in all", "9 px"]),
        ([6, 8], json!("7 W1"), ["compressed", "7 W1"]),
    ] {
        let runs = json!({"size": size, "counts": counts});
        let annotation = json!({"id": 12, "image_id": 0, "category_id": 90, "segmentation": runs});
        let source = source(&file(json!([annotation])));
        source.refused(
            &request(&source),
            &["labels.json: annotation 12", said[0], said[1]],
        );
    }
}

#[test]
fn a_crowd_is_green_but_no_plant() {
    let plant = outlined(1, 90, &[0.0, 0.0, 2.0, 0.0, 2.0, 2.0, 0.0, 2.0]);
    let mut crowd = outlined(2, 90, &[4.0, 0.0, 8.0, 0.0, 8.0, 3.0, 4.0, 3.0]);
    crowd["iscrowd"] = json!(1);
    let source = source(&file(json!([plant, crowd])));
    let mut request = request(&source);
    request.block = block(2, 2);
    let (set, _) = source.imported(&request);
    let a = image(&set, "a");
    assert_eq!(drawn(a.mask.as_ref())[0], "##..####");
    assert!(a.plants.is_none() && a.semantic.is_none());
    assert_eq!(boxes(a).len(), 1);
    assert_eq!(states(a), "s1 ? n0 n0");
}

#[test]
fn what_lies_outside_is_cut_off_or_left_out_and_counted() {
    let annotations = json!([
        boxed(7, [-2.0, 1.0, 4.0, 2.0]),
        boxed(7, [9.0, 1.0, 4.0, 2.0]),
        boxed(7, [2.0, 2.0, 0.0, 2.0]),
        boxed(7, [2.0, 2.0, 6.01, 2.0]),
        {"id": 9, "image_id": 77, "category_id": 7, "bbox": [0, 0, 1, 1]},
        outlined(8, 7, &[1.1, 1.1, 1.2, 1.1, 1.2, 1.2]),
    ]);
    let source = source(&file(annotations));
    let (set, summary) = source.imported(&request(&source));
    assert_eq!(
        boxes(image(&set, "a")),
        ["plant,0.00,1.00,2.00,3.00", "plant,2.00,2.00,8.00,4.00"]
    );
    // a hundredth of a pixel is rounding
    assert_eq!(summary.clipped, 1);
    let dropped: Vec<_> = summary
        .dropped
        .iter()
        .map(|(r, n)| (r.as_str(), *n))
        .collect();
    let expected = [
        ("belongs to a picture that is not listed", 1),
        ("covers the centre of no pixel", 1),
        ("no area", 1),
        ("outside the picture", 1),
    ];
    assert_eq!(dropped, expected);
}

#[test]
fn boxes_that_look_counted_from_one_are_said_and_can_be_shifted() {
    let source = source(&file(json!([boxed(7, [1.0, 1.0, 8.0, 3.0])])));
    let mut request = request(&source);
    let (_, summary) = source.imported(&request);
    assert!(notes(&summary).contains("--first-pixel 1"));
    assert_eq!(summary.clipped, 1);
    fs::remove_dir_all(source.out()).unwrap();
    request.first_pixel = 1;
    let (set, summary) = source.imported(&request);
    assert_eq!(boxes(image(&set, "a")), ["plant,0.00,0.00,8.00,3.00"]);
    assert_eq!(
        (summary.clipped, notes(&summary).contains("--first-pixel")),
        (0, false)
    );
}

#[test]
fn cells_are_told_by_middles_and_a_marked_set_leaves_forgotten_cells_unlabelled() {
    let annotations = json!([
        boxed(7, [0.5, 0.5, 2.0, 2.0]),
        boxed(7, [1.0, 1.0, 3.0, 1.0]),
        boxed(3, [5.0, 0.5, 2.0, 2.0]),
        boxed(7, [0.0, 4.0, 2.0, 2.0]),
        boxed(3, [0.0, 4.0, 2.0, 2.0]),
    ]);
    let source = source(&file(annotations));
    let mut request = request(&source);
    request.block = block(2, 2);
    let (set, summary) = source.imported(&request);
    assert_eq!((set.rows, set.cols), (Some(2), Some(2)));
    assert_eq!(states(image(&set, "a")), "s2 n0 ? ?");
    assert!(notes(&summary).contains("both a plant and a mark of none"));
}

#[test]
fn without_a_tray_or_a_word_no_cell_is_guessed() {
    let source = source(&file(json!([boxed(7, [0.5, 0.5, 2.0, 2.0])])));
    let mut request = request(&source);
    request.block = block(2, 2).map(|b| Block {
        fills_picture: false,
        ..b
    });
    let (set, summary) = source.imported(&request);
    assert!(image(&set, "a").cells.is_none());
    assert!(notes(&summary).contains("--block whole"));
}

#[test]
fn an_annotated_tray_says_where_the_block_lies() {
    // drawn from the bottom right, anticlockwise
    let tray = outlined(1, 4, &[8.0, 6.0, 8.0, 2.0, 4.0, 2.0, 4.0, 6.0]);
    let source = source(&file(json!([
        tray,
        boxed(7, [6.5, 2.5, 1.0, 1.0]),
        boxed(7, [0.0, 0.0, 1.0, 1.0])
    ])));
    let mut request = request(&source);
    request.block = block(2, 2);
    let (set, summary) = source.imported(&request);
    let a = image(&set, "a");
    assert_eq!(states(a), "n0 s1 n0 n0");
    let corners = a.corners.unwrap().map(|p| (p.x, p.y));
    assert_eq!(corners, [(4.0, 2.0), (8.0, 2.0), (8.0, 6.0), (4.0, 6.0)]);
    assert!(notes(&summary).contains("plants or marks beyond the block of cells: 1"));
}

#[test]
fn a_picture_without_annotations_is_unlabelled_unless_it_is_said_to_be_empty() {
    let source = source(&file(json!([])));
    let mut request = request(&source);
    request.block = block(1, 2);
    let (set, summary) = source.imported(&request);
    let a = image(&set, "a");
    assert!(a.cells.is_none() && a.mask.is_none() && a.boxes.is_none());
    assert_eq!((summary.unlabelled, summary.without_plants), (1, 0));
    fs::remove_dir_all(source.out()).unwrap();
    request.unannotated = Unannotated::NoPlants;
    let (set, summary) = source.imported(&request);
    assert_eq!(states(image(&set, "a")), "n0 n0");
    assert_eq!(drawn(image(&set, "a").mask.as_ref())[0], "........");
    assert_eq!((summary.unlabelled, summary.without_plants), (0, 1));
}

#[test]
fn pictures_that_are_missing_are_named_and_the_others_imported() {
    let mut file = file(json!([boxed(7, [0.0, 0.0, 1.0, 1.0])]));
    let gone = json!({"id": -3, "file_name": "gone.png", "width": 8, "height": 6});
    file["images"].as_array_mut().unwrap().push(gone);
    let lost = json!({"image_id": -3, "category_id": 7, "bbox": [0, 0, 1, 1]});
    file["annotations"].as_array_mut().unwrap().push(lost);
    let source = source(&file);
    let (set, summary) = source.imported(&request(&source));
    assert_eq!(set.images.len(), 1);
    assert!(summary.missing[0].ends_with("labels.json: gone.png"));
    assert_eq!(summary.dropped["belongs to a picture that is missing"], 1);
}

#[test]
fn one_file_name_in_two_folders_is_two_pictures_and_backslashes_part_folders() {
    let file = json!({"images": [{"id": "x", "file_name": "bed1\\1.png"}, {"id": 1, "file_name": "bed2/1.png"}],
                      "categories": [{"id": 1, "name": "plant"}],
                      "annotations": [{"image_id": "x", "category_id": 1, "bbox": [0, 0, 2, 2]},
                                      {"image_id": 1, "category_id": 1, "bbox": [0, 0, 3, 3]}]});
    let source = Source::new()
        .picture("images/bed1/1.png", 1)
        .picture("images/bed2/1.png", 2)
        .bytes("labels.json", format!("\u{feff}{file}"));
    let (set, _) = source.imported(&request(&source));
    assert_eq!(boxes(image(&set, "bed1/1")), ["plant,0.00,0.00,2.00,2.00"]);
    assert_eq!(boxes(image(&set, "bed2/1")), ["plant,0.00,0.00,3.00,3.00"]);
}

#[test]
fn the_same_picture_in_train_and_val_is_one_group() {
    let file = |name: &str| {
        json!({"images": [{"id": 1, "file_name": name}], "categories": [], "annotations": []})
            .to_string()
    };
    let source = Source::new()
        .picture("train/1.png", 1)
        .picture("val/2.png", 1)
        .bytes("annotations/instances_train.json", file("1.png"))
        .bytes("annotations/instances_val.json", file("2.png"));
    let (set, summary) = source.imported(&source.request(ForeignFormat::Coco, ""));
    assert_eq!(summary.duplicates, [["train/1", "val/2"]]);
    assert!(set.images.iter().all(|i| i.group == "train/1"));
    let manifest = fs::read_to_string(source.out().join("dataset.toml")).unwrap();
    assert!(manifest.contains("split = \"val\""), "{manifest}");
}

#[test]
fn names_that_lead_out_of_the_source_are_refused() {
    for name in [
        "../a.png",
        "a/../../a.png",
        "/a.png",
        "C:\\a.png",
        "..\\a.png",
    ] {
        let mut file = file(json!([]));
        file["images"][0]["file_name"] = json!(name);
        let source = source(&file);
        let found = format!("found {name:?}");
        source.refused(
            &request(&source),
            &["labels.json: image 0", "inside the source", &found],
        );
    }
}

#[test]
fn what_contradicts_itself_is_refused_with_what_was_found() {
    let refused = |change: fn(&mut Value), said: &[&str]| {
        let mut file = file(json!([boxed(7, [0.0, 0.0, 1.0, 1.0])]));
        change(&mut file);
        let source = source(&file);
        source.refused(&request(&source), said);
    };
    refused(
        |f| f["images"][0]["width"] = json!(9),
        &["image 0: a.png", "9x6 px", "one of 8x6 px"],
    );
    refused(
        |f| {
            let again = f["images"][0].clone();
            f["images"].as_array_mut().unwrap().push(again);
        },
        &["an id of its own for every image", "id 0 twice"],
    );
    refused(
        |f| {
            let again = json!({"id": 1, "file_name": "./a.png"});
            f["images"].as_array_mut().unwrap().push(again);
        },
        &["every picture listed once", "./a.png"],
    );
    refused(
        |f| f["categories"][1]["id"] = json!(90),
        &["every category", "id 90 twice"],
    );
    refused(
        |f| f["annotations"][0]["category_id"] = json!(8),
        &["category that is listed", "category 8"],
    );
    refused(
        |f| f["annotations"][0]["bbox"] = json!([1, 2, 3]),
        &["annotation 1", "3 numbers"],
    );
    refused(
        |f| f["annotations"][0]["bbox"] = json!([1e9, 0, 1, 1]),
        &["annotation 1", "near the picture"],
    );
    refused(
        |f| f["annotations"][0]["segmentation"] = json!([[1, 2, 3, 4, 5, 6, 7]]),
        &["pairs x, y", "7 numbers"],
    );
    refused(
        |f| f["categories"][2]["name"] = json!("weed"),
        &["\"weed\"", "--class"],
    );
    refused(
        |f| f["images"] = json!("none"),
        &["labels.json: expected COCO", "line 1"],
    );
}

#[test]
fn json_with_nan_is_refused_and_no_panic() {
    let source = Source::new().picture("a.png", 1).bytes(
        "labels.json",
        r#"{"images":[{"id":1,"file_name":"a.png"}],"categories":[{"id":1,"name":"plant"}],
           "annotations":[{"image_id":1,"category_id":1,"bbox":[NaN,0,1,1]}]}"#,
    );
    source.refused(&request(&source), &["labels.json: expected COCO", "line 2"]);
}
