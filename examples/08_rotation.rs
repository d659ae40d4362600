//! Rotations: the only way to combine numbers in different slots.
//!
//! With integers the slots form a matrix of two rows, with CKKS a single row. We rotate both, leave out a key, and sum
//! all slots of a ciphertext.
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
    // One key per step: SEAL's default, all powers of two, takes many megabytes.
    let galois = keys.create_galois_keys(&[Rotation(1)])?;
    let columns = keys.create_column_key()?;
    println!("the key for step 1 has {} KiB", galois.serialized_bytes()? / 1024);
    let turned = show("by 1", &evaluator.rotate_rows(&x, Rotation(1), &galois)?)?;
    assert_eq!((turned[0], turned[row - 1], turned[row]), (1, 0, row as u64 + 1)); // each row by itself
    let swapped = show("swapped", &evaluator.rotate_columns(&x, &columns)?)?;
    assert_eq!((swapped[0], swapped[row]), (row as u64, 0));

    // SEAL would compose step 2 from other keys if possible, at several times the cost. Here a missing key is an error.
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

    // Add the ciphertext to itself rotated by half its slots, then by a quarter, and so on: after log2(S) rotations
    // every slot contains the sum of all.
    let steps: Vec<Rotation> = (0..context.slots().ilog2()).rev().map(|k| Rotation(1 << k)).collect();
    let galois = keys.create_galois_keys(&steps)?;
    // A common mistake: a product has three components, and a Galois key rotates two.
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
