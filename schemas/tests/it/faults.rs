//! What a person is told about a faulty registry: file, line, key, what is wrong, and what was probably meant.

use std::fmt::Write as _;

use pantau_schemas::registry::parse::parse;

use crate::samples::city;

/// One of everything, each key of the contract once.
const CITY: &str = r#"[[agency]]
code = "dinkominfo"
name = "Dinas Komunikasi dan Informatika"
kind = "dinas"
aliases = ["Kominfo"]
integrated = true

[[site]]
code = "alun-alun"
name = "Alun-Alun Kota"
agency = "dinkominfo"
position = [-5.1139, 105.3067]
category = "taman"

[[device]]
id = "sw-alun-01"
class = "switch"
name = "Switch"
site = "alun-alun"
domain = "fibre"

[[device]]
id = "cam-alun-01"
class = "camera"
name = "Alun-Alun utara"
site = "alun-alun"
uplink = "sw-alun-01"
domain = "cctv"
interval_s = 60
[device.camera]
url = "rtsp://10.0.1.21/stream1"
sub_url = "rtsp://10.0.1.21/stream2"
user = "viewer"
password_file = "secrets/cam-alun-01"
purpose = "lalu-lintas"
notice = "papan di tiang"
retention_days = 14
category = "jalan"

[[link]]
code = "fo-01"
name = "Ring utara"
kind = "fibre"
from = "alun-alun"
to = "alun-alun"

[[app]]
code = "lapor"
name = "SP4N-LAPOR!"
agency = "dinkominfo"
class = "ministry"
"#;

/// The faults of [`CITY`] with one line in place of another, as they are printed, without the file's name.
fn faults(line: usize, text: &str) -> Vec<String> {
    let edited: String = CITY
        .lines()
        .zip(1..)
        .map(|(old, number)| format!("{}\n", if number == line { text } else { old }))
        .collect();
    match parse(city(), &[("a.toml".into(), edited)]) {
        Ok(_) => Vec::new(),
        Err(faults) => {
            faults.iter().map(|f| f.to_string().trim_start_matches("a.toml:").to_owned()).collect()
        }
    }
}

#[test]
fn the_city_is_without_fault() {
    let parsed = parse(city(), &[("a.toml".into(), CITY.into())]).unwrap();
    assert_eq!((parsed.registry.devices.len(), parsed.endpoints.len()), (2, 1));
    assert_eq!((parsed.registry.links.len(), parsed.registry.apps.len()), (1, 1));
}

/// A key that may be missing: misspelt, it is one fault.
#[test]
fn an_optional_key_misspelt_is_named_with_the_one_that_was_meant() {
    let table = [
        (5, "alias = []", "5: agency[0].alias: is not a known key; did you mean `aliases`?"),
        (6, "intergrated = true", "6: agency[0].intergrated: is not a known key; did you mean `integrated`?"),
        (11, "agancy = \"dinkominfo\"", "11: site[0].agancy: is not a known key; did you mean `agency`?"),
        (12, "postion = [1, 2]", "12: site[0].postion: is not a known key; did you mean `position`?"),
        (13, "catagory = \"x\"", "13: site[0].catagory: is not a known key; did you mean `category`?"),
        (27, "uplnk = \"sw-alun-01\"", "27: device[1].uplnk: is not a known key; did you mean `uplink`?"),
        (29, "interval = 60", "29: device[1].interval: is not a known key; did you mean `interval_s`?"),
        (32, "sub-url = \"x\"", "32: device[1].camera.sub-url: is not a known key; did you mean `sub_url`?"),
        (
            37,
            "retention = 14",
            "37: device[1].camera.retention: is not a known key; did you mean `retention_days`?",
        ),
        (
            38,
            "categori = \"x\"",
            "38: device[1].camera.categori: is not a known key; did you mean `category`?",
        ),
        (50, "agenci = \"x\"", "50: app[0].agenci: is not a known key; did you mean `agency`?"),
        (8, "color = \"red\"\n[[site]]", "8: agency[0].color: is not a known key"),
    ];
    for (line, text, expected) in table {
        assert_eq!(faults(line, text), [expected], "{text}");
    }
}

/// A key that must be there: misspelt, it is two faults, one for the word and one for what is missing.
#[test]
fn a_required_key_misspelt_is_named_and_missed() {
    let table = [
        (2, "cod = \"x\"", 1, "agency[0]", "cod", "code"),
        (3, "nam = \"x\"", 1, "agency[0]", "nam", "name"),
        (4, "knid = \"dinas\"", 1, "agency[0]", "knid", "kind"),
        (9, "coed = \"x\"", 8, "site[0]", "coed", "code"),
        (10, "namme = \"x\"", 8, "site[0]", "namme", "name"),
        (16, "ids = \"x\"", 15, "device[0]", "ids", "id"),
        (17, "clas = \"switch\"", 15, "device[0]", "clas", "class"),
        (18, "mane = \"x\"", 15, "device[0]", "mane", "name"),
        (19, "sites = \"alun-alun\"", 15, "device[0]", "sites", "site"),
        (20, "domian = \"fibre\"", 15, "device[0]", "domian", "domain"),
        (31, "uri = \"rtsp://h/\"", 30, "device[1].camera", "uri", "url"),
        (35, "purpos = \"bencana\"", 30, "device[1].camera", "purpos", "purpose"),
        (36, "notise = \"x\"", 30, "device[1].camera", "notise", "notice"),
        (41, "codes = \"x\"", 40, "link[0]", "codes", "code"),
        (42, "nme = \"x\"", 40, "link[0]", "nme", "name"),
        (43, "king = \"vpn\"", 40, "link[0]", "king", "kind"),
        (44, "form = \"alun-alun\"", 40, "link[0]", "form", "from"),
        (45, "too = \"alun-alun\"", 40, "link[0]", "too", "to"),
        (48, "kode = \"x\"", 47, "app[0]", "kode", "code"),
        (49, "nama = \"x\"", 47, "app[0]", "nama", "name"),
        (51, "klass = \"local\"", 47, "app[0]", "klass", "class"),
    ];
    for (line, text, head, path, wrong, meant) in table {
        let found = faults(line, text);
        let missing = format!("{head}: {path}.{meant}: is missing");
        let unknown = format!("{line}: {path}.{wrong}: is not a known key; did you mean `{meant}`?");
        assert!(found.contains(&missing) && found.contains(&unknown), "{text}: {found:#?}");
    }
}

#[test]
fn a_misspelt_table_is_named() {
    let table = [
        (1, "[[agencies]]", "agencies", "agency"),
        (8, "[[sites]]", "sites", "site"),
        (40, "[[lnik]]", "lnik", "link"),
        (47, "[[apps]]", "apps", "app"),
    ];
    for (line, text, wrong, meant) in table {
        let expected = format!("{line}: {wrong}: is not a known key; did you mean `{meant}`?");
        assert!(faults(line, text).contains(&expected), "{:#?}", faults(line, text));
    }
    assert_eq!(
        faults(30, "[device.kamera]"),
        [
            "22: device[1].camera: a camera needs its [device.camera]",
            "30: device[1].kamera: is not a known key; did you mean `camera`?",
        ]
    );
}

#[test]
fn a_wrong_value_is_named_with_what_would_be_right() {
    let table = [
        (3, "name = 7", "3: agency[0].name: must be a text, but is of the type integer"),
        (3, "name = \" \"", "3: agency[0].name: is empty"),
        (
            4,
            "kind = \"dinsa\"",
            "4: agency[0].kind: `dinsa` is none of: dinas, badan, bagian, lembaga, kecamatan, kelurahan, rsud, inspektorat; did you mean `dinas`?",
        ),
        (
            5,
            "aliases = 3",
            "5: agency[0].aliases: must be a text or a list of texts, but is of the type integer",
        ),
        (
            5,
            "aliases = [\"a\", 3]",
            "5: agency[0].aliases: must be a list of texts, but is of the type integer",
        ),
        (
            6,
            "integrated = \"yes\"",
            "6: agency[0].integrated: must be true or false, but is of the type string",
        ),
        (12, "position = \"here\"", "12: site[0].position: must be a list of numbers"),
        (12, "position = [1, \"2\"]", "12: site[0].position: must be a list of numbers"),
        (12, "position = [1.0]", "12: site[0].position: must be [latitude, longitude] in degrees"),
        (12, "position = [105.3, -5.1]", "12: site[0].position: must be [latitude, longitude] in degrees"),
        (12, "position = [nan, 1]", "12: site[0].position: must be [latitude, longitude] in degrees"),
        (12, "position = [inf, 1]", "12: site[0].position: must be [latitude, longitude] in degrees"),
        (13, "category = 2026-11-22", "13: site[0].category: must be a text, but is of the type datetime"),
        (
            27,
            "uplink = \"a b\"",
            "27: device[1].uplink: `a b` has the character ' '; allowed are letters, digits, '.', '_' and '-', first a letter or digit",
        ),
        (
            28,
            "domain = \"CCTV\"",
            "28: device[1].domain: `CCTV` is none of: data-center, fibre, vpn, wireless, cctv, monitoring",
        ),
        (29, "interval_s = 0", "29: device[1].interval_s: must be between 1 and 86400"),
        (
            29,
            "interval_s = 60.0",
            "29: device[1].interval_s: must be a whole number, but is of the type float",
        ),
        (29, "interval_s = 99999999999999999999", "29: device[1].interval_s: must be between 1 and 86400"),
        (31, "url = \"http://10.0.1.21/\"", "31: device[1].camera.url: must begin with rtsp://"),
        (
            31,
            "url = \"rtsps://10.0.1.21/\"",
            "31: device[1].camera.url: rtsps:// is not carried yet, only rtsp:// is; put the camera on a network of its own",
        ),
        (31, "url = \"rtsp:///x\"", "31: device[1].camera.url: has no host"),
        (32, "sub_url = \"rtsp://h/a b\"", "32: device[1].camera.sub_url: is not a URL"),
        (
            32,
            "sub_url = \"rtsp://u:p@h/\"",
            "32: device[1].camera.sub_url: must not hold user and password: they go to `user` and `password_file`",
        ),
        (33, "", "34: device[1].camera.password_file: a password needs its `user`"),
        (
            35,
            "purpose = \"wisata\"",
            "35: device[1].camera.purpose: `wisata` is none of: keamanan, bencana, lalu-lintas",
        ),
        (37, "retention_days = 91", "37: device[1].camera.retention_days: must be between 1 and 90"),
        (43, "kind = \"unknown\"", "43: link[0].kind: `unknown` is none of: fibre, vpn, wireless, cellular"),
        (
            48,
            "code = \"-lapor\"",
            "48: app[0].code: `-lapor` has the character '-'; allowed are letters, digits, '.', '_' and '-', first a letter or digit",
        ),
    ];
    for (line, text, expected) in table {
        assert_eq!(faults(line, text), [expected], "{text}");
    }
}

#[test]
fn a_number_may_be_written_in_any_way_of_toml() {
    for text in ["interval_s = 0x3c", "interval_s = 6_0", "interval_s = 0b11_1100", "interval_s = +60"] {
        assert_eq!(faults(29, text), [""; 0], "{text}");
    }
    for (text, position) in
        [("[-5, 1_0.5]", [-5.0, 10.5]), ("[-5e0, +105]", [-5.0, 105.0]), ("[1_0, 0x10]", [10.0, 16.0])]
    {
        let city_text = CITY.replace("[-5.1139, 105.3067]", text);
        let parsed = parse(city(), &[("a.toml".into(), city_text)]).unwrap();
        assert_eq!(parsed.registry.sites.get("alun-alun").unwrap().position, Some(position), "{text}");
    }
}

#[test]
fn references_to_what_is_not_there_name_the_nearest_that_is() {
    let table = [
        (
            11,
            "agency = \"dinkomifo\"",
            "11: site[0].agency: there is no agency `dinkomifo`; did you mean `dinkominfo`?",
        ),
        (19, "site = \"alun\"", "19: device[0].site: there is no site `alun`"),
        (
            26,
            "site = \"alun-aln\"",
            "26: device[1].site: there is no site `alun-aln`; did you mean `alun-alun`?",
        ),
        (
            27,
            "uplink = [\"sw-alun-01\", \"sw-alun-02\"]",
            "27: device[1].uplink: there is no device `sw-alun-02`; did you mean `sw-alun-01`?",
        ),
        (
            44,
            "from = \"alunalun\"",
            "44: link[0].from: there is no site `alunalun`; did you mean `alun-alun`?",
        ),
        (45, "to = \"x\"", "45: link[0].to: there is no site `x`"),
        (50, "agency = \"bapeda\"", "50: app[0].agency: there is no agency `bapeda`"),
    ];
    for (line, text, expected) in table {
        assert_eq!(faults(line, text), [expected], "{text}");
    }
}

#[test]
fn uplinks_in_a_ring_are_named_at_each_of_its_devices() {
    assert_eq!(
        faults(20, "domain = \"fibre\"\nuplink = \"cam-alun-01\""),
        [
            "21: device[0].uplink: `sw-alun-01` would be its own uplink through `cam-alun-01`",
            "28: device[1].uplink: `cam-alun-01` would be its own uplink through `sw-alun-01`",
        ]
    );
}

#[test]
fn what_is_there_twice_is_named_at_its_second_place() {
    assert_eq!(
        faults(16, "id = \"cam-alun-01\""),
        [
            "23: device[1].id: `cam-alun-01` is there twice",
            "27: device[1].uplink: there is no device `sw-alun-01`; did you mean `cam-alun-01`?",
        ]
    );
    let again = [
        ("agency", "code = \"dinkominfo\"\nname = \"x\"\nkind = \"dinas\""),
        ("site", "code = \"alun-alun\"\nname = \"x\""),
        ("link", "code = \"fo-01\"\nname = \"x\"\nkind = \"vpn\"\nfrom = \"alun-alun\"\nto = \"alun-alun\""),
        ("app", "code = \"lapor\"\nname = \"x\"\nclass = \"local\""),
    ];
    for (table, keys) in again {
        let files = [("a.toml".into(), CITY.into()), ("b.toml".into(), format!("\n[[{table}]]\n{keys}\n"))];
        let faults: Vec<String> =
            parse(city(), &files).unwrap_err().iter().map(ToString::to_string).collect();
        let code = keys.split('"').nth(1).unwrap();
        assert_eq!(faults, [format!("b.toml:3: {table}[0].code: `{code}` is there twice")]);
    }
    let key = faults(6, "integrated = true\ninstegrated = 1\nintegrated = false");
    assert_eq!(
        key,
        [
            "7: agency[0].instegrated: is not a known key; did you mean `integrated`?",
            "8: not TOML: duplicate key",
        ]
    );
}

#[test]
fn a_class_and_its_camera_must_agree() {
    assert_eq!(
        faults(24, "class = \"ap\""),
        ["30: device[1].camera: a device of the class ap has no camera"],
    );
}

/// One typing error must not look like dozens: what is faulty is not said to be missing.
#[test]
fn those_who_refer_to_a_faulty_thing_are_not_blamed() {
    assert_eq!(faults(4, ""), ["1: agency[0].kind: is missing"]);
    assert_eq!(faults(17, ""), ["15: device[0].class: is missing"]);
    assert_eq!(faults(19, ""), ["15: device[0].site: is missing"]);
    assert_eq!(faults(20, ""), ["15: device[0].domain: is missing"]);
}

#[test]
fn every_fault_of_every_file_is_named_at_once() {
    let first = "[[agency]]\ncode = \"a\"\nname = 1\nkind = \"dinas\"\n[[site]]\ncode = \"s\"\nname = \"S\"\nagency = \"b\"\n";
    let second = "[[devise]]\n[[device]]\nid = \"d\"\nclass = \"camra\"\nname = \"D\"\nsite = \"t\"\ndomain = \"cctv\"\nretention_days = 3\nx = [\n";
    let files = [("z.toml".into(), first.into()), ("b.toml".into(), second.into())];
    let mut found = String::new();
    for fault in parse(city(), &files).unwrap_err() {
        writeln!(found, "{fault}").unwrap();
    }
    assert_eq!(
        found,
        "b.toml:1: devise: is not a known key; did you mean `device`?\n\
         b.toml:4: device[0].class: `camra` is none of: camera, ap, switch, sensor, gateway, ups, server, app; \
         did you mean `camera`?\n\
         b.toml:6: device[0].site: there is no site `t`\n\
         b.toml:8: device[0].retention_days: is not a known key\n\
         b.toml:9: not TOML: unclosed array, expected `]`\n\
         b.toml:9: device[0].x: is not a known key\n\
         z.toml:3: agency[0].name: must be a text, but is of the type integer\n\
         z.toml:8: site[0].agency: there is no agency `b`\n"
    );
}

#[test]
fn a_city_of_twenty_thousand_devices_is_read() {
    let mut text = String::from(
        "[[site]]\ncode = \"s\"\nname = \"S\"\n[[device]]\nid = \"sw\"\nclass = \"switch\"\nname = \"n\"\nsite = \"s\"\ndomain = \"fibre\"\n",
    );
    for n in 0..20_000 {
        writeln!(text, "[[device]]\nid = \"ap-{n}\"\nclass = \"ap\"\nname = \"AP {n}\"\nsite = \"s\"\nuplink = \"sw\"\ndomain = \"wireless\"").unwrap();
    }
    let parsed = parse(city(), &[("a.toml".into(), text)]).unwrap();
    assert_eq!(parsed.registry.devices.len(), 20_001);
}
