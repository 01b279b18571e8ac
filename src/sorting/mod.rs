//! A judged tray and the belt's layout in, a plan for the actuator out; plans and the belt's position
//! in, due commands out. Trays at the patching bench in, the plan that refills them out.
//!
//! Invariants: a command is for one trigger and one job; a trigger gets at most one command; a command
//! that would reach the actuator too late never becomes due. Pure: no clock, no I/O.

mod bitmap;
mod layout;
mod plan;
mod refill;
mod strokes;
mod tracking;

pub use bitmap::{BeltView, CellBitmap, Corner, MOST_CELLS, Travel};
pub use layout::{Gate, GateNumber, LayoutError, SortLayout, SortLayoutBuilder};
pub use plan::{CommandResult, JobId, PlanError, SortCommand, SortPlan, TriggerId};
pub use refill::{
    BeforeFilling, BenchPlace, BenchTray, CellContent, FilledTray, LotMixing, Move, RefillPlan,
    refill,
};
pub use strokes::{Gripper, HeldPlug, NoGripper, Stroke, strokes};
pub use tracking::{
    Arrival, BeltTracker, DropCounts, DropReason, Dropped, MOST_TRAYS_ON_BELT, TrackingLimits,
};
