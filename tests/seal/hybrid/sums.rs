//! Sums of rotations that are divided once.

use super::*;

#[test]
fn sums_of_rotated_products_at_every_level() {
    for own in chains().map(|parameters| Own::new(&parameters)) {
        for level in own.levels().skip(1) {
            let values = own.random(7);
            let x = own.encrypt(&values, level);
            let mut expected = vec![0.0; values.len()];
            let mut factors = Vec::new();
            let shapes = [(0, 0), (0, 1), (16, 0), (16, -3), (100, 100), (0, -3)];
            for (i, (giant, baby)) in shapes.into_iter().enumerate() {
                let factor = own.random(100 + i as u64);
                let turned = zip(&factor, &rotated(&values, baby), |a, b| a * b);
                expected = zip(&expected, &rotated(&turned, giant), |a, b| a + b);
                let plaintext = own.encoder.encode(&factor, level, own.scale()).unwrap();
                let extended = own.hybrid.extend(&plaintext).unwrap();
                factors.push((Rotation(giant), Rotation(baby), plaintext, extended));
            }
            let terms: Vec<_> = factors
                .iter()
                .map(|(giant, baby, plaintext, extended)| TransformTerm {
                    giant: *giant,
                    baby: *baby,
                    plaintext,
                    extended,
                })
                .collect();
            let y = own.hybrid.transform(&x, &terms, &own.keys).unwrap();
            assert_eq!((y.level(), y.scale()), (level, x.scale() * own.scale()));
            // Each term has the noise of x and of its key switch times a factor up to 1, and that of its encoding; the
            // division comes after.
            let noise = own.noise();
            let each = noise.fresh() + noise.encoding() + own.keys_noise(level);
            let variance = 6.0 * each * own.scale() * own.scale() + own.rotation_noise(level);
            assert_within(&own.decrypt(&y), &expected, variance, y.scale());
        }
    }
}

#[test]
fn sums_by_doubling_at_every_level() {
    for own in chains().map(|parameters| Own::new(&parameters)) {
        for level in own.levels() {
            let values = own.random(11);
            let x = own.encrypt(&values, level);
            let (mut expected, mut variance) = (values, own.noise().fresh());
            for step in STEPS {
                expected = zip(&expected, &rotated(&expected, step.0), |a, b| a + b);
                // What was there comes twice, in different slots.
                variance = 2.0 * variance + own.rotation_noise(level);
            }
            let sum = own.hybrid.add_rotations(&x, &STEPS, &own.keys).unwrap();
            assert_eq!((sum.level(), sum.scale(), sum.size()), (level, x.scale(), 2));
            assert_within(&own.decrypt(&sum), &expected, variance + own.noise().rounding(), own.scale());
        }
    }
}

/// With a key for the sum of two steps, both take one decomposition: the same sum, another noise.
#[test]
fn sums_by_doubling_in_pairs() {
    for parameters in chains() {
        let steps = [Rotation(1), Rotation(-3), Rotation(16)];
        let own = Own::with_levels(
            &parameters,
            &HybridKeyLevels::all(&parameters, &[steps[0], steps[1], steps[2], Rotation(-2)]),
        );
        for level in own.levels() {
            let values = own.random(12);
            let x = own.encrypt(&values, level);
            let (mut expected, mut variance) = (values, own.noise().fresh());
            for step in steps {
                expected = zip(&expected, &rotated(&expected, step.0), |a, b| a + b);
                variance = 2.0 * variance + own.rotation_noise(level);
            }
            let sum = own.hybrid.add_rotations(&x, &steps, &own.keys).unwrap();
            assert_within(&own.decrypt(&sum), &expected, variance + own.noise().rounding(), own.scale());
        }
    }
}

#[test]
fn sums_of_rotations_of_different_ciphertexts_at_every_level() {
    for own in chains().map(|parameters| Own::new(&parameters)) {
        for level in own.levels() {
            let values: Vec<_> = (0..4).map(|i| own.random(20 + i)).collect();
            let x: Vec<_> = values.iter().map(|values| own.encrypt(values, level)).collect();
            let steps = [Rotation(1), Rotation(0), Rotation(-3), Rotation(16)];
            let terms: Vec<_> = x.iter().zip(steps).collect();
            let sum = own.hybrid.sum_rotations(&terms, &own.keys).unwrap();
            assert_eq!((sum.level(), sum.scale(), sum.size()), (level, x[0].scale(), 2));
            let turned: Vec<_> = values.iter().zip(steps).map(|(values, step)| rotated(values, step.0)).collect();
            let expected = turned.iter().skip(1).fold(turned[0].clone(), |sum, x| zip(&sum, x, |a, b| a + b));
            // One division, the keys' noise of three rotations.
            let variance = 4.0 * own.noise().fresh() + 3.0 * own.keys_noise(level) + own.noise().rounding();
            assert_within(&own.decrypt(&sum), &expected, variance, own.scale());
        }
    }
}

#[test]
fn a_sum_of_one_rotation_is_that_rotation() {
    for own in chains().map(|parameters| Own::new(&parameters)) {
        for level in own.levels() {
            let x = own.encrypt(&own.random(31), level);
            let bytes = |x: &Ciphertext| x.to_bytes().unwrap();
            let sum = own.hybrid.sum_rotations(&[(&x, Rotation(-3))], &own.keys).unwrap();
            assert_eq!(bytes(&sum), bytes(&own.hybrid.rotate(&x, Rotation(-3), &own.keys).unwrap()));
            let same = own.hybrid.sum_rotations(&[(&x, Rotation(0))], &own.keys).unwrap();
            assert_eq!(bytes(&same), bytes(&x));
        }
    }
}
