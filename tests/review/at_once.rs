//! What two people do at the same moment over two servers on one store; a store's file that is replaced below the pages.

use std::time::Duration;

use seedgrade::grade::GradingStandard;
use seedgrade::review::{ReviewServer, Role};
use seedgrade::store::{CorrectionFilter, CorrectionKind, HeldStores, Ordered, StoreReader};

use crate::client::{Reply, Visitor};
use crate::nursery::{Nursery, PASSWORD, add, settings, tray};

/// Has both asked at once, each over a server of its own, by somebody of that role.
pub fn at_once<A>(nursery: &Nursery, role: Role, asked: [A; 2]) -> [Reply; 2]
where
    A: FnOnce(&Visitor) -> Reply + Send + 'static,
{
    let other = ReviewServer::start(settings(vec![nursery.store()], "127.0.0.1:0")).unwrap();
    let elsewhere = Visitor::named(other.address(), role.name(), PASSWORD);
    // nobody writes before both have looked, if they look before they write alone
    let held = HeldStores::take(&nursery.store(), &[], Duration::from_secs(2)).unwrap();
    let mut visitors = [nursery.visitor(role), elsewhere].into_iter();
    let sent = asked.map(|ask| {
        let visitor = visitors.next().unwrap();
        std::thread::spawn(move || ask(&visitor))
    });
    let until_both_asked = Duration::from_millis(400);
    std::thread::sleep(until_both_asked);
    drop(held);
    sent.map(|sent| sent.join().unwrap())
}

/// Sends a form.
fn post(
    path: &'static str,
    fields: Vec<(&'static str, String)>,
) -> impl FnOnce(&Visitor) -> Reply + Send + 'static {
    move |visitor| {
        let fields: Vec<_> = fields.iter().map(|(k, v)| (*k, v.as_str())).collect();
        visitor.post(path, &fields)
    }
}

#[test]
fn two_jobs_that_are_begun_at_once_get_a_number_each() {
    let nursery = Nursery::open();
    let standard = GradingStandard::embedded();
    let begin = |lot: &str| {
        let fields = [
            ("store", "0"),
            ("standard", standard.digest()),
            ("lot", lot),
            ("variety", "pepper"),
            ("tray", "10x20"),
        ];
        let fields = fields.map(|(name, value)| (name, value.to_owned()));
        post("/jobs/begin", fields.to_vec())
    };
    for reply in at_once(&nursery, Role::Operator, [begin("P-12"), begin("P-13")]) {
        reply.is(303);
    }
    let reader = StoreReader::open(&nursery.store()).unwrap();
    let orders = reader.newest_job_orders(9).unwrap().into_iter();
    let mut numbers: Vec<u16> = orders
        .filter_map(|(_, order)| match order.ordered {
            Ordered::Begin { job, .. } => Some(job),
            _ => None,
        })
        .collect();
    numbers.sort_unstable();
    assert_eq!(numbers, [1, 2]);
}

#[test]
fn two_texts_that_are_saved_at_once_are_two_versions_and_one_text_saved_twice_is_one() {
    let nursery = Nursery::open();
    let of = GradingStandard::embedded();
    let save = |limit: &str| {
        let text = of
            .text()
            .replace("area_pitch2 >= 0.08", &format!("area_pitch2 >= {limit}"));
        let fields = [
            ("digest", of.digest().to_owned()),
            ("text", text),
            ("reason", "buyer asks".to_owned()),
        ];
        post("/standards/edit/save", fields.to_vec())
    };
    let versions = || {
        let stored = StoreReader::open(&nursery.store()).unwrap().standards();
        let mut versions: Vec<u32> = stored.unwrap().iter().map(|text| text.version).collect();
        versions.sort_unstable();
        versions
    };
    let next = of.version() + 1;
    for reply in at_once(&nursery, Role::Manager, [save("0.09"), save("0.09")]) {
        reply.is(303);
    }
    assert_eq!(versions(), [next]);
    for reply in at_once(&nursery, Role::Manager, [save("0.10"), save("0.11")]) {
        reply.is(303);
    }
    assert_eq!(versions(), [next, next + 1, next + 2]);
}

#[test]
fn an_audit_that_is_drawn_by_two_taps_at_once_is_drawn_once() {
    let nursery = Nursery::open();
    let draw = || post("/audit/draw", Vec::new());
    for reply in at_once(&nursery, Role::Operator, [draw(), draw()]) {
        reply.is(303);
    }
    let reader = StoreReader::open(&nursery.store()).unwrap();
    let drawn = reader.corrections(&CorrectionFilter::default()).unwrap();
    let drawn = drawn
        .iter()
        .filter(|(_, said)| said.kind == CorrectionKind::Audit);
    assert_eq!(drawn.count(), 50);
}

#[test]
fn an_audit_is_drawn_over_all_lines() {
    let nursery = Nursery::open();
    let second = nursery.folder.path().join("line2.db");
    let picture = |number| {
        let mut report = tray(number, "2026-11-B", |_| 0.1);
        report.facts.tray_uid = format!("base1/line2/2026-11-24/{number:06}");
        report
    };
    add(&second, &(1..=4).map(picture).collect::<Vec<_>>());
    let stores = [nursery.store(), second];
    let server = ReviewServer::start(settings(stores.to_vec(), "127.0.0.1:0")).unwrap();
    let operator = Visitor::named(server.address(), Role::Operator.name(), PASSWORD);
    let drawn = || {
        stores.clone().map(|store| {
            let reader = StoreReader::open(&store).unwrap();
            let drawn = reader.corrections(&CorrectionFilter::default()).unwrap();
            drawn.len()
        })
    };
    operator.post("/audit/draw", &[]).is(303);
    let [first, other] = drawn();
    assert_eq!(first + other, 50);
    // four trays each: by chance alone one line has none once in 2^49 audits
    assert!(first > 0 && other > 0, "{first} and {other}");
    operator.post("/audit/draw", &[]).is(303);
    assert_eq!(drawn(), [first, other], "those wait for an answer");
}

#[test]
fn a_store_whose_file_was_replaced_below_the_pages_is_neither_read_nor_written() {
    let nursery = Nursery::open();
    let operator = nursery.visitor(Role::Operator);
    operator.get("/lots").is(200);
    let copy = nursery.folder.path().join("copy.db");
    std::fs::copy(nursery.store(), &copy).unwrap();
    std::fs::rename(&copy, nursery.store()).unwrap();
    operator.get("/lots").is(503).shows("start the pages again");
    operator.get("/api/v1/lots").is(503).shows("another file");
    operator.post("/audit/draw", &[]).is(503);
    std::fs::remove_file(nursery.store()).unwrap();
    operator.get("/lots").is(503).shows("start the pages again");
}
