//! How many trays a lot has and how many plants are ordered of it: stated by people, used wherever a lot is looked at.

use seedgrade::certificate::Certificate;
use seedgrade::grade::GradingStandard;
use seedgrade::review::Role;
use serde_json::Value;

use crate::client::{Reply, Visitor};
use crate::nursery::Nursery;

const LOT: &str = "2026-11-A";

fn json(reply: &Reply) -> Value {
    serde_json::from_str(&reply.body).unwrap()
}

fn state(visitor: &Visitor, trays: &str, ordered: &str) {
    let said = [("lot", LOT), ("trays", trays), ("ordered", ordered)];
    visitor.post("/lot/size", &said).is(303);
}

#[test]
fn the_last_statement_of_a_lots_size_decides_and_the_earlier_ones_stay_with_who_and_when() {
    let nursery = Nursery::open();
    let operator = nursery.visitor(Role::Operator);
    let page = || operator.get(&format!("/lot?lot={LOT}"));
    page().is(200).shows("Nobody has stated yet");
    let size = || json(operator.get(&format!("/api/v1/lot/size?lot={LOT}")).is(200));
    assert_eq!(size()["holds"], Value::Null);
    state(&operator, "12", "");
    let manager = nursery.visitor(Role::Manager);
    let told = [("lot", LOT), ("trays", "10"), ("ordered", "200")];
    let told = manager.post("/api/v1/lot/size", &told);
    assert_eq!(json(told.is(201))["who"], "manager");
    let stated = size();
    assert_eq!(
        (&stated["holds"]["trays"], &stated["holds"]["ordered"]),
        (&10.into(), &200.into())
    );
    assert_eq!(stated["stated"][1]["who"], "operator");
    assert_eq!(stated["stated"][1]["ordered"], Value::Null);
    page()
        .shows("4 of 10")
        .shows("of 200 ordered")
        .shows("144 missing");
    operator
        .get("/lots")
        .is(200)
        .shows("4 / 10")
        .shows("144 missing");
    let lot = json(&operator.get(&format!("/api/v1/lot?lot={LOT}")));
    assert_eq!(
        (&lot["lot_trays"], &lot["ordered"]),
        (&10.into(), &200.into())
    );
    let ledger = nursery.folder.path().join("line.db.ledger.jsonl");
    let ledger = std::fs::read_to_string(ledger).unwrap();
    assert!(
        ledger.contains("2026-11-A: 10 trays, 200 plants"),
        "{ledger}"
    );
}

#[test]
fn what_is_no_size_and_what_a_viewer_states_is_refused_and_a_script_is_text() {
    let nursery = Nursery::open();
    let operator = nursery.visitor(Role::Operator);
    for (trays, ordered) in [
        ("0", ""),
        ("-3", ""),
        ("many", ""),
        ("", "1e9"),
        ("", "99999999999"),
    ] {
        let said = [("lot", LOT), ("trays", trays), ("ordered", ordered)];
        operator.post("/lot/size", &said).is(400);
    }
    let lots = ["", " ", &"x".repeat(81)];
    for lot in lots {
        operator
            .post("/lot/size", &[("lot", lot), ("trays", "3")])
            .is(400);
    }
    let said = [("lot", LOT), ("trays", "12")];
    nursery
        .visitor(Role::Viewer)
        .post("/lot/size", &said)
        .is(403);
    operator
        .post_raw("/lot/size", "lot=2026-11-A&trays=12", "")
        .is(403);
    let script = "<script>alert(1)</script>";
    operator
        .post("/lot/size", &[("lot", script), ("trays", "3")])
        .is(303);
    operator
        .get(&format!(
            "/api/v1/lot/size?lot={}",
            crate::client::encoded(script)
        ))
        .is(200)
        .shows("\"trays\":3");
    nursery
        .visitor(Role::Manager)
        .get("/system")
        .hides("<script>alert");
}

#[test]
fn whoever_begins_a_job_states_its_lots_size_and_empty_fields_leave_what_holds() {
    let nursery = Nursery::open();
    let operator = nursery.visitor(Role::Operator);
    let standard = GradingStandard::embedded();
    let begin = |trays: &str, ordered: &str| {
        let job = [
            ("lot", LOT),
            ("variety", "tomato"),
            ("standard", standard.digest()),
            ("tray", "4x5"),
            ("lot_trays", trays),
            ("ordered", ordered),
        ];
        operator.post("/api/v1/jobs/begin", &job).is(202);
        json(&operator.get(&format!("/api/v1/lot/size?lot={LOT}")))
    };
    let stated = begin("40", "");
    assert_eq!(
        (&stated["holds"]["trays"], &stated["holds"]["ordered"]),
        (&40.into(), &Value::Null)
    );
    assert_eq!(begin("", "")["stated"].as_array().unwrap().len(), 1);
    let stated = begin("", "700");
    assert_eq!(
        (&stated["holds"]["trays"], &stated["holds"]["ordered"]),
        (&40.into(), &700.into())
    );
}

#[test]
fn the_live_page_says_how_far_the_lot_is_and_what_its_order_lacks() {
    let nursery = Nursery::open();
    let operator = nursery.visitor(Role::Operator);
    let live = operator.get("/live/now");
    live.is(200).shows("56 plants to sell").hides("missing");
    state(&operator, "12", "100");
    // what was drawn before is not shown again
    let live = operator.get("/live/now");
    live.is(200)
        .shows("of 12 trays")
        .shows("of 100 ordered")
        .shows("44 missing");
    state(&operator, "12", "50");
    operator.get("/live/now").is(200).shows("the order is met");
    let mut chinese = operator.clone();
    chinese.cookie = chinese.cookie.replace("language=en", "language=zh-CN");
    chinese
        .get("/live/now")
        .is(200)
        .shows("/ 12 盘")
        .shows("订单已够");
}

#[test]
fn what_if_takes_the_lots_order_where_no_other_is_asked_about() {
    let nursery = Nursery::open();
    let operator = nursery.visitor(Role::Operator);
    state(&operator, "", "100");
    let digest = GradingStandard::embedded().digest().replace(':', "%3A");
    let asked = |query: &str| {
        operator.get(&format!(
            "/what-if/outcome?standard={digest}&lot={LOT}&{query}"
        ))
    };
    asked("")
        .is(200)
        .shows("Missing to the order of 100")
        .shows("<strong>44</strong>");
    asked("ordered=80")
        .is(200)
        .shows("Missing to the order of 80");
    let page = operator.get(&format!("/what-if?standard={digest}&lot={LOT}"));
    page.is(200).shows("placeholder=\"100\"");
}

#[test]
fn a_report_says_whether_the_lot_was_sampled_and_the_interval_is_as_wide_as_before() {
    let nursery = Nursery::open();
    let operator = nursery.visitor(Role::Operator);
    let report = || {
        let reply = operator.get(&format!("/api/v1/lots/{LOT}/certificate"));
        Certificate::parse(reply.is(200).body.as_bytes()).unwrap()
    };
    let page = || operator.get(&format!("/certificate?lot={LOT}"));
    let not_stated = report();
    assert_eq!(not_stated.lot_size, None);
    page().is(200).shows("the lot's size was not stated");
    for (trays, says) in [
        ("120", "sampled: 4 of 120 trays"),
        ("4", "the whole lot: 4 trays"),
        (
            "3",
            "4 trays were inspected, more than the 3 that were stated",
        ),
    ] {
        state(&operator, trays, "");
        page().is(200).shows(says).shows("stated by operator");
        assert_eq!(report().meets, not_stated.meets, "{trays}");
    }
    state(&operator, "120", "");
    let sampled = report();
    page().shows("random sample");
    let mut chinese = operator.clone();
    chinese.cookie = chinese.cookie.replace("language=en", "language=zh-CN");
    chinese
        .get(&format!("/certificate?lot={LOT}"))
        .is(200)
        .shows("抽检：120 盘中的 4 盘");
    // each holds as it was handed over, whatever was stated since
    state(&operator, "8", "");
    let stores = [seedgrade::store::StoreReader::open(&nursery.store()).unwrap()];
    let known = |_: &str| Some(GradingStandard::embedded());
    for handed_over in [not_stated, sampled] {
        let found = seedgrade::certificate::holding(&handed_over, &stores, &known).unwrap();
        assert_eq!((found.differences, found.passes_since), (Vec::new(), 0));
    }
}
