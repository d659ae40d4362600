//! The soft-argmax on packed logits.

use super::{MinimaxInverse, SoftArgmax, SoftmaxApproximation};
use crate::{
    ArgumentError, Level, PackingError, Result, Rotation,
    backend::{Circuit, Evaluate, Slots, TargetScale},
    nn::polynomial::{BivariateProgram, PolynomialProgram},
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
    /// Whether the probabilities sum to 1.
    whole: bool,
    steps: Vec<Part>,
    /// Sums over the classes.
    total: Product,
    /// The position of each class.
    indices: Slots,
    inputs: MatrixLayout,
    outputs: MatrixLayout,
}

/// A step of a program.
enum Part {
    Polynomial(PolynomialProgram),
    /// With the rotation that brings `v` to `u`.
    Direct(BivariateProgram, Rotation),
    Square,
    Normalise(MinimaxInverse),
}

/// Tolerance for probabilities outside of 0 to 1, and for sums that differ from 1, before the client rejects them
/// (docs/soft-argmax.md, "Outside the range").
const SLACK: f64 = 0.05;

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
        let (columns, results) = match approximation {
            SoftmaxApproximation::Sigmoid { .. } => (1, 1),
            SoftmaxApproximation::Direct { .. } => (6, 3),
            SoftmaxApproximation::Stages { .. } | SoftmaxApproximation::OneVsRest { .. } => {
                (layer.classes(), layer.classes())
            }
        };
        for (what, expected, actual) in
            [("columns of logits", columns, inputs.shape().1), ("packed logits", 1, inputs.ciphertexts())]
        {
            if expected != actual {
                return Err(PackingError::WrongCount { what: what.into(), expected, actual }.into());
            }
        }
        let outputs = inputs.with_columns(results);
        let live = outputs.fill(|_, _| 1.0)?.concat();
        let packed = |polynomial| Part::Polynomial(PolynomialProgram::new(polynomial).only(&live));
        let steps = match approximation {
            SoftmaxApproximation::Sigmoid { polynomial } | SoftmaxApproximation::OneVsRest { polynomial } => {
                vec![packed(polynomial)]
            }
            SoftmaxApproximation::Direct { polynomial, .. } => {
                vec![Part::Direct(BivariateProgram::new(polynomial)?.only(&live), inputs.step_to_first(3)?)]
            }
            SoftmaxApproximation::Stages { link, inverses } => {
                let mut steps = vec![packed(link)];
                for inverse in inverses {
                    if steps.len() > 1 {
                        steps.push(Part::Square);
                    }
                    steps.push(Part::Normalise(inverse.clone()));
                }
                steps
            }
        };
        let indices = outputs.fill(|_, class| layer.index(class))?.concat();
        // A row of ones, which is never multiplied: only the sum of the product is used.
        let ones = outputs.with_rows(Index::new(1));
        Ok(SoftArgmaxProgram {
            layer: *layer,
            whole: approximation.sums_to_one(),
            steps,
            total: Product::new(&outputs, &ones)?,
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
        self.steps.iter().try_fold(logits.clone(), |x, step| self.apply(c, step, &x))
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
        for (at, step) in self.steps.iter().enumerate() {
            let needed = step.levels() + if at + 1 == self.steps.len() { spare } else { 0 };
            x = with_levels::<E, One>(c, "a step of the soft-argmax", x, needed, refresh)?;
            x = self.apply(c, step, &x)?;
        }
        Ok(x)
    }

    /// The levels of each step.
    pub fn steps(&self) -> Vec<usize> {
        self.steps.iter().map(Part::levels).collect()
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
        if !self.whole {
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
        self.total.sum(c, c.multiply_plain(probabilities, &self.indices, below)?)
    }

    /// Whether decrypted numbers of a sample are plausible probabilities. Those of one against the rest need not sum to
    /// 1.
    pub fn check(&self, probabilities: &[f64]) -> bool {
        let fine = |p: &f64| (-SLACK..=1.0 + SLACK).contains(p);
        let sum: f64 = probabilities.iter().sum();
        let free = !self.whole || self.outputs.shape().1 == 1;
        probabilities.iter().all(fine) && (free || (sum - 1.0).abs() <= SLACK)
    }

    /// The layout of the inputs, and of the probabilities too, unless the approximation is direct.
    pub fn layout(&self) -> &MatrixLayout {
        &self.inputs
    }

    /// The layout of the probabilities.
    pub fn outputs(&self) -> &MatrixLayout {
        &self.outputs
    }

    fn apply<E: Evaluate>(&self, c: &Circuit<E>, step: &Part, x: &E::Ciphertext) -> Result<E::Ciphertext> {
        match step {
            Part::Polynomial(polynomial) => polynomial.apply(c, x),
            Part::Direct(polynomial, step) => polynomial.apply(c, x, &c.rotate(x, *step)?),
            Part::Square => c.square(x),
            Part::Normalise(inverse) => self.normalise(c, inverse, x),
        }
    }

    fn normalise<E: Evaluate>(
        &self,
        c: &Circuit<E>,
        inverse: &MinimaxInverse,
        numerators: &E::Ciphertext,
    ) -> Result<E::Ciphertext> {
        let sum = self.total.sum(c, numerators.clone())?;
        let mut u = sum.clone();
        c.add_plain_inplace(&mut u, &(-inverse.start).into())?;
        let mut factor = c.negate(&sum)?;
        c.add_plain_inplace(&mut factor, &(2.0 * inverse.start).into())?;
        let mut p = c.multiply(numerators, &factor)?;
        for (constant, v) in &inverse.steps {
            u = c.square(&u)?;
            c.add_plain_inplace(&mut u, &(-constant).into())?;
            let mut factor = u.clone();
            c.add_plain_inplace(&mut factor, &(*v).into())?;
            p = c.multiply(&p, &factor)?;
        }
        Ok(p)
    }
}

impl Part {
    fn levels(&self) -> usize {
        match self {
            Part::Polynomial(polynomial) => polynomial.levels(),
            Part::Direct(polynomial, _) => polynomial.levels(),
            Part::Square => 1,
            Part::Normalise(inverse) => inverse.levels(),
        }
    }
}
