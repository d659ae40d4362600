//! The way to a server: address, TCP, TLS.

use std::{fmt, io, sync::Arc, time::Duration};

use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::{
    TlsConnector,
    rustls::{self, pki_types::ServerName},
};
use tonic::{
    codegen::http::Uri,
    transport::{Channel, Endpoint},
};
use tower::service_fn;

use super::{ClientSecurity, ClientSettings};
use crate::{
    Result,
    error::NetError,
    net::{CONNECTION_WINDOW, FRAME, KEEPALIVE, STREAM_WINDOW, tls::client_config},
};

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(15);

/// The way to one server.
pub(super) struct Way {
    endpoint: Endpoint,
    target: Arc<Target>,
}

struct Target {
    address: String,
    /// `None` for plain text.
    tls: Option<(TlsConnector, ServerName<'static>)>,
}

impl Way {
    /// # Errors
    /// [`NetError::Address`]; [`NetError::Certificates`].
    pub fn new(settings: &ClientSettings) -> Result<Way> {
        let config = match &settings.security {
            ClientSecurity::MutualTls(certificates) => Some(certificates.config()?),
            ClientSecurity::TlsWithToken(authority, _) => Some(client_config(authority, None)?),
            ClientSecurity::InsecurePlainText(_) => None,
        };
        let address = settings.server.clone();
        let bad = |reason: String| NetError::Address { address: settings.server.clone(), reason };
        let scheme = if config.is_some() { "https" } else { "http" };
        let uri: Uri = format!("{scheme}://{address}").parse().map_err(|error| bad(format!("{error}")))?;
        let (Some(host), Some(_)) = (uri.host(), uri.port_u16()) else {
            return Err(bad("a name or an address with a port is expected, such as example.org:7443".into()).into());
        };
        let name = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let name = |_| ServerName::try_from(name).map_err(|error| bad(error.to_string()));
        let tls = config.map(|config| Ok::<_, NetError>((config.into(), name(())?))).transpose()?;
        let endpoint = Endpoint::from(uri)
            .connect_timeout(CONNECT)
            .initial_stream_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .max_frame_size(FRAME)
            .http2_keep_alive_interval(KEEPALIVE)
            .keep_alive_timeout(KEEPALIVE)
            // Between steps the client computes, and the server must not think it gone.
            .keep_alive_while_idle(true);
        Ok(Way { endpoint, target: Arc::new(Target { address, tls }) })
    }

    /// Connects.
    pub async fn connect(&self) -> Result<Channel, tonic::transport::Error> {
        let target = self.target.clone();
        let connector = service_fn(move |_: Uri| {
            let target = target.clone();
            async move { target.connect().await }
        });
        self.endpoint.connect_with_connector(connector).await
    }
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

impl Target {
    async fn connect(&self) -> io::Result<TokioIo<Box<dyn Stream>>> {
        let stream = TcpStream::connect(&self.address).await?;
        // Small parts are not held back for more.
        stream.set_nodelay(true)?;
        let stream: Box<dyn Stream> = match &self.tls {
            Some((tls, name)) => {
                Box::new(timeout(CONNECT, tls.connect(name.clone(), stream)).await?.map_err(untrusted)?)
            }
            None if stream.peer_addr()?.ip().is_loopback() => Box::new(stream),
            None => {
                let address = self.address.clone();
                return Err(io::Error::other(Hopeless(NetError::PlainText { address })));
            }
        };
        Ok(TokioIo::new(stream))
    }
}

/// What will be no better when it is tried again.
#[derive(Debug)]
pub(super) struct Hopeless(pub NetError);

impl fmt::Display for Hopeless {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Hopeless {}

/// Marks what TLS itself refuses, such as the certificate of the server.
fn untrusted(error: io::Error) -> io::Error {
    match error.get_ref().is_some_and(|inner| inner.is::<rustls::Error>()) {
        true => io::Error::other(Hopeless(NetError::Untrusted { server: String::new(), reason: error.to_string() })),
        false => error,
    }
}
