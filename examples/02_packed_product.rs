//! A matrix product with an encrypted matrix, the transposed product from the same ciphertexts, and what happens
//! when a rotation key is missing.
//!
//! Run it with `cargo run --release --example 02_packed_product`.

use ndarray::Array2;
use seal_nn::{
    CircuitError, Error, Level, Result,
    backend::{Chain, Circuit, Evaluate, KeyHolder, PlanEvaluator, SealEvaluator, SealKeyHolder},
    packing::{DiagonalLayout, MatrixShape, PackedMatrix},
    seal::{DepthRequest, Parameters},
};

/// The program, for any backend: `y = W x` for every sample, then `W^T y`.
fn program<E: Evaluate>(
    c: &Circuit<E>,
    layout: &DiagonalLayout,
    w: &PackedMatrix<E::Ciphertext>,
    x: &E::Ciphertext,
) -> Result<(E::Ciphertext, E::Ciphertext)> {
    let rotated = layout.rotations(c, x, w.shape)?;
    let y = layout.product(c, w, &rotated)?;
    // The paper's transposition: rotations of the diagonals, no product and no level.
    let transposed = layout.transpose(c, w, c.level(&y))?;
    let back = layout.transposed_product(c, &transposed, &y)?;
    Ok((y, back))
}

fn main() -> Result<()> {
    let shape = MatrixShape { rows: 4, columns: 8 };
    let samples = 16;
    let w = Array2::from_shape_fn((4, 8), |(i, j)| ((i * 8 + j) as f64 * 0.7).sin());
    let x = Array2::from_shape_fn((samples, 8), |(b, j)| ((b * 8 + j) as f64 * 0.3).cos());

    // 1. Plan: what does the program need? No data and no key are involved.
    let parameters = Parameters::for_depth(&DepthRequest::new(2, 40))?;
    let layout = layout(parameters.slots(), samples)?;
    let plan = Circuit::new(PlanEvaluator::new(Chain::try_from(&parameters)?));
    let input = plan.backend().input(Level(2));
    program(&plan, &layout, &PackedMatrix { shape, diagonals: vec![input.clone(); shape.diagonals()] }, &input)?;
    let steps = plan.backend().steps();
    println!("parameters: N = {}, bits {:?}", parameters.poly_modulus_degree(), parameters.coeff_modulus_bits());
    println!(
        "the program rotates by {:?} and ends at {}",
        steps.iter().map(|s| s.0).collect::<Vec<_>>(),
        plan.backend().lowest()
    );

    // 2. The client makes keys for exactly these steps, and encrypts.
    let client = SealKeyHolder::generate(&parameters)?;
    let keys = client.evaluation_keys(&steps)?;
    println!("keys for the server: {} KiB", (keys.galois_bytes() + keys.relin_bytes()) / 1024);
    let server = Circuit::new(SealEvaluator::new(&parameters, &keys)?);
    let send = |values: &[f64]| server.backend().receive(&client.encrypt(values, Level(2))?);
    let diagonals = layout.pack_matrix(w.view()).iter().map(|d| send(d)).collect::<Result<Vec<_>>>()?;
    let packed = PackedMatrix { shape, diagonals };
    let inputs = send(&layout.pack_batch(x.view()))?;

    // 3. The server computes without a secret key; the client reads.
    let (y, back) = program(&server, &layout, &packed, &inputs)?;
    let read = |c: &_, dimension| -> Result<Array2<f64>> {
        Ok(layout.unpack_batch(&client.decrypt(c)?.open_as_key_owner(), samples, dimension))
    };
    let clear = x.dot(&w.t());
    println!("W x:   worst error {:.1e}", worst(&(read(&y, 4)? - &clear)));
    println!("W^T y: worst error {:.1e}", worst(&(read(&back, 8)? - clear.dot(&w))));
    println!("the server did {} rotations", server.meter().take().rotations());

    // 4. A rotation that was not planned is an error that names the step, not a slow detour over other keys.
    let forgetful = client.evaluation_keys(&steps[1..])?;
    let server = Circuit::new(SealEvaluator::new(&parameters, &forgetful)?);
    match program(&server, &layout, &packed, &inputs) {
        Err(Error::Circuit(error @ CircuitError::MissingRotation { .. })) => println!("without one key: {error}"),
        Err(other) => return Err(other),
        Ok(_) => println!("without one key: computed all the same?"),
    }
    Ok(())
}

fn layout(slots: usize, samples: usize) -> Result<DiagonalLayout> {
    DiagonalLayout::new(slots, 8, samples)
        .map_err(|needed| CircuitError::TooManyValues { expected: slots, actual: needed }.into())
}

fn worst(difference: &Array2<f64>) -> f64 {
    difference.iter().fold(0.0, |worst, d| worst.max(d.abs()))
}
