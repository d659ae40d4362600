//! Models of the server's own.

use std::{
    sync::{Arc, Mutex, mpsc},
    time::Instant,
};

use ndarray::array;
use seal_nn::{
    Error, NetError, Refusal,
    net::{Connection, ServerSettings},
    nn::head::{Dense, Head},
    protocol::{
        ColumnSession, Deployment, Infer, Session,
        wire::{Action, Announcement, Channel, Command, Connect, Failure, Models, Opening, OwnModel, RemotePeer},
    },
};

use super::{
    requests::refusal,
    running::{Running, plain, plain_client},
};

fn head() -> Head {
    let dense = Dense { weights: array![[1.0, -2.0], [0.5, 0.25]], bias: array![0.5, -0.5] };
    Head::linear(dense).unwrap()
}

/// Rows that a request counts as.
const ROWS: u32 = 4096;

/// As many rows a minute as so many requests have.
fn settings(requests: u32) -> ServerSettings {
    let mut models = Models::default();
    models.add("shapes", OwnModel::new(head(), "all that clients are told").unwrap());
    ServerSettings { models, rows_per_minute: requests * ROWS, ..plain() }
}

/// Notes the last request, whose number is that of the calls so far.
struct Noted {
    connection: Connection,
    calls: u64,
    last: Option<Command>,
}

impl Channel for Noted {
    fn keep(&mut self, _: usize, _: Vec<u8>) -> seal_nn::Result<()> {
        panic!("nothing is kept")
    }

    fn forget(&mut self, _: usize) -> seal_nn::Result<()> {
        panic!("nothing is kept")
    }

    fn call(&mut self, program: usize, _: bool, message: Vec<u8>) -> seal_nn::Result<Vec<u8>> {
        let command = Command { program, action: Action::Call(message.into()) };
        self.last = Some(command.clone());
        match self.connection.send(self.calls + 1, &command) {
            Ok(answer) => {
                self.calls += 1;
                Ok(answer.into())
            }
            Err(Failure::Refused(error)) => Err(error),
            Err(other) => panic!("{other:?}"),
        }
    }
}

fn opening(
    name: &str,
) -> (Deployment<seal_nn::nn::columns::ColumnInference>, seal_nn::backend::SealKeyHolder, Opening) {
    let model = OwnModel::new(head(), "").unwrap();
    let deployment = Deployment::of_server_model(model.shape(), name, &Default::default()).unwrap();
    let (holder, keys) = deployment.make_keys(Default::default()).unwrap();
    let announced = vec![Announcement::of(&deployment, 0).unwrap()];
    let opening = Opening::with_public_key(announced, &keys, &holder.public_key().unwrap()).unwrap();
    (deployment, holder, opening)
}

#[test]
fn a_client_is_answered_until_it_asks_too_often() {
    let server = Running::start(settings(2));
    let client = plain_client(server.address);
    let mut connection =
        Connection::new(seal_nn::net::ClientSettings { patience: Default::default(), ..client }).unwrap();
    assert_eq!(connection.models().unwrap(), [("shapes".to_owned(), "all that clients are told".into())]);

    let (deployment, holder, opening) = opening("shapes");
    connection.open(&opening).unwrap();
    let channel = Arc::new(Mutex::new(Noted { connection, calls: 0, last: None }));
    let peer = RemotePeer::new(&channel, 0, &deployment).unwrap();
    let session = Session::new(holder.into(), peer, deployment.program.clone(), deployment.plan.clone()).unwrap();
    let mut session = ColumnSession::new(session);
    let x = array![[1.0, 0.5], [-1.0, 0.25]];
    for _ in 0..2 {
        let errors = session.outputs(x.view()).unwrap() - head().logits(x.view()).unwrap();
        assert!(errors.iter().all(|error| error.abs() < 1e-3));
    }
    {
        // A repetition is no new answer, so it does not count.
        let mut channel = channel.lock().unwrap();
        let last = channel.last.clone().unwrap();
        let again = [0; 2].map(|_| channel.connection.send(2, &last).unwrap());
        assert_eq!(again[0], again[1]);
    }
    match session.outputs(x.view()) {
        Err(Error::Net(NetError::TooOften { after, text })) => {
            let seconds = after.as_secs_f64();
            assert!(seconds > 1.0 && seconds < 30.1 && text.contains("come back in"), "{seconds} s: {text}");
            assert!(text.contains("8192 rows a minute") && text.contains("counts as 4096"), "{text}");
        }
        other => panic!("{other:?}"),
    }
}

/// It comes back when it was told to, and its request is answered under the same number.
#[test]
fn a_client_that_asked_too_often_waits() {
    // One request a second, once those of a minute are used up.
    let server = Running::start(settings(60));
    let (words, told) = mpsc::channel();
    let mut client = plain_client(server.address);
    client.on_wait = Some(Arc::new(move |text: &str| words.send((text.to_owned(), Instant::now())).unwrap()));
    let mut connection = Connection::new(client).unwrap();
    let (deployment, holder, opening) = opening("shapes");
    connection.open(&opening).unwrap();
    let channel = Arc::new(Mutex::new(Noted { connection, calls: 0, last: None }));
    let peer = RemotePeer::new(&channel, 0, &deployment).unwrap();
    let session = Session::new(holder.into(), peer, deployment.program.clone(), deployment.plan.clone()).unwrap();
    ColumnSession::new(session).outputs(array![[1.0, 0.5]].view()).unwrap();
    let mut channel = channel.lock().unwrap();
    let last = channel.last.clone().unwrap();
    for number in 2..=200 {
        assert!(!channel.connection.send(number, &last).unwrap().is_empty());
        if let Ok((text, at)) = told.try_recv() {
            let waited = at.elapsed().as_secs_f64();
            let seconds: f64 = text.split(' ').rev().nth(1).unwrap().parse().unwrap();
            // The words have one digit.
            assert!(number > 60 && seconds <= 1.0 && waited > seconds - 0.06, "{number}: {waited} s after {text}");
            return;
        }
    }
    panic!("200 requests, and none of them waited");
}

#[test]
fn another_name_is_refused() {
    let server = Running::start(settings(60));
    let mut connection = Connection::new(plain_client(server.address)).unwrap();
    let (refused, text) = refusal(connection.open(&opening("trees").2));
    assert_eq!(refused, Refusal::Description);
    assert!(text.contains("\"trees\"") && text.contains("shapes"), "{text}");
}

#[test]
fn a_server_without_models_says_so() {
    let server = Running::start(plain());
    let mut connection = Connection::new(plain_client(server.address)).unwrap();
    assert!(connection.models().unwrap().is_empty());
    assert_eq!(refusal(connection.open(&opening("shapes").2)).0, Refusal::Description);
}
