//! Which form of a net runs: single precision everywhere, 8 bits where that is faster and exact.

use std::path::PathBuf;

use serde::Deserialize;

use super::{BackendChoice, Form, NetFile, NetworkError, cpu, onnxruntime};

/// In what numbers a net is to reckon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Precision {
    /// 8 bits where the net has that form, ONNX Runtime runs it and the CPU has VNNI; else single precision.
    #[default]
    Auto,
    /// Single precision.
    Single,
    /// 8 bits, or an error.
    EightBit,
}

impl Precision {
    /// The same where `net` can do so: one that has no 8-bit form stays in single precision.
    #[must_use]
    pub fn where_it_has_it(self, net: &NetFile) -> Self {
        match (self, net.in_eight_bits()) {
            (Self::EightBit, None) => Self::Single,
            (asked, _) => asked,
        }
    }
}

/// The form of `net` that runs on this machine, by the engine that `choice` and `libraries` give.
///
/// # Errors
/// 8 bits were asked for and the net has no such form.
pub fn form_for<'a>(
    net: &'a NetFile,
    precision: Precision,
    choice: BackendChoice,
    libraries: &[PathBuf],
) -> Result<&'a NetFile, NetworkError> {
    let eight_bits = net.in_eight_bits();
    let found = match precision {
        Precision::Single => None,
        Precision::EightBit if net.form() == Form::EightBit => Some(net),
        Precision::EightBit => Some(eight_bits.ok_or_else(|| NetworkError::NoEightBits {
            file: net.file().to_owned(),
        })?),
        Precision::Auto => eight_bits.filter(|_| {
            choice != BackendChoice::Embedded
                && cpu::has_vnni()
                && onnxruntime::load(libraries).is_ok()
        }),
    };
    Ok(found.unwrap_or(net))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::network::shipped;

    #[test]
    fn a_net_without_an_8_bit_form_beside_one_that_has_it_stays_in_single_precision() {
        let both = shipped::tray_finder().unwrap();
        let bytes = both.bytes().to_vec().into();
        let alone = NetFile::new(bytes, both.card().clone(), "alone").unwrap();
        let asked = Precision::EightBit;
        let form = |net| form_for(net, asked.where_it_has_it(net), BackendChoice::Auto, &[]);
        assert_eq!(form(&both).unwrap().form(), Form::EightBit);
        assert_eq!(form(&alone).unwrap().form(), Form::Single);
        assert!(form_for(&alone, asked, BackendChoice::Auto, &[]).is_err());
    }
}
