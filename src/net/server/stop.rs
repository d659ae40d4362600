//! How a server is told to stop.

use std::sync::Arc;

use tokio::sync::watch;

/// Tells a server to stop. Copies tell the same one.
#[derive(Clone)]
pub struct Stop(Arc<watch::Sender<bool>>);

impl Stop {
    /// For a server that goes on for now.
    pub fn new() -> Stop {
        Stop(Arc::new(watch::Sender::new(false)))
    }

    /// Has the server take no further request, finish those that run, and end.
    pub fn stop(&self) {
        self.0.send_replace(true);
    }

    /// Waits until it is told.
    pub(super) async fn told(&self) {
        // The sender lives as long as this.
        drop(self.0.subscribe().wait_for(|stopped| *stopped).await);
    }
}

impl Default for Stop {
    fn default() -> Stop {
        Stop::new()
    }
}
