//! Who is let in.

use std::io::BufRead as _;

use proptest::prelude::*;
use seedgrade::review::{Letters, ReviewError, ReviewServer, Role, route_rules};

use crate::client::{Reply, Visitor, encoded};
use crate::nursery::{Nursery, PASSWORD, add, settings, tray};

/// Whether a reply lets nobody through.
fn is_kept_out(reply: &Reply) -> bool {
    let to_login = reply
        .header("location")
        .is_some_and(|to| to.starts_with("/login?"));
    reply.status == 401 || reply.status == 403 || (reply.status == 303 && to_login)
}

#[test]
fn every_route_is_served_to_those_whose_role_allows_it_and_to_nobody_else() {
    let nursery = Nursery::open();
    let mut visitors = vec![(None, nursery.nobody())];
    visitors.extend(Role::ALL.map(|role| (Some(role), nursery.visitor(role))));
    let rules = route_rules();
    assert!(rules.len() > 25);
    let mut wrong = Vec::new();
    for rule in &rules {
        // Whoever logs out here is logged in again for what follows.
        let out = rule.path == "/logout";
        for (role, visitor) in &visitors {
            let visitor = match role {
                Some(role) if out => nursery.visitor(*role),
                _ => visitor.clone(),
            };
            let reply = match rule.method {
                "GET" => visitor.get(rule.path),
                _ => visitor.post(rule.path, &[]),
            };
            let admitted = rule
                .needs
                .is_none_or(|least| role.is_some_and(|role| role >= least));
            if is_kept_out(&reply) == admitted || reply.status >= 500 {
                wrong.push(format!(
                    "{} {} as {role:?}: {}",
                    rule.method, rule.path, reply.status
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn without_people_everybody_on_this_machine_looks_and_nobody_changes_anything() {
    let nursery = Nursery::with(&[tray(1, "a", |_| 0.1)], false).unwrap();
    let nobody = nursery.nobody();
    nobody.get("/live").is(200).shows("2026-11-24/000001");
    for rule in route_rules()
        .iter()
        .filter(|rule| rule.needs > Some(Role::Viewer))
    {
        nobody.post(rule.path, &[("id", "1")]).is(403);
    }
    nobody
        .get("/login")
        .is(200)
        .shows("seedgrade review user add");
}

#[test]
fn other_machines_are_served_only_once_somebody_can_log_in() {
    let nursery = Nursery::with(&[], false).unwrap();
    let refused = ReviewServer::start(settings(vec![nursery.store()], "0.0.0.0:0"));
    assert!(
        matches!(refused, Err(ReviewError::NobodyMayLogIn(_))),
        "{refused:?}"
    );
}

#[test]
fn a_form_from_elsewhere_or_without_its_token_changes_nothing() {
    let nursery = Nursery::open();
    let operator = nursery.visitor(Role::Operator);
    let said = "store=0&id=2&row=0&col=0&verdict=blank";
    operator.post_raw("/correct", said, "").is(403);
    let with_token = format!("token={}&{said}", operator.token);
    for elsewhere in [
        "Sec-Fetch-Site: cross-site\r\n",
        "Origin: http://evil.example\r\n",
    ] {
        operator
            .post_raw("/correct", &with_token, elsewhere)
            .is(403);
    }
    let other = nursery.visitor(Role::Operator);
    let stolen = format!("token={}&{said}", other.token);
    operator.post_raw("/correct", &stolen, "").is(403);
    operator
        .get("/tray?id=2&row=0&col=0")
        .is(200)
        .shows("Nobody has corrected it");
    operator.post_raw("/correct", &with_token, "").is(303);
}

#[test]
fn guessing_a_password_must_wait_and_a_wrong_name_looks_like_a_wrong_password() {
    let nursery = Nursery::open();
    let nobody = nursery.nobody();
    let attempt =
        |name: &str| nobody.post("/login", &[("name", name), ("password", "wrong-password")]);
    let (unknown, known) = (attempt("nobody"), attempt("viewer"));
    assert_eq!((unknown.status, unknown.body), (known.status, known.body));
    let statuses: Vec<u16> = (0..6).map(|_| attempt("viewer").status).collect();
    assert_eq!(statuses.last(), Some(&429), "{statuses:?}");
    nobody
        .post("/login", &[("name", "viewer"), ("password", PASSWORD)])
        .is(429);
}

#[test]
fn managers_see_who_did_what_and_no_secret_stands_there_or_in_an_address() {
    let nursery = Nursery::open();
    let operator = nursery.visitor(Role::Operator);
    let said = [
        ("id", "2"),
        ("row", "0"),
        ("col", "0"),
        ("verdict", "blank"),
    ];
    operator.post("/correct", &said).is(303);
    let secrets = [("name", "viewer"), ("password", "a-wrong-secret")];
    let refused = nursery.nobody().post("/login", &secrets);
    refused.is(401).hides("a-wrong-secret");
    let manager = nursery.visitor(Role::Manager);
    let page = manager.get("/system");
    page.is(200)
        .shows("Who did what")
        .shows("wrong name or password")
        .shows("base1/line1/2026-11-24/000001 r0 c0 blank");
    operator.get("/system").is(200).hides("Who did what");
    let ledger = nursery.folder.path().join("line.db.ledger.jsonl");
    let ledger = std::fs::read_to_string(ledger).unwrap();
    for secret in [PASSWORD, "a-wrong-secret", &manager.token] {
        assert!(!ledger.contains(secret), "{secret} in {ledger}");
    }
    // forms that carry a secret are sent as a body: nothing of them stands in an address
    for (visitor, path) in [
        (&nursery.nobody(), "/login"),
        (&manager, "/switch"),
        (&manager, "/account"),
    ] {
        let page = visitor.get(path);
        for form in page.body.split("<form").skip(1) {
            let form = form.split("</form>").next().unwrap();
            let secret = form.contains("type=\"password\"") || form.contains("name=\"token\"");
            assert!(
                !secret || form.contains("method=\"post\""),
                "{path}: {form}"
            );
        }
    }
}

#[test]
fn a_session_ends_when_somebody_logs_out() {
    let nursery = Nursery::open();
    let viewer = nursery.visitor(Role::Viewer);
    viewer.get("/live").is(200);
    viewer.post("/logout", &[]).is(303);
    assert!(is_kept_out(&viewer.get("/live")));
}

#[test]
fn pages_forbid_scripts_frames_and_anything_from_elsewhere() {
    let nursery = Nursery::open();
    let viewer = nursery.visitor(Role::Viewer);
    for path in [
        "/live",
        "/lots",
        "/shift",
        "/find?called=none",
        "/lot?lot=2026-11-A",
        "/tray?id=2",
        "/standards",
        "/review",
        "/login",
        "/none",
    ] {
        let reply = viewer.get(path);
        let policy = reply.header("content-security-policy").unwrap();
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"));
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(reply.header("cache-control"), Some("no-store"));
        for inline in [" style=", "<style", " onclick=", "javascript:"] {
            reply.hides(inline);
        }
        assert_eq!(reply.body.matches("<script").count(), 1, "{path}");
    }
}

#[test]
fn what_stands_in_a_lots_name_is_text() {
    let lot = "<script>alert(1)</script>\"'&=1+1";
    let nursery = Nursery::with(&[tray(1, lot, |_| 0.1)], false).unwrap();
    let nobody = nursery.nobody();
    let query = encoded(lot);
    for path in [
        "/live",
        "/lots",
        &format!("/lot?lot={query}"),
        "/shift",
        "/tray?id=1",
        "/review",
    ] {
        nobody.get(path).is(200).hides("<script>alert");
    }
    let table = nobody.get(&format!("/lot/table?lot={query}"));
    table.is(200);
    assert!(!table.header("content-disposition").unwrap().contains('<'));
}

#[test]
fn large_forms_foreign_hosts_and_paths_upwards_are_refused() {
    let nursery = Nursery::open();
    let manager = nursery.visitor(Role::Manager);
    let large = format!("token={}&reason={}", manager.token, "x".repeat(300 << 10));
    manager.post_raw("/standards/save", &large, "").is(400);
    let foreign = "GET /live HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n";
    manager.send(foreign).is(421);
    for path in [
        "/../../etc/passwd",
        "/%2e%2e/people.json",
        "/line.db.people.json",
        "/tray/picture?id=99",
    ] {
        manager.get(path).is(404);
    }
    manager.get("/tray?id=%FF").is(400);
}

#[test]
fn whatever_an_address_holds_the_pages_do_not_fail() {
    let nursery = Nursery::open();
    let manager = nursery.visitor(Role::Manager);
    let paths: Vec<&str> = route_rules()
        .iter()
        .filter(|rule| rule.method == "GET")
        .map(|rule| rule.path)
        .collect();
    let field = prop::sample::select(vec![
        "id", "store", "row", "col", "lot", "skip", "limit", "before", "digest", "standard",
        "g0c0", "to", "then", "shift", "called",
    ]);
    let value = prop_oneof![
        any::<i64>().prop_map(|n| n.to_string()),
        any::<u64>().prop_map(|n| n.to_string()),
        "\\PC{0,12}",
        Just(
            seedgrade::grade::GradingStandard::embedded()
                .digest()
                .to_owned()
        ),
        Just("NaN".to_owned()),
    ];
    let asked = (
        prop::sample::select(paths),
        prop::collection::vec((field, value), 0..4),
    );
    let config = ProptestConfig {
        cases: 200,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    // a machine without a font for Chinese says so where a PDF is asked for
    let letters = Letters::of_machine().is_ok();
    proptest!(config, |((path, fields) in asked)| {
        let query: Vec<String> = fields.iter().map(|(k, v)| format!("{k}={}", encoded(v))).collect();
        let reply = manager.get(&format!("{path}?{}", query.join("&")));
        let without_letters = !letters && path == "/certificate.pdf" && reply.status == 503;
        let well = (200..500).contains(&reply.status) || without_letters;
        prop_assert!(well, "{path}?{}: {reply:?}", query.join("&"));
    });
}

#[test]
fn whoever_watches_hears_of_a_new_tray() {
    let nursery = Nursery::open();
    let viewer: Visitor = nursery.visitor(Role::Viewer);
    let mut news = viewer.news();
    add(&nursery.store(), &[tray(40, "2026-11-A", |_| 0.1)]);
    let stored = std::time::Instant::now();
    let mut line = String::new();
    while !line.starts_with("event: news") {
        line.clear();
        assert!(news.read_line(&mut line).unwrap() > 0, "the stream ended");
    }
    viewer.get("/live/now").is(200);
    let after = stored.elapsed().as_millis();
    eprintln!("a new tray's page is fetched {after} ms after it was stored");
    // the store's clock in this test goes by the pass: it is the store's last, not the latest moment
    viewer
        .get("/api/v1/trays?limit=1")
        .is(200)
        .shows("2026-11-24/000040");
}
