//! Whatever the line words as a cause has its sentence in Chinese; what others word is quoted.

use seedgrade::calibration::{Calibration, Drift, FindError, Readings, ReadingsError};
use seedgrade::line::{BeltDoubt, JobRefused, NoFrame};
use seedgrade::machine::registers::RegisterError;
use seedgrade::machine::{CommandEnding, LinkError, MachineState, Readiness, RefusalReason};
use seedgrade::review::Language;
use seedgrade::store::{LinePart, PartHealth, PlcFlag, StoreError};
use seedgrade::tray::Refusal;

/// What the operating system says.
const OTHERS: &str = "Input/output error";

/// Fails where a part of a cause has no sentence: all that may be quoted is what the operating system says.
#[track_caller]
fn is_said(cause: &dyn std::fmt::Display) {
    let cause = cause.to_string();
    let said = Language::Chinese.cause(&cause);
    let said = said.unwrap_or_else(|| panic!("no sentence for {cause:?}"));
    let quoted = usize::from(cause.contains(OTHERS));
    assert!(
        said.matches('“').count() <= quoted,
        "{cause:?} is said as {said:?}"
    );
    assert!(
        !said.contains(" the ") && !said.contains(" is "),
        "{said:?}"
    );
}

fn others() -> String {
    OTHERS.to_owned()
}

#[test]
fn why_the_actuator_is_not_trusted() {
    let address = || "10.0.0.5:502".to_owned();
    let lengths = RegisterError::Length {
        expected: 13,
        found: 2,
    };
    let numbers = [
        MachineState::try_from(9).unwrap_err(),
        RefusalReason::try_from(9).unwrap_err(),
        CommandEnding::try_from(9).unwrap_err(),
    ];
    let mut all: Vec<LinkError> = numbers
        .map(|number| LinkError::Registers(RegisterError::Number(number)))
        .into();
    all.extend([
        LinkError::NotConnected {
            address: address(),
            why: format!("{OTHERS}; next attempt in 200 ms"),
        },
        LinkError::Silent {
            address: address(),
            milliseconds: 50,
        },
        LinkError::Broken {
            address: address(),
            why: others(),
        },
        LinkError::Exception {
            address: address(),
            why: others(),
        },
        LinkError::Registers(lengths),
    ]);
    for error in &all {
        // one that is added is added to the list above
        match error {
            LinkError::NotConnected { .. }
            | LinkError::Silent { .. }
            | LinkError::Broken { .. }
            | LinkError::Exception { .. }
            | LinkError::Registers(RegisterError::Length { .. } | RegisterError::Number(_)) => {
                is_said(error);
            }
        }
        is_said(&format!("tray 7: {error}"));
    }
    for state in [
        MachineState::Stopped,
        MachineState::Fault,
        MachineState::EmergencyStop,
    ] {
        is_said(&format!(
            "the line cannot be armed: actuator: it is {state:?}, not running"
        ));
    }
    for state in [MachineState::Fault, MachineState::EmergencyStop] {
        is_said(&format!("over: the actuator says {state:?}"));
    }
}

#[test]
fn why_the_belt_is_doubted() {
    let all = [
        BeltDoubt::EncoderBack { counts: 3 },
        BeltDoubt::EncoderLeapt { counts: 3000 },
        BeltDoubt::TriggerBack { before: 9, now: 2 },
        BeltDoubt::EncoderStill { milliseconds: 500 },
        BeltDoubt::TraysTooClose {
            counts: -4,
            least: 2000,
        },
        BeltDoubt::LatchedElsewhere { counts: 77 },
    ];
    for doubt in &all {
        match doubt {
            BeltDoubt::EncoderBack { .. }
            | BeltDoubt::EncoderLeapt { .. }
            | BeltDoubt::TriggerBack { .. }
            | BeltDoubt::EncoderStill { .. }
            | BeltDoubt::TraysTooClose { .. }
            | BeltDoubt::LatchedElsewhere { .. } => is_said(doubt),
        }
    }
}

#[test]
fn why_the_line_is_not_armed_and_what_keeps_a_part_from_its_work() {
    let frames = [
        NoFrame::Silent { milliseconds: 500 },
        NoFrame::Two,
        NoFrame::Torn(others()),
        NoFrame::Untriggered(others()),
    ];
    for frame in &frames {
        match frame {
            NoFrame::Silent { .. } | NoFrame::Two | NoFrame::Torn(_) | NoFrame::Untriggered(_) => {
                is_said(frame);
            }
        }
    }
    let refused = |what| JobRefused {
        what,
        before: 1500,
        asked: 1600,
    };
    for what in ["the distance of the last gate", "the late margin"] {
        is_said(&format!(
            "job 8, lot 2026: B, standard a@1, net sha256:0f: {}",
            refused(what)
        ));
    }
    let readiness = Readiness {
        camera: Some(frames[0].to_string()),
        reference: Some(format!(
            "{}: the camera cannot be checked; lay the reference tray under the camera, whole and face up, and start the line again",
            ReadingsError::Find(FindError::Rings(2))
        )),
        judge: Some(format!("the inspection failed: {OTHERS}")),
        job: Some("the last one was ended and no other has begun".to_owned()),
        store: Some("records wait for room: spill file cannot be written: x".to_owned()),
        clock: Some(
            "it says 1970-01-01T00:00:00Z: expected 2026-01-01T00:00:00Z or later".to_owned(),
        ),
    };
    let why = readiness.clear().unwrap_err().to_string();
    let said = Language::Chinese.cause(&why).unwrap();
    for part in [
        "相机：",
        "参考盘：",
        "识别网络和标准：",
        "作业：",
        "数据库：",
        "时钟：",
    ] {
        assert!(said.contains(part), "{said}");
    }
    assert_eq!(said.matches('“').count(), 2, "{said}");
    for error in [
        ReadingsError::Find(FindError::Checker(5)),
        ReadingsError::Flat,
    ] {
        is_said(&error);
    }
    for part in LinePart::ALL {
        is_said(&PartHealth::Fine(part).event("").message);
    }
    is_said(&PartHealth::LineEnded.event("").message);
    for flag in PlcFlag::ALL {
        for is_up in [true, false] {
            is_said(&flag.event(is_up, "").message);
        }
    }
}

#[test]
fn why_the_store_takes_nothing() {
    let path = || "/data/line.db".into();
    let io = || std::io::Error::other(OTHERS);
    let errors = [
        StoreError::Spill {
            path: path(),
            source: io(),
        },
        StoreError::Cells(others()),
        StoreError::Unfaithful("base1/line1/2026-11-24/000007".to_owned()),
        StoreError::Statement(others()),
    ];
    for error in &errors {
        is_said(&format!("store: records are being lost: {error}"));
    }
    for error in [
        "store failed",
        "store /data/line.db cannot be opened",
        "spill file cannot hold a record",
    ] {
        is_said(&format!("{error}: {OTHERS}"));
    }
}

#[test]
fn how_camera_and_lamp_have_changed() {
    let readings = Readings {
        mm_per_px: 0.5,
        edge_px: 2.0,
        white: [200.0; 3],
        clipped: 0.0,
        evenness: 0.9,
        colours: Vec::new(),
    };
    let calibration = Calibration::new(readings, String::new(), String::new());
    let drift = |white_level, lamp_percent| Drift {
        scale_percent: 9.0,
        edge_factor: 9.0,
        white_level,
        clipped: 0.5,
        lamp_percent,
        evenness_percent: -50.0,
        cast_percent: 50.0,
        colour: 0.9,
        patch: "green".to_owned(),
    };
    for drift in [drift(20.0, -80.0), drift(254.0, 80.0)] {
        let beyond = drift.beyond(&calibration);
        assert_eq!(beyond.len(), 7);
        beyond.iter().for_each(|beyond| is_said(beyond));
        let all: Vec<String> = beyond.iter().map(ToString::to_string).collect();
        is_said(&format!(
            "the line cannot be armed: reference tray: {}",
            all.join("\n")
        ));
    }
}

#[test]
fn why_a_tray_was_not_judged() {
    let all = [
        Refusal::NoTray("what could be cells makes no whole block".to_owned()),
        Refusal::WrongGrid {
            expected: "10x20".to_owned(),
            found: "found 8 rows and 16 columns of cells".to_owned(),
        },
        Refusal::Blurred {
            found: 0.1,
            limit: 0.2,
        },
        Refusal::Dark {
            found: 20.0,
            limit: 40.0,
        },
        Refusal::OverExposed {
            found: 20.0,
            limit: 5.0,
        },
        Refusal::TooSmall {
            found: 7.0,
            limit: 12.0,
        },
        Refusal::WhichWayRound("the tray's code tells, and none was read".to_owned()),
        Refusal::NoScale,
    ];
    for refusal in &all {
        match refusal {
            Refusal::NoTray(_)
            | Refusal::WrongGrid { .. }
            | Refusal::Blurred { .. }
            | Refusal::Dark { .. }
            | Refusal::OverExposed { .. }
            | Refusal::TooSmall { .. }
            | Refusal::WhichWayRound(_)
            | Refusal::NoScale => is_said(refusal),
        }
    }
}
