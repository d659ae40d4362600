//! What this process is in a job of several ranks.

use std::sync::Arc;

use seal_nn::{
    Result,
    protocol::wire::{Host, Offer, Opening, Place},
};

use super::usage::UsageError;

/// A process of its own, or a rank of several that `mpirun` or another launcher started (feature `mpi`).
pub enum Job {
    /// No other ranks.
    Alone,
    /// Rank 0, which faces the client.
    #[cfg(feature = "mpi")]
    Leader(Arc<seal_nn::cluster::Leader>),
    /// Another rank, which computes what that says.
    #[cfg(feature = "mpi")]
    Follower(seal_nn::cluster::Ranks),
}

impl Job {
    /// Joins the job, if there is one.
    #[cfg(feature = "mpi")]
    pub fn join() -> Result<Job> {
        use seal_nn::cluster::{Leader, Ranks};
        Ok(match Ranks::join()? {
            None => Job::Alone,
            Some(ranks) if ranks.size() == 1 => {
                ranks.leave()?;
                Job::Alone
            }
            Some(ranks) if ranks.rank() == 0 => Job::Leader(Arc::new(Leader::new(ranks))),
            Some(ranks) => Job::Follower(ranks),
        })
    }

    /// Without the feature there is none.
    #[cfg(not(feature = "mpi"))]
    pub fn join() -> Result<Job> {
        Ok(Job::Alone)
    }

    /// All ranks of the job.
    pub fn ranks(&self) -> usize {
        match self {
            Job::Alone => 1,
            #[cfg(feature = "mpi")]
            Job::Leader(leader) => leader.ranks().size(),
            #[cfg(feature = "mpi")]
            Job::Follower(ranks) => ranks.size(),
        }
    }

    /// Where the programs of sessions run, if that is not this process alone.
    pub fn place(&self) -> Option<Arc<dyn Place>> {
        match self {
            Job::Alone => None,
            #[cfg(feature = "mpi")]
            Job::Leader(leader) => Some(leader.clone()),
            #[cfg(feature = "mpi")]
            Job::Follower(_) => None,
        }
    }

    /// Who computes equal shares of the work, here or at a server.
    pub fn in_words(&self, at_server: bool) -> String {
        match (at_server, self.ranks()) {
            (true, _) => "the server, with as many ranks as it has if they divide them".into(),
            (false, 1) => "one process".into(),
            (false, ranks) => format!("{ranks} ranks"),
        }
    }

    /// Returns an error for an option that only one process has.
    pub fn refuse(&self, flag: &'static str, is_given: bool) -> Result<(), UsageError> {
        match is_given && self.place().is_some() {
            true => Err(UsageError::NotOnRanks { flag }),
            false => Ok(()),
        }
    }
}

/// The equal shares of the work on so many ranks: `--ranks`, or one for each, and no more than `most`.
pub fn shares(asked: Option<usize>, ranks: usize, most: usize) -> Result<usize, UsageError> {
    let shares = asked.unwrap_or(ranks);
    UsageError::check_count("--ranks", shares, 1..=most, None)?;
    match shares % ranks {
        0 => Ok(shares),
        _ => Err(UsageError::NotForRanks { flag: "--ranks", actual: shares, ranks }),
    }
}

/// A session of programs in a place, as the client's channel.
pub fn open(place: &dyn Place, opening: Opening) -> Result<Vec<Box<dyn Host>>> {
    let Opening { programs, keys } = opening;
    place.open(&programs, &Offer::new(&programs)?, keys.into(), None)
}
