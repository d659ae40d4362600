//! The soft-argmax on packed logits.

use super::{
    SoftArgmax, SoftmaxApproximation,
    steps::{Classes, Step, Steps},
};
use crate::{
    ArgumentError, Level, PackingError, Result,
    backend::{Circuit, Evaluate, Slots, TargetScale},
    nn::layout::only,
    packing::{Index, MatrixLayout, Product},
    program::{One, Refresh, refreshes_of, with_levels},
};

/// A [`SoftmaxApproximation`] on packed logits, for any backend.
///
/// Its input is a matrix, `samples x inputs`, with the inputs of the approximation along the slots of one ciphertext.
/// They are cheapest on the outermost axis, where sums need no mask. They are linear functions of the logits
/// ([`SoftmaxApproximation::inputs`]: centred, divided by the temperature and by the
/// [`reach`](SoftmaxApproximation::reach)) that a preceding dense layer absorbs into its weights: one input per class;
/// the difference of the second and the first logit for two classes; `u_0, u_1, u_2, v_0, v_1, v_2` for the direct
/// approximation of three classes, where one rotation brings each `v` to its `u`.
///
/// The program is a sequence of steps ([`SoftArgmaxProgram::steps`]). If levels run out, the client refreshes between
/// two of them ([`SoftArgmaxProgram::probabilities_refreshed`]).
///
/// Nothing inside the encryption detects logits outside the promised range, so the client checks what it decrypts
/// ([`SoftArgmaxProgram::check`]).
pub struct SoftArgmaxProgram {
    layer: SoftArgmax,
    approximation: SoftmaxApproximation,
    steps: Steps,
    /// The position of each class.
    indices: Slots,
    inputs: MatrixLayout,
    outputs: MatrixLayout,
}

impl SoftArgmaxProgram {
    /// The program for inputs in the given layout.
    ///
    /// # Errors
    /// `WrongClasses` if the approximation is for another number of classes; `WrongCount` unless the inputs occupy one
    /// ciphertext with one column each; `NotAligned` if no rotation aligns the two halves of a direct approximation.
    pub fn new(
        layer: &SoftArgmax,
        approximation: &SoftmaxApproximation,
        inputs: &MatrixLayout,
    ) -> Result<SoftArgmaxProgram> {
        approximation.check_classes(layer.classes())?;
        let (columns, results) =
            (approximation.inputs(layer.classes())?.nrows(), approximation.results(layer.classes()));
        for (what, expected, actual) in
            [("columns of logits", columns, inputs.shape().1), ("packed logits", 1, inputs.ciphertexts())]
        {
            if expected != actual {
                return Err(PackingError::WrongCount { what: what.into(), expected, actual }.into());
            }
        }
        let outputs = inputs.with_columns(results);
        let live = outputs.fill(|_, _| 1.0)?.concat();
        let indices = outputs.fill(|_, class| layer.index(class))?.concat();
        // A row of ones, which is never multiplied: only the sum of the product is used.
        let ones = outputs.with_rows(Index::new(1));
        let is_direct = matches!(approximation, SoftmaxApproximation::Direct { .. });
        let aligned = is_direct.then(|| inputs.step_to_first(results)).transpose()?;
        let classes = Classes::Packed { total: Box::new(Product::new(&outputs, &ones)?), aligned };
        Ok(SoftArgmaxProgram {
            layer: *layer,
            approximation: approximation.clone(),
            steps: Steps::new(approximation, classes, Some(&live))?,
            indices: indices.into(),
            inputs: inputs.clone(),
            outputs,
        })
    }

    /// The probabilities, `samples x classes`, in the places of the logits (or of the `u` of the direct approximation).
    /// For two classes, only that of the second.
    ///
    /// # Errors
    /// `NoLevelLeft` if the levels of the approximation are not available; `MissingRotation` without the keys for sums.
    pub fn probabilities<E: Evaluate>(&self, c: &Circuit<E>, logits: &E::Ciphertext) -> Result<E::Ciphertext> {
        self.steps.iter().try_fold(logits.clone(), |x, step| self.apply(c, step, x))
    }

    /// Like [`probabilities`](SoftArgmaxProgram::probabilities), if levels may run out: before a step that needs more
    /// levels than are left, `refresh` asks the client to decrypt the slots and encrypt them again. `spare` levels
    /// remain after the last step.
    ///
    /// # Errors
    /// `NoLevelLeft` if a refresh does not provide the levels of a step; `MissingRotation` without the keys for sums;
    /// any error of `refresh`.
    pub fn probabilities_refreshed<E: Evaluate>(
        &self,
        c: &Circuit<E>,
        logits: &E::Ciphertext,
        spare: usize,
        refresh: &mut dyn Refresh<E>,
    ) -> Result<E::Ciphertext> {
        let mut x = logits.clone();
        let steps = self.steps.iter();
        let last = steps.len().saturating_sub(1);
        for (at, step) in steps.enumerate() {
            let needed = step.levels() + if at == last { spare } else { 0 };
            x = with_levels::<E, One>(c, "a step of the soft-argmax", x, needed, refresh)?;
            x = self.apply(c, step, x)?;
        }
        Ok(x)
    }

    /// The levels of each step.
    pub fn steps(&self) -> Vec<usize> {
        self.steps.iter().map(Step::levels).collect()
    }

    /// How many refreshes [`probabilities_refreshed`](SoftArgmaxProgram::probabilities_refreshed) requests with `entry`
    /// levels left at the logits and `refreshed` after a refresh. `None` if a step needs more levels than a refresh
    /// provides.
    pub fn refreshes(&self, entry: usize, refreshed: usize, spare: usize) -> Option<usize> {
        refreshes_of(&self.steps(), entry, refreshed, spare)
    }

    /// The position, computed from the probabilities, in every slot of a sample. It takes one level and a sum, or
    /// neither for two classes.
    ///
    /// # Errors
    /// `NoLevelLeft` or `MissingRotation` if the level or the keys for the sum are missing; `NotNormalised` for one
    /// against the rest, whose probabilities do not sum to 1 under encryption.
    pub fn position<E: Evaluate>(&self, c: &Circuit<E>, probabilities: &E::Ciphertext) -> Result<E::Ciphertext> {
        if !self.approximation.sums_to_one() {
            return Err(ArgumentError::NotNormalised.into());
        }
        if self.outputs.shape().1 == 1 {
            let mut position = probabilities.clone();
            if self.layer.first_index() != 0 {
                c.add_plain_inplace(&mut position, &(self.layer.first_index() as f64).into())?;
            }
            return Ok(position);
        }
        let below = TargetScale::At(Level(c.level(probabilities).0.saturating_sub(1)));
        self.steps.classes().total(c, &[c.multiply_plain(probabilities, &self.indices, below)?])
    }

    /// Whether decrypted numbers of a sample are plausible probabilities. Those of one against the rest need not sum to
    /// 1.
    pub fn check(&self, probabilities: &[f64]) -> bool {
        self.approximation.is_plausible(probabilities)
    }

    /// The layout of the inputs, and of the probabilities too, unless the approximation is direct.
    pub fn layout(&self) -> &MatrixLayout {
        &self.inputs
    }

    /// The layout of the probabilities.
    pub fn outputs(&self) -> &MatrixLayout {
        &self.outputs
    }

    fn apply<E: Evaluate>(&self, c: &Circuit<E>, step: &Step, x: E::Ciphertext) -> Result<E::Ciphertext> {
        Ok(only("values of a soft-argmax", &self.steps.apply(c, step, vec![x])?)?.clone())
    }
}
