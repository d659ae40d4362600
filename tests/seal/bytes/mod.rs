//! Objects to bytes and back, in every version, compressed as SEAL compresses them, in files, and within limits.

mod container;
mod wire;

use crate::bytes_kit::*;
use crate::kit::insecure;
use crate::kit::seal::*;
use seal_nn::seal::*;
use seal_nn::{Level, Rotation, SealError};

#[test]
fn every_object_comes_back_and_works() {
    let mut kit = Kit::small(2, &[Rotation(1), Rotation(-3)]);
    let (context, x) = (kit.context.clone(), kit.random(1));

    let secret = round_trips(&context, &kit.secret);
    kit.decryptor = Decryptor::new(&context, &secret).unwrap();
    let plain = round_trips(&context, &kit.plain(&x));
    let encrypted = round_trips(&context, &kit.encryptor.encrypt(&plain).unwrap());
    assert_eq!((encrypted.level(), encrypted.scale()), (Level(2), kit.scale()));
    assert_within(&kit.decrypt(&encrypted), &x, kit.noise().fresh(), kit.scale());
    let below = round_trips(&context, &kit.evaluator.drop_to(&encrypted, Level(0)).unwrap());
    assert_eq!(below.level(), Level(0));

    let public = round_trips(&context, &kit.keys().create_public_key().unwrap());
    let variance = kit.noise().encoding() + kit.noise().rounding();
    let encrypted = Encryptor::with_public_key(&context, &public).unwrap().encrypt(&plain).unwrap();
    assert_within(&kit.decrypt(&encrypted), &x, variance, kit.scale());

    kit.relin = round_trips(&context, &kit.relin);
    let square = kit.finish(kit.evaluator.square(&kit.encrypt(&x)).unwrap());
    let variance = 4.0 * kit.noise().fresh() + kit.noise().rounding();
    assert_within(&kit.decrypt(&square), &map(&x, |a| a * a), variance, kit.scale());

    kit.galois = round_trips(&context, &kit.galois);
    assert_eq!(kit.galois.rotations(), &[Rotation(-3), Rotation(1)]);
    let turned = kit.evaluator.rotate(&kit.encrypt(&x), Rotation(-3), &kit.galois).unwrap();
    let variance = kit.noise().fresh() + kit.noise().rotation();
    assert_within(&kit.decrypt(&turned), &rotated(&x, -3), variance, kit.scale());
    // None at all is a set too.
    assert!(round_trips(&context, &kit.keys().create_galois_keys(&[]).unwrap()).rotations().is_empty());
}

#[test]
fn seeded_objects_come_back_where_they_are_asked_for() {
    let kit = Kit::small(1, &[]);
    let (context, x) = (&kit.context, kit.random(2));
    let seeded = kit.encryptor.encrypt_seeded(&kit.plain(&x)).unwrap();
    let back = round_trips(context, &seeded).expand(context).unwrap();
    assert_within(&kit.decrypt(&back), &x, kit.noise().fresh(), kit.scale());
    round_trips(context, &kit.keys().create_seeded_public_key().unwrap()).expand(context).unwrap();
    round_trips(context, &kit.keys().create_seeded_relin_keys().unwrap()).expand(context).unwrap();
    let galois = kit.keys().create_seeded_galois_keys(&[Rotation(5)]).unwrap();
    assert_eq!(round_trips(context, &galois).expand(context).unwrap().rotations(), &[Rotation(5)]);

    let refusal = reason(Ciphertext::from_bytes(context, seeded.as_bytes()));
    assert!(matches!(refusal, BytesRefusal::Form { actual: "the seeded", .. }), "{refusal}");
    let whole = kit.encrypt(&x).to_bytes().unwrap();
    let refusal = reason(Seeded::<Ciphertext>::from_bytes(context, &whole));
    assert!(matches!(refusal, BytesRefusal::TooLarge { .. }), "{refusal}");
}

#[test]
fn hybrid_keys_come_back() {
    let parameters =
        Parameters::builder().degree(1024).bits(&[45, 40, 40, 45, 45]).special_primes(2).insecure().build().unwrap();
    let kit = Kit::new(&parameters, &[]);
    let context = &kit.context;
    let levels = HybridKeyLevels::all(&parameters, &[Rotation(2), Rotation(-1)]);
    let seeded = kit.keys().create_seeded_hybrid_keys(&levels).unwrap();
    let bytes = seeded.to_bytes().unwrap();
    assert_eq!(bytes.len(), levels.bytes(&parameters));
    let back = Seeded::<HybridKeys>::from_bytes(context, &bytes).unwrap();
    let keys = back.expand(context).unwrap();
    let x = kit.random(3);
    let turned = HybridEvaluator::new(context).unwrap().rotate(&kit.encrypt(&x), Rotation(2), &keys).unwrap();
    let decrypted = kit.decrypt(&turned);
    assert!(decrypted.iter().zip(rotated(&x, 2)).all(|(a, b)| (a - b).abs() < 1e-3));

    let load = |bytes: &[u8]| Seeded::<HybridKeys>::from_bytes(context, bytes);
    let changed = |at: usize, word: u32| {
        let mut bytes = bytes.clone();
        bytes[at..at + 4].copy_from_slice(&word.to_le_bytes());
        bytes
    };
    assert!(matches!(reason(load(&bytes[..bytes.len() - 1])), BytesRefusal::TooShort { .. }));
    for element in [0, 2, 2 * 1024 + 1, u32::MAX] {
        assert!(matches!(reason(load(&changed(0, element))), BytesRefusal::Field { part: "automorphism", .. }));
    }
    for level in [3, u32::MAX] {
        assert!(matches!(reason(load(&changed(4, level))), BytesRefusal::Field { part: "level of a key", .. }));
    }
    // Two digits, each with a seed of 64 bytes, then the residues.
    assert!(matches!(reason(load(&changed(8 + 2 * 64 + 4, u32::MAX))), BytesRefusal::Residue { index: 0, .. }));
    let twice = [bytes.clone(), bytes.clone()].concat();
    assert!(matches!(reason(load(&twice)), BytesRefusal::Field { part: "automorphism", .. }));
    let limits = Limits::default().at_most_galois_keys(1);
    let refusal = reason(Seeded::<HybridKeys>::from_bytes_within(context, &bytes, &limits));
    assert!(matches!(refusal, BytesRefusal::TooLarge { .. }), "{refusal}");
}

/// Compressed for every version, to bytes and to a file; its size as a part of the uncompressed one.
fn compressed_comes_back<T: Bytes<Buffer = Vec<u8>>>(context: &T::Context, object: &T) -> f64 {
    let bytes = object.to_bytes().unwrap();
    for version in VERSIONS {
        let compressed = object.to_bytes_compressed(version).unwrap();
        let header = Header::parse(&compressed).unwrap();
        assert_eq!((header.version, header.compression), (version, Compression::Zlib));
        assert_eq!(header.size, compressed.len() as u64);
        assert!(T::from_bytes(context, &compressed).unwrap().to_bytes().unwrap() == bytes, "{version}");
    }
    let file = tempfile::NamedTempFile::new().unwrap();
    object.save_compressed(file.path(), SealVersion::V4_1).unwrap();
    assert!(T::load(context, file.path()).unwrap().to_bytes().unwrap() == bytes);
    object.to_bytes_compressed(SealVersion::V4_0).unwrap().len() as f64 / bytes.len() as f64
}

#[test]
fn compressed_objects_come_back_smaller() {
    // Residues of 50, 40 and 40 bits, and with the keys one of 60.
    let kit = Kit::small(2, &[Rotation(1)]);
    let (context, mut keys) = (&kit.context, kit.keys());
    let x = kit.encrypt(&kit.random(1));
    let seeded = kit.encryptor.encrypt_seeded(&kit.plain(&[1.0])).unwrap();
    for (object, part) in [
        ("ciphertext", compressed_comes_back(context, &x)),
        ("lower ciphertext", compressed_comes_back(context, &kit.evaluator.drop_to(&x, Level(0)).unwrap())),
        ("seeded ciphertext", compressed_comes_back(context, &seeded)),
        ("plaintext", compressed_comes_back(context, &kit.plain(&kit.random(2)))),
        ("public key", compressed_comes_back(context, &keys.create_public_key().unwrap())),
        ("relinearisation key", compressed_comes_back(context, &kit.relin)),
        ("Galois key", compressed_comes_back(context, &kit.galois)),
        ("seeded Galois key", compressed_comes_back(context, &keys.create_seeded_galois_keys(&[Rotation(5)]).unwrap())),
    ] {
        println!("{object}: {part:.3}");
        assert!((0.6..0.95).contains(&part), "{object}: {part}");
    }
}

#[test]
fn products_of_three_components_only_by_name() {
    let kit = Kit::small(2, &[]);
    let square = kit.evaluator.square(&kit.encrypt(&[0.5])).unwrap();
    let bytes = square.to_bytes_as(SealVersion::V4_2).unwrap();
    let refusal = reason(Ciphertext::from_bytes(&kit.context, &bytes));
    assert!(matches!(refusal, BytesRefusal::TooLarge { .. } | BytesRefusal::Field { actual: 3, .. }), "{refusal}");
    let back = Ciphertext::from_bytes_unrelinearized(&kit.context, &bytes).unwrap();
    assert_eq!(back.size(), 3);
    assert!((kit.decrypt(&back)[0] - 0.25).abs() < 1e-6);
}

#[test]
fn parameters_come_back() {
    let parameters = Parameters::new(4096, &[36, 36, 37]).unwrap();
    for version in VERSIONS {
        let bytes = parameters.to_bytes_as(version);
        assert_eq!(Header::parse(&bytes).unwrap().version, version);
        for bytes in [bytes.clone(), compressed(&bytes, false), compressed(&bytes, true)] {
            assert_eq!(Parameters::from_bytes(&bytes).unwrap(), parameters);
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("parameters.bin");
    parameters.save_as(&path, SealVersion::V4_1).unwrap();
    assert_eq!(Parameters::load(&path).unwrap(), parameters);

    let weak = insecure(1024, &[40, 40]).unwrap();
    assert!(matches!(Parameters::from_bytes(&weak.to_bytes()), Err(SealError::TooManyBits { .. })));
    assert_eq!(Parameters::insecure_from_bytes(&weak.to_bytes()).unwrap(), weak);
    weak.save(&path).unwrap();
    assert!(matches!(Parameters::load(&path), Err(SealError::TooManyBits { .. })));
    assert_eq!(Parameters::insecure_load(&path).unwrap(), weak);
}

#[test]
fn objects_of_other_parameters_are_refused() {
    let kit = Kit::small(2, &[]);
    let other = Kit::small(1, &[]);
    let refusal = reason(Ciphertext::from_bytes(&other.context, &kit.encrypt(&[1.0]).to_bytes().unwrap()));
    assert!(matches!(refusal, BytesRefusal::TooLarge { .. } | BytesRefusal::ForeignParameters { .. }), "{refusal}");
    let refusal = reason(Ciphertext::from_bytes(&kit.context, &other.encrypt(&[1.0]).to_bytes().unwrap()));
    assert!(matches!(refusal, BytesRefusal::ForeignParameters { .. }), "{refusal}");
    // A public key looks like a ciphertext, at a level that ciphertexts do not have.
    let key = kit.keys().create_public_key().unwrap().to_bytes().unwrap();
    let refusal = reason(Ciphertext::from_bytes_unrelinearized(&kit.context, &key));
    assert!(matches!(refusal, BytesRefusal::KeyLevel { expected: "data", .. }), "{refusal}");
    let refusal = reason(PublicKey::from_bytes(&kit.context, &kit.encrypt(&[1.0]).to_bytes().unwrap()));
    assert!(matches!(refusal, BytesRefusal::KeyLevel { expected: "keys", .. }), "{refusal}");
}

#[test]
fn limits_lower_what_is_taken() {
    let kit = Kit::small(1, &[Rotation(1), Rotation(2), Rotation(3)]);
    let (context, bytes) = (&kit.context, kit.galois.to_bytes().unwrap());
    let load = |limits| GaloisKeys::from_bytes_within(context, &bytes, &limits);
    assert_eq!(load(Limits::default().at_most_galois_keys(3)).unwrap().rotations().len(), 3);
    assert!(matches!(reason(load(Limits::default().at_most_galois_keys(2))), BytesRefusal::TooLarge { .. }));
    assert!(load(Limits::default().at_most_bytes(bytes.len())).is_ok());
    let most = bytes.len() - 1;
    assert_eq!(reason(load(Limits::default().at_most_bytes(most))), BytesRefusal::TooLarge { most });
    let small = kit.encrypt(&[1.0]).to_bytes().unwrap();
    let limits = Limits::default().at_most_bytes(100);
    assert_eq!(reason(Ciphertext::from_bytes_within(context, &small, &limits)), BytesRefusal::TooLarge { most: 100 });
}

#[test]
fn files_that_cannot_be_read_or_written_are_named() {
    let kit = Kit::small(1, &[]);
    let missing = std::path::Path::new("no such folder/x.bin");
    let named = |error: SealError| matches!(&error, SealError::File { path, .. } if path == missing);
    assert!(named(kit.encrypt(&[1.0]).save(missing).unwrap_err()));
    assert!(named(Ciphertext::load(&kit.context, missing).unwrap_err()));
    assert!(named(Parameters::load(missing).unwrap_err()));
}

#[cfg(unix)]
#[test]
fn a_secret_key_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let kit = Kit::small(1, &[]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secret.bin");
    // Whoever could read the file that was there cannot read the new one.
    std::fs::write(&path, "old").unwrap();
    kit.secret.save(&path).unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    SecretKey::load(&kit.context, &path).unwrap();
}

/// An endless file is read no further than the object can be long.
#[cfg(unix)]
#[test]
fn an_endless_file_ends() {
    use std::{fs::File, io::Write, process::Command, thread};
    let (kit, folder) = (Kit::small(1, &[]), tempfile::tempdir().unwrap());
    assert!(matches!(reason(Ciphertext::load(&kit.context, "/dev/zero")), BytesRefusal::Magic { .. }));
    assert!(matches!(reason(Parameters::load("/dev/zero")), BytesRefusal::Magic { .. }));
    // One that begins as it must.
    let path = folder.path().join("fifo");
    assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    let (to, begins) = (path.clone(), kit.encrypt(&[1.0]).to_bytes().unwrap());
    let writer = thread::spawn(move || {
        let mut fifo = File::create(to).unwrap();
        fifo.write_all(&begins).unwrap();
        while fifo.write_all(&[0; 4096]).is_ok() {}
    });
    assert!(matches!(reason(Ciphertext::load(&kit.context, &path)), BytesRefusal::TooLarge { .. }));
    writer.join().unwrap();
}

/// As every file of the crate is written (`src/files.rs`).
#[cfg(unix)]
#[test]
fn objects_are_saved_where_a_link_leads() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let (kit, folder) = (Kit::small(1, &[]), tempfile::tempdir().unwrap());
    let at = |name: &str| folder.path().join(name);
    symlink("target", at("link")).unwrap();
    kit.encrypt(&[1.0]).save(at("link")).unwrap();
    assert!(at("link").is_symlink() && Ciphertext::load(&kit.context, at("target")).is_ok());
    kit.secret.save(at("link")).unwrap();
    assert!(at("link").is_symlink());
    assert_eq!(std::fs::metadata(at("target")).unwrap().permissions().mode() & 0o777, 0o600);
    kit.encrypt(&[1.0]).save("/dev/null").unwrap();
    assert!(!std::fs::metadata("/dev/null").unwrap().is_file());
}
