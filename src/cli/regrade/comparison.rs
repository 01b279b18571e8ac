//! What a newer run judges otherwise than an older one, for people.

use std::collections::BTreeMap;
use std::path::Path;

use crate::archive::{Changes, RunFolder, compare};

use super::super::exit::{CommandResult, Ending, Failure};
use super::super::output::{print, shown};

/// Prints what changed; `otherwise` is the ending where nothing did.
pub fn run(older: &Path, newer: &RunFolder, otherwise: Ending) -> CommandResult {
    let changes = compare(&RunFolder::new(older), newer).map_err(Failure::resource)?;
    print(&text(&changes))?;
    Ok(if changes.is_none() {
        otherwise
    } else {
        Ending::Below
    })
}

/// What changed, in lines.
pub fn text(changes: &Changes) -> String {
    let mut text = format!(
        "{} of {} trays are judged otherwise",
        changes.changed, changes.trays
    );
    let [old, new] = changes.only;
    if old + new > 0 {
        text += &format!("; {old} are in the older run only, {new} in the newer only");
    }
    text.push('\n');
    text += &table("trays", &changes.tray_grades);
    text += &table(&format!("cells of {}", changes.cells), &changes.verdicts);
    for (lot, trays) in &changes.lots {
        text += &format!("  lot {}: {trays} trays\n", shown(lot));
    }
    for tray in &changes.named {
        text += &format!("  {}\n", shown(tray));
    }
    let all = changes.changed + old + new;
    if all > changes.named.len() {
        text += &format!("  and {} more\n", all - changes.named.len());
    }
    text
}

/// From, to and how many, the most first.
fn table(of: &str, changes: &BTreeMap<(String, String), usize>) -> String {
    let mut rows: Vec<_> = changes.iter().collect();
    rows.sort_by_key(|(names, count)| (std::cmp::Reverse(**count), *names));
    let row = |((from, to), count): (&(String, String), &usize)| {
        format!("  {} -> {}: {count} {of}\n", shown(from), shown(to))
    };
    rows.into_iter().map(row).collect()
}
