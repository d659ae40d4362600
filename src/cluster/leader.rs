//! Rank 0, which faces the client.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    thread,
};

use super::{
    RankTeam, Ranks,
    command::{self, Command},
};
use crate::{
    Result,
    program::{Owner, agreed},
    protocol::wire::{Announcement, Host, Offer, Place, start_of_message},
};

/// The [`Place`] where sessions run on all ranks. It has the others repeat what its sessions are asked, as far as the work of
/// a program can be divided among them; all else is done here. The job ends when the leader and its sessions are dropped.
pub struct Leader {
    ranks: Arc<Ranks>,
    job: Arc<Job>,
    sessions: AtomicU64,
}

/// Ends the job when it is dropped.
struct Job(Arc<Ranks>);

impl Leader {
    /// The leader of a job, on rank 0. The other ranks [`follow`](super::follow).
    pub fn new(ranks: Ranks) -> Leader {
        let ranks = Arc::new(ranks);
        Leader { job: Arc::new(Job(ranks.clone())), ranks, sessions: AtomicU64::new(0) }
    }

    /// The job.
    pub fn ranks(&self) -> &Ranks {
        &self.ranks
    }
}

impl Place for Leader {
    /// What is reached is in the memory of all ranks, and not written.
    fn open(
        &self,
        announced: &[Announcement],
        offer: &Offer,
        keys: Vec<u8>,
        _: Option<&Path>,
    ) -> Result<Vec<Box<dyn Host>>> {
        let (ranks, number) = (&self.ranks, self.sessions.fetch_add(1, Relaxed));
        let _turn = ranks.turn();
        Command::Open { session: number }.send(ranks)?;
        command::send_announced(ranks, announced)?;
        let keys = ranks.broadcast(0, keys)?;
        let opened = offer.open_in_team(&keys, |context| Arc::new(RankTeam::new(ranks, context)));
        let hosts = agreed(opened, |failed| ranks.agree(failed))?;
        let session = Arc::new(Session { ranks: ranks.clone(), number, job: self.job.clone() });
        let lead = |(program, host): (usize, Box<dyn Host>)| match host.keeper() {
            Some(_) => Box::new(Led { host, program: program as u64, session: session.clone() }) as Box<dyn Host>,
            None => host,
        };
        Ok(hosts.into_iter().enumerate().map(lead).collect())
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        // In the middle of a command, the others would not understand: the end of this process ends them.
        if !thread::panicking() {
            let _turn = self.0.turn();
            // Nobody is left to be told of an error.
            drop(Command::Stop.send(&self.0).and_then(|()| self.0.leave()));
        }
    }
}

/// A session on all ranks, which ends on all.
struct Session {
    ranks: Arc<Ranks>,
    number: u64,
    /// It outlives its sessions.
    job: Arc<Job>,
}

impl Drop for Session {
    fn drop(&mut self) {
        if thread::panicking() {
            return;
        }
        let close = Command::Close { session: self.number };
        // Nobody is left to be told of an error.
        match self.ranks.try_turn() {
            Some(_turn) => drop(close.send(&self.ranks)),
            None => {
                // Whoever closes a session must not wait for a step of another.
                let (ranks, job) = (self.ranks.clone(), self.job.clone());
                thread::spawn(move || {
                    let turn = ranks.turn();
                    drop(close.send(&ranks));
                    drop((turn, job));
                });
            }
        }
    }
}

/// A program that runs on all ranks: this one's, which takes the others with it.
struct Led {
    host: Box<dyn Host>,
    program: u64,
    session: Arc<Session>,
}

impl Host for Led {
    fn keep(&mut self, message: &[u8]) -> Result<()> {
        start_of_message(message)?;
        let Session { ranks, number, .. } = &*self.session;
        let _turn = ranks.turn();
        Command::Keep { session: *number, program: self.program }.send(ranks)?;
        command::keep(ranks, &mut *self.host, message)
    }

    fn forget(&mut self) -> Result<()> {
        let Session { ranks, number, .. } = &*self.session;
        let _turn = ranks.turn();
        Command::Forget { session: *number, program: self.program }.send(ranks)?;
        self.host.forget()
    }

    fn call(&mut self, message: &[u8]) -> Result<Vec<u8>> {
        let Session { ranks, number, .. } = &*self.session;
        let _turn = ranks.turn();
        Command::Call { session: *number, program: self.program }.send(ranks)?;
        command::call(ranks, &mut *self.host, message.to_vec())
    }

    fn keep_elsewhere(&mut self, start: &[u8]) -> Result<()> {
        self.host.keep_elsewhere(start)
    }

    fn keeper(&self) -> Option<Owner> {
        self.host.keeper()
    }

    fn own_rows(&self) -> Option<usize> {
        self.host.own_rows()
    }

    fn largest_keep(&self) -> usize {
        self.host.largest_keep()
    }

    fn largest_call(&self) -> usize {
        self.host.largest_call()
    }
}
