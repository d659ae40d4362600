//! What our own key switching refuses.

use super::*;

#[test]
fn products_that_cannot_be_are_refused() {
    let own = Own::with_levels(
        &chains()[1],
        &SwitchingLevels { relin: Some(Level(3)), rotations: [(Step(1), Level(3))].into() },
    );
    let Own { switcher, keys, encoder, .. } = &own;
    let (high, x, low) = (own.encrypt(&[1.0], Level(4)), own.encrypt(&[1.0], Level(3)), own.encrypt(&[1.0], Level(0)));
    let three = own.evaluator.square(&x).unwrap();
    let plain = |level| encoder.encode(&[1.0], level, own.scale()).unwrap();
    macro_rules! refused {
        ($call:expr, $error:pat) => {
            let outcome = $call;
            assert!(matches!(outcome, Err($error)), "{outcome:?}");
        };
    }
    refused!(switcher.multiply_sum_rescale(&[], keys), SealError::EmptySum { .. });
    refused!(switcher.multiply_sum_rescale(&[(&x, &high)], keys), SealError::LevelMismatch { .. });
    refused!(switcher.multiply_sum_rescale(&[(&x, &x), (&low, &low)], keys), SealError::LevelMismatch { .. });
    refused!(switcher.multiply_sum_rescale(&[(&high, &high)], keys), SealError::KeyLevel { .. });
    refused!(switcher.multiply_sum_rescale(&[(&x, &three)], keys), SealError::Components { .. });
    refused!(switcher.multiply_plain_sum_rescale(&[]), SealError::EmptySum { .. });
    refused!(switcher.multiply_plain_sum_rescale(&[(&x, &plain(Level(4)))]), SealError::LevelMismatch { .. });
    refused!(switcher.multiply_plain_sum_rescale(&[(&three, &plain(Level(3)))]), SealError::Components { .. });
    let zero = encoder.encode(&[], Level(3), own.scale()).unwrap();
    refused!(switcher.multiply_plain_sum_rescale(&[(&x, &zero)]), SealError::Transparent { .. });
    refused!(switcher.rescale_inplace(&mut low.clone()), SealError::OutOfLevels { .. });
    refused!(switcher.rescale_inplace(&mut three.clone()), SealError::Components { .. });
    refused!(switcher.add_rotations(&x, &[Step(1), Step(2)], keys), SealError::MissingGaloisKey { .. });
    refused!(switcher.add_rotations(&high, &[Step(1)], keys), SealError::KeyLevel { .. });
    refused!(switcher.add_rotations(&x, &[Step(0)], keys), SealError::MissingGaloisKey { .. });
    let small = encoder.encode(&[1.0], Level(0), 1024.0).unwrap();
    let tiny = own.encryptor.encrypt(&small).unwrap();
    refused!(switcher.multiply_sum_rescale(&[(&tiny, &tiny)], keys), SealError::OutOfLevels { .. });
    let other = Own::new(&chains()[0]);
    let foreign = other.encrypt(&[1.0], Level(3));
    refused!(switcher.multiply_sum_rescale(&[(&x, &foreign)], keys), SealError::ForeignContext { .. });
    refused!(switcher.add_rotations(&foreign, &[Step(1)], keys), SealError::ForeignContext { .. });
}

#[test]
fn cut_keys_serve_their_levels_and_no_higher() {
    for parameters in chains() {
        for highest in 0..5 {
            let levels = SwitchingLevels {
                relin: Some(Level(highest)),
                rotations: [(Step(1), Level(highest)), (Step(0), Level(4))].into(),
            };
            let own = Own::with_levels(&parameters, &levels);
            for level in own.levels() {
                let values = own.random(5);
                let x = own.encrypt(&values, level);
                let rotation = own.switcher.rotate(&x, Step(1), &own.keys);
                if level <= Level(highest) {
                    let variance = own.noise().fresh() + own.rotation_noise(level);
                    assert_within(&own.decrypt(&rotation.unwrap()), &rotated(&values, 1), variance, own.scale());
                    continue;
                }
                assert!(matches!(rotation, Err(SealError::KeyLevel { level: l, highest: h, .. })
                    if l == level && h == Level(highest)));
                let mut product = own.evaluator.square(&x).unwrap();
                let refused = own.switcher.relinearize_inplace(&mut product, &own.keys);
                assert!(matches!(refused, Err(SealError::KeyLevel { .. })));
                assert_eq!(product.size(), 3);
            }
        }
    }
}

#[test]
fn hostile_shapes_are_refused() {
    let own = Own::with_levels(
        &chains()[1],
        &SwitchingLevels { relin: None, rotations: [(Step(1), Level(4)), (Step(5), Level(2))].into() },
    );
    let x = own.encrypt(&[1.0], Level(4));
    let mut product = own.evaluator.square(&x).unwrap();
    let missing = own.switcher.rotate(&x, Step(2), &own.keys);
    assert!(matches!(missing, Err(SealError::MissingGaloisKey { step: Step(2), .. })));
    let no_key = own.switcher.relinearize_inplace(&mut product, &own.keys);
    assert!(matches!(no_key, Err(SealError::MissingRelinKey { .. })));
    let three = own.switcher.rotate(&product, Step(1), &own.keys);
    assert!(matches!(three, Err(SealError::Components { expected: 2, actual: 3, .. })));
    assert!(matches!(own.switcher.hoist(&product), Err(SealError::Components { .. })));
    let mut two = x.clone();
    own.switcher.relinearize_inplace(&mut two, &own.keys).unwrap(); // nothing to do
    let rescale = own.switcher.relinearize_rescale_inplace(&mut two, &own.keys);
    assert!(matches!(rescale, Err(SealError::Components { expected: 3, actual: 2, .. })));

    let plain = own.encoder.encode(&[1.0], Level(3), own.scale()).unwrap();
    let zero = own.encoder.encode(&[], Level(4), own.scale()).unwrap();
    for (plaintext, level) in [(&plain, true), (&zero, false)] {
        let extended = own.switcher.extend(plaintext).unwrap();
        let term = TransformTerm { giant: Step(0), baby: Step(1), plaintext, extended: &extended };
        match own.switcher.transform(&x, &[term], &own.keys) {
            Err(SealError::LevelMismatch { .. }) if level => {}
            Err(SealError::Transparent { .. }) if !level => {}
            other => panic!("{other:?}"),
        }
    }
    assert!(matches!(own.switcher.transform(&x, &[], &own.keys), Err(SealError::EmptySum { .. })));
    let sum = |terms: &[(&Ciphertext, Step)]| own.switcher.sum_rotations(terms, &own.keys);
    let (low, tenth) =
        (own.encrypt(&[1.0], Level(3)), own.encoder.encode(&[1.0], Level(4), own.scale() / 10.0).unwrap());
    let tenth = own.encryptor.encrypt(&tenth).unwrap();
    assert!(matches!(sum(&[]), Err(SealError::EmptySum { .. })));
    assert!(matches!(sum(&[(&x, Step(1)), (&low, Step(1))]), Err(SealError::LevelMismatch { .. })));
    assert!(matches!(sum(&[(&x, Step(1)), (&tenth, Step(1))]), Err(SealError::ScaleMismatch { .. })));
    assert!(matches!(sum(&[(&x, Step(2))]), Err(SealError::MissingGaloisKey { .. })));
    assert!(matches!(sum(&[(&x, Step(5))]), Err(SealError::KeyLevel { .. })));
    assert!(matches!(sum(&[(&product, Step(1))]), Err(SealError::Components { .. })));
    let extended = own.switcher.extend(&zero).unwrap();
    let term = TransformTerm { giant: Step(5), baby: Step(1), plaintext: &zero, extended: &extended };
    let cut = own.switcher.transform(&x, &[term], &own.keys);
    assert!(matches!(cut, Err(SealError::Transparent { .. } | SealError::KeyLevel { .. })));

    let other = Own::new(&chains()[2]);
    let foreign = other.encrypt(&[1.0], Level(1));
    assert!(matches!(own.switcher.rotate(&foreign, Step(1), &own.keys), Err(SealError::ForeignContext { .. })));
    assert!(matches!(own.switcher.rotate(&x, Step(1), &other.keys), Err(SealError::ForeignContext { .. })));
    assert!(matches!(own.switcher.extend(&foreign_plain(&other)), Err(SealError::ForeignContext { .. })));
    let above = SwitchingLevels { relin: Some(Level(5)), rotations: Default::default() };
    let mut generator = own.generator;
    assert!(matches!(generator.create_seeded_switching_keys(&above), Err(SealError::LevelTooHigh { .. })));
}

fn foreign_plain(other: &Own) -> Plaintext {
    other.encoder.encode(&[1.0], Level(1), other.scale()).unwrap()
}

#[test]
fn parameters_that_do_not_fit_are_refused() {
    // 60 bits are SEAL's alone.
    let parameters = Parameters::insecure(2048, &[50, 40, 60]).unwrap();
    assert!(!parameters.fit_kernels());
    let context = Context::new(&parameters).unwrap();
    assert!(matches!(Switcher::new(&context), Err(SealError::KernelPrime { bits: 60, max: 50 })));
    let two = |bits: &[u32], special| Parameters::insecure_with_special_primes(2048, bits, special);
    assert!(matches!(two(&[50, 40, 60, 60], 2), Err(SealError::KernelPrime { .. })));
    assert!(matches!(two(&[50, 40, 30, 30], 2), Err(SealError::SpecialPrime { special_bits: 60, .. })));
    for special in [0, 3, 4, usize::MAX] {
        assert!(matches!(two(&[50, 40, 50], special), Err(SealError::SpecialPrimeCount { .. })), "{special}");
    }
    // Special primes count against the bits that are secure.
    let secure = Parameters::with_special_primes(8192, &[50, 40, 40, 50, 50], 2);
    assert!(matches!(secure, Err(SealError::TooManyBits { allowed: 218, .. })));
    let path = Context::with_code_path(&chains()[0], "abacus").unwrap();
    assert!(matches!(Switcher::new(&path), Err(SealError::Library { .. })));
}
