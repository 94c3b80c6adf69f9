//! The configuration: one TOML file and the registry folder it names.
//!
//! [`load`] reads everything and names every fault at once; nothing is started on a configuration with a
//! fault. Paths are relative to the configuration file. Secrets are read from their files here and are from
//! then on [`SecretString`]s.

mod cameras;
mod files;
mod letters;
mod levels;
mod mqtt;
mod store;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use pantau_camera::{CameraConfig, StillConfig};
use pantau_ingest::{listener, mqtt as broker};
use pantau_schemas::ids::CityCode;
use pantau_schemas::registry::{City, Registry, parse};
use pantau_schemas::toml_reader::{Document, Fault, Faults, Table};
use pantau_store::{LetterQuota, Location};
use secrecy::SecretString;

pub use store::{Batching, Keeping};

/// Everything the server needs to know.
#[derive(Debug)]
pub struct Config {
    /// The tenant.
    pub city: City,
    /// Where HTTP listens.
    pub listen: SocketAddr,
    /// Origins of pages that may open WebSockets, beside the server's own: `https://pantau.example`.
    pub origins: Vec<String>,
    /// Certificate and key, when the server speaks TLS itself.
    pub tls: Option<Tls>,
    /// Where the embedded store and its files live.
    pub data: PathBuf,
    /// Where history is kept.
    pub store: Location,
    /// Within which bounds it is written and read.
    pub keeping: Keeping,
    /// The broker, if there is one.
    pub mqtt: Option<broker::Settings>,
    /// Where devices publish to us directly, if they do.
    pub intake: Option<Intake>,
    /// Who may post events.
    pub senders: Vec<Sender>,
    /// How many dead letters may wait.
    pub letter_quota: LetterQuota,
    /// What there is.
    pub registry: Registry,
    /// How to reach the cameras.
    pub cameras: Vec<CameraConfig>,
    /// Where those that give still pictures do.
    pub stills: Vec<StillConfig>,
}

/// Files of a TLS identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tls {
    /// PEM chain, the server's own certificate first.
    pub certificate: PathBuf,
    /// PEM private key.
    pub key: PathBuf,
}

/// Where devices publish to us directly.
#[derive(Debug)]
pub struct Intake {
    /// The address.
    pub listen: SocketAddr,
    /// For whom, and within which bounds.
    pub settings: listener::Settings,
}

/// A sender of events.
#[derive(Debug)]
pub struct Sender {
    /// The prefix of the CloudEvents sources it may speak for.
    pub source: String,
    /// Its secrets; several while rotating.
    pub secrets: Vec<SecretString>,
}

/// Loopback only, unless told otherwise.
const DEFAULT_LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);

/// Reads the configuration, or the one that holds without a file.
///
/// # Errors
/// Every fault of the file, of the registry and of the secrets it names.
pub fn load(file: Option<&Path>) -> Result<Config, Vec<Fault>> {
    let faults = Faults::default();
    let (name, text) = match file {
        Some(path) => (path.display().to_string(), files::read(path, &faults).unwrap_or_default()),
        None => ("(built in)".to_owned(), String::new()),
    };
    let base = file.and_then(Path::parent).unwrap_or_else(|| Path::new(".")).to_owned();
    let document = Document::parse(&name, &text, &faults);
    let mut root = document.root(&faults);

    let (city, registry_dir) = city(root.table("city"));
    let Server { listen, insecure, data, origins } = server(root.table("server"), &base);
    let tls = root.table("tls").and_then(|table| tls(table, &base));
    let store::Store { location, keeping } = store::read(root.table("store"), &base, &data, &faults);
    let mqtt::Mqtt { broker, intake } =
        root.table("mqtt").map(|table| mqtt::read(table, &city.code, &base, &faults)).unwrap_or_default();
    let senders = match root.table("events") {
        Some(mut events) => {
            let senders = events
                .tables("sender")
                .into_iter()
                .filter_map(|table| sender(table, &base, &faults))
                .collect();
            events.finish();
            senders
        }
        None => Vec::new(),
    };
    let letter_quota = letters::read(root.table("dead_letters"));
    let levels = levels::read(root.table("levels"));
    if !listen.ip().is_loopback() && tls.is_none() && !insecure {
        root.fault(
            "server",
            format!("listening on {listen} needs [tls], or `insecure = true` if a proxy in front does TLS"),
        );
    }
    root.finish();

    let registry_files =
        registry_dir.map(|dir| files::registry(&base.join(dir), &faults)).unwrap_or_default();
    let mut parsed = parse::parse(city.clone(), &registry_files).unwrap_or_else(|found| {
        for fault in found {
            faults.push(fault);
        }
        parse::Parsed::default()
    });
    parsed.registry.levels = levels;
    let (cameras, stills) = cameras::endpoints(&parsed, &base, &faults);
    let config = Config {
        city,
        listen,
        origins,
        tls,
        data,
        store: location,
        keeping,
        mqtt: broker,
        intake,
        senders,
        letter_quota,
        registry: parsed.registry,
        cameras,
        stills,
    };
    let faults = faults.into_sorted();
    if faults.is_empty() { Ok(config) } else { Err(faults) }
}

fn city(table: Option<Table<'_>>) -> (City, Option<String>) {
    let fallback = City {
        code: CityCode::new("kota").unwrap_or_else(|_| unreachable!("a constant that is a code")),
        name: "Kota".to_owned(),
        zone: "Asia/Jakarta".to_owned(),
    };
    let Some(mut table) = table else { return (fallback, None) };
    let code = table.required("code", |text| {
        let lower = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        match CityCode::new(text) {
            Ok(_) if !text.chars().all(lower) => Err("may have only a-z, 0-9 and '-'".to_owned()),
            Ok(code) => Ok(code),
            Err(error) => Err(error.to_string()),
        }
    });
    let name = table.required_text("name");
    let zone = table.parsed("zone", |text| match jiff::tz::TimeZone::get(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(_) => Err("is no IANA time zone; Indonesia's are Asia/Jakarta, Asia/Makassar, Asia/Jayapura"),
    });
    let registry = table.text("registry");
    table.finish();
    let city = City {
        code: code.unwrap_or(fallback.code),
        name: pantau_schemas::text::clean(&name.unwrap_or(fallback.name), 120),
        zone: zone.unwrap_or(fallback.zone),
    };
    (city, registry)
}

/// `[server]`.
struct Server {
    listen: SocketAddr,
    insecure: bool,
    data: PathBuf,
    origins: Vec<String>,
}

fn server(table: Option<Table<'_>>, base: &Path) -> Server {
    let default = base.join("data");
    let Some(mut table) = table else {
        return Server { listen: DEFAULT_LISTEN, insecure: false, data: default, origins: Vec::new() };
    };
    let listen = table.parsed("listen", |text| {
        text.parse::<SocketAddr>().map_err(|_error| "is not an address with a port, like 127.0.0.1:8080")
    });
    let insecure = table.boolean("insecure").unwrap_or(false);
    let data = table.text("data").map_or(default, |data| base.join(data));
    let origins = table.texts("origins");
    for origin in &origins {
        let host = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
        if host.is_none_or(|host| host.is_empty() || host.contains('/')) {
            table.fault("origins", format!("`{origin}` is no origin, like https://pantau.example (no path)"));
        }
    }
    table.finish();
    Server { listen: listen.unwrap_or(DEFAULT_LISTEN), insecure, data, origins }
}

fn tls(mut table: Table<'_>, base: &Path) -> Option<Tls> {
    let certificate = table.required_text("certificate");
    let key = table.required_text("key");
    table.finish();
    Some(Tls { certificate: base.join(certificate?), key: base.join(key?) })
}

fn sender(mut table: Table<'_>, base: &Path, faults: &Faults) -> Option<Sender> {
    let source = table.required_text("source");
    let files = table.texts("secret_files");
    if files.is_empty() {
        table.fault("secret_files", "a sender needs at least one secret file (whsec_…)");
    }
    let secrets = files.iter().filter_map(|file| files::secret(&base.join(file), faults)).collect();
    table.finish();
    Some(Sender { source: source?, secrets })
}
