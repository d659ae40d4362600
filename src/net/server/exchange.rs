//! The requests of a session, in order.

use std::{sync::Arc, time::Instant};

use bytes::Bytes;
use tokio::{sync::mpsc, time::timeout};
use tonic::{Status, Streaming};

use super::{
    service::{Shared, next, next_whenever},
    session::{Answered, Session},
};
use crate::{
    net::{
        generated::{self, Kind, Reason, Reply, ReplyPart, Request, RequestPart, reply_part, request_part::Part},
        identity::Identity,
        pieces::{Gathered, pieces},
        refusal::Refused,
    },
    protocol::wire::{Action, Command},
};

pub(super) type Replies = mpsc::Sender<Result<ReplyPart, Status>>;

/// Answers requests until the client has no more, or there is a reason to refuse.
pub(super) async fn exchange(
    shared: &Shared,
    who: Identity,
    mut parts: Streaming<RequestPart>,
    replies: &Replies,
) -> Result<(), Refused> {
    let name = match next(&mut parts, shared.settings.silence).await? {
        Some(RequestPart { part: Some(Part::Attach(attach)) }) => attach.session,
        _ => return Err(Refused::order("the name of a session is expected first")),
    };
    let mut attached = shared.sessions.find(&name, who)?.attach();
    send(shared, replies, reply_part::Part::Attached(generated::Attached {})).await?;
    loop {
        let header = tokio::select! {
            ended = attached.replaced() => {
                // Between requests none is refused: clients close a session before the end of their stream is heard of.
                drop(timeout(shared.settings.silence, replies.send(Err(ended.into()))).await);
                return Ok(());
            }
            () = shared.stop.told() => return Err(Refused::stopping()),
            () = replies.closed() => return Ok(()),
            part = next_whenever(&mut parts) => match part? {
                Some(RequestPart { part: Some(Part::Request(header)) }) => header,
                Some(_) => return Err(Refused::order("a request is expected")),
                None => return Ok(()),
            },
        };
        let session = attached.session.clone();
        let _under_way = session.request();
        let command = tokio::select! {
            refused = attached.replaced() => return Err(refused),
            command = receive(shared, &session, &header, &mut parts) => command?,
        };
        if let Some(rows) = session.own_rows(header.number, &command) {
            let refused = |wait| Refused::often(shared.rate.per_minute(), rows, wait);
            shared.rate.take(who, rows, Instant::now()).map_err(refused)?;
        }
        let answer = tokio::select! {
            refused = attached.replaced() => return Err(refused),
            () = replies.closed() => return Ok(()),
            answer = carry_out(shared, &session, header.number, command) => answer?,
        };
        let reply = Reply { number: header.number, length: answer.len() as u64 };
        send(shared, replies, reply_part::Part::Reply(reply)).await?;
        for piece in pieces(answer) {
            shared.metrics.add_sent(piece.len());
            send(shared, replies, reply_part::Part::Message(piece)).await?;
        }
    }
}

/// The rest of a request. What cannot be right is refused before its message is taken.
async fn receive(
    shared: &Shared,
    session: &Session,
    header: &Request,
    parts: &mut Streaming<RequestPart>,
) -> Result<Command, Refused> {
    let Request { number, program, length, .. } = *header;
    let kind = header.kind();
    session.check_number(number)?;
    if kind == Kind::Unspecified {
        return Err(Refused::order(format!("requests of kind {} are unknown", header.kind)));
    }
    let longest = session.longest(program, kind)?;
    let length = usize::try_from(length).ok().filter(|length| *length <= longest).ok_or_else(|| {
        Refused::order(format!(
            "a message of {length} bytes, where the plan of program {program} has at most {longest}"
        ))
    })?;
    let mut message = Gathered::new(length);
    while !message.is_complete() {
        let Some(RequestPart { part: Some(Part::Message(piece)) }) = next(parts, shared.settings.silence).await? else {
            return Err(Refused::order("pieces of the message are expected after a request"));
        };
        message.add(&piece)?;
        shared.metrics.add_received(piece.len());
    }
    let message = message.into_bytes();
    let action = match kind {
        Kind::Keep => Action::Keep(message),
        Kind::Call => Action::Call(message),
        Kind::Forget | Kind::Unspecified => Action::Forget,
    };
    Ok(Command { program: program as usize, action })
}

async fn carry_out(shared: &Shared, session: &Arc<Session>, number: u64, command: Command) -> Result<Bytes, Refused> {
    let (session, metrics) = (session.clone(), shared.metrics.clone());
    let under_way = session.request();
    let job = move || {
        // Also when the client goes while this runs.
        let _under_way = under_way;
        let started = Instant::now();
        let answered = session.carry_out(number, &command);
        let took = started.elapsed();
        let _in_session = session.span.enter();
        let (program, (kind, bytes)) = (command.program, named(&command.action));
        match answered {
            Ok(Answered { answer, is_repeated }) => {
                if !is_repeated {
                    metrics.add_request(&command.action, took);
                }
                tracing::info!(number, program, kind, bytes, answer = answer.len(), is_repeated, ?took, "request");
                Ok(answer)
            }
            Err(refused) => {
                let Refused { reason, text, .. } = &refused;
                tracing::warn!(number, program, kind, bytes, ?reason, text, ?took, "request refused");
                Err(refused)
            }
        }
    };
    shared.work.run(job).await?
}

/// The name of a request in logs, and the bytes of its message.
fn named(action: &Action) -> (&'static str, usize) {
    match action {
        Action::Keep(message) => ("keep", message.len()),
        Action::Forget => ("forget", 0),
        Action::Call(message) => ("call", message.len()),
    }
}

/// Sends a part to a client that takes it in time.
async fn send(shared: &Shared, replies: &Replies, part: reply_part::Part) -> Result<(), Refused> {
    let silent = |_| Refused::new(Reason::Silence, "the client does not take its answer");
    let sent =
        timeout(shared.settings.silence, replies.send(Ok(ReplyPart { part: Some(part) }))).await.map_err(silent)?;
    // Nobody hears of a client that went.
    sent.map_err(Refused::fault)
}
