//! TLS from the configured files.

use anyhow::Context;
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use std::sync::Arc;
use tokio_rustls::TlsAcceptor;

use crate::config::Tls;

/// An acceptor of the configured identity.
///
/// # Errors
/// A file that cannot be read or does not hold what it should.
pub(crate) fn acceptor(tls: &Tls) -> anyhow::Result<TlsAcceptor> {
    let certificate = tls.certificate.display();
    let chain = CertificateDer::pem_file_iter(&tls.certificate)
        .with_context(|| format!("failed to read {certificate}"))?
        .collect::<Result<Vec<_>, _>>()
        .with_context(|| format!("failed to read a certificate of {certificate}"))?;
    let key = PrivateKeyDer::from_pem_file(&tls.key)
        .with_context(|| format!("failed to read a private key from {}", tls.key.display()))?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .context("failed to use the certificate and its key")?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}
