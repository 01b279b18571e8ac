//! Due commands in, what became of them out: the actuator behind its registers.
//!
//! Invariants: the numbers of the register contract are named once, in [`contract`] and [`registers`]; whatever
//! carries them (Modbus, a simulation) speaks in their types. Only a [`SortingLine`] in the state [`Armed`] fires.
//! Of this room, `modbus.rs` and `server.rs` alone name Tokio.
//!
//! Modbus has no authentication: whoever reaches the actuator's port can command it. Keep it on a network of its
//! own (IEC 62443). seedgrade sorts; it is no safety function (ISO 13849).

pub mod contract;
pub mod documents;
mod heartbeat;
mod link;
mod mailbox;
mod modbus;
mod plant;
pub mod registers;
mod rehearsed;
mod server;
mod sorting_line;

pub use contract::{
    Alarm, CommandEnding, CommandSequence, MachineState, PlcStatus, RefusalReason, UnknownNumber,
    VisionState,
};
pub use heartbeat::HeartbeatWatch;
pub use link::{LinkError, PlcLink};
pub use mailbox::{Answer, Mailbox};
pub use modbus::{ModbusLink, ModbusSettings};
pub use plant::{
    AddressError, Breach, FaultError, GateEvent, GateOutcome, PlantSettings, PlcFault, PlcSettings,
    ReceivedCommand, ScheduledFault, SettingsError, SimulatedPlant, SimulatedPlc,
};
pub use registers::{RegisterMap, WordOrder};
pub use rehearsed::RehearsedLink;
pub use server::{ModbusServer, SharedPlant};
pub use sorting_line::{
    Armed, Clearance, Disarmed, Faulted, Firing, LineState, Look, NotReady, PowerCut, Readiness,
    SortingLine,
};
