//! Trays that are found, and where.

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;
use rayon::prelude::*;

use crate::drawing::{BLACK, BLUE, Drawing, PEAT};

/// A tenth of a pitch: a plant at a cell's middle stays in its cell by a wide margin.
const MOST_ERROR: f64 = 0.1;

fn assert_found(drawings: &[Drawing]) {
    let misses: Vec<String> = drawings
        .par_iter()
        .filter_map(|d| {
            let worst = std::panic::catch_unwind(|| d.worst_error());
            match worst {
                Ok(worst) if worst < MOST_ERROR => None,
                Ok(worst) => Some(format!("worst node {worst:.3} pitches off: {d:?}")),
                Err(_) => Some(format!("refused: {d:?}")),
            }
        })
        .collect();
    assert!(misses.is_empty(), "{}", misses.join("\n"));
}

#[test]
fn a_tray_is_found_turned_tilted_and_drifted() {
    let mut drawings = Vec::new();
    for seed in 1..=8_u64 {
        let mut random = Pcg64Mcg::seed_from_u64(seed);
        let mut between = |from: f64, to: f64| random.random_range(from..to);
        drawings.push(Drawing {
            turn: between(-10.0, 10.0),
            tilt: [between(-1e-4, 1e-4), between(-1e-4, 1e-4)],
            drift: between(0.0, 0.08),
            wall: between(0.14, 0.3),
            pitch: between(52.0, 62.0),
            seed,
            ..Drawing::default()
        });
    }
    assert_found(&drawings);
}

#[test]
fn a_tray_is_found_whatever_its_colours() {
    let colours = [
        (BLUE, [40.0, 34.0, 30.0]),
        (BLACK, PEAT),
        ([150.0, 152.0, 156.0], PEAT),
    ];
    let drawings: Vec<Drawing> = colours
        .into_iter()
        .zip(1..)
        .map(|((wall_colour, cell_colour), seed)| Drawing {
            wall_colour,
            cell_colour,
            turn: 3.0,
            drift: 0.05,
            seed,
            ..Drawing::default()
        })
        .collect();
    assert_found(&drawings);
}

#[test]
fn plants_over_walls_empty_rows_clutter_and_a_gap_do_not_move_the_lattice() {
    let usual = Drawing::default;
    assert_found(&[
        Drawing {
            plants: 0.5,
            ..usual()
        },
        Drawing {
            plants: 0.0,
            ..usual()
        },
        Drawing {
            empty_row: 2,
            ..usual()
        },
        Drawing {
            clutter: 12,
            pitch: 56.0,
            ..usual()
        },
        Drawing {
            gap: 0.2,
            pitch: 56.0,
            ..usual()
        },
        Drawing {
            rows: 12,
            cols: 6,
            width: 700,
            height: 1000,
            pitch: 70.0,
            ..usual()
        },
        Drawing {
            rows: 16,
            cols: 8,
            width: 600,
            height: 1000,
            pitch: 52.0,
            wall: 0.15,
            ..usual()
        },
        Drawing {
            rows: 10,
            cols: 20,
            width: 1600,
            height: 800,
            pitch: 80.0,
            drift: 0.12,
            noise: 12.0,
            ..usual()
        },
        Drawing {
            rows: 10,
            cols: 20,
            width: 420,
            height: 230,
            pitch: 19.0,
            ..usual()
        },
    ]);
}

#[test]
fn a_second_tray_peeping_in_is_neither_counted_nor_in_the_way() {
    let beside = |apart: f64, height: usize| Drawing {
        second_below: Some(apart),
        pitch: 56.0,
        height,
        turn: 1.5,
        ..Drawing::default()
    };
    assert_found(&[beside(0.1, 500), beside(0.2, 560), beside(0.35, 640)]);
}

#[test]
fn a_striped_bench_does_not_turn_the_lattice() {
    let usual = Drawing {
        stripes: 24.0,
        pitch: 50.0,
        ..Drawing::default()
    };
    assert_found(&[
        Drawing {
            turn: 2.0,
            ..usual.clone()
        },
        Drawing {
            turn: -6.0,
            ..usual
        },
    ]);
}
