//! Misuse of BFV and BGV: every public operation with every operand that does not belong, by the variant of the refusal;
//! then what of a refusal is more than its variant.

mod operands;
mod table;

use crate::kit::integer::*;
use crate::refusals_kit;
use operands::{Operands, misuses};
use seal_nn::seal::integer::*;
use seal_nn::{Level, Rotation, SealError};
use table::{ELSEWHERE, table};

fn every_operation_and_every_misuse<S: IntegerScheme>() {
    let kit = Kit::<S>::small();
    // Of the same ring: only the plain modulus differs.
    let other = Kit::<S>::new(
        &Parameters::<S>::insecure(1024, CoeffModulus::Bits(&[50, 50, 50, 50]), PlainModulus::Batching(18)).unwrap(),
    );
    refusals_kit::check(&table(), &kit, &Operands::new(&kit), &misuses(&kit, &other));
}

#[test]
fn the_table_has_every_operation() {
    refusals_kit::check_completeness(
        &["src/seal/integer", "src/seal/common", "src/seal/seeded.rs"],
        table::<Bfv>().iter().map(|row| row.name),
        &ELSEWHERE,
    );
}

fn values<S: IntegerScheme>() {
    let kit = Kit::<S>::small();
    let (t, encoder) = (kit.t, &kit.encoder);
    refused!(encoder.encode(&[0; 1025]), SealError::TooManyValues { actual: 1025, slots: 1024, .. });
    refused!(encoder.encode_signed(&[0; 1025]), SealError::TooManyValues { .. });
    refused!(encoder.encode(&[0, t]), SealError::ValueOutOfRange { index: 1, min: 0, max, .. } if max == t - 1);
    let half = (t / 2) as i64;
    for value in [half + 1, -half - 1, i64::MAX, i64::MIN] {
        refused!(encoder.encode_signed(&[value]), SealError::ValueOutOfRange { index: 0, value: v, min, .. }
            if v == i128::from(value) && min == -half);
    }
    let from = |coefficients: &[u64]| Plaintext::from_coefficients(&kit.context, coefficients);
    refused!(from(&[0; 1025]), SealError::TooManyCoefficients { actual: 1025, max: 1024, .. });
    refused!(from(&[1, u64::MAX]), SealError::ValueOutOfRange { index: 1, .. });
    refused!(Plaintext::from_hex(&kit.context, "1x^1024"), SealError::TooManyCoefficients { actual: 1025, .. });
    refused!(Plaintext::from_hex(&kit.context, "FFFFFF"), SealError::ValueOutOfRange { index: 0, .. });
    refused!(Plaintext::from_hex(&kit.context, "1 + x"), SealError::NotAPolynomial { at: 4 });
}

fn levels_that_are_not_there<S: IntegerScheme>() {
    let kit = Kit::<S>::small();
    let (e, x) = (&kit.evaluator, kit.encrypt(&[1]));
    let bottom = e.mod_switch_to(&x, Level(0)).unwrap();
    refused!(e.mod_switch_to_next(&bottom), SealError::OutOfLevels { op: "mod_switch_to_next" });
    refused!(e.mod_switch_to(&bottom, Level(1)), SealError::LevelRaise { from: Level(0), to: Level(1), .. });
    for level in [3, usize::MAX].map(Level) {
        refused!(kit.encryptor.encrypt_zero(level), SealError::LevelTooHigh { top: Level(2), .. });
        refused!(e.transform_plain_to_ntt(&kit.plain(&[1]), level), SealError::LevelTooHigh { .. });
        refused!(kit.context.parms_id(level), SealError::LevelTooHigh { .. });
    }
    refused!(kit.public.encrypt_zero(Level(3)), SealError::LevelTooHigh { .. });
    // A chain that ends above level 0: one prime is smaller than the plain modulus.
    let wide = PlainModulus::Value((1 << 40) + 1);
    let context =
        Context::<S>::new(&Parameters::<S>::insecure(1024, CoeffModulus::Bits(&[30, 50, 50, 50]), wide).unwrap())
            .unwrap();
    assert_eq!(context.lowest_level(), Level(1));
    let secret = KeyGenerator::new(&context).unwrap().secret_key().unwrap();
    let encryptor = SymmetricEncryptor::new(&context, &secret).unwrap();
    let e = Evaluator::new(&context).unwrap();
    let x = encryptor.encrypt(&Plaintext::from_coefficients(&context, &[1]).unwrap()).unwrap();
    refused!(e.mod_switch_to(&x, Level(0)), SealError::LevelTooLow { level: Level(0), lowest: Level(1), .. });
    refused!(e.mod_switch_to_next(&e.mod_switch_to_next(&x).unwrap()), SealError::OutOfLevels { .. });
    refused!(encryptor.encrypt_zero(Level(0)), SealError::LevelTooLow { .. });
    refused!(context.parms_id(Level(0)), SealError::LevelTooLow { .. });
}

fn rotations_that_are_not_there<S: IntegerScheme>() {
    let kit = Kit::<S>::small();
    let (e, x) = (&kit.evaluator, kit.encrypt(&[1]));
    // SEAL would compose 2 from 1 and 3.
    match e.rotate_rows(&x, Rotation(-2), &kit.galois) {
        Err(SealError::MissingGaloisKey { step: Rotation(-2), available }) => {
            assert_eq!(available, [Rotation(-3), Rotation(1)])
        }
        other => panic!("{other:?}"),
    }
    assert!(e.rotate_rows(&x, Rotation(0), &kit.columns).is_ok());
    refused!(e.apply_galois(&x, 5, &kit.columns), SealError::MissingGaloisElement { element: 5, available }
        if available == [2047]);
    for element in [0, 2, 2048, 2049, u32::MAX] {
        refused!(e.apply_galois(&x, element, &kit.galois), SealError::NotAGaloisElement { modulus: 2048, .. });
        refused!(kit.keys().create_galois_keys_of_elements(&[1, element]), SealError::NotAGaloisElement { .. });
        refused!(kit.keys().create_seeded_galois_keys_of_elements(&[element]), SealError::NotAGaloisElement { .. });
    }
}

fn transparent_results<S: IntegerScheme>() {
    let kit = Kit::<S>::small();
    let (e, x) = (&kit.evaluator, kit.encrypt(&kit.random(4)));
    let (minus, square) = (e.negate(&x).unwrap(), e.square(&x).unwrap());
    refused!(e.sub(&x, &x), SealError::Transparent { op: "sub" });
    // A partial sum, and a product of three components.
    refused!(e.add_many(&[&x, &minus, &x]), SealError::Transparent { .. });
    refused!(e.multiply_plain(&square, &kit.plain(&[])), SealError::Transparent { .. });
}

/// Parameters without slots, and without a special prime.
fn what_the_parameters_do_not_have<S: IntegerScheme>() {
    let bits = CoeffModulus::Bits(&[50, 50]);
    let flat = Context::<S>::new(&Parameters::<S>::insecure(1024, bits, PlainModulus::Value(1000)).unwrap()).unwrap();
    refused!(BatchEncoder::new(&flat), SealError::NoBatching { plain_modulus: 1000, modulus: 2048, .. });
    let mut keys = KeyGenerator::new(&flat).unwrap();
    refused!(keys.create_galois_keys(&[Rotation(1)]), SealError::NoBatching { .. });
    refused!(keys.create_seeded_column_key(), SealError::NoBatching { .. });
    let galois = keys.create_galois_keys_of_elements(&[3, 2047]).unwrap();
    let encryptor = SymmetricEncryptor::new(&flat, &keys.secret_key().unwrap()).unwrap();
    let x = encryptor.encrypt(&Plaintext::from_coefficients(&flat, &[1]).unwrap()).unwrap();
    let e = Evaluator::new(&flat).unwrap();
    refused!(e.rotate_rows(&x, Rotation(1), &galois), SealError::NoBatching { op: "rotate_rows", .. });
    refused!(e.rotate_columns(&x, &galois), SealError::NoBatching { .. });
    assert!(e.apply_galois(&x, 3, &galois).is_ok());

    let single = Parameters::<S>::new(2048, CoeffModulus::Default, PlainModulus::Value(16)).unwrap();
    let single = Context::new(&single).unwrap();
    let mut keys = KeyGenerator::new(&single).unwrap();
    refused!(keys.create_relin_keys(), SealError::NoKeySwitching { .. });
    refused!(keys.create_seeded_relin_keys(), SealError::NoKeySwitching { .. });
    refused!(keys.create_galois_keys_of_elements(&[3]), SealError::NoKeySwitching { .. });
    refused!(keys.create_galois_keys(&[Rotation(1)]), SealError::NoKeySwitching { .. });
    // It still encrypts and multiplies.
    let encryptor = SymmetricEncryptor::new(&single, &keys.secret_key().unwrap()).unwrap();
    let x = encryptor.encrypt(&Plaintext::from_coefficients(&single, &[3]).unwrap()).unwrap();
    let product = Evaluator::new(&single).unwrap().square(&x).unwrap();
    let decryptor = Decryptor::new(&single, &keys.secret_key().unwrap()).unwrap();
    assert_eq!(decryptor.decrypt(&product).unwrap().open_as_key_owner().coefficients().unwrap(), [9]);
}

/// Runs a test for both schemes.
macro_rules! both {
    ($($name:ident)*) => {
        mod bfv { $(#[test] fn $name() { super::$name::<super::Bfv>() })* }
        mod bgv { $(#[test] fn $name() { super::$name::<super::Bgv>() })* }
    };
}

both! {
    every_operation_and_every_misuse
    values
    levels_that_are_not_there
    rotations_that_are_not_there
    transparent_results
    what_the_parameters_do_not_have
}

#[test]
fn refusals_say_what_to_do_and_keep_values_to_themselves() {
    let kit = Kit::<Bfv>::small();
    let text = kit.encoder.encode(&[kit.t]).unwrap_err().to_string();
    assert!(text.contains("0 to") && text.contains("larger plain modulus"), "{text}");
    let (x, plain) = (kit.encrypt(&[77_777]), kit.plain(&[77_777]));
    let text = format!("{x:?} {plain:?} {:?} {:?}", kit.galois, kit.context);
    assert!(text.contains("level: Level(2)") && text.contains("BFV") && !text.contains("77777"), "{text}");
}
