//! What a tray costs in allocations: from the second tray on the same few, however many cells and plants it has.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::alloc::System;
use std::sync::Arc;

use seedgrade::frame::Frame;
use seedgrade::grade::GradingStandard;
use seedgrade::inspect::{
    Evidence, Inspector, Nets, Recipe, SourceFacts, Stage, StageObserver, TrayReport,
};
use seedgrade::network::{self, BackendChoice, NetFile, shipped};
use seedgrade::plant::PlantParams;
use seedgrade::render::{RenderRequest, Split, View, render};
use seedgrade::tray::{LocateParams, TrayFormat};
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Allocations of the whole process so far, buffers that had to grow among them.
fn allocations() -> usize {
    let stats = ALLOCATOR.stats();
    stats.allocations + stats.reallocations
}

/// How many allocations had been made when each stage ended.
#[derive(Default)]
struct Counts(Vec<(Stage, usize)>);

impl StageObserver for Counts {
    fn ended(&mut self, stage: Stage) {
        self.0.push((stage, allocations()));
    }
}

impl Counts {
    fn at(&self, stage: Stage) -> usize {
        let (_, count) = self.0.iter().find(|(s, _)| *s == stage).unwrap();
        *count
    }
    fn of_rectifying(&self) -> usize {
        self.at(Stage::Rectify) - self.at(Stage::Locate)
    }
    fn of_measuring(&self) -> usize {
        self.at(Stage::Measure) - self.at(Stage::Infer)
    }
}

fn inspector(rows: u32, cols: u32) -> Inspector {
    let open = |net: NetFile| {
        let opened = network::open(&net, BackendChoice::Embedded, &[], 1).unwrap();
        opened.network
    };
    let nets = Nets {
        finder: open(shipped::tray_finder().unwrap()),
        seedling: open(shipped::seedling().unwrap()),
    };
    let recipe = Recipe {
        format: Some(TrayFormat::new(rows, cols).unwrap()),
        standard: GradingStandard::embedded(),
        locate: LocateParams::default(),
        plants: PlantParams::default(),
        px_per_pitch: 48,
        looks: seedgrade::plant::Looks::One,
        heights: None,
        most_cover: 0.8,
    };
    Inspector::new(Arc::new(recipe), nets, Evidence::default())
}

/// The second look of an inspector at a rendered tray, and what it allocated.
fn second_look(rows: usize, cols: usize) -> (TrayReport, Counts) {
    let rendered = render(&RenderRequest {
        seed: 7,
        repeat: 0,
        rows,
        cols,
        view: View::Rectified { px_per_pitch: 48.0 },
        split: Split::Train,
    });
    let (width, height) = rendered.frame.dimensions();
    let pixels = rendered.frame.into_raw();
    let frame = Frame::from_rgb(width as usize, height as usize, pixels).unwrap();
    let mut inspector = inspector(rows as u32, cols as u32);
    let mut look = |counts: &mut Counts| {
        let facts = SourceFacts::default();
        inspector.inspect(&frame, facts, counts).unwrap().report
    };
    let mut counts = Counts(Vec::with_capacity(8));
    look(&mut counts);
    counts.0.clear();
    (look(&mut counts), counts)
}

#[test]
fn four_times_the_cells_cost_no_more_allocations() {
    let (small, few) = second_look(6, 12);
    let (large, many) = second_look(12, 24);
    for (report, cells) in [(&small, 72), (&large, 288)] {
        assert_eq!(report.cells.len(), cells, "{:?}", report.reason);
        let plants: u32 = report.cells.iter().map(|cell| cell.plants).sum();
        assert!(
            plants as usize > cells / 2,
            "{plants} plants in {cells} cells"
        );
    }
    let rectifying = (few.of_rectifying(), many.of_rectifying());
    let measuring = (few.of_measuring(), many.of_measuring());
    // handing lines over to the workers may take a block of the queue now and then
    assert!(rectifying.0.max(rectifying.1) <= 4, "{rectifying:?}");
    assert!(measuring.0.max(measuring.1) <= 48, "{measuring:?}");
    assert!(measuring.0.abs_diff(measuring.1) <= 2, "{measuring:?}");
}
