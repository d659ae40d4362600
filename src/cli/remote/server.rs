//! A server on another machine, and the options that name it.

use std::{
    net::{IpAddr, ToSocketAddrs},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use clap::Args;
use seal_nn::{
    Error, NetError, Result,
    backend::{EvaluationKeys, KeySwitching},
    net::{Authority, ClientCertificates, ClientSecurity, ClientSettings, Connection, Token},
    program::{self, Plan},
    protocol::wire::{Announcement, Opening, Replaying},
};

use super::{
    line::Line,
    metered::{Meter, Metered},
};
use crate::cli::{backend_args::BackendName, costs::ordinary_seconds, print::warn, usage::UsageError};

#[derive(Args)]
#[command(next_help_heading = "Server on another machine (docs/network.md)")]
pub struct ServerArgs {
    /// Server that computes (`seal-nn serve`) in place of this process. It gets evaluation keys and ciphertexts; data, labels and
    /// the secret key stay here
    #[arg(long, value_name = "HOST:PORT")]
    server: Option<String>,

    /// Folder with ca.pem, client.pem and client.key, made by `seal-nn certificates`
    #[arg(long, value_name = "DIR", requires = "server")]
    certificates: Option<PathBuf>,

    /// File with a token by which the server knows this client, in place of client.pem and client.key
    #[arg(long, value_name = "FILE", requires = "server")]
    token_file: Option<PathBuf>,

    /// Connect without TLS, to a server or proxy on this machine only: whoever can listen in sees what passes, and can
    /// change it
    #[arg(long, requires = "server", conflicts_with = "certificates")]
    insecure_plain_text: bool,

    /// Seconds to try again for when the server cannot be reached, has no room, or was started anew
    #[arg(long, value_name = "SECONDS", default_value_t = 300, requires = "server")]
    wait: u64,
}

/// A way to a server that survives losses, counted.
pub type Remote = Replaying<Metered<Connection>>;

/// A server on another machine.
pub struct Server {
    settings: ClientSettings,
    meter: Meter,
}

impl ServerArgs {
    /// The line to the server, if it is on another machine: a usual one.
    pub fn line(&self) -> Option<program::Line> {
        let host = |address: &String| address.rsplit_once(':').map_or(address.clone(), |(host, _)| host.to_owned());
        let is_near = |host: &String| {
            let number = host.trim_matches(['[', ']']).parse::<IpAddr>();
            host == "localhost" || number.is_ok_and(|address| address.is_loopback())
        };
        self.server.as_ref().map(host).filter(|host| !is_near(host)).map(|_| program::Line::USUAL)
    }

    /// The server, if it is another process. Certificates are read here, before any work.
    ///
    /// # Errors
    /// `UsageError` for options that do not go with it; any error of the files.
    pub fn server(&self, backend: BackendName, key_switching: KeySwitching) -> anyhow::Result<Option<Server>> {
        let Some(server) = &self.server else { return Ok(None) };
        if backend == BackendName::Clear {
            return Err(UsageError::NotAtServer { flag: "--backend clear" }.into());
        }
        if key_switching == KeySwitching::Seal {
            return Err(UsageError::NotAtServer { flag: "--key-switching seal" }.into());
        }
        let security = self.security(server)?;
        let patience = Duration::from_secs(self.wait);
        let on_wait = |reason: &str| warn(&format!("waiting: {reason}"));
        let settings = ClientSettings::new(server, security);
        let settings = ClientSettings { patience, on_wait: Some(Arc::new(on_wait)), ..settings };
        Ok(Some(Server { settings, meter: Meter::of(server) }))
    }

    fn security(&self, server: &str) -> anyhow::Result<ClientSecurity> {
        let token = self.token_file.as_deref().map(Token::load).transpose()?;
        Ok(match (&self.certificates, token) {
            (None, _) if self.insecure_plain_text && is_elsewhere(server) => {
                return Err(Error::from(NetError::PlainText { address: server.into() }).into());
            }
            (None, token) if self.insecure_plain_text => ClientSecurity::InsecurePlainText(token),
            (None, _) => return Err(UsageError::NoCertificates.into()),
            (Some(folder), None) => ClientSecurity::MutualTls(ClientCertificates::load(folder)?),
            (Some(folder), Some(token)) => {
                ClientSecurity::TlsWithToken(Authority::load(&folder.join("ca.pem"))?, token)
            }
        })
    }
}

/// Whether an address is known not to be one of this machine: before a token is sent there, that is looked at again.
fn is_elsewhere(server: &str) -> bool {
    server.to_socket_addrs().is_ok_and(|mut found| found.any(|address| !address.ip().is_loopback()))
}

impl Server {
    /// The way to it, for a session of programs, whose longest answer has this plan.
    pub fn channel(&self, programs: Vec<Announcement>, keys: &EvaluationKeys, plan: &Plan) -> Result<Remote> {
        self.open(Opening::new(programs, keys)?, ordinary_seconds(plan))
    }

    /// The models of the server's own, by name, with their cards.
    pub fn models(&self) -> Result<Vec<(String, Bytes)>> {
        Connection::new(self.settings.clone())?.models()
    }

    /// The way to it, for a session that is opened with the first request, and whose longest answer takes so many seconds.
    pub fn open(&self, opening: Opening, seconds: f64) -> Result<Remote> {
        let connection = Connection::new(self.settings.clone().for_answers_of(seconds))?;
        let connection = Metered::new(connection, self.meter.clone(), self.settings.patience);
        Ok(Replaying::new(connection, opening, self.settings.retry()))
    }

    /// What has crossed the line so far.
    pub fn line(&self) -> Line {
        self.meter.line()
    }

    /// In a line, before the work.
    pub fn announce(&self) {
        let how = match &self.settings.security {
            ClientSecurity::MutualTls(_) => "TLS 1.3, both sides by certificates",
            ClientSecurity::TlsWithToken(..) => "TLS 1.3, this client by its token",
            ClientSecurity::InsecurePlainText(_) => "INSECURE: plain text",
        };
        say!("server      {}, {how}", self.settings.server);
    }
}
