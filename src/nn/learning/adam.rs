//! Adam.

use ndarray::Array2;

/// Adam (Kingma and Ba 2015): running means of the gradient and of its square, each corrected for its start at zero.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub(in crate::nn) struct Adam {
    epsilon: f64,
    means: Vec<f64>,
    squares: Vec<f64>,
    steps: i32,
}

const MEAN_MEMORY: f64 = 0.9;
const SQUARE_MEMORY: f64 = 0.999;

impl Adam {
    /// The usual one, for gradients without noise.
    pub const EPSILON: f64 = 1e-8;

    /// An optimiser that has not seen a gradient. `epsilon` is added to the root of the mean square.
    pub fn new(epsilon: f64) -> Adam {
        Adam { epsilon, means: Vec::new(), squares: Vec::new(), steps: 0 }
    }

    /// Whether its settings are these and its memory is that of so many weights, or empty before the first step.
    pub fn belongs_to(&self, epsilon: f64, weights: usize) -> bool {
        let lengths = [self.means.len(), self.squares.len()];
        self.epsilon == epsilon && self.steps >= 0 && (lengths == [weights; 2] || self.steps == 0 && lengths == [0; 2])
    }

    /// The directions in which weights move, against their gradients: `m / (sqrt(s) + epsilon)`.
    pub fn directions(&mut self, gradient: &[f64]) -> Vec<f64> {
        self.means.resize(gradient.len(), 0.0);
        self.squares.resize(gradient.len(), 0.0);
        self.steps = self.steps.saturating_add(1);
        let (mean_share, square_share) = (1.0 - MEAN_MEMORY.powi(self.steps), 1.0 - SQUARE_MEMORY.powi(self.steps));
        let state = self.means.iter_mut().zip(&mut self.squares);
        let direction = |(&g, (mean, square)): (&f64, (&mut f64, &mut f64))| {
            *mean += (1.0 - MEAN_MEMORY) * (g - *mean);
            *square += (1.0 - SQUARE_MEMORY) * (g * g - *square);
            *mean / mean_share / ((*square / square_share).sqrt() + self.epsilon)
        };
        gradient.iter().zip(state).map(direction).collect()
    }

    /// A step of matrices with decoupled weight decay (Loshchilov and Hutter 2019): `w -= rate (direction + decay w)`.
    pub fn step(&mut self, weights: &mut [Array2<f64>], gradients: &[Array2<f64>], rate: f64, decay: f64) {
        let gradient: Vec<f64> = gradients.iter().flatten().copied().collect();
        for (w, direction) in weights.iter_mut().flatten().zip(self.directions(&gradient)) {
            *w -= rate * (direction + decay * *w);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first direction is the sign of the gradient, and a constant gradient keeps it.
    #[test]
    fn constant_gradients_give_their_signs() {
        let mut adam = Adam::new(1e-8);
        for _ in 0..5 {
            let directions = adam.directions(&[3.0, -0.01, 0.0]);
            // epsilon / |g| is 1e-6 at most.
            assert!((directions[0] - 1.0).abs() < 1e-5 && (directions[1] + 1.0).abs() < 1e-5, "{directions:?}");
            assert_eq!(directions[2], 0.0);
        }
    }

    /// Noise where a gradient is zero becomes a step of nearly the full rate, unless epsilon is far above it.
    #[test]
    fn epsilon_quenches_noise() {
        let noise = 3e-9;
        let moved = |epsilon| Adam::new(epsilon).directions(&[noise])[0];
        assert!(moved(1e-8) > 0.2 && moved(1e-5) < 1e-3);
    }
}
