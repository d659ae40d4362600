//! Folders of certificates.

use std::fs;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tempfile::TempDir;

/// An authority with the certificates of a server on this machine and of a client, in a folder.
pub struct Certificates {
    pub folder: TempDir,
    issuer: Issuer<'static, KeyPair>,
}

impl Certificates {
    pub fn new() -> Certificates {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join("ca.pem"), params.self_signed(&key).unwrap().pem()).unwrap();
        let made = Certificates { folder, issuer: Issuer::new(params, key) };
        made.add("server", &["localhost", "127.0.0.1"]);
        made.add("client", &["client"]);
        made
    }

    /// Another certificate of the authority.
    pub fn add(&self, name: &str, names: &[&str]) {
        let names: Vec<String> = names.iter().map(|name| name.to_string()).collect();
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(names).unwrap().signed_by(&key, &self.issuer).unwrap();
        fs::write(self.folder.path().join(format!("{name}.pem")), certificate.pem()).unwrap();
        fs::write(self.folder.path().join(format!("{name}.key")), key.serialize_pem()).unwrap();
    }
}
