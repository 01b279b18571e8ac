//! The keys of the field's terms: what reports and standards name, as pages say it.

use maud::{Markup, html};

use crate::grade::{Comparison, PlantTrait};
use crate::inspect::CellReport;
use crate::picture::Mark;
use crate::review::access::Role;
use crate::review::house::Desk;
use crate::review::pictures::NoPicture;
use crate::review::words::word;
use crate::store::Correction;

/// A role.
pub fn role(role: Role) -> &'static str {
    match role {
        Role::Viewer => word!("role-viewer"),
        Role::Operator => word!("role-operator"),
        Role::Manager => word!("role-manager"),
    }
}

/// A trait.
pub fn plant_trait(plant_trait: PlantTrait) -> &'static str {
    match plant_trait {
        PlantTrait::AreaPitch2 => word!("trait-area"),
        PlantTrait::AreaMm2 => word!("trait-area-mm2"),
        PlantTrait::OffsetPitch => word!("trait-offset"),
        PlantTrait::OffsetMm => word!("trait-offset-mm"),
        PlantTrait::Chlorotic => word!("trait-chlorotic"),
        PlantTrait::Necrotic => word!("trait-necrotic"),
        PlantTrait::Overlap => word!("trait-overlap"),
        PlantTrait::Leaves => word!("trait-leaves"),
        PlantTrait::Occupied => word!("trait-occupied"),
        PlantTrait::Plants => word!("trait-plants"),
    }
}

/// The verdict that a mark stands for; grades have names of their own.
pub fn verdict(mark: Mark) -> Option<&'static str> {
    match mark {
        Mark::Blank => Some(word!("verdict-blank")),
        Mark::Double => Some(word!("verdict-double")),
        Mark::Unsure => Some(word!("verdict-unsure")),
        Mark::Weak => Some(word!("verdict-weak")),
        Mark::Best | Mark::Second | Mark::Lower => None,
    }
}

/// Why a cell is unsure.
pub fn unsure_reason(reason: &str) -> &'static str {
    match reason {
        "occupancy" => word!("unsure-occupancy"),
        "contradiction" => word!("unsure-contradiction"),
        "overlap" => word!("unsure-overlap"),
        "crowded" => word!("unsure-crowded"),
        _ => word!("unsure-out-of-view"),
    }
}

/// What is done with a cell.
pub fn action(action: &str) -> &'static str {
    match action {
        "leave" => word!("action-leave"),
        "remove" => word!("action-remove"),
        "thin" => word!("action-thin"),
        _ => word!("action-pick"),
    }
}

/// Why there is no photograph.
pub fn no_picture(why: NoPicture) -> &'static str {
    match why {
        NoPicture::Unknown => word!("picture-unknown"),
        NoPicture::NotFound => word!("picture-not-found"),
        NoPicture::Changed => word!("picture-changed"),
        NoPicture::Unreadable => word!("picture-unreadable"),
    }
}

/// A cell's verdict in words: the grade's name, or the verdict.
pub fn cell_verdict(desk: &Desk, cell: &CellReport, order: &[String]) -> String {
    match (verdict(Mark::of_cell(cell, order)), &cell.grade) {
        (Some(key), _) => desk.say(key),
        (None, Some(grade)) => grade.to_string(),
        (None, None) => cell.verdict.to_string(),
    }
}

/// Why somebody corrected a cell, in their words; or that it takes a correction back.
pub fn why(desk: &Desk, said: &Correction) -> Option<String> {
    if said.takes_back() {
        return Some(desk.say("correction-taken-back"));
    }
    said.why.clone()
}

/// Why a tray was refused and what to do about it; none of a reason that pages have no word for. Reports hold the reason as
/// the inspection tells it, which begins with its kind.
pub fn refusal(reason: &str) -> Option<&'static str> {
    let kind = reason.split_once(':').map_or(reason, |(kind, _)| kind);
    Some(match kind {
        "no tray" => word!("refused-no-tray"),
        "wrong grid" => word!("refused-wrong-grid"),
        "too blurred" => word!("refused-blurred"),
        "too dark" => word!("refused-dark"),
        "over-exposed" => word!("refused-over-exposed"),
        "too small" => word!("refused-small"),
        "which way round is not known" => word!("refused-way-round"),
        "no scale" => word!("refused-no-scale"),
        _ => return None,
    })
}

/// Why something happened: in the page's language where the program worded it, else quoted as somebody else did.
pub fn cause(desk: &Desk, text: &str) -> Markup {
    match desk.language.cause(text) {
        Some(said) => html! { (said) },
        None => html! { q lang="en" { (text) } },
    }
}

/// A lot's name.
pub fn lot(desk: &Desk, lot: Option<&str>) -> String {
    lot.map_or_else(|| desk.say("lot-without-name"), str::to_owned)
}

/// A comparison as people write it.
pub fn comparison(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::AtLeast => "≥",
        Comparison::AtMost => "≤",
        Comparison::Above => ">",
        Comparison::Below => "<",
    }
}

/// What an event of a line is; none of a kind that pages have no word for.
pub fn event(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "armed" => word!("event-armed"),
        "not_armed" => word!("event-not-armed"),
        "disarmed" => word!("event-disarmed"),
        "suspended" => word!("event-suspended"),
        "resumed" => word!("event-resumed"),
        "faulted" => word!("event-faulted"),
        "recovered" => word!("event-recovered"),
        "command_unsure" => word!("event-command-unsure"),
        "counted_anew" => word!("event-counted-anew"),
        "pictures_dropped" => word!("event-pictures-dropped"),
        "reference_tray" => word!("event-reference-tray"),
        "reference_tray_refused" => word!("event-reference-tray-refused"),
        "job_changed" => word!("event-job-changed"),
        "job_refused" => word!("event-job-refused"),
        "job_ended" => word!("event-job-ended"),
        "part_fine" => word!("event-part-fine"),
        "part_in_trouble" => word!("event-part-in-trouble"),
        "gate_full" => word!("event-gate-full"),
        "gate_free" => word!("event-gate-free"),
        "infeed_stopped" => word!("event-infeed-stopped"),
        "infeed_resumed" => word!("event-infeed-resumed"),
        "line_ended" => word!("event-line-ended"),
        "demo_ended" => word!("event-demo-ended"),
        _ => return None,
    })
}

/// What somebody did, as the ledger names it; none of what pages have no word for.
pub fn did(did: &str) -> Option<&'static str> {
    Some(match did {
        "logged_in" => word!("did-logged-in"),
        "logged_out" => word!("did-logged-out"),
        "login_failed" => word!("did-login-failed"),
        "switched" => word!("did-switched"),
        "switch_failed" => word!("did-switch-failed"),
        "set_pin" => word!("did-set-pin"),
        "set_badge" => word!("did-set-badge"),
        "corrected" => word!("did-corrected"),
        "took_back" => word!("did-took-back"),
        "measured" => word!("did-measured"),
        "audit_drawn" => word!("did-audit-drawn"),
        "standard_saved" => word!("did-standard-saved"),
        "ordered_job" => word!("did-ordered-job"),
        "scanned_card" => word!("did-scanned-card"),
        "recorded_card" => word!("did-recorded-card"),
        "ended_job" => word!("did-ended-job"),
        "mixed_lots" => word!("did-mixed-lots"),
        "parted_lots" => word!("did-parted-lots"),
        "moved_plugs" => word!("did-moved-plugs"),
        "took_back_moves" => word!("did-took-back-moves"),
        "stated_lot_size" => word!("did-stated-lot-size"),
        _ => return None,
    })
}
