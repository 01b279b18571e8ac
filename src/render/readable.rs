//! Whether a person could tell a plant in the picture that the camera made.
//!
//! In: the photographed frame and the plant map. Out: for each plant whether it is readable. What nobody
//! can read is labelled by nobody: it must teach and score no net.

use image::RgbImage;

/// Scale at which legibility is judged, px a pitch: that of the seedling net.
const SCALE: f32 = 48.0;
/// Visible pixels at [`SCALE`] that a plant needs.
const LEAST_PX: f32 = 14.0;
/// Least contrast: the Mahalanobis distance of the plant's mean colour from the ground round it, times
/// the root of its pixels. Below, a person finds about every second plant.
const LEAST_CONTRAST: f32 = 9.0;
/// Variance that the eye forgives in each channel, 8-bit steps squared.
const NOISE: f32 = 16.0;

/// Mean and covariance of colours as they come.
#[derive(Clone, Copy, Default)]
struct Colours {
    count: f32,
    sum: [f32; 3],
    products: [f32; 6],
}

impl Colours {
    #[inline]
    fn add(&mut self, p: [f32; 3]) {
        self.count += 1.0;
        for (sum, v) in self.sum.iter_mut().zip(p) {
            *sum += v;
        }
        let pairs = [(0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2)];
        for (product, (i, j)) in self.products.iter_mut().zip(pairs) {
            *product += p[i] * p[j];
        }
    }

    fn mean(&self) -> [f32; 3] {
        self.sum.map(|v| v / self.count)
    }

    /// Upper triangle of the covariance with [`NOISE`] on its diagonal.
    fn covariance(&self) -> [f32; 6] {
        let m = self.mean();
        let pairs = [(0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2)];
        std::array::from_fn(|k| {
            let (i, j) = pairs[k];
            let own = if i == j { NOISE } else { 0.0 };
            self.products[k] / self.count - m[i] * m[j] + own
        })
    }
}

/// A plant's rectangle in the frame, px: left, top, right, bottom, the last two excluded.
type Bounds = [usize; 4];

/// Whether each plant is readable, by id; entry 0 stands for no plant. `areas` holds visible pixels by
/// id, `scale` the frame's px a pitch.
pub(crate) fn readable(frame: &RgbImage, ids: &[u16], areas: &[u32], scale: f32) -> Vec<bool> {
    let width = frame.width() as usize;
    let shrink = (SCALE / scale).min(1.0).powi(2);
    let margin = (8.0 * scale / SCALE).ceil() as usize;
    bounds(ids, width, areas.len())
        .into_iter()
        .enumerate()
        .map(|(id, bounds)| {
            let seen = areas[id] as f32 * shrink;
            let Some(bounds) = bounds.filter(|_| id > 0 && seen >= LEAST_PX) else {
                return false;
            };
            contrast(frame, ids, id as u16, bounds, margin)
                .is_none_or(|d| d * seen.sqrt() >= LEAST_CONTRAST)
        })
        .collect()
}

fn bounds(ids: &[u16], width: usize, count: usize) -> Vec<Option<Bounds>> {
    let mut all = vec![None; count];
    for (i, &id) in ids.iter().enumerate().filter(|(_, id)| **id > 0) {
        let (x, y) = (i % width, i / width);
        let b = all[usize::from(id)].get_or_insert([x, y, x + 1, y + 1]);
        *b = [b[0].min(x), b[1].min(y), b[2].max(x + 1), b[3].max(y + 1)];
    }
    all
}

/// Distance of the plant's mean colour from the ground round it; none where plants hide all ground.
fn contrast(frame: &RgbImage, ids: &[u16], id: u16, b: Bounds, margin: usize) -> Option<f32> {
    let (width, height) = (frame.width() as usize, frame.height() as usize);
    let (mut plant, mut ground) = (Colours::default(), Colours::default());
    for y in b[1].saturating_sub(margin)..(b[3] + margin).min(height) {
        for x in b[0].saturating_sub(margin)..(b[2] + margin).min(width) {
            let owner = ids[y * width + x];
            let colours = match owner {
                0 => &mut ground,
                _ if owner == id => &mut plant,
                _ => continue,
            };
            colours.add(frame.get_pixel(x as u32, y as u32).0.map(f32::from));
        }
    }
    if ground.count < 20.0 || plant.count < 1.0 {
        return None;
    }
    let (a, g) = (plant.mean(), ground.mean());
    let d = [a[0] - g[0], a[1] - g[1], a[2] - g[2]];
    Some(distance(ground.covariance(), d))
}

/// √(dᵀ S⁻¹ d) for a symmetric positive S given by its upper triangle.
fn distance([a, b, c, d, e, f]: [f32; 6], v: [f32; 3]) -> f32 {
    let cofactors = [
        d * f - e * e,
        c * e - b * f,
        b * e - c * d,
        a * f - c * c,
        b * c - a * e,
        a * d - b * b,
    ];
    let det = a * cofactors[0] + b * cofactors[1] + c * cofactors[2];
    let [x, y, z] = v;
    let square = cofactors[0] * x * x
        + cofactors[3] * y * y
        + cofactors[5] * z * z
        + 2.0 * (cofactors[1] * x * y + cofactors[2] * x * z + cofactors[4] * y * z);
    (square / det.max(1e-3)).max(0.0).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Rgb;

    /// A disc of `colour` with `radius` px on ground that alternates by ±`texture`.
    fn disc(colour: [u8; 3], radius: i32, texture: u8) -> (RgbImage, Vec<u16>, Vec<u32>) {
        let mut frame = RgbImage::from_fn(64, 64, |x, y| {
            let v = 60 + if (x + y) % 2 == 0 { texture } else { 0 };
            Rgb([v, v, v])
        });
        let mut ids = vec![0; 64 * 64];
        for (x, y) in (0..64).flat_map(|x| (0..64).map(move |y| (x, y))) {
            if (x - 32i32).pow(2) + (y - 32i32).pow(2) <= radius * radius {
                frame.put_pixel(x as u32, y as u32, Rgb(colour));
                ids[(y * 64 + x) as usize] = 1;
            }
        }
        let area = ids.iter().filter(|id| **id == 1).count() as u32;
        (frame, ids, vec![0, area])
    }

    #[test]
    fn a_green_leaf_on_dark_ground_is_readable_and_a_ground_coloured_one_is_not() {
        for (colour, expected) in [([90, 160, 60], true), ([62, 61, 60], false)] {
            let (frame, ids, areas) = disc(colour, 5, 0);
            assert_eq!(readable(&frame, &ids, &areas, 48.0)[1], expected);
        }
    }

    #[test]
    fn rough_ground_hides_what_smooth_ground_shows() {
        let faint = [75, 75, 62];
        let (frame, ids, areas) = disc(faint, 3, 0);
        assert!(readable(&frame, &ids, &areas, 48.0)[1]);
        let (frame, ids, areas) = disc([90, 90, 86], 3, 120);
        assert!(!readable(&frame, &ids, &areas, 48.0)[1]);
    }

    #[test]
    fn a_speck_is_not_readable_and_a_large_scale_does_not_make_it_so() {
        let (frame, ids, areas) = disc([90, 160, 60], 1, 0);
        assert!(!readable(&frame, &ids, &areas, 48.0)[1]);
        let (frame, ids, areas) = disc([90, 160, 60], 3, 0);
        assert!(readable(&frame, &ids, &areas, 48.0)[1]);
        assert!(!readable(&frame, &ids, &areas, 96.0)[1]);
    }
}
