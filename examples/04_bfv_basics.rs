//! Exact arithmetic on an encrypted integer with BFV, and how a computation runs out of room.
//!
//! A server computes `(x - 3)^2 (x + 5)` and `x^8` modulo 1024 for an x that it never sees. There are no scales as in
//! CKKS. Instead, every ciphertext has a noise budget, which products consume.
//!
//! Run it with `cargo run --release --example 04_bfv_basics`.

use seal_nn::SealError;
use seal_nn::seal::integer::*;

fn main() -> Result<(), SealError> {
    // The ring degree determines how many bits of coefficient modulus are secure, and thereby the room for noise.
    // Plaintexts are polynomials modulo t = 1024; a number is a constant polynomial.
    let small = Parameters::<Bfv>::new(4096, CoeffModulus::Default, PlainModulus::Value(1024))?;
    println!("ring degree 4096: {} bits of modulus, {} of them for data", small.total_bits(), data_bits(&small));
    let party = Party::new(&small)?;
    let x = party.encrypt(6)?;
    println!("a fresh ciphertext has a budget of {} bits", party.budget(&x)?);

    // The server's part. Sums and operations with plaintexts are cheap.
    let evaluator = &party.evaluator;
    let minus_three = evaluator.sub_plain(&x, &party.plain(3)?)?;
    let plus_five = evaluator.add_plain(&x, &party.plain(5)?)?;
    let squared = evaluator.square(&minus_three)?;
    println!("(x - 3)^2: {} components, {} bits of budget left", squared.size(), party.budget(&squared)?);

    // A common mistake: SEAL would continue with three components, then four, with more noise and cost each time.
    match evaluator.multiply(&squared, &plus_five) {
        Err(refusal @ SealError::Components { .. }) => println!("\n  refused: {refusal}\n"),
        other => panic!("this should not work: {other:?}"),
    }
    let squared = evaluator.relinearize(&squared, &party.relin)?;
    let result = evaluator.multiply(&squared, &plus_five)?;
    println!("(x - 3)^2 (x + 5): {} bits left", party.budget(&result)?);
    assert_eq!(party.decrypt(&result)?, 9 * 11);

    // x^8 needs three consecutive products, and this ring has room for two. The server cannot detect this, because only
    // the secret key separates noise from message. SEAL would return a wrong value; here the key owner gets an error.
    let power = evaluator.exponentiate(&x, 8, &party.relin)?;
    println!("x^8: {} bits left", party.budget(&power)?);
    match party.decrypt(&power) {
        Err(refusal @ SealError::NoiseBudgetExhausted { .. }) => println!("\n  refused: {refusal}\n"),
        other => panic!("this should not work: {other:?}"),
    }

    // The solution is a larger ring, which allows a larger modulus (or a smaller t, or a formula with a smaller depth).
    let large = Parameters::<Bfv>::new(8192, CoeffModulus::Default, PlainModulus::Value(1024))?;
    println!("ring degree 8192: {} bits of modulus, {} of them for data", large.total_bits(), data_bits(&large));
    let party = Party::new(&large)?;
    let power = party.evaluator.exponentiate(&party.encrypt(6)?, 8, &party.relin)?;
    println!("x^8: {} bits left", party.budget(&power)?);
    // The result is exact, modulo t. To avoid wrapping around, use a larger t.
    assert_eq!(party.decrypt(&power)?, 6_u64.pow(8) % 1024);
    println!("6^8 mod 1024 = {}", party.decrypt(&power)?);
    Ok(())
}

fn data_bits(parameters: &Parameters<Bfv>) -> u32 {
    parameters.modulus_bits(parameters.top_level()).unwrap_or(0)
}

/// Both sides in one: the secret key is in the encryptor and the decryptor; the other two fields belong to the server.
struct Party {
    context: Context<Bfv>,
    encryptor: SymmetricEncryptor<Bfv>,
    decryptor: Decryptor<Bfv>,
    evaluator: Evaluator<Bfv>,
    relin: RelinKeys<Bfv>,
}

impl Party {
    fn new(parameters: &Parameters<Bfv>) -> Result<Party, SealError> {
        let context = Context::new(parameters)?;
        let mut keys = KeyGenerator::new(&context)?;
        let secret = keys.secret_key()?;
        Ok(Party {
            encryptor: SymmetricEncryptor::new(&context, &secret)?,
            decryptor: Decryptor::new(&context, &secret)?,
            evaluator: Evaluator::new(&context)?,
            relin: keys.create_relin_keys()?,
            context,
        })
    }

    fn plain(&self, value: u64) -> Result<Plaintext<Bfv>, SealError> {
        Plaintext::from_coefficients(&self.context, &[value])
    }

    fn encrypt(&self, value: u64) -> Result<Ciphertext<Bfv>, SealError> {
        self.encryptor.encrypt(&self.plain(value)?)
    }

    fn decrypt(&self, x: &Ciphertext<Bfv>) -> Result<u64, SealError> {
        let coefficients = self.decryptor.decrypt(x)?.open_as_key_owner().coefficients()?;
        Ok(coefficients.first().copied().unwrap_or(0))
    }

    fn budget(&self, x: &Ciphertext<Bfv>) -> Result<u32, SealError> {
        Ok(self.decryptor.noise_budget(x)?.open_as_key_owner())
    }
}
