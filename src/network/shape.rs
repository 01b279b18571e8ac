//! Shapes with names in them: `[1, 4, "height/4", "width/4"]`.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The sizes that an input gives to the names of its shape.
pub type Sizes = BTreeMap<String, usize>;

/// One dimension: a number, or a name with `*k` or `/k` and then `+n` or `-n` after it, as in `height/12-2`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub enum Dim {
    /// Always this size.
    Fixed(usize),
    /// A size that depends on the input.
    Named {
        /// The name, from the input's shape.
        name: String,
        /// Multiplied by this.
        times: usize,
        /// Divided by this; it must divide without a rest.
        over: usize,
        /// Plus this.
        plus: i64,
    },
}

/// A dimension as a card writes it.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Written {
    Number(usize),
    Text(String),
}

impl TryFrom<Written> for Dim {
    type Error = DimError;

    fn try_from(written: Written) -> Result<Self, DimError> {
        match written {
            Written::Number(size) => Ok(Self::Fixed(size)),
            Written::Text(text) => text.parse(),
        }
    }
}

impl From<Dim> for Written {
    fn from(dim: Dim) -> Self {
        match dim {
            Dim::Fixed(size) => Self::Number(size),
            named @ Dim::Named { .. } => Self::Text(named.to_string()),
        }
    }
}

/// Why a text is no dimension.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("dimension {text:?}: expected a number or a name such as height, height/4, width/12-2")]
pub struct DimError {
    text: String,
}

/// The largest factor, divisor or summand in a dimension: products of it with a picture's side never overflow.
const MOST_FACTOR: usize = 1 << 20;

impl FromStr for Dim {
    type Err = DimError;

    fn from_str(text: &str) -> Result<Self, DimError> {
        let wrong = || DimError {
            text: text.to_owned(),
        };
        let (product, plus) = match text.find(['+', '-']) {
            Some(at) => (&text[..at], summand(&text[at..]).ok_or_else(wrong)?),
            None => (text, 0),
        };
        let (name, times, over) = match product.split_once(['*', '/']) {
            Some((name, factor)) => {
                let factor = small(factor).filter(|&f| f > 0).ok_or_else(wrong)?;
                let divides = product[name.len()..].starts_with('/');
                (
                    name,
                    if divides { 1 } else { factor },
                    if divides { factor } else { 1 },
                )
            }
            None => (product, 1, 1),
        };
        if !is_name(name) {
            return Err(wrong());
        }
        let name = name.to_owned();
        Ok(Self::Named {
            name,
            times,
            over,
            plus,
        })
    }
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn small(text: &str) -> Option<usize> {
    text.parse().ok().filter(|&n| n <= MOST_FACTOR)
}

fn summand(text: &str) -> Option<i64> {
    let size = i64::try_from(small(&text[1..])?).ok()?;
    Some(if text.starts_with('-') { -size } else { size })
}

impl fmt::Display for Dim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed(size) => write!(f, "{size}"),
            Self::Named {
                name,
                times,
                over,
                plus,
            } => {
                f.write_str(name)?;
                if *times != 1 {
                    write!(f, "*{times}")?;
                }
                if *over != 1 {
                    write!(f, "/{over}")?;
                }
                if *plus != 0 {
                    write!(f, "{plus:+}")?;
                }
                Ok(())
            }
        }
    }
}

impl Dim {
    /// The size under `sizes`; `None` when the name is not among them, the division leaves a rest, or the size is
    /// below one.
    #[must_use]
    pub fn size(&self, sizes: &Sizes) -> Option<usize> {
        match self {
            Self::Fixed(size) => Some(*size),
            Self::Named {
                name,
                times,
                over,
                plus,
            } => {
                let product = sizes.get(name)?.checked_mul(*times)?;
                let quotient =
                    i64::try_from((product % over == 0).then_some(product / over)?).ok()?;
                usize::try_from(quotient.checked_add(*plus)?)
                    .ok()
                    .filter(|&size| size > 0)
            }
        }
    }

    /// The name in it, if any.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Fixed(_) => None,
            Self::Named { name, .. } => Some(name),
        }
    }

    /// Whether it is a number or a name alone, as an input's dimensions are.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        match self {
            Self::Fixed(_) => true,
            Self::Named {
                times, over, plus, ..
            } => (*times, *over, *plus) == (1, 1, 0),
        }
    }
}

/// The sizes of the names in an input's `shape` when it is `found`; `None` where they do not agree.
#[must_use]
pub fn bind(shape: &[Dim], found: &[usize]) -> Option<Sizes> {
    let mut sizes = Sizes::new();
    for (dim, &size) in shape.iter().zip(found) {
        let expected = match dim {
            Dim::Fixed(fixed) => *fixed,
            Dim::Named { name, .. } => *sizes.entry(name.clone()).or_insert(size),
        };
        if expected != size || size == 0 {
            return None;
        }
    }
    (shape.len() == found.len()).then_some(sizes)
}

/// A shape as messages show it: `[1, 4, height/4, width/4]`.
#[must_use]
pub fn show<T: fmt::Display>(shape: &[T]) -> String {
    let dims: Vec<_> = shape.iter().map(ToString::to_string).collect();
    format!("[{}]", dims.join(", "))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_dimension_follows_the_input() {
        let sizes = Sizes::from([("height".to_owned(), 48)]);
        let size = |text: &str| text.parse::<Dim>().unwrap().size(&sizes);
        assert_eq!(size("height"), Some(48));
        assert_eq!(size("height/4"), Some(12));
        assert_eq!(size("height*2"), Some(96));
        assert_eq!(size("height/12-2"), Some(2));
        assert_eq!(size("height/12-4"), None, "nothing would be left");
        assert_eq!(size("height/7"), None, "7 does not divide 48");
        assert_eq!(size("width"), None, "no such name");
    }

    #[test]
    fn what_is_no_dimension_is_refused() {
        for text in [
            "",
            "4h",
            "height/",
            "height/0",
            "height/-2",
            "a b",
            "h+",
            "h/2/3",
            "h+1+1",
        ] {
            assert!(text.parse::<Dim>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn names_in_an_input_agree() {
        let square: Vec<Dim> = vec!["side".parse().unwrap(), "side".parse().unwrap()];
        assert!(bind(&square, &[3, 3]).is_some());
        assert!(bind(&square, &[3, 4]).is_none());
        assert!(bind(&square, &[3]).is_none());
        assert!(bind(&square, &[0, 0]).is_none());
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused_and_reads_back(text in "\\PC{0,12}|[a-z]{1,3}[*/+-]{0,1}[0-9]{0,3}[+-]{0,1}[0-9]{0,2}") {
            if let Ok(dim) = text.parse::<Dim>() {
                prop_assert_eq!(dim.to_string().parse::<Dim>(), Ok(dim));
            }
        }
    }
}
