//! What a classification gives and what it takes, whatever the packing.

use std::time::Instant;

use ndarray::{Array2, ArrayView2, s};
use seal_nn::{
    Result,
    nn::head::{Head, HeadShape},
    protocol::Classify,
    report::median,
};

use super::Stage;
use crate::cli::progress::Progress;

/// The results and their cost.
pub struct Classified {
    /// `samples x classes`.
    pub probabilities: Array2<f64>,
    pub positions: Vec<f64>,
    /// Samples whose probabilities are invalid, because their logits left the promised range.
    pub garbage: Vec<usize>,
    /// Median time of the server for a block of samples, in seconds.
    pub seconds: f64,
    /// Median time of the server for a single sentence, in seconds.
    pub seconds_alone: f64,
    /// Time for all samples, encryption and decryption included, in seconds.
    pub seconds_in_all: f64,
    /// Time to generate keys, and to encrypt the weights if they are encrypted, in seconds.
    pub setup_seconds: f64,
    /// Bytes of a block and its answer.
    pub bytes: usize,
    pub key_bytes: usize,
    /// Largest difference of a probability from the same circuit in the clear, without noise.
    pub difference: f64,
    /// Noise after each stage, measured on the first ciphertext; none where it was not looked for.
    pub stages: Vec<Stage>,
}

/// What came before the first sample.
#[derive(Default)]
pub struct Setup {
    pub seconds: f64,
    pub key_bytes: usize,
    pub stages: Vec<Stage>,
}

impl Classified {
    /// Classifies all samples (`samples x width`), a block after the other, and times so many of them alone besides.
    pub fn read(
        session: &mut dyn Classify,
        setup: Setup,
        alone: usize,
        (head, shape): (&Head, &HeadShape),
        x: ArrayView2<f64>,
    ) -> Result<Classified> {
        let mut read = Classified {
            probabilities: Array2::zeros((x.nrows(), shape.classes())),
            positions: Vec::new(),
            garbage: Vec::new(),
            seconds: 0.0,
            seconds_alone: 0.0,
            seconds_in_all: 0.0,
            setup_seconds: setup.seconds,
            bytes: 0,
            key_bytes: setup.key_bytes,
            difference: 0.0,
            stages: setup.stages,
        };
        let starts: Vec<usize> = (0..x.nrows()).step_by(session.batch()).collect();
        let progress = Progress::new(starts.len(), "blocks classified");
        let (mut seconds, started) = (Vec::new(), Instant::now());
        for start in starts {
            let rows = start..(start + session.batch()).min(x.nrows());
            let batch = x.slice(s![rows.clone(), ..]);
            let before = session.traffic();
            let (answer, waited) = session.classify(batch)?;
            seconds.push(waited);
            let after = session.traffic();
            read.bytes =
                after.client_to_server - before.client_to_server + after.server_to_client - before.server_to_client;
            read.garbage.extend(answer.garbage.iter().map(|i| start + i));
            read.positions.extend(answer.positions);
            read.probabilities.slice_mut(s![rows, ..]).assign(&answer.scores);
            progress.advance();
        }
        drop(progress);
        read.seconds_in_all = started.elapsed().as_secs_f64();
        read.seconds = median(&seconds).unwrap_or_default();
        let mut single = Vec::new();
        for sample in x.rows().into_iter().take(alone) {
            single.push(session.classify(sample.insert_axis(ndarray::Axis(0)))?.1);
        }
        // Of columns, a single sentence takes as long as a block.
        read.seconds_alone = median(&single).unwrap_or(read.seconds);
        let meant = shape.scores(head, x)?;
        read.difference = (&read.probabilities - &meant).iter().fold(0.0, |m, d| d.abs().max(m));
        Ok(read)
    }
}
