//! Moves that were made: recorded at the bench and by programs, held against what can be, and a plug's origin.

use std::time::Duration;

use seedgrade::certificate::Certificate;
use seedgrade::inspect::TrayReport;
use seedgrade::review::Role;
use seedgrade::store::{LotConsent, Statement, StatementWriter, TwoLots};
use serde_json::{Value, json};

use crate::at_once::at_once;
use crate::client::{Reply, Visitor};
use crate::nursery::{Nursery, add, tray};

const LOT: &str = "2026-11-A";

fn parsed(reply: &Reply) -> Value {
    serde_json::from_str(&reply.body).unwrap()
}

fn coded(number: u32, lot: &str, area: impl Fn(usize) -> f64) -> TrayReport {
    let mut report = tray(number, lot, area);
    report.facts.tray_code = Some(format!("T{number}"));
    report
}

/// Of the lot a tray with two blanks and a doubtful cell and one with six plants; of lot `b` one with ten.
fn bench() -> Nursery {
    let nursery = Nursery::open();
    let trays = [
        coded(21, "b", |cell| if cell < 10 { 0.1 } else { 0.0 }),
        coded(22, "a", |cell| if cell >= 14 { 0.1 } else { 0.0 }),
        coded(
            23,
            "a",
            |cell| if cell == 7 || cell == 9 { 0.0 } else { 0.1 },
        ),
    ];
    add(&nursery.store(), &trays);
    nursery
}

/// A move as programs tell it, cells by their number.
fn moved(donor: &str, from: usize, tray: &str, into: usize) -> Value {
    let place = |cell: usize| json!({"row": cell / 5, "col": cell % 5});
    json!({"donor": donor, "from": place(from), "tray": tray, "into": place(into)})
}

fn tell(visitor: &Visitor, key: &str, moves: &[Value]) -> Reply {
    let moves = Value::from(moves.to_vec()).to_string();
    visitor.post("/api/v1/moves", &[("key", key), ("moves", &moves)])
}

/// The first form of a page behind a text, as a browser sends it.
fn form(page: &str, behind: &str) -> Vec<(String, String)> {
    let form = page.split(behind).nth(1).unwrap();
    let form = form.split("</form>").next().unwrap();
    let field = |name: &str| {
        let after = form
            .split(&format!("name=\"{name}\" value=\""))
            .nth(1)
            .unwrap();
        let text = after.split('"').next().unwrap();
        let text = text.replace("&quot;", "\"").replace("&amp;", "&");
        (name.to_owned(), text)
    };
    vec![field("key"), field("moves"), field("back")]
}

fn send(visitor: &Visitor, fields: &[(String, String)]) -> Reply {
    let fields: Vec<_> = fields
        .iter()
        .map(|(n, v)| (n.as_str(), v.as_str()))
        .collect();
    visitor.post("/bench/moved", &fields)
}

fn plan(visitor: &Visitor) -> Value {
    parsed(visitor.get("/api/v1/refill?lot=a").is(200))
}

fn in_chinese(visitor: &Visitor) -> Visitor {
    let mut chinese = visitor.clone();
    chinese.cookie = chinese.cookie.replace("language=en", "language=zh-CN");
    chinese
}

#[test]
fn a_worker_marks_one_move_then_the_whole_tray_and_the_plan_goes_on_from_there() {
    let nursery = bench();
    let operator = nursery.visitor(Role::Operator);
    let before = plan(&operator);
    assert_eq!(before["moves"], 3);
    let send = |fields: &[(String, String)]| send(&operator, fields);
    let page = operator.get("/bench?lot=a&tray=T23").is(200).body.clone();
    let one = form(&page, "<table");
    let sent = send(&one);
    let back = sent.is(303).header("location").unwrap().to_owned();
    assert!(
        back.starts_with("/bench?lot=a") && back.contains("tray="),
        "{back}"
    );
    // a form that is sent twice tells nothing new
    send(&one).is(303);
    let page = operator.get(&back);
    page.is(200)
        .shows("Fill 2 cells")
        .shows("Take back the last move");
    assert_eq!(plan(&operator)["moves"], 2);
    let all = form(&page.body, "<aside");
    send(&all).is(303);
    let page = operator.get("/bench?lot=a&tray=T23");
    page.is(200)
        .shows("This tray is full")
        .shows("Take back the last 2 moves");
    assert_eq!(plan(&operator)["moves"], 0);
    operator.get("/bench?lot=a&tray=T22").is(200).hides("gives");
    // viewers look on
    let viewer = nursery.visitor(Role::Viewer);
    viewer
        .get("/bench?lot=a&tray=T23")
        .is(200)
        .hides("/bench/moved");
    // taken back: the plugs are where they were
    let key = &all[0].1;
    let undone = operator.post("/bench/moved/undo", &[("key", key), ("back", &all[2].1)]);
    undone.is(303);
    assert_eq!(plan(&operator)["moves"], 2);
    operator
        .post("/bench/moved/undo", &[("key", key)])
        .is(409)
        .shows("taken back already");
    let ledger = nursery.folder.path().join("line.db.ledger.jsonl");
    let ledger = std::fs::read_to_string(ledger).unwrap();
    assert!(
        ledger.contains("moved_plugs") && ledger.contains("took_back_moves"),
        "{ledger}"
    );
}

#[test]
fn the_tap_for_all_of_a_trays_moves_leaves_out_cells_in_doubt_and_says_so() {
    let nursery = bench();
    let operator = nursery.visitor(Role::Operator);
    // of the three cells to fill one may hold a good plant, which then stays
    for tray in ["T23", "T22"] {
        let page = operator.get(&format!("/bench?lot=a&tray={tray}"));
        page.is(200)
            .shows("Done: 2 plugs, without the ? cells (1)")
            .shows("look first");
        in_chinese(&operator)
            .get(&format!("/bench?lot=a&tray={tray}"))
            .shows("已移 2 株，“?”穴（1 个）除外");
        let all = form(&page.body, "<aside");
        let told: Value = serde_json::from_str(&all[1].1).unwrap();
        let into: Vec<&Value> = told
            .as_array()
            .unwrap()
            .iter()
            .map(|m| &m["into"])
            .collect();
        let expected = [json!({"row": 1, "col": 2}), json!({"row": 1, "col": 4})];
        assert_eq!(into, expected.iter().collect::<Vec<_>>());
    }
    let page = operator.get("/bench?lot=a&tray=T23");
    send(&operator, &form(&page.body, "<aside")).is(303);
    let left = operator.get("/bench?lot=a&tray=T23");
    left.is(200)
        .shows("Fill 1 cell")
        .shows("look first")
        .hides("without the ? cells")
        .hides("is done");
    // somebody looked, and told that one by itself
    send(&operator, &form(&left.body, "<table")).is(303);
    operator
        .get("/bench?lot=a&tray=T23")
        .is(200)
        .shows("This tray is full");
}

#[test]
fn a_program_tells_its_moves_once_however_often_it_sends_them() {
    let nursery = bench();
    let operator = nursery.visitor(Role::Operator);
    let moves = [moved("T22", 14, "T23", 7), moved("T22", 15, "T23", 9)];
    assert_eq!(parsed(tell(&operator, "run-1", &moves).is(201))["moves"], 2);
    let again = parsed(tell(&operator, "run-1", &moves).is(200));
    assert_eq!(
        (&again["before"], &again["moves"]),
        (&true.into(), &2.into())
    );
    tell(&operator, "run-1", &moves[..1]).is(409).shows("run-1");
    let of_tray = parsed(operator.get("/api/v1/moves?tray=T23").is(200));
    assert_eq!(of_tray["moves"].as_array().unwrap().len(), 2);
    assert_eq!(of_tray["moves"][0]["from"]["tray_code"], "T22");
    nursery
        .visitor(Role::Viewer)
        .post("/api/v1/moves", &[("key", "k"), ("moves", "[]")])
        .is(403);
    operator.get("/api/v1/moves?tray=none").is(404);
    let undo = |key: &str| operator.post("/api/v1/moves/undo", &[("key", key)]);
    undo("run-2").is(404);
    undo("run-1").is(201);
    let of_tray = parsed(operator.get("/api/v1/moves?tray=T23").is(200));
    assert_eq!(of_tray["moves"], json!([]));
    assert_ne!(
        parsed(tell(&operator, "run-1", &moves).is(200))["taken_back_at"],
        Value::Null
    );
}

#[test]
fn of_two_who_tell_of_one_plug_at_once_over_different_servers_the_later_is_refused_in_words() {
    let nursery = bench();
    let told = [7, 9].map(|into| {
        move |teller: &Visitor| {
            let move_made = moved("T22", 14, "T23", into);
            tell(teller, &format!("into {into}"), &[move_made])
        }
    });
    let mut replies = at_once(&nursery, Role::Operator, told);
    replies.sort_by_key(|reply| reply.status);
    replies[0].is(201);
    replies[1].is(409).shows("has gone");
    let of_tray = nursery.visitor(Role::Operator);
    let of_tray = parsed(of_tray.get("/api/v1/moves?tray=T22").is(200));
    assert_eq!(of_tray["moves"].as_array().unwrap().len(), 1);
}

#[test]
fn what_cannot_have_been_moved_is_refused_with_its_reason_in_the_language_of_who_asks() {
    let nursery = bench();
    let operator = nursery.visitor(Role::Operator);
    let chinese = in_chinese(&operator);
    tell(&operator, "first", &[moved("T22", 14, "T23", 7)]).is(201);
    let twice = [moved("T22", 15, "T23", 9), moved("T22", 15, "T22", 0)];
    for (key, moves, says, says_in_chinese) in [
        (
            "gone",
            vec![moved("T22", 14, "T23", 9)],
            "has gone",
            "苗已移走",
        ),
        (
            "filled",
            vec![moved("T22", 15, "T23", 7)],
            "was filled already",
            "已补过苗",
        ),
        (
            "none",
            vec![moved("T9", 0, "T23", 9)],
            "No tray called T9",
            "没有判定过名为 T9",
        ),
        (
            "cell",
            vec![moved("T22", 20, "T23", 9)],
            "has no Row 5, column 1",
            "没有 第 5 行",
        ),
        (
            "lots",
            vec![moved("T21", 0, "T23", 9)],
            "without a manager",
            "未经主管同意",
        ),
        (
            "itself",
            vec![moved("T22", 15, "T22", 15)],
            "its own cell",
            "不能从本穴",
        ),
        ("twice", twice.to_vec(), "has gone", "苗已移走"),
    ] {
        tell(&operator, key, &moves).is(409).shows(says);
        tell(&chinese, key, &moves).is(409).shows(says_in_chinese);
    }
    for unfit in [
        "",
        "{}",
        "[]",
        "[{\"tray\":\"T23\"}]",
        "[{\"tray\":\"T23\",\"cleared\":{\"row\":-1,\"col\":0}}]",
    ] {
        operator
            .post("/api/v1/moves", &[("key", "unfit"), ("moves", unfit)])
            .is(400);
    }
    let large = vec![moved("T22", 15, "T23", 9); 1_001];
    tell(&operator, "large", &large).is(400);
    let of_tray = parsed(operator.get("/api/v1/moves?tray=T23").is(200));
    assert_eq!(
        of_tray["moves"].as_array().unwrap().len(),
        1,
        "all of a key or none"
    );
    // cleared, a cell may be filled again; what a later move rests on stays
    let cleared = json!({"tray": "T23", "cleared": {"row": 1, "col": 2}});
    tell(&operator, "cleared", &[cleared, moved("T22", 15, "T23", 7)]).is(201);
    operator
        .post("/api/v1/moves/undo", &[("key", "first")])
        .is(409)
        .shows("touched later");
}

#[test]
fn a_moved_plug_keeps_its_origin_over_every_tray_and_a_later_pass_decides_what_stands() {
    let nursery = bench();
    let operator = nursery.visitor(Role::Operator);
    tell(&operator, "one", &[moved("T22", 14, "T23", 7)]).is(201);
    tell(&operator, "two", &[moved("T23", 7, "T23", 9)]).is(201);
    let store = seedgrade::store::StoreReader::open(&nursery.store()).unwrap();
    let id = |code: &str| store.trays_named(code).unwrap()[0].id;
    let card = |code: &str, cell: usize| {
        operator.get(&format!(
            "/tray?id={}&row={}&col={}",
            id(code),
            cell / 5,
            cell % 5
        ))
    };
    card("T23", 9)
        .is(200)
        .shows("This plug came from")
        .shows("T23 Row 2, column 3")
        .shows("T22 Row 3, column 5");
    card("T22", 14)
        .shows("This plug went to")
        .shows("T23 Row 2, column 3");
    let number = id("T22").to_string();
    let cleared = [
        ("id", number.as_str()),
        ("row", "3"),
        ("col", "0"),
        ("key", "by hand"),
    ];
    operator.post("/tray/cleared", &cleared).is(303);
    card("T22", 15).shows("cleared");
    in_chinese(&operator)
        .get(&format!("/tray?id={}&row=1&col=4", id("T23")))
        .shows("此株来自");
    // as somebody left it, until the tray passes again
    let mut again = coded(23, "a", |cell| if cell == 9 { 0.0 } else { 0.1 });
    again.facts.tray_uid = "base1/line1/2099-01-01/000001".to_owned();
    again.facts.captured_at = Some("2099-01-01T08:00:00Z".to_owned());
    again.facts.pass = 2;
    add(&nursery.store(), &[again]);
    let plan = plan(&operator);
    let here: Vec<&Value> = plan["trays"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|tray| tray["tray_code"] == "T23")
        .collect();
    assert_eq!(here.len(), 1, "a tray that passed twice stands there once");
    assert_eq!(here[0]["good"], 18);
    tell(&operator, "three", &[moved("T22", 16, "T23", 9)]).is(201);
}

#[test]
fn a_report_says_how_many_plugs_of_other_lots_stand_in_it_and_holds_after_they_are_taken_back() {
    let nursery = bench();
    let operator = nursery.visitor(Role::Operator);
    let consent = Statement::LotConsent(LotConsent {
        at: "2026-11-24T09:00:00Z".to_owned(),
        who: "manager".to_owned(),
        lots: TwoLots::of("a", "b").unwrap(),
        mixed: true,
        why: "same seed".to_owned(),
    });
    let mut writer = StatementWriter::open(&nursery.store(), Duration::from_secs(2)).unwrap();
    writer.add(&consent).unwrap();
    let report = |lot: &str| {
        let reply = operator.get(&format!("/api/v1/lots/{lot}/certificate"));
        Certificate::parse(reply.is(200).body.as_bytes()).unwrap()
    };
    let before = report("a");
    let id = |pass: usize| {
        let store = seedgrade::store::StoreReader::open(&nursery.store()).unwrap();
        store.trays_named("T23").unwrap()[pass].id
    };
    let came_from = |pass: usize| {
        let card = operator.get(&format!("/tray?id={}&row=1&col=2", id(pass)));
        card.is(200).body.contains("This plug came from")
    };
    tell(
        &operator,
        "mixed",
        &[moved("T21", 0, "T23", 7), moved("T21", 1, "T22", 0)],
    )
    .is(201);
    let mixed = report("a");
    assert_eq!(
        (before.plugs_of_other_lots, mixed.plugs_of_other_lots),
        (0, 2)
    );
    assert_eq!(
        mixed.summary, before.summary,
        "what stands judged is counted"
    );
    assert_eq!(report("b").plugs_of_other_lots, 0);
    operator
        .get("/certificate?lot=a")
        .is(200)
        .shows("2 plugs that were moved in from other lots");
    in_chinese(&operator)
        .get("/certificate?lot=a")
        .shows("2 株自其他批次补入");
    assert!(came_from(0));
    // a later pass saw that one of them fell out: it stands there no more
    let mut again = coded(23, "a", |cell| if cell == 7 { 0.0 } else { 0.1 });
    again.facts.tray_uid = "base1/line1/2099-01-01/000001".to_owned();
    again.facts.captured_at = Some("2099-01-01T08:00:00Z".to_owned());
    again.facts.pass = 2;
    add(&nursery.store(), &[again]);
    let fallen = report("a");
    assert_eq!(fallen.plugs_of_other_lots, 1);
    assert!(came_from(0) && !came_from(1));
    operator
        .post("/api/v1/moves/undo", &[("key", "mixed")])
        .is(201);
    assert_eq!(report("a").plugs_of_other_lots, 0);
    let stores = [seedgrade::store::StoreReader::open(&nursery.store()).unwrap()];
    let known = |_: &str| Some(seedgrade::grade::GradingStandard::embedded());
    for handed_over in [before, mixed, fallen] {
        let found = seedgrade::certificate::holding(&handed_over, &stores, &known).unwrap();
        assert_eq!(found.differences, Vec::<String>::new());
    }
    let of_lot = operator.get(&format!("/certificate?lot={LOT}"));
    of_lot.is(200).hides("Plugs of other lots");
}
