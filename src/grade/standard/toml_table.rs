//! A table of a standard's text, read key by key; what is wrong with it is said with its bytes.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::{Fault, StandardProblem, shortened};

/// The most characters of a name.
const MOST_NAME: usize = 64;

/// A table, who it belongs to for messages, and where it is.
pub(super) struct Table<'a> {
    text: &'a str,
    owner: String,
    table: &'a DeTable<'a>,
    span: Range<usize>,
}

/// A value with the name that messages give it.
pub(super) struct Value<'a> {
    text: &'a str,
    /// Such as `version` or `grade "A", marketable`.
    pub subject: String,
    value: &'a DeValue<'a>,
    /// Its bytes.
    pub span: Range<usize>,
}

impl<'a> Table<'a> {
    /// The whole document.
    pub fn root(text: &'a str, table: &'a Spanned<DeTable<'a>>) -> Self {
        Self {
            text,
            owner: "standard".to_owned(),
            table: table.get_ref(),
            span: 0..0,
        }
    }

    /// The same table under another name.
    pub fn named(self, owner: String) -> Self {
        Self { owner, ..self }
    }

    /// Refuses keys that are none of `known`.
    pub fn only(&self, known: &[&str]) -> Result<(), Fault> {
        let stranger = self
            .table
            .keys()
            .filter(|key| !known.contains(&key.get_ref().as_ref()));
        match stranger.min_by_key(|key| key.span().start) {
            Some(key) => Err(Fault::unknown(key.span(), "key", key.get_ref(), known)),
            None => Ok(()),
        }
    }

    /// The value of a key, if there.
    pub fn get(&self, key: &str) -> Option<Value<'a>> {
        let (_, value) = self.table.iter().find(|(k, _)| k.get_ref() == key)?;
        let subject = if self.owner == "standard" {
            key.to_owned()
        } else {
            format!("{}, {key}", self.owner)
        };
        Some(Value {
            text: self.text,
            subject,
            value: value.get_ref(),
            span: value.span(),
        })
    }

    /// The value of a key that must be there.
    pub fn require(&self, key: &'static str, expected: &'static str) -> Result<Value<'a>, Fault> {
        self.get(key).ok_or_else(|| {
            let owner = self.owner.clone();
            let problem = StandardProblem::Missing {
                owner,
                key,
                expected,
            };
            Fault::new(self.span.clone(), problem)
        })
    }

    /// Keys with their values, as they are written.
    pub fn entries(&self) -> Vec<(&'a str, Range<usize>, Value<'a>)> {
        let mut keys: Vec<_> = self.table.keys().collect();
        keys.sort_by_key(|key| key.span().start);
        let entry = |key: &'a Spanned<toml::de::DeString<'a>>| {
            let name: &str = key.get_ref();
            self.get(name).map(|value| (name, key.span(), value))
        };
        keys.into_iter().filter_map(entry).collect()
    }
}

impl<'a> Value<'a> {
    /// `subject: expected …, found …` with what is there.
    pub fn unexpected(&self, expected: &str) -> Fault {
        let written = self.text.get(self.span.clone()).unwrap_or_default();
        let found = match self.value {
            DeValue::Table(_) => "a table".to_owned(),
            DeValue::Array(_) => "an array".to_owned(),
            DeValue::String(text) => format!("{:?}", shortened(text)),
            _ => shortened(written),
        };
        Fault::unexpected(self.span.clone(), &self.subject, expected, found)
    }

    pub fn table(&self, expected: &str) -> Result<Table<'a>, Fault> {
        let table = self
            .value
            .as_table()
            .ok_or_else(|| self.unexpected(expected))?;
        let (text, owner, span) = (self.text, self.subject.clone(), self.span.clone());
        Ok(Table {
            text,
            owner,
            table,
            span,
        })
    }

    /// At most `most` values, named `subject item 1` and so on.
    pub fn array(
        &self,
        expected: &str,
        item: &'static str,
        most: usize,
    ) -> Result<Vec<Value<'a>>, Fault> {
        let values = self
            .value
            .as_array()
            .ok_or_else(|| self.unexpected(expected))?;
        if values.len() > most {
            let (subject, found, limit) = (item, values.len(), most);
            let problem = StandardProblem::TooMany {
                subject,
                found,
                limit,
            };
            return Err(Fault::new(self.span.clone(), problem));
        }
        let named = values.iter().enumerate().map(|(index, value)| Value {
            text: self.text,
            subject: format!("{} {}", self.subject, index + 1),
            value: value.get_ref(),
            span: value.span(),
        });
        Ok(named.collect())
    }

    pub fn string(&self, expected: &str) -> Result<&'a str, Fault> {
        self.value.as_str().ok_or_else(|| self.unexpected(expected))
    }

    /// A short name of letters, digits, `_`, `-` and `.`.
    pub fn name(&self) -> Result<String, Fault> {
        const EXPECTED: &str = "a name of 1 to 64 letters, digits, \"_\", \"-\" and \".\"";
        let name = self.string(EXPECTED)?;
        let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
        let fits = (1..=MOST_NAME).contains(&name.chars().count()) && name.chars().all(is_part);
        if fits {
            Ok(name.to_owned())
        } else {
            Err(self.unexpected(EXPECTED))
        }
    }

    /// Text for people: not empty.
    pub fn words(&self) -> Result<String, Fault> {
        const EXPECTED: &str = "a text that is not empty";
        let words = self.string(EXPECTED)?.trim();
        if words.is_empty() {
            Err(self.unexpected(EXPECTED))
        } else {
            Ok(words.to_owned())
        }
    }

    pub fn boolean(&self) -> Result<bool, Fault> {
        self.value
            .as_bool()
            .ok_or_else(|| self.unexpected("true or false"))
    }

    /// A whole number from 1.
    pub fn ordinal(&self) -> Result<u32, Fault> {
        let number = self.value.as_integer();
        let value = number.and_then(|n| u32::from_str_radix(n.as_str(), n.radix()).ok());
        let expected = "a whole number from 1";
        value
            .filter(|v| *v > 0)
            .ok_or_else(|| self.unexpected(expected))
    }

    /// A share: a number from 0 to 1.
    pub fn share(&self) -> Result<f64, Fault> {
        let text = match self.value {
            DeValue::Integer(n) if n.radix() == 10 => n.as_str(),
            DeValue::Float(n) => n.as_str(),
            _ => "",
        };
        let value = super::criterion::finite(text).filter(|v| (0.0..=1.0).contains(v));
        value.ok_or_else(|| self.unexpected("a number from 0 to 1"))
    }

    /// Moves a fault of this string's text to where it stands in the file.
    pub fn locate(&self, fault: Fault) -> Fault {
        let start = self.span.start;
        let plain = self.value.as_str().is_some_and(|content| {
            let written = self.text.get(start + 1..);
            !content.is_empty() && written.is_some_and(|written| written.starts_with(content))
        });
        let span = if plain {
            start + 1 + fault.span.start..start + 1 + fault.span.end
        } else {
            self.span.clone()
        };
        Fault { span, ..fault }
    }
}
