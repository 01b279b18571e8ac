use super::*;
use crate::store::{MovesTakenBack, Statement, StatementWriter, StoreWriter, WriterParams};
use std::time::Duration;

fn cell(tray: &str, lot: &str, col: u32) -> StandingCell {
    StandingCell {
        tray: StandingTray {
            uid: format!("uid of {tray}"),
            code: Some(tray.to_owned()),
            lot: Some(lot.to_owned()),
        },
        cell: CellPlace { row: 0, col },
    }
}

fn made(minute: u32, key: &str, done: Done) -> PlugMove {
    PlugMove {
        at: format!("2026-11-24T08:{minute:02}:00Z"),
        who: "li".to_owned(),
        key: key.to_owned(),
        number: 0,
        done,
    }
}

fn moved(from: StandingCell, into: StandingCell) -> Done {
    Done::Moved { from, into }
}

fn history(moves: impl IntoIterator<Item = PlugMove>) -> PlugHistory {
    PlugHistory {
        moves: moves.into_iter().collect(),
    }
}

fn never(_: &StandingTray) -> String {
    String::new()
}

#[test]
fn a_plug_is_given_once_and_a_cell_is_filled_once_unless_it_was_cleared_or_moved_since() {
    let [donor, into] = [cell("T1", "a", 0), cell("T2", "a", 5)];
    let mut all = history([made(1, "k1", moved(donor.clone(), into.clone()))]);
    let again = moved(donor.clone(), cell("T3", "a", 0));
    assert_eq!(all.admits(&again, &never), Err(MoveRefusal::Gone(donor)));
    let other = moved(cell("T1", "a", 1), into.clone());
    assert_eq!(
        all.admits(&other, &never),
        Err(MoveRefusal::Filled(into.clone()))
    );
    all.add(made(2, "k2", Done::Cleared { cell: into.clone() }));
    assert_eq!(all.admits(&other, &never), Ok(()));
    all.add(made(3, "k3", other.clone()));
    assert!(all.admits(&other, &never).is_err());
    all.add(made(4, "k4", moved(into.clone(), cell("T3", "a", 0))));
    assert_eq!(
        all.admits(&moved(cell("T1", "a", 2), into.clone()), &never),
        Ok(())
    );
    let itself = moved(into.clone(), into.clone());
    assert_eq!(all.admits(&itself, &never), Err(MoveRefusal::OneCell(into)));
}

#[test]
fn a_later_pass_decides_what_stands_and_the_origin_stays() {
    let [donor, into] = [cell("T1", "a", 0), cell("T2", "a", 5)];
    let all = history([made(30, "k1", moved(donor.clone(), into.clone()))]);
    let of = |cell: &StandingCell, seen_at: &str| all.since(cell.tray.identity(), seen_at);
    let before = "2026-11-24T08:10:00Z";
    assert_eq!(
        of(&into, before),
        BTreeMap::from([(into.cell, Stands::Plug)])
    );
    assert_eq!(
        of(&donor, before),
        BTreeMap::from([(donor.cell, Stands::Nothing)])
    );
    let after = |_: &StandingTray| "2026-11-24T09:00:00Z".to_owned();
    assert!(of(&into, &after(&into.tray)).is_empty());
    // a plug that fell out is seen as a blank, which may be filled again
    assert_eq!(
        all.admits(&moved(cell("T1", "a", 1), into.clone()), &after),
        Ok(())
    );
    assert_eq!(all.way_of(&into).len(), 1);
}

#[test]
fn within_a_second_a_move_is_later_by_the_clock_and_not_by_its_letters() {
    let [donor, into] = [cell("T1", "a", 0), cell("T2", "a", 5)];
    let at = |at: &str| PlugMove {
        at: at.to_owned(),
        ..made(0, "k1", moved(donor.clone(), into.clone()))
    };
    let stands = |moved_at: &str, seen_at: &str| {
        let all = history([at(moved_at)]);
        !all.since(into.tray.identity(), seen_at).is_empty()
    };
    let [whole, half] = ["2026-11-24T08:00:00Z", "2026-11-24T08:00:00.5Z"];
    assert!(stands(half, whole), "moved half a second after it was seen");
    assert!(
        !stands(whole, half),
        "seen half a second after it was moved"
    );
    assert!(!stands(whole, "2026-11-24T08:00:00.000Z"));
}

#[test]
fn a_plug_keeps_its_origin_over_every_move_and_another_in_its_place_has_its_own() {
    let [first, second, third] = [cell("T1", "b", 0), cell("T2", "a", 1), cell("T3", "a", 2)];
    let all = history([
        made(1, "k1", moved(first.clone(), second.clone())),
        made(2, "k2", moved(second.clone(), third.clone())),
        made(3, "k3", moved(cell("T4", "a", 9), second.clone())),
    ]);
    let origins = |of: &StandingCell| -> Vec<StandingCell> {
        let way = all.way_of(of).into_iter();
        way.filter_map(|made| made.done.from().cloned()).collect()
    };
    assert_eq!(origins(&third), [second.clone(), first.clone()]);
    assert_eq!(origins(&second), [cell("T4", "a", 9)]);
    assert_eq!(origins(&first), []);
    let before = all.way_before(&all.moves[1]);
    assert_eq!(
        before.iter().map(|made| &made.key[..]).collect::<Vec<_>>(),
        ["k1"]
    );
    assert_eq!(all.went_away(&first).unwrap().key, "k1");
    assert_eq!(all.went_away(&third), None);
    // of lot a's trays one holds a plug that grew up in lot b, whatever tray of a it came through
    let brought = |all: &PlugHistory, lot: &str| -> Vec<String> {
        let brought = all.brought_from_other_lots(lot).into_iter();
        brought.map(|made| made.key.clone()).collect()
    };
    assert_eq!(
        (brought(&all, "a"), brought(&all, "b")),
        (vec!["k2".to_owned()], vec![])
    );
    let mut cleared = all.clone();
    cleared.add(made(
        4,
        "k4",
        Done::Cleared {
            cell: third.clone(),
        },
    ));
    assert!(brought(&cleared, "a").is_empty());
    assert_eq!(all.rests_on("k1").unwrap().key, "k2");
    assert_eq!(all.rests_on("k3"), None);
}

#[test]
fn stored_moves_come_back_as_they_were_told_and_those_taken_back_do_not_hold() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let writer = StoreWriter::open(&path, WriterParams::default()).unwrap();
    assert_eq!(writer.close().lost, 0);
    let [first, second, third] = [cell("T1", "b", 0), cell("T2", "a", 1), cell("T3", "a", 2)];
    let told = [
        made(1, "k1", moved(first.clone(), second.clone())),
        made(2, "k2", moved(second.clone(), third.clone())),
        made(
            3,
            "k3",
            Done::Cleared {
                cell: second.clone(),
            },
        ),
    ];
    let mut statements: Vec<Statement> = told.iter().cloned().map(Statement::PlugMove).collect();
    let back = MovesTakenBack {
        at: "2026-11-24T08:04:00Z".to_owned(),
        who: "wang".to_owned(),
        key: "k3".to_owned(),
    };
    statements.push(Statement::MovesTakenBack(back.clone()));
    let mut writer = StatementWriter::open(&path, Duration::from_secs(1)).unwrap();
    assert_eq!(writer.add_all(&statements).unwrap(), 4);
    let stores = [StoreReader::open(&path).unwrap()];
    // the chain is followed to trays that were not asked for
    let all = PlugHistory::of_trays(&stores, std::slice::from_ref(&third.tray)).unwrap();
    assert_eq!(all.moves, told[..2]);
    let of_lot = PlugHistory::of_lot(&[(&stores[0], MoveBound::ALL)], "a").unwrap();
    assert_eq!(of_lot, all);
    let early = MoveBound {
        moved: 1,
        ..MoveBound::ALL
    };
    assert_eq!(
        PlugHistory::of_lot(&[(&stores[0], early)], "a")
            .unwrap()
            .moves,
        told[..1]
    );
    assert_eq!(stores[0].moves_told("k3").unwrap(), told[2..]);
    assert_eq!(stores[0].moves_taken_back("k3").unwrap(), Some(back));
    // nothing else is told under a key that is used
    let other = made(9, "k1", Done::Cleared { cell: first });
    assert!(writer.add(&Statement::PlugMove(other)).is_err());
}
