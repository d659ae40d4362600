//! A training that its server refreshes by itself, in bytes.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use seal_nn::{
    Error, RequestError, Result, SessionError,
    backend::{EvaluationKeys, KeySwitching, SealKeyHolder},
    nn::Weights,
    protocol::wire::{Announcement, CHECKPOINT_EXTENSION, Channel, Host, Offer, Opening},
};

use crate::kit::bootstrapped::Bootstrapped;

const STEPS: usize = 4;

struct Client {
    planned: Bootstrapped,
    keys: EvaluationKeys,
    opening: Opening,
}

impl Client {
    fn new() -> (Client, SealKeyHolder) {
        let planned = Bootstrapped::new(STEPS);
        let (holder, keys) = planned.deployment.training.make_keys(KeySwitching::default()).unwrap();
        let opening = planned.opening(&holder, &keys);
        (Client { planned, keys, opening }, holder)
    }

    fn offer(&self) -> Offer {
        Offer::insecure(&self.opening.programs, &Default::default()).unwrap()
    }
}

/// What a client sends, and what it gets.
#[derive(Default)]
struct Sent {
    keep: Vec<u8>,
    call: Vec<u8>,
    answer: Vec<u8>,
}

struct Recorder {
    hosts: Vec<Box<dyn Host>>,
    sent: Arc<Mutex<Sent>>,
}

impl Channel for Recorder {
    fn keep(&mut self, program: usize, message: Vec<u8>) -> Result<()> {
        self.sent.lock().unwrap().keep.clone_from(&message);
        self.hosts.keep(program, message)
    }

    fn forget(&mut self, program: usize) -> Result<()> {
        self.hosts.forget(program)
    }

    fn call(&mut self, program: usize, begins: bool, message: Vec<u8>) -> Result<Vec<u8>> {
        let answer = self.hosts.call(program, begins, message.clone())?;
        let mut sent = self.sent.lock().unwrap();
        (sent.call, sent.answer) = (message, answer.clone());
        Ok(answer)
    }
}

fn checkpoints(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).into_iter().flatten().map(|file| file.unwrap().path()).collect()
}

/// The client sends all once and gets the weights at the end; then the same by a server that was killed after a step, to
/// which all is sent again.
#[test]
fn a_server_trains_alone_and_goes_on_after_it_was_killed() {
    let (client, holder) = Client::new();
    let offer = client.offer();
    assert_eq!(offer.key_bytes(), client.opening.keys.len());
    assert!(offer.memory_bytes() > 2 * client.opening.keys.len());
    let folder = tempfile::tempdir().unwrap();
    let open = || offer.open_with(client.opening.keys.to_vec(), Some(folder.path())).unwrap();

    let sent = Arc::new(Mutex::new(Sent::default()));
    let mut session = client.planned.session(holder, Recorder { hosts: open(), sent: sent.clone() });
    // What a server has reached when it is killed: the first file that is seen while it trains.
    let copy = tempfile::tempdir().unwrap();
    let kept = copy.path().join("kept");
    let trained = thread::scope(|threads| {
        let training = threads.spawn(|| session.advance(STEPS).map(drop));
        let mut name = None;
        while !training.is_finished() {
            let is_one = |file: &PathBuf| file.extension().is_some_and(|e| e == CHECKPOINT_EXTENSION);
            let seen = checkpoints(folder.path()).into_iter().find(is_one);
            let copied = seen.filter(|file| fs::copy(file, &kept).is_ok());
            name = name.or(copied);
            thread::sleep(Duration::from_millis(20));
        }
        training.join().unwrap().unwrap();
        name.expect("there was a checkpoint")
    });
    let difference = session.weights().max_difference(&client.planned.in_the_clear());
    assert!(difference < 1e-4, "{difference:e}");
    assert!(difference > 1e-7, "{difference:e}: nothing was bootstrapped");
    let weights: Weights = session.weights().clone();

    // A session that ends leaves nothing behind.
    drop(session);
    assert!(checkpoints(folder.path()).is_empty());

    // Another process would have no more than the file, and what the client sends again: the same bytes.
    let Sent { keep, call, answer } = &*sent.lock().unwrap();
    fs::copy(&kept, &trained).unwrap();
    let mut again = open();
    again[0].keep(keep).unwrap();
    let on_the_way = again[0].call(call).unwrap();
    assert!(on_the_way == *answer, "a training that was continued came to other weights than {weights:?}");
    drop(again);
    assert!(checkpoints(folder.path()).is_empty());

    // It was read: one that is damaged is no beginning of this call.
    let mut damaged = fs::read(&kept).unwrap();
    let middle = damaged.len() / 2;
    damaged[middle] ^= 1;
    fs::write(&trained, &damaged).unwrap();
    let mut third = open();
    third[0].keep(keep).unwrap();
    let refused = third[0].call(call).unwrap_err();
    assert!(matches!(refused, Error::Seal(_)), "{refused}");
}

#[test]
fn what_does_not_belong_to_bootstraps_is_refused() {
    let (client, _) = Client::new();
    let programs = &client.opening.programs;
    // Without security, where it is asked for: that of the training, and of the taller parameters.
    assert!(Offer::new(programs).is_err());
    // Keys of the training alone.
    let few = Opening::new(client.planned.announced(), &client.keys).unwrap();
    let refused = client.offer().open(&few.keys).err().unwrap();
    assert!(matches!(refused, Error::Session(SessionError::KeyBytes { .. })), "{refused}");
    // Two with bootstraps.
    let twice = vec![programs[0].clone(), programs[0].clone()];
    let refused = Offer::insecure(&twice, &Default::default()).err().unwrap();
    assert!(matches!(refused, Error::Session(SessionError::TooLarge { most: 1, actual: 2, .. })), "{refused}");

    let text = String::from_utf8(programs[0].description.to_vec()).unwrap();
    let with = |from: &str, to: &str| {
        assert!(text.contains(from), "{from} is not in {text}");
        let description = text.replacen(from, to, 1).into();
        Offer::insecure(&[Announcement { description, parts: 1 }], &Default::default()).err()
    };
    for (from, to) in [
        ("\"ratio_bits\":11", "\"ratio_bits\":0"),
        ("\"bound\":4.0", "\"bound\":-4.0"),
        ("\"parity\":\"odd\"", "\"parity\":\"none\""),
        ("\"batch\":60", "\"batch\":8193"),
        ("\"look_every\":4", "\"look_every\":0"),
    ] {
        assert!(with(from, to).is_some(), "{to}");
    }
    // Another training than was planned.
    let other = with("\"left_levels\":1,", "").unwrap();
    assert!(matches!(other, Error::Request(RequestError::OtherPlan { .. })), "{other}");
    // Cut off anywhere.
    for cut in (0..text.len()).step_by(7) {
        let description = text[..cut].to_owned().into();
        assert!(Offer::insecure(&[Announcement { description, parts: 1 }], &Default::default()).is_err(), "{cut}");
    }
}
