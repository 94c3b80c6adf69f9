//! `[mqtt]`: a broker whose messages we take, a port where devices publish to us, or both.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::Path;

use pantau_ingest::listener::{self, Account, Devices, Rights};
use pantau_ingest::mqtt as broker;
use pantau_schemas::ids::{AgencyCode, CityCode};
use pantau_schemas::toml_reader::{Faults, Table};

use super::Intake;
use super::files;

/// `[mqtt]`.
#[derive(Debug, Default)]
pub(super) struct Mqtt {
    pub(super) broker: Option<broker::Settings>,
    pub(super) intake: Option<Intake>,
}

/// Keys that mean something only with a broker.
const BROKER_KEYS: [&str; 5] = ["user", "password_file", "ca_file", "client_id", "receive_maximum"];

pub(super) fn read(mut table: Table<'_>, city: &CityCode, base: &Path, faults: &Faults) -> Mqtt {
    let broker = table.parsed("url", |url| broker::Settings::new(url, city.clone()));
    let has_url = table.has("url");
    let listen = table.parsed("listen", |text| {
        text.parse::<SocketAddr>().map_err(|_error| "is not an address with a port, like 127.0.0.1:1883")
    });
    let has_listen = table.has("listen");
    if !has_url && !has_listen {
        table.fault(
            "url",
            "is missing: [mqtt] needs the `url` of a broker, or `listen` for devices themselves",
        );
    }
    if !has_url {
        for key in BROKER_KEYS {
            if table.has(key) {
                table.fault(key, "belongs to a broker, but there is no `url`");
            }
        }
    }
    let user = table.text("user");
    let password = table.text("password_file").and_then(|file| files::secret(&base.join(file), faults));
    let ca_file = table.text("ca_file").map(|file| base.join(file));
    let client_id = table.text("client_id");
    let receive_maximum =
        table.integer("receive_maximum", 1..=65_535).and_then(|count| u16::try_from(count).ok());
    let max_packet = table
        .integer("max_packet_bytes", 1_024..=64 * 1024 * 1024)
        .and_then(|bytes| usize::try_from(bytes).ok());
    let connections = table.integer("max_connections", 1..=1_000_000);
    if !has_listen && table.has("max_connections") {
        table.fault("max_connections", "belongs to `listen`, which is missing");
    }
    let accounts = accounts(&mut table, base, faults);
    if let Some(listen) = listen
        && !listen.ip().is_loopback()
        && accounts.count == 0
    {
        table.fault(
            "listen",
            format!("{listen} can be reached by others, so it needs a login: [[mqtt.account]]"),
        );
    }
    if !has_listen && accounts.count > 0 {
        table.fault("account", "belongs to `listen`, which is missing");
    }
    table.finish();

    let broker = broker.map(|mut settings| {
        settings.user = user;
        settings.password = password;
        settings.ca_file = ca_file;
        if let Some(client_id) = client_id {
            settings.client_id = client_id;
        }
        settings.max_packet = max_packet.unwrap_or(settings.max_packet);
        settings.receive_maximum = receive_maximum.unwrap_or(settings.receive_maximum);
        settings
    });
    let intake = listen.map(|listen| {
        let mut settings = listener::Settings::new(city.clone());
        settings.accounts = accounts.read;
        settings.max_packet = max_packet.unwrap_or(settings.max_packet);
        let connections = connections.and_then(|count| usize::try_from(count).ok());
        settings.connections = connections.unwrap_or(settings.connections);
        Intake { listen, settings }
    });
    Mqtt { broker, intake }
}

/// `[[mqtt.account]]`: those that could be read, and how many there are.
struct Accounts {
    read: Vec<Account>,
    count: usize,
}

fn accounts(table: &mut Table<'_>, base: &Path, faults: &Faults) -> Accounts {
    let tables = table.tables("account");
    let count = tables.len();
    let mut users = BTreeSet::new();
    let mut read = Vec::new();
    for mut table in tables {
        let user = table.required_text("user");
        let file = table.required_text("password_file");
        let password = file.and_then(|file| files::secret(&base.join(file), faults));
        let mut devices = Vec::new();
        for text in table.texts("devices") {
            match Devices::parse(&text) {
                Ok(some) => devices.push(some),
                Err(error) => table.fault("devices", error.to_string()),
            }
        }
        let agency = table.parsed("agency", AgencyCode::new);
        if !table.has("devices") && !table.has("agency") {
            table.fault(
                "devices",
                "is missing: name what this login may publish for, `devices = [\"ap-*\"]` or `agency = \"pupr\"`",
            );
        }
        if let Some(user) = &user
            && !users.insert(user.clone())
        {
            table.fault("user", format!("`{user}` has another account already"));
        }
        table.finish();
        if let (Some(user), Some(password)) = (user, password) {
            read.push(Account { user, password, rights: Rights { devices, agency } });
        }
    }
    Accounts { read, count }
}

#[cfg(test)]
mod tests {
    use pantau_schemas::toml_reader::Document;

    use super::*;

    /// Reads `[mqtt]` and gives it with the faults' keys and messages.
    fn faults_of(text: &str, base: &Path) -> (Mqtt, Vec<String>) {
        let faults = Faults::default();
        let document = Document::parse("pantau.toml", text, &faults);
        let city = CityCode::new("metro").unwrap();
        let mut root = document.root(&faults);
        let mqtt = read(root.table("mqtt").unwrap(), &city, base, &faults);
        drop(root);
        drop(document);
        let said = faults.into_sorted().into_iter().map(|fault| format!("{}: {}", fault.key, fault.message));
        (mqtt, said.collect())
    }

    #[test]
    fn a_broker_and_a_port_of_our_own_alone_or_together() {
        let here = Path::new(".");
        let (mqtt, faults) = faults_of("[mqtt]\nlisten = \"127.0.0.1:1883\"\nmax_connections = 7", here);
        assert!(faults.is_empty() && mqtt.broker.is_none(), "{faults:?}");
        assert_eq!(mqtt.intake.unwrap().settings.connections, 7);
        let both = "[mqtt]\nurl = \"mqtt://broker\"\nlisten = \"[::1]:1883\"\nmax_packet_bytes = 2048\n\
            receive_maximum = 9";
        let (mqtt, faults) = faults_of(both, here);
        assert!(faults.is_empty(), "{faults:?}");
        assert_eq!(mqtt.broker.as_ref().unwrap().receive_maximum, 9);
        assert_eq!((mqtt.broker.unwrap().max_packet, mqtt.intake.unwrap().settings.max_packet), (2048, 2048));
        let (_, faults) = faults_of("[mqtt]\nmax_connections = 1\nuser = \"x\"", here);
        for wanted in ["mqtt.url: is missing", "mqtt.user: belongs", "mqtt.max_connections: belongs"] {
            assert!(faults.iter().any(|fault| fault.contains(wanted)), "no {wanted} in {faults:?}");
        }
    }

    #[test]
    fn whoever_can_be_reached_by_others_needs_logins_and_each_names_its_rights() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("gateway"), "canary-4711\n").unwrap();
        let (mqtt, faults) = faults_of("[mqtt]\nlisten = \"0.0.0.0:1883\"", folder.path());
        assert!(faults.iter().any(|fault| fault.contains("needs a login")), "{faults:?}");
        drop(mqtt);
        let good = "[mqtt]\nlisten = \"0.0.0.0:1883\"\n[[mqtt.account]]\nuser = \"gateway\"\n\
            password_file = \"gateway\"\ndevices = [\"ap-01\", \"sen-*\"]\nagency = \"pupr\"";
        let (mqtt, faults) = faults_of(good, folder.path());
        assert!(faults.is_empty(), "{faults:?}");
        let accounts = mqtt.intake.unwrap().settings.accounts;
        assert_eq!(accounts[0].rights.devices.len(), 2);
        assert!(!format!("{accounts:?}").contains("canary"));
        let bad = format!(
            "{good}\n[[mqtt.account]]\nuser = \"gateway\"\npassword_file = \"nowhere\"\ndevices = [\"a b\"]\n\
             [[mqtt.account]]\nuser = \"x\"\npassword_file = \"gateway\"\nright = \"all\""
        );
        let (_, faults) = faults_of(&bad, folder.path());
        for wanted in
            ["another account", "cannot be read", "`a b` is neither", "right", "is missing: name what"]
        {
            assert!(faults.iter().any(|fault| fault.contains(wanted)), "no {wanted} in {faults:?}");
        }
    }
}
