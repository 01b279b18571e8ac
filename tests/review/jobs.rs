//! Jobs begun, changed over by a card and ended on the pages; what the line says to them.

use seedgrade::grade::GradingStandard;
use seedgrade::review::Role;
use seedgrade::store::{
    EventRecord, JobFacts, LotFacts, Ordered, Record, Statement, StatementWriter, StoreReader,
    StoreWriter, WriterParams,
};

use crate::client::Reply;
use crate::nursery::Nursery;

/// What the line would answer to the last order.
pub fn answers(nursery: &Nursery, kind: &str, message: &str) {
    let reader = StoreReader::open(&nursery.store()).unwrap();
    let (number, order) = reader.last_job_order().unwrap().unwrap();
    let writer = StoreWriter::open(&nursery.store(), WriterParams::default()).unwrap();
    if let ("job_changed", Ordered::Begin { job, what }) = (kind, order.ordered) {
        writer.write(Record::Statement(Statement::Job(JobFacts {
            at: "2026-11-24T09:00:00Z".to_owned(),
            who: "line".to_owned(),
            job: job.into(),
            lot: what.lot,
            standard: Some("vegetable-plug@1".to_owned()),
            note: None,
        })));
    }
    writer.write(Record::Event(EventRecord {
        at: "2026-11-24T09:00:00Z".to_owned(),
        kind: kind.to_owned(),
        message: message.to_owned(),
        detail: Some(serde_json::json!({ "order": number })),
    }));
    assert_eq!(writer.close().lost, 0);
}

fn last(nursery: &Nursery) -> Option<Ordered> {
    let reader = StoreReader::open(&nursery.store()).unwrap();
    let last = reader.last_job_order().unwrap();
    last.map(|(_, order)| {
        assert_eq!(order.who, "operator");
        order.ordered
    })
}

fn orders(nursery: &Nursery) -> usize {
    let reader = StoreReader::open(&nursery.store()).unwrap();
    reader.newest_job_orders(100).unwrap().len()
}

/// The lot and the job's number of the last order.
#[track_caller]
fn begun(nursery: &Nursery) -> (String, u16, (u32, u32)) {
    match last(nursery) {
        Some(Ordered::Begin { job, what }) => (what.lot, job, (what.rows, what.cols)),
        other => panic!("no job begun: {other:?}"),
    }
}

fn begin(nursery: &Nursery, fields: &[(&str, &str)]) -> Reply {
    let standard = GradingStandard::embedded();
    let mut all = vec![("store", "0"), ("standard", standard.digest())];
    all.extend(fields);
    nursery.visitor(Role::Operator).post("/jobs/begin", &all)
}

const PEPPERS: [(&str, &str); 3] = [("lot", "P-12"), ("variety", "pepper"), ("tray", "10x20")];

#[test]
fn a_job_that_is_begun_waits_for_the_line_and_shows_its_refusal_with_the_reason() {
    let nursery = Nursery::open();
    begin(&nursery, &PEPPERS).is(303);
    assert_eq!(begun(&nursery), ("P-12".to_owned(), 1, (10, 20)));
    let viewer = nursery.visitor(Role::Viewer);
    viewer.get("/jobs").is(200).shows("Waits for the line");
    answers(&nursery, "job_refused", "route elsewhere has no gate");
    viewer
        .get("/jobs")
        .is(200)
        .shows("goes on as it was")
        .shows("route elsewhere has no gate")
        .hides("Waits for the line")
        .hides("<h1 class=\"answer\">Lot P-12");
    // as a line does that was started anew
    answers(&nursery, "job_ended", "trays go to the safe gate");
    viewer
        .get("/jobs")
        .is(200)
        .shows("stands without a job")
        .hides("goes on as it was");
    begin(&nursery, &PEPPERS).is(303);
    assert_eq!(orders(&nursery), 2, "what was refused may be asked again");
    answers(&nursery, "job_changed", "job 1");
    viewer
        .get("/jobs")
        .is(200)
        .shows("Lot P-12")
        .hides("Waits for the line");
}

#[test]
fn a_scanned_card_changes_over_once_and_a_lots_own_code_does_as_it_was_ordered() {
    let nursery = Nursery::open();
    let operator = nursery.visitor(Role::Operator);
    let scan = |code: &str| operator.post("/jobs/scan", &[("store", "0"), ("code", code)]);
    let card = [("card", "TR-0042"), ("only", "card")];
    begin(&nursery, &[PEPPERS.as_slice(), card.as_slice()].concat()).is(303);
    assert_eq!(last(&nursery), None, "a recorded card begins nothing");
    scan("TR-0042\n").is(303);
    assert_eq!(begun(&nursery), ("P-12".to_owned(), 1, (10, 20)));
    answers(&nursery, "job_changed", "job 1");
    scan("TR-0042").is(303);
    assert_eq!(orders(&nursery), 1, "scanned twice");
    let cucumbers = [("lot", "C-3"), ("variety", "cucumber"), ("tray", "6x12")];
    begin(&nursery, &cucumbers).is(303);
    assert_eq!(begun(&nursery), ("C-3".to_owned(), 2, (6, 12)));
    answers(&nursery, "job_changed", "job 2");
    scan("P-12").is(303);
    assert_eq!(
        begun(&nursery).1,
        1,
        "the lot that comes back is the job it was"
    );
    let told = std::fs::read_to_string(nursery.folder.path().join("line.db.ledger.jsonl"));
    assert!(told.unwrap().contains("scanned_card"));
}

#[test]
fn a_lot_that_was_judged_before_is_known_by_its_name_once_somebody_said_its_variety() {
    let nursery = Nursery::open();
    let operator = nursery.visitor(Role::Operator);
    let scan = || operator.post("/jobs/scan", &[("store", "0"), ("code", "2026-11-A")]);
    // a code that nobody knows may be somebody's badge: it stands in no address
    let unknown = scan();
    unknown
        .is(200)
        .shows("Nobody has said what 2026-11-A is")
        .shows("value=\"2026-11-A\"");
    assert_eq!(unknown.header("location"), None);
    assert_eq!(last(&nursery), None);
    let facts = LotFacts {
        at: "2026-11-24T08:00:00Z".to_owned(),
        who: "Li Na".to_owned(),
        lot: "2026-11-A".to_owned(),
        variety: Some("tomato".to_owned()),
        ..LotFacts::default()
    };
    StatementWriter::open(&nursery.store(), std::time::Duration::from_secs(5))
        .unwrap()
        .add(&Statement::Lot(facts))
        .unwrap();
    scan().is(303);
    assert_eq!(begun(&nursery), ("2026-11-A".to_owned(), 1, (4, 5)));
}

#[test]
fn a_code_that_nobody_knows_changes_nothing_and_asks_what_stands_there() {
    let nursery = Nursery::open();
    let operator = nursery.visitor(Role::Operator);
    let reply = operator.post("/jobs/scan", &[("store", "0"), ("code", "<b>?")]);
    reply
        .is(200)
        .shows("nothing was changed")
        .shows("value=\"&lt;b&gt;?\"")
        .shows("then=/jobs%3Fstore%3D0")
        .hides("<b>?");
    assert_eq!(last(&nursery), None);
}

#[test]
fn an_ended_job_is_told_and_what_does_not_fit_is_refused() {
    let nursery = Nursery::open();
    begin(&nursery, &PEPPERS).is(303);
    answers(&nursery, "job_changed", "job 1");
    let operator = nursery.visitor(Role::Operator);
    operator.post("/jobs/end", &[("store", "0")]).is(303);
    assert_eq!(last(&nursery), Some(Ordered::End));
    answers(&nursery, "job_ended", "");
    operator
        .get("/jobs")
        .is(200)
        .shows("No job")
        .shows("safe gate");
    for (field, value) in [
        ("lot", ""),
        ("variety", "a\nb"),
        ("tray", "10"),
        ("tray", "0x5"),
        ("pitch", "-3"),
        ("standard", "sha256:none"),
    ] {
        let digest = GradingStandard::embedded().digest().to_owned();
        let mut all = PEPPERS.to_vec();
        all.extend([("store", "0"), ("standard", &digest), ("pitch", "")]);
        all.retain(|(name, _)| *name != field);
        all.push((field, value));
        operator.post("/jobs/begin", &all).is(400);
    }
    assert_eq!(orders(&nursery), 2);
    operator.post("/jobs/end", &[("store", "7")]).is(404);
}

#[test]
fn programs_order_jobs_as_people_do_and_read_what_became_of_them() {
    let nursery = Nursery::open();
    let operator = nursery.visitor(Role::Operator);
    let json = |reply: &Reply| -> serde_json::Value { serde_json::from_str(&reply.body).unwrap() };
    let jobs = json(operator.get("/api/v1/jobs?store=0").is(200));
    assert_eq!(jobs["token"], operator.token.as_str());
    assert_eq!(jobs["orders"], serde_json::json!([]));
    let standard = GradingStandard::embedded();
    let mut fields = PEPPERS.to_vec();
    fields.extend([("standard", standard.digest()), ("card", "TR-0042")]);
    let taken = json(operator.post("/api/v1/jobs/begin", &fields).is(202));
    assert_eq!(taken["orders"][0]["outcome"], "waits");
    assert_eq!(taken["orders"][0]["what"]["lot"], "P-12");
    answers(&nursery, "job_changed", "job 1");
    let jobs = json(operator.get("/api/v1/jobs").is(200));
    assert_eq!(
        (&jobs["now"]["lot"], &jobs["stands"]),
        (&"P-12".into(), &false.into())
    );
    operator.post("/api/v1/jobs/end", &[]).is(202);
    answers(&nursery, "job_ended", "");
    assert_eq!(json(operator.get("/api/v1/jobs").is(200))["stands"], true);
    let scan = |code: &str| operator.post("/api/v1/jobs/change-over", &[("code", code)]);
    scan("nobody knows it").is(404).shows("\"error\"");
    let changed = json(scan("TR-0042").is(202));
    assert_eq!(changed["orders"][0]["ordered"], "begin");
    operator
        .post("/api/v1/jobs/begin", &[("lot", "P-12")])
        .is(400);
    operator.post("/api/v1/jobs/end", &[("store", "7")]).is(404);
    operator.post_raw("/api/v1/jobs/end", "store=0", "").is(403);
}

#[test]
fn the_list_of_orders_is_drawn_anew_by_itself() {
    let nursery = Nursery::open();
    let viewer = nursery.visitor(Role::Viewer);
    viewer
        .get("/jobs")
        .is(200)
        .shows("data-part=\"/jobs/orders?store=0\"");
    let mut news = viewer.news();
    begin(&nursery, &PEPPERS).is(303);
    // an order alone, to which no line has said anything, is news
    let mut line = String::new();
    while !line.starts_with("event: news") {
        line.clear();
        assert!(std::io::BufRead::read_line(&mut news, &mut line).unwrap() > 0);
    }
    viewer
        .get("/jobs/orders?store=0")
        .is(200)
        .shows("P-12")
        .hides("<form");
}
