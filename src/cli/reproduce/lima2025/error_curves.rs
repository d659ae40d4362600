//! The soft-argmax's error over the range promised to it, by variant.

use std::collections::BTreeSet;

use rayon::prelude::*;
use seal_nn::{Result, nn::VARIANTS};

use super::error_plot::ErrorCurve;

/// A curve for each variant that is told from others by its name.
pub fn error_curves() -> Result<Vec<ErrorCurve>> {
    const RANGES: [f64; 10] = [2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 16.0, 24.0, 32.0, 45.0];
    let mut seen = BTreeSet::new();
    let distinct: Vec<_> = VARIANTS.iter().filter(|v| seen.insert((v.classes, v.name))).collect();
    let curve = |variant: &&seal_nn::nn::Variant| {
        let error = |&range: &f64| Some((range, variant.worst_error(range).ok()?.probability));
        ErrorCurve {
            name: variant.name.into(),
            panel: format!("{} classes", variant.classes),
            points: RANGES.iter().filter_map(error).collect(),
        }
    };
    Ok(distinct.par_iter().map(curve).collect())
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use seal_nn::nn::Variant;

    use super::*;
    use crate::cli::reproduce::lima2025::error_plot::error_plot;

    /// `cargo test --bin seal-nn soft_argmax_page -- --ignored`
    #[test]
    #[ignore = "writes docs/soft-argmax-error.svg"]
    fn the_plot_of_the_soft_argmax_page() {
        let curve = |variant: &Variant| {
            let ranges = (1..=32).map(|step| 1.6 * f64::from(step));
            // Beyond a half nothing is left of a probability, nor of a reader's interest.
            let errors = ranges.filter_map(|range| Some((range, variant.worst_error(range).ok()?.probability)));
            let levels = variant.approximation(variant.range).unwrap().levels();
            ErrorCurve {
                name: format!("{}, {levels} levels", variant.name),
                panel: format!("{} classes", variant.classes),
                points: errors.take_while(|(_, error)| *error < 0.5).collect(),
            }
        };
        let svg = error_plot(&VARIANTS.iter().map(curve).collect::<Vec<_>>()).unwrap();
        fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/soft-argmax-error.svg"), svg).unwrap();
    }
}
