//! The standards: which are there, and what do they ask?

use maud::{Markup, html};
use serde::Deserialize;

use crate::picture::{Mark, mark_key};
use crate::review::answer::{Answer, Trouble, download, form_encoded};
use crate::review::house::{Desk, KnownStandard};

use super::layout::{Place, page};
use super::live::Nothing;
use super::terms;

/// Which standard.
#[derive(Debug, Deserialize)]
pub struct Asked {
    digest: String,
}

/// All of them.
pub fn all(desk: &Desk, _: Nothing) -> Answer {
    let all = desk.house.all_standards()?;
    let body = html! {
        h1 class="answer" { (desk.say("nav-standards")) }
        p class="buttons" { a class="button" href="/jobs" { (desk.say("jobs")) } }
        @for known in &all { (card(desk, known)) }
    };
    Ok(page(
        desk,
        Place::Standards,
        &desk.say("nav-standards"),
        &body,
    ))
}

fn card(desk: &Desk, known: &KnownStandard) -> Markup {
    let standard = &known.standard;
    let digest = form_encoded(standard.digest());
    let order: Vec<String> = standard
        .grades()
        .iter()
        .map(|grade| grade.id.to_string())
        .collect();
    let reason = known
        .text
        .lines()
        .next()
        .and_then(|line| line.strip_prefix("# version "));
    html! { section class="card" {
        h2 { (standard.name()) }
        p { (standard.title(desk.language.tag())) }
        @if let Some((who, at)) = &known.brought { p class="faint" { (who) " · " (desk.moment(at)) } }
        @if let Some(reason) = reason { p class="note" { (reason) } }
        table class="criteria" { @for grade in standard.grades() {
            tr {
                th scope="row" { (mark_key(Mark::of_grade(&grade.id.0, &order))) }
                td { strong { (grade.id) } }
                td { @if grade.all.is_empty() { (desk.say("takes-the-rest")) }
                    @for criterion in &grade.all {
                        div { (desk.say(terms::plant_trait(criterion.plant_trait))) " "
                            (terms::comparison(criterion.comparison)) " " (criterion.limit) }
                    }
                }
            }
        } }
        p class="buttons" {
            a class="button main" href=(format!("/what-if?standard={digest}")) { (desk.say("what-if")) }
            a class="button" href=(format!("/standards/edit?digest={digest}")) { (desk.say("standard-text")) }
            a class="button" href=(format!("/standards/text?digest={digest}")) { (desk.say("standard-download")) }
        }
        p class="faint small" { code { (standard.digest()) } }
    } }
}

/// A standard's text, byte for byte as evidence names it.
pub fn text(desk: &Desk, asked: Asked) -> Answer {
    let (standard, text) = desk
        .house
        .standard(&asked.digest)
        .ok_or(Trouble::NotFound)?;
    let name = format!("{}-{}.toml", standard.id(), standard.version());
    Ok(download("application/toml", &name, text))
}
