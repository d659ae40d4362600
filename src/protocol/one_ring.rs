//! What a step of three layers would take in one ring, counted.

use std::collections::BTreeMap;

use crate::{
    Level, Result, Rotation,
    backend::{Chain, KeyLevels, Operation, Tallies},
    nn::split::SplitSetup,
    program::{Plan, Round},
    seal::Parameters,
};

/// Levels of the step.
const DEPTH: usize = 6;
const DEGREE: usize = 16384;
const SCALE_BITS: u32 = 46;
/// Of the first prime and of each of the two special ones.
const OUTER_BITS: u32 = 50;

/// The parameters and the exact counts of a step of three layers in two round trips, six levels at N = 16384. There is no
/// program for it: layer by layer, a step costs less in every shape that was tried (docs/packing.md, "Three layers").
///
/// Units of the first hidden layer, and outputs, lie outermost in a ciphertext, samples inside; inputs and units of the
/// second hidden layer have a ciphertext each. With `p` inputs (the constant one among them), `s` units of the second
/// hidden layer, `Q` the larger of the first hidden layer and the outputs padded to a power of two, and `k` blocks of
/// `N / 2Q` samples:
///
/// ```text
/// rotations          2 k s log2 Q                                all at level 3
/// relinearisations   k (4 + p) + 4 k s + p + 2 s
/// products           3 k p + k + 8 k s
/// ciphertexts up     p at level 6, 2 s + k at level 4             as many down, at level 0
/// samples            k p, once
/// ```
///
/// `None` for another number of layers.
///
/// # Errors
/// The errors of [`SplitSetup::check`].
pub fn three_layers_in_one_ring(setup: &SplitSetup) -> Result<Option<(Parameters, Plan)>> {
    setup.check()?;
    let &[features, first, second, outputs] = &setup.widths[..] else { return Ok(None) };
    let parameters = Parameters::builder().depth(DEPTH, SCALE_BITS).hybrid(2);
    let parameters = parameters.first_bits(OUTER_BITS).special_bits(OUTER_BITS).degree(DEGREE).build()?;
    let chain = Chain::try_from(&parameters)?;
    let (inputs, outermost) = (features + 1, first.max(outputs).next_power_of_two());
    let samples = (chain.slots() / outermost).max(1);
    let blocks = setup.batch.div_ceil(samples);
    let mut operations = Tallies::default();
    let mut sums = |level: usize, count: usize, products: usize| {
        operations.add(Operation::MultiplyCiphertexts, Level(level), products);
        operations.add(Operation::Relinearize, Level(level), count);
        operations.add(Operation::Rescale, Level(level), count);
    };
    let units = blocks * second;
    sums(6, blocks, blocks * inputs); // h1 = x W1
    sums(5, blocks, blocks); // a1 = h1^2
    sums(4, units, units); // h2 = a1 W2
    sums(3, units, units); // a2 = h2^2
    sums(1, blocks, units); // z = a2 V
    sums(4, units, units); // g2 = e V
    sums(3, units, units); // d2 = g2 h2
    sums(2, blocks, units); // g1 = d2 W2
    sums(2, blocks * inputs, blocks * inputs); // h1 x, early
    sums(1, inputs, blocks * inputs); // G1 = g1 (h1 x)
    sums(1, second, units); // G2 = a1 d2
    sums(1, second, units); // G3 = a2 e
    let steps = outermost.trailing_zeros();
    for operation in [Operation::Rotate, Operation::Add] {
        operations.add(operation, Level(3), 2 * units * steps as usize);
    }
    let of_step = |step: u32| (Rotation((samples << step) as i32), Level(3));
    let (entry, late, exit) = (Level(DEPTH), Level(DEPTH - 2), Level(0));
    let weights: Vec<Level> = [(inputs, entry), (2 * second, late)]
        .into_iter()
        .flat_map(|(count, level)| std::iter::repeat_n(level, count))
        .collect();
    let rounds = vec![
        Round { asked: weights.clone(), answered: vec![exit; blocks] },
        Round { asked: vec![late; blocks], answered: vec![exit; weights.len()] },
    ];
    let rotations: BTreeMap<_, _> = (0..steps).map(of_step).collect();
    let keys = KeyLevels { relin: Some(entry), rotations };
    let kept = vec![entry; blocks * inputs];
    Ok(Some((parameters, Plan { chain, depth: DEPTH, entry, exit, kept, rounds, keys, operations })))
}
