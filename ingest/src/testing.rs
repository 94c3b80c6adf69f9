//! A small city for the tests of this crate.

use pantau_schemas::ids::CityCode;
use pantau_schemas::registry::{City, Registry, parse::parse};

const TEXT: &str = include_str!("../tests/it/city.toml");

pub(crate) fn city() -> CityCode {
    CityCode::new("metro").unwrap()
}

pub(crate) fn registry() -> Registry {
    let city = City { code: city(), name: "Kota Metro".into(), zone: "Asia/Jakarta".into() };
    parse(city, &[("city.toml".into(), TEXT.into())]).unwrap().registry
}
