//! A tray's picture under fingers and keys: marks and cells go with it. Skipped where `chromedriver` is not installed.

use crate::accessibility::browser;
use crate::nursery::{Nursery, add, tray};
use crate::webdriver::{Browser, Driver};

/// The arrow to the right, as WebDriver names it.
const RIGHT: &str = "\u{E014}";

/// How large the picture is drawn: pixels of the screen a pixel of the picture.
fn scale(browser: &Browser) -> f64 {
    let scale = browser.run("return document.querySelector('.pic>svg').getScreenCTM().a");
    scale.as_f64().unwrap()
}

/// A point of the screen over one of the picture's inner cells, off its middle.
fn over_a_cell(browser: &Browser) -> (i64, i64) {
    let point = browser.run(
        "const box = document.querySelectorAll('a.cell')[6].getBoundingClientRect(); \
         return [Math.round(box.left + box.width * 0.4), Math.round(box.top + box.height * 0.4)]",
    );
    (point[0].as_i64().unwrap(), point[1].as_i64().unwrap())
}

/// Which cell is touched at a point.
fn cell_at(browser: &Browser, (x, y): (i64, i64)) -> String {
    let name = browser.run(&format!(
        "return document.elementFromPoint({x}, {y})?.closest('a.cell')?.getAttribute('href') ?? 'none'"
    ));
    name.as_str().unwrap().to_owned()
}

fn chosen_button(browser: &Browser) -> String {
    let id = browser.run("return document.querySelector('input[name=zoom]:checked')?.id ?? 'none'");
    id.as_str().unwrap().to_owned()
}

#[test]
fn a_picture_is_enlarged_by_fingers_and_keys_and_its_cells_go_with_it() {
    let Some(driver) = Driver::start() else {
        eprintln!("skipped: gestures need chromedriver and Chromium");
        return;
    };
    let nursery = Nursery::open();
    let browser = browser(&driver, &nursery, "zh-CN", false);
    let base = format!("http://{}", nursery.address());
    browser.goto(&format!("{base}/tray?id=2"));
    let whole = scale(&browser);
    let times = |expected: f64, what: &str| {
        let found = scale(&browser) / whole;
        assert!(
            (found / expected - 1.0).abs() < 0.03,
            "{what}: expected {expected}, found {found}"
        );
    };
    let point = over_a_cell(&browser);
    let cell = cell_at(&browser, point);
    assert!(cell.contains("row="), "{cell}");

    browser.pinch(point, 30, 90);
    times(3.0, "two fingers three times as far apart");
    assert_eq!(
        cell_at(&browser, point),
        cell,
        "what is under the fingers stays there"
    );
    assert_eq!(chosen_button(&browser), "none");
    let left = || {
        browser
            .run("return document.querySelector('.pic').scrollLeft")
            .as_f64()
    };
    let before = left();
    browser.press(RIGHT);
    assert!(left() > before, "an arrow moves it");
    browser.pinch(point, 90, 15);
    times(1.0, "never smaller than the whole");
    assert_eq!(chosen_button(&browser), "zoom-1");

    browser.tap_twice(point);
    times(2.0, "two taps");
    assert_eq!(cell_at(&browser, point), cell);
    assert_eq!(chosen_button(&browser), "zoom-2");
    browser.press("+");
    times(2.5, "a key");
    browser.press("-0");
    times(1.0, "the key for the whole");
    browser.find("label:has(#zoom-4)").click();
    times(4.0, "a button");

    // on the live page the next tray is as large as the one before it
    browser.goto(&format!("{base}/live"));
    // it is drawn once more when the page begins to listen
    browser.run_to_end("setTimeout(arguments[0], 1500)");
    let whole = scale(&browser);
    let point = over_a_cell(&browser);
    browser.pinch(point, 30, 60);
    add(&nursery.store(), &[tray(50, "2026-11-A", |_| 0.1)]);
    browser.find("#now image[href$='id=5']");
    let found = scale(&browser) / whole;
    assert!((found / 2.0 - 1.0).abs() < 0.03, "{found}");
}
