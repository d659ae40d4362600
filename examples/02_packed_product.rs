//! A matrix product with an encrypted matrix, the transposed product from the same ciphertexts, and what happens
//! when a rotation key is missing.
//!
//! Run it with `cargo run --release --example 02_packed_product`.

use ndarray::Array2;
use seal_nn::{
    CircuitError, Error, Level, Result,
    backend::{Chain, Circuit, Decrypt, Encrypt, Evaluate, PlanEvaluator, SealEvaluator, SealKeyHolder},
    packing::{Conversion, DiagonalLayout, DiagonalMatrix, MatrixLayout, Product},
    seal::Parameters,
};

/// The ciphertexts of `W x` and of `W^T W x`.
type Products<C> = (Vec<C>, Vec<C>);

/// The products and conversions of the program, which follow from the layouts alone.
struct Program {
    inputs: MatrixLayout,
    weights: MatrixLayout,
    outputs: MatrixLayout,
    turn: Conversion,
    product: Product,
    transpose: Conversion,
    turn_back: Conversion,
    transposed_product: Product,
}

impl Program {
    fn new(slots: usize, samples: usize, w: DiagonalMatrix) -> Result<Program> {
        let layout = DiagonalLayout::new(slots, 8, samples)?;
        let (inputs, weights, outputs) =
            (layout.batch(samples, w.columns()), layout.matrix(w), layout.batch(samples, w.rows()));
        let (turned, turned_back) = (layout.factor(samples, w), layout.turned_back(samples, w));
        let transposed = layout.transposed_matrix(w);
        Ok(Program {
            turn: Conversion::new(&inputs, &turned)?,
            product: Product::new(&turned, &weights)?,
            // The transposition of the paper: rotations of the diagonals, with no product and no level.
            transpose: Conversion::new(&weights, &transposed)?,
            turn_back: Conversion::new(&outputs, &turned_back)?,
            transposed_product: Product::new(&turned_back, &transposed.transposed())?,
            inputs,
            weights,
            outputs,
        })
    }

    /// For any backend: `y = W x` for every sample, then `W^T y`.
    fn run<E: Evaluate>(
        &self,
        c: &Circuit<E>,
        w: &[E::Ciphertext],
        x: &[E::Ciphertext],
    ) -> Result<Products<E::Ciphertext>> {
        let y = self.product.apply(c, &self.turn.apply(c, x)?, w)?;
        let back = self.transposed_product.apply(c, &self.turn_back.apply(c, &y)?, &self.transpose.apply(c, w)?)?;
        Ok((y, back))
    }
}

fn main() -> Result<()> {
    let samples = 16;
    let w = Array2::from_shape_fn((4, 8), |(i, j)| ((i * 8 + j) as f64 * 0.7).sin());
    let x = Array2::from_shape_fn((samples, 8), |(b, j)| ((b * 8 + j) as f64 * 0.3).cos());

    // 1. Plan: what does the program need? No data and no key are involved.
    let parameters = Parameters::builder().depth(2, 40).build()?;
    let program = Program::new(parameters.slots(), samples, DiagonalMatrix::new(4, 8))?;
    let plan = Circuit::new(PlanEvaluator::new(Chain::try_from(&parameters)?));
    let input = plan.backend().input(Level(2));
    program.run(&plan, &vec![input.clone(); program.weights.ciphertexts()], &[input])?;
    let steps = plan.backend().rotations();
    println!("parameters: N = {}, bits {:?}", parameters.poly_modulus_degree(), parameters.coeff_modulus_bits());
    println!(
        "the program rotates by {:?} and ends at {}",
        steps.iter().map(|s| s.0).collect::<Vec<_>>(),
        plan.backend().lowest()
    );

    // 2. The client generates keys for exactly these steps, and encrypts.
    let client = SealKeyHolder::generate(&parameters)?;
    let keys = client.evaluation_keys(&steps)?;
    println!("keys for the server: {} KiB", (keys.galois_bytes() + keys.relin_bytes()) / 1024);
    let server = Circuit::new(SealEvaluator::new(&parameters, &keys)?);
    let send = |slots: Vec<Vec<f64>>| -> Result<Vec<_>> {
        slots.iter().map(|slots| server.backend().receive(&client.encrypt(slots, Level(2))?)).collect()
    };
    let weights = send(program.weights.pack(w.view())?)?;
    let inputs = send(program.inputs.pack(x.view())?)?;

    // 3. The server computes without a secret key, and the client decrypts.
    let (y, back) = program.run(&server, &weights, &inputs)?;
    let read = |layout: &MatrixLayout, packed: &[_]| -> Result<Array2<f64>> {
        let slots = packed.iter().map(|x| Ok(client.decrypt(x)?.open_as_key_owner())).collect::<Result<Vec<_>>>()?;
        layout.unpack(&slots)
    };
    let clear = x.dot(&w.t());
    println!("W x:   worst error {:.1e}", worst(&(read(&program.outputs, &y)? - &clear)));
    println!("W^T y: worst error {:.1e}", worst(&(read(&program.inputs, &back)? - clear.dot(&w))));
    println!("the server did {} rotations", server.meter().take().rotations());

    // 4. A rotation that was not planned is an error that names the step, not a slow composition of other rotations.
    let forgetful = client.evaluation_keys(&steps[1..])?;
    let server = Circuit::new(SealEvaluator::new(&parameters, &forgetful)?);
    match program.run(&server, &weights, &inputs) {
        Err(Error::Circuit(error @ CircuitError::MissingRotation { .. })) => println!("without one key: {error}"),
        Err(other) => return Err(other),
        Ok(_) => println!("without one key: computed all the same?"),
    }
    Ok(())
}

fn worst(difference: &Array2<f64>) -> f64 {
    difference.iter().fold(0.0, |worst, d| worst.max(d.abs()))
}
