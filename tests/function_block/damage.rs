//! Blocks that are broken on purpose: a comparison that would not tell them from the simulated PLC proves nothing.

use std::collections::BTreeSet;
use std::rc::Rc;

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use seedgrade::machine::documents::FUNCTION_BLOCK;

use crate::checking;
use crate::history::{self, History};
use crate::lockstep;
use crate::safety;
use crate::shipped;

/// What is broken, in the text, and what stands there then.
const DAMAGES: &[(&str, &str, &str)] = &[
    (
        "late commands are taken",
        "(Ahead < UDINT_TO_DINT(LateMarginCounts)) OR",
        "",
    ),
    ("places behind are taken", "(Ahead < 1) OR", ""),
    (
        "places beyond the belt are taken",
        "OR (Distance > UDINT_TO_DINT(SafeGateCounts))",
        "",
    ),
    (
        "a tray gets a second command",
        "ELSIF Trays[Asked].Answered THEN",
        "ELSIF FALSE THEN",
    ),
    (
        "any number of commands is held",
        "ELSIF Queued >= MOST_COMMANDS THEN",
        "ELSIF FALSE THEN",
    ),
    (
        "a command is taken while the machine stands",
        "(State <> STATE_RUNNING) OR NOT Armed THEN",
        "NOT Armed THEN",
    ),
    (
        "a command is taken while seedgrade is not armed",
        "(State <> STATE_RUNNING) OR NOT Armed THEN",
        "State <> STATE_RUNNING THEN",
    ),
    (
        "a standing machine sorts",
        "(Next > 0) AND (State = STATE_RUNNING)",
        "Next > 0",
    ),
    (
        "plans outlive an emergency stop",
        "OR (State = STATE_EMERGENCY_STOP) OR (State = STATE_FAULT) THEN",
        "OR (State = STATE_FAULT) THEN",
    ),
    (
        "plans outlive a fault",
        "OR (State = STATE_EMERGENCY_STOP) OR (State = STATE_FAULT) THEN",
        "OR (State = STATE_EMERGENCY_STOP) THEN",
    ),
    ("plans outlive disarming", "(WasArmed AND NOT Armed) OR", ""),
    (
        "trays outlive a flush",
        "            Trays[I].Answered := TRUE;",
        "",
    ),
    (
        "a tray of an unarmed time gets a command",
        "NOT Armed OR (State = STATE_EMERGENCY_STOP)",
        "(State = STATE_EMERGENCY_STOP)",
    ),
    (
        "a tray of a fault gets a command",
        "(State = STATE_EMERGENCY_STOP) OR (State = STATE_FAULT);",
        "(State = STATE_EMERGENCY_STOP);",
    ),
    (
        "a silent seedgrade stays armed",
        "(NOT SilenceTimer.Q)",
        "(TRUE)",
    ),
    (
        "silence begins a scan late",
        "END_IF;\nSilenceTimer(IN := TRUE, PT := LONGEST_SILENCE);",
        "ELSE SilenceTimer(IN := TRUE, PT := LONGEST_SILENCE); END_IF;",
    ),
    (
        "an emergency stop ends by itself",
        "IF AcknowledgeEdge.Q THEN",
        "IF TRUE THEN",
    ),
    (
        "a held button acknowledges",
        "IF AcknowledgeEdge.Q THEN",
        "IF Acknowledge THEN",
    ),
    (
        "a fault hides an emergency stop",
        "ELSIF FaultPresent AND (State <> STATE_EMERGENCY_STOP) THEN",
        "ELSIF FaultPresent THEN",
    ),
    (
        "a tray counts in every scan",
        "IF CameraEdge.Q THEN",
        "IF TrayAtCamera THEN",
    ),
    (
        "the belt's position is that of the scan",
        "Latched := LatchedAtCamera;",
        "Latched := Encoder;",
    ),
    (
        "command 0 is one",
        "AND (Registers[R_COMMAND_NUMBER] <> 0) THEN",
        "THEN",
    ),
    (
        "a command acts in every scan",
        "(Registers[R_COMMAND_NUMBER] <> LastNumber) AND",
        "",
    ),
    (
        "half of a tray's number counts",
        "(Registers[R_TRAY] = 0) AND",
        "",
    ),
    (
        "half of a place counts",
        "SHL(WORD_TO_DWORD(Registers[R_FIRE_AT]), 16) OR ",
        "",
    ),
    (
        "half of the cells count",
        "FOR C := 0 TO 49 DO",
        "FOR C := 0 TO 24 DO",
    ),
    (
        "counts are compared without their wrap",
        "IF (Ahead <= 0) AND (Ahead < Nearest) THEN",
        "IF (Trays[I].Latched <= Encoder) AND (Ahead <= 0) AND (Ahead < Nearest) THEN",
    ),
    (
        "no scan comes too late",
        "IF Nearest < - UDINT_TO_DINT(LateMarginCounts) THEN",
        "IF FALSE THEN",
    ),
    (
        "a tray need not be there",
        "ELSIF NOT TrayAtGate THEN",
        "ELSIF FALSE THEN",
    ),
    (
        "the gate is that of the tray before",
        "            FireGate := Trays[Next].Gate;\n",
        "",
    ),
    ("the gate acts for ever", "Fire := FALSE;\n", ""),
    (
        "a tray never leaves",
        "    Trays[Next].Used := FALSE;\n",
        "",
    ),
    (
        "the tray that is due last goes first",
        "(Ahead < Nearest) THEN",
        "((Next = 0) OR (Ahead > Nearest)) THEN",
    ),
    (
        "the latched position is half",
        "DWORD_TO_WORD(SHR(UDINT_TO_DWORD(Latched), 16))",
        "0",
    ),
    ("flags are swapped", "OR 16#0002", "OR 16#0001"),
];

fn drawn(
    runner: &mut TestRunner,
    count: usize,
    from: impl Strategy<Value = History>,
) -> Vec<History> {
    let histories = (0..count).map(|_| from.new_tree(runner).expect("a history").current());
    histories.collect()
}

/// The same at every run.
fn fixed_histories() -> Vec<History> {
    let mut runner = TestRunner::deterministic();
    let mut histories = drawn(&mut runner, 160, history::eventful(200));
    histories.extend(drawn(&mut runner, 30, history::crowded(60)));
    histories
}

#[test]
fn the_fixed_histories_reach_every_answer_and_every_ending() {
    let (program, mut refusals, mut endings) = (shipped(), BTreeSet::new(), BTreeSet::new());
    let mut sorted = 0;
    for history in fixed_histories() {
        let told = lockstep::compare(&program, &history).expect("the same machine");
        refusals.extend(told.refusals);
        endings.extend(told.endings);
        sorted += told.sorted;
    }
    assert_eq!(refusals, BTreeSet::from([0, 1, 2, 3, 4]));
    assert_eq!(endings, BTreeSet::from([0, 1, 2, 3, 4]));
    assert!(sorted > 200, "{sorted}");
}

/// Whether a block is told from the shipped one.
fn is_told(text: &str, histories: &[History]) -> Result<bool, String> {
    let program = Rc::new(checking::program(text)?);
    let mut told = histories.iter().map(|history| {
        // Of the belt that goes on while the machine stands, only the witness knows.
        lockstep::compare(&program, history).is_err() || safety::watch(&program, history).is_err()
    });
    Ok(told.any(|told| told))
}

#[test]
fn a_broken_block_is_told_from_the_simulated_plc_or_seen_by_the_witness() {
    let histories = fixed_histories();
    let mut untold = Vec::new();
    for (what, text, damaged) in DAMAGES {
        assert_eq!(FUNCTION_BLOCK.matches(text).count(), 1, "{what}: {text}");
        let damaged = FUNCTION_BLOCK.replace(text, damaged);
        if !is_told(&damaged, &histories).unwrap_or_else(|why| panic!("{what}: {why}")) {
            untold.push(what);
        }
    }
    assert!(untold.is_empty(), "{untold:#?}");
}

#[test]
fn no_statement_can_be_left_out_unseen() {
    let histories = fixed_histories();
    let body = FUNCTION_BLOCK.find("(* 1.").expect("the block's body");
    let mut at = body;
    let mut unseen = Vec::new();
    for line in FUNCTION_BLOCK[body..].split_inclusive('\n') {
        let end = at + line.len();
        if is_statement(line) {
            let rest = [&FUNCTION_BLOCK[..at], &FUNCTION_BLOCK[end..]].concat();
            if !is_told(&rest, &histories).unwrap_or_else(|why| panic!("{line}: {why}")) {
                unseen.push(line.trim());
            }
        }
        at = end;
    }
    assert_eq!(unseen, [""; 0]);
}

/// Whether a line is one statement and nothing else.
fn is_statement(line: &str) -> bool {
    let line = line.trim();
    let line = line
        .split_once("(*")
        .map_or(line, |(statement, _)| statement);
    line.trim_end().ends_with(';') && !line.starts_with("END_") && !line.starts_with("AND")
}
