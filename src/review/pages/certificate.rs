//! A lot's inspection report, for a screen and for paper.

use axum::Json;
use axum::extract::Path;
use axum::response::IntoResponse as _;
use maud::{Markup, html};
use serde::Deserialize;

use crate::certificate::{Certificate, CertificateError, MeetsStandard, draw_up};
use crate::clock;
use crate::evaluate::Interval;
use crate::review::answer::{Answer, Trouble, form_encoded};
use crate::review::house::Desk;
use crate::review::numbers;
use crate::review::words::word;

use super::layout::{Place, page};

/// Which lot; one without a name gets no report.
#[derive(Debug, Deserialize)]
pub struct Asked {
    pub lot: String,
}

/// The report of a lot as it stands now.
///
/// # Errors
/// No tray of that lot, or a store fails.
pub fn drawn_up(desk: &Desk, lot: &str) -> Result<Certificate, Trouble> {
    let standards = |digest: &str| Some(desk.house.standard(digest)?.0);
    let drawn = desk
        .house
        .stores
        .read_all(|stores| Ok(draw_up(stores, lot, &standards)))?;
    let mut certificate = drawn.map_err(|error| match error {
        CertificateError::NoTray(_) => Trouble::NotFound,
        CertificateError::Store(error) => Trouble::Store(error),
        other => Trouble::Broken(other.to_string()),
    })?;
    certificate.issued_at = clock::now().to_string();
    certificate.issued_by = desk.somebody.as_ref().map(|somebody| somebody.name.clone());
    Ok(certificate)
}

/// As JSON, which `seedgrade verify` lays beside the store again.
pub fn json(desk: &Desk, Path(asked): Path<Asked>) -> Answer {
    Ok(Json(drawn_up(desk, &asked.lot)?).into_response())
}

/// The page.
pub fn whole(desk: &Desk, asked: Asked) -> Answer {
    let of = drawn_up(desk, &asked.lot)?;
    let in_language = |texts: &std::collections::BTreeMap<String, String>| {
        texts.get(desk.language.tag()).cloned().unwrap_or_default()
    };
    let title = in_language(&of.title);
    let address = format!("/api/v1/lots/{}/certificate", path_part(&of.lot));
    let body = html! {
        article class="report" {
            h1 class="answer" { (title) }
            p class="lead" { (in_language(&of.is_not)) }
            p class="buttons" {
                a class="button" href=(address) download=(format!("certificate-{}.json", of.lot)) { (desk.say("certificate-json")) }
                button type="button" data-print { (desk.say("certificate-print")) }
            }
            (about(desk, &of))
            (meets(desk, &of.meets))
            (figures(desk, &of))
            (measurements(desk, &of))
            (evidence(desk, &of))
            (signatures(desk, &of))
        }
    };
    Ok(page(desk, Place::Lots, &title, &body))
}

/// A text as one part of a path.
fn path_part(text: &str) -> String {
    form_encoded(text).replace('/', "%2F")
}

fn about(desk: &Desk, of: &Certificate) -> Markup {
    let facts = of.lot_facts.clone().unwrap_or_default();
    let known = [
        (word!("variety"), facts.variety),
        (word!("seeder"), facts.seeder),
        (word!("sown-on"), facts.sown_on),
        (word!("seed-lot"), facts.seed_lot),
    ];
    let trays = of.summary.trays;
    let all = (trays.graded + trays.refused + trays.failed) as usize;
    let basis = [
        ("n", numbers::whole(all)),
        (
            "refused",
            numbers::whole((trays.refused + trays.failed) as usize),
        ),
        ("cells", numbers::whole(of.summary.sown as usize)),
    ];
    let basis: Vec<_> = basis.iter().map(|(name, n)| (*name, n.as_str())).collect();
    html! { section class="card" { table {
        tr { th scope="row" { (desk.say("lot")) } td { strong { (of.lot) } } }
        @for (key, value) in known { @if let Some(value) = value { tr { th scope="row" { (desk.say(key)) } td { (value) } } } }
        tr { th scope="row" { (desk.say("certificate-inspected")) } td { (numbers::moment(&of.first_at)) " – " (numbers::moment(&of.last_at)) } }
        tr { th scope="row" { (desk.say("certificate-basis")) } td { (desk.say_with("certificate-basis-all", &basis)) } }
    } } }
}

fn meets(desk: &Desk, of: &MeetsStandard) -> Markup {
    let interval = of.ci95.map_or_else(String::new, |Interval { lo, hi }| {
        format!(
            "{:.1}–{:.1}, n = {}",
            100.0 * lo,
            100.0 * hi,
            numbers::whole(of.of as usize)
        )
    });
    let audit = of.audit.map(|audit| {
        let (so, otherwise) = (audit.judged_so, audit.judged_otherwise);
        let [so_of, so_yes, other_of, other_no] = [
            so.of,
            so.so,
            otherwise.of,
            otherwise.of - otherwise.so.min(otherwise.of),
        ]
        .map(|n| numbers::whole(n as usize));
        let places = [
            ("so", so_yes.as_str()),
            ("of", so_of.as_str()),
            ("otherwise", other_no.as_str()),
            ("rest", other_of.as_str()),
        ];
        desk.say_with("certificate-audit", &places)
    });
    html! { section class="card" {
        h2 { (desk.say("certificate-meets")) }
        p class="answer small-answer" {
            (of.share.map_or_else(|| "–".to_owned(), numbers::of_hundred))
            span class="to" { " " (interval) }
        }
        p { (audit.unwrap_or_else(|| desk.say("certificate-no-audit"))) }
        p class="faint" lang="en" { (of.method) }
    } }
}

fn figures(desk: &Desk, of: &Certificate) -> Markup {
    let summary = &of.summary;
    let uniformity = summary.uniformity.and_then(|found| found.cv);
    let cells = summary.cells;
    let counts = [
        (word!("verdict-blank"), cells.blank),
        (word!("certificate-single"), cells.graded),
        (word!("verdict-double"), cells.double),
        (word!("verdict-unsure"), cells.unsure),
    ];
    html! { section class="card" { table {
        tr { th scope="row" { (desk.say("emergence")) } td { strong { (numbers::share(&summary.emergence)) } " " (numbers::interval(&summary.emergence)) } }
        tr { th scope="row" { (desk.say("marketable")) } td { strong { (numbers::share(&summary.marketable)) } " " (numbers::interval(&summary.marketable)) } }
        tr { th scope="row" { (desk.say("uniformity")) } td { strong { (uniformity.map_or_else(|| "–".to_owned(), numbers::of_hundred)) } } }
        @for (key, count) in counts { tr { th scope="row" { (desk.say(key)) } td { (numbers::whole(count as usize)) } } }
        @for (grade, plants) in &summary.grades { tr { th scope="row" { (desk.say("grade")) " " (grade) } td { (numbers::whole(*plants as usize)) } } }
    } p class="faint" { (desk.say("shares-of")) } } }
}

fn measurements(desk: &Desk, of: &Certificate) -> Markup {
    html! { section class="card" {
        h2 { (desk.say("certificate-measured")) }
        @if of.hand_measurements.is_empty() { p { (desk.say("certificate-none-measured")) } }
        @else { div class="scroll" { table {
            thead { tr { th { (desk.say("certificate-trait")) } th class="num" { (desk.say("certificate-value")) } th { (desk.say("certificate-method")) } th { (desk.say("certificate-who")) } th { (desk.say("tray")) } } }
            tbody { @for measured in &of.hand_measurements { tr {
                th scope="row" { (measured.measured_trait) }
                td class="num" { (measured.value) " " (measured.unit) }
                td { (measured.method.as_deref().unwrap_or("–")) }
                td { (measured.who) " · " (numbers::moment(&measured.at)) }
                td { (measured.tray_uid) @if let Some(cell) = measured.cell { " (" (cell.row + 1) ", " (cell.col + 1) ")" } }
            } } }
        } } }
        p class="faint" { (desk.say("certificate-not-seen")) }
    } }
}

fn evidence(desk: &Desk, of: &Certificate) -> Markup {
    html! { section class="card evidence" {
        h2 { (desk.say("certificate-evidence")) }
        @for used in &of.evidence { table {
            tr { th scope="row" { (desk.say("trays")) } td { (numbers::whole(used.trays as usize)) " · seedgrade " (used.software) } }
            tr { th scope="row" { (desk.say("certificate-net")) } td { code { (used.network) } } }
            tr { th scope="row" { (desk.say("certificate-standard")) } td { (used.standard) " " code { (used.standard_digest) } } }
            tr { th scope="row" { (desk.say("certificate-calibration")) } td { code { (used.calibration.as_deref().unwrap_or("–")) } } }
        } }
        p { (desk.say("certificate-digest")) " " code { (of.digest) } }
        p class="faint" { (desk.say("certificate-verify")) " " code { "seedgrade verify CERTIFICATE.json --store FILE" } }
    } }
}

fn signatures(desk: &Desk, of: &Certificate) -> Markup {
    let by = of.issued_by.clone().unwrap_or_else(|| "–".to_owned());
    html! { section class="card signatures" {
        p { (desk.say_with("certificate-issued", &[("at", &numbers::moment(&of.issued_at)), ("by", &by)])) }
        div class="pair" {
            @for key in [word!("certificate-inspector"), word!("certificate-approved")] {
                p class="signature" { (desk.say(key)) }
            }
        }
    } }
}
