//! Trainings over the network come to the weights of one in a single process, whatever happens on the way.

use std::{net::SocketAddr, time::Duration};

use rand::{RngExt, rngs::ChaCha8Rng};
use seal_nn::{
    Result,
    net::{ClientSettings, Connection, ServerSettings},
    protocol::wire::{Channel, Replaying},
};

use super::{
    certificates::Certificates,
    proxy::{Harm, Proxy},
    running::{Running, mutual, mutual_client, plain, plain_client},
    training::{STEPS, TRAINING, assert_trained},
};
use crate::kit::soak::rounds;

pub fn channel(settings: ClientSettings) -> Replaying<Connection> {
    let retry = settings.retry();
    Replaying::new(Connection::new(settings).unwrap(), TRAINING.opening.clone(), retry)
}

#[test]
fn over_mutual_tls() {
    let certificates = Certificates::new();
    let server = Running::start(mutual(&certificates));
    assert_trained(&TRAINING.train(channel(mutual_client(server.address, &certificates))).unwrap());
    // The client is gone, and has said so.
    server.await_metric("seal_nn_sessions", 0.0);
    server.await_metric("seal_nn_memory_reserved_bytes", 0.0);
    assert_eq!(server.metric("seal_nn_sessions_opened_total"), 1.0);
    assert_eq!(server.metric("seal_nn_requests_total{kind=\"call\"}"), 2.0 * STEPS as f64);
    assert!(server.metric("seal_nn_request_seconds_total{kind=\"call\"}") > 0.0);
    assert!(server.metric("seal_nn_received_bytes_total") > TRAINING.opening.keys.len() as f64);
    assert!(server.metric("seal_nn_sent_bytes_total") > 0.0);
    assert_eq!(server.metric("seal_nn_refusals_total"), 0.0);
}

/// Connections break in the offer, among keys, in requests and in answers.
#[test]
fn over_connections_that_break() {
    let certificates = Certificates::new();
    let server = Running::start(mutual(&certificates));
    let keys = TRAINING.opening.keys.len();
    for (round, mut rng) in (1..).zip(rounds(1)) {
        // The first are in the handshake and among keys; the third makes the server, and the fourth the client, end it.
        let mut harms =
            vec![(700, Harm::Cut), (5_000, Harm::Cut), (keys / 3, Harm::Twice), (keys + 20_000, Harm::Swapped)];
        harms.extend((0..6).map(|_| {
            let harm = [Harm::Cut, Harm::Twice, Harm::Swapped][rng.random_range(0..3)];
            (rng.random_range(20_000..620_000), harm)
        }));
        let proxy = Proxy::start(server.address, &harms, Duration::from_micros(200));
        assert_trained(&TRAINING.train(channel(mutual_client(proxy.address, &certificates))).unwrap());
        assert!(proxy.harms_left() < 4, "{} of {harms:?} were not done", proxy.harms_left());
        // Sessions outlive connections.
        assert!(server.metric("seal_nn_sessions_opened_total") <= 2.0 * round as f64);
    }
}

/// A server that is killed between the rounds of a step, or in between steps, knows nothing afterwards.
#[test]
fn with_servers_that_are_killed() {
    let settings = || ServerSettings { grace: Duration::ZERO, ..plain() };
    for rng in rounds(1) {
        let server = Running::start(settings());
        let (address, channel) = (server.address, channel(plain_client(server.address)));
        let killing = Killing { server: Some(server), address, settings, channel, calls: 0, rng };
        assert_trained(&TRAINING.train(killing).unwrap());
    }
}

struct Killing<F, C> {
    server: Option<Running>,
    address: SocketAddr,
    settings: F,
    channel: C,
    calls: usize,
    rng: ChaCha8Rng,
}

impl<F: Fn() -> ServerSettings + Send, C: Channel> Channel for Killing<F, C> {
    fn keep(&mut self, program: usize, message: Vec<u8>) -> Result<()> {
        self.channel.keep(program, message)
    }

    fn forget(&mut self, program: usize) -> Result<()> {
        self.channel.forget(program)
    }

    fn call(&mut self, program: usize, begins: bool, message: Vec<u8>) -> Result<Vec<u8>> {
        self.calls += 1;
        // The second round of the first step, the first of the second, and others.
        if [2, 3].contains(&self.calls) || self.rng.random_ratio(1, 3) {
            drop(self.server.take());
            self.server = Some(Running::again(self.address, (self.settings)()));
        }
        self.channel.call(program, begins, message)
    }
}
