//! Observations under a standard: one verdict and one action a cell, one grade and one route a tray.

use super::standard::{GradingStandard, SownCells};
use super::verdict::{
    CellAction, CellText, CellVerdict, GradeId, JudgedCell, TrayJudgement, UnsureReason,
    VerdictCounts,
};
use crate::cell::CellObservation;

/// A double has a greater probability of two or more plants than this: likelier than not. On rendered trays
/// that never trained it calls 0.44 % of single plants double (`models/seedling/README.md`).
const DOUBLE_ABOVE: f64 = 0.5;

/// Judges a tray: pure, and the same for the same observations and standard.
///
/// A cell is, in this order,
/// 1. unsure, when the tray's canopy is too closed, when its occupancy lies in the standard's band (both
///    ends included), when its overlap is beyond the standard's limit, or when any of the probabilities
///    is no number;
/// 2. blank, when its occupancy lies below the band;
/// 3. double, when `several` is above 0.5;
/// 4. of the first grade whose criteria all hold. A criterion on a trait that is not known (leaves
///    that cannot be told apart, millimetres without a scale) does not hold.
///
/// A plant whose grade is removed stays where the standard's margin for removing lets it reach a grade that
/// is not ([`GradingStandard::may_stay`]): its verdict is the same, the actuator leaves it.
///
/// `unsown` marks, row-major, the cells that the job left unsown; cells beyond its end are sown. An
/// unsown cell is blank and left alone whatever was seen in it. It counts among the verdicts, so that
/// these sum to the cells of the tray, but the shares of tray rules are of sown cells only. A tray
/// without sown cells meets no rule and gets what the standard says otherwise.
#[must_use]
pub fn judge(
    observations: &[CellObservation],
    standard: &GradingStandard,
    unsown: &[bool],
) -> TrayJudgement {
    let is_sown = |index: usize| !unsown.get(index).copied().unwrap_or(false);
    let settled = settled(observations, standard, &is_sown);
    let cells: Vec<JudgedCell> = observations
        .iter()
        .enumerate()
        .map(|(index, cell)| {
            if is_sown(index) {
                judge_cell(cell, standard, settled.get(index) == Some(&true))
            } else {
                unsown_cell()
            }
        })
        .collect();
    let counts = count(cells.iter());
    let grades = plants_per_grade(&cells, standard);
    let sown = cells
        .iter()
        .enumerate()
        .filter(|(index, _)| is_sown(*index))
        .map(|(_, cell)| cell);
    let sown_counts = count(sown);
    let tray = SownCells {
        sown: sown_counts.blank + sown_counts.graded + sown_counts.double + sown_counts.unsure,
        graded: grades.iter().map(|(_, plants)| *plants).collect(),
        blank: sown_counts.blank,
        double: sown_counts.double,
        unsure: sown_counts.unsure,
    };
    let outcome = standard.outcome(&tray);
    let marketable = standard
        .grades()
        .iter()
        .zip(&tray.graded)
        .filter(|(g, _)| g.marketable);
    TrayJudgement {
        grade: outcome.grade.clone(),
        route: outcome.route.clone(),
        marketable: marketable.map(|(_, plants)| plants).sum(),
        sown: tray.sown,
        cells,
        counts,
        grades,
    }
}

/// Whether a standard leaves a healthy seedling of this exact size (square pitches; mm² where a scale is known) that stands
/// alone in the middle of its cell. Margins for measuring errors are not needed where nothing errs.
#[must_use]
pub fn keeps_healthy(standard: &GradingStandard, area_pitch2: f64, area_mm2: Option<f64>) -> bool {
    let seedling = CellObservation {
        row: 0,
        col: 0,
        occupied: 1.0,
        several: 0.0,
        plants: 1,
        area_pitch2,
        area_deviation_pitch2: None,
        area_px: 0.0,
        area_mm2,
        centre: None,
        offset_pitch: Some(0.0),
        offset_deviation_pitch: None,
        offset_mm: area_mm2.map(|_| 0.0),
        chlorotic: 0.0,
        necrotic: 0.0,
        leaves: None,
        overlap: 0.0,
        crowded: false,
    };
    let (verdict, _) = verdict(&seedling, standard, false);
    standard.action(&verdict) != CellAction::Remove
}

fn unsown_cell() -> JudgedCell {
    JudgedCell {
        verdict: CellVerdict::Blank,
        action: CellAction::Leave,
        criterion: None,
    }
}

/// Marks sown cells that the standard's budget does not leave unsure: those in the band that are farthest from even
/// odds, of equal ones the later. Without a budget none is, and the marks are missing.
fn settled(
    observations: &[CellObservation],
    standard: &GradingStandard,
    is_sown: &dyn Fn(usize) -> bool,
) -> Vec<bool> {
    let Some(budget) = standard.unsure().budget else {
        return Vec::new();
    };
    let sown = (0..observations.len()).filter(|i| is_sown(*i));
    let allowed = (budget * sown.clone().count() as f64 + 1e-9).floor() as usize;
    let odd =
        |i: &usize| doubt(&observations[*i], standard, false) == Some(UnsureReason::Occupancy);
    let mut doubted = Vec::with_capacity(observations.len());
    doubted.extend(sown.filter(odd));
    let distance = |i: usize| (observations[i].occupied - EVEN).abs();
    doubted.sort_unstable_by(|&a, &b| distance(a).total_cmp(&distance(b)).then(a.cmp(&b)));
    let mut settled = vec![false; observations.len()];
    for &i in doubted.iter().skip(allowed) {
        settled[i] = true;
    }
    settled
}

/// Even odds: at and above it a cell that must be decided is occupied.
const EVEN: f64 = 0.5;

/// `settled`: whether an occupancy in the band is decided all the same.
fn judge_cell(cell: &CellObservation, standard: &GradingStandard, settled: bool) -> JudgedCell {
    let (verdict, criterion) = verdict(cell, standard, settled);
    let action = match standard.action(&verdict) {
        CellAction::Remove
            if matches!(verdict, CellVerdict::Graded(_)) && standard.may_stay(cell) =>
        {
            CellAction::Leave
        }
        ordered => ordered,
    };
    JudgedCell {
        verdict,
        action,
        criterion,
    }
}

fn verdict(
    cell: &CellObservation,
    standard: &GradingStandard,
    settled: bool,
) -> (CellVerdict, Option<CellText>) {
    if let Some(reason) = doubt(cell, standard, settled) {
        return (CellVerdict::Unsure(reason), None);
    }
    let empty_below = if settled {
        EVEN
    } else {
        standard.unsure().occupied[0]
    };
    if cell.occupied < empty_below {
        return (CellVerdict::Blank, None);
    }
    if cell.several > DOUBLE_ABOVE {
        return (CellVerdict::Double, None);
    }
    let (grade, criterion) = grade(cell, standard);
    (CellVerdict::Graded(grade), criterion)
}

fn doubt(
    cell: &CellObservation,
    standard: &GradingStandard,
    settled: bool,
) -> Option<UnsureReason> {
    let unsure = standard.unsure();
    let [low, high] = unsure.occupied;
    if ![cell.occupied, cell.several, cell.overlap]
        .iter()
        .all(|value| value.is_finite())
    {
        return Some(UnsureReason::Contradiction);
    }
    if cell.crowded {
        return Some(UnsureReason::Crowded);
    }
    if !settled && (low..=high).contains(&cell.occupied) {
        return Some(UnsureReason::Occupancy);
    }
    let too_much = unsure.overlap.is_some_and(|limit| cell.overlap > limit);
    too_much.then_some(UnsureReason::Overlap)
}

/// The plant's grade, and the first criterion that kept it from the grade above.
fn grade(cell: &CellObservation, standard: &GradingStandard) -> (GradeId, Option<CellText>) {
    let mut kept_from = None;
    let mut given = None;
    for grade in standard.grades() {
        given = Some(&grade.id);
        match grade.all.iter().find(|criterion| !criterion.holds(cell)) {
            None => break,
            failed => kept_from = failed,
        }
    }
    // A checked standard has grades, and its last one has no criteria to fail.
    let given = given.cloned().unwrap_or_else(|| GradeId(CellText::new()));
    (given, kept_from.map(|criterion| criterion.measured(cell)))
}

fn count<'a>(cells: impl Iterator<Item = &'a JudgedCell>) -> VerdictCounts {
    let mut counts = VerdictCounts::default();
    for cell in cells {
        match cell.verdict {
            CellVerdict::Blank => counts.blank += 1,
            CellVerdict::Graded(_) => counts.graded += 1,
            CellVerdict::Double => counts.double += 1,
            CellVerdict::Unsure(_) => counts.unsure += 1,
        }
    }
    counts
}

fn plants_per_grade(cells: &[JudgedCell], standard: &GradingStandard) -> Vec<(GradeId, usize)> {
    let plants = |id: &GradeId| {
        let of_it = |cell: &&JudgedCell| matches!(&cell.verdict, CellVerdict::Graded(g) if g == id);
        cells.iter().filter(of_it).count()
    };
    let grades = standard.grades().iter();
    grades
        .map(|grade| (grade.id.clone(), plants(&grade.id)))
        .collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn plant(area: f64) -> CellObservation {
        CellObservation {
            row: 0,
            col: 0,
            occupied: 0.99,
            several: 0.01,
            plants: 1,
            area_pitch2: area,
            area_deviation_pitch2: None,
            offset_deviation_pitch: None,
            crowded: false,
            area_px: area * 1600.0,
            area_mm2: None,
            centre: None,
            offset_pitch: Some(0.1),
            offset_mm: None,
            chlorotic: 0.0,
            necrotic: 0.0,
            leaves: None,
            overlap: 0.0,
        }
    }

    fn blank() -> CellObservation {
        CellObservation {
            occupied: 0.01,
            plants: 0,
            offset_pitch: None,
            ..plant(0.0)
        }
    }

    fn standard(best: &str, rule: &str) -> GradingStandard {
        let text = format!(
            r#"
schema = "seedgrade.standard/1"
id = "test"
version = 1
crop = "tomato"
grade = [{{ id = "A", marketable = true, all = [{best}] }},
         {{ id = "B", marketable = true, all = ["area_pitch2 >= 0.12"] }},
         {{ id = "weak", marketable = false, all = [] }}]
unsure = {{ occupied = [0.4, 0.6], overlap = 0.5 }}
action = {{ weak = "remove", double = "thin", A = "pick:2", blank = "remove" }}
tray = {{ rules = [{{ grade = "A", when = "{rule}", route = "market" }}],
         otherwise = {{ grade = "reject", route = "rework" }}, ungraded = {{ route = "hold" }} }}
"#
        );
        GradingStandard::parse(&text).unwrap()
    }

    fn usual() -> GradingStandard {
        standard(r#""area_pitch2 >= 0.25""#, "share(A) >= 0.5")
    }

    fn judged(cell: CellObservation) -> JudgedCell {
        judge(&[cell], &usual(), &[]).cells.remove(0)
    }

    #[test]
    fn a_plant_gets_the_first_grade_that_it_meets_and_the_criterion_that_kept_it_lower() {
        let best = judged(plant(0.25));
        assert_eq!(best.verdict, CellVerdict::Graded(GradeId("A".into())));
        assert_eq!((best.action, best.criterion), (CellAction::Pick(2), None));
        let second = judged(plant(0.18));
        assert_eq!(second.verdict, CellVerdict::Graded(GradeId("B".into())));
        assert_eq!(
            second.criterion.as_deref(),
            Some("area_pitch2 >= 0.25 (0.18)")
        );
        let weak = judged(plant(0.05));
        assert_eq!(weak.action, CellAction::Remove);
        assert_eq!(
            weak.criterion.as_deref(),
            Some("area_pitch2 >= 0.12 (0.05)")
        );
    }

    #[test]
    fn both_ends_of_the_band_of_doubt_are_unsure_and_unsure_is_left_alone() {
        for occupied in [0.4, 0.5, 0.6, f64::NAN] {
            let cell = judged(CellObservation {
                occupied,
                ..plant(0.3)
            });
            assert!(matches!(cell.verdict, CellVerdict::Unsure(_)), "{occupied}");
            assert_eq!(cell.action, CellAction::Leave);
        }
        assert_eq!(
            judged(CellObservation {
                occupied: 0.399,
                ..blank()
            })
            .verdict,
            CellVerdict::Blank
        );
    }

    #[test]
    fn under_a_closed_canopy_nothing_is_decided_and_nothing_acted_on() {
        for cell in [plant(0.3), blank()] {
            let cell = judged(CellObservation {
                crowded: true,
                ..cell
            });
            assert_eq!(cell.verdict, CellVerdict::Unsure(UnsureReason::Crowded));
            assert_eq!(cell.action, CellAction::Leave);
        }
    }

    #[test]
    fn a_budget_leaves_the_least_certain_cells_unsure_and_decides_the_rest() {
        let text =
            include_str!("default_standard.toml").replace("[unsure]", "[unsure]\nbudget = 0.5");
        let standard = GradingStandard::parse(&text).unwrap();
        let at = |occupied| CellObservation {
            occupied,
            ..plant(0.3)
        };
        let cells = [at(0.41), at(0.51), at(0.58), at(0.49)];
        let verdicts = |cells: &[CellObservation]| -> Vec<&str> {
            let judged = judge(cells, &standard, &[]);
            judged.cells.iter().map(|c| c.verdict.name()).collect()
        };
        assert_eq!(verdicts(&cells), ["blank", "unsure", "graded", "unsure"]);
        // of one cell, half may be unsure: none
        assert_eq!(verdicts(&cells[2..3]), ["graded"]);
        let mut lost = at(0.58);
        lost.occupied = f64::NAN;
        assert_eq!(verdicts(&[lost]), ["unsure"]);
    }

    #[test]
    fn overlap_beyond_the_limit_is_unsure_even_where_nothing_grows() {
        let covered = judged(CellObservation {
            overlap: 0.501,
            ..blank()
        });
        assert_eq!(covered.verdict, CellVerdict::Unsure(UnsureReason::Overlap));
        assert_eq!(
            judged(CellObservation {
                overlap: 0.5,
                ..blank()
            })
            .verdict,
            CellVerdict::Blank
        );
    }

    #[test]
    fn a_double_is_likelier_than_not() {
        let judged = |several| {
            judged(CellObservation {
                several,
                ..plant(0.3)
            })
        };
        let double = judged(0.51);
        assert_eq!(
            (double.verdict, double.action),
            (CellVerdict::Double, CellAction::Thin)
        );
        assert!(matches!(judged(0.5).verdict, CellVerdict::Graded(_)));
    }

    #[test]
    fn a_criterion_on_an_unknown_trait_does_not_hold() {
        let strict = standard(r#""leaves >= 2""#, "share(A) >= 0.5");
        let cell = judge(&[plant(0.3)], &strict, &[]).cells.remove(0);
        assert_eq!(cell.verdict, CellVerdict::Graded(GradeId("B".into())));
        assert_eq!(cell.criterion.as_deref(), Some("leaves >= 2 (unknown)"));
    }

    #[test]
    fn a_plant_that_measuring_may_have_wronged_is_weak_and_stays() {
        let text = include_str!("default_standard.toml");
        let judged = |cell: &CellObservation, text: &str| {
            let standard = GradingStandard::parse(text).unwrap();
            judge_cell(cell, &standard, false)
        };
        let kept: Vec<&str> = text.lines().filter(|l| !l.starts_with("removal")).collect();
        let without = kept.join("\n");
        let sick = |necrotic| CellObservation {
            necrotic,
            ..plant(0.3)
        };
        // 0.03 square pitches and a necrotic tenth are asked of the lowest grade that is sold
        let stay = [plant(0.021), plant(0.0), sick(0.29)];
        let go = [plant(0.019), sick(0.31)];
        for cell in stay.iter().chain(&go) {
            let plain = judged(cell, &without);
            assert_eq!(plain.action, CellAction::Remove, "{}", cell.area_pitch2);
            let spared = judged(cell, text);
            assert_eq!(spared.verdict, CellVerdict::Graded(GradeId("weak".into())));
        }
        assert!(
            stay.iter()
                .all(|cell| judged(cell, text).action == CellAction::Leave)
        );
        assert!(
            go.iter()
                .all(|cell| judged(cell, text).action == CellAction::Remove)
        );
    }

    #[test]
    fn shares_are_of_sown_cells_and_unsown_cells_are_left_alone() {
        let tray = [plant(0.3), plant(0.3), blank(), plant(0.3)];
        let unsown = [false, false, true, true];
        let judgement = judge(
            &tray,
            &standard(r#""area_pitch2 >= 0.25""#, "share(A) >= 1"),
            &unsown,
        );
        assert_eq!((judgement.grade.as_str(), judgement.sown), ("A", 2));
        assert_eq!((judgement.counts.blank, judgement.counts.graded), (2, 2));
        assert_eq!(judgement.cells[3].verdict, CellVerdict::Blank);
        assert!(
            judgement.cells[2..]
                .iter()
                .all(|cell| cell.action == CellAction::Leave)
        );
        assert_eq!(judgement.marketable, 2);
    }

    #[test]
    fn shares_are_compared_without_rounding() {
        let rule = standard(r#""area_pitch2 >= 0.25""#, "share(A) + share(B) >= 0.8");
        let mut tray = vec![plant(0.3); 7];
        tray.extend([plant(0.2), blank(), blank()]);
        assert_eq!(judge(&tray, &rule, &[]).grade, "A");
        let seven = standard(r#""area_pitch2 >= 0.25""#, "blank <= 0.07");
        let tray: Vec<_> = (0..100)
            .map(|n| if n < 7 { blank() } else { plant(0.3) })
            .collect();
        assert_eq!(judge(&tray, &seven, &[]).grade, "A");
    }

    #[test]
    fn a_tray_with_nothing_sown_or_nothing_sure_still_gets_a_result() {
        let easy = standard(r#""area_pitch2 >= 0.25""#, "blank <= 0.05");
        let nothing_sown = judge(&[blank(), blank()], &easy, &[true, true]);
        assert_eq!(nothing_sown.route, "rework");
        assert_eq!(judge(&[], &easy, &[]).route, "rework");
        let doubted = vec![
            CellObservation {
                occupied: 0.5,
                ..plant(0.3)
            };
            2
        ];
        let judgement = judge(&doubted, &usual(), &[]);
        assert_eq!(
            (judgement.grade.as_str(), judgement.counts.unsure),
            ("reject", 2)
        );
    }
}
