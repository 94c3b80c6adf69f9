//! The files of a city: its configuration, its registry, its secrets.

use std::fmt::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use super::Plan;
use crate::rtsp::{self, Cameras};
use crate::webhook;

/// The registry that every city has: two agencies, a site, four access points, four sensors.
const REGISTRY: &str = r#"
[[agency]]
code = "dinkominfo"
name = "Dinas Komunikasi dan Informatika"
kind = "dinas"
[[agency]]
code = "pupr"
name = "Dinas Pekerjaan Umum"
kind = "dinas"
[[site]]
code = "alun-alun"
name = "Alun-Alun Kota"
agency = "dinkominfo"
position = [-5.11391283, 105.30674411]
"#;

impl Plan {
    /// Writes the configuration, the registry and the secrets; gives the configuration's path.
    pub(super) fn write(
        &self,
        dir: &Path,
        (address, store): (SocketAddr, &str),
        (broker, direct): (Option<SocketAddr>, Option<SocketAddr>),
        cameras: Option<&Cameras>,
    ) -> anyhow::Result<PathBuf> {
        let (city, secrets) = (dir.join("city"), dir.join("secrets"));
        std::fs::create_dir_all(&city)?;
        std::fs::create_dir_all(&secrets)?;
        std::fs::write(city.join("base.toml"), format!("{REGISTRY}{}", devices()))?;
        for (number, text) in self.registry.iter().enumerate() {
            std::fs::write(city.join(format!("more-{number}.toml")), text)?;
        }
        if let Some(cameras) = cameras {
            let mut text = String::new();
            for (id, password) in &self.cameras {
                std::fs::write(secrets.join(id), password)?;
                text.push_str(&camera(id, self.large.get(id).copied(), cameras.address()));
                if let Some(metres) = self.scenes.get(id) {
                    writeln!(text, "scene_width_m = {metres}")?;
                }
                if let Some(corners) = self.masked.get(id) {
                    writeln!(text, "[[device.camera.mask]]\ncorners = {corners:?}")?;
                }
            }
            std::fs::write(city.join("cameras.toml"), text)?;
        }
        std::fs::write(secrets.join("lapor"), webhook::secret(&webhook::KEY))?;
        std::fs::write(secrets.join("pupr"), webhook::secret(&webhook::OTHER_KEY))?;
        let mut config = format!(
            "[city]\ncode = \"metro\"\nname = \"Kota Metro\"\nzone = \"Asia/Jakarta\"\nregistry = \"city/\"\n\
             [store]\nurl = \"{store}\"\n{}\n\
             [server]\nlisten = \"{address}\"\ndata = \"data\"\n",
            self.store.as_deref().unwrap_or_default()
        );
        if let Some(name) = self.name {
            writeln!(config, "origins = [\"http://{name}:{}\"]", address.port())?;
        }
        if broker.or(direct).is_some() {
            writeln!(config, "[mqtt]")?;
        }
        if let Some(broker) = broker {
            writeln!(config, "url = \"mqtt://{broker}\"")?;
        }
        if let Some(direct) = direct {
            writeln!(config, "listen = \"{direct}\"")?;
        }
        if !self.no_sender {
            writeln!(
                config,
                "[[events.sender]]\nsource = \"{}\"\nsecret_files = [\"secrets/lapor\"]",
                webhook::SOURCE
            )?;
        }
        config.push_str(&self.settings);
        let path = dir.join("pantau.toml");
        std::fs::write(&path, config)?;
        Ok(path)
    }
}

fn devices() -> String {
    let mut text = String::new();
    for (class, prefix, domain) in [("ap", "ap", "wireless"), ("sensor", "sen", "monitoring")] {
        for number in 1..=4 {
            // Writing to a string cannot fail.
            let _ok = write!(
                text,
                "[[device]]\nid = \"{prefix}-0{number}\"\nclass = \"{class}\"\nname = \"{prefix} {number}\"\n\
                 site = \"alun-alun\"\ndomain = \"{domain}\"\n"
            );
        }
    }
    text
}

/// A camera whose small and large stream are the same mount, unless it has a large one; `cam-x-as-y` shows the
/// mount `cam-x`.
fn camera(id: &str, large: Option<&str>, address: SocketAddr) -> String {
    let mount = id.split("-as-").next().unwrap_or(id);
    let large = large.unwrap_or(mount);
    format!(
        "[[device]]\nid = \"{id}\"\nclass = \"camera\"\nname = \"Kamera {id}\"\nsite = \"alun-alun\"\n\
         domain = \"cctv\"\n[device.camera]\nurl = \"rtsp://{address}/{large}\"\n\
         sub_url = \"rtsp://{address}/{mount}\"\nuser = \"{}\"\npassword_file = \"secrets/{id}\"\n\
         purpose = \"lalu-lintas\"\nnotice = \"papan di tiang\"\nretention_days = 14\n",
        rtsp::USER
    )
}
