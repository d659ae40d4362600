//! Trainings over the network come to the weights of one in a single process, whatever happens on the way.

use std::{net::SocketAddr, time::Duration};

use seal_nn::{
    Result,
    net::{Connection, ServerSettings},
    protocol::wire::{Channel, Replaying},
};

use super::{
    certificates::Certificates,
    proxy::Proxy,
    running::{Running, mutual, mutual_client, plain, plain_client},
    training::{STEPS, TRAINING, assert_trained},
};
use seal_nn::net::ClientSettings;

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
    // Of a fixed seed; the first are in the handshake and among keys.
    let mut cuts = vec![700, 5_000, keys / 3, keys + 20_000];
    let mut random = 12_345_u64;
    cuts.extend((0..6).map(|_| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        20_000 + (random >> 33) as usize % 600_000
    }));
    let proxy = Proxy::start(server.address, &cuts, Duration::from_micros(200));
    assert_trained(&TRAINING.train(channel(mutual_client(proxy.address, &certificates))).unwrap());
    assert!(proxy.cuts_left() < 4, "{} of {} cuts were not made", proxy.cuts_left(), cuts.len());
    // Sessions outlive connections.
    assert!(server.metric("seal_nn_sessions_opened_total") <= 2.0);
}

/// A server that is killed between the rounds of a step, and in between steps, knows nothing afterwards.
#[test]
fn with_servers_that_are_killed() {
    let settings = || ServerSettings { grace: Duration::ZERO, ..plain() };
    let server = Running::start(settings());
    let address = server.address;
    let killing =
        Killing { server: Some(server), address, settings, channel: channel(plain_client(address)), calls: 0 };
    assert_trained(&TRAINING.train(killing).unwrap());
}

struct Killing<F, C> {
    server: Option<Running>,
    address: SocketAddr,
    settings: F,
    channel: C,
    calls: usize,
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
        // The second round of the first step, and the first of the second.
        if [2, 3].contains(&self.calls) {
            drop(self.server.take());
            self.server = Some(Running::again(self.address, (self.settings)()));
        }
        self.channel.call(program, begins, message)
    }
}
