//! One cell closely: its verdict, the criterion that decided, what was measured.

use maud::{Markup, html};

use crate::grade::{Criterion, GradingStandard};
use crate::inspect::{CellReport, observed_in};
use crate::picture::{Mark, mark_key};
use crate::review::access::Role;
use crate::review::corrections::{name_of, overrides_that_hold};
use crate::review::house::Desk;
use crate::review::words::word;
use crate::store::{Correction, CorrectionKind, StatedVerdict};

use super::layout::form_token;
use super::queue::why_field;
use super::terms;
use super::view::{Viewed, cell_address, cell_place, verdict_buttons, verdict_words};

/// The card of the cell that is looked at; `moved` says where its plug came from or went.
pub fn card(
    desk: &Desk,
    tray: Viewed<'_>,
    cell: &CellReport,
    history: &[Correction],
    moved: &Markup,
) -> Markup {
    let standard = desk.house.standard_of(tray.report);
    html! {
        h2 { (mark_key(Mark::of_cell(cell, tray.order))) (terms::cell_verdict(desk, cell, tray.order)) }
        p class="faint" { (cell_place(desk, cell.row, cell.col)) " · " (desk.say(terms::action(&cell.action))) }
        (neighbours(desk, tray, cell))
        (moved)
        (decision(desk, cell, standard.as_ref()))
        (said(desk, tray, cell, history))
        (measurements(desk, cell))
    }
}

/// What people said of the cell, and what who asks may say.
fn said(desk: &Desk, tray: Viewed<'_>, cell: &CellReport, history: &[Correction]) -> Markup {
    let here = |said: &&Correction| {
        said.pass == tray.report.facts.pass
            && (said.cell.row as usize, said.cell.col as usize) == (cell.row, cell.col)
    };
    let overrides: Vec<(&Correction, &StatedVerdict)> = history
        .iter()
        .filter(here)
        .filter_map(|said| match &said.kind {
            CorrectionKind::Override { after } => Some((said, after)),
            CorrectionKind::Audit | CorrectionKind::AuditAnswer { .. } => None,
        })
        .collect();
    let holds = overrides_that_hold(history);
    let name = name_of(tray.report, cell);
    let last = name.and_then(|name| holds.get(&name)?.last()?.kind.after());
    html! {
        h3 { (desk.say("corrections")) }
        @if overrides.is_empty() { p class="faint" { (desk.say("corrections-none")) } }
        @for (said, after) in &overrides {
            p class="note" {
                strong { (verdict_words(desk, after, tray.order)) } " · " (said.who) " · " (desk.moment(&said.at))
                @if let Some(why) = terms::why(desk, said) { " · " (why) }
            }
        }
        @if desk.may(Role::Operator) {
            form method="post" action="/correct" {
                (form_token(desk))
                input type="hidden" name="store" value=(tray.key.store.0);
                input type="hidden" name="id" value=(tray.key.id);
                input type="hidden" name="row" value=(cell.row);
                input type="hidden" name="col" value=(cell.col);
                (verdict_buttons(desk, tray.order, last))
                (why_field(desk))
            }
            @if last.is_some() { form method="post" action="/correct/undo" class="buttons" {
                (form_token(desk))
                input type="hidden" name="store" value=(tray.key.store.0);
                input type="hidden" name="id" value=(tray.key.id);
                input type="hidden" name="row" value=(cell.row);
                input type="hidden" name="col" value=(cell.col);
                button data-key="z" { (desk.say("correction-undo")) kbd { "Z" } }
            } }
        }
    }
}

/// Steps to the cells beside it, for fingers and keys.
fn neighbours(desk: &Desk, tray: Viewed<'_>, cell: &CellReport) -> Markup {
    let (rows, cols) = (tray.report.rows, tray.report.cols);
    let step = |down: isize, right: isize| {
        let row = cell
            .row
            .checked_add_signed(down)
            .filter(|row| *row < rows)?;
        let col = cell
            .col
            .checked_add_signed(right)
            .filter(|col| *col < cols)?;
        Some(cell_address(tray.key, row, col))
    };
    let steps = [
        (step(0, -1), "←", "ArrowLeft", "step-left"),
        (step(-1, 0), "↑", "ArrowUp", "step-up"),
        (step(1, 0), "↓", "ArrowDown", "step-down"),
        (step(0, 1), "→", "ArrowRight", "step-right"),
    ];
    html! {
        div class="steps" role="group" aria-label=(desk.say("neighbours")) {
            @for (address, sign, key, id) in steps {
                @match address {
                    Some(address) => a class="button step" id=(id) href=(address) data-key=(key) { (sign) },
                    None => span class="button step off" aria-hidden="true" { (sign) },
                }
            }
        }
    }
}

/// Why the cell got its verdict: for a graded plant every criterion down to the grade that it got.
fn decision(desk: &Desk, cell: &CellReport, standard: Option<&GradingStandard>) -> Markup {
    let reason = cell.reason.as_deref();
    html! {
        h3 { (desk.say("decided-by")) }
        @match (cell.verdict.as_str(), standard) {
            ("unsure", _) => p { (desk.say(terms::unsure_reason(reason.unwrap_or_default()))) },
            ("blank" | "double", Some(standard)) => {
                @let [low, high] = standard.unsure().occupied;
                p {
                    @if cell.verdict == "blank" {
                        (desk.say_with("decided-blank", &[("found", &share(cell.occupied)), ("limit", &share(low))]))
                    } @else {
                        (desk.say_with("decided-double", &[("found", &share(cell.several)), ("occupied", &share(high))]))
                    }
                }
            },
            ("graded", Some(standard)) => (criteria(desk, cell, standard)),
            _ => p {
                (desk.say("standard-unknown"))
                @if let Some(reason) = reason { " " code { (reason) } }
            },
        }
    }
}

fn criteria(desk: &Desk, cell: &CellReport, standard: &GradingStandard) -> Markup {
    let observed = observed_in(cell);
    let reached = standard
        .grades()
        .iter()
        .position(|grade| Some(grade.id.0.as_str()) == cell.grade.as_deref());
    let asked = standard
        .grades()
        .iter()
        .take(reached.map_or(usize::MAX, |at| at + 1));
    html! {
        table class="criteria" {
            @for grade in asked {
                tr { th colspan="4" scope="rowgroup" { (desk.say("grade")) " " (grade.id) } }
                @if grade.all.is_empty() { tr { td colspan="4" { (desk.say("takes-the-rest")) } } }
                @for criterion in &grade.all {
                    @let holds = criterion.holds(&observed);
                    tr class=(if holds { "met" } else { "missed" }) {
                        td { (if holds { "✓" } else { "✗" }) }
                        td { (desk.say(terms::plant_trait(criterion.plant_trait))) }
                        td class="num" { (value_of(desk, criterion, &observed)) }
                        td { (terms::comparison(criterion.comparison)) " " (criterion.limit) }
                    }
                }
            }
        }
    }
}

fn value_of(desk: &Desk, criterion: &Criterion, observed: &crate::cell::CellObservation) -> String {
    match criterion.plant_trait.of(observed) {
        Some(value) => value.to_string(),
        None => desk.say("not-known"),
    }
}

fn share(value: f64) -> String {
    format!("{:.1} %", 100.0 * value)
}

fn measurements(desk: &Desk, cell: &CellReport) -> Markup {
    let mut lines: Vec<(&str, String)> = vec![
        ("trait-occupied", share(cell.occupied)),
        (word!("trait-several"), share(cell.several)),
        ("trait-plants", cell.plants.to_string()),
    ];
    if cell.plants > 0 {
        let spread = |value: Option<f64>| value.map_or_else(String::new, |v| format!(" ± {v:.3}"));
        lines.push((
            "trait-area",
            format!(
                "{:.3}{}",
                cell.area_pitch2,
                spread(cell.area_deviation_pitch2)
            ),
        ));
        lines.extend(
            cell.area_mm2
                .map(|v| ("trait-area-mm2", format!("{v:.0} mm²"))),
        );
        lines.extend(cell.offset_pitch.map(|v| {
            (
                "trait-offset",
                format!("{v:.2}{}", spread(cell.offset_deviation_pitch)),
            )
        }));
        lines.extend(
            cell.offset_mm
                .map(|v| ("trait-offset-mm", format!("{v:.1} mm"))),
        );
        lines.push(("trait-chlorotic", share(cell.chlorotic)));
        lines.push(("trait-necrotic", share(cell.necrotic)));
        lines.push(("trait-overlap", share(cell.overlap)));
        lines.extend(cell.leaves.map(|v| ("trait-leaves", v.to_string())));
    }
    html! {
        h3 { (desk.say("measured")) }
        table class="measured" {
            @for (key, value) in lines { tr { th scope="row" { (desk.say(key)) } td class="num" { (value) } } }
        }
        p class="faint small" { (desk.say("not-from-above")) }
    }
}
