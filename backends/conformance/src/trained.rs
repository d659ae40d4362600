//! A whole training, client and server in one process.

use std::{sync::Arc, time::Duration};

use ndarray::{ArrayView2, Axis};
use seal_nn::{
    backend::Chain,
    nn::{
        Weights,
        layout::{Batch, Layout, TrainingLayout},
        reference,
        training::{TrainingSetup, TrainingSpec},
    },
    program::Plan,
    protocol::{Session, TrainingClient},
};

use super::Backend;

/// What came of a training.
pub struct Trained {
    /// The weights of the encrypted training.
    pub weights: Weights,
    /// Those of the same training in the clear.
    pub clear: Weights,
    /// The largest difference between the two after any step.
    pub worst: f64,
    /// The server's time for each step.
    pub server: Vec<Duration>,
}

/// Trains from `first` for so many steps, each with the next of the batches of `batch` samples (a rest is left out), beside the
/// same training in the clear.
pub fn train<B: Backend>(
    spec: &TrainingSpec,
    layout: Layout,
    (x, t): (ArrayView2<f64>, ArrayView2<f64>),
    batch: usize,
    first: Weights,
    steps: usize,
) -> Trained {
    let program = TrainingSetup::new(spec, batch).on(layout.clone()).unwrap();
    let depth = Plan::depth_of(&program, B::DEGREE / 2).unwrap();
    let plan = Plan::of(&program, &Chain::nominal(B::DEGREE, depth, B::SCALE_BITS).unwrap()).unwrap();
    let (circuit, holder) = B::pair(depth, &plan.rotations());
    let plan = Plan::of(&program, circuit.chain()).unwrap();
    let program = Arc::new(program);
    let mut client = TrainingClient::new(program.clone(), first.clone()).unwrap();
    let mut session = Session::in_process(holder, circuit, program, plan);

    let batches: Vec<_> = x.axis_chunks_iter(Axis(0), batch).zip(t.axis_chunks_iter(Axis(0), batch)).collect();
    let batches: Vec<_> = batches.into_iter().filter(|(x, _)| x.nrows() == batch).collect();
    for (x, t) in &batches {
        let packed =
            Batch { inputs: layout.pack_inputs(x.view()).unwrap(), targets: layout.pack_targets(t.view()).unwrap() };
        session.keep(&batch, &packed).unwrap();
    }
    let (mut clear, mut velocity) = (first, Weights::zeros(&spec.network));
    let (mut worst, mut server) = (0.0_f64, Vec::with_capacity(steps));
    for step in 0..steps {
        let next = step % batches.len();
        client.start_at_batch(next);
        server.push(session.exchange(&mut client).unwrap().server_time);
        let (x, t) = batches[next];
        reference::step(spec, &mut clear, &mut velocity, x, t, step).unwrap();
        worst = worst.max(client.weights().max_difference(&clear));
    }
    Trained { weights: client.weights().clone(), clear, worst, server }
}
