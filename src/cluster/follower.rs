//! All ranks but the first.

use std::{collections::HashMap, sync::Arc};

use super::{
    RankTeam, Ranks,
    command::{self, Command},
    measure,
};
use crate::{
    Error, Result,
    error::ClusterError,
    program::agreed,
    protocol::wire::{Announcement, Host, Offer},
};

/// Does what the [`Leader`](super::Leader) on rank 0 says, until it says no more. What a client is refused, it is refused by
/// all ranks, and they go on. `plan` makes the offer of what is announced, as the leader does: [`Offer::with_models`], for
/// example.
///
/// # Errors
/// `Mpi`, or `UnknownCommand` from a leader of another version. This process must then end, so that the job does.
pub fn follow(ranks: Ranks, plan: impl Fn(&[Announcement]) -> Result<Offer>) -> Result<()> {
    let ranks = Arc::new(ranks);
    let mut sessions = HashMap::<u64, Vec<Box<dyn Host>>>::new();
    loop {
        match Command::receive(&ranks)? {
            Command::Open { session } => {
                let announced = command::receive_announced(&ranks)?;
                let keys = ranks.broadcast(0, Vec::new())?;
                let open = || plan(&announced)?.open_in_team(&keys, |context| Arc::new(RankTeam::new(&ranks, context)));
                if let Some(hosts) = heard(agreed(open(), |failed| ranks.agree(failed)))? {
                    sessions.insert(session, hosts);
                }
            }
            Command::Keep { session, program } => {
                heard(command::keep(&ranks, &mut **host(&mut sessions, session, program)?, &[]))?;
            }
            Command::Forget { session, program } => {
                heard(host(&mut sessions, session, program)?.forget())?;
            }
            Command::Call { session, program } => {
                heard(command::call(&ranks, &mut **host(&mut sessions, session, program)?, Vec::new()))?;
            }
            Command::Close { session } => drop(sessions.remove(&session)),
            Command::MeasureNetwork => drop(measure::seconds(&ranks)?),
            Command::Stop => return ranks.leave(),
        }
    }
}

/// What became of a command. The leader hears of an error, and tells the client; only without MPI nothing can go on.
fn heard<T>(outcome: Result<T>) -> Result<Option<T>> {
    match outcome {
        Ok(value) => Ok(Some(value)),
        Err(error @ Error::Cluster(_)) => Err(error),
        Err(_) => Ok(None),
    }
}

fn host(sessions: &mut HashMap<u64, Vec<Box<dyn Host>>>, session: u64, program: u64) -> Result<&mut Box<dyn Host>> {
    let host = sessions.get_mut(&session).and_then(|hosts| hosts.get_mut(program as usize));
    host.ok_or_else(|| ClusterError::UnknownCommand.into())
}
