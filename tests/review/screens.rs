//! Every page on every screen, from a phone to 4K, with wet gloves: nothing is wider than the screen, nothing sticks out of
//! what it stands in, and what is touched is large. Pictures of the narrow pages are kept in `target/screenshots/<language>`, with
//! `SEEDGRADE_ALL_SCREENS=1` those of every screen.

use serde_json::Value;

use crate::accessibility::{PAGES, browser, open};
use crate::nursery::Nursery;
use crate::webdriver::Driver;

const SCREENS: [(u32, u32); 3] = [(360, 640), (1024, 768), (3840, 2160)];
/// Pages that people touch at the line: there a target has 64 px, elsewhere 44.
const AT_THE_LINE: [&str; 8] = [
    "/live",
    "/tray?id=2&row=1&col=1",
    "/review",
    "/audit",
    "/audit#drawn",
    "/bench?lot=2026-11-A",
    "/jobs?unknown=TR-0042",
    "/switch",
];

/// What is too wide, sticks out, or is too small to touch; `arguments` of the page stand in its places.
fn faults(least: u32) -> String {
    format!(
        "const seen = e => e.checkVisibility() && e.getClientRects().length; \
         const name = e => e.outerHTML.slice(0, 120); \
         const wide = document.documentElement.scrollWidth - innerWidth; \
         const all = [...document.querySelectorAll('main button, main .button, main input:not([type=hidden]):not([type=radio])\
         :not([type=checkbox]):not([type=range]), main select, main summary, main label:has(input[type=checkbox]), \
         .rail a')].filter(seen); \
         const out = all.filter(e => !e.matches('input, select, textarea') && e.scrollWidth > e.clientWidth + 1); \
         const small = all.filter(e => !e.closest('footer') && e.getBoundingClientRect().height < \
         (e.closest('.limit') ? 44 : {least}) - 0.5); \
         return [wide > 0 ? 'too wide by ' + wide : null, ...out.map(e => 'sticks out: ' + name(e)), \
         ...small.map(e => 'too small, ' + e.getBoundingClientRect().height + ': ' + name(e))].filter(Boolean)"
    )
}

#[test]
fn from_a_phone_to_4k_every_page_fits_the_screen_and_what_is_touched_is_large() {
    let Some(driver) = Driver::start() else {
        eprintln!("skipped: the screens need chromedriver and Chromium");
        return;
    };
    let nursery = Nursery::open();
    let all_pictures = std::env::var_os("SEEDGRADE_ALL_SCREENS").is_some();
    let mut wrong = Vec::new();
    for (language, dark) in [("zh-CN", false), ("en", true)] {
        let browser = browser(&driver, &nursery, language, dark);
        for page in PAGES {
            open(&browser, &nursery, page);
            let least = if AT_THE_LINE.contains(&page.0) {
                64
            } else {
                44
            };
            for screen in SCREENS {
                browser.be_as_large_as(screen);
                let name: String = page.0.chars().filter(char::is_ascii_alphanumeric).collect();
                if screen.0 == 360 || all_pictures {
                    browser.shoot(&format!("screens-{}-{name}", screen.0));
                }
                match browser.run(&faults(least)) {
                    Value::Array(found) if found.is_empty() => {}
                    found => wrong.push(format!("{} at {screen:?}, {language}: {found:#}", page.0)),
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
