//! `seedgrade doctor`: what was found on this machine and what is missing.

use std::path::PathBuf;

use crate::config::Config;
use crate::frame::HALVES_JPEGS;
use crate::grade::GradingStandard;
use crate::network::card::Metric;
use crate::network::{self, BackendChoice, Form, NetFile, Precision, cpu};
use crate::runtime;

use super::arguments::Global;
use super::exit::{CommandResult, Ending};
use super::line::gige_vision;
use super::output::print;
use super::workshop::{configured_finder, configured_net, precision, read_config};

/// A line of the report; further lines of a subject have no label.
type Line = (&'static str, String);

/// Runs the command.
pub fn run(global: &Global) -> CommandResult {
    let config = read_config(global)?;
    let net = configured_net(config.as_ref())?;
    let finder = configured_finder(config.as_ref())?;
    let found = runtime::check(None);
    let asked = precision(global, config.as_ref());
    let mut lines = machine();
    lines.extend(engine(&net, &found, global, asked)?);
    lines.extend(libraries(&found));
    lines.push(("pictures", decoders()));
    lines.extend(described(&net));
    let choice = BackendChoice::from(global.backend);
    let form = network::form_for(
        &finder,
        asked.where_it_has_it(&finder),
        choice,
        &paths(&found),
    )?;
    network::open(form, choice, &paths(&found), 1)?;
    lines.extend(described(&finder));
    lines.extend(rest(config.as_ref()));
    let text: String = lines
        .iter()
        .map(|(label, text)| format!("{label:<11} {text}\n"))
        .collect();
    print(&text)?;
    Ok(Ending::Done)
}

fn machine() -> Vec<Line> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    vec![
        ("seedgrade", env!("CARGO_PKG_VERSION").to_owned()),
        ("cpu", format!("{} · {cores} cores", cpu::cpu_class())),
    ]
}

/// Which engine runs the net, proved by opening it, and why not the faster one.
fn engine(
    net: &NetFile,
    found: &[runtime::Finding],
    global: &Global,
    precision: Precision,
) -> anyhow::Result<Vec<Line>> {
    let choice = BackendChoice::from(global.backend);
    let form = network::form_for(net, precision, choice, &paths(found))?;
    let opened = network::open(form, choice, &paths(found), 1)?;
    let mut lines = vec![(
        "engine",
        format!("{} · {}", opened.backend, numbers(form, net)),
    )];
    if let Some(note) = opened.note {
        lines.push(("", note));
        let advice = "`seedgrade runtime install` fetches ONNX Runtime's library, which runs the net in half the time";
        lines.push(("", advice.to_owned()));
    }
    Ok(lines)
}

/// In what numbers the net reckons here, and why not in 8 bits.
fn numbers(form: &NetFile, net: &NetFile) -> String {
    match (form.form(), net.in_eight_bits()) {
        (Form::EightBit, _) => format!("8 bits, {}", form.digest()),
        (Form::Single, Some(_)) if !cpu::has_vnni() => {
            "single precision: this CPU has no VNNI".to_owned()
        }
        (Form::Single, _) => "single precision".to_owned(),
    }
}

/// What decodes pictures here.
fn decoders() -> String {
    match HALVES_JPEGS {
        Some(decoder) => format!("zune-jpeg, {decoder} at half the size where that is enough"),
        None => {
            "zune-jpeg: a build with `--features turbojpeg` decodes large ones at half their size"
                .to_owned()
        }
    }
}

fn paths(found: &[runtime::Finding]) -> Vec<PathBuf> {
    found.iter().map(|f| f.candidate.path.clone()).collect()
}

fn libraries(found: &[runtime::Finding]) -> Vec<Line> {
    let verdict = |found: &runtime::Finding| match &found.verdict {
        Ok(Some(version)) => format!("ONNX Runtime {version}"),
        Ok(None) => "ONNX Runtime, its version is known once it is loaded".to_owned(),
        Err(reason) => reason.to_string(),
    };
    found
        .iter()
        .map(|f| {
            (
                "library",
                format!("{} · {}", f.candidate.path.display(), verdict(f)),
            )
        })
        .collect()
}

fn described(net: &NetFile) -> Vec<Line> {
    let card = net.card();
    let named = format!(
        "{} {} · sha256:{} · {}",
        card.name,
        card.version,
        card.sha256,
        net.file()
    );
    let mut lines = vec![("net", named)];
    lines.extend(card.metrics.iter().map(|m| ("", metric_words(m))));
    lines
}

fn metric_words(metric: &Metric) -> String {
    let interval = metric
        .ci95
        .map_or_else(String::new, |[low, high]| format!(" ({low:.4}–{high:.4})"));
    format!(
        "{} {} {:.4}{interval}, n = {}",
        metric.set, metric.metric, metric.value, metric.n
    )
}

fn rest(config: Option<&Config>) -> Vec<Line> {
    let standard = GradingStandard::embedded();
    let named = format!("{} · {} · embedded", standard.name(), standard.digest());
    let mut lines = vec![("standard", named)];
    let cameras = gige_vision::findings(config.and_then(|config| config.camera.as_ref()));
    let labels = std::iter::once("camera").chain(std::iter::repeat(""));
    lines.extend(labels.zip(cameras));
    lines.push(("plc", "Modbus TCP; `simulate-plc` to rehearse".to_owned()));
    let store = "SQLite, embedded; written by `demo` and `line`";
    lines.push(("store", store.to_owned()));
    lines
}
