//! Encrypted trainings on poulpy, at secure parameters, beside the same in the clear: Iris, wine and digits.
//!
//! ```sh
//! cd backends/poulpy
//! ./prepare.sh
//! RUSTFLAGS="$(./engine.sh flags)" cargo run --profile compare --features "compare,$(./engine.sh)" --example train [iris|wine|digits]
//! ```

use std::time::Duration;

use ndarray::{Array1, Axis, concatenate};
use seal_nn::{
    Rotation,
    backend::Circuit,
    data::{DataSet, centred_one_hot},
    nn::{
        Network, Weights, accuracy,
        layout::LayoutKind,
        reference,
        training::{Schedule, Sgd, TrainingSpec},
    },
};
use seal_nn_conformance::{Backend, train};
use seal_nn_poulpy::{ENGINE, Parameters, PoulpyEvaluator, PoulpyKeyHolder};

/// At N = 16384.
struct Poulpy;

impl Backend for Poulpy {
    type Evaluator = PoulpyEvaluator;
    type Holder = PoulpyKeyHolder;
    const DEGREE: usize = 16384;
    const SCALE_BITS: u32 = 40;

    fn pair(depth: usize, steps: &[Rotation]) -> (Circuit<PoulpyEvaluator>, PoulpyKeyHolder) {
        let parameters =
            Parameters::new(Self::DEGREE, depth, Self::SCALE_BITS).expect("parameters within the guidelines");
        println!("  {depth} levels, keys of {} bits, {} rotations", parameters.key_bits(), steps.len());
        let holder = PoulpyKeyHolder::generate(&parameters);
        (Circuit::new(PoulpyEvaluator::new(&holder.evaluation_keys(steps))), holder)
    }
}

/// The settings of `seal-nn train` (src/cli/defaults.rs), with batches that all are full.
struct Problem {
    data: &'static str,
    network: &'static str,
    activation: &'static str,
    rates: [f64; 2],
    reach: [f64; 2],
    momentum: f64,
    batch: usize,
    steps: usize,
    layout: LayoutKind,
}

const PROBLEMS: [Problem; 3] = [
    Problem {
        data: "iris",
        network: "4-8-3",
        activation: "square:0.75",
        rates: [1.5, 0.1],
        reach: [1.0, 0.5],
        momentum: 0.75,
        batch: 120,
        steps: 30,
        layout: LayoutKind::Merged,
    },
    Problem {
        data: "wine",
        network: "13-8-3",
        activation: "square:0.5",
        rates: [1.0, 0.5],
        reach: [1.0, 1.0],
        momentum: 0.7,
        batch: 128,
        steps: 15,
        layout: LayoutKind::Axis,
    },
    Problem {
        data: "digits",
        network: "61-32-10",
        activation: "square:0.25",
        rates: [1.4, 1.4],
        reach: [0.5, 1.0],
        momentum: 0.8,
        batch: 256,
        steps: 10,
        layout: LayoutKind::Axis,
    },
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let only = std::env::args().nth(1);
    println!("poulpy, {ENGINE}");
    for problem in PROBLEMS.iter().filter(|problem| only.as_deref().is_none_or(|only| only == problem.data)) {
        let &Problem { data, network, activation, rates, reach, momentum, batch, steps, layout } = problem;
        println!("{data}, {network}, {layout}, batches of {batch}, {steps} steps:");
        let network = network.parse::<Network>()?.with_activation(activation.parse()?);
        let network = if data == "iris" { network } else { network.with_bias() };
        let optimizer = Sgd::new(&rates, momentum, Schedule::Constant)?;
        let spec = TrainingSpec { network, optimizer, bounds: Default::default(), loss: Default::default() };

        let split = DataSet::load(data)?.split(0.2, 0)?;
        let scaler = split.train.scaler()?;
        let samples = |features| -> Result<_, Box<dyn std::error::Error>> {
            let scaled = scaler.apply(features)?;
            let ones = Array1::ones(scaled.nrows()).insert_axis(Axis(1));
            Ok(if spec.network.has_bias() { concatenate(Axis(1), &[scaled.view(), ones.view()])? } else { scaled })
        };
        let (x, test) = (samples(&split.train.features)?, samples(&split.test.features)?);
        let t = centred_one_hot(&split.train.labels, spec.network.outputs())?;
        let first = Weights::random(&spec.network, &reach, 0)?;
        let layout = layout.layout(&spec.network, Poulpy::DEGREE / 2, batch)?;
        let trained = train::<Poulpy>(&spec, layout, (x.view(), t.view()), batch, first, steps);

        let right = |weights| accuracy(&reference::outputs(&spec.network, weights, test.view())?, &split.test.labels);
        let [encrypted, clear]: [Result<f64, seal_nn::Error>; 2] = [right(&trained.weights), right(&trained.clear)];
        println!(
            "  weights within {:.1e} of the clear run, held-out samples {:.1}% right (clear: {:.1}%), {:.2?} for a step",
            trained.worst,
            100.0 * encrypted?,
            100.0 * clear?,
            trained.server.iter().sum::<Duration>() / steps as u32,
        );
    }
    Ok(())
}
