//! TLS 1.3, with the certificates of a folder.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use tokio_rustls::rustls::{
    ClientConfig, RootCertStore, ServerConfig,
    crypto::{CryptoProvider, ring},
    pki_types::{CertificateDer, PrivateKeyDer, pem, pem::PemObject},
    server::WebPkiClientVerifier,
    version::TLS13,
};

use super::identity::bad_file;
use crate::{Result, error::NetError};

/// The authority that both sides trust.
const AUTHORITY: &str = "ca.pem";
/// The protocol above TLS: HTTP/2.
const ALPN: &[u8] = b"h2";

/// The authorities whose certificates are trusted, and no others.
#[derive(Clone)]
pub struct Authority(Arc<RootCertStore>);

impl Authority {
    /// All certificates of a PEM file.
    ///
    /// # Errors
    /// [`NetError::File`] for a file that cannot be read, or without a certificate.
    pub fn load(file: &Path) -> Result<Authority> {
        let mut roots = RootCertStore::empty();
        for certificate in certificates_in(file)? {
            roots.add(certificate).map_err(|error| bad_file(file, error))?;
        }
        Ok(Authority(roots.into()))
    }
}

/// What a server shows, and the authority of its clients.
#[derive(Clone)]
pub struct ServerCertificates {
    authority: Authority,
    own: Arc<Own>,
}

impl ServerCertificates {
    /// `ca.pem`, `server.pem` and `server.key` of a folder.
    ///
    /// # Errors
    /// [`NetError::File`] for a file that is missing or cannot be used; [`NetError::Certificates`] for a key that does not
    /// belong to its certificate.
    pub fn load(folder: &Path) -> Result<ServerCertificates> {
        let (authority, own) = load(folder, "server")?;
        let loaded = ServerCertificates { authority, own };
        loaded.config(true).map(|_| loaded)
    }

    /// The settings of a server that asks for certificates, and insists on them if they are `required`.
    pub(super) fn config(&self, required: bool) -> Result<Arc<ServerConfig>> {
        let verifier = WebPkiClientVerifier::builder_with_provider(self.authority.0.clone(), provider());
        let verifier = if required { verifier } else { verifier.allow_unauthenticated() };
        let verifier = verifier.build().map_err(bad_certificates)?;
        let mut config = ServerConfig::builder_with_provider(provider())
            .with_protocol_versions(&[&TLS13])
            .map_err(bad_certificates)?
            .with_client_cert_verifier(verifier)
            .with_single_cert(self.own.chain.clone(), self.own.key.clone_key())
            .map_err(bad_certificates)?;
        config.alpn_protocols = vec![ALPN.into()];
        // Connections last: nothing is gained by resuming one, and nobody is let in by an earlier check.
        config.send_tls13_tickets = 0;
        Ok(config.into())
    }
}

/// What a client shows, and the authority of its server.
#[derive(Clone)]
pub struct ClientCertificates {
    authority: Authority,
    own: Arc<Own>,
}

impl ClientCertificates {
    /// `ca.pem`, `client.pem` and `client.key` of a folder.
    ///
    /// # Errors
    /// As [`ServerCertificates::load`].
    pub fn load(folder: &Path) -> Result<ClientCertificates> {
        let (authority, own) = load(folder, "client")?;
        let loaded = ClientCertificates { authority, own };
        loaded.config().map(|_| loaded)
    }

    pub(super) fn config(&self) -> Result<Arc<ClientConfig>> {
        client_config(&self.authority, Some(&self.own))
    }
}

/// The settings of a client.
pub(super) fn client_config(authority: &Authority, own: Option<&Own>) -> Result<Arc<ClientConfig>> {
    let builder = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&TLS13])
        .map_err(bad_certificates)?
        .with_root_certificates(authority.0.clone());
    let mut config = match own {
        Some(own) => builder.with_client_auth_cert(own.chain.clone(), own.key.clone_key()).map_err(bad_certificates)?,
        None => builder.with_no_client_auth(),
    };
    config.alpn_protocols = vec![ALPN.into()];
    Ok(config.into())
}

/// A certificate with those between it and the authority, and its key.
pub(super) struct Own {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

fn load(folder: &Path, name: &str) -> Result<(Authority, Arc<Own>)> {
    let file = |name: String| -> PathBuf { folder.join(name) };
    let authority = Authority::load(&file(AUTHORITY.into()))?;
    let chain = certificates_in(&file(format!("{name}.pem")))?;
    let key_file = file(format!("{name}.key"));
    let key = PrivateKeyDer::from_pem_file(&key_file).map_err(|error| bad_pem(&key_file, "private key", error))?;
    Ok((authority, Own { chain, key }.into()))
}

fn certificates_in(file: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let bad = |error| bad_pem(file, "certificate", error);
    let found = CertificateDer::pem_file_iter(file).map_err(bad)?.collect::<Result<Vec<_>, _>>().map_err(bad)?;
    match found.is_empty() {
        true => Err(bad(pem::Error::NoItemsFound)),
        false => Ok(found),
    }
}

fn bad_pem(file: &Path, what: &str, error: pem::Error) -> crate::Error {
    match error {
        pem::Error::NoItemsFound => bad_file(file, format!("no {what} in it: a file of PEM with one is expected")),
        pem::Error::Io(error) => bad_file(file, error),
        error => bad_file(file, format!("a {what} is expected: {error}")),
    }
}

fn bad_certificates(error: impl ToString) -> crate::Error {
    NetError::Certificates { reason: error.to_string() }.into()
}

/// Named, because a program with two of them would have no default.
fn provider() -> Arc<CryptoProvider> {
    ring::default_provider().into()
}
