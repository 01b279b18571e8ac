//! What is fuzzed: each function takes any bytes and must come back. `cargo fuzz run --fuzz-dir tests/fuzz TARGET`
//! looks for new ones; `tests/fuzz_corpus.rs` runs the same functions over the corpora and their mutations.

use std::borrow::Cow;
use std::io::Write as _;

use ndarray::Array4;
use seedgrade::config::Config;
use seedgrade::dataset::read_cells;
use seedgrade::frame::{DecodeLimits, decode};
use seedgrade::grade::GradingStandard;
use seedgrade::network::{self, BackendChoice, Card, NetFile, catalogue};

/// A target by its name, which is that of its corpus too.
pub type Target = (&'static str, fn(&[u8]));

/// All targets.
pub const TARGETS: [Target; 6] = [
    ("picture", picture),
    ("standard", standard),
    ("config", config),
    ("card", card),
    ("cells", cells),
    ("net", net),
];

/// Decoding a picture: what comes out has the pixels that it claims, within the limits.
pub fn picture(bytes: &[u8]) {
    let limits = DecodeLimits {
        pixels: 1 << 20,
        side: 4096,
    };
    if let Ok(frame) = decode(bytes, limits) {
        let (width, height) = (frame.width(), frame.height());
        assert_eq!(frame.rgb().len(), width * height * 3);
        assert!(width * height <= limits.pixels as usize);
        assert!(width.max(height) <= limits.side as usize);
    }
}

/// Reading a grading standard: twice the same, and a fault lies in the text.
pub fn standard(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    match GradingStandard::parse(&text) {
        Ok(standard) => {
            assert!(!standard.grades().is_empty());
            assert_eq!(GradingStandard::parse(&text).ok(), Some(standard));
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// Reading a configuration.
pub fn config(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    match Config::parse(&text) {
        Ok(config) => assert_eq!(Config::parse(&text).ok(), Some(config)),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// Reading a net's card: what was read is written and read again as the same.
pub fn card(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Ok(card) = Card::parse(&text, "card.toml") {
        let written = toml::to_string(&card).expect("a card that was read can be written");
        assert_eq!(Card::parse(&written, "card.toml").ok(), Some(card));
    }
}

/// Reading the labels of a tray's cells.
pub fn cells(bytes: &[u8]) {
    let mut file = tempfile::NamedTempFile::new().expect("the temporary folder is writable");
    file.write_all(bytes)
        .expect("the temporary folder is writable");
    if let Err(error) = read_cells(file.path()) {
        assert!(!error.to_string().is_empty());
    }
}

/// Opening and running a net whose card vouches for its bytes: a hash that fits proves nothing of what they do.
pub fn net(bytes: &[u8]) {
    let text = include_str!("../../fixtures/nets/card.toml");
    let mut card = Card::parse(text, "card.toml").expect("the fixture is a card");
    card.sha256 = catalogue::sha256(bytes);
    let net = NetFile::new(Cow::Owned(bytes.to_vec()), card, "net.onnx")
        .expect("the hash is that of the bytes");
    if let Ok(mut opened) = network::open(&net, BackendChoice::Embedded, &[], 1) {
        let outputs = opened.network.run(Array4::zeros((1, 3, 48, 48)).view());
        for output in outputs.iter().flatten() {
            assert!(output.iter().all(|v| v.is_finite()));
        }
    }
}
