//! The soft-argmax's error over the range promised to it, by variant.

use std::collections::BTreeSet;

use rayon::prelude::*;
use seal_nn::{Result, nn::soft_argmax::VARIANTS, report::lima::ErrorCurve};

/// A curve for each variant that is told from others by its name.
pub fn error_curves() -> Result<Vec<ErrorCurve>> {
    const RANGES: [f64; 10] = [2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 16.0, 24.0, 32.0, 45.0];
    let mut seen = BTreeSet::new();
    let distinct: Vec<_> = VARIANTS.iter().filter(|v| seen.insert((v.classes, v.name))).collect();
    let curve = |variant: &&seal_nn::nn::soft_argmax::Variant| {
        let error = |&range: &f64| Some((range, variant.worst_error(range).ok()?.probability));
        ErrorCurve {
            name: variant.name.into(),
            panel: format!("{} classes", variant.classes),
            points: RANGES.iter().filter_map(error).collect(),
        }
    };
    Ok(distinct.par_iter().map(curve).collect())
}
