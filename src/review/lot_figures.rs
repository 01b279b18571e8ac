//! What all of a lot's trays say together: pure, from the sums that its stores keep.

use std::collections::BTreeMap;

use crate::statistics::{
    BinomialRate, BlankMap, Calendar, Group, GroupBy, Summary, Suspect, SuspectPlace, Tally,
    TallyKey, group, suspects,
};

/// Points of a trend that can be told apart: beyond, it is drawn by day.
const MOST_HOURS: usize = 72;

/// Blanks at each place of a tray, over all of a lot's trays of one format.
#[derive(Debug, Clone, PartialEq)]
pub struct PositionMap {
    /// The blanks.
    pub map: BlankMap,
    /// Rows whose nozzle looks blocked; with a row the opposite one where turned trays leave it open which.
    pub flagged_rows: Vec<usize>,
    /// Columns whose nozzle looks blocked, likewise.
    pub flagged_cols: Vec<usize>,
    /// Single places whose nozzle looks blocked, row and column, likewise.
    pub flagged_cells: Vec<(usize, usize)>,
}

impl PositionMap {
    /// Whether any place looks blocked.
    pub fn is_flagged(&self) -> bool {
        !(self.flagged_rows.is_empty()
            && self.flagged_cols.is_empty()
            && self.flagged_cells.is_empty())
    }
}

/// Emergence of the trays of an hour or a day.
#[derive(Debug, Clone, PartialEq)]
pub struct TrendPoint {
    /// In UTC: `2026-11-24T08`, or `2026-11-24`.
    pub when: String,
    /// Occupied of decided cells.
    pub emergence: BinomialRate,
}

/// Figures of a lot.
#[derive(Debug, Clone, PartialEq)]
pub struct LotFigures {
    /// Counts, rates and uniformity.
    pub summary: Summary,
    /// Emergence in the order of time.
    pub trend: Vec<TrendPoint>,
    /// One map a format, that of the most trays first.
    pub maps: Vec<PositionMap>,
}

/// Reads the figures off sums.
pub fn figures(tallies: &[(TallyKey, Tally)]) -> LotFigures {
    // all are of one lot, so there is one group at most
    let lots = group(tallies, GroupBy::Lot, |_| None, &Calendar::default());
    let lot = lots.into_values().next().unwrap_or_default();
    LotFigures {
        summary: Summary::of(&lot.tally),
        trend: trend(tallies, &lot),
        maps: position_maps(&lot),
    }
}

/// A map of the blanks of every format among trays, that of the most trays first.
pub fn position_maps(trays: &Group) -> Vec<PositionMap> {
    let mut maps: Vec<PositionMap> = trays.blanks.iter().filter_map(position_map).collect();
    maps.sort_by_key(|map| std::cmp::Reverse(map.map.trays));
    maps
}

fn trend(tallies: &[(TallyKey, Tally)], lot: &Group) -> Vec<TrendPoint> {
    let mut hours: BTreeMap<String, Tally> = BTreeMap::new();
    for (key, tally) in tallies {
        hours.entry(key.hour().to_owned()).or_default().add(tally);
    }
    let points = if hours.len() > MOST_HOURS {
        &lot.days
    } else {
        &hours
    };
    let point = |(when, tally): (&String, &Tally)| TrendPoint {
        when: when.clone(),
        emergence: Summary::of(tally).emergence,
    };
    let decided = |point: &TrendPoint| point.emergence.of > 0;
    points.iter().map(point).filter(decided).collect()
}

fn position_map(map: &BlankMap) -> Option<PositionMap> {
    if map.trays == 0 {
        return None;
    }
    let found = suspects(map);
    Some(PositionMap {
        flagged_rows: flagged(&found, row_of, map.rows),
        flagged_cols: flagged(&found, col_of, map.cols),
        flagged_cells: flagged_cells(&found, map),
        map: map.clone(),
    })
}

fn row_of(place: SuspectPlace) -> Option<usize> {
    match place {
        SuspectPlace::Row { row } => Some(row),
        SuspectPlace::Column { .. } | SuspectPlace::Position { .. } => None,
    }
}

fn col_of(place: SuspectPlace) -> Option<usize> {
    match place {
        SuspectPlace::Column { col } => Some(col),
        SuspectPlace::Row { .. } | SuspectPlace::Position { .. } => None,
    }
}

/// The lines among the suspects, in order, of `count` rows or columns.
fn flagged(found: &[Suspect], line: fn(SuspectPlace) -> Option<usize>, count: usize) -> Vec<usize> {
    let mut lines = std::collections::BTreeSet::new();
    for suspect in found {
        if let Some(at) = line(suspect.place) {
            lines.insert(at);
            if suspect.or_opposite {
                lines.insert(count - 1 - at);
            }
        }
    }
    lines.into_iter().collect()
}

/// The single places among the suspects, in order.
fn flagged_cells(found: &[Suspect], map: &BlankMap) -> Vec<(usize, usize)> {
    let mut cells = std::collections::BTreeSet::new();
    for suspect in found {
        if let SuspectPlace::Position { row, col } = suspect.place {
            cells.insert((row, col));
            if suspect.or_opposite {
                cells.insert((map.rows - 1 - row, map.cols - 1 - col));
            }
        }
    }
    cells.into_iter().collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::evaluate::samples;
    use crate::inspect::TrayReport;

    fn tray(blank: impl Fn(usize, usize) -> bool) -> TrayReport {
        let mut report = samples::graded(10, 20, 400.0, 200.0);
        for cell in &mut report.cells {
            let is_blank = blank(cell.row, cell.col);
            cell.verdict = if is_blank { "blank" } else { "graded" }.into();
        }
        report
    }

    fn summed(trays: impl IntoIterator<Item = (TrayReport, String)>) -> LotFigures {
        let counted = |(report, at): (TrayReport, String)| {
            let mut report = report;
            report.facts.captured_at = Some(at);
            (TallyKey::of(&report, "unused"), Tally::of(&report))
        };
        let tallies: Vec<_> = trays.into_iter().map(counted).collect();
        figures(&tallies)
    }

    fn in_hour(hour: usize) -> String {
        format!("2026-11-{:02}T{:02}:10:00Z", 1 + hour / 24, hour % 24)
    }

    #[test]
    fn a_blocked_nozzle_flags_its_column_and_no_other() {
        // one blank in thirteen everywhere, and the seventh column blank in every second tray
        let found = summed((0..12_usize).map(|t| {
            let blank = move |row: usize, col: usize| {
                (row * 31 + col * 17 + t * 7).is_multiple_of(13)
                    || (col == 6 && t.is_multiple_of(2))
            };
            (tray(blank), in_hour(0))
        }));
        let map = &found.maps[0];
        assert_eq!(
            (&map.flagged_cols, &map.flagged_rows, map.map.trays),
            (&vec![6], &vec![], 12)
        );
    }

    #[test]
    fn a_position_that_is_always_blank_is_flagged_by_itself() {
        let found = summed((0..60_usize).map(|t| {
            let blank = move |row: usize, col: usize| {
                (row * 31 + col * 17 + t * 7).is_multiple_of(13) || (row, col) == (2, 3)
            };
            (tray(blank), in_hour(0))
        }));
        let map = &found.maps[0];
        assert_eq!(map.flagged_cells, [(2, 3)]);
        assert!(map.is_flagged() && map.flagged_cols.is_empty());
    }

    #[test]
    fn chance_alone_flags_nothing() {
        let found = summed((0..8_usize).map(|t| {
            let blank =
                move |row: usize, col: usize| (row * 31 + col * 17 + t * 7).is_multiple_of(13);
            (tray(blank), in_hour(0))
        }));
        let map = &found.maps[0];
        assert!(!map.is_flagged(), "{map:?}");
    }

    #[test]
    fn a_trend_is_by_the_hour_and_of_a_long_lot_by_the_day() {
        let hours = |n: usize| summed((0..n).map(|h| (tray(|_, col| col == 0), in_hour(h)))).trend;
        let of_a_shift = hours(8);
        assert_eq!(
            (of_a_shift.len(), of_a_shift[1].when.as_str()),
            (8, "2026-11-01T01")
        );
        assert_eq!(
            (of_a_shift[1].emergence.hits, of_a_shift[1].emergence.of),
            (190, 200)
        );
        let of_four_days = hours(96);
        assert_eq!(
            (of_four_days.len(), of_four_days[1].when.as_str()),
            (4, "2026-11-02")
        );
        assert_eq!(of_four_days[1].emergence.of, 24 * 200);
    }

    #[test]
    fn of_refused_trays_there_is_nothing_to_say_but_their_number() {
        let none = summed([(samples::refused("too dark"), in_hour(0))]);
        assert_eq!((none.trend.len(), none.maps.len()), (0, 0));
        assert_eq!(none.summary.trays.refused, 1);
        assert_eq!(none.summary.emergence.rate, None);
    }
}
