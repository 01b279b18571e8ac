//! What a camera and its mounting do to a picture: rendered frames seen through other optics.

use seedgrade::frame::Frame;
use seedgrade::geometry::FramePoint;

use super::truth::Truth;

/// One condition under which a picture is taken.
#[derive(Debug, Clone, Copy)]
pub struct Condition {
    pub name: &'static str,
    /// Radial distortion at the picture's corner: barrel above 0, pincushion below.
    barrel: f64,
    /// Degrees.
    turn: f64,
    /// Projective terms at the picture's right and lower edge.
    tilt: [f64; 2],
}

const AS_RENDERED: Condition = Condition {
    name: "as rendered",
    barrel: 0.0,
    turn: 0.0,
    tilt: [0.0; 2],
};

pub const CONDITIONS: [Condition; 4] = [
    AS_RENDERED,
    Condition {
        name: "barrel distortion of 4 %",
        barrel: 0.04,
        ..AS_RENDERED
    },
    Condition {
        name: "turned by 8 degrees",
        turn: 8.0,
        ..AS_RENDERED
    },
    Condition {
        name: "camera tilted",
        tilt: [0.06, -0.10],
        ..AS_RENDERED
    },
];

impl Condition {
    /// The frame and the truth as this condition shows them; what lies outside repeats the edge.
    pub fn apply(&self, frame: &Frame, truth: &Truth) -> (Frame, Truth) {
        if self.name == AS_RENDERED.name {
            return (frame.clone(), truth.clone());
        }
        let (w, h) = (frame.width() as f64, frame.height() as f64);
        let half = [0.5 * w, 0.5 * h];
        let source = |x: f64, y: f64| self.source(half, FramePoint::new(x, y));
        let rgb = (0..frame.height())
            .flat_map(|y| (0..frame.width()).map(move |x| (x as f64 + 0.5, y as f64 + 0.5)))
            .flat_map(|(x, y)| frame.bilinear(source(x, y)).map(|v| v.round() as u8))
            .collect();
        let shown = Frame::from_rgb(frame.width(), frame.height(), rgb);
        let shown = shown.unwrap_or_else(|_| frame.clone());
        (shown, truth.mapped(|p| self.shown(half, p)))
    }

    /// Where a point of the shown picture lay in the rendered one.
    fn source(&self, half: [f64; 2], p: FramePoint) -> FramePoint {
        let (u, v) = ((p.x - half[0]) / half[0], (p.y - half[1]) / half[1]);
        let depth = 1.0 + self.tilt[0] * u + self.tilt[1] * v;
        let (x, y) = ((p.x - half[0]) / depth, (p.y - half[1]) / depth);
        let (sin, cos) = self.turn.to_radians().sin_cos();
        let (x, y) = (x * cos + y * sin, y * cos - x * sin);
        let corner = half[0].hypot(half[1]);
        let lens = 1.0 + self.barrel * ((x.hypot(y) / corner).powi(2) - 0.5);
        FramePoint::new(half[0] + x * lens, half[1] + y * lens)
    }

    /// Where a point of the rendered picture is shown: the inverse, by fixed-point iteration.
    fn shown(&self, half: [f64; 2], p: FramePoint) -> FramePoint {
        let (sin, cos) = self.turn.to_radians().sin_cos();
        let mut shown = p;
        for _ in 0..30 {
            let miss = p - self.source(half, shown);
            shown += seedgrade::geometry::FrameVector::new(
                miss.x * cos - miss.y * sin,
                miss.x * sin + miss.y * cos,
            );
        }
        shown
    }
}
