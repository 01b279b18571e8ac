//! The reference tray in pictures of it: what of camera and lamp has changed is found, named, and nothing else.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod common;

use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use common::{embedded, line_configuration, run, sample, signal};
use proptest::prelude::*;
use seedgrade::calibration::{
    Calibration, Drift, FindError, HEIGHT_MM, ReadingsError, SheetPoint, SheetShape, WIDTH_MM,
    colour_at, read, shapes,
};
use seedgrade::frame::Frame;
use seedgrade::geometry::{FramePoint, FrameSpace, Homography};
use seedgrade::review::Language;
use seedgrade::store::{EventRecord, StoreReader};

const SIZE: [usize; 2] = [900, 640];
const BELT: [u8; 3] = [45, 48, 52];

/// How the sheet is seen.
#[derive(Clone, Copy)]
struct View {
    /// Pixels a millimetre.
    scale: f64,
    /// Turn, degrees.
    turn: f64,
    /// How much the far side is smaller.
    slant: f64,
    /// Light on red, green and blue, 1 as printed.
    light: [f64; 3],
    /// Light lost at the right edge, share.
    falls_off: f64,
    /// Standard deviation of a blur, px.
    blur: f32,
}

const AS_RECORDED: View = View {
    scale: 3.0,
    turn: 2.0,
    slant: 0.02,
    light: [0.88; 3],
    falls_off: 0.0,
    blur: 0.7,
};

fn photograph(view: View) -> Frame {
    let shapes = shapes();
    let [width, height] = SIZE;
    let corners = [
        [0.0, 0.0],
        [WIDTH_MM, 0.0],
        [WIDTH_MM, HEIGHT_MM],
        [0.0, HEIGHT_MM],
    ];
    let (sin, cos) = view.turn.to_radians().sin_cos();
    let pairs = corners.map(|[x, y]| {
        let (u, v) = (x - WIDTH_MM / 2.0, y - HEIGHT_MM / 2.0);
        let scale = view.scale * (1.0 - view.slant * v.signum());
        let frame = FramePoint::new(
            width as f64 / 2.0 + scale * (cos * u - sin * v),
            height as f64 / 2.0 + scale * (sin * u + cos * v),
        );
        (frame, SheetPoint::new(x, y))
    });
    let sheet_from_frame: Homography<FrameSpace, _> = Homography::fit(&pairs).unwrap();
    let rgb = (0..width * height)
        .flat_map(|i| pixel(view, &shapes, &sheet_from_frame, i % width, i / width));
    let rgb: Vec<u8> = rgb.collect();
    let picture = image::RgbImage::from_raw(width as u32, height as u32, rgb).unwrap();
    let blurred = if view.blur > 0.0 {
        image::imageops::blur(&picture, view.blur)
    } else {
        picture
    };
    Frame::from_rgb(width, height, blurred.into_raw()).unwrap()
}

fn pixel<S>(
    view: View,
    shapes: &[SheetShape],
    map: &Homography<FrameSpace, S>,
    x: usize,
    y: usize,
) -> [u8; 3] {
    let mut sum = [0.0; 3];
    for sub in 0..9 {
        let at = |px: usize, sub: usize| px as f64 + (sub as f64 + 0.5) / 3.0;
        let place = map.map(FramePoint::new(at(x, sub % 3), at(y, sub / 3)));
        let colour = colour_at(shapes, SheetPoint::new(place.x, place.y)).unwrap_or(BELT);
        for (sum, value) in sum.iter_mut().zip(colour) {
            *sum += f64::from(value) / 9.0;
        }
    }
    let side = 1.0 - view.falls_off * x as f64 / SIZE[0] as f64;
    [0, 1, 2].map(|channel| (sum[channel] * view.light[channel] * side).clamp(0.0, 255.0) as u8)
}

fn recorded() -> Calibration {
    let readings = read(&photograph(AS_RECORDED)).unwrap();
    Calibration::new(
        readings,
        "2026-11-24T08:00:00Z".to_owned(),
        "test".to_owned(),
    )
}

/// What is found to be beyond the limits.
fn found(view: View) -> Vec<&'static str> {
    let calibration = recorded();
    let now = read(&photograph(view)).unwrap();
    let beyond = Drift::between(&calibration, &now).beyond(&calibration);
    let mut what: Vec<_> = beyond.iter().map(|beyond| beyond.what).collect();
    what.dedup();
    what
}

/// How much of a limit is used up is drawn, what is beyond it is refused: both say the same of every change.
#[test]
fn what_uses_up_more_than_its_limit_is_what_is_beyond_it() {
    let calibration = recorded();
    let limits = &calibration.limits;
    let none = Drift::between(&calibration, &calibration.readings);
    let [least, most] = limits.white;
    for by in [0.5, 0.99, 1.01, 2.0] {
        let changes = [
            Drift {
                scale_percent: -by * limits.scale_percent,
                ..none.clone()
            },
            Drift {
                edge_factor: 1.0 + by * (limits.edge_factor - 1.0),
                ..none.clone()
            },
            Drift {
                white_level: (least + most) / 2.0 + by * (most - least) / 2.0,
                ..none.clone()
            },
            Drift {
                white_level: (least + most) / 2.0 - by * (most - least) / 2.0,
                ..none.clone()
            },
            Drift {
                clipped: by * limits.clipped,
                ..none.clone()
            },
            Drift {
                lamp_percent: by * limits.lamp_percent,
                ..none.clone()
            },
            Drift {
                evenness_percent: -by * limits.evenness_percent,
                ..none.clone()
            },
            Drift {
                cast_percent: -by * limits.cast_percent,
                ..none.clone()
            },
            Drift {
                colour: by * limits.colour,
                ..none.clone()
            },
        ];
        for drift in changes {
            let used = drift
                .used(limits)
                .into_iter()
                .filter(|used| used.share > 1.0);
            let used: Vec<_> = used.map(|used| used.what).collect();
            let beyond: Vec<_> = drift.beyond(&calibration).iter().map(|b| b.what).collect();
            assert_eq!(used, beyond, "{drift:?}");
            assert_eq!(used.is_empty(), by < 1.0, "{drift:?}");
        }
    }
}

#[test]
fn a_camera_that_is_as_it_was_recorded_is_well_wherever_the_tray_lies() {
    assert_eq!(found(AS_RECORDED), Vec::<&str>::new());
    for turn in [-8.0, 181.0] {
        let lies_otherwise = View {
            turn,
            scale: 2.99,
            slant: 0.03,
            ..AS_RECORDED
        };
        assert_eq!(
            found(lies_otherwise),
            Vec::<&str>::new(),
            "turned by {turn}"
        );
    }
}

#[test]
fn the_scale_is_that_of_the_picture() {
    let scale = recorded().readings.mm_per_px;
    assert!((scale - 1.0 / 3.0).abs() < 0.002, "{scale}");
}

#[test]
fn each_change_is_named_and_no_other() {
    let dimmer = View {
        light: [0.66; 3],
        ..AS_RECORDED
    };
    assert_eq!(found(dimmer), ["lamp"]);
    let one_side_dead = View {
        falls_off: 0.3,
        ..AS_RECORDED
    };
    assert_eq!(found(one_side_dead), ["lamp"]);
    let out_of_focus = View {
        blur: 2.2,
        ..AS_RECORDED
    };
    assert_eq!(found(out_of_focus), ["focus"]);
    let camera_moved = View {
        scale: 2.85,
        ..AS_RECORDED
    };
    assert_eq!(found(camera_moved), ["scale"]);
    let cast = View {
        light: [0.92, 0.88, 0.80],
        ..AS_RECORDED
    };
    assert_eq!(found(cast), ["colour"]);
    let too_bright = View {
        light: [1.2; 3],
        ..AS_RECORDED
    };
    assert!(found(too_bright).contains(&"exposure"));
}

#[test]
fn a_picture_without_the_tray_or_with_a_part_of_it_is_refused() {
    let grey = Frame::from_rgb(300, 200, vec![120; 300 * 200 * 3]).unwrap();
    assert_eq!(read(&grey), Err(ReadingsError::Find(FindError::Rings(0))));
    let near = View {
        scale: 4.2,
        ..AS_RECORDED
    };
    assert!(matches!(
        read(&photograph(near)),
        Err(ReadingsError::Find(_))
    ));
    let bytes = std::fs::read(sample("rendered-200.jpg")).unwrap();
    let tray = seedgrade::frame::decode(&bytes, seedgrade::frame::DecodeLimits::default()).unwrap();
    assert!(matches!(read(&tray), Err(ReadingsError::Find(_))));
}

#[test]
fn a_calibration_is_read_as_it_was_written_and_nonsense_is_refused() {
    let calibration = recorded();
    let text = calibration.to_toml().unwrap();
    assert_eq!(Calibration::parse(&text).unwrap(), calibration);
    for (from, to, said) in [
        ("calibration/1", "calibration/9", "seedgrade.calibration/9"),
        (
            "scale_percent = 1.5",
            "scale_percent = -1.5",
            "limits.scale_percent",
        ),
        (
            "edge_factor = 1.5",
            "edge_factor = nan",
            "limits.edge_factor",
        ),
        ("lamp_percent", "lamb_percent", "lamb_percent"),
    ] {
        assert!(text.contains(from), "{text}");
        let error = Calibration::parse(&text.replace(from, to))
            .unwrap_err()
            .to_string();
        assert!(error.contains(said), "{error}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]
    #[test]
    fn however_it_lies_the_readings_stay_within_half_of_their_limits(
        turn in 0.0..360.0_f64, slant in -0.03..0.03_f64,
    ) {
        // small enough to lie across
        let view = View { scale: 2.1, turn, slant, ..AS_RECORDED };
        let upright = read(&photograph(View { turn: 0.0, slant: 0.0, ..view })).unwrap();
        let calibration = Calibration::new(upright, String::new(), String::new());
        let drift = Drift::between(&calibration, &read(&photograph(view)).unwrap());
        prop_assert!(drift.scale_percent.abs() < 0.75, "{drift:?}");
        prop_assert!(drift.edge_factor < 1.25, "{drift:?}");
        prop_assert!(drift.colour < 0.03, "{drift:?}");
    }
}

fn save(frame: &Frame, path: &Path) {
    let (width, height) = (frame.width() as u32, frame.height() as u32);
    image::save_buffer(path, frame.rgb(), width, height, image::ColorType::Rgb8).unwrap();
}

#[test]
fn the_printed_sheet_is_recorded_checked_and_named_when_the_lamp_fades() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let drawn = run(embedded()
        .args(["calibrate", "sheet", "--out"])
        .arg(at("sheet.svg")));
    assert_eq!(drawn.code, Some(0), "{drawn:?}");
    assert!(
        std::fs::read_to_string(at("sheet.svg"))
            .unwrap()
            .contains("width=\"260mm\"")
    );
    save(&photograph(AS_RECORDED), &at("now.png"));
    save(
        &photograph(View {
            light: [0.6; 3],
            ..AS_RECORDED
        }),
        &at("faded.png"),
    );
    let record = run(embedded()
        .args(["calibrate", "record"])
        .arg(at("now.png"))
        .arg("--out")
        .arg(at("calibration.toml")));
    assert_eq!(record.code, Some(0), "{record:?}");
    let check = |picture: &str| {
        run(embedded()
            .args(["calibrate", "check"])
            .arg(at(picture))
            .arg("--calibration")
            .arg(at("calibration.toml")))
    };
    assert_eq!(check("now.png").code, Some(0));
    let faded = check("faded.png");
    assert_eq!(faded.code, Some(1));
    assert!(
        faded
            .stdout
            .starts_with("lamp: white paper is 32 % darker than recorded"),
        "{faded:?}"
    );
    assert!(faded.stdout.contains("clean the lamp"), "{faded:?}");
    // A faded lamp is no state to record either, once it is too dark.
    save(
        &photograph(View {
            light: [0.4; 3],
            ..AS_RECORDED
        }),
        &at("dark.png"),
    );
    let dark = run(embedded()
        .args(["calibrate", "record"])
        .arg(at("dark.png"))
        .arg("--out")
        .arg(at("no.toml")));
    assert_eq!(dark.code, Some(2), "{dark:?}");
    assert!(!at("no.toml").exists());
}

/// A line over a folder whose first picture is this view of the reference tray and whose others are trays.
fn shift(folder: &Path, view: View, policy: &str) -> std::path::PathBuf {
    shift_with(folder, view, &format!("reference_tray = \"{policy}\""))
}

/// The same with these keys in `[line]`.
fn shift_with(folder: &Path, view: View, keys: &str) -> std::path::PathBuf {
    let pictures = folder.join("pictures");
    std::fs::create_dir_all(&pictures).unwrap();
    save(&photograph(view), &pictures.join("0-reference.png"));
    for copy in 1..=9 {
        std::fs::copy(
            sample("arabidopsis-tray.jpg"),
            pictures.join(format!("{copy}.jpg")),
        )
        .unwrap();
    }
    std::fs::write(
        folder.join("calibration.toml"),
        recorded().to_toml().unwrap(),
    )
    .unwrap();
    let file = folder.join("line.toml");
    let text = line_configuration(
        "source = \"folder\"\npath = \"pictures\"\ncalibration = \"calibration.toml\"",
        keys,
        "source = \"simulated\"",
    );
    std::fs::write(&file, text).unwrap();
    file
}

#[test]
fn a_shift_begins_with_the_reference_tray_and_every_report_names_the_calibration() {
    let folder = tempfile::tempdir().unwrap();
    let config = shift(folder.path(), AS_RECORDED, "required");
    let ended = run(embedded()
        .args(["line", "--trays", "2", "--config"])
        .arg(&config));
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let reader = StoreReader::open(&folder.path().join("line.db")).unwrap();
    let kinds: Vec<_> = reader
        .events(0, 100)
        .unwrap()
        .into_iter()
        .map(|(_, event)| event)
        .collect();
    assert!(
        kinds.iter().any(|event| event.kind == "reference_tray"),
        "{kinds:?}"
    );
    assert!(kinds.iter().any(|event| event.kind == "armed"), "{kinds:?}");
    let calibration = std::fs::read_to_string(folder.path().join("calibration.toml")).unwrap();
    let trays = reader.trays(&Default::default()).unwrap();
    assert!(!trays.is_empty());
    for tray in trays {
        let evidence = reader.report(tray.id).unwrap().evidence;
        assert_eq!(
            evidence.calibration,
            Some(Calibration::digest(&calibration))
        );
    }
}

#[test]
fn a_look_holds_for_the_hours_that_the_configuration_says_and_the_line_goes_on_when_it_is_overdue()
{
    let folder = tempfile::tempdir().unwrap();
    let keys = "reference_within_hours = 0.0005";
    let config = shift_with(folder.path(), AS_RECORDED, keys);
    let child = line_with(&config);
    wait_for_event(folder.path(), "armed");
    let events = wait_for_event(folder.path(), "part_in_trouble");
    end(child);
    let told = events.iter().find(|(_, e)| e.kind == "part_in_trouble");
    let told = &told.unwrap().1;
    assert_eq!(told.detail.as_ref().unwrap()["part"], "camera");
    assert!(told.message.contains("more than 0.0005 h ago"), "{told:?}");
    let said = Language::Chinese.cause(&told.message).unwrap();
    assert!(said.contains("0.0005 小时"), "{said}");
    assert!(events.iter().all(|(_, event)| event.kind != "disarmed"));
}

#[test]
fn hours_that_no_look_can_hold_are_refused_by_their_key() {
    let folder = tempfile::tempdir().unwrap();
    for (keys, said) in [
        ("reference_within_hours = 0", "expected a number above 0"),
        ("reference_within_hours = nan", "found NaN"),
        (
            "reference_within_hours = 8\nreference_tray = \"off\"",
            "has no use: expected a calibration",
        ),
    ] {
        let config = shift_with(folder.path(), AS_RECORDED, keys);
        let refused = run(embedded().args(["line", "--config"]).arg(&config));
        refused.ends_with(2).says(&["reference_within_hours", said]);
    }
}

fn line_with(config: &Path) -> Child {
    embedded()
        .args(["line", "--config"])
        .arg(config)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

fn end(mut child: Child) {
    signal(&child, "-TERM");
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

/// The events of a line's store, once one of this kind is among them.
fn wait_for_event(folder: &Path, kind: &str) -> Vec<(i64, EventRecord)> {
    let start = Instant::now();
    loop {
        let events = StoreReader::open(&folder.join("line.db"))
            .and_then(|reader| reader.events(0, 1000))
            .unwrap_or_default();
        if events.iter().any(|(_, event)| event.kind == kind) {
            return events;
        }
        assert!(
            start.elapsed().as_secs() < 60,
            "{kind} never came: {events:?}"
        );
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn another_calibration_is_not_taken_up_by_a_line_that_runs() {
    let folder = tempfile::tempdir().unwrap();
    let config = shift(folder.path(), AS_RECORDED, "required");
    let child = line_with(&config);
    wait_for_event(folder.path(), "armed");
    let file = folder.path().join("calibration.toml");
    let recorded = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, format!("{recorded}\n# another day\n")).unwrap();
    signal(&child, "-HUP");
    let events = wait_for_event(folder.path(), "job_refused");
    end(child);
    let refused = events.iter().find(|(_, event)| event.kind == "job_refused");
    let message = &refused.unwrap().1.message;
    assert!(
        message.contains("calibration: the file has changed"),
        "{message}"
    );
    assert!(!events.iter().any(|(_, event)| event.kind == "job_changed"));
}

#[test]
fn a_line_whose_lamp_has_faded_is_not_armed_and_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let faded = View {
        light: [0.6; 3],
        ..AS_RECORDED
    };
    let config = shift(folder.path(), faded, "required");
    let child = line_with(&config);
    let events = wait_for_event(folder.path(), "not_armed");
    end(child);
    let refused = events
        .iter()
        .find(|(_, event)| event.kind == "reference_tray_refused")
        .unwrap();
    assert!(refused.1.message.contains("lamp:"), "{refused:?}");
    assert!(
        refused.1.detail.as_ref().unwrap()["drift"]["lamp_percent"]
            .as_f64()
            .unwrap()
            < -20.0
    );
    let not_armed = events
        .iter()
        .find(|(_, event)| event.kind == "not_armed")
        .unwrap();
    assert!(
        not_armed.1.message.contains("clean the lamp"),
        "{not_armed:?}"
    );
    assert!(
        events.iter().all(|(_, event)| event.kind != "armed"),
        "{events:?}"
    );
}
