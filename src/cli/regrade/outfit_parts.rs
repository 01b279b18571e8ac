//! What decides judgements, as parts that are handed out by their hash, and put together again.

use std::borrow::Cow;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

use crate::archive::{Handout, Parts};
use crate::cell::Heights;
use crate::grade::GradingStandard;
use crate::inspect::Evidence;
use crate::network::{BackendChoice, Card, NetFile, Precision};
use crate::plant::Looks;
use crate::tray::TrayFormat;

use super::super::workshop::{Outfit, Workshop, names_halving};

const SEEDLING: &str = "seedling";
const FINDER: &str = "tray-finder";
const STANDARD: &str = "standard.toml";
const CONFIGURATION: &str = "configuration.json";

/// What is configured besides nets and standard.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Configuration {
    format: Option<TrayFormat>,
    #[serde(default, skip_serializing_if = "Looks::is_one")]
    looks: Looks,
    heights_mm: Option<[f64; 3]>,
    calibration: Option<String>,
}

/// What a workshop judges with, by name.
///
/// # Errors
/// A configuration that cannot be written.
pub fn parts(workshop: &Workshop) -> anyhow::Result<Parts> {
    let mut parts = Parts::new();
    for (name, net) in [SEEDLING, FINDER].into_iter().zip(workshop.nets()) {
        parts.insert(onnx(name), net.bytes().to_vec());
        parts.insert(card(name), net.card().text().as_bytes().to_vec());
    }
    let standard = workshop.standard().text().as_bytes().to_vec();
    parts.insert(STANDARD.to_owned(), standard);
    let configuration = Configuration {
        format: workshop.format(),
        looks: workshop.looks(),
        heights_mm: workshop.heights().map(|heights| heights.mm()),
        calibration: workshop.evidence().calibration.clone(),
    };
    let configuration = serde_json::to_vec(&configuration)?;
    parts.insert(CONFIGURATION.to_owned(), configuration);
    Ok(parts)
}

fn onnx(net: &str) -> String {
    format!("{net}.onnx")
}

fn card(net: &str) -> String {
    format!("{net}.card.toml")
}

/// A workshop of parts that were handed out; `choice` is this machine's wish for an engine.
///
/// # Errors
/// A part is missing or is none, or the workshop would not judge as the run does.
pub fn workshop(
    handout: &Handout,
    mut parts: Parts,
    choice: BackendChoice,
) -> anyhow::Result<Workshop> {
    let mut net = |name: &str| -> anyhow::Result<NetFile> {
        let card = text(&mut parts, &card(name))?;
        let card = Card::parse(&card, name)?;
        let bytes = take(&mut parts, &onnx(name))?;
        Ok(NetFile::new(Cow::Owned(bytes), card, onnx(name))?)
    };
    let (net, finder) = (net(SEEDLING)?, net(FINDER)?);
    let standard = text(&mut parts, STANDARD)?;
    let configuration = take(&mut parts, CONFIGURATION)?;
    let configuration: Configuration =
        serde_json::from_slice(&configuration).context(CONFIGURATION)?;
    let heights = configuration.heights_mm;
    let outfit = Outfit {
        net,
        finder,
        format: configuration.format,
        looks: configuration.looks,
        // what was handed out is the form that the run judges with
        precision: Precision::Auto,
        standard: GradingStandard::parse(&standard).context(STANDARD)?,
        heights: heights
            .map(|[camera, canopy, spread]| Heights::new(camera, canopy, spread))
            .transpose()?,
        calibration: configuration.calibration,
    };
    let choice = match choice {
        BackendChoice::Auto => engine_of(&handout.evidence),
        asked => asked,
    };
    let mut workshop = Workshop::of(outfit, choice, 1)?;
    if names_halving(&handout.evidence) {
        workshop = workshop.halving();
    }
    judges_as(&handout.evidence, workshop.evidence())?;
    Ok(workshop)
}

fn take(parts: &mut Parts, name: &str) -> anyhow::Result<Vec<u8>> {
    parts
        .remove(name)
        .with_context(|| format!("{name} was not handed out"))
}

fn text(parts: &mut Parts, name: &str) -> anyhow::Result<String> {
    String::from_utf8(take(parts, name)?).with_context(|| format!("{name}: expected UTF-8"))
}

/// The engine that a run's evidence names.
fn engine_of(evidence: &Evidence) -> BackendChoice {
    if evidence.backend.starts_with("onnxruntime") {
        BackendChoice::OnnxRuntime
    } else {
        BackendChoice::Embedded
    }
}

/// Nothing is judged with anything else than what the run's evidence names; the class of CPU is each machine's own.
fn judges_as(run: &Evidence, here: &Evidence) -> anyhow::Result<()> {
    let here = Evidence {
        cpu_class: run.cpu_class.clone(),
        ..here.clone()
    };
    let pairs = [
        ("software", &run.software, &here.software),
        ("engine", &run.backend, &here.backend),
        ("net", &run.network, &here.network),
        ("tray finder", &run.tray_finder, &here.tray_finder),
        ("standard", &run.standard_digest, &here.standard_digest),
        ("configuration", &run.config, &here.config),
    ];
    for (what, expected, found) in pairs {
        anyhow::ensure!(
            expected == found,
            "the run judges with {what} {expected}, this machine would with {found}"
        );
    }
    anyhow::ensure!(*run == here, "the run's evidence is not this machine's");
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn only_the_class_of_cpu_may_be_a_machines_own() {
        let run = Evidence {
            backend: "onnxruntime 1.31.1".to_owned(),
            cpu_class: "x86-64-v4".to_owned(),
            ..Evidence::default()
        };
        let other_cpu = Evidence {
            cpu_class: "aarch64".to_owned(),
            ..run.clone()
        };
        assert!(judges_as(&run, &other_cpu).is_ok());
        let other_engine = Evidence {
            backend: "rten 0.27.0".to_owned(),
            ..run.clone()
        };
        let said = judges_as(&run, &other_engine).unwrap_err().to_string();
        assert!(
            said.contains("engine onnxruntime 1.31.1") && said.contains("rten"),
            "{said}"
        );
        let recalibrated = Evidence {
            calibration: Some("sha256:1".to_owned()),
            ..run.clone()
        };
        assert!(judges_as(&run, &recalibrated).is_err());
    }
}
