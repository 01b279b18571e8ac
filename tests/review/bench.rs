//! The patching bench: what becomes of the trays that stand there.

use seedgrade::inspect::TrayReport;
use seedgrade::review::Role;
use serde_json::Value;

use crate::nursery::{Nursery, tray};

fn coded(number: u32, lot: &str, area: impl Fn(usize) -> f64) -> TrayReport {
    let mut report = tray(number, lot, area);
    report.facts.tray_code = Some(format!("T{number}"));
    report
}

/// Of lot `a` a tray with two blanks and one with 6 plants, of lot `b` one with 10; cell 3 of each is in doubt.
fn trays() -> Vec<TrayReport> {
    vec![
        coded(1, "b", |cell| if cell < 10 { 0.1 } else { 0.0 }),
        coded(2, "a", |cell| if cell >= 14 { 0.1 } else { 0.0 }),
        coded(
            3,
            "a",
            |cell| if cell == 7 || cell == 9 { 0.0 } else { 0.1 },
        ),
    ]
}

#[test]
fn the_plan_fills_the_fullest_tray_of_a_lot_from_its_emptiest_and_no_other_lot_gives() {
    let nursery = Nursery::with(&trays(), false).unwrap();
    let reply = nursery.nobody().get("/api/v1/refill?lot=a");
    let plan: Value = serde_json::from_str(&reply.is(200).body).unwrap();
    assert_eq!(plan["moves"], 3);
    let full = plan["full"].as_array().unwrap();
    assert_eq!(full.len(), 1);
    let name = |index: &Value| plan["trays"][index.as_u64().unwrap() as usize]["tray_code"].clone();
    assert_eq!(name(&full[0]["tray"]), "T3");
    let moves = full[0]["moves"].as_array().unwrap();
    assert!(
        moves.iter().all(|step| name(&step["donor"]) == "T2"),
        "{moves:?}"
    );
    assert_eq!(moves[0]["into"], serde_json::json!({"row": 0, "col": 3}));
    assert_eq!(moves[0]["before"], "look", "nobody decided about this cell");
    assert_eq!(moves[1]["before"], "nothing");
    assert_eq!(moves[0]["from"], serde_json::json!({"row": 2, "col": 4}));
    nursery.nobody().get("/api/v1/refill?lot=none").is(404);
}

#[test]
fn a_scanned_tray_is_shown_with_what_is_done_to_it_and_one_from_elsewhere_is_said_to_be() {
    let nursery = Nursery::with(&trays(), false).unwrap();
    let nobody = nursery.nobody();
    nobody
        .get("/bench?tray=T3")
        .is(200)
        .shows("Fill 3 cells")
        .shows("From T2")
        .shows("Row 3, column 5")
        .shows("class=\"fill look\"");
    nobody
        .get("/bench?tray=T2")
        .is(200)
        .shows("Donor: gives 3 plugs")
        .shows("Into T3")
        .shows("class=\"give\"");
    // a tray that lies the other way round is drawn as it lies: the first cell at the lower right
    let place = |page: &str| {
        let look = page.split("class=\"fill look\"").nth(1).unwrap();
        look.split(" width").next().unwrap().to_owned()
    };
    let lies = place(&nobody.get("/bench?tray=T3").body);
    let turned = place(&nobody.get("/bench?tray=T3&turned=1").is(200).body);
    assert_eq!(lies, " x=\"170\" y=\"32\"", "row 1, column 4 of 4 × 5");
    assert_eq!(turned, " x=\"78\" y=\"170\"");
    nobody
        .get("/bench?lot=a&tray=T1")
        .is(200)
        .shows("is not at the bench");
    nobody.get("/bench").is(200).shows("Fill 3 cells");
}

#[test]
fn what_a_person_said_of_a_cell_counts_at_the_bench() {
    let nursery = Nursery::open();
    let operator = nursery.visitor(Role::Operator);
    let moves = || {
        let plan: Value =
            serde_json::from_str(&operator.get("/api/v1/refill?lot=2026-11-A").body).unwrap();
        plan["moves"].as_u64().unwrap()
    };
    let before = moves();
    let doubtful = [
        ("id", "2"),
        ("row", "0"),
        ("col", "3"),
        ("verdict", "graded:A"),
    ];
    operator.post("/correct", &doubtful).is(303);
    assert_eq!(moves(), before - 1);
}

#[test]
fn lots_are_mixed_with_a_managers_consent_alone_and_the_plan_says_whose_and_where_each_plug_is_from()
 {
    let nursery = Nursery::open();
    let others: Vec<TrayReport> = trays()
        .into_iter()
        .filter(|tray| tray.facts.lot.as_deref() == Some("b"))
        .collect();
    crate::nursery::add(&nursery.store(), &others);
    let plan = |query: &str| {
        nursery
            .visitor(Role::Viewer)
            .get(&format!("/api/v1/refill?lot=2026-11-A{query}"))
    };
    plan("&with=b").is(400).shows("nobody has consented");
    let consent = [
        ("lot", "2026-11-A"),
        ("other", "b"),
        ("why", "same seed"),
        ("mixed", "yes"),
    ];
    nursery
        .visitor(Role::Operator)
        .post("/bench/consent", &consent)
        .is(403);
    let manager = nursery.visitor(Role::Manager);
    for (field, value) in [("other", "2026-11-A"), ("why", " ")] {
        let mut unfit = consent.to_vec();
        unfit.retain(|(name, _)| *name != field);
        unfit.push((field, value));
        manager.post("/bench/consent", &unfit).is(400);
    }
    manager.post("/bench/consent", &consent).is(303);
    let apart: Value = serde_json::from_str(&plan("").body).unwrap();
    assert_eq!(
        apart["consent"],
        Value::Null,
        "without being asked for, lots stay apart"
    );
    let mixed: Value = serde_json::from_str(&plan("&with=b").is(200).body).unwrap();
    assert_eq!(mixed["consent"]["who"], "manager");
    assert_eq!(mixed["consent"]["why"], "same seed");
    let lots: Vec<&str> = mixed["trays"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|tray| tray["lot"].as_str())
        .collect();
    assert!(
        lots.contains(&"b") && lots.contains(&"2026-11-A"),
        "{lots:?}"
    );
    manager
        .get("/bench?lot=2026-11-A&with=b")
        .is(200)
        .shows("are mixed")
        .shows("same seed");
    let back = [
        ("lot", "b"),
        ("other", "2026-11-A"),
        ("why", "sold apart"),
        ("mixed", "no"),
    ];
    manager.post("/bench/consent", &back).is(303);
    plan("&with=b").is(400);
}

#[test]
fn a_gripper_gets_the_plan_in_strokes_in_the_order_of_the_belt() {
    let nursery = Nursery::with(&trays(), false).unwrap();
    let plan = |query: &str| {
        nursery
            .nobody()
            .get(&format!("/api/v1/refill?lot=a{query}"))
    };
    let whole: Value = serde_json::from_str(&plan("").is(200).body).unwrap();
    assert_eq!(whole["strokes"], Value::Null);
    let strokes: Value =
        serde_json::from_str(&plan("&fingers=4&step=2&belt=T2,T3").is(200).body).unwrap();
    assert_eq!(
        strokes["gripper"],
        serde_json::json!({"fingers": 4, "step": 2})
    );
    assert_eq!(
        strokes["trays"][0]["tray_code"], "T2",
        "as the belt brings them"
    );
    let all = strokes["strokes"].as_array().unwrap();
    let plugs: usize = all
        .iter()
        .map(|stroke| stroke["plugs"].as_array().unwrap().len())
        .sum();
    assert_eq!(plugs as u64, whole["moves"].as_u64().unwrap());
    // cells 3, 7 and 9 are open: 7 and 9 are two cells apart in one row
    assert_eq!(all.len(), 2, "{strokes}");
    plan("&fingers=0").is(400).shows("gripper");
    plan("&fingers=99999999999999999999").is(400);
}
