//! The reduction modulo q' against the sine that it approximates.

use std::f64::consts::TAU;

use seal_nn::{
    Error, Level,
    backend::{Chain, ClearEvaluator, ClearKeyHolder, Decrypt, Encrypt, Evaluate, PlanEvaluator},
    bootstrap::{Parity, Sine, eval_mod},
};

const BITS: u32 = 49;

/// A chain of primes near 2^49, of as many levels as the sine takes.
fn chain(sine: &Sine) -> Chain {
    Chain::nominal(1024, sine.levels(), BITS).unwrap()
}

/// Values of `t` for all multiples of q' that are removed: near to them, as messages are.
fn wrapped(range: i32, slots: usize) -> Vec<f64> {
    let message = |i: usize| ((i * 37 % 101) as f64 / 50.0 - 1.0) / 1024.0;
    (0..slots).map(|i| f64::from(i as i32 % (2 * range - 1) - (range - 1)) + message(i)).collect()
}

#[test]
fn the_reduction_is_the_sine_to_33_bits() {
    for parity in [Parity::Odd, Parity::Even] {
        let sine = Sine::new(parity, 15, 3).unwrap();
        assert_eq!(sine.levels(), 8);
        let chain = chain(&sine);
        let t = wrapped(15, chain.slots());
        let slots: Vec<f64> = t.iter().map(|t| t / 15.0).collect();
        let x = ClearKeyHolder::new(chain.clone(), None).encrypt(&slots, chain.top()).unwrap();
        let end_scale = 2f64.powi(42);
        let y = eval_mod(&ClearEvaluator::new(chain.clone(), None), &sine, &x, end_scale).unwrap();
        let evaluator = ClearEvaluator::new(chain.clone(), None);
        assert_eq!((evaluator.level(&y), evaluator.scale(&y)), (Level(0), end_scale));
        let y = ClearKeyHolder::new(chain, None).decrypt(&y).unwrap().open_as_key_owner();
        let error = |(t, y): (&f64, &f64)| ((TAU * t).sin() - y).abs() / TAU;
        let worst = t.iter().zip(&y).map(error).fold(0.0, f64::max);
        assert!(worst < 2f64.powi(-33), "{parity:?}: 2^{}", worst.log2());
    }
}

/// Messages of up to `2^-5` come back themselves, without the sine's bend of `2^-7.3` of them: what is left of it is
/// `35/1152 (2 pi 2^-5)^8`, which is `2^-23.9`, and the approximation of the sine.
#[test]
fn the_arcsine_takes_out_the_bend() {
    let sine = Sine::new(Parity::Odd, 15, 3).unwrap().with_arcsine();
    assert_eq!(sine.levels(), 11);
    let chain = chain(&sine);
    let t: Vec<f64> = wrapped(15, chain.slots()).iter().map(|t| t.round() + 32.0 * (t - t.round())).collect();
    let slots: Vec<f64> = t.iter().map(|t| t / 15.0).collect();
    let x = ClearKeyHolder::new(chain.clone(), None).encrypt(&slots, chain.top()).unwrap();
    let end_scale = 2f64.powi(40);
    let evaluator = ClearEvaluator::new(chain.clone(), None);
    let y = eval_mod(&evaluator, &sine, &x, end_scale).unwrap();
    assert_eq!((evaluator.level(&y), evaluator.scale(&y)), (Level(0), end_scale));
    let y = ClearKeyHolder::new(chain, None).decrypt(&y).unwrap().open_as_key_owner();
    let error = |(t, y): (&f64, &f64)| ((t - t.round()) - y / TAU).abs();
    let worst = t.iter().zip(&y).map(error).fold(0.0, f64::max);
    let bend = 35.0 / 1152.0 * (TAU / 32.0_f64).powi(8) / 32.0;
    assert!(worst < 1.1 * bend + 2f64.powi(-33), "2^{}", worst.log2());
    assert!(worst > 0.5 * bend, "2^{}", worst.log2());
}

#[test]
fn the_plan_counts_relinearisations() {
    use seal_nn::backend::Operation;
    let sine = |parity| Sine::new(parity, 15, 3).unwrap();
    for (sine, expected) in [(sine(Parity::Odd), 15), (sine(Parity::Even), 11), (sine(Parity::Odd).with_arcsine(), 19)]
    {
        let parity = sine.parity();
        let plan = PlanEvaluator::new(chain(&sine));
        eval_mod(&plan, &sine, &plan.input(Level(sine.levels())), 2f64.powi(42)).unwrap();
        assert_eq!(plan.operations().count(Operation::Relinearize), expected, "{parity:?}");
        assert_eq!(plan.keys().relin, Some(Level(sine.levels())));
        assert_eq!(plan.lowest(), Level(0));
    }
}

#[test]
fn a_value_without_levels_is_refused() {
    let sine = Sine::new(Parity::Odd, 15, 3).unwrap();
    let plan = PlanEvaluator::new(chain(&sine));
    let refused = eval_mod(&plan, &sine, &plan.input(Level(7)), 2f64.powi(42));
    assert!(matches!(refused, Err(Error::Circuit(seal_nn::CircuitError::NoLevelLeft { needed: Level(8), .. }))));
    assert!(Sine::new(Parity::Odd, 0, 3).is_err() && Sine::new(Parity::Odd, 15, 9).is_err());
}
