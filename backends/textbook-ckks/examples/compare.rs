//! The same circuits on SEAL and on the textbook backend, on the same primes, in one process and on one thread:
//! medians and ratios.
//!
//! ```sh
//! cargo run --release -p seal-nn-textbook-ckks --example compare [rounds]
//! ```

use std::{error::Error, hint::black_box, time::Instant};

use ndarray::Array2;
use seal_nn::{
    Level, Result, Rotation,
    backend::{Chain, Circuit, Evaluate, KeyHolder, SealEvaluator, SealKeyHolder, Slots, TargetScale, Unscaled},
    nn::{
        Network, Weights,
        layout::{Batch, LayoutKind, State, TrainingLayout},
        training::{Schedule, Sgd, Trainer, TrainingSetup, TrainingSpec},
    },
    program::{Plan, Program},
    report::{Align, Machine, Table, format},
    seal::Parameters,
};
use seal_nn_textbook_ckks::{InsecureKeyHolder, TextbookEvaluator};

const DEGREE: usize = 16384;
const SCALE_BITS: u32 = 41;
const LAYOUTS: [LayoutKind; 2] = [LayoutKind::Merged, LayoutKind::Axis];
const BATCH: usize = 120;

/// What to time, by name.
type Circuits<'a> = Vec<(String, Box<dyn Fn() -> Result<()> + 'a>)>;

fn main() -> Result<(), Box<dyn Error>> {
    let rounds = std::env::args().nth(1).map_or(Ok(11), |rounds| rounds.parse())?;
    // SEAL's side shares rotations among threads, the textbook does not.
    rayon::ThreadPoolBuilder::new().num_threads(1).build_global()?;

    let network = "4-8-3".parse::<Network>()?.with_activation("square:0.75".parse()?);
    let optimizer = Sgd::new(&[1.5, 0.1], 0.75, Schedule::Constant)?;
    let spec = TrainingSpec { network, optimizer, bounds: Default::default(), loss: Default::default() };
    let training =
        |kind: LayoutKind| TrainingSetup::new(&spec, BATCH).on(kind.layout(&spec.network, DEGREE / 2, BATCH)?);
    let mut depth = 0;
    for kind in LAYOUTS {
        depth = depth.max(Plan::depth_of(&training(kind)?, DEGREE / 2)?);
    }
    let parameters = Parameters::builder().depth(depth, SCALE_BITS).degree(DEGREE).build()?;
    let chain = Chain::try_from(&parameters)?;
    let together: Vec<Rotation> = (1..=8).map(Rotation).collect();
    let mut steps = together.clone();
    for kind in LAYOUTS {
        steps.extend(Plan::of(&training(kind)?, &chain)?.rotations());
    }

    let holder = SealKeyHolder::generate(&parameters)?;
    let seal = Side::new(SealEvaluator::new(&parameters, &holder.evaluation_keys(&steps)?)?, holder)?;
    let holder = InsecureKeyHolder::generate(chain, 1)?;
    let textbook = Side::new(TextbookEvaluator::new(holder.evaluation_keys(&steps)), holder)?;

    println!("{:?}", Machine::detect(cfg!(feature = "hexl"), 1));
    println!("N = {DEGREE}, primes of {:?} bits, level {depth}, {rounds} rounds\n", parameters.coeff_modulus_bits());
    let mut table = Table::new([
        ("circuit", Align::Left),
        ("SEAL", Align::Right),
        ("textbook", Align::Right),
        ("textbook / SEAL", Align::Right),
    ]);
    let circuits = seal.circuits(&spec, &together)?.into_iter().zip(textbook.circuits(&spec, &together)?);
    for ((name, on_seal), (_, on_textbook)) in circuits {
        let [seal, textbook] = medians(rounds, [&on_seal, &on_textbook])?;
        let ratio = format!("{:.2}", textbook / seal);
        table.row([name, format::seconds(seal), format::seconds(textbook), ratio]);
    }
    println!("{table}");
    Ok(())
}

/// A backend with its key holder, and values at the top level.
struct Side<E: Evaluate, K> {
    circuit: Circuit<E>,
    holder: K,
    x: E::Ciphertext,
    /// `x^2` before it is relinearised.
    square: E::Ciphertext,
    values: Vec<f64>,
    mask: Slots,
}

impl<E: Unscaled, K: KeyHolder<Ciphertext = E::Ciphertext, Fresh = E::Fresh>> Side<E, K> {
    fn new(backend: E, holder: K) -> Result<Self> {
        let values: Vec<f64> = (0..backend.chain().slots()).map(|s| (s as f64).sin()).collect();
        let x = backend.receive(&holder.encrypt(&values, backend.chain().top())?)?;
        let square = backend.multiply_sum(&[(&x, &x)])?;
        Ok(Side { circuit: Circuit::new(backend), holder, x, square, mask: values.clone().into(), values })
    }

    fn operations<'a>(&'a self, together: &'a [Rotation]) -> Circuits<'a> {
        let Side { circuit: c, holder, x, square, values, mask } = self;
        let backend = c.backend();
        let top = c.chain().top();
        let below = move || TargetScale::At(Level(top.0.saturating_sub(1)));
        vec![
            timed("encrypt", move || holder.encrypt(values, top)),
            timed("decrypt", move || holder.decrypt(x)),
            timed("add", move || c.add(x, x)),
            timed("plaintext product, rescaled", move || c.multiply_plain(x, mask, below())),
            timed("ciphertext product", move || backend.multiply_sum(&[(x, x)])),
            timed("relinearise", move || backend.relinearize_inplace(&mut square.clone())),
            timed("rescale", move || backend.rescale_inplace(&mut x.clone())),
            timed("rotate", move || c.rotate(x, together[0])),
            timed("8 rotations of one value", move || c.rotate_many(x, together)),
            timed("linear transform of 8 terms", move || {
                let terms: Vec<(Rotation, &Slots)> = together.iter().map(|&step| (step, mask)).collect();
                c.linear_transform(x, &terms, below())
            }),
        ]
    }

    fn training_step<'a>(&'a self, spec: &TrainingSpec, kind: LayoutKind) -> Result<Circuits<'a>> {
        let Side { circuit: c, holder, .. } = self;
        let layout = kind.layout(&spec.network, c.slots(), BATCH)?;
        let training = TrainingSetup::new(spec, BATCH).on(layout.clone())?;
        let plan = Plan::of(&training, c.chain())?;
        let levels = training.kept(&BATCH, plan.entry, c.chain())?;
        let send = |packed: Vec<Vec<f64>>, at| {
            packed.iter().map(|v| c.backend().receive(&holder.encrypt(v, at)?)).collect::<Result<Vec<_>>>()
        };
        let classes = spec.network.outputs();
        let inputs = Array2::from_shape_fn((BATCH, spec.network.features()), |(i, j)| ((3 * i + j) as f64).sin());
        let targets = Array2::from_shape_fn((BATCH, classes), |(i, class)| f64::from(i % classes == class));
        let weights = send(layout.pack_weights(&Weights::random(&spec.network, &[1.0, 0.5], 3)?)?, plan.entry)?;
        let state = State { velocity: weights.clone(), weights };
        let batch = Batch {
            inputs: send(layout.pack_inputs(inputs.view())?, levels.inputs[0])?,
            targets: send(layout.pack_targets(targets.view())?, levels.targets[0])?,
        };
        let (trainer, rate) = (Trainer::new(&layout, spec, BATCH)?, spec.optimizer.rate(0, 0) / BATCH as f64);
        let name = format!("training step of {}, {kind}", spec.network);
        Ok(vec![timed(&name, move || trainer.step(c, &state, &batch, rate))])
    }

    fn circuits<'a>(&'a self, spec: &TrainingSpec, together: &'a [Rotation]) -> Result<Circuits<'a>> {
        let mut all = self.operations(together);
        for kind in LAYOUTS {
            all.extend(self.training_step(spec, kind)?);
        }
        Ok(all)
    }
}

fn timed<'a, T>(name: &str, run: impl Fn() -> Result<T> + 'a) -> (String, Box<dyn Fn() -> Result<()> + 'a>) {
    (name.into(), Box::new(move || run().map(|result| drop(black_box(result)))))
}

/// Median seconds of each, run in turns after a first time that fills the caches.
fn medians(rounds: usize, runs: [&dyn Fn() -> Result<()>; 2]) -> Result<[f64; 2]> {
    let mut seconds = [vec![], vec![]];
    for round in 0..=rounds.max(1) {
        for (run, seconds) in runs.iter().zip(&mut seconds) {
            let start = Instant::now();
            run()?;
            if round > 0 {
                seconds.push(start.elapsed().as_secs_f64());
            }
        }
    }
    Ok(seconds.map(|mut seconds| {
        seconds.sort_by(f64::total_cmp);
        seconds[seconds.len() / 2]
    }))
}
