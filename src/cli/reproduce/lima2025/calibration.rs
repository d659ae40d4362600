//! A calibration under encryption beside the same in the clear.

use std::time::Instant;

use ndarray::Array2;
use seal_nn::{
    backend::{Circuit, KeySwitching, SealEvaluator},
    nn::{
        calibration::{Calibration, CalibrationSpec, Fit, RANGE_MARGIN, calibrate_in_clear},
        head::{Head, HeadShape, largest_spread},
        soft_argmax::SoftArgmax,
    },
    protocol::{CalibrationSession, Deployment, ParameterRequest},
};

use super::{
    Parts,
    record::{BeforeAfter, CalibrationRun, CalibrationStep},
};
use crate::cli::{
    backend_args::BackendName,
    hnn::{Classification, describe},
    progress::Progress,
};

/// Spread of the scaled logits that the polynomials take, and their levels: with these a step fits N = 16384.
const RANGE: f64 = 8.0;
const LEVELS: usize = 4;

/// Learns the temperature on the validation samples, and measures on the test samples.
pub fn calibrate(name: &str, head: &Head, parts: &Parts, steps: usize) -> anyhow::Result<CalibrationRun> {
    let logits = head.logits(parts.validation.vectors.view())?;
    let labels = &parts.validation.labels;
    let spec = CalibrationSpec::new(&logits, RANGE, LEVELS)?;
    // The dry run in the clear says beforehand whether the logits stay in range.
    let plain = calibrate_in_clear(&spec, &logits, labels, steps, false)?;
    let exact = calibrate_in_clear(&spec, &logits, labels, steps, true)?;
    let deployment = Deployment::of_calibration(&spec, labels.len(), &ParameterRequest::default())?;
    let (holder, keys) = deployment.make_keys(KeySwitching::default())?;
    let circuit = Circuit::new(SealEvaluator::new(&deployment.parameters, &keys)?);
    let mut session = CalibrationSession::in_process(&deployment, holder, circuit, &logits, labels)?;
    let progress = Progress::new(steps, "steps of calibration");
    let (mut course, mut difference) = (Vec::with_capacity(steps), 0f64);
    let started = Instant::now();
    for (step, (plain, exact)) in plain.iter().zip(&exact).enumerate() {
        let fit = session.step()?;
        difference = difference.max((fit.beta / plain.beta - 1.0).abs());
        let figures = Calibration::of(&fit.probabilities(&logits)?, labels)?;
        course.push(CalibrationStep {
            step: step + 1,
            temperature: fit.temperature(),
            clear_temperature: exact.temperature(),
            nll: figures.nll,
            entropy: figures.entropy,
        });
        progress.advance();
    }
    drop(progress);
    let seconds_per_step = started.elapsed().as_secs_f64() / steps.max(1) as f64;
    let fit = session.fit();
    let last = exact.last().cloned().unwrap_or_else(|| fit.clone());
    let (probabilities, noise) = at_temperature(head, parts, &fit, &logits)?;
    let test = head.logits(parts.test.vectors.view())?;
    let of = |probabilities: &Array2<f64>| Calibration::of(probabilities, &parts.test.labels);
    let before = of(&Fit { beta: 1.0, bias: vec![] }.probabilities(&test)?)?;
    let (after, clear) = (of(&probabilities)?, of(&last.probabilities(&test)?)?);
    let figure = |pick: fn(&Calibration) -> f64| BeforeAfter {
        before: pick(&before),
        after: pick(&after),
        clear_after: pick(&clear),
    };
    say!(
        "calibration of {name}: T = {:.3} encrypted, {:.3} clear; entropy {:.3} to {:.3}",
        fit.temperature(),
        last.temperature(),
        before.entropy,
        after.entropy
    );
    Ok(CalibrationRun {
        head: format!("{name} ({})", describe(head)),
        samples: labels.len(),
        steps,
        poly_modulus_degree: deployment.parameters.poly_modulus_degree(),
        seconds_per_step,
        temperature: BeforeAfter { before: 1.0, after: fit.temperature(), clear_after: last.temperature() },
        accuracy: figure(|c| c.accuracy),
        nll: figure(|c| c.nll),
        ece: figure(|c| c.ece),
        entropy: figure(|c| c.entropy),
        difference,
        noise_bits_left: -noise.log2(),
        course,
    })
}

/// Probabilities of the test samples by the encrypted head at the temperature, and how far noise moved them.
fn at_temperature(head: &Head, parts: &Parts, fit: &Fit, logits: &Array2<f64>) -> anyhow::Result<(Array2<f64>, f64)> {
    let layer = SoftArgmax::new(head.classes(), fit.temperature(), 0)?;
    let range = RANGE_MARGIN * largest_spread(logits) * fit.beta;
    let shape = HeadShape::new(head, layer, HeadShape::approximation(&layer, range, 15)?)?;
    let run = Classification::new(head, &shape, false, BackendName::Seal, &ParameterRequest::default())?;
    let read = run.run(parts.test.vectors.view())?;
    Ok((read.probabilities, read.difference))
}
