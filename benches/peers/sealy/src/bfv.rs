//! Rotations and the matrix in BFV: integers modulo a prime of 20 bits, two rows of N / 2 slots.

use sealy::{
    BFVEncoder, BFVEncryptionParametersBuilder, BFVEvaluator, Ciphertext, Context, Decryptor, Encryptor, Evaluator,
    GaloisKey, KeyGenerator, PlainModulusFactory, Plaintext, SecurityLevel,
};

use crate::{Anything, DATA_PRIMES, DEGREE, measure::median, primes};

const SIZE: usize = 128;
const BABIES: usize = 16;
/// sealy makes keys for all powers of two; other steps it puts together from them. These, one after the other, take
/// their keys from memory.
const STEPS: [usize; 7] = [1, 2, 4, 8, 16, 32, 64];
const NOTE: &str = "in BFV: sealy has no rotation in CKKS";

pub fn measure() -> Result<(), Anything> {
    let parameters = BFVEncryptionParametersBuilder::new()
        .set_poly_modulus_degree(DEGREE)
        .set_coefficient_modulus(primes()?)
        .set_plain_modulus(PlainModulusFactory::batching(DEGREE, 20)?)
        .build()?;
    let context = Context::new(&parameters, true, SecurityLevel::TC128)?;
    let generator = KeyGenerator::new(&context)?;
    let (secret, public, galois) =
        (generator.secret_key(), generator.create_public_key(), generator.create_galois_keys()?);
    let encoder = BFVEncoder::new(&context)?;
    let encryptor = Encryptor::with_public_key(&context, &public)?;
    let decryptor = Decryptor::new(&context, &secret)?;
    let evaluator = BFVEvaluator::new(&context)?;
    let read = |x: &Ciphertext| encoder.decode_i64(&decryptor.decrypt(x)?);

    // Small enough for every sum of products to stay below half of the plaintext's modulus.
    let vector: Vec<i64> = (0..SIZE).map(|j| (j * j % 15) as i64 - 7).collect();
    let matrix: Vec<Vec<i64>> =
        (0..SIZE).map(|i| (0..SIZE).map(|j| ((i * 31 + j * j * 17) % 13) as i64 - 6).collect()).collect();
    let image: Vec<i64> = matrix.iter().map(|row| row.iter().zip(&vector).map(|(a, x)| a * x).sum()).collect();
    let diagonals = diagonals(&encoder, &matrix)?;

    let mut x = encryptor.encrypt(&encoder.encode_i64(&in_all_slots(&encoder, &vector))?)?;
    for data_primes in DATA_PRIMES {
        while x.coeff_modulus_size() > data_primes as u64 {
            x = evaluator.mod_switch_to_next(&x)?;
        }
        let rotate = |round: usize| evaluator.rotate_rows(&x, STEPS[round % STEPS.len()] as i32, &galois);
        let product = || matrix_product(&evaluator, &galois, &diagonals, &x);
        let mut turned = vector.clone();
        turned.rotate_left(STEPS[0]);
        for (what, values, expected) in
            [("rotation", read(&rotate(0)?)?, &turned), ("matrix product", read(&product()?)?, &image)]
        {
            if values[..SIZE] != expected[..] {
                return Err(format!("sealy: the {what} at {data_primes} data primes is wrong").into());
            }
        }
        median("rotation", NOTE, data_primes, 21, rotate)?;
        median("further rotation", "in BFV, and as the first: sealy shares nothing", data_primes, 21, rotate)?;
        median("128 x 128 matrix by vector", NOTE, data_primes, 5, |_| product())?;
    }
    Ok(())
}

/// The vector again and again: then a rotation of each row of slots rotates the vector.
fn in_all_slots(encoder: &BFVEncoder, vector: &[i64]) -> Vec<i64> {
    vector.iter().copied().cycle().take(encoder.get_slot_count()).collect()
}

/// The matrix by giant and baby steps; each diagonal turned back by the giant step that comes after the product.
fn diagonals(encoder: &BFVEncoder, matrix: &[Vec<i64>]) -> sealy::Result<Vec<Vec<Plaintext>>> {
    let diagonal = |giant: usize, baby: usize| {
        let mut values: Vec<i64> = (0..SIZE).map(|i| matrix[i][(i + giant + baby) % SIZE]).collect();
        values.rotate_right(giant);
        encoder.encode_i64(&in_all_slots(encoder, &values))
    };
    (0..SIZE).step_by(BABIES).map(|giant| (0..BABIES).map(|baby| diagonal(giant, baby)).collect()).collect()
}

/// Baby steps one from another, and the groups from the last to the first with a giant step between: so every rotation
/// is by a power of two, for which there is a key.
fn matrix_product(
    evaluator: &BFVEvaluator,
    galois: &GaloisKey,
    diagonals: &[Vec<Plaintext>],
    x: &Ciphertext,
) -> sealy::Result<Ciphertext> {
    let mut turned = vec![x.clone()];
    for baby in 1..BABIES {
        turned.push(evaluator.rotate_rows(&turned[baby - 1], 1, galois)?);
    }
    let part = |group: &[Plaintext]| {
        let products: sealy::Result<Vec<Ciphertext>> =
            turned.iter().zip(group).map(|(x, diagonal)| evaluator.multiply_plain(x, diagonal)).collect();
        evaluator.add_many(&products?)
    };
    let mut total: Option<Ciphertext> = None;
    for group in diagonals.iter().rev() {
        let part = part(group)?;
        total = Some(match total {
            None => part,
            Some(total) => evaluator.add(&evaluator.rotate_rows(&total, BABIES as i32, galois)?, &part)?,
        });
    }
    total.ok_or(sealy::Error::Unexpected)
}
