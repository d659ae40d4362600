//! What sealy has of CKKS: products.

use sealy::{
    CKKSEncoder, CKKSEncryptionParametersBuilder, CKKSEvaluator, Context, Decryptor, Encryptor, Evaluator,
    KeyGenerator, SecurityLevel,
};

use crate::{Anything, DATA_PRIMES, DEGREE, measure::median, primes};

const SCALE: f64 = (1u64 << 41) as f64;
/// What approximate arithmetic may lose.
const TOLERANCE: f64 = 1e-3;

pub fn measure() -> Result<(), Anything> {
    let parameters = CKKSEncryptionParametersBuilder::new()
        .set_poly_modulus_degree(DEGREE)
        .set_coefficient_modulus(primes()?)
        .build()?;
    let context = Context::new(&parameters, true, SecurityLevel::TC128)?;
    let generator = KeyGenerator::new(&context)?;
    let (secret, public) = (generator.secret_key(), generator.create_public_key());
    let relin = generator.create_relinearization_keys()?;
    let encoder = CKKSEncoder::new(&context, SCALE)?;
    let encryptor = Encryptor::with_public_key(&context, &public)?;
    let decryptor = Decryptor::new(&context, &secret)?;
    let evaluator = CKKSEvaluator::new(&context)?;

    let a: Vec<f64> = (0..encoder.get_slot_count()).map(|i| (i as f64).cos()).collect();
    let b: Vec<f64> = (0..encoder.get_slot_count()).map(|i| (1.0 + i as f64).cos()).collect();
    let mut x = encryptor.encrypt(&encoder.encode_f64(&a)?)?;
    let mut y = encryptor.encrypt(&encoder.encode_f64(&b)?)?;
    for data_primes in DATA_PRIMES {
        while x.coeff_modulus_size() > data_primes as u64 {
            (x, y) = (evaluator.mod_switch_to_next(&x)?, evaluator.mod_switch_to_next(&y)?);
        }
        let product = || evaluator.relinearize(&evaluator.multiply(&x, &y)?, &relin);
        let values = encoder.decode_f64(&decryptor.decrypt(&product()?)?)?;
        let wrong = values.iter().zip(a.iter().zip(&b)).any(|(z, (a, b))| !((z - a * b).abs() <= TOLERANCE));
        if wrong {
            return Err(format!("sealy: the product at {data_primes} data primes is wrong").into());
        }
        let note = "without the rescale, which sealy does not have";
        median("product, relinearise and rescale", note, data_primes, 21, |_| product())?;
        let three_parts = evaluator.multiply(&x, &y)?;
        median("relinearise and rescale", note, data_primes, 21, |_| evaluator.relinearize(&three_parts, &relin))?;
    }
    Ok(())
}
