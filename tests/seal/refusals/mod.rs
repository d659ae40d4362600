//! Misuse of CKKS: every public operation with every operand that does not belong, by the variant of the refusal; then
//! what of a refusal is more than its variant.

mod operands;
mod table;

use crate::kit::insecure;
use crate::kit::seal::*;
use crate::refusals_kit;
use operands::{Bench, CHAIN, Operands, misuses};
use seal_nn::seal::*;
use seal_nn::{Level, Rotation, SealError};
use table::{ELSEWHERE, table};

#[test]
fn every_operation_and_every_misuse() {
    // Of the same ring: only one prime differs.
    let (bench, other) = (Bench::new(&CHAIN), Bench::new(&[50, 40, 41, 50]));
    refusals_kit::check(&table(), &bench, &Operands::new(&bench), &misuses(&bench, &other));
}

#[test]
fn the_table_has_every_operation() {
    refusals_kit::check_completeness(&["src/seal", "src/seal/common"], table().iter().map(|row| row.name), &ELSEWHERE);
}

/// Digits are laid out for one ring and one code path.
#[test]
fn hoisted_ciphertexts_of_another_switcher() {
    let (small, large) = (Bench::new(&CHAIN), Kit::new(&insecure(8192, &CHAIN).unwrap(), &[]));
    let own = Operands::new(&small);
    let hybrid = HybridEvaluator::new(&large.context).unwrap();
    let levels = HybridKeyLevels::all(large.context.parameters(), &[Rotation(1)]);
    let keys = large.keys().create_seeded_hybrid_keys(&levels).unwrap().expand(&large.context).unwrap();
    let hoisted = small.hybrid.hoist(&own.x).unwrap();
    refused!(hybrid.rotate_hoisted(&hoisted, Rotation(1), &keys), SealError::ForeignContext { op: "rotate" });
    for path in code_paths().unwrap() {
        let context = Context::with_code_path(small.kit.context.parameters(), &path).unwrap();
        let hoisted = HybridEvaluator::new(&context).unwrap();
        let hoisted = hoisted.hoist(&own.x).unwrap();
        match small.hybrid.rotate_hoisted(&hoisted, Rotation(1), &own.switching) {
            Ok(y) => assert!(path == small.hybrid.code_path().unwrap() && y.level() == own.x.level()),
            Err(SealError::Library { message, .. }) => assert!(message.contains("code path"), "{message}"),
            Err(other) => panic!("{other}"),
        }
    }
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
fn levels() {
    let kit = Kit::small(2, &[]);
    let e = &kit.evaluator;
    let (high, plain) = (kit.encrypt(&[0.5]), kit.plain(&[1.0]));
    let (low, bottom) = (e.drop_to(&high, Level(1)).unwrap(), e.drop_to(&high, Level(0)).unwrap());
    refused!(e.add(&high, &low), SealError::LevelMismatch { op: "add", left: Level(2), right: Level(1) });
    refused!(e.multiply_plain(&low, &plain), SealError::LevelMismatch { left: Level(1), right: Level(2), .. });
    // Not only the second one.
    refused!(e.add_many(&[&high, &high, &low]), SealError::LevelMismatch { .. });
    refused!(e.multiply_sum(&[(&high, &high), (&low, &low)]), SealError::LevelMismatch { .. });
    refused!(e.drop_to(&low, Level(2)), SealError::LevelRaise { from: Level(1), to: Level(2), .. });
    refused!(e.drop_to(&low, Level(usize::MAX)), SealError::LevelRaise { .. });
    refused!(e.rescale_inplace(&mut bottom.clone()), SealError::OutOfLevels { op: "rescale" });
}

#[test]
fn scales() {
    let kit = Kit::small(1, &[]);
    let e = &kit.evaluator;
    let x = kit.encrypt(&[0.5]);
    let mut other = x.clone();
    other.set_scale(kit.scale() * (1.0 + 2.0 * f64::EPSILON)).unwrap();
    refused!(e.add(&x, &other), SealError::ScaleMismatch { op: "add", .. });
    for scale in NO_SCALES {
        refused!(x.clone().set_scale(scale), SealError::InvalidScale { .. });
    }
    refused!(x.clone().set_scale(2_f64.powi(90)), SealError::ScaleTooLarge { modulus_bits: 90, .. });
    refused!(x.clone().set_scale(2_f64.powi(1000)), SealError::ScaleTooLarge { .. });
    // 80 bits of scale do not fit under the 50 of level 0: not in a product, not after a drop.
    let low = e.drop_to(&x, Level(0)).unwrap();
    refused!(e.multiply(&low, &low), SealError::ScaleTooLarge { level: Level(0), modulus_bits: 50, .. });
    refused!(e.drop_to(&e.square(&x).unwrap(), Level(0)), SealError::ScaleTooLarge { level: Level(0), .. });
}

#[test]
fn components() {
    let kit = Kit::small(2, &[Rotation(1)]);
    let e = &kit.evaluator;
    let two = kit.encrypt(&[0.5]);
    let three = e.square(&two).unwrap();
    refused!(e.multiply(&three, &two), SealError::Components { op: "multiply", expected: 2, actual: 3 });
    refused!(e.rotate(&three, Rotation(1), &kit.galois), SealError::Components { op: "rotate", .. });
    // Two components need no relinearisation.
    let mut same = two.clone();
    e.relinearize_inplace(&mut same, &kit.relin).unwrap();
    assert_eq!(kit.decrypt(&same), kit.decrypt(&two));
}

#[test]
fn keys_that_are_not_there() {
    let kit = Kit::small(1, &[Rotation(1), Rotation(4)]);
    let e = &kit.evaluator;
    let x = kit.encrypt(&[0.5]);
    // SEAL would compose 5 from 4 and 1.
    match e.rotate(&x, Rotation(5), &kit.galois) {
        Err(SealError::MissingGaloisKey { step: Rotation(5), available }) => {
            assert_eq!(available, [Rotation(1), Rotation(4)])
        }
        other => panic!("{other:?}"),
    }
    refused!(e.rotate(&x, Rotation(1023), &kit.galois), SealError::MissingGaloisKey { step: Rotation(-1), .. });
    refused!(e.rotate(&x, Rotation(i32::MIN + 2), &kit.galois), SealError::MissingGaloisKey { step: Rotation(2), .. });
    refused!(
        e.rotate_many(&x, &[Rotation(1), Rotation(2)], &kit.galois),
        SealError::MissingGaloisKey { step: Rotation(2), .. }
    );
    let plain = kit.plain(&[1.0]);
    refused!(
        e.linear_transform(&x, &[(Rotation(1), &plain), (Rotation(3), &plain)], &kit.galois),
        SealError::MissingGaloisKey { step: Rotation(3), .. }
    );
    refused!(e.conjugate(&x, &kit.galois), SealError::MissingConjugationKey);
    // No rotation, no key.
    let none = kit.keys().create_galois_keys(&[Rotation(0)]).unwrap();
    assert!(none.rotations().is_empty() && !none.has_conjugation());
    assert!(e.rotate(&x, Rotation(0), &none).is_ok());
    assert!(e.rotate(&x, Rotation(1024), &none).is_ok());
}

#[test]
fn transparent_results() {
    let kit = Kit::small(2, &[]);
    let e = &kit.evaluator;
    let (x, y) = (kit.encrypt(&kit.random(1)), kit.encrypt(&kit.random(2)));
    let minus = e.negate(&x).unwrap();
    refused!(e.sub(&x, &x), SealError::Transparent { op: "sub" });
    // A partial sum, and products of three components.
    refused!(e.add_many(&[&x, &minus, &y]), SealError::Transparent { .. });
    let (product, zeros) = (e.multiply(&x, &y).unwrap(), kit.plain(&[]));
    refused!(e.multiply_plain(&product, &zeros), SealError::Transparent { .. });
    refused!(e.sub(&product, &product), SealError::Transparent { .. });
    // Zeros may be added, and encrypted.
    assert_eq!(kit.decrypt(&e.add_plain(&x, &zeros).unwrap()), kit.decrypt(&x));
    assert!(kit.encryptor.encrypt(&zeros).is_ok());
}

#[test]
fn refusals_say_what_to_do() {
    let kit = Kit::small(1, &[Rotation(1)]);
    let x = kit.encrypt(&[0.5]);
    let text = kit.evaluator.rotate(&x, Rotation(2), &kit.galois).unwrap_err().to_string();
    assert!(text.contains("step 2") && text.contains("[Rotation(1)]") && text.contains("generate"), "{text}");
    let plain = kit.encoder.encode(&[1.0], kit.top(), 2.0 * kit.scale()).unwrap();
    let text = kit.evaluator.add_plain(&x, &plain).unwrap_err().to_string();
    assert!(text.contains("1.099511627776e12") && text.contains("2.199023255552e12"), "{text}");
    let text = format!("{x:?} {:?} {:?}", plain, kit.galois);
    assert!(text.contains("level: Level(1)") && text.contains("size: 2"), "{text}");
}
