//! The text of a standard, part by part, into a [`GradingStandard`].

use std::collections::BTreeMap;

use toml::de::DeTable;

use super::criterion::{Criterion, Interval, PlantTrait, contradiction};
use super::error::{Fault, StandardProblem};
use super::rule::TrayCondition;
use super::toml_table::{Table, Value};
use super::{
    Actions, Grade, GradingStandard, MOST_STANDARD_BYTES, RemovalMargin, STANDARD_SCHEMA,
    TrayOutcome, TrayRule, UnsureBand, digest_of,
};
use crate::grade::verdict::{CellAction, GradeId};

/// Limits that no standard of people reaches.
const MOST_GRADES: usize = 32;
const MOST_CRITERIA: usize = 64;
const MOST_RULES: usize = 64;

/// Verdicts that have an action; grades must not be named like them.
const ACTED_VERDICTS: [&str; 3] = ["blank", "double", "unsure"];

/// Reads and checks the text.
pub(super) fn read(text: &str) -> Result<GradingStandard, Fault> {
    if text.len() > MOST_STANDARD_BYTES {
        let (found, limit) = (text.len(), MOST_STANDARD_BYTES);
        return Err(Fault::new(0..0, StandardProblem::TooLong { found, limit }));
    }
    let document = DeTable::parse(text).map_err(|error| {
        let span = error.span().unwrap_or(0..0);
        Fault::new(span, StandardProblem::Toml(error.message().to_owned()))
    })?;
    let root = Table::root(text, &document);
    schema(&root)?;
    root.only(&[
        "schema", "id", "version", "crop", "title", "grade", "unsure", "action", "tray",
    ])?;
    root.require("schema", "\"seedgrade.standard/1\"")?;
    let unsure = unsure(&root)?;
    let grades = grades(&root, &unsure)?;
    let names: Vec<&str> = grades.iter().map(|grade| grade.id.0.as_str()).collect();
    let actions = actions(&root, &names)?;
    let tray = root
        .require("tray", "the tray rules")?
        .table("a table of tray rules")?;
    tray.only(&["rules", "otherwise", "ungraded"])?;
    Ok(GradingStandard {
        id: root.require("id", "the standard's name")?.name()?,
        version: root
            .require("version", "a whole number from 1")?
            .ordinal()?,
        crop: root.require("crop", "the crop's name")?.words()?,
        title: title(&root)?,
        rules: rules(&tray, &names)?,
        otherwise: otherwise(&tray)?,
        ungraded_route: ungraded_route(&tray)?,
        grades,
        unsure,
        actions,
        digest: digest_of(text),
        text: text.to_owned(),
    })
}

/// A standard of another schema is told by that, before any key that this one does not know.
fn schema(root: &Table<'_>) -> Result<(), Fault> {
    let expected = format!("{STANDARD_SCHEMA:?}");
    match root.get("schema") {
        Some(schema) if schema.string(&expected)? != STANDARD_SCHEMA => {
            Err(schema.unexpected(&expected))
        }
        _ => Ok(()),
    }
}

fn title(root: &Table<'_>) -> Result<BTreeMap<String, String>, Fault> {
    let Some(value) = root.get("title") else {
        return Ok(BTreeMap::new());
    };
    let table = value.table("a title for each language, such as { en = \"…\" }")?;
    let titles = table.entries().into_iter();
    titles
        .map(|(language, _, title)| Ok((language.to_owned(), title.words()?)))
        .collect()
}

fn unsure(root: &Table<'_>) -> Result<UnsureBand, Fault> {
    let expected = "the band of doubt, such as { occupied = [0.4, 0.6] }";
    let table = root.require("unsure", expected)?.table(expected)?;
    table.only(&["occupied", "budget", "overlap", "removal"])?;
    let expected = "two numbers from 0 to 1, the lower first";
    let band = table.require("occupied", expected)?;
    let ends: Vec<f64> = band
        .array(expected, "ends of a band", 2)?
        .iter()
        .map(Value::share)
        .collect::<Result<_, _>>()?;
    let occupied = match ends[..] {
        [low, high] if low <= high => [low, high],
        _ => return Err(band.unexpected(expected)),
    };
    let overlap = table
        .get("overlap")
        .map(|value| value.share())
        .transpose()?;
    let budget = table.get("budget").map(|value| value.share()).transpose()?;
    let removal = table
        .get("removal")
        .map(|value| removal(&value))
        .transpose()?;
    Ok(UnsureBand {
        occupied,
        budget,
        overlap,
        removal,
    })
}

fn removal(value: &Value<'_>) -> Result<RemovalMargin, Fault> {
    let expected = "margins for removing, such as { area = 0.3, chlorotic = 0.1, necrotic = 0.1 }";
    let table = value.table(expected)?;
    table.only(&["area", "chlorotic", "necrotic"])?;
    let margin = |key: &str| table.get(key).map_or(Ok(0.0), |value| value.share());
    Ok(RemovalMargin {
        area: margin("area")?,
        chlorotic: margin("chlorotic")?,
        necrotic: margin("necrotic")?,
    })
}

fn grades(root: &Table<'_>, unsure: &UnsureBand) -> Result<Vec<Grade>, Fault> {
    let list = root.require("grade", "a [[grade]] for each grade, best first")?;
    let expected = "a [[grade]] for each grade, best first";
    let values = list.array(expected, "grades", MOST_GRADES)?;
    if values.is_empty() {
        return Err(list.unexpected(expected));
    }
    let mut grades: Vec<Grade> = Vec::new();
    for (index, value) in values.iter().enumerate() {
        let is_last = index + 1 == values.len();
        let (id, grade) = grade(value, is_last, unsure)?;
        if grades.iter().any(|before| before.id == grade.id) {
            let problem = StandardProblem::Twice {
                kind: "grade",
                name: grade.id.to_string(),
            };
            return Err(Fault::new(id.span, problem));
        }
        grades.push(grade);
    }
    Ok(grades)
}

fn grade<'a>(
    value: &Value<'a>,
    is_last: bool,
    unsure: &UnsureBand,
) -> Result<(Value<'a>, Grade), Fault> {
    let table = value.table("a [[grade]] table")?;
    table.only(&["id", "marketable", "all"])?;
    let id = table.require("id", "the grade's name")?;
    let name = id.name()?;
    if ACTED_VERDICTS.contains(&name.as_str()) {
        return Err(id.unexpected("a name that is no verdict"));
    }
    let table = table.named(format!("grade {name:?}"));
    let marketable = table.require("marketable", "true or false")?;
    let all = table.require("all", "a list of criteria, empty for the last grade")?;
    let criteria = criteria(&all, unsure)?;
    let grade = Grade {
        id: GradeId(name.into()),
        marketable: marketable.boolean()?,
        all: criteria,
    };
    match refusal_of_place(&grade, is_last) {
        Some(problem @ StandardProblem::LastMarketable { .. }) => {
            Err(Fault::new(marketable.span, problem))
        }
        Some(problem) => Err(Fault::new(all.span, problem)),
        None => Ok((id, grade)),
    }
}

/// What is wrong with a grade at its place among the others.
fn refusal_of_place(grade: &Grade, is_last: bool) -> Option<StandardProblem> {
    let name = grade.id.to_string();
    match (is_last, grade.all.is_empty()) {
        (false, true) => Some(StandardProblem::HidesBelow { grade: name }),
        (true, false) => Some(StandardProblem::LastHasCriteria { grade: name }),
        (true, true) if grade.marketable => Some(StandardProblem::LastMarketable { grade: name }),
        _ => None,
    }
}

fn criteria(all: &Value<'_>, unsure: &UnsureBand) -> Result<Vec<Criterion>, Fault> {
    let expected = "a list of criteria such as \"area_pitch2 >= 0.25\"";
    let values = all.array(expected, "criteria of a grade", MOST_CRITERIA)?;
    let read = |value: &Value<'_>| {
        let text = value.string("a criterion such as \"area_pitch2 >= 0.25\"")?;
        Criterion::parse(text).map_err(|fault| value.locate(fault))
    };
    let criteria = values.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    match contradiction(&criteria, |plant_trait| {
        of_graded_cells(plant_trait, unsure)
    }) {
        Some((index, problem)) => {
            let fault = Fault::new(0..0, problem);
            Err(values.get(index).unwrap_or(all).locate(fault))
        }
        None => Ok(criteria),
    }
}

/// The values that a trait can have in a cell that is neither blank nor unsure.
fn of_graded_cells(plant_trait: PlantTrait, unsure: &UnsureBand) -> Interval {
    let domain = plant_trait.domain();
    match (plant_trait, unsure.overlap) {
        (PlantTrait::Occupied, _) => Interval {
            low: match unsure.budget {
                // what the budget does not cover goes by even odds
                Some(_) => unsure.occupied[1].min(0.5),
                None => unsure.occupied[1],
            },
            low_open: true,
            ..domain
        },
        (PlantTrait::Overlap, Some(limit)) => Interval {
            high: limit,
            ..domain
        },
        _ => domain,
    }
}

fn actions(root: &Table<'_>, grades: &[&str]) -> Result<Actions, Fault> {
    let mut actions = Actions::default();
    let Some(value) = root.get("action") else {
        return Ok(actions);
    };
    let known: Vec<&str> = ACTED_VERDICTS.iter().chain(grades).copied().collect();
    for (name, name_at, value) in value.table("a table of actions")?.entries() {
        let action = action(&value)?;
        match name {
            "blank" => actions.blank = action,
            "double" => actions.double = action,
            "unsure" if action != CellAction::Leave => {
                let problem = StandardProblem::UnsureActs {
                    found: action.to_string(),
                };
                return Err(Fault::new(value.span, problem));
            }
            "unsure" => {}
            _ if grades.contains(&name) => {
                actions.graded.insert(GradeId(name.into()), action);
            }
            _ => return Err(Fault::unknown(name_at, "verdict or grade", name, &known)),
        }
    }
    Ok(actions)
}

fn action(value: &Value<'_>) -> Result<CellAction, Fault> {
    const KNOWN: [&str; 4] = ["leave", "remove", "thin", "pick:N"];
    let word = value.string("leave, remove, thin or pick:N")?;
    match word {
        "leave" => Ok(CellAction::Leave),
        "remove" => Ok(CellAction::Remove),
        "thin" => Ok(CellAction::Thin),
        _ => match word.strip_prefix("pick:") {
            Some(n) => n
                .parse()
                .map(CellAction::Pick)
                .map_err(|_| value.unexpected("pick:N with a tool position N from 0 to 255")),
            None => Err(Fault::unknown(value.span.clone(), "action", word, &KNOWN)),
        },
    }
}

fn rules(tray: &Table<'_>, grades: &[&str]) -> Result<Vec<TrayRule>, Fault> {
    let expected =
        "a list of rules such as { grade = \"A\", when = \"share(A) >= 0.9\", route = \"market\" }";
    let Some(value) = tray.get("rules") else {
        return Ok(Vec::new());
    };
    let rule = |value: &Value<'_>| {
        let table = value.table("a table with grade, when and route")?;
        table.only(&["grade", "when", "route"])?;
        let when = table.require("when", "a condition such as \"share(A) >= 0.9\"")?;
        let text = when.string("a condition such as \"share(A) >= 0.9\"")?;
        let condition = TrayCondition::parse(text, grades).map_err(|fault| when.locate(fault))?;
        Ok(TrayRule {
            when: condition,
            outcome: outcome(&table)?,
        })
    };
    value
        .array(expected, "tray rules", MOST_RULES)?
        .iter()
        .map(rule)
        .collect()
}

fn otherwise(tray: &Table<'_>) -> Result<TrayOutcome, Fault> {
    let expected = "what other trays get, such as { grade = \"reject\", route = \"rework\" }";
    let table = tray.require("otherwise", expected)?.table(expected)?;
    table.only(&["grade", "route"])?;
    outcome(&table)
}

fn outcome(table: &Table<'_>) -> Result<TrayOutcome, Fault> {
    Ok(TrayOutcome {
        grade: table.require("grade", "the tray's grade")?.name()?,
        route: table.require("route", "where the tray goes")?.name()?,
    })
}

fn ungraded_route(tray: &Table<'_>) -> Result<String, Fault> {
    let expected = "where trays go that were not judged, such as { route = \"hold\" }";
    let table = tray.require("ungraded", expected)?.table(expected)?;
    table.only(&["route"])?;
    table.require("route", "where the tray goes")?.name()
}
