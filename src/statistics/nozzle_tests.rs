//! The flag on simulated lots: 200-cell trays, 95 % emergence, edges at 85 %, half of the trays turned.

use rand::{RngExt as _, SeedableRng as _};
use rand_pcg::Pcg64Mcg;

use super::*;

const ROWS: usize = 10;
const COLS: usize = 20;

/// A lot of `trays`; `missed` is the share of seeds that the nozzle of a cell misses.
fn lot(chance: &mut Pcg64Mcg, trays: u64, missed: impl Fn(usize, usize) -> f64) -> BlankMap {
    let mut map = BlankMap::of_shape(ROWS, COLS);
    for _ in 0..trays {
        let mut tray = BlankMap::of_shape(ROWS, COLS);
        let turned = chance.random_bool(0.5);
        for row in 0..ROWS {
            for col in 0..COLS {
                let edge = row == 0 || col == 0 || row == ROWS - 1 || col == COLS - 1;
                let sown = !chance.random_bool(missed(row, col));
                let emerged = sown && chance.random_bool(if edge { 0.85 } else { 0.95 });
                let index = row * COLS + col;
                let seen = if turned {
                    ROWS * COLS - 1 - index
                } else {
                    index
                };
                tray.blanks[seen] = u32::from(!emerged);
            }
        }
        tray.trays = 1;
        tray.line_squares = tray.squares_of_one_tray();
        map.add(&tray);
    }
    map
}

fn is_at(suspect: &Suspect, place: SuspectPlace) -> bool {
    [place, place.opposite(ROWS, COLS)].contains(&suspect.place)
}

#[test]
fn fewer_than_one_sound_lot_in_a_hundred_is_flagged() {
    let mut chance = Pcg64Mcg::seed_from_u64(1);
    for trays in [10, 60] {
        let lots = 1000;
        let flagged =
            (0..lots).filter(|_| !suspects(&lot(&mut chance, trays, |_, _| 0.0)).is_empty());
        let flagged = flagged.count();
        println!("{trays} trays: {flagged} of {lots} sound lots flagged");
        assert!(
            flagged < lots / 100,
            "{flagged} of {lots} lots of {trays} trays"
        );
    }
}

#[test]
fn a_line_that_misses_three_seeds_in_ten_is_found_within_ten_trays() {
    let mut chance = Pcg64Mcg::seed_from_u64(2);
    let lines = (0..ROWS)
        .map(|row| SuspectPlace::Row { row })
        .chain((0..COLS).map(|col| SuspectPlace::Column { col }));
    let (mut found, mut lots) = (0, 0);
    for line in lines {
        for _ in 0..10 {
            lots += 1;
            let map = lot(
                &mut chance,
                10,
                |r, c| if line.holds(r, c) { 0.3 } else { 0.0 },
            );
            found += usize::from(suspects(&map).first().is_some_and(|s| is_at(s, line)));
        }
    }
    println!("lines: {found} of {lots} found");
    assert!(found * 100 >= lots * 90, "{found} of {lots}");
}

#[test]
fn a_position_that_misses_half_of_its_seeds_is_found_within_sixty_trays() {
    let mut chance = Pcg64Mcg::seed_from_u64(3);
    let (mut found, mut lots) = (0, 0);
    for index in (0..ROWS * COLS).step_by(3) {
        let place = SuspectPlace::Position {
            row: index / COLS,
            col: index % COLS,
        };
        for _ in 0..3 {
            lots += 1;
            let map = lot(
                &mut chance,
                60,
                |r, c| if place.holds(r, c) { 0.5 } else { 0.0 },
            );
            found += usize::from(suspects(&map).first().is_some_and(|s| is_at(s, place)));
        }
    }
    println!("positions: {found} of {lots} found");
    assert!(found * 100 >= lots * 90, "{found} of {lots}");
}

#[test]
fn what_is_said_of_a_suspect_is_near_the_truth() {
    let mut chance = Pcg64Mcg::seed_from_u64(4);
    let column = SuspectPlace::Column { col: 6 };
    let map = lot(
        &mut chance,
        100,
        |r, c| if column.holds(r, c) { 0.3 } else { 0.0 },
    );
    let found = suspects(&map);
    assert!(is_at(&found[0], column) && found[0].or_opposite && !found[0].at_edge);
    assert!((found[0].missed - 0.3).abs() < 0.05, "{found:?}");
}

#[test]
fn two_blocked_nozzles_do_not_hide_one_another() {
    let mut chance = Pcg64Mcg::seed_from_u64(5);
    let (row, column) = (
        SuspectPlace::Row { row: 3 },
        SuspectPlace::Column { col: 12 },
    );
    let missed = |r, c| {
        if row.holds(r, c) || column.holds(r, c) {
            0.5
        } else {
            0.0
        }
    };
    let found = suspects(&lot(&mut chance, 30, missed));
    for place in [row, column] {
        assert!(
            found.iter().any(|s| is_at(s, place)),
            "{place:?} in {found:?}"
        );
    }
}

#[test]
fn trays_that_were_never_turned_name_the_one_place() {
    let mut map = BlankMap::of_shape(ROWS, COLS);
    map.trays = 40;
    map.blanks.fill(2);
    for row in 0..ROWS {
        map.blanks[row * COLS + 15] = 14;
    }
    let found = suspects(&map);
    assert_eq!(found[0].place, SuspectPlace::Column { col: 15 });
    assert!(!found[0].or_opposite);
}

#[test]
fn few_trays_and_odd_shapes_say_nothing_and_do_no_harm() {
    for (rows, cols) in [(0, 0), (1, 1), (1, 6), (2, 2), (3, 3)] {
        for blanks in [0, 1, 50] {
            let mut map = BlankMap::of_shape(rows, cols);
            map.trays = 50;
            map.blanks.fill(blanks);
            assert!(suspects(&map).is_empty(), "{rows}x{cols} {blanks}");
        }
    }
    let mut map = BlankMap::of_shape(ROWS, COLS);
    map.trays = 3;
    map.blanks[7] = 3;
    assert!(suspects(&map).is_empty());
    map.blanks.truncate(5);
    map.trays = 30;
    assert!(suspects(&map).is_empty());
}
