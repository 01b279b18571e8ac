//! The pages for people who see, hear and point otherwise: axe-core's rules, and everything by keyboard alone.
//!
//! axe-core (MPL-2.0) is no part of this repository: it is read from the file that `SEEDGRADE_AXE` names, or from
//! `node_modules` here or under `target`; without it the test says that it skips. `SEEDGRADE_AXE_PAIRS=1` looks at every page in
//! both languages by day and by night, not only at each once.

use std::path::{Path, PathBuf};

use seedgrade::review::Role;
use serde_json::Value;

use crate::browser::log_in;
use crate::nursery::Nursery;
use crate::webdriver::{Browser, Driver};

/// Every kind of page, with what shows that it is drawn.
pub const PAGES: [(&str, &str); 24] = [
    ("/live", "#now .answer"),
    ("/tray?id=2", ".answer"),
    ("/tray?id=2&row=1&col=1", "#cell .criteria"),
    ("/tray?id=1", ".answer"),
    ("/lots", ".answer"),
    ("/lot?lot=2026-11-A", ".answer"),
    ("/compare?by=day", ".answer"),
    ("/shift", ".signature"),
    ("/find", ".answer"),
    ("/find?called=nothing", ".answer"),
    ("/bench?lot=2026-11-A", ".answer"),
    ("/certificate?lot=2026-11-A", ".signature"),
    ("/review", ".answer"),
    ("/audit", ".answer"),
    ("/standards", ".answer"),
    ("/jobs?unknown=TR-0042", ".stacked"),
    ("/switch", ".stacked"),
    ("/account", ".stacked"),
    ("WHAT-IF", "#outcome .answer"),
    ("TEXT", "main textarea"),
    ("/system", ".answer"),
    ("/nothing-here", ".answer"),
    ("/login?then=/live", "main form"),
    ("/audit#drawn", ".closeup .asked"),
];

fn axe() -> Option<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let installed = ["node_modules", "target/node_modules"]
        .map(|folder| root.join(folder).join("axe-core/axe.min.js"));
    let named = std::env::var_os("SEEDGRADE_AXE").map(PathBuf::from);
    let mut places = named.into_iter().chain(installed);
    let found = places.find_map(|place| std::fs::read_to_string(place).ok());
    if found.is_none() {
        eprintln!("skipped: axe-core is not there: `npm install --prefix target axe-core`");
    }
    found
}

/// Somebody's browser over a nursery's pages, logged in as who may do everything.
pub fn browser(driver: &Driver, nursery: &Nursery, language: &str, dark: bool) -> Browser {
    let browser = driver.browser((1024, 900), language, dark);
    let base = format!("http://{}", nursery.address());
    browser.goto(&format!("{base}/language?to={language}&then=/live"));
    log_in(&browser, &base, Role::Manager);
    browser
}

/// Goes to a page of the list.
pub fn open(browser: &Browser, nursery: &Nursery, (page, drawn): (&str, &str)) {
    let base = format!("http://{}", nursery.address());
    match page {
        "WHAT-IF" => {
            browser.goto(&format!("{base}/standards"));
            browser.find("a[href^='/what-if']").click();
        }
        "TEXT" => {
            browser.goto(&format!("{base}/standards"));
            browser.find("a[href^='/standards/edit']").click();
        }
        "/audit#drawn" => {
            browser.goto(&format!("{base}/audit"));
            // whoever looked before has drawn it
            browser.run("document.querySelector(\"form[action='/audit/draw'] button\")?.click()");
        }
        _ => browser.goto(&format!("{base}{page}")),
    }
    browser.find(drawn);
}

#[test]
fn axe_finds_no_serious_violation_on_any_page_in_both_languages_by_day_and_by_night() {
    let Some(axe) = axe() else { return };
    let Some(driver) = Driver::start() else {
        eprintln!("skipped: the pages' rules need chromedriver and Chromium");
        return;
    };
    let nursery = Nursery::open();
    let mut wrong = Vec::new();
    // Contrast hangs on the scheme and names on the language: each is seen once, all four pairs where that is asked for.
    let pairs = match std::env::var_os("SEEDGRADE_AXE_PAIRS") {
        Some(_) => vec![
            ("zh-CN", false),
            ("en", true),
            ("zh-CN", true),
            ("en", false),
        ],
        None => vec![("zh-CN", false), ("en", true)],
    };
    for (language, dark) in pairs {
        let browser = browser(&driver, &nursery, language, dark);
        for page in PAGES {
            open(&browser, &nursery, page);
            browser.run(&axe);
            let found = browser.run_to_end(
                "axe.run(document, {resultTypes: ['violations']}).then(found => arguments[0](found.violations\
                 .filter(v => v.impact === 'serious' || v.impact === 'critical')\
                 .map(v => v.id + ' ' + v.help + ': ' + v.nodes.slice(0, 3).map(n => n.html.slice(0, 160) + ' ' + \
                 (n.any[0] ? n.any[0].message : '')).join(' | '))), error => arguments[0]('' + error))",
            );
            match found {
                Value::Array(found) if found.is_empty() => {}
                found => wrong.push(format!("{} {language} dark={dark}: {found:#}", page.0)),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn everything_on_every_page_is_reached_by_the_keyboard_alone_and_shows_that_it_is() {
    let Some(driver) = Driver::start() else {
        eprintln!("skipped: the keyboard needs chromedriver and Chromium");
        return;
    };
    let nursery = Nursery::open();
    let browser = browser(&driver, &nursery, "en", false);
    let mut wrong = Vec::new();
    for page in PAGES {
        // what is live may be drawn anew while keys are pressed, on a busy machine: what is wrong is so twice
        if !by_keyboard(&browser, &nursery, page).is_empty() {
            wrong.extend(by_keyboard(&browser, &nursery, page));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What of a page the keyboard does not reach, or reaches without showing it.
fn by_keyboard(browser: &Browser, nursery: &Nursery, page: (&str, &str)) -> Vec<String> {
    let mut wrong = Vec::new();
    open(browser, nursery, page);
    // what is live is drawn once more when the page begins to listen
    browser
        .run_to_end("setTimeout(arguments[0], document.querySelector('[data-live]') ? 1500 : 0)");
    let all = browser.run(
        "window.reached = new Set(); \
         window.dim = new Set(); \
         document.addEventListener('focusin', event => { \
           const at = event.target; window.reached.add(at); \
           const around = [at, at.closest('label'), at.querySelector('.hit')].filter(Boolean).map(e => getComputedStyle(e)); \
           const seen = around.some(s => s.outlineStyle !== 'none' || (s.stroke && s.stroke !== 'none')); \
           if (!seen) window.dim.add(at); }); \
         window.all = [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, \
         summary')].filter(e => e.checkVisibility() && e.getClientRects().length && !e.disabled && \
         !(e.type === 'radio' && !e.checked)); \
         return window.all.length",
    );
    // the browser's own controls take some of the presses, and the first may be lost
    browser.press_tab(all.as_u64().unwrap() as usize + 12);
    let missed = browser.run(
        "return window.all.filter(e => !window.reached.has(e)).map(e => e.outerHTML.slice(0, 160))",
    );
    if missed.as_array().is_none_or(|missed| !missed.is_empty()) {
        wrong.push(format!("{} is not reached: {missed:#}", page.0));
    }
    let dim = browser.run("return [...window.dim].map(e => e.outerHTML.slice(0, 160))");
    if dim.as_array().is_none_or(|dim| !dim.is_empty()) {
        wrong.push(format!("{} does not show the focus: {dim:#}", page.0));
    }
    wrong
}
