//! How a report writes the share by people alone: `meets` of `plants`, as reports that were handed over have it.

use serde::{Deserialize, Deserializer, Serialize as _, Serializer};

use crate::evaluate::Interval;
use crate::statistics::BinomialRate;

/// The fields by their names in a report.
#[derive(serde::Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    meets: u64,
    plants: u64,
    share: f64,
    ci95: Interval,
}

#[allow(clippy::ref_option, reason = "as serde asks")]
pub fn serialize<S: Serializer>(
    rate: &Option<BinomialRate>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let written = rate.and_then(|rate| {
        Some(Written {
            meets: rate.hits,
            plants: rate.of,
            share: rate.rate?,
            ci95: rate.ci95?,
        })
    });
    written.serialize(serializer)
}

pub fn deserialize<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<BinomialRate>, D::Error> {
    let written = Option::<Written>::deserialize(deserializer)?;
    Ok(written.map(|written| BinomialRate {
        rate: Some(written.share),
        ci95: Some(written.ci95),
        hits: written.meets,
        of: written.plants,
    }))
}
