//! The job.

use std::{
    env,
    sync::{Mutex, MutexGuard, PoisonError, TryLockError, mpsc},
    thread::{self, JoinHandle},
};

use crate::{Error, RequestError, Result, error::ClusterError, ffi::cluster as mpi};

/// The ranks of an MPI job, of which this process is one. All ranks make the same calls in the same order, except
/// [`send`](Ranks::send) and [`receive`](Ranks::receive).
///
/// MPI is called by one thread of its own (`MPI_THREAD_FUNNELED`), to which all others hand their calls.
pub struct Ranks {
    calls: Mutex<mpsc::Sender<Call>>,
    thread: Option<JoinHandle<()>>,
    turn: Mutex<()>,
    rank: usize,
    size: usize,
}

type Call = Box<dyn FnOnce() + Send>;

/// What launchers tell the processes they start: Open MPI's, MPICH's and Intel's, and Slurm's by PMIx or PMI-2.
const SIGNS: [&str; 3] = ["OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "PMIX_RANK"];

impl Ranks {
    /// Joins the job in which this process was started by `mpirun`, `srun` or another launcher; `None` if it was not.
    ///
    /// # Errors
    /// `Mpi`.
    pub fn join() -> Result<Option<Ranks>> {
        if SIGNS.iter().all(|sign| env::var_os(sign).is_none()) {
            return Ok(None);
        }
        let (calls, received) = mpsc::channel::<Call>();
        let serve = move || received.into_iter().for_each(|call| call());
        let thread =
            thread::Builder::new().name("mpi".into()).spawn(serve).map_err(|error| failed("a thread", error))?;
        let mut ranks =
            Ranks { calls: Mutex::new(calls), thread: Some(thread), turn: Mutex::new(()), rank: 0, size: 1 };
        (ranks.rank, ranks.size) = ranks.call("joining the job", || {
            mpi::mpi_join()?;
            Ok((mpi::mpi_rank()?, mpi::mpi_size()?))
        })?;
        Ok(Some(ranks))
    }

    /// This process, counted from 0.
    pub fn rank(&self) -> usize {
        self.rank
    }

    /// The number of processes.
    pub fn size(&self) -> usize {
        self.size
    }

    /// Waits until no other thread of this rank is in the middle of a command.
    pub(super) fn turn(&self) -> MutexGuard<'_, ()> {
        // What it protects is the order of calls, which a panic does not change.
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The same without waiting: `None` in the middle of a command.
    pub(super) fn try_turn(&self) -> Option<MutexGuard<'_, ()>> {
        match self.turn.try_lock() {
            Ok(turn) => Some(turn),
            Err(TryLockError::Poisoned(turn)) => Some(turn.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    /// The bytes of rank `root` at all ranks; those of others are not used.
    ///
    /// # Errors
    /// `Mpi`.
    pub fn broadcast(&self, root: usize, bytes: Vec<u8>) -> Result<Vec<u8>> {
        let is_root = root == self.rank;
        self.call("a broadcast", move || {
            let mut length = (bytes.len() as u64).to_le_bytes();
            mpi::mpi_broadcast(&mut length, root)?;
            let mut bytes = if is_root { bytes } else { vec![0; u64::from_le_bytes(length) as usize] };
            mpi::mpi_broadcast(&mut bytes, root)?;
            Ok(bytes)
        })
    }

    /// Sends bytes to a rank, which [receives](Ranks::receive) them.
    ///
    /// # Errors
    /// `Mpi`.
    pub fn send(&self, to: usize, bytes: Vec<u8>) -> Result<()> {
        self.call("a message", move || {
            mpi::mpi_send(&(bytes.len() as u64).to_le_bytes(), to)?;
            mpi::mpi_send(&bytes, to)
        })
    }

    /// The bytes that a rank sends to this one.
    ///
    /// # Errors
    /// `Mpi`.
    pub fn receive(&self, from: usize) -> Result<Vec<u8>> {
        self.call("a message", move || {
            let mut length = [0; 8];
            mpi::mpi_receive(&mut length, from)?;
            let mut bytes = vec![0; u64::from_le_bytes(length) as usize];
            mpi::mpi_receive(&mut bytes, from)?;
            Ok(bytes)
        })
    }

    /// The sums over all ranks, word by word: `MPI_SUM`, modulo 2^64. All ranks have as many words.
    ///
    /// # Errors
    /// `Mpi`.
    pub fn sum(&self, mut words: Vec<u64>) -> Result<Vec<u64>> {
        self.call("a sum", move || {
            mpi::mpi_sum(&mut words)?;
            Ok(words)
        })
    }

    /// The largest over all ranks, word by word.
    ///
    /// # Errors
    /// `Mpi`.
    pub fn max(&self, mut words: Vec<u64>) -> Result<Vec<u64>> {
        self.call("a comparison", move || {
            mpi::mpi_max(&mut words)?;
            Ok(words)
        })
    }

    /// Tells all ranks whether this one failed.
    ///
    /// # Errors
    /// `MemberFailed`, with the reason of the lowest rank that failed, if this one did not.
    pub fn agree(&self, failed: Option<&Error>) -> Result<()> {
        let sign = failed.map_or(0, |_| self.size - self.rank);
        let Some(lowest) = self.max(vec![sign as u64])?.first().and_then(|sign| self.size.checked_sub(*sign as usize))
        else {
            return Err(ClusterError::UnknownCommand.into());
        };
        if lowest == self.size {
            return Ok(());
        }
        let reason = failed.map_or_else(Vec::new, |error| error.to_string().into_bytes());
        let reason = self.broadcast(lowest, reason)?;
        match failed {
            Some(_) => Ok(()),
            None => {
                let reason = String::from_utf8_lossy(&reason).into_owned();
                Err(RequestError::MemberFailed { member: lowest, reason }.into())
            }
        }
    }

    /// Leaves the job, which ends in order when all ranks have left.
    ///
    /// # Errors
    /// `Mpi`.
    pub fn leave(&self) -> Result<()> {
        self.call("leaving the job", mpi::mpi_leave)
    }

    /// Has the thread of MPI make a call, and waits for it.
    fn call<T: Send + 'static>(
        &self,
        name: &'static str,
        call: impl FnOnce() -> Result<T, cxx::Exception> + Send + 'static,
    ) -> Result<T> {
        let (done, outcome) = mpsc::sync_channel(1);
        let call = Box::new(move || {
            // Nobody waits for it any longer when the thread that asked panicked.
            drop(done.send(call()));
        });
        let calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        calls.send(call).map_err(|error| failed(name, error))?;
        drop(calls);
        // Its first letter is the class of an exception.
        outcome
            .recv()
            .map_err(|error| failed(name, error))?
            .map_err(|error| failed(name, error.what().get(1..).unwrap_or_default()))
    }
}

fn failed(call: &'static str, reason: impl ToString) -> Error {
    ClusterError::Mpi { call, message: reason.to_string() }.into()
}

/// Without [`leave`](Ranks::leave), the end of this process ends the job.
impl Drop for Ranks {
    fn drop(&mut self) {
        let (closed, _) = mpsc::channel();
        *self.calls.lock().unwrap_or_else(PoisonError::into_inner) = closed;
        if let Some(thread) = self.thread.take() {
            // It ends with the last call.
            drop(thread.join());
        }
    }
}
