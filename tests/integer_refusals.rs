//! Misuse of BFV and BGV: every public operation with every operand that does not belong, by the variant of the refusal.

mod integer_kit;

use std::fs;
use std::path::Path;

use integer_kit::*;
use seal_nn::seal::integer::*;
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

/// What the operations of the table work on; each misuse replaces one of them.
struct Operands<S: IntegerScheme> {
    x: Ciphertext<S>,
    y: Ciphertext<S>,
    plain: Plaintext<S>,
    ntt_x: NttCiphertext<S>,
    ntt_y: NttCiphertext<S>,
    ntt_plain: NttPlaintext<S>,
    relin: RelinKeys<S>,
    galois: GaloisKeys<S>,
    columns: GaloisKeys<S>,
}

fn operands<S: IntegerScheme>(kit: &Kit<S>) -> Operands<S> {
    let (x, y, plain) = (kit.encrypt(&kit.random(1)), kit.encrypt(&kit.random(2)), kit.plain(&kit.random(3)));
    Operands {
        ntt_x: kit.evaluator.transform_to_ntt(&x).unwrap(),
        ntt_y: kit.evaluator.transform_to_ntt(&y).unwrap(),
        ntt_plain: kit.evaluator.transform_plain_to_ntt(&plain, kit.top()).unwrap(),
        relin: kit.keys().create_relin_keys().unwrap(),
        galois: kit.keys().create_galois_keys(&[Step(1)]).unwrap(),
        columns: kit.keys().create_column_key().unwrap(),
        x,
        y,
        plain,
    }
}

type Operation<S> = fn(&Kit<S>, &Operands<S>) -> Result<(), SealError>;

/// An operation and what it answers to each misuse, in the order of [`misuses`]; "" where the operand is not used, or may
/// be so.
struct Row<S: IntegerScheme> {
    name: &'static str,
    run: Operation<S>,
    answers: [&'static str; 11],
}

const F: &str = "ForeignContext";
const L: &str = "LevelMismatch";
const C: &str = "Components";
const T: &str = "Transparent";

macro_rules! row {
    ($name:literal, $kit:ident, $o:ident, $call:expr, $answers:expr) => {
        Row { name: $name, run: |$kit, $o| $call.map(|_| ()), answers: $answers }
    };
}

#[rustfmt::skip]
fn table<S: IntegerScheme>() -> Vec<Row<S>> {
    vec![
        //                                                               x  y  plain ntt_x ntt_p keys  low y  low p 3 x zeros no key
        row!("add", k, o, k.evaluator.add(&o.x, &o.y),                  [F, F, "",   "",   "",   "",   L,     "",   "", "",   ""]),
        row!("sub", k, o, k.evaluator.sub(&o.x, &o.y),                  [F, F, "",   "",   "",   "",   L,     "",   "", "",   ""]),
        row!("negate", k, o, k.evaluator.negate(&o.x),                  [F, "", "",  "",   "",   "",   "",    "",   "", "",   ""]),
        row!("add_many", k, o, k.evaluator.add_many(&[&o.x, &o.y]),     [F, F, "",   "",   "",   "",   L,     "",   "", "",   ""]),
        row!("add_plain", k, o, k.evaluator.add_plain(&o.x, &o.plain),  [F, "", F,   "",   "",   "",   "",    "",   "", "",   ""]),
        row!("sub_plain", k, o, k.evaluator.sub_plain(&o.x, &o.plain),  [F, "", F,   "",   "",   "",   "",    "",   "", "",   ""]),
        row!("multiply", k, o, k.evaluator.multiply(&o.x, &o.y),        [F, F, "",   "",   "",   "",   L,     "",   C,  "",   ""]),
        row!("multiply's other", k, o, k.evaluator.multiply(&o.y, &o.x), [F, F, "",  "",   "",   "",   L,     "",   C,  "",   ""]),
        row!("square", k, o, k.evaluator.square(&o.x),                  [F, "", "",  "",   "",   "",   "",    "",   C,  "",   ""]),
        row!("multiply_plain", k, o, k.evaluator.multiply_plain(&o.x, &o.plain),
                                                                        [F, "", F,   "",   "",   "",   "",    "",   "", T,    ""]),
        row!("multiply_many", k, o, k.evaluator.multiply_many(&[&o.x, &o.y], &o.relin),
                                                                        [F, F, "",   "",   "",   F,    L,     "",   C,  "",   ""]),
        row!("exponentiate", k, o, k.evaluator.exponentiate(&o.x, 2, &o.relin),
                                                                        [F, "", "",  "",   "",   F,    "",    "",   C,  "",   ""]),
        row!("relinearize", k, o, k.evaluator.relinearize(&o.x, &o.relin),
                                                                        [F, "", "",  "",   "",   F,    "",    "",   "", "",   ""]),
        row!("mod_switch_to_next", k, o, k.evaluator.mod_switch_to_next(&o.x),
                                                                        [F, "", "",  "",   "",   "",   "",    "",   "", "",   ""]),
        row!("mod_switch_to", k, o, k.evaluator.mod_switch_to(&o.x, Level(0)),
                                                                        [F, "", "",  "",   "",   "",   "",    "",   "", "",   ""]),
        row!("mod_switch_to, up", k, o, k.evaluator.mod_switch_to(&o.y, k.top()),
                                                                        ["", F, "",  "",   "",   "",   "LevelRaise", "", "", "", ""]),
        row!("rotate_rows", k, o, k.evaluator.rotate_rows(&o.x, Step(1), &o.galois),
                                                                        [F, "", "",  "",   "",   F,    "",    "",   C,  "",   "MissingGaloisKey"]),
        row!("rotate_columns", k, o, k.evaluator.rotate_columns(&o.x, &o.columns),
                                                                        [F, "", "",  "",   "",   F,    "",    "",   C,  "",   "MissingColumnKey"]),
        row!("apply_galois", k, o, k.evaluator.apply_galois(&o.x, 3, &o.galois),
                                                                        [F, "", "",  "",   "",   F,    "",    "",   C,  "",   "MissingGaloisElement"]),
        row!("transform_to_ntt", k, o, k.evaluator.transform_to_ntt(&o.x),
                                                                        [F, "", "",  "",   "",   "",   "",    "",   "", "",   ""]),
        row!("transform_from_ntt", k, o, k.evaluator.transform_from_ntt(&o.ntt_x),
                                                                        ["", "", "", F,    "",   "",   "",    "",   "", "",   ""]),
        row!("transform_plain_to_ntt", k, o, k.evaluator.transform_plain_to_ntt(&o.plain, Level(1)),
                                                                        ["", "", F,  "",   "",   "",   "",    "",   "", "",   ""]),
        row!("multiply_plain_ntt", k, o, k.evaluator.multiply_plain_ntt(&o.ntt_x, &o.ntt_plain),
                                                                        ["", "", "", F,    F,    "",   "",    L,    "", T,    ""]),
        row!("add_ntt", k, o, k.evaluator.add_ntt(&o.ntt_x, &o.ntt_y),  ["", F, "",  F,    "",   "",   L,     "",   "", "",   ""]),
        row!("mod_switch_plain_to", k, o, k.evaluator.mod_switch_plain_to(&o.ntt_plain, k.top()),
                                                                        ["", "", "", "",   F,    "",   "",    "LevelRaise", "", "", ""]),
        row!("encrypt", k, o, k.encryptor.encrypt(&o.plain),            ["", "", F,  "",   "",   "",   "",    "",   "", "",   ""]),
        row!("encrypt, public", k, o, k.public.encrypt(&o.plain),       ["", "", F,  "",   "",   "",   "",    "",   "", "",   ""]),
        row!("encrypt_seeded", k, o, k.encryptor.encrypt_seeded(&o.plain), ["", "", F, "", "",   "",   "",    "",   "", "",   ""]),
        row!("decrypt", k, o, k.decryptor.decrypt(&o.x),                [F, "", "",  "",   "",   "",   "",    "",   "", "",   ""]),
        row!("noise_budget", k, o, k.decryptor.noise_budget(&o.x),      [F, "", "",  "",   "",   "",   "",    "",   "", "",   ""]),
        row!("decode", k, o, k.encoder.decode(&o.plain),                ["", "", F,  "",   "",   "",   "",    "",   "", "",   ""]),
        row!("decode_signed", k, o, k.encoder.decode_signed(&o.plain),  ["", "", F,  "",   "",   "",   "",    "",   "", "",   ""]),
    ]
}

/// The misuses, in the order of the columns.
fn misuses<S: IntegerScheme>(kit: &Kit<S>, other: &Kit<S>) -> [Operands<S>; 11] {
    let (ours, theirs) = (|| operands(kit), || operands(other));
    let e = &kit.evaluator;
    let low = e.mod_switch_to(&ours().y, Level(1)).unwrap();
    [
        Operands { x: theirs().x, ..ours() },
        Operands { y: theirs().y, ntt_y: theirs().ntt_y, ..ours() },
        Operands { plain: theirs().plain, ..ours() },
        Operands { ntt_x: theirs().ntt_x, ..ours() },
        Operands { ntt_plain: theirs().ntt_plain, ..ours() },
        Operands { relin: theirs().relin, galois: theirs().galois, columns: theirs().columns, ..ours() },
        Operands { ntt_y: e.transform_to_ntt(&low).unwrap(), y: low, ..ours() },
        Operands { ntt_plain: e.transform_plain_to_ntt(&ours().plain, Level(1)).unwrap(), ..ours() },
        Operands { x: e.square(&ours().x).unwrap(), ..ours() },
        Operands {
            plain: kit.plain(&[]),
            ntt_plain: e.transform_plain_to_ntt(&kit.plain(&[]), kit.top()).unwrap(),
            ..ours()
        },
        Operands {
            galois: kit.keys().create_galois_keys(&[Step(2)]).unwrap(),
            columns: kit.keys().create_galois_keys(&[Step(2)]).unwrap(),
            ..ours()
        },
    ]
}

/// What takes no operand of ours: constructors, values and levels, which other tests look at, and queries.
const WITHOUT_OPERANDS: [&str; 9] =
    ["new", "with_public_key", "encode", "encode_signed", "encrypt_zero", "slots", "row_size", "level", "size"];

#[test]
fn the_table_has_every_operation() {
    let listed: Vec<&str> = table::<Bfv>().iter().filter_map(|row| row.name.split([',', '\'']).next()).collect();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/seal/integer");
    let mut found = 0;
    for room in ["arithmetic", "products", "levels", "rotation", "ntt", "encryptor", "decryptor", "batch"] {
        let source = fs::read_to_string(folder.join(room).with_extension("rs")).unwrap();
        for name in source.lines().filter_map(|line| line.trim().strip_prefix("pub fn ")?.split('(').next()) {
            assert!(listed.contains(&name) || WITHOUT_OPERANDS.contains(&name), "{room}.rs: {name}");
            found += 1;
        }
    }
    assert!(found > 35, "{found}");
}

/// The name of the variant.
fn variant(result: Result<(), SealError>) -> String {
    match result {
        Ok(()) => String::new(),
        Err(error) => format!("{error:?}").split([' ', '{', '(']).next().unwrap_or_default().to_owned(),
    }
}

fn every_operation_and_every_misuse<S: IntegerScheme>() {
    let kit = Kit::<S>::small();
    // Of the same ring: only the plain modulus differs.
    let other = Kit::<S>::new(
        &Parameters::insecure(1024, CoeffModulus::Bits(&[50, 50, 50, 50]), PlainModulus::Batching(18)).unwrap(),
    );
    let right = operands(&kit);
    let wrong = misuses(&kit, &other);
    for Row { name, run, answers } in table::<S>() {
        assert_eq!(variant(run(&kit, &right)), "", "{name}");
        for (column, (operands, answer)) in wrong.iter().zip(answers).enumerate() {
            assert_eq!(variant(run(&kit, operands)), answer, "{name}, misuse {column}");
        }
    }
}

fn keys_of_other_parameters<S: IntegerScheme>() {
    let (kit, context) = (Kit::<S>::small(), Context::new(&wider::<S>()).unwrap());
    let public = kit.keys().create_public_key().unwrap();
    refused!(Encryptor::with_public_key(&context, &public), SealError::ForeignContext { op: "Encryptor" });
    refused!(SymmetricEncryptor::new(&context, &kit.secret), SealError::ForeignContext { .. });
    refused!(Decryptor::new(&context, &kit.secret), SealError::ForeignContext { op: "Decryptor" });
    refused!(KeyGenerator::from_secret_key(&context, &kit.secret), SealError::ForeignContext { .. });
    let seeded = kit.encryptor.encrypt_seeded(&kit.plain(&[1])).unwrap();
    refused!(seeded.expand(&context), SealError::ForeignContext { op: "expand" });
}

fn wider<S: IntegerScheme>() -> Parameters<S> {
    Parameters::insecure(1024, CoeffModulus::Bits(&[50, 50, 50, 50]), PlainModulus::Batching(18)).unwrap()
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
        Context::<S>::new(&Parameters::insecure(1024, CoeffModulus::Bits(&[30, 50, 50, 50]), wide).unwrap()).unwrap();
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
    match e.rotate_rows(&x, Step(-2), &kit.galois) {
        Err(SealError::MissingGaloisKey { step: Step(-2), available }) => assert_eq!(available, [Step(-3), Step(1)]),
        other => panic!("{other:?}"),
    }
    assert!(e.rotate_rows(&x, Step(0), &kit.columns).is_ok());
    refused!(e.apply_galois(&x, 5, &kit.columns), SealError::MissingGaloisElement { element: 5, available }
        if available == [2047]);
    for element in [0, 2, 2048, 2049, u32::MAX] {
        refused!(e.apply_galois(&x, element, &kit.galois), SealError::NotAGaloisElement { modulus: 2048, .. });
        refused!(kit.keys().create_galois_keys_of_elements(&[1, element]), SealError::NotAGaloisElement { .. });
        refused!(kit.keys().create_seeded_galois_keys_of_elements(&[element]), SealError::NotAGaloisElement { .. });
    }
}

fn products_of_nothing<S: IntegerScheme>() {
    let kit = Kit::<S>::small();
    let x = kit.encrypt(&[1]);
    refused!(kit.evaluator.add_many(&[]), SealError::EmptySum { op: "add_many" });
    refused!(kit.evaluator.multiply_many(&[], &kit.relin), SealError::EmptyProduct { op: "multiply_many" });
    refused!(kit.evaluator.exponentiate(&x, 0, &kit.relin), SealError::EmptyProduct { op: "exponentiate" });
}

fn transparent_results<S: IntegerScheme>() {
    let kit = Kit::<S>::small();
    let (e, x) = (&kit.evaluator, kit.encrypt(&kit.random(4)));
    let (minus, square) = (e.negate(&x).unwrap(), e.square(&x).unwrap());
    refused!(e.sub(&x, &x), SealError::Transparent { op: "sub" });
    refused!(e.add(&x, &minus), SealError::Transparent { op: "add" });
    refused!(e.add_many(&[&x, &minus, &x]), SealError::Transparent { .. });
    refused!(e.multiply_plain(&square, &kit.plain(&[])), SealError::Transparent { .. });
    let ntt = e.transform_to_ntt(&x).unwrap();
    refused!(e.add_ntt(&ntt, &e.transform_to_ntt(&minus).unwrap()), SealError::Transparent { op: "add_ntt" });
}

/// Parameters without slots, and without a special prime.
fn what_the_parameters_do_not_have<S: IntegerScheme>() {
    let bits = CoeffModulus::Bits(&[50, 50]);
    let flat = Context::<S>::new(&Parameters::insecure(1024, bits, PlainModulus::Value(1000)).unwrap()).unwrap();
    refused!(BatchEncoder::new(&flat), SealError::NoBatching { plain_modulus: 1000, modulus: 2048, .. });
    let mut keys = KeyGenerator::new(&flat).unwrap();
    refused!(keys.create_galois_keys(&[Step(1)]), SealError::NoBatching { .. });
    refused!(keys.create_seeded_column_key(), SealError::NoBatching { .. });
    let galois = keys.create_galois_keys_of_elements(&[3, 2047]).unwrap();
    let encryptor = SymmetricEncryptor::new(&flat, &keys.secret_key().unwrap()).unwrap();
    let x = encryptor.encrypt(&Plaintext::from_coefficients(&flat, &[1]).unwrap()).unwrap();
    let e = Evaluator::new(&flat).unwrap();
    refused!(e.rotate_rows(&x, Step(1), &galois), SealError::NoBatching { op: "rotate_rows", .. });
    refused!(e.rotate_columns(&x, &galois), SealError::NoBatching { .. });
    assert!(e.apply_galois(&x, 3, &galois).is_ok());

    let single = Parameters::<S>::new(2048, CoeffModulus::Default, PlainModulus::Value(16)).unwrap();
    let single = Context::new(&single).unwrap();
    let mut keys = KeyGenerator::new(&single).unwrap();
    refused!(keys.create_relin_keys(), SealError::NoKeySwitching { .. });
    refused!(keys.create_seeded_relin_keys(), SealError::NoKeySwitching { .. });
    refused!(keys.create_galois_keys_of_elements(&[3]), SealError::NoKeySwitching { .. });
    refused!(keys.create_galois_keys(&[Step(1)]), SealError::NoKeySwitching { .. });
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
    keys_of_other_parameters
    values
    levels_that_are_not_there
    rotations_that_are_not_there
    products_of_nothing
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
