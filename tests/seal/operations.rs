//! Every operation on random slots against plain arithmetic. Values lie in [-1, 1], so an error that a product carries
//! is at most `e_x + e_y`: variance `2 fresh`, at scale D^2.

use crate::kit::seal::*;
use seal_nn::seal::*;
use seal_nn::{Level, Rotation, SealError};

#[test]
fn encoding_there_and_back() {
    let kit = Kit::small(2, &[]);
    let x = kit.random(1);
    let plain = kit.plain(&x);
    assert_eq!((plain.level(), plain.scale()), (kit.top(), kit.scale()));
    assert_within(&kit.encoder.decode(&plain).unwrap(), &x, kit.noise().encoding(), kit.scale());

    // Fewer values than slots: zeros fill the rest.
    let few = kit.encoder.encode(&x[..3], Level(0), kit.scale()).unwrap();
    assert_eq!(few.level(), Level(0));
    let mut padded = vec![0.0; x.len()];
    padded[..3].copy_from_slice(&x[..3]);
    assert_within(&kit.encoder.decode(&few).unwrap(), &padded, kit.noise().encoding(), kit.scale());
    assert!(kit.encoder.encode(&[], kit.top(), kit.scale()).unwrap().is_zero());
}

#[test]
fn complex_encoding_there_and_back() {
    let kit = Kit::small(1, &[]);
    let values: Vec<[f64; 2]> = kit.random(2).iter().zip(kit.random(3)).map(|(&re, im)| [re, im]).collect();
    let plain = kit.encoder.encode_complex(&values, kit.top(), kit.scale()).unwrap();
    let decoded = kit.encoder.decode_complex(&plain).unwrap();
    for part in 0..2 {
        let column = |v: &[[f64; 2]]| v.iter().map(|z| z[part]).collect::<Vec<_>>();
        assert_within(&column(&decoded), &column(&values), kit.noise().encoding(), kit.scale());
    }
}

#[test]
fn constants_are_exact() {
    let kit = Kit::small(1, &[]);
    for value in [1.0, -0.75, 3.5, 0.0] {
        let plain = kit.encoder.encode_constant(value, kit.top(), kit.scale()).unwrap();
        // Only the transforms of the decoder round, in double precision.
        assert!(kit.encoder.decode(&plain).unwrap().iter().all(|slot| (slot - value).abs() < 1e-12));
    }
}

#[test]
fn encryption_under_both_keys() {
    let kit = Kit::small(2, &[]);
    let x = kit.random(4);
    let plain = kit.encoder.encode(&x, Level(1), kit.scale()).unwrap();

    let symmetric = kit.encryptor.encrypt(&plain).unwrap();
    assert_eq!((symmetric.level(), symmetric.scale(), symmetric.size()), (Level(1), kit.scale(), 2));
    assert_within(&kit.decrypt(&symmetric), &x, kit.noise().fresh(), kit.scale());

    let key = kit.keys().create_public_key().unwrap();
    let public = Encryptor::with_public_key(&kit.context, &key).unwrap().encrypt(&plain).unwrap();
    assert_eq!((public.level(), public.scale(), public.size()), (Level(1), kit.scale(), 2));
    let variance = kit.noise().encoding() + kit.noise().rounding();
    assert_within(&kit.decrypt(&public), &x, variance, kit.scale());
}

#[test]
fn seeded_forms_are_half_the_size() {
    let mut kit = Kit::small(2, &[]);
    let x = kit.random(5);
    let half = |seeded: usize, whole: usize| (0.49..0.51).contains(&(seeded as f64 / whole as f64));

    let seeded = kit.encryptor.encrypt_seeded(&kit.plain(&x)).unwrap();
    let whole = seeded.expand(&kit.context).unwrap();
    assert!(half(seeded.serialized_bytes(), whole.serialized_bytes().unwrap()));
    assert_eq!(seeded.as_bytes().len(), seeded.serialized_bytes());
    assert_within(&kit.decrypt(&whole), &x, kit.noise().fresh(), kit.scale());

    let seeded = kit.keys().create_seeded_public_key().unwrap();
    let whole = seeded.expand(&kit.context).unwrap();
    assert!(half(seeded.serialized_bytes(), whole.serialized_bytes().unwrap()));
    let encrypted = Encryptor::with_public_key(&kit.context, &whole).unwrap().encrypt(&kit.plain(&x)).unwrap();
    assert_within(&kit.decrypt(&encrypted), &x, kit.noise().encoding() + kit.noise().rounding(), kit.scale());

    let seeded = kit.keys().create_seeded_relin_keys().unwrap();
    kit.relin = seeded.expand(&kit.context).unwrap();
    assert!(half(seeded.serialized_bytes(), kit.relin.serialized_bytes().unwrap()));
    let square = kit.finish(kit.evaluator.square(&kit.encrypt(&x)).unwrap());
    assert_eq!(square.size(), 2);
    let variance = 4.0 * kit.noise().fresh() + kit.noise().rounding();
    assert_within(&kit.decrypt(&square), &map(&x, |a| a * a), variance, kit.scale());

    let seeded = kit.keys().create_seeded_galois_keys(&[Rotation(3), Rotation(-3)]).unwrap();
    let galois = seeded.expand(&kit.context).unwrap();
    assert_eq!(galois.rotations(), &[Rotation(-3), Rotation(3)]);
    let bytes = galois.serialized_bytes().unwrap() - 8 * 2048; // a list of N possible keys
    assert!(half(seeded.serialized_bytes() - 8 * 2048, bytes));
    let turned = kit.evaluator.rotate(&kit.encrypt(&x), Rotation(3), &galois).unwrap();
    let variance = kit.noise().fresh() + kit.noise().rotation();
    assert_within(&kit.decrypt(&turned), &rotated(&x, 3), variance, kit.scale());
}

#[test]
fn a_key_takes_what_its_documentation_says() {
    let kit = Kit::small(2, &[]);
    let (n, l) = (2048, 2);
    let data = 16 * n * (l + 1) * (l + 2);
    let bytes = kit.relin.serialized_bytes().unwrap();
    assert!((data..data + data / 100).contains(&bytes), "{bytes} for {data}");
}

#[test]
fn zeros_at_a_level() {
    let kit = Kit::small(2, &[]);
    let public = kit.keys().create_public_key().unwrap();
    let public = Encryptor::with_public_key(&kit.context, &public).unwrap();
    let (level, scale) = (Level(1), kit.scale());
    let x = kit.evaluator.drop_to(&kit.encrypt(&[0.5]), level).unwrap();
    for zeros in [public.encrypt_zero(level, scale).unwrap(), kit.encryptor.encrypt_zero(level, scale).unwrap()] {
        assert_eq!((zeros.level(), zeros.scale(), zeros.size()), (level, scale, 2));
        assert!(kit.decrypt(&zeros).iter().all(|slot| slot.abs() < 1e-6));
        assert!((kit.decrypt(&kit.evaluator.add(&x, &zeros).unwrap())[0] - 0.5).abs() < 1e-6);
    }
    let zero = |level, scale| kit.encryptor.encrypt_zero(level, scale);
    assert!(matches!(zero(Level(3), scale), Err(SealError::LevelTooHigh { op: "encrypt_zero", .. })));
    assert!(matches!(zero(level, f64::NAN), Err(SealError::InvalidScale { .. })));
    assert!(matches!(public.encrypt_zero(Level(0), 2_f64.powi(70)), Err(SealError::ScaleTooLarge { .. })));
}

#[test]
fn plaintexts_go_down() {
    let kit = Kit::small(2, &[]);
    let x = kit.random(1);
    let plain = kit.plain(&x);
    for level in (0..3).map(Level) {
        let low = kit.evaluator.drop_plain_to(&plain, level).unwrap();
        assert_eq!((low.level(), low.scale()), (level, kit.scale()));
        let (low, high) = (kit.encoder.decode(&low).unwrap(), kit.encoder.decode(&plain).unwrap());
        assert!(low.iter().zip(&high).all(|(a, b)| (a - b).abs() < 1e-9));
    }
    let low = kit.evaluator.drop_plain_to(&plain, Level(0)).unwrap();
    let up = kit.evaluator.drop_plain_to(&low, Level(1));
    assert!(matches!(up, Err(SealError::LevelRaise { from: Level(0), to: Level(1), .. })));
    let wide = kit.encoder.encode(&[0.1], kit.top(), 2_f64.powi(60)).unwrap();
    assert!(matches!(kit.evaluator.drop_plain_to(&wide, Level(0)), Err(SealError::ScaleTooLarge { .. })));
    let foreign = Kit::small(1, &[]).plain(&[1.0]);
    assert!(matches!(kit.evaluator.drop_plain_to(&foreign, Level(0)), Err(SealError::ForeignContext { .. })));
}

#[test]
fn sums_and_differences() {
    let kit = Kit::small(1, &[]);
    let (x, y, z) = (kit.random(6), kit.random(7), kit.random(8));
    let (cx, cy, cz) = (kit.encrypt(&x), kit.encrypt(&y), kit.encrypt(&z));
    let (e, fresh) = (&kit.evaluator, kit.noise().fresh());
    let check = |actual: Ciphertext, expected: &[f64], variance: f64| {
        assert_eq!((actual.level(), actual.scale(), actual.size()), (kit.top(), kit.scale(), 2));
        assert_within(&kit.decrypt(&actual), expected, variance, kit.scale());
    };
    check(e.add(&cx, &cy).unwrap(), &zip(&x, &y, |a, b| a + b), 2.0 * fresh);
    check(e.sub(&cx, &cy).unwrap(), &zip(&x, &y, |a, b| a - b), 2.0 * fresh);
    check(e.negate(&cx).unwrap(), &map(&x, |a| -a), fresh);
    let sum = zip(&zip(&x, &y, |a, b| a + b), &z, |a, b| a + b);
    check(e.add_many(&[&cx, &cy, &cz]).unwrap(), &sum, 3.0 * fresh);
    check(e.add_many(&[&cx]).unwrap(), &x, fresh);
    let plain = kit.plain(&y);
    check(e.add_plain(&cx, &plain).unwrap(), &zip(&x, &y, |a, b| a + b), fresh + kit.noise().encoding());
    check(e.sub_plain(&cx, &plain).unwrap(), &zip(&x, &y, |a, b| a - b), fresh + kit.noise().encoding());
    check(cx, &x, fresh); // untouched
}

#[test]
fn products() {
    let kit = Kit::small(2, &[]);
    let (x, y) = (kit.random(9), kit.random(10));
    let (cx, cy) = (kit.encrypt(&x), kit.encrypt(&y));
    let (e, fresh) = (&kit.evaluator, kit.noise().fresh());
    let canonical = kit.context.parameters().canonical_scales();
    let check = |actual: Ciphertext, expected: &[f64], variance: f64| {
        assert_eq!((actual.level(), actual.scale(), actual.size()), (Level(1), canonical[1], 2));
        assert_within(&kit.decrypt(&actual), expected, variance + kit.noise().rounding(), actual.scale());
    };
    let product = e.multiply(&cx, &cy).unwrap();
    assert_eq!((product.size(), product.scale()), (3, kit.scale() * kit.scale()));
    // Three components decrypt as well.
    let xy = zip(&x, &y, |a, b| a * b);
    assert_within(&kit.decrypt(&product), &xy, 2.0 * fresh, kit.scale());
    check(kit.finish(product), &xy, 2.0 * fresh);
    check(kit.finish(e.square(&cx).unwrap()), &map(&x, |a| a * a), 4.0 * fresh);

    let sum = e.multiply_sum(&[(&cx, &cy), (&cx, &cx), (&cy, &cx)]).unwrap();
    assert_eq!(sum.size(), 3);
    // 2xy + x^2: errors (2y + 2x) e_x + 2x e_y.
    check(kit.finish(sum), &zip(&x, &y, |a, b| 2.0 * a * b + a * a), (16.0 + 4.0) * fresh);

    let plain = e.multiply_plain(&cx, &kit.plain(&y)).unwrap();
    assert_eq!(plain.size(), 2);
    check(kit.finish(plain), &xy, fresh + kit.noise().encoding());
}

#[test]
fn a_power_keeps_the_canonical_scales() {
    let kit = Kit::small(3, &[]);
    let x = kit.random(11);
    let mut power = kit.encrypt(&x);
    let canonical = kit.context.parameters().canonical_scales();
    let mut variance = kit.noise().fresh();
    for level in (0..3).rev() {
        power = kit.finish(kit.evaluator.square(&power).unwrap());
        assert_eq!((power.level(), power.scale()), (Level(level), canonical[level]));
        variance = 4.0 * variance + kit.noise().rounding();
    }
    assert_within(&kit.decrypt(&power), &map(&x, |a| a.powi(8)), variance, power.scale());
}

#[test]
fn dropping_keeps_values_and_scale() {
    let kit = Kit::small(3, &[]);
    let x = kit.random(12);
    let fresh = kit.encrypt(&x);
    for level in [3, 2, 0] {
        let dropped = kit.evaluator.drop_to(&fresh, Level(level)).unwrap();
        assert_eq!((dropped.level(), dropped.scale(), dropped.size()), (Level(level), kit.scale(), 2));
        assert_within(&kit.decrypt(&dropped), &x, kit.noise().fresh(), kit.scale());
        let mut inplace = fresh.clone();
        kit.evaluator.drop_to_inplace(&mut inplace, Level(level)).unwrap();
        assert_eq!(inplace.level(), Level(level));
        assert_eq!(kit.decrypt(&inplace), kit.decrypt(&dropped));
    }
    // Three components, too.
    let mut square = kit.evaluator.square(&fresh).unwrap();
    kit.evaluator.drop_to_inplace(&mut square, Level(1)).unwrap();
    let square = kit.finish(square);
    let variance = 4.0 * kit.noise().fresh() + kit.noise().rounding();
    assert_within(&kit.decrypt(&square), &map(&x, |a| a * a), variance, square.scale());
}

#[test]
fn a_declared_scale_divides_the_values() {
    let kit = Kit::small(1, &[]);
    let x = kit.random(13);
    let mut cx = kit.encrypt(&x);
    cx.set_scale(4.0 * kit.scale()).unwrap();
    assert_within(&kit.decrypt(&cx), &map(&x, |a| a / 4.0), kit.noise().fresh(), cx.scale());
}

#[test]
fn rotations() {
    let half = 512; // S = 1024
    let kit = Kit::small(1, &[Rotation(1), Rotation(-1), Rotation(7), Rotation(half)]);
    assert_eq!(kit.galois.rotations(), &[Rotation(-1), Rotation(1), Rotation(7), Rotation(half)]);
    let x = kit.random(14);
    let cx = kit.encrypt(&x);
    let variance = kit.noise().fresh() + kit.noise().rotation();
    let check = |actual: &Ciphertext, step: Rotation| {
        assert_eq!((actual.level(), actual.scale(), actual.size()), (kit.top(), kit.scale(), 2));
        assert_within(&kit.decrypt(actual), &rotated(&x, step.0), variance, kit.scale());
    };
    // Steps count modulo S: 1023 is -1, -512 is 512, 2048 is 0.
    let steps = [1, -1, 7, half, 0, 1023, -half, 2048, -1023].map(Rotation);
    for step in steps {
        check(&kit.evaluator.rotate(&cx, step, &kit.galois).unwrap(), step);
    }
    let many = kit.evaluator.rotate_many(&cx, &steps, &kit.galois).unwrap();
    assert_eq!(many.len(), steps.len());
    for (actual, step) in many.iter().zip(steps) {
        check(actual, step);
    }
    assert!(kit.evaluator.rotate_many(&cx, &[], &kit.galois).unwrap().is_empty());
}

#[test]
fn conjugation() {
    let kit = Kit::small(1, &[]);
    for seeded in [false, true] {
        let key = match seeded {
            false => kit.keys().create_conjugation_key().unwrap(),
            true => kit.keys().create_seeded_conjugation_key().unwrap().expand(&kit.context).unwrap(),
        };
        assert!(key.has_conjugation() && key.rotations().is_empty());
        let values: Vec<[f64; 2]> = kit.random(15).iter().zip(kit.random(16)).map(|(&re, im)| [re, im]).collect();
        let plain = kit.encoder.encode_complex(&values, kit.top(), kit.scale()).unwrap();
        let conjugate = kit.evaluator.conjugate(&kit.encryptor.encrypt(&plain).unwrap(), &key).unwrap();
        let plain = kit.decryptor.decrypt(&conjugate).unwrap().open_as_key_owner();
        let decoded = kit.encoder.decode_complex(&plain).unwrap();
        let variance = kit.noise().fresh() + kit.noise().rotation();
        for (part, sign) in [(0, 1.0), (1, -1.0)] {
            let actual: Vec<f64> = decoded.iter().map(|z| z[part]).collect();
            let expected: Vec<f64> = values.iter().map(|z| sign * z[part]).collect();
            assert_within(&actual, &expected, variance, kit.scale());
        }
    }
}

#[test]
fn linear_transforms() {
    let kit = Kit::small(1, &[Rotation(1), Rotation(5)]);
    let x = kit.random(17);
    let cx = kit.encrypt(&x);
    let weights = [kit.random(18), kit.random(19), kit.random(20), kit.random(21)];
    let steps = [Rotation(5), Rotation(0), Rotation(1), Rotation(5)];
    let plain: Vec<Plaintext> = weights.iter().map(|w| kit.plain(w)).collect();
    let terms: Vec<(Rotation, &Plaintext)> = steps.into_iter().zip(&plain).collect();
    let transformed = kit.evaluator.linear_transform(&cx, &terms, &kit.galois).unwrap();
    assert_eq!((transformed.level(), transformed.size()), (kit.top(), 2));
    let mut expected = vec![0.0; x.len()];
    for (step, w) in steps.iter().zip(&weights) {
        expected = zip(&expected, &zip(w, &rotated(&x, step.0), |a, b| a * b), |a, b| a + b);
    }
    let noise = kit.noise();
    let each = noise.fresh() + noise.rotation() + noise.encoding();
    let result = kit.finish(transformed);
    assert_within(&kit.decrypt(&result), &expected, 4.0 * each + noise.rounding(), result.scale());
}

#[test]
fn keys_from_a_secret_key_work_with_it() {
    let kit = Kit::small(1, &[]);
    let galois = kit.keys().create_galois_keys(&[Rotation(2)]).unwrap();
    let x = kit.random(22);
    let turned = kit.evaluator.rotate(&kit.encrypt(&x), Rotation(2), &galois).unwrap();
    let variance = kit.noise().fresh() + kit.noise().rotation();
    assert_within(&kit.decrypt(&turned), &rotated(&x, 2), variance, kit.scale());
}

#[test]
fn equal_parameters_make_equal_contexts() {
    let kit = Kit::small(1, &[]);
    let elsewhere = Context::new(&small(1)).unwrap();
    let evaluator = Evaluator::new(&elsewhere).unwrap();
    let x = kit.random(23);
    let double = evaluator.add(&kit.encrypt(&x), &kit.encrypt(&x)).unwrap();
    assert_within(&kit.decrypt(&double), &map(&x, |a| 2.0 * a), 2.0 * kit.noise().fresh(), kit.scale());
}

#[test]
fn the_smallest_rings_compute_too() {
    for degree in [2, 4, 8, 16, 32, 64] {
        let kit =
            Kit::new(&Parameters::builder().depth(1, 40).degree(degree).insecure().build().unwrap(), &[Rotation(1)]);
        let x = kit.random(24);
        let turned = kit.evaluator.rotate(&kit.encrypt(&x), Rotation(1), &kit.galois).unwrap();
        let square = kit.finish(kit.evaluator.square(&turned).unwrap());
        // Formulas for large N do not hold here: the errors are a few hundred at most.
        let worst =
            zip(&kit.decrypt(&square), &rotated(&x, 1), |a, b| (a - b * b).abs()).into_iter().fold(0.0, f64::max);
        assert!(worst < 1e3 / kit.scale(), "{degree}: {worst}");
    }
}
