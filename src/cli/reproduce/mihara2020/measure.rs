//! Times one training step on SEAL ciphertexts, and checks it.

use seal_nn::{
    Level,
    backend::{Circuit, Operation, SealEvaluator, SealKeyHolder, Tallies},
    nn::{
        Weights,
        inference::Inference,
        layout::{Layout, LayoutKind},
        reference,
        training::{Training, TrainingState},
    },
    protocol::{Server, TrainingDeployment, TrainingSession},
    report::{median, peak_resident_bytes},
};

use super::{
    error::ReproduceError,
    job::{Job, Timing},
    workload::{Samples, Workload},
};

/// Noise stays far below; a layout that computes something else is off by a learning rate.
const ALLOWED_DIFFERENCE: f64 = 1e-4;

/// The server's time for a step, after a first one that fills the cache of encodings. Beside ours the two take turns, so
/// that both meet the same load of the machine.
pub fn time(job: &Job) -> anyhow::Result<Timing> {
    let workload = &job.workload;
    let planned = match &job.layout {
        Some(name) => workload.plan(name.parse::<LayoutKind>()?)?,
        None => workload.choose()?,
    };
    let mut bench = Bench::new(workload, planned, job.seed)?;
    bench.step()?;
    // Keys and a step have been there; what follows is not this layout's.
    let peak_rss_bytes = peak_resident_bytes();
    let mut ours = match job.beside_ours {
        true => Some(Bench::new(workload, workload.choose()?, job.seed)?),
        false => None,
    };
    ours.as_mut().map(Bench::step).transpose()?;
    let (mut seconds, mut ours_seconds) = (Vec::new(), Vec::new());
    for _ in 0..job.repeats {
        seconds.push(bench.step()?);
        ours_seconds.extend(ours.as_mut().map(Bench::step).transpose()?);
    }
    Ok(Timing {
        seconds: median(&seconds).unwrap_or_default(),
        ours_seconds: median(&ours_seconds),
        repeats: job.repeats,
        max_weight_difference: bench.max_weight_difference,
        peak_rss_bytes,
    })
}

type Session = TrainingSession<
    SealKeyHolder,
    Server<SealEvaluator, Training<Layout>>,
    Server<SealEvaluator, Inference<Layout>>,
    Layout,
>;

/// A step that can be run again and again, each time from the same weights, with what it must come to.
struct Bench {
    session: Session,
    weights: Weights,
    velocity: Weights,
    expected: (Weights, Weights),
    planned: Vec<(Operation, Level, usize)>,
    momentum: bool,
    network: String,
    layout: String,
    max_weight_difference: f64,
}

impl Bench {
    fn new(workload: &Workload, deployment: TrainingDeployment<Layout>, seed: u64) -> anyhow::Result<Bench> {
        let spec = workload.spec()?;
        let Samples { inputs, targets } = workload.samples(&spec.network, seed);
        let weights = Weights::random(&spec.network, &workload.reach, seed)?;
        let momentum = spec.optimizer.momentum() > 0.0;
        let velocity = match momentum {
            true => Weights::random(&spec.network, &[0.1], seed.wrapping_add(1))?,
            false => Weights::zeros(&spec.network),
        };
        let mut expected = (weights.clone(), velocity.clone());
        reference::step(&spec, &mut expected.0, &mut expected.1, inputs.view(), targets.view(), 0)?;

        let (holder, keys) = deployment.training.make_keys(workload.key_switching.into())?;
        let circuit = Circuit::new(SealEvaluator::new(&deployment.training.parameters, &keys)?);
        // Their expanded form is what the server keeps.
        drop(keys);
        let mut session = TrainingSession::in_process(&deployment, holder, circuit, weights.clone())?;
        session.add_batch(inputs.view(), targets.view())?;
        Ok(Bench {
            session,
            weights,
            velocity,
            expected,
            planned: countable(&deployment.training.plan.operations),
            momentum,
            network: workload.network.clone(),
            layout: deployment.layout().to_string(),
            max_weight_difference: 0.0,
        })
    }

    /// The server's seconds.
    fn step(&mut self) -> anyhow::Result<f64> {
        self.session.resume(TrainingState {
            step: 0,
            weights: self.weights.clone(),
            velocity: self.velocity.clone(),
        })?;
        let outcome = self.session.step()?;
        let (network, layout) = (self.network.clone(), self.layout.clone());
        if countable(&outcome.operations) != self.planned {
            return Err(ReproduceError::WrongCounts { network, layout }.into());
        }
        let mut difference = self.session.weights().max_difference(&self.expected.0);
        // Without momentum there is none to read.
        if self.momentum {
            difference = difference.max(self.session.velocity().max_difference(&self.expected.1));
        }
        self.max_weight_difference = self.max_weight_difference.max(difference);
        if difference > ALLOWED_DIFFERENCE {
            let (actual, allowed) = (difference, ALLOWED_DIFFERENCE);
            return Err(ReproduceError::WrongWeights { network, layout, actual, allowed }.into());
        }
        Ok(outcome.server_time.as_secs_f64())
    }
}

/// What was done at which level. Encodings are left out: they come from a cache after the first step.
fn countable(tallies: &Tallies) -> Vec<(Operation, Level, usize)> {
    let counts = tallies.iter().map(|(operation, level, tally)| (operation, level, tally.count));
    counts.filter(|(operation, ..)| *operation != Operation::Encode).collect()
}
