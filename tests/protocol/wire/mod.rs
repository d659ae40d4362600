//! Both parties in bytes.

mod bootstrapped;
mod faults;
mod hostile;
mod memory;
mod offers;
mod own;
mod programs;
mod tasks;

use std::sync::{Arc, Mutex};

use seal_nn::{
    Result,
    backend::{Circuit, EvaluationKeys, KeySwitching, SealEvaluator, SealKeyHolder},
    program::{Of, Program, Record},
    protocol::{
        Deployment, Peer, Server, Session, Traffic,
        wire::{Announcement, Channel, Described, Host, Offer, Opening, RemotePeer},
    },
    seal::{Bytes, Ciphertext, Seeded},
};

/// The programs of a server in this process.
type Hosts = Vec<Box<dyn Host>>;

/// A server in this process, and one behind bytes; both must give the same answers, bit for bit.
struct Both<P: Described> {
    here: Server<SealEvaluator, P>,
    there: RemotePeer<P, Hosts>,
    answers: Arc<Mutex<usize>>,
}

impl<P: Described> Peer<P> for Both<P> {
    type Fresh = Seeded<Ciphertext>;
    type Ciphertext = Ciphertext;

    fn keep(&mut self, part: &P::Part, data: &Of<P::Kept, Self::Fresh>) -> Result<()> {
        self.here.keep(part, data)?;
        self.there.keep(part, data)
    }

    fn forget(&mut self) -> Result<()> {
        Peer::<P>::forget(&mut self.here)?;
        self.there.forget()
    }

    fn call(&mut self, call: &P::Call, asked: &Of<P::Asked, Self::Fresh>) -> Result<Of<P::Answer, Ciphertext>> {
        let (here, there) = (self.here.call(call, asked)?, self.there.call(call, asked)?);
        P::Answer::try_zip(&here, &there, |here, there| {
            assert!(here.to_bytes()? == there.to_bytes()?, "other answers in bytes");
            Ok(())
        })?;
        *self.answers.lock().unwrap() += 1;
        Ok(there)
    }

    fn traffic(&self) -> Traffic {
        self.there.traffic()
    }
}

/// Keys of a deployment at both servers.
struct Shared {
    holder: Arc<SealKeyHolder>,
    circuit: Arc<Circuit<SealEvaluator>>,
    channel: Arc<Mutex<Hosts>>,
    answers: Arc<Mutex<usize>>,
}

impl Shared {
    /// For the programs of these announcements, with the keys of a deployment.
    fn new<P: Program>(deployment: &Deployment<P>, announced: Vec<Announcement>) -> Shared {
        let (holder, keys) = deployment.make_keys(KeySwitching::default()).unwrap();
        let opening = Opening::new(announced, &keys).unwrap();
        let offer = Offer::new(&opening.programs).unwrap();
        assert_eq!(offer.key_bytes(), opening.keys.len());
        let hosts = offer.open(&opening.keys).unwrap();
        Shared {
            holder: Arc::new(holder),
            circuit: Arc::new(Circuit::new(SealEvaluator::new(&deployment.parameters, &keys).unwrap())),
            channel: Arc::new(Mutex::new(hosts)),
            answers: Arc::default(),
        }
    }

    fn peer<P: Described>(&self, number: usize, deployment: &Deployment<P>) -> Both<P> {
        Both {
            here: Server::new(self.circuit.clone(), deployment.program.clone(), deployment.plan.clone()),
            there: RemotePeer::new(&self.channel, number, deployment).unwrap(),
            answers: self.answers.clone(),
        }
    }

    fn answers(&self) -> usize {
        *self.answers.lock().unwrap()
    }
}

/// A session of one program with both servers.
fn with_both<P: Described>(deployment: &Deployment<P>, parts: usize) -> (Session<SealKeyHolder, Both<P>, P>, Shared) {
    let shared = Shared::new(deployment, vec![Announcement::of(deployment, parts).unwrap()]);
    let peer = shared.peer(0, deployment);
    let Deployment { program, plan, .. } = deployment.clone();
    (Session::new(shared.holder.clone(), peer, program, plan).unwrap(), shared)
}

/// A session of one program over a channel.
fn over<P: Described, C: Channel>(
    channel: C,
    holder: SealKeyHolder,
    deployment: &Deployment<P>,
) -> Session<SealKeyHolder, RemotePeer<P, C>, P> {
    let peer = RemotePeer::new(&Arc::new(Mutex::new(channel)), 0, deployment).unwrap();
    Session::new(Arc::new(holder), peer, deployment.program.clone(), deployment.plan.clone()).unwrap()
}

/// Keys, and what opens a session with a program.
fn opened<P: Described>(deployment: &Deployment<P>, parts: usize) -> (SealKeyHolder, EvaluationKeys, Opening) {
    let (holder, keys) = deployment.make_keys(KeySwitching::default()).unwrap();
    let opening = Opening::new(vec![Announcement::of(deployment, parts).unwrap()], &keys).unwrap();
    (holder, keys, opening)
}
