//! Objects of BFV and BGV to bytes and back, and what is refused of them.

use crate::bytes_kit::*;
use crate::kit::integer::*;
use seal_nn::seal::integer::*;
use seal_nn::seal::{self, Bytes, BytesRefusal, Container, Scheme, SealVersion, SecretContainer};
use seal_nn::{Level, Rotation, SealError};

/// Where the fields of a ciphertext begin, and those of a plaintext.
const ID: usize = 16;
const FORM: usize = 48;
const COMPONENTS: usize = 49;
const SCALE: usize = 73;
const CORRECTION: usize = 81;
const RESIDUES: usize = 113;
const PLAIN_COUNT: usize = 48;
const PLAIN_ARRAY: usize = 64;
const PLAIN_RESIDUES: usize = 88;

fn with(bytes: &[u8], at: usize, new: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[at..at + new.len()].copy_from_slice(new);
    bytes
}

fn every_object_comes_back<S: IntegerScheme>() {
    let mut kit = Kit::<S>::small();
    let (context, x) = (kit.context.clone(), kit.random(1));

    let secret = round_trips(&context, &kit.secret);
    kit.decryptor = Decryptor::new(&context, &secret).unwrap();
    let plain = round_trips(&context, &kit.plain(&x));
    let encrypted = round_trips(&context, &kit.encryptor.encrypt(&plain).unwrap());
    assert_eq!(kit.decrypt(&encrypted), x);
    let below = round_trips(&context, &kit.evaluator.mod_switch_to(&encrypted, Level(1)).unwrap());
    assert_eq!((below.level(), kit.decrypt(&below)), (Level(1), x.clone()));

    let public = round_trips(&context, &kit.keys().create_public_key().unwrap());
    let encrypted = Encryptor::with_public_key(&context, &public).unwrap().encrypt(&plain).unwrap();
    assert_eq!(kit.decrypt(&encrypted), x);

    kit.relin = round_trips(&context, &kit.relin);
    let square = kit.evaluator.square(&encrypted).unwrap();
    let squared = kit.zip(&x, &x, |a, b| a * b);
    assert_eq!(kit.decrypt(&kit.relinearized(&square)), squared);
    // Below the top BGV's correction factor is not 1.
    let lower = kit.evaluator.mod_switch_to(&kit.relinearized(&square), Level(0)).unwrap();
    assert_eq!(kit.decrypt(&round_trips(&context, &lower)), squared);
    let bytes = square.to_bytes().unwrap();
    let refusal = reason(Ciphertext::<S>::from_bytes(&context, &bytes));
    assert!(matches!(refusal, BytesRefusal::TooLarge { .. }), "{refusal}");
    let square = Ciphertext::from_bytes_unrelinearized(&context, &bytes).unwrap();
    assert_eq!(kit.decrypt(&square), squared);

    kit.galois = round_trips(&context, &kit.galois);
    assert_eq!(kit.galois.rotations(), &[Rotation(-3), Rotation(1)]);
    let turned = kit.evaluator.rotate_rows(&encrypted, Rotation(1), &kit.galois).unwrap();
    assert_eq!(kit.decrypt(&turned)[0], x[1]);
    assert!(round_trips(&context, &kit.columns).has_columns());

    let seeded = round_trips(&context, &kit.encryptor.encrypt_seeded(&plain).unwrap());
    assert_eq!(kit.decrypt(&seeded.expand(&context).unwrap()), x);
    round_trips(&context, &kit.keys().create_seeded_public_key().unwrap()).expand(&context).unwrap();
    round_trips(&context, &kit.keys().create_seeded_relin_keys().unwrap()).expand(&context).unwrap();
    let refusal = reason(Ciphertext::<S>::from_bytes(&context, seeded.as_bytes()));
    assert!(matches!(refusal, BytesRefusal::Form { actual: "the seeded", .. }), "{refusal}");
}

#[test]
fn every_object_of_bfv_comes_back_and_works() {
    every_object_comes_back::<Bfv>();
}

#[test]
fn every_object_of_bgv_comes_back_and_works() {
    every_object_comes_back::<Bgv>();
}

#[test]
fn parameters_come_back_and_are_checked_again() {
    let parameters = Parameters::<Bgv>::new(4096, CoeffModulus::Default, PlainModulus::Batching(20)).unwrap();
    for version in VERSIONS {
        assert_eq!(Parameters::from_bytes(&parameters.to_bytes_as(version)).unwrap(), parameters);
    }
    let path = tempfile::tempdir().unwrap().keep().join("parameters.bin");
    parameters.save_as(&path, SealVersion::V4_2).unwrap();
    assert_eq!(Parameters::<Bgv>::load(&path).unwrap(), parameters);
    std::fs::remove_dir_all(path.parent().unwrap()).unwrap();

    let bytes = parameters.to_bytes();
    let refusal = reason(Parameters::<Bfv>::from_bytes(&bytes));
    assert!(matches!(refusal, BytesRefusal::Field { part: "scheme", actual: 3, .. }), "{refusal}");
    let refusal = reason(seal::Parameters::from_bytes(&bytes));
    assert!(matches!(refusal, BytesRefusal::Field { part: "scheme", actual: 3, .. }), "{refusal}");
    // The plain modulus is last; none, or one that shares a factor.
    let none = with(&bytes, bytes.len() - 8, &[0; 8]);
    assert!(matches!(Parameters::<Bgv>::from_bytes(&none), Err(SealError::PlainModulusSize { value: 0, .. })));
    let prime = with(&bytes, bytes.len() - 8, &parameters.data_primes()[0].to_le_bytes());
    assert!(matches!(Parameters::<Bgv>::from_bytes(&prime), Err(SealError::PlainModulusNotCoprime { .. })));
    for length in 0..bytes.len() {
        reason(Parameters::<Bgv>::from_bytes(&bytes[..length]));
    }
    let weak = small::<Bfv>().to_bytes();
    assert!(matches!(Parameters::<Bfv>::from_bytes(&weak), Err(SealError::TooManyBits { .. })));
    assert_eq!(Parameters::<Bfv>::insecure_from_bytes(&weak).unwrap().to_bytes(), weak);
}

fn ciphertexts_are_refused<S: IntegerScheme>(is_bgv: bool) {
    let kit = Kit::<S>::small();
    let context = &kit.context;
    let bytes = kit.encrypt(&kit.random(2)).to_bytes().unwrap();
    let refused = |at, new: &[u8]| reason(Ciphertext::<S>::from_bytes(context, &with(&bytes, at, new)));

    assert!(matches!(refused(FORM, &[1 - bytes[FORM]]), BytesRefusal::Field { .. }));
    assert!(matches!(refused(FORM, &[2]), BytesRefusal::Field { .. }));
    assert!(matches!(refused(ID, &[0; 32]), BytesRefusal::ForeignParameters { .. }));
    assert!(matches!(refused(ID, &context.key_parms_id().unwrap()), BytesRefusal::KeyLevel { .. }));
    for components in [0, 1, 3, u64::MAX] {
        let refusal = refused(COMPONENTS, &components.to_le_bytes());
        assert!(matches!(refusal, BytesRefusal::Field { part: "number of components", .. }), "{refusal}");
    }
    for scale in [0.0, 2.0, f64::NAN] {
        assert!(matches!(refused(SCALE, &scale.to_le_bytes()), BytesRefusal::Scale { .. }));
    }
    let beyond = if is_bgv { kit.t } else { 2 };
    for factor in [0, beyond, u64::MAX] {
        let refusal = refused(CORRECTION, &factor.to_le_bytes());
        assert!(matches!(refusal, BytesRefusal::Field { part: "correction factor", .. }), "{refusal}");
    }
    let prime = context.parameters().data_primes()[0];
    assert!(matches!(refused(RESIDUES, &prime.to_le_bytes()), BytesRefusal::Residue { index: 0, .. }));
    let half = (bytes.len() - RESIDUES) / 2;
    assert!(matches!(refused(RESIDUES + half, &vec![0; half]), BytesRefusal::Transparent { .. }));
    // A level down in name alone.
    let below = refused(ID, &context.parms_id(Level(0)).unwrap());
    assert!(matches!(below, BytesRefusal::Field { part: "number of primes", .. }), "{below}");

    for length in (0..200).chain([bytes.len() / 2, bytes.len() - 1]) {
        reason(Ciphertext::<S>::from_bytes(context, &bytes[..length]));
    }
    let longer = [bytes.as_slice(), &[0]].concat();
    assert!(matches!(reason(Ciphertext::<S>::from_bytes(context, &longer)), BytesRefusal::Trailing { count: 1 }));
}

#[test]
fn ciphertexts_that_mislead_are_refused() {
    ciphertexts_are_refused::<Bfv>(false);
    ciphertexts_are_refused::<Bgv>(true);
}

#[test]
fn objects_of_another_scheme_or_context_are_refused() {
    let (bfv, bgv) = (Kit::<Bfv>::small(), Kit::<Bgv>::small());
    let bytes = bfv.encrypt(&[1]).to_bytes().unwrap();
    let refusal = reason(Ciphertext::<Bgv>::from_bytes(&bgv.context, &bytes));
    assert!(matches!(refusal, BytesRefusal::ForeignParameters { .. }), "{refusal}");
    let key = bfv.secret.to_bytes().unwrap();
    assert!(matches!(reason(SecretKey::<Bgv>::from_bytes(&bgv.context, &key)), BytesRefusal::ForeignParameters { .. }));
}

/// Each byte of the fields flipped: an error, or a plaintext that can be used.
#[test]
fn plaintexts_with_flipped_bytes_are_refused_or_work() {
    let kit = Kit::<Bfv>::small();
    let plain = Plaintext::from_coefficients(&kit.context, &[1, 2, 3]).unwrap();
    let bytes = plain.to_bytes().unwrap();
    let mut taken = 0;
    for at in 0..bytes.len() {
        for mask in [1, 0x80, 0xFF] {
            match Plaintext::from_bytes(&kit.context, &with(&bytes, at, &[bytes[at] ^ mask])) {
                Ok(changed) => {
                    // Other versions, in the header of the object or of its array, and other coefficients.
                    assert!([4, PLAIN_ARRAY + 4].contains(&at) || at >= PLAIN_RESIDUES, "byte {at}");
                    let encrypted = kit.encryptor.encrypt(&changed).unwrap();
                    let back = kit.decryptor.decrypt(&encrypted).unwrap().open_as_key_owner();
                    assert_eq!(back.coefficients().unwrap(), changed.coefficients().unwrap());
                    taken += 1;
                }
                Err(error) => assert!(matches!(error, SealError::Bytes { .. }), "byte {at}: {error}"),
            }
        }
    }
    assert!(taken > 3, "{taken}");
    for length in 0..bytes.len() {
        reason(Plaintext::from_bytes(&kit.context, &bytes[..length]));
    }
    let most = with(&bytes, PLAIN_COUNT, &u64::MAX.to_le_bytes());
    assert!(matches!(reason(Plaintext::from_bytes(&kit.context, &most)), BytesRefusal::Field { .. }));
    let residue = with(&bytes, PLAIN_RESIDUES, &kit.t.to_le_bytes());
    assert!(matches!(reason(Plaintext::from_bytes(&kit.context, &residue)), BytesRefusal::Residue { .. }));
}

/// The plain modulus is larger than the lowest primes, so there are no tables for the lowest levels.
#[test]
fn levels_that_do_not_start_at_zero() {
    let bits = CoeffModulus::Bits(&[30, 30, 30, 30, 31]);
    let parameters = Parameters::<Bfv>::insecure(1024, bits, PlainModulus::Batching(40)).unwrap();
    let kit = Kit::new(&parameters);
    assert_eq!(kit.context.lowest_level(), Level(1));
    let x = kit.random(3);
    for level in 1..=3 {
        let at_level = kit.evaluator.mod_switch_to(&kit.encrypt(&x), Level(level)).unwrap();
        assert_eq!(round_trips(&kit.context, &at_level).level(), Level(level));
    }
    round_trips(&kit.context, &kit.secret);
    round_trips(&kit.context, &kit.relin);
}

/// With one prime the level of keys is that of ciphertexts, and there are no keys but secret and public ones.
#[test]
fn a_single_prime() {
    let parameters = Parameters::<Bgv>::insecure(1024, CoeffModulus::Bits(&[54]), PlainModulus::Batching(17)).unwrap();
    let context = Context::new(&parameters).unwrap();
    let mut keys = KeyGenerator::new(&context).unwrap();
    let secret = round_trips(&context, &keys.secret_key().unwrap());
    let public = round_trips(&context, &keys.create_public_key().unwrap());
    let encoder = BatchEncoder::new(&context).unwrap();
    let x = Encryptor::with_public_key(&context, &public).unwrap().encrypt(&encoder.encode(&[7]).unwrap()).unwrap();
    let x = round_trips(&context, &x);
    let decrypted = Decryptor::new(&context, &secret).unwrap().decrypt(&x).unwrap().open_as_key_owner();
    assert_eq!(encoder.decode(&decrypted).unwrap()[0], 7);

    let kit = Kit::<Bgv>::small();
    for refusal in [
        reason(GaloisKeys::<Bgv>::from_bytes(&context, &kit.galois.to_bytes().unwrap())),
        reason(RelinKeys::<Bgv>::from_bytes(&context, &kit.relin.to_bytes().unwrap())),
    ] {
        assert!(matches!(refusal, BytesRefusal::Field { actual: 1, .. } | BytesRefusal::TooLarge { .. }), "{refusal}");
    }
}

fn containers_hold<S: IntegerScheme, Other: IntegerScheme>(scheme: Scheme) {
    let kit = Kit::<S>::small();
    let x = kit.random(4);
    let mut sent = Container::new(kit.context.parameters());
    sent.add(&kit.keys().create_public_key().unwrap()).unwrap().add(&kit.relin).unwrap().add(&kit.galois).unwrap();
    sent.add(&kit.keys().create_seeded_column_key().unwrap()).unwrap();
    sent.add(&kit.encrypt(&x)).unwrap().add(&kit.encrypt(&[1])).unwrap();
    let sent = sent.to_bytes();
    let received = Container::from_bytes(&sent).unwrap();
    assert_eq!(received.scheme().unwrap(), scheme);
    assert_eq!(received.contents().count(), 7);

    let context = Context::<S>::new(&received.insecure_parameters().unwrap()).unwrap();
    received.get::<PublicKey<S>>(&context).unwrap();
    received.get::<RelinKeys<S>>(&context).unwrap();
    assert_eq!(received.get::<GaloisKeys<S>>(&context).unwrap().rotations(), &[Rotation(-3), Rotation(1)]);
    assert!(received.get::<Seeded<GaloisKeys<S>>>(&context).unwrap().expand(&context).unwrap().has_columns());
    assert_eq!(kit.decrypt(&received.get_all::<Ciphertext<S>>(&context).unwrap()[0]), x);

    // Weak, or of another scheme: the parameters and an object that lies in the wrong container.
    assert!(matches!(received.parameters::<Parameters<S>>(), Err(SealError::TooManyBits { .. })));
    let refusal = reason(received.insecure_parameters::<Parameters<Other>>());
    assert!(matches!(refusal, BytesRefusal::Field { part: "scheme", .. }), "{refusal}");
    let refusal = reason(received.insecure_parameters::<seal::Parameters>());
    assert!(matches!(refusal, BytesRefusal::Field { part: "scheme", .. }), "{refusal}");
    let mut mixed = Container::new(kit.context.parameters());
    mixed.add(&Kit::<Other>::small().encrypt(&x)).unwrap();
    let refusal = reason(mixed.get::<Ciphertext<S>>(&context));
    assert!(matches!(refusal, BytesRefusal::ForeignParameters { .. }), "{refusal}");

    let kept = SecretContainer::from_bytes(&SecretContainer::new(&kit.secret).unwrap().to_bytes()).unwrap();
    assert_eq!(kept.scheme().unwrap(), scheme);
    let context = Context::<S>::new(&kept.insecure_parameters().unwrap()).unwrap();
    assert_eq!(kept.secret_key(&context).unwrap().to_bytes().unwrap(), kit.secret.to_bytes().unwrap());
}

#[test]
fn containers_hold_objects_of_bfv_and_bgv() {
    containers_hold::<Bfv, Bgv>(Scheme::Bfv);
    containers_hold::<Bgv, Bfv>(Scheme::Bgv);
}

#[cfg(unix)]
#[test]
fn a_file_with_a_secret_key_is_its_owners() {
    use std::os::unix::fs::PermissionsExt;
    let (kit, folder) = (Kit::<Bfv>::small(), tempfile::tempdir().unwrap());
    let path = folder.path().join("secret.bin");
    kit.secret.save(&path).unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}
