//! The pictures that the benchmarks share: a rendered tray in frames of the sizes that cameras have.

#![allow(dead_code, unreachable_pub)]

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, ImageEncoder as _};
use seedgrade::frame::Frame;
use seedgrade::geometry::FramePoint;
use seedgrade::render::{RenderRequest, Split, View, render};
use seedgrade::tray::{Lattice, TrayFormat};

/// A frame and the tray in it, which lies straight in the middle.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// What it is called on the command line and in tables.
    pub name: &'static str,
    pub width: usize,
    pub height: usize,
    pub rows: usize,
    pub cols: usize,
    pub px_per_pitch: f64,
}

pub const SIZES: [Size; 3] = [
    Size {
        name: "1600x800",
        width: 1600,
        height: 800,
        rows: 10,
        cols: 20,
        px_per_pitch: 72.0,
    },
    Size {
        name: "5MP",
        width: 2592,
        height: 1944,
        rows: 12,
        cols: 24,
        px_per_pitch: 100.0,
    },
    Size {
        name: "12MP",
        width: 4096,
        height: 3000,
        rows: 12,
        cols: 24,
        px_per_pitch: 160.0,
    },
];

/// Pixels a cell pitch of the net's input.
pub const PX_PER_PITCH: usize = 48;
/// As cameras and archives save them.
const JPEG_QUALITY: u8 = 90;
/// The belt around the tray.
const BELT: [u8; 3] = [66, 68, 72];

impl Size {
    pub fn named(name: &str) -> Option<Self> {
        SIZES.into_iter().find(|size| size.name == name)
    }

    pub fn format(&self) -> TrayFormat {
        TrayFormat::new(self.rows as u32, self.cols as u32).expect("a tray that exists")
    }

    /// The frame.
    pub fn frame(&self) -> Frame {
        let tray = render(&RenderRequest {
            seed: 5001,
            repeat: 0,
            rows: self.rows,
            cols: self.cols,
            view: View::Rectified {
                px_per_pitch: self.px_per_pitch,
            },
            split: Split::Train,
        })
        .frame;
        let mut rgb = BELT.repeat(self.width * self.height);
        let [left, top] = self.corner(tray.width() as usize, tray.height() as usize);
        for (y, row) in tray.rows().enumerate() {
            for (x, pixel) in row.enumerate() {
                let at = ((top + y) * self.width + left + x) * 3;
                rgb[at..at + 3].copy_from_slice(&pixel.0);
            }
        }
        Frame::from_rgb(self.width, self.height, rgb).expect("the buffer has the frame's size")
    }

    /// Where the walls cross.
    pub fn lattice(&self) -> Lattice {
        let side = |cells: usize| ((cells + 1) as f64 * self.px_per_pitch).round() as usize;
        let [left, top] = self.corner(side(self.cols), side(self.rows));
        let place = |first: usize, i: usize| first as f64 + (i as f64 + 0.5) * self.px_per_pitch;
        let nodes = (0..=self.rows).flat_map(|row| {
            (0..=self.cols).map(move |col| FramePoint::new(place(left, col), place(top, row)))
        });
        Lattice::new(self.format(), nodes.collect()).expect("a straight lattice")
    }

    fn corner(&self, width: usize, height: usize) -> [usize; 2] {
        [(self.width - width) / 2, (self.height - height) / 2]
    }
}

/// The frame as a JPEG.
pub fn jpeg(frame: &Frame) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    let (width, height) = (frame.width() as u32, frame.height() as u32);
    JpegEncoder::new_with_quality(&mut bytes, JPEG_QUALITY)
        .write_image(frame.rgb(), width, height, ExtendedColorType::Rgb8)
        .expect("memory takes a picture");
    bytes.into_inner()
}
