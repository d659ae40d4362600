//! What a bootstrap needs of the place where it runs, beside a circuit.

use super::BootstrapParameters;
use crate::{
    Result,
    backend::{Evaluate, Unscaled},
};

/// The parts of a bootstrap that are no circuit of real slots: from values in slots to their coefficients, wrapped
/// around q' several times, in slots at the top of a taller chain. The rest is [`Bootstrap`](super::Bootstrap), the same
/// everywhere.
pub trait Raise: Send + Sync {
    /// The backend, of steps and of the taller chain. Sums over copies come before a rescale.
    type Evaluator: Unscaled;

    /// The backend on the taller chain.
    fn tall(&self) -> &Self::Evaluator;

    /// A value of the step's chain as one of the taller chain.
    ///
    /// # Errors
    /// Any error of the backend.
    fn lift(&self, x: &<Self::Evaluator as Evaluate>::Ciphertext) -> Result<<Self::Evaluator as Evaluate>::Ciphertext> {
        Ok(x.clone())
    }

    /// For a value of the taller chain at the map's level or above, `(m + q' I) / (q' K)` in slots with the period of the
    /// bootstrap, where `m` is q' times [`message`](super::BootstrapParameters::message) times the value of a live slot, and 0
    /// for others: at [`sine_level`](super::BootstrapParameters::sine_level) and its scale.
    ///
    /// The parameters are those of the bootstrap but for the bound.
    ///
    /// # Errors
    /// Any error of the backend.
    fn coefficients(
        &self,
        parameters: &BootstrapParameters,
        x: &<Self::Evaluator as Evaluate>::Ciphertext,
        live: &[bool],
    ) -> Result<<Self::Evaluator as Evaluate>::Ciphertext>;

    /// A value of the taller chain as one of the step's chain.
    ///
    /// # Errors
    /// Any error of the backend.
    fn lower(&self, x: <Self::Evaluator as Evaluate>::Ciphertext) -> Result<<Self::Evaluator as Evaluate>::Ciphertext> {
        Ok(x)
    }
}
