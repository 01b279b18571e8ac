//! Another person at the line, by PIN or badge.

use seedgrade::review::{People, Role, people_path};

use crate::client::Visitor;
use crate::nursery::{Nursery, PASSWORD};

const BADGE: &str = "B-0042-7781";

/// The operator and the manager have a PIN each, the operator a badge too, the viewer neither.
fn with_pins() -> Nursery {
    let nursery = Nursery::open();
    let mut people = People::read(&people_path(&nursery.store())).unwrap();
    people.set_pin("operator", Some("2468")).unwrap();
    people.set_badge("operator", Some(BADGE)).unwrap();
    people.set_pin("manager", Some("135790")).unwrap();
    nursery
}

/// Whoever holds this visitor's tablet after a form was sent, with the token of their session.
fn after(visitor: &Visitor, path: &str, fields: &[(&str, &str)]) -> (u16, Visitor) {
    let reply = visitor.post(path, fields);
    let mut next = visitor.clone();
    if let Some(cookie) = reply.header("set-cookie") {
        next.cookie = format!(
            "seedgrade-language=en; {}",
            cookie.split(';').next().unwrap()
        );
        let page = next.get("/account");
        let after = page.body.split("name=\"token\" value=\"").nth(1).unwrap();
        next.token = after.split('"').next().unwrap().to_owned();
    }
    (reply.status, next)
}

fn ledger(nursery: &Nursery) -> String {
    std::fs::read_to_string(nursery.folder.path().join("line.db.ledger.jsonl")).unwrap()
}

#[test]
fn a_pin_or_a_badge_gives_its_own_persons_role_and_nothing_else_gives_any() {
    // what is sent, how it ends, who may then save a standard (manager) and correct (operator)
    type Case<'a> = (&'a str, &'a [(&'a str, &'a str)], u16, Option<Role>);
    let cases: [Case<'_>; 8] = [
        (
            "/switch",
            &[("name", "operator"), ("pin", "2468")],
            303,
            Some(Role::Operator),
        ),
        (
            "/switch",
            &[("name", "manager"), ("pin", "135790")],
            303,
            Some(Role::Manager),
        ),
        (
            "/switch/badge",
            &[("badge", BADGE)],
            303,
            Some(Role::Operator),
        ),
        (
            "/switch",
            &[("name", "manager"), ("pin", "2468")],
            401,
            None,
        ),
        ("/switch", &[("name", "viewer"), ("pin", "")], 401, None),
        ("/switch", &[("name", "nobody"), ("pin", "2468")], 401, None),
        ("/switch/badge", &[("badge", "B-0042-7782")], 401, None),
        ("/switch/badge", &[("badge", "")], 401, None),
    ];
    for (path, fields, status, role) in cases {
        let nursery = with_pins();
        let viewer = nursery.visitor(Role::Viewer);
        let (ended, now) = after(&viewer, path, fields);
        assert_eq!(ended, status, "{path} {fields:?}");
        let is = role.unwrap_or(Role::Viewer);
        let kept_out = |needs: Role, path: &str| {
            assert_eq!(
                now.post(path, &[]).status == 403,
                is < needs,
                "{path} {fields:?}"
            );
        };
        kept_out(Role::Operator, "/correct");
        kept_out(Role::Manager, "/standards/save");
        let told = ledger(&nursery);
        match role {
            Some(role) => {
                assert!(
                    told.contains("\"switched\"") && told.contains("viewer opened"),
                    "{told}"
                );
                now.get("/live").is(200).shows(role.name());
                assert_ne!(
                    viewer.get("/live").status,
                    200,
                    "the old cookie is worth nothing"
                );
            }
            None => assert!(told.contains("switch_failed"), "{told}"),
        }
        assert!(!told.contains("2468") && !told.contains(BADGE), "{told}");
    }
}

#[test]
fn where_nobody_logged_in_by_password_no_pin_and_no_badge_opens_anything() {
    let nursery = with_pins();
    for (path, fields) in [
        ("/switch", vec![("name", "operator"), ("pin", "2468")]),
        ("/switch/badge", vec![("badge", BADGE)]),
    ] {
        let reply = nursery.nobody().post(path, &fields);
        assert_eq!(reply.status, 303);
        assert!(reply.header("location").unwrap().starts_with("/login"));
        assert_eq!(reply.header("set-cookie"), None);
    }
}

#[test]
fn when_who_opened_a_device_is_gone_so_is_everybody_who_switched_there() {
    let nursery = with_pins();
    let viewer = nursery.visitor(Role::Viewer);
    let (_, operator) = after(&viewer, "/switch/badge", &[("badge", BADGE)]);
    operator.get("/live").is(200);
    let mut people = People::read(&people_path(&nursery.store())).unwrap();
    people.remove("viewer").unwrap();
    assert_ne!(operator.get("/live").status, 200);
}

#[test]
fn guessing_pins_must_wait_and_locks_nobody_out_of_the_way_in_by_password() {
    let nursery = with_pins();
    let viewer = nursery.visitor(Role::Viewer);
    let guess = |pin: &str| {
        viewer
            .post("/switch", &[("name", "operator"), ("pin", pin)])
            .status
    };
    let statuses: Vec<u16> = (0..6).map(|n| guess(&format!("000{n}"))).collect();
    assert_eq!(statuses.last(), Some(&429), "{statuses:?}");
    assert_eq!(guess("2468"), 429, "the right one waits too");
    viewer.post("/switch/badge", &[("badge", BADGE)]).is(429);
    nursery
        .nobody()
        .post("/login", &[("name", "operator"), ("password", PASSWORD)])
        .is(303);
}

#[test]
fn everybody_sets_their_own_pin_and_badge_with_their_password() {
    let nursery = Nursery::open();
    let operator = nursery.visitor(Role::Operator);
    let set = |path: &str, password: &str, secret: &str| {
        operator
            .post(path, &[("password", password), ("secret", secret)])
            .status
    };
    assert_eq!(set("/account/pin", "wrong-password", "2468"), 401);
    assert_eq!(set("/account/pin", PASSWORD, "12"), 400);
    assert_eq!(set("/account/badge", PASSWORD, "short"), 400);
    let read = || People::read(&people_path(&nursery.store())).unwrap();
    assert!(!read().admits_pin("operator", "2468"));
    assert_eq!(set("/account/pin", PASSWORD, "2468"), 303);
    assert_eq!(set("/account/badge", PASSWORD, BADGE), 303);
    assert!(read().admits_pin("operator", "2468"));
    operator
        .get("/account")
        .is(200)
        .shows("PIN · set")
        .shows("Badge · set");
    let manager = nursery.visitor(Role::Manager);
    manager
        .post(
            "/account/badge",
            &[("password", PASSWORD), ("secret", BADGE)],
        )
        .is(400)
        .shows("Somebody else has this badge");
    manager
        .post(
            "/account/pin",
            &[("password", PASSWORD), ("secret", "2468")],
        )
        .is(400)
        .shows("6 to 12 digits");
    assert_eq!(set("/account/pin", PASSWORD, ""), 303);
    assert!(!read().admits_pin("operator", "2468"), "taken away");
    let told = ledger(&nursery);
    assert!(told.contains("set_pin") && told.contains("set_badge"));
    assert!(!told.contains("2468") && !told.contains(BADGE));
}
