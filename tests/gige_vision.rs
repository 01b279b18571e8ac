//! GigE Vision against aravis' own simulated camera (Debian's package `aravis-tools`). Where that is not installed,
//! every test says so and passes.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    missing_docs
)]

mod common;

use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use common::{embedded, line_configuration, run};
use seedgrade::clock::Moment;
use seedgrade::frame::gige::{GigeCamera, GigeError, GigeSettings, discover};
use seedgrade::geometry::EncoderCount;
use seedgrade::line::{GigeSource, NoFrame, PairedCamera, Picture, Trigger};
use seedgrade::sorting::{JobId, TriggerId};

const SIMULATOR: &str = "arv-fake-gv-camera-0.8";
const SERIAL: &str = "SEED1";
const ID: &str = "Aravis-Fake-SEED1";
const PATIENCE: Duration = Duration::from_secs(30);

/// A camera has one address: one test at a time.
static ADDRESS: Mutex<()> = Mutex::new(());

/// aravis' simulated camera on loopback.
struct SimulatedCamera {
    process: Child,
    _alone: Option<MutexGuard<'static, ()>>,
}

impl SimulatedCamera {
    /// A camera that loses so many packets in a thousand; none where the simulator is not installed.
    fn start(lost_in_a_thousand: u32) -> Option<Self> {
        let alone = ADDRESS.lock().unwrap_or_else(PoisonError::into_inner);
        let mut camera = Self::spawn(lost_in_a_thousand)?;
        camera._alone = Some(alone);
        Some(camera)
    }

    fn spawn(lost_in_a_thousand: u32) -> Option<Self> {
        let loss = lost_in_a_thousand.to_string();
        let started = Command::new(SIMULATOR)
            .args(["-i", "127.0.0.1", "-s", SERIAL, "-r", &loss])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let Ok(process) = started else {
            println!("{SIMULATOR} is not installed: skipped");
            return None;
        };
        let camera = Self {
            process,
            _alone: None,
        };
        wait_for("the simulated camera", || {
            discover().iter().any(|found| found.id == ID)
        });
        Some(camera)
    }
}

impl Drop for SimulatedCamera {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[track_caller]
fn wait_for(what: &str, mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < PATIENCE, "{what} never came");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn settings() -> GigeSettings {
    GigeSettings {
        device: Some(ID.to_owned()),
        exposure_us: Some(2000.0),
        gain: Some(3.0),
        trigger: GigeSettings::SOFTWARE.to_owned(),
        pixel_format: Some("BayerRG8".to_owned()),
        packet_bytes: None,
    }
}

fn expose(camera: &mut PairedCamera) -> Result<Picture, NoFrame> {
    camera.expose(&Trigger {
        id: TriggerId(1),
        uid: "b/l/d/1".to_owned(),
        job: JobId(7),
        latched: EncoderCount(0),
        seen: Moment::now(),
    })
}

fn paired(wait_ms: u64) -> PairedCamera {
    let source = GigeSource::open(settings()).unwrap();
    PairedCamera::new(Box::new(source), Duration::from_millis(wait_ms))
}

#[test]
fn a_camera_is_found_set_and_gives_one_numbered_frame_a_trigger() {
    let Some(_simulated) = SimulatedCamera::start(0) else {
        return;
    };
    let camera = GigeCamera::open(&settings()).unwrap();
    assert_eq!(camera.exposure_and_gain().unwrap(), (2000.0, 3.0));
    let mut before = None;
    for _ in 0..3 {
        camera.trigger().unwrap();
        let frame = camera.next(Duration::from_secs(2)).unwrap();
        let picture = frame.picture.unwrap();
        assert_eq!((picture.width(), picture.height()), (512, 512));
        if let Some((id, timestamp)) = before {
            assert_eq!(frame.frame_id, id + 1);
            assert!(frame.timestamp_ns > timestamp);
        }
        before = Some((frame.frame_id, frame.timestamp_ns));
    }
    assert!(
        camera.next(Duration::from_millis(200)).is_none(),
        "a frame for no trigger"
    );
}

#[test]
fn grey_mosaic_and_colour_are_all_read() {
    let Some(_simulated) = SimulatedCamera::start(0) else {
        return;
    };
    for (format, is_coloured) in [
        ("Mono8", false),
        ("Mono16", false),
        ("BayerGB8", true),
        ("BayerBG8", true),
        ("RGB8", true),
    ] {
        let asked = GigeSettings {
            pixel_format: Some(format.to_owned()),
            ..settings()
        };
        let camera = GigeCamera::open(&asked).unwrap();
        assert_eq!(camera.format().is_coloured(), is_coloured, "{format}");
        camera.trigger().unwrap();
        let frame = camera.next(Duration::from_secs(2)).expect(format);
        let picture = frame.picture.expect(format);
        let grey = picture
            .rgb()
            .as_chunks::<3>()
            .0
            .iter()
            .all(|[r, g, b]| r == g && g == b);
        assert_eq!(grey, !is_coloured, "{format}");
    }
}

#[test]
fn what_a_camera_cannot_take_is_refused_with_what_it_can() {
    let Some(_simulated) = SimulatedCamera::start(0) else {
        return;
    };
    let refused = |settings| {
        GigeCamera::open(&settings)
            .err()
            .expect("refused")
            .to_string()
    };
    let longest = refused(GigeSettings {
        exposure_us: Some(1e12),
        ..settings()
    });
    assert!(
        longest.contains("exposure_us: expected 10 to 10000000, found 1000000000000"),
        "{longest}"
    );
    let deep = refused(GigeSettings {
        pixel_format: Some("Mono12".to_owned()),
        ..settings()
    });
    assert!(
        deep.contains("expected one of BayerBG8") && deep.contains("found Mono12"),
        "{deep}"
    );
    let unread = refused(GigeSettings {
        pixel_format: Some("YUV422_8".to_owned()),
        ..settings()
    });
    assert!(unread.contains("YUV422_8 is not read"), "{unread}");
    let other = GigeSettings {
        device: Some("Maker-77".to_owned()),
        ..settings()
    };
    let error = GigeCamera::open(&other).err().unwrap();
    assert!(matches!(error, GigeError::NotFound { .. }));
    assert!(
        error.to_string().contains("Maker-77 was not found") && error.to_string().contains(ID),
        "{error}"
    );
}

#[test]
fn a_line_of_the_camera_that_is_to_start_exposures_is_set_and_software_starts_none() {
    let Some(_simulated) = SimulatedCamera::start(0) else {
        return;
    };
    let by = |source: &str| GigeSettings {
        trigger: source.to_owned(),
        ..settings()
    };
    let told = |source: &str| {
        let camera = GigeCamera::open(&by(source)).unwrap();
        camera.trigger_source().unwrap()
    };
    let rising = |source: &str| Some((source.to_owned(), "RisingEdge".to_owned()));
    assert_eq!(told("Software"), rising("Software"));
    assert_eq!(told("Line0"), rising("Line0"));
    assert_eq!(told("Software"), rising("Software"), "and back");

    // No signal comes on the simulator's line: no frame, and the tray that waits for one goes unjudged.
    let source = GigeSource::open(by("Line0")).unwrap();
    let mut camera = PairedCamera::new(Box::new(source), Duration::from_millis(250));
    let unlit = expose(&mut camera).unwrap_err();
    assert!(unlit.is_camera_silent(), "{unlit}");
}

#[test]
fn a_trigger_source_that_the_camera_does_not_have_is_refused_with_those_that_it_has() {
    let Some(_simulated) = SimulatedCamera::start(0) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("line.toml");
    let camera = format!("source = \"gige\"\ndevice = \"{ID}\"\ntrigger = \"Line7\"");
    let text = line_configuration(&camera, "", "source = \"simulated\"");
    std::fs::write(&config, text).unwrap();
    let mut line = embedded();
    line.args(["line", "--trays", "1", "--config"]).arg(&config);
    run(&mut line).ends_with(3).says(&[
        ID,
        "trigger: expected one of",
        "Line0",
        "Software",
        "found Line7",
    ]);
}

#[test]
fn a_frame_that_lost_packets_is_torn_and_never_a_picture() {
    let Some(_simulated) = SimulatedCamera::start(400) else {
        return;
    };
    let camera = GigeCamera::open(&settings()).unwrap();
    let mut torn = 0;
    for _ in 0..10 {
        camera.trigger().unwrap();
        // A frame whose first packet is lost does not come at all.
        if let Some(frame) = camera.next(Duration::from_millis(500)) {
            torn += u32::from(frame.picture.is_err());
        }
    }
    assert!(torn >= 3, "{torn} of 10 frames were seen to be torn");
}

#[test]
fn a_camera_that_vanishes_leaves_trays_unjudged_and_comes_back_by_itself() {
    let Some(mut simulated) = SimulatedCamera::start(0) else {
        return;
    };
    let mut camera = paired(250);
    let picture = expose(&mut camera).unwrap();
    assert!(
        picture.source.starts_with(&format!("gige/{ID}/frame-")),
        "{}",
        picture.source
    );

    simulated.process.kill().unwrap();
    simulated.process.wait().unwrap();
    let mut gone = expose(&mut camera).unwrap_err();
    assert!(gone.is_camera_silent(), "{gone}");
    wait_for("its absence", || {
        gone = expose(&mut camera).unwrap_err();
        gone.to_string().contains("was not found")
    });

    let _back = SimulatedCamera::spawn(0).unwrap();
    wait_for("the camera", || expose(&mut camera).is_ok());
    assert_eq!(
        expose(&mut camera).map(|picture| picture.frame.width()),
        Ok(512)
    );
}

#[test]
fn a_line_takes_its_trays_from_the_camera_and_doctor_names_it() {
    let Some(_simulated) = SimulatedCamera::start(0) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("line.toml");
    let text = line_configuration(
        &format!("source = \"gige\"\ndevice = \"{ID}\"\nexposure_us = 2000.0"),
        "",
        "source = \"simulated\"",
    );
    std::fs::write(&config, text).unwrap();
    let doctor = run(embedded().arg("--config").arg(&config).arg("doctor"));
    assert!(
        doctor.stdout.contains(&format!("{ID} (Fake) at 127.0.0.1")),
        "{doctor:?}"
    );

    let ended = run(embedded()
        .args(["line", "--trays", "2", "--config"])
        .arg(&config));
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let reader = seedgrade::store::StoreReader::open(&folder.path().join("line.db")).unwrap();
    // The camera's grey slope is no tray: it was seen, judged and refused.
    let rows = reader.commands(0, 100).unwrap();
    assert!(rows.len() >= 2, "{rows:?}");
    let trays = reader.trays(&Default::default()).unwrap();
    assert!(trays.len() >= 2, "{ended:?}");
    for tray in trays {
        let from_camera = tray.source.starts_with(&format!("gige/{ID}/frame-"));
        assert!(from_camera, "{tray:?}");
    }
}
