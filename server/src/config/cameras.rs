//! From the registry's endpoints to what the camera room needs, passwords read.

use std::path::Path;

use pantau_camera::{CameraConfig, Credentials, StreamUrl};
use pantau_schemas::registry::Mask;
use pantau_schemas::registry::parse::Parsed;
use pantau_schemas::toml_reader::{Fault, Faults};

/// Every camera of the registry.
pub(super) fn endpoints(parsed: &Parsed, base: &Path, faults: &Faults) -> Vec<CameraConfig> {
    let mut cameras = Vec::new();
    for (id, endpoint) in &parsed.endpoints {
        let password = endpoint
            .password_file
            .as_ref()
            .and_then(|file| super::files::secret(&base.join(file), faults))
            .unwrap_or_default();
        let url = |text: &str| {
            StreamUrl::parse(text)
                .map_err(|error| {
                    faults.push(Fault {
                        file: "registry".to_owned(),
                        line: 1,
                        key: format!("{id}.camera.url"),
                        message: error.to_string(),
                        nearest: None,
                    });
                })
                .ok()
        };
        let Some(main) = url(&endpoint.url) else { continue };
        let facts = parsed.registry.devices.get(id).and_then(|device| device.camera.as_ref());
        cameras.push(CameraConfig {
            covered: facts.is_some_and(|camera| camera.masks.iter().any(Mask::is_whole)),
            id: id.clone(),
            main,
            sub: endpoint.sub_url.as_deref().and_then(url),
            credentials: endpoint.user.clone().map(|user| Credentials { user, password }),
        });
    }
    cameras
}
