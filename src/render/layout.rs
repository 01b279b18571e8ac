//! Which trays lie in the frame, how each is built, and what fills each of their cells.
//!
//! In: chance and the request. Out: bodies, the labelled one first.

use super::chance::Chance;
use super::substrate::{Fill, Substrate, SubstrateKind};
use super::tray_body::{Body, CellLook, TrayKind, TrayStyle};
use super::view::Framing;
use super::{RenderRequest, Split, View};

/// The labelled tray and what other trays show at the frame's edge.
pub(crate) fn bodies(
    chance: &mut Chance,
    request: &RenderRequest,
    framing: &Framing,
    kind: TrayKind,
    pitch_mm: f32,
    light: [f32; 2],
) -> Vec<Body> {
    let mut style = TrayStyle::draw(chance, kind, pitch_mm);
    let fills = fills(chance, request.split, style.kind, pitch_mm, light);
    let rectified = matches!(request.view, View::Rectified { .. });
    // The block may be part of a larger tray.
    let extra = usize::from(rectified && framing.margin > 0.05 && chance.with(0.3));
    if rectified && framing.margin < 0.05 {
        style.rim = style.rim.max(0.3);
    }
    let nadir = [
        request.cols as f32 * chance.range(0.2, 0.8),
        request.rows as f32 * chance.range(0.2, 0.8),
    ];
    let rim_moss = if chance.with(0.5) {
        chance.range(0.2, 2.0)
    } else {
        0.0
    };
    let make = |chance: &mut Chance, origin: [f32; 2], rows: usize, cols: usize| {
        let mut body = Body {
            origin,
            rows,
            cols,
            style: style.clone(),
            substrates: fills.clone(),
            cells: Vec::new(),
            light,
            nadir: [nadir[0] - origin[0], nadir[1] - origin[1]],
            rim_moss,
            pixel: 1.0 / framing.scale,
        };
        looks(chance, &mut body);
        body
    };
    if request.view == View::NoTray {
        let span = |chance: &mut Chance, size: usize| chance.range(-1.0, size as f32);
        return (0..chance.index(4))
            .map(|_| {
                let at = [span(chance, request.cols), span(chance, request.rows)];
                make(chance, at, 1, 1)
            })
            .collect();
    }
    let e = extra as f32;
    let main = make(
        chance,
        [-e, -e],
        request.rows + 2 * extra,
        request.cols + 2 * extra,
    );
    let mut all = vec![main];
    if chance.with(0.3) {
        let gap = 2.0 * all[0].style.rim + chance.range(0.02, 0.3);
        let far = chance.with(0.5);
        let (rows, cols) = (request.rows + 2 * extra, request.cols + 2 * extra);
        let (dx, dy) = (cols as f32 + gap, rows as f32 + gap);
        let sign = if far { 1.0 } else { -1.0 };
        let origin = if chance.with(0.5) {
            [-e + sign * dx, -e]
        } else {
            [-e, -e + sign * dy]
        };
        all.push(make(chance, origin, rows, cols));
    }
    all
}

fn fills(
    chance: &mut Chance,
    split: Split,
    tray: TrayKind,
    pitch_mm: f32,
    light: [f32; 2],
) -> Vec<Substrate> {
    let mut first = SubstrateKind::draw(chance, split);
    if tray == TrayKind::WhiteFoam && chance.with(0.5) {
        first = SubstrateKind::DarkPeat;
    }
    let mut kinds = vec![first];
    if chance.with(0.2) {
        kinds.push(if split == Split::Train && chance.with(0.5) {
            SubstrateKind::BareHole
        } else {
            SubstrateKind::draw(chance, split)
        });
    }
    kinds
        .into_iter()
        .map(|k| Substrate::draw(chance, k, pitch_mm, light))
        .collect()
}

/// Draws the cells of a body.
fn looks(chance: &mut Chance, body: &mut Body) {
    let second = chance.log_range(0.02, 0.7);
    let sunk = chance.log_range(0.008, 0.13);
    let foam = body.style.kind == TrayKind::WhiteFoam;
    let (tone, wet, uneven) = (
        chance.range(0.0, 0.09),
        chance.range(0.0, 0.5),
        chance.range(0.0, if foam { 0.02 } else { 0.008 }),
    );
    let mossy = chance.unit() * 0.6;
    let spread = chance.range(0.05, 0.35);
    for _ in 0..body.rows * body.cols {
        let fill = Fill {
            place: [chance.range(0.0, 512.0), chance.range(0.0, 512.0)],
            tone: chance.normal() * tone,
            wet: wet * chance.unit(),
            moss: chance.normal() * mossy,
        };
        body.cells.push(CellLook {
            fill,
            substrate: if body.substrates.len() > 1 && chance.with(second) {
                1
            } else {
                0
            },
            sunk: (sunk * (1.0 + chance.normal() * spread)).clamp(0.004, 0.2),
            shift: [
                chance.normal() * uneven * 0.5,
                chance.normal() * uneven * 0.5,
            ],
            dent: [chance.normal() * 0.04, chance.normal() * 0.04],
            grow: (chance.normal() * uneven).min(body.style.wall * 0.3),
        });
    }
}
