//! Certificates: ours, shown to whoever comes by TLS, and whose we believe when we go out.
//!
//! **Never here:** connections.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::time::Duration;

use anyhow::Context as _;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName, UnixTime};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, ServerConfig, SignatureScheme};
use rustls_platform_verifier::BuilderVerifierExt as _;
use tokio_rustls::TlsAcceptor;

/// A certificate renewed on the disk is taken up by then, without a restart.
const READ_AGAIN: Duration = Duration::from_secs(3600);
/// Told in a certificate of our own making.
const NOBODY: &str = "gudok.invalid";

/// Where our certificate lies; both empty: one that nobody vouches for is made at each start.
#[derive(Debug, Clone, Default)]
pub struct Certificate {
    /// PEM, ours first, then whoever vouches for it.
    pub certificate: PathBuf,
    /// PEM, without a password.
    pub key: PathBuf,
}

/// What is shown to whoever comes.
#[derive(Debug)]
struct Shown(RwLock<Arc<CertifiedKey>>);

impl ResolvesServerCert for Shown {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

impl Certificate {
    fn is_made_up(&self) -> bool {
        self.certificate.as_os_str().is_empty() && self.key.as_os_str().is_empty()
    }

    fn load(&self) -> anyhow::Result<CertifiedKey> {
        let file = |path: &Path| path.display().to_string();
        let chain = CertificateDer::pem_file_iter(&self.certificate)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .with_context(|| format!("certificate {:?} (sip.tls)", file(&self.certificate)))?;
        let key = PrivateKeyDer::from_pem_file(&self.key)
            .with_context(|| format!("key {:?} (sip.tls)", file(&self.key)))?;
        CertifiedKey::from_der(chain, key, &rustls::crypto::ring::default_provider())
            .with_context(|| format!("certificate and key {:?} (sip.tls)", file(&self.key)))
    }
}

/// Shows our certificate; a newer one as soon as it lies there.
pub fn acceptor(settings: &Certificate) -> anyhow::Result<TlsAcceptor> {
    let key = match settings.is_made_up() {
        true => made_up()?,
        false => settings.load()?,
    };
    let shown = Arc::new(Shown(RwLock::new(Arc::new(key))));
    if !settings.is_made_up() {
        tokio::spawn(keep_fresh(settings.clone(), Arc::clone(&shown)));
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_cert_resolver(shown);
    Ok(TlsAcceptor::from(Arc::new(config)))
}

async fn keep_fresh(settings: Certificate, shown: Arc<Shown>) {
    loop {
        tokio::time::sleep(READ_AGAIN).await;
        match settings.load() {
            Ok(key) => {
                *shown.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(key);
            }
            Err(error) => {
                tracing::warn!(
                    error = format!("{error:#}"),
                    "the certificate read before is shown on"
                );
            }
        }
    }
}

fn made_up() -> anyhow::Result<CertifiedKey> {
    let made = rcgen::generate_simple_self_signed([NOBODY.to_owned()])?;
    let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    let chain = vec![made.cert.der().clone()];
    let provider = rustls::crypto::ring::default_provider();
    Ok(CertifiedKey::from_der(chain, key.into(), &provider)?)
}

/// Whom this machine trusts; read once.
pub fn of_this_machine() -> anyhow::Result<Arc<ClientConfig>> {
    static TRUSTED: OnceLock<Arc<ClientConfig>> = OnceLock::new();
    if let Some(known) = TRUSTED.get() {
        return Ok(Arc::clone(known));
    }
    let read = trust(Path::new(""))?;
    Ok(Arc::clone(TRUSTED.get_or_init(|| read)))
}

/// Whose certificates we believe: whoever `trust` (PEM) names, or with no such file whoever this machine
/// believes.
pub fn trust(trust: &Path) -> anyhow::Result<Arc<ClientConfig>> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()?;
    if trust.as_os_str().is_empty() {
        return Ok(Arc::new(config.with_platform_verifier()?.with_no_client_auth()));
    }
    let named = CertificateDer::pem_file_iter(trust)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .with_context(|| format!("certificates {:?} (trust)", trust.display()))?;
    let mut roots = RootCertStore::empty();
    for certificate in &named {
        let added = roots.add(certificate.clone());
        added.with_context(|| format!("certificates {:?} (trust)", trust.display()))?;
    }
    let usual = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build()?;
    let config = config
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Named { named, usual }))
        .with_no_client_auth();
    Ok(Arc::new(config))
}

/// Believes whoever the owner named: one who vouches for others, or the very certificate, as small
/// exchanges make them for themselves.
#[derive(Debug)]
struct Named {
    named: Vec<CertificateDer<'static>>,
    usual: Arc<WebPkiServerVerifier>,
}

impl ServerCertVerifier for Named {
    fn verify_server_cert(
        &self,
        shown: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if self.named.iter().any(|named| named == shown) {
            return Ok(ServerCertVerified::assertion());
        }
        self.usual.verify_server_cert(shown, between, name, ocsp, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        shown: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.usual.verify_tls12_signature(message, shown, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        shown: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.usual.verify_tls13_signature(message, shown, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.usual.supported_verify_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn without_files_a_certificate_is_made_with_them_they_must_be_there() {
        assert!(acceptor(&Certificate::default()).is_ok());
        let missing = Certificate { certificate: "no.pem".into(), key: "no.key".into() };
        let error = acceptor(&missing).err().unwrap();
        assert!(
            format!("{error:#}").starts_with("certificate \"no.pem\" (sip.tls): "),
            "{error:#}"
        );
    }
}
