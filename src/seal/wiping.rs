//! A test that nothing of the secret key remains in memory after all objects that contained it have been dropped.

use std::collections::HashSet;
use std::process::Command;

use super::*;
use crate::Rotation;
use crate::ffi::keys::secret_residues;
use crate::ffi::released;

/// Set in the child process, whose memory is searched.
const CHILD: &str = "SEAL_NN_WATCH_MEMORY";

/// More words of the key than this in one block cannot be a coincidence: they have 50 bits each, and there are a
/// million words in total.
const ALLOWED: usize = 8;

/// Uses a secret key for everything. Returns the words to search for: the residues of the key and of its square, and
/// -1, which is a third of the coefficients before the transform. Automorphisms only permute the residues.
fn use_a_key() -> Result<HashSet<u64>, crate::SealError> {
    let parameters = Parameters::builder().degree(8192).bits(&[50, 40, 40, 44]).build()?;
    let context = Context::new(&parameters)?;
    let mut keys = KeyGenerator::new(&context)?;
    let secret = keys.secret_key()?;
    assert!(KeyGenerator::from_secret_key(&context, &secret)?.secret_key()?.is_same_key(&secret));

    keys.create_public_key()?;
    keys.create_seeded_public_key()?;
    let relin = keys.create_relin_keys()?;
    keys.create_seeded_relin_keys()?;
    keys.create_galois_keys(&[Rotation(1), Rotation(-3)])?;
    keys.create_seeded_conjugation_key()?;
    let levels = HybridKeyLevels::all(&parameters, &[Rotation(1)]);
    keys.create_seeded_hybrid_keys(&levels)?.expand(&context)?;

    let sparse = SparseParameters::insecure(8192, 32)?;
    keys.create_seeded_raising_keys(&sparse, &[Rotation(1)])?.expand(&context)?;
    // Of the small context, in which the dense secret is used too.
    let small = limits::create_primes(8192, &[44, 50])?;
    let small = Context::new(&Parameters::builder().degree(8192).primes(&small).insecure().build()?)?;
    let moved = small.adopt_secret_key(&secret)?;

    let (encoder, evaluator) = (Encoder::new(&context)?, Evaluator::new(&context)?);
    let plain = encoder.encode(&[1.0, 2.0], parameters.top_level(), 2f64.powi(40))?;
    let encryptor = SymmetricEncryptor::new(&context, &secret)?;
    let x = encryptor.encrypt_seeded(&plain)?.expand(&context)?;
    let mut square = evaluator.square(&x)?;
    let decryptor = Decryptor::new(&context, &secret)?;
    assert!((decryptor.decrypt_decode(&square)?.open_as_key_owner()[1] - 4.0).abs() < 1e-3);
    RealSymmetricEncryptor::new(&context, &secret)?.encrypt(&[1.0], parameters.top_level(), 2f64.powi(40))?;
    evaluator.relinearize_inplace(&mut square, &relin)?;
    drop(decryptor.decrypt(&square)?);

    let primes: Vec<u64> = parameters.data_primes().iter().chain(parameters.special_primes()).copied().collect();
    let residues = secret_residues(&secret.raw);
    assert_eq!(residues.len(), 8192 * primes.len());
    let mut words: HashSet<u64> = residues.iter().chain(secret_residues(&moved.raw)).copied().collect();
    words.extend(small.parameters().primes().map(|p| p - 1));
    for (residues, &p) in residues.chunks_exact(8192).zip(&primes) {
        words.insert(p - 1);
        words.extend(residues.iter().map(|&s| (u128::from(s) * u128::from(s) % u128::from(p)) as u64));
    }
    Ok(words)
}

/// The sizes of the blocks that contain words of the key, in bytes.
fn leaks(words: &HashSet<u64>) -> Vec<usize> {
    let blocks = released::contents();
    assert!(blocks.len() > 100, "only {} blocks were seen", blocks.len());
    let found = |block: &&Vec<u64>| block.iter().filter(|word| words.contains(word)).count() > ALLOWED;
    blocks.iter().filter(found).map(|block| 8 * block.len()).collect()
}

#[test]
fn nothing_of_the_secret_key_stays_in_memory() {
    if std::env::var_os(CHILD).is_none() {
        // Alone in its process, so that memory freed by other tests is not kept.
        let name = "seal::wiping::nothing_of_the_secret_key_stays_in_memory";
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", name, "--test-threads", "1"])
            .env(CHILD, "1")
            .output()
            .unwrap();
        let text = [child.stdout, child.stderr].concat();
        let text = String::from_utf8_lossy(&text);
        assert!(child.status.success() && text.contains("1 passed"), "{text}");
        return;
    }
    released::watch();
    let words = use_a_key().unwrap();
    assert_eq!(leaks(&words), [0; 0], "blocks of so many bytes hold words of the key");
    // Checks that a leak would have been detected.
    let some: Vec<u64> = words.iter().copied().take(1000).collect();
    released::forget_to_clear(&some);
    assert_eq!(leaks(&words), [8000]);
}
