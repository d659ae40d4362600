//! What a server may use, and whom it lets in.

use std::{net::TcpListener, path::PathBuf, sync::Arc, time::Duration};

use crate::{
    net::{ServerCertificates, Tokens},
    protocol::wire::{Here, Models, Place},
};

/// Whom a server lets in, and how it is spoken to.
#[derive(Clone)]
pub enum ServerSecurity {
    /// Over TLS 1.3: clients with a certificate of the authority.
    MutualTls(ServerCertificates),
    /// Over TLS 1.3: clients with a certificate of the authority, or with a token.
    TlsWithTokens(ServerCertificates, Tokens),
    /// In plain text, to addresses of this machine only: clients with a token, or everyone without tokens. For a proxy on
    /// this machine that ends TLS.
    InsecurePlainText(Option<Tokens>),
}

/// What a server may use.
pub struct ServerSettings {
    /// Whom it lets in.
    pub security: ServerSecurity,
    /// Bytes of memory for all sessions together, by the estimate of
    /// [`Offer::memory_bytes`](crate::protocol::wire::Offer::memory_bytes).
    pub memory: usize,
    /// Sessions at a time.
    pub sessions: usize,
    /// Sessions that are being opened at a time, each of which has its keys under way.
    pub openings: usize,
    /// Connections at a time. Further ones wait.
    pub connections: usize,
    /// Threads that compute; 0 for one on each processor.
    pub threads: usize,
    /// How long a session lives without a request.
    pub idle: Duration,
    /// How long a session lives without a connection.
    pub orphaned: Duration,
    /// How long a client may be silent in the middle of something.
    pub silence: Duration,
    /// How long keys may be under way.
    pub opening_time: Duration,
    /// How long requests may take to end when the server is stopped.
    pub grace: Duration,
    /// Where programs run.
    pub place: Arc<dyn Place>,
    /// Where calls of many steps leave what they have reached, so that a client goes on from there after the server was
    /// killed; `None` for calls that begin again. Ciphertexts and counts alone are written, in a folder for each client.
    pub checkpoints: Option<PathBuf>,
    /// Whether parameters need not be secure: for tests and experiments only.
    pub insecure_parameters: bool,
    /// Models of the server's own, for which it answers its clients.
    pub models: Models,
    /// Rows that a client gets in a minute of these models. A request counts as many as a ciphertext has slots: nobody but
    /// the client knows in how many of them there is one.
    pub rows_per_minute: u32,
    /// Where metrics are served, as text that Prometheus reads, to everyone who asks: an address of this machine or of a
    /// private network.
    pub metrics: Option<TcpListener>,
}

impl ServerSettings {
    /// The defaults: programs run in this process; no models, of which a client would get 250,000 rows a minute; 64 sessions, of which 4 are opened at a
    /// time, 256 connections, and all processors; sessions go after 10 minutes without a request or 1 minute without a connection.
    pub fn new(security: ServerSecurity, memory: usize) -> ServerSettings {
        ServerSettings {
            security,
            memory,
            sessions: 64,
            openings: 4,
            connections: 256,
            threads: 0,
            idle: Duration::from_secs(600),
            orphaned: Duration::from_secs(60),
            silence: Duration::from_secs(30),
            opening_time: Duration::from_secs(600),
            grace: Duration::from_secs(30),
            place: Arc::new(Here),
            checkpoints: None,
            insecure_parameters: false,
            models: Models::default(),
            rows_per_minute: 250_000,
            metrics: None,
        }
    }
}
