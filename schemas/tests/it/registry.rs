//! Registries as differences: a wall that applied every difference has the registry that was read last.

use pantau_schemas::registry::{Registry, RegistryChange};
use proptest::prelude::*;

use crate::draw;

proptest! {
    #![proptest_config(draw::cases(256))]

    #[test]
    fn a_difference_leads_from_any_registry_to_any_other(old in draw::registry(), new in draw::registry()) {
        for old in [old, Registry::default()] {
            let mut changed = old.clone();
            match old.difference(&new) {
                Some(change) => {
                    let text = serde_json::to_string(&change).unwrap();
                    let read: RegistryChange = serde_json::from_str(&text).unwrap();
                    prop_assert_eq!(&read, &change);
                    changed.apply(&read);
                    prop_assert_eq!(changed.difference(&new), None);
                }
                None => prop_assert_eq!(&old, &new),
            }
            prop_assert_eq!(changed, new.clone());
        }
    }

    #[test]
    fn a_difference_names_what_differs_and_nothing_else(old in draw::registry(), name in "[a-z]{3}") {
        let mut new = old.clone();
        let Some(device) = new.devices.values_mut().next() else { return Ok(()) };
        device.name.push_str(&name);
        let expected = RegistryChange { devices: vec![device.clone()], ..RegistryChange::default() };
        prop_assert_eq!(old.difference(&new), Some(expected));
        prop_assert_eq!(new.difference(&new), None);
    }
}
