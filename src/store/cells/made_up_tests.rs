//! Cells with what no inspection gives: any number, any text.

use proptest::prelude::*;

use crate::evaluate::samples;
use crate::inspect::CellReport;

use super::fields::{NUMBERS, OPTIONAL_NUMBERS};

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        (0..20_000_i64).prop_map(|n| n as f64 / 1e4),
        (-90_000..90_000_i64).prop_map(|n| n as f64 / 10.0),
        Just(-0.0),
        any::<f64>().prop_filter("reports hold finite numbers", |v| v.is_finite()),
    ]
}

/// A cell of a small tray, its numbers and texts exchanged.
pub fn cell() -> impl Strategy<Value = CellReport> {
    let numbers = prop::collection::vec(number(), 7);
    let optional = prop::collection::vec(prop::option::of(number()), 5);
    let texts = prop::collection::vec("[a-zé :0-9>=.]{0,60}", 4);
    (
        0..14_usize,
        numbers,
        optional,
        texts,
        any::<u32>(),
        any::<bool>(),
    )
        .prop_map(|(kind, n, o, t, count, own)| {
            let mut cell = samples::cell(kind / 7, kind % 7, kind);
            for (field, value) in NUMBERS.iter().zip(n) {
                (field.set)(&mut cell, Some(value));
            }
            for (field, value) in OPTIONAL_NUMBERS.iter().zip(o) {
                (field.set)(&mut cell, value);
            }
            cell.plants = count;
            cell.verdict = t[0].as_str().into();
            cell.action = t[1].as_str().into();
            cell.grade = cell.grade.map(|_| t[2].as_str().into());
            cell.reason = Some(if own {
                format!("area_pitch2 >= 0.03 ({})", cell.area_pitch2).into()
            } else {
                t[3].as_str().into()
            });
            cell
        })
}
