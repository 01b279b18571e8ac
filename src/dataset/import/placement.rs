//! Coordinates of the source as pixels of the picture, checked.

use super::annotation::{Annotation, Outline, around};
use super::error::ImportError;
use super::region::crossing_count;

/// Coordinates further out than this are no label of any picture, px.
const FARTHEST: f64 = 1e7;
/// An outline that crosses more rows than this was not drawn by a person, and filling it takes gigabytes.
const MOST_CROSSINGS: u64 = 1 << 24;

/// The picture's size and the coordinate of its first pixel's edge.
#[derive(Clone, Copy)]
pub(super) struct Ground {
    pub size: (u32, u32),
    pub first_pixel: f64,
}

impl Ground {
    /// A point of the source in pixels.
    fn point(self, shares: bool, [x, y]: [f64; 2]) -> [f64; 2] {
        if shares {
            [x * f64::from(self.size.0), y * f64::from(self.size.1)]
        } else {
            [x - self.first_pixel, y - self.first_pixel]
        }
    }

    /// The far corner, px.
    pub fn end(self) -> [f64; 2] {
        [f64::from(self.size.0), f64::from(self.size.1)]
    }
}

/// Shapes in the picture's pixels.
pub(super) struct Placed {
    pub edges: Option<[f64; 4]>,
    pub outline: Option<Outline>,
    pub point: Option<[f64; 2]>,
}

/// Scales and shifts an annotation's coordinates into pixels of the picture.
///
/// # Errors
/// A coordinate is not finite or absurdly far out, an outline is beyond reason, or runs were made for another size.
pub(super) fn placed(annotation: &Annotation, ground: Ground) -> Result<Placed, ImportError> {
    let onto = |point: [f64; 2]| {
        let [x, y] = ground.point(annotation.shares, point);
        // also false for what is no number
        if x.abs() <= FARTHEST && y.abs() <= FARTHEST {
            return Ok([x, y]);
        }
        Err(ImportError::found(
            &annotation.place,
            "coordinates in or near the picture",
            format!("{x}, {y}"),
        ))
    };
    let edges = annotation.edges.map(|[x0, y0, x1, y1]| {
        let ([x0, y0], [x1, y1]) = (onto([x0, y0])?, onto([x1, y1])?);
        Ok::<_, ImportError>([x0, y0, x1, y1])
    });
    let outline = match &annotation.outline {
        Some(Outline::Polygons(polygons)) => {
            let polygon = |p: &Vec<[f64; 2]>| p.iter().map(|v| onto(*v)).collect();
            let polygons: Vec<_> = polygons.iter().map(polygon).collect::<Result<_, _>>()?;
            check_crossings(annotation, &polygons, ground)?;
            Some(Outline::Polygons(polygons))
        }
        Some(Outline::ColumnRuns { size, counts }) => {
            check_runs(annotation, *size, counts, ground)?;
            annotation.outline.clone()
        }
        // its pixels are counted from 0 as all pictures' are
        Some(Outline::Window { .. }) => annotation.outline.clone(),
        None => None,
    };
    let mut edges = edges.transpose()?;
    if let (None, Some(Outline::Polygons(polygons))) = (edges, &outline) {
        edges = around(polygons.iter().flatten());
    }
    Ok(Placed {
        edges,
        outline,
        point: annotation.point.map(onto).transpose()?,
    })
}

fn check_crossings(
    annotation: &Annotation,
    polygons: &[Vec<[f64; 2]>],
    ground: Ground,
) -> Result<(), ImportError> {
    let crossings = crossing_count(polygons, ground.size.1);
    if crossings > MOST_CROSSINGS {
        let expected = format!("an outline that crosses at most {MOST_CROSSINGS} rows");
        let found = format!("one that crosses {crossings}");
        return Err(ImportError::found(&annotation.place, expected, found));
    }
    Ok(())
}

fn check_runs(
    annotation: &Annotation,
    size: (u32, u32),
    counts: &[u32],
    ground: Ground,
) -> Result<(), ImportError> {
    let (width, height) = ground.size;
    if size != ground.size {
        return Err(ImportError::found(
            &annotation.place,
            format!("run lengths of a picture of {width}x{height} px"),
            format!("run lengths of {}x{} px", size.0, size.1),
        ));
    }
    let sum: u64 = counts.iter().map(|c| u64::from(*c)).sum();
    let pixels = u64::from(width) * u64::from(height);
    if sum != pixels {
        return Err(ImportError::found(
            &annotation.place,
            format!("run lengths of {pixels} px in all"),
            format!("{sum} px"),
        ));
    }
    Ok(())
}
