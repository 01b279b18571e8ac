use image::{ImageBuffer, Luma};

use ndarray::{Array3, Axis};

use super::*;
use crate::dataset::{CellLabel, read_set, write_cells};
use crate::evaluate::samples;
use crate::plant::{NetOutputs, PlantOdds, PlantParams, Segmenter};
use crate::tray::{TrayFormat, TrayImageLayout};

/// A set of one picture of 1 × 2 cells, 10 px each, with these files beside it.
fn image(files: &[(&str, &str)], ids: Option<Vec<u16>>) -> (tempfile::TempDir, LabelledImage) {
    let folder = tempfile::tempdir().unwrap();
    let trays = folder.path().join("trays");
    std::fs::create_dir(&trays).unwrap();
    let toml = "name = 'n'\nuse = 'train'\ntray_rows = 1\ntray_cols = 2\n\
                [[image]]\nfile = 'trays/a.png'\n";
    std::fs::write(folder.path().join("dataset.toml"), toml).unwrap();
    for (name, text) in files {
        std::fs::write(trays.join(name), text).unwrap();
    }
    if let Some(ids) = ids {
        let map = ImageBuffer::<Luma<u16>, _>::from_raw(20, 10, ids).unwrap();
        map.save(trays.join("a.plants.png")).unwrap();
    }
    let image = read_set(folder.path()).unwrap().images.remove(0);
    (folder, image)
}

fn lattice(shift: f64) -> Lattice {
    let nodes =
        (0..6).map(|i| FramePoint::new(f64::from(i % 3) * 10.0 + shift, f64::from(i / 3) * 10.0));
    Lattice::new(TrayFormat::new(1, 2).unwrap(), nodes.collect()).unwrap()
}

fn found(shift: f64) -> Found {
    Found {
        size: (20, 10),
        lattice: lattice(shift),
        reading: None,
    }
}

const PLANTS: &str = "plant,row,col,class,area_px\n1,0,0,2,4\n2,0,1,1,2\n3,0,1,1,1\n";
const CELLS: &str = "row,col,state,plants\n0,0,seedling,1\n0,1,seedling,2\n7,7,seedling,1\n";

/// Plant 1 is 2 × 2 px at (3, 4), plant 2 two pixels and plant 3 one.
fn ids() -> Vec<u16> {
    let mut ids = vec![0; 200];
    for (x, y, id) in [
        (3, 4, 1),
        (4, 4, 1),
        (3, 5, 1),
        (4, 5, 1),
        (12, 0, 2),
        (13, 0, 2),
        (19, 9, 3),
    ] {
        ids[y * 20 + x] = id;
    }
    ids
}

#[test]
fn plants_of_a_cell_are_summed_and_their_condition_told() {
    let files = [("a.cells.csv", CELLS), ("a.plants.csv", PLANTS)];
    let (_folder, image) = image(&files, Some(ids()));
    let truth = TrayTruth::read(&image).unwrap();
    let report = samples::graded(1, 2, 20.0, 10.0);
    let compared = truth.compare(&report, None).unwrap();
    assert_eq!(compared.labels, [Some(true); 2]);
    let grades = [Some("chlorotic"), Some("double")].map(|g| g.map(str::to_owned));
    assert_eq!(compared.grade_labels, grades);
    let planted: Vec<PlantedCell> = compared.planted.into_iter().flatten().collect();
    assert_eq!(
        (planted[0].area_px, planted[0].centre_px),
        (4.0, [4.0, 5.0])
    );
    assert_eq!(
        (planted[1].area_px, planted[1].centre_px[0]),
        (3.0, (13.0 * 2.0 + 19.5) / 3.0)
    );
    assert!(truth.needs_plants(), "the plant map is a mask");
    assert_eq!(compared.mask, None, "nothing was found to compare it with");
}

#[test]
fn a_node_that_is_half_a_pitch_off_is_far_and_corners_stand_in_for_nodes() {
    let corners = "x,y\n0,0\n20,0\n20,10\n0,10\n";
    let nodes = "row,col,x,y\n0,0,0,0\n0,1,10,0\n1,2,26,10\n";
    let report = samples::graded(1, 2, 20.0, 10.0);
    let far = |files: &[(&str, &str)], shift| {
        let (_folder, image) = image(files, None);
        let truth = TrayTruth::read(&image).unwrap();
        truth
            .compare(&report, Some(found(shift)))
            .unwrap()
            .farthest_node_pitch
    };
    let close = |value: Option<f64>, expected: f64| (value.unwrap() - expected).abs() < 1e-9;
    assert!(close(far(&[("a.corners.csv", corners)], 3.0), 0.3));
    let both = [("a.corners.csv", corners), ("a.nodes.csv", nodes)];
    assert!(close(far(&both, 0.0), 0.6));
    assert_eq!(far(&[], 3.0), None);
}

#[test]
fn a_tray_is_whole_where_its_outermost_nodes_are_in_the_picture() {
    let nodes = "row,col,x,y\n0,0,1,1\n0,2,21,1\n1,0,1,11\n1,2,21,11\n";
    let (_folder, labelled) = image(&[("a.nodes.csv", nodes)], None);
    let truth = TrayTruth::read(&labelled).unwrap();
    assert_eq!(truth.is_whole_in((21, 11)), Some(true));
    assert_eq!(truth.is_whole_in((20, 11)), Some(false));
    let (_folder, unlabelled) = image(&[], None);
    let truth = TrayTruth::read(&unlabelled).unwrap();
    assert_eq!(truth.is_whole_in((21, 11)), None);
}

#[test]
fn one_whole_trays_box_is_compared_and_a_cut_or_second_one_is_not() {
    let report = samples::graded(1, 2, 20.0, 10.0);
    let boxed = |text: &str, whole: Option<bool>| {
        let (_folder, mut image) = image(&[("a.boxes.csv", text)], None);
        image.whole_tray = whole;
        let truth = TrayTruth::read(&image).unwrap();
        truth.compare(&report, Some(found(0.0))).unwrap().box_iou
    };
    let one = "label,x0,y0,x1,y1\nplate,0,0,40,10\nseed,1,1,2,2\n";
    assert_eq!(boxed(one, None), Some(0.5));
    assert_eq!(boxed(one, Some(false)), None);
    assert_eq!(boxed(&format!("{one}tray,0,0,1,1\n"), None), None);
}

#[test]
fn a_mask_of_another_size_is_an_error_that_names_the_picture() {
    let (_folder, image) = image(&[], Some(ids()));
    let truth = TrayTruth::read(&image).unwrap();
    let report = samples::graded(1, 2, 20.0, 10.0);
    let mut found = found(0.0);
    found.size = (40, 20);
    let error = truth.compare(&report, Some(found)).unwrap_err().to_string();
    assert!(
        error.starts_with("a: its picture has (40, 20) px"),
        "{error}"
    );
}

#[test]
fn a_grade_that_people_gave_goes_before_what_plants_tell() {
    let (folder, _) = image(&[("a.plants.csv", PLANTS)], Some(ids()));
    let label = CellLabel {
        row: 0,
        col: 0,
        state: CellState::Seedling,
        grade: Some("B".to_owned()),
        plants: Some(2),
    };
    write_cells(&folder.path().join("trays/a.cells.csv"), &[label]).unwrap();
    let image = read_set(folder.path()).unwrap().images.remove(0);
    let truth = TrayTruth::read(&image).unwrap();
    assert_eq!(truth.grade_labels[0].as_deref(), Some("B"));
    assert_eq!(truth.labels(), [Some(true), None]);
}

/// A reading of the two cells at 8 px a pitch in which these class pixels (x, y), a quarter pitch wide, are plant.
fn reading(plant: &[(usize, usize)]) -> PlantReading {
    let layout = TrayImageLayout {
        rows: 1,
        cols: 2,
        px_per_pitch: 8,
    };
    let mut classes = Array3::<f32>::zeros((4, 8, 12));
    classes.index_axis_mut(Axis(0), 0).fill(9.0);
    for &(x, y) in plant {
        classes[(1, y, x)] = 18.0;
    }
    let (centres, cells) = (Array3::zeros((3, 4, 6)), Array3::zeros((4, 1, 2)));
    let outputs = [classes, centres, cells].map(|a| a.insert_axis(Axis(0)).into_dyn());
    let outputs = NetOutputs::new(&outputs, layout).unwrap();
    PlantReading {
        odds: PlantOdds::new(&outputs, layout),
        pixel: 0.5,
        plants: Segmenter::default()
            .segment(&outputs, layout, &PlantParams::default())
            .clone(),
    }
}

#[test]
fn plants_are_given_to_a_cell_by_the_found_plant_that_covers_them() {
    let files = [("a.cells.csv", CELLS), ("a.plants.csv", PLANTS)];
    let (_folder, image) = image(&files, Some(ids()));
    let truth = TrayTruth::read(&image).unwrap();
    let report = samples::graded(1, 2, 20.0, 10.0);
    // plant 1 is covered by a plant of its cell; over plant 2 reaches one whose middle lies in cell 0
    let mut found = found(0.0);
    found.reading = Some(reading(&[
        (3, 4),
        (2, 2),
        (3, 2),
        (4, 2),
        (5, 2),
        (6, 2),
        (7, 2),
    ]));
    let compared = truth.compare(&report, Some(found)).unwrap();
    let outcomes: Vec<Attribution> = compared.attributed.iter().map(|p| p.outcome).collect();
    let expected = [
        Attribution::OwnCell,
        Attribution::OtherCell,
        Attribution::NotFound,
    ];
    assert_eq!(outcomes, expected);
    let corner = compared.attributed[2].from_centre;
    assert!((corner - 9.5_f64.hypot(4.5) / 10.0_f64.hypot(5.0)).abs() < 1e-9);
    let mask = compared.mask.unwrap();
    assert_eq!(mask.truth_px, 7);
    assert!(mask.common_px > 0 && mask.common_px < mask.truth_px && mask.found_px > mask.common_px);
}

#[test]
fn a_mask_that_the_labels_repeat_overlaps_fully() {
    let lattice = lattice(0.0);
    let reading = reading(&[(4, 4), (5, 4), (4, 5)]);
    let mut values = vec![false; 200];
    for_each_tray_point(&lattice, 20, 10, |index, point| {
        values[index] = reading.odds.at(point).unwrap() >= 0.0;
    });
    let found = values.iter().filter(|&&plant| plant).count();
    // three class pixels of 2.5 px a side, a little larger or smaller at their smooth edges
    assert!((8..=28).contains(&found), "{found}");
    let truth = LabelMap {
        width: 20,
        height: 10,
        values,
    };
    let finer = reading.clone();
    let counts = compare_masks(&[(lattice.clone(), reading), (lattice, finer)], &truth);
    assert_eq!((counts.iou(), counts.found_px), (1.0, found));
}
