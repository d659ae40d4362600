//! Noise on whole ciphertexts.

use seal_nn::{SealError, seal::*};

use crate::kit::seal::Kit;

#[test]
fn the_noise_is_normal_of_the_deviation_in_every_slot() {
    let kit = Kit::small(1, &[]);
    let (top, scale) = (kit.context.top_level(), 2f64.powi(40));
    let deviation = 2f64.powi(24);
    let flood = CiphertextFlood::new(&kit.context, deviation).unwrap();
    let plain = kit.encoder.encode(&[0.5], top, scale).unwrap();
    let mut errors = Vec::new();
    for _ in 0..4 {
        let mut x = kit.encryptor.encrypt(&plain).unwrap();
        flood.add_inplace(&mut x).unwrap();
        let slots = kit.decryptor.decrypt_decode(&x).unwrap().open_as_key_owner();
        errors.extend(slots.iter().enumerate().map(|(i, slot)| slot - if i == 0 { 0.5 } else { 0.0 }));
    }
    let count = errors.len() as f64;
    let expected = deviation * (count / 4.0).sqrt() / scale;
    let mean = errors.iter().sum::<f64>() / count;
    let moment = |power: i32| errors.iter().map(|e| (e / expected).powi(power)).sum::<f64>() / count;
    assert!(mean.abs() < 5.0 * expected / count.sqrt(), "{mean:e}");
    assert!((moment(2) - 1.0).abs() < 5.0 * (2.0 / count).sqrt(), "{}", moment(2));
    assert!((moment(4) - 3.0).abs() < 5.0 * (96.0 / count).sqrt(), "{}", moment(4));
}

#[test]
fn wrong_uses_are_refused() {
    let (kit, other) = (Kit::small(1, &[]), Kit::small(2, &[]));
    for actual in [0.0, 0.5, -1.0, 2.0 * CiphertextFlood::LARGEST_DEVIATION, f64::NAN, f64::INFINITY] {
        let error = CiphertextFlood::new(&kit.context, actual).err().unwrap();
        assert!(matches!(error, SealError::FloodDeviation { .. }), "{error}");
    }
    let flood = CiphertextFlood::new(&kit.context, 4.0).unwrap();
    let plain = other.encoder.encode(&[0.5], other.context.top_level(), 2f64.powi(40)).unwrap();
    let mut x = other.encryptor.encrypt(&plain).unwrap();
    assert!(matches!(flood.add_inplace(&mut x), Err(SealError::ForeignContext { op: "flooding" })));
}
