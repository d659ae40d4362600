//! Sessions whose connections and servers are lost.

use std::{collections::HashSet, time::Duration};

use bytes::Bytes;
use rand::{RngExt, rngs::ChaCha8Rng};
use seal_nn::{
    Error, RequestError, SessionError,
    nn::{head::Dense, split::Samples},
    protocol::{
        Deployment, LossAtClient, LossProgram, SplitTrainingSession,
        wire::{Action, Channel, Command, Connect, Described, Failure, Hosted, Offer, Opening, Replaying, Retry},
    },
};

use super::{opened, over, tasks};
use crate::kit::soak::rounds;

const RETRY: Retry = Retry { attempts: 8, pause: Duration::ZERO, longest_pause: Duration::ZERO };

#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    /// The request is lost.
    ConnectionBefore,
    /// The answer is lost.
    ConnectionAfter,
    /// The server is killed before it gets the request.
    ServerBefore,
    /// The server is killed when it has answered.
    ServerAfter,
}

const FAULTS: [Fault; 4] = [Fault::ConnectionBefore, Fault::ConnectionAfter, Fault::ServerBefore, Fault::ServerAfter];

/// A server in this process that can be killed, and the line to it.
struct Faulty<F> {
    server: Option<Hosted>,
    /// What happens to a request.
    fault: F,
    faults: usize,
    opened: usize,
}

impl<F: FnMut(&Command) -> Option<Fault> + Send> Faulty<F> {
    fn new(fault: F) -> Self {
        Faulty { server: None, fault, faults: 0, opened: 0 }
    }

    fn lost<T>(&mut self, fault: Fault) -> Result<T, Failure> {
        self.faults += 1;
        let reason = format!("{fault:?}");
        if matches!(fault, Fault::ServerBefore | Fault::ServerAfter) {
            self.server = None;
            return Err(Failure::SessionLost { reason });
        }
        Err(Failure::ConnectionLost { reason })
    }
}

impl<F: FnMut(&Command) -> Option<Fault> + Send> Connect for Faulty<F> {
    fn open(&mut self, opening: &Opening) -> Result<(), Failure> {
        let offer = Offer::new(&opening.programs).map_err(Failure::Refused)?;
        self.server = Some(Hosted::new(offer.open(&opening.keys).map_err(Failure::Refused)?));
        self.opened += 1;
        Ok(())
    }

    fn send(&mut self, number: u64, command: &Command) -> Result<Bytes, Failure> {
        let fault = (self.fault)(command);
        if let Some(fault @ (Fault::ConnectionBefore | Fault::ServerBefore)) = fault {
            return self.lost(fault);
        }
        let Some(server) = &mut self.server else {
            return Err(Failure::SessionLost { reason: "no session".into() });
        };
        let answer = server.answer(number, command).map_err(Failure::Refused)?;
        match fault {
            Some(fault) => self.lost(fault),
            None => Ok(answer),
        }
    }
}

/// A fault for every message, when it comes for the first time.
fn for_each(fault: Fault) -> impl FnMut(&Command) -> Option<Fault> + Send {
    let mut seen = HashSet::new();
    move |command| match &command.action {
        Action::Keep(message) | Action::Call(message) => seen.insert(message.clone()).then_some(fault),
        Action::Forget => None,
    }
}

/// At random places, those of replays included.
fn at_random(mut rng: ChaCha8Rng) -> impl FnMut(&Command) -> Option<Fault> + Send {
    move |_| rng.random_ratio(1, 5).then(|| FAULTS[rng.random_range(0..4)])
}

const STEPS: usize = 3;

/// Largest difference of the weights after some steps with a faulty line from those without encryption.
fn apart<P, F>(
    (deployment, task): &(Deployment<P>, <P::Client as LossAtClient<P>>::Task),
    retry: Retry,
    fault: F,
) -> f64
where
    P: LossProgram + Described,
    P::Client: LossAtClient<P, Task: Clone>,
    F: FnMut(&Command) -> Option<Fault> + Send,
{
    let (holder, circuit) = deployment.in_the_clear(None);
    let mut clear = SplitTrainingSession::in_process(deployment, holder, circuit, task.clone()).unwrap();
    let (holder, _, opening) = opened(deployment, 8);
    let channel = Replaying::new(Faulty::new(fault), opening, retry);
    let mut session = SplitTrainingSession::new(over(channel, holder, deployment), task.clone()).unwrap();
    for _ in 0..STEPS {
        session.step().unwrap();
        clear.step().unwrap();
    }
    assert!(session.traffic().client_to_server > 0);
    largest_difference(session.layers(), clear.layers())
}

fn largest_difference(a: &[Dense], b: &[Dense]) -> f64 {
    let layer = |(a, b): (&Dense, &Dense)| (&a.weights - &b.weights).iter().fold(0f64, |m, d| m.max(d.abs()));
    a.iter().zip(b).map(layer).fold(0.0, f64::max)
}

/// Each message of a training is lost on its way, its answer is lost, or the server dies before or after it: the weights
/// are those of an undisturbed training, within the noise of tests/protocol/split.rs.
#[test]
fn a_training_survives_the_loss_of_every_message() {
    let task = tasks::split(Samples::Kept);
    for fault in FAULTS {
        let apart = apart(&task, RETRY, for_each(fault));
        assert!(apart < 1e-5, "{fault:?}: {apart:e}");
    }
}

/// In four rounds, the later of which need the earlier ones.
#[test]
fn a_training_layer_by_layer_survives_it_too() {
    for (samples, fault) in [(Samples::Kept, Fault::ServerBefore), (Samples::Sent, Fault::ServerAfter)] {
        let apart = apart(&tasks::layerwise(samples), RETRY, for_each(fault));
        assert!(apart < 1e-4, "{fault:?}: {apart:e}");
    }
}

#[test]
fn a_training_survives_losses_while_it_recovers() {
    let task = tasks::layerwise(Samples::Kept);
    for rng in rounds(3) {
        let apart = apart(&task, Retry { attempts: 200, ..RETRY }, at_random(rng));
        assert!(apart < 1e-4, "{apart:e}");
    }
}

/// Says what it was sent, answers with the number, and loses what it is told to.
#[derive(Default)]
struct Recorder {
    sent: Vec<(u64, Command)>,
    opened: usize,
    failures: Vec<Failure>,
}

impl Connect for Recorder {
    fn open(&mut self, _: &Opening) -> Result<(), Failure> {
        self.opened += 1;
        Ok(())
    }

    fn send(&mut self, number: u64, command: &Command) -> Result<Bytes, Failure> {
        if let Some(failure) = self.failures.pop() {
            return Err(failure);
        }
        self.sent.push((number, command.clone()));
        Ok(Bytes::from(number.to_string()))
    }
}

/// What was sent since the recorder was last asked, as `number program action`.
fn sent(channel: &mut Replaying<Recorder>) -> String {
    let text = |(number, Command { program, action }): (u64, Command)| match action {
        Action::Keep(message) => format!("{number}:{program}+{}", message.escape_ascii()),
        Action::Forget => format!("{number}:{program}-"),
        Action::Call(message) => format!("{number}:{program}?{}", message.escape_ascii()),
    };
    std::mem::take(&mut channel.connect_mut().sent).into_iter().map(text).collect::<Vec<_>>().join(" ")
}

fn recorded(programs: usize) -> Replaying<Recorder> {
    let program = seal_nn::protocol::wire::Announcement { description: Bytes::new(), parts: 9 };
    let opening = Opening { programs: vec![program; programs], keys: Bytes::new() };
    Replaying::new(Recorder::default(), opening, RETRY)
}

fn session_lost() -> Failure {
    Failure::SessionLost { reason: "gone".into() }
}

fn connection_lost() -> Failure {
    Failure::ConnectionLost { reason: "cut".into() }
}

/// A new session gets what is kept and the present exchange, of each program, and nothing else.
#[test]
fn what_is_sent_again() {
    let mut channel = recorded(2);
    channel.keep(0, b"old".to_vec()).unwrap();
    channel.call(0, true, b"x".to_vec()).unwrap();
    channel.forget(0).unwrap();
    channel.keep(0, b"a".to_vec()).unwrap();
    channel.keep(1, b"b".to_vec()).unwrap();
    assert_eq!(channel.call(0, true, b"f".to_vec()).unwrap(), b"6");
    assert_eq!(sent(&mut channel), "1:0+old 2:0?x 3:0- 4:0+a 5:1+b 6:0?f");

    // In the middle of an exchange.
    channel.connect_mut().failures.push(session_lost());
    assert_eq!(channel.call(0, false, b"g".to_vec()).unwrap(), b"4");
    assert_eq!(sent(&mut channel), "1:0+a 2:0?f 3:1+b 4:0?g");

    // What was forgotten in the middle of one is still needed; at the beginning of the next, nothing of it is.
    channel.forget(0).unwrap();
    channel.keep(0, b"c".to_vec()).unwrap();
    channel.connect_mut().failures.push(session_lost());
    channel.call(0, false, b"h".to_vec()).unwrap();
    assert_eq!(sent(&mut channel), "5:0- 6:0+c 1:0+a 2:0?f 3:0?g 4:0- 5:0+c 6:1+b 7:0?h");
    channel.connect_mut().failures.push(session_lost());
    channel.call(0, true, b"i".to_vec()).unwrap();
    assert_eq!(sent(&mut channel), "1:0+c 2:1+b 3:0?i");
    assert_eq!(channel.connect().opened, 4);
}

/// After a lost connection the number is the same; a lost one in the middle of a replay does not begin it anew.
#[test]
fn lost_connections_repeat_numbers() {
    let mut channel = recorded(1);
    channel.keep(0, b"a".to_vec()).unwrap();
    channel.connect_mut().failures = vec![connection_lost(), connection_lost()];
    channel.keep(0, b"b".to_vec()).unwrap();
    assert_eq!(sent(&mut channel), "1:0+a 2:0+b");
    channel.connect_mut().failures = vec![connection_lost(), session_lost()];
    channel.call(0, true, b"c".to_vec()).unwrap();
    assert_eq!((sent(&mut channel).as_str(), channel.connect().opened), ("1:0+a 2:0+b 3:0?c", 2));
}

/// Then the number of the last request may have been used, so there is a new session.
#[test]
fn a_server_that_stays_away_is_given_up() {
    let mut channel = recorded(1);
    channel.keep(0, b"a".to_vec()).unwrap();
    channel.connect_mut().failures = (0..RETRY.attempts).map(|_| connection_lost()).collect();
    let error = channel.keep(0, b"b".to_vec()).unwrap_err();
    let Error::Session(SessionError::Unreachable { attempts, reason }) = error else { panic!("{error}") };
    assert_eq!((attempts, reason.as_str()), (RETRY.attempts, "cut"));
    channel.keep(0, b"c".to_vec()).unwrap();
    assert_eq!(sent(&mut channel), "1:0+a 1:0+a 2:0+c");
}

#[test]
fn refusals_end_a_request_and_no_session() {
    let mut channel = recorded(1);
    channel.keep(0, b"a".to_vec()).unwrap();
    channel.connect_mut().failures.push(Failure::Refused(RequestError::NoStep.into()));
    assert!(matches!(channel.call(0, true, b"b".to_vec()), Err(Error::Request(RequestError::NoStep))));
    channel.call(0, true, b"c".to_vec()).unwrap();
    assert_eq!((sent(&mut channel).as_str(), channel.connect().opened), ("1:0+a 2:0?c", 1));
    let error = channel.forget(1).unwrap_err();
    assert!(matches!(error, Error::Session(SessionError::UnknownProgram { expected: 1, actual: 1 })), "{error}");
}

/// A repeated number gets the same bytes, and does nothing again.
#[test]
fn repeated_requests_are_answered_as_before() {
    let (deployment, task) = tasks::layerwise(Samples::Sent);
    let (holder, _, opening) = opened(&deployment, 0);
    let recorder = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let log = recorder.clone();
    let faulty = Faulty::new(move |command| {
        log.lock().unwrap().push(command.clone());
        None
    });
    let channel = Replaying::new(faulty, opening.clone(), RETRY);
    SplitTrainingSession::new(over(channel, holder, &deployment), task).unwrap().step().unwrap();

    let commands = recorder.lock().unwrap().clone();
    let mut hosted = Hosted::new(Offer::new(&opening.programs).unwrap().open(&opening.keys).unwrap());
    let first = hosted.answer(1, &commands[0]).unwrap();
    assert_eq!(hosted.answer(1, &commands[0]).unwrap(), first);
    let second = hosted.answer(2, &commands[1]).unwrap();
    assert!(second == hosted.answer(2, &commands[1]).unwrap() && second != first);
    for number in [0, 1, 4, u64::MAX] {
        let error = hosted.answer(number, &commands[0]).unwrap_err();
        assert!(matches!(error, Error::Session(SessionError::OutOfOrder { expected: 3, .. })), "{number}: {error}");
    }
    let unknown = Command { program: 1, action: Action::Forget };
    let error = hosted.answer(3, &unknown).unwrap_err();
    assert!(matches!(error, Error::Session(SessionError::UnknownProgram { .. })), "{error}");
    // A refused request leaves its number to the next.
    hosted.answer(3, &commands[2]).unwrap();
}
