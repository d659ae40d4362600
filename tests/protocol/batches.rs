//! Batches are sent when their turn comes, and the server keeps no more of them than it may.

use std::{cell::RefCell, rc::Rc, sync::Arc};

use crate::kit::iris::Iris;
use ndarray::s;
use seal_nn::{
    Error, RequestError, Result,
    backend::{Circuit, ClearEvaluator, ClearKeyHolder, Noise, Tallies},
    nn::{
        Weights,
        inference::Inference,
        layout::{Layout, LayoutKind},
        training::{Training, TrainingSetup, TrainingState},
    },
    program::{Of, Program},
    protocol::{Peer, Server, Traffic, TrainingDeployment, TrainingSession},
};

/// What a server was asked: how many parts it had at each call.
type Log = Rc<RefCell<Vec<usize>>>;

struct Logged<P: Program> {
    server: Server<ClearEvaluator, P>,
    log: Log,
    /// The part of this number cannot be sent.
    fails_at: Option<usize>,
}

impl<P: Program> Peer<P> for Logged<P> {
    type Fresh = <Server<ClearEvaluator, P> as Peer<P>>::Fresh;
    type Ciphertext = <Server<ClearEvaluator, P> as Peer<P>>::Ciphertext;

    fn keep(&mut self, part: &P::Part, data: &Of<P::Kept, Self::Fresh>) -> Result<()> {
        match self.fails_at {
            Some(0) => {
                self.fails_at = None;
                Err(RequestError::NothingKept { what: "a part that was lost" }.into())
            }
            left => {
                self.fails_at = left.map(|left| left - 1);
                self.server.keep(part, data)
            }
        }
    }

    fn forget(&mut self) -> Result<()> {
        self.server.forget()
    }

    fn call(&mut self, call: &P::Call, asked: &Of<P::Asked, Self::Fresh>) -> Result<Of<P::Answer, Self::Ciphertext>> {
        self.log.borrow_mut().push(self.server.kept().len());
        self.server.call(call, asked)
    }

    fn traffic(&self) -> Traffic {
        self.server.traffic()
    }

    fn operations(&mut self) -> Tallies {
        self.server.operations()
    }
}

type Session =
    TrainingSession<ClearKeyHolder, Logged<Training<Layout>>, Server<ClearEvaluator, Inference<Layout>>, Layout>;

/// A training of Iris in batches of 40, 40, 30 and 10 samples.
struct Setup {
    iris: Iris,
    deployment: TrainingDeployment<Layout>,
}

impl Setup {
    fn new(refresh_every: usize, per_step: usize) -> Setup {
        let iris = Iris::new(LayoutKind::Merged, 40);
        let setup =
            TrainingSetup::new(&iris.spec, 40).with_refresh_every(refresh_every).with_batches_per_step(per_step);
        let layout = |slots| LayoutKind::Merged.layout(&iris.spec.network, slots, 40);
        let deployment = TrainingDeployment::choose(&setup, &Default::default(), layout).unwrap();
        Setup { iris, deployment }
    }

    fn session(&self, fails_at: Option<usize>) -> (Session, Log) {
        let TrainingDeployment { training, inference } = &self.deployment;
        let (holder, circuit) = training.in_the_clear(Some(Noise { seed: 7 }));
        let (circuit, log): (Arc<Circuit<_>>, Log) = (Arc::new(circuit), Rc::default());
        let server = Server::new(circuit.clone(), training.program.clone(), training.plan.clone());
        let trainer = Logged { server, log: log.clone(), fails_at };
        let inferrer = Server::new(circuit, inference.program.clone(), inference.plan.clone());
        let weights = self.iris.weights.clone();
        let mut session = TrainingSession::new(&self.deployment, Arc::new(holder), trainer, inferrer, weights).unwrap();
        for rows in [0..40, 40..80, 80..110, 110..120] {
            session.add_batch(self.iris.x.slice(s![rows.clone(), ..]), self.iris.t.slice(s![rows, ..])).unwrap();
        }
        (session, log)
    }

    /// Bytes of a batch: its samples and targets are one ciphertext each in this layout.
    fn batch_bytes(&self) -> usize {
        let plan = &self.deployment.training.plan;
        plan.kept_bytes() / self.deployment.training.program.setup().batches_per_step
    }
}

fn advance(session: &mut Session, exchanges: usize) -> (Weights, Weights) {
    let steps = session.setup().refresh_every;
    (0..exchanges).for_each(|_| drop(session.advance(steps).unwrap()));
    (session.weights().clone(), session.velocity().clone())
}

/// The same weights to the bit, whether batches are kept or travel with every step, and however many a request takes.
#[test]
fn batches_are_sent_once_or_with_the_steps_that_use_them() {
    for (refresh_every, per_step) in [(1, 1), (1, 3), (2, 1), (2, 3)] {
        let setup = Setup::new(refresh_every, per_step);
        let each = refresh_every * per_step;
        let bytes = |session: &Session, batches: usize, exchanges: usize| {
            let sent = session.traffic().client_to_server - exchanges * setup.deployment.training.plan.bytes_up();
            assert_eq!(sent, batches * setup.batch_bytes(), "{refresh_every} steps of {per_step} batches");
        };
        let (mut keeps, kept) = setup.session(None);
        advance(&mut keeps, 1);
        bytes(&keeps, each.min(4), 1);
        let expected = advance(&mut keeps, 5);
        bytes(&keeps, 4, 6);
        assert_eq!(kept.borrow().last(), Some(&4));

        let (mut forgets, kept) = setup.session(None);
        forgets.keep_at_most(0);
        assert!(advance(&mut forgets, 6) == expected, "{refresh_every} steps of {per_step} batches");
        bytes(&forgets, 6 * each.min(4), 6);
        assert!(kept.borrow().iter().all(|&kept| kept == each.min(4)), "{:?}", kept.borrow());
    }
}

/// A session that starts in the middle begins with the batch of that step; one that jumps has what it needs.
#[test]
fn steps_find_their_batches_from_any_start() {
    let setup = Setup::new(1, 1);
    let (mut whole, _) = setup.session(None);
    let states: Vec<_> = (0..9).map(|_| advance(&mut whole, 1)).collect();
    let (mut session, log) = setup.session(None);
    for step in [5, 2, 8, 1, 7] {
        let (weights, velocity) = states[step - 1].clone();
        session.resume(TrainingState { step, weights, velocity }).unwrap();
        assert!(advance(&mut session, 1) == states[step], "step {step}");
    }
    assert_eq!(log.borrow()[0], 1, "only the batch of the first step was there");
}

#[test]
fn a_batch_that_was_lost_is_sent_again() {
    for most in [0, usize::MAX] {
        let setup = Setup::new(2, 1);
        let (mut whole, _) = setup.session(None);
        let expected = advance(&mut whole, 3);
        let (mut session, _) = setup.session(Some(3));
        session.keep_at_most(most);
        advance(&mut session, 1);
        assert!(matches!(session.advance(2), Err(Error::Request(RequestError::NothingKept { .. }))));
        assert!(advance(&mut session, 2) == expected);
    }
}
