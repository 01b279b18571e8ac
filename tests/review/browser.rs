//! The journeys of people, in headless Chromium: skipped where `chromedriver` is not installed. Pictures of every
//! step are kept in `target/screenshots/<language>/<journey>-<step>.png`.

use seedgrade::review::{People, Role, people_path};
use seedgrade::store::StoreReader;
use serde_json::Value;

use crate::jobs::answers;
use crate::nursery::{Nursery, PASSWORD, add, tray};
use crate::webdriver::{Browser, Driver};

pub fn log_in(browser: &Browser, base: &str, role: Role) {
    browser.goto(&format!("{base}/login?then=/live"));
    browser.find("main input[name='name']").enter(role.name());
    browser.find("main input[name='password']").enter(PASSWORD);
    browser.find("main form button").click();
    browser.find("#now .answer");
}

/// `number` names a tray that comes while somebody watches; it is the store's row `row`.
fn watches_a_tray_come(nursery: &Nursery, browser: &Browser, number: u32, row: u32) {
    let mut new = tray(
        number,
        "2026-11-A",
        |cell| if cell == 7 { 0.0 } else { 0.12 },
    );
    new.facts.pass = number;
    add(&nursery.store(), &[new]);
    browser.find(&format!("#now image[href$='id={row}']"));
}

fn asks_what_if_and_saves(browser: &Browser, base: &str, limit: &str) {
    browser.goto(&format!("{base}/standards"));
    browser.find("a[href^='/what-if']").click();
    browser.find("#outcome .answer");
    browser.find("#g0c0").enter(limit);
    browser.find("#outcome .changed");
}

fn journey(nursery: &Nursery, browser: &Browser, language: &str, number: u32) {
    let base = format!("http://{}", nursery.address());
    browser.goto(&format!("{base}/language?to={language}&then=/live"));
    browser.find(&format!("html[lang='{language}'] main form"));
    log_in(browser, &base, Role::Manager);
    watches_a_tray_come(nursery, browser, number, number - 45);
    browser.shoot("watch-live");
    browser.goto(&format!("{base}/tray?id=2"));
    browser.find("a.cell[href*='row=1&col=1']").click();
    browser.find("#cell .criteria");
    browser.shoot("open-tray");
    browser.find("#cell button[value='double']").click();
    browser.find("#cell .note");
    browser.shoot("correct-cell");
    let pages = [
        ("/review", "look-review"),
        ("/lots", "look-lots"),
        ("/lot?lot=2026-11-A", "look-lot"),
        ("/standards", "look-standards"),
        ("/system", "look-system"),
        ("/audit", "audit-result"),
    ];
    for (page, name) in pages {
        browser.goto(&format!("{base}{page}"));
        browser.find(".answer");
        browser.shoot(name);
    }
    asks_what_if_and_saves(browser, &base, "0.11");
    browser.shoot("what-if-outcome");
    browser.find("input[name='reason']").enter("journey");
    browser.find("form[data-copies] button").click();
    browser.find(".card .note");
    let saved = browser.source();
    assert!(
        saved.contains("journey") && saved.contains("0.11"),
        "{saved}"
    );
    browser.goto(&format!("{base}/audit"));
    browser.find("form[action='/audit/draw'] button").click();
    browser.find(".closeup .asked");
    browser.shoot("audit-cell");
}

#[test]
fn growers_watch_open_correct_ask_what_if_and_audit_in_both_languages() {
    let Some(driver) = Driver::start() else {
        eprintln!("skipped: the journeys need chromedriver and Chromium");
        return;
    };
    for (language, dark) in [("zh-CN", false), ("en", true)] {
        let nursery = Nursery::open();
        let browser = driver.browser((1024, 900), language, dark);
        journey(&nursery, &browser, language, 50);
    }
}

#[test]
fn growers_hand_over_an_inspection_report_and_patch_a_tray_in_both_languages() {
    let Some(driver) = Driver::start() else {
        eprintln!("skipped: the journeys need chromedriver and Chromium");
        return;
    };
    for (language, dark) in [("zh-CN", false), ("en", true)] {
        let nursery = Nursery::open();
        let browser = driver.browser((1024, 900), language, dark);
        let base = format!("http://{}", nursery.address());
        browser.goto(&format!("{base}/language?to={language}&then=/live"));
        log_in(&browser, &base, Role::Operator);
        browser.goto(&format!("{base}/lot?lot=2026-11-A"));
        browser.find("a[href^='/certificate']").click();
        browser.find(".report .signature");
        browser.shoot("report-page");
        browser.goto(&format!("{base}/lot?lot=2026-11-A"));
        browser.find("a[href^='/bench']").click();
        browser.find("svg.bench .fill");
        browser.shoot("patch-plan");
        // a scanner types a uid, then Enter
        browser
            .find("input[name='tray']")
            .enter("base1/line1/2026-11-24/000002\n");
        browser.find("tr.chosen a[href*='000002']");
        browser.shoot("patch-scanned");
        // likewise into the field that stands on every page
        browser
            .find(".find input")
            .enter("base1/line1/2026-11-24/000003\n");
        browser.find("#cell");
        assert!(browser.source().contains("000003"));
        browser.goto(&format!("{base}/lots"));
        browser.find("a[href^='/shift']").click();
        browser.find(".report .signature");
        browser.shoot("shift-report");
    }
}

#[test]
fn growers_change_over_by_a_card_and_switch_to_each_other_in_both_languages() {
    let Some(driver) = Driver::start() else {
        eprintln!("skipped: the journeys need chromedriver and Chromium");
        return;
    };
    for (language, dark) in [("zh-CN", true), ("en", false)] {
        let nursery = Nursery::open();
        let mut people = People::read(&people_path(&nursery.store())).unwrap();
        people.set_badge("operator", Some("B-0042-7781")).unwrap();
        let browser = driver.browser((1024, 900), language, dark);
        let base = format!("http://{}", nursery.address());
        browser.goto(&format!("{base}/language?to={language}&then=/live"));
        log_in(&browser, &base, Role::Viewer);
        browser.goto(&format!("{base}/switch?then=/jobs"));
        browser.shoot("switch-badge");
        // a scanner types the badge, then Enter; likewise the trolley's card
        browser.find("input[name='badge']").enter("B-0042-7781\n");
        browser
            .find("form[action='/jobs/scan'] input[name='code']")
            .enter("TR-0042\n");
        browser
            .find("details[open] input[name='variety']")
            .enter("pepper");
        browser.find("input[name='lot']").enter("P-12");
        browser.find("input[name='tray']").enter("10x20");
        browser.find("input[name='card']").enter("TR-0042");
        browser.find("button[name='only']").click();
        browser.find("code");
        browser
            .find("form[action='/jobs/scan'] input[name='code']")
            .enter("TR-0042\n");
        browser.find("#now [role='status']");
        browser.shoot("change-over-waits");
        // the line's answer comes to the page by itself
        answers(&nursery, "job_changed", "job 1");
        browser.find("#now .answer + .sub:last-child");
        let shown = browser.source();
        assert!(shown.contains("P-12"), "{shown}");
        browser.shoot("change-over-done");
        browser.find("form[action='/jobs/end'] button").click();
        browser.find("#now [role='status']");
    }
}

#[test]
fn what_a_scanner_types_outside_of_a_field_says_no_verdict_and_reaches_the_field_for_codes() {
    const ENTER: &str = "\u{E007}";
    let Some(driver) = Driver::start() else {
        eprintln!("skipped: the journeys need chromedriver and Chromium");
        return;
    };
    let nursery = Nursery::open();
    let browser = driver.browser((1024, 900), "en", false);
    let base = format!("http://{}", nursery.address());
    log_in(&browser, &base, Role::Operator);
    let said = || {
        let reader = StoreReader::open(&nursery.store()).unwrap();
        reader.last_correction().unwrap()
    };
    browser.goto(&format!("{base}/review"));
    browser.find("button[data-key='1']");
    let address = browser.run("return location.href");
    browser.press(&format!("1ZN1{ENTER}"));
    std::thread::sleep(std::time::Duration::from_millis(300));
    assert_eq!(browser.run("return location.href"), address);
    assert_eq!(said(), 0, "a card is no verdict");
    // a hand is slower
    browser.press("1");
    browser.find("button[data-key='z']");
    assert_eq!(said(), 1);
    browser.goto(&format!("{base}/bench"));
    browser.find("input[data-scanned]");
    browser.run("document.activeElement.blur()");
    browser.press(&format!("T-0042{ENTER}"));
    browser.find("main");
    let found = browser.run_to_end(
        "const told = arguments[0]; const look = () => location.search.includes('tray=T-0042') ? told(true) : setTimeout(look, 50); look()",
    );
    assert_eq!(found, Value::Bool(true));
}

/// To a standard's text, as everybody may read and managers may write it.
fn open_a_standards_text(browser: &Browser, base: &str, shows: &str) {
    browser.goto(&format!("{base}/standards"));
    browser.find("a[href^='/standards/edit']").click();
    browser.find(shows);
}

#[test]
fn who_logs_in_is_refused_what_the_role_forbids_in_both_languages() {
    let Some(driver) = Driver::start() else {
        eprintln!("skipped: the journeys need chromedriver and Chromium");
        return;
    };
    for (language, dark, refused) in [("zh-CN", false, "没有权限"), ("en", true, "Not allowed")]
    {
        let nursery = Nursery::open();
        let browser = driver.browser((1024, 900), language, dark);
        let base = format!("http://{}", nursery.address());
        browser.goto(&format!("{base}/language?to={language}&then=/standards"));
        // whoever is nobody is asked to log in, and a wrong password opens nothing
        browser.find("main input[name='name']").enter("viewer");
        browser.find("main input[name='password']").enter("not it");
        browser.find("main form button").click();
        browser.find("main .alarm[role='alert']");
        browser.shoot("log-in-wrong-password");
        log_in(&browser, &base, Role::Viewer);
        open_a_standards_text(&browser, &base, "main pre.scroll");
        assert_eq!(
            browser.run("return document.querySelector('textarea')"),
            Value::Null
        );
        browser.shoot("log-in-viewer-reads");
        browser.find("form[action='/logout'] button").click();
        browser.find("main form");
        log_in(&browser, &base, Role::Manager);
        open_a_standards_text(&browser, &base, "main textarea");
        // a page that stood open when the role was taken gives no more than the role that is left
        let mut people = People::read(&people_path(&nursery.store())).unwrap();
        let name = Role::Manager.name();
        people.remove(name).unwrap();
        people.add(name, Role::Viewer, PASSWORD).unwrap();
        browser.find("main input[name='reason']").enter("journey");
        browser.find("main button.main").click();
        browser.find("main p.answer");
        browser.shoot("log-in-refused");
        let shown = browser.source();
        assert!(shown.contains(refused), "{shown}");
        let store = StoreReader::open(&nursery.store()).unwrap();
        assert_eq!(store.standards().unwrap().len(), 0, "nothing was saved");
    }
}
