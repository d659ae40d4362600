//! The same circuits on SEAL with our kernels, on SEAL's own calls, on the textbook CKKS and on poulpy, in one process, in
//! turns, on one thread: least CPU times, their ratios, and the precision of the worst slot.
//!
//! ```sh
//! make compare                       # from the root: with the instructions that this machine has
//! compare [rounds] [--only NAME] [--chart FILE] [--markdown FILE]
//! ```
//!
//! To put a further backend beside these, make a [`Side`](side::Side) of it in `sides.rs`.

mod measure;
mod output;
mod side;
mod sides;

use std::{error::Error, num::NonZeroUsize};

use measure::{Timed, least_seconds, precision_bits};
use output::{Output, Row};
use seal_nn::{
    Level, Rotation,
    backend::{Chain, Circuit, PlanEvaluator},
    nn::{
        Network,
        layout::LayoutKind,
        soft_argmax::{SoftArgmax, SoftArgmaxProgram, SoftmaxApproximation},
        training::{Schedule, Sgd, TrainingSetup, TrainingSpec},
    },
    packing::{Index, MatrixLayout, SlotAxis},
    program::Plan,
};
use side::{BABIES, BATCH, GIANTS};
use sides::{DEGREE, DEPTH, SCALE_BITS, Sides};

const LAYOUTS: [LayoutKind; 3] = [LayoutKind::Merged, LayoutKind::Diagonal, LayoutKind::Axis];
/// Samples of the soft-argmax, of three classes each.
const SAMPLES: usize = 256;

/// The circuits of every side, what is expected first.
macro_rules! each {
    ($sides:expr, $side:ident => $circuits:expr) => {
        vec![
            {
                let $side = &$sides.clear;
                $circuits?
            },
            {
                let $side = &$sides.kernels;
                $circuits?
            },
            {
                let $side = &$sides.calls;
                $circuits?
            },
            {
                let $side = &$sides.textbook;
                $circuits?
            },
            {
                let $side = &$sides.poulpy;
                $circuits?
            },
        ]
    };
}

const USAGE: &str = "[ROUNDS] [--only NAME] [--chart FILE] [--markdown FILE], or --bootstrap alone";

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (mut rounds, mut only, mut output) = (5, String::new(), Output::default());
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or_else(|| format!("{argument} needs a value: {USAGE}"));
        match argument.as_str() {
            "--only" => only = value()?,
            "--chart" => output.chart = Some(value()?),
            "--markdown" => output.markdown = Some(value()?),
            number => match number.parse::<NonZeroUsize>() {
                Ok(number) => rounds = number.get(),
                Err(_) => return Err(format!("'{number}' is neither a number of rounds nor an option: {USAGE}").into()),
            },
        }
    }
    // SEAL's side shares rotations among threads, the pure ones do not.
    rayon::ThreadPoolBuilder::new().num_threads(1).build_global()?;

    let network = "4-8-3".parse::<Network>()?.with_activation("square:0.75".parse()?);
    let optimizer = Sgd::new(&[1.5, 0.1], 0.75, Schedule::Constant)?;
    let spec = TrainingSpec { network, optimizer, bounds: Default::default(), loss: Default::default() };
    let (soft_argmax, logits) = soft_argmax()?;
    let sides = Sides::new(&rotations(&spec, &soft_argmax)?, &mut output)?;

    let mut run = |circuits: Vec<Vec<Timed<'_>>>| -> seal_nn::Result<()> {
        let [expected, measured @ ..] = &circuits[..] else { return Ok(()) };
        for (i, expected) in expected.iter().enumerate().filter(|(_, timed)| timed.name.contains(&only)) {
            let measured: Vec<&Timed<'_>> = measured.iter().map(|side| &side[i]).collect();
            let seconds = least_seconds(rounds, &measured)?;
            let bits = measured.iter().map(|timed| precision_bits(timed, expected)).collect::<seal_nn::Result<_>>()?;
            output.row(Row { name: expected.name.clone(), seconds, bits });
        }
        Ok(())
    };
    for level in [DEPTH, 2] {
        let primes = level + 1;
        let mut circuits = each!(sides, side => side.operations(Level(level)));
        circuits.iter_mut().flatten().for_each(|timed| timed.name = format!("{}, {primes} primes", timed.name));
        run(circuits)?;
    }
    run(each!(sides, side => Ok::<_, seal_nn::Error>(vec![side.matrix()])))?;
    for kind in LAYOUTS {
        run(each!(sides, side => side.training_step(&spec, kind).map(|step| vec![step])))?;
    }
    let name = format!("soft-argmax of 3 classes, {SAMPLES} samples");
    run(each!(sides, side => side.soft_argmax(&name, &soft_argmax, &logits).map(|layer| vec![layer])))?;
    match output.is_empty() {
        true => Err(format!("no circuit has '{only}' in its name: see docs/comparison.md for their names").into()),
        false => output.finish(),
    }
}

/// A layer of as many levels as there are, and the layout of its logits.
fn soft_argmax() -> seal_nn::Result<(SoftArgmaxProgram, MatrixLayout)> {
    let (layer, slots) = (SoftArgmax::new(3, 1.0, 0)?, DEGREE / 2);
    let approximation = SoftmaxApproximation::choose(&layer, 4.0, DEPTH)?;
    let columns = approximation.inputs(3)?.nrows();
    let classes = Index::new(columns).along(SlotAxis::new(slots / SAMPLES, SAMPLES)?);
    let samples = Index::new(SAMPLES).along(SlotAxis::new(SAMPLES, 1)?);
    let layout = MatrixLayout::new(slots, samples, classes.modulo(columns.next_power_of_two()));
    Ok((SoftArgmaxProgram::new(&layer, &approximation, &layout)?, layout))
}

/// All rotations that any of the circuits needs, so that every side has the same keys.
fn rotations(spec: &TrainingSpec, soft_argmax: &SoftArgmaxProgram) -> seal_nn::Result<Vec<Rotation>> {
    let chain = Chain::nominal(DEGREE, DEPTH, SCALE_BITS)?;
    let mut rotations: Vec<Rotation> = (1..BABIES).map(Rotation).collect();
    rotations.extend((1..GIANTS).map(|giant| Rotation(giant * BABIES)));
    for kind in LAYOUTS {
        let layout = kind.layout(&spec.network, DEGREE / 2, BATCH)?;
        rotations.extend(Plan::of(&TrainingSetup::new(spec, BATCH).on(layout)?, &chain)?.rotations());
    }
    let plan = Circuit::new(PlanEvaluator::new(chain));
    soft_argmax.probabilities(&plan, &plan.backend().input(Level(DEPTH)))?;
    rotations.extend(plan.backend().rotations());
    rotations.sort();
    rotations.dedup();
    Ok(rotations)
}
