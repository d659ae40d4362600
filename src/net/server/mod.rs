//! A server that many clients share.

mod accept;
mod exchange;
mod memory;
mod metrics;
mod metrics_port;
mod open;
mod rate;
mod service;
mod session;
mod sessions;
mod settings;
mod stop;
mod work;

use std::{fs, net::TcpListener, path::Path, sync::Arc, time::Duration};

use tokio::{
    runtime,
    sync::{Semaphore, mpsc},
    time::interval,
};
use tokio_rustls::TlsAcceptor;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{
    body::Body,
    codegen::{Service as _, http},
    transport,
};
use tower::service_fn;

use self::{
    memory::Memory,
    metrics_port::serve_metrics,
    rate::Rate,
    service::{Service, Shared},
    work::Work,
};
use super::{
    CONNECTION_WINDOW, FRAME, KEEPALIVE, STREAM_WINDOW, generated::compute_server::ComputeServer, pieces::MOST_MESSAGE,
};
use crate::{Result, error::NetError, protocol::wire::CHECKPOINT_EXTENSION};

pub use settings::{ServerSecurity, ServerSettings};
pub use stop::Stop;

/// Streams of a connection at a time: a client has one, and opens or closes beside it.
const STREAMS: u32 = 16;
/// Threads that serve; computation has its own.
const SERVING_THREADS: usize = 2;
/// How long a step that outlived the time of grace is waited for.
const LAST_WAIT: Duration = Duration::from_secs(1);
const HEALTH: &str = "/grpc.health.v1.Health/";

/// Serves sessions on a listener until it is told to stop. The health service of gRPC answers to everyone who gets through
/// TLS.
///
/// ```no_run
/// use std::{net::TcpListener, path::Path};
/// use seal_nn::net::{ServerCertificates, ServerSecurity, ServerSettings, Stop, serve};
///
/// let certificates = ServerCertificates::load(Path::new("certs"))?;
/// let settings = ServerSettings::new(ServerSecurity::MutualTls(certificates), 4 << 30);
/// let stop = Stop::new();
/// // Some other thread calls `stop.stop()`.
/// serve(settings, TcpListener::bind("0.0.0.0:7443")?, stop)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`NetError::PlainText`] for plain text on an address that other machines reach; [`NetError::System`] if threads or sockets
/// cannot be had; [`NetError::Certificates`].
pub fn serve(settings: ServerSettings, listener: TcpListener, stop: Stop) -> Result<()> {
    let address = listener.local_addr().map_err(system("asking for the address of the server"))?;
    let tls = match &settings.security {
        ServerSecurity::MutualTls(certificates) => Some(certificates.config(true)?),
        ServerSecurity::TlsWithTokens(certificates, _) => Some(certificates.config(false)?),
        ServerSecurity::InsecurePlainText(_) if address.ip().is_loopback() => None,
        ServerSecurity::InsecurePlainText(_) => {
            return Err(NetError::PlainText { address: address.to_string() }.into());
        }
    };
    let runtime = runtime::Builder::new_multi_thread()
        .worker_threads(SERVING_THREADS)
        .thread_name("seal-nn-serve")
        .enable_all()
        .build()
        .map_err(system("starting the threads that serve"))?;
    let served = runtime.block_on(run(settings, listener, tls.map(TlsAcceptor::from), stop));
    // Ports are free and connections closed when this returns. A step that still runs is waited for no longer than that.
    runtime.shutdown_timeout(LAST_WAIT);
    served
}

async fn run(mut settings: ServerSettings, listener: TcpListener, tls: Option<TlsAcceptor>, stop: Stop) -> Result<()> {
    let listener = into_tokio(listener)?;
    let metrics = settings.metrics.take().map(into_tokio).transpose()?;
    let (connections, grace) = (settings.connections, settings.grace);
    if let Some(folder) = &settings.checkpoints {
        remove_abandoned(folder);
    }
    let shared = Arc::new(Shared {
        stop: stop.clone(),
        work: Work::new(settings.threads)?,
        memory: Arc::new(Memory::new(settings.memory)),
        sessions: Default::default(),
        places: Arc::new(Semaphore::new(settings.sessions)),
        openings: Semaphore::new(settings.openings),
        metrics: Default::default(),
        rate: Rate::new(settings.rows_per_minute),
        models: Arc::new(std::mem::take(&mut settings.models)),
        settings,
    });
    tokio::spawn(remove_stale(shared.clone()));
    if let Some(listener) = metrics {
        tokio::spawn(serve_metrics(listener, shared.clone()));
    }

    let (accepted, incoming) = mpsc::channel(1);
    tokio::spawn(accept::accept(listener, tls, connections, accepted));
    let (health_reporter, health) = tonic_health::server::health_reporter();
    health_reporter.set_serving::<ComputeServer<Service>>().await;
    let compute = ComputeServer::new(Service(shared)).max_decoding_message_size(MOST_MESSAGE);
    let routes = service_fn(move |request: http::Request<Body>| match request.uri().path().starts_with(HEALTH) {
        true => health.clone().call(request),
        false => compute.clone().call(request),
    });
    let told = stop.clone();
    let stopped = async move {
        told.told().await;
        tracing::info!("stopping");
        health_reporter.set_not_serving::<ComputeServer<Service>>().await;
    };
    let server = transport::Server::builder()
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_frame_size(FRAME)
        .max_concurrent_streams(STREAMS)
        .http2_keepalive_interval(Some(KEEPALIVE))
        .http2_keepalive_timeout(Some(KEEPALIVE))
        .serve_with_incoming_shutdown(routes, ReceiverStream::new(incoming), stopped);
    tokio::select! {
        served = server => served.map_err(system("serving")),
        () = async { stop.told().await; tokio::time::sleep(grace).await } => Ok(()),
    }
}

/// How long a checkpoint waits for its client.
const MOST_ABANDONED: Duration = Duration::from_secs(7 * 24 * 3600);

/// Removes checkpoints of clients that did not come back. What cannot be removed stays.
fn remove_abandoned(folder: &Path) {
    let files = |folder: &Path| fs::read_dir(folder).into_iter().flatten().flatten();
    for file in files(folder).flat_map(|client| files(&client.path())) {
        let age = file.metadata().and_then(|data| data.modified()).ok().and_then(|written| written.elapsed().ok());
        let is_one = file.path().extension().is_some_and(|extension| extension == CHECKPOINT_EXTENSION);
        if is_one && age.is_some_and(|age| age > MOST_ABANDONED) {
            drop(fs::remove_file(file.path()));
        }
    }
}

/// Ends sessions that are used no longer, until the server ends.
async fn remove_stale(shared: Arc<Shared>) {
    let (idle, orphaned) = (shared.settings.idle, shared.settings.orphaned);
    let mut ticks = interval((idle.min(orphaned) / 4).clamp(Duration::from_millis(10), Duration::from_secs(5)));
    loop {
        ticks.tick().await;
        shared.sessions.remove_stale(idle, orphaned);
    }
}

fn into_tokio(listener: TcpListener) -> Result<tokio::net::TcpListener> {
    let what = "listening without waiting";
    listener.set_nonblocking(true).map_err(system(what))?;
    tokio::net::TcpListener::from_std(listener).map_err(system(what))
}

/// What the system does not do.
fn system<E: ToString>(what: &'static str) -> impl FnOnce(E) -> crate::Error {
    move |error| NetError::System { what, reason: error.to_string() }.into()
}
