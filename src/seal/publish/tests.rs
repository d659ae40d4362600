//! What is published, measured: with words of a seeded generator, and with SEAL's.

use rand::{Rng, SeedableRng, rngs::ChaCha8Rng};

use super::*;

const COUNT: usize = 1 << 20;

fn bound(largest_error: f64) -> NoiseBound {
    NoiseBound::new(largest_error).unwrap()
}

fn repeatable_words(seed: u64, count: usize) -> Vec<u64> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    (0..count).map(|_| rng.next_u64()).collect()
}

/// A million draws: the mean within 5 standard errors, the deviation within 5 of its own (1 / sqrt(2 count)), and as
/// many as there should be beyond 1 to 4 deviations, within 5 deviations of a Poisson count.
#[track_caller]
fn check_normal(errors: &[f64], deviation: f64) {
    let count = errors.len() as f64;
    let mean = errors.iter().sum::<f64>() / count;
    assert!(mean.abs() < 5.0 * deviation / count.sqrt(), "mean {mean}, deviation {deviation}");
    let measured = (errors.iter().map(|e| e * e).sum::<f64>() / count).sqrt();
    assert!((measured / deviation - 1.0).abs() < 5.0 / (2.0 * count).sqrt(), "{measured} for {deviation}");
    // 2 (1 - Phi(k))
    for (k, probability) in [(1.0, 0.317_310_5), (2.0, 0.045_500_26), (3.0, 0.002_699_796), (4.0, 6.334_248e-5)] {
        let beyond = errors.iter().filter(|e| e.abs() > k * deviation).count() as f64;
        let expected = count * probability;
        assert!((beyond - expected).abs() < 5.0 * expected.sqrt(), "{beyond} beyond {k} deviations, not {expected}");
    }
}

#[test]
fn the_noise_is_normal_with_the_deviation_of_the_formula() {
    let noise = bound(1e-9);
    let budget = ReleaseBudget::new(64);
    let flooding = Flooding::new(20, COUNT, noise, 64).unwrap();
    let lower = 1e-9 * (12.0 * COUNT as f64 * 64.0 * 2f64.powi(20)).sqrt();
    let deviation = budget.deviation(20, COUNT, noise).unwrap();
    assert!((lower..=1.25 * lower).contains(&deviation), "{deviation}, formula {lower}");
    let value = 0.75;
    let published = flood(&vec![value; COUNT], flooding, &repeatable_words(1, COUNT));
    let errors: Vec<f64> = published.iter().map(|x| x - value).collect();
    check_normal(&errors, deviation);
    // No two neighbours go together.
    let product = errors.windows(2).map(|e| e[0] * e[1]).sum::<f64>() / (deviation * deviation * COUNT as f64);
    assert!(product.abs() < 5.0 / (COUNT as f64).sqrt(), "neighbours correlate by {product}");
}

/// The same through the whole, with SEAL's randomness: 16 times the standard error makes an accident impossible.
#[test]
fn publish_draws_from_seals_generator() {
    let mut budget = ReleaseBudget::new(2);
    let noise = bound(1e-9);
    let private = Private::new(vec![-3.0; 1 << 16]);
    let deviation = budget.deviation(20, 1 << 16, noise).unwrap();
    let first = private.publish(20, noise, &mut budget).unwrap();
    let second = private.publish(20, noise, &mut budget).unwrap();
    for published in [&first, &second] {
        let square = published.iter().map(|x| (x + 3.0) * (x + 3.0)).sum::<f64>() / published.len() as f64;
        assert!((square.sqrt() / deviation - 1.0).abs() < 16.0 / (2.0 * 65536f64).sqrt());
    }
    let equal = first.iter().zip(&second).filter(|(a, b)| a == b).count();
    assert!(equal < 10, "{equal} values of two releases are equal");
}

/// Whatever is published lies on the grid, so its last places say nothing of the value.
#[test]
fn what_is_published_lies_on_the_grid() {
    let flooding = Flooding::new(10, 4, bound(1e-6), 1).unwrap();
    let step = 2f64.powi(-22); // at most 1e-6 / 4
    let values = [1.0 / 3.0, -1e-9, std::f64::consts::PI, 1e6 / 7.0];
    for (seed, value) in (0..1000).zip(values.iter().cycle()) {
        let published = flood(&[*value], flooding, &repeatable_words(seed, 2))[0];
        assert_eq!((published / step).fract(), 0.0, "{value} became {published}");
    }
}

/// Every step of the grid is drawn at the largest deviation too: odd and even ones alike.
#[test]
fn the_largest_noise_still_reaches_every_step() {
    let noise = bound(1.0);
    let Err(SealError::FloodingBits { max, .. }) = Flooding::new(200, 16, noise, 1) else {
        panic!("200 bits were taken")
    };
    let flooding = Flooding::new(max, 16, noise, 1).unwrap();
    let published = flood(&[0.0; 10_000], flooding, &repeatable_words(3, 10_000));
    let odd = published.iter().filter(|x| ((*x / 0.25).rem_euclid(2.0)) == 1.0).count();
    assert!((4500..5500).contains(&odd), "{odd} of 10000 are odd");
}

#[test]
fn releases_are_counted_and_refused_when_spent() {
    let private = Private::new(vec![1.0; 3]);
    let noise = bound(1e-12);
    let mut budget = ReleaseBudget::resume(5, 3);
    private.publish(10, noise, &mut budget).unwrap();
    // Refusals release nothing.
    assert!(matches!(private.publish(0, noise, &mut budget), Err(SealError::FloodingBits { bits: 0, .. })));
    assert!(matches!(private.publish(99, noise, &mut budget), Err(SealError::FloodingBits { bits: 99, .. })));
    let broken = Private::new(vec![1.0, f64::NAN]);
    assert!(matches!(broken.publish(10, noise, &mut budget), Err(SealError::NotFinite { index: 1, .. })));
    assert_eq!((budget.spent(), budget.remaining()), (4, 1));
    private.publish(10, noise, &mut budget).unwrap();
    for _ in 0..2 {
        let refused = private.publish(10, noise, &mut budget);
        assert!(matches!(refused, Err(SealError::ReleaseBudgetSpent { limit: 5 })));
        assert_eq!((budget.spent(), budget.remaining()), (5, 0));
    }
    let mut none = ReleaseBudget::new(0);
    assert!(matches!(private.publish(10, noise, &mut none), Err(SealError::ReleaseBudgetSpent { limit: 0 })));
}

#[test]
fn bounds_that_are_none_are_refused() {
    for value in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e-300] {
        assert!(matches!(NoiseBound::new(value), Err(SealError::NoiseBoundRange { .. })), "{value}");
    }
    // Too few trials, trials of another length, trials without noise.
    let trial = |values: &[f64]| NoiseBound::of_trials(&[1.0], &[values; 8]);
    assert!(trial(&[1.5]).is_ok());
    assert!(matches!(NoiseBound::of_trials(&[1.0], &[[1.5]; 7]), Err(SealError::NoiseTrials { actual: 7, .. })));
    assert!(matches!(trial(&[1.5, 2.0]), Err(SealError::NoiseTrials { actual: 0, .. })));
    assert!(matches!(trial(&[1.0]), Err(SealError::NoiseTrials { actual: 0, .. })));
}

/// More bits, values or releases: more noise, by the square root of each.
#[test]
fn the_deviation_grows_as_the_formula_says() {
    let deviation =
        |bits, values, releases, error| ReleaseBudget::new(releases).deviation(bits, values, bound(error)).unwrap();
    let base = deviation(20, 100, 10, 1e-9);
    for (factor, other) in [
        (2.0, deviation(22, 100, 10, 1e-9)),
        (2.0, deviation(20, 400, 10, 1e-9)),
        (2.0, deviation(20, 100, 40, 1e-9)),
        (2.0, deviation(20, 100, 10, 2e-9)),
    ] {
        assert!((other / base / factor - 1.0).abs() < 1e-12, "{other} / {base}");
    }
}
