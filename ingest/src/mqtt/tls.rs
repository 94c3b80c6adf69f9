//! TLS to the broker: rustls with ring, the system's authorities and those of a file.

use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

/// Why there is no TLS.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TlsError {
    /// The file of authorities cannot be read.
    #[error("failed to read the file of certificate authorities: {0}")]
    File(#[source] rustls::pki_types::pem::Error),
    /// The file holds no certificate.
    #[error("the file of certificate authorities holds none")]
    Empty,
    /// Neither the system nor the file has any authority.
    #[error("there is no certificate authority to trust")]
    NoAuthority,
    /// rustls refused.
    #[error("failed to set TLS up: {0}")]
    Rustls(#[from] rustls::Error),
}

/// The client's side of TLS. Reads files: call it where blocking is allowed.
pub(crate) fn client(ca_file: Option<&Path>) -> Result<Arc<ClientConfig>, TlsError> {
    let mut roots = RootCertStore::empty();
    // Single broken certificates of a system are no reason to trust none.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if let Some(path) = ca_file {
        let mut count = 0usize;
        for certificate in CertificateDer::pem_file_iter(path).map_err(TlsError::File)? {
            roots.add(certificate.map_err(TlsError::File)?)?;
            count += 1;
        }
        if count == 0 {
            return Err(TlsError::Empty);
        }
    }
    if roots.is_empty() {
        return Err(TlsError::NoAuthority);
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}
