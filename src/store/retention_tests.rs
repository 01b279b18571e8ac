//! The cap held, evidence kept, nothing torn.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use proptest::prelude::*;

use super::*;
use crate::store::{
    CellPlace, Correction, CorrectionKind, StatementWriter, StoreReader, StoreWriter, WriterParams,
};

const AT: &str = "2026-11-24T08:00:00.000Z";
const WAIT: Duration = Duration::from_secs(5);

fn new_store(folder: &Path) -> PathBuf {
    let path = folder.join("line.db");
    drop(StoreWriter::open(&path, WriterParams::default()).unwrap());
    path
}

fn uid(number: usize) -> String {
    format!("base1/line1/2026-11-24/{number:06}")
}

/// A folder with room for so many bytes of pictures beside its store as it is now.
fn with_room(store: &Path, room: u64) -> PictureFolder {
    let most = ROOM_FOR_STORE + bytes_of_store(store) + room;
    PictureFolder::open(store, &pictures_path(store), most).unwrap()
}

fn keep(folder: &mut PictureFolder, number: usize, bytes: &[u8]) -> Result<(), NotKept> {
    folder.keep(&NewPicture {
        at: AT,
        tray_uid: &uid(number),
        pass: 1,
        bytes,
        why: KeptBecause::All,
    })
}

/// A person speaks of a cell of a tray.
fn speak_of(store: &Path, number: usize) {
    let said = Correction {
        at: AT.to_owned(),
        who: "王芳".to_owned(),
        why: None,
        kind: CorrectionKind::Audit,
        tray_uid: uid(number),
        pass: 1,
        image_sha256: None,
        cell: CellPlace { row: 0, col: 0 },
        before: None,
    };
    let mut writer = StatementWriter::open(store, WAIT).unwrap();
    writer.add(&Statement::Correction(said)).unwrap();
}

/// Every file beneath a folder, with its size.
fn files(folder: &Path) -> Vec<(PathBuf, u64)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let (path, facts) = (entry.as_ref().unwrap().path(), entry.unwrap().metadata());
        match facts.unwrap() {
            facts if facts.is_dir() => found.extend(files(&path)),
            facts => found.push((path, facts.len())),
        }
    }
    found
}

fn kept(store: &Path) -> BTreeSet<String> {
    let pictures = StoreReader::open(store).unwrap().pictures().unwrap();
    pictures.into_iter().map(|(_, p)| p.tray_uid).collect()
}

/// Every file is a kept row's, whole, and the other way round.
#[track_caller]
fn files_are_the_rows(store: &Path) {
    let reader = StoreReader::open(store).unwrap();
    let pictures = reader.pictures().unwrap();
    let named: BTreeSet<_> = pictures
        .iter()
        .map(|(_, picture)| kept_file(store, &picture.path))
        .collect();
    let there = files(&pictures_path(store));
    let there: BTreeSet<_> = there.into_iter().map(|(path, _)| path).collect();
    assert_eq!(named, there);
    for (_, picture) in pictures {
        let bytes = fs::read(kept_file(store, &picture.path)).unwrap();
        assert_eq!(bytes.len() as u64, picture.bytes);
        assert_eq!(hex::encode(Sha256::digest(&bytes)), picture.image_sha256);
    }
}

#[test]
fn the_oldest_picture_goes_and_the_evidence_of_a_correction_stays() {
    let folder = tempfile::tempdir().unwrap();
    let store = new_store(folder.path());
    let mut pictures = with_room(&store, 4_000_000);
    for number in 0..4 {
        keep(&mut pictures, number, &vec![7; 500_000]).unwrap();
    }
    speak_of(&store, 0);
    speak_of(&store, 2);
    keep(&mut pictures, 4, &vec![7; 2_000_000]).unwrap();
    assert_eq!(kept(&store), [0, 2, 3, 4].map(uid).into());
    files_are_the_rows(&store);
    // All but the evidence goes for it, and it finds no room all the same.
    let error = keep(&mut pictures, 5, &vec![7; 3_200_000]).unwrap_err();
    assert!(matches!(error, NotKept::NoRoom { .. }), "{error}");
    assert_eq!(kept(&store), [0, 2].map(uid).into());
    assert_eq!(pictures.removed(), 3);
    files_are_the_rows(&store);
}

#[test]
fn a_picture_larger_than_the_cap_drives_none_out() {
    let folder = tempfile::tempdir().unwrap();
    let store = new_store(folder.path());
    let mut pictures = with_room(&store, 2_000_000);
    keep(&mut pictures, 0, &[7; 10_000]).unwrap();
    let error = keep(&mut pictures, 1, &vec![7; 3_000_000]).unwrap_err();
    assert!(
        error.to_string().contains("3000000 bytes finds no room"),
        "{error}"
    );
    assert_eq!(kept(&store), [0].map(uid).into());
}

#[test]
fn a_store_that_grows_drives_pictures_out() {
    let folder = tempfile::tempdir().unwrap();
    let store = new_store(folder.path());
    let mut pictures = with_room(&store, 1_000_000);
    keep(&mut pictures, 0, &[7; 50_000]).unwrap();
    Connection::open(&store)
        .unwrap()
        .execute_batch(
            "CREATE TABLE ballast (bytes BLOB);
             INSERT INTO ballast VALUES (zeroblob(2000000));",
        )
        .unwrap();
    pictures.make_room(0, AT).unwrap();
    assert!(kept(&store).is_empty());
    files_are_the_rows(&store);
}

#[test]
fn what_a_kill_left_half_written_is_cleared_away_and_other_files_are_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let store = new_store(folder.path());
    let place = pictures_path(&store);
    fs::create_dir_all(&place).unwrap();
    fs::write(place.join(".part-x7"), b"\xff\xd8half").unwrap();
    fs::write(place.join("notes.txt"), b"a person's").unwrap();
    let pictures = with_room(&store, 3_000_000);
    let left: Vec<_> = files(&place).into_iter().map(|(path, _)| path).collect();
    assert_eq!(left, [place.join("notes.txt")]);
    // Killed after its row was stored and before its file had its name: it counts until it is the oldest.
    let row = KeptPicture {
        at: AT.to_owned(),
        tray_uid: uid(0),
        pass: 1,
        path: "line.db.pictures/base1/line1/2026-11-24/000000-1.jpg".to_owned(),
        bytes: 1_500_000,
        image_sha256: "9f".repeat(32),
        why: KeptBecause::All,
    };
    assert!(pictures.record(row).unwrap().is_some());
    let mut pictures = with_room(&store, 3_000_000);
    keep(&mut pictures, 1, &vec![7; 2_000_000]).unwrap();
    assert_eq!(kept(&store), [1].map(uid).into());
}

#[test]
fn a_picture_that_cannot_be_written_leaves_neither_row_nor_file() {
    let folder = tempfile::tempdir().unwrap();
    let store = new_store(folder.path());
    let mut pictures = with_room(&store, 3_000_000);
    let place = pictures_path(&store);
    // A file lies where its folder is to be.
    fs::write(place.join("base1"), b"in the way").unwrap();
    let error = keep(&mut pictures, 0, &[7; 1000]).unwrap_err();
    assert!(error.to_string().contains("cannot be written"), "{error}");
    assert!(kept(&store).is_empty());
    fs::remove_file(place.join("base1")).unwrap();
    keep(&mut pictures, 1, &[7; 1000]).unwrap();
    // Nothing is written over.
    let path = place.join("base1/line1/2026-11-24/000002-1.png");
    fs::write(&path, b"another's").unwrap();
    assert!(keep(&mut pictures, 2, &[7; 1000]).is_err());
    assert_eq!(fs::read(&path).unwrap(), b"another's");
    assert_eq!(kept(&store), [1].map(uid).into());
}

#[test]
fn a_name_from_a_configuration_leads_nowhere_else() {
    let name = |tray_uid, bytes| {
        file_name(&NewPicture {
            at: AT,
            tray_uid,
            pass: 2,
            bytes,
            why: KeptBecause::All,
        })
    };
    assert_eq!(
        name("../../etc/passwd", b"\xff\xd8\xff"),
        Path::new("__/__/etc/passwd-2.jpg")
    );
    assert_eq!(name("基地/1", b"\x89PNG"), Path::new("__/1-2.png"));
    assert_eq!(name("/", b""), Path::new("tray-2.png"));
}

#[test]
fn a_store_and_its_pictures_may_be_moved_together() {
    let folder = tempfile::tempdir().unwrap();
    let (before, after) = (folder.path().join("a"), folder.path().join("b"));
    fs::create_dir(&before).unwrap();
    let store = new_store(&before);
    keep(&mut with_room(&store, 3_000_000), 0, b"\xff\xd8whole").unwrap();
    fs::rename(&before, &after).unwrap();
    let reader = StoreReader::open(&after.join("line.db")).unwrap();
    let (picture, file) = reader.kept_picture(&uid(0), 1).unwrap().unwrap();
    assert_eq!(fs::read(file).unwrap(), b"\xff\xd8whole");
    assert_eq!(picture.bytes, 7);
    assert!(reader.kept_picture(&uid(0), 2).unwrap().is_none());
}

/// What happens to a line's pictures.
#[derive(Debug, Clone, Copy)]
enum Happening {
    Judged { kilobytes: usize },
    SpokenOf { tray: usize },
    Restarted,
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        6 => (1..120_usize).prop_map(|kilobytes| Happening::Judged { kilobytes }),
        2 => (0..40_usize).prop_map(|tray| Happening::SpokenOf { tray }),
        1 => Just(Happening::Restarted),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn store_and_pictures_never_exceed_the_cap_and_no_evidence_is_lost(
        happenings in prop::collection::vec(happening(), 1..40),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let store = new_store(folder.path());
        let most = ROOM_FOR_STORE + bytes_of_store(&store) + 1_000_000;
        let open = || PictureFolder::open(&store, &pictures_path(&store), most).unwrap();
        let (mut pictures, mut judged) = (open(), 0);
        let mut evidence = BTreeSet::new();
        for happening in happenings {
            match happening {
                Happening::Judged { kilobytes } => {
                    keep(&mut pictures, judged, &vec![7; kilobytes << 10]).ok();
                    judged += 1;
                }
                Happening::SpokenOf { tray } => {
                    speak_of(&store, tray);
                    evidence.extend(kept(&store).into_iter().filter(|kept| *kept == uid(tray)));
                }
                Happening::Restarted => pictures = open(),
            }
            let there: u64 = files(&pictures_path(&store)).iter().map(|(_, bytes)| bytes).sum();
            prop_assert!(there <= 1_000_000);
            prop_assert!(there + bytes_of_store(&store) <= most);
            prop_assert_eq!(there, pictures.used);
            prop_assert!(evidence.is_subset(&kept(&store)));
        }
        files_are_the_rows(&store);
    }
}
