//! Features in, guesses of angle, pitch and phase out.
//!
//! Walls are lines: summed along the tray's axes they stand out as a comb, whatever plants, moss and
//! empty cells do in between. A tooth that differs from the cells on both sides in the same way as all
//! the others counts; its sign does not, so walls may be bright or dark.

use super::features::{CHANNELS, Feature, Features};

/// Equally spaced wall lines along one axis, canvas px.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Comb {
    pub pitch: f64,
    /// Where line 0 lies.
    pub start: f64,
    pub score: f64,
}

/// Half the width of a tooth, in pitches: thinner than the walls of every tray that we know.
const TOOTH: f64 = 0.08;
/// Where the cell beside a tooth begins and ends, in pitches.
const CELL: [f64; 2] = [0.22, 0.78];

/// The angles, radians, at which summed features vary the most, and none at all; best first.
pub(super) fn likely_angles(features: &Features, most: f64, pitch: f64) -> Vec<f64> {
    const STEP_DEGREES: f64 = 1.0;
    const KEPT: usize = 3;
    let steps = (most.to_degrees() / STEP_DEGREES).ceil() as i32;
    let variance = features.variance();
    let score = |angle: f64| sharpness(features, &variance, angle, pitch);
    let scored: Vec<(f64, f64)> = (-steps..=steps)
        .map(|i| (f64::from(i) * STEP_DEGREES).to_radians())
        .map(|angle| (angle, score(angle)))
        .collect();
    let mut peaks: Vec<(f64, f64)> = (0..scored.len())
        .filter(|&i| {
            let beside = |j: usize| scored.get(j).map_or(f64::MIN, |s| s.1);
            scored[i].1 >= beside(i.wrapping_sub(1)) && scored[i].1 > beside(i + 1)
        })
        .map(|i| scored[i])
        .collect();
    peaks.sort_by(|a, b| b.1.total_cmp(&a.1));
    peaks.truncate(KEPT);
    let mut angles: Vec<f64> = peaks
        .iter()
        .map(|&(angle, _)| sharpest_near(angle, STEP_DEGREES.to_radians(), &score))
        .collect();
    if angles.iter().all(|a| a.abs() > 1e-9) {
        angles.push(0.0);
    }
    angles
}

/// Climbs to the sharpest angle within a step; an angle of a few hundredths counts as none.
fn sharpest_near(angle: f64, step: f64, score: &impl Fn(f64) -> f64) -> f64 {
    const ROUNDS: u32 = 2;
    const NONE: f64 = 0.002;
    let mut best = (angle, score(angle));
    let mut step = 0.5 * step;
    for _ in 0..ROUNDS {
        for candidate in [best.0 - step, best.0 + step] {
            let found = score(candidate);
            if found > best.1 {
                best = (candidate, found);
            }
        }
        step *= 0.5;
    }
    if best.0.abs() < NONE { 0.0 } else { best.0 }
}

/// Energy of both axes' profiles at scales below a pitch, in variances of the picture: the geometric mean.
fn sharpness(features: &Features, variance: &[f64; CHANNELS], angle: f64, pitch: f64) -> f64 {
    let (sin, cos) = angle.sin_cos();
    let (w, h) = (features.width as f64, features.height as f64);
    let reach = (w.hypot(h)).ceil() as usize + 2;
    let mut sums = [
        vec![[0.0_f32; CHANNELS]; reach],
        vec![[0.0_f32; CHANNELS]; reach],
    ];
    let mut counts = [vec![0.0_f32; reach], vec![0.0_f32; reach]];
    let middle = 0.5 * reach as f64;
    for y in 0..features.height {
        let v = y as f64 + 0.5 - 0.5 * h;
        for x in (y % 2..features.width).step_by(2) {
            let u = x as f64 + 0.5 - 0.5 * w;
            let feature = &features.pixels[y * features.width + x];
            for (axis, at) in [u * cos + v * sin, v * cos - u * sin]
                .into_iter()
                .enumerate()
            {
                let bin = (at + middle) as usize;
                counts[axis][bin] += 1.0;
                for (s, f) in sums[axis][bin].iter_mut().zip(feature) {
                    *s += f;
                }
            }
        }
    }
    let energy = |axis: usize| high_energy(&sums[axis], &counts[axis], variance, pitch);
    // stripes have one axis only; a lattice has both
    (energy(0) * energy(1)).sqrt()
}

/// Mean square of a profile less its running mean over two pitches, in variances.
fn high_energy(sums: &[Feature], counts: &[f32], variance: &[f64; CHANNELS], pitch: f64) -> f64 {
    let full = counts.iter().copied().fold(0.0, f32::max);
    let profile: Vec<Feature> = sums
        .iter()
        .zip(counts)
        .filter(|&(_, &c)| c > 0.4 * full)
        .map(|(s, &c)| s.map(|v| v / c))
        .collect();
    let prefix = Prefix::of(&profile);
    let mut energy = 0.0;
    for (i, here) in profile.iter().enumerate() {
        let at = i as f64 + 0.5;
        let around = prefix.mean(at - pitch, at + pitch);
        for k in 0..CHANNELS {
            energy += (f64::from(here[k]) - around[k]).powi(2) / variance[k];
        }
    }
    energy / profile.len().max(1) as f64
}

/// Running sums of a profile, read between its samples.
struct Prefix {
    sums: Vec<[f64; CHANNELS]>,
}

impl Prefix {
    fn of(profile: &[Feature]) -> Self {
        let mut sums = vec![[0.0; CHANNELS]];
        let mut sum = [0.0; CHANNELS];
        for p in profile {
            for (s, &v) in sum.iter_mut().zip(p) {
                *s += f64::from(v);
            }
            sums.push(sum);
        }
        Self { sums }
    }

    fn length(&self) -> f64 {
        (self.sums.len() - 1) as f64
    }

    fn at(&self, x: f64) -> [f64; CHANNELS] {
        let x = x.clamp(0.0, self.length());
        let i = (x as usize).min(self.sums.len().saturating_sub(2));
        let rest = x - i as f64;
        let next = self.sums.get(i + 1).unwrap_or(&self.sums[i]);
        std::array::from_fn(|k| self.sums[i][k] + (next[k] - self.sums[i][k]) * rest)
    }

    /// For every whole place the mean of the part of `from..to` round it that lies within the profile.
    fn means(&self, from: f64, to: f64) -> Vec<Feature> {
        let length = self.length();
        let (starts, ends) = (self.beyond(from), self.beyond(to));
        let pairs = starts.into_iter().zip(ends).enumerate();
        pairs
            .map(|(at, (a, b))| {
                let (from, to) = (at as f64 + from, at as f64 + to);
                let seen = to.clamp(0.0, length) - from.clamp(0.0, length);
                let share = 1.0 / seen.max(1e-9);
                std::array::from_fn(|k| ((b[k] - a[k]) * share) as f32)
            })
            .collect()
    }

    /// The sums read `offset` beyond every whole place.
    fn beyond(&self, offset: f64) -> impl Iterator<Item = [f64; CHANNELS]> {
        let whole = offset.floor();
        let rest = offset - whole;
        let last = self.sums.len() - 1;
        (0..=last).map(
            move |at| match usize::try_from(at as isize + whole as isize) {
                Ok(i) if i < last => {
                    let (a, b) = (&self.sums[i], &self.sums[i + 1]);
                    std::array::from_fn(|k| a[k] + (b[k] - a[k]) * rest)
                }
                Ok(_) => self.sums[last],
                Err(_) => self.sums[0],
            },
        )
    }

    /// Mean of the part of an interval that lies within the profile.
    fn mean(&self, from: f64, to: f64) -> [f64; CHANNELS] {
        let (from, to) = (from.clamp(0.0, self.length()), to.clamp(0.0, self.length()));
        let (a, b) = (self.at(from), self.at(to));
        let length = (to - from).max(1e-9);
        std::array::from_fn(|k| (b[k] - a[k]) / length)
    }
}

/// How a tooth at each place differs from the cell before it and from the cell after it, and from both.
struct Contrast {
    before: Vec<Feature>,
    after: Vec<Feature>,
    between: Vec<Feature>,
}

impl Contrast {
    fn of(prefix: &Prefix, pitch: f64) -> Self {
        let [near, far] = CELL.map(|c| c * pitch);
        let teeth = prefix.means(-TOOTH * pitch, TOOTH * pitch);
        let differ = |from: f64, to: f64| -> Vec<Feature> {
            let cells = prefix.means(from, to);
            let pairs = teeth.iter().zip(&cells);
            pairs
                .map(|(tooth, cell)| std::array::from_fn(|k| tooth[k] - cell[k]))
                .collect()
        };
        let (before, after) = (differ(-far, -near), differ(near, far));
        let pairs = before.iter().zip(&after);
        let between = pairs
            .map(|(b, a)| std::array::from_fn(|k| 0.5 * (b[k] + a[k])))
            .collect();
        Self {
            before,
            after,
            between,
        }
    }
}

/// The best combs of `cells` cells with a pitch in a range, best first, no two alike.
pub(super) fn best_combs(
    profile: &[Feature],
    variance: &[f64; CHANNELS],
    cells: usize,
    pitches: [f64; 2],
) -> Vec<Comb> {
    const KEPT: usize = 4;
    let prefix = Prefix::of(profile);
    // a step that moves the outermost tooth by an eighth of a pitch when the middle is held
    let step = 1.0 + 0.25 / cells.max(4) as f64;
    let mut found: Vec<Comb> = Vec::new();
    let mut pitch = pitches[0];
    while pitch <= pitches[1] {
        let contrast = Contrast::of(&prefix, pitch);
        let last = prefix.length() - (cells as f64 - 0.6) * pitch;
        let mut start = -0.6 * pitch;
        let mut best: Option<Comb> = None;
        while start <= last {
            let score = comb_score(&contrast, variance, cells, start, pitch);
            if best.is_none_or(|b| score > b.score) {
                best = Some(Comb {
                    pitch,
                    start,
                    score,
                });
            }
            start += (pitch / 16.0).max(0.5);
        }
        found.extend(best);
        pitch *= step;
    }
    distinct(found, KEPT)
}

/// The best of combs that differ in pitch by more than an eighth of a pitch at their ends.
fn distinct(mut combs: Vec<Comb>, most: usize) -> Vec<Comb> {
    const ALIKE: f64 = 0.04;
    combs.sort_by(|a, b| b.score.total_cmp(&a.score));
    let mut kept: Vec<Comb> = Vec::new();
    for comb in combs {
        let is_new = kept
            .iter()
            .all(|k| (comb.pitch / k.pitch).ln().abs() > ALIKE);
        if is_new && kept.len() < most {
            kept.push(comb);
        }
    }
    kept
}

/// Mean contrast of the teeth squared, in variances, times how much they agree.
fn comb_score(
    contrast: &Contrast,
    variance: &[f64; CHANNELS],
    cells: usize,
    start: f64,
    pitch: f64,
) -> f64 {
    let mut count = 0.0;
    let (mut sum, mut square) = ([0.0_f32; CHANNELS], [0.0_f32; CHANNELS]);
    for line in 0..=cells {
        let at = start + line as f64 * pitch;
        if at < 0.0 || at as usize >= contrast.before.len() {
            continue;
        }
        let differences = match line {
            0 => &contrast.after,
            n if n == cells => &contrast.before,
            _ => &contrast.between,
        };
        let difference = &differences[at as usize];
        count += 1.0;
        for k in 0..CHANNELS {
            sum[k] += difference[k];
            square[k] += difference[k] * difference[k];
        }
    }
    if count < cells as f64 - 1.0 {
        return 0.0;
    }
    (0..CHANNELS)
        .map(|k| {
            let (mean, mean_square) = (f64::from(sum[k]) / count, f64::from(square[k]) / count);
            let agreement = mean * mean / (mean_square + 1e-12);
            mean * mean / variance[k] * agreement
        })
        .sum()
}
