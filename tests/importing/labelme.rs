//! labelme.

use super::*;
use base64::Engine as _;
use serde_json::{Value, json};

fn shape(label: &str, kind: &str, points: Value) -> Value {
    json!({"label": label, "shape_type": kind, "points": points, "group_id": null, "flags": {}})
}

fn file(picture: &str, shapes: Value) -> Value {
    json!({"version": "5.4.1", "flags": {}, "shapes": shapes, "imagePath": picture, "imageData": null,
           "imageHeight": 6, "imageWidth": 8})
}

fn request(source: &Source) -> ImportRequest {
    source.request(ForeignFormat::Labelme, "")
}

fn source(shapes: Value) -> Source {
    Source::new()
        .picture("a.png", 1)
        .bytes("a.json", file("a.png", shapes).to_string())
}

#[test]
fn polygons_are_outlines_and_parts_of_one_group_are_one_plant() {
    let mut left = shape(
        "healthy",
        "polygon",
        json!([[0, 0], [2, 0], [2, 2], [0, 2]]),
    );
    let mut right = shape(
        "healthy",
        "polygon",
        json!([[4, 0], [6, 0], [6, 2], [4, 2]]),
    );
    let other = shape(
        "necrotic",
        "polygon",
        json!([[0, 4], [2, 4], [2, 6], [0, 6]]),
    );
    left["group_id"] = json!(3);
    right["group_id"] = json!(3);
    let source = source(json!([left, other, right]));
    let (set, summary) = source.imported(&request(&source));
    let a = image(&set, "a");
    let ids = [
        "11..11..", "11..11..", "........", "........", "22......", "22......",
    ];
    assert_eq!(drawn(a.plants.as_ref()), ids);
    assert_eq!(drawn(a.semantic.as_ref())[5], "33......");
    assert_eq!(
        boxes(a),
        [
            "healthy,0.00,0.00,6.00,2.00",
            "necrotic,0.00,4.00,2.00,6.00"
        ]
    );
    assert_eq!(summary.classes["healthy"].annotations, 1);
}

#[test]
fn rectangles_circles_and_points_tell_cells_but_no_outline() {
    let source = source(json!([
        shape("plant", "rectangle", json!([[3, 2.5], [1, 0.5]])),
        shape("plant", "circle", json!([[6, 1.5], [7, 1.5]])),
        shape("empty", "point", json!([[1, 5]])),
        shape("plant", "linestrip", json!([[1, 5], [2, 5]])),
    ]));
    let mut request = request(&source);
    request.block = block(2, 2);
    let (set, summary) = source.imported(&request);
    let a = image(&set, "a");
    assert_eq!(states(a), "s1 s1 n0 ?");
    assert_eq!(
        boxes(a),
        ["plant,1.00,0.50,3.00,2.50", "plant,5.00,0.50,7.00,2.50"]
    );
    assert!(a.mask.is_none() && a.plants.is_none());
    assert_eq!(summary.dropped["a line, not an area or a point"], 1);
}

#[test]
fn a_mask_shape_is_the_pixels_between_its_points() {
    let ring = GrayImage::from_fn(3, 3, |x, y| Luma([u8::from((x, y) != (1, 1))]));
    let mut shape = shape("healthy", "mask", json!([[6, 1], [8, 3]]));
    shape["mask"] = json!(base64::engine::general_purpose::STANDARD.encode(png(&ring)));
    let inside = source(json!([shape]));
    let (set, _) = inside.imported(&request(&inside));
    let rows = [
        "........", "......11", "......1.", "......11", "........", "........",
    ];
    assert_eq!(drawn(image(&set, "a").plants.as_ref()), rows);
    shape["points"] = json!([[6, 1], [9, 3]]);
    let other = source(json!([shape]));
    other.refused(
        &request(&other),
        &["shape 1 of \"healthy\"", "4x3 px", "3x3 px"],
    );
}

#[test]
fn leaves_are_green_but_no_plants() {
    let leaf = shape("leaf", "polygon", json!([[0, 0], [2, 0], [2, 2], [0, 2]]));
    let source = source(json!([leaf]));
    let (set, _) = source.imported(&request(&source));
    let a = image(&set, "a");
    assert!(a.mask.is_some() && a.plants.is_none() && a.semantic.is_none());
}

#[test]
fn no_shapes_is_no_plant_and_no_file_is_unlabelled() {
    let source = source(json!([])).picture("b.png", 2);
    let (set, summary) = source.imported(&request(&source));
    assert!(image(&set, "a").mask.is_some() && image(&set, "b").mask.is_none());
    assert_eq!((summary.without_plants, summary.unlabelled), (1, 1));
}

#[test]
fn a_picture_is_found_from_the_label_file_on_any_system() {
    let shapes = json!([shape("plant", "rectangle", json!([[0, 0], [2, 2]]))]);
    let source = Source::new().picture("images/day 1/a.png", 1).bytes(
        "labels/a.json",
        file("..\\images\\day 1\\a.png", shapes).to_string(),
    );
    let (set, summary) = source.imported(&request(&source));
    assert_eq!(boxes(image(&set, "images/day 1/a")).len(), 1);
    assert_eq!(summary.unlabelled, 0);
}

#[test]
fn an_embedded_picture_stands_in_for_a_missing_one() {
    let bytes = png(&RgbImage::from_pixel(8, 6, Rgb([1, 2, 3])));
    let mut file = file("..\\..\\elsewhere\\a.png", json!([]));
    file["imageData"] = json!(base64::engine::general_purpose::STANDARD.encode(&bytes));
    let source = Source::new().bytes("bed/a.json", file.to_string());
    let (set, summary) = source.imported(&request(&source));
    assert_eq!(fs::read(&image(&set, "bed/a").path).unwrap(), bytes);
    assert_eq!(summary.embedded, 1);

    file["imageData"] = json!("no base64!");
    let source = Source::new().bytes("bed/a.json", file.to_string());
    source.refused(&request(&source), &["a.json: imageData", "base64"]);
    file["imageData"] = json!(base64::engine::general_purpose::STANDARD.encode("GIF89a"));
    let source = Source::new().bytes("bed/a.json", file.to_string());
    source.refused(
        &request(&source),
        &["bed/a.json", "a JPEG or PNG", "GIF89a"],
    );
}

#[test]
fn a_name_that_leads_out_is_refused_where_nothing_stands_in() {
    for name in ["../a.png", "/a.png", "D:\\a.png"] {
        let source = Source::new().bytes("a.json", file(name, json!([])).to_string());
        source.refused(&request(&source), &["a.json", "inside the source"]);
    }
}

#[test]
fn a_missing_picture_is_named() {
    let source = source(json!([])).bytes("b.json", file("b.png", json!([])).to_string());
    let (_, summary) = source.imported(&request(&source));
    assert!(summary.missing[0].ends_with("b.json: b.png"));
    let source = Source::new().bytes("b.json", file("b.png", json!([])).to_string());
    source.refused(
        &request(&source),
        &["pictures with labelme labels", "b.png is missing"],
    );
}

#[test]
fn what_is_no_shape_is_refused() {
    for (kind, points, said) in [
        ("polygon", json!([[0, 0], [1, 1]]), "2 points"),
        ("circle", json!([[0, 0]]), "1 points"),
        ("point", json!([]), "0 points"),
        ("rectangle", json!([[0, 0], [1, 1], [2, 2]]), "3 points"),
        ("mask", json!([[0, 0], [1, 1]]), "found"),
        ("spline", json!([[0, 0], [1, 1]]), "\"spline\""),
    ] {
        let source = source(json!([shape("plant", kind, points)]));
        source.refused(&request(&source), &["a.json: shape 1 of \"plant\"", said]);
    }
    let source = source(json!([shape("plant", "point", json!([["0", 1]]))]));
    source.refused(
        &request(&source),
        &["a.json: expected a labelme file", "line 1"],
    );
}

#[test]
fn a_size_that_is_not_the_pictures_is_refused() {
    let mut file = file("a.png", json!([]));
    file["imageWidth"] = json!(4000);
    let source = Source::new()
        .picture("a.png", 1)
        .bytes("a.json", file.to_string());
    source.refused(&request(&source), &["a.json: a.png", "4000x6 px", "8x6 px"]);
}
