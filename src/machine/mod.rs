//! Due commands in, what became of them out: the actuator behind its registers.
//!
//! Invariant: the numbers of the register contract are named once, in [`contract`]; whatever carries
//! them (Modbus, a simulation) speaks in its types.

pub mod contract;
mod simulated;

pub use contract::{
    CommandEnding, CommandSequence, MachineState, PlcStatus, RefusalReason, UnknownNumber,
    VisionState,
};
pub use simulated::{GateEvent, GateOutcome, PlcSettings, SettingsError, SimulatedPlc};
