//! One tray at the patching bench, as it lies before the worker: which cells are cleared and filled, or which give their plugs.

use std::collections::BTreeMap;

use maud::{Markup, html};

use crate::review::access::Role;
use crate::review::answer::Trouble;
use crate::review::house::Desk;
use crate::review::numbers;
use crate::review::patching::{Bench, Standing};
use crate::review::told_moves::ToldMove;
use crate::review::words::word;
use crate::sorting::{BeforeFilling, FilledTray, Move};

use super::layout::form_token;
use super::moved::{Keys, in_json};
use super::terms;
use super::view::cell_place;

/// Side of a cell in the picture.
const SIDE: usize = 46;
/// Room for the numbers of rows and columns.
const EDGE: usize = 30;

/// What is done at a cell: its number in the order of work, and how the cell looks.
#[derive(Debug, Clone, Copy)]
struct Step {
    number: usize,
    class: &'static str,
    before: BeforeFilling,
}

/// The tray that lies before the worker, `turned` where it lies with its first cell at the lower right; `back` is the query
/// that shows it again.
pub(super) fn before_the_worker(
    desk: &Desk,
    bench: &Bench,
    tray: usize,
    turned: bool,
    back: &str,
) -> Result<Markup, Trouble> {
    let filled = bench.filled(tray);
    let given = given(bench, tray);
    let (key, count) = match filled {
        Some(full) if full.moves.is_empty() => (word!("bench-full"), 0),
        Some(full) => (word!("bench-fill"), full.moves.len()),
        None if !given.is_empty() => (word!("bench-donor"), given.len()),
        None => (word!("bench-waits"), 0),
    };
    let standing = &bench.trays[tray];
    let telling = Telling {
        desk,
        bench,
        keys: Keys::draw()?,
        back,
    };
    Ok(html! {
        h1 class="answer" { (desk.say_with(key, &[("n", &numbers::whole(count))])) }
        p class="sub" { strong { (standing.shown_name()) } }
        @if let Some(full) = filled.filter(|full| !full.moves.is_empty()) { div class="pair" {
            div class="looked-at" { (picture(desk, standing, &filling(full), turned)) }
            aside { (steps(&telling, full)?) }
        } } @else if !given.is_empty() { div class="pair" {
            div class="looked-at" { (picture(desk, standing, &giving(&given), turned)) }
            aside { (goes(&telling, &given)?) }
        } }
    })
}

/// What a worker tells with one tap: that a move was made, or all of the tray's but those into cells in doubt. There a worker
/// looks first and may leave the plant that stands there, so that such a move is told by itself alone.
struct Telling<'a> {
    desk: &'a Desk,
    bench: &'a Bench,
    keys: Keys,
    back: &'a str,
}

impl Telling<'_> {
    /// A move into a tray, as it is told.
    fn told(&self, tray: usize, at: &Move) -> ToldMove {
        let uid = |tray: usize| &self.bench.trays[tray].tray_uid;
        let (from, into) = ((at.from.row, at.from.col), (at.into.row, at.into.col));
        ToldMove::of(uid(at.donor), from, uid(tray), into)
    }

    /// The form of the `number`th button.
    fn form(&self, number: usize, moves: &[ToldMove], button: &Markup) -> Result<Markup, Trouble> {
        if !self.desk.may(Role::Operator) {
            return Ok(html! {});
        }
        Ok(html! { form method="post" action="/bench/moved" {
            (form_token(self.desk))
            input type="hidden" name="key" value=(self.keys.of(number));
            input type="hidden" name="moves" value=(in_json(moves)?);
            input type="hidden" name="back" value=(self.back);
            (button)
        } })
    }

    /// That the move of a step was made.
    fn one(&self, step: usize, tray: usize, at: &Move) -> Result<Markup, Trouble> {
        let said = self.desk.say("bench-done");
        let name = format!("{said} {}", step + 1);
        let button = html! { button aria-label=(name) { (said) } };
        self.form(step + 1, &[self.told(tray, at)], &button)
    }

    /// That all were made that are in no doubt; which the button does not count it says.
    fn all<'m>(&self, moves: impl Iterator<Item = (usize, &'m Move)>) -> Result<Markup, Trouble> {
        let (doubtful, sure): (Vec<_>, Vec<_>) =
            moves.partition(|(_, at)| at.before == BeforeFilling::Look);
        let told: Vec<ToldMove> = sure.iter().map(|(tray, at)| self.told(*tray, at)).collect();
        if told.is_empty() {
            return Ok(html! {});
        }
        let [n, left] = [told.len(), doubtful.len()].map(numbers::whole);
        let said = match doubtful.is_empty() {
            true => self.desk.say_with("bench-all-done", &[("n", &n)]),
            false => {
                let counted = [("n", n.as_str()), ("left", left.as_str())];
                self.desk.say_with("bench-all-but-doubtful", &counted)
            }
        };
        let button = html! { p class="buttons" { button class="main" data-key="d" { (said) } } };
        self.form(0, &told, &button)
    }
}

/// The plugs that a tray gives, each with the tray that takes it.
fn given(bench: &Bench, donor: usize) -> Vec<(usize, &Move)> {
    let full = bench.plan.full.iter();
    let moves = full.flat_map(|full| full.moves.iter().map(|at| (full.tray, at)));
    moves.filter(|(_, at)| at.donor == donor).collect()
}

type Steps = BTreeMap<(usize, usize), Step>;

fn filling(full: &FilledTray) -> Steps {
    let step = |(index, at): (usize, &Move)| {
        let class = match at.before {
            BeforeFilling::Nothing => "fill",
            BeforeFilling::Clear => "fill clear",
            BeforeFilling::Look => "fill look",
        };
        let step = Step {
            number: index + 1,
            class,
            before: at.before,
        };
        ((at.into.row, at.into.col), step)
    };
    full.moves.iter().enumerate().map(step).collect()
}

fn giving(given: &[(usize, &Move)]) -> Steps {
    let step = |(index, (_, at)): (usize, &(usize, &Move))| {
        let step = Step {
            number: index + 1,
            class: "give",
            before: BeforeFilling::Nothing,
        };
        ((at.from.row, at.from.col), step)
    };
    given.iter().enumerate().map(step).collect()
}

/// The tray as it lies: the cells at which something is done with their step, the others with a dot.
fn picture(desk: &Desk, standing: &Standing, steps: &Steps, turned: bool) -> Markup {
    let (rows, cols) = (standing.rows, standing.cols);
    let (width, height) = (cols * SIDE + EDGE, rows * SIDE + EDGE);
    let at = |place: usize, of: usize| EDGE + SIDE * if turned { of - 1 - place } else { place };
    html! { div class="scroll" tabindex="0" { svg class="map bench" role="img" aria-label=(desk.say("bench"))
        viewBox=(format!("0 0 {width} {height}")) width=(width) height=(height) {
        @for col in 0..cols { text class="edge" x=(at(col, cols) + SIDE / 2) y="20" { (col + 1) } }
        @for row in 0..rows {
            text class="edge" x="14" y=(at(row, rows) + SIDE / 2 + 6) { (row + 1) }
            @for col in 0..cols { (cell((at(col, cols), at(row, rows)), steps.get(&(row, col)))) }
        }
    } } }
}

fn cell((x, y): (usize, usize), step: Option<&Step>) -> Markup {
    let class = step.map_or("stays", |step| step.class);
    html! {
        rect class=(class) x=(x + 2) y=(y + 2) width=(SIDE - 4) height=(SIDE - 4) rx="5" {}
        @match step {
            Some(step) => {
                text x=(x + SIDE / 2) y=(y + SIDE / 2 + 6) { (step.number) }
                @match step.before {
                    BeforeFilling::Clear => path class="cross" d=(format!("M{} {}l10 10m0 -10l-10 10", x + 6, y + 6)) {},
                    BeforeFilling::Look => text class="look" x=(x + 12) y=(y + 18) { "?" },
                    BeforeFilling::Nothing => {},
                }
            }
            None => { circle class="plug" cx=(x + SIDE / 2) cy=(y + SIDE / 2) r="4" {} }
        }
    }
}

/// What a worker does at a cell before it is filled.
fn first(desk: &Desk, before: BeforeFilling) -> Markup {
    html! { @match before {
        BeforeFilling::Nothing => {},
        BeforeFilling::Clear => (desk.say("bench-clear")),
        BeforeFilling::Look => { "? " (desk.say("bench-look")) },
    } }
}

/// What is done, donor by donor.
fn steps(telling: &Telling<'_>, full: &FilledTray) -> Result<Markup, Trouble> {
    let (desk, bench) = (telling.desk, telling.bench);
    let numbered: Vec<(usize, &Move)> = full.moves.iter().enumerate().collect();
    let by_donor = numbered.chunk_by(|(_, a), (_, b)| a.donor == b.donor);
    Ok(
        html! { (telling.all(full.moves.iter().map(|at| (full.tray, at)))?) @for of_donor in by_donor {
            @let donor = of_donor[0].1.donor;
            section class="card" {
                h2 { (desk.say("bench-from")) " " (bench.trays[donor].shown_name()) (lot_of(desk, bench, donor)) }
                table { @for (step, at) in of_donor { tr {
                    td class="num" { strong { (step + 1) } }
                    td { (cell_place(desk, at.from.row, at.from.col)) " → " strong { (cell_place(desk, at.into.row, at.into.col)) } }
                    td { (first(desk, at.before)) }
                    td class="num" { (telling.one(*step, full.tray, at)?) }
                } } }
            }
        } },
    )
}

/// Where a donor's plugs go, tray by tray.
fn goes(telling: &Telling<'_>, given: &[(usize, &Move)]) -> Result<Markup, Trouble> {
    let (desk, bench) = (telling.desk, telling.bench);
    let numbered: Vec<(usize, &(usize, &Move))> = given.iter().enumerate().collect();
    let by_tray = numbered.chunk_by(|(_, a), (_, b)| a.0 == b.0);
    Ok(
        html! { (telling.all(given.iter().copied())?) @for of_tray in by_tray {
            @let tray = of_tray[0].1.0;
            section class="card" {
                h2 { (desk.say("bench-into")) " " (bench.trays[tray].shown_name()) (lot_of(desk, bench, tray)) }
                table { @for (step, (_, at)) in of_tray { tr {
                    td class="num" { strong { (step + 1) } }
                    td { strong { (cell_place(desk, at.from.row, at.from.col)) } " → " (cell_place(desk, at.into.row, at.into.col)) }
                    td { (first(desk, at.before)) }
                    td class="num" { (telling.one(*step, tray, at)?) }
                } } }
            }
        } },
    )
}

/// A tray's lot, where lots are mixed.
fn lot_of(desk: &Desk, bench: &Bench, tray: usize) -> Markup {
    html! { @if bench.consent.is_some() {
        " · " (desk.say("lot")) " " (terms::lot(desk, bench.trays[tray].lot.as_deref()))
    } }
}
