//! TLS with a certificate that is made when the server starts, so that no key
//! is kept with the sources and none expires. The browser does not check it.

use rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use std::{process::Command, sync::Arc};

/// The server's side of TLS.
///
/// # Panics
///
/// If openssl(1) is not installed: a suite that is skipped without a word
/// would look like one that passed.
pub(super) fn server_config() -> Arc<ServerConfig> {
    let directory = tempfile::tempdir().expect("a directory for the key");
    let key = directory.path().join("key.pem");
    let certificate = directory.path().join("certificate.pem");
    let made = Command::new("openssl")
        .args(["req", "-x509", "-nodes", "-days", "2", "-subj", "/CN=test"])
        .args(["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"])
        .arg("-keyout")
        .arg(&key)
        .arg("-out")
        .arg(&certificate)
        .output()
        .expect("openssl is not installed: run tests/setup.sh");
    assert!(
        made.status.success(),
        "openssl: {}",
        String::from_utf8_lossy(&made.stderr)
    );
    let key = PrivateKeyDer::from_pem_file(key).expect("a key");
    let certificate = CertificateDer::from_pem_file(certificate).expect("a certificate");
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .expect("TLS 1.3")
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .expect("the key fits the certificate");
    Arc::new(config)
}
