//! The modulus chain: what a level is, what lowering it costs, and that it cannot be raised.
//!
//! Run it with `cargo run --release --example 07_levels`.

use seal_nn::seal;
use seal_nn::seal::integer::*;
use seal_nn::{Level, SealError};

fn main() -> Result<(), SealError> {
    integers()?;
    numbers()
}

fn integers() -> Result<(), SealError> {
    println!("== BFV");
    let parameters = Parameters::<Bfv>::new(8192, CoeffModulus::Default, PlainModulus::Batching(20))?;
    let context = Context::new(&parameters)?;
    let mut keys = KeyGenerator::new(&context)?;
    let secret = keys.secret_key()?;
    let relin = keys.create_relin_keys()?;
    let (encryptor, decryptor) = (SymmetricEncryptor::new(&context, &secret)?, Decryptor::new(&context, &secret)?);
    let (encoder, evaluator) = (BatchEncoder::new(&context)?, Evaluator::new(&context)?);

    // Keys have all primes, including the special one; a ciphertext at level l has l + 1 of them. SEAL identifies each
    // set of parameters by a hash.
    println!("keys     {:>3} bits  {}", parameters.total_bits(), name(context.key_parms_id()?));
    for level in (0..=context.top_level().0).rev().map(Level) {
        let bits = parameters.modulus_bits(level).unwrap_or(0);
        println!("{level}  {bits:>3} bits  {}", name(context.parms_id(level)?));
    }

    // BFV does not need modulus switching to compute. It is useful before a result is sent, because half of the budget
    // is unused.
    let x = encryptor.encrypt(&encoder.encode(&[5, 6, 7])?)?;
    let squared = evaluator.relinearize(&evaluator.square(&x)?, &relin)?;
    let mut low = squared.clone();
    loop {
        let budget = decryptor.noise_budget(&low)?.open_as_key_owner();
        println!("x^2 at {}: {budget:>3} bits of budget, {:>6} bytes", low.level(), low.serialized_bytes()?);
        // One step too many; `Context::lowest_level` is the end of the chain.
        match evaluator.mod_switch_to_next(&low) {
            Ok(next) => low = next,
            Err(refusal @ SealError::OutOfLevels { .. }) => {
                println!("\n  refused: {refusal}\n");
                break;
            }
            Err(other) => return Err(other),
        }
    }
    assert_eq!(encoder.decode(&decryptor.decrypt(&low)?.open_as_key_owner())?[..3], [25, 36, 49]);
    assert!(4 * low.serialized_bytes()? < squared.serialized_bytes()? + 1024);

    // There is no way back, because the primes have been removed.
    match evaluator.mod_switch_to(&low, context.top_level()) {
        Err(refusal @ SealError::LevelRaise { .. }) => println!("  refused: {refusal}\n"),
        other => panic!("this should not work: {other:?}"),
    }
    Ok(())
}

fn numbers() -> Result<(), SealError> {
    println!("== CKKS");
    let parameters = seal::Parameters::builder().depth(2, 40).build()?;
    let context = seal::Context::new(&parameters)?;
    let secret = seal::KeyGenerator::new(&context)?.secret_key()?;
    let encoder = seal::Encoder::new(&context)?;
    let encryptor = seal::SymmetricEncryptor::new(&context, &secret)?;
    let evaluator = seal::Evaluator::new(&context)?;
    let weights = encoder.encode(&[0.5, 0.25], context.top_level(), parameters.default_scale())?;
    let x = encryptor.encrypt(&encoder.encode(&[3.0, 4.0], context.top_level(), parameters.default_scale())?)?;

    // In CKKS, plaintexts have a level: x has been lowered, the weights have not.
    let low = evaluator.drop_to(&x, Level(1))?;
    match evaluator.multiply_plain(&low, &weights) {
        Err(refusal @ SealError::LevelMismatch { .. }) => println!("\n  refused: {refusal}\n"),
        other => panic!("this should not work: {other:?}"),
    }
    // Dropping keeps values and scale, so there is no need to encode again.
    let product = evaluator.multiply_plain(&low, &evaluator.drop_plain_to(&weights, low.level())?)?;
    let values = seal::Decryptor::new(&context, &secret)?.decrypt_decode(&product)?.open_as_key_owner();
    println!("0.5 * 3 = {:.6}, 0.25 * 4 = {:.6}", values[0], values[1]);
    assert!((values[0] - 1.5).abs() < 1e-6 && (values[1] - 1.0).abs() < 1e-6);
    Ok(())
}

/// The first bytes of a hash.
fn name(id: [u8; 32]) -> String {
    id[..4].iter().map(|byte| format!("{byte:02x}")).collect()
}
