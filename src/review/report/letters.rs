//! The font that a report is printed with: it has every letter of the pages' words, or there is no report on paper.

use std::path::{Path, PathBuf};

use fontdb::{Database, FaceInfo, Language as NameLanguage, Style, Weight};
use ttf_parser::Face;

use crate::review::words::Language;

/// Fonts with Chinese letters that systems usually have, the best legible first.
const PREFERRED: [&str; 8] = [
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "Microsoft YaHei",
    "SimHei",
    "Droid Sans Fallback",
];

/// No font to print with.
#[derive(Debug, thiserror::Error)]
pub enum NoLetters {
    /// Not one font of the machine has all letters.
    #[error(
        "report on paper: no font on this machine has Chinese letters: install one (Debian: fonts-noto-cjk) or name a file \
         with --font"
    )]
    NotFound,
    /// A file that was named and cannot be read.
    #[error("{}: cannot be read: {source}", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// A file that was named and is no font, or not one with the letters.
    #[error("{}: expected a TrueType or OpenType font with all letters of the pages' words, found {found}", file.display())]
    Unfit {
        /// The file.
        file: PathBuf,
        /// What it is.
        found: String,
    },
}

/// A font's bytes and which of a collection's faces it is.
#[derive(Debug, Clone)]
pub struct Letters {
    bytes: Vec<u8>,
    index: u32,
}

impl Letters {
    /// The font in a file; of a collection the first face that has all letters.
    ///
    /// # Errors
    /// [`NoLetters`]: it cannot be read, or letters are missing.
    pub fn of_file(file: &Path) -> Result<Self, NoLetters> {
        let unreadable = |source| NoLetters::Unreadable {
            file: file.to_owned(),
            source,
        };
        let bytes = std::fs::read(file).map_err(unreadable)?;
        let faces = ttf_parser::fonts_in_collection(&bytes).unwrap_or(1);
        let mut found = "no font".to_owned();
        for index in 0..faces {
            let Ok(face) = Face::parse(&bytes, index) else {
                continue;
            };
            match missing(&face) {
                None => return Ok(Self { bytes, index }),
                Some(letter) => found = format!("a font without {letter}"),
            }
        }
        Err(NoLetters::Unfit {
            file: file.to_owned(),
            found,
        })
    }

    /// The best font of this machine.
    ///
    /// # Errors
    /// None has all letters.
    pub fn of_machine() -> Result<Self, NoLetters> {
        let mut fonts = Database::new();
        fonts.load_system_fonts();
        let upright =
            |face: &&FaceInfo| face.style == Style::Normal && face.weight == Weight::NORMAL;
        let mut faces: Vec<&FaceInfo> = fonts.faces().filter(upright).collect();
        faces.sort_by_key(|face| (rank(face), face.post_script_name.clone()));
        let fit = faces.into_iter().find_map(|face| {
            fonts.with_face_data(face.id, |bytes, index| {
                let all = missing(&Face::parse(bytes, index).ok()?).is_none();
                all.then(|| Self {
                    bytes: bytes.to_vec(),
                    index,
                })
            })?
        });
        fit.ok_or(NoLetters::NotFound)
    }

    /// The bytes and the face's place among them.
    pub(super) fn face(&self) -> (&[u8], u32) {
        (&self.bytes, self.index)
    }
}

/// The place among the preferred ones; behind them all that are not.
fn rank(face: &FaceInfo) -> usize {
    let named = |name: &&str| {
        face.families
            .iter()
            .any(|(family, _): &(String, NameLanguage)| family == *name)
    };
    PREFERRED.iter().position(named).unwrap_or(PREFERRED.len())
}

/// A letter of the pages' words that the font does not have.
fn missing(face: &Face<'_>) -> Option<char> {
    let words = [Language::Chinese, Language::English];
    let letters = words.iter().flat_map(|language| language.letters());
    letters
        .filter(|letter| !letter.is_control() && !letter.is_whitespace())
        .find(|&letter| face.glyph_index(letter).is_none())
}
