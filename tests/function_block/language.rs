//! What is made of a text: the standard's types, and no text that says what is not understood.

use std::rc::Rc;

use crate::checking;
use crate::execution::Instance;

/// A block with some variables and this body.
fn block(body: &str) -> String {
    format!(
        "FUNCTION_BLOCK FB_Small
         VAR_INPUT Given : BOOL; END_VAR
         VAR CONSTANT LIMIT_OF_TIME : TIME := T#20ms; END_VAR
         VAR
             Small : INT; Count : UINT; Far : UDINT; Way : DINT; Bits : WORD; Long : DWORD; Yes : BOOL;
             List : ARRAY[1..3] OF INT; Edge : R_TRIG; Timer : TON;
         END_VAR
         {body}
         END_FUNCTION_BLOCK"
    )
}

fn started(body: &str) -> Instance {
    let program = checking::program(&block(body)).unwrap_or_else(|why| panic!("{body}: {why}"));
    Instance::new(&Rc::new(program))
}

/// The value of a variable after one scan.
fn after(body: &str, variable: &str) -> i64 {
    let mut instance = started(body);
    instance.scan(0).expect("a scan");
    instance.get(variable)
}

#[test]
fn numbers_wrap_in_their_own_type() {
    assert_eq!(after("Count := 65535; Count := Count + 1;", "Count"), 0);
    assert_eq!(after("Far := 2; Far := Far - 3;", "Far"), (1 << 32) - 1);
    assert_eq!(
        after("Small := 32767; Small := Small + 1;", "Small"),
        -32768
    );
    assert_eq!(
        after("Far := 4294967295; Way := UDINT_TO_DINT(Far);", "Way"),
        -1
    );
    assert_eq!(
        after("Long := 16#12345678; Bits := DWORD_TO_WORD(Long);", "Bits"),
        0x5678
    );
    assert_eq!(after("Bits := 16#8001; Bits := SHL(Bits, 1);", "Bits"), 2);
    assert_eq!(after("Bits := NOT Bits AND 16#00FF;", "Bits"), 0xFF);
}

#[test]
fn operators_bind_as_the_standard_says() {
    assert_eq!(after("Yes := TRUE OR TRUE AND FALSE;", "Yes"), 1);
    assert_eq!(after("Yes := NOT FALSE AND FALSE;", "Yes"), 0);
    assert_eq!(after("Small := 9 - 4 - 3;", "Small"), 2);
    assert_eq!(after("Yes := Small < 2 = TRUE;", "Yes"), 1);
}

#[test]
fn a_loop_ends_and_a_choice_takes_one_branch() {
    assert_eq!(
        after("FOR Small := 1 TO 3 DO Way := Way + 2; END_FOR;", "Way"),
        6
    );
    let body = "IF Given THEN Way := 1; ELSIF NOT Given THEN Way := 2; ELSE Way := 3; END_IF;";
    assert_eq!(after(body, "Way"), 2);
}

#[test]
fn an_edge_lasts_for_one_scan_and_a_timer_for_as_long_as_its_input() {
    let mut instance = started(
        "Edge(CLK := Given); IF Edge.Q THEN Small := Small + 1; END_IF;
         Timer(IN := Given, PT := LIMIT_OF_TIME); Yes := Timer.Q;",
    );
    let mut seen = Vec::new();
    for given in [false, true, true, true, false, true] {
        instance.set("Given", given);
        instance.scan(10).expect("a scan");
        seen.push((instance.get("Small"), instance.get("Yes")));
    }
    assert_eq!(seen, [(0, 0), (1, 0), (1, 0), (1, 1), (1, 0), (2, 0)]);
}

#[test]
fn an_index_beyond_its_array_ends_the_run() {
    let error = started("List[Small] := 1;").scan(0).unwrap_err();
    assert_eq!(error, "element 0 of an array from 1 to 3");
    let guarded = "IF (Small > 0) AND (List[Small] > 0) THEN Way := 1; END_IF;";
    assert!(started(guarded).scan(0).is_err(), "both sides of AND count");
}

#[test]
fn a_text_that_is_not_well_typed_is_refused() {
    for body in [
        "Count := Bits;",
        "Small := Way;",
        "Far := Way - Far;",
        "Count := 65536;",
        "Far := -1;",
        "Far := SHL(Far, 1);",
        "Yes := Bits < 3;",
        "Yes := Yes + Yes;",
        "IF Small THEN Way := 1; END_IF;",
        "Way := UDINT_TO_DINT(Count);",
        "List := Small;",
        "List[Count] := 1;",
        "Given := TRUE;",
        "LIMIT_OF_TIME := T#1s;",
        "FOR Small := 1 TO 3 DO Small := 2; END_FOR;",
        "Edge.Q := TRUE;",
        "Timer(IN := TRUE, ET := T#1s);",
        "Small.Q := 1;",
    ] {
        assert!(checking::program(&block(body)).is_err(), "{body}");
    }
}

#[test]
fn a_text_that_is_not_understood_is_refused() {
    for body in [
        "WHILE Yes DO Yes := FALSE; END_WHILE;",
        "Small := 2 * 3;",
        "Small := Unknown;",
        "small := 1;",
        "Small := ABS(Way);",
        "Small := 1",
        "IF Yes THEN Small := 1; END_IF",
        "(* without an end",
        "Unknown(IN := TRUE);",
        "RETURN;",
    ] {
        assert!(checking::program(&block(body)).is_err(), "{body}");
    }
    let unended = block("").replace("END_FUNCTION_BLOCK", "");
    assert!(checking::program(&unended).is_err());
    let twice = block("").replace("Yes : BOOL", "SMALL : BOOL");
    assert!(
        checking::program(&twice).is_err(),
        "names differ by more than capitals"
    );
}
