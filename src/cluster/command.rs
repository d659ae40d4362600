//! What the leader has all ranks do.

use bytes::Bytes;

use super::{
    Ranks,
    packed::{pack, pack_words, unpack, unpack_words},
};
use crate::{
    Result,
    error::ClusterError,
    program::{Owner, agreed},
    protocol::wire::{Announcement, Host, start_of_message},
};

/// A command, which all ranks carry out in the same order. Sessions have the leader's numbers, and programs their place in
/// the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Command {
    /// A session is opened; announcements and keys follow.
    Open { session: u64 },
    /// A program is sent a part of the data.
    Keep { session: u64, program: u64 },
    /// It forgets all parts.
    Forget { session: u64, program: u64 },
    /// It is sent a request.
    Call { session: u64, program: u64 },
    /// A session ends.
    Close { session: u64 },
    /// The network between the ranks is measured.
    MeasureNetwork,
    /// Nothing more is to be done.
    Stop,
}

impl Command {
    /// Tells all other ranks; of the leader.
    pub fn send(self, ranks: &Ranks) -> Result<()> {
        let words = match self {
            Command::Open { session } => [0, session, 0],
            Command::Keep { session, program } => [1, session, program],
            Command::Forget { session, program } => [2, session, program],
            Command::Call { session, program } => [3, session, program],
            Command::Close { session } => [4, session, 0],
            Command::MeasureNetwork => [5, 0, 0],
            Command::Stop => [6, 0, 0],
        };
        ranks.broadcast(0, pack_words(words)).map(drop)
    }

    /// Waits for the next one; of the others.
    pub fn receive(ranks: &Ranks) -> Result<Command> {
        match unpack_words(&ranks.broadcast(0, Vec::new())?)[..] {
            [0, session, 0] => Ok(Command::Open { session }),
            [1, session, program] => Ok(Command::Keep { session, program }),
            [2, session, program] => Ok(Command::Forget { session, program }),
            [3, session, program] => Ok(Command::Call { session, program }),
            [4, session, 0] => Ok(Command::Close { session }),
            [5, 0, 0] => Ok(Command::MeasureNetwork),
            [6, 0, 0] => Ok(Command::Stop),
            _ => Err(ClusterError::UnknownCommand.into()),
        }
    }
}

/// Announcements, for the other ranks to plan as the leader does.
pub(super) fn send_announced(ranks: &Ranks, announced: &[Announcement]) -> Result<()> {
    let parts = pack_words(announced.iter().map(|program| program.parts as u64));
    let descriptions = announced.iter().map(|program| program.description.clone());
    ranks.broadcast(0, pack([Bytes::from(parts)].into_iter().chain(descriptions))).map(drop)
}

/// The announcements that the leader sends.
pub(super) fn receive_announced(ranks: &Ranks) -> Result<Vec<Announcement>> {
    let mut strings = unpack(ranks.broadcast(0, Vec::new())?.into())?.into_iter();
    let parts = unpack_words(&strings.next().unwrap_or_default());
    let announced = strings.zip(parts).map(|(description, parts)| Announcement { description, parts: parts as usize });
    Ok(announced.collect())
}

/// A part of the data, which all ranks keep, or one does and the others note. `message` is the whole of it at the leader.
pub(super) fn keep(ranks: &Ranks, host: &mut dyn Host, message: &[u8]) -> Result<()> {
    match host.keeper() {
        Some(Owner::Member(keeper)) => keep_at(ranks, keeper, host, message),
        Some(Owner::Everyone | Owner::Sum) | None => keep_everywhere(ranks, host, message),
    }
}

fn keep_everywhere(ranks: &Ranks, host: &mut dyn Host, message: &[u8]) -> Result<()> {
    let message = ranks.broadcast(0, message.to_vec())?;
    let kept = agreed(host.keep(&message), |failed| ranks.agree(failed));
    if kept.is_err() {
        // Some may have it, and all must have the same.
        host.forget()?;
    }
    kept
}

fn keep_at(ranks: &Ranks, keeper: usize, host: &mut dyn Host, message: &[u8]) -> Result<()> {
    let leads = ranks.rank() == 0;
    let start = ranks.broadcast(0, if leads { start_of_message(message)?.to_vec() } else { Vec::new() })?;
    let kept = match (leads, keeper == ranks.rank()) {
        (true, true) => host.keep(message),
        (true, false) => {
            ranks.send(keeper, message.to_vec())?;
            Ok(())
        }
        (false, true) => host.keep(&ranks.receive(0)?),
        (false, false) => Ok(()),
    };
    agreed(kept, |failed| ranks.agree(failed))?;
    // What was refused is kept nowhere, and counts nowhere.
    if keeper == ranks.rank() { Ok(()) } else { host.keep_elsewhere(&start) }
}

/// A request, which all answer together. `message` is that of the leader, who gets the answer.
pub(super) fn call(ranks: &Ranks, host: &mut dyn Host, message: Vec<u8>) -> Result<Vec<u8>> {
    let message = ranks.broadcast(0, message)?;
    host.call(&message)
}
