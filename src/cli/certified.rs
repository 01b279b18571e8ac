//! `seedgrade verify CERTIFICATE --store FILE`: whether a lot's certificate still holds.

use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::certificate::{Certificate, holding};
use crate::grade::GradingStandard;
use crate::store::StoreReader;

use super::exit::{CommandResult, Ending};
use super::output::{print, shown};
use super::workshop;

/// A certificate is some kilobytes and a line a measurement; this bounds what a wrong file can cost.
const MOST_BYTES: u64 = 64 << 20;

/// Reads a certificate from a file.
///
/// # Errors
/// It cannot be read, or is something else.
pub fn read(file: &Path) -> anyhow::Result<Certificate> {
    let named = || file.display().to_string();
    let size = std::fs::metadata(file).with_context(named)?.len();
    anyhow::ensure!(
        size <= MOST_BYTES,
        "{}: expected a certificate, found {size} bytes",
        named()
    );
    let bytes = std::fs::read(file).with_context(named)?;
    Certificate::parse(&bytes).with_context(named)
}

/// Lays the certificate beside the stores that it rests on; a standard in a file is known besides those in the stores.
pub fn verify(file: &Path, stores: &[PathBuf], standard: Option<&Path>) -> CommandResult {
    let named = || file.display().to_string();
    let certificate = read(file)?;
    let readers = stores.iter().map(|store| StoreReader::open(store));
    let readers = readers.collect::<Result<Vec<_>, _>>()?;
    let brought = workshop::standard(standard, None)?;
    let known = |digest: &str| {
        let built_in = [brought.clone(), GradingStandard::embedded()];
        let named = |standard: &GradingStandard| standard.digest() == digest;
        built_in.into_iter().find(named).or_else(|| {
            let mut stored = readers.iter();
            let text = stored.find_map(|store| store.standard(digest).ok()?)?;
            GradingStandard::parse(&text.text).ok()
        })
    };
    let found = holding(&certificate, &readers, &known).with_context(named)?;
    let mut said: String = found
        .differences
        .iter()
        .map(|difference| format!("{}\n", shown(difference)))
        .collect();
    let lot = shown(&certificate.lot);
    said += &match found.passes_since {
        0 => String::new(),
        since => {
            format!("lot {lot}: {since} passes were stored since; it does not speak of them\n")
        }
    };
    let holds = found.differences.is_empty();
    said += &if holds {
        format!(
            "certificate of lot {lot} holds: {}\n",
            shown(&certificate.digest)
        )
    } else {
        format!("certificate of lot {lot} does not hold\n")
    };
    print(&said)?;
    Ok(if holds { Ending::Done } else { Ending::Below })
}
