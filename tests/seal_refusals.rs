//! Each refusal by its variant, and that in-place operations which refuse leave their operand as it was.

mod seal_kit;

use seal_kit::*;
use seal_nn::seal::*;
use seal_nn::{Level, SealError, Step};

/// Asserts that a result is a certain refusal.
macro_rules! refused {
    ($result:expr, $pattern:pat $(if $guard:expr)?) => {
        match $result {
            Err($pattern) $(if $guard)? => {}
            Err(other) => panic!("another refusal: {other}"),
            Ok(_) => panic!("not refused: {}", stringify!($result)),
        }
    };
}

/// Asserts that an in-place operation refuses and that its operand decrypts to the same bits as before.
macro_rules! refused_inplace {
    ($kit:expr, $x:expr, $operation:expr, $pattern:pat) => {{
        let mut x = $x.clone();
        let operation: &dyn Fn(&mut Ciphertext) -> Result<(), SealError> = &$operation;
        refused!(operation(&mut x), $pattern);
        assert_eq!((x.level(), x.scale(), x.size()), ($x.level(), $x.scale(), $x.size()));
        assert_eq!($kit.decrypt(&x), $kit.decrypt(&$x));
    }};
}

const NO_SCALES: [f64; 7] = [0.0, -0.0, -1.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MIN_POSITIVE / 2.0];

#[test]
fn encoding() {
    let kit = Kit::small(2, &[]);
    let (top, scale) = (kit.top(), kit.scale());
    let encode = |values: &[f64]| kit.encoder.encode(values, top, scale);
    refused!(encode(&[0.0; 1025]), SealError::TooManyValues { actual: 1025, slots: 1024, .. });
    refused!(kit.encoder.encode_complex(&[[0.0; 2]; 1025], top, scale), SealError::TooManyValues { actual: 1025, .. });
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        refused!(encode(&[1.0, bad]), SealError::NotFinite { index: 1, .. });
        refused!(kit.encoder.encode_complex(&[[1.0, bad]], top, scale), SealError::NotFinite { .. });
        refused!(kit.encoder.encode_constant(bad, top, scale), SealError::NotFinite { .. });
    }
    let above = Level(3);
    refused!(kit.encoder.encode(&[1.0], above, scale), SealError::LevelTooHigh { level: Level(3), top: Level(2), .. });
    refused!(kit.encoder.encode(&[1.0], Level(usize::MAX), scale), SealError::LevelTooHigh { .. });
    refused!(kit.encoder.encode_constant(1.0, above, scale), SealError::LevelTooHigh { .. });
    for bad in NO_SCALES {
        refused!(kit.encoder.encode(&[1.0], top, bad), SealError::InvalidScale { .. });
        refused!(kit.encoder.encode_constant(1.0, top, bad), SealError::InvalidScale { .. });
    }
    // 50 bits at level 0.
    let wide = 2_f64.powi(50);
    refused!(kit.encoder.encode(&[0.1], Level(0), wide), SealError::ScaleTooLarge { modulus_bits: 50, .. });
    refused!(kit.encoder.encode(&[1.0], top, f64::MAX), SealError::ScaleTooLarge { .. });
    // What must fit is the coefficient: a quarter of the modulus is too much, in one slot it is spread out.
    let large = 2_f64.powi(10);
    refused!(kit.encoder.encode(&[large; 1024], Level(0), scale), SealError::ValuesTooLarge { level: Level(0), .. });
    refused!(kit.encoder.encode_complex(&[[large, 0.0]; 1024], Level(0), scale), SealError::ValuesTooLarge { .. });
    refused!(kit.encoder.encode_constant(large, Level(0), scale), SealError::ValuesTooLarge { .. });
    refused!(kit.encoder.encode_constant(f64::MAX, top, scale), SealError::ValuesTooLarge { .. });
    refused!(kit.encoder.encode(&[f64::MAX], top, scale), SealError::ValuesTooLarge { .. });
    assert!(kit.encoder.encode(&[large], Level(0), scale).is_ok());
    refused!(kit.encoder.encode_constant(1e-13, top, scale), SealError::RoundsToZero { .. });
}

#[test]
fn operands_of_other_parameters() {
    let (kit, other) = (Kit::small(1, &[Step(1)]), Kit::small(2, &[Step(1)]));
    let (x, y) = (kit.encrypt(&[1.0]), other.encrypt(&[1.0]));
    let (plain, foreign) = (kit.plain(&[1.0]), other.plain(&[1.0]));
    let e = &kit.evaluator;
    refused!(e.add(&x, &y), SealError::ForeignContext { op: "add" });
    refused!(e.add(&y, &x), SealError::ForeignContext { .. });
    refused!(e.sub(&x, &y), SealError::ForeignContext { .. });
    refused!(e.negate(&y), SealError::ForeignContext { .. });
    refused!(e.add_many(&[&y]), SealError::ForeignContext { .. });
    refused!(e.add_many(&[&x, &y]), SealError::ForeignContext { .. });
    refused!(e.multiply(&x, &y), SealError::ForeignContext { .. });
    refused!(e.square(&y), SealError::ForeignContext { .. });
    refused!(e.multiply_sum(&[(&x, &x), (&x, &y)]), SealError::ForeignContext { .. });
    refused!(e.add_plain(&x, &foreign), SealError::ForeignContext { .. });
    refused!(e.sub_plain(&y, &plain), SealError::ForeignContext { .. });
    refused!(e.multiply_plain(&x, &foreign), SealError::ForeignContext { .. });
    refused!(e.relinearize_inplace(&mut x.clone(), &other.relin), SealError::ForeignContext { .. });
    refused!(e.rescale_inplace(&mut y.clone()), SealError::ForeignContext { .. });
    refused!(e.drop_to(&y, Level(0)), SealError::ForeignContext { .. });
    refused!(e.rotate(&x, Step(1), &other.galois), SealError::ForeignContext { .. });
    refused!(e.rotate(&y, Step(1), &kit.galois), SealError::ForeignContext { .. });
    refused!(e.rotate_many(&y, &[], &kit.galois), SealError::ForeignContext { .. });
    refused!(e.conjugate(&y, &kit.galois), SealError::ForeignContext { .. });
    refused!(e.linear_transform(&x, &[(Step(1), &foreign)], &kit.galois), SealError::ForeignContext { .. });
    refused!(kit.encoder.decode(&foreign), SealError::ForeignContext { .. });
    refused!(kit.encoder.decode_complex(&foreign), SealError::ForeignContext { .. });
    refused!(kit.encryptor.encrypt(&foreign), SealError::ForeignContext { .. });
    refused!(kit.encryptor.encrypt_seeded(&foreign), SealError::ForeignContext { .. });
    refused!(kit.decryptor.decrypt(&y), SealError::ForeignContext { .. });
    refused!(kit.decryptor.decrypt_decode(&y), SealError::ForeignContext { .. });
    refused!(SymmetricEncryptor::new(&kit.context, &other.secret), SealError::ForeignContext { .. });
    refused!(Decryptor::new(&kit.context, &other.secret), SealError::ForeignContext { .. });
    refused!(KeyGenerator::from_secret_key(&kit.context, &other.secret), SealError::ForeignContext { .. });
    let public = other.keys().create_public_key().unwrap();
    refused!(Encryptor::with_public_key(&kit.context, &public), SealError::ForeignContext { .. });
    let seeded = other.encryptor.encrypt_seeded(&foreign).unwrap();
    refused!(seeded.expand(&kit.context), SealError::ForeignContext { op: "expand" });
}

#[test]
fn levels() {
    let kit = Kit::small(2, &[Step(1)]);
    let e = &kit.evaluator;
    let high = kit.encrypt(&[0.5]);
    let low = e.drop_to(&high, Level(1)).unwrap();
    let bottom = e.drop_to(&high, Level(0)).unwrap();
    refused!(e.add(&high, &low), SealError::LevelMismatch { op: "add", left: Level(2), right: Level(1) });
    refused!(e.multiply(&low, &high), SealError::LevelMismatch { left: Level(1), right: Level(2), .. });
    refused!(e.add_many(&[&high, &high, &low]), SealError::LevelMismatch { .. });
    refused!(e.multiply_sum(&[(&high, &high), (&low, &low)]), SealError::LevelMismatch { .. });
    let plain = kit.plain(&[1.0]);
    refused!(e.add_plain(&low, &plain), SealError::LevelMismatch { .. });
    refused!(e.multiply_plain(&low, &plain), SealError::LevelMismatch { .. });
    refused!(e.linear_transform(&low, &[(Step(1), &plain)], &kit.galois), SealError::LevelMismatch { .. });
    refused!(e.drop_to(&low, Level(2)), SealError::LevelRaise { from: Level(1), to: Level(2), .. });
    refused_inplace!(kit, low, |x| e.drop_to_inplace(x, Level(7)), SealError::LevelRaise { .. });
    refused_inplace!(kit, bottom, |x| e.rescale_inplace(x), SealError::OutOfLevels { op: "rescale" });
    refused_inplace!(kit, high, |x| e.add_inplace(x, &low), SealError::LevelMismatch { .. });
}

#[test]
fn scales() {
    let kit = Kit::small(1, &[Step(1)]);
    let e = &kit.evaluator;
    let x = kit.encrypt(&[0.5]);
    let mut other = x.clone();
    other.set_scale(kit.scale() * (1.0 + 2.0 * f64::EPSILON)).unwrap();
    refused_inplace!(kit, x, |x| e.add_inplace(x, &other), SealError::ScaleMismatch { op: "add", .. });
    refused_inplace!(kit, x, |x| e.sub_inplace(x, &other), SealError::ScaleMismatch { .. });
    refused!(e.add_many(&[&x, &other]), SealError::ScaleMismatch { .. });
    refused!(e.multiply_sum(&[(&x, &x), (&x, &other)]), SealError::ScaleMismatch { .. });
    let plain = kit.encoder.encode(&[1.0], kit.top(), 2.0 * kit.scale()).unwrap();
    refused_inplace!(kit, x, |x| e.add_plain_inplace(x, &plain), SealError::ScaleMismatch { .. });
    refused_inplace!(kit, x, |x| e.sub_plain_inplace(x, &plain), SealError::ScaleMismatch { .. });
    let terms = [(Step(1), &kit.plain(&[1.0])), (Step(0), &plain)];
    refused!(e.linear_transform(&x, &terms, &kit.galois), SealError::ScaleMismatch { .. });

    for scale in NO_SCALES {
        refused_inplace!(kit, x, |x| x.set_scale(scale), SealError::InvalidScale { .. });
    }
    refused_inplace!(kit, x, |x| x.set_scale(2_f64.powi(90)), SealError::ScaleTooLarge { modulus_bits: 90, .. });
    refused_inplace!(kit, x, |x| x.set_scale(2_f64.powi(1000)), SealError::ScaleTooLarge { .. });

    // 80 bits of scale do not fit under the 50 of level 0: not in a product, not after a drop.
    let low = e.drop_to(&x, Level(0)).unwrap();
    refused!(e.multiply(&low, &low), SealError::ScaleTooLarge { level: Level(0), modulus_bits: 50, .. });
    refused!(e.square(&low), SealError::ScaleTooLarge { .. });
    refused!(e.multiply_sum(&[(&low, &low)]), SealError::ScaleTooLarge { .. });
    let one = kit.encoder.encode_constant(1.0, Level(0), kit.scale()).unwrap();
    refused_inplace!(kit, low, |x| e.multiply_plain_inplace(x, &one), SealError::ScaleTooLarge { .. });
    refused!(e.linear_transform(&low, &[(Step(1), &one)], &kit.galois), SealError::ScaleTooLarge { .. });
    let square = e.square(&x).unwrap();
    refused!(e.drop_to(&square, Level(0)), SealError::ScaleTooLarge { level: Level(0), .. });
    // A scale that would vanish in a rescale.
    let mut tiny = x.clone();
    tiny.set_scale(f64::MIN_POSITIVE).unwrap();
    refused!(e.rescale_inplace(&mut tiny), SealError::InvalidScale { op: "rescale", .. });
}

#[test]
fn components() {
    let kit = Kit::small(2, &[Step(1)]);
    let e = &kit.evaluator;
    let two = kit.encrypt(&[0.5]);
    let three = e.square(&two).unwrap();
    refused!(e.multiply(&three, &two), SealError::Components { op: "multiply", expected: 2, actual: 3 });
    refused!(e.multiply(&two, &three), SealError::Components { .. });
    refused!(e.square(&three), SealError::Components { .. });
    refused!(e.multiply_sum(&[(&two, &three)]), SealError::Components { .. });
    refused!(e.rotate(&three, Step(1), &kit.galois), SealError::Components { op: "rotate", .. });
    refused!(e.rotate(&three, Step(0), &kit.galois), SealError::Components { .. });
    refused!(e.rotate_many(&three, &[Step(1)], &kit.galois), SealError::Components { .. });
    refused!(e.conjugate(&three, &kit.galois), SealError::Components { .. });
    let plain = kit.plain(&[1.0]);
    refused!(e.linear_transform(&three, &[(Step(1), &plain)], &kit.galois), SealError::Components { .. });
    // Two components need no relinearisation.
    let mut same = two.clone();
    e.relinearize_inplace(&mut same, &kit.relin).unwrap();
    assert_eq!(kit.decrypt(&same), kit.decrypt(&two));
}

#[test]
fn keys_that_are_not_there() {
    let kit = Kit::small(1, &[Step(1), Step(4)]);
    let e = &kit.evaluator;
    let x = kit.encrypt(&[0.5]);
    // SEAL would compose 5 from 4 and 1.
    match e.rotate(&x, Step(5), &kit.galois) {
        Err(SealError::MissingGaloisKey { step: Step(5), available }) => assert_eq!(available, [Step(1), Step(4)]),
        other => panic!("{other:?}"),
    }
    refused!(e.rotate(&x, Step(1023), &kit.galois), SealError::MissingGaloisKey { step: Step(-1), .. });
    refused!(e.rotate(&x, Step(i32::MIN + 2), &kit.galois), SealError::MissingGaloisKey { step: Step(2), .. });
    refused!(e.rotate_many(&x, &[Step(1), Step(2)], &kit.galois), SealError::MissingGaloisKey { step: Step(2), .. });
    let plain = kit.plain(&[1.0]);
    refused!(
        e.linear_transform(&x, &[(Step(1), &plain), (Step(3), &plain)], &kit.galois),
        SealError::MissingGaloisKey { step: Step(3), .. }
    );
    refused!(e.conjugate(&x, &kit.galois), SealError::MissingConjugationKey);
    // No rotation, no key.
    let none = kit.keys().create_galois_keys(&[Step(0)]).unwrap();
    assert!(none.steps().is_empty() && !none.has_conjugation());
    assert!(e.rotate(&x, Step(0), &none).is_ok());
    assert!(e.rotate(&x, Step(1024), &none).is_ok());
}

#[test]
fn sums_of_nothing() {
    let kit = Kit::small(1, &[]);
    let x = kit.encrypt(&[0.5]);
    refused!(kit.evaluator.add_many(&[]), SealError::EmptySum { op: "add_many" });
    refused!(kit.evaluator.multiply_sum(&[]), SealError::EmptySum { .. });
    refused!(kit.evaluator.linear_transform(&x, &[], &kit.galois), SealError::EmptySum { .. });
}

#[test]
fn transparent_results() {
    let kit = Kit::small(2, &[Step(1)]);
    let e = &kit.evaluator;
    let (x, y) = (kit.encrypt(&kit.random(1)), kit.encrypt(&kit.random(2)));
    let minus = e.negate(&x).unwrap();
    refused_inplace!(kit, x, |z| e.sub_inplace(z, &x), SealError::Transparent { op: "sub" });
    refused_inplace!(kit, x, |z| e.add_inplace(z, &minus), SealError::Transparent { op: "add" });
    refused!(e.add_many(&[&x, &minus, &y]), SealError::Transparent { .. });
    let zeros = kit.plain(&[]);
    refused_inplace!(kit, x, |z| e.multiply_plain_inplace(z, &zeros), SealError::Transparent { op: "multiply_plain" });
    let product = e.multiply(&x, &y).unwrap();
    refused_inplace!(kit, product, |z| e.multiply_plain_inplace(z, &zeros), SealError::Transparent { .. });
    refused_inplace!(kit, product, |z| e.sub_inplace(z, &product), SealError::Transparent { .. });
    refused!(e.multiply_sum(&[(&x, &y), (&minus, &y)]), SealError::Transparent { .. });
    let ones = kit.plain(&[1.0]);
    refused!(
        e.linear_transform(&x, &[(Step(1), &ones), (Step(0), &zeros)], &kit.galois),
        SealError::Transparent { .. }
    );
    // Zeros may be added, and encrypted.
    assert_eq!(kit.decrypt(&e.add_plain(&x, &zeros).unwrap()), kit.decrypt(&x));
    assert!(kit.encryptor.encrypt(&zeros).is_ok());
}

#[test]
fn refusals_say_what_to_do() {
    let kit = Kit::small(1, &[Step(1)]);
    let x = kit.encrypt(&[0.5]);
    let text = kit.evaluator.rotate(&x, Step(2), &kit.galois).unwrap_err().to_string();
    assert!(text.contains("step 2") && text.contains("[Step(1)]") && text.contains("generate"), "{text}");
    let plain = kit.encoder.encode(&[1.0], kit.top(), 2.0 * kit.scale()).unwrap();
    let text = kit.evaluator.add_plain(&x, &plain).unwrap_err().to_string();
    assert!(text.contains("1.099511627776e12") && text.contains("2.199023255552e12"), "{text}");
    let text = format!("{x:?} {:?} {:?}", plain, kit.galois);
    assert!(text.contains("level: Level(1)") && text.contains("size: 2"), "{text}");
}
