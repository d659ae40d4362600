//! Work that takes long: never on the threads that serve, and one piece at a time.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use rayon::{ThreadPool, ThreadPoolBuilder};
use tokio::sync::{Semaphore, oneshot};

use crate::{Result, error::NetError, net::refusal::Refused};

/// The threads that compute. Sessions take turns in the order in which they come; two steps at once would take memory's
/// caches from each other.
pub(super) struct Work {
    pool: ThreadPool,
    turn: Arc<Semaphore>,
}

impl Work {
    /// On so many threads; 0 for all.
    pub fn new(threads: usize) -> Result<Work> {
        let pool = ThreadPoolBuilder::new().num_threads(threads).thread_name(|i| format!("seal-nn-{i}")).build();
        let pool = pool.map_err(|error| NetError::System {
            what: "starting the threads that compute",
            reason: error.to_string(),
        })?;
        Ok(Work { pool, turn: Arc::new(Semaphore::new(1)) })
    }

    /// Runs a job when its turn comes. If the caller goes before that, it is left out; once it runs, it runs to its end, and
    /// no other begins before.
    ///
    /// # Errors
    /// `Fault` for a job that panicked.
    pub async fn run<T: Send + 'static>(&self, job: impl FnOnce() -> T + Send + 'static) -> Result<T, Refused> {
        let turn = self.turn.clone().acquire_owned().await.map_err(Refused::fault)?;
        let (done, result) = oneshot::channel();
        // No other thread waits for it: waking one more on either way is felt by steps of milliseconds.
        self.pool.spawn(move || {
            // A panic ends the job, and not the threads. What it left behind is behind locks, which are poisoned then.
            let outcome = catch_unwind(AssertUnwindSafe(job));
            drop(turn);
            if let Ok(outcome) = outcome {
                // Nobody hears of a caller that went.
                drop(done.send(outcome));
            }
        });
        result.await.map_err(|_| Refused::fault("a fault of the server: its log says more"))
    }
}
