//! A step of calibration on packed logits.

use ndarray::{Array1, Array2, ArrayView2};
use serde::{Deserialize, Serialize};

use super::{CalibrationSpec, Fit};
use crate::{
    ArgumentError, Error, Level, RequestError, Result, SetupError,
    backend::{Chain, Circuit, Evaluate, Slots, TargetScale},
    nn::{
        head::explain_width,
        shapes::{check_count, check_labels, check_shape},
        soft_argmax::{SoftArgmax, SoftArgmaxProgram},
    },
    packing::{DiagonalLayout, MatrixLayout, sum_left, sum_replicated},
    program::{Program, Record, Rehearsal, Workspace},
    record,
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
#[derive(Clone, Debug)]
pub struct EncryptedLogits<C> {
    /// What the approximation reads of `beta_0 x`.
    pub logits: C,
    /// One-hot, or 1 for the second of two classes.
    pub labels: C,
}
record!(EncryptedLogits { logits: one, labels: one });

/// What is learned, with its velocity. Each is one ciphertext: `gamma` in every slot, biases (over the reach) at their
/// classes.
#[derive(Clone, Debug, PartialEq)]
pub struct CalibrationState<C> {
    /// `gamma`.
    pub gamma: C,
    /// Its velocity.
    pub gamma_velocity: C,
    /// Biases, where they are learned.
    pub bias: Option<C>,
    /// Their velocity.
    pub bias_velocity: Option<C>,
}
record!(CalibrationState { gamma: one, gamma_velocity: one, bias: maybe, bias_velocity: maybe });

/// What the server is asked to compute at a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CalibrationCall {
    /// The state after one step.
    Step,
    /// The probabilities.
    Probabilities,
}

/// What a [`CalibrationCall`] is answered with.
#[derive(Clone, Debug)]
pub enum CalibrationAnswer<C> {
    /// The next state.
    State(CalibrationState<C>),
    /// The probabilities of all samples.
    Probabilities(C),
}

impl Record for CalibrationAnswer<()> {
    type Of<T> = CalibrationAnswer<T>;

    fn groups<T>(of: &CalibrationAnswer<T>) -> Vec<(&'static str, usize)> {
        match of {
            CalibrationAnswer::State(state) => CalibrationState::groups(state),
            CalibrationAnswer::Probabilities(_) => vec![("probabilities", 1)],
        }
    }

    fn try_map<'a, T: 'a, U, X>(
        of: &'a CalibrationAnswer<T>,
        mut f: impl FnMut(&'a T) -> Result<U, X>,
    ) -> Result<CalibrationAnswer<U>, X> {
        Ok(match of {
            CalibrationAnswer::State(state) => CalibrationAnswer::State(CalibrationState::try_map(state, f)?),
            CalibrationAnswer::Probabilities(p) => CalibrationAnswer::Probabilities(f(p)?),
        })
    }

    fn into_items<T>(of: CalibrationAnswer<T>) -> Vec<T> {
        match of {
            CalibrationAnswer::State(state) => CalibrationState::into_items(state),
            CalibrationAnswer::Probabilities(p) => vec![p],
        }
    }
}

impl CalibrationProgram {
    /// The program for a number of samples.
    ///
    /// # Errors
    /// `SamplesDoNotFit` without samples, or for more than the slots hold; `HeadTooWide` for more classes than slots;
    /// `UnsuitedApproximation` for biases with an approximation that does not have one input per class; the errors of
    /// [`CalibrationSpec::check_settings`].
    pub fn new(spec: &CalibrationSpec, samples: usize, slots: usize) -> Result<CalibrationProgram> {
        spec.check_settings()?;
        let columns = spec.approximation.inputs(spec.classes)?.nrows();
        if spec.bias && columns > spec.classes {
            let (what, classes) = ("a calibration with biases", spec.classes);
            return Err(ArgumentError::UnsuitedApproximation { what, classes, inputs: columns }.into());
        }
        let layout = DiagonalLayout::filling(slots, columns).map_err(explain_width)?;
        let most = layout.sample_axis().extent();
        if !(1..=most).contains(&samples) {
            return Err(SetupError::SamplesDoNotFit { what: "validation samples", most, actual: samples }.into());
        }
        let inputs = layout.batch(samples, columns);
        let layer = SoftArgmax::new(spec.classes, 1.0, 0)?;
        let reach = spec.approximation.reach();
        // The bias of the difference of two classes changes by both of theirs.
        let both = if columns == 1 { 2.0 } else { 1.0 };
        let bias_rate = -both * spec.rate / (samples as f64 * reach);
        let firsts = layout.batch(1, columns).fill(|_, _| bias_rate)?.concat();
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

    /// The specification.
    pub fn spec(&self) -> &CalibrationSpec {
        &self.spec
    }

    /// Validation samples.
    pub fn samples(&self) -> usize {
        self.samples
    }

    /// The slot vectors of logits (`samples x classes`) and labels.
    ///
    /// # Errors
    /// `WrongShape` for other logits; `WrongCount` for another number of labels; `UnknownLabel` for a label that is not
    /// a class.
    pub fn pack(&self, logits: ArrayView2<f64>, labels: &[usize]) -> Result<[Vec<f64>; 2]> {
        check_shape("the validation logits", (self.samples, self.spec.classes), logits.dim())?;
        check_labels(labels, self.samples, self.spec.classes)?;
        let read = logits.dot(&self.spec.approximation.inputs(self.spec.classes)?.t()) * self.spec.start;
        let first = self.first_class();
        let label = |i: usize, class: usize| f64::from(labels[i] == first + class);
        Ok([self.inputs.pack(read.view())?.concat(), self.classes.fill(label)?.concat()])
    }

    /// The class of the first column of probabilities: with two classes, only the second has one.
    fn first_class(&self) -> usize {
        usize::from(self.classes.shape().1 == 1)
    }

    /// The slot vectors of a state: `gamma` and its velocity, biases and their velocity.
    ///
    /// # Errors
    /// `WrongCount` unless there is one `gamma`, and one bias per class if there are any.
    pub fn pack_state(&self, state: &CalibrationState<Vec<f64>>) -> Result<CalibrationState<Vec<f64>>> {
        let everywhere = |values: &Vec<f64>| {
            check_count("values of gamma", 1, values.len())?;
            Ok::<_, Error>(vec![values[0]; self.inputs.slots()])
        };
        let at_classes = |values: &Vec<f64>| {
            check_count("biases", self.spec.classes, values.len())?;
            let read = self.spec.approximation.inputs(self.spec.classes)?.dot(&Array1::from(values.clone()));
            Ok::<_, Error>(self.inputs.fill(|_, class| read[class])?.concat())
        };
        Ok(CalibrationState {
            gamma: everywhere(&state.gamma)?,
            gamma_velocity: everywhere(&state.gamma_velocity)?,
            bias: state.bias.as_ref().map(at_classes).transpose()?,
            bias_velocity: state.bias_velocity.as_ref().map(at_classes).transpose()?,
        })
    }

    /// `gamma`, its velocity, biases and their velocity from decrypted slots; those of two classes are opposite.
    ///
    /// # Errors
    /// `WrongCount` if the number of vectors is not that of this program.
    pub fn unpack_state(&self, slots: CalibrationState<Vec<f64>>) -> Result<CalibrationState<Vec<f64>>> {
        let mean = |values: &Vec<f64>| vec![values.iter().sum::<f64>() / values.len().max(1) as f64];
        let reach = self.spec.approximation.reach();
        let of_classes = |values: Vec<f64>| -> Result<Vec<f64>> {
            let all = self.classes.unpack(&[values])?;
            let means: Vec<f64> =
                all.columns().into_iter().map(|column| column.mean().unwrap_or(0.0) * reach).collect();
            Ok(if means.len() == 1 { vec![-means[0] / 2.0, means[0] / 2.0] } else { means })
        };
        Ok(CalibrationState {
            gamma: mean(&slots.gamma),
            gamma_velocity: mean(&slots.gamma_velocity),
            bias: slots.bias.map(of_classes).transpose()?,
            bias_velocity: slots.bias_velocity.map(of_classes).transpose()?,
        })
    }

    /// The initial state: `gamma` is 1, biases and velocity are 0.
    pub fn start(&self) -> CalibrationState<Vec<f64>> {
        let none = self.spec.bias.then(|| vec![0.0; self.spec.classes]);
        CalibrationState { gamma: vec![1.0], gamma_velocity: vec![0.0], bias: none.clone(), bias_velocity: none }
    }

    /// The parameters of a state.
    pub fn fit(&self, state: &CalibrationState<Vec<f64>>) -> Fit {
        let gamma = state.gamma.first().copied().unwrap_or(f64::NAN);
        let bias = state.bias.clone().unwrap_or_default();
        Fit { beta: self.spec.start * gamma, bias }
    }

    /// The probabilities at a state, `samples x classes`, from the decrypted slots of
    /// [`probabilities`](CalibrationProgram::probabilities).
    ///
    /// # Errors
    /// `WrongCount` if the number of vectors is not that of this program.
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
    /// `NoLevelLeft` or `MissingRotation` if levels or rotation keys are not as planned.
    pub fn probabilities<E: Evaluate>(
        &self,
        c: &Circuit<E>,
        data: &EncryptedLogits<E::Ciphertext>,
        state: &CalibrationState<E::Ciphertext>,
    ) -> Result<E::Ciphertext> {
        let mut scaled = c.multiply(&state.gamma, &data.logits)?;
        if let Some(bias) = &state.bias {
            c.add_inplace(&mut scaled, bias)?;
        }
        self.soft_argmax.probabilities(c, &scaled)
    }

    /// One step.
    ///
    /// # Errors
    /// `NoLevelLeft` or `MissingRotation` if levels or rotation keys are not as planned.
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
        let (gamma, gamma_velocity) = self.moved(c, &state.gamma, &state.gamma_velocity, slope)?;
        let bias = match state.bias.as_ref().zip(state.bias_velocity.as_ref()) {
            None => None,
            Some((bias, velocity)) => {
                let slope = self.sum_over_samples(c, wrong)?;
                Some(self.moved(c, bias, velocity, slope)?)
            }
        };
        let (bias, bias_velocity) = bias.unzip();
        Ok(CalibrationState { gamma, gamma_velocity, bias, bias_velocity })
    }

    /// Summed over the samples, multiplied by weights, and replicated to the original width.
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

    /// `v' = momentum v + slope`, `w' = w + v'`, where the slope already contains its sign and rate.
    fn moved<E: Evaluate>(
        &self,
        c: &Circuit<E>,
        value: &E::Ciphertext,
        velocity: &E::Ciphertext,
        slope: E::Ciphertext,
    ) -> Result<(E::Ciphertext, E::Ciphertext)> {
        let mut moved = c.multiply_plain(value, &1.0.into(), TargetScale::Like(&slope))?;
        let mut next = c.multiply_plain(velocity, &self.spec.momentum.into(), TargetScale::Like(&slope))?;
        c.add_inplace(&mut next, &slope)?;
        c.add_inplace(&mut moved, &next)?;
        Ok((moved, next))
    }
}

impl Program for CalibrationProgram {
    type Part = ();
    type Call = CalibrationCall;
    type Kept = EncryptedLogits<()>;
    type Held = ();
    type Asked = CalibrationState<()>;
    type Answer = CalibrationAnswer<()>;

    fn kept(&self, (): &(), entry: Level, _: &Chain) -> Result<EncryptedLogits<Level>> {
        Ok(EncryptedLogits { logits: entry, labels: entry })
    }

    fn asked(&self, _: &CalibrationCall, entry: Level, _: &Chain) -> Result<CalibrationState<Level>> {
        let bias = self.spec.bias.then_some(entry);
        Ok(CalibrationState { gamma: entry, gamma_velocity: entry, bias, bias_velocity: bias })
    }

    /// A step, which includes the probabilities.
    fn rehearsal(&self) -> Rehearsal<Self> {
        Rehearsal { parts: vec![()], calls: vec![CalibrationCall::Step] }
    }

    fn run<E: Evaluate>(
        &self,
        workspace: Workspace<'_, E, Self>,
        call: &CalibrationCall,
        asked: &CalibrationState<E::Ciphertext>,
    ) -> Result<CalibrationAnswer<E::Ciphertext>> {
        let kept = workspace.kept.last().ok_or(RequestError::NothingKept { what: "validation logits" })?;
        Ok(match call {
            CalibrationCall::Step => CalibrationAnswer::State(self.step(workspace.circuit, kept.data()?, asked)?),
            CalibrationCall::Probabilities => {
                CalibrationAnswer::Probabilities(self.probabilities(workspace.circuit, kept.data()?, asked)?)
            }
        })
    }

    fn terms(&self) -> String {
        format!("{} ({:?})", self.title(), self.spec)
    }

    fn title(&self) -> String {
        format!("a calibration step of {} samples of {} classes", self.samples, self.spec.classes)
    }

    fn remedy(&self) -> &'static str {
        "a narrower range of the logits, fewer classes or fewer samples"
    }
}
