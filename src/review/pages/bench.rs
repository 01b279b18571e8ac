//! The patching bench (补苗): which cells of this tray are cleared and filled, and from which donor?

use axum::Json;
use axum::response::{IntoResponse as _, Redirect};
use maud::{Markup, html};
use serde::{Deserialize, Serialize};

use crate::clock;
use crate::review::access::Role;
use crate::review::answer::{Answer, Trouble, form_encoded};
use crate::review::house::Desk;
use crate::review::numbers;
use crate::review::patching::{Bench, Standers, Standing, consents_of, stand};
use crate::review::words::word;
use crate::sorting::{Gripper, RefillPlan, Stroke};
use crate::store::{LotConsent, Statement, TwoLots};

use super::bench_tray::before_the_worker;
use super::layout::{Place, figure, form_token, page};
use super::moved::at_tray;
use super::terms;
use super::tray::lot_address;

/// Trays that stand at the bench where nobody says how many.
const USUALLY: u32 = 20;
/// The most that a plan is made over.
pub const MOST: u32 = 60;
/// The longest name of a lot, and the longest reason.
const MOST_LETTERS: usize = 200;

/// Which trays stand at the bench, and which of them lies before the worker.
#[derive(Debug, Deserialize)]
pub struct Asked {
    lot: Option<String>,
    /// The newest so many judged trays of the lot.
    trays: Option<u32>,
    /// A uid, or a code as a scanner types it.
    tray: Option<String>,
    /// Another lot that somebody consented to.
    with: Option<String>,
    /// Uids or codes in the order of the belt, with commas between them.
    belt: Option<String>,
    /// Fingers of a transplanter's gripper.
    fingers: Option<usize>,
    /// Cells from one finger to the next.
    step: Option<usize>,
    /// 1 where the tray lies with its first cell at the lower right.
    turned: Option<u8>,
}

/// Whether two lots may be mixed.
#[derive(Debug, Deserialize)]
pub struct Consent {
    lot: String,
    other: String,
    why: String,
    /// `yes`, or the consent is taken back.
    mixed: String,
}

impl Asked {
    fn stand(&self, desk: &Desk) -> Result<Bench, Trouble> {
        let belt = self.belt.as_deref().unwrap_or_default().split(',');
        let standers = Standers {
            lot: self.lot.as_deref(),
            with: self.with(),
            most: self.so_many(),
            belt: belt
                .map(str::trim)
                .filter(|name| !name.is_empty())
                .collect(),
        };
        stand(&desk.house, &standers, self.gripper()?)
    }

    fn with(&self) -> Option<&str> {
        self.with.as_deref().filter(|lot| !lot.is_empty())
    }

    /// The gripper that carries the plan out, where one is named.
    fn gripper(&self) -> Result<Option<Gripper>, Trouble> {
        let named = self.fingers.or(self.step);
        let gripper = || Gripper::new(self.fingers.unwrap_or(1), self.step.unwrap_or(1));
        let gripper = named.map(|_| gripper()).transpose();
        gripper.map_err(|error| Trouble::Bad(error.to_string()))
    }

    /// The tray that somebody scanned or chose.
    fn named(&self) -> Option<&str> {
        let name = self.tray.as_deref().map(str::trim);
        name.filter(|name| !name.is_empty())
    }

    fn is_turned(&self) -> bool {
        self.turned == Some(1)
    }

    /// The address's part that names what stands here, to be followed by the tray.
    fn query(&self) -> String {
        let lot = self.lot.as_deref();
        let mut query = lot.map_or_else(String::new, |lot| format!("lot={}&", form_encoded(lot)));
        if let Some(with) = self.with() {
            query += &format!("with={}&", form_encoded(with));
        }
        query + &format!("trays={}", self.so_many())
    }

    /// The address's part that shows the same tray again, as it lies.
    fn again(&self, tray: &Standing) -> String {
        let turned = if self.is_turned() { "&turned=1" } else { "" };
        format!(
            "{}&tray={}{turned}",
            self.query(),
            form_encoded(&tray.tray_uid)
        )
    }

    fn so_many(&self) -> u32 {
        self.trays.unwrap_or(USUALLY).clamp(1, MOST)
    }

    /// Without a lot in the address it is that of the tray that was scanned, else that of the newest tray.
    fn with_lot(mut self, desk: &Desk) -> Result<Self, Trouble> {
        if self.lot.is_none() {
            let scanned = match self.named() {
                Some(name) => desk.house.stores.last_named(name)?,
                None => None,
            };
            let newest = || desk.house.stores.newest_tray();
            let tray = match scanned {
                Some(tray) => Some(tray),
                None => newest()?,
            };
            self.lot = tray.and_then(|(_, tray)| tray.lot);
        }
        Ok(self)
    }
}

/// The plan as JSON.
#[derive(Debug, Serialize)]
struct PlanLine<'a> {
    lot: Option<&'a str>,
    trays: &'a [Standing],
    moves: usize,
    #[serde(flatten)]
    plan: &'a RefillPlan,
    /// Who consented that another lot's plugs are used, when and why; null where lots are apart.
    consent: Option<&'a LotConsent>,
    /// The moves stroke by stroke; null where no gripper was named.
    gripper: Option<Gripper>,
    strokes: Option<&'a [Stroke]>,
}

/// The plan for a transplanter: trays by their place in `trays`, cells from 0.
pub fn json(desk: &Desk, asked: Asked) -> Answer {
    let asked = asked.with_lot(desk)?;
    let bench = asked.stand(desk)?;
    let line = PlanLine {
        lot: asked.lot.as_deref(),
        trays: &bench.trays,
        moves: bench.plan.moves(),
        plan: &bench.plan,
        consent: bench.consent.as_ref(),
        gripper: asked.gripper()?,
        strokes: bench.strokes.as_deref(),
    };
    Ok(Json(line).into_response())
}

/// The page.
pub fn whole(desk: &Desk, asked: Asked) -> Answer {
    let asked = asked.with_lot(desk)?;
    let bench = asked.stand(desk)?;
    let named = asked.named();
    let begun = || bench.plan.full.iter().find(|full| !full.moves.is_empty());
    let chosen = match named {
        Some(name) => bench.trays.iter().position(|tray| tray.is_named(name)),
        None => begun().map(|full| full.tray),
    };
    let body = html! {
        @match chosen {
            Some(tray) => {
                @let back = asked.again(&bench.trays[tray]);
                (before_the_worker(desk, &bench, tray, asked.is_turned(), &back)?)
                (turn(desk, &asked, &bench.trays[tray]))
                (at_tray(desk, &bench.made, &bench.trays[tray].tray(), &back))
            }
            None if named.is_some() => h1 class="answer" { (desk.say("bench-not-here")) },
            None => h1 class="answer" { (desk.say("bench-nothing")) },
        }
        @if let Some(consent) = &bench.consent { p class="note" {
            (desk.say_with("bench-mixed", &[("lot", asked.lot.as_deref().unwrap_or_default()), ("other", asked.with().unwrap_or_default())]))
            " " (consented(desk, consent))
        } }
        (choice(desk, &asked))
        (overview(desk, &bench, &asked, chosen))
        (consents(desk, &asked)?)
    };
    Ok(page(desk, Place::Lots, &desk.say("bench"), &body))
}

/// A field that a scanner types into: it ends a code with Enter, which sends the form.
fn choice(desk: &Desk, asked: &Asked) -> Markup {
    let trays = asked.so_many();
    html! { form action="/bench" class="bench-choice" {
        @if let Some(lot) = &asked.lot { input type="hidden" name="lot" value=(lot); }
        @if let Some(with) = asked.with() { input type="hidden" name="with" value=(with); }
        @if asked.is_turned() { input type="hidden" name="turned" value="1"; }
        label class="field" { (desk.say("bench-scan")) input name="tray" autofocus data-scanned autocomplete="off"; }
        label class="field" { (desk.say("bench-trays")) input type="number" name="trays" min="1" max=(MOST) value=(trays); }
        button class="main" { (desk.say("bench-show")) }
    } }
}

/// Turns the picture, for a tray that lies the other way round.
fn turn(desk: &Desk, asked: &Asked, tray: &Standing) -> Markup {
    let turned = u8::from(!asked.is_turned());
    let address = format!(
        "/bench?{}&tray={}&turned={turned}",
        asked.query(),
        form_encoded(&tray.tray_uid)
    );
    html! { p class="buttons" { a class="button" href=(address) data-key="t" { (desk.say("bench-turn")) kbd { "T" } } } }
}

/// All trays that stand here, with what becomes of each.
fn overview(desk: &Desk, bench: &Bench, asked: &Asked, chosen: Option<usize>) -> Markup {
    let lot = asked.lot.as_deref();
    let query = asked.query();
    html! {
        div class="figures" {
            (figure(&desk.say("bench-full-trays"), &numbers::whole(bench.plan.full.len()), ""))
            (figure(&desk.say("bench-moves"), &numbers::whole(bench.plan.moves()), &desk.say("bench-fewest")))
            (figure(&desk.say("trays"), &numbers::whole(bench.trays.len()), &desk.say(if bench.consent.is_some() { word!("bench-newest-mixed") } else { word!("bench-newest") })))
        }
        p class="buttons" {
            a class="button" href=(format!("/api/v1/refill?{query}")) { (desk.say("bench-json")) }
            a class="button" href=(lot_address(lot)) { (desk.say("lot")) " " (terms::lot(desk, lot)) }
        }
        section class="card" { div class="scroll" { table class="donors" {
            thead { tr { th { (desk.say("tray")) } th class="num" { (desk.say("bench-good")) } th { (desk.say("bench-becomes")) } } }
            tbody { @for (index, tray) in bench.trays.iter().enumerate() { tr class=(if chosen == Some(index) { "chosen" } else { "" }) {
                th scope="row" { a href=(format!("/bench?{query}&tray={}", form_encoded(&tray.tray_uid))) { (tray.shown_name()) } }
                td class="num" { (tray.good) " / " (tray.rows * tray.cols) }
                td { @match bench.filled(index) {
                    Some(full) if full.moves.is_empty() => (desk.say("bench-full-already")),
                    Some(full) => (desk.say_with("bench-takes", &[("n", &full.moves.len().to_string())])),
                    None => { @let gives = bench.given_by(index).count();
                        @if gives > 0 { (desk.say_with("bench-gives", &[("n", &gives.to_string())])) } @else { "–" } }
                } }
            } } }
        } } }
    }
}

/// Who consented, when and why.
fn consented(desk: &Desk, consent: &LotConsent) -> Markup {
    html! { strong { (consent.who) } " · " (desk.moment(&consent.at)) ": " (consent.why) }
}

/// The lots that this one may be mixed with; managers say which.
fn consents(desk: &Desk, asked: &Asked) -> Result<Markup, Trouble> {
    let Some(lot) = asked.lot.as_deref() else {
        return Ok(html! {});
    };
    let all = consents_of(&desk.house, lot)?;
    let form = |other: Option<&str>| {
        html! { form method="post" action="/bench/consent" class="stacked" {
            (form_token(desk))
            input type="hidden" name="lot" value=(lot);
            @match other {
                Some(other) => {
                    input type="hidden" name="other" value=(other);
                    input type="hidden" name="mixed" value="no";
                }
                None => {
                    input type="hidden" name="mixed" value="yes";
                    label { (desk.say("bench-other-lot")) input name="other" required maxlength=(MOST_LETTERS); }
                }
            }
            label { (desk.say("what-if-reason")) input name="why" required maxlength=(MOST_LETTERS); }
            button { (desk.say(if other.is_some() { word!("bench-part") } else { word!("bench-mix") })) }
        } }
    };
    Ok(html! { section class="card" {
        h2 { (desk.say("bench-consents")) }
        @if all.is_empty() { p { (desk.say("bench-apart")) } }
        @for consent in &all {
            @let other = consent.lots.beside(lot);
            p { a class="button" href=(format!("/bench?lot={}&with={}", form_encoded(lot), form_encoded(other))) {
                (desk.say("lot")) " " (other)
            } " " (consented(desk, consent)) }
            @if desk.may(Role::Manager) { details { summary { (desk.say("bench-part")) " " (other) } (form(Some(other))) } }
        }
        @if desk.may(Role::Manager) { details { summary { (desk.say("bench-mix")) } (form(None)) } }
        @else { p class="faint" { (desk.say("bench-managers-mix")) } }
    } })
}

/// Says whether two lots may be mixed: in every store, since their trays may be in any.
pub fn consent(desk: &Desk, said: Consent) -> Answer {
    let somebody = desk.somebody.as_ref().ok_or(Trouble::LogIn)?;
    let (lot, other, why) = (said.lot.trim(), said.other.trim(), said.why.trim());
    for (field, text) in [("lot", lot), ("other", other), ("why", why)] {
        if !(1..=MOST_LETTERS).contains(&text.chars().count()) {
            let wrong = format!("{field}: expected 1 to {MOST_LETTERS} letters, found {text:?}");
            return Err(Trouble::Bad(wrong));
        }
    }
    let lots = TwoLots::of(lot, other)
        .ok_or_else(|| Trouble::Bad(format!("lot {lot:?}: expected another lot beside it")))?;
    let mixed = said.mixed == "yes";
    let consent = Statement::LotConsent(LotConsent {
        at: clock::now().to_string(),
        who: somebody.name.clone(),
        lots,
        mixed,
        why: why.to_owned(),
    });
    for (store, _) in desk.house.stores.each() {
        desk.house.state(store, std::slice::from_ref(&consent))?;
    }
    let did = if mixed { "mixed_lots" } else { "parted_lots" };
    let detail = format!("{lot} and {other}");
    desk.house
        .ledger
        .add(&somebody.name, desk.address, did, &detail);
    Ok(Redirect::to(&format!("/bench?lot={}", form_encoded(lot))).into_response())
}
