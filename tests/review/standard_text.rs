//! A standard's text opened, edited, checked and saved as its next version.

use seedgrade::grade::GradingStandard;
use seedgrade::review::Role;
use seedgrade::store::StoreReader;

use crate::client::{Reply, Visitor, encoded};
use crate::nursery::Nursery;

fn send(visitor: &Visitor, what: &str, text: &str, reason: &str) -> Reply {
    let of = GradingStandard::embedded();
    // as a browser ends the lines of a form
    let text = text.replace('\n', "\r\n");
    let fields = [("digest", of.digest()), ("text", &text), ("reason", reason)];
    visitor.post(&format!("/standards/edit/{what}"), &fields)
}

fn versions(nursery: &Nursery) -> Vec<(u32, String)> {
    let reader = StoreReader::open(&nursery.store()).unwrap();
    let stored = reader.standards().unwrap().into_iter();
    stored.map(|text| (text.version, text.text)).collect()
}

#[test]
fn an_edited_text_is_saved_as_the_next_version_and_none_is_overwritten() {
    let nursery = Nursery::open();
    let manager = nursery.visitor(Role::Manager);
    let of = GradingStandard::embedded();
    let opened = format!("/standards/edit?digest={}", encoded(of.digest()));
    manager.get("/standards").is(200).shows(&opened);
    manager
        .get(&opened)
        .is(200)
        .shows("<textarea")
        .shows("[[grade]]");
    let edited = of
        .text()
        .replace("area_pitch2 >= 0.08", "area_pitch2 >= 0.09");
    send(&manager, "check", &edited, "")
        .is(200)
        .shows("it may be saved")
        .shows("area_pitch2 &gt;= 0.09");
    assert!(versions(&nursery).is_empty(), "a check saves nothing");
    send(&manager, "save", &edited, "").is(400);
    let before = of.version();
    for version in [before + 1, before + 2] {
        let why = format!("buyer asks for larger plants, {version}");
        send(&manager, "save", &edited, &why).is(303);
        // a form that is sent twice is one version
        send(&manager, "save", &edited, &why).is(303);
        let stored = versions(&nursery);
        let (_, text) = stored.iter().find(|(v, _)| *v == version).unwrap();
        assert!(text.contains("larger plants") && text.contains("area_pitch2 >= 0.09"));
        assert!(!text.contains('\r'));
        assert_eq!(stored.len() as u32, version - before);
    }
    let last = format!("{}@{}", of.id(), before + 2);
    manager
        .get("/standards")
        .is(200)
        .shows(&of.name())
        .shows(&last)
        .shows("buyer asks for larger plants");
    let ledger = std::fs::read_to_string(nursery.folder.path().join("line.db.ledger.jsonl"));
    assert!(ledger.unwrap().contains(&last));
}

#[test]
fn what_somebody_saved_meanwhile_is_told_before_it_is_taken_back() {
    let nursery = Nursery::open();
    let manager = nursery.visitor(Role::Manager);
    let of = GradingStandard::embedded();
    let [first, second] = ["0.09", "0.10"].map(|limit| {
        let limit = format!("area_pitch2 >= {limit}");
        of.text().replace("area_pitch2 >= 0.08", &limit)
    });
    let save = |text: &str, newest: u32| {
        let newest = newest.to_string();
        let fields = [
            ("digest", of.digest()),
            ("text", text),
            ("reason", "buyer asks"),
            ("newest", &newest),
        ];
        manager.post("/standards/edit/save", &fields)
    };
    let version = of.version();
    let opened = format!("/standards/edit?digest={}", encoded(of.digest()));
    let newest = |version: u32| format!("name=\"newest\" value=\"{version}\"");
    manager
        .get(&opened)
        .is(200)
        .shows(&newest(version))
        .hides("is not the newest version");
    save(&first, version).is(303);
    // sent twice it is the same version still
    save(&first, version).is(303);
    let next = format!("{}@{}", of.id(), version + 1);
    save(&second, version)
        .is(409)
        .shows(&format!("{next} was saved meanwhile"))
        .shows("area_pitch2 &gt;= 0.10")
        .shows(&newest(version + 1));
    assert_eq!(versions(&nursery).len(), 1);
    manager
        .get(&opened)
        .is(200)
        .shows("is not the newest version");
    let limits = format!("/what-if?standard={}", encoded(of.digest()));
    manager
        .get(&limits)
        .is(200)
        .shows("is not the newest version");
    let moved = |newest: u32| {
        let newest = newest.to_string();
        let fields = [
            ("standard", of.digest()),
            ("g0c0", "0.12"),
            ("reason", "buyer asks"),
            ("newest", &newest),
        ];
        manager.post("/standards/save", &fields)
    };
    moved(version).is(409).shows(&next);
    assert_eq!(versions(&nursery).len(), 1);
    save(&second, version + 1).is(303);
    moved(version + 2).is(303);
    assert_eq!(versions(&nursery).len(), 3);
}

#[test]
fn what_does_not_fit_is_told_with_its_line_in_both_languages_and_what_was_written_stays() {
    let nursery = Nursery::open();
    let mut manager = nursery.visitor(Role::Manager);
    let of = GradingStandard::embedded();
    let misspelt = of
        .text()
        .replace("area_pitch2 >= 0.08", "area_pich2 >= 0.08");
    let line = 1 + misspelt
        .lines()
        .position(|l| l.contains("area_pich2"))
        .unwrap();
    for what in ["check", "save"] {
        send(&manager, what, &misspelt, "a <reason>")
            .is(400)
            .shows(&format!("Line {line}, column "))
            .shows("expected")
            .shows("area_pich2 &gt;= 0.08")
            .shows("a &lt;reason&gt;");
    }
    send(&manager, "save", of.text(), "none")
        .is(400)
        .shows("expected a change");
    let other = of.text().replace("\"vegetable-plug\"", "\"flower-plug\"");
    send(&manager, "check", &other, "")
        .is(400)
        .shows("flower-plug");
    manager.cookie = manager.cookie.replace("language=en", "language=zh-CN");
    send(&manager, "check", &misspelt, "")
        .is(400)
        .shows(&format!("第 {line} 行第 "))
        .shows("性状 &quot;area_pich2&quot; 不认识：应为 area_pitch2, ")
        .hides("is unknown");
    send(&manager, "save", of.text(), "none")
        .is(400)
        .shows("文本没有改动");
    send(&manager, "check", &other, "")
        .is(400)
        .shows("同一标准的各版本 id 不变");
    // what the parser of the file's form says is quoted
    let open_ended = of.text().replace("id = \"B\"", "id = \"B");
    send(&manager, "check", &open_ended, "")
        .is(400)
        .shows("第 14 行第 ")
        .shows("不是合法的 TOML，解析器提示：“");
    assert!(versions(&nursery).is_empty());
    let viewer = nursery.visitor(Role::Viewer);
    viewer
        .get(&format!("/standards/edit?digest={}", of.digest()))
        .is(200)
        .shows("[[grade]]")
        .hides("<textarea");
    viewer.get("/standards/edit?digest=sha256:none").is(404);
}
