//! Publishing decryptions: the noise bounds against the noise there is, and what others get to see.

use crate::kit::seal::*;
use seal_nn::backend::{Chain, Circuit, ClearEvaluator, ClearKeyHolder, Decrypt, Encrypt, Evaluate, Noise};
use seal_nn::seal::*;
use seal_nn::{Level, Private};

/// The largest error, in parts of a bound.
fn used(bound: NoiseBound, actual: &[f64], exact: &[f64]) -> f64 {
    let worst = actual.iter().zip(exact).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    worst / bound.largest_error()
}

#[test]
fn fresh_noise_keeps_to_its_bound() {
    let kit = Kit::small(1, &[]);
    let parameters = kit.context.parameters();
    let values = kit.random(1);
    let public = Encryptor::with_public_key(&kit.context, &kit.keys().create_public_key().unwrap()).unwrap();
    let symmetric = NoiseBound::of_symmetric_encryption(parameters, kit.scale()).unwrap();
    let asymmetric = NoiseBound::of_public_encryption(parameters, kit.scale()).unwrap();
    for _ in 0..8 {
        let error = used(symmetric, &kit.decrypt(&kit.encrypt(&values)), &values);
        // About 4 deviations of 12 are the worst of a thousand slots.
        assert!((0.2..0.7).contains(&error), "{error} of the bound");
        let error = used(asymmetric, &kit.decrypt(&public.encrypt(&kit.plain(&values)).unwrap()), &values);
        assert!((0.05..0.6).contains(&error), "{error} of the bound");
    }
}

/// Trials on the clear backend bound the noise of the same circuit on SEAL.
#[test]
fn trials_bound_the_noise_of_a_circuit() {
    let kit = Kit::small(1, &[]);
    let parameters = kit.context.parameters();
    let chain =
        Chain::new(parameters.poly_modulus_degree(), parameters.data_primes(), parameters.special_prime(), kit.scale())
            .unwrap();
    let values = kit.random(2);
    let run = |noise: Option<Noise>| -> Vec<f64> {
        let circuit = Circuit::new(ClearEvaluator::new(chain.clone(), noise));
        let holder = ClearKeyHolder::new(chain.clone(), noise);
        let x = circuit.backend().receive(&holder.encrypt(&values, Level(1)).unwrap()).unwrap();
        holder.decrypt(&circuit.square(&x).unwrap()).unwrap().open_as_key_owner()
    };
    let trials: Vec<Vec<f64>> = (0..8).map(|seed| run(Some(Noise { seed }))).collect();
    let bound = NoiseBound::of_trials(&run(None), &trials).unwrap();
    let square = kit.finish(kit.evaluator.square(&kit.encrypt(&values)).unwrap());
    let error = used(bound, &kit.decrypt(&square), &map(&values, |x| x * x));
    assert!((0.02..0.7).contains(&error), "{error} of the bound");
}

/// A published value is off by what the budget says, and by no more than the tail of a Gaussian.
#[test]
fn the_precision_that_is_left_is_what_the_budget_says() {
    let kit = Kit::small(1, &[]);
    let values = kit.random(3);
    let noise = NoiseBound::of_symmetric_encryption(kit.context.parameters(), kit.scale()).unwrap();
    let mut budget = ReleaseBudget::new(4);
    let deviation = budget.deviation(10, values.len(), noise).unwrap();
    assert!(deviation.log2() < -10.0, "2^{} at a scale of 2^40", deviation.log2());
    let result: Private<Vec<f64>> = kit.decryptor.decrypt_decode(&kit.encrypt(&values)).unwrap();
    for _ in 0..4 {
        let published = result.publish(10, noise, &mut budget).unwrap();
        let square = published.iter().zip(&values).map(|(a, b)| (a - b) * (a - b)).sum::<f64>() / values.len() as f64;
        // 1,024 values: the deviation is uncertain by 2%.
        assert!((square.sqrt() / deviation - 1.0).abs() < 0.2, "{} deviations", square.sqrt() / deviation);
        // 8 deviations: once in 10^12 runs.
        assert!(published.iter().zip(&values).all(|(a, b)| (a - b).abs() < 8.0 * deviation));
    }
    assert!(matches!(result.publish(10, noise, &mut budget), Err(seal_nn::SealError::ReleaseBudgetSpent { limit: 4 })));
}
