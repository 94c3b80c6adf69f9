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

/// The first cameras of the registry, as many as there is room for: at most [`MAX_TILES`], at least one. `fits` says
/// whether there is room for groups of these sizes while so many cameras are left out.
#[must_use]
pub fn cameras(registry: &Registry, fits: impl Fn(&[usize], usize) -> bool) -> Cameras {
    let total = registry.devices.values().filter(|d| d.class == DeviceClass::Camera).count();
    let mut shown = total.min(MAX_TILES);
    loop {
        let groups = groups(registry, shown);
        let sizes: Vec<usize> = groups.iter().map(|group| group.cameras.len()).collect();
        if shown <= 1 || fits(&sizes, total - shown) {
            return Cameras { groups, left_out: total - shown };
        }
        shown -= 1;
    }
}

/// The first so many cameras by category.
fn groups(registry: &Registry, shown: usize) -> Vec<Group> {
    let mut groups: BTreeMap<(bool, String), Vec<Camera>> = BTreeMap::new();
    for device in registry.devices.values().filter(|d| d.class == DeviceClass::Camera).take(shown) {
        let own = device.camera.as_ref().and_then(|facts| facts.category.as_ref());
        let category =
            own.or_else(|| registry.sites.get(&device.site).and_then(|site| site.category.as_ref()));
        let category = category.map(|c| c.trim().to_owned()).unwrap_or_default();
        let camera = Camera { id: device.id.clone(), name: device.name.clone() };
        groups.entry((category.is_empty(), category)).or_default().push(camera);
    }
    groups.into_iter().map(|((_, category), cameras)| Group { category, cameras }).collect()
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
        let groups: Vec<String> =
            cameras(&city, |_, _| true).groups.into_iter().map(|g| g.category).collect();
        assert_eq!(groups, ["jalan", "taman"]);
        for site in city.sites.values_mut() {
            site.category = None;
        }
        let groups: Vec<String> =
            cameras(&city, |_, _| true).groups.into_iter().map(|g| g.category).collect();
        assert_eq!(groups, ["jalan", ""], "cameras without a category come last");
    }

    #[test]
    fn what_does_not_fit_is_counted() {
        let mut city = registry();
        for n in 0..40 {
            camera(&mut city, &format!("cam-{n:02}"), None);
        }
        assert_eq!(cameras(&city, |_, _| true).left_out, 4);
        let few = cameras(&city, |sizes, _| sizes.iter().sum::<usize>() <= 7);
        assert_eq!((few.groups[0].cameras.len(), few.left_out), (7, 33));
        let one = cameras(&city, |_, _| false);
        assert_eq!((one.groups[0].cameras.len(), one.left_out), (1, 39), "a wall is never without a picture");
        assert_eq!(cameras(&Registry::default(), |_, _| false), Cameras::default());
    }
}
