//! BGV: the same integers as with BFV, and another way to limit the noise.
//!
//! We raise 8,192 encrypted numbers to the eighth power. BGV needs a modulus switch after every product, and operands
//! at different levels cannot be added. We demonstrate the error and correct it.
//!
//! Run it with `cargo run --release --example 05_bgv_basics`.

use seal_nn::SealError;
use seal_nn::seal::integer::*;

fn main() -> Result<(), SealError> {
    // One prime for every product, which modulus switching removes one by one, and one for the result.
    let bits = [40, 40, 40, 40, 44];
    let parameters = Parameters::<Bgv>::new(8192, CoeffModulus::Bits(&bits), PlainModulus::Batching(20))?;
    let context = Context::new(&parameters)?;
    let t = parameters.plain_modulus();
    println!("{} numbers modulo {t}, data primes of 40 bits, top at {}", 8192, context.top_level());

    let mut keys = KeyGenerator::new(&context)?;
    let secret = keys.secret_key()?;
    let relin = keys.create_relin_keys()?;
    let encryptor = SymmetricEncryptor::new(&context, &secret)?;
    let decryptor = Decryptor::new(&context, &secret)?;
    let evaluator = Evaluator::new(&context)?;
    let encoder = BatchEncoder::new(&context)?;

    let values: Vec<u64> = (0..8192).map(|i| i * i % t).collect();
    let x = encryptor.encrypt(&encoder.encode(&values)?)?;
    let budget = |x: &Ciphertext<Bgv>| Ok::<_, SealError>(decryptor.noise_budget(x)?.open_as_key_owner());
    let square = |x: &Ciphertext<Bgv>| evaluator.relinearize(&evaluator.square(x)?, &relin);
    println!("fresh: {} bits of noise budget", budget(&x)?);

    // First as with BFV: square repeatedly. The noise is squared each time too.
    println!("\nsquaring at the top level");
    let mut power = x.clone();
    for exponent in [2, 4, 8] {
        power = square(&power)?;
        println!("  x^{exponent}: {:>3} bits left", budget(&power)?);
    }
    match decryptor.decrypt(&power) {
        Err(refusal @ SealError::NoiseBudgetExhausted { .. }) => println!("\n  refused: {refusal}\n"),
        Err(other) => return Err(other),
        Ok(_) => panic!("this should not work"),
    }

    // Now with a modulus switch after every product. Switching divides the noise by a prime, so the next square starts
    // with little noise again. The price is a slightly smaller budget.
    println!("switching the modulus after every product");
    let mut power = x.clone();
    for exponent in [2, 4, 8] {
        power = square(&power)?;
        let before = budget(&power)?;
        if exponent < 8 {
            power = evaluator.mod_switch_to_next(&power)?;
        }
        println!("  x^{exponent}: {before:>3} bits left, {:>3} at {}", budget(&power)?, power.level());
    }

    // x^8 + x: the first operand is two levels below the second.
    match evaluator.add(&power, &x) {
        Err(refusal @ SealError::LevelMismatch { .. }) => println!("\n  refused: {refusal}\n"),
        other => panic!("this should not work: {other:?}"),
    }
    // Modulus switching multiplies the messages of BGV by a factor, which SEAL stores with the ciphertext and corrects
    // in the sum, so it is enough to switch to the same level.
    let sum = evaluator.add(&power, &evaluator.mod_switch_to(&x, power.level())?)?;
    println!("x^8 + x: {} bits left", budget(&sum)?);

    let decrypted = encoder.decode(&decryptor.decrypt(&sum)?.open_as_key_owner())?;
    let expected = |x: u64| ((0..8).fold(1, |power, _| power * x % t) + x) % t;
    assert!(values.iter().zip(&decrypted).all(|(&x, &result)| result == expected(x)));
    println!("all {} results are exact modulo {t}", decrypted.len());
    Ok(())
}
