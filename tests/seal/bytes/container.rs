//! Containers: what goes in comes out, checked; what a later program adds is skipped; what was changed is refused.

use crate::kit::insecure;
use crate::kit::seal::*;
use seal_nn::seal::*;
use seal_nn::{Rotation, SealError};

#[track_caller]
fn reason<T>(result: Result<T, SealError>) -> BytesRefusal {
    match result {
        Err(SealError::Bytes { reason, .. }) => reason,
        Err(other) => panic!("another error: {other}"),
        Ok(_) => panic!("not refused"),
    }
}

/// A head and entries as docs/bytes.md describes them.
fn container(magic: &[u8; 8], entries: &[(u32, &[u8])]) -> Vec<u8> {
    let size = 28 + entries.iter().map(|(_, content)| 16 + content.len()).sum::<usize>();
    let mut bytes = magic.to_vec();
    bytes.extend(1_u16.to_le_bytes());
    bytes.extend([0; 2]);
    bytes.extend((entries.len() as u32).to_le_bytes());
    bytes.extend((size as u64).to_le_bytes());
    bytes.extend(crc32fast::hash(&bytes).to_le_bytes());
    for (kind, content) in entries {
        let front = [&kind.to_le_bytes()[..], &(content.len() as u64).to_le_bytes()].concat();
        bytes.extend(&front);
        bytes.extend(crc32fast::hash(&[&front, *content].concat()).to_le_bytes());
        bytes.extend(*content);
    }
    bytes
}

/// Two special primes and a scale of its own, which SEAL's form of parameters does not know.
fn parameters() -> Parameters {
    Parameters::builder().depth(4, 41).hybrid(2).degree(16384).build().unwrap()
}

#[test]
fn everything_that_travels_together() {
    let kit = Kit::new(&parameters(), &[Rotation(1)]);
    let x = kit.random(1);
    let levels = HybridKeyLevels::all(kit.context.parameters(), &[Rotation(2)]);
    let seeded = kit.encryptor.encrypt_seeded(&kit.plain(&x)).unwrap();
    let mut sent = Container::new(kit.context.parameters());
    sent.add(&kit.keys().create_public_key().unwrap()).unwrap();
    sent.add(&kit.relin).unwrap().add(&kit.galois).unwrap();
    sent.add(&kit.keys().create_seeded_hybrid_keys(&levels).unwrap()).unwrap();
    sent.add(&kit.encrypt(&x)).unwrap().add(&kit.encrypt(&[2.0])).unwrap().add(&seeded).unwrap();
    sent.add_model(b"{}");

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("all.seal");
    sent.save(&path).unwrap();
    let received = Container::load(&path).unwrap();
    assert!(received == sent);
    assert_eq!(received.parameters::<Parameters>().unwrap(), parameters());
    assert_eq!(received.model(), Some(&b"{}"[..]));
    assert_eq!(received.contents().count(), 9);
    assert!(received.has::<GaloisKeys>() && !received.has::<Seeded<GaloisKeys>>());

    let context = Context::new(&received.parameters().unwrap()).unwrap();
    received.get::<PublicKey>(&context).unwrap();
    received.get::<RelinKeys>(&context).unwrap();
    assert_eq!(received.get::<GaloisKeys>(&context).unwrap().rotations(), &[Rotation(1)]);
    received.get::<Seeded<HybridKeys>>(&context).unwrap().expand(&context).unwrap();
    let all = received.get_all::<Ciphertext>(&context).unwrap();
    assert_eq!(all.len(), 2);
    assert_within(&kit.decrypt(&all[0]), &x, kit.noise().fresh(), kit.scale());
    let one = received.get::<Seeded<Ciphertext>>(&context).unwrap().expand(&context).unwrap();
    assert_within(&kit.decrypt(&one), &x, kit.noise().fresh(), kit.scale());

    let refusal = reason(received.get::<Ciphertext>(&context));
    assert_eq!(refusal, BytesRefusal::Entries { entry: "ciphertext", expected: "one", actual: 2 });
    let refusal = reason(received.get::<Seeded<PublicKey>>(&context));
    assert_eq!(refusal, BytesRefusal::Entries { entry: "public-key, seeded", expected: "one", actual: 0 });
}

#[test]
fn a_secret_key_travels_alone() {
    let kit = Kit::new(&Parameters::new(4096, &[36, 36, 37]).unwrap(), &[]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secret.seal");
    SecretContainer::new(&kit.secret).unwrap().save(&path).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let container = SecretContainer::load(&path).unwrap();
    let context = Context::new(&container.parameters().unwrap()).unwrap();
    let secret = container.secret_key(&context).unwrap();
    assert_eq!(secret.to_bytes().unwrap(), kit.secret.to_bytes().unwrap());
    // Neither passes for the other.
    assert!(matches!(reason(Container::load(&path)), BytesRefusal::NotThis { .. }));
    let public = Container::new(kit.context.parameters()).to_bytes();
    assert!(matches!(reason(SecretContainer::from_bytes(&public)), BytesRefusal::NotThis { .. }));
    let without = container_of_secret(&[(1, &kit.context.parameters().to_bytes())]);
    assert!(matches!(reason(SecretContainer::from_bytes(&without)), BytesRefusal::Entries { actual: 0, .. }));
}

fn container_of_secret(entries: &[(u32, &[u8])]) -> Vec<u8> {
    container(b"SEAL-NN!", entries)
}

#[test]
fn what_is_not_known_yet_is_skipped_and_kept() {
    let parameters = Parameters::new(4096, &[36, 36, 37]).unwrap();
    let own = [&1_u64.to_le_bytes()[..], &36_u64.to_le_bytes(), &parameters.to_bytes()].concat();
    let entries: [(u32, &[u8]); 3] = [(77, b"from the future"), (1, &own), (0xFFFF_FFFF, &[])];
    let bytes = container(b"SEAL-NN\n", &entries);
    let read = Container::from_bytes(&bytes).unwrap();
    assert_eq!(read.parameters::<Parameters>().unwrap(), parameters);
    assert_eq!(read.contents().collect::<Vec<_>>(), [("parameters", own.len())]);
    assert_eq!(read.to_bytes(), bytes);
}

#[test]
fn every_changed_or_missing_byte_is_noticed() {
    let parameters = Parameters::new(4096, &[36, 36, 37]).unwrap();
    let mut good = Container::new(&parameters);
    let bytes = good.add_model(b"a model").to_bytes();
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        reason(Container::from_bytes(&changed));
        reason(Container::from_bytes(&bytes[..at]));
    }
    let more = [&bytes[..], b"x"].concat();
    assert!(matches!(reason(Container::from_bytes(&more)), BytesRefusal::Size { .. }));
    // With right checksums.
    let huge = container(b"SEAL-NN\n", &[]);
    let refusal = reason(Container::from_bytes(&huge).unwrap().parameters::<Parameters>());
    assert!(matches!(refusal, BytesRefusal::Entries { .. }));
    let mut later = bytes.clone();
    later[8] = 2;
    assert!(matches!(reason(Container::from_bytes(&later)), BytesRefusal::Field { actual: 2, .. }));
}

#[test]
fn parameters_within_are_checked_like_new_ones() {
    let weak = insecure(1024, &[40, 40]).unwrap();
    let container = Container::new(&weak);
    assert!(matches!(container.parameters::<Parameters>(), Err(SealError::TooManyBits { .. })));
    assert_eq!(container.insecure_parameters::<Parameters>().unwrap(), weak);
    let forged = |special: u64, scale: u64| {
        let own = [&special.to_le_bytes()[..], &scale.to_le_bytes(), &weak.to_bytes()].concat();
        Container::from_bytes(&self::container(b"SEAL-NN\n", &[(1, &own)])).unwrap().insecure_parameters::<Parameters>()
    };
    assert!(forged(1, 30).is_ok());
    assert!(matches!(forged(0, 30), Err(SealError::SpecialPrimeCount { actual: 0, .. })));
    assert!(matches!(reason(forged(u64::MAX, 30)), BytesRefusal::Field { .. }));
    assert!(matches!(reason(forged(1, 61)), BytesRefusal::Field { .. }));
    assert!(matches!(forged(2, 30), Err(SealError::SpecialPrimeCount { .. })));
}

#[test]
fn serde_checks_too() {
    let parameters = parameters();
    let text = serde_json::to_string(&parameters).unwrap();
    assert_eq!(serde_json::from_str::<Parameters>(&text).unwrap(), parameters);
    let weak = serde_json::to_string(&insecure(1024, &[40, 40]).unwrap()).unwrap();
    let refusal = serde_json::from_str::<Parameters>(&weak).unwrap_err().to_string();
    assert!(refusal.contains("80 bits"), "{refusal}");
    for (from, to) in
        [("\"scale_bits\":41", "\"scale_bits\":4100"), ("\"special_primes\":[", "\"special_primes\":[15,")]
    {
        assert!(text.contains(from), "{text}");
        assert!(serde_json::from_str::<Parameters>(&text.replace(from, to)).is_err(), "{to}");
    }

    let mut container = Container::new(&parameters);
    container.add_model(b"a model");
    let text = serde_json::to_string(&container).unwrap();
    assert!(serde_json::from_str::<Container>(&text).unwrap() == container);
    assert!(serde_json::from_str::<Container>(&text.replacen("83", "84", 1)).is_err());
}
