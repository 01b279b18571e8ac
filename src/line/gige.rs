//! A GigE Vision camera as a [`FrameSource`]: a thread of its own opens it, triggers it, reads it, and opens it again
//! when it has vanished.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TryRecvError, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use super::camera::{CameraPresence, FrameSource, Picture, SourceFrame};
use super::control::Trigger;
use super::exposure_clock::ExposureClock;
use crate::clock::Moment;
use crate::frame::gige::{GigeCamera, GigeError, GigeFrame, GigeSettings};

/// How long it is waited for a frame before it is asked whether to expose.
const BETWEEN_QUESTIONS: Duration = Duration::from_millis(2);
/// A camera that has vanished is looked for again after this.
const BEFORE_NEXT_TRY: Duration = Duration::from_millis(500);
/// How long the first frame of a camera may take: it is thrown away.
const FIRST_FRAME: Duration = Duration::from_secs(2);
/// How long a camera may take to answer to a trigger.
const ANSWER: Duration = Duration::from_millis(500);
/// Frames that wait to be asked for; when full, the newest is thrown away: those before it belong to no tray either.
const FRAMES: usize = 4;

/// A question to expose, and where the answer goes.
type Ask = SyncSender<Result<(), String>>;

/// A GigE Vision camera.
pub struct GigeSource {
    by_software: bool,
    presence: CameraPresence,
    asks: SyncSender<Ask>,
    frames: Receiver<SourceFrame>,
    ended: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl GigeSource {
    /// Opens a camera; from then on it is opened again whenever it vanishes.
    ///
    /// # Errors
    /// It is not there or does not take its settings.
    pub fn open(settings: GigeSettings) -> Result<Self, String> {
        let by_software = settings.is_triggered_by_software();
        let presence = CameraPresence::default();
        let ended = Arc::new(AtomicBool::new(false));
        let (asks, asked) = sync_channel(1);
        let (taken, frames) = sync_channel(FRAMES);
        let (first, opened) = sync_channel(1);
        let driver = Driver {
            settings,
            presence: presence.clone(),
            ended: Arc::clone(&ended),
            asked,
            frames: taken,
        };
        let thread = std::thread::Builder::new()
            .name("gige".to_owned())
            .spawn(move || driver.work(&first))
            .map_err(|error| format!("the camera's thread cannot be started: {error}"))?;
        let source = Self {
            by_software,
            presence,
            asks,
            frames,
            ended,
            thread: Some(thread),
        };
        match opened.recv() {
            Ok(opened) => opened.map(|()| source),
            Err(_) => Err("the camera's thread ended".to_owned()),
        }
    }
}

impl Drop for GigeSource {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl FrameSource for GigeSource {
    fn presence(&self) -> Option<CameraPresence> {
        Some(self.presence.clone())
    }

    fn trigger(&mut self, _: &Trigger) -> Result<(), String> {
        if let Some(trouble) = self.presence.trouble() {
            return Err(trouble);
        }
        if !self.by_software {
            return Ok(());
        }
        let no_answer = || "the camera does not answer".to_owned();
        let (answer, answered) = sync_channel(1);
        self.asks.try_send(answer).map_err(|_| no_answer())?;
        answered.recv_timeout(ANSWER).map_err(|_| no_answer())?
    }

    fn next(&mut self, wait: Duration) -> Option<SourceFrame> {
        match self.frames.recv_timeout(wait) {
            Ok(frame) => Some(frame),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => {
                std::thread::sleep(wait);
                None
            }
        }
    }
}

/// What the thread has.
struct Driver {
    settings: GigeSettings,
    presence: CameraPresence,
    ended: Arc<AtomicBool>,
    asked: Receiver<Ask>,
    frames: SyncSender<SourceFrame>,
}

impl Driver {
    /// Keeps the camera open until the source is dropped; says once how the first opening went, and ends where it
    /// failed.
    fn work(&self, first: &SyncSender<Result<(), String>>) {
        let mut opened_before = false;
        while !self.ended.load(Ordering::SeqCst) {
            match self.open() {
                Ok((camera, clock)) => {
                    self.presence.set(None);
                    if opened_before {
                        tracing::info!("camera {} is back", camera.id());
                    }
                    opened_before = true;
                    let _ = first.try_send(Ok(()));
                    let why = self.pump(&camera, clock);
                    if let Some(why) = why {
                        tracing::error!("{why}");
                        self.presence.set(Some(why));
                    }
                }
                Err(why) if !opened_before => {
                    let _ = first.try_send(Err(why));
                    return;
                }
                Err(why) => {
                    self.presence.set(Some(why));
                    std::thread::sleep(BEFORE_NEXT_TRY);
                }
            }
            while let Ok(ask) = self.asked.try_recv() {
                let _ = ask.try_send(Err("the camera is being opened".to_owned()));
            }
        }
    }

    /// Opens the camera. Where seedgrade triggers it, a frame is taken and thrown away: it shows that frames come, and
    /// how the camera's clock stands.
    fn open(&self) -> Result<(GigeCamera, ExposureClock), String> {
        let said = |error: GigeError| error.to_string();
        let camera = GigeCamera::open(&self.settings).map_err(said)?;
        let mut clock = ExposureClock::default();
        if self.settings.is_triggered_by_software() {
            camera.trigger().map_err(said)?;
            let frame = camera.next(FIRST_FRAME).ok_or_else(|| {
                let id = camera.id();
                format!("camera {id} answers but gives no frame: is its stream let through?")
            })?;
            clock.exposed(Duration::from_nanos(frame.timestamp_ns), Moment::now());
        }
        if !camera.format().is_coloured() {
            tracing::warn!(
                "camera {} gives grey pictures: chlorosis and necrosis are not seen",
                camera.id()
            );
        }
        Ok((camera, clock))
    }

    /// Triggers and reads until the camera vanishes; then why, or nothing where the source was dropped.
    fn pump(&self, camera: &GigeCamera, mut clock: ExposureClock) -> Option<String> {
        loop {
            if self.ended.load(Ordering::SeqCst) {
                return None;
            }
            if camera.is_lost() {
                return Some(format!("camera {} has vanished", camera.id()));
            }
            match self.asked.try_recv() {
                Ok(ask) => {
                    let exposed = camera.trigger().map_err(|error| error.to_string());
                    let failed = exposed.clone().err();
                    let _ = ask.try_send(exposed);
                    if failed.is_some() {
                        return failed;
                    }
                }
                Err(TryRecvError::Empty) => {}
                Err(TryRecvError::Disconnected) => return None,
            }
            if let Some(frame) = camera.next(BETWEEN_QUESTIONS) {
                // When nobody takes them, no tray waits for them.
                let _ = self
                    .frames
                    .try_send(source_frame(camera.id(), frame, &mut clock));
            }
        }
    }
}

/// The frame with its moment and its name: the camera, its number for the frame, and its clock.
fn source_frame(id: &str, frame: GigeFrame, clock: &mut ExposureClock) -> SourceFrame {
    let GigeFrame {
        frame_id,
        timestamp_ns,
        picture,
    } = frame;
    SourceFrame {
        exposed: clock.exposed(Duration::from_nanos(timestamp_ns), Moment::now()),
        picture: picture.map(|frame| Picture {
            frame: Arc::new(frame),
            source: format!("gige/{id}/frame-{frame_id}@{timestamp_ns}ns"),
            sha256: None,
            encoded: None,
        }),
    }
}
