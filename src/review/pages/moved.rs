//! Moves on the pages: what is told from the bench and from a cell, taken back, and where a tray's plugs came from.

use axum::response::{IntoResponse as _, Redirect};
use maud::{Markup, html};
use serde::Deserialize;

use crate::inspect::{CellReport, TrayReport};
use crate::review::access::Role;
use crate::review::answer::{Answer, Trouble};
use crate::review::house::Desk;
use crate::review::moves::{history, take_back, tell};
use crate::review::sessions::Secret;
use crate::review::stores::{StoreIndex, TrayKey};
use crate::review::told_moves::{Place, Told, ToldMove};
use crate::store::{
    CellPlace, Done, PlugHistory, PlugMove, StandingCell, StandingTray, StatedVerdict,
    StoredMoment, StoredTray,
};

use super::layout::form_token;
use super::terms;
use super::view::{cell_address, cell_place};

/// Moves that the bench lists of a tray.
const MOST_LISTED: usize = 5;

/// Moves that were made at the bench, and what to show then.
#[derive(Debug, Deserialize)]
pub struct AtBench {
    #[serde(flatten)]
    told: Told,
    #[serde(default)]
    back: String,
}

/// Moves that were not made after all.
#[derive(Debug, Deserialize)]
pub struct TakenBack {
    key: String,
    #[serde(default)]
    back: String,
}

/// A cell that somebody cleared.
#[derive(Debug, Deserialize)]
pub struct Cleared {
    #[serde(default)]
    store: StoreIndex,
    id: i64,
    row: u32,
    col: u32,
    key: String,
}

/// Stores moves that were made at the bench.
pub fn at_bench(desk: &Desk, said: AtBench) -> Answer {
    tell(desk, &said.told)?;
    Ok(to_bench(&said.back))
}

/// Takes back what was told at the bench.
pub fn undo(desk: &Desk, said: TakenBack) -> Answer {
    take_back(desk, &said.key)?;
    Ok(to_bench(&said.back))
}

/// Stores that a cell was cleared.
pub fn clear(desk: &Desk, said: Cleared) -> Answer {
    let key = TrayKey {
        store: said.store,
        id: said.id,
    };
    let (stored, _) = desk.house.tray(key)?;
    let place = Place {
        row: said.row,
        col: said.col,
    };
    let told = Told {
        key: said.key,
        moves: in_json(&[ToldMove::clearing(&stored.uid, place)])?,
    };
    tell(desk, &told)?;
    let back = cell_address(key, said.row as usize, said.col as usize);
    Ok(Redirect::to(&back).into_response())
}

/// Back to the bench as it was asked for; what is no query of an address is left out.
fn to_bench(query: &str) -> axum::response::Response {
    let fits = query
        .bytes()
        .all(|byte| byte.is_ascii_graphic() && byte != b'#');
    let query = if fits { query } else { "" };
    Redirect::to(&format!("/bench?{query}")).into_response()
}

/// As a form carries them.
pub fn in_json(moves: &[ToldMove]) -> Result<String, Trouble> {
    serde_json::to_string(moves).map_err(|error| Trouble::Broken(error.to_string()))
}

/// Names of a page for what may be told from it: a form that is sent twice is stored once.
#[derive(Debug)]
pub struct Keys(String);

impl Keys {
    /// Of a page that is drawn now.
    pub fn draw() -> Result<Self, Trouble> {
        let drawn = Secret::draw().map_err(|error| Trouble::Broken(error.to_string()))?;
        Ok(Self(drawn.text().chars().take(24).collect()))
    }

    /// The name of one of its forms.
    pub fn of(&self, form: usize) -> String {
        format!("{}-{form}", self.0)
    }
}

/// A move in a line: where from, where to.
fn in_words(desk: &Desk, made: &PlugMove) -> Markup {
    html! { @match &made.done {
        Done::Moved { from, into } => { (named(desk, from)) " → " strong { (named(desk, into)) } },
        Done::Cleared { cell } => { strong { (named(desk, cell)) } " " (desk.say("moves-cleared")) },
    } }
}

/// A cell with its tray.
fn named(desk: &Desk, of: &StandingCell) -> Markup {
    html! { (of.tray.shown_name()) " " (place(desk, of.cell)) }
}

fn place(desk: &Desk, cell: CellPlace) -> String {
    cell_place(desk, cell.row as usize, cell.col as usize)
}

/// The last moves of the tray before the worker, and a button that takes the last back.
pub fn at_tray(desk: &Desk, all: &PlugHistory, tray: &StandingTray, back: &str) -> Markup {
    let of_tray: Vec<&PlugMove> = all.of_tray(tray.identity()).collect();
    html! { @if let Some(last) = of_tray.last() { section class="card" id="moved" {
        h2 { (desk.say("moves")) }
        table { @for made in of_tray.iter().rev().take(MOST_LISTED) { tr {
            td { (in_words(desk, made)) }
            td class="faint" { (made.who) " · " (desk.time_of_day(&made.at)) }
        } } }
        @if of_tray.len() > MOST_LISTED { p class="faint" {
            (desk.say_with("moves-more", &[("n", &(of_tray.len() - MOST_LISTED).to_string())]))
        } }
        @if desk.may(Role::Operator) { form method="post" action="/bench/moved/undo" class="buttons" {
            (form_token(desk))
            input type="hidden" name="key" value=(last.key);
            input type="hidden" name="back" value=(back);
            button data-key="z" {
                (desk.say_with("moves-undo", &[("n", &of_key(&of_tray, &last.key).to_string())])) kbd { "Z" }
            }
        } }
    } } }
}

fn of_key(moves: &[&PlugMove], key: &str) -> usize {
    moves.iter().filter(|made| made.key == key).count()
}

/// What moved into and out of a tray, beside a pass of it that is looked at.
pub struct Moved<'a> {
    desk: &'a Desk,
    key: TrayKey,
    /// When the pass saw the tray.
    seen: StoredMoment,
    tray: StandingTray,
    all: PlugHistory,
}

impl<'a> Moved<'a> {
    /// Reads the moves.
    ///
    /// # Errors
    /// A store fails.
    pub fn read(
        desk: &'a Desk,
        key: TrayKey,
        (stored, report): (&StoredTray, &TrayReport),
    ) -> Result<Self, Trouble> {
        let tray = StandingTray::of(&report.facts);
        Ok(Self {
            desk,
            key,
            seen: StoredMoment::of(stored.seen_at()),
            all: history(&desk.house, std::slice::from_ref(&tray))?,
            tray,
        })
    }

    /// All that moved, the newest first.
    pub fn section(&self) -> Result<Markup, Trouble> {
        let lines = self.all.of_tray(self.tray.identity()).rev();
        let lines = lines.map(|made| self.line(made));
        let lines = lines.collect::<Result<Vec<_>, _>>()?;
        Ok(
            html! { @if !lines.is_empty() { section class="card" id="moved" {
                h2 { (self.desk.say("moves")) }
                div class="scroll" tabindex="0" { table { @for line in &lines { (line) } } }
            } } },
        )
    }

    fn line(&self, made: &PlugMove) -> Result<Markup, Trouble> {
        let desk = self.desk;
        let here = |cell: &StandingCell| cell.tray.identity() == self.tray.identity();
        Ok(html! { tr {
            td { @match &made.done {
                Done::Moved { from, into } if here(into) => {
                    strong { (place(desk, into.cell)) } " ← " (linked(desk, from)?)
                    @for earlier in self.all.way_before(made) {
                        @if let Some(from) = earlier.done.from() { " ← " (linked(desk, from)?) }
                    }
                },
                Done::Moved { from, into } => { strong { (place(desk, from.cell)) } " → " (linked(desk, into)?) },
                Done::Cleared { cell } => { strong { (place(desk, cell.cell)) } " " (desk.say("moves-cleared")) },
            } }
            td class="faint" { (made.who) " · " (desk.moment(&made.at)) }
        } })
    }

    /// Where the plug of a cell came from or went, and for operators that it was cleared.
    pub fn of_cell(&self, cell: &CellReport) -> Result<Markup, Trouble> {
        let desk = self.desk;
        let here = StandingCell {
            tray: self.tray.clone(),
            cell: CellPlace {
                row: cell.row as u32,
                col: cell.col as u32,
            },
        };
        let keys = Keys::draw()?;
        Ok(html! {
            (self.came(&here, cell)?)
            (self.went(&here)?)
            @if desk.may(Role::Operator) { form method="post" action="/tray/cleared" class="buttons" {
                (form_token(desk))
                input type="hidden" name="store" value=(self.key.store.0);
                input type="hidden" name="id" value=(self.key.id);
                input type="hidden" name="row" value=(cell.row);
                input type="hidden" name="col" value=(cell.col);
                input type="hidden" name="key" value=(keys.of(0));
                button { (desk.say("moves-clear")) }
            } }
        })
    }

    /// Every place where the plug of a cell had been; none of a cell that the pass saw empty after the last of these moves.
    fn came(&self, here: &StandingCell, cell: &CellReport) -> Result<Markup, Trouble> {
        let desk = self.desk;
        let way = self.all.way_of(here);
        let is_blank = StatedVerdict::of(cell) == Some(StatedVerdict::Blank);
        let brought = way.first().map(|last| StoredMoment::of(&last.at));
        if is_blank && brought.is_some_and(|at| at < self.seen) {
            return Ok(html! {});
        }
        Ok(
            html! { @for made in way { @if let Some(from) = made.done.from() {
                p class="note" { (desk.say("moves-from")) " " (linked(desk, from)?) " " (told(desk, made)) }
            } } },
        )
    }

    fn went(&self, here: &StandingCell) -> Result<Markup, Trouble> {
        let desk = self.desk;
        Ok(match self.all.went_away(here) {
            Some(made) => html! { p class="note" {
                @match &made.done {
                    Done::Moved { into, .. } => { (desk.say("moves-gone-to")) " " (linked(desk, into)?) },
                    Done::Cleared { .. } => (desk.say("moves-cleared")),
                }
                " " (told(desk, made))
            } },
            None => html! {},
        })
    }
}

/// Who told a move, and when.
fn told(desk: &Desk, made: &PlugMove) -> Markup {
    html! { span class="faint" { (made.who) " · " (desk.moment(&made.at)) } }
}

/// A cell of another tray with its lot, and the way there.
fn linked(desk: &Desk, of: &StandingCell) -> Result<Markup, Trouble> {
    let last = desk.house.stores.last_named(&of.tray.uid)?;
    let lot = terms::lot(desk, of.tray.lot.as_deref());
    let address =
        last.map(|(key, _)| cell_address(key, of.cell.row as usize, of.cell.col as usize));
    Ok(html! {
        @match address { Some(address) => a href=(address) { (named(desk, of)) }, None => (named(desk, of)) }
        " (" (desk.say("lot")) " " (lot) ")"
    })
}
