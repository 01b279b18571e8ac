//! What people say stands beside the judgement.

use seedgrade::grade::GradingStandard;
use seedgrade::review::Role;
use seedgrade::store::{CorrectionFilter, CorrectionKind, StatedVerdict, StoreReader};

use crate::client::Visitor;
use crate::nursery::Nursery;

fn corrections(nursery: &Nursery) -> Vec<seedgrade::store::Correction> {
    let reader = StoreReader::open(&nursery.store()).unwrap();
    let all = reader.corrections(&CorrectionFilter::default()).unwrap();
    all.into_iter().map(|(_, correction)| correction).collect()
}

#[test]
fn a_correction_names_who_before_and_after_and_leaves_the_judgement_as_it_was() {
    let nursery = Nursery::open();
    let operator = nursery.visitor(Role::Operator);
    let before = StoreReader::open(&nursery.store())
        .unwrap()
        .report(2)
        .unwrap();
    let fields = [
        ("id", "2"),
        ("row", "0"),
        ("col", "0"),
        ("verdict", "blank"),
        ("why", "moss"),
    ];
    operator.post("/correct", &fields).is(303);
    let said = corrections(&nursery);
    assert_eq!(said.len(), 1);
    assert_eq!(said[0].who, "operator");
    assert_eq!(said[0].before, Some(StatedVerdict::Graded("A".to_owned())));
    assert_eq!(said[0].kind.after(), Some(&StatedVerdict::Blank));
    assert_eq!(said[0].why.as_deref(), Some("moss"));
    let after = StoreReader::open(&nursery.store())
        .unwrap()
        .report(2)
        .unwrap();
    assert_eq!(before, after);
    operator
        .get("/tray?id=2&row=0&col=0")
        .shows("moss")
        .shows("operator");
    let ledger = nursery.folder.path().join("line.db.ledger.jsonl");
    assert!(
        std::fs::read_to_string(ledger)
            .unwrap()
            .contains("\"corrected\"")
    );
}

#[test]
fn a_verdict_that_the_standard_does_not_have_is_refused() {
    let nursery = Nursery::open();
    let operator = nursery.visitor(Role::Operator);
    for verdict in ["graded:Z", "", "fine"] {
        let fields = [
            ("id", "2"),
            ("row", "0"),
            ("col", "0"),
            ("verdict", verdict),
        ];
        operator.post("/correct", &fields).is(400);
    }
    operator
        .post(
            "/correct",
            &[
                ("id", "2"),
                ("row", "70"),
                ("col", "0"),
                ("verdict", "blank"),
            ],
        )
        .is(404);
    assert!(corrections(&nursery).is_empty());
}

#[test]
fn a_cell_that_was_reviewed_leaves_the_queue() {
    let nursery = Nursery::open();
    let operator = nursery.visitor(Role::Operator);
    operator.get("/review").is(200).shows("3 cells left");
    let fields = [
        ("id", "4"),
        ("row", "0"),
        ("col", "3"),
        ("verdict", "double"),
        ("skip", "0"),
    ];
    let sent = operator.post("/correct", &fields);
    assert_eq!(sent.header("location"), Some("/review?skip=0"));
    operator.get("/review").shows("2 cells left");
}

#[test]
fn a_correction_is_taken_back_with_one_tap_and_both_stay_on_record() {
    let nursery = Nursery::open();
    let operator = nursery.visitor(Role::Operator);
    operator.get("/review").hides("Take back");
    let at = [("id", "4"), ("row", "0"), ("col", "3")];
    let say = |verdict: &str| {
        let fields = [&at[..], &[("verdict", verdict), ("skip", "0")]].concat();
        operator.post("/correct", &fields).is(303);
    };
    say("double");
    say("blank");
    operator
        .get("/review")
        .shows("2 cells left")
        .shows("Take back: Row 1, column 4 · blank");
    // what somebody else said is theirs to take back in the queue
    nursery
        .visitor(Role::Manager)
        .get("/review")
        .hides("Take back");
    let undo = || operator.post("/correct/undo", &[&at[..], &[("skip", "0")]].concat());
    let next = undo();
    assert_eq!(next.is(303).header("location"), Some("/review?skip=0"));
    operator
        .get("/review")
        .shows("2 cells left")
        .shows("Row 1, column 4 · double");
    let holds = || {
        let reader = StoreReader::open(&nursery.store()).unwrap();
        let tray = reader.tray(4).unwrap();
        reader.said_of_cells(&tray.uid, tray.pass).unwrap()
    };
    assert_eq!(holds().get(&(0, 3)), Some(&StatedVerdict::Double));
    undo().is(303);
    operator
        .get("/review")
        .shows("3 cells left")
        .hides("Take back");
    assert!(holds().is_empty(), "no label is left of it");
    assert_eq!(corrections(&nursery).len(), 4);
    operator
        .get("/tray?id=4")
        .shows("the one before was taken back");
    undo().is(400);
    // whoever writes the same words as a reason takes nothing back
    let fields = [&at[..], &[("verdict", "blank"), ("why", "taken back")]].concat();
    operator.post("/correct", &fields).is(303);
    operator.get("/review").shows("2 cells left");
}

/// The hidden field of the form on a page.
fn field(page: &str, name: &str) -> String {
    let after = page
        .split(&format!("name=\"{name}\" value=\""))
        .nth(1)
        .unwrap();
    after.split('"').next().unwrap().to_owned()
}

fn answer_next(visitor: &Visitor, verdict: &str) -> bool {
    let page = visitor.get("/audit").body;
    if !page.contains("action=\"/audit/answer\"") {
        return false;
    }
    // blind: the close-up shows no mark
    let closeup = page
        .split("closeup")
        .nth(1)
        .unwrap()
        .split("</div>")
        .next()
        .unwrap();
    assert!(closeup.contains("class=\"asked\"") && !closeup.contains("class=\"mark\""));
    let place = ["id", "row", "col"].map(|name| field(&page, name));
    let fields = [
        ("id", &*place[0]),
        ("row", &*place[1]),
        ("col", &*place[2]),
        ("verdict", verdict),
    ];
    visitor.post("/audit/answer", &fields).is(303);
    true
}

#[test]
fn programs_see_the_queue_correct_a_cell_and_take_it_back() {
    let nursery = Nursery::open();
    let operator = nursery.visitor(Role::Operator);
    let json = |reply: crate::client::Reply| -> serde_json::Value {
        serde_json::from_str(&reply.body).unwrap()
    };
    let queue = || {
        let reply = operator.get("/api/v1/queue");
        reply.is(200);
        json(reply)
    };
    let before = queue();
    let least_certain = before["waiting"][0].clone();
    let [id, row, col] = ["id", "row", "col"].map(|field| least_certain[field].to_string());
    let cell = [("id", &*id), ("row", &*row), ("col", &*col)];
    let said = [&cell[..], &[("verdict", "blank"), ("why", "moss")]].concat();
    let added = operator.post("/api/v1/corrections/add", &said);
    added.is(201);
    assert_eq!(json(added)["after"], "blank");
    let count = |of: &serde_json::Value, field: &str| of[field].as_u64().unwrap();
    let after = queue();
    assert_eq!(count(&after, "left") + 1, count(&before, "left"));
    assert_eq!(count(&after, "done"), count(&before, "done") + 1);
    let history = || {
        let reply = operator.get(&format!("/api/v1/corrections?id={id}"));
        reply.is(200);
        json(reply)
    };
    assert_eq!(history()[0]["why"], "moss");
    operator.post("/api/v1/corrections/undo", &cell).is(201);
    assert_eq!(queue()["left"], before["left"]);
    assert_eq!(
        history().as_array().unwrap().len(),
        2,
        "both stay on record"
    );
    operator.post("/api/v1/corrections/undo", &cell).is(400);
    let nonsense = [&cell[..], &[("verdict", "splendid")]].concat();
    operator.post("/api/v1/corrections/add", &nonsense).is(400);
    nursery
        .visitor(Role::Viewer)
        .post("/api/v1/corrections/add", &said)
        .is(403);
}

#[test]
fn an_audit_is_blind_drawn_at_random_and_alone_gives_the_accuracy() {
    let nursery = Nursery::open();
    let operator = nursery.visitor(Role::Operator);
    // a cell that nobody drew cannot be answered
    operator.post(
        "/audit/answer",
        &[
            ("id", "2"),
            ("row", "0"),
            ("col", "0"),
            ("verdict", "blank"),
        ],
    );
    assert!(corrections(&nursery).is_empty());
    operator.post("/audit/draw", &[]).is(303);
    let drawn = corrections(&nursery);
    assert_eq!(drawn.len(), 50);
    assert!(drawn.iter().all(|said| said.kind == CorrectionKind::Audit));
    let mut answered = 0;
    while answer_next(&operator, "graded:A") {
        answered += 1;
    }
    assert_eq!(answered, 50);
    operator
        .get("/audit")
        .shows("n = 50")
        .shows("is not known yet")
        .shows("seedgrade (rows) and people (columns)");
    // a second person is asked some of the same cells
    let manager = nursery.visitor(Role::Manager);
    manager.post("/audit/draw", &[]).is(303);
    while answer_next(&manager, "graded:A") {}
    manager
        .get("/audit")
        .shows("manager · operator")
        .shows("100.0 %")
        .shows("people agree among themselves on 100.0 %")
        .shows("Fleiss' κ");
    let audit: serde_json::Value =
        serde_json::from_str(&manager.get("/api/v1/audit").is(200).body).unwrap();
    assert_eq!(
        audit["people"][0]["people"],
        serde_json::json!(["manager", "operator"])
    );
    assert_eq!(audit["inspection"]["n"], 100);
    assert_eq!(
        audit["among_people"]["n"],
        audit["among_people"]["unanimous"]
    );
}

#[test]
fn what_if_tells_how_many_plants_are_missing_to_an_order_of_a_whole_lot_and_of_one_that_was_sampled()
 {
    let nursery = Nursery::open();
    let viewer = nursery.visitor(Role::Viewer);
    let digest = GradingStandard::embedded().digest().replace(':', "%3A");
    let asked = |lot: &str, query: &str| {
        viewer.get(&format!(
            "/what-if/outcome?standard={digest}&lot={lot}&{query}"
        ))
    };
    // 3 trays of 20 cells, each with one in doubt and one of them with a blank
    asked("2026-11-A", "ordered=100")
        .is(200)
        .shows("Missing to the order of 100")
        .shows("<strong>44</strong>");
    asked("2026-11-A", "ordered=50").is(200).shows("enough");
    let json = |query: &str| -> serde_json::Value {
        let reply = viewer.get(&format!(
            "/api/v1/what-if?standard={digest}&lot=2026-11-A&{query}"
        ));
        serde_json::from_str(&reply.is(200).body).unwrap()
    };
    let moved = json("ordered=100&g0c0=0.11");
    assert_eq!(moved["after"]["missing"], 44.0);
    assert_eq!(moved["trays_changed"], 1);
    assert_eq!(moved["cells_changed"]["hits"], 29);
    assert_eq!(moved["changed"][0]["cells"][3], serde_json::json!([0, 4]));
    asked("2026-11-A", "").is(200).hides("Missing to the order");
    asked("2026-11-A", "ordered=many")
        .is(400)
        .shows("expected a whole number of plants");
    crate::nursery::add(&nursery.store(), &crate::pages::large_lot());
    let of_large = asked("large", "ordered=10000");
    of_large.is(200).shows("Plants to sell, whole lot");
    let missing = of_large.body.split("class=\"missing\"").nth(1).unwrap();
    assert!(
        missing.contains("class=\"doubt\""),
        "of a sampled lot nobody knows it exactly: {missing}"
    );
}

#[test]
fn moved_limits_are_judged_at_once_and_saved_as_a_new_version_with_a_reason() {
    let nursery = Nursery::open();
    let manager = nursery.visitor(Role::Manager);
    let standard = GradingStandard::embedded();
    let digest = standard.digest();
    let query = format!("standard={}&lot=2026-11-A", digest.replace(':', "%3A"));
    manager
        .get(&format!("/what-if/outcome?{query}"))
        .shows("0 of 3 trays change grade");
    let strict = manager.get(&format!("/what-if/outcome?{query}&g0c0=0.11"));
    strict
        .is(200)
        .shows("1 of 3 trays changes grade")
        .hides("0 of 3 trays");
    // of a tray whose own grade stays every second plant falls under the moved limit: these cells, and no others
    let changed = strict.body.split("class=\"cells\"").nth(2).unwrap();
    let cells = changed.split("</p>").next().unwrap();
    for at in (0..20).step_by(2) {
        let place = format!("row={}&amp;col={}#cell", at / 5, at % 5);
        assert!(cells.contains(&place), "{place} in {cells}");
    }
    assert_eq!(cells.matches("#cell").count(), 10, "{cells}");
    manager
        .get(&format!("/what-if/outcome?{query}&g0c1=-1"))
        .shows("cannot hold");
    let save = |fields: &[(&str, &str)]| manager.post("/standards/save", fields);
    save(&[("standard", digest), ("g0c0", "0.11")]).is(400);
    save(&[("standard", digest), ("reason", "none moved")]).is(400);
    save(&[
        ("standard", digest),
        ("g0c0", "0.11"),
        ("reason", "the buyer asks for more"),
    ])
    .is(303);
    save(&[
        ("standard", digest),
        ("g0c0", "0.12"),
        ("reason", "more still"),
    ])
    .is(303);
    let stored = StoreReader::open(&nursery.store())
        .unwrap()
        .standards()
        .unwrap();
    let versions: Vec<_> = stored.iter().map(|s| (s.version, s.who.as_str())).collect();
    assert_eq!(versions, [(3, "manager"), (4, "manager")]);
    let page = manager.get("/standards");
    page.shows("vegetable-plug@4")
        .shows("vegetable-plug@2")
        .shows("the buyer asks for more");
    let text = manager.get(&format!(
        "/standards/text?digest={}",
        stored[0].standard_digest.replace(':', "%3A")
    ));
    assert_eq!(
        GradingStandard::parse(&text.body).unwrap().digest(),
        stored[0].standard_digest
    );
}
