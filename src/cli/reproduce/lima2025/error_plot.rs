//! The error of a soft-argmax over the range promised to it, a line for each variant.

use plotters::prelude::*;
use seal_nn::{
    DataError,
    report::drawing::{Area, COLOURS, Drawn, decades, font, svg},
};

/// A variant's errors.
#[derive(Clone, Debug, PartialEq)]
pub struct ErrorCurve {
    /// What the legend calls it.
    pub name: String,
    /// The panel it belongs to: its number of classes, in words.
    pub panel: String,
    /// Ranges promised and the largest error of a probability.
    pub points: Vec<(f64, f64)>,
}

/// Errors below are all the same to a reader.
const LEAST: f64 = 1e-7;
/// Above this no probability is left.
const MOST: f64 = 1.0;
const PANEL: (u32, u32) = (460, 440);

/// The plot as the text of an SVG file: a panel for each name of one, in the order in which they come.
///
/// # Errors
/// `DataError::Plot` when the drawing library refuses.
pub fn error_plot(curves: &[ErrorCurve]) -> Result<String, DataError> {
    let mut panels: Vec<(&str, Vec<&ErrorCurve>)> = Vec::new();
    for curve in curves {
        match panels.iter_mut().find(|(name, _)| *name == curve.panel) {
            Some((_, of_panel)) => of_panel.push(curve),
            None => panels.push((&curve.panel, vec![curve])),
        }
    }
    let count = panels.len().max(1);
    svg((PANEL.0 * count as u32, PANEL.1), |root| {
        for (area, (name, curves)) in root.split_evenly((1, count)).iter().zip(&panels) {
            panel(area, name, curves)?;
        }
        Ok(())
    })
}

fn panel(area: &Area, caption: &str, curves: &[&ErrorCurve]) -> Drawn {
    let visible = |curve: &ErrorCurve| -> Vec<(f64, f64)> {
        let finite = curve.points.iter().filter(|(x, y)| x.is_finite() && y.is_finite());
        finite.map(|&(x, y)| (x, y.clamp(LEAST, MOST))).collect()
    };
    let all: Vec<(f64, f64)> = curves.iter().flat_map(|curve| visible(curve)).collect();
    let widest = all.iter().map(|(x, _)| *x).fold(1.0, f64::max);
    let (low, high) = decades(all.iter().map(|(_, y)| *y));
    // Room above for the legend.
    let top = high * 10f64.powf(0.6 * curves.len() as f64);
    let mut chart = ChartBuilder::on(area)
        .caption(caption, font(19))
        .margin(12)
        .x_label_area_size(44)
        .y_label_area_size(70)
        .build_cartesian_2d(0.0..widest, (low..top).log_scale())?;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(BLACK.mix(0.12))
        .x_desc("range promised, over the temperature")
        .y_desc("largest error of a probability")
        .x_labels(8)
        .y_label_formatter(&|y| if *y > MOST { String::new() } else { format!("{y:.0e}") })
        .label_style(font(14))
        .axis_desc_style(font(15))
        .draw()?;
    for (curve, colour) in curves.iter().zip(COLOURS.iter().cycle()) {
        let line = colour.stroke_width(2);
        chart
            .draw_series(LineSeries::new(visible(curve), line))?
            .label(curve.name.as_str())
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 20, y)], line));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperLeft)
        .background_style(WHITE.mix(0.85))
        .border_style(BLACK.mix(0.3))
        .label_font(font(14))
        .draw()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curve(panel: &str, points: &[(f64, f64)]) -> ErrorCurve {
        ErrorCurve { name: "sigmoid 7".into(), panel: panel.into(), points: points.to_vec() }
    }

    #[test]
    fn a_line_for_each_curve_and_a_panel_for_each_name() -> Result<(), DataError> {
        let points = [(2.0, 1e-4), (4.0, 1e-2), (8.0, 0.3)];
        let svg = error_plot(&[curve("2 classes", &points), curve("3 classes", &points), curve("3 classes", &points)])?;
        // Each with a line in the legend.
        assert_eq!(svg.matches("stroke-width=\"2\"").count(), 6, "{svg}");
        for text in ["2 classes", "3 classes", "sigmoid 7", "range promised, over the temperature"] {
            assert!(svg.lines().any(|line| line.trim() == text), "{text} is not in\n{svg}");
        }
        Ok(())
    }

    #[test]
    fn what_cannot_be_drawn_is_left_out() -> Result<(), DataError> {
        let svg = error_plot(&[curve("a<b", &[(1.0, f64::NAN), (2.0, 0.0), (3.0, 1e9), (f64::INFINITY, 1.0)])])?;
        assert!(!svg.contains("NaN") && !svg.contains("inf") && svg.contains("a&lt;b"));
        error_plot(&[])?;
        Ok(())
    }
}
