//! One tray: its judgements, pictures, lot, standard, and what people said and measured.

use std::fmt::Write as _;

use anyhow::anyhow;
use serde::Serialize;

use crate::inspect::TrayReport;
use crate::store::{
    CommandRecord, Correction, CorrectionFilter, HandMeasurement, KeptPicture, LotFacts,
    StoreError, StoreReader, StoredTray,
};

use super::super::exit::{CommandResult, Ending};
use super::super::output::{print, shown};
use super::measurement_words;

/// A pass of a tray, and all that stands beside it.
#[derive(Debug, Serialize)]
struct TrayLine {
    report: TrayReport,
    lot_facts: Option<LotFacts>,
    standard_text: Option<String>,
    pictures: Vec<KeptPicture>,
    commands: Vec<CommandRecord>,
    corrections: Vec<Correction>,
    hand_measurements: Vec<HandMeasurement>,
    regradings: Vec<RegradingLine>,
}

/// A judgement of the tray that came later.
#[derive(Debug, Serialize)]
struct RegradingLine {
    at: String,
    who: String,
    why: Option<String>,
    report: TrayReport,
}

/// Prints every pass of the trays that a name means.
pub fn show(stores: &[StoreReader], name: &str, json: bool) -> CommandResult {
    let mut text = String::new();
    for store in stores {
        for tray in store.trays_named(name)? {
            let line = line(store, &tray)?;
            if json {
                text += &serde_json::to_string(&line)?;
                text.push('\n');
            } else {
                text += &words(&line);
            }
        }
    }
    if text.is_empty() {
        return Err(anyhow!("tray {}: no such uid or code is stored", shown(name)).into());
    }
    print(&text)?;
    Ok(Ending::Done)
}

fn line(store: &StoreReader, tray: &StoredTray) -> Result<TrayLine, StoreError> {
    let report = store.report(tray.id)?;
    let of_tray = CorrectionFilter {
        tray_uid: Some(tray.uid.clone()),
        ..CorrectionFilter::default()
    };
    let pictures = store
        .pictures_of(&tray.uid)?
        .into_iter()
        .map(|(_, picture)| picture);
    let regradings = store.regradings(&tray.uid)?.into_iter();
    Ok(TrayLine {
        lot_facts: tray
            .lot
            .as_deref()
            .map(|lot| store.lot(lot))
            .transpose()?
            .flatten(),
        standard_text: store
            .standard(&report.evidence.standard_digest)?
            .map(|standard| standard.text),
        pictures: pictures
            .filter(|picture| picture.pass == tray.pass)
            .collect(),
        commands: store.commands_of(&tray.uid)?,
        corrections: store
            .corrections(&of_tray)?
            .into_iter()
            .map(|(_, correction)| correction)
            .collect(),
        hand_measurements: store.hand_measurements(&tray.uid)?,
        regradings: regradings
            .map(|r| RegradingLine {
                at: r.at,
                who: r.who,
                why: r.why,
                report: r.report,
            })
            .collect(),
        report,
    })
}

fn words(line: &TrayLine) -> String {
    let (mut text, report) = (String::new(), &line.report);
    let facts = &report.facts;
    let or_dash = |value: Option<&String>| value.map_or_else(|| "-".to_owned(), |v| shown(v));
    let mut say = |what: &str, value: &str| {
        let _ = writeln!(text, "{what:<12} {value}");
    };
    say(
        "tray",
        &format!("{}, pass {}", shown(&facts.tray_uid), facts.pass),
    );
    say("code", &or_dash(facts.tray_code.as_ref()));
    say("seen", &or_dash(facts.captured_at.as_ref()));
    say("lot", &or_dash(facts.lot.as_ref()));
    if let Some(lot) = &line.lot_facts {
        say("variety", &or_dash(lot.variety.as_ref()));
        say("seeder", &or_dash(lot.seeder.as_ref()));
        say("sown on", &or_dash(lot.sown_on.as_ref()));
        say("seed lot", &or_dash(lot.seed_lot.as_ref()));
    }
    say("picture", &shown(&facts.source));
    for picture in &line.pictures {
        say("kept as", &shown(&picture.path));
    }
    match (report.counts, &report.reason) {
        (Some(counts), _) => say(
            "judgement",
            &format!(
                "grade {}, route {}: {} graded ({} marketable), {} blank, {} double, {} unsure",
                or_dash(report.grade.as_ref()),
                or_dash(report.route.as_ref()),
                counts.graded,
                report.marketable.unwrap_or(0),
                counts.blank,
                counts.double,
                counts.unsure
            ),
        ),
        (None, reason) => say("not judged", &or_dash(reason.as_ref())),
    }
    say(
        "standard",
        &format!(
            "{} {}",
            report.evidence.standard, report.evidence.standard_digest
        ),
    );
    for command in &line.commands {
        let gate = command
            .gate
            .map_or_else(String::new, |gate| format!(" to gate {gate}"));
        let reason = command
            .reason
            .as_ref()
            .map_or_else(String::new, |r| format!(": {}", shown(r)));
        say("command", &format!("{}{gate}{reason}", command.outcome));
    }
    for correction in &line.corrections {
        say("correction", &correction_words(correction));
    }
    for measured in &line.hand_measurements {
        say("by hand", &measurement_words(measured));
    }
    for later in &line.regradings {
        let grade = or_dash(later.report.grade.as_ref());
        let standard = &later.report.evidence.standard;
        say(
            "re-graded",
            &format!(
                "{} by {}: {grade} under {standard}",
                later.at,
                shown(&later.who)
            ),
        );
    }
    text.push('\n');
    text
}

fn correction_words(correction: &Correction) -> String {
    let said = |verdict: Option<String>| verdict.unwrap_or_else(|| "-".to_owned());
    format!(
        "{} {}: cell ({}, {}) {} → {}{}",
        correction.at,
        shown(&correction.who),
        correction.cell.row,
        correction.cell.col,
        said(correction.before.as_ref().map(ToString::to_string)),
        said(correction.kind.after().map(ToString::to_string)),
        correction
            .why
            .as_ref()
            .map_or_else(String::new, |why| format!(" ({})", shown(why)))
    )
}
