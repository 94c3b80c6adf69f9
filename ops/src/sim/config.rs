//! The configuration of a server that is to watch over the simulated city.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rand::Rng;

use super::error::SimError;
use super::registry::{CITY, CITY_NAME, ZONE};

/// The user of every simulated camera.
pub(crate) const CAMERA_USER: &str = "viewer";
/// Where their password is, relative to the configuration; `cameras.toml` names it too.
const CAMERA_SECRET: &str = "secrets/cameras";
const FEED_SECRET: &str = "secrets/feed";

/// Passwords of one run.
pub(crate) struct Secrets {
    /// Password of the cameras.
    pub(crate) cameras: String,
    /// The agencies' secret, as Standard Webhooks writes it.
    pub(crate) feed: String,
}

impl Secrets {
    /// New ones.
    pub(crate) fn new() -> Self {
        let mut random = rand::rng();
        Self {
            cameras: format!("{:032x}", random.random::<u128>()),
            feed: format!("whsec_{}", STANDARD.encode(random.random::<[u8; 32]>())),
        }
    }

    /// Writes them below `folder`, for the owner alone.
    pub(crate) fn write(&self, folder: &Path) -> Result<(), SimError> {
        for (name, secret) in [(CAMERA_SECRET, &self.cameras), (FEED_SECRET, &self.feed)] {
            let path = folder.join(name);
            if let Some(parent) = path.parent() {
                fs::create_dir_all(parent).map_err(failed(parent))?;
            }
            private(&path, secret).map_err(failed(&path))?;
        }
        Ok(())
    }
}

#[cfg(unix)]
fn private(path: &Path, text: &str) -> std::io::Result<()> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())
}

#[cfg(not(unix))]
fn private(path: &Path, text: &str) -> std::io::Result<()> {
    fs::write(path, text)
}

fn failed(path: &Path) -> impl FnOnce(std::io::Error) -> SimError + '_ {
    move |source| SimError::Write { path: path.to_owned(), source }
}

/// Writes `pantau.toml` into `folder` and answers where it is.
pub(crate) fn write(folder: &Path, server: SocketAddr, intake: SocketAddr) -> Result<PathBuf, SimError> {
    let text = format!(
        "# Written by the simulated city.\n\
         [city]\ncode = \"{CITY}\"\nname = \"{CITY_NAME}\"\nzone = \"{ZONE}\"\nregistry = \"city/\"\n\n\
         [server]\nlisten = \"{server}\"\ndata = \"data\"\n\n\
         [store]\nurl = \"sqlite:data/pantau.db\"\n\n\
         [mqtt]\nlisten = \"{intake}\"\n\n\
         [[events.sender]]\nsource = \"/{CITY}/\"\nsecret_files = [\"{FEED_SECRET}\"]\n"
    );
    let path = folder.join("pantau.toml");
    fs::write(&path, text).map_err(failed(&path))?;
    Ok(path)
}
