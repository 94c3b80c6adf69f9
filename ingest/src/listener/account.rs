//! Who may connect, and what a login may publish.

use std::sync::Arc;

use pantau_schemas::dead_letter::Reason;
use pantau_schemas::ids::{AgencyCode, CityCode, DeviceId};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::fault::Fault;
use crate::topic::Topic;

/// A login. `Debug` prints no password.
#[derive(Debug, Clone)]
pub struct Account {
    /// User name.
    pub user: String,
    /// Password.
    pub password: SecretString,
    /// What it may publish.
    pub rights: Rights,
}

/// What somebody may publish.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rights {
    /// For these devices.
    pub devices: Vec<Devices>,
    /// For this agency.
    pub agency: Option<AgencyCode>,
}

/// One device, or all whose identities begin alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Devices {
    /// This one.
    One(DeviceId),
    /// All that begin so: `ap-*`. Empty: every device.
    Prefix(String),
}

/// Why a text names no devices.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is neither the id of a device nor the beginning of some, like ap-*")]
pub struct DevicesError(String);

impl Devices {
    /// Reads `ap-01`, `ap-*` or `*`.
    ///
    /// # Errors
    /// Another text.
    pub fn parse(text: &str) -> Result<Self, DevicesError> {
        let wrong = || DevicesError(text.to_owned());
        match text.strip_suffix('*') {
            Some("") => Ok(Self::Prefix(String::new())),
            // What an identity begins with could itself be one.
            Some(prefix) => DeviceId::new(prefix)
                .map(|prefix| Self::Prefix(prefix.to_string()))
                .map_err(|_what_is_wrong_is_said_by_ours| wrong()),
            None => DeviceId::new(text).map(Self::One).map_err(|_what_is_wrong_is_said_by_ours| wrong()),
        }
    }

    fn include(&self, id: &DeviceId) -> bool {
        match self {
            Self::One(one) => one == id,
            Self::Prefix(prefix) => id.as_str().starts_with(prefix.as_str()),
        }
    }
}

impl Rights {
    /// Whether `topic` may be published.
    ///
    /// # Errors
    /// Why not: [`Reason::Topic`] for what is nobody's topic, [`Reason::Identity`] for another's.
    pub fn check(&self, city: &CityCode, topic: &str) -> Result<(), Fault> {
        let (allowed, who) = match Topic::parse(city, topic)? {
            Topic::Device { id, .. } => {
                (self.devices.iter().any(|devices| devices.include(&id)), format!("the device {id}"))
            }
            Topic::Agency(agency) => (self.agency.as_ref() == Some(&agency), format!("the agency {agency}")),
        };
        if allowed {
            return Ok(());
        }
        Err(Fault::new(Reason::Identity, "", format!("this login may not publish for {who}")))
    }
}

/// Somebody who was let in. `rights` is `None` for everything.
#[derive(Debug, Clone, Default)]
pub(crate) struct Guest {
    /// The user; empty where nobody needs a login.
    pub(crate) user: Arc<str>,
    pub(crate) rights: Option<Arc<Rights>>,
}

/// Everybody who may connect.
#[derive(Debug)]
pub(crate) struct Door {
    logins: Vec<Login>,
}

#[derive(Debug)]
struct Login {
    guest: Guest,
    password: [u8; 32],
}

impl Door {
    pub(crate) fn new(accounts: &[Account]) -> Self {
        let logins = accounts
            .iter()
            .map(|account| Login {
                guest: Guest {
                    user: account.user.as_str().into(),
                    rights: Some(Arc::new(account.rights.clone())),
                },
                password: digest(account.password.expose_secret()),
            })
            .collect();
        Self { logins }
    }

    /// Lets somebody in. How long it takes tells neither whether the user exists nor how much of a password
    /// was right: digests of one length are compared, and there is always one to compare with.
    pub(crate) fn admit(&self, user: &str, password: &str) -> Option<Guest> {
        if self.logins.is_empty() {
            return Some(Guest::default());
        }
        let given = digest(password);
        let known = self.logins.iter().find(|login| *login.guest.user == *user);
        let wanted = known.map_or([0; 32], |login| login.password);
        let right = bool::from(wanted.ct_eq(&given));
        known.filter(|_| right).map(|login| login.guest.clone())
    }
}

fn digest(password: &str) -> [u8; 32] {
    Sha256::digest(password.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(user: &str, devices: &[&str], agency: Option<&str>) -> Account {
        let devices = devices.iter().map(|text| Devices::parse(text).unwrap()).collect();
        let agency = agency.map(|code| AgencyCode::new(code).unwrap());
        Account { user: user.into(), password: "canary-4711".into(), rights: Rights { devices, agency } }
    }

    #[test]
    fn a_login_speaks_for_its_own_devices_and_agency_and_nobody_else() {
        let city = CityCode::new("metro").unwrap();
        let rights = account("a", &["ap-01", "sen-*"], Some("pupr")).rights;
        let reason = |topic: &str| rights.check(&city, topic).err().map(|fault| fault.reason);
        assert_eq!(reason("pantau/1/metro/ap/ap-01/state"), None);
        assert_eq!(reason("pantau/1/metro/sensor/sen-air-01/tele/senml"), None);
        assert_eq!(reason("pantau/1/metro/opd/pupr/event"), None);
        assert_eq!(reason("pantau/1/metro/ap/ap-011/state"), Some(Reason::Identity));
        assert_eq!(reason("pantau/1/metro/ap/ap-02/state"), Some(Reason::Identity));
        assert_eq!(reason("pantau/1/metro/opd/dishub/event"), Some(Reason::Identity));
        assert_eq!(reason("pantau/1/lain/ap/ap-01/state"), Some(Reason::Topic));
        assert_eq!(reason("pantau/1/metro/ap/ap-01/other"), Some(Reason::Topic));
        let all = account("b", &["*"], None).rights;
        assert!(all.check(&city, "pantau/1/metro/ap/any/state").is_ok());
        assert!(all.check(&city, "pantau/1/metro/opd/pupr/event").is_err());
        for bad in ["", "ap *", "-*", "a*b", "**"] {
            assert!(Devices::parse(bad).is_err(), "{bad} was taken");
        }
    }

    #[test]
    fn only_the_right_password_opens() {
        let door = Door::new(&[account("gateway", &["*"], None)]);
        assert!(door.admit("gateway", "canary-4711").is_some());
        for (user, password) in
            [("gateway", "canary-4712"), ("gateway", ""), ("other", "canary-4711"), ("", "")]
        {
            assert!(door.admit(user, password).is_none(), "{user} was let in");
        }
        assert!(Door::new(&[]).admit("", "").is_some_and(|guest| guest.rights.is_none()));
        assert!(!format!("{door:?} {:?}", account("x", &[], None)).contains("canary"));
    }
}
