//! What the integrator gets who programs the actuator: a reference function block and a commissioning guide.
//!
//! The block keeps the same contract as [`super::SimulatedPlc`], which is its logic in Rust: a test below holds the
//! numbers of both together, and `tests/function_block` runs both through the same histories.

/// The actuator's side as an IEC 61131-3 function block in Structured Text.
pub const FUNCTION_BLOCK: &str = include_str!("function_block.st");

/// From the desk to acceptance, in Markdown.
pub const COMMISSIONING: &str = include_str!("commissioning.md");

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::collections::BTreeMap;
    use std::time::Duration;

    use super::*;
    use crate::geometry::EncoderCount;
    use crate::machine::heartbeat::LONGEST_SILENCE;
    use crate::machine::registers::{
        ALARM, COMMAND_BODY, COMMAND_NUMBER, HEARTBEAT, RegisterMap, STATUS_REGISTERS,
    };
    use crate::machine::{
        Alarm, CommandEnding, CommandSequence, MachineState, PlcStatus, RefusalReason, VisionState,
    };
    use crate::sorting::{CellBitmap, CommandResult, GateNumber, JobId, SortCommand, TriggerId};

    /// The block's constants: `NAME : TYPE := number;`.
    fn constants() -> BTreeMap<&'static str, u16> {
        let lines = FUNCTION_BLOCK.lines().filter_map(|line| {
            let (name, rest) = line.trim().split_once(" : ")?;
            let (_, number) = rest.split_once(" := ")?;
            let number = number.split_once(';')?.0.parse().ok()?;
            Some((name, number))
        });
        lines.collect()
    }

    fn numbers_of(prefix: &str) -> BTreeMap<&'static str, u16> {
        let constants = constants().into_iter();
        let named = constants.filter_map(|(name, n)| Some((name.strip_prefix(prefix)?, n)));
        named.collect()
    }

    #[test]
    fn the_blocks_states_and_reasons_are_the_contracts() {
        use {CommandEnding as E, MachineState as M, RefusalReason as R, VisionState as V};
        let states = [
            ("STOPPED", M::Stopped.number()),
            ("RUNNING", M::Running.number()),
            ("FAULT", M::Fault.number()),
            ("EMERGENCY_STOP", M::EmergencyStop.number()),
        ];
        assert_eq!(numbers_of("STATE_"), BTreeMap::from(states));
        let refusals = [
            ("NONE", R::None.number()),
            ("LATE", R::Late.number()),
            ("UNKNOWN_TRAY", R::UnknownTray.number()),
            ("NOT_READY", R::NotReady.number()),
            ("QUEUE_FULL", R::QueueFull.number()),
        ];
        assert_eq!(numbers_of("REFUSAL_"), BTreeMap::from(refusals));
        let endings = [
            ("UNKNOWN", E::Unknown.number()),
            ("FIRED", E::Fired.number()),
            ("NO_TRAY", E::NoTray.number()),
            ("OUT_OF_WINDOW", E::OutOfWindow.number()),
            ("FLUSHED", E::Flushed.number()),
        ];
        assert_eq!(numbers_of("ENDING_"), BTreeMap::from(endings));
        let visions = [
            ("PREOPERATIONAL", V::Preoperational.number()),
            ("HALTED", V::Halted.number()),
            ("ERROR", V::Error.number()),
            ("INITIALIZED", V::Initialized.number()),
            ("READY", V::Ready.number()),
            ("EXECUTING", V::Executing.number()),
        ];
        assert_eq!(numbers_of("VISION_"), BTreeMap::from(visions));
        let results = [
            ("GRADED", CommandResult::Graded.number()),
            ("UNGRADED", CommandResult::Ungraded.number()),
        ];
        assert_eq!(numbers_of("RESULT_"), BTreeMap::from(results));
    }

    #[test]
    fn what_the_block_says_lies_where_seedgrade_reads_it() {
        let number = |n| CommandSequence::from_register(n);
        let status = PlcStatus {
            heartbeat: 101,
            state: MachineState::EmergencyStop,
            encoder: EncoderCount(0x0001_0002),
            trigger: TriggerId(104),
            latched: EncoderCount(0x0003_0004),
            accepted: number(107),
            refusal: RefusalReason::QueueFull,
            refused: number(109),
            finished: number(110),
            ending: CommandEnding::OutOfWindow,
            gate_full: true,
            infeed_stopped: false,
        };
        let words = RegisterMap::default().status_words(&status);
        let registers = numbers_of("R_");
        let at = |name: &str| words[usize::from(registers[name])];
        assert_eq!((at("HEARTBEAT"), at("STATE"), at("ENCODER")), (101, 3, 1));
        assert_eq!((at("TRIGGER"), at("LATCHED")), (104, 3));
        assert_eq!(
            (at("ACCEPTED"), at("REFUSAL"), at("REFUSED")),
            (107, 4, 109)
        );
        assert_eq!((at("FINISHED"), at("ENDING"), at("FLAGS")), (110, 3, 1));
        let own = registers
            .values()
            .filter(|n| usize::from(**n) < STATUS_REGISTERS);
        assert_eq!(own.count(), 11, "two of the thirteen are second words");
    }

    #[test]
    fn a_command_lies_where_the_block_reads_it() {
        let mut cells = CellBitmap::default();
        cells.insert(0);
        let command = SortCommand {
            tray: TriggerId(0x55),
            job: JobId(7),
            route: GateNumber(3),
            fire_at: EncoderCount(0x0009_0008),
            result: CommandResult::Graded,
            rows: 2,
            cols: 3,
            cells,
        };
        let body = RegisterMap::default().body_words(&command);
        let registers = numbers_of("R_");
        let at =
            |name: &str, further: u16| body[usize::from(registers[name] + further - COMMAND_BODY)];
        assert_eq!((at("JOB", 0), at("TRAY", 0), at("TRAY", 1)), (7, 0, 0x55));
        assert_eq!(
            (at("ROUTE", 0), at("FIRE_AT", 0), at("FIRE_AT", 1)),
            (3, 9, 8)
        );
        assert_eq!(
            (at("RESULT", 0), at("SIZE", 0), at("CELLS", 0)),
            (1, 0x0203, 1)
        );
        assert_eq!(registers["VISION_HEARTBEAT"], HEARTBEAT);
        assert_eq!(registers["VISION_STATE"], HEARTBEAT + 1);
        assert_eq!(registers["COMMAND_NUMBER"], COMMAND_NUMBER);
        assert_eq!(registers["ALARM"], ALARM);
    }

    #[test]
    fn the_blocks_patience_is_the_contracts_and_the_guide_names_every_alarm() {
        let patience = "LONGEST_SILENCE : TIME := T#1s;";
        assert_eq!(LONGEST_SILENCE, Duration::from_secs(1));
        assert!(FUNCTION_BLOCK.contains(patience));
        let alarms = [
            (Alarm::None, "none"),
            (Alarm::Suspended, "suspended"),
            (Alarm::CameraSilent, "camera silent"),
            (Alarm::EncoderDoubted, "encoder doubted"),
            (Alarm::StoreFailing, "store failing"),
            (Alarm::NotReady, "not ready"),
            (Alarm::ActuatorSilent, "actuator silent"),
        ];
        let guide = COMMISSIONING.replace('\n', " ");
        for (alarm, words) in alarms {
            let told = format!("{} {words}", alarm.number());
            assert!(guide.contains(&told), "{told}");
        }
    }
}
