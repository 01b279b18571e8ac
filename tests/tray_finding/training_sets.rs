//! Photographs of the training sets, where they lie beside the repository.

use std::path::{Path, PathBuf};

use rayon::prelude::*;
use seedgrade::frame::{DecodeLimits, picture_paths, read_picture};
use seedgrade::tray::{TrayFormat, check};

use crate::locate;

/// Where the shared image sets lie, if they do.
fn shared_sets() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    let shared = std::env::var_os("SEEDGRADE_SHARED").map_or(beside, PathBuf::from);
    let sets = shared.join("datasets");
    if !sets.is_dir() {
        eprintln!("skipped: no image sets at {}", sets.display());
        return None;
    }
    Some(sets)
}

/// Sets that limits may be set with: those kept for evaluation are no test, or they would be tuned to.
#[test]
fn trays_of_the_training_sets_are_found_and_good_enough_to_judge() {
    let Some(sets) = shared_sets() else { return };
    let asked = [
        ("arabidopsis-tray", "4x5"),
        ("arabidopsis-v2", "4x5"),
        ("ippn-germination", "9x5"),
        ("kale-tray", "4x3"),
    ];
    for (set, grid) in asked {
        let format = TrayFormat::parse(grid).unwrap();
        let mut paths = picture_paths(&sets.join(set).join("trays")).unwrap();
        // kale: side views, and one picture that shows five rows
        paths.retain(|path| {
            let name = path.to_string_lossy();
            !name.contains("side") && !name.contains("top-10_24")
        });
        paths.par_iter().for_each(|path| {
            let (_, frame) = read_picture(path, DecodeLimits::default()).unwrap();
            let found =
                locate(&frame, format).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
            check(&frame, &found.lattice).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        });
    }
}

#[test]
fn pictures_of_the_training_sets_without_such_a_tray_are_refused() {
    let Some(sets) = shared_sets() else { return };
    let pictures = |set: &str| picture_paths(&sets.join(set).join("trays")).unwrap();
    let of_kale = |name: &str| {
        let mut paths = pictures("kale-tray");
        paths.retain(|path| path.to_string_lossy().contains(name));
        paths
    };
    let asked = [
        (of_kale("side"), "4x3"),
        // shows five rows
        (of_kale("top-10_24"), "4x3"),
        (pictures("arabidopsis-pots"), "3x3"),
    ];
    for (paths, grid) in asked {
        assert!(!paths.is_empty());
        let format = TrayFormat::parse(grid).unwrap();
        paths.par_iter().step_by(4).for_each(|path| {
            let (_, frame) = read_picture(path, DecodeLimits::default()).unwrap();
            let found = locate(&frame, format);
            assert!(found.is_err(), "a {grid} tray in {}", path.display());
        });
    }
}
