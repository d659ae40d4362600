//! Gradient descent with momentum.

/// `v = mu v + g`; the direction is `v`, or with Nesterov's correction `g + mu v` (Sutskever et al. 2013).
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub(super) struct Momentum {
    momentum: f64,
    nesterov: bool,
    velocity: Vec<f64>,
}

impl Momentum {
    /// An optimiser that has not seen a gradient.
    pub fn new(momentum: f64, nesterov: bool) -> Momentum {
        Momentum { momentum, nesterov, velocity: Vec::new() }
    }

    /// Whether its settings are these and its velocity is that of so many weights, or empty before the first step.
    pub fn belongs_to(&self, momentum: f64, nesterov: bool, weights: usize) -> bool {
        self.momentum == momentum && self.nesterov == nesterov && [0, weights].contains(&self.velocity.len())
    }

    /// The directions in which weights move, against their gradients.
    pub fn directions(&mut self, gradient: &[f64]) -> Vec<f64> {
        self.velocity.resize(gradient.len(), 0.0);
        let direction = |(&g, v): (&f64, &mut f64)| {
            *v = self.momentum * *v + g;
            if self.nesterov { g + self.momentum * *v } else { *v }
        };
        gradient.iter().zip(&mut self.velocity).map(direction).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directions_by_hand() {
        let run = |nesterov| {
            let mut momentum = Momentum::new(0.5, nesterov);
            [1.0, 1.0, -2.0].map(|g| momentum.directions(&[g])[0])
        };
        assert_eq!(run(false), [1.0, 1.5, -1.25]);
        assert_eq!(run(true), [1.5, 1.75, -2.625]);
    }
}
