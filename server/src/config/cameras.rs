//! From the registry's endpoints to what the camera room needs, passwords read.

use std::path::Path;

use pantau_camera::{CameraConfig, Credentials, StillConfig, StillUrl, StreamUrl, UrlError};
use pantau_schemas::registry::Mask;
use pantau_schemas::registry::parse::Parsed;
use pantau_schemas::toml_reader::{Fault, Faults};

/// Every camera of the registry, and where those that give still pictures do.
pub(super) fn endpoints(
    parsed: &Parsed,
    base: &Path,
    faults: &Faults,
) -> (Vec<CameraConfig>, Vec<StillConfig>) {
    let (mut cameras, mut stills) = (Vec::new(), Vec::new());
    for (id, endpoint) in &parsed.endpoints {
        let password = endpoint
            .password_file
            .as_ref()
            .and_then(|file| super::files::secret(&base.join(file), faults))
            .unwrap_or_default();
        let fault = |key: &str, error: UrlError| {
            faults.push(Fault {
                file: "registry".to_owned(),
                line: 1,
                key: format!("{id}.camera.{key}"),
                message: error.to_string(),
                nearest: None,
            });
        };
        let url = |text: &str| StreamUrl::parse(text).map_err(|error| fault("url", error)).ok();
        let credentials = endpoint.user.clone().map(|user| Credentials { user, password });
        let still = endpoint.snapshot_url.as_deref().map(StillUrl::parse);
        if let Some(url) = still.and_then(|still| still.map_err(|error| fault("snapshot_url", error)).ok()) {
            stills.push(StillConfig { id: id.clone(), url, credentials: credentials.clone() });
        }
        let Some(main) = url(&endpoint.url) else { continue };
        let facts = parsed.registry.devices.get(id).and_then(|device| device.camera.as_ref());
        cameras.push(CameraConfig {
            covered: facts.is_some_and(|camera| camera.masks.iter().any(Mask::is_whole)),
            id: id.clone(),
            main,
            sub: endpoint.sub_url.as_deref().and_then(url),
            credentials,
        });
    }
    (cameras, stills)
}
