//! The preprocessor of Florencio, Alencar and Lima 2025 under encryption: dense layers 50-32-16-32-50, ReLU as a
//! polynomial, logits over a vocabulary, and the soft-argmax that turns them into token positions. First the six rows
//! of logits that its authors publish, then the whole network with random weights.
//!
//! If levels run out, the client refreshes: it decrypts the slots and encrypts them again.
//!
//! Run it with `cargo run --release --example preprocessor`.

use std::time::Instant;

use ndarray::{Array1, Array2, Axis};
use rand::{RngExt, SeedableRng, rngs::ChaCha8Rng};
use seal_nn::{
    CircuitError, Level, Result, Rotation,
    backend::{
        Chain, Circuit, Decrypt, Encrypt, Evaluate, PlanEvaluator, SealEvaluator, SealKeyHolder, Slots, TargetScale,
    },
    nn::{
        polynomial::{Polynomial, PolynomialProgram},
        soft_argmax::{Budget, SoftArgmax, SoftArgmaxProgram, SoftmaxApproximation},
    },
    packing::{Index, MatrixLayout, SlotAxis},
    program::{KeyHolderRefresh, One, PlannedRefresh, Refresh, with_levels},
    seal::Parameters,
};

/// Tokens of the authors' example, counted from 0.
const VOCABULARY: usize = 7;
/// Their logits, for the tokens 1, 2, 3, 4, 5 and 6.
const PUBLISHED: [[f64; VOCABULARY]; 6] = [
    [-10.4249, 12.3542, -10.5049, -10.4770, -14.2411, -11.1246, -10.6761],
    [-20.8229, -7.6676, 15.1833, -7.6492, -7.5959, -7.9427, -8.7889],
    [-13.4050, -13.1791, -13.2362, 9.5195, -13.0957, -14.9319, -23.5854],
    [-13.4611, -17.0730, -7.6502, -7.2442, 15.3833, -7.8079, -7.5043],
    [-4.7446, -5.5294, -4.8128, -5.7451, -4.8391, 18.0267, -7.5303],
    [-4.6189, -2.7684, -3.2782, -4.6394, -2.5019, -3.3491, 19.2203],
];
/// The ratio of a promised range to the range seen in the clear.
const MARGIN: f64 = 1.25;
const SCALE_BITS: u32 = 40;

fn main() -> Result<()> {
    let rows = Array2::from_shape_fn((PUBLISHED.len(), VOCABULARY), |(i, j)| PUBLISHED[i][j]);
    // 16 levels suffice for the layer at T = 3. At T = 1 it takes 19, so 10 levels and one refresh.
    published(&rows, 3.0, 16, 0)?;
    published(&rows, 1.0, 10, 1)?;
    preprocessor()
}

/// A program that continues after refreshes by the client, for any backend.
trait Program {
    fn run<E: Evaluate>(
        &self,
        c: &Circuit<E>,
        x: &E::Ciphertext,
        refresh: &mut dyn Refresh<E>,
    ) -> Result<E::Ciphertext>;
}

/// Plans the program, generates keys, runs it on encrypted slots and decrypts. Prints the cost.
fn under_encryption(program: &impl Program, degree: usize, levels: usize, slots: &[f64]) -> Result<Vec<f64>> {
    let parameters = Parameters::builder().depth(levels, SCALE_BITS).degree(degree).build()?;
    let plan = Circuit::new(PlanEvaluator::new(Chain::try_from(&parameters)?));
    let top = plan.chain().top();
    program.run(&plan, &plan.backend().input(top), &mut PlannedRefresh::new(plan.backend(), top))?;

    let client = SealKeyHolder::generate(&parameters)?;
    let keys = client.evaluation_keys(&plan.backend().rotations())?;
    let server = Circuit::new(SealEvaluator::new(&parameters, &keys)?);
    let input = server.backend().receive(&client.encrypt(slots, top)?)?;
    let mut refresh = KeyHolderRefresh::new(&client, server.backend(), top, |_: &mut [Vec<f64>]| Ok(()));
    let start = Instant::now();
    let result = program.run(&server, &input, &mut refresh)?;
    let refreshes = refresh.count();
    println!(
        "  N = {degree}, {top}, {} rotation keys, {refreshes} refreshes, {:.1?}",
        plan.backend().rotations().len(),
        start.elapsed()
    );
    Ok(client.decrypt(&result)?.open_as_key_owner())
}

/// Samples innermost, features outermost and repeated.
fn layout(slots: usize, samples: usize, features: usize) -> Result<MatrixLayout> {
    let sample = SlotAxis::new(samples.next_power_of_two(), 1)?;
    let feature = SlotAxis::new(slots / sample.extent(), sample.extent())?;
    let period = features.next_power_of_two();
    Ok(MatrixLayout::new(slots, Index::new(samples).along(sample), Index::new(features).along(feature).modulo(period)))
}

fn spread(logits: &Array2<f64>) -> f64 {
    let of_row = |row: ndarray::ArrayView1<f64>| {
        let (low, high) = row.iter().fold((f64::MAX, f64::MIN), |(low, high), &x| (low.min(x), high.max(x)));
        high - low
    };
    logits.rows().into_iter().map(of_row).fold(0.0, f64::max)
}

/// The layer alone, from encrypted logits to positions.
struct Layer(SoftArgmaxProgram);

impl Program for Layer {
    fn run<E: Evaluate>(
        &self,
        c: &Circuit<E>,
        x: &E::Ciphertext,
        refresh: &mut dyn Refresh<E>,
    ) -> Result<E::Ciphertext> {
        self.0.position(c, &self.0.probabilities_refreshed(c, x, 1, refresh)?)
    }
}

fn published(rows: &Array2<f64>, temperature: f64, levels: usize, refreshes: usize) -> Result<()> {
    let layer = SoftArgmax::new(VOCABULARY, temperature, 0)?;
    let budget = Budget { entry: levels, refreshed: levels, spare: 1, refreshes };
    let range = MARGIN * spread(rows) / temperature;
    let approximation = SoftmaxApproximation::choose_within(&layer, range, &budget)?;
    println!("The published rows at T = {temperature}: range {range:.1}, {} levels", approximation.levels());
    let degree = 32768;
    let places = layout(degree / 2, rows.nrows(), VOCABULARY)?;
    let program = Layer(SoftArgmaxProgram::new(&layer, &approximation, &places)?);
    let inputs = rows.dot(&approximation.inputs(VOCABULARY)?.t()) / temperature;
    let positions = under_encryption(&program, degree, levels, &places.pack(inputs.view())?.concat())?;
    let positions: Vec<f64> = places.unpack(&[positions])?.column(0).to_vec();
    println!("  positions {}", positions.iter().map(|s| format!("{s:.4}")).collect::<Vec<_>>().join(" "));
    for (position, expected) in positions.iter().zip(1..) {
        assert!((position - f64::from(expected)).abs() < 0.05, "{position} is not {expected}");
    }
    Ok(())
}

/// The number of feature positions in the slots. Every layer has at most 50 features.
const FEATURES: usize = 64;
/// Rotations by fewer features than this are shared by all products of a dense layer.
const BABY_STEPS: usize = 8;
const DIMENSIONS: [usize; 6] = [50, 32, 16, 32, 50, VOCABULARY];
/// The dense layers that are followed by an activation.
const ACTIVE: [bool; 5] = [true, false, true, false, false];
const RELU_DEGREE: usize = 15;

/// `y = W x + b` with clear weights, by diagonals: one level.
struct Dense {
    /// For each giant step, the baby steps with their diagonals, rotated back by the giant step.
    diagonals: Vec<Vec<(usize, Slots)>>,
    bias: Slots,
    /// Slots from one feature to the next.
    stride: usize,
}

impl Dense {
    fn new(w: &Array2<f64>, b: &Array1<f64>, slots: usize) -> Dense {
        let stride = slots / FEATURES;
        let entry = |i: usize, j: usize| w.get((i, j)).copied().unwrap_or(0.0);
        let fill = |value: &dyn Fn(usize) -> f64| -> Slots {
            (0..slots).map(|slot| value(slot / stride)).collect::<Vec<_>>().into()
        };
        // Diagonal k has W[i, i + k] at i. The product is rotated by the giant step afterwards, so the diagonal is
        // shifted by that much.
        let diagonal = |giant: usize, baby: usize| {
            fill(&|i| {
                let row = (i + FEATURES - giant) % FEATURES;
                entry(row, (row + giant + baby) % FEATURES)
            })
        };
        let of_giant = |giant| {
            let all = (0..BABY_STEPS).map(|baby| (baby, diagonal(giant, baby)));
            all.filter(|(_, diagonal)| diagonal.max_abs() > 0.0).collect()
        };
        let diagonals = (0..FEATURES).step_by(BABY_STEPS).map(of_giant).collect();
        Dense { diagonals, bias: fill(&|i| b.get(i).copied().unwrap_or(0.0)), stride }
    }

    fn apply<E: Evaluate>(&self, c: &Circuit<E>, x: &E::Ciphertext) -> Result<E::Ciphertext> {
        let below = Level(c.level(x).0.saturating_sub(1));
        let step = |features: usize| Rotation((features * self.stride) as i32);
        let turned = c.rotate_many(x, &(0..BABY_STEPS).map(step).collect::<Vec<_>>())?;
        let mut sum: Option<E::Ciphertext> = None;
        for (giant, diagonals) in self.diagonals.iter().enumerate().filter(|(_, diagonals)| !diagonals.is_empty()) {
            let terms: Vec<_> = diagonals.iter().map(|(baby, diagonal)| (&turned[*baby], diagonal)).collect();
            let part = c.plain_product_sum(&terms, TargetScale::At(below))?;
            let part = c.rotate(&part, step(giant * BABY_STEPS))?;
            match &mut sum {
                Some(sum) => c.add_inplace(sum, &part)?,
                None => sum = Some(part),
            }
        }
        let mut y = sum.ok_or(CircuitError::Empty { op: "dense layer" })?;
        c.add_plain_inplace(&mut y, &self.bias)?;
        Ok(y)
    }
}

/// The whole network.
struct Preprocessor {
    /// The dense layers, each with the activation that follows.
    layers: Vec<(Dense, Option<PolynomialProgram>)>,
    soft_argmax: SoftArgmaxProgram,
}

impl Program for Preprocessor {
    fn run<E: Evaluate>(
        &self,
        c: &Circuit<E>,
        x: &E::Ciphertext,
        refresh: &mut dyn Refresh<E>,
    ) -> Result<E::Ciphertext> {
        let mut x = x.clone();
        for (dense, activation) in &self.layers {
            x = dense.apply(c, &with_levels::<E, One>(c, "a dense layer", x, 1, refresh)?)?;
            if let Some(polynomial) = activation {
                x = polynomial
                    .apply(c, &with_levels::<E, One>(c, "an activation", x, polynomial.levels(), refresh)?)?;
            }
        }
        self.soft_argmax.position(c, &self.soft_argmax.probabilities_refreshed(c, &x, 1, refresh)?)
    }
}

/// Random weights, and the network in the clear.
struct Model {
    weights: Vec<(Array2<f64>, Array1<f64>)>,
}

impl Model {
    /// Uniform, with the variance `2 / inputs`, which keeps the size of ReLU's outputs constant.
    fn random(seed: u64) -> Model {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut matrix =
            |rows, columns, bound: f64| Array2::from_shape_fn((rows, columns), |_| rng.random_range(-bound..=bound));
        let mut layer = |ends: &[usize]| {
            let (inputs, outputs) = (ends[0], ends[1]);
            let w = matrix(outputs, inputs, (6.0 / inputs as f64).sqrt());
            (w, matrix(1, outputs, 0.1).remove_axis(Axis(0)))
        };
        Model { weights: DIMENSIONS.windows(2).map(&mut layer).collect() }
    }

    /// The inputs of each activation, and the logits.
    fn forward(&self, x: &Array2<f64>, activate: impl Fn(usize, f64) -> f64) -> (Vec<Array2<f64>>, Array2<f64>) {
        let (mut x, mut before) = (x.clone(), Vec::new());
        for ((w, b), active) in self.weights.iter().zip(ACTIVE) {
            x = x.dot(&w.t()) + b;
            if active {
                let at = before.len();
                before.push(x.clone());
                x.mapv_inplace(|z| activate(at, z));
            }
        }
        (before, x)
    }
}

fn preprocessor() -> Result<()> {
    let (degree, levels) = (16384, 8);
    let slots = degree / 2;
    let samples = slots / FEATURES;
    let model = Model::random(1);
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    let embeddings = Array2::from_shape_fn((samples, DIMENSIONS[0]), |_| rng.random_range(-1.0..=1.0));

    // A dry run in the clear determines the ranges on which the polynomials must be accurate.
    let relu = |z: f64| z.max(0.0);
    let (before, _) = model.forward(&embeddings, |_, z| relu(z));
    let reach = |z: &Array2<f64>| MARGIN * z.iter().fold(0f64, |m, z| m.max(z.abs()));
    let activations = before.iter().map(|z| Polynomial::least_squares(relu, RELU_DEGREE, -reach(z)..=reach(z)));
    let activations = activations.collect::<Result<Vec<_>>>()?;
    let (_, logits) = model.forward(&embeddings, |at, z| activations[at].evaluate(z));
    // A temperature at which a position is neither sharp nor uniform.
    let range = 12.0;
    let layer = SoftArgmax::new(VOCABULARY, MARGIN * spread(&logits) / range, 0)?;
    let budget = Budget { entry: levels, refreshed: levels, spare: 1, refreshes: 2 };
    let approximation = SoftmaxApproximation::choose_within(&layer, range, &budget)?;

    // Centring, temperature and the ranges of the polynomials are folded into the weights.
    let mut layers = Vec::new();
    let mut polynomials = activations.iter();
    for (at, ((w, b), active)) in model.weights.iter().zip(ACTIVE).enumerate() {
        let (w, b) = match at + 1 == model.weights.len() {
            true => {
                let inputs = approximation.inputs(VOCABULARY)? / layer.temperature();
                (inputs.dot(w), inputs.dot(b))
            }
            false => (w.clone(), b.clone()),
        };
        let polynomial = if active { polynomials.next() } else { None };
        let range = polynomial.map_or(1.0, |polynomial| *polynomial.interval().end());
        let dense = Dense::new(&(w / range), &(b / range), slots);
        layers.push((dense, polynomial.map(PolynomialProgram::new)));
    }
    let (sample, feature) = (SlotAxis::new(samples, 1)?, SlotAxis::new(FEATURES, samples)?);
    let places =
        |features| MatrixLayout::new(slots, Index::new(samples).along(sample), Index::new(features).along(feature));
    let soft_argmax = SoftArgmaxProgram::new(&layer, &approximation, &places(VOCABULARY))?;
    println!(
        "The preprocessor, {samples} samples at once: T = {:.2}, range {range}, soft-argmax in {} levels",
        layer.temperature(),
        approximation.levels()
    );
    let program = Preprocessor { layers, soft_argmax };
    let packed = places(DIMENSIONS[0]).pack(embeddings.view())?.concat();
    let positions = under_encryption(&program, degree, levels, &packed)?;
    let positions = places(VOCABULARY).unpack(&[positions])?;

    // The same polynomials in the clear, and the exact functions that they approximate.
    let clear = |logits: &Array2<f64>, probabilities: &dyn Fn(&[f64]) -> Result<Vec<f64>>| -> Result<Vec<f64>> {
        logits.rows().into_iter().map(|row| layer.position(&probabilities(&row.to_vec())?)).collect()
    };
    let polynomial = clear(&logits, &|x| {
        approximation.probabilities(&x.iter().map(|x| x / layer.temperature()).collect::<Vec<_>>())
    })?;
    let exact = clear(&model.forward(&embeddings, |_, z| relu(z)).1, &|x| layer.probabilities(x))?;
    let worst = |expected: &[f64]| {
        let off = positions.column(0).iter().zip(expected).map(|(s, e)| (s - e).abs()).fold(0.0, f64::max);
        (off, positions.column(0).iter().zip(expected).map(|(s, e)| (s - e).abs()).sum::<f64>() / samples as f64)
    };
    let (noise, _) = worst(&polynomial);
    let (largest, mean) = worst(&exact);
    println!("  positions within {noise:.1e} of the same polynomials in the clear");
    println!("  and of the exact network within {largest:.2}, on average {mean:.3}: what ReLU as a polynomial costs");
    assert!(noise < 1e-3, "off by {noise}");
    Ok(())
}
