//! The names of YOLO's classes: `data.yaml` or `classes.txt`.

use std::path::Path;

use saphyr_parser::{Event, Parser};

use super::error::{ImportError, quoted};
use super::place::read_text;

/// The class names by number, from `names` of a YAML file, as a list or as a map from numbers.
///
/// None where the file has no such key: then it is about something else.
///
/// # Errors
/// The file is no YAML, is nested beyond reason, leaves a number out, states another number of
/// classes (`nc`), or describes key points, which are no plants.
pub(super) fn from_yaml(path: &Path) -> Result<Option<Vec<String>>, ImportError> {
    let text = read_text(path)?;
    let top = top_level(&text, path)?;
    let wrong =
        |expected: &str, found: String| Err(ImportError::found(path.display(), expected, found));
    if top.iter().any(|(key, _)| key == "kpt_shape") {
        return wrong(
            "labels of boxes or outlines",
            "key points (kpt_shape)".to_owned(),
        );
    }
    let value = |name: &str| top.iter().find(|(key, _)| key == name).map(|(_, v)| v);
    let names = match value("names") {
        Some(Value::List(names)) => names.clone(),
        Some(Value::Map(pairs)) => numbered(pairs, path)?,
        Some(Value::Text(text)) => return wrong("a list or map of class names", quoted(text)),
        None => return Ok(None),
    };
    match value("nc") {
        Some(Value::Text(count)) if count.parse() != Ok(names.len()) => wrong(
            &format!("{} classes as named", names.len()),
            format!("nc: {}", quoted(count)),
        ),
        _ => Ok(Some(names)),
    }
}

/// The class names of a `classes.txt`: one a line.
///
/// # Errors
/// The file cannot be read.
pub(super) fn from_lines(path: &Path) -> Result<Vec<String>, ImportError> {
    let text = read_text(path)?;
    let mut names: Vec<String> = text.lines().map(|l| l.trim().to_owned()).collect();
    while names.last().is_some_and(String::is_empty) {
        names.pop();
    }
    Ok(names)
}

fn numbered(pairs: &[(String, String)], path: &Path) -> Result<Vec<String>, ImportError> {
    let mut names = vec![None; pairs.len()];
    for (key, name) in pairs {
        let place = key.parse().ok().and_then(|n: usize| names.get_mut(n));
        match place {
            Some(place) if place.is_none() => *place = Some(name.clone()),
            _ => {
                let expected = format!("class numbers from 0 to {}, each once", pairs.len() - 1);
                return Err(ImportError::found(path.display(), expected, quoted(key)));
            }
        }
    }
    Ok(names.into_iter().flatten().collect())
}

/// What is needed of YAML: texts, lists of texts, maps from text to text.
#[derive(Debug, Clone, PartialEq)]
enum Value {
    Text(String),
    List(Vec<String>),
    Map(Vec<(String, String)>),
}

/// The pairs of the document's map. Deeper values are passed over.
fn top_level(text: &str, path: &Path) -> Result<Vec<(String, Value)>, ImportError> {
    let wrong = |found: String| ImportError::found(path.display(), "YAML: key: value", found);
    let mut reader = TopLevel::default();
    for event in Parser::new_from_str(text) {
        let (event, _) = event.map_err(|error| wrong(quoted(&error.to_string())))?;
        match event {
            Event::SequenceStart(..) => reader.open(true),
            Event::MappingStart(..) => reader.open(false),
            Event::SequenceEnd | Event::MappingEnd => reader.close(),
            Event::Scalar(text, ..) => reader.text(&text),
            Event::Alias(..) => return Err(wrong("an alias".to_owned())),
            _ => {}
        }
        if reader.depth > MOST_DEPTH {
            return Err(wrong(format!("more than {MOST_DEPTH} levels")));
        }
    }
    Ok(reader.pairs)
}

/// The depth beyond which a file is no list of classes.
const MOST_DEPTH: usize = 16;

#[derive(Default)]
struct TopLevel {
    pairs: Vec<(String, Value)>,
    depth: usize,
    /// A key of the top level whose value has not begun.
    key: Option<String>,
    /// A key of the second level whose value has not begun.
    inner_key: Option<String>,
}

impl TopLevel {
    fn open(&mut self, list: bool) {
        self.depth += 1;
        if self.depth == 2
            && let Some(key) = self.key.take()
        {
            let value = if list {
                Value::List(Vec::new())
            } else {
                Value::Map(Vec::new())
            };
            self.pairs.push((key, value));
        }
        self.inner_key = None;
    }

    fn close(&mut self) {
        self.depth = self.depth.saturating_sub(1);
        self.inner_key = None;
    }

    fn text(&mut self, text: &str) {
        match self.depth {
            1 => match self.key.take() {
                None => self.key = Some(text.to_owned()),
                Some(key) => self.pairs.push((key, Value::Text(text.to_owned()))),
            },
            2 => match self.pairs.last_mut() {
                Some((_, Value::List(list))) => list.push(text.to_owned()),
                Some((_, Value::Map(pairs))) => match self.inner_key.take() {
                    None => self.inner_key = Some(text.to_owned()),
                    Some(key) => pairs.push((key, text.to_owned())),
                },
                _ => {}
            },
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Result<Option<Vec<String>>, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data.yaml");
        std::fs::write(&path, text).unwrap();
        from_yaml(&path).map_err(|e| e.to_string())
    }

    #[test]
    fn names_are_a_list_in_brackets_a_list_of_lines_or_a_map() {
        let two = Ok(Some(vec!["plant".to_owned(), "no seedling".to_owned()]));
        for text in [
            "train: ../train/images\nnc: 2\nnames: ['plant', \"no seedling\"]\n",
            "\u{feff}names:\n- plant # green\n- no seedling\n",
            "roboflow:\n  version: 1\n  tags: [a, [b]]\nnames:\n  1: no seedling\n  0: plant\n",
        ] {
            assert_eq!(names(text), two, "{text}");
        }
    }

    #[test]
    fn what_is_not_as_expected_is_said() {
        for (text, said) in [
            (
                "nc: 3\nnames: [a, b]",
                "expected 2 classes as named, found nc: \"3\"",
            ),
            ("names: {0: a, 2: b}", "class numbers from 0 to 1"),
            ("names: plant", "a list or map"),
            ("names: [a]\nkpt_shape: [17, 3]", "key points"),
            ("names: [a", "YAML"),
        ] {
            let error = names(text).unwrap_err();
            assert!(
                error.contains("data.yaml: expected") && error.contains(said),
                "{error}"
            );
        }
        assert_eq!(names("nc: 1"), Ok(None));
        assert!(names(&"[".repeat(100_000)).is_err());
        assert!(names(&"- ".repeat(100_000)).is_err());
    }
}
