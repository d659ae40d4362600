//! What an operator sees: health, metrics, the end.

use std::time::{Duration, Instant};

use seal_nn::{
    net::{Connection, ServerSettings},
    protocol::wire::{Connect, Failure},
};
use tonic_health::pb::{HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient};

use super::{
    raw::block_on,
    running::{Running, plain, plain_client},
    training::TRAINING,
};

#[test]
fn health_is_told() {
    let server = Running::start(plain());
    let status = block_on(async {
        let endpoint = tonic::transport::Endpoint::from_shared(format!("http://{}", server.address)).unwrap();
        let mut client = HealthClient::new(endpoint.connect().await.unwrap());
        let service = "seal_nn.v1.Compute".to_owned();
        client.check(HealthCheckRequest { service }).await.unwrap().into_inner().status()
    });
    assert_eq!(status, ServingStatus::Serving);
}

#[test]
fn metrics_are_one_page() {
    let server = Running::start(plain());
    let page = server.page("/metrics");
    assert!(page.starts_with("HTTP/1.1 200") && page.contains("text/plain; version=0.0.4"), "{page}");
    assert!(page.contains("\nseal_nn_sessions 0\n"), "{page}");
    assert!(server.page("/").starts_with("HTTP/1.1 404"));
}

/// Neither a session nor its stream holds up the end.
#[test]
fn a_server_ends_when_it_is_told() {
    let mut server = Running::start(ServerSettings { grace: Duration::from_secs(60), ..plain() });
    let mut connection = Connection::new(plain_client(server.address)).unwrap();
    let commands = TRAINING.commands();
    connection.open(&TRAINING.opening).unwrap();
    connection.send(1, &commands[0]).unwrap();
    let started = Instant::now();
    server.stop().unwrap();
    assert!(started.elapsed() < Duration::from_secs(30));
    let lost = connection.send(2, &commands[1]);
    assert!(matches!(lost, Err(Failure::ConnectionLost { .. })), "{lost:?}");
}
