//! Who may watch: Basic (RFC 7617) and Digest (RFC 2617, MD5, as cameras have it).

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest as _, Md5};

const REALM: &str = "Pantau";

/// A user and the password.
#[derive(Clone)]
pub struct Login {
    /// User name.
    pub user: String,
    /// Password.
    pub password: String,
}

impl std::fmt::Debug for Login {
    /// Never prints the password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Login").field("user", &self.user).finish_non_exhaustive()
    }
}

/// How a camera asks who is there.
#[derive(Debug, Clone)]
pub enum Access {
    /// Not at all.
    Open,
    /// By Basic.
    Basic(Login),
    /// By Digest.
    Digest(Login),
    /// By either, Digest first.
    Either(Login),
}

impl Access {
    /// The `WWW-Authenticate` headers of a refusal.
    pub(super) fn challenges(&self, nonce: &str) -> Vec<String> {
        let basic = format!("Basic realm=\"{REALM}\"");
        let digest = format!("Digest realm=\"{REALM}\", nonce=\"{nonce}\", algorithm=MD5");
        match self {
            Self::Open => Vec::new(),
            Self::Basic(_) => vec![basic],
            Self::Digest(_) => vec![digest],
            Self::Either(_) => vec![digest, basic],
        }
    }

    /// Whether an `Authorization` header lets a request through.
    pub(super) fn admits(&self, header: Option<&str>, method: &str, nonce: &str) -> bool {
        let (login, by_basic, by_digest) = match self {
            Self::Open => return true,
            Self::Basic(login) => (login, true, false),
            Self::Digest(login) => (login, false, true),
            Self::Either(login) => (login, true, true),
        };
        match header.and_then(|header| header.trim().split_once(' ')) {
            Some((scheme, rest)) if by_basic && scheme.eq_ignore_ascii_case("basic") => {
                rest.trim() == STANDARD.encode(format!("{}:{}", login.user, login.password))
            }
            Some((scheme, rest)) if by_digest && scheme.eq_ignore_ascii_case("digest") => {
                Answer::read(rest).is_some_and(|answer| answer.fits(login, method, nonce))
            }
            _ => false,
        }
    }
}

/// What a client answered to a Digest challenge.
#[derive(Debug, Default)]
struct Answer {
    user: String,
    nonce: String,
    uri: String,
    response: String,
    qop: Option<String>,
    count: String,
    client_nonce: String,
}

impl Answer {
    fn read(text: &str) -> Option<Self> {
        let mut answer = Self::default();
        let mut rest = text;
        while let Some((name, after)) = rest.split_once('=') {
            let (value, after) = match after.trim_start().strip_prefix('"') {
                Some(quoted) => quoted.split_once('"')?,
                None => after.split_once(',').unwrap_or((after, "")),
            };
            let value = value.trim().to_owned();
            match name.trim_matches([' ', ',', '\t']).to_ascii_lowercase().as_str() {
                "username" => answer.user = value,
                "nonce" => answer.nonce = value,
                "uri" => answer.uri = value,
                "response" => answer.response = value,
                "qop" => answer.qop = Some(value),
                "nc" => answer.count = value,
                "cnonce" => answer.client_nonce = value,
                _ => {}
            }
            rest = after;
        }
        Some(answer)
    }

    fn fits(&self, login: &Login, method: &str, nonce: &str) -> bool {
        self.user == login.user
            && self.nonce == nonce
            && self.response.eq_ignore_ascii_case(&self.expected(&login.password, REALM, method))
    }

    fn expected(&self, password: &str, realm: &str, method: &str) -> String {
        let secret = hash(&format!("{}:{realm}:{password}", self.user));
        let request = hash(&format!("{method}:{}", self.uri));
        match &self.qop {
            None => hash(&format!("{secret}:{}:{request}", self.nonce)),
            Some(qop) => {
                hash(&format!("{secret}:{}:{}:{}:{qop}:{request}", self.nonce, self.count, self.client_nonce))
            }
        }
    }
}

fn hash(text: &str) -> String {
    Md5::digest(text).iter().fold(String::with_capacity(32), |mut hex, byte| {
        // Writing to a String cannot fail.
        _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_rfc_2617_fits() {
        let answer = Answer::read(
            "username=\"Mufasa\", realm=\"testrealm@host.com\", \
             nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", uri=\"/dir/index.html\", qop=auth, nc=00000001, \
             cnonce=\"0a4f113b\", response=\"6629fae49393a05397450978507c4ef1\", \
             opaque=\"5ccc069c403ebaf9f0171e9517f40e41\"",
        )
        .unwrap();
        assert_eq!(answer.expected("Circle Of Life", "testrealm@host.com", "GET"), answer.response);
    }

    #[test]
    fn the_example_of_rfc_2069_as_corrected_fits() {
        // Without `qop`, as most cameras ask; the figure is that of erratum 749.
        let answer = Answer::read(
            "username=\"Mufasa\", nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", uri=\"/dir/index.html\", \
             response=\"1949323746fe6a43ef61f9606e7febea\"",
        )
        .unwrap();
        assert_eq!(answer.expected("CircleOfLife", "testrealm@host.com", "GET"), answer.response);
    }

    #[test]
    fn only_the_right_password_and_nonce_are_let_in() {
        let login = Login { user: "viewer".into(), password: "rahasia".into() };
        let access = Access::Either(login);
        assert!(access.admits(Some("Basic dmlld2VyOnJhaGFzaWE="), "DESCRIBE", "n"));
        assert!(!access.admits(Some("Basic dmlld2VyOnNhbGFo"), "DESCRIBE", "n"));
        assert!(!access.admits(None, "DESCRIBE", "n"));

        let secret = hash("viewer:Pantau:rahasia");
        let response = hash(&format!("{secret}:n:{}", hash("DESCRIBE:rtsp://h/cam")));
        let header =
            format!("Digest username=\"viewer\", nonce=\"n\", uri=\"rtsp://h/cam\", response=\"{response}\"");
        assert!(access.admits(Some(&header), "DESCRIBE", "n"));
        assert!(!access.admits(Some(&header), "SETUP", "n"));
        assert!(!access.admits(Some(&header), "DESCRIBE", "another"));
    }
}
