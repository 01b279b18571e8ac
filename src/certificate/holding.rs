//! Whether a certificate that somebody was handed still holds.

use serde_json::Value;

use super::document::{Certificate, CertificateError};
use super::draw_up::{StandardByDigest, recomputed};
use crate::store::StoreReader;

/// Shares that are closer than this are the same: machines compute in different last digits.
const SAME: f64 = 1e-6;

/// What came of laying a certificate beside its stores.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holding {
    /// A sentence for everything that is not so: empty when the certificate holds.
    pub differences: Vec<String>,
    /// Passes of the lot's trays that were stored since, of which it does not speak.
    pub passes_since: u64,
}

/// Draws the certificate up again from the rows that it rests on, and compares.
///
/// # Errors
/// Another number of stores, or a store that fails.
pub fn holding(
    certificate: &Certificate,
    stores: &[StoreReader],
    standards: StandardByDigest<'_>,
) -> Result<Holding, CertificateError> {
    let mut differences = Vec::new();
    let content = certificate.digest_of_content()?;
    if content != certificate.digest {
        let stated = &certificate.digest;
        differences.push(format!(
            "digest: expected {stated}, found {content}: its text was altered"
        ));
    }
    match recomputed(certificate, stores, standards) {
        Ok(mut again) => {
            // drawn up before this was told; whoever takes it out alters the digest
            if certificate.meets.drawn_singly.is_none() {
                again.certificate.meets.drawn_singly = None;
            }
            if certificate.meets.among_people.is_none() {
                again.certificate.meets.among_people = None;
            }
            let bare = |of: &Certificate| {
                let mut value = serde_json::to_value(of)?;
                if let Some(fields) = value.as_object_mut() {
                    for apart in ["issued_at", "issued_by", "digest"] {
                        fields.remove(apart);
                    }
                }
                Ok::<_, CertificateError>(value)
            };
            compare(
                "",
                &bare(certificate)?,
                &bare(&again.certificate)?,
                &mut differences,
            );
        }
        Err(CertificateError::NoTray(_)) => {
            differences.push(format!("lot {}: its trays are gone", certificate.lot));
        }
        Err(error) => return Err(error),
    }
    Ok(Holding {
        passes_since: passes_since(certificate, stores)?,
        differences,
    })
}

fn passes_since(
    certificate: &Certificate,
    stores: &[StoreReader],
) -> Result<u64, CertificateError> {
    let mut since = 0;
    for (store, rows) in stores.iter().zip(&certificate.rows) {
        since += store.passes_of_lot_after(&certificate.lot, rows.bound.tray)?;
    }
    Ok(since)
}

/// Every place where two documents differ, by its path.
fn compare(path: &str, stated: &Value, found: &Value, differences: &mut Vec<String>) {
    let below = |name: &str| {
        if path.is_empty() {
            name.to_owned()
        } else {
            format!("{path}.{name}")
        }
    };
    match (stated, found) {
        (Value::Object(a), Value::Object(b)) => {
            let names: std::collections::BTreeSet<&String> = a.keys().chain(b.keys()).collect();
            for name in names {
                let of = |map: &serde_json::Map<String, Value>| {
                    map.get(name).cloned().unwrap_or(Value::Null)
                };
                compare(&below(name), &of(a), &of(b), differences);
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (i, (a, b)) in a.iter().zip(b).enumerate() {
                compare(&below(&i.to_string()), a, b, differences);
            }
        }
        _ if same(stated, found) => {}
        _ => differences.push(format!("{path}: expected {stated}, found {found}")),
    }
}

fn same(stated: &Value, found: &Value) -> bool {
    let close = stated
        .as_f64()
        .zip(found.as_f64())
        .filter(|_| stated.is_f64() || found.is_f64());
    close.map_or(stated == found, |(a, b)| (a - b).abs() <= SAME)
}
