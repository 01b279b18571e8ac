//! GigE Vision cameras, through aravis' library (LGPL, linked at run time): found, set, triggered, read.
//!
//! A [`GigeCamera`] lives on the thread that opened it. Invariant: a frame that lacks a packet, or whose bytes are not
//! those of its format, comes as torn and never as a picture.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aravis::glib::object::Cast as _;
use aravis::prelude::*;
use aravis::{Aravis, Buffer, BufferStatus, Camera, GvStream, Stream};

use super::{Frame, SensorFormat, develop};

/// Buffers that the camera may fill before they are read.
const BUFFERS: usize = 4;

/// How a camera is to be run. What is not said stays as the camera has it.
#[derive(Debug, Clone, PartialEq)]
pub struct GigeSettings {
    /// The camera's identifier (maker and serial number) or address; the first one found when absent.
    pub device: Option<String>,
    /// Exposure time, µs.
    pub exposure_us: Option<f64>,
    /// Gain, in the camera's own unit.
    pub gain: Option<f64>,
    /// What starts an exposure: `Software`, or a line of the camera such as `Line0`.
    pub trigger: String,
    /// Pixel format by its PFNC name.
    pub pixel_format: Option<String>,
    /// Bytes of a stream packet; as the camera has it when absent.
    pub packet_bytes: Option<i32>,
}

impl GigeSettings {
    /// The trigger that seedgrade gives itself.
    pub const SOFTWARE: &str = "Software";

    /// Whether seedgrade starts the exposure.
    #[must_use]
    pub fn is_triggered_by_software(&self) -> bool {
        self.trigger == Self::SOFTWARE
    }
}

/// A camera on the network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundCamera {
    /// Maker and serial number: the name to give as `device`.
    pub id: String,
    /// Its model.
    pub model: String,
    /// Its address.
    pub address: String,
}

/// Why a camera cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum GigeError {
    /// None answered, or not the one that was asked for.
    #[error("camera {wanted} was not found: expected a GigE Vision camera, found {found}")]
    NotFound {
        /// What was asked for.
        wanted: String,
        /// What answered.
        found: String,
    },
    /// It answered, but not to this.
    #[error("camera {id}: {what}: {source}")]
    Refused {
        /// The camera.
        id: String,
        /// What was tried.
        what: String,
        /// The library's reason.
        source: aravis::glib::Error,
    },
    /// A setting that this camera cannot take.
    #[error("camera {id}: {setting}: expected {expected}, found {found}")]
    Setting {
        /// The camera.
        id: String,
        /// The setting.
        setting: &'static str,
        /// What it can take.
        expected: String,
        /// What was configured.
        found: String,
    },
    /// A pixel format that is not read.
    #[error("camera {id}: {source}")]
    Format {
        /// The camera.
        id: String,
        /// Why.
        source: super::SensorError,
    },
}

/// The library's list of cameras is one for the process.
static LIBRARY: Mutex<Option<Aravis>> = Mutex::new(None);

/// The cameras that answer now.
#[must_use]
pub fn discover() -> Vec<FoundCamera> {
    let mut library = LIBRARY.lock().unwrap_or_else(PoisonError::into_inner);
    if library.is_none() {
        *library = Aravis::initialize().ok();
    }
    let text = |name: &std::ffi::CString| name.to_string_lossy().into_owned();
    let devices = library.as_ref().map(Aravis::get_device_list);
    let gige = devices
        .into_iter()
        .flatten()
        .filter(|device| text(&device.protocol) == "GigEVision");
    gige.map(|device| FoundCamera {
        id: text(&device.id),
        model: text(&device.model),
        address: text(&device.address),
    })
    .collect()
}

/// A frame as it came.
#[derive(Debug)]
pub struct GigeFrame {
    /// The camera's number for it.
    pub frame_id: u64,
    /// The camera's clock at its exposure, ns.
    pub timestamp_ns: u64,
    /// The picture, or why it is torn.
    pub picture: Result<Frame, String>,
}

/// A camera that runs.
pub struct GigeCamera {
    id: String,
    camera: Camera,
    stream: Stream,
    format: SensorFormat,
    lost: Arc<AtomicBool>,
}

impl GigeCamera {
    /// Finds the camera, sets it and starts it.
    ///
    /// # Errors
    /// It was not found or does not take a setting.
    pub fn open(settings: &GigeSettings) -> Result<Self, GigeError> {
        let id = find(settings.device.as_deref())?;
        let camera = doing(&id, "opening", connect(&id))?;
        let format = set(&id, &camera, settings)?;
        let payload = doing(&id, "payload size", camera.payload())?;
        let stream = doing(&id, "opening its stream", camera.create_stream())?;
        if let Some(stream) = stream.downcast_ref::<GvStream>() {
            // A packet that was asked for again and did not come in this time is gone.
            stream.set_packet_timeout(20_000);
            stream.set_frame_retention(100_000);
        }
        for _ in 0..BUFFERS {
            stream.push_buffer(Buffer::new_allocate(payload as usize));
        }
        let lost = Arc::new(AtomicBool::new(false));
        if let Some(device) = camera.device() {
            let lost = Arc::clone(&lost);
            device.connect_control_lost(move |_| lost.store(true, Ordering::SeqCst));
        }
        doing(&id, "starting", camera.start_acquisition())?;
        Ok(Self {
            id,
            camera,
            stream,
            format,
            lost,
        })
    }

    /// Maker and serial number.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// How its samples lie.
    #[must_use]
    pub fn format(&self) -> SensorFormat {
        self.format
    }

    /// Exposure time in µs and gain, as the camera has them.
    ///
    /// # Errors
    /// It does not answer.
    pub fn exposure_and_gain(&self) -> Result<(f64, f64), GigeError> {
        let exposure = doing(&self.id, "exposure time", self.camera.exposure_time())?;
        let gain = doing(&self.id, "gain", self.camera.gain())?;
        Ok((exposure, gain))
    }

    /// What starts an exposure and at which of its edges, as the camera has it; none where it exposes unasked.
    ///
    /// # Errors
    /// It does not answer.
    pub fn trigger_source(&self) -> Result<Option<(String, String)>, GigeError> {
        let ask = |feature: &str| doing(&self.id, feature, self.camera.string(feature));
        if ask("TriggerMode")? != "On" {
            return Ok(None);
        }
        let (source, edge) = (ask("TriggerSource")?, ask("TriggerActivation")?);
        Ok(Some((source.into(), edge.into())))
    }

    /// Exposes now.
    ///
    /// # Errors
    /// It does not answer.
    pub fn trigger(&self) -> Result<(), GigeError> {
        doing(&self.id, "software trigger", self.camera.software_trigger())
    }

    /// Whether it has stopped answering: it must be opened anew.
    #[must_use]
    pub fn is_lost(&self) -> bool {
        self.lost.load(Ordering::SeqCst)
    }

    /// The next frame, waiting at most so long for it.
    #[must_use]
    pub fn next(&self, wait: Duration) -> Option<GigeFrame> {
        let microseconds = u64::try_from(wait.as_micros()).unwrap_or(u64::MAX);
        let buffer = self.stream.timeout_pop_buffer(microseconds)?;
        let frame = GigeFrame {
            frame_id: buffer.frame_id(),
            timestamp_ns: buffer.timestamp(),
            picture: self.read(&buffer),
        };
        self.stream.push_buffer(buffer);
        Some(frame)
    }

    fn read(&self, buffer: &Buffer) -> Result<Frame, String> {
        match buffer.status() {
            BufferStatus::Success => {}
            BufferStatus::MissingPackets | BufferStatus::Timeout => {
                return Err("packets of it were lost on the network".to_owned());
            }
            other => return Err(format!("the camera's library says {other:?}")),
        }
        let side = |length: i32| usize::try_from(length).unwrap_or(0);
        let (width, height) = (side(buffer.image_width()), side(buffer.image_height()));
        let code = buffer.image_pixel_format().raw();
        SensorFormat::from_code(code)
            .and_then(|format| develop(format, width, height, &buffer.image_data()))
            .map_err(|error| error.to_string())
    }
}

impl Drop for GigeCamera {
    fn drop(&mut self) {
        // A camera that is gone cannot be stopped.
        if !self.is_lost() {
            let _ = self.camera.stop_acquisition();
        }
    }
}

fn doing<T>(
    id: &str,
    what: impl Into<String>,
    result: Result<T, aravis::glib::Error>,
) -> Result<T, GigeError> {
    result.map_err(|source| GigeError::Refused {
        id: id.to_owned(),
        what: what.into(),
        source,
    })
}

fn find(device: Option<&str>) -> Result<String, GigeError> {
    let found = discover();
    let is_it = |camera: &&FoundCamera| {
        device.is_none_or(|wanted| camera.id == wanted || camera.address == wanted)
    };
    if let Some(camera) = found.iter().find(is_it) {
        return Ok(camera.id.clone());
    }
    let names: Vec<_> = found
        .iter()
        .map(|camera| format!("{} at {}", camera.id, camera.address))
        .collect();
    Err(GigeError::NotFound {
        wanted: device.unwrap_or("of any name").to_owned(),
        found: match names.is_empty() {
            true => "none".to_owned(),
            false => names.join(", "),
        },
    })
}

fn connect(id: &str) -> Result<Camera, aravis::glib::Error> {
    // Opening looks through the list that `discover` makes.
    let _library = LIBRARY.lock().unwrap_or_else(PoisonError::into_inner);
    Camera::new(Some(id))
}

fn set(id: &str, camera: &Camera, settings: &GigeSettings) -> Result<SensorFormat, GigeError> {
    if let Some(name) = &settings.pixel_format {
        readable(id, SensorFormat::from_name(name))?;
        let offered = doing(
            id,
            "pixel formats",
            camera.dup_available_pixel_formats_as_strings(),
        )?;
        if !offered.iter().any(|offered| offered.as_str() == name) {
            return Err(GigeError::Setting {
                id: id.to_owned(),
                setting: "pixel_format",
                expected: format!("one of {}", offered.join(", ")),
                found: name.clone(),
            });
        }
        doing(
            id,
            format!("pixel format {name}"),
            camera.set_pixel_format_from_string(name),
        )?;
    }
    let raw = doing(id, "pixel format", camera.pixel_format())?.raw();
    let format = readable(id, SensorFormat::from_code(raw))?;
    if let Some(exposure) = settings.exposure_us {
        let bounds = doing(id, "exposure time", camera.exposure_time_bounds())?;
        within(id, "exposure_us", exposure, bounds)?;
        doing(id, "exposure time", camera.set_exposure_time(exposure))?;
    }
    if let Some(gain) = settings.gain {
        let bounds = doing(id, "gain", camera.gain_bounds())?;
        within(id, "gain", gain, bounds)?;
        doing(id, "gain", camera.set_gain(gain))?;
    }
    if let Some(bytes) = settings.packet_bytes {
        doing(
            id,
            format!("packets of {bytes} bytes"),
            camera.gv_set_packet_size(bytes),
        )?;
    }
    set_trigger(id, camera, &settings.trigger)?;
    Ok(format)
}

fn set_trigger(id: &str, camera: &Camera, source: &str) -> Result<(), GigeError> {
    let offered = doing(
        id,
        "trigger sources",
        camera.dup_available_trigger_sources(),
    )?;
    if !offered.iter().any(|offered| offered.as_str() == source) {
        return Err(GigeError::Setting {
            id: id.to_owned(),
            setting: "trigger",
            expected: format!("one of {}", offered.join(", ")),
            found: source.to_owned(),
        });
    }
    doing(id, format!("trigger {source}"), camera.set_trigger(source))
}

fn readable(
    id: &str,
    format: Result<SensorFormat, super::SensorError>,
) -> Result<SensorFormat, GigeError> {
    format.map_err(|source| GigeError::Format {
        id: id.to_owned(),
        source,
    })
}

fn within(
    id: &str,
    setting: &'static str,
    value: f64,
    (least, most): (f64, f64),
) -> Result<(), GigeError> {
    if (least..=most).contains(&value) {
        return Ok(());
    }
    Err(GigeError::Setting {
        id: id.to_owned(),
        setting,
        expected: format!("{least} to {most}"),
        found: value.to_string(),
    })
}
