//! A small city.

use std::sync::Arc;

use pantau_schemas::ids::CityCode;
use pantau_schemas::registry::{City, Registry, parse::parse};
use pantau_schemas::time::{Clock, Timestamp};

const TEXT: &str = include_str!("city.toml");

pub(crate) fn city() -> CityCode {
    CityCode::new("metro").unwrap()
}

pub(crate) fn registry() -> Arc<Registry> {
    let city = City { code: city(), name: "Kota Metro".into(), zone: "Asia/Jakarta".into() };
    Arc::new(parse(city, &[("city.toml".into(), TEXT.into())]).unwrap().registry)
}

/// A clock that stands still.
pub(crate) struct Noon;

impl Clock for Noon {
    fn now(&self) -> Timestamp {
        "2026-11-22T12:00:00Z".parse().unwrap()
    }
}
