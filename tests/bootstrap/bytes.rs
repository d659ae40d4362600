//! Keys of bootstraps in bytes, from whoever sends them.

use seal_nn::{
    BootstrapError, CircuitError, Error, Rotation, SealError,
    backend::{Chain, SealKeyHolder},
    bootstrap::{BootstrapKeys, BootstrapParameters, BootstrapSpec},
    seal::{BytesRefusal, Container, ObjectKind, Parameters},
};

use super::on_seal::parameters;

struct Sender {
    tall: Parameters,
    bootstrapped: BootstrapParameters,
    bytes: Vec<u8>,
}

impl Sender {
    fn new(period: usize) -> Sender {
        let spec = BootstrapSpec::new(period, 1.0).unwrap();
        let (low, tall) = parameters(&spec);
        let step = Chain::try_from(&low).unwrap();
        let bootstrapped = BootstrapParameters::new(&spec, &step, &tall.data_primes()[3..]).unwrap();
        let holder = SealKeyHolder::generate(&low).unwrap();
        let keys = BootstrapKeys::generate(&holder, &tall, &bootstrapped).unwrap();
        let bytes = keys.to_container().unwrap().to_bytes();
        Sender { tall, bootstrapped, bytes }
    }

    fn read(&self, bytes: &[u8]) -> seal_nn::Result<BootstrapKeys> {
        BootstrapKeys::from_container(&self.tall, &self.bootstrapped, &Container::from_bytes(bytes)?)
    }

    #[track_caller]
    fn refused(&self, bytes: &[u8]) -> Error {
        self.read(bytes).map(drop).expect_err("it was taken")
    }
}

#[test]
fn keys_come_back_and_their_length_is_foretold() {
    // One level to slots, and two; to coefficients too; and no copies.
    for period in [4, 32, 512, 2048] {
        let sender = Sender::new(period);
        assert_eq!(BootstrapKeys::bytes_of(&sender.tall, &sender.bootstrapped).unwrap(), sender.bytes.len());
        let back = sender.read(&sender.bytes).unwrap();
        assert!(back.to_container().unwrap().to_bytes() == sender.bytes);
    }
}

#[test]
fn keys_for_other_bootstraps_are_refused() {
    let (small, large) = (Sender::new(4), Sender::new(32));
    // The rotations of a raise begin with the period.
    let other = small.refused(&large.bytes);
    let expected: Vec<_> = (0..4).map(|i| Rotation(4 << i)).collect();
    assert!(
        matches!(&other, Error::Bootstrap(BootstrapError::RaisingRotations { expected: e, .. }) if *e == expected),
        "{other}"
    );
    // Of a raise that is right, with rotations that are not enough.
    let low = parameters(large.bootstrapped.spec()).0;
    let holder = SealKeyHolder::generate(&low).unwrap();
    let keys = BootstrapKeys::generate(&holder, &large.tall, &large.bootstrapped).unwrap();
    let container = keys.to_container().unwrap();
    let few = BootstrapKeys::generate(&holder, &small.tall, &small.bootstrapped).unwrap();
    let few = few.to_container().unwrap();
    let mixed = mixed(&large, &few, &container);
    let refused = BootstrapKeys::from_container(&large.tall, &large.bootstrapped, &mixed).unwrap_err();
    assert!(matches!(refused, Error::Circuit(CircuitError::MissingRotation { .. })), "{refused}");
    // Of other parameters.
    let low = Container::new(&low);
    let refused = BootstrapKeys::from_container(&large.tall, &large.bootstrapped, &low).unwrap_err();
    assert!(matches!(refused, Error::Seal(SealError::ForeignContext { .. })), "{refused}");
    // Nothing but parameters.
    let empty = Container::new(&large.tall);
    let refused = BootstrapKeys::from_container(&large.tall, &large.bootstrapped, &empty).unwrap_err();
    let none = matches!(
        &refused,
        Error::Seal(SealError::Bytes { kind: ObjectKind::Container, reason: BytesRefusal::Entries { actual: 0, .. } })
    );
    assert!(none, "{refused}");
    assert!(empty.bootstrap_keys().is_err());
}

/// The switching keys of one and the raising keys of another.
fn mixed(of: &Sender, switching: &Container<'_>, raising: &Container<'_>) -> Container<'static> {
    use seal_nn::seal::{Context, HybridKeys, Seeded, SparseParameters};
    let context = Context::new(&of.tall).unwrap();
    let sparse = SparseParameters::insecure(of.tall.poly_modulus_degree(), 32).unwrap();
    let mut mixed = Container::new(&of.tall);
    mixed.add(&switching.get::<Seeded<HybridKeys>>(&context).unwrap()).unwrap();
    mixed.add_raising_keys(&raising.raising_keys(&context, &sparse).unwrap()).unwrap();
    mixed
}

/// Cut off anywhere, or with a flipped byte: refused by lengths, checksums or the loaders of what is inside.
#[test]
fn what_was_damaged_is_refused() {
    let sender = Sender::new(4);
    let bytes = &sender.bytes;
    for cut in (0..200).chain((1..40).map(|i| i * bytes.len() / 40)) {
        let refused = sender.refused(&bytes[..cut]);
        assert!(matches!(refused, Error::Seal(SealError::Bytes { .. })), "{cut}: {refused}");
    }
    for at in (0..300).chain((1..40).map(|i| i * bytes.len() / 40)) {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x41;
        let refused = sender.refused(&damaged);
        assert!(matches!(refused, Error::Seal(SealError::Bytes { .. })), "{at}: {refused}");
    }
    let longer = [&bytes[..], &[0]].concat();
    assert!(matches!(sender.refused(&longer), Error::Seal(SealError::Bytes { .. })));
}

/// Checksums are no protection from whoever makes them anew: the loaders look at every field and residue.
#[test]
fn what_was_forged_is_refused() {
    let sender = Sender::new(4);
    let mut container = Container::new(&sender.tall);
    container.add_bootstrap_keys(&Container::from_bytes(&sender.bytes).unwrap());
    let outer = container.to_bytes();
    let inner = Container::from_bytes(&outer).unwrap();
    let back = inner.bootstrap_keys().unwrap();
    assert!(back.to_bytes() == sender.bytes);
    // Entries follow 28 bytes of a head, and each its own 16.
    let mut at = 28;
    for _ in 0..3 {
        let length = u64::from_le_bytes(sender.bytes[at + 4..at + 12].try_into().unwrap()) as usize;
        for offset in [0, 1, 5, 6, 14, 15, 20, 29, 33, length / 2, length - 8] {
            let mut forged = sender.bytes.clone();
            forged[at + 16 + offset..].iter_mut().take(8).for_each(|byte| *byte = 0xff);
            seal_again(&mut forged, at, length);
            // A seed may be any bytes; all else is looked at.
            if let Err(error) = sender.read(&forged) {
                let known = matches!(error, Error::Seal(_) | Error::Circuit(_) | Error::Bootstrap(_));
                assert!(known, "{at} {offset}: {error}");
            }
        }
        let mut forged = sender.bytes.clone();
        let end = at + 16 + length;
        forged[end - 8..end].fill(0xff);
        seal_again(&mut forged, at, length);
        let refused = sender.refused(&forged);
        assert!(matches!(refused, Error::Seal(_)), "{at}: {refused}");
        at = end;
    }
}

/// The checksum of the entry there.
fn seal_again(bytes: &mut [u8], at: usize, length: usize) {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&bytes[at..at + 12]);
    hasher.update(&bytes[at + 16..at + 16 + length]);
    let sum = hasher.finalize().to_le_bytes();
    bytes[at + 12..at + 16].copy_from_slice(&sum);
}
