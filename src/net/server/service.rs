//! The service of seal_nn.proto.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::{Semaphore, mpsc},
    time::timeout,
};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Request, Response, Status, Streaming, async_trait};

use super::{
    ServerSecurity, ServerSettings, Stop, accept::PeerInfo, exchange::exchange, memory::Memory, metrics::Metrics,
    metrics::Present, open::open, rate::Rate, sessions::Sessions, work::Work,
};
use crate::{
    net::{
        generated::{
            CloseRequest, Closed, Model, ModelList, ModelsRequest, OpenPart, OpenReply, Reason, ReplyPart, RequestPart,
            compute_server::Compute,
        },
        identity::{Identity, Tokens},
        refusal::Refused,
    },
    protocol::wire::Models,
};

/// What all streams share.
pub(super) struct Shared {
    pub settings: ServerSettings,
    pub stop: Stop,
    pub work: Work,
    pub memory: Arc<Memory>,
    pub sessions: Sessions,
    pub places: Arc<Semaphore>,
    pub openings: Semaphore,
    pub metrics: Arc<Metrics>,
    /// Of the server's own.
    pub models: Arc<Models>,
    /// How often they answer.
    pub rate: Rate,
}

impl Shared {
    pub fn metrics_text(&self) -> String {
        let (memory, budget) = (self.memory.used(), self.memory.budget());
        self.metrics.text(&Present { sessions: self.sessions.count(), memory, budget })
    }

    /// Who sent a request.
    fn identify<T>(&self, request: &Request<T>) -> Result<Identity, Refused> {
        if let Some(Some(owner)) = request.extensions().get::<PeerInfo>().map(|peer| peer.certificate) {
            return Ok(owner);
        }
        let by_token = |tokens: &Tokens| {
            let authorization = request.metadata().get("authorization")?.to_str().ok()?;
            tokens.identify(authorization)
        };
        let who = match &self.settings.security {
            ServerSecurity::MutualTls(_) => None,
            ServerSecurity::TlsWithTokens(_, tokens) | ServerSecurity::InsecurePlainText(Some(tokens)) => {
                by_token(tokens)
            }
            ServerSecurity::InsecurePlainText(None) => Some(Identity::ANYONE),
        };
        who.ok_or_else(|| {
            self.metrics.add_refused();
            Refused::new(Reason::Identity, "neither a certificate nor a token that it knows")
        })
    }

    /// Notes how a stream ended, and tells the client if it was refused.
    async fn end<T>(&self, ended: Result<(), Refused>, replies: &mpsc::Sender<Result<T, Status>>) {
        let Err(refused) = ended else { return };
        self.metrics.add_refused();
        tracing::info!(reason = ?refused.reason, text = refused.text, "stream refused");
        // One that does not listen is not told.
        drop(timeout(self.settings.silence, replies.send(Err(refused.into()))).await);
    }
}

/// The next part of a stream, which a client also ends by going away.
///
/// # Errors
/// `Silence` if nothing comes; `Order` for what is no part.
pub(super) async fn next<T>(parts: &mut Streaming<T>, silence: Duration) -> Result<Option<T>, Refused> {
    let silent = |_| Refused::new(Reason::Silence, format!("nothing came for {silence:?}"));
    timeout(silence, next_whenever(parts)).await.map_err(silent)?
}

/// The same, however long it takes.
///
/// # Errors
/// `Order` for what is no part.
pub(super) async fn next_whenever<T>(parts: &mut Streaming<T>) -> Result<Option<T>, Refused> {
    match parts.message().await {
        Ok(part) => Ok(part),
        // A stream that was cancelled, or whose connection broke.
        Err(status) if matches!(status.code(), Code::Cancelled | Code::Unknown | Code::Unavailable) => Ok(None),
        Err(status) => Err(Refused::order(status.message())),
    }
}

/// Parts of an answer that wait for the client to take them.
const WAITING: usize = 2;

pub(super) struct Service(pub Arc<Shared>);

#[async_trait]
impl Compute for Service {
    type OpenStream = ReceiverStream<Result<OpenReply, Status>>;
    type ExchangeStream = ReceiverStream<Result<ReplyPart, Status>>;

    async fn open(&self, request: Request<Streaming<OpenPart>>) -> Result<Response<Self::OpenStream>, Status> {
        let who = self.0.identify(&request)?;
        let (shared, parts) = (self.0.clone(), request.into_inner());
        let (replies, stream) = mpsc::channel(WAITING);
        tokio::spawn(async move {
            let ended = tokio::select! {
                ended = open(&shared, who, parts, &replies) => ended,
                () = shared.stop.told() => Err(Refused::stopping()),
                () = replies.closed() => Ok(()),
            };
            shared.end(ended, &replies).await;
        });
        Ok(Response::new(ReceiverStream::new(stream)))
    }

    async fn exchange(
        &self,
        request: Request<Streaming<RequestPart>>,
    ) -> Result<Response<Self::ExchangeStream>, Status> {
        let who = self.0.identify(&request)?;
        let (shared, parts) = (self.0.clone(), request.into_inner());
        let (replies, stream) = mpsc::channel(WAITING);
        tokio::spawn(async move {
            let ended = exchange(&shared, who, parts, &replies).await;
            shared.end(ended, &replies).await;
        });
        Ok(Response::new(ReceiverStream::new(stream)))
    }

    async fn close(&self, request: Request<CloseRequest>) -> Result<Response<Closed>, Status> {
        let who = self.0.identify(&request)?;
        self.0.sessions.close(&request.get_ref().session, who);
        Ok(Response::new(Closed {}))
    }

    async fn models(&self, request: Request<ModelsRequest>) -> Result<Response<ModelList>, Status> {
        self.0.identify(&request)?;
        let models = self.0.models.cards().map(|(name, card)| Model { name: name.into(), card: card.clone() });
        Ok(Response::new(ModelList { models: models.collect() }))
    }
}
