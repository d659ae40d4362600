//! Raising from level 0 to the top by way of an ephemeral sparse secret, and the bytes of its keys.

use crate::kit::insecure;
use crate::kit::seal::Kit;
use seal_nn::seal::*;
use seal_nn::{Level, Rotation, SealError};

const DEGREE: usize = 4096;
const WEIGHT: usize = 32;

/// q_0, a level below the top, and the top.
fn kit() -> Kit {
    let builder = Parameters::builder().degree(DEGREE).bits(&[50, 40, 49, 49, 50, 50]).special_primes(2);
    Kit::new(&builder.insecure().build().unwrap(), &[])
}

fn sparse() -> SparseParameters {
    SparseParameters::insecure(DEGREE, WEIGHT).unwrap()
}

/// At level 0, with coefficients of some 2^40.
fn low(kit: &Kit, seed: u64) -> Ciphertext {
    let plain = kit.encoder.encode(&kit.random(seed), Level(0), 2_f64.powi(44)).unwrap();
    kit.encryptor.encrypt(&plain).unwrap()
}

/// The coefficients of the phase modulo q_0, centred: all of it, where it is below q_0/2.
fn phase(kit: &Kit, x: &Ciphertext) -> Vec<f64> {
    /// The fields of a plaintext before its residues (docs/bytes.md).
    const FIELDS: usize = 88;
    let bytes = kit.decryptor.decrypt(x).unwrap().open_as_key_owner().to_bytes().unwrap();
    let (words, _) = bytes[FIELDS..].as_chunks::<8>();
    let mut residues: Vec<u64> = words[..DEGREE].iter().map(|&word| u64::from_le_bytes(word)).collect();
    let prime = kit.context.parameters().data_primes()[0];
    transform_on(None, prime, false, &mut residues).unwrap();
    let centred = |c: u64| if c > prime / 2 { -((prime - c) as f64) } else { c as f64 };
    residues.into_iter().map(centred).collect()
}

/// `m' = m q'/q_0`.
fn message(kit: &Kit, sparse: &SparseParameters, x: &Ciphertext) -> Vec<f64> {
    let ratio = sparse.modulus() as f64 / kit.context.parameters().data_primes()[0] as f64;
    phase(kit, x).into_iter().map(|c| c * ratio).collect()
}

/// Multiples of a modulus, and what is left.
fn split(v: f64, modulus: f64) -> (f64, f64) {
    let multiple = (v / modulus).round();
    (multiple, v - multiple * modulus)
}

/// The variance of a coefficient of `r_0 + r_1 s` with rounding errors r, for a ternary secret.
fn rounding() -> f64 {
    (1.0 + 2.0 * DEGREE as f64 / 3.0) / 12.0
}

fn variance(values: &[f64]) -> f64 {
    values.iter().map(|v| v * v).sum::<f64>() / values.len() as f64
}

#[test]
fn a_raised_ciphertext_is_the_message_and_a_small_overflow() {
    let (kit, sparse) = (kit(), sparse());
    let raiser = Raiser::new(&kit.context, &sparse).unwrap();
    let mut overflow = Vec::new();
    for seed in 0..4 {
        // A new sparse secret each time.
        let keys = kit.keys().create_seeded_raising_keys(&sparse, &[]).unwrap().expand(&kit.context).unwrap();
        let x = low(&kit, seed);
        let raised = raiser.raise(&x, &keys).unwrap();
        assert_eq!((raised.level(), raised.size()), (kit.top(), 2));
        let ratio = sparse.modulus() as f64 / kit.context.parameters().data_primes()[0] as f64;
        assert!((raised.scale() / (x.scale() * ratio) - 1.0).abs() < 1e-15);
        let mut noise = Vec::new();
        for (v, m) in phase(&kit, &raised).into_iter().zip(message(&kit, &sparse, &x)) {
            let (multiple, rest) = split(v - m, sparse.modulus() as f64);
            overflow.push(multiple);
            noise.push(rest);
        }
        // From q_0 to q', and the division by P under the dense secret; that by p under the sparse one, and the key to it
        // with its digit of 2^44 over 2^50.
        let digit = DEGREE as f64 / 12.0 * 3.24_f64.powi(2) / 2_f64.powi(12);
        let expected = 2.0 * rounding() + (1 + WEIGHT) as f64 / 12.0 + digit;
        let worst = noise.iter().fold(0.0, |worst: f64, e| worst.max(e.abs()));
        assert!((0.8..1.25).contains(&(variance(&noise) / expected)), "{} for {expected}", variance(&noise));
        assert!(worst < 13.0 * expected.sqrt(), "{worst}");
    }
    // A sum of weight + 1 numbers uniform in (-1/2, 1/2), rounded, which adds 1/12.
    let expected = (WEIGHT as f64 + 1.0) / 12.0 + 1.0 / 12.0;
    assert!((0.9..1.1).contains(&(variance(&overflow) / expected)), "{} for {expected}", variance(&overflow));
    assert!(overflow.iter().all(|i| i.abs() <= 14.0));
    assert!(overflow.iter().any(|i| i.abs() >= 4.0));
}

/// `(1 + rotate by S/2) (1 + rotate by S/4)` keeps every fourth coefficient, times four, and nothing else.
#[test]
fn a_raise_sums_over_rotations() {
    let (kit, sparse) = (kit(), sparse());
    let slots = kit.context.slots() as i32;
    let rotations = [Rotation(slots / 2), Rotation(-slots / 4)];
    let keys = kit.keys().create_seeded_raising_keys(&sparse, &rotations).unwrap();
    assert_eq!(keys.rotations(), rotations);
    let x = low(&kit, 1);
    let message = message(&kit, &sparse, &x);
    let mut seen: Option<Vec<f64>> = None;
    for path in code_paths().unwrap() {
        let context = Context::with_code_path(kit.context.parameters(), &path).unwrap();
        let keys = keys.expand(&context).unwrap();
        let phase = phase(&kit, &Raiser::new(&context, &sparse).unwrap().raise(&x, &keys).unwrap());
        for (at, (&v, m)) in phase.iter().zip(&message).enumerate() {
            let (multiple, noise) = match at % 4 {
                0 => split(v - 4.0 * m, 4.0 * sparse.modulus() as f64),
                _ => (0.0, v),
            };
            assert!(multiple.abs() <= 14.0 && noise.abs() < 13.0 * (17.0 * rounding()).sqrt(), "{at}: {v}");
        }
        assert!(seen.get_or_insert_with(|| phase.clone()) == &phase, "{path}");
    }
}

#[test]
fn keys_come_back_from_bytes() {
    let (kit, sparse) = (kit(), sparse());
    let keys = kit.keys().create_seeded_raising_keys(&sparse, &[Rotation(-3)]).unwrap();
    let bytes = keys.to_bytes().unwrap();
    // 94 bits of the sparse modulus, and twice the 288 of the tall chain.
    assert_eq!(bytes.len(), 30 + 4 + 3 * 64 + DEGREE / 8 * (94 + 2 * 288));
    let back = SeededRaisingKeys::from_bytes(&kit.context, &sparse, &bytes).unwrap();
    assert_eq!(back.rotations(), [Rotation(-3)]);
    assert!(back.to_bytes().unwrap() == bytes);
    let raiser = Raiser::new(&kit.context, &sparse).unwrap();
    let x = low(&kit, 2);
    let raised =
        [&keys, &back].map(|keys| phase(&kit, &raiser.raise(&x, &keys.expand(&kit.context).unwrap()).unwrap()));
    assert!(raised[0] == raised[1]);

    let reason = |bytes: &[u8]| match SeededRaisingKeys::from_bytes(&kit.context, &sparse, bytes) {
        Err(SealError::Bytes { kind: ObjectKind::RaisingKeys, reason }) => reason,
        other => panic!("{other:?}"),
    };
    let with = |at: usize, new: &[u8]| {
        let mut bytes = bytes.clone();
        bytes[at..at + new.len()].copy_from_slice(new);
        bytes
    };
    for cut in (0..34).chain([100, bytes.len() / 2, bytes.len() - 1]) {
        assert!(matches!(reason(&bytes[..cut]), BytesRefusal::TooShort { .. }), "{cut}");
    }
    assert_eq!(reason(&[&bytes[..], &[0]].concat()), BytesRefusal::Trailing { count: 1 });
    assert!(matches!(reason(&with(4, &[2])), BytesRefusal::NotThis { .. }));
    assert!(matches!(reason(&with(5, &[bytes[5] ^ 1])), BytesRefusal::ForeignParameters { .. }));
    for at in [13, 21] {
        assert!(matches!(reason(&with(at, &[bytes[at] ^ 2])), BytesRefusal::Field { .. }));
    }
    assert!(matches!(reason(&with(29, &[7])), BytesRefusal::Field { part: "the number of rotations", .. }));
    assert!(matches!(reason(&with(29, &[6])), BytesRefusal::TooShort { .. } | BytesRefusal::Field { .. }));
    assert!(matches!(reason(&with(30, &2048_u32.to_le_bytes())), BytesRefusal::Field { part: "rotation", .. }));
    // Residues above their primes: of the sparse context, and of the last key.
    let above = reason(&with(34 + 64, &[0xff; 8]));
    assert!(matches!(above, BytesRefusal::Residue { index: 0, modulus, .. } if modulus == sparse.modulus()), "{above}");
    assert!(matches!(reason(&with(bytes.len() - 8, &[0xff; 8])), BytesRefusal::Residue { .. }));
}

#[test]
fn insecure_sparse_secrets_are_refused() {
    refused!(SparseParameters::new(16384, 39), SealError::SparseWeight { weight: 39, least: 40, .. });
    refused!(SparseParameters::new(32768, 31), SealError::SparseWeight { least: 32, .. });
    refused!(SparseParameters::new(32768, 32769), SealError::SparseWeight { .. });
    refused!(SparseParameters::new(8192, 64), SealError::SparseDegree { poly_modulus_degree: 8192, least: 16384 });
    refused!(SparseParameters::new(1000, 64), SealError::Degree { .. });
    refused!(SparseParameters::insecure(DEGREE, 0), SealError::SparseWeight { least: 1, .. });
    refused!(SparseParameters::insecure(512, 8), SealError::Degree { min: 1024, .. });
    let sparse = sparse();
    assert_eq!((sparse.security_bits(), sparse.weight(), sparse.poly_modulus_degree()), (0, WEIGHT, DEGREE));
    assert!(sparse.modulus().ilog2() == 43 && sparse.modulus_bits() == 94);
    assert!(sparse == sparse.clone() && sparse != SparseParameters::insecure(DEGREE, 33).unwrap());
    assert!(format!("{sparse:?}").contains("weight: 32"));
}

#[test]
fn what_does_not_belong_is_refused() {
    let (kit, sparse) = (kit(), sparse());
    let other = Kit::new(&insecure(DEGREE, &[50, 40, 50]).unwrap(), &[]);
    let small = SparseParameters::insecure(2048, WEIGHT).unwrap();
    let raiser = Raiser::new(&kit.context, &sparse).unwrap();
    let seeded = kit.keys().create_seeded_raising_keys(&sparse, &[]).unwrap();
    let keys = seeded.expand(&kit.context).unwrap();
    let x = low(&kit, 1);
    refused!(Raiser::new(&kit.context, &small), SealError::OtherRing { expected: DEGREE, actual: 2048, .. });
    refused!(kit.keys().create_seeded_raising_keys(&small, &[]), SealError::OtherRing { .. });
    refused!(
        kit.keys().create_seeded_raising_keys(&sparse, &[Rotation(1); 7]),
        SealError::TooManyRotations { actual: 7, most: 6, .. }
    );
    refused!(seeded.expand(&other.context), SealError::ForeignContext { .. });
    refused!(SeededRaisingKeys::from_bytes(&kit.context, &small, &[]), SealError::OtherRing { .. });
    refused!(raiser.raise(&low(&other, 1), &keys), SealError::ForeignContext { .. });
    let foreign = other.keys().create_seeded_raising_keys(&sparse, &[]).unwrap().expand(&other.context).unwrap();
    refused!(raiser.raise(&x, &foreign), SealError::ForeignContext { .. });
    // Of another weight: its overflow is another.
    let heavy = SparseParameters::insecure(DEGREE, 64).unwrap();
    let heavy = kit.keys().create_seeded_raising_keys(&heavy, &[]).unwrap().expand(&kit.context).unwrap();
    refused!(raiser.raise(&x, &heavy), SealError::ForeignContext { .. });
    refused!(raiser.raise(&kit.encrypt(&[0.5]), &keys), SealError::LevelMismatch { right: Level(0), .. });
    let mut tiny = low(&kit, 3);
    tiny.set_scale(2_f64.powi(20)).unwrap();
    let product = kit.evaluator.square(&tiny).unwrap();
    refused!(raiser.raise(&product, &keys), SealError::Components { actual: 3, .. });
    tiny.set_scale(f64::MIN_POSITIVE).unwrap();
    refused!(raiser.raise(&tiny, &keys), SealError::InvalidScale { .. });
    let wide = Kit::new(&insecure(DEGREE, &[60, 40, 60]).unwrap(), &[]);
    refused!(Raiser::new(&wide.context, &sparse), SealError::KernelPrime { .. });
}
