//! A backend with its key holder, and the circuits that all of them run.

use ndarray::Array2;
use seal_nn::{
    Level, Result, Rotation,
    backend::{Circuit, Evaluate, KeyHolder, Slots, TargetScale},
    nn::{
        Weights,
        layout::{Batch, LayoutKind, State, TrainingLayout},
        soft_argmax::SoftArgmaxProgram,
        training::{Trainer, TrainingSetup, TrainingSpec},
    },
    packing::MatrixLayout,
    program::{Plan, Program},
};

use crate::measure::{Timed, circuit, timed};

/// Baby and giant steps of a 128 x 128 matrix.
pub const BABIES: i32 = 16;
pub const GIANTS: i32 = 8;
/// Samples of a training step.
pub const BATCH: usize = 120;

pub struct Side<E: Evaluate, K> {
    pub circuit: Circuit<E>,
    pub holder: K,
    values: [Vec<f64>; 2],
    x: E::Ciphertext,
    y: E::Ciphertext,
    masks: Vec<Slots>,
}

impl<E: Evaluate, K: KeyHolder<Ciphertext = E::Ciphertext, Fresh = E::Fresh>> Side<E, K> {
    pub fn new(backend: E, holder: K) -> Result<Self> {
        let (slots, top) = (backend.chain().slots(), backend.chain().top());
        let wave = |factor: f64, from: f64| (0..slots).map(|s| (factor * s as f64 + from).sin()).collect::<Vec<_>>();
        let values = [wave(1.0, 0.0), wave(1.3, 0.5)];
        let [x, y] = &values;
        let (x, y) = (holder.encrypt(x, top)?, holder.encrypt(y, top)?);
        let (x, y) = (backend.receive(&x)?, backend.receive(&y)?);
        // A row of the matrix sums 128 of these.
        let scaled = |d: i32| wave(0.7, f64::from(d)).into_iter().map(|v| v / 128.0).collect::<Vec<_>>();
        let masks = (0..BABIES * GIANTS).map(|d| scaled(d).into()).collect();
        Ok(Side { circuit: Circuit::new(backend), holder, values, x, y, masks })
    }

    /// One operation of a kind, on values dropped to a level.
    pub fn operations(&self, at: Level) -> Result<Vec<Timed<'_>>> {
        let Side { circuit: c, holder, values: [x_values, y_values], .. } = self;
        let backend = c.backend();
        let below = move || TargetScale::At(Level(at.0.saturating_sub(1)));
        let mask: Slots = y_values.clone().into();
        let [x, y] = [c.drop_to(&self.x, at)?, c.drop_to(&self.y, at)?];
        let eight: Vec<Rotation> = (1..=8).map(Rotation).collect();
        let (a, b, m) = (std::rc::Rc::new(x), std::rc::Rc::new(y), std::rc::Rc::new(mask));
        macro_rules! run {
            ($name:literal, |$x:ident, $y:ident, $mask:ident| $result:expr) => {{
                let ($x, $y, $mask) = (a.clone(), b.clone(), m.clone());
                circuit($name, holder, move || {
                    let _ = (&$x, &$y, &$mask);
                    $result
                })
            }};
        }
        let (encoded, decrypted) = (m.clone(), a.clone());
        Ok(vec![
            timed("encode", move || backend.encode(&encoded, backend.encoding_level(at), c.chain().scale(at))),
            circuit("encrypt and receive", holder, move || Ok(vec![backend.receive(&holder.encrypt(x_values, at)?)?])),
            timed("decrypt and decode", move || holder.decrypt(&decrypted)),
            run!("add", |x, y, mask| Ok(vec![c.add(&x, &y)?])),
            run!("times a plaintext, rescaled", |x, y, mask| Ok(vec![c.multiply_plain(&x, &mask, below())?])),
            run!("product", |x, y, mask| Ok(vec![c.multiply(&x, &y)?])),
            run!("sum of 4 products", |x, y, mask| {
                Ok(vec![c.product_sum(&[(&x, &y), (&x, &x), (&y, &y), (&y, &x)])?])
            }),
            run!("rotation", |x, y, mask| Ok(vec![c.rotate(&x, Rotation(1))?])),
            run!("8 rotations of one value", |x, y, mask| c.rotate_many(&x, &eight)),
            run!("4 doublings over 16 slots", |x, y, mask| Ok(vec![c.sum_slots(&x, 16)?])),
        ])
    }

    /// A matrix of 128 x 128, in baby and giant steps.
    pub fn matrix(&self) -> Timed<'_> {
        let Side { circuit: c, holder, x, masks, .. } = self;
        circuit("128 x 128 matrix", holder, move || {
            let place = |d: i32| (Rotation(d / BABIES * BABIES), Rotation(d % BABIES));
            let terms = masks.iter().zip(0..).map(|(mask, d)| (place(d).0, place(d).1, mask)).collect::<Vec<_>>();
            let below = TargetScale::At(Level(c.level(x).0.saturating_sub(1)));
            Ok(vec![c.linear_transform_in_steps(x, &terms, below)?])
        })
    }

    /// A training step, with its weights.
    pub fn training_step(&self, spec: &TrainingSpec, kind: LayoutKind) -> Result<Timed<'_>> {
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
        Ok(circuit(&name, holder, move || Ok(trainer.step(c, &state, &batch, rate)?.weights)))
    }

    /// A soft-argmax layer, with its probabilities.
    pub fn soft_argmax<'a>(
        &'a self,
        name: &str,
        program: &'a SoftArgmaxProgram,
        layout: &MatrixLayout,
    ) -> Result<Timed<'a>> {
        let Side { circuit: c, holder, .. } = self;
        let logits = layout.fill(|sample, class| ((3 * sample + class) as f64).sin())?.concat();
        let logits = c.backend().receive(&holder.encrypt(&logits, c.chain().top())?)?;
        Ok(circuit(name, holder, move || Ok(vec![program.probabilities(c, &logits)?])))
    }
}
