//! `seedgrade simulate-plc`: an actuator to rehearse with, that speaks real Modbus TCP.

use std::time::Duration;

use anyhow::Context;
use clap::{Args, ValueEnum};
use serde_json::json;

use crate::geometry::EncoderCount;
use crate::machine::documents::{COMMISSIONING, FUNCTION_BLOCK};
use crate::machine::{
    GateEvent, GateOutcome, ModbusServer, PlantSettings, PlcSettings, ReceivedCommand, RegisterMap,
    ScheduledFault, SharedPlant, SimulatedPlant, WordOrder,
};

use super::exit::{CommandResult, Ending, Failure};
use super::interrupt;
use super::output::{Written, print, say};

/// `seedgrade simulate-plc`
#[derive(Debug, Args)]
#[command(
    after_help = "Prints a line of JSON for every command that comes and everything that happens at a gate.\n\n\
    Examples:\n  \
    seedgrade simulate-plc --listen 127.0.0.1:1502\n  \
    seedgrade simulate-plc --listen 127.0.0.1:1502 --fault slow@20+5 --fault emergency-stop@40+3\n  \
    seedgrade simulate-plc --listen 127.0.0.1:1502 --encoder 4294960000   (wraps soon)\n\n\
    The documents for the real PLC's integrator:\n  \
    seedgrade simulate-plc --print-function-block > FB_SeedgradeSorter.st\n  \
    seedgrade simulate-plc --print-commissioning\n\n\
    Faults: silent, slow (400 ms), garbled, dropping, restart (counters\n    \
    at zero), restart-kept (counters go on), reply-lost (a command is taken, its reply is not sent), late-writes (carried\n    \
    out after 400 ms), encoder-still, emergency-stop, frozen-heartbeat"
)]
pub struct SimulatePlcArguments {
    /// Where to listen
    #[arg(long, value_name = "ADDR", required_unless_present_any = ["print_function_block", "print_commissioning"])]
    pub listen: Option<String>,
    /// Print the same logic as an IEC 61131-3 function block in Structured Text, for the real PLC, and end
    #[arg(long)]
    pub print_function_block: bool,
    /// Print the commissioning guide in Markdown, and end
    #[arg(long)]
    pub print_commissioning: bool,
    /// What goes wrong: NAME, NAME@START or NAME@START+LENGTH, in seconds
    #[arg(long, value_name = "FAULT")]
    pub fault: Vec<ScheduledFault>,
    /// Address of register 0
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub base_register: u16,
    /// Which word of a 32-bit value comes first
    #[arg(long, value_enum, default_value_t = Words::HighFirst)]
    pub word_order: Words,
    /// The belt's position at first
    #[arg(long, value_name = "COUNT", default_value_t = 0)]
    pub encoder: u32,
    /// The belt's speed
    #[arg(long, value_name = "COUNTS", default_value_t = 800)]
    pub counts_per_second: u32,
    /// From tray to tray
    #[arg(long, value_name = "COUNTS", default_value_t = 3000)]
    pub counts_between_trays: u32,
    /// From the camera to the safe gate, at the belt's end
    #[arg(long, value_name = "COUNTS", default_value_t = 4000)]
    pub safe_gate_counts: u32,
    /// Commands that fire in less than this are refused as late
    #[arg(long, value_name = "COUNTS", default_value_t = 50)]
    pub late_margin_counts: u32,
    /// Milliseconds until a command is read and answered, as by a PLC that scans slowly
    #[arg(long, value_name = "MS", default_value_t = 0)]
    pub answers_after_ms: u64,
    /// Trays that come; without end when absent
    #[arg(long, value_name = "N")]
    pub trays: Option<u64>,
    /// Let trays come only while seedgrade is armed
    #[arg(long)]
    pub wait_for_armed: bool,
}

/// Which word of a 32-bit value comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Words {
    /// The high word
    HighFirst,
    /// The low word
    LowFirst,
}

/// How often what happened is printed.
const PRINTING: Duration = Duration::from_millis(50);

/// Runs the command.
pub fn run(arguments: &SimulatePlcArguments) -> CommandResult {
    let Some(listen) = &arguments.listen else {
        return print_documents(arguments);
    };
    let plant = SharedPlant::new(SimulatedPlant::new(settings(arguments)?)?);
    let server = ModbusServer::start(listen, plant.clone())
        .with_context(|| format!("{listen}: cannot be listened at"))
        .map_err(Failure::resource)?;
    say(&format!("simulated PLC at {}", server.address()));
    while !interrupt::requested() {
        std::thread::sleep(PRINTING);
        let (received, events) = {
            let mut plant = plant.lock();
            (plant.take_received(), plant.take_events())
        };
        let lines = received.iter().map(command_line);
        let lines: String = lines.chain(events.iter().map(gate_line)).collect();
        if !lines.is_empty() && print(&lines)? == Written::ReaderGone {
            return Ok(Ending::Done);
        }
    }
    let plant = plant.lock();
    say(&format!(
        "interrupted: {} trays came; breaches of the contract: {:?}",
        plant.trays(),
        plant.breaches()
    ));
    Ok(Ending::Interrupted)
}

/// What the integrator needs.
fn print_documents(arguments: &SimulatePlcArguments) -> CommandResult {
    let documents = [
        (arguments.print_function_block, FUNCTION_BLOCK),
        (arguments.print_commissioning, COMMISSIONING),
    ];
    for (_, document) in documents.iter().filter(|(asked, _)| *asked) {
        print(document)?;
    }
    Ok(Ending::Done)
}

fn settings(arguments: &SimulatePlcArguments) -> anyhow::Result<PlantSettings> {
    let word_order = match arguments.word_order {
        Words::HighFirst => WordOrder::HighFirst,
        Words::LowFirst => WordOrder::LowFirst,
    };
    Ok(PlantSettings {
        plc: PlcSettings {
            encoder: EncoderCount(arguments.encoder),
            safe_gate_counts: arguments.safe_gate_counts,
            late_margin_counts: arguments.late_margin_counts,
            ..PlcSettings::default()
        },
        registers: RegisterMap::new(arguments.base_register, word_order)?,
        counts_per_second: arguments.counts_per_second,
        counts_between_trays: arguments.counts_between_trays,
        trays: arguments.trays,
        waits_for_armed: arguments.wait_for_armed,
        answers_after: Duration::from_millis(arguments.answers_after_ms),
        faults: arguments.fault.clone(),
    })
}

fn command_line(received: &ReceivedCommand) -> String {
    let command = &received.command;
    let line = json!({
        "command": received.number.number(), "tray": command.tray.0, "job": command.job.0,
        "gate": command.route.0, "fire_at": command.fire_at.0, "encoder": received.at.0,
        "result": command.result.number(), "cells": command.cells.count(),
        "refused": received.refusal.map(|reason| reason.number()),
    });
    format!("{line}\n")
}

fn gate_line(event: &GateEvent) -> String {
    let (what, command, gate, cells) = match event.outcome {
        GateOutcome::Fired {
            command,
            gate,
            removed,
        } => ("fired", Some(command), gate.0, removed.count()),
        GateOutcome::NoTray { command } => ("no_tray", Some(command), 0, 0),
        GateOutcome::Uncommanded => ("uncommanded", None, 0, 0),
    };
    let command = command.map(|number| number.number());
    let line = json!({
        "event": what, "tray": event.tray.0, "encoder": event.at.0,
        "command": command, "gate": gate, "cells_removed": cells,
    });
    format!("{line}\n")
}
