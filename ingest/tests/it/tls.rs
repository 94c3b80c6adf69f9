//! `mqtts://` with an authority of the city's own.

use std::path::Path;

use base64::Engine;
use pantau_ingest::mqtt::{Phase, Settings};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};

use crate::broker_or_skip;
use crate::city::city;
use crate::consumer::Consumer;

fn pem(label: &str, der: &[u8]) -> String {
    let body = base64::engine::general_purpose::STANDARD.encode(der);
    let lines: Vec<&str> =
        body.as_bytes().chunks(64).filter_map(|line| std::str::from_utf8(line).ok()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

/// Writes an authority and a server's certificate for `localhost` of it.
fn write(folder: &Path, name: &str) {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let server = params.signed_by(&key, &authority).unwrap();
    let put =
        |what: &str, text: String| std::fs::write(folder.join(format!("{name}-{what}.pem")), text).unwrap();
    put("ca", pem("CERTIFICATE", authority.der()));
    put("server", pem("CERTIFICATE", server.der()));
    put("key", pem("PRIVATE KEY", &key.serialize_der()));
}

#[tokio::test]
async fn the_citys_own_authority_is_trusted_and_no_other() {
    let certificates = tempfile::TempDir::new().unwrap();
    let folder = certificates.path();
    write(folder, "right");
    write(folder, "wrong");
    let shown = folder.display();
    let broker =
        broker_or_skip!(&format!("certfile {shown}/right-server.pem\nkeyfile {shown}/right-key.pem\n"));
    let settings = |authority: Option<&str>| {
        let mut settings = Settings::new(&format!("mqtts://localhost:{}", broker.port), city()).unwrap();
        settings.ca_file = authority.map(|name| folder.join(format!("{name}-ca.pem")));
        settings
    };
    Consumer::connected(settings(Some("right"))).await.stop().await;
    for authority in [Some("wrong"), None] {
        let mut consumer = Consumer::start(settings(authority));
        let status = consumer.until(|status| status.phase == Phase::Waiting).await;
        assert_eq!(status.counters.connections, 0);
        assert!(status.last_error.is_some_and(|error| error.contains("certificate")), "{authority:?}");
        consumer.stop().await;
    }
}
