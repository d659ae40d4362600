//! The requests of a session, one by one.

use std::time::Duration;

use seal_nn::{
    Error, NetError, Refusal,
    net::{Connection, ServerSettings},
    protocol::wire::{Action, Command, Connect, Failure},
};

use super::{
    proxy::{Harm, Proxy},
    running::{Running, plain, plain_client},
    training::TRAINING,
};

/// The refusal of a server, and its words.
pub fn refusal<T>(result: Result<T, Failure>) -> (Refusal, String) {
    match result.map(drop) {
        Err(Failure::Refused(Error::Net(NetError::Refused { refusal, text }))) => (refusal, text),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_repeated_number_gets_the_same_answer() {
    let server = Running::start(plain());
    let mut connection = Connection::new(plain_client(server.address)).unwrap();
    connection.open(&TRAINING.opening).unwrap();
    let commands = TRAINING.commands();
    let mut answers = Vec::new();
    for (number, command) in (1..).zip(&commands) {
        let answer = connection.send(number, command).unwrap();
        assert_eq!(answer, connection.send(number, command).unwrap(), "{number}");
        answers.push(answer);
    }
    assert!(answers.iter().any(|answer| answer.len() > 100_000));
    let done = commands.len() as u64;
    assert_eq!(server.metric("seal_nn_requests_total{kind=\"call\"}"), 2.0);

    // Neither an earlier one nor one with a gap; and the session goes on.
    for number in [0, 1, done - 1, done + 2, u64::MAX] {
        let (refused, text) = refusal(connection.send(number, &commands[0]));
        assert_eq!(refused, Refusal::Number, "{number}: {text}");
        assert!(text.contains(&number.to_string()) && text.contains(&(done + 1).to_string()), "{text}");
    }
    assert_eq!(connection.send(done, &commands[done as usize - 1]).unwrap(), answers[done as usize - 1]);
}

#[test]
fn a_refused_request_does_not_count() {
    let server = Running::start(plain());
    let mut connection = Connection::new(plain_client(server.address)).unwrap();
    connection.open(&TRAINING.opening).unwrap();
    let commands = TRAINING.commands();
    let Action::Keep(message) = &commands[0].action else { panic!("samples come first") };
    let garbled = message.iter().map(|byte| byte ^ 0xff).collect();
    let other = Command { program: 7, action: commands[0].action.clone() };
    let keep = |message: Vec<u8>| Command { program: 0, action: Action::Keep(message.into()) };
    for command in [keep(garbled), keep(Vec::new()), keep(vec![7; 1000]), other] {
        let (refused, text) = refusal(connection.send(1, &command));
        assert_eq!(refused, Refusal::Message, "{text}");
    }
    // Longer than any message of the plan: refused by its announcement.
    let (refused, text) = refusal(connection.send(1, &keep(vec![0; message.len() + 50_000_000])));
    assert_eq!(refused, Refusal::Order, "{text}");
    for (number, command) in (1..).zip(&commands) {
        connection.send(number, command).unwrap();
    }
}

#[test]
fn sessions_go_when_they_are_idle_or_closed() {
    let idle = Duration::from_millis(100);
    let server = Running::start(ServerSettings { idle, ..plain() });
    let mut connection = Connection::new(plain_client(server.address)).unwrap();
    let command = &TRAINING.commands()[0];
    connection.open(&TRAINING.opening).unwrap();
    drop(connection.send(1, command));
    server.await_metric("seal_nn_sessions", 0.0);
    assert!(matches!(connection.send(2, command), Err(Failure::SessionLost { .. })));

    connection.open(&TRAINING.opening).unwrap();
    connection.close();
    assert!(matches!(connection.send(1, command), Err(Failure::SessionLost { .. })));
}

/// A client that was killed does not say that it goes.
#[test]
fn sessions_go_without_a_connection() {
    let server = Running::start(ServerSettings { orphaned: Duration::from_millis(100), ..plain() });
    let cut = (TRAINING.opening.keys.len() + 50_000, Harm::Cut);
    let proxy = Proxy::start(server.address, &[cut], Duration::ZERO);
    let mut connection = Connection::new(plain_client(proxy.address)).unwrap();
    connection.open(&TRAINING.opening).unwrap();
    let lost = connection.send(1, &TRAINING.commands()[0]);
    assert!(lost.is_err(), "{lost:?}");
    server.await_metric("seal_nn_sessions", 0.0);
    server.await_metric("seal_nn_memory_reserved_bytes", 0.0);
}
