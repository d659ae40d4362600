//! The optimiser for training in the clear.

use ndarray::{Array2, Zip};

/// Adam (Kingma and Ba 2015) with decoupled weight decay (Loshchilov and Hutter 2019).
pub(super) struct Adam {
    means: Vec<Array2<f64>>,
    squares: Vec<Array2<f64>>,
    steps: i32,
}

const MEAN_MEMORY: f64 = 0.9;
const SQUARE_MEMORY: f64 = 0.999;
const EPSILON: f64 = 1e-8;

impl Adam {
    /// An optimiser for matrices of these shapes.
    pub fn new(weights: &[Array2<f64>]) -> Adam {
        let means: Vec<_> = weights.iter().map(|w| Array2::zeros(w.dim())).collect();
        Adam { squares: means.clone(), means, steps: 0 }
    }

    /// `w -= rate (m / sqrt(s) + decay w)`, with the running means `m` of the gradients and `s` of their squares.
    pub fn step(&mut self, weights: &mut [Array2<f64>], gradients: &[Array2<f64>], rate: f64, decay: f64) {
        self.steps += 1;
        let (mean_share, square_share) = (1.0 - MEAN_MEMORY.powi(self.steps), 1.0 - SQUARE_MEMORY.powi(self.steps));
        for (l, gradient) in gradients.iter().enumerate() {
            Zip::from(&mut weights[l]).and(gradient).and(&mut self.means[l]).and(&mut self.squares[l]).for_each(
                |w, &g, mean, square| {
                    *mean += (1.0 - MEAN_MEMORY) * (g - *mean);
                    *square += (1.0 - SQUARE_MEMORY) * (g * g - *square);
                    *w -= rate * (*mean / mean_share / ((*square / square_share).sqrt() + EPSILON) + decay * *w);
                },
            );
        }
    }
}
