//! Computing on encrypted numbers, and the most common mistake with CKKS.
//!
//! We evaluate `0.5 x^3 - x + 0.25` on 8,192 encrypted numbers at once. On the way, two scales do not match; we look at
//! the reason and correct it.
//!
//! Run it with `cargo run --release --example 01_encrypt_and_compute`.

use seal_nn::seal::*;
use seal_nn::{Level, Rotation, SealError};

fn main() -> Result<(), SealError> {
    // A number is stored as an integer: itself times a scale, here 2^40. A product has the scale 2^80; a rescale divides
    // by a prime near 2^40 and brings it back. Each rescale uses up one prime, so the number of products in a row, the
    // depth, is fixed beforehand. x^3 takes two products and its coefficient a third.
    let parameters = Parameters::builder().depth(3, 40).build()?;
    println!(
        "ring degree {}, primes of {:?} bits, {} numbers in a ciphertext",
        parameters.poly_modulus_degree(),
        parameters.coeff_modulus_bits(),
        parameters.slots()
    );
    let context = Context::new(&parameters)?;
    let (top, scale) = (parameters.top_level(), parameters.default_scale());

    // The client has the secret key. It sends a relinearisation key and a key for rotations by 1.
    let mut keys = KeyGenerator::new(&context)?;
    let secret = keys.secret_key()?;
    let relin = keys.create_relin_keys()?;
    let galois = keys.create_galois_keys(&[Rotation(1)])?;

    let values: Vec<f64> = (0..context.slots()).map(|i| i as f64 / context.slots() as f64).collect();
    let encoder = Encoder::new(&context)?;
    let x = SymmetricEncryptor::new(&context, &secret)?.encrypt(&encoder.encode(&values, top, scale)?)?;
    show("x", &x);

    // The server has no secret key. A product of ciphertexts has three components until it is relinearised.
    let evaluator = Evaluator::new(&context)?;
    let finish = |mut product: Ciphertext| {
        evaluator.relinearize_inplace(&mut product, &relin)?;
        evaluator.rescale_inplace(&mut product)?;
        Ok::<_, SealError>(product)
    };
    let squared = finish(evaluator.square(&x)?)?;
    show("x^2", &squared);

    // x is one level higher than x^2, so drop it to that level, which is free. (Without this, the product is an error.)
    let cubed = finish(evaluator.multiply(&squared, &evaluator.drop_to(&x, squared.level())?)?)?;
    show("x^3", &cubed);
    let half = encoder.encode_constant(0.5, cubed.level(), scale)?;
    let half_cubed = finish(evaluator.multiply_plain(&cubed, &half)?)?;
    show("0.5 x^3", &half_cubed);

    // Now subtract x, at the same level. This is where the scales do not match:
    let low_x = evaluator.drop_to(&x, half_cubed.level())?;
    match evaluator.sub(&half_cubed, &low_x) {
        Err(refusal @ SealError::ScaleMismatch { .. }) => println!("\n  refused: {refusal}\n"),
        other => panic!("this should not work: {other:?}"),
    }

    // Each rescale divided by a prime near 2^40, not by 2^40 itself, so 0.5 x^3 has drifted from the scale of x. Adding
    // integers with different scales does not add the numbers that they represent.
    //
    // One solution is to declare that the scales are equal (`set_scale`). This is cheap, and wrong by their ratio. With
    // the primes chosen here this may be acceptable, but it is still an error, and errors add up.
    let ratio = half_cubed.scale() / low_x.scale();
    println!("declaring them equal would be wrong by {:.1e}", (ratio - 1.0).abs());

    // The exact solution: x has to be dropped from the top level in any case. Stop one level above the target, and use
    // the last step to multiply by 1, encoded at the scale for which the rescale gives the required scale.
    let above = Level(half_cubed.level().0 + 1);
    let prime = parameters.data_primes()[above.0] as f64;
    let one = encoder.encode_constant(1.0, above, half_cubed.scale() * prime / x.scale())?;
    let matched = finish(evaluator.multiply_plain(&evaluator.drop_to(&x, above)?, &one)?)?;
    show("x, matched", &matched);
    let difference = evaluator.sub(&half_cubed, &matched)?;

    // A plaintext can be encoded at any scale, so use the required one.
    let quarter = encoder.encode_constant(0.25, difference.level(), difference.scale())?;
    let result = evaluator.add_plain(&difference, &quarter)?;
    show("result", &result);

    // The level is 0. One more product returns an error with advice instead of a wrong result.
    match evaluator.square(&result) {
        Err(refusal @ SealError::ScaleTooLarge { .. }) => println!("\n  refused: {refusal}\n"),
        other => panic!("this should not work: {other:?}"),
    }
    // Rotations consume no level.
    let rotated = evaluator.rotate(&result, Rotation(1), &galois)?;

    // Back at the client: the decrypted value is private because its noise depends on the key, so the last call names
    // the reader.
    let decryptor = Decryptor::new(&context, &secret)?;
    let polynomial = |x: f64| 0.5 * x * x * x - x + 0.25;
    let worst = |result: Vec<f64>, shift: usize| {
        let expected = values.iter().cycle().skip(shift).map(|&x| polynomial(x));
        result.iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
    };
    let here = worst(decryptor.decrypt_decode(&result)?.open_as_key_owner(), 0);
    let next = worst(decryptor.decrypt_decode(&rotated)?.open_as_key_owner(), 1);
    println!("largest error of {} results: {here:.1e}; after the rotation: {next:.1e}", values.len());
    assert!(here < 1e-6 && next < 1e-6);
    Ok(())
}

fn show(name: &str, x: &Ciphertext) {
    println!("{name:<12} {}, scale 2^{:.9}, {} components", x.level(), x.scale().log2(), x.size());
}
