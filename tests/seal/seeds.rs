//! Randomness from a seed: the same calls give the same keys and ciphertexts, another seed gives others.

use crate::kit;
use crate::kit::insecure;
use seal_nn::Rotation;
use seal_nn::seal::{self, integer};

/// The bytes of every kind of key and of two encryptions, made in one order.
type Bytes = Vec<Vec<u8>>;

fn ckks(seed: u64) -> Bytes {
    let context = seal::Context::insecure_from_seed(&kit::seal::small(1), seed).unwrap();
    let mut keys = seal::KeyGenerator::new(&context).unwrap();
    let secret = keys.secret_key().unwrap();
    let encoder = seal::Encoder::new(&context).unwrap();
    let plain = encoder.encode(&[1.0], context.top_level(), 2_f64.powi(40)).unwrap();
    let encryptor = seal::SymmetricEncryptor::new(&context, &secret).unwrap();
    vec![
        keys.create_seeded_public_key().unwrap().as_bytes().to_vec(),
        keys.create_seeded_relin_keys().unwrap().as_bytes().to_vec(),
        keys.create_seeded_galois_keys(&[Rotation(1)]).unwrap().as_bytes().to_vec(),
        encryptor.encrypt_seeded(&plain).unwrap().as_bytes().to_vec(),
        encryptor.encrypt_seeded(&plain).unwrap().as_bytes().to_vec(),
    ]
}

fn integers<S: integer::IntegerScheme>(seed: u64) -> Bytes {
    let context = integer::Context::insecure_from_seed(&kit::integer::small::<S>(), seed).unwrap();
    let mut keys = integer::KeyGenerator::new(&context).unwrap();
    let secret = keys.secret_key().unwrap();
    let plain = integer::Plaintext::from_coefficients(&context, &[1]).unwrap();
    let encryptor = integer::SymmetricEncryptor::new(&context, &secret).unwrap();
    vec![
        keys.create_seeded_public_key().unwrap().as_bytes().to_vec(),
        keys.create_seeded_relin_keys().unwrap().as_bytes().to_vec(),
        keys.create_seeded_galois_keys(&[Rotation(1)]).unwrap().as_bytes().to_vec(),
        encryptor.encrypt_seeded(&plain).unwrap().as_bytes().to_vec(),
        encryptor.encrypt_seeded(&plain).unwrap().as_bytes().to_vec(),
    ]
}

#[test]
fn a_seed_repeats_and_another_does_not() {
    let makers: [fn(u64) -> Bytes; 3] = [ckks, integers::<integer::Bfv>, integers::<integer::Bgv>];
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

/// They are made side by side, each with a generator of its own.
#[test]
fn keys_for_our_own_key_switching_repeat_too() {
    let parameters = insecure(2048, &[50, 40, 40, 50]).unwrap();
    let steps: Vec<Rotation> = (1..12).map(Rotation).collect();
    let levels = seal::HybridKeyLevels::all(&parameters, &steps);
    let make = |context: seal::Context| {
        let mut keys = seal::KeyGenerator::new(&context).unwrap();
        keys.create_seeded_hybrid_keys(&levels).unwrap().as_bytes().to_vec()
    };
    let of_seed = |seed| make(seal::Context::insecure_from_seed(&parameters, seed).unwrap());
    let first = of_seed(7);
    for _ in 0..3 {
        assert!(first == of_seed(7));
    }
    assert!(first != of_seed(8));
    let random = || make(seal::Context::new(&parameters).unwrap());
    assert!(random() != random());
    // No two keys have a seed in common.
    let part = first.len() / 12;
    let seeds: std::collections::BTreeSet<&[u8]> = first.chunks(part).map(|key| &key[8..8 + 64]).collect();
    assert_eq!((seeds.len(), first.len() % part), (12, 0));
}

#[test]
fn what_a_seed_made_works_as_usual() {
    let context = seal::Context::insecure_from_seed(&kit::seal::small(1), 1).unwrap();
    let secret = seal::KeyGenerator::new(&context).unwrap().secret_key().unwrap();
    let encoder = seal::Encoder::new(&context).unwrap();
    let encryptor = seal::SymmetricEncryptor::new(&context, &secret).unwrap();
    let plain = |x| encoder.encode(&[x], context.top_level(), 2_f64.powi(40)).unwrap();
    let (x, y) = (encryptor.encrypt(&plain(2.5)).unwrap(), encryptor.encrypt(&plain(1.25)).unwrap());
    let difference = seal::Evaluator::new(&context).unwrap().sub(&x, &y).unwrap();
    // By a context of another party, without the seed.
    let theirs = seal::Context::new(&kit::seal::small(1)).unwrap();
    let decrypted = seal::Decryptor::new(&theirs, &secret).unwrap().decrypt_decode(&difference).unwrap();
    assert!((decrypted.open_as_key_owner()[0] - 1.25).abs() < 1e-6);
}
