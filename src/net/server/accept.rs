//! Connections: a place for each, TLS, and who is at the other end.

use std::{
    future::poll_fn,
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore, mpsc},
    time::timeout,
};
use tokio_rustls::TlsAcceptor;
use tonic::transport::server::Connected;

use crate::net::identity::Identity;

/// How long TLS may take to begin.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// How long a client that is refused may take to hear it.
const FAREWELL: Duration = Duration::from_secs(1);

/// Accepts connections until the receiver is dropped.
pub(super) async fn accept(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    most: usize,
    accepted: mpsc::Sender<io::Result<Connection>>,
) {
    let places = Arc::new(Semaphore::new(most));
    while let Ok(place) = places.clone().acquire_owned().await {
        let stream = tokio::select! {
            stream = listener.accept() => stream,
            () = accepted.closed() => return,
        };
        let Ok((stream, address)) = stream else {
            // Such as no more files: those that there are may end.
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let (tls, accepted) = (tls.clone(), accepted.clone());
        tokio::spawn(async move {
            match secured(stream, tls).await {
                Ok((stream, certificate)) => {
                    let connection = Connection { stream, peer: PeerInfo { certificate }, _place: place };
                    // Nobody is told when the server ends.
                    drop(accepted.send(Ok(connection)).await);
                }
                Err(error) => tracing::info!(%address, %error, "connection refused"),
            }
        });
    }
}

/// The stream to speak on, with the owner of the certificate that TLS has checked.
async fn secured(stream: TcpStream, tls: Option<TlsAcceptor>) -> io::Result<(Box<dyn Stream>, Option<Identity>)> {
    // Small parts are not held back for more.
    stream.set_nodelay(true)?;
    let Some(tls) = tls else { return Ok((Box::new(stream), None)) };
    let stream = match timeout(HANDSHAKE, tls.accept(stream).into_fallible()).await? {
        Ok(stream) => stream,
        Err((error, stream)) => {
            // How the client left is of no interest beside why it had to.
            drop(timeout(FAREWELL, hang_up(stream)).await);
            return Err(error);
        }
    };
    let chain = stream.get_ref().1.peer_certificates().unwrap_or_default();
    let owner = chain.first().map(|der| Identity::of_certificate(der));
    Ok((Box::new(stream), owner))
}

/// Closes a stream on which the client was told why. What the client goes on sending is read: closed with something unread, TCP
/// would take back what the client has not read either.
async fn hang_up(mut stream: TcpStream) -> io::Result<()> {
    poll_fn(|cx| Pin::new(&mut stream).poll_shutdown(cx)).await?;
    let mut rest = [0; 1024];
    loop {
        stream.readable().await?;
        match stream.try_read(&mut rest) {
            Ok(0) => return Ok(()),
            Err(error) if error.kind() != io::ErrorKind::WouldBlock => return Err(error),
            _ => (),
        }
    }
}

/// A connection, which gives its place back when it is dropped.
pub(super) struct Connection {
    stream: Box<dyn Stream>,
    peer: PeerInfo,
    _place: OwnedSemaphorePermit,
}

/// With TLS or without.
trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Who is at the other end.
#[derive(Clone)]
pub(super) struct PeerInfo {
    /// The owner of the certificate, if there is one.
    pub certificate: Option<Identity>,
}

impl Connected for Connection {
    type ConnectInfo = PeerInfo;

    fn connect_info(&self) -> PeerInfo {
        self.peer.clone()
    }
}

impl AsyncRead for Connection {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
