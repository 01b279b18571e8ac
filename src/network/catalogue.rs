//! Nets and their cards, from bytes in the program or from a folder `models/<net>/`.

use std::borrow::Cow;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::{Card, NetworkError};

/// The name of a card's file beside its net.
pub const CARD_FILE: &str = "card.toml";

/// The largest `.onnx` file that is read, bytes: nets here are below one MiB.
const MOST_NET_BYTES: u64 = 256 << 20;

/// The largest card that is read, bytes.
const MOST_CARD_BYTES: u64 = 1 << 20;

/// A net: the bytes of an `.onnx` file, which are the ones that its card describes.
#[derive(Debug, Clone)]
pub struct NetFile {
    bytes: Cow<'static, [u8]>,
    sha256: String,
    card: Card,
    file: String,
    form: Form,
    in_eight_bits: Option<Box<NetFile>>,
}

/// In what numbers a net reckons.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Single precision: every engine runs it.
    Single,
    /// 8-bit weights and activations: for ONNX Runtime on a CPU that multiplies them without saturating (VNNI).
    EightBit,
}

impl NetFile {
    /// A net whose bytes are part of the program; `file` names it in errors.
    ///
    /// # Errors
    /// The card is no card, or describes other bytes.
    pub fn embedded(bytes: &'static [u8], card: &str, file: &str) -> Result<Self, NetworkError> {
        Self::new(Cow::Borrowed(bytes), Card::parse(card, file)?, file)
    }

    /// The net in `folder`: its one `.onnx` file, and `card.toml` beside it.
    ///
    /// # Errors
    /// A file is missing, cannot be read or is too large, the card is no card, or describes another file.
    pub fn from_folder(folder: &Path) -> Result<Self, NetworkError> {
        let card_path = folder.join(CARD_FILE);
        let text = String::from_utf8(read(&card_path, MOST_CARD_BYTES)?).map_err(|_| {
            NetworkError::Card {
                file: card_path.display().to_string(),
                reason: "expected UTF-8, found other bytes".to_owned(),
            }
        })?;
        let card = Card::parse(&text, &card_path.display().to_string())?;
        let eight = card.eight_bit.as_ref().map(|e| folder.join(&e.file));
        let path = onnx_file(folder, eight.as_deref())?;
        let bytes = read(&path, MOST_NET_BYTES)?;
        let net = Self::new(Cow::Owned(bytes), card, path.display().to_string())?;
        match eight {
            Some(path) => net.with_eight_bits(
                Cow::Owned(read(&path, MOST_NET_BYTES)?),
                path.display().to_string(),
            ),
            None => Ok(net),
        }
    }

    /// A net of these bytes, which may be either form that the card describes; `file` names it in errors.
    ///
    /// # Errors
    /// The bytes have another sha256 than the card says.
    pub fn new(
        bytes: Cow<'static, [u8]>,
        card: Card,
        file: impl Into<String>,
    ) -> Result<Self, NetworkError> {
        let file = file.into();
        let sha256 = sha256(&bytes);
        let is_eight_bit = card.eight_bit.as_ref().is_some_and(|e| e.sha256 == sha256);
        let form = if is_eight_bit {
            Form::EightBit
        } else {
            Form::Single
        };
        if form == Form::Single && sha256 != card.sha256 {
            return Err(NetworkError::Hash {
                file,
                expected: card.sha256,
                found: sha256,
            });
        }
        Ok(Self {
            bytes,
            sha256,
            card,
            file,
            form,
            in_eight_bits: None,
        })
    }

    /// The same net with its 8-bit form beside it.
    ///
    /// # Errors
    /// The bytes are not those of the card's 8-bit form.
    pub fn with_eight_bits(
        mut self,
        bytes: Cow<'static, [u8]>,
        file: impl Into<String>,
    ) -> Result<Self, NetworkError> {
        let file = file.into();
        let net = Self::new(bytes, self.card.clone(), file)?;
        if net.form != Form::EightBit {
            return Err(NetworkError::Hash {
                file: net.file,
                expected: self.card.eight_bit.map_or_else(String::new, |e| e.sha256),
                found: net.sha256,
            });
        }
        self.in_eight_bits = Some(Box::new(net));
        Ok(self)
    }

    /// Its 8-bit form, where it has one.
    #[must_use]
    pub fn in_eight_bits(&self) -> Option<&Self> {
        self.in_eight_bits.as_deref()
    }

    /// In what numbers it reckons.
    #[must_use]
    pub fn form(&self) -> Form {
        self.form
    }

    /// The sha256 of its bytes.
    #[must_use]
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// What names it in evidence: `sha256:…`.
    #[must_use]
    pub fn digest(&self) -> String {
        format!("sha256:{}", self.sha256)
    }

    /// The `.onnx` file's bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What they are.
    #[must_use]
    pub fn card(&self) -> &Card {
        &self.card
    }

    /// The name of the file for messages.
    #[must_use]
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The names of the outputs, in the card's order.
    pub(super) fn output_names(&self) -> impl Iterator<Item = &str> {
        self.card.outputs.iter().map(|o| o.name.as_str())
    }

    /// Refuses names of inputs and outputs that are not those of the card; more outputs than the card names are fine.
    pub(super) fn check_names(
        &self,
        inputs: &[String],
        outputs: &[String],
    ) -> Result<(), NetworkError> {
        let wrong = |what, expected: String, found: &[String]| NetworkError::Names {
            file: self.file.clone(),
            what,
            expected,
            found: if found.is_empty() {
                "none".to_owned()
            } else {
                found.join(", ")
            },
        };
        if inputs != [self.card.input.name.as_str()] {
            return Err(wrong("inputs", self.card.input.name.clone(), inputs));
        }
        if self
            .output_names()
            .any(|name| !outputs.iter().any(|o| o == name))
        {
            let expected: Vec<_> = self.output_names().collect();
            return Err(wrong("outputs", expected.join(", "), outputs));
        }
        Ok(())
    }

    /// An engine's refusal of this file.
    pub(super) fn refused(&self, backend: &'static str, reason: impl ToString) -> NetworkError {
        NetworkError::Refused {
            file: self.file.clone(),
            backend,
            reason: reason.to_string(),
        }
    }
}

/// The sha256 of `bytes`, as cards write it.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// The one `.onnx` file of a folder beside the net's 8-bit form.
fn onnx_file(folder: &Path, eight_bit: Option<&Path>) -> Result<PathBuf, NetworkError> {
    let error = |source| NetworkError::Read {
        path: folder.to_owned(),
        source,
    };
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(error)? {
        let path = entry.map_err(error)?.path();
        if path.extension().is_some_and(|e| e == "onnx") && Some(path.as_path()) != eight_bit {
            found.push(path);
        }
    }
    match found.as_slice() {
        [one] => Ok(one.clone()),
        others => Err(NetworkError::Files {
            path: folder.to_owned(),
            found: others.len(),
        }),
    }
}

fn read(path: &Path, limit: u64) -> Result<Vec<u8>, NetworkError> {
    let error = |source| NetworkError::Read {
        path: path.to_owned(),
        source,
    };
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(error)?;
    file.take(limit + 1)
        .read_to_end(&mut bytes)
        .map_err(error)?;
    let found = bytes.len() as u64;
    if found > limit {
        return Err(NetworkError::TooLarge {
            path: path.to_owned(),
            limit,
            found,
        });
    }
    Ok(bytes)
}
