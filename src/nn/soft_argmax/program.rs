//! The soft-argmax on packed logits.

use super::{MinimaxInverse, Recipe, SoftArgmax};
use crate::{
    Level, PackingError, Result,
    backend::{Circuit, Evaluate, Landing, Slots},
    nn::PolynomialProgram,
    packing::{Index, MatrixLayout, Product},
};

/// A [`Recipe`] on packed logits, for any backend.
///
/// The logits are a matrix, `samples x classes`, with the classes along slots of one ciphertext; the cheapest place for
/// them is the outermost axis, where sums need no mask. They come centred, divided by the temperature and by the
/// recipe's [`reach`](Recipe::reach), all of which a dense layer before takes into its weights. For two classes they
/// are one column, the difference of the second and the first.
///
/// Nothing notices inside the encryption when logits leave the promised range: the client looks at what it decrypts
/// ([`SoftArgmaxProgram::check`]).
pub struct SoftArgmaxProgram {
    layer: SoftArgmax,
    steps: Steps,
    /// Sums over the classes.
    total: Product,
    /// The position of each class.
    indices: Slots,
    logits: MatrixLayout,
}

enum Steps {
    Sigmoid(PolynomialProgram),
    Stages { link: PolynomialProgram, inverses: Vec<MinimaxInverse> },
}

/// Probabilities may be this far outside of 0 to 1, and their sum from 1, before the client takes them for garbage
/// (spec: soft-argmax, 4).
const SLACK: f64 = 0.05;

impl SoftArgmaxProgram {
    /// The program for logits that lie like this.
    ///
    /// # Errors
    /// `WrongCount` unless the logits lie in one ciphertext with a column a class, or one column for two classes.
    pub fn new(layer: &SoftArgmax, recipe: &Recipe, logits: &MatrixLayout) -> Result<SoftArgmaxProgram> {
        let columns = if matches!(recipe, Recipe::Sigmoid { .. }) { 1 } else { layer.classes() };
        for (what, expected, actual) in
            [("columns of logits", columns, logits.shape().1), ("packed logits", 1, logits.ciphertexts())]
        {
            if expected != actual {
                return Err(PackingError::WrongCount { what: what.into(), expected, actual }.into());
            }
        }
        let live = logits.fill(|_, _| 1.0).concat();
        let steps = match recipe {
            Recipe::Sigmoid { polynomial } => Steps::Sigmoid(PolynomialProgram::new(polynomial).only(&live)),
            Recipe::Stages { link, inverses } => {
                Steps::Stages { link: PolynomialProgram::new(link).only(&live), inverses: inverses.clone() }
            }
        };
        let indices = logits.fill(|_, class| layer.index(class)).concat();
        // A row of ones, which is never multiplied: only the sum of the product is used.
        let ones = logits.with_rows(Index::new(1));
        Ok(SoftArgmaxProgram {
            layer: *layer,
            steps,
            total: Product::new(logits, &ones)?,
            indices: indices.into(),
            logits: logits.clone(),
        })
    }

    /// The probabilities, `samples x classes`, where the logits lay; for two classes that of the second one.
    ///
    /// # Errors
    /// The recipe's levels must be left, and sums need their rotation keys.
    pub fn probabilities<E: Evaluate>(&self, c: &Circuit<E>, logits: &E::Ciphertext) -> Result<E::Ciphertext> {
        match &self.steps {
            Steps::Sigmoid(sigmoid) => sigmoid.apply(c, logits),
            Steps::Stages { link, inverses } => {
                let mut p = link.apply(c, logits)?;
                for (stage, inverse) in inverses.iter().enumerate() {
                    if stage > 0 {
                        p = c.square(&p)?;
                    }
                    p = self.normalise(c, inverse, p)?;
                }
                Ok(p)
            }
        }
    }

    /// The position, from the probabilities: the same on every slot of a sample. One level and a sum; none of either
    /// for two classes.
    ///
    /// # Errors
    /// As [`probabilities`](SoftArgmaxProgram::probabilities).
    pub fn position<E: Evaluate>(&self, c: &Circuit<E>, probabilities: &E::Ciphertext) -> Result<E::Ciphertext> {
        if let Steps::Sigmoid(_) = self.steps {
            let mut position = probabilities.clone();
            if self.layer.first_index() != 0 {
                c.add_plain_inplace(&mut position, &(self.layer.first_index() as f64).into())?;
            }
            return Ok(position);
        }
        let below = Landing::At(Level(c.level(probabilities).0.saturating_sub(1)));
        self.total.sum(c, c.multiply_plain(probabilities, &self.indices, below)?)
    }

    /// What the client looks at: whether decrypted probabilities of a sample can be any.
    pub fn check(&self, probabilities: &[f64]) -> bool {
        let fine = |p: &f64| (-SLACK..=1.0 + SLACK).contains(p);
        let sum: f64 = probabilities.iter().sum();
        let whole = matches!(self.steps, Steps::Sigmoid(_)) || (sum - 1.0).abs() <= SLACK;
        probabilities.iter().all(fine) && whole
    }

    /// Where logits and probabilities lie.
    pub fn layout(&self) -> &MatrixLayout {
        &self.logits
    }

    fn normalise<E: Evaluate>(
        &self,
        c: &Circuit<E>,
        inverse: &MinimaxInverse,
        numerators: E::Ciphertext,
    ) -> Result<E::Ciphertext> {
        let sum = self.total.sum(c, numerators.clone())?;
        let mut u = sum.clone();
        c.add_plain_inplace(&mut u, &(-inverse.start).into())?;
        let mut factor = c.negate(&sum)?;
        c.add_plain_inplace(&mut factor, &(2.0 * inverse.start).into())?;
        let mut p = c.multiply(&numerators, &factor)?;
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
