//! What our own key switching refuses, beside the table of `tests/seal/refusals`.

use super::*;
use crate::kit::insecure;

#[test]
fn what_is_different_in_a_later_operand_is_refused() {
    let own = Own::with_levels(
        &chains()[1],
        &HybridKeyLevels {
            relin: Some(Level(4)),
            rotations: [(Rotation(1), Level(4)), (Rotation(5), Level(2))].into(),
            conjugation: Some(Level(2)),
        },
    );
    let Own { hybrid, keys, encoder, .. } = &own;
    macro_rules! refused {
        ($call:expr, $error:pat) => {
            let outcome = $call;
            assert!(matches!(outcome, Err($error)), "{outcome:?}");
        };
    }
    let (x, low) = (own.encrypt(&[1.0], Level(4)), own.encrypt(&[1.0], Level(0)));
    refused!(hybrid.multiply_sum_rescale(&[(&x, &x), (&low, &low)], keys), SealError::LevelMismatch { .. });
    match hybrid.rotate(&x, Rotation(2), keys) {
        Err(SealError::MissingGaloisKey { step: Rotation(2), available }) => {
            assert_eq!(available, [Rotation(1), Rotation(5)])
        }
        other => panic!("{other:?}"),
    }
    refused!(
        hybrid.add_rotations(&x, &[Rotation(1), Rotation(2)], keys),
        SealError::MissingGaloisKey { step: Rotation(2), .. }
    );
    refused!(
        hybrid.add_rotations(&x, &[Rotation(1), Rotation(5)], keys),
        SealError::KeyLevel { highest: Level(2), .. }
    );
    refused!(hybrid.conjugate(&x, keys), SealError::KeyLevel { highest: Level(2), .. });
    // Nothing to rotate.
    refused!(hybrid.add_rotations(&x, &[Rotation(0)], keys), SealError::MissingGaloisKey { .. });
    refused!(hybrid.rotate_hoisted(&hybrid.hoist(&x).unwrap(), Rotation(0), keys), SealError::MissingGaloisKey { .. });
    // The rotation of a group.
    let plain = encoder.encode(&[1.0], Level(4), own.scale()).unwrap();
    let extended = hybrid.extend(&plain).unwrap();
    let term = TransformTerm { giant: Rotation(5), baby: Rotation(1), plaintext: &plain, extended: &extended };
    refused!(hybrid.transform(&x, &[term], keys), SealError::KeyLevel { .. });
    // A product that would fit at level 0, and cannot be rescaled there.
    let tiny = own.encryptor.encrypt(&encoder.encode(&[1.0], Level(0), 1024.0).unwrap()).unwrap();
    refused!(hybrid.multiply_sum_rescale(&[(&tiny, &tiny)], keys), SealError::OutOfLevels { .. });
    refused!(
        hybrid.multiply_plain_sum_rescale(&[(&tiny, &encoder.encode_constant(1.0, Level(0), 1.0).unwrap())]),
        SealError::OutOfLevels { .. }
    );
    refused!(hybrid.weighted_sums(&[], 1024.0), SealError::EmptySum { .. });
    refused!(hybrid.weighted_sums(&[(&x, &[])], 1024.0), SealError::EmptySum { .. });
    refused!(hybrid.weighted_sums(&[(&x, &[1.0]), (&low, &[1.0])], 1024.0), SealError::LevelMismatch { .. });
    refused!(
        hybrid.weighted_sums(&[(&x, &[1.0, 2.0]), (&x, &[1.0])], 1024.0),
        SealError::WeightCount { expected: 2, actual: 1, .. }
    );
    refused!(hybrid.weighted_sums(&[(&x, &[1.0, f64::NAN])], 1024.0), SealError::NotFinite { index: 1, .. });
    refused!(hybrid.weighted_sums(&[(&low, &[1e30])], 1024.0), SealError::ValuesTooLarge { .. });
    refused!(hybrid.weighted_sums(&[(&x, &[1.0, 1e-9])], 1024.0), SealError::Transparent { .. });
    // Two components have nothing to relinearise, which is a mistake only where a rescale was to go with it.
    let mut two = x.clone();
    hybrid.relinearize_inplace(&mut two, keys).unwrap();
    refused!(hybrid.relinearize_rescale_inplace(&mut two, keys), SealError::Components { expected: 3, actual: 2, .. });
}

#[test]
fn cut_keys_serve_their_levels_and_no_higher() {
    for parameters in chains() {
        for highest in 0..5 {
            let levels = HybridKeyLevels {
                relin: Some(Level(highest)),
                rotations: [(Rotation(1), Level(highest)), (Rotation(0), Level(4))].into(),
                conjugation: None,
            };
            let own = Own::with_levels(&parameters, &levels);
            for level in own.levels() {
                let values = own.random(5);
                let x = own.encrypt(&values, level);
                let rotation = own.hybrid.rotate(&x, Rotation(1), &own.keys);
                if level <= Level(highest) {
                    let variance = own.noise().fresh() + own.rotation_noise(level);
                    assert_within(&own.decrypt(&rotation.unwrap()), &rotated(&values, 1), variance, own.scale());
                    continue;
                }
                assert!(matches!(rotation, Err(SealError::KeyLevel { level: l, highest: h, .. })
                    if l == level && h == Level(highest)));
                let mut product = own.evaluator.square(&x).unwrap();
                let refused = own.hybrid.relinearize_inplace(&mut product, &own.keys);
                assert!(matches!(refused, Err(SealError::KeyLevel { .. })));
                assert_eq!(product.size(), 3);
            }
        }
    }
}

#[test]
fn parameters_that_do_not_fit_are_refused() {
    // 60 bits are SEAL's alone.
    let parameters = insecure(2048, &[50, 40, 60]).unwrap();
    assert!(!parameters.fit_kernels());
    let context = Context::new(&parameters).unwrap();
    assert!(matches!(HybridEvaluator::new(&context), Err(SealError::KernelPrime { bits: 60, max: 50 })));
    let two = |bits: &[u32], special| {
        Parameters::builder().degree(2048).bits(bits).special_primes(special).insecure().build()
    };
    assert!(matches!(two(&[50, 40, 60, 60], 2), Err(SealError::KernelPrime { .. })));
    assert!(matches!(two(&[50, 40, 30, 30], 2), Err(SealError::SpecialPrime { special_bits: 60, .. })));
    for special in [0, 3, 4, usize::MAX] {
        assert!(matches!(two(&[50, 40, 50], special), Err(SealError::SpecialPrimeCount { .. })), "{special}");
    }
    // Special primes count against the bits that are secure.
    let secure = Parameters::builder().degree(8192).bits(&[50, 40, 40, 50, 50]).special_primes(2).build();
    assert!(matches!(secure, Err(SealError::TooManyBits { allowed: 218, .. })));
    let path = Context::with_code_path(&chains()[0], "abacus").unwrap();
    assert!(matches!(HybridEvaluator::new(&path), Err(SealError::Library { .. })));
}
