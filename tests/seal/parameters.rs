//! Which parameters are made, and why others are not.

use crate::kit::insecure;
use seal_nn::seal::*;
use seal_nn::{Level, SealError};

fn request(depth: usize, scale_bits: u32) -> ParametersBuilder {
    Parameters::builder().depth(depth, scale_bits)
}

#[test]
fn sizes_become_primes() {
    let p = Parameters::new(8192, &[50, 40, 41, 60]).unwrap();
    assert_eq!(p.coeff_modulus_bits(), [50, 40, 41, 60]);
    assert_eq!((p.poly_modulus_degree(), p.slots(), p.top_level().0), (8192, 4096, 2));
    assert_eq!((p.security_bits(), p.default_scale()), (128, 2_f64.powi(41)));
    assert_eq!(p.data_primes().len(), 3);
    // The same primes by name.
    let mut primes = p.data_primes().to_vec();
    primes.push(p.special_prime());
    assert_eq!(Parameters::builder().degree(8192).primes(&primes).build().unwrap(), p);
    // One level only: 8 bits of room above the scale.
    assert_eq!(Parameters::new(8192, &[50, 60]).unwrap().default_scale(), 2_f64.powi(42));
}

#[test]
fn bits_are_counted_as_seal_counts_them() {
    // Of the product: three primes of 40 bits may have 118.
    let p = insecure(4096, &[40, 40, 40]).unwrap();
    let bits = |product: u128| 128 - product.leading_zeros();
    let data: u128 = p.data_primes().iter().map(|&q| u128::from(q)).product();
    assert_eq!(p.total_bits(), bits(data * u128::from(p.special_prime())));
    assert_eq!(p.modulus_bits(p.top_level()), Some(bits(data)));
    assert_eq!(p.modulus_bits(Level(0)), Some(40));
    assert_eq!(p.modulus_bits(Level(2)), None);
    // More than one word.
    assert!((148..=150).contains(&Parameters::new(8192, &[50, 40, 60]).unwrap().total_bits()));
}

#[test]
fn a_level_has_an_id() {
    let context = Context::new(&insecure(2048, &[50, 40, 40, 60]).unwrap()).unwrap();
    let secret = KeyGenerator::new(&context).unwrap().secret_key().unwrap();
    let encryptor = SymmetricEncryptor::new(&context, &secret).unwrap();
    let plain = Encoder::new(&context).unwrap().encode(&[1.0], context.top_level(), 1024.0).unwrap();
    let id = |level| context.parms_id(Level(level)).unwrap();
    // Behind the header of 16 bytes, as SEAL writes it.
    let bytes = encryptor.encrypt_seeded(&plain).unwrap();
    assert_eq!(bytes.as_bytes()[16..48], id(2));
    let key = context.key_parms_id().unwrap();
    assert!(id(0) != id(1) && id(1) != id(2) && id(0) != id(2) && key != id(2));
    assert!(matches!(context.parms_id(Level(3)), Err(SealError::LevelTooHigh { .. })));
}

#[test]
fn a_depth_becomes_the_smallest_secure_ring() {
    for (depth, bits, degree) in [(1, 30, 8192), (2, 40, 8192), (6, 42, 16384), (7, 40, 16384), (18, 42, 32768)] {
        let p = request(depth, bits).build().unwrap();
        assert_eq!((p.poly_modulus_degree(), p.top_level().0), (degree, depth), "depth {depth} at {bits} bits");
        assert_eq!(p.default_scale(), f64::from(bits).exp2());
        assert_eq!((p.coeff_modulus_bits()[0], *p.coeff_modulus_bits().last().unwrap()), (50, 60));
        // Scales stay where they are at every level.
        let drift = |d: &f64| (d / p.default_scale() - 1.0).abs();
        assert!(p.canonical_scales().iter().map(drift).fold(0.0, f64::max) < 2_f64.powi(-13));
        Context::new(&p).unwrap();
    }
    // A ring of one's choice.
    assert_eq!(request(2, 40).degree(32768).build().unwrap().poly_modulus_degree(), 32768);
}

#[test]
fn canonical_scales_are_those_of_the_recurrence() {
    let p = request(6, 42).build().unwrap();
    let scales = p.canonical_scales();
    assert_eq!(scales.len(), 7);
    assert_eq!(scales[6], 2_f64.powi(42));
    for level in 1..7 {
        assert_eq!(scales[level - 1], scales[level] * scales[level] / p.data_primes()[level] as f64);
        assert!((scales[level] / scales[6] - 1.0).abs() < 2_f64.powi(-17));
    }
}

#[test]
fn more_bits_than_are_secure_are_refused() {
    match Parameters::new(8192, &[60, 60, 60, 60]) {
        Err(SealError::TooManyBits { requested: 240, allowed: 218, poly_modulus_degree: 8192 }) => {}
        other => panic!("{other:?}"),
    }
    // No ring is large enough: the answer names the largest.
    match request(30, 40).build() {
        Err(SealError::TooManyBits { allowed: 881, poly_modulus_degree: 32768, requested }) => {
            assert!(requested > 1300)
        }
        other => panic!("{other:?}"),
    }
    assert!(matches!(request(2, 40).degree(4096).build(), Err(SealError::TooManyBits { allowed: 109, .. })));
    // Unless the name says so.
    let insecure = insecure(4096, &[60, 60, 60, 60]).unwrap();
    assert_eq!(insecure.security_bits(), 0);
    assert!(Context::new(&insecure).is_ok());
    assert_eq!(request(2, 40).insecure().build().unwrap().poly_modulus_degree(), 2048);
}

#[test]
fn what_seal_does_not_take_is_refused() {
    for degree in [0, 1, 3, 1000, 1 << 18, usize::MAX] {
        assert!(matches!(Parameters::new(degree, &[50, 60]), Err(SealError::Degree { .. })), "{degree}");
        assert!(
            matches!(Parameters::builder().degree(degree).primes(&[5, 7]).build(), Err(SealError::Degree { .. })),
            "{degree}"
        );
    }
    for bits in [vec![], vec![40], vec![40; 1000]] {
        assert!(matches!(insecure(4096, &bits), Err(SealError::PrimeCount { .. })), "{bits:?}");
    }
    assert!(matches!(
        Parameters::builder().degree(4096).primes(&[]).build(),
        Err(SealError::PrimeCount { actual: 0, .. })
    ));
    for bits in [0, 1, 61, u32::MAX] {
        assert!(matches!(insecure(4096, &[40, bits]), Err(SealError::PrimeBits { .. })), "{bits}");
    }
    assert!(matches!(request(usize::MAX, 40).build(), Err(SealError::PrimeCount { .. })));
    let first = request(1, 40).first_bits(40);
    assert!(matches!(first.build(), Err(SealError::FirstPrime { first_bits: 40, scale_bits: 40 })));
    let special = request(1, 40).special_bits(49);
    assert!(matches!(special.build(), Err(SealError::SpecialPrime { special_bits: 49, .. })));
    // The only prime 1 mod 65536 of 17 bits is 65537.
    let few = insecure(32768, &[40, 17, 17, 10]);
    assert!(matches!(few, Err(SealError::TooFewPrimes { bits: 17, modulus: 65536 })), "{few:?}");
}

#[test]
fn numbers_that_are_no_ntt_primes_are_refused() {
    let [q, r] = Parameters::new(4096, &[40, 41]).map(|p| [p.data_primes()[0], p.special_prime()]).unwrap();
    // p (2p - 1), 1 mod 8192: SEAL 4.0 takes it for a prime.
    let pseudoprime = 204_146_122_753;
    let composite = |value| Parameters::builder().degree(4096).primes(&[value, r]).build();
    assert!(matches!(composite(pseudoprime), Err(SealError::NotPrime { value }) if value == pseudoprime));
    assert!(matches!(composite(1 << 36), Err(SealError::NotPrime { .. })));
    assert!(matches!(composite(0), Err(SealError::PrimeBits { bits: 0, .. })));
    assert!(matches!(composite(u64::MAX), Err(SealError::PrimeBits { bits: 64, .. })));
    // 2^31 - 1 is prime, but no root of unity of order 8192 lives there.
    assert!(matches!(composite((1 << 31) - 1), Err(SealError::NoTransform { modulus: 8192, .. })));
    assert!(
        matches!(Parameters::builder().degree(4096).primes(&[q, q]).build(), Err(SealError::RepeatedPrime { prime }) if prime == q)
    );
}

#[test]
fn what_a_builder_leaves_open() {
    // The smallest ring that is secure for the primes.
    let p = Parameters::builder().bits(&[50, 40, 40, 60]).build().unwrap();
    assert_eq!((p.poly_modulus_degree(), p.default_scale()), (8192, 40_f64.exp2()));
    assert_eq!(p, Parameters::new(8192, &[50, 40, 40, 60]).unwrap());
    assert!(matches!(Parameters::builder().build(), Err(SealError::PrimeCount { actual: 0, .. })));
    // Primes that are given keep their sizes; the last choice of primes counts.
    let given = Parameters::builder().depth(6, 42).bits(&[40, 40, 41]).first_bits(50).special_bits(60);
    let p = given.build().unwrap();
    assert_eq!((p.coeff_modulus_bits(), p.default_scale()), (vec![40, 40, 41], 40_f64.exp2()));
    // Primes near the scale lie on both sides of it.
    let bits = Parameters::builder().depth(2, 40).hybrid(1).build().unwrap().coeff_modulus_bits();
    assert!(matches!(bits[..], [48, 40 | 41, 40 | 41, 50]), "{bits:?}");
}

#[test]
fn scales_fit_under_the_data_primes() {
    let with_scale = |bits| Parameters::builder().degree(4096).bits(&[36, 36, 37]).scale_bits(bits).build();
    assert_eq!(with_scale(71).unwrap().default_scale(), 71_f64.exp2());
    for bits in [72, u32::MAX] {
        let refused = with_scale(bits);
        assert!(matches!(refused, Err(SealError::ScaleTooLarge { modulus_bits: 72, .. })), "{refused:?}");
    }
}

/// Each table to the last bit; the ring above SEAL's has the limit of the guidelines in both.
#[test]
fn a_table_of_security_refuses_what_is_beyond_it() {
    let of = |degree, bits: &[u32]| Parameters::builder().degree(degree).bits(bits).insecure().build().unwrap();
    for (table, degree, within, beyond, limit) in [
        (SecurityTable::Guidelines2024, 4096, [36, 35, 35], [36, 36, 35], 106),
        (SecurityTable::Seal, 4096, [37, 36, 36], [37, 37, 36], 109),
    ] {
        assert!(table.check(&of(degree, &within)).is_ok());
        match table.check(&of(degree, &beyond)) {
            Err(SealError::TooManyBits { requested, allowed, poly_modulus_degree }) => {
                assert_eq!((requested, allowed, poly_modulus_degree), (limit + 1, limit, degree));
            }
            other => panic!("{table:?}: {other:?}"),
        }
    }
    assert_eq!([SecurityTable::Guidelines2024, SecurityTable::Seal].map(|table| table.modulus_bits(65536)), [1747; 2]);
    assert_eq!([SecurityTable::Guidelines2024, SecurityTable::Seal].map(|table| table.modulus_bits(1000)), [0; 2]);
}
