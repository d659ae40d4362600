//! A way to a server that counts what crosses it.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use super::line::Line;
use crate::cli::print::warn;
use bytes::Bytes;
use seal_nn::{
    protocol::wire::{Action, Command, Connect, Failure, Opening},
    report::format,
};

/// The count so far, which is still growing. Copies show the same one.
#[derive(Clone, Default)]
pub struct Meter(Arc<Mutex<Line>>);

impl Meter {
    pub fn of(server: &str) -> Meter {
        Meter(Arc::new(Mutex::new(Line { server: server.to_owned(), ..Line::default() })))
    }

    pub fn line(&self) -> Line {
        self.count().clone()
    }

    fn count(&self) -> MutexGuard<'_, Line> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn trip<T>(
        &self,
        up: usize,
        down: impl Fn(&T) -> usize,
        go: impl FnOnce() -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let started = Instant::now();
        let outcome = go();
        let mut line = self.count();
        line.seconds_waiting += started.elapsed().as_secs_f64();
        line.client_to_server += up as u64;
        line.server_to_client += outcome.as_ref().map_or(0, down) as u64;
        line.round_trips += 1;
        outcome
    }
}

/// A way to a server that counts, and says when there is no answer.
pub struct Metered<C> {
    connect: C,
    meter: Meter,
    /// How long a lost server is waited for.
    patience: Duration,
    /// Whether it was said that the server does not answer.
    said: bool,
}

impl<C> Metered<C> {
    pub fn new(connect: C, meter: Meter, patience: Duration) -> Metered<C> {
        Metered { connect, meter, patience, said: false }
    }

    /// Says what happened, once until there is an answer.
    fn told<T>(&mut self, outcome: Result<T, Failure>) -> Result<T, Failure> {
        match &outcome {
            Ok(_) => self.said = false,
            Err(Failure::ConnectionLost { reason } | Failure::SessionLost { reason }) => {
                if !self.said && !self.patience.is_zero() {
                    let seconds = format::seconds(self.patience.as_secs_f64());
                    warn(&format!("no answer from the server: {reason}; trying again for {seconds} at most"));
                }
                self.said = true;
            }
            Err(Failure::Refused(_)) => {}
        }
        outcome
    }
}

impl<C: Connect> Connect for Metered<C> {
    fn open(&mut self, opening: &Opening) -> Result<(), Failure> {
        let up = opening.keys.len() + opening.programs.iter().map(|program| program.description.len()).sum::<usize>();
        let opened = self.meter.trip(up, |()| 0, || self.connect.open(opening));
        self.told(opened)?;
        self.meter.count().sessions += 1;
        Ok(())
    }

    fn send(&mut self, number: u64, command: &Command) -> Result<Bytes, Failure> {
        let up = match &command.action {
            Action::Keep(message) | Action::Call(message) => message.len(),
            Action::Forget => 0,
        };
        let answer = self.meter.trip(up, Bytes::len, || self.connect.send(number, command));
        self.told(answer)
    }
}
