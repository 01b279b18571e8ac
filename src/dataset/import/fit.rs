//! An annotation on the picture: cut off at the edges and filled, or dropped for a reason.

use super::ClassMeaning;
use super::annotation::{Annotation, Outline, around};
use super::error::ImportError;
use super::placement::{Ground, placed};
use super::region::{Run, area, centre, fill, from_columns, from_window};
use super::summary::{Tally, reason};

/// Shares of six decimals are this uncertain in a large picture, px: less is not called cut off.
const CLIP_TOLERANCE: f64 = 0.05;

/// An annotation on the picture.
pub(super) struct Fitted {
    pub class: String,
    pub meaning: ClassMeaning,
    /// Left, top, right, bottom, px, inside the picture.
    pub edges: Option<[f64; 4]>,
    /// Its pixels, where they are known.
    pub runs: Option<Vec<Run>>,
    /// Where it is, px.
    pub centre: [f64; 2],
    /// Four vertices of its outline, where it has just these.
    pub quadrilateral: Option<[[f64; 2]; 4]>,
    /// Whether it may be several things.
    pub crowd: bool,
}

/// Brings an annotation onto the picture; counts what is cut off, and drops what lies outside or has no area.
///
/// # Errors
/// A coordinate is not finite or absurdly far out, or runs were made for another size.
pub(super) fn fit(
    annotation: Annotation,
    meaning: ClassMeaning,
    ground: Ground,
    tally: &mut Tally,
) -> Result<Option<Fitted>, ImportError> {
    let whole = placed(&annotation, ground)?;
    if let Some(edges) = whole.edges {
        watch_origin(edges, ground, tally);
    }
    let (edges, clipped) = match whole.edges.map(|e| cut_off(e, ground)) {
        None => (None, false),
        Some(Ok(cut)) => (Some(cut.0), cut.1),
        Some(Err(reason)) => {
            tally.drop(reason);
            return Ok(None);
        }
    };
    let runs = whole.outline.as_ref().map(|o| match o {
        Outline::Polygons(polygons) => fill(polygons, ground.size),
        Outline::ColumnRuns { counts, .. } => from_columns(counts, ground.size),
        Outline::Window { at, width, inside } => from_window(*at, *width, inside, ground.size),
    });
    if runs.as_ref().is_some_and(|r| area(r) == 0) {
        tally.drop(reason::NO_PIXEL);
        return Ok(None);
    }
    let middle = |[x0, y0, x1, y1]: [f64; 4]| [(x0 + x1) / 2.0, (y0 + y1) / 2.0];
    let place = runs.as_ref().and_then(|r| centre(r));
    let place = place.or(edges.map(middle)).or(whole.point);
    let Some(centre) = place.filter(|p| inside(*p, ground)) else {
        tally.drop(reason::OUTSIDE);
        return Ok(None);
    };
    tally.clipped += u64::from(clipped);
    let edges = edges.or_else(|| runs.as_ref().and_then(|r| bounds(r)));
    Ok(Some(Fitted {
        class: annotation.class,
        meaning,
        edges,
        centre,
        quadrilateral: quadrilateral(whole.outline.as_ref()),
        runs,
        crowd: annotation.crowd,
    }))
}

/// A box cut off at the picture's edges, and whether that took more than rounding would.
fn cut_off([x0, y0, x1, y1]: [f64; 4], ground: Ground) -> Result<([f64; 4], bool), &'static str> {
    if x1 <= x0 || y1 <= y0 {
        return Err(reason::NO_AREA);
    }
    let [width, height] = ground.end();
    if x1 <= 0.0 || y1 <= 0.0 || x0 >= width || y0 >= height {
        return Err(reason::OUTSIDE);
    }
    let cut = [x0.max(0.0), y0.max(0.0), x1.min(width), y1.min(height)];
    let over = [-x0, -y0, x1 - width, y1 - height];
    Ok((cut, over.iter().any(|o| *o > CLIP_TOLERANCE)))
}

fn inside([x, y]: [f64; 2], ground: Ground) -> bool {
    let [width, height] = ground.end();
    (0.0..=width).contains(&x) && (0.0..=height).contains(&y)
}

/// Signs that a source counts pixels from 1: no box starts before 1, and some end 1 px beyond the picture.
fn watch_origin([x0, y0, x1, y1]: [f64; 4], ground: Ground, tally: &mut Tally) {
    let [width, height] = ground.end();
    let near = |a: f64, b: f64| (a - b).abs() < 1e-6;
    tally.starts_before_one += u64::from(x0 < 1.0 - 1e-6 || y0 < 1.0 - 1e-6);
    tally.starts_at_one += u64::from(near(x0, 1.0) || near(y0, 1.0));
    tally.ends_one_beyond += u64::from(near(x1, width + 1.0) || near(y1, height + 1.0));
}

fn bounds(runs: &[Run]) -> Option<[f64; 4]> {
    let corners: Vec<[f64; 2]> = runs
        .iter()
        .flat_map(|r| {
            let y = f64::from(r.y);
            [[f64::from(r.x0), y], [f64::from(r.x1), y + 1.0]]
        })
        .collect();
    around(&corners)
}

fn quadrilateral(outline: Option<&Outline>) -> Option<[[f64; 2]; 4]> {
    match outline {
        Some(Outline::Polygons(polygons)) => match polygons.as_slice() {
            [only] => only.as_slice().try_into().ok(),
            _ => None,
        },
        _ => None,
    }
}
