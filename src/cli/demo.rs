//! `seedgrade demo`: the main job on the trays that are built in. Camera and PLC are simulated, the
//! inspection is real.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::Path;

use anyhow::Context;

use crate::clock;
use crate::frame::{DecodeLimits, Frame, SimulatedCamera, decode};
use crate::grade::GradingStandard;
use crate::inspect::{Inspection, SourceFacts, TrayReport};
use crate::picture::{TrayPicture, report_html, summary_table};
use crate::store::{
    CommandRecord, EventRecord, LotFacts, Record, Statement, StoreWriter, TrayRecord, WriterParams,
};
use crate::tray::{Lattice, TrayFormat};

use super::arguments::{DemoArguments, Global};
use super::exit::{CommandResult, Ending, Failure};
use super::interrupt;
use super::line;
use super::output::{print, say};
use super::rehearsal::{COUNTS_BETWEEN_TRAYS, END_OF_BELT_COUNTS, Rehearsal, START};
use super::results::{json_line, write_whole};
use super::samples::{SAMPLES, Sample};
use super::sources::picture_facts;
use super::stage_watch::StageWatch;
use super::workshop::{Workshop, grade_names, read_config};

/// The lot of the sample trays, and who says so.
const DEMO: &str = "demo";

/// Runs the command.
pub fn run(arguments: &DemoArguments, global: &Global) -> CommandResult {
    let config = read_config(global)?;
    let standard = GradingStandard::embedded();
    let mut shops = BTreeMap::new();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    for sample in SAMPLES {
        if let Entry::Vacant(place) = shops.entry((sample.rows, sample.cols)) {
            let format = TrayFormat::new(sample.rows, sample.cols)?;
            let standard = standard.clone();
            place.insert(Workshop::open(
                global,
                config.as_ref(),
                Some(format),
                standard,
                None,
                threads,
            )?);
        }
    }
    let out = &arguments.out;
    std::fs::create_dir_all(out)
        .with_context(|| format!("{}: cannot be made", out.display()))
        .map_err(Failure::resource)?;
    let store = StoreWriter::open(&out.join("seedgrade.db"), WriterParams::default())
        .map_err(Failure::resource)?;
    let trays = judge_all(&shops, &standard, &store)?;
    let stored = store.close();
    let names = grade_names(&standard);
    write_results(out, &trays.judged, &names).map_err(Failure::resource)?;
    let reports: Vec<&TrayReport> = trays.judged.iter().map(|t| &t.report).collect();
    print(&summary_table(&reports, &names))?;
    print(&format!("\n{}\n", trays.belt))?;
    if let Some(shop) = shops.values().next() {
        print(&format!("engine {}\n", shop.evidence().backend))?;
        if let Some(note) = shop.note() {
            say(&format!(
                "{note}\n`seedgrade runtime install` halves the time of the net"
            ));
        }
    }
    let waiting = stored.spilled.saturating_sub(stored.taken_in);
    if waiting + stored.lost > 0 {
        say(&format!("store: {waiting} spilled, {} lost", stored.lost));
    }
    print(&next_steps(out))?;
    Ok(if interrupt::requested() {
        say(&format!(
            "interrupted: {} of {} trays are done and kept in {}",
            reports.len(),
            SAMPLES.len(),
            out.display()
        ));
        Ending::Interrupted
    } else {
        Ending::Done
    })
}

/// A judged sample.
struct JudgedSample {
    frame: Frame,
    lattice: Option<Lattice>,
    report: TrayReport,
}

/// What the belt carried past the camera, and what came of it at the gates.
struct Trays {
    judged: Vec<JudgedSample>,
    belt: String,
}

fn judge_all(
    shops: &BTreeMap<(u32, u32), Workshop>,
    standard: &GradingStandard,
    store: &StoreWriter,
) -> Result<Trays, Failure> {
    let mut rehearsal = Rehearsal::arm(standard)?;
    let day = clock::now().strftime("%Y-%m-%d").to_string();
    for shop in shops.values().take(1) {
        for statement in basis(rehearsal.job(), shop) {
            store.write(Record::Statement(statement));
        }
    }
    let mut judged = Vec::new();
    let camera = SimulatedCamera::new(SAMPLES.len(), COUNTS_BETWEEN_TRAYS, START);
    for exposure in camera.take(SAMPLES.len()) {
        if interrupt::requested() {
            break;
        }
        let sample = &SAMPLES[exposure.frame];
        let Some(shop) = shops.get(&(sample.rows, sample.cols)) else {
            continue;
        };
        let trigger = rehearsal.carry_to_camera(exposure.encoder);
        let facts = SourceFacts {
            source: format!("samples/{}", sample.name),
            tray_uid: format!("demo/line1/{day}/{:06}", exposure.trigger),
            captured_at: Some(clock::now().to_string()),
            job: Some(u32::from(rehearsal.job())),
            lot: Some(DEMO.to_owned()),
            trigger: Some(u32::from(trigger.0)),
            encoder: Some(exposure.encoder.0),
            ..picture_facts(String::new(), sample.bytes)
        };
        let tray = judge(sample, shop, facts)?;
        rehearsal.command(&tray.report);
        store.write(Record::Tray(Box::new(TrayRecord {
            received_at: clock::now().to_string(),
            report: tray.report.clone(),
        })));
        judged.push(tray);
    }
    rehearsal.run_out(END_OF_BELT_COUNTS);
    keep_commands(&rehearsal, &judged, store);
    Ok(Trays {
        judged,
        belt: rehearsal.summary(),
    })
}

/// What the trays are judged by, as a line says it too: lot, job, standard and nets, which are those of all shops.
fn basis(job: u16, shop: &Workshop) -> Vec<Statement> {
    let at = clock::now().to_string();
    let lot = LotFacts {
        at: at.clone(),
        who: DEMO.to_owned(),
        lot: DEMO.to_owned(),
        note: Some("sample trays of several sources".to_owned()),
        ..LotFacts::default()
    };
    let of_job = line::basis::of_job(&at, DEMO, job, DEMO, shop);
    std::iter::once(Statement::Lot(lot)).chain(of_job).collect()
}

fn judge(sample: &Sample, shop: &Workshop, facts: SourceFacts) -> anyhow::Result<JudgedSample> {
    let mut watch = StageWatch::start();
    let frame = decode(sample.bytes, DecodeLimits::default())?;
    watch.decoded();
    let inspection = shop.with_inspector(|i| i.inspect(&frame, facts, &mut watch))??;
    let Inspection {
        mut report,
        lattice,
    } = inspection;
    report.timing_ms = Some(watch.finish());
    Ok(JudgedSample {
        frame,
        lattice,
        report,
    })
}

/// Stores how every trigger ended.
fn keep_commands(rehearsal: &Rehearsal, judged: &[JudgedSample], store: &StoreWriter) {
    let at = clock::now().to_string();
    for end in rehearsal.ends() {
        let tray = judged
            .iter()
            .find(|t| t.report.facts.trigger == Some(u32::from(end.trigger.0)));
        store.write(Record::Command(CommandRecord {
            at: at.clone(),
            trigger: u32::from(end.trigger.0),
            tray_uid: tray.map(|t| t.report.facts.tray_uid.clone()),
            sequence: end.sequence,
            job: Some(u32::from(rehearsal.job())),
            gate: end.gate,
            fire_at: end.fire_at,
            outcome: end.outcome.to_owned(),
            reason: end.reason.clone(),
        }));
    }
    store.write(Record::Event(EventRecord {
        at,
        kind: "demo_ended".to_owned(),
        message: rehearsal.summary(),
        detail: None,
    }));
}

fn write_results(out: &Path, trays: &[JudgedSample], names: &[String]) -> anyhow::Result<()> {
    let mut lines = String::new();
    for tray in trays {
        lines += &json_line(&tray.report)?;
    }
    write_whole(&out.join("trays.jsonl"), lines.as_bytes())?;
    let pictures: Vec<TrayPicture<'_>> = trays
        .iter()
        .map(|tray| TrayPicture {
            report: &tray.report,
            frame: Some(&tray.frame),
            lattice: tray.lattice.as_ref(),
        })
        .collect();
    let page = report_html("seedgrade demo", &pictures, names)?;
    write_whole(&out.join("report.html"), page.as_bytes())
}

fn next_steps(out: &Path) -> String {
    format!(
        "\npictures with verdicts: {}\none JSON object a tray: {}\n\n\
         next: seedgrade grade --tray 10x20 --overlay marked/ YOUR_PICTURES/\n      \
         seedgrade standard show > my-standard.toml\n      seedgrade doctor\n",
        out.join("report.html").display(),
        out.join("trays.jsonl").display()
    )
}
