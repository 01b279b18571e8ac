//! A picture too poor to judge by.

use seedgrade::frame::Frame;
use seedgrade::tray::{Refusal, check};

use crate::drawing::Drawing;

/// The frame blurred by `sigma` px, its light scaled, then lifted.
fn spoilt(frame: &Frame, sigma: f32, light: f32, lift: f32) -> Frame {
    let (w, h) = (frame.width(), frame.height());
    let picture = image::RgbImage::from_raw(w as u32, h as u32, frame.rgb().to_vec()).unwrap();
    let picture = if sigma > 0.0 {
        imageproc::filter::gaussian_blur_f32(&picture, sigma)
    } else {
        picture
    };
    let rgb = picture.into_raw();
    let rgb = rgb.iter().map(|&v| (f32::from(v) * light + lift) as u8);
    Frame::from_rgb(w, h, rgb.collect()).unwrap()
}

#[test]
fn a_blurred_dark_or_washed_out_picture_is_not_judged() {
    for (pitch, width, height) in [(80.0, 1100, 620), (30.0, 420, 240)] {
        let tray = Drawing {
            pitch,
            width,
            height,
            ..Drawing::default()
        };
        let frame = tray.draw();
        let lattice = tray.find().unwrap().lattice;
        check(&frame, &lattice).unwrap();
        let judged = |frame: &Frame| check(frame, &lattice);
        let sigma = 0.15 * pitch as f32;
        let blurred = judged(&spoilt(&frame, sigma, 1.0, 0.0));
        assert!(
            matches!(blurred, Err(Refusal::Blurred { .. })),
            "{blurred:?}"
        );
        let slightly = judged(&spoilt(&frame, 0.03 * pitch as f32, 1.0, 0.0));
        assert!(slightly.is_ok(), "{slightly:?}");
        let dark = judged(&spoilt(&frame, 0.0, 0.05, 0.0));
        assert!(matches!(dark, Err(Refusal::Dark { .. })), "{dark:?}");
        let washed_out = judged(&spoilt(&frame, 0.0, 1.0, 220.0));
        assert!(
            matches!(washed_out, Err(Refusal::OverExposed { .. })),
            "{washed_out:?}"
        );
    }
}
