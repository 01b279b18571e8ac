//! The nets that are part of the program.

use std::borrow::Cow;

use super::{NetFile, NetworkError};

/// The net that reads a rectified tray.
///
/// # Errors
/// Never in a program whose tests pass: the card describes other bytes.
pub fn seedling() -> Result<NetFile, NetworkError> {
    NetFile::embedded(
        include_bytes!("../../models/seedling/seedling.onnx"),
        include_str!("../../models/seedling/card.toml"),
        "embedded seedling net",
    )?
    .with_eight_bits(
        Cow::Borrowed(include_bytes!("../../models/seedling/seedling.int8.onnx")),
        "embedded seedling net in 8 bits",
    )
}

/// The net that finds a tray in a frame.
///
/// # Errors
/// As [`seedling`].
pub fn tray_finder() -> Result<NetFile, NetworkError> {
    NetFile::embedded(
        include_bytes!("../../models/tray-finder/tray-finder.onnx"),
        include_str!("../../models/tray-finder/card.toml"),
        "embedded tray finder",
    )?
    .with_eight_bits(
        Cow::Borrowed(include_bytes!(
            "../../models/tray-finder/tray-finder.int8.onnx"
        )),
        "embedded tray finder in 8 bits",
    )
}
