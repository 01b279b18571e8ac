//! A line that was killed says no last word: the live page says that nothing is heard of it.

use std::process::Stdio;
use std::time::{Duration, Instant};

use seedgrade::review::ReviewServer;
use seedgrade::store::{StoreReader, TrayFilter};

use crate::client::{Reply, Visitor};
use crate::common::{embedded, line_configuration, run};
use crate::nursery::settings;

const PATIENCE: Duration = Duration::from_secs(120);

/// The live part, once it shows this.
#[track_caller]
fn shown(visitor: &Visitor, text: &str) -> Reply {
    let start = Instant::now();
    loop {
        let reply = visitor.get("/live/now");
        if reply.is(200).body.contains(text) {
            return reply;
        }
        assert!(start.elapsed() < PATIENCE, "no {text:?} in {reply:#?}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn of_a_killed_line_the_live_page_says_since_when_it_is_not_heard_of() {
    let folder = tempfile::tempdir().unwrap();
    let (config, store) = (
        folder.path().join("line.toml"),
        folder.path().join("line.db"),
    );
    let simulated = "source = \"simulated\"";
    std::fs::write(&config, line_configuration(simulated, "", simulated)).unwrap();
    let mut command = embedded();
    command.args(["line", "--config"]).arg(&config);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut line = command.spawn().unwrap();
    let start = Instant::now();
    while StoreReader::open(&store)
        .and_then(|reader| reader.trays(&TrayFilter::default()))
        .map_or(0, |trays| trays.len())
        == 0
    {
        assert!(start.elapsed() < PATIENCE, "no tray came");
        std::thread::sleep(Duration::from_millis(100));
    }
    let pages = ReviewServer::start(settings(vec![store], "127.0.0.1:0")).unwrap();
    let visitor = Visitor::nobody(pages.address());
    let gone = "The line has not been heard of since";
    shown(&visitor, "fine since").hides(gone);

    line.kill().unwrap();
    line.wait().unwrap();
    let page = shown(&visitor, gone);
    page.shows("All trays go to the safe gate.")
        .shows("Check the line's computer")
        .hides("fine since")
        .hides("The line sorts since");
    let chinese = Visitor {
        cookie: "seedgrade-language=zh-CN".to_owned(),
        ..visitor.clone()
    };
    chinese.get("/live/now").shows("没有收到生产线的消息");

    // It runs again, and ends as it was asked to.
    let mut again = embedded();
    again
        .args(["line", "--trays", "1", "--config"])
        .arg(&config);
    run(&mut again).ends_with(0);
    shown(&visitor, "The line ended at").hides(gone);
    std::thread::sleep(Duration::from_secs(7));
    visitor
        .get("/live/now")
        .shows("The line ended at")
        .hides(gone);
}
