//! A client's way to a server.

mod failure;
mod session;
mod settings;
mod way;

use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::{
    runtime::{self, Runtime},
    time::{sleep, timeout},
};
use tonic::{
    Request,
    metadata::{Ascii, MetadataValue},
    transport::Channel,
};

use self::{failure::Trouble, session::Stream, settings::Pauses, way::Way};
use super::{
    Token,
    generated::{CloseRequest, ModelsRequest, compute_client::ComputeClient},
    pieces::MOST_MESSAGE,
};
use crate::{
    Result,
    error::NetError,
    protocol::wire::{Command, Connect, Failure, Opening},
};

pub use settings::{ClientSecurity, ClientSettings, OnWait};

/// How long to wait for a server to hear that its session is no longer needed.
const FAREWELL: Duration = Duration::from_secs(2);
/// Bytes of the cards of all models of a server: principal components of wide tables take megabytes.
const MOST_CARDS: usize = 64 << 20;

/// The way to a server for one session, for a [`Replaying`](crate::protocol::wire::Replaying) channel. It connects when it is
/// used, and ends its session when it is dropped. Its methods block, so they are not for asynchronous code.
///
/// ```no_run
/// use std::{path::Path, sync::{Arc, Mutex}};
/// use seal_nn::{
///     net::{ClientCertificates, ClientSecurity, ClientSettings, Connection},
///     nn::split::{SplitSetup, SplitTraining},
///     protocol::{Deployment, wire::{Announcement, Opening, RemotePeer, Replaying}},
/// };
///
/// let setup = SplitSetup::new(&[4, 8, 3], 50);
/// let deployment = Deployment::of_split_training(&setup, &Default::default(), &Default::default(), 0.0)?;
/// let (holder, keys) = deployment.make_keys(Default::default())?;
///
/// let certificates = ClientCertificates::load(Path::new("certs"))?;
/// let settings = ClientSettings::new("localhost:7443", ClientSecurity::MutualTls(certificates));
/// let retry = settings.retry();
/// let opening = Opening::new(vec![Announcement::of(&deployment, 10)?], &keys)?;
/// let channel = Arc::new(Mutex::new(Replaying::new(Connection::new(settings)?, opening, retry)));
/// // A peer like the server in this process.
/// let peer = RemotePeer::new(&channel, 0, &deployment)?;
/// # Ok::<(), seal_nn::Error>(())
/// ```
pub struct Connection {
    settings: ClientSettings,
    way: Way,
    authorization: Option<MetadataValue<Ascii>>,
    link: Link,
    runtime: Runtime,
}

/// What there is of a connection; any part may be lost.
#[derive(Default)]
struct Link {
    channel: Option<Channel>,
    session: Option<Bytes>,
    stream: Option<Stream>,
}

impl Connection {
    /// To the server of these settings.
    ///
    /// # Errors
    /// [`NetError::Address`] for what is not the address of a server; [`NetError::Certificates`]; [`NetError::System`] if the
    /// thread that listens to the server cannot be had.
    pub fn new(settings: ClientSettings) -> Result<Connection> {
        // Answers pings of the server while the client computes.
        let runtime =
            runtime::Builder::new_multi_thread().worker_threads(1).thread_name("seal-nn-net").enable_all().build();
        let runtime = runtime
            .map_err(|error| NetError::System { what: "starting the thread of a client", reason: error.to_string() })?;
        let way = Way::new(&settings)?;
        let authorization = match &settings.security {
            ClientSecurity::TlsWithToken(_, token) | ClientSecurity::InsecurePlainText(Some(token)) => header(token),
            ClientSecurity::MutualTls(_) | ClientSecurity::InsecurePlainText(None) => None,
        };
        Ok(Connection { settings, way, authorization, link: Link::default(), runtime })
    }

    /// Ends the session at the server, if there is one. A later request opens another.
    pub fn close(&mut self) {
        let (Some(session), Some(channel)) = (self.link.session.take(), self.link.channel.clone()) else { return };
        self.link.stream = None;
        let request = self.request(CloseRequest { session });
        let close = async move { timeout(FAREWELL, client(channel).close(request)).await };
        // If it does not hear, it notices after a while.
        drop(self.runtime.block_on(close));
    }

    /// The models of the server's own, each by its name with its card, which only the model's own kind of client reads.
    ///
    /// # Errors
    /// What the server refuses; [`NetError::Unreachable`] if it cannot be reached for as long as the settings are patient.
    pub fn models(&mut self) -> Result<Vec<(String, Bytes)>> {
        let handle = self.runtime.handle().clone();
        let (started, mut pauses) = (Instant::now(), Pauses::default());
        loop {
            let listed = handle.block_on(self.try_models());
            match self.after(listed) {
                Ok(models) => return Ok(models),
                Err(Failure::Refused(error)) => return Err(error),
                Err(Failure::ConnectionLost { reason } | Failure::SessionLost { reason }) => {
                    if started.elapsed() >= self.settings.patience {
                        let server = self.settings.server.clone();
                        return Err(NetError::Unreachable { server, reason }.into());
                    }
                }
            }
            std::thread::sleep(pauses.next());
        }
    }

    async fn try_models(&mut self) -> Result<Vec<(String, Bytes)>, Trouble> {
        let (server, limit) = (self.settings.server.clone(), self.settings.deadline);
        let mut client = client(self.channel().await?).max_decoding_message_size(MOST_CARDS);
        let listed = timeout(limit, client.models(self.request(ModelsRequest {}))).await;
        let late = |_| failure::connection_lost(NetError::Deadline { server: server.clone(), limit });
        let listed = listed.map_err(late)?.map_err(|status| Trouble::of_status(&server, status))?;
        Ok(listed.into_inner().models.into_iter().map(|model| (model.name, model.card)).collect())
    }

    fn request<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        if let Some(authorization) = &self.authorization {
            request.metadata_mut().insert("authorization", authorization.clone());
        }
        request
    }

    async fn channel(&mut self) -> Result<Channel, Trouble> {
        if let Some(channel) = &self.link.channel {
            return Ok(channel.clone());
        }
        let made = self.way.connect().await.map_err(|error| Trouble::of_transport(&self.settings.server, error))?;
        Ok(self.link.channel.insert(made).clone())
    }

    async fn try_open(&mut self, opening: &Opening) -> Result<(), Trouble> {
        self.link.stream = None;
        self.link.session = None;
        let client = client(self.channel().await?);
        let session = session::open(client, |stream| self.request(stream), &self.settings, opening).await?;
        self.link.session = Some(session);
        Ok(())
    }

    /// Opens, and waits while the server has no room.
    async fn open_in_time(&mut self, opening: &Opening) -> Result<(), Trouble> {
        let (started, mut pauses, mut told) = (Instant::now(), Pauses::default(), false);
        loop {
            let busy = match self.try_open(opening).await {
                Err(Trouble::Busy(busy)) => busy,
                other => return other,
            };
            if started.elapsed() >= self.settings.patience {
                return Err(busy.into());
            }
            if let (false, Some(on_wait)) = (told, &self.settings.on_wait) {
                on_wait(&busy.to_string());
            }
            told = true;
            sleep(pauses.next()).await;
        }
    }

    async fn try_send(&mut self, number: u64, command: &Command) -> Result<Bytes, Trouble> {
        // Whatever goes wrong, the stream is of no more use.
        let mut stream = match self.link.stream.take() {
            Some(stream) => stream,
            None => {
                let Some(session) = self.link.session.clone() else {
                    return Err(Trouble::Failed(Failure::SessionLost { reason: "no session was opened".into() }));
                };
                let client = client(self.channel().await?);
                Stream::attach(client, |stream| self.request(stream), &self.settings, session).await?
            }
        };
        let answer = stream.exchange(number, command).await?;
        self.link.stream = Some(stream);
        Ok(answer)
    }

    /// Sends, and waits where the server says when to come back.
    async fn send_in_time(&mut self, number: u64, command: &Command) -> Result<Bytes, Trouble> {
        let started = Instant::now();
        loop {
            let (after, often) = match self.try_send(number, command).await {
                Err(Trouble::Often(after, often)) => (after, often),
                other => return other,
            };
            if started.elapsed() + after > self.settings.patience {
                return Err(often.into());
            }
            if let Some(on_wait) = &self.settings.on_wait {
                on_wait(&often.to_string());
            }
            sleep(after).await;
        }
    }

    /// What a failure leaves of the connection.
    fn after<T>(&mut self, result: Result<T, Trouble>) -> Result<T, Failure> {
        let failure = match result {
            Ok(value) => return Ok(value),
            Err(Trouble::Failed(failure)) => failure,
            Err(Trouble::Busy(NetError::Refused { text, .. })) => Failure::ConnectionLost { reason: text },
            Err(Trouble::Often(_, error)) => Failure::Refused(error.into()),
            Err(Trouble::Busy(error)) => Failure::ConnectionLost { reason: error.to_string() },
        };
        if let Failure::ConnectionLost { .. } = failure {
            // Also one that only seems to be there.
            self.link.channel = None;
        }
        Err(failure)
    }
}

impl Connect for Connection {
    fn open(&mut self, opening: &Opening) -> Result<(), Failure> {
        let handle = self.runtime.handle().clone();
        let opened = handle.block_on(self.open_in_time(opening));
        self.after(opened)
    }

    fn send(&mut self, number: u64, command: &Command) -> Result<Bytes, Failure> {
        let handle = self.runtime.handle().clone();
        let answer = handle.block_on(self.send_in_time(number, command));
        self.after(answer)
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.close();
    }
}

fn client(channel: Channel) -> ComputeClient<Channel> {
    ComputeClient::new(channel).max_decoding_message_size(MOST_MESSAGE)
}

fn header(token: &Token) -> Option<MetadataValue<Ascii>> {
    // A token has visible characters only.
    let mut header = MetadataValue::try_from(token.header()).ok()?;
    header.set_sensitive(true);
    Some(header)
}
