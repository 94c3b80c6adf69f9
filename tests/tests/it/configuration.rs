//! `pantau check-config`: every fault at once, each where a person finds it.

use std::path::Path;

use pantau_tests::server::run;

const CONFIG: &str = r#"[city]
code = "Metro!"
name = "Kota Metro"
zone = "Asia/Jakrta"
registry = "city/"
[server]
listen = "0.0.0.0:8080"
lissten = "127.0.0.1:1"
[mqtt]
url = "http://broker"
[[events.sender]]
source = "/metro/dinkominfo/"
secret_files = ["secrets/not-there"]
[store]
url = "postgres://pantau:hunter2@db/pantau"
password_file = "secrets/neither"
"#;

const REGISTRY: &str = r#"[[site]]
code = "alun-alun"
name = "Alun-Alun"
[[device]]
id = "ap 01"
class = "ap"
name = "AP"
site = "alun-alun"
domain = "wireless"
[[device]]
id = "cam-1"
class = "camra"
name = "Kamera"
site = "alun-alum"
domain = "cctv"
[[device]]
id = "cam-2"
class = "camera"
name = "Kamera"
site = "alun-alun"
domain = "cctv"
[device.camera]
url = "rtsp://viewer:rahasia@10.0.0.1/1"
notice = "papan"
retention_days = 14
"#;

fn write(dir: &Path, config: &str, registry: &str) {
    std::fs::create_dir_all(dir.join("city")).unwrap();
    std::fs::write(dir.join("pantau.toml"), config).unwrap();
    std::fs::write(dir.join("city/base.toml"), registry).unwrap();
}

/// Runs `check-config`; gives whether it is content, and what it says.
fn check(dir: &Path) -> (bool, String) {
    let output = run(&["check-config", &dir.join("pantau.toml").display().to_string()]).unwrap();
    let said =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    (output.status.success(), said)
}

#[test]
fn check_config_names_every_fault_at_once() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), CONFIG, REGISTRY);
    let (content, said) = check(dir.path());
    assert!(!content, "{said}");
    for (line, wanted) in [
        ("pantau.toml:2", "city.code"),
        ("pantau.toml:4", "city.zone"),
        ("pantau.toml:8", "listen"),
        ("pantau.toml:10", "mqtt.url"),
        ("secrets/not-there", "cannot be read"),
        ("pantau.toml:15", "store.url"),
        ("secrets/neither", "cannot be read"),
        ("base.toml:5", "id"),
        ("base.toml:12", "camera"),
        ("base.toml:14", "alun-alun"),
        ("base.toml", "purpose"),
        ("base.toml:23", "url"),
    ] {
        let found = said.lines().any(|text| text.contains(line) && text.contains(wanted));
        assert!(found, "no line with {line} and {wanted} in:\n{said}");
    }
    assert!(said.contains("insecure = true"), "listening everywhere needs a word:\n{said}");
    for password in ["rahasia", "hunter2"] {
        assert!(!said.contains(password), "a password in an address is not repeated:\n{said}");
    }
}

#[test]
fn check_config_is_content_with_a_good_one() {
    let dir = tempfile::tempdir().unwrap();
    let config =
        "[city]\ncode = \"metro\"\nname = \"Kota Metro\"\nzone = \"Asia/Jakarta\"\nregistry = \"city\"\n";
    write(dir.path(), config, "[[site]]\ncode = \"alun-alun\"\nname = \"Alun-Alun\"\n");
    let (content, said) = check(dir.path());
    assert!(content, "{said}");
}

/// A server does not start on a configuration with a fault, and says why.
#[test]
fn serve_refuses_what_check_config_refuses() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), CONFIG, REGISTRY);
    let output = run(&["serve", "--config", &dir.path().join("pantau.toml").display().to_string()]).unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("city.zone"));
    assert!(!dir.path().join("data").exists(), "nothing was started");
}
