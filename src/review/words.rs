//! The pages' words: one set of keys, two languages.

use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::memoizer::MemoizerKind;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use unic_langid::LanguageIdentifier;

use super::numbers;

/// Marks a key that is chosen in one place and said in another, so that the test of the words finds it.
macro_rules! word {
    ($key:literal) => {
        $key
    };
}
pub(super) use word;

/// A language of the pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Language {
    /// 简体中文, the first.
    #[default]
    Chinese,
    /// English.
    English,
}

impl Language {
    /// As pages and standards name it.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Chinese => "zh-CN",
            Self::English => "en",
        }
    }

    /// The language of a tag such as a browser or a cookie has; the other ones are not spoken.
    #[must_use]
    pub fn of_tag(tag: &str) -> Option<Self> {
        let tag = tag.trim().to_ascii_lowercase();
        match tag.split(['-', '_']).next() {
            Some("zh") => Some(Self::Chinese),
            Some("en") => Some(Self::English),
            _ => None,
        }
    }

    /// The language that a browser likes most of those that the pages speak (`Accept-Language`, RFC 9110 §12.5.4).
    #[must_use]
    pub fn accepted(header: &str) -> Option<Self> {
        let liked = |range: &str| {
            let (tag, weight) = range.split_once(';').unwrap_or((range, "q=1"));
            let weight = weight.trim().strip_prefix("q=")?.parse::<f32>().ok()?;
            (weight > 0.0).then_some((weight, Self::of_tag(tag)?))
        };
        // of equals the first
        let all = header.split(',').rev().filter_map(liked);
        all.max_by(|(one, _), (other, _)| one.total_cmp(other))
            .map(|(_, language)| language)
    }

    /// The other one.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Chinese => Self::English,
            Self::English => Self::Chinese,
        }
    }

    /// Its own name for itself.
    #[must_use]
    pub const fn own_name(self) -> &'static str {
        match self {
            Self::Chinese => "中文",
            Self::English => "English",
        }
    }

    const fn text(self) -> &'static str {
        match self {
            Self::Chinese => include_str!("words/zh-CN.ftl"),
            Self::English => include_str!("words/en.ftl"),
        }
    }

    /// Every key that begins so, with its word, of words that stand in one line.
    pub(super) fn words_of(
        self,
        beginning: &'static str,
    ) -> impl Iterator<Item = (&'static str, &'static str)> {
        let lines = self.text().lines();
        let lines = lines.filter(move |line| line.starts_with(beginning));
        lines.filter_map(|line| line.split_once(" = "))
    }

    /// Every letter of its words, each once.
    pub(super) fn letters(self) -> std::collections::BTreeSet<char> {
        self.text().chars().collect()
    }

    /// Says the word of a key.
    #[must_use]
    pub fn say(self, key: &str) -> String {
        self.say_with(key, &[])
    }

    /// Says the sentence of a key with what stands in its places.
    #[must_use]
    pub fn say_with(self, key: &str, places: &[(&'static str, &str)]) -> String {
        let bundle = bundle(self);
        let Some(pattern) = bundle.get_message(key).and_then(|message| message.value()) else {
            tracing::error!("no word for {key} in {}", self.tag());
            return key.to_owned();
        };
        let mut arguments = FluentArgs::new();
        for (place, value) in places {
            arguments.set(*place, counted(value));
        }
        let mut complaints = Vec::new();
        let said = bundle.format_pattern(pattern, Some(&arguments), &mut complaints);
        for complaint in complaints {
            tracing::error!("word {key} in {}: {complaint}", self.tag());
        }
        said.into_owned()
    }
}

type Bundle = FluentBundle<FluentResource>;

fn bundle(language: Language) -> &'static Bundle {
    static CHINESE: LazyLock<Bundle> = LazyLock::new(|| read(Language::Chinese));
    static ENGLISH: LazyLock<Bundle> = LazyLock::new(|| read(Language::English));
    match language {
        Language::Chinese => &CHINESE,
        Language::English => &ENGLISH,
    }
}

fn read(language: Language) -> Bundle {
    let tag: LanguageIdentifier = language.tag().parse().unwrap_or_default();
    let mut bundle = FluentBundle::new_concurrent(vec![tag]);
    // Marks of direction around every place would be visible in titles and copied texts.
    bundle.set_use_isolating(false);
    bundle.set_formatter(Some(grouped));
    // The texts are part of the program and tested; what cannot be read of them is a word that is missing.
    let resource =
        FluentResource::try_new(language.text().to_owned()).unwrap_or_else(|(read, _)| read);
    if bundle.add_resource(resource).is_err() {
        tracing::error!("words of {} are there twice", language.tag());
    }
    bundle
}

/// A whole number as pages write it is one to count by: one cell, two cells.
fn counted(value: &str) -> FluentValue<'_> {
    match value.replace(',', "").parse::<usize>() {
        Ok(number) if numbers::whole(number) == value => FluentValue::from(number),
        _ => FluentValue::from(value),
    }
}

/// Writes what [`counted`] took for a number as it was.
fn grouped<M: MemoizerKind>(value: &FluentValue<'_>, _: &M) -> Option<String> {
    match value {
        FluentValue::Number(number) => Some(numbers::whole(number.value as usize)),
        _ => None,
    }
}

#[cfg(test)]
#[path = "words_tests.rs"]
mod tests;
