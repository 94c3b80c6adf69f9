//! The cameras of a wall, grouped by what they look at.
//!
//! A camera in a matrix is found faster when the matrix is grouped by category with visible gaps
//! (doi 10.1186/s41235-021-00277-2).

use std::collections::BTreeMap;

use pantau_schemas::ids::DeviceId;
use pantau_schemas::registry::{DeviceClass, Registry};

/// Most tiles of the default wall: beyond this a picture is smaller than anybody can read.
pub const MAX_TILES: usize = 36;

/// One camera of the wall.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Camera {
    /// Its identity.
    pub id: DeviceId,
    /// Its name.
    pub name: String,
}

/// Cameras of one category.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The category; empty for those without.
    pub category: String,
    /// At least one.
    pub cameras: Vec<Camera>,
}

/// The default wall.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cameras {
    /// Groups by category, those without one last.
    pub groups: Vec<Group>,
    /// Cameras that there was no room for.
    pub left_out: usize,
}

/// All cameras of the registry, up to [`MAX_TILES`].
#[must_use]
pub fn cameras(registry: &Registry) -> Cameras {
    let mut groups: BTreeMap<(bool, String), Vec<Camera>> = BTreeMap::new();
    let mut total = 0_usize;
    for device in registry.devices.values().filter(|d| d.class == DeviceClass::Camera) {
        total += 1;
        if total > MAX_TILES {
            continue;
        }
        let own = device.camera.as_ref().and_then(|facts| facts.category.as_ref());
        let category =
            own.or_else(|| registry.sites.get(&device.site).and_then(|site| site.category.as_ref()));
        let category = category.map(|c| c.trim().to_owned()).unwrap_or_default();
        let camera = Camera { id: device.id.clone(), name: device.name.clone() };
        groups.entry((category.is_empty(), category)).or_default().push(camera);
    }
    let groups = groups.into_iter().map(|((_, category), cameras)| Group { category, cameras }).collect();
    Cameras { groups, left_out: total.saturating_sub(MAX_TILES) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::figures::tests::{camera, registry};

    #[test]
    fn the_cameras_own_category_goes_before_that_of_its_site() {
        let mut city = registry();
        camera(&mut city, "cam-1", Some("jalan"));
        camera(&mut city, "cam-2", None);
        let groups: Vec<String> = cameras(&city).groups.into_iter().map(|g| g.category).collect();
        assert_eq!(groups, ["jalan", "taman"]);
        for site in city.sites.values_mut() {
            site.category = None;
        }
        let groups: Vec<String> = cameras(&city).groups.into_iter().map(|g| g.category).collect();
        assert_eq!(groups, ["jalan", ""], "cameras without a category come last");
    }

    #[test]
    fn what_does_not_fit_is_counted() {
        let mut city = registry();
        for n in 0..40 {
            camera(&mut city, &format!("cam-{n:02}"), None);
        }
        assert_eq!(cameras(&city).left_out, 4);
    }
}
