use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::*;

fn keys(language: Language) -> BTreeSet<String> {
    let lines = language.text().lines();
    let keys = lines.filter(|line| line.starts_with(|c: char| c.is_ascii_alphabetic()));
    keys.filter_map(|line| Some(line.split_once('=')?.0.trim().to_owned()))
        .collect()
}

/// Every key that the pages' code says, as `say("key"` or `say_with("key"` over line ends.
fn said() -> BTreeSet<String> {
    fn walk(folder: &Path, said: &mut BTreeSet<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, said);
            } else if path.extension().is_some_and(|e| e == "rs")
                && !path.to_string_lossy().ends_with("_tests.rs")
            {
                let text = fs::read_to_string(&path).unwrap();
                let text = text.split("#[cfg(test)]").next().unwrap();
                for piece in text.split("say").skip(1) {
                    let piece = piece.strip_prefix("_with").unwrap_or(piece);
                    let Some(rest) = piece.strip_prefix('(') else {
                        continue;
                    };
                    if let Some(rest) = rest.trim_start().strip_prefix('"') {
                        said.extend(rest.split('"').next().map(str::to_owned));
                    }
                }
                // A key that is chosen before it is said is marked where it is chosen.
                for piece in text.split("word!(\"").skip(1) {
                    said.extend(piece.split('"').next().map(str::to_owned));
                }
            }
        }
    }
    let mut said = BTreeSet::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/review");
    walk(&root, &mut said);
    said
}

fn places(language: Language, key: &str) -> BTreeSet<String> {
    let start = format!("\n{key} =");
    let text = format!("\n{}", language.text());
    let rest = &text[text.find(&start).unwrap() + 1..];
    // a message goes on over lines that are set in
    let lines = rest.lines().enumerate();
    let of_it = lines.take_while(|(i, line)| *i == 0 || line.starts_with(' '));
    let message: String = of_it.map(|(_, line)| line).collect();
    let pieces = message.split("{ $").skip(1);
    let name = |piece: &str| {
        let is_name = |c: &char| c.is_ascii_alphanumeric() || *c == '-';
        piece.chars().take_while(is_name).collect()
    };
    pieces.map(name).collect()
}

#[test]
fn both_languages_have_every_word_that_is_said_and_no_other() {
    let mut said = said();
    assert!(said.len() > 100, "{said:?}");
    // Causes are found by their words: that each arises somewhere is tested beside them.
    // So are parts of standards.
    for beginning in [
        super::super::causes::KEY,
        super::super::standard_refusals::KEY,
    ] {
        let found = Language::English.words_of(beginning);
        said.extend(found.map(|(key, _)| key.to_owned()));
    }
    for language in [Language::Chinese, Language::English] {
        let keys = keys(language);
        let missing: Vec<_> = said.difference(&keys).collect();
        let unused: Vec<_> = keys.difference(&said).collect();
        assert!(
            missing.is_empty(),
            "{}: missing {missing:?}",
            language.tag()
        );
        assert!(unused.is_empty(), "{}: unused {unused:?}", language.tag());
    }
}

#[test]
fn a_sentence_has_the_same_places_in_both_languages_and_no_error() {
    for key in keys(Language::Chinese) {
        assert_eq!(
            places(Language::Chinese, &key),
            places(Language::English, &key),
            "{key}"
        );
    }
    for language in [Language::Chinese, Language::English] {
        assert!(FluentResource::try_new(language.text().to_owned()).is_ok());
        assert_ne!(language.say("nav-live"), "nav-live");
    }
}

#[test]
fn a_browser_gets_the_language_that_it_likes_most() {
    assert_eq!(
        Language::accepted("de-DE,en-GB;q=0.8,zh;q=0.5"),
        Some(Language::English)
    );
    assert_eq!(Language::accepted("zh-TW"), Some(Language::Chinese));
    assert_eq!(Language::accepted("fr, *;q=0.1"), None);
    let accepted = Language::accepted("zh;q=0.5, en;q=0.8");
    assert_eq!(accepted, Some(Language::English), "liked more");
    assert_eq!(Language::accepted("zh, en"), Some(Language::Chinese));
    let accepted = Language::accepted("en;q=0, zh;q=0.1");
    assert_eq!(accepted, Some(Language::Chinese), "not that one");
    assert_eq!(Language::default(), Language::Chinese);
}

#[test]
fn one_cell_is_no_plural_and_thousands_are_grouped() {
    let fill = |n| Language::English.say_with("bench-fill", &[("n", n)]);
    assert_eq!(fill("1"), "Fill 1 cell");
    assert_eq!(fill("1,204"), "Fill 1,204 cells");
    let lot = Language::English.say_with("what-if-save-as", &[("id", "007")]);
    assert!(lot.contains("007"), "{lot}");
    assert_eq!(
        Language::Chinese.say_with("bench-fill", &[("n", "1")]),
        "补 1 穴"
    );
}
