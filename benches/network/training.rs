//! Split trainings, whose server is here, here behind bytes, or elsewhere.

use std::sync::{Arc, Mutex};

use ndarray::Array2;
use seal_nn::{
    Result,
    backend::{Circuit, CostModel, EvaluationKeys, SealEvaluator, SealKeyHolder},
    net::{ClientSettings, Connection},
    nn::{
        learning::{LearningSettings, Loss, Targets, random_layers},
        split::{SplitSetup, SplitTraining},
    },
    protocol::{
        Deployment, LossProgram, Peer, Server, Session, SplitTask, SplitTrainingSession, Traffic,
        wire::{Announcement, Channel, Offer, Opening, RemotePeer, Replaying},
    },
    seal::{Ciphertext, Seeded},
};

/// A network of one hidden layer and its batches.
pub struct Example {
    pub name: &'static str,
    widths: [usize; 3],
    batch: usize,
    /// By how much a step over loopback may be slower than one in a single process, in percent.
    pub goal: f64,
}

pub const EXAMPLES: [Example; 2] = [
    Example { name: "iris 4-8-3, 120", widths: [4, 8, 3], batch: 120, goal: 15.0 },
    Example { name: "letter 16-32-26, 128", widths: [16, 32, 26], batch: 128, goal: 5.0 },
];

/// A training that can be made anywhere.
pub struct Training {
    pub deployment: Deployment<SplitTraining>,
    pub opening: Opening,
    task: SplitTask,
    holder: Arc<SealKeyHolder>,
    keys: EvaluationKeys,
}

/// A training, step by step.
pub trait Steps: Send {
    fn step(&mut self) -> Result<()>;

    /// Bytes so far, without keys.
    fn traffic(&self) -> Traffic;
}

impl<S> Steps for SplitTrainingSession<SealKeyHolder, S>
where
    S: Peer<SplitTraining, Fresh = Seeded<Ciphertext>, Ciphertext = Ciphertext> + Send,
{
    fn step(&mut self) -> Result<()> {
        SplitTrainingSession::step(self).map(drop)
    }

    fn traffic(&self) -> Traffic {
        SplitTrainingSession::traffic(self)
    }
}

impl Training {
    /// With keys.
    pub fn of(example: &Example) -> Result<Training> {
        let Example { widths, batch, .. } = example;
        let setup = SplitSetup::new(widths, *batch);
        let costs = CostModel::default();
        let deployment = Deployment::of_split_training(&setup, &Default::default(), &costs, 0.0)?;
        let labels: Vec<usize> = (0..*batch).map(|i| i % widths[2]).collect();
        let task = SplitTask {
            activation: "poly:0,1,0.5".parse()?,
            settings: LearningSettings::for_steps(1000),
            layers: random_layers(widths, 0)?,
            // Small enough that no training diverges.
            samples: Array2::from_shape_fn((*batch, widths[0]), |(i, j)| 0.3 * ((31 * i + 17 * j * j) as f64).sin()),
            targets: Targets::classes(&labels, widths[2], Loss::CrossEntropy)?,
            seed: 0,
        };
        let (holder, keys) = deployment.make_keys(Default::default())?;
        let groups = batch.div_ceil(deployment.program.block());
        let opening = Opening::new(vec![Announcement::of(&deployment, groups)?], &keys)?;
        Ok(Training { deployment, opening, task, holder: holder.into(), keys })
    }

    /// The server is in this process.
    pub fn in_process(&self) -> Result<Box<dyn Steps>> {
        let Deployment { program, plan, parameters, .. } = &self.deployment;
        let circuit = Circuit::new(SealEvaluator::new(parameters, &self.keys)?);
        self.with(Server::new(circuit.into(), program.clone(), plan.clone()))
    }

    /// The server is in this process, and spoken to in bytes.
    pub fn in_bytes(&self) -> Result<Box<dyn Steps>> {
        self.over(Offer::new(&self.opening.programs)?.open(&self.opening.keys)?)
    }

    /// The server is elsewhere.
    pub fn at(&self, settings: ClientSettings) -> Result<Box<dyn Steps>> {
        let retry = settings.retry();
        self.over(Replaying::new(Connection::new(settings)?, self.opening.clone(), retry))
    }

    fn over(&self, channel: impl Channel + 'static) -> Result<Box<dyn Steps>> {
        self.with(RemotePeer::new(&Arc::new(Mutex::new(channel)), 0, &self.deployment)?)
    }

    fn with<S>(&self, peer: S) -> Result<Box<dyn Steps>>
    where
        S: Peer<SplitTraining, Fresh = Seeded<Ciphertext>, Ciphertext = Ciphertext> + Send + 'static,
    {
        let Deployment { program, plan, .. } = self.deployment.clone();
        let session = Session::new(self.holder.clone(), peer, program, plan)?;
        Ok(Box::new(SplitTrainingSession::new(session, self.task.clone())?))
    }
}
