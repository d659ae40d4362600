//! A session from the client's side: how it is opened, and the stream of its requests.

use std::time::Duration;

use bytes::Bytes;
use tokio::{sync::mpsc, time::timeout};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Streaming, transport::Channel};

use super::{
    ClientSettings,
    failure::{Trouble, connection_lost},
};
use crate::{
    error::NetError,
    net::{
        generated::{
            self, Attach, Kind, Offer, OpenPart, Program, ReplyPart, RequestPart, compute_client::ComputeClient,
            open_part, open_reply::Reply, reply_part, request_part,
        },
        pieces::{Gathered, pieces},
    },
    protocol::wire::{Action, Command, Opening},
};

/// Parts that wait for the connection.
const WAITING: usize = 2;
/// Bytes of an answer that is taken. Those of a plan are far shorter.
const LONGEST_ANSWER: u64 = 1 << 30;

/// Both directions of a stream.
struct Duplex<S, R> {
    parts: mpsc::Sender<S>,
    replies: Streaming<R>,
    server: String,
    deadline: Duration,
}

impl<S, R> Duplex<S, R> {
    /// Sends a part, unless the server ends the stream first.
    async fn send(&mut self, part: S) -> Result<(), Trouble> {
        let sent = timeout(self.deadline, self.parts.send(part)).await;
        match sent {
            Ok(Ok(())) => Ok(()),
            Err(_) => Err(self.late()),
            // The stream has ended, for a reason that is yet to be read.
            Ok(Err(_)) => match self.receive().await {
                Err(trouble) => Err(trouble),
                Ok(_) => Err(protocol("an answer before the end of the request")),
            },
        }
    }

    async fn receive(&mut self) -> Result<R, Trouble> {
        match timeout(self.deadline, self.replies.message()).await {
            Ok(Ok(Some(reply))) => Ok(reply),
            Ok(Ok(None)) => Err(connection_lost("the server ended the stream")),
            Ok(Err(status)) => Err(Trouble::of_status(&self.server, status)),
            Err(_) => Err(self.late()),
        }
    }

    fn late(&self) -> Trouble {
        connection_lost(NetError::Deadline { server: self.server.clone(), limit: self.deadline })
    }
}

/// Opens a session, whose name it returns.
pub(super) async fn open(
    mut client: ComputeClient<Channel>,
    request: impl FnOnce(ReceiverStream<OpenPart>) -> Request<ReceiverStream<OpenPart>>,
    settings: &ClientSettings,
    opening: &Opening,
) -> Result<Bytes, Trouble> {
    let ClientSettings { server, deadline, .. } = settings.clone();
    let (parts, stream) = mpsc::channel(WAITING);
    let replies = client.open(request(ReceiverStream::new(stream))).await;
    let replies = replies.map_err(|status| Trouble::of_status(&server, status))?.into_inner();
    let mut duplex = Duplex { parts, replies, server, deadline };

    let programs = opening.programs.iter();
    let programs =
        programs.map(|one| Program { description: one.description.clone(), parts: one.parts as u64 }).collect();
    duplex.send(OpenPart { part: Some(open_part::Part::Offer(Offer { programs })) }).await?;
    let Some(Reply::Terms(terms)) = duplex.receive().await?.reply else { return Err(protocol("terms are expected")) };
    if terms.key_bytes != opening.keys.len() as u64 {
        let (expected, actual) = (terms.key_bytes, opening.keys.len());
        return Err(protocol(format!("it expects keys of {expected} bytes, and those of the plan have {actual}")));
    }
    for piece in pieces(opening.keys.clone()) {
        duplex.send(OpenPart { part: Some(open_part::Part::Keys(piece)) }).await?;
    }
    match duplex.receive().await?.reply {
        Some(Reply::Opened(opened)) => Ok(opened.session),
        _ => Err(protocol("the name of a session is expected")),
    }
}

/// The stream of the requests of a session.
pub(super) struct Stream(Duplex<RequestPart, ReplyPart>);

impl Stream {
    pub async fn attach(
        mut client: ComputeClient<Channel>,
        request: impl FnOnce(ReceiverStream<RequestPart>) -> Request<ReceiverStream<RequestPart>>,
        settings: &ClientSettings,
        session: Bytes,
    ) -> Result<Stream, Trouble> {
        let ClientSettings { server, deadline, .. } = settings.clone();
        let (parts, stream) = mpsc::channel(WAITING);
        let replies = client.exchange(request(ReceiverStream::new(stream))).await;
        let replies = replies.map_err(|status| Trouble::of_status(&server, status))?.into_inner();
        let mut stream = Stream(Duplex { parts, replies, server, deadline });
        stream.send(request_part::Part::Attach(Attach { session })).await?;
        match stream.0.receive().await?.part {
            Some(reply_part::Part::Attached(_)) => Ok(stream),
            _ => Err(protocol("a welcome is expected")),
        }
    }

    async fn send(&mut self, part: request_part::Part) -> Result<(), Trouble> {
        self.0.send(RequestPart { part: Some(part) }).await
    }

    /// Sends a request, and waits for its answer.
    pub async fn exchange(&mut self, number: u64, command: &Command) -> Result<Bytes, Trouble> {
        let (kind, message) = match &command.action {
            Action::Keep(message) => (Kind::Keep, message.clone()),
            Action::Forget => (Kind::Forget, Bytes::new()),
            Action::Call(message) => (Kind::Call, message.clone()),
        };
        let (program, length) = (command.program as u32, message.len() as u64);
        let header = generated::Request { number, program, kind: kind.into(), length };
        self.send(request_part::Part::Request(header)).await?;
        for piece in pieces(message) {
            self.send(request_part::Part::Message(piece)).await?;
        }
        let Some(reply_part::Part::Reply(reply)) = self.0.receive().await?.part else {
            return Err(protocol("an answer is expected"));
        };
        if reply.number != number || reply.length > LONGEST_ANSWER {
            let (actual, length) = (reply.number, reply.length);
            return Err(protocol(format!("answer {actual} of {length} bytes, where answer {number} is expected")));
        }
        let mut answer = Gathered::new(reply.length as usize);
        while !answer.is_complete() {
            let Some(reply_part::Part::Message(piece)) = self.0.receive().await?.part else {
                return Err(protocol("pieces of the answer are expected"));
            };
            answer.add(&piece).map_err(|refused| protocol(refused.text))?;
        }
        Ok(answer.into_bytes())
    }
}

fn protocol(reason: impl Into<String>) -> Trouble {
    NetError::Protocol { reason: reason.into() }.into()
}
