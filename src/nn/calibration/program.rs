//! A step of calibration on packed logits.

use ndarray::{Array1, Array2, ArrayView2};

use super::{CalibrationSpec, Fit};
use crate::{
    Level, Result, Rotation, SetupError,
    backend::{Chain, Circuit, Evaluate, KeyLevels, PlanEvaluator, Slots, TargetScale},
    nn::{SoftArgmax, SoftArgmaxProgram},
    packing::{DiagonalLayout, MatrixLayout, sum_left, sum_replicated},
};

/// A [`CalibrationSpec`]'s step for any backend: all samples in one ciphertext, `slot = class B + sample`, with
/// `B` = slots over classes (padded), or over one for the difference of two classes.
///
/// | what | levels | rotations |
/// |---|---|---|
/// | `gamma` times logits, plus bias | 1 | |
/// | probabilities | the approximation's | the approximation's |
/// | times logits, summed over all slots | 1 | log2(slots) |
/// | rate | 1 | |
/// | for the biases: the sum over the samples | 1, beside the last two | 2 log2(B); log2(B) for two classes |
///
/// With 4 levels of a sigmoid it fits N = 16384.
pub struct CalibrationProgram {
    spec: CalibrationSpec,
    samples: usize,
    /// What the approximation reads of the logits.
    inputs: MatrixLayout,
    /// Where probabilities, labels and biases lie.
    classes: MatrixLayout,
    soft_argmax: SoftArgmaxProgram,
    /// `-rate reach / n`, for a sum of `(p - y) u`.
    slope_weight: f64,
    /// What the sum over the samples is multiplied with for the biases, where it is kept.
    bias_weight: Slots,
}

/// Validation logits and labels, encrypted once.
pub struct EncryptedLogits<C> {
    /// What the approximation reads of `beta_0 x`.
    pub logits: C,
    /// One-hot, or 1 for the second of two classes.
    pub labels: C,
}

/// What is learned, with its velocity. Each is one ciphertext: `gamma` in every slot, biases (over the reach) at their
/// classes.
#[derive(Clone)]
pub struct CalibrationState<C> {
    /// `gamma` and its velocity.
    pub gamma: [C; 2],
    /// Biases and their velocity.
    pub bias: Option<[C; 2]>,
}

impl CalibrationProgram {
    /// The program for so many samples.
    ///
    /// # Errors
    /// `BadSetting` for no samples, or more than the slots hold.
    pub fn new(spec: &CalibrationSpec, samples: usize, slots: usize) -> Result<CalibrationProgram> {
        let columns = spec.approximation.inputs(spec.classes).nrows();
        if spec.bias && columns > spec.classes {
            return Err(SetupError::BadSetting {
                setting: "the approximation of a calibration with biases",
                actual: "direct".into(),
                expected: "one that reads one number a class, such as SoftmaxApproximation::stages",
            }
            .into());
        }
        let most = slots / columns.next_power_of_two();
        if !(1..=most).contains(&samples) {
            return Err(SetupError::BadSetting {
                setting: "the number of validation samples",
                actual: format!("{samples}, and {most} fit"),
                expected: "at least 1 and no more than fit",
            }
            .into());
        }
        let too_few = |needed: usize| SetupError::BadSetting {
            setting: "the number of slots",
            actual: format!("{slots}, and {needed} are needed"),
            expected: "enough for the classes: a larger ring",
        };
        let layout = DiagonalLayout::new(slots, columns, most).map_err(too_few)?;
        let inputs = layout.batch(samples, columns);
        let layer = SoftArgmax::new(spec.classes, 1.0, 0)?;
        let reach = spec.approximation.reach();
        // The bias of two classes' difference moves by both of theirs.
        let both = if columns == 1 { 2.0 } else { 1.0 };
        let bias_rate = -both * spec.rate / (samples as f64 * reach);
        let firsts = layout.batch(1, columns).fill(|_, _| bias_rate).concat();
        let soft_argmax = SoftArgmaxProgram::new(&layer, &spec.approximation, &inputs)?;
        Ok(CalibrationProgram {
            spec: spec.clone(),
            samples,
            classes: soft_argmax.outputs().clone(),
            soft_argmax,
            inputs,
            slope_weight: -spec.rate * reach / samples as f64,
            bias_weight: if columns == 1 { bias_rate.into() } else { firsts.into() },
        })
    }

    /// The slot vectors of logits (`samples x classes`) and labels.
    pub fn pack(&self, logits: ArrayView2<f64>, labels: &[usize]) -> [Vec<f64>; 2] {
        let read = logits.dot(&self.spec.approximation.inputs(self.spec.classes).t()) * self.spec.start;
        let first = self.first_class();
        let label = |i: usize, class: usize| f64::from(labels.get(i) == Some(&(first + class)));
        [self.inputs.pack(read.view()).concat(), self.classes.fill(label).concat()]
    }

    /// The class of the first column of probabilities: of two classes only the second has one.
    fn first_class(&self) -> usize {
        usize::from(self.classes.shape().1 == 1)
    }

    /// The slot vectors of a state: `gamma` and its velocity, biases and theirs.
    pub fn pack_state(&self, state: &CalibrationState<Vec<f64>>) -> CalibrationState<Vec<f64>> {
        let everywhere = |values: &Vec<f64>| vec![values.first().copied().unwrap_or(0.0); self.inputs.slots()];
        let at_classes = |values: &Vec<f64>| {
            let read = self.spec.approximation.inputs(self.spec.classes).dot(&Array1::from(values.clone()));
            self.inputs.fill(|_, class| read[class]).concat()
        };
        CalibrationState {
            gamma: state.gamma.each_ref().map(everywhere),
            bias: state.bias.as_ref().map(|bias| bias.each_ref().map(at_classes)),
        }
    }

    /// `gamma` and velocity, biases and theirs, from decrypted slots; those of two classes are opposite.
    ///
    /// # Errors
    /// `WrongCount` when they are none of this program's.
    pub fn unpack_state(&self, slots: CalibrationState<Vec<f64>>) -> Result<CalibrationState<Vec<f64>>> {
        let mean = |values: &Vec<f64>| vec![values.iter().sum::<f64>() / values.len().max(1) as f64];
        let reach = self.spec.approximation.reach();
        let of_classes = |values: Vec<f64>| -> Result<Vec<f64>> {
            let all = self.classes.unpack(&[values])?;
            let means: Vec<f64> =
                all.columns().into_iter().map(|column| column.mean().unwrap_or(0.0) * reach).collect();
            Ok(if means.len() == 1 { vec![-means[0] / 2.0, means[0] / 2.0] } else { means })
        };
        let bias = match slots.bias {
            None => None,
            Some([bias, velocity]) => Some([of_classes(bias)?, of_classes(velocity)?]),
        };
        Ok(CalibrationState { gamma: slots.gamma.each_ref().map(mean), bias })
    }

    /// The state to start from: `gamma` 1, no bias, no velocity.
    pub fn start(&self) -> CalibrationState<Vec<f64>> {
        let none = || vec![0.0; self.spec.classes];
        CalibrationState { gamma: [vec![1.0], vec![0.0]], bias: self.spec.bias.then(|| [none(), none()]) }
    }

    /// What a state says.
    pub fn fit(&self, state: &CalibrationState<Vec<f64>>) -> Fit {
        let gamma = state.gamma[0].first().copied().unwrap_or(f64::NAN);
        let bias = state.bias.as_ref().map_or_else(Vec::new, |[bias, _]| bias.clone());
        Fit { beta: self.spec.start * gamma, bias }
    }

    /// The probabilities at a state, `samples x classes`, from the decrypted slots of
    /// [`probabilities`](CalibrationProgram::probabilities).
    ///
    /// # Errors
    /// `WrongCount` when they are none of this program's.
    pub fn unpack_probabilities(&self, slots: Vec<f64>) -> Result<Array2<f64>> {
        let p = self.classes.unpack(&[slots])?;
        Ok(match p.ncols() {
            1 => Array2::from_shape_fn((self.samples, 2), |(i, c)| if c == 1 { p[[i, 0]] } else { 1.0 - p[[i, 0]] }),
            _ => p,
        })
    }

    /// The probabilities at a state.
    ///
    /// # Errors
    /// Levels and rotation keys as planned.
    pub fn probabilities<E: Evaluate>(
        &self,
        c: &Circuit<E>,
        data: &EncryptedLogits<E::Ciphertext>,
        state: &CalibrationState<E::Ciphertext>,
    ) -> Result<E::Ciphertext> {
        let mut scaled = c.multiply(&state.gamma[0], &data.logits)?;
        if let Some([bias, _]) = &state.bias {
            c.add_inplace(&mut scaled, bias)?;
        }
        self.soft_argmax.probabilities(c, &scaled)
    }

    /// One step.
    ///
    /// # Errors
    /// Levels and rotation keys as planned.
    pub fn step<E: Evaluate>(
        &self,
        c: &Circuit<E>,
        data: &EncryptedLogits<E::Ciphertext>,
        state: &CalibrationState<E::Ciphertext>,
    ) -> Result<CalibrationState<E::Ciphertext>> {
        let mut wrong = self.probabilities(c, data, state)?;
        c.sub_inplace(&mut wrong, &data.labels)?;
        let slope = sum_left(c, c.multiply(&wrong, &data.logits)?, c.slots(), 1)?;
        let below = TargetScale::At(Level(c.level(&slope).0.saturating_sub(1)));
        let slope = c.multiply_plain(&slope, &self.slope_weight.into(), below)?;
        let gamma = self.moved(c, &state.gamma, slope)?;
        let bias = match &state.bias {
            None => None,
            Some(bias) => {
                let slope = self.sum_over_samples(c, wrong)?;
                Some(self.moved(c, bias, slope)?)
            }
        };
        Ok(CalibrationState { gamma, bias })
    }

    /// Summed over the samples, weighed, and as wide as before.
    fn sum_over_samples<E: Evaluate>(&self, c: &Circuit<E>, x: E::Ciphertext) -> Result<E::Ciphertext> {
        let below = TargetScale::At(Level(c.level(&x).0.saturating_sub(1)));
        match &self.bias_weight {
            Slots::Constant(_) => {
                let sum = sum_left(c, x, c.slots(), 1)?;
                c.multiply_plain(&sum, &self.bias_weight, below)
            }
            mask => {
                let count = c.slots() / self.inputs.shape().1.next_power_of_two();
                sum_replicated(c, x, count, 1, mask, below)
            }
        }
    }

    /// `v' = momentum v + slope`, `w' = w + v'`, where the slope has its sign and rate already.
    fn moved<E: Evaluate>(
        &self,
        c: &Circuit<E>,
        [value, velocity]: &[E::Ciphertext; 2],
        slope: E::Ciphertext,
    ) -> Result<[E::Ciphertext; 2]> {
        let mut moved = c.multiply_plain(value, &1.0.into(), TargetScale::Like(&slope))?;
        let mut next = c.multiply_plain(velocity, &self.spec.momentum.into(), TargetScale::Like(&slope))?;
        c.add_inplace(&mut next, &slope)?;
        c.add_inplace(&mut moved, &next)?;
        Ok([moved, next])
    }
}

/// Levels and rotation steps of a calibration step.
#[derive(Clone, Debug)]
pub struct CalibrationPlan {
    /// The level at which everything enters.
    pub entry: Level,
    /// Levels that a step consumes.
    pub depth: usize,
    /// The rotations that need Galois keys.
    pub steps: Vec<Rotation>,
    /// The same with the highest level at which each is used, and that of relinearisations.
    pub keys: KeyLevels,
}

impl CalibrationPlan {
    /// Plans a step in a ring.
    ///
    /// # Errors
    /// None that the program does not have.
    pub fn new(program: &CalibrationProgram) -> Result<CalibrationPlan> {
        /// More levels than any parameters have.
        const DEEPEST: usize = 40;
        let (exit, _) = CalibrationPlan::run(program, DEEPEST)?;
        let depth = DEEPEST - exit;
        let (_, keys) = CalibrationPlan::run(program, depth)?;
        Ok(CalibrationPlan { entry: Level(depth), depth, steps: keys.rotations.keys().copied().collect(), keys })
    }

    /// The level after a step from a level, and its keys.
    fn run(program: &CalibrationProgram, entry: usize) -> Result<(usize, KeyLevels)> {
        let circuit = Circuit::new(PlanEvaluator::new(Chain::nominal(2 * program.inputs.slots(), entry, 40)?));
        let input = || circuit.backend().input(Level(entry));
        let data = EncryptedLogits { logits: input(), labels: input() };
        let state = CalibrationState { gamma: [input(), input()], bias: program.spec.bias.then(|| [input(), input()]) };
        let next = program.step(&circuit, &data, &state)?;
        let all = next.gamma.iter().chain(next.bias.iter().flatten());
        let exit = all.map(|x| circuit.level(x).0).min().unwrap_or(entry);
        Ok((exit, circuit.backend().keys()))
    }
}
