//! What is a grading standard, what is not, and what is said about it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use proptest::prelude::*;
use seedgrade::grade::{
    CellAction, CellVerdict, GradeId, GradingStandard, SownCells, StandardProblem, UnsureReason,
};

/// The example of the contract, line by line.
const EXAMPLE: &str = r#"schema = "seedgrade.standard/1"
id = "vegetable-plug"
version = 1
crop = "tomato"
title = { en = "Tomato plugs", zh-CN = "番茄穴盘苗" }

[[grade]]               # best first; a plant gets the first grade of which every criterion holds
id = "A"
marketable = true
all = ["area_pitch2 >= 0.25", "chlorotic <= 0.05", "offset_pitch <= 0.3", "overlap <= 0.3"]
[[grade]]
id = "B"
marketable = true
all = ["area_pitch2 >= 0.12", "chlorotic <= 0.15"]
[[grade]]               # the last grade takes whatever is left (弱苗): without criteria, never marketable
id = "weak"
marketable = false
all = []
[unsure]                # what the inspection refuses to decide
occupied = [0.4, 0.6]   # a probability between these is unsure
[action]                # what the actuator does with a cell, by verdict or grade: leave | remove | thin | pick:N
blank = "leave"
double = "thin"
weak = "remove"
unsure = "leave"        # unsure is never removed: anything else is an error
[tray]                  # first rule that holds; share(G) = plants of grade G ÷ sown cells
rules = [ { grade = "A", when = "share(A) >= 0.90 and blank <= 0.05", route = "market" },
          { grade = "B", when = "share(A) + share(B) >= 0.80", route = "second" } ]
otherwise = { grade = "reject", route = "rework" }
ungraded = { route = "hold" }
"#;

/// The example with one part replaced.
fn with(part: &str, replacement: &str) -> String {
    assert!(EXAMPLE.contains(part), "the example has no {part:?}");
    EXAMPLE.replacen(part, replacement, 1)
}

#[test]
fn the_example_of_the_contract_is_a_standard() {
    let standard = GradingStandard::parse(EXAMPLE).unwrap();
    assert_eq!(standard.name(), "vegetable-plug@1");
    assert_eq!(standard.crop(), "tomato");
    assert_eq!(standard.title("zh-CN"), "番茄穴盘苗");
    assert_eq!(standard.title("fr"), "Tomato plugs");
    let grades: Vec<_> = standard
        .grades()
        .iter()
        .map(|g| (g.id.0.as_str(), g.marketable))
        .collect();
    assert_eq!(grades, [("A", true), ("B", true), ("weak", false)]);
    assert_eq!(standard.routes(), ["market", "second", "rework", "hold"]);
    assert_eq!(standard.ungraded_route(), "hold");
    assert!(!standard.needs_millimetres());
    let weak = CellVerdict::Graded(GradeId("weak".into()));
    assert_eq!(standard.action(&weak), CellAction::Remove);
    assert_eq!(standard.action(&CellVerdict::Double), CellAction::Thin);
    assert_eq!(
        standard.action(&CellVerdict::Unsure(UnsureReason::Occupancy)),
        CellAction::Leave
    );
}

#[test]
fn the_digest_names_the_text_byte_for_byte() {
    let standard = GradingStandard::parse(EXAMPLE).unwrap();
    assert!(standard.digest().starts_with("sha256:"));
    assert_eq!(standard.digest().len(), "sha256:".len() + 64);
    assert_eq!(
        standard.digest(),
        GradingStandard::parse(EXAMPLE).unwrap().digest()
    );
    let other = GradingStandard::parse(&with("0.25", "0.26")).unwrap();
    assert_ne!(standard.digest(), other.digest());
}

#[test]
fn the_embedded_standard_is_valid_and_has_the_usual_routes() {
    let standard = GradingStandard::parse(GradingStandard::embedded_text()).unwrap();
    assert_eq!(standard, GradingStandard::embedded());
    assert_eq!(standard.name(), "vegetable-plug@2");
    let mut routes = standard.routes();
    routes.sort_unstable();
    assert_eq!(routes, ["hold", "market", "rework", "second"]);
    assert_ne!(standard.title("zh-CN"), standard.title("en"));
    assert!(!standard.needs_millimetres());
}

#[test]
fn millimetres_are_known_to_need_a_scale() {
    let standard = GradingStandard::parse(&with("area_pitch2 >= 0.12", "area_mm2 > 80")).unwrap();
    assert!(standard.needs_millimetres());
}

#[test]
fn rules_take_either_joining_word_and_parentheses() {
    for rule in [
        "(share(A) + share(B)) >= 0.80 and (blank <= 0.05 or double < 0.1)",
        "blank + double + unsure < 0.2 or share(weak) > 0.5",
        "0.8 <= share(A)",
        "((((blank)))) <= 1",
        "share(A) >= share(B) + 0.1",
        "share( A )>=.9 and unsure<=0",
    ] {
        let text = with("share(A) >= 0.90 and blank <= 0.05", rule);
        assert!(GradingStandard::parse(&text).is_ok(), "{rule}");
    }
}

#[test]
fn a_broken_standard_is_refused_with_its_line_and_what_was_expected() {
    let rule = "share(A) >= 0.90 and blank <= 0.05";
    let first = "area_pitch2 >= 0.25";
    let band = "occupied = [0.4, 0.6]";
    #[rustfmt::skip] // a table: a case a line
    let cases: &[(&str, &str, usize, &str)] = &[
        // Names.
        (first, "areapitch2 >= 0.25", 10, "did you mean \"area_pitch2\"?"),
        (first, "height >= 0.25", 10, "trait \"height\" is unknown: expected area_pitch2, "),
        ("schema =", "shema =", 1, "did you mean \"schema\"?"),
        ("id = \"B\"", "idd = \"B\"", 12, "did you mean \"id\"?"),
        ("crop =", "corp =", 4, "key \"corp\" is unknown"),
        ("crop =", "corp =", 4, "did you mean \"crop\"?"),
        ("marketable = true", "marketble = true", 9, "did you mean \"marketable\"?"),
        ("[unsure] ", "[unsure]\nocupied = 1\n#", 20, "key \"ocupied\" is unknown"),
        ("weak = \"remove\"", "weka = \"remove\"", 24, "did you mean \"weak\"?"),
        ("\"remove\"", "\"destroy\"", 24, "action \"destroy\" is unknown"),
        ("\"remove\"", "\"pick:256\"", 24, "position N from 0 to 255"),
        ("share(B)", "share(C)", 28, "grade \"C\" is unknown: expected A, B, weak"),
        (rule, "blnk <= 0.1", 27, "did you mean \"blank\"?"),
        ("route = \"hold\"", "routes = \"hold\"", 30, "did you mean \"route\"?"),
        // Values.
        ("standard/1", "standard/2", 1, "expected \"seedgrade.standard/1\", found \"seedgrade.standard/2\""),
        ("version = 1", "version = 0", 3, "expected a whole number from 1, found 0"),
        ("version = 1", "version = 1.5", 3, "expected a whole number from 1"),
        ("id = \"vegetable-plug\"", "id = \"\"", 2, "expected a name"),
        ("marketable = true", "marketable = 1", 9, "expected true or false, found 1"),
        ("[0.4, 0.6]", "[0.6, 0.4]", 20, "the lower first"),
        ("[0.4, 0.6]", "[0.4]", 20, "found an array"),
        ("[0.4, 0.6]", "[0.4, nan]", 20, "expected a number from 0 to 1, found nan"),
        ("[0.4, 0.6]", "[0.4, inf]", 20, "found inf"),
        ("[0.4, 0.6]", "[0.4, 1.6]", 20, "expected a number from 0 to 1, found 1.6"),
        (band, "occupied = [0.4, 0.6]\nremoval = { area = 2 }", 21, "expected a number from 0 to 1, found 2"),
        (band, "occupied = [0.4, 0.6]\nremoval = { aera = 0.5 }", 21, "did you mean \"area\"?"),
        (band, "occupied = [0.4, 0.6]\nremoval = 0.5", 21, "margins for removing"),
        (first, "area_pitch2 >= nan", 10, "expected a finite number, found \"nan\""),
        (first, "area_pitch2 >= inf", 10, "expected a finite number, found \"inf\""),
        (first, "area_pitch2 >= 1e999", 10, "expected a finite number"),
        (first, "area_pitch2 >=", 10, "expected a finite number, found the end"),
        (first, "area_pitch2 == 0.25", 10, "expected >=, <=, > or <, found \"== 0.25\""),
        (first, "", 10, "expected the name of a trait, found the end"),
        // Grades and their order.
        ("all = []", "all = [\"plants >= 1\"]", 18, "last grade \"weak\" has criteria"),
        ("marketable = false", "marketable = true", 17, "last grade \"weak\" is marketable"),
        ("id = \"B\"", "id = \"A\"", 12, "grade \"A\" is there twice"),
        ("id = \"B\"", "id = \"blank\"", 12, "a name that is no verdict"),
        ("all = [\"area_pitch2 >= 0.12\", \"chlorotic <= 0.15\"]", "all = []", 14, "the grades below"),
        // What can never hold.
        ("chlorotic <= 0.05", "chlorotic >= 1.2", 10, "\"chlorotic >= 1.2\" can never hold"),
        ("chlorotic <= 0.05", "area_pitch2 <= 0.2", 10, "\"area_pitch2 >= 0.25\" is asked for too"),
        ("chlorotic <= 0.05", "chlorotic < 0", 10, "can never hold"),
        ("chlorotic <= 0.05", "occupied <= 0.5", 10, "occupied is above 0.6"),
        ("\"chlorotic <= 0.05\"", "\"leaves > 2\", \"leaves < 3\"", 10, "can never hold"),
        (rule, "blank >= 1.2", 27, "\"blank >= 1.2\" can never hold"),
        (rule, "share(A) >= 0.6 and blank > 0.4", 27, "can never hold"),
        (rule, "share(A) > 0.5 and share(A) < 0.4", 27, "can never hold"),
        (rule, "share(A) + blank >= 0.6 and double >= 0.5 or unsure > 1", 27, "can never hold"),
        // Rules.
        (rule, "share(A) and blank <= 0.05", 27, "expected a comparison"),
        (rule, "share(A) >= 0.9 blank <= 0.05", 27, "\"and\", \"or\" or the end, found \"blank\""),
        (rule, "share(A >= 0.9", 27, "expected \")\", found \">=\""),
        (rule, "share A >= 0.9", 27, "expected \"(\" and a grade, found \"A\""),
        (rule, "(blank <= 0.1) >= 0.2", 27, "expected a sum of shares"),
        (rule, "blank <= 0.1 and", 27, "found the end"),
        (rule, "", 27, "expected share(GRADE), blank"),
        (rule, "blank <= -0.1", 27, "term \"-0.1\" is unknown"),
        (rule, "blank <= 5%", 27, "found \"%\""),
        (rule, "((((((((((((((((((((blank <= 0.1))))))))))))))))))))", 27, "at most 16"),
        // Doubt.
        ("unsure = \"leave\"", "unsure = \"remove\"", 25, "expected \"leave\", found \"remove\""),
        // Missing parts.
        ("version = 1\n", "", 1, "standard has no `version`"),
        ("marketable = true\n", "", 7, "grade \"A\" has no `marketable`"),
        ("otherwise = { grade = \"reject\", route = \"rework\" }", "", 26, "no `otherwise`"),
        ("ungraded = { route = \"hold\" }", "", 26, "no `ungraded`"),
        ("occupied = [0.4, 0.6]", "", 19, "unsure has no `occupied`"),
        (", route = \"market\"", "", 27, "no `route`"),
        // TOML itself.
        ("id = \"B\"", "id = \"B", 12, "text is no TOML"),
        ("version = 1", "version = 1\nversion = 2", 4, "text is no TOML: duplicate key"),
    ];
    for (part, replacement, line, fragment) in cases {
        let error = GradingStandard::parse(&with(part, replacement)).expect_err(replacement);
        let said = error.to_string();
        assert!(
            said.contains(fragment),
            "{replacement:?}: {said:?} lacks {fragment:?}"
        );
        assert_eq!(error.place.line, *line, "{replacement:?}: {said}");
    }
}

#[test]
fn a_fault_inside_a_string_is_shown_by_its_column() {
    let error = GradingStandard::parse(&with("blank <= 0.05", "blnk <= 0.05")).unwrap_err();
    let line = with("blank <= 0.05", "blnk <= 0.05");
    let line = line.lines().nth(error.place.line - 1).unwrap().to_owned();
    let column = line.chars().take(error.place.column - 1).count();
    assert!(
        line.chars()
            .skip(column)
            .collect::<String>()
            .starts_with("blnk"),
        "{error}"
    );
}

#[test]
fn huge_and_deeply_nested_texts_are_refused() {
    let huge = format!("{EXAMPLE}#{}", "x".repeat(1 << 20));
    let error = GradingStandard::parse(&huge).unwrap_err();
    assert!(
        error.to_string().contains("at most 1048576 are read"),
        "{error}"
    );
    for (open, close) in [("[", "]"), ("{a=", "}")] {
        let nested = format!("x = {}{}", open.repeat(50_000), close.repeat(50_000));
        assert!(GradingStandard::parse(&nested).is_err());
    }
    let many = format!("\"area_pitch2 >= 0.25\"{}", ", \"plants > 0\"".repeat(100));
    let error = GradingStandard::parse(&with("\"area_pitch2 >= 0.25\"", &many)).unwrap_err();
    assert!(
        error.to_string().contains("found 104, at most 64"),
        "{error}"
    );
}

/// Every tray of six sown cells.
fn small_trays() -> Vec<SownCells> {
    const SOWN: usize = 6;
    let mut mixes = vec![vec![]];
    for _ in 0..6 {
        let longer = |mix: &Vec<usize>| {
            (0..=SOWN)
                .map(|n| [mix.as_slice(), &[n]].concat())
                .collect()
        };
        mixes = mixes
            .iter()
            .flat_map(|mix| -> Vec<Vec<usize>> { longer(mix) })
            .collect();
        mixes.retain(|mix| mix.iter().sum::<usize>() <= SOWN);
    }
    mixes.retain(|mix| mix.iter().sum::<usize>() == SOWN);
    let tray = |mix: &Vec<usize>| SownCells {
        sown: SOWN,
        graded: mix[..3].to_vec(),
        blank: mix[3],
        double: mix[4],
        unsure: mix[5],
    };
    mixes.iter().map(tray).collect()
}

/// Rules of a few comparisons over sixths.
fn sound_rule() -> impl Strategy<Value = String> {
    let terms = [
        "share(A)",
        "share(B)",
        "share(weak)",
        "blank",
        "double",
        "unsure",
    ];
    let term = proptest::sample::select(terms.to_vec());
    let sum = proptest::collection::vec(term, 1..4).prop_map(|terms| terms.join(" + "));
    let symbol = proptest::sample::select(vec![">=", "<=", ">", "<"]);
    let limit = (0..8_u32).prop_map(|sixths| f64::from(sixths) / 6.0);
    let comparison =
        (sum, symbol, limit).prop_map(|(sum, op, limit)| format!("{sum} {op} {limit:.9}"));
    let joiner = proptest::sample::select(vec![" and ", " and ", " or "]);
    proptest::collection::vec((comparison, joiner), 1..6).prop_map(|parts| {
        let text: String = parts
            .iter()
            .map(|(part, joiner)| format!("{joiner}{part}"))
            .collect();
        text.trim_start_matches(" and ")
            .trim_start_matches(" or ")
            .to_owned()
    })
}

#[test]
fn a_rule_that_a_tray_meets_by_a_third_of_a_billionth_is_possible() {
    // a sixth of the tray unsure and no A meets both
    let rule = "share(A) + unsure < 0.166666667 and unsure + unsure >= 0.333333333";
    GradingStandard::parse(&with("share(A) + share(B) >= 0.80", rule)).unwrap();
    for never in [
        "share(A) < 0.5 and share(A) >= 0.5",
        "share(A) + unsure < 0.166666666 and unsure + unsure >= 0.333333333",
        "share(A) + share(B) + blank > 1",
        "blank < 0",
    ] {
        let refused = GradingStandard::parse(&with("share(A) + share(B) >= 0.80", never));
        let problem = refused.map(|s| s.name()).unwrap_err().problem;
        assert!(
            matches!(problem, StandardProblem::NeverHolds { .. }),
            "{never}"
        );
    }
}

/// Pieces that standards are made of, in no order.
fn piece() -> impl Strategy<Value = String> {
    let words = [
        "schema",
        "id",
        "version",
        "=",
        "[[grade]]",
        "[unsure]",
        "[tray]",
        "[",
        "]",
        "{",
        "}",
        "\"",
        "\n",
        ",",
        "all",
        "share(A)",
        "blank",
        ">=",
        "<",
        "+",
        "and",
        "or",
        "(",
        ")",
        "0.5",
        "nan",
        "1e9",
        "area_pitch2 >= 0.25",
        "rules",
        "苗",
        "\\u0000",
        "'''",
        "#",
        "-",
        "pick:",
    ];
    proptest::sample::select(words.to_vec()).prop_map(str::to_owned)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_rule_that_some_tray_meets_is_never_called_impossible(rule in sound_rule()) {
        let parsed = GradingStandard::parse(&with("share(A) + share(B) >= 0.80", &rule));
        match parsed {
            Ok(standard) => prop_assert_eq!(standard.rules().len(), 2),
            Err(error) => {
                prop_assert!(matches!(error.problem, StandardProblem::NeverHolds { .. }), "{}", error);
                // Beside an alternative that only all-blank trays meet, it adds no tray.
                let strict = format!("({rule}) or blank > 0.999");
                let text = with("share(A) + share(B) >= 0.80", &strict);
                let strict = GradingStandard::parse(&text).unwrap();
                for tray in small_trays() {
                    let all_blank = tray.blank == tray.sown;
                    prop_assert_eq!(strict.rules()[1].when.holds(&tray), all_blank, "{}", rule);
                }
            }
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in ".{0,400}") {
        let _ = GradingStandard::parse(&text);
    }

    #[test]
    fn any_rule_and_any_criterion_are_read_or_refused(
        rule in proptest::collection::vec(piece(), 0..40).prop_map(|p| p.join(" ")),
        text in "[^\"\\\\\\pC]{0,80}",
    ) {
        let rule = rule.replace(['"', '\n', '\\'], " ");
        let _ = GradingStandard::parse(&with("share(A) + share(B) >= 0.80", &rule));
        let _ = GradingStandard::parse(&with("share(A) + share(B) >= 0.80", &text));
        let _ = GradingStandard::parse(&with("area_pitch2 >= 0.25", &text));
    }

    #[test]
    fn a_mutated_standard_is_read_or_refused_within_its_text(
        at in 0..EXAMPLE.len(),
        cut in 0..60_usize,
        insert in proptest::collection::vec(piece(), 0..6).prop_map(|p| p.concat()),
    ) {
        let boundary = |mut at: usize| {
            while !EXAMPLE.is_char_boundary(at) { at -= 1; }
            at
        };
        let (start, end) = (boundary(at), boundary((at + cut).min(EXAMPLE.len())));
        let text = format!("{}{insert}{}", &EXAMPLE[..start], &EXAMPLE[end..]);
        if let Err(error) = GradingStandard::parse(&text) {
            prop_assert!(error.place.line >= 1 && error.place.line <= text.lines().count() + 1);
            prop_assert!(!error.to_string().is_empty());
        }
    }
}
