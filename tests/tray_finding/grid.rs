//! A tray of another count of cells, or one of two trays, is never taken for what was asked for.

use rayon::prelude::*;
use seedgrade::tray::{Refusal, TrayFormat};

use crate::drawing::Drawing;
use crate::locate;

#[test]
fn another_grid_than_the_trays_is_refused() {
    let tray = Drawing {
        turn: 2.0,
        drift: 0.04,
        ..Drawing::default()
    };
    let frame = tray.draw();
    let grids = [
        "5x12", "7x12", "6x11", "6x13", "5x11", "7x13", "12x6", "3x12", "6x6", "3x6", "12x24",
        "2x2", "4x8", "9x12",
    ];
    grids.par_iter().for_each(|grid| {
        let format = TrayFormat::parse(grid).unwrap();
        let found = locate(&frame, format);
        assert!(found.is_err(), "{grid} was found in a 6x12 tray");
    });
}

#[test]
fn of_two_whole_trays_none_is_chosen() {
    let tray = Drawing {
        rows: 4,
        cols: 8,
        second_below: Some(0.2),
        pitch: 56.0,
        height: 800,
        ..Drawing::default()
    };
    let refusal = tray.find().unwrap_err();
    assert!(matches!(refusal, Refusal::WrongGrid { .. }), "{refusal}");
}

#[test]
fn one_row_or_column_off_is_called_a_wrong_grid() {
    let frame = Drawing::default().draw();
    for grid in ["5x12", "7x12", "6x11", "6x13"] {
        let format = TrayFormat::parse(grid).unwrap();
        let refusal = locate(&frame, format).unwrap_err();
        assert!(
            matches!(refusal, Refusal::WrongGrid { .. }),
            "{grid}: {refusal}"
        );
    }
}
