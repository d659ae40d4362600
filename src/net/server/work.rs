//! Work that takes long: never on the threads that serve, and one piece at a time.

use std::sync::Arc;

use rayon::{ThreadPool, ThreadPoolBuilder};
use tokio::{sync::Semaphore, task::spawn_blocking};

use crate::{Result, error::NetError, net::refusal::Refused};

/// The threads that compute. Sessions take turns in the order in which they come; two steps at once would take memory's
/// caches from each other.
pub(super) struct Work {
    pool: Arc<ThreadPool>,
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
        Ok(Work { pool: Arc::new(pool), turn: Arc::new(Semaphore::new(1)) })
    }

    /// Runs a job when its turn comes. If the caller goes before that, it is left out; once it runs, it runs to its end, and
    /// no other begins before.
    ///
    /// # Errors
    /// `Fault` for a job that panicked.
    pub async fn run<T: Send + 'static>(&self, job: impl FnOnce() -> T + Send + 'static) -> Result<T, Refused> {
        let turn = self.turn.clone().acquire_owned().await.map_err(Refused::fault)?;
        let pool = self.pool.clone();
        let done = spawn_blocking(move || {
            let _turn = turn;
            pool.install(job)
        });
        done.await.map_err(|_| Refused::fault("a fault of the server: its log says more"))
    }
}
