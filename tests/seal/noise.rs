//! Measured noise against the formulas, at the parameters that training uses: N = 16384, 50, 6 x 42, special 60 bits.

use crate::kit::seal::*;
use seal_nn::seal::*;
use seal_nn::{Level, Rotation};

/// Root mean square and largest real part of errors in complex slots, in units of the expected standard deviation (the
/// largest in those of the real part). 16 trials of 8,192 slots, one key: the mean square of a product of two Gaussians
/// with one factor fixed is uncertain by 2% for one trial, its root by 1%.
#[track_caller]
fn check(what: &str, errors: &[[f64; 2]], variance: f64, tolerance: f64) {
    let mean_square = errors.iter().map(|[re, im]| re * re + im * im).sum::<f64>() / errors.len() as f64;
    let ratio = (mean_square / variance).sqrt();
    let worst = errors.iter().map(|e| e[0].abs()).fold(0.0, f64::max) / (variance / 2.0).sqrt();
    println!("{what}: sd {:.0}, formula {:.0}; worst {worst:.1} sd", mean_square.sqrt(), variance.sqrt());
    assert!((ratio - 1.0).abs() < tolerance, "{what}: {ratio} times the formula");
    assert!(worst < 13.0, "{what}: {worst} sd");
}

#[test]
fn noise_is_what_the_formulas_say() {
    const TRIALS: usize = 16;
    let kit = Kit::new(&Parameters::builder().depth(6, 42).degree(16384).build().unwrap(), &[Rotation(1)]);
    let public = kit.keys().create_public_key().unwrap();
    let public = Encryptor::with_public_key(&kit.context, &public).unwrap();
    let zero = kit.encoder.encode(&[], Level(6), kit.scale()).unwrap();
    // Slots times scale: the error itself where zero was encrypted.
    let read = |c: &Ciphertext| -> Vec<[f64; 2]> {
        let plain = kit.decryptor.decrypt(c).unwrap().open_as_key_owner();
        let slots = kit.encoder.decode_complex(&plain).unwrap();
        slots.into_iter().map(|z| z.map(|part| part * c.scale())).collect()
    };
    let (mut secret, mut asymmetric, mut rescale, mut rotation) = (vec![], vec![], vec![], vec![]);
    for _ in 0..TRIALS {
        let fresh = kit.encryptor.encrypt(&zero).unwrap();
        let before = read(&fresh);
        asymmetric.extend(read(&public.encrypt(&zero).unwrap()));
        let mut rescaled = fresh.clone();
        rescaled.set_scale(kit.scale() * kit.scale()).unwrap(); // as of a product: zeros have any scale
        kit.evaluator.rescale_inplace(&mut rescaled).unwrap();
        rescale.extend(read(&rescaled)); // 415 / 2^42 of the old noise is left
        let after = read(&kit.evaluator.rotate(&fresh, Rotation(1), &kit.galois).unwrap());
        let turned = before.iter().cycle().skip(1);
        rotation.extend(after.iter().zip(turned).map(|(a, b)| [a[0] - b[0], a[1] - b[1]]));
        secret.extend(before);
    }
    let noise = kit.noise();
    check("encryption under the secret key", &secret, noise.secret_key_encryption(), 0.02);
    check("encryption under the public key", &asymmetric, noise.rounding(), 0.03);
    check("rescale", &rescale, noise.rounding(), 0.03);
    check("rotation", &rotation, noise.rotation(), 0.05);
}

#[test]
fn encoding_noise_is_what_the_formula_says() {
    let kit = Kit::small(1, &[]);
    let mut errors = Vec::new();
    for seed in 0..16 {
        let x = kit.random(seed);
        let decoded = kit.encoder.decode_complex(&kit.plain(&x)).unwrap();
        errors.extend(decoded.iter().zip(&x).map(|(z, a)| [(z[0] - a) * kit.scale(), z[1] * kit.scale()]));
    }
    // The embedding of an error with real coefficients: real and imaginary parts are independent.
    check("encoding", &errors, kit.noise().encoding(), 0.03);
}
