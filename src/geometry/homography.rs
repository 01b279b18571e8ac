//! Projective maps of the plane and their fit to point pairs.

use std::marker::PhantomData;

use euclid::Point2D;
use nalgebra::{DMatrix, Matrix3, Vector3};

/// Why a homography could not be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HomographyError {
    /// Fewer than four pairs.
    #[error("homography needs at least 4 point pairs, found {0}")]
    TooFewPairs(usize),
    /// The points are collinear, coincident or not finite.
    #[error("point pairs do not determine a homography")]
    Degenerate,
}

/// A point and where it lands.
pub type PointPair<Src, Dst> = (Point2D<f64, Src>, Point2D<f64, Dst>);

/// A projective map from `Src` to `Dst` (Hartley & Zisserman, *Multiple View Geometry*, 2nd ed., §2.3).
#[derive(Debug)]
pub struct Homography<Src, Dst> {
    matrix: Matrix3<f64>,
    spaces: PhantomData<fn(Src) -> Dst>,
}

impl<Src, Dst> Clone for Homography<Src, Dst> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<Src, Dst> Copy for Homography<Src, Dst> {}

impl<Src, Dst> Homography<Src, Dst> {
    /// The map with this row-major matrix.
    ///
    /// # Errors
    /// [`HomographyError::Degenerate`] when the matrix is singular or not finite.
    pub fn from_rows(rows: [[f64; 3]; 3]) -> Result<Self, HomographyError> {
        Self::from_matrix(Matrix3::from_fn(|r, c| rows[r][c]))
    }

    fn from_matrix(matrix: Matrix3<f64>) -> Result<Self, HomographyError> {
        let scale = matrix.norm();
        if !scale.is_finite() || scale == 0.0 {
            return Err(HomographyError::Degenerate);
        }
        let matrix = matrix / scale;
        if matrix.determinant().abs() < 1e-15 {
            return Err(HomographyError::Degenerate);
        }
        Ok(Self {
            matrix,
            spaces: PhantomData,
        })
    }

    /// Least-squares fit to point pairs by the normalised direct linear transform
    /// (Hartley, *In defense of the eight-point algorithm*, 1997).
    ///
    /// # Errors
    /// Fewer than four pairs, or pairs that do not determine a map.
    pub fn fit(pairs: &[PointPair<Src, Dst>]) -> Result<Self, HomographyError> {
        if pairs.len() < 4 {
            return Err(HomographyError::TooFewPairs(pairs.len()));
        }
        let source = normalising(pairs.iter().map(|(p, _)| (p.x, p.y)))?;
        let target = normalising(pairs.iter().map(|(_, q)| (q.x, q.y)))?;
        let mut normal = Matrix9::zeros();
        for (p, q) in pairs {
            let p = source * Vector3::new(p.x, p.y, 1.0);
            let q = target * Vector3::new(q.x, q.y, 1.0);
            let [x, y, u, v] = [p.x, p.y, q.x, q.y];
            let first = [-x, -y, -1.0, 0.0, 0.0, 0.0, u * x, u * y, u];
            let second = [0.0, 0.0, 0.0, -x, -y, -1.0, v * x, v * y, v];
            for row in [first, second] {
                let row = nalgebra::SVector::<f64, 9>::from_row_slice(&row);
                normal += row * row.transpose();
            }
        }
        let eigen = nalgebra::SymmetricEigen::new(normal);
        let least = eigen.eigenvalues.imin();
        // a second vanishing eigenvalue means a family of maps: points on a line, or coincident
        let mut sizes: [f64; 9] = eigen.eigenvalues.into();
        sizes.sort_by(f64::total_cmp);
        if sizes[1] < 1e-10 * sizes[8] {
            return Err(HomographyError::Degenerate);
        }
        let h = eigen.eigenvectors.column(least);
        let h = Matrix3::from_fn(|r, c| h[r * 3 + c]);
        let back = target.try_inverse().ok_or(HomographyError::Degenerate)?;
        Self::from_matrix(back * h * source)
    }

    /// Where a point lands. Not finite when the point lies on the map's horizon.
    #[must_use]
    pub fn map(&self, point: Point2D<f64, Src>) -> Point2D<f64, Dst> {
        let v = self.matrix * Vector3::new(point.x, point.y, 1.0);
        Point2D::new(v.x / v.z, v.y / v.z)
    }

    /// The map back.
    ///
    /// # Errors
    /// [`HomographyError::Degenerate`] when the inverse is not finite.
    pub fn inverse(&self) -> Result<Homography<Dst, Src>, HomographyError> {
        let inverse = self
            .matrix
            .try_inverse()
            .ok_or(HomographyError::Degenerate)?;
        Homography::from_matrix(inverse)
    }

    /// This map after `first`.
    ///
    /// # Errors
    /// [`HomographyError::Degenerate`] when the product is singular.
    pub fn after<Before>(
        &self,
        first: &Homography<Before, Src>,
    ) -> Result<Homography<Before, Dst>, HomographyError> {
        Homography::from_matrix(self.matrix * first.matrix)
    }

    /// The row-major matrix, scaled to unit Frobenius norm.
    #[must_use]
    pub fn rows(&self) -> [[f64; 3]; 3] {
        std::array::from_fn(|r| std::array::from_fn(|c| self.matrix[(r, c)]))
    }
}

type Matrix9 = nalgebra::SMatrix<f64, 9, 9>;

/// Moves the centroid to the origin and the mean distance to √2.
fn normalising(points: impl Iterator<Item = (f64, f64)>) -> Result<Matrix3<f64>, HomographyError> {
    let points: Vec<f64> = points.flat_map(|(x, y)| [x, y]).collect();
    let points = DMatrix::from_column_slice(2, points.len() / 2, &points);
    let centre = points.column_mean();
    let spread = points
        .column_iter()
        .map(|p| (p - &centre).norm())
        .sum::<f64>()
        / points.ncols() as f64;
    if !spread.is_finite() || spread < 1e-12 {
        return Err(HomographyError::Degenerate);
    }
    let scale = std::f64::consts::SQRT_2 / spread;
    Ok(Matrix3::new(
        scale,
        0.0,
        -scale * centre[0],
        0.0,
        scale,
        -scale * centre[1],
        0.0,
        0.0,
        1.0,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::{FramePoint, FrameSpace, TrayPoint, TraySpace};
    use proptest::prelude::*;

    fn tilted(g: f64, h: f64, angle: f64) -> Homography<TraySpace, FrameSpace> {
        let (s, c) = angle.sin_cos();
        Homography::from_rows([
            [80.0 * c, -80.0 * s, 120.0],
            [80.0 * s, 80.0 * c, 90.0],
            [g, h, 1.0],
        ])
        .unwrap()
    }

    proptest! {
        #[test]
        fn four_corners_of_a_tray_determine_its_view(
            g in -0.01..0.01f64, h in -0.01..0.01f64, angle in -3.0..3.0f64,
            col in 0.0..20.0f64, row in 0.0..10.0f64,
        ) {
            let frame_from_tray = tilted(g, h, angle);
            let corners = [(0.0, 0.0), (20.0, 0.0), (20.0, 10.0), (0.0, 10.0)];
            let pairs = corners.map(|(x, y)| {
                let p = TrayPoint::new(x, y);
                (p, frame_from_tray.map(p))
            });
            let fitted = Homography::fit(&pairs).unwrap();
            let point = TrayPoint::new(col, row);
            prop_assert!((fitted.map(point) - frame_from_tray.map(point)).length() < 1e-6);
            let back = fitted.inverse().unwrap().map(fitted.map(point));
            prop_assert!((back - point).length() < 1e-9);
        }
    }

    #[test]
    fn points_on_a_line_give_no_view() {
        let pairs: Vec<_> = (0..4)
            .map(|i| {
                let i = f64::from(i);
                (TrayPoint::new(i, i), FramePoint::new(2.0 * i, 2.0 * i))
            })
            .collect();
        assert_eq!(
            Homography::fit(&pairs).unwrap_err(),
            HomographyError::Degenerate
        );
        assert_eq!(
            Homography::<TraySpace, FrameSpace>::fit(&pairs[..3]).unwrap_err(),
            HomographyError::TooFewPairs(3)
        );
    }
}
