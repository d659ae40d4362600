//! Means and spreads over seeds.

use super::record::IrisRun;

/// Mean and standard deviation of a sample.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Spread {
    /// Mean; NaN of nothing.
    pub mean: f64,
    /// Standard deviation of the sample (divisor n - 1); 0 for fewer than two values.
    pub deviation: f64,
}

impl Spread {
    /// Of these values.
    pub fn of(values: impl IntoIterator<Item = f64>) -> Spread {
        let values: Vec<f64> = values.into_iter().collect();
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let squares: f64 = values.iter().map(|v| (v - mean).powi(2)).sum();
        let deviation = if values.len() < 2 { 0.0 } else { (squares / (values.len() - 1) as f64).sqrt() };
        Spread { mean, deviation }
    }
}

/// Final accuracies, encrypted and clear.
pub fn final_accuracies(runs: &[IrisRun]) -> (Spread, Spread) {
    let spread = |pick: fn(&IrisRun) -> f64| Spread::of(runs.iter().map(pick));
    (spread(|run| run.encrypted_test_accuracy), spread(|run| run.clear_test_accuracy))
}

/// How many held-out samples the encrypted and the clear run of a seed answer differently in sum, at most.
pub fn largest_gap(runs: &[IrisRun]) -> u64 {
    let gap = |run: &IrisRun| (run.encrypted_test_accuracy - run.clear_test_accuracy).abs() * run.test_samples as f64;
    runs.iter().map(|run| gap(run).round() as u64).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_deviation_is_that_of_a_sample() {
        assert_eq!(Spread::of([1.0, 3.0]), Spread { mean: 2.0, deviation: 2f64.sqrt() });
        assert_eq!(Spread::of([5.0]).deviation, 0.0);
    }
}
