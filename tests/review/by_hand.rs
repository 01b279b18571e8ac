//! What no camera sees is measured by hand, and stands on the inspection report with who measured and how.

use seedgrade::review::Role;
use seedgrade::store::{CellPlace, StoreReader};

use crate::nursery::Nursery;

#[test]
fn what_somebody_measured_by_hand_stands_on_the_tray_and_on_the_report_of_its_lot() {
    let nursery = Nursery::open();
    let operator = nursery.visitor(Role::Operator);
    operator
        .get("/tray?id=2")
        .shows("Nothing was measured by hand");
    let stem = [
        ("id", "2"),
        ("row", "1"),
        ("col", "5"),
        ("trait", "stem_diameter"),
        ("value", "3.2"),
        ("method", "callipers <at the cotyledons>"),
    ];
    let sent = operator.post("/tray/measured", &stem);
    assert_eq!(
        sent.is(303).header("location"),
        Some("/tray?store=0&id=2#by-hand")
    );
    let whole_tray = [("id", "2"), ("trait", "plant_height"), ("value", "84")];
    operator.post("/tray/measured", &whole_tray).is(303);
    operator
        .get("/tray?id=2")
        .shows("Stem diameter")
        .shows("<strong>3.2</strong> mm")
        .shows("Row 1, column 5")
        .shows("whole tray")
        .shows("callipers &lt;at the cotyledons&gt;");
    operator
        .get("/certificate?lot=2026-11-A")
        .shows("Stem diameter")
        .shows("3.2 mm")
        .shows("Plant height")
        .shows("operator");
    let store = StoreReader::open(&nursery.store()).unwrap();
    let stored = store
        .hand_measurements("base1/line1/2026-11-24/000001")
        .unwrap();
    assert_eq!(stored[0].cell, Some(CellPlace { row: 0, col: 4 }));
    assert_eq!((stored[0].who.as_str(), stored[1].cell), ("operator", None));
}

#[test]
fn a_measurement_that_cannot_be_is_refused_and_viewers_add_none() {
    let nursery = Nursery::open();
    let operator = nursery.visitor(Role::Operator);
    let with = |field: &'static str, value: &'static str| {
        let mut fields = vec![("id", "2"), ("trait", "root_ball"), ("value", "4")];
        fields.retain(|(name, _)| *name != field);
        fields.push((field, value));
        fields
    };
    for (field, value) in [
        ("value", "NaN"),
        ("value", "6"),
        ("value", ""),
        ("trait", "beauty"),
        ("row", "0"),
        ("row", "1"),
    ] {
        operator.post("/tray/measured", &with(field, value)).is(400);
    }
    let elsewhere = [with("row", "9"), vec![("col", "1")]].concat();
    operator.post("/tray/measured", &elsewhere).is(404);
    nursery
        .visitor(Role::Viewer)
        .post("/tray/measured", &with("method", "by eye"))
        .is(403);
    operator
        .get("/tray?id=2")
        .shows("Nothing was measured by hand");
}
