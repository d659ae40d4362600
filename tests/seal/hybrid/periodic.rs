//! Plaintexts of slots that repeat.

use super::*;

/// n complex values.
fn values(period: usize, seed: u64) -> Vec<[f64; 2]> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    (0..period).map(|_| [rng.random_range(-1.0..1.0), rng.random_range(-1.0..1.0)]).collect()
}

fn repeated(values: &[[f64; 2]], slots: usize) -> Vec<[f64; 2]> {
    values.iter().copied().cycle().take(slots).collect()
}

/// The same sums, with the same numbers in whole plaintexts.
#[test]
fn periodic_plaintexts_are_those_of_the_encoder() {
    for own in chains().map(|parameters| Own::new(&parameters)) {
        let slots = own.context.slots();
        let shapes = [(0, 0), (0, 1), (16, 0), (16, -3), (0, -3)];
        // Values of the longer ones stand in short rows, and in none.
        for period in [1, 2, 8, 32, slots / 8, slots / 2, slots] {
            for level in own.levels().skip(1) {
                let x = own.encrypt(&own.random(level.0 as u64), level);
                let numbers: Vec<_> = (0..shapes.len() as u64).map(|seed| values(period, seed)).collect();
                let compact: Vec<_> = numbers
                    .iter()
                    .map(|values| own.hybrid.encode_periodic(values, level, own.scale()).unwrap())
                    .collect();
                let terms: Vec<_> = compact
                    .iter()
                    .zip(shapes)
                    .map(|(plaintext, (giant, baby))| PeriodicTerm {
                        giant: usize::from(giant == 16),
                        baby: Rotation(baby),
                        plaintext,
                    })
                    .collect();
                let steps = GiantSteps { step: Rotation(16), last: Rotation(0) };
                let made = own.hybrid.transform_periodic_rescale(&x, &terms, steps, &own.keys).unwrap();
                let whole: Vec<_> = numbers
                    .iter()
                    .map(|values| {
                        let plain = own.encoder.encode_complex(&repeated(values, slots), level, own.scale()).unwrap();
                        (own.hybrid.extend(&plain).unwrap(), plain)
                    })
                    .collect();
                let terms: Vec<_> = whole
                    .iter()
                    .zip(shapes)
                    .map(|((extended, plaintext), (giant, baby))| TransformTerm {
                        giant: Rotation(giant),
                        baby: Rotation(baby),
                        plaintext,
                        extended,
                    })
                    .collect();
                let expected = own.hybrid.transform_rescale(&x, &terms, &own.keys).unwrap();
                assert_eq!((made.level(), made.scale()), (expected.level(), expected.scale()));
                let [made, expected] = [&made, &expected].map(|x| own.read(x));
                // Coefficients may be rounded to neighbours: a few of 2 n, each by one.
                let apart =
                    |at: usize| made.iter().zip(&expected).map(|(a, b)| (a[at] - b[at]).abs()).fold(0.0, f64::max);
                let room = 5.0 * 8.0 + 13.0 * own.noise().rounding().sqrt();
                assert!(apart(0) < room && apart(1) < room, "period {period}: {} {}", apart(0), apart(1));
            }
        }
    }
}

/// Steps of one length, one after the other, are the rotations that they add up to; groups may be missing between them.
#[test]
fn giant_steps_add_up() {
    for parameters in chains() {
        let own = Own::new(&parameters);
        let (x, factors) = (own.random(3), values(8, 2));
        let encrypted = own.encrypt(&x, Level(2));
        let plaintext = own.hybrid.encode_periodic(&factors, Level(2), own.scale()).unwrap();
        for (shapes, last) in [(vec![(0, 0), (1, 1), (3, 0)], 0), (vec![(2, -3), (3, 1)], 1), (vec![(0, 1)], 16)] {
            let term = |&(giant, baby)| PeriodicTerm { giant, baby: Rotation(baby), plaintext: &plaintext };
            let terms: Vec<_> = shapes.iter().map(term).collect();
            let steps = GiantSteps { step: Rotation(100), last: Rotation(last) };
            let made = own.hybrid.transform_periodic_rescale(&encrypted, &terms, steps, &own.keys).unwrap();
            let slots = x.len() as i32;
            let at = |s: i32| s.rem_euclid(slots) as usize;
            let slot = |s: i32| {
                let of = |&(giant, baby): &(usize, i32)| {
                    let turned = s + 100 * giant as i32 + last;
                    factors[at(turned) % 8].map(|part| part * x[at(turned + baby)])
                };
                shapes.iter().map(of).fold([0.0; 2], |sum, part| [sum[0] + part[0], sum[1] + part[1]])
            };
            for (s, z) in own.read(&made).iter().enumerate() {
                let expected = slot(s as i32);
                let apart = (0..2).map(|i| (z[i] / made.scale() - expected[i]).abs()).fold(0.0, f64::max);
                assert!(apart < 1e-5, "slot {s}, {steps:?}: {apart:e}");
            }
        }
    }
}

#[test]
fn twice_the_real_part_comes_with_the_rescale() {
    for parameters in chains() {
        let top = Level(parameters.data_primes().len() - 1);
        let levels = HybridKeyLevels { conjugation: Some(top), ..HybridKeyLevels::all(&parameters, &STEPS) };
        let own = Own::with_levels(&parameters, &levels);
        for level in own.levels().skip(1) {
            let x = own.encrypt(&own.random(5), level);
            let factors = own.hybrid.encode_periodic(&values(8, 9), level, own.scale()).unwrap();
            let term = |giant, baby| PeriodicTerm { giant, baby: Rotation(baby), plaintext: &factors };
            let (terms, steps) = ([term(0, 1), term(1, 0)], GiantSteps { step: Rotation(16), ..Default::default() });
            let made = own.hybrid.transform_periodic_real_rescale(&x, &terms, steps, &own.keys).unwrap();
            let sum = own.read(&own.hybrid.transform_periodic_rescale(&x, &terms, steps, &own.keys).unwrap());
            let expected: Vec<f64> = sum.iter().map(|z| 2.0 * z[0] / made.scale()).collect();
            // The other has twice the noise of a rescale; that of the keys is a little more than nothing after it.
            let keys = own.keys_noise(level) / (parameters.data_primes()[level.0] as f64).powi(2);
            let variance = 5.0 * own.noise().rounding() + 8.0 * keys * own.scale().powi(2);
            let values = own.decrypt(&made);
            assert_within(&values, &expected, variance, made.scale());
            let imaginary = own.read(&made).iter().map(|z| z[1].abs()).fold(0.0, f64::max);
            assert!(imaginary < 13.0 * variance.sqrt(), "{imaginary}");
        }
        let none = Own::new(&parameters);
        let factors = none.hybrid.encode_periodic(&values(8, 9), Level(2), none.scale()).unwrap();
        let term = PeriodicTerm { giant: 0, baby: Rotation(1), plaintext: &factors };
        let x = none.encrypt(&none.random(1), Level(2));
        refused!(
            none.hybrid.transform_periodic_real_rescale(&x, &[term], GiantSteps::default(), &none.keys),
            SealError::MissingConjugationKey
        );
    }
}

#[test]
fn a_periodic_plaintext_says_what_it_is() {
    let own = Own::with_levels(&chains()[1], &HybridKeyLevels::default());
    let plaintext = own.hybrid.encode_periodic(&values(4, 1), Level(2), own.scale()).unwrap();
    assert_eq!((plaintext.period(), plaintext.level(), plaintext.scale()), (4, Level(2), own.scale()));
    assert!(format!("{plaintext:?}").contains("period: 4"));
}

#[test]
fn periods_that_do_not_fit_are_refused() {
    let own = Own::new(&chains()[1]);
    let encode = |values: &[[f64; 2]]| own.hybrid.encode_periodic(values, Level(2), own.scale());
    refused!(encode(&[]), SealError::Period { actual: 0, .. });
    refused!(encode(&values(3, 1)), SealError::Period { actual: 3, .. });
    let slots = own.context.slots();
    let too_many = values(2 * slots, 1);
    refused!(encode(&too_many), SealError::Period { actual, most, .. } if actual == 2 * slots && most == slots);
    refused!(encode(&[[1e-13, 0.0]]), SealError::RoundsToZero { .. });
    // Below a quarter of the modulus, but not below 2^62.
    refused!(encode(&[[2_f64.powi(30), 0.0]]), SealError::ValuesTooLarge { .. });
    let x = own.encrypt(&own.random(1), Level(2));
    let (two, four) = (encode(&values(2, 1)).unwrap(), encode(&values(4, 1)).unwrap());
    let term = |giant, plaintext| PeriodicTerm { giant, baby: Rotation(1), plaintext };
    let transform = |terms: &[_], steps| own.hybrid.transform_periodic(&x, terms, steps, &own.keys);
    let none = GiantSteps::default();
    refused!(transform(&[term(0, &two), term(0, &four)], none), SealError::Period { actual: 4, most: 2, .. });
    let zeros = encode(&[[0.0; 2]; 2]).unwrap();
    refused!(transform(&[term(0, &two), term(0, &zeros)], none), SealError::Transparent { .. });
    refused!(
        transform(&[term(slots, &two)], none),
        SealError::GiantSteps { actual, most, .. } if actual == slots && most == slots - 1
    );
    // Both steps need a key, and only if there are any.
    let without = |step, last| GiantSteps { step: Rotation(step), last: Rotation(last) };
    refused!(transform(&[term(1, &two)], without(2, 0)), SealError::MissingGaloisKey { step: Rotation(2), .. });
    refused!(transform(&[term(0, &two)], without(2, 3)), SealError::MissingGaloisKey { step: Rotation(3), .. });
    transform(&[term(0, &two)], without(2, 0)).unwrap();
}
