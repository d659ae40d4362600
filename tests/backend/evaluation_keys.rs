//! Evaluation keys as bytes, and key holders from stored secret keys: what goes out comes in and computes; what does
//! not belong, or is not enough for the plan, is refused.

use crate::kit::insecure;
use seal_nn::backend::{
    Circuit, Decrypt, Encrypt, Evaluate, EvaluationKeys, KeyLevels, KeySwitching, SealEvaluator, SealKeyHolder,
};
use seal_nn::seal::*;
use seal_nn::{CircuitError, Error, Level, Result, Rotation, SealError};

const BOTH: [KeySwitching; 2] = [KeySwitching::Hybrid, KeySwitching::Seal];

fn parameters() -> Parameters {
    insecure(1024, &[48, 38, 38, 38, 49]).unwrap()
}

fn holder(parameters: &Parameters, key_switching: KeySwitching) -> SealKeyHolder {
    SealKeyHolder::generate(parameters).unwrap().with_key_switching(key_switching)
}

/// A product at the top, one rotation there and one a level lower.
fn needed() -> KeyLevels {
    KeyLevels { relin: Some(Level(3)), rotations: [(Rotation(1), Level(3)), (Rotation(-3), Level(2))].into() }
}

/// `x[s + 1]`, and `x[s - 3]^2`, for what needs the keys above.
fn check_computation(holder: &SealKeyHolder, parameters: &Parameters, keys: &EvaluationKeys) {
    let x: Vec<f64> = (0..512).map(|i| f64::from(i % 17) / 17.0 - 0.5).collect();
    let circuit = Circuit::new(SealEvaluator::new(parameters, keys).unwrap());
    let encrypted = circuit.backend().receive(&holder.encrypt(&x, Level(3)).unwrap()).unwrap();
    let rotated = circuit.rotate(&encrypted, Rotation(1)).unwrap();
    let squared = circuit.rotate(&circuit.square(&encrypted).unwrap(), Rotation(-3)).unwrap();
    for (result, expected) in [
        (rotated, (0..512).map(|s| x[(s + 1) % 512]).collect::<Vec<_>>()),
        (squared, (0..512).map(|s| x[(s + 509) % 512].powi(2)).collect()),
    ] {
        let actual = holder.decrypt(&result).unwrap().open_as_key_owner();
        let error = actual.iter().zip(&expected).map(|(a, e)| (a - e).abs()).fold(0.0, f64::max);
        assert!(error < 1e-6, "{error:e}");
    }
}

#[test]
fn what_goes_out_comes_in_and_computes() {
    for key_switching in BOTH {
        let (parameters, needed) = (parameters(), needed());
        let holder = holder(&parameters, key_switching);
        let sent = holder.evaluation_keys_for(&needed).unwrap();
        let bytes = sent.to_bytes().unwrap();
        let received = EvaluationKeys::from_bytes(&parameters, &needed, &bytes).unwrap();
        assert_eq!(received.key_switching(), key_switching);
        assert_eq!(received.rotations().collect::<Vec<_>>(), [Rotation(-3), Rotation(1)]);
        assert_eq!(received.levels(), sent.levels());
        assert_eq!((received.relin_bytes(), received.galois_bytes()), (sent.relin_bytes(), sent.galois_bytes()));
        assert_eq!(received.to_bytes().unwrap(), bytes);
        check_computation(&holder, &parameters, &received);
        if key_switching == KeySwitching::Hybrid {
            assert_eq!(received.levels(), &needed);
        }
    }
}

/// Keys with a rotation that the plan does not have are taken, and rotations that are the same modulo the slots.
#[test]
fn more_than_the_plan_needs() {
    let parameters = parameters();
    for key_switching in BOTH {
        let bytes = holder(&parameters, key_switching).evaluation_keys_for(&needed()).unwrap().to_bytes().unwrap();
        let less = KeyLevels { relin: None, rotations: [(Rotation(509), Level(1)), (Rotation(0), Level(3))].into() };
        EvaluationKeys::from_bytes(&parameters, &less, &bytes).unwrap();
    }
}

#[test]
fn what_a_plan_misses() {
    let parameters = parameters();
    let refusal = |sent: &KeyLevels, needed: &KeyLevels, key_switching| {
        let bytes = holder(&parameters, key_switching).evaluation_keys_for(sent).unwrap().to_bytes().unwrap();
        match EvaluationKeys::from_bytes(&parameters, needed, &bytes) {
            Err(Error::Circuit(refusal)) => refusal,
            other => panic!("{other:?}"),
        }
    };
    let mut more = needed();
    more.rotations.insert(Rotation(7), Level(1));
    for key_switching in BOTH {
        let expected = CircuitError::MissingRotation { step: Rotation(7), available: vec![Rotation(-3), Rotation(1)] };
        assert_eq!(refusal(&needed(), &more, key_switching), expected);
    }

    let hybrid = |sent: &KeyLevels, needed: &KeyLevels| refusal(sent, needed, KeySwitching::Hybrid);
    let mut higher = needed();
    higher.rotations.insert(Rotation(-3), Level(3));
    let expected = CircuitError::RotationKeyLevel { step: Rotation(-3), needed: Level(3), actual: Level(2) };
    assert_eq!(hybrid(&needed(), &higher), expected);
    for relin in [None, Some(Level(1))] {
        let expected = CircuitError::RelinKeyLevel { needed: Level(3), actual: relin };
        assert_eq!(hybrid(&KeyLevels { relin, ..needed() }, &needed()), expected);
    }
}

#[test]
fn keys_of_other_parameters() {
    let (own, needed) = (parameters(), needed());
    // Of the same ring and as many primes: one of them differs.
    let other = insecure(1024, &[48, 38, 38, 39, 49]).unwrap();
    for key_switching in BOTH {
        let bytes = holder(&other, key_switching).evaluation_keys_for(&needed).unwrap().to_bytes().unwrap();
        let refusal = EvaluationKeys::from_bytes(&own, &needed, &bytes);
        assert!(matches!(refusal, Err(Error::Seal(SealError::ForeignContext { .. }))), "{refusal:?}");
        // Nor do keys in a container whose parameters are not theirs come through.
        let foreign = Container::from_bytes(&bytes).unwrap();
        let context = Context::new(&other).unwrap();
        let mut forged = Container::new(&own);
        if key_switching == KeySwitching::Seal {
            forged.add(&foreign.get::<Seeded<RelinKeys>>(&context).unwrap()).unwrap();
            forged.add(&foreign.get::<Seeded<GaloisKeys>>(&context).unwrap()).unwrap();
        } else {
            forged.add(&foreign.get::<Seeded<HybridKeys>>(&context).unwrap()).unwrap();
        }
        let refusal = EvaluationKeys::from_container(&own, &needed, &forged);
        let expected = |reason: &BytesRefusal| matches!(reason, BytesRefusal::ForeignParameters { .. });
        assert!(
            matches!(&refusal, Err(Error::Seal(SealError::Bytes { reason, .. })) if expected(reason)),
            "{refusal:?}"
        );
    }
}

#[test]
fn bytes_that_end_too_early_or_go_on() {
    let (parameters, needed) = (parameters(), needed());
    let read = |bytes: &[u8]| match EvaluationKeys::from_bytes(&parameters, &needed, bytes) {
        Err(Error::Seal(SealError::Bytes { reason, .. })) => reason,
        other => panic!("{other:?}"),
    };
    for key_switching in BOTH {
        let mut bytes = holder(&parameters, key_switching).evaluation_keys_for(&needed).unwrap().to_bytes().unwrap();
        let all = bytes.len();
        for length in [0, 7, 27, 28, 29, 100, all / 3, all / 2, all - 1] {
            let reason = read(&bytes[..length]);
            assert!(matches!(reason, BytesRefusal::TooShort { .. } | BytesRefusal::Size { .. }), "{length}: {reason}");
        }
        bytes[all - 1] ^= 1;
        assert!(matches!(read(&bytes), BytesRefusal::Checksum { .. }));
        bytes[all - 1] ^= 1;
        bytes.push(0);
        assert!(matches!(read(&bytes), BytesRefusal::Size { .. }));
    }
}

/// What is told of seeded keys is what expanded ones say of themselves.
#[test]
fn which_keys_a_seeded_set_holds() {
    let parameters = parameters();
    let context = Context::new(&parameters).unwrap();
    let mut keys = KeyGenerator::new(&context).unwrap();
    for rotations in [vec![], vec![Rotation(256)], [1, -1, 2, 200, -255].map(Rotation).to_vec()] {
        let seeded = keys.create_seeded_galois_keys(&rotations).unwrap();
        assert_eq!(seeded.rotations().unwrap(), seeded.expand(&context).unwrap().rotations());
        let mut asked = HybridKeyLevels::all(&parameters, &rotations);
        asked.relin = asked.relin.filter(|_| !rotations.is_empty());
        for (step, level) in &mut asked.rotations {
            *level = Level(step.0.unsigned_abs() as usize % 4);
        }
        assert_eq!(keys.create_seeded_hybrid_keys(&asked).unwrap().levels().unwrap(), asked);
    }
    let conjugation = keys.create_seeded_conjugation_key().unwrap();
    assert_eq!(conjugation.rotations().unwrap(), []);
}

#[test]
fn a_stored_secret_key_makes_the_same_holder() {
    let parameters = Parameters::new(4096, &[36, 36, 37]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("holder.key");
    let (x, top) = ([0.5, -0.25], Level(1));
    let first = SealKeyHolder::generate(&parameters).unwrap();
    let encrypted = first.encrypt(&x, top).unwrap().to_bytes().unwrap();
    let early = first.evaluation_keys(&[Rotation(1)]).unwrap();
    first.secret_container().unwrap().save(&path).unwrap();
    drop(first);
    #[cfg(unix)]
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&path.metadata().unwrap().permissions()) & 0o777, 0o600);

    let second = SealKeyHolder::from_secret_container(&SecretContainer::load(&path).unwrap()).unwrap();
    let late = second.evaluation_keys(&[Rotation(1)]).unwrap();
    let context = Context::new(&parameters).unwrap();
    for keys in [early, late] {
        let circuit = Circuit::new(SealEvaluator::new(&parameters, &keys).unwrap());
        let fresh = Seeded::from_bytes(&context, &encrypted).unwrap();
        let received = circuit.backend().receive(&fresh).unwrap();
        for (result, expected) in
            [(received.clone(), x), (circuit.rotate(&received, Rotation(1)).unwrap(), [x[1], 0.0])]
        {
            let values = second.decrypt(&result).unwrap().open_as_key_owner();
            assert!(values.iter().zip(expected).all(|(value, expected)| (value - expected).abs() < 1e-3));
        }
    }
}

#[test]
fn a_secret_key_of_other_parameters() -> Result<()> {
    let other = insecure(1024, &[48, 38, 38, 37, 49])?;
    let key = KeyGenerator::new(&Context::new(&other)?)?.secret_key()?;
    let refusal = SealKeyHolder::from_secret_key(&parameters(), key).err();
    assert!(matches!(refusal, Some(Error::Seal(SealError::ForeignContext { .. }))), "{refusal:?}");
    // Parameters without security are not taken from a container.
    let container = holder(&other, KeySwitching::Hybrid).secret_container()?;
    let refusal = SealKeyHolder::from_secret_container(&container).err();
    assert!(matches!(refusal, Some(Error::Seal(SealError::TooManyBits { .. }))), "{refusal:?}");
    Ok(())
}
