//! Calibration under encryption against the same steps in the clear.

use crate::kit::{
    backends::*,
    sessions::{in_the_clear, on_seal_session},
};
use ndarray::Array2;
use seal_nn::{
    Argument, ArgumentError, Error,
    backend::{Evaluate, KeyHolder},
    nn::{
        calibration::{Calibration, CalibrationProgram, CalibrationSpec, Fit, calibrate_in_clear},
        head::largest_spread,
    },
    program::Plan,
    protocol::{CalibrationSession, Deployment, Server, Session},
};

/// Logits of a head that is surer than it is right: of every three samples one has the wrong class on top.
fn overconfident(samples: usize, classes: usize) -> (Array2<f64>, Vec<usize>) {
    let mut logits = random_matrix(samples, classes, 9) * 6.0;
    let labels: Vec<usize> = (0..samples).map(|i| i * 7 % classes).collect();
    for (i, mut row) in logits.rows_mut().into_iter().enumerate() {
        let class = if i % 3 == 0 { (labels[i] + 1) % classes } else { labels[i] };
        row[class] += 9.0;
    }
    (logits, labels)
}

/// Steps; every one as in the clear.
fn check<K, E>(
    name: &str,
    session: Session<K, Server<E, CalibrationProgram>, CalibrationProgram>,
    spec: &CalibrationSpec,
    logits: &Array2<f64>,
    labels: &[usize],
    steps: usize,
) where
    E: Evaluate,
    K: KeyHolder<Ciphertext = E::Ciphertext, Fresh = E::Fresh>,
{
    let degree = session.plan().chain.poly_modulus_degree();
    let mut session = CalibrationSession::new(session, logits, labels).unwrap();
    let clear = calibrate_in_clear(spec, logits, labels, steps, false).unwrap();
    let exact = calibrate_in_clear(spec, logits, labels, steps, true).unwrap();
    // A probability is off by at most 200 roundings of 13 deviations (tests/nn/soft_argmax.rs), the slope by rate and reach
    // times that, and what is learned by a few more; SGD with momentum adds up what 1 / (1 - momentum) steps bring. A rounding
    // grows with the root of N; scales of 36 bits are 32 times coarser than those of 41.
    let rounding = 13.0 * ROUNDING * 32.0 * (degree as f64 / 16384.0);
    let a_step = rounding * (200.0 * spec.rate * spec.approximation.reach() + 10.0) / (1.0 - spec.momentum);
    let (mut worst, mut last) = (0f64, Fit::default());
    for (step, expected) in clear.iter().enumerate() {
        last = session.step().unwrap();
        let off = (last.beta / spec.start - expected.beta / spec.start).abs();
        let biases = last.bias.iter().zip(&expected.bias).map(|(a, b)| (a - b).abs());
        let off = biases.fold(off, f64::max);
        let allowed = a_step * (step + 1) as f64;
        assert!(off < allowed, "{name}, step {}: {off:e}, allowed {allowed:e}", step + 1);
        worst = worst.max(off);
    }
    let exact = exact.last().unwrap();
    let before = Calibration::of(&Fit { beta: 1.0, bias: vec![] }.probabilities(logits).unwrap(), labels).unwrap();
    let after = Calibration::of(&session.probabilities().unwrap(), labels).unwrap();
    println!(
        "{name}: off by {worst:.1e} in {steps} steps; T = {:.4}, by softmax itself {:.4}; nll {:.3} to {:.3}, entropy \
         {:.3} to {:.3}, ece {:.3} to {:.3}",
        last.temperature(),
        exact.temperature(),
        before.nll,
        after.nll,
        before.entropy,
        after.entropy,
        before.ece,
        after.ece
    );
    // The polynomials are off by at most 0.01 here, and so are the slopes, relative to their size.
    assert!((last.beta / exact.beta - 1.0).abs() < 0.05);
    assert!(after.nll < before.nll && after.entropy > before.entropy && after.ece < before.ece);
    if !spec.bias {
        assert_eq!(after.accuracy, before.accuracy, "a temperature moves no decision");
    }
}

fn on_clear(classes: usize, range: f64, levels: usize, bias: bool, steps: usize) {
    let (logits, labels) = overconfident(90, classes);
    let spec = CalibrationSpec { bias, ..CalibrationSpec::new(&logits, range, levels).unwrap() };
    let program = CalibrationProgram::new(&spec, 90, DEGREE / 2).unwrap();
    assert_eq!(Plan::depth_of(&program, DEGREE / 2).unwrap(), levels + 3, "classes {classes}");
    check(&format!("{classes} classes on clear"), in_the_clear(program), &spec, &logits, &labels, steps);
}

#[test]
fn two_classes_on_clear() {
    on_clear(2, 8.0, 4, false, 40);
    on_clear(2, 8.0, 4, true, 40);
}

#[test]
fn more_classes_on_clear() {
    on_clear(3, 8.0, 9, false, 40);
    on_clear(3, 8.0, 9, true, 40);
    on_clear(10, 16.0, 15, false, 20);
}

fn on_seal(classes: usize, range: f64, levels: usize, bias: bool, steps: usize) -> usize {
    let (logits, labels) = overconfident(500, classes);
    let spec = CalibrationSpec { bias, ..CalibrationSpec::new(&logits, range, levels).unwrap() };
    let deployment = Deployment::of_calibration(&spec, labels.len(), &Default::default()).unwrap();
    let session = on_seal_session(&deployment);
    check(&format!("{classes} classes on SEAL"), session, &spec, &logits, &labels, steps);
    deployment.parameters.poly_modulus_degree()
}

#[test]
fn two_classes_on_seal() {
    assert_eq!(on_seal(2, 8.0, 4, true, 12), 16384);
}

#[test]
fn three_classes_on_seal() {
    on_seal(3, 8.0, 9, false, 4);
}

#[test]
fn leaving_the_range_is_noticed() {
    let (logits, labels) = overconfident(60, 2);
    let spec = CalibrationSpec::new(&logits, 8.0, 4).unwrap();
    assert!((spec.start * 1.25 * largest_spread(&logits) - 8.0).abs() < 1e-12);
    // Labels that agree with every decision: the surer the better, and off it goes.
    let sure: Vec<usize> = logits.rows().into_iter().map(|r| usize::from(r[1] > r[0])).collect();
    let error = calibrate_in_clear(&spec, &logits, &sure, 100, true).unwrap_err().to_string();
    assert!(
        error.contains("range of the logits") && error.contains("up to 8") && error.contains("lower the rate"),
        "{error}"
    );
    assert!(calibrate_in_clear(&spec, &logits, &labels, 100, true).is_ok());
}

#[test]
fn nonsense_is_refused() {
    let (logits, labels) = overconfident(60, 2);
    let refused = |logits| match CalibrationSpec::new(&logits, 8.0, 4) {
        Err(Error::Argument(error)) => error,
        other => panic!("{other:?}"),
    };
    let flat = refused(Array2::zeros((4, 2)));
    assert!(matches!(flat, ArgumentError::OutOfBounds { argument: Argument::LogitSpread, .. }), "{flat}");
    let undefined = refused(Array2::from_elem((4, 2), f64::NAN));
    assert!(matches!(undefined, ArgumentError::NotFinite { .. }), "{undefined}");
    assert!(CalibrationSpec::new(&logits, f64::INFINITY, 4).is_err());
    assert!(CalibrationSpec::new(&logits, 8.0, 1).is_err());
    let spec = CalibrationSpec::new(&logits, 8.0, 4).unwrap();
    for samples in [0, 65] {
        let error = CalibrationProgram::new(&spec, samples, 64).err().unwrap().to_string();
        assert!(error.contains("1 to 64 fit"), "{error}");
    }
    for wrong in [
        CalibrationSpec { classes: 1, ..spec.clone() },
        CalibrationSpec { range: f64::NAN, ..spec.clone() },
        CalibrationSpec { start: 0.0, ..spec.clone() },
        CalibrationSpec { rate: f64::INFINITY, ..spec.clone() },
        CalibrationSpec { momentum: 1.0, ..spec.clone() },
    ] {
        let error = CalibrationProgram::new(&wrong, labels.len(), DEGREE / 2).err().unwrap();
        assert!(matches!(error, Error::Argument(ArgumentError::OutOfBounds { .. })), "{error}");
    }
    let session = || in_the_clear(CalibrationProgram::new(&spec, labels.len(), DEGREE / 2).unwrap());
    let error = CalibrationSession::new(session(), &logits, &labels[1..]).err().unwrap().to_string();
    assert_eq!(error, "the number of labels is 59, but must be 60");
    let fewer = logits.slice(ndarray::s![1.., ..]).to_owned();
    let error = CalibrationSession::new(session(), &fewer, &labels).err().unwrap().to_string();
    assert!(error.contains("validation logits"), "{error}");
}
