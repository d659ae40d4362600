//! A split training of Iris in a ring of 8192, which every test here shares.

use std::sync::{Arc, LazyLock, Mutex};

use seal_nn::{
    Result,
    backend::{KeySwitching, SealKeyHolder},
    nn::{
        head::Dense,
        split::{Samples, SplitTraining},
    },
    protocol::{
        Deployment, Session, SplitTask, SplitTrainingSession,
        wire::{Action, Announcement, Channel, Command, Host, Offer, Opening, RemotePeer},
    },
};

use super::tasks;

pub struct Training {
    pub deployment: Deployment<SplitTraining>,
    task: SplitTask,
    holder: Arc<SealKeyHolder>,
    pub opening: Opening,
}

pub static TRAINING: LazyLock<Training> = LazyLock::new(|| {
    let (deployment, task) = tasks::split(Samples::Kept);
    let (holder, keys) = deployment.make_keys(KeySwitching::default()).unwrap();
    let opening = Opening::new(vec![Announcement::of(&deployment, tasks::GROUPS).unwrap()], &keys).unwrap();
    Training { deployment, task, holder: holder.into(), opening }
});

/// Steps of a training, of two rounds each.
pub const STEPS: usize = 2;

/// The weights of a training in one process.
static EXPECTED: LazyLock<Vec<Dense>> = LazyLock::new(|| TRAINING.train(TRAINING.hosts()).unwrap());

impl Training {
    /// A server in this process.
    pub fn hosts(&self) -> Vec<Box<dyn Host>> {
        Offer::new(&self.opening.programs).unwrap().open(&self.opening.keys).unwrap()
    }

    pub fn memory(&self) -> usize {
        Offer::new(&self.opening.programs).unwrap().memory_bytes()
    }

    /// The weights after all steps over a channel.
    pub fn train(&self, channel: impl Channel) -> Result<Vec<Dense>> {
        let peer = RemotePeer::new(&Arc::new(Mutex::new(channel)), 0, &self.deployment)?;
        let Deployment { program, plan, .. } = self.deployment.clone();
        let session = Session::new(self.holder.clone(), peer, program, plan)?;
        let mut session = SplitTrainingSession::new(session, self.task.clone())?;
        for _ in 0..STEPS {
            session.step()?;
        }
        Ok(session.layers().to_vec())
    }

    /// What a client sends in the first step.
    pub fn commands(&self) -> Vec<Command> {
        let commands = Arc::default();
        self.train(Recorder { hosts: self.hosts(), commands: Arc::clone(&commands) }).unwrap();
        let mut commands = Arc::into_inner(commands).unwrap().into_inner().unwrap();
        let calls = commands.iter().enumerate().filter(|(_, one)| matches!(one.action, Action::Call(_)));
        let end = calls.map(|(i, _)| i + 1).nth(1).unwrap();
        commands.truncate(end);
        commands
    }
}

/// The weights are those of a training in one process, but for the noise of encryption.
pub fn assert_trained(weights: &[Dense]) {
    let apart = weights.iter().zip(&*EXPECTED).flat_map(|(a, b)| {
        let weights = (&a.weights - &b.weights).into_iter().chain(&a.bias - &b.bias);
        weights.map(f64::abs)
    });
    let apart = apart.fold(0.0, f64::max);
    assert!(apart < 1e-4, "{apart} apart");
    assert!(weights[0].weights != TRAINING.task.layers[0].weights, "nothing was trained");
}

struct Recorder {
    hosts: Vec<Box<dyn Host>>,
    commands: Arc<Mutex<Vec<Command>>>,
}

impl Recorder {
    fn add(&self, program: usize, action: Action) {
        self.commands.lock().unwrap().push(Command { program, action });
    }
}

impl Channel for Recorder {
    fn keep(&mut self, program: usize, message: Vec<u8>) -> Result<()> {
        self.add(program, Action::Keep(message.clone().into()));
        self.hosts.keep(program, message)
    }

    fn forget(&mut self, program: usize) -> Result<()> {
        self.add(program, Action::Forget);
        Channel::forget(&mut self.hosts, program)
    }

    fn call(&mut self, program: usize, begins: bool, message: Vec<u8>) -> Result<Vec<u8>> {
        self.add(program, Action::Call(message.clone().into()));
        self.hosts.call(program, begins, message)
    }
}
