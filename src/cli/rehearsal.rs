//! A rehearsed sorting line: simulated belt and PLC, real sort plans and real deadlines.

use crate::clock::Stopwatch;
use crate::geometry::EncoderCount;
use crate::grade::GradingStandard;
use crate::inspect::TrayReport;
use crate::machine::{CommandSequence, GateOutcome, PlcSettings, SimulatedPlc, VisionState};
use crate::sorting::{
    BeltTracker, Corner, Gate, GateNumber, JobId, SortCommand, SortLayout, SortLayoutBuilder,
    SortPlan, TrackingLimits, Travel, TriggerId,
};

/// Where the belt stands at first: shortly before its counter wraps.
pub const START: EncoderCount = EncoderCount(u32::MAX - 5000);
/// A 540-mm tray and a gap of 210 mm at 4 counts a millimetre.
pub const COUNTS_BETWEEN_TRAYS: u32 = 3000;
/// Enough for the last tray to leave by the last gate.
pub const END_OF_BELT_COUNTS: u32 = 8000;
/// 200 mm a second at 4 counts a millimetre.
const COUNTS_A_MILLISECOND: f64 = 0.8;
const SAFE_GATE_COUNTS: u32 = 2900;
const FIRST_GATE_COUNTS: u32 = 2000;
const COUNTS_BETWEEN_GATES: u32 = 200;
const LATE_MARGIN_COUNTS: u32 = 50;
const JOB: JobId = JobId(1);

/// How a trigger ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TriggerEnd {
    /// The trigger.
    pub trigger: TriggerId,
    /// The command's number, where there was one.
    pub sequence: Option<u16>,
    /// The gate that it named.
    pub gate: Option<u16>,
    /// Where it was to fire.
    pub fire_at: Option<u32>,
    /// `accepted`, `refused`, `fired` or `dropped`.
    pub outcome: &'static str,
    /// Why not fired.
    pub reason: Option<String>,
}

/// The line: the belt moves while the inspection takes its time.
pub struct Rehearsal {
    plc: SimulatedPlc,
    layout: SortLayout,
    tracker: BeltTracker,
    sequence: Option<CommandSequence>,
    exposed: Stopwatch,
    ends: Vec<TriggerEnd>,
}

impl Rehearsal {
    /// Builds a line with a gate for every route of the standard, and starts it.
    ///
    /// # Errors
    /// The standard has more routes than the belt has room for gates.
    pub fn arm(standard: &GradingStandard) -> anyhow::Result<Self> {
        let layout = layout(standard)?;
        let mut plc = SimulatedPlc::new(PlcSettings {
            encoder: START,
            late_margin_counts: LATE_MARGIN_COUNTS,
            safe_gate_counts: SAFE_GATE_COUNTS,
            ..PlcSettings::default()
        })?;
        plc.write_state(VisionState::Ready);
        plc.start();
        let tracker = BeltTracker::new(TrackingLimits {
            late_margin_counts: LATE_MARGIN_COUNTS,
            farthest_counts: layout.farthest_counts(),
        });
        Ok(Self {
            plc,
            layout,
            tracker,
            sequence: None,
            exposed: Stopwatch::start(),
            ends: Vec::new(),
        })
    }

    /// The job of all trays.
    #[must_use]
    pub fn job(&self) -> u16 {
        JOB.0
    }

    /// Moves the belt until the next tray is at the camera, which is exposed there.
    pub fn carry_to_camera(&mut self, at: EncoderCount) -> TriggerId {
        let left = self.plc.read().encoder.counts_until(at);
        self.advance(u32::try_from(left).unwrap_or(0));
        let trigger = self.plc.tray_arrives();
        let latched = self.plc.read().latched;
        self.tracker.tray_at_camera(trigger, JOB, latched);
        self.exposed = Stopwatch::start();
        trigger
    }

    /// Plans for a judged tray and hands the command to the PLC, if it is still in time.
    pub fn command(&mut self, report: &TrayReport) {
        let took = self.exposed.milliseconds() * COUNTS_A_MILLISECOND;
        self.advance((took as u32).min(COUNTS_BETWEEN_TRAYS));
        let now = self.plc.read().encoder;
        let trigger = self.plc.read().trigger;
        let planned = SortPlan::for_tray(report, &self.layout)
            .or_else(|_| SortPlan::to_safe_gate(report, &self.layout));
        let plan = match planned {
            Ok(plan) => plan,
            Err(error) => return self.drop_tray(trigger, error.to_string()),
        };
        if let Err(dropped) = self.tracker.plan(&plan, now) {
            return self.drop_tray(trigger, format!("{:?}", dropped.reason));
        }
        while let Some(command) = self.tracker.next_due(now) {
            self.send(&command);
        }
    }

    /// Lets the belt run on until all trays have left it.
    pub fn run_out(&mut self, counts: u32) {
        self.advance(counts);
    }

    /// How every trigger ended.
    #[must_use]
    pub fn ends(&self) -> &[TriggerEnd] {
        &self.ends
    }

    /// The belt's account in a line.
    #[must_use]
    pub fn summary(&self) -> String {
        let of = |outcome: &str| self.ends.iter().filter(|e| e.outcome == outcome).count();
        format!(
            "simulated line: {} trays, {} commands fired at their gate, {} refused by the PLC, {} dropped (late or doubted), {} late fires",
            self.ends.len(),
            of("fired"),
            of("refused"),
            of("dropped"),
            self.tracker.counts().late
        )
    }

    fn send(&mut self, command: &SortCommand) {
        let number = self
            .sequence
            .map_or(CommandSequence::FIRST, CommandSequence::next);
        self.sequence = Some(number);
        self.plc.write(number, command);
        let status = self.plc.read();
        let accepted = status.accepted == Some(number);
        self.ends.push(TriggerEnd {
            trigger: command.tray,
            sequence: Some(number.number()),
            gate: Some(command.route.0),
            fire_at: Some(command.fire_at.0),
            outcome: if accepted { "accepted" } else { "refused" },
            reason: (!accepted).then(|| format!("{:?}", status.refusal)),
        });
    }

    fn drop_tray(&mut self, trigger: TriggerId, reason: String) {
        self.ends.push(TriggerEnd {
            trigger,
            sequence: None,
            gate: None,
            fire_at: None,
            outcome: "dropped",
            reason: Some(reason),
        });
    }

    fn advance(&mut self, counts: u32) {
        let events = self.plc.advance(counts);
        let now = self.plc.read().encoder;
        for dropped in self.tracker.advance(now) {
            self.drop_tray(dropped.tray, format!("{:?}", dropped.reason));
        }
        for event in events {
            let end = self.ends.iter_mut().find(|e| e.trigger == event.tray);
            if let (Some(end), GateOutcome::Fired { .. }) = (end, event.outcome) {
                end.outcome = "fired";
            }
        }
    }
}

/// A gate for every route: the route of ungraded trays has the safe gate at the belt's end.
pub(super) fn layout(standard: &GradingStandard) -> anyhow::Result<SortLayout> {
    let routes = standard.routes();
    let safe = standard.ungraded_route();
    let mut gates = vec![Gate {
        route: safe.to_owned(),
        number: GateNumber(0),
        counts_from_camera: SAFE_GATE_COUNTS,
    }];
    for (i, route) in routes.iter().filter(|r| **r != safe).enumerate() {
        gates.push(Gate {
            route: (*route).to_owned(),
            number: GateNumber(i as u16 + 1),
            counts_from_camera: FIRST_GATE_COUNTS + i as u32 * COUNTS_BETWEEN_GATES,
        });
    }
    let builder = SortLayoutBuilder {
        gates,
        travel: Travel::Right,
        first_cell: Corner::TopLeft,
        late_margin_counts: LATE_MARGIN_COUNTS,
    };
    Ok(builder.build(&routes)?)
}
