//! `seal-nn certificates`: the files by which client and server know each other.

use std::path::{Path, PathBuf};

use clap::Args;
use seal_nn::net::CertificateFiles;

#[derive(Args)]
#[command(after_help = "Examples:\n  \
    seal-nn certificates certs/ --name compute.example    # client reaches the server by this name\n  \
    seal-nn certificates certs/ --client second           # later: one more client\n\n\
    Makes an authority of your own, and what it signs: a certificate for the server and one for each client. Either \
    side believes this authority and no other, so that nobody else can connect, or pose as the server; there are no \
    passwords. What to copy where is printed. Nothing is ever replaced: to renew the server's certificate, move \
    server.pem and server.key away and use --name again. Whoever has ca.key can make certificates: it stays where it \
    was made, and neither machine needs it.")]
pub struct CertificatesArgs {
    /// Folder for the files, which is made if it is missing
    #[arg(value_name = "DIR")]
    folder: PathBuf,

    /// Host name or address by which clients reach the server; may be repeated. localhost is always among them [default:
    /// the name of this machine]
    #[arg(long, value_name = "HOST")]
    name: Vec<String>,

    /// Name of a client, by which the server tells it from others; may be repeated [default: client]
    #[arg(long, value_name = "NAME")]
    client: Vec<String>,

    /// Days for which the certificates are valid
    #[arg(long, default_value_t = 365)]
    days: u32,
}

/// Names of the machine that it always has for itself, as at the other end of a tunnel.
const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

pub fn run(args: &CertificatesArgs) -> anyhow::Result<()> {
    let files = CertificateFiles::in_folder(&args.folder);
    let is_new = !files.has_authority();
    let clients = match is_new && args.client.is_empty() {
        true => vec![CertificateFiles::CLIENT.to_owned()],
        false => args.client.clone(),
    };
    let hosts = args.hosts();
    match is_new {
        true => files.make(&hosts, &clients, args.days)?,
        false if args.name.is_empty() && clients.is_empty() => anyhow::bail!(
            "{} has an authority already: name a further client with --client, or another folder",
            args.folder.display()
        ),
        false => {
            if !args.name.is_empty() {
                files.add_server(&hosts, args.days)?;
            }
            files.add_clients(&clients, args.days)?;
        }
    }
    if is_new {
        say!("wrote {}: the authority, which both sides believe", files.authority().display());
        say!("wrote {}: its key. Keep it here: neither machine needs it", files.authority_key().display());
    }
    if is_new || !args.name.is_empty() {
        let [certificate, key] = files.server();
        say!("wrote {} and {}: the server, as {}", certificate.display(), key.display(), hosts.join(", "));
    }
    for client in &clients {
        let [certificate, key] = files.client(client);
        say!("wrote {} and {}: the client {client}", certificate.display(), key.display());
    }
    say!("valid for {} days\n", args.days);
    args.say_what_to_copy(&files, is_new || !args.name.is_empty(), &clients, &hosts);
    Ok(())
}

impl CertificatesArgs {
    fn hosts(&self) -> Vec<String> {
        let own = || gethostname::gethostname().into_string().into_iter().filter(|name| name != "localhost");
        let named: Vec<String> = if self.name.is_empty() { own().collect() } else { self.name.clone() };
        let mut hosts = named;
        hosts.extend(LOOPBACK.map(String::from));
        hosts.dedup();
        hosts
    }

    /// A line for each machine, and the command to start there.
    fn say_what_to_copy(&self, files: &CertificateFiles, with_server: bool, clients: &[String], hosts: &[String]) {
        let host = &hosts[0];
        let authority = files.authority();
        let list = |paths: [PathBuf; 2]| {
            let all: Vec<String> = [authority.clone()].iter().chain(&paths).map(|path| in_words(path)).collect();
            all.join(" ")
        };
        if with_server {
            say!("On the server, in a folder certs/: {}", list(files.server()));
            say!("  seal-nn serve --listen 0.0.0.0:7447 --certificates certs/\n");
        }
        for client in clients {
            let named = match client == CertificateFiles::CLIENT {
                true => "",
                false => ", the last two as client.pem and client.key",
            };
            say!("On the client, in a folder certs/: {}{named}", list(files.client(client)));
            say!("  seal-nn train --server {host}:7447 --certificates certs/\n");
        }
    }
}

fn in_words(path: &Path) -> String {
    path.display().to_string()
}
