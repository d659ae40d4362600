//! Certificates of a private authority, with which client and server know each other: mutual TLS without passwords.
//!
//! | file | who has it |
//! |---|---|
//! | `ca.pem` | both: certificates of this authority are believed, and no others |
//! | `ca.key` | neither: whoever has it can make certificates that both sides believe |
//! | `server.pem`, `server.key` | the server |
//! | `client.pem`, `client.key` | the client |

use std::{
    fs, io,
    net::IpAddr,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PublicKeyData, date_time_ymd,
};
use zeroize::{Zeroize, Zeroizing};

use crate::{
    error::CertificateError,
    files::{Readers, write_new},
};

/// As long as clocks may differ.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// The authority lasts longer than what it signs, so that certificates can be renewed one by one.
const AUTHORITY_DAYS: u32 = 3650;

/// A private authority: whoever trusts its certificate believes the certificates that it signs, and no others. Its key
/// is overwritten in memory when it is dropped.
pub struct CertificateAuthority {
    certificate: String,
    key: Key,
}

/// A certificate with its key, as PEM.
pub struct Signed {
    /// For everybody.
    pub certificate: String,
    /// For its owner alone.
    pub key: Zeroizing<String>,
}

struct Key(KeyPair);

impl Drop for Key {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl Key {
    fn generate() -> Result<Key, CertificateError> {
        KeyPair::generate().map(Key).map_err(unsigned)
    }

    fn pem(&self) -> Zeroizing<String> {
        Zeroizing::new(self.0.serialize_pem())
    }
}

impl CertificateAuthority {
    /// The longest validity of a certificate, in days.
    pub const MOST_DAYS: u32 = AUTHORITY_DAYS;

    /// A new authority with a key of its own (ECDSA on P-256), valid for ten years.
    ///
    /// # Errors
    /// `Unsigned` if the system gives no random numbers.
    pub fn new() -> Result<CertificateAuthority, CertificateError> {
        let key = Key::generate()?;
        let mut params = authority_params(&key);
        valid_for(&mut params, AUTHORITY_DAYS);
        let certificate = params.self_signed(&key.0).map_err(unsigned)?.pem();
        Ok(CertificateAuthority { certificate, key })
    }

    /// The certificate, as PEM.
    pub fn certificate(&self) -> &str {
        &self.certificate
    }

    /// A certificate for a server that clients reach by one of these host names and addresses.
    ///
    /// ```
    /// let authority = seal_nn::net::CertificateAuthority::new()?;
    /// let server = authority.server(&["compute.example", "192.0.2.7"], 365)?;
    /// assert!(server.certificate.starts_with("-----BEGIN CERTIFICATE-----"));
    /// assert!(authority.server(&["compute.example:7447"], 365).is_err());
    /// # Ok::<(), seal_nn::CertificateError>(())
    /// ```
    ///
    /// # Errors
    /// `BadHost`, `BadValidity`; `Unsigned` if the system gives no random numbers.
    pub fn server(&self, hosts: &[impl AsRef<str>], days: u32) -> Result<Signed, CertificateError> {
        let hosts: Vec<String> = hosts.iter().map(|host| host.as_ref().to_owned()).collect();
        if let Some(bad) = hosts.iter().find(|host| !is_host(host)) {
            return Err(CertificateError::BadHost { actual: bad.clone() });
        }
        let name = hosts.first().cloned().unwrap_or_else(|| "server".into());
        self.sign(&name, hosts, ExtendedKeyUsagePurpose::ServerAuth, days)
    }

    /// A certificate for a client, by which the server tells it from others.
    ///
    /// # Errors
    /// `BadClient`, `BadValidity`; `Unsigned` if the system gives no random numbers.
    pub fn client(&self, name: &str, days: u32) -> Result<Signed, CertificateError> {
        check_client(name)?;
        self.sign(name, Vec::new(), ExtendedKeyUsagePurpose::ClientAuth, days)
    }

    fn sign(
        &self,
        name: &str,
        hosts: Vec<String>,
        usage: ExtendedKeyUsagePurpose,
        days: u32,
    ) -> Result<Signed, CertificateError> {
        if !(1..=CertificateAuthority::MOST_DAYS).contains(&days) {
            return Err(CertificateError::BadValidity { actual: days, most: CertificateAuthority::MOST_DAYS });
        }
        let key = Key::generate()?;
        let mut params = CertificateParams::new(hosts).map_err(unsigned)?;
        params.distinguished_name = named(name);
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![usage];
        params.use_authority_key_identifier_extension = true;
        valid_for(&mut params, days);
        let authority = authority_params(&self.key);
        let certificate = params.signed_by(&key.0, &Issuer::from_params(&authority, &self.key.0)).map_err(unsigned)?;
        Ok(Signed { certificate: certificate.pem(), key: key.pem() })
    }
}

/// What is the same for an authority whenever it signs. Its name follows from its key, so that nothing of its certificate
/// has to be read again, and that two authorities have different ones.
fn authority_params(key: &Key) -> CertificateParams {
    let mut params = CertificateParams::default();
    let id: String = params.key_identifier(&key.0).iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    params.distinguished_name = named(&format!("seal-nn authority {id}"));
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

fn named(name: &str) -> DistinguishedName {
    let mut named = DistinguishedName::new();
    named.push(DnType::CommonName, name);
    named
}

/// From yesterday, because the other side's clock may be late.
fn valid_for(params: &mut CertificateParams, days: u32) {
    let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let now = date_time_ymd(1970, 1, 1) + since_1970;
    (params.not_before, params.not_after) = (now - DAY, now + DAY * days);
}

fn unsigned(error: rcgen::Error) -> CertificateError {
    CertificateError::Unsigned { reason: error.to_string() }
}

/// An address, or labels of letters, digits and hyphens.
fn is_host(host: &str) -> bool {
    let is_label = |label: &str| {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
        !label.is_empty()
            && label.len() <= 63
            && label.chars().all(plain)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    host.parse::<IpAddr>().is_ok() || (host.len() <= 253 && host.split('.').all(is_label))
}

fn check_client(name: &str) -> Result<(), CertificateError> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let fits = (1..=64).contains(&name.len()) && name.chars().all(plain);
    // Names of files are the same in capitals on some systems.
    let is_taken = ["ca", "server"].iter().any(|taken| name.eq_ignore_ascii_case(taken));
    match fits && name.starts_with(|c: char| c.is_ascii_alphanumeric()) && !is_taken {
        true => Ok(()),
        false => Err(CertificateError::BadClient { actual: name.into() }),
    }
}

/// The files of an authority and of those whom it signed for, in a folder.
#[derive(Clone, Debug)]
pub struct CertificateFiles {
    folder: PathBuf,
}

const EXISTING: &str = "name another folder, or a further client with --client";

impl CertificateFiles {
    /// The name of the client that has none.
    pub const CLIENT: &str = "client";

    /// Those in a folder, which may still be empty or missing.
    pub fn in_folder(folder: impl Into<PathBuf>) -> CertificateFiles {
        CertificateFiles { folder: folder.into() }
    }

    /// The certificate of the authority.
    pub fn authority(&self) -> PathBuf {
        self.folder.join("ca.pem")
    }

    /// The key of the authority.
    pub fn authority_key(&self) -> PathBuf {
        self.folder.join("ca.key")
    }

    /// Certificate and key of the server.
    pub fn server(&self) -> [PathBuf; 2] {
        self.pair("server")
    }

    /// Certificate and key of a client.
    pub fn client(&self, name: &str) -> [PathBuf; 2] {
        self.pair(name)
    }

    fn pair(&self, name: &str) -> [PathBuf; 2] {
        ["pem", "key"].map(|end| self.folder.join(format!("{name}.{end}")))
    }

    /// Whether the folder has an authority.
    pub fn has_authority(&self) -> bool {
        self.authority().exists() || self.authority_key().exists()
    }

    /// Makes an authority, and certificates for a server with these names and addresses and for clients. Keys can be read
    /// by their owner alone.
    ///
    /// # Errors
    /// `Exists` for any of the files that is there, and nothing is written then; the errors of [`CertificateAuthority`]; `File`.
    pub fn make(
        &self,
        hosts: &[impl AsRef<str>],
        clients: &[impl AsRef<str>],
        days: u32,
    ) -> Result<(), CertificateError> {
        let authority = CertificateAuthority::new()?;
        let mut signed = vec![(self.server(), authority.server(hosts, days)?)];
        for name in clients.iter().map(AsRef::as_ref) {
            signed.push((self.client(name), authority.client(name, days)?));
        }
        let own = Signed { certificate: authority.certificate.clone(), key: authority.key.pem() };
        self.write(signed.into_iter().chain([([self.authority(), self.authority_key()], own)]).collect())
    }

    /// Signs for further clients with the authority of the folder.
    ///
    /// # Errors
    /// `NoAuthority`; `Unreadable` or `OtherAuthority` for files that are not those of one authority; `Exists`, and nothing
    /// is written then; the errors of [`CertificateAuthority::client`]; `File`.
    pub fn add_clients(&self, clients: &[impl AsRef<str>], days: u32) -> Result<(), CertificateError> {
        let authority = self.load()?;
        let sign = |name: &str| Ok((self.client(name), authority.client(name, days)?));
        self.write(clients.iter().map(|name| sign(name.as_ref())).collect::<Result<_, _>>()?)
    }

    /// Signs for a server with the authority of the folder, such as when the last certificate is about to expire and was
    /// moved away.
    ///
    /// # Errors
    /// The same as for [`add_clients`](CertificateFiles::add_clients); `BadHost`.
    pub fn add_server(&self, hosts: &[impl AsRef<str>], days: u32) -> Result<(), CertificateError> {
        self.write(vec![(self.server(), self.load()?.server(hosts, days)?)])
    }

    fn load(&self) -> Result<CertificateAuthority, CertificateError> {
        let (certificate, key) = (self.authority(), self.authority_key());
        let read = |path: &Path| match fs::read_to_string(path) {
            Ok(text) => Ok(Zeroizing::new(text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Err(CertificateError::NoAuthority { path: path.to_owned() })
            }
            Err(source) => Err(CertificateError::File { path: path.to_owned(), source }),
        };
        let (text, key_text) = (read(&certificate)?, read(&key)?);
        let unreadable = |path: &Path, expected, error: rcgen::Error| {
            let reason = error.to_string();
            CertificateError::Unreadable { path: path.to_owned(), expected, reason }
        };
        let pair = KeyPair::from_pem(&key_text).map_err(|error| unreadable(&key, "private key", error))?;
        let authority = CertificateAuthority { certificate: text.to_string(), key: Key(pair) };
        match signs_for(&authority) {
            true => Ok(authority),
            false => Err(CertificateError::OtherAuthority { key, certificate }),
        }
    }

    /// All or nothing, as far as it can be known before: what exists is found before the first file is written.
    fn write(&self, signed: Vec<([PathBuf; 2], Signed)>) -> Result<(), CertificateError> {
        let exists = |path: &Path| CertificateError::Exists { path: path.to_owned(), remedy: EXISTING };
        if let Some(path) = signed.iter().flat_map(|(paths, _)| paths).find(|path| path.symlink_metadata().is_ok()) {
            return Err(exists(path));
        }
        let file = |path: &Path, source: io::Error| match source.kind() {
            io::ErrorKind::AlreadyExists => exists(path),
            _ => CertificateError::File { path: path.to_owned(), source },
        };
        fs::create_dir_all(&self.folder).map_err(|error| file(&self.folder, error))?;
        for ([certificate, key], Signed { certificate: text, key: key_text }) in &signed {
            write_new(key, key_text.as_bytes(), Readers::Owner).map_err(|error| file(key, error))?;
            write_new(certificate, text.as_bytes(), Readers::All).map_err(|error| file(certificate, error))?;
        }
        Ok(())
    }
}

/// Whether the certificate of an authority is that of its key: it has the same public key in it.
fn signs_for(authority: &CertificateAuthority) -> bool {
    use tokio_rustls::rustls::pki_types::{CertificateDer, pem::PemObject};
    let Ok(certificate) = CertificateDer::from_pem_slice(authority.certificate.as_bytes()) else { return false };
    let public = authority.key.0.der_bytes();
    certificate.windows(public.len()).any(|bytes| bytes == public)
}
