//! Plaintexts: polynomials, vectors of integers, and vectors of numbers.
//!
//! BFV and BGV compute with polynomials modulo t. Usually one wants vectors of integers instead. CKKS has vectors of
//! rounded complex numbers. Each of these has a limit, which we demonstrate.
//!
//! Run it with `cargo run --release --example 06_encoders`.

use seal_nn::SealError;
use seal_nn::seal;
use seal_nn::seal::integer::*;

fn main() -> Result<(), SealError> {
    polynomials()?;
    vectors_of_integers()?;
    vectors_of_numbers()
}

fn polynomials() -> Result<(), SealError> {
    println!("== polynomials");
    let parameters = Parameters::<Bfv>::new(4096, CoeffModulus::Default, PlainModulus::Value(256))?;
    let context = Context::new(&parameters)?;
    let secret = KeyGenerator::new(&context)?.secret_key()?;
    let (encryptor, decryptor) = (SymmetricEncryptor::new(&context, &secret)?, Decryptor::new(&context, &secret)?);
    // SEAL's notation: coefficients in hexadecimal. Here X^4096 = -1, and coefficients are modulo 256.
    let x = encryptor.encrypt(&Plaintext::from_hex(&context, "1x^4095 + 2")?)?;
    let product = Evaluator::new(&context)?.multiply_plain(&x, &Plaintext::from_hex(&context, "1x^1 + 3")?)?;
    let result = decryptor.decrypt(&product)?.open_as_key_owner().to_hex()?;
    println!("(X^4095 + 2)(X + 3) = {result}");
    assert_eq!(result, "3x^4095 + 2x^1 + 5"); // X^4096 became -1

    // Two numbers in one polynomial are not multiplied separately, and this t does not support vectors either:
    match BatchEncoder::new(&context) {
        Err(refusal @ SealError::NoBatching { .. }) => println!("\n  refused: {refusal}\n"),
        other => panic!("this should not work: {other:?}"),
    }
    Ok(())
}

fn vectors_of_integers() -> Result<(), SealError> {
    println!("== vectors of integers");
    // A plain modulus as the error suggests, here the largest of 17 bits.
    let parameters = Parameters::<Bfv>::new(4096, CoeffModulus::Default, PlainModulus::Batching(17))?;
    let context = Context::new(&parameters)?;
    let secret = KeyGenerator::new(&context)?.secret_key()?;
    let (encryptor, decryptor) = (SymmetricEncryptor::new(&context, &secret)?, Decryptor::new(&context, &secret)?);
    let encoder = BatchEncoder::new(&context)?;
    let t = parameters.plain_modulus();
    println!("{} slots modulo {t}", encoder.slots());

    let x = encryptor.encrypt(&encoder.encode_signed(&[3, -4, 500])?)?;
    let squared = Evaluator::new(&context)?.square(&x)?;
    let result = encoder.decode_signed(&decryptor.decrypt(&squared)?.open_as_key_owner())?;
    println!("squares of 3, -4, 500: {:?}", &result[..3]);
    // Results outside the range wrap around silently: nothing inside the encryption can detect that.
    assert_eq!(result[..2], [9, 16]);
    assert_eq!(result[2].rem_euclid(t as i64), 250_000 % t as i64);
    assert_ne!(result[2], 250_000);

    // Values outside the range are an error when they are encoded, where SEAL would encode something else.
    match encoder.encode_signed(&[3, 100_000]) {
        Err(refusal @ SealError::ValueOutOfRange { .. }) => println!("\n  refused: {refusal}\n"),
        other => panic!("this should not work: {other:?}"),
    }
    Ok(())
}

fn vectors_of_numbers() -> Result<(), SealError> {
    println!("== vectors of numbers");
    let parameters = seal::Parameters::builder().depth(1, 40).build()?;
    let context = seal::Context::new(&parameters)?;
    let encoder = seal::Encoder::new(&context)?;
    let (top, scale) = (parameters.top_level(), parameters.default_scale());
    // Complex slots, half as many as with integers. Each is rounded to a multiple of about 1/scale.
    let plaintext = encoder.encode_complex(&[[0.1, -2.5], [1e-20, 7.0]], top, scale)?;
    let decoded = encoder.decode_complex(&plaintext)?;
    println!("0.1 - 2.5i became {:.12} {:+.12}i; 1e-20 became {:.0e}", decoded[0][0], decoded[0][1], decoded[1][0]);
    assert!((decoded[0][0] - 0.1).abs() < 1e-9 && decoded[1][0].abs() < 1e-9);

    // A constant in all slots is exact, unless it rounds to zero at this scale.
    match encoder.encode_constant(1e-20, top, scale) {
        Err(refusal @ SealError::RoundsToZero { .. }) => println!("\n  refused: {refusal}\n"),
        other => panic!("this should not work: {other:?}"),
    }
    let constant = encoder.encode_constant(0.75, top, scale)?;
    assert!(encoder.decode(&constant)?.iter().all(|slot| (slot - 0.75).abs() < 1e-12));
    println!("0.75 in all {} slots", context.slots());
    Ok(())
}
