//! CVPPP: pictures of ids.

use super::*;

/// Two areas of 3x4 px: ids 1 and 200.
fn ids() -> Vec<u16> {
    let id = |x: u32, y: u32| match (x, y) {
        (0..=2, 1..=4) => 1,
        (4..=6, 1..=4) => 200,
        _ => 0,
    };
    (0..6).flat_map(|y| (0..8).map(move |x| id(x, y))).collect()
}

fn grey8(ids: &[u16]) -> Vec<u8> {
    let ids = ids.iter().map(|i| *i as u8).collect();
    png(&GrayImage::from_raw(8, 6, ids).unwrap())
}

fn grey16(ids: &[u16]) -> Vec<u8> {
    png(&ImageBuffer::<Luma<u16>, _>::from_raw(8, 6, ids.to_vec()).unwrap())
}

/// Ids as numbers of a palette in which they have other colours.
fn palette(ids: &[u16], depth: png_file::BitDepth) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png_file::Encoder::new(&mut bytes, 8, 6);
    encoder.set_color(png_file::ColorType::Indexed);
    encoder.set_depth(depth);
    encoder.set_palette(
        (0..=255u8)
            .flat_map(|i| [255 - i, i / 3, 7])
            .collect::<Vec<_>>(),
    );
    let packed: Vec<u8> = match depth {
        png_file::BitDepth::Four => ids
            .chunks(2)
            .map(|p| ((p[0] as u8) << 4) | p[1] as u8)
            .collect(),
        _ => ids.iter().map(|i| *i as u8).collect(),
    };
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&packed).unwrap();
    drop(writer);
    bytes
}

use ::png as png_file;

fn source(label: Vec<u8>) -> Source {
    Source::new()
        .picture("A1/plant.001_rgb.png", 1)
        .bytes("A1/plant.001_label.png", label)
}

fn request(source: &Source, labelled: LabelledThing) -> ImportRequest {
    let mut request = source.request(ForeignFormat::Cvppp, "");
    request.labelled = labelled;
    request
}

#[test]
fn leaves_are_never_called_plants() {
    let source = source(grey8(&ids()));
    let mut request = request(&source, LabelledThing::Leaf);
    request.block = block(1, 2);
    let (set, summary) = source.imported(&request);
    let plant = image(&set, "A1/plant.001");
    assert!(plant.plants.is_none() && plant.semantic.is_none());
    assert_eq!(drawn(plant.mask.as_ref())[1], "###.###.");
    // green, but of how many plants nobody says
    assert_eq!(states(plant), "? ?");
    assert_eq!(summary.classes["leaf"].annotations, 2);
    let manifest = fs::read_to_string(source.out().join("dataset.toml")).unwrap();
    assert!(manifest.contains("leaves = 2"), "{manifest}");
}

#[test]
fn ids_are_those_of_the_file_whether_grey_or_in_a_palette() {
    let few: Vec<u16> = ids().iter().map(|i| (*i).min(9)).collect();
    for (label, second) in [
        (grey8(&ids()), 200),
        (grey16(&ids()), 200),
        (palette(&ids(), png_file::BitDepth::Eight), 200),
        (palette(&few, png_file::BitDepth::Four), 9),
    ] {
        let source = source(label);
        let mut request = request(&source, LabelledThing::Plant);
        request.block = block(1, 2);
        let (set, _) = source.imported(&request);
        let plant = image(&set, "A1/plant.001");
        let written = image::open(plant.plants.as_ref().unwrap())
            .unwrap()
            .into_luma16();
        assert_eq!(
            (written[(0, 1)][0], written[(4, 1)][0], written[(7, 1)][0]),
            (1, second, 0)
        );
        assert_eq!(states(plant), "s1 s1");
    }
}

#[test]
fn colours_are_numbered_and_black_is_background() {
    let colour = |id: u16| match id {
        0 => Rgb([0, 0, 0]),
        1 => Rgb([200, 10, 10]),
        _ => Rgb([10, 200, 10]),
    };
    let ids = ids();
    let picture = RgbImage::from_fn(8, 6, |x, y| colour(ids[(y * 8 + x) as usize]));
    let coloured = source(png(&picture));
    let (set, _) = coloured.imported(&request(&coloured, LabelledThing::Plant));
    assert_eq!(
        drawn(image(&set, "A1/plant.001").plants.as_ref())[1],
        "111.222."
    );
    let bright = source(png(&RgbImage::from_pixel(8, 6, Rgb([9, 9, 9]))));
    bright.refused(
        &request(&bright, LabelledThing::Leaf),
        &["_label.png", "black background"],
    );
}

#[test]
fn a_jpeg_as_label_is_refused_whatever_it_is_called() {
    let bytes = jpeg(&RgbImage::new(8, 6));
    let called_png = source(bytes.clone());
    called_png.refused(
        &request(&called_png, LabelledThing::Leaf),
        &["_label.png", "as PNG", "JPEG"],
    );
    let called_jpg = Source::new()
        .picture("p_rgb.png", 1)
        .bytes("p_label.jpg", bytes);
    called_jpg.refused(
        &request(&called_jpg, LabelledThing::Leaf),
        &["p_label.jpg", "JPEG"],
    );
}

#[test]
fn a_smoothed_label_picture_is_refused() {
    let sharp = GrayImage::from_fn(8, 6, |x, _| Luma([if x < 4 { 200 } else { 0 }]));
    let smooth = imageproc::filter::gaussian_blur_f32(&sharp, 1.2);
    let source = source(png(&smooth));
    source.refused(
        &request(&source, LabelledThing::Leaf),
        &["_label.png", "an area for each id", "smoothed"],
    );
}

#[test]
fn a_label_picture_of_another_size_is_refused() {
    let source = source(png(&GrayImage::new(6, 8)));
    source.refused(
        &request(&source, LabelledThing::Leaf),
        &["_label.png", "8x6 px", "found 6x8 px"],
    );
}

#[test]
fn the_foreground_is_the_mask_and_what_differs_is_said() {
    let foreground = GrayImage::from_pixel(8, 6, Luma([1]));
    let mut centres = GrayImage::new(8, 6);
    for (x, y) in [(1, 1), (2, 2), (5, 2), (7, 5)] {
        centres.put_pixel(x, y, Luma([255]));
    }
    let full = source(grey8(&ids()))
        .bytes("A1/plant.001_fg.png", png(&foreground))
        .bytes("A1/plant.001_centers.png", png(&centres));
    let (set, summary) = full.imported(&request(&full, LabelledThing::Leaf));
    assert_eq!(
        drawn(image(&set, "A1/plant.001").mask.as_ref())[0],
        "########"
    );
    assert!(notes(&summary).contains("another number of centres"));
    assert!(notes(&summary).contains("foreground differs"));

    let soft = GrayImage::from_fn(8, 6, |x, _| Luma([x as u8 * 30]));
    let soft = source(grey8(&ids())).bytes("A1/plant.001_fg.png", png(&soft));
    soft.refused(
        &request(&soft, LabelledThing::Leaf),
        &["_fg.png", "two values", "8 values"],
    );
}

#[test]
fn centres_alone_count_leaves() {
    let mut centres = GrayImage::new(8, 6);
    centres.put_pixel(1, 1, Luma([255]));
    centres.put_pixel(6, 4, Luma([255]));
    let source = Source::new()
        .picture("p_rgb.png", 1)
        .bytes("p_centers.png", png(&centres));
    let (set, _) = source.imported(&request(&source, LabelledThing::Leaf));
    assert!(image(&set, "p").mask.is_none());
    let manifest = fs::read_to_string(source.out().join("dataset.toml")).unwrap();
    assert!(manifest.contains("leaves = 2"), "{manifest}");
}

#[test]
fn a_picture_without_labels_is_unlabelled_and_labels_without_a_picture_are_named() {
    let source = source(grey8(&ids()))
        .picture("a_rgb.png", 1)
        .bytes("b_label.png", grey8(&ids()));
    let (_, summary) = source.imported(&request(&source, LabelledThing::Leaf));
    assert_eq!((summary.pictures, summary.unlabelled), (2, 1));
    assert_eq!(summary.missing, ["b_rgb.png: only its labels are there"]);
}
