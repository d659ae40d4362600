//! A training whose server refreshes by itself, over the network, in a ring without security.

use std::{
    fs,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use seal_nn::{
    Error, NetError, Refusal,
    backend::KeySwitching,
    net::{Connection, ServerSettings},
    protocol::wire::{Offer, Replaying},
};

use super::running::{Running, plain, plain_client};
use crate::kit::bootstrapped::Bootstrapped;

const STEPS: usize = 3;

#[test]
fn a_client_sends_all_once_and_gets_the_weights() {
    let planned = Bootstrapped::new(STEPS);
    let deployment = &planned.deployment;
    let (holder, keys) = deployment.training.make_keys(KeySwitching::default()).unwrap();
    let opening = planned.opening(&holder, &keys);
    let needed = Offer::insecure(&opening.programs, &Default::default()).unwrap().memory_bytes();
    let folder = tempfile::tempdir().unwrap();
    let settings = |memory| ServerSettings {
        insecure_parameters: true,
        checkpoints: Some(folder.path().to_owned()),
        memory,
        ..plain()
    };
    let train = |server: &Running| {
        let mut settings = plain_client(server.address);
        settings.patience = Duration::ZERO;
        let retry = settings.retry();
        let channel = Replaying::new(Connection::new(settings).unwrap(), opening.clone(), retry);
        let holder = seal_nn::backend::SealKeyHolder::from_secret_key(
            &deployment.training.parameters,
            holder.secret_container().unwrap().secret_key(&context(&planned)).unwrap(),
        );
        let mut session = planned.session(holder.unwrap(), channel);
        session.advance(STEPS).map(|_| session)
    };

    // Memory is counted before keys arrive.
    let little = Running::start(settings(needed - 1));
    let refused = train(&little).err().unwrap();
    let too_large = matches!(refused, Error::Net(NetError::Refused { refusal: Refusal::TooLarge, .. }));
    assert!(too_large, "{refused}");
    assert_eq!(little.metric("seal_nn_received_bytes_total"), 0.0);

    let server = Running::start(settings(needed));
    let session = train(&server).unwrap();
    let difference = session.weights().max_difference(&planned.in_the_clear());
    assert!(difference < 1e-4, "{difference:e}");
    assert!(difference > 1e-7, "{difference:e}: nothing was bootstrapped");
    // One call, for all steps.
    assert_eq!(server.metric("seal_nn_requests_total{kind=\"call\"}"), 1.0);
    drop(session);
    server.await_metric("seal_nn_sessions", 0.0);
    // They go with the session's keys, which takes a moment longer.
    let in_folder = |folder: &Path| fs::read_dir(folder).map_or(0, Iterator::count);
    let left = || fs::read_dir(folder.path()).unwrap().map(|client| in_folder(&client.unwrap().path())).sum::<usize>();
    let ended = Instant::now();
    while left() > 0 {
        assert!(ended.elapsed() < Duration::from_secs(60), "checkpoints of a training that ended: {}", left());
        thread::sleep(Duration::from_millis(10));
    }

    // Servers take no such parameters otherwise.
    let strict = Running::start(plain());
    let refused = train(&strict).err().unwrap();
    let insecure = matches!(refused, Error::Net(NetError::Refused { refusal: Refusal::Description, .. }));
    assert!(insecure, "{refused}");
}

fn context(planned: &Bootstrapped) -> seal_nn::seal::Context {
    seal_nn::seal::Context::new(&planned.deployment.training.parameters).unwrap()
}
