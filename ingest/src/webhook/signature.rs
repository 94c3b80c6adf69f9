//! Standard Webhooks 1.0: `webhook-id`, `webhook-timestamp`, `webhook-signature`.
//!
//! Signed is `{id}.{timestamp}.{body}` with HMAC-SHA256. The comparison takes the same time whatever differs,
//! every secret is tried (several are valid while one is being replaced), and the raw bytes of the body are
//! what counts.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use pantau_schemas::time::Timestamp;
use secrecy::{ExposeSecret, SecretSlice};
use sha2::Sha256;
use subtle::{Choice, ConstantTimeEq};

/// How far the sender's clock may be from ours, milliseconds.
pub const TOLERANCE_MS: i64 = 5 * 60 * 1000;
/// Most signatures looked at in one header; a rotation needs two.
const MAX_SIGNATURES: usize = 16;
/// Longest `webhook-id`, bytes.
const MAX_ID: usize = 256;
/// What a secret begins with.
const SECRET_PREFIX: &str = "whsec_";
/// Bytes of a key, as Standard Webhooks bounds them.
const KEY_BYTES: std::ops::RangeInclusive<usize> = 24..=64;

/// A secret shared with a sender. Never printed.
#[derive(Clone)]
pub struct SecretKey(SecretSlice<u8>);

/// A text that is not a secret of Standard Webhooks. Says nothing of what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a secret of the form whsec_ and the base64 of 24 to 64 bytes")]
pub struct NotASecret;

impl SecretKey {
    /// Reads `whsec_…`; white space around it is cut, as files end in a newline.
    ///
    /// # Errors
    /// [`NotASecret`].
    pub fn parse(text: &str) -> Result<Self, NotASecret> {
        let encoded = text.trim().strip_prefix(SECRET_PREFIX).ok_or(NotASecret)?;
        let key = STANDARD.decode(encoded).or(Err(NotASecret))?;
        if !KEY_BYTES.contains(&key.len()) {
            return Err(NotASecret);
        }
        Ok(Self(key.into()))
    }

    /// The HMAC of a message under this key.
    fn sign(&self, id: &str, timestamp: &str, body: &[u8]) -> Option<[u8; 32]> {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.0.expose_secret()).ok()?;
        for part in [id.as_bytes(), b".", timestamp.as_bytes(), b".", body] {
            mac.update(part);
        }
        Some(mac.finalize().into_bytes().into())
    }

    /// The value of `webhook-signature` for a message: for senders, the simulated ones too.
    #[must_use]
    pub fn signature(&self, id: &str, seconds: i64, body: &[u8]) -> String {
        // A key within its bounds always makes a MAC.
        let mac = self.sign(id, &seconds.to_string(), body).unwrap_or_default();
        format!("v1,{}", STANDARD.encode(mac))
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(…)")
    }
}

/// The three headers as they came; `None` where one is absent or not text.
#[derive(Debug, Clone, Copy)]
pub struct Headers<'a> {
    /// `webhook-id`.
    pub id: Option<&'a str>,
    /// `webhook-timestamp`, seconds since 1970.
    pub timestamp: Option<&'a str>,
    /// `webhook-signature`, signatures parted by spaces.
    pub signature: Option<&'a str>,
}

/// Why a post is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// A header is absent or empty.
    #[error("the header {0} is missing")]
    Missing(&'static str),
    /// The id is longer than 256 bytes or has a control character.
    #[error("the header webhook-id is not an identity")]
    Id,
    /// The timestamp is not a whole number of seconds.
    #[error("the header webhook-timestamp is not a number of seconds")]
    Timestamp,
    /// The timestamp is too far from now: a replay, or a wrong clock.
    #[error("the header webhook-timestamp is more than 5 minutes from now")]
    Skew,
    /// No signature fits any secret.
    #[error("no signature fits")]
    Mismatch,
}

/// Checks that somebody who has one of `secrets` sent `body`, within ±5 minutes of `now`.
///
/// # Errors
/// [`SignatureError`]; all of them are a 401.
pub fn verify(
    headers: Headers<'_>,
    body: &[u8],
    secrets: &[SecretKey],
    now: Timestamp,
) -> Result<(), SignatureError> {
    let present = |value: Option<&'_ str>| value.is_some_and(|value| !value.is_empty());
    for (name, value) in [
        ("webhook-id", headers.id),
        ("webhook-timestamp", headers.timestamp),
        ("webhook-signature", headers.signature),
    ] {
        if !present(value) {
            return Err(SignatureError::Missing(name));
        }
    }
    let (id, timestamp, signature) = (
        headers.id.unwrap_or_default(),
        headers.timestamp.unwrap_or_default(),
        headers.signature.unwrap_or_default(),
    );
    if id.len() > MAX_ID || id.chars().any(char::is_control) {
        return Err(SignatureError::Id);
    }
    if timestamp.len() > 12 || !timestamp.bytes().all(|b| b.is_ascii_digit()) {
        return Err(SignatureError::Timestamp);
    }
    let seconds: i64 = timestamp.parse().or(Err(SignatureError::Timestamp))?;
    if now.millis_since(Timestamp::from_secs(seconds)).abs() > TOLERANCE_MS {
        return Err(SignatureError::Skew);
    }
    let mut fits = Choice::from(0);
    for secret in secrets {
        let Some(expected) = secret.sign(id, timestamp, body) else { continue };
        let given = signature.split(' ').filter_map(|one| one.strip_prefix("v1,")).take(MAX_SIGNATURES);
        for mac in given.filter_map(|encoded| STANDARD.decode(encoded).ok()) {
            fits |= mac.as_slice().ct_eq(expected.as_slice());
        }
    }
    if bool::from(fits) { Ok(()) } else { Err(SignatureError::Mismatch) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const BODY: &[u8] = br#"{"test": 2432232314}"#;
    const SECONDS: i64 = 1_614_265_330;
    /// From the example of the Standard Webhooks specification.
    const SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    fn check(
        id: &str,
        timestamp: &str,
        signature: &str,
        body: &[u8],
        now: i64,
    ) -> Result<(), SignatureError> {
        let headers = Headers { id: Some(id), timestamp: Some(timestamp), signature: Some(signature) };
        let other = SecretKey::parse(&format!("whsec_{}", STANDARD.encode([7; 32]))).unwrap();
        let secrets = [other, SecretKey::parse(SECRET).unwrap()];
        verify(headers, body, &secrets, Timestamp::from_secs(now))
    }

    #[test]
    fn the_specifications_example_is_believed() {
        let secret = SecretKey::parse(&format!(" {SECRET}\n")).unwrap();
        assert_eq!(secret.signature(ID, SECONDS, BODY), SIGNATURE);
        assert_eq!(check(ID, "1614265330", SIGNATURE, BODY, SECONDS), Ok(()));
        let several = format!("v1a,xx v1,AAAA {SIGNATURE}");
        assert_eq!(check(ID, "1614265330", &several, BODY, SECONDS + 300), Ok(()));
    }

    #[test]
    fn whatever_is_changed_is_not_believed() {
        use SignatureError as E;
        let time = "1614265330";
        assert_eq!(check("msg_x", time, SIGNATURE, BODY, SECONDS), Err(E::Mismatch));
        assert_eq!(check(ID, "1614265331", SIGNATURE, BODY, SECONDS), Err(E::Mismatch));
        assert_eq!(check(ID, time, SIGNATURE, b"{}", SECONDS), Err(E::Mismatch));
        assert_eq!(check(ID, time, &SIGNATURE.replace("v1,", "v2,"), BODY, SECONDS), Err(E::Mismatch));
        assert_eq!(check(ID, time, "v1,", BODY, SECONDS), Err(E::Mismatch));
        assert_eq!(check(ID, time, SIGNATURE, BODY, SECONDS + 301), Err(E::Skew));
        assert_eq!(check(ID, time, SIGNATURE, BODY, SECONDS - 301), Err(E::Skew));
        assert_eq!(check(ID, "+1614265330", SIGNATURE, BODY, SECONDS), Err(E::Timestamp));
        assert_eq!(check(ID, "9".repeat(40).as_str(), SIGNATURE, BODY, SECONDS), Err(E::Timestamp));
        assert_eq!(check(&"x".repeat(257), time, SIGNATURE, BODY, SECONDS), Err(E::Id));
        assert_eq!(check(ID, time, "", BODY, SECONDS), Err(E::Missing("webhook-signature")));
        let headers = Headers { id: Some(ID), timestamp: Some(time), signature: Some(SIGNATURE) };
        assert_eq!(verify(headers, BODY, &[], Timestamp::from_secs(SECONDS)), Err(E::Mismatch));
    }

    #[test]
    fn a_secret_is_checked_and_never_printed() {
        let secret = SecretKey::parse(SECRET).unwrap();
        assert_eq!(format!("{secret:?}"), "SecretKey(…)");
        for bad in ["", "whsec_", "whsec_AAAA", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_!!!!"] {
            assert!(SecretKey::parse(bad).is_err(), "{bad:?} was taken");
        }
    }
}
