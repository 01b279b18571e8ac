//! How fast each stage is and how often what happened: for the summary, for Prometheus, for people.

use std::fmt::Write as _;
use std::time::Duration;

use hdrhistogram::Histogram;
use serde::Serialize;

use super::control::ControlCounts;
use super::picture_keeper::PictureCounters;
use crate::machine::VisionState;
use crate::store::{LinePart, PlcFlag, StoreCounters};

/// A span of a tray's way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Span {
    /// From the trigger being seen to its frame.
    Expose,
    /// From the frame to the judgement, waiting included.
    Inspect,
    /// Of the inspection: finding the tray.
    Locate,
    /// Of the inspection: rectifying it.
    Rectify,
    /// Of the inspection: running the net.
    Infer,
    /// Of the inspection: plants, cells and grades.
    Measure,
    /// From the judgement to register 102.
    Send,
    /// From register 102 to the actuator's acceptance.
    Accept,
    /// From the frame to the actuator's acceptance: all that seedgrade answers for.
    Whole,
}

const SPANS: [(Span, &str); 9] = [
    (Span::Expose, "expose"),
    (Span::Inspect, "inspect"),
    (Span::Locate, "locate"),
    (Span::Rectify, "rectify"),
    (Span::Infer, "infer"),
    (Span::Measure, "measure"),
    (Span::Send, "send"),
    (Span::Accept, "accept"),
    (Span::Whole, "whole"),
];

/// Spans are recorded in microseconds, to three digits, up to this.
const LONGEST: Duration = Duration::from_secs(600);

/// The line's figures.
#[derive(Debug, Clone)]
pub struct Figures {
    spans: Vec<Histogram<u64>>,
}

/// How long a span took, ms.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Latency {
    /// Median.
    pub p50: f64,
    /// 99 %.
    pub p99: f64,
    /// 99.9 %.
    pub p999: f64,
    /// The longest.
    pub max: f64,
}

/// Where the time went, stage by stage; null where nothing was measured. Waiting for a stage belongs to it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Stages {
    /// From the trigger being seen to its frame, which [`Summary::latency_ms`] does not cover.
    pub expose: Option<Latency>,
    /// From the frame to the judgement.
    pub inspect: Option<Latency>,
    /// Of these, finding the tray.
    pub locate: Option<Latency>,
    /// Rectifying it.
    pub rectify: Option<Latency>,
    /// Running the net.
    pub infer: Option<Latency>,
    /// Plants, cells and grades.
    pub measure: Option<Latency>,
    /// From the judgement to register 102, of trays that were commanded.
    pub send: Option<Latency>,
    /// From register 102 to the actuator's acceptance.
    pub accept: Option<Latency>,
}

/// What `line` prints when it ends.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    /// Triggers.
    pub trays: u64,
    /// Of those graded.
    pub graded: u64,
    /// Of those not graded.
    pub ungraded: u64,
    /// Commands written.
    pub commands_sent: u64,
    /// Commands dropped since their deadline had passed, before they were sent or by the actuator.
    pub commands_late: u64,
    /// Commands that the actuator refused.
    pub commands_refused: u64,
    /// Results that were not for the tray they named.
    pub commands_mismatched: u64,
    /// From frame to acceptance; null when nothing was accepted.
    pub latency_ms: Option<Latency>,
    /// The same stage by stage, and the exposure before.
    pub stages_ms: Stages,
    /// Where the records went.
    pub store: StoreCounters,
    /// What became of the pictures; null where none are kept.
    pub pictures: Option<PictureCounters>,
}

/// How the line stands just now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// The state that it tells the actuator.
    pub vision: VisionState,
    /// Triggers so far.
    pub trays: u64,
    /// Trays between trigger and end.
    pub in_hand: usize,
    /// Whether each part is in trouble, where that is known.
    pub in_trouble: [(LinePart, Option<bool>); LinePart::ALL.len()],
    /// Whether each of the PLC's flags is up; none while the PLC is not heard.
    pub flags: Option<[bool; PlcFlag::ALL.len()]>,
}

impl Standing {
    fn write(&self, text: &mut String) {
        // Writing to a string does not fail.
        let _ = write!(
            text,
            "# HELP seedgrade_state State as register 101 says it.\n# TYPE seedgrade_state gauge\nseedgrade_state {}\n\
             # HELP seedgrade_trays_in_hand Trays between trigger and end.\n# TYPE seedgrade_trays_in_hand gauge\n\
             seedgrade_trays_in_hand {}\n\
             # HELP seedgrade_part_fine Whether a part of the line is fine.\n# TYPE seedgrade_part_fine gauge\n",
            self.vision.number(),
            self.in_hand
        );
        for (part, in_trouble) in self.in_trouble {
            if let Some(in_trouble) = in_trouble {
                let fine = u8::from(!in_trouble);
                let _ = writeln!(
                    text,
                    "seedgrade_part_fine{{part=\"{}\"}} {fine}",
                    part.name()
                );
            }
        }
        self.write_flags(text);
    }

    /// Of a PLC that is not heard no value stands: an old one would be taken for how it is.
    fn write_flags(&self, text: &mut String) {
        for (flag, is_up) in PlcFlag::ALL
            .into_iter()
            .zip(self.flags.into_iter().flatten())
        {
            let name = flag.name();
            let help = match flag {
                PlcFlag::GateFull => {
                    "Whether the PLC says that a gate is full: register 12, bit 0."
                }
                PlcFlag::InfeedStopped => {
                    "Whether the PLC says that the infeed is stopped: register 12, bit 1."
                }
            };
            let _ = writeln!(
                text,
                "# HELP seedgrade_{name} {help}\n# TYPE seedgrade_{name} gauge\nseedgrade_{name} {}",
                u8::from(is_up)
            );
        }
    }
}

impl Figures {
    /// Nothing measured yet.
    ///
    /// # Errors
    /// Never for the bounds that are used here.
    pub fn new() -> Result<Self, hdrhistogram::CreationError> {
        let histogram = || Histogram::new_with_max(LONGEST.as_micros() as u64, 3);
        let spans = SPANS
            .iter()
            .map(|_| histogram())
            .collect::<Result<_, _>>()?;
        Ok(Self { spans })
    }

    /// Takes a measured span.
    pub fn record(&mut self, span: Span, took: Duration) {
        let micros = took.min(LONGEST).as_micros() as u64;
        if let Some(histogram) = self.spans.get_mut(span as usize) {
            histogram.saturating_record(micros.max(1));
        }
    }

    /// How long a span took.
    #[must_use]
    pub fn latency(&self, span: Span) -> Option<Latency> {
        let measured = self.spans.get(span as usize)?;
        let at = |quantile: f64| milliseconds(measured.value_at_quantile(quantile));
        (!measured.is_empty()).then(|| Latency {
            p50: at(0.5),
            p99: at(0.99),
            p999: at(0.999),
            max: milliseconds(measured.max()),
        })
    }

    /// How long every stage took.
    #[must_use]
    pub fn stages(&self) -> Stages {
        Stages {
            expose: self.latency(Span::Expose),
            inspect: self.latency(Span::Inspect),
            locate: self.latency(Span::Locate),
            rectify: self.latency(Span::Rectify),
            infer: self.latency(Span::Infer),
            measure: self.latency(Span::Measure),
            send: self.latency(Span::Send),
            accept: self.latency(Span::Accept),
        }
    }

    /// All of it in Prometheus' text format.
    #[must_use]
    pub fn exposition(
        &self,
        counts: ControlCounts,
        store: StoreCounters,
        pictures: PictureCounters,
        standing: &Standing,
    ) -> String {
        let counters = [
            ("trays", "Triggers.", standing.trays),
            ("graded", "Trays graded.", counts.graded),
            ("ungraded", "Trays not graded.", counts.ungraded),
            (
                "commands_sent",
                "Commands written into register 102.",
                counts.sent,
            ),
            (
                "commands_late",
                "Commands dropped late, here or by the actuator.",
                counts.late + counts.refused_late,
            ),
            (
                "commands_refused",
                "Commands that the actuator refused.",
                counts.refused,
            ),
            ("armed", "Times that the line was armed.", counts.armed),
            ("faults", "Times that the line faulted.", counts.faulted),
            ("store_written", "Records in the store.", store.written),
            (
                "store_spilled",
                "Records that went into the spill file.",
                store.spilled,
            ),
            (
                "store_taken_in",
                "Records that came from the spill file into the store.",
                store.taken_in,
            ),
            ("store_lost", "Records that are lost.", store.lost),
            ("pictures_kept", "Pictures kept.", pictures.kept),
            (
                "pictures_dropped",
                "Pictures that were to be kept and are not.",
                pictures.dropped,
            ),
            (
                "pictures_removed",
                "Pictures that went to make room.",
                pictures.removed,
            ),
        ];
        let mut text = String::new();
        for (name, help, value) in counters {
            // Writing to a string does not fail.
            let _ = write!(
                text,
                "# HELP seedgrade_{name}_total {help}\n# TYPE seedgrade_{name}_total counter\nseedgrade_{name}_total {value}\n"
            );
        }
        standing.write(&mut text);
        self.write_spans(&mut text);
        text
    }

    fn write_spans(&self, text: &mut String) {
        const NAME: &str = "seedgrade_span_seconds";
        let _ = write!(
            text,
            "# HELP {NAME} Time a tray spends in a span of its way.\n# TYPE {NAME} summary\n"
        );
        for ((_, span), histogram) in SPANS.iter().zip(&self.spans) {
            for quantile in [0.5, 0.99, 0.999] {
                let seconds = histogram.value_at_quantile(quantile) as f64 / 1e6;
                let _ = writeln!(
                    text,
                    "{NAME}{{span=\"{span}\",quantile=\"{quantile}\"}} {seconds}"
                );
            }
            let sum = histogram.mean() * histogram.len() as f64 / 1e6;
            let _ = writeln!(text, "{NAME}_sum{{span=\"{span}\"}} {sum:.6}");
            let _ = writeln!(text, "{NAME}_count{{span=\"{span}\"}} {}", histogram.len());
        }
    }
}

fn milliseconds(micros: u64) -> f64 {
    micros as f64 / 1000.0
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn spans_and_counts_are_told_in_prometheus_words() {
        let mut figures = Figures::new().unwrap();
        assert_eq!(figures.latency(Span::Whole), None);
        for milliseconds in 1..=1000 {
            figures.record(Span::Whole, Duration::from_millis(milliseconds));
        }
        let latency = figures.latency(Span::Whole).unwrap();
        assert!((latency.p50 - 500.0).abs() < 1.0 && (latency.max - 1000.0).abs() < 2.0);
        figures.record(Span::Inspect, Duration::from_millis(70));
        let stages = figures.stages();
        assert!((stages.inspect.unwrap().p99 - 70.0).abs() < 1.0);
        assert_eq!(
            (stages.expose, stages.send, stages.accept),
            (None, None, None)
        );
        let counts = ControlCounts {
            sent: 3,
            ..ControlCounts::default()
        };
        let text = figures.exposition(
            counts,
            StoreCounters::default(),
            PictureCounters::default(),
            &Standing {
                vision: VisionState::Ready,
                trays: 4,
                in_hand: 2,
                in_trouble: [
                    (LinePart::Camera, Some(true)),
                    (LinePart::Actuator, Some(false)),
                    (LinePart::Store, None),
                    (LinePart::Net, None),
                ],
                flags: Some([true, false]),
            },
        );
        for line in [
            "seedgrade_commands_sent_total 3\n",
            "seedgrade_trays_total 4\n",
            "seedgrade_state 6\n",
            "seedgrade_trays_in_hand 2\n",
            "seedgrade_part_fine{part=\"camera\"} 0\nseedgrade_part_fine{part=\"actuator\"} 1\n# HELP",
            "# TYPE seedgrade_gate_full gauge\nseedgrade_gate_full 1\n",
            "seedgrade_infeed_stopped 0\n",
            "seedgrade_span_seconds_count{span=\"whole\"} 1000\n",
        ] {
            assert!(text.contains(line), "{line} in {text}");
        }
    }
}
