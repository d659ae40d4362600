//! Every operation of BFV and BGV against plain integer arithmetic modulo t, and what it does to the noise budget.

use crate::kit::integer::*;
use seal_nn::seal::integer::*;
use seal_nn::{Level, Rotation, SealError};

/// Runs a test for both schemes.
macro_rules! both {
    ($($name:ident)*) => {
        mod bfv { $(#[test] fn $name() { super::$name::<super::Bfv>() })* }
        mod bgv { $(#[test] fn $name() { super::$name::<super::Bgv>() })* }
    };
}

both! {
    encoding_there_and_back
    encryption_under_both_keys
    seeded_forms_are_half_the_size
    sums_and_differences
    products
    powers
    levels
    rotations
    automorphisms_of_polynomials
    products_of_polynomials
    transformed_operands
    zeros
    noise_budgets
    a_budget_that_runs_out
    ids
    sizes
}

fn encoding_there_and_back<S: IntegerScheme>() {
    let kit = Kit::<S>::small();
    let x = kit.random(1);
    assert_eq!(kit.encoder.decode(&kit.plain(&x)).unwrap(), x);
    // Fewer values than slots: zeros fill the rest.
    let few = kit.encoder.decode(&kit.plain(&x[..3])).unwrap();
    assert_eq!((&few[..3], few[3..].iter().max()), (&x[..3], Some(&0)));
    assert!(kit.plain(&[]).is_zero());
    // Signed: the residues around zero.
    let half = (kit.t / 2) as i64;
    let signed = [0, 1, -1, half, -half];
    let plain = kit.encoder.encode_signed(&signed).unwrap();
    assert_eq!(kit.encoder.decode_signed(&plain).unwrap()[..5], signed);
    assert_eq!(kit.encoder.decode(&plain).unwrap()[..3], [0, 1, kit.t - 1]);
    assert_eq!((kit.encoder.slots(), kit.encoder.row_size()), (1024, 512));
    // Polynomials.
    let plain = Plaintext::from_coefficients(&kit.context, &x).unwrap();
    assert_eq!(plain.coefficients().unwrap(), x);
    assert_eq!(Plaintext::from_hex(&kit.context, &plain.to_hex().unwrap()).unwrap().coefficients().unwrap(), x);
    assert_eq!(Plaintext::from_coefficients(&kit.context, &[]).unwrap().to_hex().unwrap(), "0");
}

fn encryption_under_both_keys<S: IntegerScheme>() {
    let kit = Kit::<S>::small();
    let x = kit.random(2);
    let symmetric = kit.encrypt(&x);
    assert_eq!((symmetric.level(), symmetric.size()), (kit.top(), 2));
    assert_eq!(kit.decrypt(&symmetric), x);
    let public = kit.public.encrypt(&kit.plain(&x)).unwrap();
    assert_eq!(kit.decrypt(&public), x);
    assert!(kit.budget(&symmetric) >= kit.budget(&public));
    // Another context with the same parameters, as the other party has it.
    let theirs = Context::new(&small::<S>()).unwrap();
    let sum = Evaluator::new(&theirs).unwrap().add(&symmetric, &public).unwrap();
    assert_eq!(kit.decrypt(&sum), kit.zip(&x, &x, |a, b| a + b));
}

fn seeded_forms_are_half_the_size<S: IntegerScheme>() {
    let kit = Kit::<S>::small();
    let x = kit.random(3);
    let half = |seeded: usize, whole: usize| (0.49..0.51).contains(&(seeded as f64 / whole as f64));

    let seeded = kit.encryptor.encrypt_seeded(&kit.plain(&x)).unwrap();
    let whole = seeded.expand(&kit.context).unwrap();
    assert!(half(seeded.serialized_bytes(), whole.serialized_bytes().unwrap()));
    assert_eq!(seeded.as_bytes().len(), seeded.serialized_bytes());
    assert_eq!(kit.decrypt(&whole), x);

    let seeded = kit.keys().create_seeded_public_key().unwrap();
    let whole = seeded.expand(&kit.context).unwrap();
    assert!(half(seeded.serialized_bytes(), whole.serialized_bytes().unwrap()));
    let encryptor = Encryptor::with_public_key(&kit.context, &whole).unwrap();
    assert_eq!(kit.decrypt(&encryptor.encrypt(&kit.plain(&x)).unwrap()), x);

    let seeded = kit.keys().create_seeded_relin_keys().unwrap();
    let relin = seeded.expand(&kit.context).unwrap();
    assert!(half(seeded.serialized_bytes(), relin.serialized_bytes().unwrap()));
    let square = kit.evaluator.square(&kit.encrypt(&x)).unwrap();
    let square = kit.evaluator.relinearize(&square, &relin).unwrap();
    assert_eq!(kit.decrypt(&square), kit.zip(&x, &x, |a, b| a * b));

    let list = 8 * 1024; // a list of N possible keys
    for (seeded, galois) in [
        (kit.keys().create_seeded_galois_keys(&[Rotation(1)]).unwrap(), &kit.galois),
        (kit.keys().create_seeded_column_key().unwrap(), &kit.columns),
        (kit.keys().create_seeded_galois_keys_of_elements(&[3]).unwrap(), &kit.galois),
    ] {
        let expanded = seeded.expand(&kit.context).unwrap();
        assert!(expanded.elements().iter().all(|element| galois.elements().contains(element)));
        assert!(half(seeded.serialized_bytes() - list, expanded.serialized_bytes().unwrap() - list));
    }
}

fn sums_and_differences<S: IntegerScheme>() {
    let kit = Kit::<S>::small();
    let (x, y, z) = (kit.random(6), kit.random(7), kit.random(8));
    let (cx, cy, cz) = (kit.encrypt(&x), kit.encrypt(&y), kit.encrypt(&z));
    let (e, plain) = (&kit.evaluator, kit.plain(&y));
    let sum = kit.zip(&x, &y, |a, b| a + b);
    let difference = kit.zip(&x, &y, |a, b| a - b);
    assert_eq!(kit.decrypt(&e.add(&cx, &cy).unwrap()), sum);
    assert_eq!(kit.decrypt(&e.sub(&cx, &cy).unwrap()), difference);
    assert_eq!(kit.decrypt(&e.negate(&cx).unwrap()), kit.zip(&x, &x, |a, _| -a));
    assert_eq!(kit.decrypt(&e.add_many(&[&cx, &cy, &cz]).unwrap()), kit.zip(&sum, &z, |a, b| a + b));
    assert_eq!(kit.decrypt(&e.add_many(&[&cx]).unwrap()), x);
    assert_eq!(kit.decrypt(&e.add_plain(&cx, &plain).unwrap()), sum);
    assert_eq!(kit.decrypt(&e.sub_plain(&cx, &plain).unwrap()), difference);
    // Two components and three.
    let product = e.multiply(&cx, &cz).unwrap();
    let mixed = e.sub(&cy, &product).unwrap();
    assert_eq!(mixed.size(), 3);
    let expected = kit.zip(&y, &kit.zip(&x, &z, |a, b| a * b), |a, b| a - b);
    assert_eq!(kit.decrypt(&mixed), expected);
    assert_eq!(kit.decrypt(&cx), x); // untouched
}

fn products<S: IntegerScheme>() {
    let kit = Kit::<S>::small();
    let (x, y) = (kit.random(9), kit.random(10));
    let (cx, cy) = (kit.encrypt(&x), kit.encrypt(&y));
    let e = &kit.evaluator;
    let xy = kit.zip(&x, &y, |a, b| a * b);
    let product = e.multiply(&cx, &cy).unwrap();
    assert_eq!((product.size(), product.level()), (3, kit.top()));
    assert_eq!(kit.decrypt(&product), xy); // three components decrypt as well
    let product = kit.relinearized(&product);
    assert_eq!((product.size(), kit.decrypt(&product)), (2, xy.clone()));
    assert_eq!(kit.decrypt(&kit.relinearized(&product)), xy); // two need no relinearisation
    let xx = kit.zip(&x, &x, |a, b| a * b);
    assert_eq!(kit.decrypt(&e.square(&cx).unwrap()), xx);
    assert_eq!(kit.decrypt(&e.multiply(&cx, &cx).unwrap()), xx);
    assert_eq!(kit.decrypt(&e.multiply_plain(&cx, &kit.plain(&y)).unwrap()), xy);
    let plain_product = e.multiply_plain(&e.square(&cx).unwrap(), &kit.plain(&y)).unwrap();
    assert_eq!(plain_product.size(), 3);
    assert_eq!(kit.decrypt(&plain_product), kit.zip(&xx, &y, |a, b| a * b));
}

fn powers<S: IntegerScheme>() {
    // Room for a depth of three.
    let bits = [60; 6];
    let kit =
        Kit::<S>::new(&Parameters::<S>::insecure(1024, CoeffModulus::Bits(&bits), PlainModulus::Batching(14)).unwrap());
    let x = kit.random(11);
    let cx = kit.encrypt(&x);
    for exponent in 1..=8 {
        let expected: Vec<u64> = x.iter().map(|&a| power(a, exponent, kit.t)).collect();
        let result = kit.evaluator.exponentiate(&cx, exponent, &kit.relin).unwrap();
        assert_eq!((result.size(), kit.decrypt(&result)), (2, expected), "{exponent}");
    }
    let factors: Vec<Vec<u64>> = (20..27).map(|seed| kit.random(seed)).collect();
    let encrypted: Vec<Ciphertext<S>> = factors.iter().map(|values| kit.encrypt(values)).collect();
    for count in 1..=factors.len() {
        let expected = factors[1..count].iter().fold(factors[0].clone(), |p, f| kit.zip(&p, f, |a, b| a * b));
        let product = kit.evaluator.multiply_many(&encrypted[..count].iter().collect::<Vec<_>>(), &kit.relin).unwrap();
        assert_eq!(kit.decrypt(&product), expected, "{count} factors");
    }
}

fn levels<S: IntegerScheme>() {
    let kit = Kit::<S>::small();
    let (x, y) = (kit.random(12), kit.random(13));
    let (cx, cy) = (kit.encrypt(&x), kit.encrypt(&y));
    let e = &kit.evaluator;
    assert_eq!((kit.top(), kit.context.lowest_level()), (Level(2), Level(0)));
    for level in (0..3).map(Level) {
        let low = e.mod_switch_to(&cx, level).unwrap();
        assert_eq!((low.level(), kit.decrypt(&low)), (level, x.clone()));
    }
    let next = e.mod_switch_to_next(&cx).unwrap();
    assert_eq!((next.level(), kit.decrypt(&next)), (Level(1), x.clone()));
    // With BGV a product and a fresh value carry different factors after a switch, and still meet.
    let product = kit.relinearized(&e.multiply(&cx, &cy).unwrap());
    let product = e.mod_switch_to_next(&product).unwrap();
    let other = e.mod_switch_to_next(&cy).unwrap();
    let expected = kit.zip(&kit.zip(&x, &y, |a, b| a * b), &y, |a, b| a + b);
    assert_eq!(kit.decrypt(&e.add(&product, &other).unwrap()), expected);
    let expected = kit.zip(&y, &kit.zip(&x, &y, |a, b| a * b), |a, b| a - b);
    assert_eq!(kit.decrypt(&e.sub(&other, &product).unwrap()), expected);
    let expected = kit.zip(&kit.zip(&x, &y, |a, b| a * b), &y, |a, b| a - b);
    assert_eq!(kit.decrypt(&e.sub_plain(&product, &kit.plain(&y)).unwrap()), expected);
    let again = kit.relinearized(&e.multiply(&product, &other).unwrap());
    assert_eq!(kit.decrypt(&again), kit.zip(&x, &kit.zip(&y, &y, |a, b| a * b), |a, b| a * b));
    // Three components come down too.
    let three = e.mod_switch_to(&e.square(&cx).unwrap(), Level(1)).unwrap();
    assert_eq!((three.size(), kit.decrypt(&three)), (3, kit.zip(&x, &x, |a, b| a * b)));
}

fn rotations<S: IntegerScheme>() {
    let kit = Kit::<S>::small();
    let x = kit.random(14);
    let cx = kit.encrypt(&x);
    let rows = |k: usize| {
        let mut rows: Vec<Vec<u64>> = x.chunks(512).map(<[u64]>::to_vec).collect();
        rows.iter_mut().for_each(|row| row.rotate_left(k));
        rows.concat()
    };
    for (step, left) in [(1, 1), (-3, 509), (0, 0), (513, 1), (-511, 1)] {
        let turned = kit.evaluator.rotate_rows(&cx, Rotation(step), &kit.galois).unwrap();
        assert_eq!(kit.decrypt(&turned), rows(left), "{step}");
    }
    let swapped = kit.evaluator.rotate_columns(&cx, &kit.columns).unwrap();
    assert_eq!(kit.decrypt(&swapped), [&x[512..], &x[..512]].concat());
    assert_eq!((kit.galois.rotations(), kit.galois.has_columns()), (&[Rotation(-3), Rotation(1)][..], false));
    assert_eq!((kit.columns.rotations(), kit.columns.has_columns()), (&[][..], true));
    assert_eq!(kit.columns.elements(), [2047]);
    // A rotation is an automorphism: 3 is the element of step 1.
    let image = kit.evaluator.apply_galois(&cx, 3, &kit.galois).unwrap();
    assert_eq!(kit.decrypt(&image), rows(1));
}

/// Parameters without slots: t is a power of two.
fn polynomials<S: IntegerScheme>() -> Context<S> {
    let bits = CoeffModulus::Bits(&[50, 50, 50]);
    Context::new(&Parameters::<S>::insecure(1024, bits, PlainModulus::Value(1024)).unwrap()).unwrap()
}

fn automorphisms_of_polynomials<S: IntegerScheme>() {
    let context = polynomials::<S>();
    assert!(!context.has_batching());
    let mut keys = KeyGenerator::new(&context).unwrap();
    let galois = keys.create_galois_keys_of_elements(&[5, 2047, 5]).unwrap();
    assert_eq!(galois.elements(), [5, 2047]);
    let secret = keys.secret_key().unwrap();
    let x = Plaintext::from_hex(&context, "7x^300 + 2x^1 + 1").unwrap();
    let cx = SymmetricEncryptor::new(&context, &secret).unwrap().encrypt(&x).unwrap();
    let evaluator = Evaluator::new(&context).unwrap();
    let decryptor = Decryptor::new(&context, &secret).unwrap();
    // X^1500 = -X^476, and 1024 - 7 = 3F9 hexadecimal; X^2047 = -X^1023, X^(300 * 2047) = -X^724.
    for (element, expected) in [(5, "3F9x^476 + 2x^5 + 1"), (2047, "3FEx^1023 + 3F9x^724 + 1")] {
        let image = evaluator.apply_galois(&cx, element, &galois).unwrap();
        assert_eq!(decryptor.decrypt(&image).unwrap().open_as_key_owner().to_hex().unwrap(), expected);
    }
}

fn products_of_polynomials<S: IntegerScheme>() {
    let context = polynomials::<S>();
    let mut keys = KeyGenerator::new(&context).unwrap();
    let (secret, relin) = (keys.secret_key().unwrap(), keys.create_relin_keys().unwrap());
    let plain = |text| Plaintext::from_hex(&context, text).unwrap();
    let encryptor = SymmetricEncryptor::new(&context, &secret).unwrap();
    let decryptor = Decryptor::new(&context, &secret).unwrap();
    let evaluator = Evaluator::new(&context).unwrap();
    let open = |x: &Ciphertext<S>| decryptor.decrypt(x).unwrap().open_as_key_owner().to_hex().unwrap();
    let x = encryptor.encrypt(&plain("2x^1023 + 3")).unwrap();
    let y = encryptor.encrypt(&plain("1x^1 + 5")).unwrap();
    // (2 X^1023 + 3)(X + 5) = 10 X^1023 + 3 X + 13, as X^1024 = -1.
    let product = evaluator.relinearize(&evaluator.multiply(&x, &y).unwrap(), &relin).unwrap();
    assert_eq!(open(&product), "Ax^1023 + 3x^1 + D");
    assert_eq!(open(&evaluator.multiply_plain(&x, &plain("1x^1 + 5")).unwrap()), "Ax^1023 + 3x^1 + D");
    // One term, for which SEAL has code of its own; also one that stands for a negative number.
    assert_eq!(open(&evaluator.multiply_plain(&x, &plain("1x^1")).unwrap()), "3x^1 + 3FE");
    assert_eq!(open(&evaluator.multiply_plain(&x, &plain("3FF")).unwrap()), "3FEx^1023 + 3FD");
    // Up to 60 bits of t, larger than a prime: SEAL lifts plaintexts another way.
    let wide = PlainModulus::Value((1 << 54) + 3);
    let wide = Parameters::<S>::insecure(1024, CoeffModulus::Bits(&[50, 60, 60, 60]), wide).unwrap();
    let context = Context::new(&wide).unwrap();
    assert_eq!(context.lowest_level(), Level(1));
    let secret = KeyGenerator::new(&context).unwrap().secret_key().unwrap();
    let minus_one = Plaintext::from_coefficients(&context, &[(1 << 54) + 2]).unwrap();
    let x = SymmetricEncryptor::new(&context, &secret).unwrap().encrypt(&minus_one).unwrap();
    let evaluator = Evaluator::new(&context).unwrap();
    let two = Plaintext::from_coefficients(&context, &[2, 1]).unwrap();
    let product = evaluator.add_plain(&evaluator.multiply_plain(&x, &two).unwrap(), &two).unwrap();
    let opened = Decryptor::new(&context, &secret).unwrap().decrypt(&product).unwrap().open_as_key_owner();
    assert!(opened.is_zero());
}

fn transformed_operands<S: IntegerScheme>() {
    let kit = Kit::<S>::small();
    let (x, y) = (kit.random(15), kit.random(16));
    let (cx, plain, e) = (kit.encrypt(&x), kit.plain(&y), &kit.evaluator);
    for level in (0..3).map(Level) {
        let low = e.transform_to_ntt(&e.mod_switch_to(&cx, level).unwrap()).unwrap();
        let direct = e.transform_plain_to_ntt(&plain, level).unwrap();
        let switched = e.mod_switch_plain_to(&e.transform_plain_to_ntt(&plain, kit.top()).unwrap(), level).unwrap();
        assert_eq!((low.level(), low.size(), direct.level(), switched.level()), (level, 2, level, level));
        for factor in [direct, switched] {
            let product = e.multiply_plain_ntt(&low, &factor).unwrap();
            let sum = e.transform_from_ntt(&e.add_ntt(&product, &low).unwrap()).unwrap();
            assert_eq!(kit.decrypt(&sum), kit.zip(&x, &y, |a, b| a * b + a), "{level}");
        }
    }
    let back = e.transform_from_ntt(&e.transform_to_ntt(&cx).unwrap()).unwrap();
    assert_eq!(kit.decrypt(&back), x);
}

fn zeros<S: IntegerScheme>() {
    let kit = Kit::<S>::small();
    let x = kit.random(17);
    for level in (0..3).map(Level) {
        let low = kit.evaluator.mod_switch_to(&kit.encrypt(&x), level).unwrap();
        for zero in [kit.encryptor.encrypt_zero(level).unwrap(), kit.public.encrypt_zero(level).unwrap()] {
            assert_eq!(kit.decrypt(&zero), vec![0; 1024]);
            assert_eq!(kit.decrypt(&kit.evaluator.add(&low, &zero).unwrap()), x);
        }
    }
    // Zeros may be encrypted and added.
    let zeros = kit.plain(&[]);
    assert_eq!(kit.decrypt(&kit.encryptor.encrypt(&zeros).unwrap()), vec![0; 1024]);
    assert_eq!(kit.decrypt(&kit.evaluator.add_plain(&kit.encrypt(&x), &zeros).unwrap()), x);
}

fn noise_budgets<S: IntegerScheme>() {
    let kit = Kit::<S>::small();
    let (x, y) = (kit.encrypt(&kit.random(18)), kit.encrypt(&kit.random(19)));
    let e = &kit.evaluator;
    // 150 bits of modulus, 17 of t: what is left after t and errors of a few bits.
    let fresh = kit.budget(&x);
    assert!((118..=132).contains(&fresh), "{fresh}");
    // A sum takes a bit at most.
    assert!(kit.budget(&e.add(&x, &y).unwrap()) + 2 > fresh);
    // A product takes t and N and some more; relinearising it next to nothing.
    let product = e.multiply(&x, &y).unwrap();
    let after = kit.budget(&product);
    assert!((20..=45).contains(&(fresh - after)), "{fresh} to {after}");
    assert!(kit.budget(&kit.relinearized(&product)) + 2 > after);
    // So does a product with a plaintext that fills its slots; not one with a small constant.
    let plain = e.multiply_plain(&x, &kit.plain(&kit.random(20))).unwrap();
    assert!((15..=30).contains(&(fresh - kit.budget(&plain))), "{}", kit.budget(&plain));
    let twice = e.multiply_plain(&x, &Plaintext::from_coefficients(&kit.context, &[2]).unwrap()).unwrap();
    assert!(kit.budget(&twice) + 3 > fresh);
    // Lower levels leave less: a fresh value has no more than modulus and t allow.
    let budgets: Vec<u32> = (0..3).map(|l| kit.budget(&e.mod_switch_to(&x, Level(l)).unwrap())).collect();
    assert!(budgets[0] > 15 && budgets[0] < 33 && budgets[1] > budgets[0] + 40, "{budgets:?}");
}

fn a_budget_that_runs_out<S: IntegerScheme>() {
    let kit = Kit::<S>::small();
    let mut x = kit.encrypt(&kit.random(21));
    let mut budgets = vec![kit.budget(&x)];
    while *budgets.last().unwrap() > 0 {
        x = kit.relinearized(&kit.evaluator.square(&x).unwrap());
        budgets.push(kit.budget(&x));
    }
    assert!(budgets.is_sorted_by(|a, b| a > b), "{budgets:?}");
    assert!((3..8).contains(&budgets.len()), "{budgets:?}");
    assert!(matches!(kit.decryptor.decrypt(&x), Err(SealError::NoiseBudgetExhausted { op: "decrypt" })));
}

fn ids<S: IntegerScheme>() {
    let kit = Kit::<S>::small();
    let mut ids: Vec<[u8; 32]> = (0..3).map(|l| kit.context.parms_id(Level(l)).unwrap()).collect();
    // Behind the header of 16 bytes, as SEAL writes it.
    let bytes = kit.encryptor.encrypt_seeded(&kit.plain(&[1])).unwrap();
    assert_eq!(bytes.as_bytes()[16..48], ids[2]);
    ids.push(kit.context.key_parms_id().unwrap());
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 4);
}

fn sizes<S: IntegerScheme>() {
    let kit = Kit::<S>::small();
    let near = |bytes: usize, data: usize| assert!((data..data + 400).contains(&bytes), "{bytes} for {data}");
    let x = kit.encrypt(&[1]);
    near(x.serialized_bytes().unwrap(), 8 * 1024 * 3 * 2);
    near(kit.evaluator.mod_switch_to(&x, Level(0)).unwrap().serialized_bytes().unwrap(), 8 * 1024 * 2);
    near(kit.plain(&[1]).serialized_bytes().unwrap(), 8 * 1024);
    near(kit.keys().create_public_key().unwrap().serialized_bytes().unwrap(), 8 * 1024 * 4 * 2);
    let key = 16 * 1024 * 3 * 4;
    assert!((key..key + key / 100).contains(&kit.relin.serialized_bytes().unwrap()));
}

#[test]
fn switching_the_modulus_means_different_things() {
    // BFV divides modulus and noise together: what is left of the budget stays.
    let kit = Kit::<Bfv>::small();
    let square = |x: &Ciphertext<Bfv>| kit.relinearized(&kit.evaluator.square(x).unwrap());
    let fresh = kit.encrypt(&kit.random(22));
    let x = square(&square(&fresh));
    let (before, after) = (kit.budget(&x), kit.budget(&kit.evaluator.mod_switch_to_next(&x).unwrap()));
    assert!(before + 20 < kit.budget(&fresh) && after + 3 > before, "{before} to {after}");

    // With BGV the next product squares a smaller noise.
    let kit = Kit::<Bgv>::new(
        &Parameters::<Bgv>::insecure(1024, CoeffModulus::Bits(&[50, 30, 30, 30, 30, 50]), PlainModulus::Batching(17))
            .unwrap(),
    );
    let square = |x: &Ciphertext<Bgv>| kit.relinearized(&kit.evaluator.square(x).unwrap());
    let down = |x: &Ciphertext<Bgv>| kit.evaluator.mod_switch_to_next(x).unwrap();
    let x = kit.encrypt(&kit.random(23));
    let plain = square(&square(&square(&x)));
    let switched = square(&down(&square(&down(&square(&x)))));
    assert!(kit.budget(&switched) > kit.budget(&plain) + 20, "{} {}", kit.budget(&switched), kit.budget(&plain));
}
