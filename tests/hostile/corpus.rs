//! One file of every kind that SEAL 4.0's own loaders get wrong, or might.

use seal_nn::{SealError, seal::BytesRefusal as R, seal::Parameters, seal::integer};

use crate::ckks::CkksWorld;
use crate::forge::{self, ZLIB, ZSTD, compressed, ct, headed, header, ks, parms, pt, sized, with, with_u64};
use crate::integer::IntegerWorld;
use crate::integer_corpus;
use crate::tries::Tries;
use crate::world::{Kind, World};

/// A name, what the bytes pretend to be, and the error that is right, where they are not good.
pub type File = (&'static str, Kind, Vec<u8>, Option<fn(&SealError) -> bool>);

macro_rules! bytes {
    ($reason:pat) => {
        |error| matches!(error, SealError::Bytes { reason: $reason, .. })
    };
}
pub(crate) use bytes;

pub fn run(tries: &mut Tries) {
    // Made before memory is limited: what an attacker needs does not count.
    let ckks = CkksWorld::new(&Parameters::new(4096, &[36, 36, 37]).unwrap());
    let (bfv, bgv) = (integers::<integer::Bfv>(), integers::<integer::Bgv>());
    let worlds: [(&dyn World, Vec<File>); 3] = [
        (&ckks, of_any_scheme(&ckks)),
        (&bfv, [of_any_scheme(&bfv), integer_corpus::of_integers(&bfv), integer_corpus::of_bfv(&bfv, &ckks)].concat()),
        (&bgv, [of_any_scheme(&bgv), integer_corpus::of_integers(&bgv), integer_corpus::of_bgv(&bgv, &bfv)].concat()),
    ];
    for (world, _) in &worlds {
        // SEAL's pools have what they need for one operation.
        world.load(Kind::Ciphertext, world.sample(Kind::Ciphertext)).unwrap();
    }
    tries.limit_memory(worlds.iter().map(|(world, _)| world.largest()).max().unwrap());
    for (world, corpus) in &worlds {
        for (name, kind, bytes, right) in corpus {
            let name = format!("{}, {name}", world.name());
            let loaded = tries.attempt(&name, || world.load(*kind, bytes));
            match (loaded, right) {
                (Ok(()), None) => {}
                (Ok(()), Some(_)) => panic!("{name}: accepted"),
                (Err(error), None) => panic!("{name}: {error}"),
                (Err(error), Some(right)) => assert!(right(&error), "{name}: refused for another reason: {error}"),
            }
        }
    }
}

/// Of the same primes as those of CKKS.
fn integers<S: integer::IntegerScheme>() -> IntegerWorld<S> {
    let bits = integer::CoeffModulus::Bits(&[36, 36, 37]);
    IntegerWorld::new(&integer::Parameters::<S>::new(4096, bits, integer::PlainModulus::Batching(20)).unwrap())
}

fn of_any_scheme(world: &dyn World) -> Vec<File> {
    use Kind::{Ciphertext as Ct, Parameters as Parms, Plaintext as Pt, RelinKeys as Rk, SecretKey as Sk};
    let (v_ct, v_pt, v_rk) = (world.sample(Ct), world.sample(Pt), world.sample(Rk));
    let (v_sk, v_parms) = (world.sample(Sk), world.sample(Parms));
    let parameters = |degree, primes: &[u64]| forge::parameters(v_parms, degree, primes);
    let component = (v_ct.len() - ct::DATA) / 2;
    // A ciphertext whose data are an array that claims so many words and has none.
    let claims = |size: u64, words: u64| {
        let head = with_u64(&with_u64(&v_ct[..ct::DATA], ct::SIZE, size), ct::COUNT, words);
        sized(&with_u64(&head, ct::COUNT - 8, 24))
    };
    let plain_claims = |words: u64| {
        let head = with_u64(&with_u64(&v_pt[..pt::DATA], pt::COEFF_COUNT, 0), pt::COUNT, words);
        sized(&with_u64(&head, pt::COUNT - 8, 24))
    };
    let one_component = || {
        let bytes = with_u64(&v_ct[..ct::DATA + component], ct::COUNT, component as u64 / 8);
        sized(&with_u64(&bytes, ct::COUNT - 8, component as u64 + 24))
    };
    let stated = |mode: u8, size: u64| [header(mode, size), forge::zstd(&[0; 68])].concat();
    // A set of keys of which only these first fields are there.
    let keys = |dim1: u64, rest: &[u8]| sized(&[&v_rk[..ks::DIM1], &dim1.to_le_bytes(), rest].concat());
    let scale = |scale: f64| with(v_ct, ct::SCALE, &scale.to_le_bytes());
    let (q, p) = ([68_719_230_977, 68_719_403_009], 137_438_822_401);
    let secure = |error: &SealError| matches!(error, SealError::TooManyBits { .. });
    let first_modulus_bombed = |zeros: u64| {
        let (front, behind) = (&v_parms[..parms::MODULI], &v_parms[parms::MODULI + 24..]);
        sized(&[front, &headed(ZSTD, &forge::zstd_bomb(zeros)), behind].concat())
    };

    vec![
        ("a1 size 0, array of 4 GiB", Ct, claims(0, 1 << 29), Some(bytes!(R::Field { .. }))),
        ("a2 size 0, array of 2^58 words", Ct, claims(0, 1 << 58), Some(bytes!(R::Field { .. }))),
        ("a2 size 2, array of 2^58 words", Ct, claims(2, 1 << 58), Some(bytes!(R::Field { .. }))),
        ("a3 no coefficients, array of 4 GiB", Pt, plain_claims(1 << 29), Some(bytes!(R::Field { .. }))),
        ("a4 no coefficients, array of 2^58 words", Pt, plain_claims(1 << 58), Some(bytes!(R::Field { .. }))),
        (
            "a4 the same as a secret key",
            Sk,
            plain_claims(1 << 58),
            Some(bytes!(R::KeyLevel { .. } | R::ForeignParameters { .. })),
        ),
        ("a6 size 0, one component", Ct, with_u64(&one_component(), ct::SIZE, 0), Some(bytes!(R::Field { .. }))),
        ("a6 size 2, one component, no seed", Ct, one_component(), Some(bytes!(R::Form { .. }))),
        ("b1 header of 2^62, zstd", Ct, stated(ZSTD, 1 << 62), Some(bytes!(R::Size { .. }))),
        ("b2 header of 2^62, zlib", Ct, stated(ZLIB, 1 << 62), Some(bytes!(R::Size { .. }))),
        ("b3 header of 2^40, zstd", Ct, stated(ZSTD, 1 << 40), Some(bytes!(R::Size { .. }))),
        ("b4 secret key, header of 6 GiB, zstd", Sk, stated(ZSTD, 6 << 30), Some(bytes!(R::Size { .. }))),
        ("b5 header of 6 GiB, zstd", Ct, stated(ZSTD, 6 << 30), Some(bytes!(R::Size { .. }))),
        ("b6 header below its own size", Ct, stated(ZSTD, 5), Some(bytes!(R::Size { .. }))),
        ("b6 the same, uncompressed", Ct, with_u64(v_ct, 8, 5), Some(bytes!(R::Size { .. }))),
        ("b7 header of 2^62, uncompressed", Ct, with_u64(v_ct, 8, 1 << 62), Some(bytes!(R::Size { .. }))),
        ("b8 parameters, header of 2^62, zstd", Parms, stated(ZSTD, 1 << 62), Some(bytes!(R::Size { .. }))),
        (
            "b9 header of 2^62, zstd, 600 kB",
            Ct,
            [header(ZSTD, 1 << 62), vec![7; 600_000]].concat(),
            Some(bytes!(R::Size { .. })),
        ),
        ("c1 zstd bomb of 4 GiB", Ct, headed(ZSTD, &forge::zstd_bomb(4 << 30)), Some(bytes!(R::TooLarge { .. }))),
        ("c1 the same as a plaintext", Pt, headed(ZSTD, &forge::zstd_bomb(4 << 30)), Some(bytes!(R::TooLarge { .. }))),
        ("c1 the same as a secret key", Sk, headed(ZSTD, &forge::zstd_bomb(4 << 30)), Some(bytes!(R::TooLarge { .. }))),
        (
            "c1 the same as Galois keys",
            Kind::GaloisKeys,
            headed(ZSTD, &forge::zstd_bomb(4 << 30)),
            Some(bytes!(R::TooLarge { .. })),
        ),
        (
            "c1 a window of 1 GiB",
            Ct,
            headed(ZSTD, &forge::zstd_frame(0, &[20 << 3], 1 << 20)),
            Some(bytes!(R::Inflate { .. })),
        ),
        (
            "c1 one segment of 4 GiB",
            Ct,
            headed(ZSTD, &forge::zstd_frame(0b1110_0000, &(4_u64 << 30).to_le_bytes(), 1 << 20)),
            Some(bytes!(R::Inflate { .. })),
        ),
        ("c2 zlib bomb of 256 MiB", Ct, headed(ZLIB, &forge::zlib_bomb(256)), Some(bytes!(R::TooLarge { .. }))),
        ("c3 compressed garbage", Ct, headed(ZSTD, &[0x55; 5000]), Some(bytes!(R::Inflate { .. }))),
        ("c3 compressed garbage, zlib", Ct, headed(ZLIB, &[0x55; 5000]), Some(bytes!(R::Inflate { .. }))),
        (
            "c4 bomb of 4 GiB in the first modulus",
            Parms,
            first_modulus_bombed(4 << 30),
            Some(bytes!(R::TooLarge { .. })),
        ),
        (
            "c4 bomb of 16 MiB in the first modulus",
            Parms,
            first_modulus_bombed(16 << 20),
            Some(bytes!(R::Compression { .. })),
        ),
        ("d1 2^60 keys", Rk, keys(1 << 60, &[]), Some(bytes!(R::Field { .. }))),
        ("d3 a key of 2^56 digits", Rk, keys(1, &(1_u64 << 56).to_le_bytes()), Some(bytes!(R::Field { .. }))),
        (
            "d4 2^27 empty keys, zstd",
            Rk,
            headed(
                ZSTD,
                &forge::zstd([&v_rk[16..ks::DIM1], &(1_u64 << 27).to_le_bytes(), &vec![0; 30_000]].concat().as_slice()),
            ),
            Some(bytes!(R::Field { .. })),
        ),
        (
            "d4 2^27 empty Galois keys, 1 GiB, zstd",
            Kind::GaloisKeys,
            headed(ZSTD, &forge::zstd_bomb(1 << 30)),
            Some(bytes!(R::TooLarge { .. })),
        ),
        (
            "d5 an empty place, then the key",
            Rk,
            keys(2, &[&[0; 8], &v_rk[ks::DIM2..]].concat()),
            Some(bytes!(R::TooLarge { .. })),
        ),
        ("d6 one empty place", Rk, keys(1, &[0; 8]), Some(bytes!(R::NoKey { index: 0, .. }))),
        ("d7 no key", Rk, keys(0, &[]), Some(bytes!(R::Field { .. }))),
        ("e1 empty ciphertext", Ct, claims(0, 0), Some(bytes!(R::Field { .. }))),
        ("e2 scale 2^72", Ct, scale(72_f64.exp2()), Some(bytes!(R::Scale { .. }))),
        ("e2 scale infinite", Ct, scale(f64::INFINITY), Some(bytes!(R::Scale { .. }))),
        ("e2 scale NaN", Ct, scale(f64::NAN), Some(bytes!(R::Scale { .. }))),
        ("e2 scale negative", Ct, scale(-1.0), Some(bytes!(R::Scale { .. }))),
        ("e2 scale 0", Ct, scale(0.0), Some(bytes!(R::Scale { .. }))),
        ("e2 scale subnormal", Ct, scale(5e-324), Some(bytes!(R::Scale { .. }))),
        ("e3 in the other form", Ct, with(v_ct, ct::NTT, &[1 - v_ct[ct::NTT]]), Some(bytes!(R::Field { .. }))),
        (
            "e4 transparent",
            Ct,
            with(v_ct, ct::DATA + component, &vec![0; component]),
            Some(bytes!(R::Transparent { .. })),
        ),
        (
            "e4 a secret key of zeros",
            Sk,
            with(v_sk, pt::DATA, &vec![0; v_sk.len() - pt::DATA]),
            Some(bytes!(R::Transparent { .. })),
        ),
        (
            "e5 a residue above its prime",
            Ct,
            with_u64(v_ct, ct::DATA + 8, u64::MAX),
            Some(bytes!(R::Residue { index: 1, .. })),
        ),
        ("e5 the last residue its prime", Ct, with_u64(v_ct, v_ct.len() - 8, q[1]), Some(bytes!(R::Residue { .. }))),
        ("e6 size 17", Ct, claims(17, 0), Some(bytes!(R::Field { .. }))),
        ("e7 size 16 without data", Ct, claims(16, 0), Some(bytes!(R::Field { .. }))),
        (
            "e8 plaintext with scale NaN",
            Pt,
            with(v_pt, pt::SCALE, &f64::NAN.to_le_bytes()),
            Some(bytes!(R::Scale { .. })),
        ),
        ("e10 truncated", Ct, v_ct[..5000].to_vec(), Some(bytes!(R::Size { .. }))),
        ("e11 of SEAL 4.3", Ct, with(v_ct, 4, &[3]), None),
        ("e11 of SEAL 4.5", Ct, with(v_ct, 4, &[5]), Some(bytes!(R::Version { minor: 5, .. }))),
        ("e11 of SEAL 3.7", Ct, with(v_ct, 3, &[3, 7]), Some(bytes!(R::Version { major: 3, .. }))),
        ("e11 in the form of SEAL 3.4", Ct, with(v_ct, 2, &[0]), Some(bytes!(R::Header { .. }))),
        (
            "e11 an array of SEAL 3.7",
            Ct,
            with(v_ct, ct::COUNT - 13, &[3, 7]),
            Some(bytes!(R::Version { major: 3, .. })),
        ),
        ("e12 trailing", Ct, [v_ct, b"garbage"].concat(), Some(bytes!(R::Trailing { count: 7 }))),
        (
            "e12 trailing, stated",
            Ct,
            sized(&[v_ct, b"garbage"].concat()),
            Some(bytes!(R::TooLarge { .. } | R::Trailing { .. })),
        ),
        (
            "e12 trailing behind a compressed one",
            Ct,
            sized(&[&compressed(v_ct, ZSTD)[..], b"garbage"].concat()),
            Some(bytes!(R::Trailing { count: 7 })),
        ),
        ("e13 not of SEAL's", Ct, b"a text that is long enough for a header".to_vec(), Some(bytes!(R::Magic { .. }))),
        ("e14 nothing", Ct, Vec::new(), Some(bytes!(R::TooShort { .. }))),
        (
            "f1 N 131072, 64 primes",
            Parms,
            parameters(131_072, &[(1 << 60) - 1; 64]),
            Some(|e| matches!(e, SealError::NotPrime { .. })),
        ),
        ("f1 2^60 primes", Parms, with_u64(v_parms, 25, 1 << 60), Some(bytes!(R::Field { .. }))),
        (
            "f3 composite",
            Parms,
            parameters(4096, &[q[0], 204_146_122_753, p]),
            Some(|e| matches!(e, SealError::NotPrime { .. })),
        ),
        ("f4 even", Parms, parameters(4096, &[1 << 35, q[1], p]), Some(|e| matches!(e, SealError::NotPrime { .. }))),
        ("f5 twice", Parms, parameters(4096, &[q[0], q[0], p]), Some(|e| matches!(e, SealError::RepeatedPrime { .. }))),
        ("f6 one", Parms, parameters(4096, &[1, q[1], p]), Some(|e| matches!(e, SealError::PrimeBits { .. }))),
        ("f7 N 4097", Parms, parameters(4097, &[q[0], q[1], p]), Some(|e| matches!(e, SealError::Degree { .. }))),
        ("f7 N 2^63", Parms, parameters(1 << 63, &[q[0], q[1], p]), Some(bytes!(R::Field { .. }))),
        ("f8 scheme 9", Parms, with(v_parms, parms::SCHEME, &[9]), Some(bytes!(R::Field { .. }))),
        ("f9 insecure", Kind::SecureParameters, parameters(2048, &[q[0], q[1], p]), Some(secure)),
        ("v ciphertext", Ct, v_ct.to_vec(), None),
        ("v parameters", Kind::SecureParameters, v_parms.to_vec(), None),
        ("v public key", Kind::PublicKey, world.sample(Kind::PublicKey).to_vec(), None),
        ("v plaintext", Pt, v_pt.to_vec(), None),
        ("v relinearisation keys", Rk, v_rk.to_vec(), None),
        ("v Galois keys", Kind::GaloisKeys, world.sample(Kind::GaloisKeys).to_vec(), None),
        ("v secret key", Sk, v_sk.to_vec(), None),
        ("v ciphertext, zstd", Ct, compressed(v_ct, ZSTD), None),
        ("v ciphertext, zlib", Ct, compressed(v_ct, ZLIB), None),
    ]
}
