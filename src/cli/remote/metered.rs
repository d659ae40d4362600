//! What crosses the line to a server.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use bytes::Bytes;
use seal_nn::{
    protocol::wire::{Action, Command, Connect, Failure, Opening},
    report::format,
};
use serde::Serialize;

use crate::cli::print::warn;

/// Everything between a client and a server, with evaluation keys, and with what was sent again after a loss.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Line {
    /// The server, as it was named.
    pub server: String,
    /// Bytes of descriptions, keys and messages, without what TLS and HTTP/2 add.
    pub client_to_server: u64,
    /// Bytes of answers.
    pub server_to_client: u64,
    /// Requests with their answers, those that failed among them.
    pub round_trips: u64,
    /// Sessions that were opened: more than one after a loss.
    pub sessions: u64,
    /// Seconds until answers came, in which the server computed too.
    pub seconds_waiting: f64,
}

impl Line {
    /// As rows of a report.
    pub fn rows(&self) -> [(String, String); 5] {
        let Line { server, client_to_server, server_to_client, round_trips, sessions, seconds_waiting } = self;
        [
            (format!("all bytes to {server}, with keys"), format::bytes(*client_to_server)),
            (format!("all bytes from {server}"), format::bytes(*server_to_client)),
            ("round trips".into(), format::count(*round_trips)),
            ("sessions opened, 1 without a loss".into(), format::count(*sessions)),
            ("seconds waiting for the server, in which it computes".into(), format::seconds(*seconds_waiting)),
        ]
    }

    /// In a line.
    pub fn in_words(&self) -> String {
        let Line { client_to_server, server_to_client, round_trips, seconds_waiting, .. } = self;
        let [up, down] = [client_to_server, server_to_client].map(|&bytes| format::bytes(bytes));
        let (trips, waiting) = (format::count(*round_trips), format::seconds(*seconds_waiting));
        format!("{up} up, {down} down, {trips} round trips, {waiting} waiting for the server")
    }
}

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
