//! A trigger in, the one frame of its tray out, or the reason why there is none.
//!
//! Frames come when they come: a [`FrameSource`] may be late, silent, give two for one trigger or one for none. A
//! [`PairedCamera`] gives out a frame only where exactly one was exposed at its trigger; everything else leaves the
//! tray ungraded. Frames exposed at another time are never kept for the next tray.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sha2::{Digest, Sha256};

use super::control::Trigger;
use crate::clock::Moment;
use crate::frame::{DecodeLimits, Frame, FrameFolder};

/// A frame as its source gives it.
#[derive(Debug, Clone)]
pub struct SourceFrame {
    /// When it was exposed, by the source's reckoning; when it came, where the source cannot say.
    pub exposed: Moment,
    /// The picture, or why it is torn.
    pub picture: Result<Picture, String>,
}

/// A picture and what is known of it.
#[derive(Debug, Clone)]
pub struct Picture {
    /// Its pixels.
    pub frame: Arc<Frame>,
    /// Its name.
    pub source: String,
    /// SHA-256 of its bytes, lower-case hex, where it has bytes.
    pub sha256: Option<String>,
    /// Those bytes: the JPEG or PNG as it came.
    pub encoded: Option<Arc<[u8]>>,
}

impl Picture {
    /// A picture that came as JPEG or PNG, and its pixels.
    #[must_use]
    pub fn of_bytes(source: String, bytes: &[u8], frame: Frame) -> Self {
        Self {
            frame: Arc::new(frame),
            source,
            sha256: Some(hex::encode(Sha256::digest(bytes))),
            encoded: Some(Arc::from(bytes)),
        }
    }
}

/// Why a camera is not there just now, for who does not hold it; nothing while it is.
#[derive(Debug, Clone, Default)]
pub struct CameraPresence(Arc<Mutex<Option<String>>>);

impl CameraPresence {
    /// Why it is not there, if so.
    #[must_use]
    pub fn trouble(&self) -> Option<String> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// It is there again, or is not any more.
    pub fn set(&self, trouble: Option<String>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = trouble;
    }
}

/// What gives frames.
pub trait FrameSource: Send {
    /// What tells between the trays that it has vanished, where it knows.
    fn presence(&self) -> Option<CameraPresence> {
        None
    }

    /// A tray is at the camera: a source that is triggered by software exposes now.
    ///
    /// # Errors
    /// It cannot be exposed.
    fn trigger(&mut self, trigger: &Trigger) -> Result<(), String>;

    /// The next frame, waiting at most so long for it.
    fn next(&mut self, wait: Duration) -> Option<SourceFrame>;
}

/// Why a tray has no frame.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoFrame {
    /// None came in time.
    #[error("the camera gave no frame within {milliseconds} ms")]
    Silent {
        /// How long was waited.
        milliseconds: u128,
    },
    /// More than one: which of them shows the tray is not known.
    #[error("the camera gave two frames for one trigger")]
    Two,
    /// It came incomplete.
    #[error("the frame is torn: {0}")]
    Torn(String),
    /// The camera could not be triggered.
    #[error("the camera could not be triggered: {0}")]
    Untriggered(String),
}

impl NoFrame {
    /// Whether the camera is to be doubted, and not only this frame.
    #[must_use]
    pub fn is_camera_silent(&self) -> bool {
        matches!(self, Self::Silent { .. } | Self::Untriggered(_))
    }
}

/// A frame may be exposed this long before the trigger is seen: the loop looks every few milliseconds.
const BEFORE_SEEN: Duration = Duration::from_millis(100);

/// Pairs a source's frames with triggers.
pub struct PairedCamera {
    source: Box<dyn FrameSource>,
    wait: Duration,
    strays: u64,
}

impl PairedCamera {
    /// A camera that waits so long for a frame.
    #[must_use]
    pub fn new(source: Box<dyn FrameSource>, wait: Duration) -> Self {
        Self {
            source,
            wait,
            strays: 0,
        }
    }

    /// What tells between the trays that it has vanished, where its source knows.
    #[must_use]
    pub fn presence(&self) -> Option<CameraPresence> {
        self.source.presence()
    }

    /// The frame of a tray.
    ///
    /// # Errors
    /// There is not exactly one whole frame that was exposed at the trigger.
    pub fn expose(&mut self, trigger: &Trigger) -> Result<Picture, NoFrame> {
        self.source.trigger(trigger).map_err(NoFrame::Untriggered)?;
        let end = trigger.seen.later(self.wait);
        let mut found: Option<SourceFrame> = None;
        loop {
            // Once there is one, only what is there already can be a second.
            let left = match found {
                Some(_) => Duration::ZERO,
                None => end.since(Moment::now()),
            };
            match (self.source.next(left), &found) {
                (Some(frame), _) if !self.belongs(&frame, trigger) => self.strays += 1,
                (Some(frame), None) => found = Some(frame),
                (Some(_), Some(_)) => return Err(NoFrame::Two),
                (None, _) if found.is_some() || left.is_zero() => break,
                (None, _) => {}
            }
        }
        let milliseconds = self.wait.as_millis();
        let frame = found.ok_or(NoFrame::Silent { milliseconds })?;
        frame.picture.map_err(NoFrame::Torn)
    }

    /// Frames that belonged to no trigger so far.
    #[must_use]
    pub fn strays(&self) -> u64 {
        self.strays
    }

    fn belongs(&self, frame: &SourceFrame, trigger: &Trigger) -> bool {
        let early = trigger.seen.since(frame.exposed);
        let late = frame.exposed.since(trigger.seen);
        early <= BEFORE_SEEN && late <= self.wait
    }
}

/// A folder as a camera: one picture a trigger, in name order, then from the start again.
#[derive(Debug)]
pub struct FolderSource {
    folder: FrameFolder,
    next: Option<SourceFrame>,
}

impl FolderSource {
    /// A camera over the pictures of a folder.
    #[must_use]
    pub fn new(folder: FrameFolder) -> Self {
        Self { folder, next: None }
    }
}

impl FrameSource for FolderSource {
    fn trigger(&mut self, trigger: &Trigger) -> Result<(), String> {
        let (path, read) = self.folder.trigger().ok_or("the folder has no picture")?;
        let picture = read
            .map(|(bytes, frame)| picture(&path, &bytes, frame))
            .map_err(|error| error.to_string());
        self.next = Some(SourceFrame {
            exposed: trigger.seen,
            picture,
        });
        Ok(())
    }

    fn next(&mut self, _: Duration) -> Option<SourceFrame> {
        self.next.take()
    }
}

/// The camera of a simulated belt: replays pictures that were decoded before, so that it takes no core from what
/// is measured.
#[derive(Debug)]
pub struct ReplaySource {
    pictures: Vec<Picture>,
    at: usize,
    next: Option<SourceFrame>,
}

impl ReplaySource {
    /// Reads all pictures of a folder, at most so many.
    ///
    /// # Errors
    /// A picture cannot be read.
    pub fn read(mut folder: FrameFolder, most: usize) -> Result<Self, crate::frame::FolderError> {
        let mut pictures = Vec::new();
        for _ in 0..folder.len().min(most) {
            if let Some((path, read)) = folder.trigger() {
                let (bytes, frame) = read?;
                pictures.push(picture(&path, &bytes, frame));
            }
        }
        Ok(Self::new(pictures))
    }

    /// Replays these.
    #[must_use]
    pub fn new(pictures: Vec<Picture>) -> Self {
        Self {
            pictures,
            at: 0,
            next: None,
        }
    }
}

impl FrameSource for ReplaySource {
    fn trigger(&mut self, trigger: &Trigger) -> Result<(), String> {
        let count = self.pictures.len().max(1);
        let picture = self.pictures.get(self.at % count).cloned();
        self.at = (self.at + 1) % count;
        self.next = Some(SourceFrame {
            exposed: trigger.seen,
            picture: Ok(picture.ok_or("there is no picture to replay")?),
        });
        Ok(())
    }

    fn next(&mut self, _: Duration) -> Option<SourceFrame> {
        self.next.take()
    }
}

fn picture(path: &std::path::Path, bytes: &[u8], frame: Frame) -> Picture {
    Picture::of_bytes(path.to_string_lossy().into_owned(), bytes, frame)
}

/// The pictures that a folder camera replays.
///
/// # Errors
/// The folder cannot be listed, or has no picture.
pub fn open_folder(path: PathBuf) -> Result<FrameFolder, String> {
    let folder = FrameFolder::open(&path, DecodeLimits::default()).map_err(|e| e.to_string())?;
    if folder.is_empty() {
        return Err(format!("{}: no picture found", path.display()));
    }
    Ok(folder)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::collections::VecDeque;

    use super::*;
    use crate::geometry::EncoderCount;
    use crate::sorting::{JobId, TriggerId};

    /// Gives frames as they were laid out, whatever the trigger.
    struct Scripted(VecDeque<SourceFrame>);

    impl FrameSource for Scripted {
        fn trigger(&mut self, _: &Trigger) -> Result<(), String> {
            Ok(())
        }
        fn next(&mut self, wait: Duration) -> Option<SourceFrame> {
            let next = self.0.pop_front();
            if next.is_none() {
                std::thread::sleep(wait);
            }
            next
        }
    }

    fn frame(name: &str, exposed: Moment) -> SourceFrame {
        let frame = Frame::from_rgb(1, 1, vec![0; 3]).unwrap();
        let picture = Picture {
            frame: Arc::new(frame),
            source: name.to_owned(),
            sha256: None,
            encoded: None,
        };
        SourceFrame {
            exposed,
            picture: Ok(picture),
        }
    }

    /// Exposes one tray, seen now, over frames exposed so many milliseconds before it (negative: after).
    fn expose(frames: &[(&str, i64)]) -> (Result<String, NoFrame>, u64) {
        // Late enough that what lies before it is no moment before the beginning.
        std::thread::sleep(Duration::from_millis(1));
        let base = Moment::now().later(Duration::from_secs(10));
        let seen = Moment::now();
        let at = |before: &i64| match before {
            0.. => Moment::after_start(
                seen.since(Moment::default())
                    .saturating_sub(Duration::from_millis(before.unsigned_abs())),
            ),
            _ => base,
        };
        let frames = frames.iter().map(|(name, before)| frame(name, at(before)));
        let source = Scripted(frames.collect());
        let mut camera = PairedCamera::new(Box::new(source), Duration::from_millis(20));
        let trigger = Trigger {
            id: TriggerId(1),
            uid: "b/l/d/1".to_owned(),
            job: JobId(7),
            latched: EncoderCount(0),
            seen,
        };
        let exposed = camera.expose(&trigger).map(|picture| picture.source);
        (exposed, camera.strays())
    }

    #[test]
    fn one_frame_at_its_trigger_is_its_trays() {
        assert_eq!(expose(&[("own", 0)]), (Ok("own".to_owned()), 0));
    }

    #[test]
    fn a_silent_camera_and_a_frame_of_another_time_give_none() {
        let silent = Err(NoFrame::Silent { milliseconds: 20 });
        assert_eq!(expose(&[]), (silent.clone(), 0));
        assert_eq!(expose(&[("of later", -1)]), (silent, 1));
    }

    #[test]
    fn a_frame_for_no_trigger_is_thrown_away_and_two_for_one_are_doubted() {
        assert_eq!(
            expose(&[("of later", -1), ("own", 0)]),
            (Ok("own".to_owned()), 1)
        );
        assert_eq!(expose(&[("own", 0), ("again", 0)]), (Err(NoFrame::Two), 0));
    }
}
