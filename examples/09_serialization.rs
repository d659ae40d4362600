//! Objects as bytes and in files: what a client keeps, what it sends, and what happens to invalid bytes.
//!
//! Run it with `cargo run --release --example 09_serialization`.

use std::error::Error;
use std::fs;
use std::path::Path;

use seal_nn::seal::*;
use seal_nn::{Rotation, SealError};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::temp_dir().join(format!("seal-nn-serialization-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let result = walk(&folder);
    fs::remove_dir_all(&folder)?;
    result
}

fn walk(folder: &Path) -> Result<(), Box<dyn Error>> {
    let (secret_file, sent_file, answer_file) =
        (folder.join("secret.seal"), folder.join("sent.seal"), folder.join("answer.bin"));

    println!("== The client makes keys, keeps one and sends the others");
    let parameters = Parameters::builder().depth(1, 40).build()?;
    let context = Context::new(&parameters)?;
    let mut keys = KeyGenerator::new(&context)?;
    let secret = keys.secret_key()?;
    // A separate container that only the owner of the file can read. Adding a secret key to a `Container` does not
    // compile.
    SecretContainer::new(&secret)?.save(&secret_file)?;

    let encoder = Encoder::new(&context)?;
    let plain = encoder.encode(&[1.5, -2.0, 3.0], context.top_level(), parameters.default_scale())?;
    let x = SymmetricEncryptor::new(&context, &secret)?.encrypt_seeded(&plain)?;
    println!(
        "a ciphertext has {} bytes, its seeded form {}",
        x.expand(&context)?.serialized_bytes()?,
        x.serialized_bytes()
    );
    // Every container contains the parameters, so the server needs nothing else.
    let mut sent = Container::new(&parameters);
    sent.add(&keys.create_seeded_relin_keys()?)?.add(&keys.create_seeded_galois_keys(&[Rotation(1)])?)?.add(&x)?;
    sent.save(&sent_file)?;
    for (name, bytes) in sent.contents() {
        println!("  {name:<22} {bytes:>8} bytes");
    }

    println!("\n== The server loads them, computes, and answers");
    let answer = serve(&sent_file)?;
    // A single object is in SEAL's own format. SEAL 4.0 to 4.3 reject each other's files because of a number in the
    // header. TenSEAL 0.3.18 contains SEAL 4.3, so this file is written for it. We read all of them.
    answer.save_as(&answer_file, SealVersion::V4_3)?;
    println!("the answer is a file of SEAL {}", Header::parse(&fs::read(&answer_file)?)?.version);

    println!("\n== The client opens the answer");
    let kept = SecretContainer::load(&secret_file)?;
    let context = Context::new(&kept.parameters()?)?;
    let answer = Ciphertext::load(&context, &answer_file)?;
    let decryptor = Decryptor::new(&context, &kept.secret_key(&context)?)?;
    let values = decryptor.decrypt_decode(&answer)?.open_as_key_owner();
    println!("x^2 + x[+1]^2 = {:.6}, {:.6}", values[0], values[1]);
    assert!((values[0] - 6.25).abs() < 1e-6 && (values[1] - 13.0).abs() < 1e-6);

    println!("\n== Bytes that are not what they should be");
    let bytes = answer.to_bytes()?;
    // A common mistake: a seeded object is not the expanded object, and SEAL would expand it silently.
    refused("a seeded ciphertext as a whole one", Ciphertext::from_bytes(&context, x.as_bytes()))?;
    // The solution is to state what is expected.
    Seeded::<Ciphertext>::from_bytes(&context, x.as_bytes())?.expand(&context)?;

    refused("half a file", Ciphertext::from_bytes(&context, &bytes[..bytes.len() / 2]))?;
    refused("a file and a byte", Ciphertext::from_bytes(&context, &[&bytes[..], &[0]].concat()))?;
    // 2^62 components: SEAL would allocate the memory first.
    refused(
        "a length from a stranger",
        Ciphertext::from_bytes(&context, &with(&bytes, 49, &(1_u64 << 62).to_le_bytes())),
    )?;
    // A scale of NaN: SEAL accepts it and decrypts to NaN.
    refused("a scale that is none", Ciphertext::from_bytes(&context, &with(&bytes, 73, &f64::NAN.to_le_bytes())))?;
    // All residues of c_1 are zero, so anyone can read the value.
    let half = (bytes.len() - 113) / 2;
    refused("one that hides nothing", Ciphertext::from_bytes(&context, &with(&bytes, 113 + half, &vec![0; half])))?;
    let other = Context::new(&Parameters::new(4096, &[36, 36, 37])?)?;
    refused("another context", Ciphertext::from_bytes(&other, &bytes))?;
    refused(
        "less than was agreed on",
        Ciphertext::from_bytes_within(&context, &bytes, &Limits::default().at_most_bytes(1 << 16)),
    )?;
    // A container detects accidental changes by its checksums before any object is loaded.
    let mut damaged = fs::read(&sent_file)?;
    damaged[1000] ^= 1;
    refused("a container with a flipped bit", Container::from_bytes(&damaged))?;
    refused("a secret key where none should be", Container::load(&secret_file))?;
    Ok(())
}

/// `x^2 + rotate(x^2, 1)`, from a file alone.
fn serve(file: &Path) -> Result<Ciphertext, SealError> {
    let received = Container::load(file)?;
    let context = Context::new(&received.parameters()?)?;
    let relin = received.get::<Seeded<RelinKeys>>(&context)?.expand(&context)?;
    let galois = received.get::<Seeded<GaloisKeys>>(&context)?.expand(&context)?;
    let x = received.get::<Seeded<Ciphertext>>(&context)?.expand(&context)?;
    let evaluator = Evaluator::new(&context)?;
    let mut square = evaluator.square(&x)?;
    evaluator.relinearize_inplace(&mut square, &relin)?;
    evaluator.rescale_inplace(&mut square)?;
    evaluator.add(&square, &evaluator.rotate(&square, Rotation(1), &galois)?)
}

fn with(bytes: &[u8], at: usize, new: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[at..at + new.len()].copy_from_slice(new);
    bytes
}

/// Prints the reason, and returns an error if something invalid was accepted.
fn refused<T>(what: &str, result: Result<T, SealError>) -> Result<(), Box<dyn Error>> {
    match result {
        Err(refusal @ SealError::Bytes { .. }) => {
            println!("  {what}: {refusal}");
            Ok(())
        }
        Err(other) => Err(other.into()),
        Ok(_) => Err(format!("{what} was taken").into()),
    }
}
