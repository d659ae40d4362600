//! The error of a soft-argmax for each promised range, one line per variant.

use std::collections::BTreeSet;

use rayon::prelude::*;
use seal_nn::{
    Result,
    nn::soft_argmax::{VARIANTS, Variant},
    report::{Axis, Colour, Corner, Mark, Panel, Plot, Series},
};

/// A variant's errors.
#[derive(Clone, Debug, PartialEq)]
pub struct ErrorCurve {
    /// The name in the legend.
    pub name: String,
    /// Number of classes, which decides the panel.
    pub classes: usize,
    /// Promised ranges with the largest error of a probability.
    pub points: Vec<(f64, f64)>,
}

/// Smaller errors are drawn as this one.
const LEAST: f64 = 1e-7;
/// A larger error leaves nothing of a probability.
const MOST: f64 = 1.0;

/// A curve for each variant with a name of its own.
pub fn error_curves() -> Result<Vec<ErrorCurve>> {
    const RANGES: [f64; 10] = [2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 16.0, 24.0, 32.0, 45.0];
    let mut seen = BTreeSet::new();
    let distinct: Vec<_> = VARIANTS.iter().filter(|v| seen.insert((v.classes, v.name))).collect();
    let curve = |variant: &&Variant| {
        let error = |&range: &f64| Some((range, variant.worst_error(range).ok()?.probability));
        ErrorCurve {
            name: variant.name.into(),
            classes: variant.classes,
            points: RANGES.iter().filter_map(error).collect(),
        }
    };
    Ok(distinct.par_iter().map(curve).collect())
}

/// One panel for each number of classes, in the order of the curves.
pub fn error_plot(curves: &[ErrorCurve]) -> Plot {
    let mut seen = BTreeSet::new();
    let numbers = curves.iter().map(|curve| curve.classes).filter(|&classes| seen.insert(classes));
    let panels = numbers.map(|classes| panel(classes, curves.iter().filter(|curve| curve.classes == classes)));
    Plot {
        file: "lima2025-error.svg",
        shows: "Largest error of a probability for each promised range and variant",
        titles: vec![],
        panel_size: (460, 440),
        panels: panels.collect(),
    }
}

fn panel<'a>(classes: usize, curves: impl Iterator<Item = &'a ErrorCurve>) -> Panel {
    let visible = |&(range, error): &(f64, f64)| (range, error.clamp(LEAST, MOST));
    let series = curves.enumerate().map(|(hue, curve)| {
        Series::new(&curve.name, Mark::Line(2), Colour::Hue(hue), curve.points.iter().map(visible))
    });
    let series: Vec<Series> = series.collect();
    let points = || series.iter().flat_map(|series| &series.points);
    let widest = points().map(|(range, _)| *range).filter(|range| range.is_finite()).fold(1.0, f64::max);
    let errors = Axis::decades("largest error of a probability", points().map(|(_, error)| *error));
    Panel {
        caption: format!("{classes} classes"),
        x: Axis::linear("promised range, divided by the temperature", 0.0..widest),
        y: errors
            .with_room(0.6 * series.len() as f64)
            .labelled(|error| if error > MOST { String::new() } else { format!("{error:.0e}") }),
        series,
        legend: Some(Corner::UpperLeft),
    }
}

#[cfg(test)]
mod tests {
    use std::{error::Error, fs, path::Path, result::Result};

    use super::*;

    fn curve(classes: usize, points: &[(f64, f64)]) -> ErrorCurve {
        ErrorCurve { name: "sigmoid 7".into(), classes, points: points.to_vec() }
    }

    #[test]
    fn a_line_for_each_curve_and_a_panel_for_each_number_of_classes() -> Result<(), Box<dyn Error>> {
        let points = [(2.0, 1e-4), (4.0, 1e-2), (8.0, 0.3)];
        let svg = error_plot(&[curve(2, &points), curve(3, &points), curve(3, &points)]).to_svg()?;
        // Each with a line in the legend.
        assert_eq!(svg.matches("stroke-width=\"2\"").count(), 6, "{svg}");
        for text in ["2 classes", "3 classes", "sigmoid 7", "promised range, divided by the temperature"] {
            assert!(svg.lines().any(|line| line.trim() == text), "{text} is not in\n{svg}");
        }
        Ok(())
    }

    #[test]
    fn what_cannot_be_drawn_is_left_out() -> Result<(), Box<dyn Error>> {
        let points = [(1.0, f64::NAN), (2.0, 0.0), (3.0, 1e9), (f64::INFINITY, 1.0)];
        let svg = error_plot(&[curve(2, &points)]).to_svg()?;
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
        error_plot(&[]).to_svg()?;
        Ok(())
    }

    /// `cargo test --bin seal-nn soft_argmax_page -- --ignored`
    #[test]
    #[ignore = "writes docs/soft-argmax-error.svg"]
    fn the_plot_of_the_soft_argmax_page() -> Result<(), Box<dyn Error>> {
        let curve = |variant: &Variant| {
            let ranges = (1..=32).map(|step| 1.6 * f64::from(step));
            // Beyond a half nothing is left of a probability, nor of a reader's interest.
            let errors = ranges.filter_map(|range| Some((range, variant.worst_error(range).ok()?.probability)));
            let levels = variant.approximation(variant.range)?.levels();
            Ok::<_, seal_nn::Error>(ErrorCurve {
                name: format!("{}, {levels} levels", variant.name),
                classes: variant.classes,
                points: errors.take_while(|(_, error)| *error < 0.5).collect(),
            })
        };
        let curves = VARIANTS.iter().map(curve).collect::<Result<Vec<_>, _>>()?;
        let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/soft-argmax-error.svg");
        Ok(fs::write(page, error_plot(&curves).to_svg()?)?)
    }
}
