//! Fresh ciphertexts and keys from seeds: our generator against SEAL's.

use super::*;

/// SEAL expands while it loads; ours must give the same residues on every path, at every level, and for lengths that are
/// no multiple of what the generator makes at a time.
#[test]
fn ciphertexts_expand_to_the_residues_that_seal_draws() {
    let own = Own::new(&chains()[1]);
    let paths = code_paths().unwrap();
    for path in &paths {
        let context = Context::with_code_path(own.context.parameters(), path).unwrap();
        let hybrid = HybridEvaluator::new(&context).unwrap();
        for level in own.levels() {
            let plain = own.encoder.encode(&own.random(1), level, own.scale()).unwrap();
            let seeded = own.encryptor.encrypt_seeded(&plain).unwrap();
            let (ours, seals) = (hybrid.expand(&seeded).unwrap(), seeded.expand(&own.context).unwrap());
            assert_eq!((ours.level(), ours.scale()), (seals.level(), seals.scale()));
            assert!(ours.to_bytes().unwrap() == seals.to_bytes().unwrap(), "{path}, {level}");
            let read = Seeded::<Ciphertext>::from_bytes(&context, &seeded.to_bytes().unwrap()).unwrap();
            assert_eq!(hybrid.expand(&read).unwrap().to_bytes().unwrap(), seals.to_bytes().unwrap());
        }
    }
    let foreign = Own::new(&chains()[2]);
    let plain = foreign.encoder.encode(&[1.0], Level(1), foreign.scale()).unwrap();
    let refused = own.hybrid.expand(&foreign.encryptor.encrypt_seeded(&plain).unwrap());
    assert!(matches!(refused, Err(SealError::ForeignContext { .. })));
}
