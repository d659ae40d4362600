//! Rotations: the only way for numbers in different slots to meet.
//!
//! With integers the slots form a matrix of two rows, with CKKS a single row. We turn both, forget a key, and sum up all
//! slots of a ciphertext.
//!
//! Run it with `cargo run --release --example 08_rotation`.

use seal_nn::seal;
use seal_nn::seal::integer::*;
use seal_nn::{Rotation, SealError};

fn main() -> Result<(), SealError> {
    integers()?;
    numbers()
}

fn integers() -> Result<(), SealError> {
    println!("== BFV: two rows");
    let parameters = Parameters::<Bfv>::new(8192, CoeffModulus::Default, PlainModulus::Batching(20))?;
    let context = Context::new(&parameters)?;
    let mut keys = KeyGenerator::new(&context)?;
    let secret = keys.secret_key()?;
    let (encryptor, decryptor) = (SymmetricEncryptor::new(&context, &secret)?, Decryptor::new(&context, &secret)?);
    let (encoder, evaluator) = (BatchEncoder::new(&context)?, Evaluator::new(&context)?);
    let row = encoder.row_size();
    let show = |name: &str, x: &Ciphertext<Bfv>| {
        let slots = encoder.decode(&decryptor.decrypt(x)?.open_as_key_owner())?;
        println!("{name:<10} {:?} ... / {:?} ...", &slots[..4], &slots[row..row + 4]);
        Ok::<_, SealError>(slots)
    };

    let values: Vec<u64> = (0..encoder.slots() as u64).collect();
    let x = encryptor.encrypt(&encoder.encode(&values)?)?;
    show("x", &x)?;
    // One key for each step: SEAL's default of all powers of two is a matter of many megabytes.
    let galois = keys.create_galois_keys(&[Rotation(1)])?;
    let columns = keys.create_column_key()?;
    println!("the key for step 1 has {} KiB", galois.serialized_bytes()? / 1024);
    let turned = show("by 1", &evaluator.rotate_rows(&x, Rotation(1), &galois)?)?;
    assert_eq!((turned[0], turned[row - 1], turned[row]), (1, 0, row as u64 + 1)); // each row by itself
    let swapped = show("swapped", &evaluator.rotate_columns(&x, &columns)?)?;
    assert_eq!((swapped[0], swapped[row]), (row as u64, 0));

    // SEAL would make step 2 of other keys if it could, at several times the cost. Here a key is there or it is not.
    match evaluator.rotate_rows(&x, Rotation(2), &galois) {
        Err(refusal @ SealError::MissingGaloisKey { .. }) => println!("\n  refused: {refusal}\n"),
        other => panic!("this should not work: {other:?}"),
    }
    let galois = keys.create_galois_keys(&[Rotation(2)])?;
    assert_eq!(show("by 2", &evaluator.rotate_rows(&x, Rotation(2), &galois)?)?[0], 2);
    Ok(())
}

fn numbers() -> Result<(), SealError> {
    println!("\n== CKKS: one row, summed up");
    let parameters = seal::Parameters::builder().depth(1, 40).build()?;
    let context = seal::Context::new(&parameters)?;
    let mut keys = seal::KeyGenerator::new(&context)?;
    let secret = keys.secret_key()?;
    let encoder = seal::Encoder::new(&context)?;
    let encryptor = seal::SymmetricEncryptor::new(&context, &secret)?;
    let evaluator = seal::Evaluator::new(&context)?;
    let values: Vec<f64> = (0..context.slots()).map(|i| 1.0 / (i + 1) as f64).collect();
    let (top, scale) = (context.top_level(), parameters.default_scale());
    let x = encryptor.encrypt(&encoder.encode(&values, top, scale)?)?;

    // Add the ciphertext to itself turned by half its slots, then by a quarter, and so on: after log2(S) rotations every
    // slot holds the sum of all.
    let steps: Vec<Rotation> = (0..context.slots().ilog2()).rev().map(|k| Rotation(1 << k)).collect();
    let galois = keys.create_galois_keys(&steps)?;
    // The usual mistake: a product has three components, and a key turns two.
    match evaluator.rotate(&evaluator.square(&x)?, steps[0], &galois) {
        Err(refusal @ SealError::Components { .. }) => println!("\n  refused: {refusal}\n"),
        other => panic!("this should not work: {other:?}"),
    }
    let mut sum = evaluator.square(&x)?;
    evaluator.relinearize_inplace(&mut sum, &keys.create_relin_keys()?)?;
    evaluator.rescale_inplace(&mut sum)?;
    for &step in &steps {
        let turned = evaluator.rotate(&sum, step, &galois)?;
        evaluator.add_inplace(&mut sum, &turned)?;
    }
    let slots = seal::Decryptor::new(&context, &secret)?.decrypt_decode(&sum)?.open_as_key_owner();
    let expected: f64 = values.iter().map(|x| x * x).sum();
    println!("sum of squares: {:.9} in every slot, {expected:.9} expected", slots[0]);
    assert!(slots.iter().all(|slot| (slot - expected).abs() < 1e-5));
    Ok(())
}
