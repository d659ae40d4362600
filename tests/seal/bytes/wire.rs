//! The packed form of ciphertexts and switching keys.

use super::*;

/// Comes back, in as many bytes as its residues have bits, and the same bytes again.
fn returns<T: Wire + Bytes<Buffer = Vec<u8>>>(context: &Context, object: &T) -> Vec<u8> {
    let bytes = object.to_wire().unwrap();
    let back = T::from_wire(context, &bytes).unwrap();
    assert!(back.to_bytes().unwrap() == object.to_bytes().unwrap() && back.to_wire().unwrap() == bytes);
    bytes
}

/// Residues of 45, 40 and 30 bits, and in keys of two primes of 45.
fn kit() -> Kit {
    let bits = [45, 40, 30, 45, 45];
    Kit::new(&Parameters::builder().degree(1024).bits(&bits).special_primes(2).insecure().build().unwrap(), &[])
}

#[test]
fn ciphertexts_are_packed() {
    let kit = kit();
    let x = kit.random(1);
    for (level, bits) in [(0, 45), (1, 85), (2, 115)] {
        let plain = kit.encoder.encode(&x, Level(level), 2_f64.powi(29) * 1.25).unwrap();
        let whole = returns(&kit.context, &kit.encryptor.encrypt(&plain).unwrap());
        let seeded = returns(&kit.context, &kit.encryptor.encrypt_seeded(&plain).unwrap());
        assert_eq!((whole.len(), seeded.len()), (22 + 2 * 128 * bits, 22 + 128 * bits + 65));
        let back = Seeded::<Ciphertext>::from_wire(&kit.context, &seeded).unwrap();
        assert_eq!(back.level(), Level(level));
        assert_eq!(back.expand(&kit.context).unwrap().scale(), plain.scale());
    }
    let product = kit.evaluator.square(&kit.encrypt(&x)).unwrap();
    assert!(matches!(product.to_wire(), Err(SealError::Components { expected: 2, actual: 3, .. })));
}

/// Into memory of the right length and no other, so that many can be packed where they stay.
#[test]
fn objects_are_packed_in_place() {
    let kit = kit();
    let x = kit.encrypt(&kit.random(1));
    let bytes = x.to_wire().unwrap();
    assert_eq!(x.wire_bytes().unwrap(), bytes.len());
    // Whatever was there.
    let mut place = vec![0xFF; bytes.len() + 1];
    let refused = |result: Result<(), SealError>| reason(result);
    assert_eq!(refused(x.write_wire(&mut place)), BytesRefusal::Trailing { count: 1 });
    assert!(matches!(refused(x.write_wire(&mut place[2..])), BytesRefusal::TooShort { .. }));
    x.write_wire(&mut place[1..]).unwrap();
    assert!(place[1..] == bytes && place[0] == 0xFF);
}

/// Primes of 60 bits are SEAL's alone, and packed all the same.
#[test]
fn large_primes_are_packed() {
    let kit = Kit::new(&insecure(1024, &[60, 55, 60]).unwrap(), &[]);
    let bytes = returns(&kit.context, &kit.encrypt(&kit.random(1)));
    assert_eq!(bytes.len(), 22 + 2 * 128 * (60 + 55));
}

#[test]
fn hybrid_keys_are_packed() {
    let kit = kit();
    let rotations = [(Rotation(1), Level(0)), (Rotation(-3), Level(2))].into();
    let levels = HybridKeyLevels { relin: Some(Level(1)), rotations, conjugation: Some(Level(0)) };
    let keys = kit.keys().create_seeded_hybrid_keys(&levels).unwrap();
    let bytes = returns(&kit.context, &keys);
    // Twice one digit modulo q0 and the special primes, one modulo q0 and q1, two modulo all.
    assert_eq!(bytes.len(), 14 + 4 * 8 + 5 * 64 + 128 * (2 * 135 + 175 + 2 * 205));
    // In a container too, which also takes what is not packed.
    let mut container = Container::new(kit.context.parameters());
    let size = |container: &Container| container.contents().map(|(_, size)| size).max();
    container.add(&keys).unwrap();
    assert_eq!(size(&container), Some(bytes.len()));
    let back: Seeded<HybridKeys> = Container::from_bytes(&container.to_bytes()).unwrap().get(&kit.context).unwrap();
    assert!(back.as_bytes() == keys.as_bytes());
}

#[test]
fn packed_bytes_are_checked() {
    let kit = kit();
    let (context, scale) = (&kit.context, 2_f64.powi(29));
    let plain = kit.encoder.encode(&kit.random(1), Level(1), scale).unwrap();
    let x = kit.encryptor.encrypt(&plain).unwrap();
    let bytes = x.to_wire().unwrap();
    let refused = |bytes: &[u8]| reason(Ciphertext::from_wire(context, bytes));
    let with = |at: usize, new: &[u8]| {
        let mut bytes = bytes.clone();
        bytes[at..at + new.len()].copy_from_slice(new);
        bytes
    };
    for cut in (0..25).chain([100, bytes.len() / 2, bytes.len() - 1]) {
        assert!(matches!(refused(&bytes[..cut]), BytesRefusal::TooShort { .. }), "{cut}");
    }
    assert_eq!(refused(&[&bytes[..], &[0]].concat()), BytesRefusal::Trailing { count: 1 });
    for at in 0..5 {
        assert!(matches!(refused(&with(at, &[9])), BytesRefusal::NotThis { .. }), "{at}");
    }
    for kind in [0, 5, 0x85, 0x86] {
        let refusal = refused(&with(5, &[kind]));
        assert!(matches!(refusal, BytesRefusal::Field { part: "the kind of packed object", .. }), "{refusal}");
    }
    // SEAL's identifier of a level, behind its header.
    let id = |level| {
        let plain = kit.encoder.encode(&kit.random(1), Level(level), 2_f64.powi(29)).unwrap();
        kit.encryptor.encrypt_seeded(&plain).unwrap().as_bytes()[16..24].to_vec()
    };
    assert_eq!(refused(&with(6, &[0; 8])), BytesRefusal::ForeignParameters { part: "ciphertext" });
    // Of another level: another length.
    assert!(matches!(refused(&with(6, &id(0))), BytesRefusal::Trailing { .. }));
    assert!(matches!(refused(&with(6, &id(2))), BytesRefusal::TooShort { .. }));
    for scale in [0.0, -1.0, f64::NAN, f64::INFINITY, 2f64.powi(90)] {
        assert!(matches!(refused(&with(14, &scale.to_le_bytes())), BytesRefusal::Scale { .. }), "{scale}");
    }
    // The first residue all ones; no second component.
    assert!(matches!(refused(&with(22, &[0xFF; 6])), BytesRefusal::Residue { index: 0, .. }));
    assert!(matches!(refused(&with(22 + 128 * 85, &vec![0; 128 * 85])), BytesRefusal::Transparent { .. }));

    let seeded = kit.encryptor.encrypt_seeded(&plain).unwrap().to_wire().unwrap();
    assert!(matches!(refused(&seeded), BytesRefusal::Field { actual: 0x86, .. }));
    let mut other = seeded.clone();
    other[22 + 128 * 85] = 3;
    let refusal = reason(Seeded::<Ciphertext>::from_wire(context, &other));
    assert!(matches!(refusal, BytesRefusal::Field { part: "the kind of random generator", .. }), "{refusal}");

    let levels = HybridKeyLevels::all(context.parameters(), &[Rotation(1)]);
    let keys = kit.keys().create_seeded_hybrid_keys(&levels).unwrap().to_wire().unwrap();
    let refused = |bytes: &[u8]| reason(Seeded::<HybridKeys>::from_wire(context, bytes));
    let with = |at: usize, new: &[u8]| [&keys[..at], new, &keys[at + new.len()..]].concat();
    assert_eq!(refused(&with(6, &id(2))), BytesRefusal::ForeignParameters { part: "switching keys" });
    assert!(matches!(refused(&with(14, &[2])), BytesRefusal::Field { part: "automorphism", .. }));
    assert!(matches!(refused(&with(18, &[3])), BytesRefusal::Field { part: "level of a key", .. }));
    assert!(matches!(refused(&with(22 + 2 * 64, &[0xFF; 6])), BytesRefusal::Residue { index: 0, .. }));
    assert!(matches!(refused(&keys[..keys.len() - 1]), BytesRefusal::TooShort { .. }));
    assert!(matches!(refused(&[&keys[..], &keys[14..]].concat()), BytesRefusal::Field { part: "automorphism", .. }));
}

/// Rows that do not end with a byte are filled up with zeros, and with nothing else.
#[test]
fn padding_is_checked() {
    let kit = Kit::new(&insecure(4, &[33, 33, 33]).unwrap(), &[]);
    let x = kit.encrypt(&[1e-3]);
    let bytes = returns(&kit.context, &x);
    assert_eq!(bytes.len(), 22 + 4 * 17);
    let mut padded = bytes;
    *padded.last_mut().unwrap() |= 0x80;
    let refusal = reason(Ciphertext::from_wire(&kit.context, &padded));
    assert!(matches!(refusal, BytesRefusal::Field { part: "bits behind packed residues", .. }), "{refusal}");
}
