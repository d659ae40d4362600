//! A whole training step.

use ndarray::Array2;
use seal_nn::{
    backend::{Chain, Evaluate},
    nn::{
        Weights,
        layout::{Batch, Layout, State, TrainingLayout, TrainingProgram},
        reference,
        training::{ServerLoss, Trainer, TrainingSetup, TrainingSpec},
    },
    packing::Role,
    program::{Plan, Program},
};

use super::{Backend, assert_close, random_matrix, read_all, rounding, send_all};

/// Whether a slot must be right: all but a guard of the batch, which keeps partial sums that meet zeros in every product.
fn is_clean(layout: &Layout, slot: usize) -> bool {
    match layout {
        Layout::Axes(axes) if axes.shape().guards[2] => {
            let axis = axes.layout().axis(Role::B);
            slot / axis.stride() % (2 * axis.extent()) < axis.extent()
        }
        _ => true,
    }
}

/// One step on random weights and `live` random samples: outputs, weights, velocity and padding are those of
/// [`mod@reference`], levels and operations those of the plan.
pub fn training_step<B: Backend>(spec: &TrainingSpec, live: usize, layout: Layout) {
    let dimensions = spec.network.dimensions();
    let training = TrainingSetup::new(spec, live).on(layout.clone()).unwrap();
    let depth = Plan::depth_of(&training, B::DEGREE / 2).unwrap();
    let plan = Plan::of(&training, &Chain::nominal(B::DEGREE, depth, B::SCALE_BITS).unwrap()).unwrap();
    let (c, holder) = B::pair(plan.chain.top().0, &plan.rotations());
    // On its own primes, where operands at different levels take a product to meet.
    let plan = Plan::of(&training, c.chain()).unwrap();
    let levels = training.kept(&live, plan.entry, &plan.chain).unwrap();

    let mut weights = Weights::random(&spec.network, &[1.0, 0.5], 3).unwrap();
    if spec.loss.takes_centred_logits() {
        weights = weights.centred();
    }
    let mut velocity = Weights(weights.0.iter().map(|w| w * 0.1).collect());
    let mut x = random_matrix(live, dimensions[0], 4);
    if spec.network.has_bias() {
        x.column_mut(dimensions[0] - 1).fill(1.0);
    }
    let t = Array2::from_shape_fn((live, spec.network.outputs()), |(i, o)| {
        f64::from(i % spec.network.outputs() == o) - 0.3
    });

    let encrypt = |w: &Weights| -> Vec<_> { send_all(&c, &holder, &layout.pack_weights(w).unwrap(), plan.entry) };
    let momentum = spec.optimizer.momentum() > 0.0;
    let state = State { weights: encrypt(&weights), velocity: if momentum { encrypt(&velocity) } else { vec![] } };
    let batch = Batch {
        inputs: send_all(&c, &holder, &layout.pack_inputs(x.view()).unwrap(), levels.inputs[0]),
        targets: send_all(&c, &holder, &layout.pack_targets(t.view()).unwrap(), levels.targets[0]),
    };
    let program = layout.program(spec, live).unwrap();

    let outputs = program.forward(&c, &state.weights, &batch.inputs).unwrap();
    let outputs = layout.unpack_outputs(&read_all(&holder, &outputs), live).unwrap();
    let expected = reference::outputs(&spec.network, &weights, x.view()).unwrap();
    // Values up to about 10 through at most 6 operations that each leave a rounding, of at most 13 sd, and
    // pass on what came before with a factor of the values' size.
    let name = format!("{} {} {} batch {live}", layout.kind(), spec.network, spec.network.activation());
    assert_close(
        &format!("{name}: outputs"),
        outputs.as_slice().unwrap(),
        expected.iter().copied(),
        13.0 * rounding::<B>() * 40.0,
    );

    c.meter().take();
    let trainer = Trainer::new(&layout, spec, live).unwrap();
    let after = trainer.step(&c, &state, &batch, spec.optimizer.rate(0, 0) / live as f64).unwrap();
    let counts = c.meter().take();
    for (operation, level, planned) in plan.operations.iter() {
        let done = counts.iter().find(|(o, l, _)| (*o, *l) == (operation, level)).map_or(0, |(.., tally)| tally.count);
        // Encodings are cached, and the forward pass above has filled the cache.
        assert!(
            done == planned.count || operation.to_string() == "encode",
            "{operation} at {level}: {done}, planned {}",
            planned.count
        );
    }

    reference::step(spec, &mut weights, &mut velocity, x.view(), t.view(), 0).unwrap();
    // Every slot, padding included: the packed expectation has zeros there. W's and V's errors enter with the scale of
    // the fold, at most 10 operations' worth; the gradient's with rate/n times a sum over the batch, whose axis may be
    // as long as there are slots, with the noise of the padding.
    // Weights of errors multiply it by as much as the number of classes, and a cube by 1 + 30 u^2 for errors u up to 2. The
    // T_k of a polynomial multiply it by up to k^2; with the coefficients of a sigmoid of degree 15 these are 4 together, of
    // an exponential whose results an inverse divides 10, and after a square and another inverse four times as much.
    let weight = if spec.loss.is_weighted() { spec.network.outputs() as f64 } else { 1.0 };
    let slope = match spec.loss {
        ServerLoss::WeightedCubic => 121.0,
        ServerLoss::Logistic { .. } => 4.0,
        ServerLoss::Softmax { .. } => 40.0,
        _ => 1.0,
    };
    let summed = spec.optimizer.rate(0, 0) / live as f64 * (c.slots() as f64).sqrt() * weight * slope;
    let tolerance = 13.0 * rounding::<B>() * (10.0 + summed);
    let compare = |what: &str, packed: &[<B::Evaluator as Evaluate>::Ciphertext], expected: &Weights| {
        for (i, (slots, want)) in
            read_all(&holder, packed).iter().zip(layout.pack_weights(expected).unwrap()).enumerate()
        {
            let kept = |values: &[f64]| {
                (0..values.len()).filter(|&s| is_clean(&layout, s)).map(|s| values[s]).collect::<Vec<_>>()
            };
            assert_close(&format!("{name}: {what} {i}"), &kept(slots), kept(&want), tolerance);
        }
        let unpacked = layout.unpack_weights(&read_all(&holder, packed)).unwrap();
        assert!(unpacked.max_difference(expected) <= tolerance);
    };
    compare("weights", &after.weights, &weights);
    if momentum {
        compare("velocity", &after.velocity, &velocity);
    }
    assert_eq!(c.level(&after.weights[0]), plan.exit);
}
