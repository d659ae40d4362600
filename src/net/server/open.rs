//! How a session is opened.

use bytes::Bytes;
use tokio::{sync::mpsc, time::timeout};
use tonic::{Status, Streaming};

use super::{
    service::{Shared, next},
    session::Session,
    sessions::Sessions,
};
use crate::{
    net::{
        generated::{OpenPart, OpenReply, Opened, Reason, Terms, open_part::Part, open_reply::Reply},
        identity::Identity,
        pieces::Gathered,
        refusal::Refused,
    },
    protocol::wire::{Announcement, Hosted, Offer},
};

pub(super) type Replies = mpsc::Sender<Result<OpenReply, Status>>;

/// Plans what is offered, promises memory, takes the keys, and opens the session. What was promised goes with this future.
pub(super) async fn open(
    shared: &Shared,
    who: Identity,
    mut parts: Streaming<OpenPart>,
    replies: &Replies,
) -> Result<(), Refused> {
    let settings = &shared.settings;
    let announced = match next(&mut parts, settings.silence).await? {
        Some(OpenPart { part: Some(Part::Offer(offer)) }) => offer.programs,
        _ => return Err(Refused::order("an offer is expected first")),
    };
    let _opening = shared.openings.try_acquire().map_err(|_| busy("sessions being opened", settings.openings))?;
    let seat = shared.places.clone().try_acquire_owned().map_err(|_| busy("sessions", settings.sessions))?;
    let parts_of = |parts: u64| parts.try_into().unwrap_or(usize::MAX);
    let announced: Vec<_> = announced
        .into_iter()
        .map(|program| Announcement { description: program.description, parts: parts_of(program.parts) })
        .collect();
    let (models, place) = (shared.models.clone(), shared.settings.place.clone());
    let offered = if settings.insecure_parameters { Offer::insecure } else { Offer::with_models };
    let plan = move || match offered(&announced, &models) {
        Ok(offer) => Ok((announced, offer)),
        Err(error) => Err(Refused::new(Reason::Description, error)),
    };
    let (announced, offer) = shared.work.run(plan).await??;
    let (key_bytes, memory) = (offer.key_bytes(), offer.memory_bytes());
    let longest = offer.largest_message();
    let reserved = shared.memory.reserve(memory)?;
    let terms = Terms { key_bytes: key_bytes as u64, longest_request: longest as u64, memory: memory as u64 };
    send(replies, Reply::Terms(terms)).await?;

    let keys = timeout(settings.opening_time, gather_keys(shared, &mut parts, key_bytes)).await;
    let late = |_| Refused::new(Reason::Silence, format!("the keys did not come within {:?}", settings.opening_time));
    let keys = keys.map_err(late)??;
    let checkpoints = settings.checkpoints.as_ref().map(|folder| folder.join(who.name()));
    // What is promised moves into the job: the memory is in use until that ends.
    let opened = shared.work.run(move || {
        let opened = place.open(&announced, &offer, keys.into(), checkpoints.as_deref());
        let programs = opened.map_err(|error| Refused::new(Reason::Keys, error))?;
        Ok::<_, Refused>((programs, reserved, seat))
    });
    let (programs, reserved, seat) = opened.await??;
    let name = Sessions::name()?;
    let span = tracing::info_span!("session", name = %short(&name));
    span.in_scope(|| tracing::info!(programs = programs.len(), key_bytes, memory, "session opened"));
    shared.sessions.add(name, Session::new(who, span, Hosted::new(programs), reserved, seat));
    shared.metrics.add_opened();
    send(replies, Reply::Opened(Opened { session: Bytes::copy_from_slice(&name) })).await
}

async fn gather_keys(shared: &Shared, parts: &mut Streaming<OpenPart>, length: usize) -> Result<Bytes, Refused> {
    let mut keys = Gathered::new(length);
    while !keys.is_complete() {
        let Some(OpenPart { part: Some(Part::Keys(piece)) }) = next(parts, shared.settings.silence).await? else {
            return Err(Refused::order("pieces of keys are expected after an offer"));
        };
        keys.add(&piece)?;
        shared.metrics.add_received(piece.len());
    }
    Ok(keys.into_bytes())
}

async fn send(replies: &Replies, reply: Reply) -> Result<(), Refused> {
    // Nobody hears of a client that went.
    replies.send(Ok(OpenReply { reply: Some(reply) })).await.map_err(Refused::fault)
}

fn busy(what: &str, most: usize) -> Refused {
    Refused::new(Reason::Busy, format!("there are {most} {what}, which is all it takes"))
}

/// Enough of a name to find its lines in a log, and too little to use it.
fn short(name: &[u8]) -> String {
    name.iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}
