//! Where a tray's nodes lie, numbered as the picture shows them: row 0 at its top, column 0 at its left.

use seedgrade::dataset::{LabelledImage, Node, read_nodes};
use seedgrade::frame::Frame;
use seedgrade::geometry::FramePoint;
use seedgrade::tray::{FormatError, Lattice, TrayFormat};

/// How much of a tray a picture shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// Every node of the lattice.
    Whole,
    /// Every cell by more than half.
    RimCut,
    /// Less.
    CellsCut,
}

pub const VIEWS: [View; 3] = [View::Whole, View::RimCut, View::CellsCut];

impl View {
    pub fn words(self) -> &'static str {
        match self {
            Self::Whole => "wholly in view",
            Self::RimCut => "outer cells cut",
            Self::CellsCut => "cells out of view",
        }
    }
}

/// The nodes of a tray, (rows + 1) × (cols + 1), row-major, frame px.
#[derive(Debug, Clone)]
pub struct Truth {
    rows: usize,
    cols: usize,
    nodes: Vec<FramePoint>,
}

impl Truth {
    /// The labelled nodes of a picture, renumbered as the picture shows them.
    pub fn read(image: &LabelledImage) -> Result<Self, super::AnyError> {
        let path = image.nodes.as_ref().ok_or("a picture without nodes")?;
        let nodes = read_nodes(path)?;
        let most = |of: fn(&Node) -> usize| nodes.iter().map(of).max().unwrap_or(0);
        let truth = Self {
            rows: most(|n| n.row),
            cols: most(|n| n.col),
            nodes: nodes.iter().map(|n| n.at).collect(),
        };
        Ok(truth.upright())
    }

    /// The same nodes, turned by quarters until rows run along the picture's x.
    fn upright(mut self) -> Self {
        for _ in 0..4 {
            let along = self.node(self.rows / 2, self.cols) - self.node(self.rows / 2, 0);
            if along.x >= along.y.abs() {
                break;
            }
            self = self.quarter_turned();
        }
        self
    }

    fn quarter_turned(&self) -> Self {
        let nodes = (0..=self.cols)
            .flat_map(|r| (0..=self.rows).map(move |c| (r, c)))
            .map(|(r, c)| self.node(c, self.cols - r))
            .collect();
        Self {
            rows: self.cols,
            cols: self.rows,
            nodes,
        }
    }

    fn node(&self, row: usize, col: usize) -> FramePoint {
        self.nodes[row * (self.cols + 1) + col]
    }

    pub fn format(&self) -> Result<TrayFormat, FormatError> {
        TrayFormat::new(self.rows as u32, self.cols as u32)
    }

    pub fn nodes(&self) -> &[FramePoint] {
        &self.nodes
    }

    /// The same tray with every node moved.
    pub fn mapped(&self, map: impl Fn(FramePoint) -> FramePoint) -> Self {
        Self {
            nodes: self.nodes.iter().map(|&p| map(p)).collect(),
            ..*self
        }
    }

    /// Grids with one or two rows or columns more or less, with half or twice as many, and turned.
    pub fn other_formats(&self) -> Vec<TrayFormat> {
        let (r, c) = (self.rows as i64, self.cols as i64);
        let mut grids = vec![
            (r - 1, c),
            (r + 1, c),
            (r, c - 1),
            (r, c + 1),
            (r - 1, c - 1),
            (r + 1, c + 1),
            (r - 2, c),
            (r, c - 2),
            (r / 2, c),
            (r, c / 2),
            (r / 2, c / 2),
            (2 * r, 2 * c),
            (2 * r, c),
            (r, 2 * c),
            (c, r),
        ];
        grids.retain(|&grid| grid != (r, c) && grid.0 > 1 && grid.1 > 1);
        grids.sort_unstable();
        grids.dedup();
        grids
            .into_iter()
            .filter_map(|(r, c)| TrayFormat::new(r as u32, c as u32).ok())
            .collect()
    }

    /// Distance of the worst node, in pitches of the truth.
    pub fn worst_error(&self, found: &Lattice) -> f64 {
        let cells = (self.rows * self.cols) as f64;
        let across = self.node(0, self.cols) - self.node(self.rows, 0);
        let down = self.node(self.rows, self.cols) - self.node(0, 0);
        let pitch = (0.5 * down.cross(across).abs() / cells).sqrt();
        (0..self.nodes.len())
            .map(|i| {
                let found = found.node(i / (self.cols + 1), i % (self.cols + 1));
                (found - self.nodes[i]).length() / pitch
            })
            .fold(0.0, f64::max)
    }

    pub fn view(&self, frame: &Frame) -> View {
        let is_inside = |p: &FramePoint| {
            (0.0..=frame.width() as f64).contains(&p.x)
                && (0.0..=frame.height() as f64).contains(&p.y)
        };
        let middles = (0..self.rows * self.cols).map(|i| {
            let (r, c) = (i / self.cols, i % self.cols);
            self.node(r, c).lerp(self.node(r + 1, c + 1), 0.5)
        });
        if self.nodes.iter().all(is_inside) {
            View::Whole
        } else if middles.into_iter().all(|p| is_inside(&p)) {
            View::RimCut
        } else {
            View::CellsCut
        }
    }
}
