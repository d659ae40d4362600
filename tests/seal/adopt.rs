//! Ciphertexts and the secret key in a taller context.

use crate::kit::seal::Kit;
use seal_nn::seal::*;
use seal_nn::{Level, SealError};

fn context(degree: usize, primes: &[u64]) -> Context {
    let parameters = Parameters::builder().degree(degree).primes(primes).special_primes(2).insecure().build().unwrap();
    Context::new(&parameters).unwrap()
}

/// The primes of a tall chain: data primes, then the two special ones.
fn primes() -> (Vec<u64>, Vec<u64>) {
    let builder = Parameters::builder().degree(1024).bits(&[50, 40, 40, 45, 45, 50, 50]).special_primes(2);
    let parameters = builder.insecure().build().unwrap();
    (parameters.data_primes().to_vec(), parameters.special_primes().to_vec())
}

#[test]
fn ciphertexts_and_the_secret_move_to_a_taller_context_and_back() {
    let (data, special) = primes();
    let tall = context(1024, &[&data[..], &special].concat());
    let low = context(1024, &[&data[..3], &special].concat());
    let kit = Kit::new(low.parameters(), &[]);
    let (secret, values) = (tall.adopt_secret_key(&kit.secret).unwrap(), kit.random(1));
    // The same secret, with other residues.
    assert!(low.adopt_secret_key(&secret).unwrap().is_same_key(&kit.secret));
    let decryptor = Decryptor::new(&tall, &secret).unwrap();
    for level in 0..3 {
        let x = kit.evaluator.drop_to(&kit.encrypt(&values), Level(level)).unwrap();
        let moved = tall.adopt(&x).unwrap();
        assert_eq!((moved.level(), moved.scale(), moved.size()), (x.level(), x.scale(), 2));
        let read = decryptor.decrypt_decode(&moved).unwrap().open_as_key_owner();
        assert_eq!(read, kit.decrypt(&x));
        assert!(low.adopt(&moved).unwrap().to_bytes().unwrap() == x.to_bytes().unwrap());
    }
    // A product that was not relinearised too.
    let product = kit.evaluator.square(&kit.encrypt(&values)).unwrap();
    assert_eq!(tall.adopt(&product).unwrap().size(), 3);
}

#[test]
fn other_rings_and_primes_are_refused() {
    let (data, special) = primes();
    let tall = context(1024, &[&data[..], &special].concat());
    let swapped = context(1024, &[&[data[0], data[2], data[1]], &special[..]].concat());
    let kit = Kit::new(swapped.parameters(), &[]);
    let x = kit.encrypt(&[0.5]);
    refused!(tall.adopt(&x), SealError::OtherPrimes { level: Level(2), .. });
    refused!(tall.adopt(&kit.evaluator.drop_to(&x, Level(1)).unwrap()), SealError::OtherPrimes { level: Level(1), .. });
    assert!(tall.adopt(&kit.evaluator.drop_to(&x, Level(0)).unwrap()).is_ok());

    let low = context(1024, &[&data[..2], &special].concat());
    refused!(low.adopt(&x), SealError::LevelTooHigh { level: Level(2), top: Level(1), .. });

    let larger = Context::new(&crate::kit::insecure(2048, &[50, 40, 50]).unwrap()).unwrap();
    refused!(larger.adopt(&x), SealError::OtherRing { expected: 2048, actual: 1024, .. });
    refused!(larger.adopt_secret_key(&kit.secret), SealError::OtherRing { expected: 2048, actual: 1024, .. });
}
