//! A small city for the tests of this crate.

use pantau_schemas::ids::CityCode;
use pantau_schemas::registry::{City, Registry, parse::parse};

const TEXT: &str = r#"
[[agency]]
code = "dinkominfo"
name = "Dinas Komunikasi dan Informatika"
kind = "dinas"
[[agency]]
code = "pupr"
name = "Dinas Pekerjaan Umum dan Penataan Ruang"
kind = "dinas"
[[site]]
code = "alun-alun"
name = "Alun-Alun Kota"
[[device]]
id = "ap-01"
class = "ap"
name = "AP 1"
site = "alun-alun"
domain = "wireless"
[[device]]
id = "sn-01"
class = "sensor"
name = "Sensor 1"
site = "alun-alun"
domain = "monitoring"
[[device]]
id = "sn-02"
class = "sensor"
name = "Sensor 2"
site = "alun-alun"
domain = "monitoring"
"#;

pub(crate) fn city() -> CityCode {
    CityCode::new("metro").unwrap()
}

pub(crate) fn registry() -> Registry {
    let city = City { code: city(), name: "Kota Metro".into(), zone: "Asia/Jakarta".into() };
    parse(city, &[("city.toml".into(), TEXT.into())]).unwrap().registry
}
