//! `seal-nn serve`: computes for clients on other machines.

use std::{
    io,
    net::{TcpListener, ToSocketAddrs},
    path::PathBuf,
    process, thread,
    time::Duration,
};

use clap::{Args, ValueEnum};
use seal_nn::{
    model::{Card, Model},
    net::{ServerCertificates, ServerSecurity, ServerSettings, Stop, Tokens, serve},
    protocol::{
        Deployment, ParameterRequest,
        wire::{Hiding, Models, OwnModel},
    },
    report::format,
};

use super::{backend_args::Threads, interrupt, job::Job, served, usage::UsageError};

#[derive(Args)]
#[command(after_help = "Examples:\n  \
    seal-nn certificates certs/ --name compute.example                 # once, anywhere\n  \
    seal-nn serve --listen 0.0.0.0:7447 --certificates certs/          # on compute.example\n  \
    seal-nn train --server compute.example:7447 --certificates certs/  # on the client\n\n\
    The server runs trainings and inferences for its clients on ciphertexts. There is no secret on it but its own \
    certificate's key: it has no key that decrypts, and writes nothing to a disk but --checkpoints. If it is stopped or killed, clients \
    wait for it, send their keys and data again and repeat the step they were in. Clients take turns; a session that does \
    not fit into --memory is refused, and its client waits. SIGTERM or Ctrl-C finishes the request at hand and ends, a second \
    one ends at once. Health is told by the service grpc.health.v1.Health. docs/network.md says what the server learns.")]
pub struct ServeArgs {
    /// Address and port to listen on; 0.0.0.0 is every address of this machine, port 0 a free one, which is printed
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:7447")]
    listen: String,

    /// Folder with ca.pem, server.pem and server.key, made by `seal-nn certificates`
    #[arg(long, value_name = "DIR", required_unless_present = "insecure_plain_text")]
    certificates: Option<PathBuf>,

    /// File of tokens, one a line, by which clients without a certificate are known
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,

    /// Listen without TLS, on addresses of this machine only, such as behind a proxy that ends TLS: whoever can listen in
    /// sees what passes, and can change it
    #[arg(long, conflicts_with = "certificates")]
    insecure_plain_text: bool,

    /// Folder with the model.json that `train` wrote, by which the server answers clients that do not have it, under the name
    /// of the folder; may be repeated. They learn how rows are prepared, the shape of the network, and the logits of their
    /// rows, from which a linear model can be computed
    #[arg(long, value_name = "DIR")]
    model: Vec<PathBuf>,

    /// Rows that a client gets in a minute of these models. A request counts as 4096 or 8192, as many as fit into it: the
    /// server does not see how many there are
    #[arg(long, value_name = "N", default_value_t = 250_000)]
    rows_per_minute: u32,

    /// Memory for all sessions together, in MiB. A session takes some 20 MiB to 2 GiB, by its keys and data, and with
    /// --refresh bootstrap 4 GiB or more
    #[arg(long, value_name = "MIB", default_value_t = 4096)]
    memory: usize,

    /// Sessions at a time
    #[arg(long, value_name = "N", default_value_t = 64)]
    sessions: usize,

    /// Folder in which trainings with bootstraps leave what they have reached after each step, so that clients go on from
    /// there if the server is killed. Only ciphertexts and counts are written, and removed when the training ends or after a
    /// week [default: none, and a request begins again]
    #[arg(long, value_name = "DIR")]
    checkpoints: Option<PathBuf>,

    /// Seconds without a request after which a session is forgotten; its client opens another when it goes on
    #[arg(long, value_name = "SECONDS", default_value_t = 600)]
    idle: u64,

    /// Seconds that the requests at hand may take when the server is stopped
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    grace: u64,

    /// Address and port of metrics for Prometheus, which anyone who reaches it can read [default: none]
    #[arg(long, value_name = "ADDRESS:PORT")]
    metrics: Option<String>,

    /// Form of the log, on the standard error
    #[arg(long, value_enum, default_value_t = LogForm::Text)]
    log: LogForm,

    #[command(flatten)]
    threads: Threads,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum LogForm {
    /// Lines to read
    Text,
    /// An object of JSON a line
    Json,
}

pub fn run(args: &ServeArgs, job: &Job) -> anyhow::Result<()> {
    UsageError::check_count("--memory", args.memory, 1..=MOST_MIB, None)?;
    UsageError::check_count("--sessions", args.sessions, 1..=MOST_SESSIONS, None)?;
    UsageError::check_count("--rows-per-minute", args.rows_per_minute as usize, 1..=MOST_ROWS, None)?;
    let security = args.security()?;
    let models = args.models(|line| say!("{line}"))?;
    let defaults = ServerSettings::new(security, args.memory << 20);
    let listener = listen("--listen", &args.listen)?;
    let metrics = args.metrics.as_deref().map(|address| listen("--metrics", address)).transpose()?;
    args.log.start();
    let stop = Stop::new();
    stop_on_signals(stop.clone())?;
    let how = match &defaults.security {
        ServerSecurity::MutualTls(_) => "TLS 1.3, clients by certificates",
        ServerSecurity::TlsWithTokens(..) => "TLS 1.3, clients by certificates or tokens",
        ServerSecurity::InsecurePlainText(Some(_)) => "INSECURE: plain text, clients by tokens",
        ServerSecurity::InsecurePlainText(None) => "INSECURE: plain text, anyone",
    };
    if let Some(metrics) = &metrics {
        say!("metrics     http://{}/metrics", metrics.local_addr()?);
    }
    if job.ranks() > 1 {
        say!("ranks       {}: they share the work of clients that plan for as many (--ranks)", job.ranks());
    }
    let memory = format::bytes((args.memory << 20) as u64);
    say!("listening   {}, {how}; {memory} for {} sessions", listener.local_addr()?, args.sessions);
    let settings = ServerSettings {
        sessions: args.sessions,
        idle: Duration::from_secs(args.idle.max(1)),
        grace: Duration::from_secs(args.grace),
        threads: args.threads.count()?,
        models,
        checkpoints: args.checkpoints.clone(),
        rows_per_minute: args.rows_per_minute,
        metrics,
        place: job.place().unwrap_or(defaults.place),
        ..defaults
    };
    serve(settings, listener, stop)?;
    Ok(())
}

/// Far more than any machine has, and still a number of bytes.
const MOST_MIB: usize = 1 << 30;
const MOST_SESSIONS: usize = 1 << 16;
const MOST_ROWS: usize = 1_000_000_000;

impl ServeArgs {
    /// The threads to compute on.
    #[cfg(feature = "mpi")]
    pub fn pool(&self) -> anyhow::Result<rayon::ThreadPool> {
        self.threads.pool()
    }

    /// The models of the folders, each announced with what hides it.
    pub fn models(&self, say: impl Fn(String)) -> anyhow::Result<Models> {
        let mut models = Models::default();
        for folder in &self.model {
            let name =
                folder.canonicalize().ok().and_then(|folder| Some(folder.file_name()?.to_string_lossy().into_owned()));
            let name = name.unwrap_or_else(|| "model".into());
            let model = Model::load(folder)?;
            let card = Card::of(&name, &model)?;
            if models.names().any(|known| known == name) {
                return Err(UsageError::SameName { name }.into());
            }
            let own = OwnModel::new(model.head()?, card.to_bytes()?)?;
            let deployment = Deployment::of_server_model(own.shape(), &name, &ParameterRequest::default())?;
            let hiding = Hiding::of(&deployment.plan)?;
            let hidden = hiding.hidden_bits(own.circuit_deviation(&deployment)?, own.shape().classes());
            let degree = deployment.parameters.poly_modulus_degree();
            say(format!("model       {name}: {}, N = {degree}", served::shape(&card)));
            say(format!("noise       {}", served::in_words(&hiding)));
            say(format!(
                "            over the estimated noise of the circuit it hides all but 2^-{hidden:.0} of an answer's: far from \
             2^-40, which would leave no logits"
            ));
            models.add(&name, own);
        }
        Ok(models)
    }
}

fn listen(flag: &'static str, address: &str) -> anyhow::Result<TcpListener> {
    let listening =
        address.to_socket_addrs().and_then(|addresses| TcpListener::bind(&addresses.collect::<Vec<_>>()[..]));
    Ok(listening.map_err(|error| UsageError::CannotListen {
        flag,
        address: address.into(),
        reason: error.to_string(),
    })?)
}

/// The first signal ends it in order, the second at once.
#[cfg(unix)]
fn stop_on_signals(stop: Stop) -> io::Result<()> {
    use signal_hook::{
        consts::{SIGINT, SIGTERM},
        iterator::Signals,
    };
    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    thread::spawn(move || {
        let mut told = signals.forever();
        told.next();
        stop.stop();
        told.next();
        process::exit(interrupt::EXIT_CODE.into());
    });
    Ok(())
}

#[cfg(not(unix))]
fn stop_on_signals(stop: Stop) -> anyhow::Result<()> {
    Ok(ctrlc::set_handler(move || stop.stop())?)
}

impl ServeArgs {
    fn security(&self) -> anyhow::Result<ServerSecurity> {
        let tokens = self.token_file.as_deref().map(Tokens::load).transpose()?;
        Ok(match (&self.certificates, tokens) {
            (None, tokens) => ServerSecurity::InsecurePlainText(tokens),
            (Some(folder), None) => ServerSecurity::MutualTls(ServerCertificates::load(folder)?),
            (Some(folder), Some(tokens)) => ServerSecurity::TlsWithTokens(ServerCertificates::load(folder)?, tokens),
        })
    }
}

impl LogForm {
    /// From now on.
    fn start(self) {
        let log = tracing_subscriber::fmt().with_writer(io::stderr).with_ansi(false).with_target(false);
        match self {
            LogForm::Text => log.init(),
            LogForm::Json => log.json().init(),
        }
    }
}
