//! Several training steps between two refreshes, against as many steps of the plain training.

use crate::kit::backends::*;
use ndarray::Array2;
use seal_nn::{
    Error, Result, SetupError,
    backend::ClearKeyHolder,
    backend::{Chain, Circuit, ClearEvaluator, Evaluate, KeyHolder, Noise, SealEvaluator, SealKeyHolder},
    nn::{
        Network, Weights,
        layout::{
            Axes, Batch, GradientMode, Layout, LayoutKind, LayoutProgram, Placed, State, TrainingLayout,
            TrainingProgram, axis_shapes,
        },
        reference,
        training::{Bounds, Schedule, ServerLoss, Sgd, Trainer, Training, TrainingSetup, TrainingSpec},
    },
    packing::{AxisShape, MatrixLayout, Role},
    program::{Plan, Program},
    protocol::{Deployment, TrainingDeployment},
};

fn spec(network: &str, l2: f64) -> TrainingSpec {
    let network: Network = network.parse().unwrap();
    // The rates fall, so that a step number gone wrong is seen.
    let schedule = Schedule::InverseTime { decay: 0.1 };
    let optimizer = Sgd::new(&[1.5, 0.1, 0.2], 0.75, schedule).unwrap().with_l2(l2).unwrap();
    let bounds = Bounds { least_rate: 0.5, ..Default::default() };
    TrainingSpec { network, optimizer, bounds, loss: Default::default() }
}

/// The steps of a plan on random data, batches of `live` and of fewer samples in turn.
fn check<E, K, L>(c: &Circuit<E>, holder: &K, training: &Training<L>, plan: &Plan)
where
    E: Evaluate,
    K: KeyHolder<Ciphertext = E::Ciphertext, Fresh = E::Fresh>,
    L: TrainingLayout,
{
    let (layout, spec, steps) = (training.layout(), training.spec(), training.setup().refresh_every);
    let levels = training.kept(&training.setup().batch, plan.entry, &plan.chain).unwrap();
    let dimensions = spec.network.dimensions();
    let batch = |live: usize, seed| {
        let x = random_matrix(live, dimensions[0], seed);
        let t = Array2::from_shape_fn((live, spec.network.outputs()), |(i, o)| {
            f64::from(i % spec.network.outputs() == o) - 0.3
        });
        let packed = Batch {
            inputs: send_all(c, holder, &layout.pack_inputs(x.view()).unwrap(), levels.inputs[0]),
            targets: send_all(c, holder, &layout.pack_targets(t.view()).unwrap(), levels.targets[0]),
        };
        (packed, Trainer::new(layout, spec, live).unwrap(), x, t)
    };
    let batches = [batch(training.setup().batch, 4), batch(training.setup().batch - 3, 5)];

    let mut weights = Weights::random(&spec.network, &[1.0, 0.5], 3).unwrap();
    let mut velocity = Weights(weights.0.iter().map(|w| w * 0.1).collect());
    let encrypt = |w: &Weights| -> Vec<_> { send_all(c, holder, &layout.pack_weights(w).unwrap(), plan.entry) };
    let mut state = State { weights: encrypt(&weights), velocity: encrypt(&velocity) };
    for step in 0..steps {
        let (packed, trainer, x, t) = &batches[step % 2];
        let fold = spec.optimizer.rate(0, step) / trainer.live() as f64;
        state = trainer.step(c, &state, packed, fold).unwrap();
        reference::step(spec, &mut weights, &mut velocity, x.view(), t.view(), step).unwrap();
    }
    assert_eq!(c.level(&state.weights[0]), plan.exit);

    // Samples of later steps are at a scale smaller by the samples of a batch over the rate: so much larger is the
    // noise of their rescale, 13 deviations of it at most. The mean over the batch takes the root of its samples off.
    // The noise meets weights up to 1 and factors of the gradient up to 10 in sums over few features.
    let samples = training.setup().batch as f64;
    let fold = samples / spec.optimizer.rate(0, steps);
    let rounding = plan.chain.poly_modulus_degree() as f64 / 6.0 / plan.chain.scale(plan.exit);
    let tolerance = 13.0 * rounding * 10.0 * fold / samples.sqrt();
    for (what, packed, expected) in [("weights", &state.weights, &weights), ("velocity", &state.velocity, &velocity)] {
        let slots: Vec<Vec<f64>> = read_all(holder, packed);
        let found = layout.unpack_weights(&slots).unwrap();
        let differs = found.max_difference(expected);
        println!(
            "{} {}, {} steps: {what} differ by {differs:.1e}, allowed {tolerance:.1e}",
            layout.kind(),
            spec.network,
            steps
        );
        assert!(differs < tolerance, "{} {what}: {differs:e}, allowed {tolerance:e}", layout.kind());
        assert!(differs < 0.01 * expected.max_abs(), "the tolerance says nothing");
    }
}

/// On clear slots with SEAL's noise, on a chain as long as it takes.
fn check_on_clear<L: TrainingLayout>(layout: &L, spec: &TrainingSpec, live: usize, steps: usize) -> Plan {
    let training = TrainingSetup::new(spec, live).with_refresh_every(steps).on(layout.clone()).unwrap();
    let depth = Plan::depth_of(&training, DEGREE / 2).unwrap();
    let chain = Chain::nominal(DEGREE, depth + 1, SCALE_BITS).unwrap();
    let plan = Plan::of(&training, &chain).unwrap();
    let noise = Some(Noise { seed: 7 });
    let c = Circuit::new(ClearEvaluator::new(chain.clone(), noise).with_rotations(&plan.rotations()));
    check(&c, &ClearKeyHolder::new(chain, noise), &training, &plan);
    plan
}

/// Levels of one step.
fn depth_of_step<L: TrainingLayout>(layout: &L, spec: &TrainingSpec, live: usize, slots: usize) -> usize {
    Plan::depth_of(&TrainingSetup::new(spec, live).on(layout.clone()).unwrap(), slots).unwrap()
}

#[test]
fn steps_follow_each_other_in_every_layout() {
    for (network, live) in [("4-8-3", 40), ("5-6-4-2", 20)] {
        for kind in LayoutKind::ALL {
            for (steps, l2) in [(2, 0.0), (3, 0.1)] {
                let spec = spec(network, l2);
                let layout = match kind.layout(&spec.network, DEGREE / 2, live) {
                    Err(Error::Setup(SetupError::LayoutUnsuited { .. })) if spec.network.layers() > 2 => continue,
                    layout => layout.unwrap(),
                };
                let plan = check_on_clear(&layout, &spec, live, steps);
                // No level between the steps.
                assert_eq!(plan.depth, steps * depth_of_step(&layout, &spec, live, DEGREE / 2), "{kind}");
            }
        }
    }
}

/// Later steps bring targets down to their own level.
#[test]
fn weighted_steps_follow_each_other() {
    let spec = TrainingSpec { loss: ServerLoss::WeightedSquared, ..spec("4-8-3", 0.1) };
    for kind in [LayoutKind::Merged, LayoutKind::Axis] {
        let layout = kind.layout(&spec.network, DEGREE / 2, 40).unwrap();
        let plan = check_on_clear(&layout, &spec, 40, 2);
        assert_eq!(plan.depth, 2 * depth_of_step(&layout, &spec, 40, DEGREE / 2), "{kind}");
    }
}

#[test]
fn steps_follow_each_other_in_every_published_layout() {
    let (spec, live) = (spec("4-8-3", 0.0), 8);
    for kind in LayoutKind::BASELINES {
        check_on_clear(&kind.layout(&spec.network, DEGREE / 2, live).unwrap(), &spec, live, 2);
    }
}

/// A layout that squares its weights, which only canonical ones can be.
#[derive(Clone)]
struct Squaring(Layout);

struct SquaringProgram(LayoutProgram);

impl TrainingLayout for Squaring {
    type Program = SquaringProgram;

    fn kind(&self) -> LayoutKind {
        self.0.kind()
    }

    fn program(&self, spec: &TrainingSpec, live: usize) -> Result<SquaringProgram> {
        self.0.program(spec, live).map(SquaringProgram)
    }

    fn weights(&self) -> Vec<Placed> {
        self.0.weights()
    }

    fn inputs(&self, samples: usize) -> Vec<MatrixLayout> {
        self.0.inputs(samples)
    }

    fn outputs(&self, samples: usize) -> MatrixLayout {
        self.0.outputs(samples)
    }
}

impl TrainingProgram for SquaringProgram {
    fn forward<E: Evaluate>(
        &self,
        c: &Circuit<E>,
        weights: &[E::Ciphertext],
        inputs: &[E::Ciphertext],
    ) -> Result<Vec<E::Ciphertext>> {
        self.0.forward(c, weights, inputs)
    }

    fn gradients<E: Evaluate>(
        &self,
        c: &Circuit<E>,
        weights: &[E::Ciphertext],
        batch: &Batch<E::Ciphertext>,
    ) -> Result<Vec<E::Ciphertext>> {
        c.square(&weights[0])?;
        self.0.gradients(c, weights, batch)
    }
}

#[test]
fn a_layout_whose_steps_cannot_follow_each_other_is_refused_before_a_key_is_made() {
    let spec = spec("4-8-3", 0.0);
    let layout = Squaring(LayoutKind::Merged.layout(&spec.network, DEGREE / 2, 8).unwrap());
    let depth = |steps| {
        Plan::depth_of(&TrainingSetup::new(&spec, 8).with_refresh_every(steps).on(layout.clone()).unwrap(), DEGREE / 2)
    };
    assert_eq!(depth(1).unwrap(), 6);
    let error = depth(2).unwrap_err();
    assert!(matches!(error, Error::Setup(SetupError::NeedsRefresh { layout: "merged", steps: 2, .. })), "{error}");
}

/// A guard of the batch keeps partial sums of the first step in the weights of the second.
#[test]
fn garbage_in_guards_of_the_axis_layout_stays_there() {
    use Role::{B, P, Q};
    let spec = spec("4-8-3", 0.1);
    for (order, guards) in
        [([P, Q, B], [false, false, true]), ([B, Q, P], [true, true, false]), ([Q, B, P], [true, false, true])]
    {
        for gradient in [GradientMode::Early, GradientMode::Delta] {
            let shape = AxisShape::filling(DEGREE / 2, order, [4, 8], guards).unwrap();
            let layout = Axes::with_shape(&spec.network, DEGREE / 2, shape, gradient).unwrap();
            check_on_clear(&layout, &spec, 40, 3);
        }
    }
}

#[test]
fn two_steps_on_seal() {
    let (kind, spec, live) = (LayoutKind::Merged, spec("4-8-3", 0.1), 120);
    let layout = |slots| kind.layout_of_steps(&spec.network, slots, live, 2);
    let deployment =
        TrainingDeployment::choose(&TrainingSetup::new(&spec, live).with_refresh_every(2), &Default::default(), layout)
            .unwrap();
    let Deployment { parameters, program, plan, .. } = &deployment.training;
    assert_eq!((program.setup().refresh_every, parameters.poly_modulus_degree()), (2, 32768));
    let holder = SealKeyHolder::generate(parameters).unwrap();
    let keys = holder.evaluation_keys(&plan.rotations()).unwrap();
    let c = Circuit::new(SealEvaluator::new(parameters, &keys).unwrap());
    check(&c, &holder, program, plan);
}

/// Networks whose cheapest axis shape is too deep for a chain of steps get a shallower one.
#[test]
fn chains_of_steps_get_parameters_where_there_are_any() {
    let kind = LayoutKind::Axis;
    for (network, live, steps) in [("30-16-2", 128, 2), ("4-8-3", 120, 3), ("13-8-3", 128, 3)] {
        let spec = spec(network, 0.0);
        let layout = |slots| kind.layout_of_steps(&spec.network, slots, live, steps);
        let deployment = TrainingDeployment::choose(
            &TrainingSetup::new(&spec, live).with_refresh_every(steps),
            &Default::default(),
            layout,
        )
        .unwrap();
        let Deployment { parameters, plan, .. } = &deployment.training;
        println!("{network}, {steps} steps: {} levels at N = {}", plan.entry, parameters.poly_modulus_degree());
        let shallowest =
            axis_shapes(&spec.network, parameters.slots(), live).unwrap().iter().map(|c| c.depth).min().unwrap();
        let depth = depth_of_step(deployment.layout(), &spec, live, parameters.slots());
        assert!(depth >= shallowest && plan.entry.0 >= steps * depth);
    }
    let spec = spec("4-8-3", 0.0);
    let layout = |slots| kind.layout_of_steps(&spec.network, slots, 120, 9);
    let refused =
        TrainingDeployment::choose(&TrainingSetup::new(&spec, 120).with_refresh_every(9), &Default::default(), layout);
    let Err(error @ Error::Setup(SetupError::NoParameters { .. })) = refused else { panic!("nine steps fit") };
    let text = error.to_string();
    assert!(text.contains("a chain of 9 training steps of network 4-8-3") && text.contains("fewer steps"), "{text}");
    assert!(!text.contains("declared bounds") && !text.contains("function"), "{text}");
}
