//! Scales at which values are lost, and keys of another kind: SEAL accepts them without a word.

use crate::kit::{insecure, seal::*};
use seal_nn::seal::*;
use seal_nn::{Level, Rotation, SealError};

/// Three levels that SEAL's calls and ours take.
fn kit() -> Kit {
    Kit::new(&insecure(2048, &[50, 40, 40, 50]).unwrap(), &[])
}

/// A prime of 40 bits under a scale of 15 made 1e10 of 6, and a second rescale after one product thousands of 1.
#[test]
fn a_rescale_by_more_than_the_scale() {
    let kit = kit();
    let hybrid = HybridEvaluator::new(&kit.context).unwrap();
    let at = |bits: i32| {
        let mut x = kit.encrypt(&[6.0]);
        x.set_scale(2_f64.powi(bits)).unwrap();
        x
    };
    // 2048 / sqrt(18) is 2^8.9: what is left of 48 bits is less, of 50 it is more.
    for bits in [1, 15, 40, 48] {
        let refused = |error: SealError| {
            let SealError::ScaleTooSmall { scale_bits, prime_bits: 40, least_bits, .. } = error else {
                panic!("{error}")
            };
            assert_eq!((scale_bits, least_bits.floor()), (f64::from(bits), 8.0));
        };
        let x = at(bits);
        let mut rescaled = x.clone();
        refused(kit.evaluator.rescale_inplace(&mut rescaled).unwrap_err());
        refused(hybrid.rescale_inplace(&mut rescaled).unwrap_err());
        assert!(rescaled.to_bytes().unwrap() == x.to_bytes().unwrap(), "unchanged");
        // The same of a product with a plaintext, at a scale of 1 in the ciphertext.
        let plain = kit.encoder.encode(&[1.0; 1024], kit.top(), 2_f64.powi(bits)).unwrap();
        refused(hybrid.multiply_plain_sum_rescale(&[(&at(0), &plain)]).unwrap_err());
    }
    kit.evaluator.rescale_inplace(&mut at(50)).unwrap();
    hybrid.rescale_inplace(&mut at(50)).unwrap();

    let mut once = kit.finish(kit.evaluator.square(&kit.encrypt(&[6.0])).unwrap());
    refused!(kit.evaluator.rescale_inplace(&mut once), SealError::ScaleTooSmall { op: "rescale", .. });
    refused!(hybrid.rescale_inplace(&mut once), SealError::ScaleTooSmall { op: "rescale", .. });
    // Nine deviations of the rescale, in parts of the scale.
    assert!((kit.decrypt(&once)[0] - 36.0).abs() < 1e-6);
}

#[test]
fn a_scale_at_which_all_values_round_to_zero() {
    let kit = kit();
    let (real, top) = (RealEncoder::new(&kit.context).unwrap(), kit.top());
    let symmetric = RealSymmetricEncryptor::new(&kit.context, &kit.secret).unwrap();
    let few = [1.0, -2.0, 3.0];
    for scale in [1.0, 0.5, 80.0] {
        let zero = |refused: Result<Plaintext, SealError>, largest: f64| {
            assert!(matches!(&refused, Err(SealError::RoundsToZero { value, .. }) if *value == largest), "{refused:?}");
        };
        zero(kit.encoder.encode(&few, top, scale), 3.0);
        zero(real.encode(&few, top, scale), 3.0);
        zero(kit.encoder.encode_complex(&few.map(|v| [0.0, v]), top, scale), 3.0);
        zero(kit.encoder.encode_constant(0.4 / scale, top, scale), 0.4 / scale);
        refused!(symmetric.encrypt(&few, top, scale), SealError::RoundsToZero { value: 3.0, .. });
        // Nothing is lost of zeros, nor of what fills all slots.
        for encoder in [&|v: &[f64]| kit.encoder.encode(v, top, scale), &|v: &[f64]| real.encode(v, top, scale)]
            as [&dyn Fn(&[f64]) -> Result<Plaintext, SealError>; 2]
        {
            assert!(encoder(&[]).unwrap().is_zero() && encoder(&[0.0; 8]).unwrap().is_zero());
            assert!(!encoder(&[3.0; 1024]).unwrap().is_zero());
        }
    }
    // A coefficient is at most the mean |value|, 6 / 1024, times the scale.
    assert!(!kit.encoder.encode(&few, top, 1000.0).unwrap().is_zero());
}

/// SEAL's encoder takes one bit less for a vector than its evaluator: that is a matter of the scale, whatever the values.
#[test]
fn a_scale_that_vectors_do_not_take() {
    let kit = kit();
    let (scale, bottom) = (2_f64.powi(49), Level(0));
    for values in [&[1e-6][..], &[1.0], &[0.0], &[1e6]] {
        refused!(
            kit.encoder.encode(values, bottom, scale),
            SealError::ScaleTooLarge { scale_bits: 49.0, modulus_bits: 50, level: Level(0), .. }
        );
        let complex: Vec<[f64; 2]> = values.iter().map(|&v| [v, v]).collect();
        refused!(
            kit.encoder.encode_complex(&complex, bottom, scale),
            SealError::ScaleTooLarge { scale_bits: 49.0, .. }
        );
    }
    assert!(kit.encoder.encode(&[1e-6], bottom, scale / 2.0).is_ok());
    assert!(kit.encoder.encode_constant(1e-6, bottom, scale).is_ok());
    kit.evaluator.drop_to(&kit.encrypt(&[0.0]), bottom).unwrap().set_scale(scale).unwrap();
}

/// SEAL writes both kinds in one format, and reads one as the other. Where Galois keys are larger than a relinearisation key
/// can be, that is said first.
#[test]
fn keys_of_another_kind() {
    let kit = kit();
    let mut keys = kit.keys();
    let (relin, galois) = (keys.create_relin_keys().unwrap(), keys.create_galois_keys(&[Rotation(1)]).unwrap());
    let none = keys.create_galois_keys(&[]).unwrap();
    let other = |refused: Result<(), SealError>, wanted: ObjectKind, found: ObjectKind| match refused {
        Err(SealError::Bytes { kind, reason: BytesRefusal::OtherKeys { expected, actual } }) => {
            assert_eq!((kind, expected, actual), (wanted, wanted, found));
        }
        other => panic!("{other:?}"),
    };
    let (r, g) = (ObjectKind::RelinKeys, ObjectKind::GaloisKeys);
    other(GaloisKeys::from_bytes(&kit.context, &relin.to_bytes().unwrap()).map(drop), g, r);
    other(RelinKeys::from_bytes(&kit.context, &none.to_bytes().unwrap()).map(drop), r, g);
    let large = |refused: Result<(), SealError>| {
        let large = matches!(
            refused,
            Err(SealError::Bytes { kind: ObjectKind::RelinKeys, reason: BytesRefusal::TooLarge { .. } })
        );
        assert!(large, "{refused:?}");
    };
    large(RelinKeys::from_bytes(&kit.context, &galois.to_bytes().unwrap()).map(drop));
    let (relin, galois) =
        (keys.create_seeded_relin_keys().unwrap(), keys.create_seeded_galois_keys(&[Rotation(1)]).unwrap());
    other(Seeded::<GaloisKeys>::from_bytes(&kit.context, &relin.to_bytes().unwrap()).map(drop), g, r);
    large(Seeded::<RelinKeys>::from_bytes(&kit.context, &galois.to_bytes().unwrap()).map(drop));
}
