//! What a worker must have to judge as the run does.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::broker::{Broker, BrokerError, RunName};
use crate::inspect::Evidence;

use super::super::{ArchiveError, Manifest};

/// The schema that handouts name.
const SCHEMA: &str = "seedgrade.handout/1";
/// The object that every worker reads first.
const OBJECT: &str = "handout";

/// The bytes of nets, cards, standard and configuration by what they are called.
pub type Parts = BTreeMap<String, Vec<u8>>;

/// What a run judges with and where its pictures are, as its workers are told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Handout {
    schema: String,
    manifest: String,
    /// What every report of the run carries, but for the class of CPU, which is the worker's own.
    pub evidence: Evidence,
    /// Where the archive is on the coordinator's machine: a folder's whole path.
    pub archive: String,
    /// Whether the pictures come through the server.
    pub hands_out_pictures: bool,
    parts: BTreeMap<String, String>,
}

impl Handout {
    /// Of the run of a manifest.
    #[must_use]
    pub fn new(manifest: &Manifest, evidence: Evidence, archive: String, parts: &Parts) -> Self {
        let hashed = |(name, bytes): (&String, &Vec<u8>)| (name.clone(), sha256(bytes));
        Self {
            schema: SCHEMA.to_owned(),
            manifest: manifest.digest().to_owned(),
            evidence,
            archive,
            hands_out_pictures: false,
            parts: parts.iter().map(hashed).collect(),
        }
    }

    /// The run's name on a server.
    ///
    /// # Errors
    /// A manifest without a digest.
    pub fn run(&self) -> Result<RunName, ArchiveError> {
        RunName::of_digest(&self.manifest).ok_or_else(|| ArchiveError::Handout {
            run: self.manifest.clone(),
            found: "expected a manifest's digest".to_owned(),
        })
    }

    /// Reads what a coordinator wrote.
    ///
    /// # Errors
    /// What is wrong with it, as a clause.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        let handout: Self =
            serde_json::from_slice(bytes).map_err(|error| format!("its handout: {error}"))?;
        if handout.schema == SCHEMA {
            Ok(handout)
        } else {
            Err(format!(
                "expected schema {SCHEMA}, found {}: take the coordinator's version of seedgrade",
                handout.schema
            ))
        }
    }

    /// Puts parts and handout on the server, the handout last: where it is, all is.
    pub(super) fn hand_out(
        &self,
        broker: &dyn Broker,
        run: &RunName,
        parts: &Parts,
    ) -> Result<(), ArchiveError> {
        for bytes in parts.values() {
            broker.put(run, &object(&sha256(bytes)), bytes)?;
        }
        let text = serde_json::to_vec(self).map_err(|error| ArchiveError::Handout {
            run: run.to_string(),
            found: error.to_string(),
        })?;
        Ok(broker.put(run, OBJECT, &text)?)
    }
}

/// What a run has handed out, every part checked against its hash; none while the run is only being opened.
///
/// # Errors
/// The server is gone, or something is not what the run's evidence names: nothing is judged with it.
pub fn handed(
    broker: &dyn Broker,
    run: &RunName,
) -> Result<Option<(Handout, Parts)>, ArchiveError> {
    let wrong = |found: String| ArchiveError::Handout {
        run: run.to_string(),
        found,
    };
    let Some(text) = broker.get(run, OBJECT)? else {
        return Ok(None);
    };
    let handout = Handout::parse(&text).map_err(wrong)?;
    if handout.run()? != *run {
        return Err(wrong(format!(
            "its handout is that of {}",
            handout.manifest
        )));
    }
    let mut parts = Parts::new();
    for (name, expected) in &handout.parts {
        let bytes = broker.get(run, &object(expected))?;
        let bytes = bytes.ok_or_else(|| wrong(format!("{name} is not there")))?;
        let found = sha256(&bytes);
        if found != *expected {
            return Err(wrong(format!(
                "{name}: expected sha256 {expected}, found {found}"
            )));
        }
        parts.insert(name.clone(), bytes);
    }
    Ok(Some((handout, parts)))
}

fn object(sha256: &str) -> String {
    format!("part/{sha256}")
}

pub(super) fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// Puts bytes on the server and believes it when they come back the same.
///
/// # Errors
/// The server is gone, or gave others back.
pub(super) fn put_surely(
    broker: &dyn Broker,
    run: &RunName,
    (name, bytes): (&str, &[u8]),
) -> Result<String, ArchiveError> {
    let expected = sha256(bytes);
    for _ in 0..ATTEMPTS {
        broker.put(run, name, bytes)?;
        if broker
            .get(run, name)?
            .is_some_and(|back| sha256(&back) == expected)
        {
            return Ok(expected);
        }
    }
    Err(ArchiveError::Broker(BrokerError::Lost {
        name: name.to_owned(),
        times: ATTEMPTS,
    }))
}

/// How often an object is sent that does not come back.
const ATTEMPTS: u32 = 3;
