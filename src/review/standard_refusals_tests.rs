use std::path::Path;

use super::super::shapes::WHOLE_NUMBER;
use super::*;
use crate::grade::GradingStandard;

/// What the room of standards words and no page says: pieces of other texts, which are found whole.
const PIECES: [&str; 9] = [
    "{}, {key}",
    "{} {}",
    "{name} {} {}",
    " ({value})",
    " (unknown)",
    "at least",
    "at most",
    "{from} {}",
    " and {to} {}",
];

/// The texts between quotation marks of a source, without what stands behind the last line of its program.
fn literals(source: &str) -> Vec<String> {
    let program = source.split("#[cfg(test)]").next().unwrap();
    let lines = program.lines().map(str::trim_start);
    let mut letters: Vec<char> = Vec::new();
    for line in lines.filter(|line| !line.starts_with("//")) {
        letters.extend(line.chars().chain(['\n']));
    }
    let (mut all, mut at) = (Vec::new(), 0);
    while at < letters.len() {
        // a quotation mark as a letter begins no text
        if letters[at] == '\'' && letters.get(at + 2) == Some(&'\'') {
            at += 3;
            continue;
        }
        if letters[at] != '"' {
            at += 1;
            continue;
        }
        let mut text = String::new();
        at += 1;
        while letters[at] != '"' {
            if letters[at] == '\\' {
                at += 1;
            }
            text.push(letters[at]);
            at += 1;
        }
        all.push(text);
        at += 1;
    }
    all
}

/// A text with something at every place where a program's format puts something.
fn filled(format: &str) -> String {
    let mut pieces = format.split('{');
    let mut text = pieces.next().unwrap().to_owned();
    for piece in pieces {
        let (inside, behind) = piece.split_once('}').unwrap();
        // braces with spaces are TOML's, in examples
        text += &if inside.contains(' ') {
            format!("{{{inside}}}")
        } else {
            "x".to_owned()
        };
        text += behind;
    }
    text
}

#[test]
fn whatever_is_said_to_be_expected_of_a_standard_has_a_word() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/grade/standard");
    let mut seen = 0;
    for file in [
        "criterion.rs",
        "document.rs",
        "rule.rs",
        "rule_text.rs",
        "toml_table.rs",
    ] {
        let source = std::fs::read_to_string(folder.join(file)).unwrap();
        let spoken = literals(&source).into_iter();
        let spoken = spoken.filter(|text| text.contains(' ') && !PIECES.contains(&text.as_str()));
        for text in spoken.map(|text| filled(&text)) {
            assert!(
                found_among(&PARTS, &text).is_some(),
                "{file}: no word for {text:?}"
            );
            seen += 1;
        }
    }
    assert!(seen > 40, "{seen}");
}

#[test]
fn a_part_is_found_by_its_own_word_and_no_other() {
    for shape in &*PARTS {
        let text = shape
            .places
            .iter()
            .fold(shape.before.to_owned(), |text, (place, behind)| {
                text + if *place == WHOLE_NUMBER { "7" } else { "x" } + behind
            });
        let found = found_among(&PARTS, &text).map(|(found, _)| found.key);
        assert_eq!(found, Some(shape.key), "{text}");
    }
}

fn refused(part: &str, replacement: &str) -> StandardProblem {
    let text = GradingStandard::embedded_text();
    assert!(text.contains(part), "the standard has no {part:?}");
    let broken = text.replacen(part, replacement, 1);
    GradingStandard::parse(&broken)
        .map(|standard| standard.name())
        .expect_err(replacement)
        .problem
}

fn chinese(problem: &StandardProblem) -> String {
    Language::Chinese.why_no_standard(problem)
}

#[test]
fn in_english_a_problem_is_said_as_the_room_of_standards_says_it() {
    let grade = || "A".to_owned();
    let all = [
        StandardProblem::TooLong {
            found: 1_048_577,
            limit: 1_048_576,
        },
        StandardProblem::Toml("duplicate key".to_owned()),
        refused("version = ", "verzion = "),
        refused("version = ", "mass = 3\nversion = "),
        refused("crop = ", "# "),
        refused("marketable = true", "marketable = 1"),
        StandardProblem::Twice {
            kind: "grade",
            name: grade(),
        },
        StandardProblem::TooMany {
            subject: "tray rules",
            found: 65,
            limit: 64,
        },
        refused("chlorotic <= ", "chlorotic >= 1"),
        StandardProblem::HidesBelow { grade: grade() },
        StandardProblem::LastHasCriteria { grade: grade() },
        StandardProblem::LastMarketable { grade: grade() },
        StandardProblem::UnsureActs {
            found: "remove".to_owned(),
        },
    ];
    for problem in &all {
        let said = Language::English.why_no_standard(problem);
        assert_eq!(said, problem.to_string());
        let said = chinese(problem);
        assert!(
            !said.contains("expected") && !said.contains("found"),
            "{said}"
        );
    }
}

#[test]
fn in_chinese_only_names_and_what_the_parser_says_stay_as_they_are() {
    assert_eq!(
        chinese(&refused("marketable = true", "marketable = 1")),
        "等级 \"A\", marketable：应为 true 或 false，实为 1"
    );
    assert_eq!(
        chinese(&refused("crop = ", "# ")),
        "标准 缺少 `crop`：应为 作物名"
    );
    let misspelt = chinese(&refused("area_pitch2 >= ", "area_pich2 >= "));
    assert!(
        misspelt.starts_with("性状 \"area_pich2\" 不认识：应为 area_pitch2, ")
            && misspelt.ends_with("；是不是 \"area_pitch2\"？"),
        "{misspelt}"
    );
    let never = StandardProblem::NeverHolds {
        subject: "criterion \"occupied <= 0.5\"".to_owned(),
        why: "occupied is above 0.6 and at most 1 in a graded cell".to_owned(),
    };
    assert_eq!(
        chinese(&never),
        "判定条件 \"occupied <= 0.5\" 永远不能成立：有等级的穴孔里，occupied 大于 0.6 且不大于 1"
    );
    let toml = chinese(&StandardProblem::Toml("duplicate key".to_owned()));
    assert_eq!(toml, "不是合法的 TOML，解析器提示：“duplicate key”");
    let example = chinese(&refused("ungraded = ", "# "));
    assert!(
        example.contains("未判定穴盘的去向，例如 { route"),
        "{example}"
    );
}
