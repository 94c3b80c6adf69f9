//! The clips of the repository: what each camera of Kota Metro sees.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;

use super::clip::Clip;
use super::error::SimError;
use super::film::Film;
use super::registry::original;

macro_rules! clips {
    ($($name:literal),+ $(,)?) => {
        [$(($name, include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/clips/", $name, ".pclip")).as_slice())),+]
    };
}

/// Every clip by its camera; `-main` is a large stream, where there is one.
const CLIPS: [(&str, &[u8]); 13] = clips![
    "cam-alun-01",
    "cam-alun-01-main",
    "cam-balaikota-01",
    "cam-cendrawasih-01",
    "cam-jembatan-01",
    "cam-kampus-01",
    "cam-kopindo-01",
    "cam-raman-01",
    "cam-rsud-01",
    "cam-sekampung-01",
    "cam-sudirman-01",
    "cam-taqwa-01",
    "cam-terminal-01",
];

/// The films, cut once and shared by all cameras that show them.
#[derive(Debug)]
pub struct Library(BTreeMap<&'static str, Arc<Film>>);

impl Library {
    /// Reads all clips.
    ///
    /// # Errors
    /// [`SimError::Clip`] names the one that is broken.
    pub fn open() -> Result<Self, SimError> {
        let film = |(name, file): (&'static str, &'static [u8])| {
            let clip = Clip::decode(Bytes::from_static(file))
                .map_err(|source| SimError::Clip { camera: name.to_owned(), source })?;
            Ok((name, Arc::new(Film::new(&clip, false))))
        };
        CLIPS.into_iter().map(film).collect::<Result<_, _>>().map(Self)
    }

    /// The cameras that have a clip of their own.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.0.keys().copied().filter(|name| !name.ends_with("-main"))
    }

    /// The small and the large stream of a camera; a copy of a camera sees what its original sees, a camera
    /// without a large clip shows the small one twice.
    #[must_use]
    pub fn of(&self, camera: &str) -> Option<(Arc<Film>, Arc<Film>)> {
        let name = original(camera);
        let sub = self.0.get(name)?;
        let main = self.0.get(format!("{name}-main").as_str()).unwrap_or(sub);
        Some((Arc::clone(sub), Arc::clone(main)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::registry::{Plan, Size};
    use pantau_schemas::registry::DeviceClass;

    #[test]
    fn every_camera_has_its_own_picture() {
        let library = Library::open().unwrap();
        let plan = Plan::new(Size { cameras: 14, ..Size::default() }).unwrap();
        for id in plan.of_class(DeviceClass::Camera) {
            assert!(library.of(id.as_str()).is_some(), "{id} has no clip");
        }
        assert!(library.of("cam-lain-01").is_none());
    }

    #[test]
    fn clips_loop_for_some_seconds_and_never_look_frozen_by_themselves() {
        let mut total = 0;
        for (name, file) in CLIPS {
            let clip = Clip::decode(Bytes::from_static(file)).unwrap();
            let keys: Vec<_> = clip.units.iter().filter(|unit| unit.key).collect();
            assert!(keys.len() >= 4, "{name} has {} key frames", keys.len());
            assert!(keys.windows(2).all(|pair| pair[0] != pair[1]), "{name} repeats a key frame");
            assert_ne!(keys.first(), keys.last(), "{name} repeats a key frame where it begins again");
            assert!(clip.micros() >= 5_000_000, "{name} is short");
            assert!(!clip.still.is_empty(), "{name} cannot stand still");
            total += file.len();
        }
        assert!(total <= 5_000_000, "the clips take {total} bytes");
    }
}
