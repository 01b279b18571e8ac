//! GigE Vision in a line's camera section and in `doctor`: built in by the cargo feature `gige`.

use crate::config::Camera;
use crate::line::FrameSource;

use super::super::exit::Failure;

/// The configured camera, opened.
///
/// # Errors
/// It is not there, or does not take its settings.
#[cfg(feature = "gige")]
pub fn camera(section: &Camera) -> Result<Box<dyn FrameSource>, Failure> {
    use crate::frame::gige::GigeSettings;
    use crate::line::GigeSource;

    let settings = GigeSettings {
        device: section.device.clone(),
        exposure_us: section.exposure_us,
        gain: section.gain,
        trigger: section
            .trigger
            .clone()
            .unwrap_or_else(|| GigeSettings::SOFTWARE.to_owned()),
        pixel_format: section.pixel_format.clone(),
        packet_bytes: section.packet_bytes,
    };
    let source =
        GigeSource::open(settings).map_err(|why| Failure::resource(anyhow::Error::msg(why)))?;
    Ok(Box::new(source))
}

/// Says that it is not built in.
#[cfg(not(feature = "gige"))]
pub fn camera(_: &Camera) -> Result<Box<dyn FrameSource>, Failure> {
    Err(anyhow::anyhow!(
        "configuration: [camera] source = \"gige\": this seedgrade was built without GigE Vision: expected a build \
         with the cargo feature `gige`, or source = \"folder\" or \"simulated\""
    )
    .into())
}

/// What `doctor` says: what is built in, what answers, and what is configured and does not.
#[cfg(feature = "gige")]
pub fn findings(section: Option<&Camera>) -> Vec<String> {
    use crate::config::CameraSource;

    let found = crate::frame::gige::discover();
    let mut lines = vec!["folder, simulated, GigE Vision".to_owned()];
    lines.extend(found.iter().map(|camera| {
        format!(
            "GigE Vision: {} ({}) at {}",
            camera.id, camera.model, camera.address
        )
    }));
    if found.is_empty() {
        lines.push("GigE Vision: no camera answers".to_owned());
    }
    let configured = section.filter(|section| section.source == CameraSource::Gige);
    if let Some(device) = configured.and_then(|section| section.device.as_ref())
        && !found
            .iter()
            .any(|camera| camera.id == *device || camera.address == *device)
    {
        lines.push(format!("missing: {device}, which the configuration names"));
    }
    lines
}

/// What `doctor` says: what is built in.
#[cfg(not(feature = "gige"))]
pub fn findings(section: Option<&Camera>) -> Vec<String> {
    use crate::config::CameraSource;

    let mut lines =
        vec!["folder, simulated; GigE Vision is not built in (cargo feature `gige`)".to_owned()];
    if section.is_some_and(|section| section.source == CameraSource::Gige) {
        lines.push("missing: GigE Vision, which the configuration asks for".to_owned());
    }
    lines
}
