//! The blind audit: cells drawn at random, judged by people who do not see the verdict. Only these answers say
//! how often the inspection errs, and how far people agree with each other.

use std::collections::{BTreeMap, BTreeSet};

use crate::evaluate::{Agreement, GroupAgreement, agreement, group_agreement};
use crate::store::{CellPlace, Correction, CorrectionKind};

use super::answer::Trouble;
use super::corrections::{CellName, cell_of};

/// Cells of one audit.
pub const CELLS: usize = 50;

/// A number below `below` by the system's chance; of 64 random bits the bias is beyond notice.
///
/// # Errors
/// The system gives no random numbers.
pub fn chance(below: usize) -> Result<usize, Trouble> {
    let mut bytes = [0_u8; 8];
    getrandom::fill(&mut bytes)
        .map_err(|error| Trouble::Broken(format!("no random numbers: {error}")))?;
    Ok((u64::from_le_bytes(bytes) % below.max(1) as u64) as usize)
}

/// Cells that were drawn for somebody and wait for their answer, in the order of drawing.
pub fn waiting(all: &[Correction], who: &str) -> Vec<CellName> {
    let mut waiting = Vec::new();
    for correction in all.iter().filter(|correction| correction.who == who) {
        let cell = cell_of(correction);
        match correction.kind {
            CorrectionKind::Audit => waiting.push(cell),
            CorrectionKind::AuditAnswer { .. } => waiting.retain(|drawn| *drawn != cell),
            CorrectionKind::Override { .. } => {}
        }
    }
    waiting
}

/// Cells that others answered and this person was not asked for: what two people judge tells how far people agree.
pub fn answered_by_others(all: &[Correction], who: &str) -> Vec<CellName> {
    let mut asked = BTreeSet::new();
    let mut others = BTreeSet::new();
    for correction in all {
        match correction.kind {
            CorrectionKind::Audit if correction.who == who => {
                asked.insert(cell_of(correction));
            }
            CorrectionKind::AuditAnswer { .. } if correction.who != who => {
                others.insert(cell_of(correction));
            }
            _ => {}
        }
    }
    others.difference(&asked).cloned().collect()
}

/// What audits come to.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditResult {
    /// People against the inspection: what it said, what they said.
    pub inspection: Agreement,
    /// Every pair of people on the cells that both answered.
    pub people: Vec<(String, String, Agreement)>,
    /// All people among each other on the cells that two or more answered: the ceiling that a label can teach.
    pub among_people: GroupAgreement,
}

/// Sums up the answers; of several of one person on a cell the last counts.
pub fn result(all: &[Correction]) -> AuditResult {
    let mut answers: BTreeMap<CellName, BTreeMap<String, (String, String)>> = BTreeMap::new();
    for correction in all {
        if let CorrectionKind::AuditAnswer { after } = &correction.kind {
            let before = correction
                .before
                .as_ref()
                .map_or_else(String::new, ToString::to_string);
            let of_cell = answers.entry(cell_of(correction)).or_default();
            of_cell.insert(correction.who.clone(), (before, after.to_string()));
        }
    }
    let against: Vec<(String, String)> = answers
        .values()
        .flat_map(|of| of.values().cloned())
        .collect();
    let mut pairs: BTreeMap<(String, String), Vec<(String, String)>> = BTreeMap::new();
    for of_cell in answers.values() {
        let said: Vec<_> = of_cell
            .iter()
            .map(|(who, (_, after))| (who, after))
            .collect();
        for (i, (first, one)) in said.iter().enumerate() {
            for (second, other) in said.iter().skip(i + 1) {
                let pair = ((*first).clone(), (*second).clone());
                pairs
                    .entry(pair)
                    .or_default()
                    .push(((*one).clone(), (*other).clone()));
            }
        }
    }
    let of_people: Vec<Vec<String>> = answers
        .values()
        .map(|of_cell| of_cell.values().map(|(_, after)| after.clone()).collect())
        .collect();
    AuditResult {
        inspection: agreement(&against),
        among_people: group_agreement(&of_people),
        people: pairs
            .into_iter()
            .map(|((first, second), pairs)| (first, second, agreement(&pairs)))
            .collect(),
    }
}

/// A cell's place by its number in row-major order.
pub fn place(cols: usize, number: usize) -> Option<CellPlace> {
    Some(CellPlace {
        row: u32::try_from(number.checked_div(cols)?).ok()?,
        col: u32::try_from(number % cols).ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::StatedVerdict;

    fn said(who: &str, col: u32, kind: CorrectionKind) -> Correction {
        Correction {
            at: String::new(),
            who: who.to_owned(),
            why: None,
            kind,
            tray_uid: "t".to_owned(),
            pass: 1,
            image_sha256: None,
            cell: CellPlace { row: 0, col },
            before: Some(StatedVerdict::Graded("A".to_owned())),
        }
    }

    fn answer(after: StatedVerdict) -> CorrectionKind {
        CorrectionKind::AuditAnswer { after }
    }

    #[test]
    fn a_drawn_cell_waits_until_the_same_person_answers() {
        let mut all = vec![
            said("li", 0, CorrectionKind::Audit),
            said("li", 1, CorrectionKind::Audit),
            said("wang", 0, answer(StatedVerdict::Blank)),
        ];
        assert_eq!(waiting(&all, "li").len(), 2);
        all.push(said("li", 0, answer(StatedVerdict::Blank)));
        let left: Vec<u32> = waiting(&all, "li")
            .iter()
            .map(|(_, _, cell)| cell.col)
            .collect();
        assert_eq!(left, [1]);
        assert_eq!(answered_by_others(&all, "chen").len(), 1);
        assert!(answered_by_others(&all, "li").is_empty(), "asked already");
    }

    #[test]
    fn only_answers_count_not_overrides_and_people_are_compared_with_each_other() {
        let grade_a = || StatedVerdict::Graded("A".to_owned());
        let over = CorrectionKind::Override {
            after: StatedVerdict::Blank,
        };
        let all = vec![
            said("li", 0, answer(grade_a())),
            said("wang", 0, answer(StatedVerdict::Blank)),
            said("li", 1, answer(StatedVerdict::Double)),
            said("li", 2, over),
        ];
        let found = result(&all);
        assert_eq!((found.inspection.n, found.inspection.alike), (3, 1));
        assert_eq!(found.people.len(), 1);
        assert_eq!((found.people[0].2.n, found.people[0].2.alike), (1, 0));
        let among = &found.among_people;
        assert_eq!((among.n, among.unanimous), (1, 0));
    }

    #[test]
    fn places_are_row_major_and_of_no_columns_there_are_none() {
        assert_eq!(place(12, 25), Some(CellPlace { row: 2, col: 1 }));
        assert_eq!(place(0, 3), None);
    }
}
