//! `seedgrade doctor`: what was found on this machine and what is missing.

use std::fmt::Write as _;

use crate::grade::GradingStandard;
use crate::network::{self, BackendChoice, cpu};
use crate::runtime;

use super::arguments::Global;
use super::exit::{CommandResult, Ending};
use super::output::print;
use super::workshop::{embedded_seedling_net, read_config};

/// Runs the command.
pub fn run(global: &Global) -> CommandResult {
    let config = read_config(global)?;
    let net = match config.as_ref().and_then(|c| c.nets_dir.as_ref()) {
        Some(dir) => network::NetFile::from_folder(&dir.join("seedling"))?,
        None => embedded_seedling_net()?,
    };
    let mut text = String::new();
    // writing into a String cannot fail
    let _ = writeln!(text, "seedgrade   {}", env!("CARGO_PKG_VERSION"));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let _ = writeln!(text, "cpu         {} · {cores} cores", cpu::cpu_class());
    let libraries = runtime::locate(None);
    let opened = network::open(
        &net,
        BackendChoice::from(global.backend),
        &runtime::paths(&libraries),
        1,
    )?;
    let _ = writeln!(text, "engine      {}", opened.backend);
    if let Some(note) = &opened.note {
        let _ = writeln!(text, "            {note}");
        let _ = writeln!(
            text,
            "            `seedgrade runtime install` fetches ONNX Runtime's library, several times faster"
        );
    }
    for found in runtime::check(None) {
        let verdict = match &found.verdict {
            Ok(Some(version)) => format!("ONNX Runtime {version}"),
            Ok(None) => "ONNX Runtime, its version is known once it is loaded".to_owned(),
            Err(reason) => reason.to_string(),
        };
        let _ = writeln!(
            text,
            "library     {} · {verdict}",
            found.candidate.path.display()
        );
    }
    let card = net.card();
    let _ = writeln!(
        text,
        "net         {} {} · sha256:{} · {}",
        card.name,
        card.version,
        card.sha256,
        net.file()
    );
    for metric in &card.metrics {
        let interval = metric
            .ci95
            .map_or_else(String::new, |[low, high]| format!(" ({low:.4}–{high:.4})"));
        let _ = writeln!(
            text,
            "            {} {} {:.4}{interval}, n = {}",
            metric.set, metric.metric, metric.value, metric.n
        );
    }
    let standard = GradingStandard::embedded();
    let _ = writeln!(
        text,
        "standard    {} · {} · embedded",
        standard.name(),
        standard.digest()
    );
    let _ = writeln!(
        text,
        "camera      folder and simulated; GigE Vision is not built in"
    );
    let _ = writeln!(text, "plc         simulated; Modbus TCP is not built in");
    let _ = writeln!(text, "store       SQLite, embedded; written by `demo`");
    print(&text)?;
    Ok(Ending::Done)
}
