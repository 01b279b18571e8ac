//! Pictures to look at: writes an overlay, a refusal, a contact sheet and a page of a real tray.

use std::path::Path;

use crate::frame::{DecodeLimits, decode};
use crate::tray::Lattice;

use super::*;

#[test]
#[ignore = "writes pictures to look at; needs SEEDGRADE_SHOWCASE=picture:folder"]
fn showcase() {
    let setting = std::env::var("SEEDGRADE_SHOWCASE").unwrap();
    let (picture, folder) = setting.split_once(':').unwrap();
    let frame = decode(&std::fs::read(picture).unwrap(), DecodeLimits::default()).unwrap();
    let order = samples::grade_order();
    let kinds = [0, 0, 1, 4, 3, 0, 5, 0, 0, 2, 6, 0, 0, 3, 0, 4, 0, 1, 0, 0];
    let cells = (0..20)
        .map(|i| samples::cell(i / 5, i % 5, kinds[i]))
        .collect();
    let mut report = samples::of_cells(4, 5, cells, CORNERS);
    report.facts.source = "trays/arab-0.jpg".to_owned();
    let save = |name: &str, frame: &crate::frame::Frame| {
        std::fs::write(Path::new(folder).join(name), png(frame).unwrap()).unwrap();
    };
    let start = std::time::Instant::now();
    save(
        "overlay.png",
        &overlay(&frame, &report, None::<&Lattice>, &order),
    );
    let refused = samples::refused(
        "too blurred: sharpness 0.21, expected at least 0.50; clean the lens and pass the tray again",
    );
    save("refused.png", &overlay(&frame, &refused, None, &order));
    let quads = cell_quads(&report, None).unwrap();
    let crops: Vec<CellCrop> = report
        .cells
        .iter()
        .zip(&quads)
        .map(|(cell, quad)| {
            let captions = vec![
                format!("arab-0 ({}, {})", cell.row, cell.col),
                format!("said {}", cell.verdict),
                format!("p {:.3}", cell.occupied),
            ];
            crop_cell(&frame, quad, cell, &order, captions)
        })
        .collect();
    save("contact.png", &contact_sheet(&crops, 6).unwrap());
    let trays = [&report, &refused].map(|report| TrayPicture {
        report,
        frame: Some(&frame),
        lattice: None,
    });
    let page = report_html("seedgrade demo", &trays, &order).unwrap();
    std::fs::write(Path::new(folder).join("report.html"), page).unwrap();
    println!(
        "{:?}\n{}\n{}",
        start.elapsed(),
        cell_matrix(&report, &order),
        summary_table(&[&report, &refused], &order)
    );
}

const CORNERS: [[f64; 2]; 4] = [
    [150.0, -5.0],
    [2460.0, -5.0],
    [2440.0, 1890.0],
    [150.0, 1890.0],
];
