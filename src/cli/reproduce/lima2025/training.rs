//! A linear head trained with embeddings, labels and weights encrypted.

use std::time::Instant;

use ndarray::Array2;
use seal_nn::{
    backend::{Circuit, KeySwitching, SealEvaluator},
    nn::{
        accuracy,
        calibration::{Calibration, Fit},
        head::{EncryptedTrainingSpec, Head, train_step_in_clear},
        soft_argmax::{SoftArgmax, SoftmaxApproximation},
    },
    protocol::{Deployment, HeadTrainingSession, ParameterRequest},
    report::format,
};

use super::{Parts, record::HeadTrainingRun};
use crate::cli::progress::Progress;

/// As in calibration: a step fits N = 16384.
const RANGE: f64 = 8.0;
const LEVELS: usize = 4;
const BATCH: usize = 256;
/// Entries of size 1/20 take large rates.
const RATE: f64 = 10.0;
const MOMENTUM: f64 = 0.8;

/// Trains for so many epochs, and keeps the head with the lowest loss on the validation part.
pub fn train(parts: &Parts, epochs: usize) -> anyhow::Result<HeadTrainingRun> {
    // The client's own arithmetic, before it encrypts.
    let mean = parts.train.mean();
    let [train, validation, test] = [&parts.train, &parts.validation, &parts.test].map(|part| part.about(&mean));
    let (train, validation, test) = (train?, validation?, test?);
    let (x, labels) = (train.vectors.view(), &train.labels);
    let approximation = SoftmaxApproximation::choose(&SoftArgmax::new(2, 1.0, 0)?, RANGE, LEVELS)?;
    let spec = EncryptedTrainingSpec {
        width: x.ncols(),
        classes: 2,
        range: RANGE,
        approximation,
        batch: BATCH,
        rate: RATE,
        momentum: MOMENTUM,
    };
    let deployment = Deployment::of_head_training(&spec, &ParameterRequest::default())?;
    let (holder, keys) = deployment.make_keys(KeySwitching::default())?;
    let circuit = Circuit::new(SealEvaluator::new(&deployment.parameters, &keys)?);
    let mut session = HeadTrainingSession::in_process(&deployment, holder, circuit, x, labels)?;
    let steps = epochs * session.batches();
    let loss = |head: &Head| -> seal_nn::Result<f64> {
        let logits = head.logits(validation.vectors.view())?;
        let p = Fit { beta: 1.0, bias: vec![] }.probabilities(&logits)?;
        Ok(Calibration::of(&p, &validation.labels)?.nll)
    };
    let zeros = || Array2::<f64>::zeros(session.weights().dim());
    let (mut plain, mut exact) = ((zeros(), zeros()), (zeros(), zeros()));
    let mut best = (f64::INFINITY, 0, session.head()?);
    let mut best_exact = (f64::INFINITY, session.head()?);
    let mut difference = 0f64;
    let progress = Progress::new(steps, "steps of encrypted training");
    let started = Instant::now();
    for step in 0..steps {
        session.step()?;
        let start = step % session.batches() * BATCH;
        let rows = start..(start + BATCH).min(labels.len());
        let batch = x.slice(ndarray::s![rows.clone(), ..]);
        for ((weights, velocity), exact) in [(&mut plain, false), (&mut exact, true)] {
            train_step_in_clear(&spec, weights, velocity, batch, &labels[rows.clone()], exact)?;
        }
        difference = (session.weights() - &plain.0).iter().fold(difference, |m, d| m.max(d.abs()));
        let head = session.head()?;
        let now = loss(&head)?;
        if now < best.0 {
            best = (now, step + 1, head);
        }
        let head = session.head_of(&exact.0)?;
        let now = loss(&head)?;
        if now < best_exact.0 {
            best_exact = (now, head);
        }
        progress.advance();
    }
    drop(progress);
    let seconds_per_step = started.elapsed().as_secs_f64() / steps.max(1) as f64;
    let right = |head: &Head| accuracy(&head.logits(test.vectors.view())?, &test.labels);
    let run = HeadTrainingRun {
        samples: labels.len(),
        validation_samples: validation.labels.len(),
        steps,
        best_step: best.1,
        seconds_per_step,
        encrypted_accuracy: right(&best.2)?,
        clear_accuracy: right(&best_exact.1)?,
        max_weight_difference: difference,
    };
    say!(
        "training under encryption: test accuracy {}, {} for the same in the clear",
        format::percent(run.encrypted_accuracy),
        format::percent(run.clear_accuracy)
    );
    Ok(run)
}
