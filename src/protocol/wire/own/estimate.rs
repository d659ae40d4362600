//! How much noise a model's own circuit leaves.

use ndarray::Array2;
use rand::{SeedableRng, rngs::ChaCha8Rng};
use rand_distr::{Distribution, StandardNormal};

use super::OwnModel;
use crate::{
    Result,
    backend::Noise,
    nn::columns::ColumnInference,
    protocol::{ColumnSession, Deployment, Infer},
};

/// Rows whose errors are looked at.
const ROWS: usize = 256;

impl OwnModel {
    /// The standard deviation of the noise that the circuit alone leaves in a logit of rows whose features have a deviation
    /// of 1, simulated in the clear. It depends on the weights, so it is for the server's eyes.
    ///
    /// # Errors
    /// Those of a computation in the clear; `WrongHeadShape` for a deployment of another model.
    pub fn circuit_deviation(&self, deployment: &Deployment<ColumnInference>) -> Result<f64> {
        let slots = deployment.parameters.slots();
        let program = ColumnInference::known(self.head(), slots)?.into();
        let deployment = Deployment { program, ..deployment.clone() };
        let mut random = ChaCha8Rng::seed_from_u64(0);
        let rows = ROWS.min(slots);
        let x = Array2::from_shape_fn((rows, self.shape().widths[0]), |_| StandardNormal.sample(&mut random));
        let run = |noise| {
            let (holder, circuit) = deployment.in_the_clear(noise);
            ColumnSession::in_process(&deployment, holder, circuit).outputs(x.view())
        };
        // Weights are rounded in both: that is part of the model, not noise.
        let errors = run(Some(Noise { seed: 0 }))? - run(None)?;
        Ok((errors.iter().map(|error| error * error).sum::<f64>() / errors.len() as f64).sqrt())
    }
}
