//! Randomness from a seed: the same calls give the same keys and ciphertexts, another seed gives others. And the new
//! calls of CKKS beside: encryptions of zero, plaintexts that go down, ids of parameters.

mod integer_kit;
mod seal_kit;

use seal_nn::seal::{self, integer};
use seal_nn::{Level, SealError, Step};

/// The bytes of every kind of key and of two encryptions, made in one order.
fn ckks(seed: u64) -> Vec<Vec<u8>> {
    let context = seal::Context::insecure_from_seed(&seal_kit::small(1), seed).unwrap();
    let mut keys = seal::KeyGenerator::new(&context).unwrap();
    let secret = keys.secret_key().unwrap();
    let encoder = seal::Encoder::new(&context).unwrap();
    let plain = encoder.encode(&[1.0], context.top_level(), 2_f64.powi(40)).unwrap();
    let encryptor = seal::SymmetricEncryptor::new(&context, &secret).unwrap();
    vec![
        keys.create_seeded_public_key().unwrap().as_bytes().to_vec(),
        keys.create_seeded_relin_keys().unwrap().as_bytes().to_vec(),
        keys.create_seeded_galois_keys(&[Step(1)]).unwrap().as_bytes().to_vec(),
        encryptor.encrypt_seeded(&plain).unwrap().as_bytes().to_vec(),
        encryptor.encrypt_seeded(&plain).unwrap().as_bytes().to_vec(),
    ]
}

fn integers<S: integer::IntegerScheme>(seed: u64) -> Vec<Vec<u8>> {
    let context = integer::Context::insecure_from_seed(&integer_kit::small::<S>(), seed).unwrap();
    let mut keys = integer::KeyGenerator::new(&context).unwrap();
    let secret = keys.secret_key().unwrap();
    let plain = integer::Plaintext::from_coefficients(&context, &[1]).unwrap();
    let encryptor = integer::SymmetricEncryptor::new(&context, &secret).unwrap();
    vec![
        keys.create_seeded_public_key().unwrap().as_bytes().to_vec(),
        keys.create_seeded_relin_keys().unwrap().as_bytes().to_vec(),
        keys.create_seeded_galois_keys(&[Step(1)]).unwrap().as_bytes().to_vec(),
        encryptor.encrypt_seeded(&plain).unwrap().as_bytes().to_vec(),
        encryptor.encrypt_seeded(&plain).unwrap().as_bytes().to_vec(),
    ]
}

#[test]
fn a_seed_repeats_and_another_does_not() {
    let makers: [fn(u64) -> Vec<Vec<u8>>; 3] = [ckks, integers::<integer::Bfv>, integers::<integer::Bgv>];
    for make in makers {
        let (first, again, other) = (make(7), make(7), make(8));
        assert!(first == again);
        for (mine, theirs) in first.iter().zip(&other) {
            assert_eq!(mine.len(), theirs.len());
            assert!(mine != theirs);
        }
        // Two encryptions of one value differ, or their difference would be readable.
        assert!(first[3] != first[4]);
    }
}

#[test]
fn what_a_seed_made_works_as_usual() {
    let context = seal::Context::insecure_from_seed(&seal_kit::small(1), 1).unwrap();
    let secret = seal::KeyGenerator::new(&context).unwrap().secret_key().unwrap();
    let encoder = seal::Encoder::new(&context).unwrap();
    let encryptor = seal::SymmetricEncryptor::new(&context, &secret).unwrap();
    let plain = |x| encoder.encode(&[x], context.top_level(), 2_f64.powi(40)).unwrap();
    let (x, y) = (encryptor.encrypt(&plain(2.5)).unwrap(), encryptor.encrypt(&plain(1.25)).unwrap());
    let difference = seal::Evaluator::new(&context).unwrap().sub(&x, &y).unwrap();
    // By a context of another party, without the seed.
    let theirs = seal::Context::new(&seal_kit::small(1)).unwrap();
    let decrypted = seal::Decryptor::new(&theirs, &secret).unwrap().decrypt_decode(&difference).unwrap();
    assert!((decrypted.open_as_key_owner()[0] - 1.25).abs() < 1e-6);
}

#[test]
fn ckks_zeros() {
    let kit = seal_kit::Kit::small(2, &[]);
    let public = kit.keys().create_public_key().unwrap();
    let public = seal::Encryptor::with_public_key(&kit.context, &public).unwrap();
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
fn ckks_plaintexts_go_down() {
    let kit = seal_kit::Kit::small(2, &[]);
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
    let foreign = seal_kit::Kit::small(1, &[]).plain(&[1.0]);
    assert!(matches!(kit.evaluator.drop_plain_to(&foreign, Level(0)), Err(SealError::ForeignContext { .. })));
}

#[test]
fn ckks_ids() {
    let kit = seal_kit::Kit::small(2, &[]);
    let id = |level| kit.context.parms_id(Level(level)).unwrap();
    // Behind the header of 16 bytes, as SEAL writes it.
    let bytes = kit.encryptor.encrypt_seeded(&kit.plain(&[1.0])).unwrap();
    assert_eq!(bytes.as_bytes()[16..48], id(2));
    let key = kit.context.key_parms_id().unwrap();
    assert!(id(0) != id(1) && id(1) != id(2) && id(0) != id(2) && key != id(2));
    assert!(matches!(kit.context.parms_id(Level(3)), Err(SealError::LevelTooHigh { .. })));
}
