//! Which parameters BFV and BGV take, and why others are not.

use seal_nn::seal::integer::*;
use seal_nn::{Level, SealError};

fn value(value: u64) -> PlainModulus {
    PlainModulus::Value(value)
}

#[test]
fn seals_choice_of_primes_is_secure_to_the_last_bit() {
    for (degree, bits, primes) in [(1024, 27, 1), (2048, 54, 1), (4096, 109, 3), (8192, 218, 5), (16384, 438, 9)] {
        let p = Parameters::<Bfv>::new(degree, CoeffModulus::Default, value(1024)).unwrap();
        assert_eq!((p.total_bits(), p.coeff_modulus_bits().len()), (bits, primes));
        assert_eq!((p.security_bits(), p.poly_modulus_degree(), p.plain_modulus()), (128, degree, 1024));
        assert_eq!(p.special_prime().is_some(), primes > 1);
        assert_eq!(p.data_primes().len(), 1.max(primes - 1));
        Context::new(&p).unwrap();
    }
    for degree in [512, 65536] {
        let refused = Parameters::<Bgv>::new(degree, CoeffModulus::Default, value(1024));
        assert!(matches!(refused, Err(SealError::Degree { min: 1024, max: 32768, .. })), "{refused:?}");
    }
}

#[test]
fn primes_by_size_and_by_name() {
    let p = Parameters::<Bgv>::new(8192, CoeffModulus::Bits(&[50, 40, 60]), PlainModulus::Batching(20)).unwrap();
    assert_eq!((p.coeff_modulus_bits(), p.top_level()), (vec![50, 40, 60], Level(1)));
    assert_eq!(p.modulus_bits(Level(0)), Some(50));
    assert_eq!((p.modulus_bits(Level(1)), p.modulus_bits(Level(2))), (Some(90), None));
    let primes = [p.data_primes(), &[p.special_prime().unwrap()]].concat();
    let same = Parameters::<Bgv>::new(8192, CoeffModulus::Primes(&primes), value(p.plain_modulus())).unwrap();
    assert_eq!(p, same);
    assert_eq!(p.plain_modulus() % 16384, 1);
    assert!(Context::new(&p).unwrap().has_batching());
    // A single prime is enough.
    let single = Parameters::<Bfv>::new(2048, CoeffModulus::Bits(&[50]), value(2)).unwrap();
    assert_eq!((single.special_prime(), single.top_level()), (None, Level(0)));
}

#[test]
fn what_seal_does_not_take_is_refused() {
    let bits = CoeffModulus::Bits(&[50, 50]);
    let refuse = |degree, coeff, plain| Parameters::<Bfv>::insecure(degree, coeff, plain).unwrap_err();
    for degree in [0, 1, 3, 1000, 1 << 18, usize::MAX] {
        for coeff in [bits, CoeffModulus::Default, CoeffModulus::Primes(&[5])] {
            assert!(matches!(refuse(degree, coeff, value(2)), SealError::Degree { .. }), "{degree}");
        }
    }
    let count = |coeff| matches!(refuse(1024, coeff, value(2)), SealError::PrimeCount { min: 1, .. });
    assert!(
        count(CoeffModulus::Bits(&[])) && count(CoeffModulus::Primes(&[])) && count(CoeffModulus::Bits(&[40; 999]))
    );
    assert!(matches!(refuse(1024, CoeffModulus::Bits(&[50, 61]), value(2)), SealError::PrimeBits { bits: 61, .. }));
    assert!(matches!(refuse(1024, CoeffModulus::Primes(&[1 << 40]), value(2)), SealError::NotPrime { .. }));
    assert!(matches!(refuse(1024, CoeffModulus::Primes(&[7]), value(2)), SealError::NoTransform { .. }));
    assert!(matches!(refuse(1024, CoeffModulus::Primes(&[12289; 2]), value(2)), SealError::RepeatedPrime { .. }));
    for plain in [0, 1, 1 << 60, u64::MAX] {
        let refused = refuse(1024, bits, value(plain));
        assert!(matches!(refused, SealError::PlainModulusSize { min_bits: 2, max_bits: 60, .. }), "{refused}");
    }
    for size in [0, 1, 10, 61, u32::MAX] {
        let refused = refuse(1024, bits, PlainModulus::Batching(size));
        assert!(matches!(refused, SealError::PrimeBits { .. } | SealError::TooFewPrimes { .. }), "{refused}");
    }
    // 12289 is 1 mod 2048: a multiple of it shares a factor, also where it is the special prime.
    let primes = CoeffModulus::Primes(&[18433, 12289]);
    assert!(matches!(
        refuse(1024, primes, value(2 * 12289)),
        SealError::PlainModulusNotCoprime { prime: 12289, plain_modulus: 24578 }
    ));
    // As large as the data primes: SEAL would quietly take the special prime for one of them.
    assert!(matches!(refuse(1024, primes, value(18434)), SealError::PlainModulusTooLarge { modulus_bits: 15, .. }));
    Context::new(&Parameters::<Bgv>::insecure(1024, primes, value(18432)).unwrap()).unwrap();
}

#[test]
fn more_bits_than_are_secure_are_refused() {
    let bits = CoeffModulus::Bits(&[60, 60, 60, 60]);
    let refused = Parameters::<Bgv>::new(8192, bits, value(16)).unwrap_err();
    assert!(matches!(refused, SealError::TooManyBits { requested: 240, allowed: 218, poly_modulus_degree: 8192 }));
    let insecure = Parameters::<Bgv>::insecure(8192, bits, value(16)).unwrap();
    assert_eq!(insecure.security_bits(), 0);
    Context::new(&insecure).unwrap();
}
