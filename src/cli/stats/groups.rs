//! Lots, varieties, jobs, days, shifts or standards: a table, or a line of JSON each.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::anyhow;
use serde::Serialize;

use crate::picture::aligned;
use crate::statistics::{
    BinomialRate, BlankMap, Calendar, Group, Summary, Suspect, SuspectPlace, Uniformity, group,
    suspects,
};
use crate::store::{LotFacts, StoreReader, lots_of, tallies_of};

use super::super::exit::{CommandResult, Ending};
use super::super::output::{Written, print, shown};
use super::StatsArguments;

/// One group as JSON.
#[derive(Debug, Serialize)]
struct GroupLine<'a> {
    by: &'static str,
    group: Option<&'a str>,
    lot_facts: Option<&'a LotFacts>,
    #[serde(flatten)]
    summary: Summary,
    trend: Vec<Day<'a>>,
    blank_maps: Vec<BlankMapLine<'a>>,
}

/// A day of a group.
#[derive(Debug, Serialize)]
struct Day<'a> {
    day: &'a str,
    trays: u64,
    emergence: BinomialRate,
    emergence_of_sown: BinomialRate,
    undecided: u64,
    marketable: BinomialRate,
    uniformity: Option<Uniformity>,
}

/// Trays of one shape, and the nozzles that look blocked.
#[derive(Debug, Serialize)]
struct BlankMapLine<'a> {
    #[serde(flatten)]
    map: &'a BlankMap,
    suspects: Vec<Suspect>,
}

/// Prints the groups.
pub fn show(
    stores: &[StoreReader],
    arguments: &StatsArguments,
    calendar: &Calendar,
) -> CommandResult {
    let lots = lots_of(stores)?;
    let tallies = tallies_of(stores, arguments.lot.as_deref())?;
    let variety = |lot: &str| lots.get(lot)?.variety.clone();
    let groups = group(&tallies, arguments.by.into(), variety, calendar);
    if groups.is_empty() {
        return Err(match &arguments.lot {
            Some(lot) => anyhow!("lot {}: no tray of it is stored", shown(lot)),
            None => anyhow!("the store holds no tray"),
        }
        .into());
    }
    if arguments.json {
        for (name, group) in &groups {
            let line = line(arguments.by.word(), name.as_deref(), group, &lots);
            let text = serde_json::to_string(&line)? + "\n";
            if print(&text)? == Written::ReaderGone {
                break;
            }
        }
        return Ok(Ending::Done);
    }
    let mut text = table(arguments.by.word(), &groups);
    if arguments.lot.is_some() {
        for (name, group) in &groups {
            let facts = name.as_ref().and_then(|lot| lots.get(lot));
            text += &details(group, facts);
        }
    } else {
        text += &suspect_lines(&groups);
    }
    print(&text)?;
    Ok(Ending::Done)
}

fn line<'a>(
    by: &'static str,
    name: Option<&'a str>,
    group: &'a Group,
    lots: &'a BTreeMap<String, LotFacts>,
) -> GroupLine<'a> {
    GroupLine {
        by,
        group: name,
        lot_facts: name.filter(|_| by == "lot").and_then(|lot| lots.get(lot)),
        summary: Summary::of(&group.tally),
        trend: days(group),
        blank_maps: group
            .blanks
            .iter()
            .map(|map| BlankMapLine {
                map,
                suspects: suspects(map),
            })
            .collect(),
    }
}

fn days(group: &Group) -> Vec<Day<'_>> {
    group
        .days
        .iter()
        .map(|(day, tally)| {
            let summary = Summary::of(tally);
            Day {
                day,
                trays: summary.trays.graded,
                emergence: summary.emergence,
                emergence_of_sown: summary.emergence_of_sown,
                undecided: summary.undecided,
                marketable: summary.marketable,
                uniformity: summary.uniformity,
            }
        })
        .collect()
}

/// Groups × grades: a line a group.
fn table(by: &str, groups: &BTreeMap<Option<String>, Group>) -> String {
    let mut grades: Vec<&String> = Vec::new();
    for group in groups.values() {
        for grade in group.tally.grades.keys() {
            if !grades.contains(&grade) {
                grades.push(grade);
            }
        }
    }
    let mut head: Vec<String> = [by, "trays", "refused", "sown"].map(String::from).into();
    head.extend(grades.iter().map(|grade| shown(grade)));
    head.extend(
        [
            "double",
            "blank",
            "unsure",
            "emergence",
            "marketable",
            "area CV",
        ]
        .map(String::from),
    );
    let mut lines = vec![head];
    for (name, group) in groups {
        let summary = Summary::of(&group.tally);
        let mut line = vec![
            name.as_deref().map_or_else(|| "-".to_owned(), shown),
            summary.trays.graded.to_string(),
            (summary.trays.refused + summary.trays.failed).to_string(),
            summary.sown.to_string(),
        ];
        let count = |grade: &&String| summary.grades.get(*grade).copied().unwrap_or(0).to_string();
        line.extend(grades.iter().map(count));
        let cells = summary.cells;
        line.extend([cells.double, cells.blank, cells.unsure].map(|n| n.to_string()));
        line.extend([
            rate_words(&summary.emergence_of_sown),
            rate_words(&summary.marketable),
        ]);
        line.push(cv_words(summary.uniformity.as_ref()));
        lines.push(line);
    }
    let numbers = 1..lines[0].len() - 3;
    aligned(&lines, |column| numbers.contains(&column))
}

fn rate_words(rate: &BinomialRate) -> String {
    match (rate.rate, rate.ci95) {
        (Some(share), Some(interval)) => format!(
            "{:.1} % ({:.1}–{:.1})",
            100.0 * share,
            100.0 * interval.lo,
            100.0 * interval.hi
        ),
        _ => "-".to_owned(),
    }
}

fn cv_words(uniformity: Option<&Uniformity>) -> String {
    let cv = uniformity.and_then(|u| u.cv);
    cv.map_or_else(|| "-".to_owned(), |cv| format!("{:.1} %", 100.0 * cv))
}

/// One lot in full: where it comes from, its trend, its nozzles.
fn details(group: &Group, facts: Option<&LotFacts>) -> String {
    let mut text = String::new();
    if let Some(facts) = facts {
        let known = [
            ("variety", &facts.variety),
            ("seeder", &facts.seeder),
            ("sown on", &facts.sown_on),
            ("seed lot", &facts.seed_lot),
            ("note", &facts.note),
        ];
        for (what, value) in known {
            if let Some(value) = value {
                let _ = writeln!(text, "{what}: {}", shown(value));
            }
        }
    }
    let mut lines = vec![
        [
            "day",
            "trays",
            "unsure",
            "emergence",
            "marketable",
            "area CV",
        ]
        .map(String::from)
        .to_vec(),
    ];
    for day in days(group) {
        lines.push(vec![
            shown(day.day),
            day.trays.to_string(),
            day.undecided.to_string(),
            rate_words(&day.emergence_of_sown),
            rate_words(&day.marketable),
            cv_words(day.uniformity.as_ref()),
        ]);
    }
    text.push('\n');
    text += &aligned(&lines, |column| column == 1 || column == 2);
    let found = nozzle_lines(group);
    text.push('\n');
    text += if found.is_empty() {
        "no nozzle looks blocked\n"
    } else {
        &found
    };
    text
}

fn suspect_lines(groups: &BTreeMap<Option<String>, Group>) -> String {
    let mut text = String::new();
    for (name, group) in groups {
        for line in nozzle_lines(group).lines() {
            let name = name.as_deref().map_or_else(|| "-".to_owned(), shown);
            let _ = writeln!(text, "{name}: {line}");
        }
    }
    text
}

fn nozzle_lines(group: &Group) -> String {
    let mut text = String::new();
    for map in &group.blanks {
        for suspect in suspects(map) {
            let _ = writeln!(
                text,
                "{}x{} trays: {}",
                map.rows,
                map.cols,
                suspect_words(map, &suspect)
            );
        }
    }
    text
}

fn suspect_words(map: &BlankMap, suspect: &Suspect) -> String {
    let (row_end, col_end) = (map.rows.saturating_sub(1), map.cols.saturating_sub(1));
    let (place, opposite) = match suspect.place {
        SuspectPlace::Row { row } => (format!("row {row}"), format!("row {}", row_end - row)),
        SuspectPlace::Column { col } => {
            (format!("column {col}"), format!("column {}", col_end - col))
        }
        SuspectPlace::Position { row, col } => (
            format!("cell ({row}, {col})"),
            format!("cell ({}, {})", row_end - row, col_end - col),
        ),
    };
    let place = if suspect.or_opposite {
        format!("{place} or, as trays are turned, {opposite}")
    } else {
        place
    };
    let edge = if suspect.at_edge {
        "; it is an edge, which may be drier than the others"
    } else {
        ""
    };
    format!(
        "{place}: a nozzle looks blocked: {} blanks, {:.0} expected; about {:.0} % of its seeds are missing (p = {:.1e} over {} trays){edge}",
        suspect.blanks,
        suspect.expected,
        100.0 * suspect.missed,
        suspect.p_value,
        map.trays
    )
}
