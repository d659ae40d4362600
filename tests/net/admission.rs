//! How many a server takes.

use std::{
    sync::{Arc, mpsc},
    thread,
    time::Duration,
};

use seal_nn::{
    Refusal,
    net::{Connection, ServerSettings},
    protocol::wire::{Channel, Connect},
};

use super::{
    requests::refusal,
    running::{Running, plain, plain_client},
    training::{TRAINING, assert_trained},
    trainings::channel,
};

#[test]
fn the_second_waits_for_the_memory_of_the_first() {
    let memory = TRAINING.memory();
    let server = Running::start(ServerSettings { memory: memory + memory / 2, ..plain() });
    let address = server.address;
    let mut first = Connection::new(plain_client(address)).unwrap();
    first.open(&TRAINING.opening).unwrap();
    let (words, told) = mpsc::channel();
    let second = thread::spawn(move || {
        let on_wait = Arc::new(move |text: &str| words.send(text.to_owned()).unwrap());
        let mut settings = plain_client(address);
        settings.on_wait = Some(on_wait);
        TRAINING.train(channel(settings)).unwrap()
    });
    let text = told.recv().unwrap();
    let mib = |bytes: usize| format!("{} MiB", bytes.div_ceil(1 << 20));
    assert!(text.contains(&mib(memory)) && text.contains(&mib(memory + memory / 2)), "{text}");
    drop(first);
    assert_trained(&second.join().unwrap());
    // It is told once.
    assert!(told.recv().is_err());
}

#[test]
fn patience_ends() {
    let memory = TRAINING.memory();
    let server = Running::start(ServerSettings { memory, ..plain() });
    let mut first = Connection::new(plain_client(server.address)).unwrap();
    first.open(&TRAINING.opening).unwrap();
    let mut settings = plain_client(server.address);
    settings.patience = Duration::from_millis(150);
    let (refused, _) = refusal(Connection::new(settings).unwrap().open(&TRAINING.opening));
    assert_eq!(refused, Refusal::Busy);
}

#[test]
fn what_will_never_fit_is_refused_at_once() {
    let memory = TRAINING.memory() - 1;
    let server = Running::start(ServerSettings { memory, ..plain() });
    let mut connection = Connection::new(plain_client(server.address)).unwrap();
    let (refused, text) = refusal(connection.open(&TRAINING.opening));
    assert_eq!(refused, Refusal::TooLarge, "{text}");
    assert!(text.contains("MiB"), "{text}");
    // Before a byte of keys.
    assert_eq!(server.metric("seal_nn_received_bytes_total"), 0.0);
    // The typed error reaches the caller of a channel.
    let error = channel(plain_client(server.address)).keep(0, Vec::new()).unwrap_err();
    assert!(error.to_string().contains("the server refuses"), "{error}");
}

#[test]
fn sessions_have_a_number() {
    let server = Running::start(ServerSettings { sessions: 1, ..plain() });
    let mut first = Connection::new(plain_client(server.address)).unwrap();
    first.open(&TRAINING.opening).unwrap();
    let mut settings = plain_client(server.address);
    settings.patience = Duration::ZERO;
    let mut second = Connection::new(settings).unwrap();
    let (refused, text) = refusal(second.open(&TRAINING.opening));
    assert_eq!(refused, Refusal::Busy, "{text}");
    first.close();
    second.open(&TRAINING.opening).unwrap();
}
