#![allow(clippy::unwrap_used)]

use super::*;

fn people() -> (tempfile::TempDir, People) {
    let folder = tempfile::tempdir().unwrap();
    let people = People::read(&people_path(&folder.path().join("line.db"))).unwrap();
    (folder, people)
}

#[test]
fn only_the_right_password_of_somebody_who_is_there_is_admitted() {
    let (_folder, mut people) = people();
    people.add("王芳", Role::Manager, "seedlings-8").unwrap();
    let again = People::read(&people.path).unwrap();
    assert_eq!(again.named("王芳").unwrap().role, Role::Manager);
    assert!(again.admits("王芳", "seedlings-8"));
    assert!(!again.admits("王芳", "seedlings-9"));
    assert!(!again.admits("nobody", "seedlings-8"));
    let text = std::fs::read_to_string(&people.path).unwrap();
    assert!(!text.contains("seedlings-8") && text.contains("$argon2id$"));
}

#[test]
fn a_hash_of_nobody_is_a_hash_and_costs_as_much_as_the_others() {
    let of_nobody = PasswordHash::new(NOBODYS_HASH).unwrap();
    let text = hash("seedlings-8").unwrap();
    let of_somebody = PasswordHash::new(&text).unwrap();
    assert_eq!(of_nobody.params.to_string(), of_somebody.params.to_string());
}

#[test]
fn names_and_passwords_that_do_not_fit_are_refused_and_nothing_is_written() {
    let (_folder, mut people) = people();
    for name in ["", " a", "<b>", "a\nb"] {
        let refused = people.add(name, Role::Viewer, "long enough");
        assert!(matches!(refused, Err(PeopleError::Name(_))), "{name:?}");
    }
    assert!(matches!(
        people.add("a", Role::Viewer, "short"),
        Err(PeopleError::Password(5))
    ));
    assert!(!people.path.exists());
    people.add("a", Role::Viewer, "long enough").unwrap();
    assert!(matches!(
        people.add("a", Role::Viewer, "long enough"),
        Err(PeopleError::Taken(_))
    ));
    people.remove("a").unwrap();
    assert!(matches!(people.remove("a"), Err(PeopleError::Unknown(_))));
}

#[test]
fn a_foreign_file_is_named() {
    let (_folder, people) = people();
    for text in ["", "{}", "[1]", "{\"schema\":\"x\",\"people\":[]}"] {
        std::fs::write(&people.path, text).unwrap();
        let error = People::read(&people.path).unwrap_err().to_string();
        assert!(error.contains("line.db.people.json"), "{error}");
    }
}

#[test]
fn a_pin_is_its_persons_alone_and_as_long_as_the_role_asks_for() {
    let (_folder, mut people) = people();
    people.add("li", Role::Operator, "seedlings-8").unwrap();
    people.add("wang", Role::Manager, "seedlings-9").unwrap();
    let cases = [
        ("li", "123", false),
        ("li", "12a4", false),
        ("li", "1234567890123", false),
        ("li", "", false),
        ("wang", "1234", false),
        ("li", "1234", true),
        ("wang", "123456", true),
    ];
    for (name, pin, fits) in cases {
        assert_eq!(
            people.set_pin(name, Some(pin)).is_ok(),
            fits,
            "{name} {pin:?}"
        );
    }
    let again = People::read(&people.path).unwrap();
    for (name, pin, admitted) in [
        ("li", "1234", true),
        ("li", "123456", false),
        ("wang", "123456", true),
        ("wang", "1234", false),
        ("nobody", "1234", false),
        ("li", "", false),
    ] {
        assert_eq!(again.admits_pin(name, pin), admitted, "{name} {pin:?}");
    }
    let text = std::fs::read_to_string(&people.path).unwrap();
    assert!(!text.contains("\"1234\"") && !text.contains("123456"));
    people.set_pin("li", None).unwrap();
    assert!(!people.admits_pin("li", "1234"), "taken away");
    assert!(people.set_pin("nobody", Some("1234")).is_err());
}

#[test]
fn a_badge_names_who_wears_it_and_nobody_else_can_take_it() {
    let (_folder, mut people) = people();
    people.add("li", Role::Operator, "seedlings-8").unwrap();
    people.add("wang", Role::Manager, "seedlings-9").unwrap();
    for bad in ["", "12345", "with space", &"x".repeat(200)] {
        assert!(people.set_badge("li", Some(bad)).is_err(), "{bad:?}");
    }
    people.set_badge("li", Some("B-0042-7781")).unwrap();
    people.set_badge("li", Some("B-0042-7781")).unwrap();
    assert!(matches!(
        people.set_badge("wang", Some("B-0042-7781")),
        Err(PeopleError::BadgeTaken)
    ));
    people.set_badge("wang", Some("B-0042-7782")).unwrap();
    let of = |code: &str| people.wearing(code).map(|person| person.name.as_str());
    assert_eq!(of("B-0042-7781"), Some("li"));
    assert_eq!(of("B-0042-7782"), Some("wang"));
    assert_eq!(of("B-0042-7783"), None);
    assert_eq!(of(""), None);
    let text = std::fs::read_to_string(&people.path).unwrap();
    assert!(!text.contains("B-0042"), "{text}");
}

#[test]
fn people_of_before_there_were_pins_are_read() {
    let (_folder, mut people) = people();
    people.add("li", Role::Viewer, "seedlings-8").unwrap();
    let text = std::fs::read_to_string(&people.path).unwrap();
    assert!(!text.contains("pin") && !text.contains("badge"), "{text}");
    assert!(!People::read(&people.path).unwrap().all()[0].has_pin());
}
