//! Bootstraps in the clear: values, noise, and wrong uses.

use seal_nn::{
    BootstrapError, CircuitError, Error, Level, Rotation,
    backend::{Chain, ClearEvaluator, ClearKeyHolder, CostModel, Decrypt, Encrypt, Evaluate, Noise},
    bootstrap::{Bootstrap, BootstrapParameters, BootstrapPlan, BootstrapSpec, ClearRaise, failure_bits},
};

/// Primes of their sizes alone: those of a step of two levels and of the bootstrap above it.
fn parameters(spec: &BootstrapSpec) -> (Chain, BootstrapParameters) {
    let step = Chain::new(4096, &[1 << 49, 1 << 40, 1 << 40, 1 << 40], 1 << 49, 2f64.powi(40)).unwrap();
    let step = step.with_special_primes(&[1 << 49, 1 << 49]).unwrap();
    let parameters = BootstrapParameters::new(spec, &step, &[1 << 49; 9]).unwrap();
    (step, parameters)
}

fn repeated(values: &[f64], slots: usize) -> Vec<f64> {
    values.iter().copied().cycle().take(slots).collect()
}

fn weights(period: usize, bound: f64) -> Vec<f64> {
    (0..period).map(|j| bound * ((j * 29 % 61) as f64 / 30.0 - 1.0)).collect()
}

#[test]
fn an_exact_bootstrap_only_bends_values() {
    let spec = BootstrapSpec::new(16, 2.0).unwrap();
    let (step, parameters) = parameters(&spec);
    let values = weights(16, 2.0);
    let holder = ClearKeyHolder::new(step.clone(), None);
    let x = holder.encrypt(&repeated(&values, step.slots()), Level(1)).unwrap();
    let bootstrap = Bootstrap::new(parameters.clone(), ClearRaise::new(&parameters, None));
    let y = bootstrap.bootstrap(&x, &[true; 16]).unwrap();
    let evaluator = ClearEvaluator::new(step.clone(), None);
    assert_eq!((evaluator.level(&y), evaluator.scale(&y)), (Level(3), step.scale(Level(3))));
    let y = holder.decrypt(&y).unwrap().open_as_key_owner();
    for (actual, value) in y.iter().zip(repeated(&values, step.slots())) {
        // 2^-33.6 of q', 2^11 times the bound, is 2^-21.6 of the bound.
        assert!((actual - spec.bent(value)).abs() < 2.0 * 2f64.powi(-21), "{actual} {value}");
    }
    assert!((spec.bent(2.0) - 2.0 * (1.0 - 1.57e-6)).abs() < 1e-8);
}

#[test]
fn noise_has_the_predicted_deviation_and_padding_is_removed() {
    let spec = BootstrapSpec { ratio_bits: 12, ..BootstrapSpec::new(64, 1.0).unwrap() };
    let (step, parameters) = parameters(&spec);
    let deviation = parameters.deviation(&step).unwrap();
    assert!((1e-9..1e-5).contains(&deviation), "{deviation:e}");
    let values = weights(64, 0.25);
    let live: Vec<bool> = (0..64).map(|j| j % 3 != 0).collect();
    let holder = ClearKeyHolder::new(step.clone(), Some(Noise { seed: 1 }));
    let x = holder.encrypt(&repeated(&values, step.slots()), Level(2)).unwrap();
    let bootstrap = Bootstrap::new(parameters.clone(), ClearRaise::new(&parameters, Some(Noise { seed: 2 })));
    let y = holder.decrypt(&bootstrap.bootstrap(&x, &live).unwrap()).unwrap().open_as_key_owner();
    let errors: Vec<f64> = (0..64).map(|j| y[j] - if live[j] { spec.bent(values[j]) } else { 0.0 }).collect();
    let worst = errors.iter().fold(0.0, |worst: f64, e| worst.max(e.abs()));
    assert!(worst < 8.0 * deviation, "{worst:e} for {deviation:e}");
    assert!(worst > deviation, "{worst:e} for {deviation:e}");
}

#[test]
fn a_second_pass_removes_noise_and_bend() {
    let one = BootstrapSpec::new(64, 2.0).unwrap();
    let two = BootstrapSpec { second_pass: true, ..one.clone() };
    let (step, parameters) = parameters(&one);
    let twice = BootstrapParameters::new(&two, &step, &[1 << 49; 9]).unwrap();
    let (first, second) = (parameters.deviation(&step).unwrap(), twice.deviation(&step).unwrap());
    println!("deviation {first:.2e}, of two passes {second:.2e}");
    // But for a rescale at the scale of the result.
    assert!(second < first / 10.0, "{second:e} of {first:e}");
    assert!((two.bent(2.0) - 2.0).abs() < 1e-9 && (one.bent(2.0) - 2.0).abs() > 1e-6);
    let values = weights(64, 2.0);
    let holder = ClearKeyHolder::new(step.clone(), Some(Noise { seed: 1 }));
    let x = holder.encrypt(&repeated(&values, step.slots()), Level(1)).unwrap();
    let bootstrap = Bootstrap::new(twice.clone(), ClearRaise::new(&twice, Some(Noise { seed: 2 })));
    let y = holder.decrypt(&bootstrap.bootstrap(&x, &[true; 64]).unwrap()).unwrap().open_as_key_owner();
    let worst = values.iter().zip(&y).map(|(value, y)| (value - y).abs()).fold(0.0, f64::max);
    // Encryption itself leaves 2^-40 times the noise of a fresh ciphertext in slots, some hundreds.
    assert!(worst < 8.0 * second + 2f64.powi(-28), "{worst:e} for {second:e}");
    // Its result comes down to its input with a rescale.
    let flat = Chain::new(4096, &[1 << 49, 1 << 40], 1 << 49, 2f64.powi(40)).unwrap();
    let none = BootstrapParameters::new(&two, &flat, &[1 << 49; 9]).unwrap_err();
    assert!(matches!(none, Error::Circuit(CircuitError::NoLevelLeft { needed: Level(2), actual: Level(1), .. })));
}

#[test]
fn values_beyond_the_bound_are_bent_and_not_wrapped() {
    let spec = BootstrapSpec { ratio_bits: 4, ..BootstrapSpec::new(8, 1.0).unwrap() };
    let (step, parameters) = parameters(&spec);
    let holder = ClearKeyHolder::new(step.clone(), None);
    let x = holder.encrypt(&vec![3.0; step.slots()], Level(1)).unwrap();
    let bootstrap = Bootstrap::new(parameters.clone(), ClearRaise::new(&parameters, None));
    let y = holder.decrypt(&bootstrap.bootstrap(&x, &[true; 8]).unwrap()).unwrap().open_as_key_owner()[0];
    assert!((y - spec.bent(3.0)).abs() < 1e-6 && (2.3..2.4).contains(&y), "{y}");
}

#[test]
fn wrong_uses_are_refused() {
    let spec = BootstrapSpec::new(16, 1.0).unwrap();
    let (step, parameters) = parameters(&spec);
    let holder = ClearKeyHolder::new(step.clone(), None);
    let bootstrap = Bootstrap::new(parameters.clone(), ClearRaise::new(&parameters, None));
    let x =
        |period: usize, at: usize| holder.encrypt(&repeated(&weights(period, 1.0), step.slots()), Level(at)).unwrap();
    let refused = |x, live: &[bool]| bootstrap.bootstrap(&x, live).unwrap_err();
    let no_level = refused(x(16, 0), &[true; 16]);
    assert!(matches!(no_level, Error::Circuit(CircuitError::NoLevelLeft { needed: Level(1), actual: Level(0), .. })));
    let other_period = refused(x(32, 1), &[true; 16]);
    assert!(matches!(other_period, Error::Bootstrap(BootstrapError::OtherPeriod { period: 16, .. })));
    let other_marks = refused(x(16, 1), &[true; 8]);
    assert!(matches!(other_marks, Error::Bootstrap(BootstrapError::LiveSlots { period: 16, actual: 8 })));

    let too_few = BootstrapParameters::new(&spec, &step, &[1 << 49; 8]).unwrap_err();
    assert!(matches!(too_few, Error::Bootstrap(BootstrapError::PrimesAbove { expected: 9, actual: 8 })));
    for period in [0, 3, 65536] {
        assert!(BootstrapSpec::new(period, 1.0).is_err());
    }
    assert!(BootstrapSpec::new(16, 0.0).is_err() && BootstrapSpec::new(16, f64::NAN).is_err());
    let of_few_slots = Chain::nominal(16, 3, 40).unwrap();
    let too_few = BootstrapParameters::new(&spec, &of_few_slots, &[1 << 49; 9]).unwrap_err();
    assert!(matches!(too_few, Error::Argument(_)), "{too_few}");
    let of_no_level = Chain::new(4096, &[1 << 49], 1 << 49, 2f64.powi(40)).unwrap();
    let none = BootstrapParameters::new(&spec, &of_no_level, &[1 << 49; 9]).unwrap_err();
    assert!(matches!(none, Error::Circuit(CircuitError::NoLevelLeft { needed: Level(1), actual: Level(0), .. })));
}

#[test]
fn the_plan_says_what_a_bootstrap_costs() {
    // The chain of an Iris step: set A of docs/bootstrapping.md.
    let primes = [vec![1 << 49], vec![1 << 40; 7]].concat();
    let step = Chain::new(32768, &primes, 1 << 49, 2f64.powi(40)).unwrap();
    let step = step.with_special_primes(&[1 << 49, 1 << 49]).unwrap();
    let spec = BootstrapSpec::new(64, 1.0).unwrap();
    let parameters = BootstrapParameters::new(&spec, &step, &[1 << 49; 9]).unwrap();
    let plan = BootstrapPlan::of(&parameters).unwrap();
    assert_eq!((parameters.output_level(), parameters.chain().top()), (Level(7), Level(16)));
    // Seven baby steps and a giant one, eight for copies; 16 from the sparse secret and one to it.
    assert_eq!((plan.key_count(), plan.raising), (7 + 1 + 8 + 2 + 16 + 1, 16));
    assert_eq!(plan.keys.relin, Some(Level(15)));
    // The first four sums over copies are part of the raise, and at the end they all come again.
    for (step, level) in [(64, 8), (512, 8), (1024, 16), (8192, 16), (1, 16), (8, 16)] {
        assert_eq!(plan.keys.rotations.get(&Rotation(step)), Some(&Level(level)), "{step}");
    }
    assert!((5.2e8..5.6e8).contains(&(plan.key_bytes() as f64)), "{}", plan.key_bytes());
    assert!(plan.seconds(&CostModel::default()) > 0.1);
    assert!((-86.0..-84.0).contains(&failure_bits(32, 15.0)));
}
