//! Training of a head under encryption against the same steps in the clear.

use crate::kit::{
    backends::*,
    sessions::{in_the_clear, on_seal_session},
};
use ndarray::Array2;
use seal_nn::{
    ArgumentError, Error,
    backend::{Evaluate, KeyHolder},
    nn::{
        accuracy,
        head::{EncryptedTraining, EncryptedTrainingSpec, train_step_in_clear},
        soft_argmax::{SoftArgmax, SoftmaxApproximation},
    },
    program::Plan,
    protocol::{Deployment, HeadTrainingSession, Server, Session},
};

/// Unit-length embeddings whose class is the largest of the first entries.
fn samples(count: usize, width: usize, classes: usize) -> (Array2<f64>, Vec<usize>) {
    let mut x = random_matrix(count, width, 31);
    for mut row in x.rows_mut() {
        let length = row.dot(&row).sqrt();
        row.mapv_inplace(|v| v / length);
    }
    let class = |row: ndarray::ArrayView1<f64>| (0..classes).max_by(|&a, &b| row[a].total_cmp(&row[b])).unwrap();
    let labels = x.rows().into_iter().map(class).collect();
    (x, labels)
}

fn spec(width: usize, classes: usize, range: f64, levels: usize, rate: f64) -> EncryptedTrainingSpec {
    let approximation =
        SoftmaxApproximation::choose(&SoftArgmax::new(classes, 1.0, 0).unwrap(), range, levels).unwrap();
    EncryptedTrainingSpec { width, classes, range, approximation, batch: 48, rate, momentum: 0.8 }
}

fn check<K, E>(
    name: &str,
    session: Session<K, Server<E, EncryptedTraining>, EncryptedTraining>,
    spec: &EncryptedTrainingSpec,
    steps: usize,
) where
    E: Evaluate,
    K: KeyHolder<Ciphertext = E::Ciphertext, Fresh = E::Fresh>,
{
    let (x, labels) = samples(96, spec.width, spec.classes);
    let degree = session.plan().chain.poly_modulus_degree();
    let mut session = HeadTrainingSession::new(session, x.view(), &labels).unwrap();
    let mut weights = Array2::zeros(session.weights().dim());
    let mut velocity = weights.clone();
    // As in tests/nn/calibration.rs: a probability is off by at most 200 roundings, and a gradient is a mean of such errors
    // times entries below 1; but noise of the padding is summed too, as many terms as a ciphertext has samples.
    let rounding = 13.0 * ROUNDING * 32.0 * (degree as f64 / 16384.0);
    let a_step = rounding * (200.0 * spec.rate + 10.0 * spec.approximation.reach()) / (1.0 - spec.momentum);
    let mut worst = 0f64;
    for step in 0..steps {
        session.step().unwrap();
        let rows = if step % 2 == 0 { 0..48 } else { 48..96 };
        let batch = x.slice(ndarray::s![rows.clone(), ..]);
        train_step_in_clear(spec, &mut weights, &mut velocity, batch, &labels[rows], false).unwrap();
        let off = (session.weights() - &weights).iter().fold(0f64, |m, d| m.max(d.abs()));
        let allowed = a_step * (step + 1) as f64;
        assert!(off < allowed, "{name}, step {}: {off:e}, allowed {allowed:e}", step + 1);
        worst = worst.max(off);
    }
    let right = accuracy(&session.head().unwrap().logits(x.view()).unwrap(), &labels).unwrap();
    println!("{name}: weights off by {worst:.1e} in {steps} steps, {right:.3} of the samples right");
    assert!(right > 1.3 / spec.classes as f64);
}

fn on_clear(spec: &EncryptedTrainingSpec, steps: usize) {
    let program = EncryptedTraining::new(spec, DEGREE / 2).unwrap();
    assert_eq!(Plan::depth_of(&program, DEGREE / 2).unwrap(), spec.approximation.levels() + 3);
    check(&format!("{} classes on clear", spec.classes), in_the_clear(program), spec, steps);
}

#[test]
fn heads_on_clear() {
    on_clear(&spec(40, 2, 8.0, 4, 4.0), 30);
    on_clear(&spec(20, 3, 8.0, 9, 4.0), 12);
    on_clear(&spec(30, 5, 8.0, 9, 4.0), 8);
}

fn on_seal(spec: &EncryptedTrainingSpec, steps: usize) -> usize {
    let deployment = Deployment::of_head_training(spec, &Default::default()).unwrap();
    check(&format!("{} classes on SEAL", spec.classes), on_seal_session(&deployment), spec, steps);
    deployment.parameters.poly_modulus_degree()
}

#[test]
fn two_classes_on_seal() {
    assert_eq!(on_seal(&spec(384, 2, 8.0, 4, 4.0), 6), 16384);
}

#[test]
fn three_classes_on_seal() {
    on_seal(&spec(20, 3, 8.0, 9, 4.0), 2);
}

#[test]
fn training_that_leaves_the_range_is_stopped() {
    let spec = spec(40, 2, 2.0, 4, 40.0);
    let (x, labels) = samples(96, 40, 2);
    let session = in_the_clear(EncryptedTraining::new(&spec, DEGREE / 2).unwrap());
    let mut session = HeadTrainingSession::new(session, x.view(), &labels).unwrap();
    let error = (0..20).find_map(|_| session.step().err()).unwrap().to_string();
    assert!(error.contains("lower the rate") && error.contains("up to 2"), "{error}");
}

#[test]
fn settings_that_learn_nothing_are_refused() {
    let good = spec(20, 3, 8.0, 9, 4.0);
    for wrong in [
        EncryptedTrainingSpec { width: 0, ..good.clone() },
        EncryptedTrainingSpec { classes: 1, ..good.clone() },
        EncryptedTrainingSpec { batch: 0, ..good.clone() },
        EncryptedTrainingSpec { range: -8.0, ..good.clone() },
        EncryptedTrainingSpec { rate: f64::NAN, ..good.clone() },
        EncryptedTrainingSpec { momentum: 1.0, ..good.clone() },
    ] {
        let error = EncryptedTraining::new(&wrong, DEGREE / 2).err().unwrap();
        assert!(matches!(error, Error::Argument(ArgumentError::OutOfBounds { .. })), "{error}");
    }
}
