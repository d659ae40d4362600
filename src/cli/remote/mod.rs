//! The server of a command, when it is another process.

mod metered;

use std::{path::PathBuf, time::Duration};

use clap::Args;
pub use metered::{Line, Meter};
use metered::Metered;
use seal_nn::{
    backend::EvaluationKeys,
    net::{Authority, ClientCertificates, ClientSecurity, ClientSettings, Connection, Token},
    protocol::wire::{Announcement, Opening, Replaying, Retry},
    report::format,
};

use super::{backend_args::BackendName, usage::UsageError};

#[derive(Args)]
#[command(next_help_heading = "Options of a server on another machine (docs/network.md)")]
pub struct ServerArgs {
    /// Server that computes (`seal-nn serve`), instead of this process. It gets evaluation keys and ciphertexts; data,
    /// labels and the secret key stay here
    #[arg(long, value_name = "HOST:PORT")]
    server: Option<String>,

    /// Folder with ca.pem, client.pem and client.key, from `seal-nn certificates`
    #[arg(long, value_name = "DIR", requires = "server")]
    certificates: Option<PathBuf>,

    /// File with a token that the server knows this client by, beside or instead of client.pem
    #[arg(long, value_name = "FILE", requires = "server")]
    token_file: Option<PathBuf>,

    /// Connect without TLS, to a server or a proxy on this machine: whoever can listen in sees all that passes, and may
    /// change it
    #[arg(long, requires = "server", conflicts_with = "certificates")]
    insecure_plain_text: bool,

    /// Seconds for which to try again when the server cannot be reached, at first and in between: it may be started anew
    #[arg(long, value_name = "SECONDS", default_value_t = 120, requires = "server")]
    wait: u64,
}
