//! What calibration does, step by step.

use plotters::prelude::*;
use seal_nn::{
    DataError,
    report::drawing::{Area, COLOURS, Drawn, font, svg},
};

use super::record::{CalibrationStep, LimaReport};

/// The plot as the text of an SVG file: on the left the temperature, encrypted as circles over the clear line, on the
/// right negative log-likelihood and entropy on the validation samples.
///
/// # Errors
/// `DataError::Plot` when the drawing library refuses.
pub fn calibration_plot(report: &LimaReport) -> Result<String, DataError> {
    svg((1000, 420), |root| {
        let (left, right) = root.split_horizontally(500);
        let course = &report.calibration.course;
        panel(
            &left,
            "temperature",
            course,
            &[("clear, exact softmax", false, |s| s.clear_temperature), ("encrypted", true, |s| s.temperature)],
        )?;
        panel(
            &right,
            "nats, validation samples",
            course,
            &[("negative log-likelihood", true, |s| s.nll), ("entropy", true, |s| s.entropy)],
        )
    })
}

type Line = (&'static str, bool, fn(&CalibrationStep) -> f64);

fn panel(area: &Area, axis: &str, course: &[CalibrationStep], lines: &[Line]) -> Drawn {
    let last = course.last().map_or(1.0, |s| s.step as f64);
    let values = course.iter().flat_map(|s| lines.iter().map(move |(.., value)| value(s)));
    let top = values.filter(|v| v.is_finite()).fold(0.1, f64::max) * 1.25;
    let mut chart = ChartBuilder::on(area)
        .margin(14)
        .x_label_area_size(44)
        .y_label_area_size(64)
        .build_cartesian_2d(0.0..last + 0.5, 0.0..top)?;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(BLACK.mix(0.12))
        .x_desc("step of calibration")
        .y_desc(axis)
        .label_style(font(15))
        .axis_desc_style(font(16))
        .draw()?;
    for (i, (name, circles, value)) in lines.iter().enumerate() {
        let colour = COLOURS[1 - i.min(1)];
        let points: Vec<(f64, f64)> = course.iter().map(|s| (s.step as f64, value(s))).collect();
        let series = chart.draw_series(LineSeries::new(points.iter().copied(), colour.stroke_width(2)))?;
        series.label(*name).legend(move |(x, y)| PathElement::new([(x, y), (x + 20, y)], colour.stroke_width(2)));
        if *circles {
            chart.draw_series(points.iter().map(|&point| Circle::new(point, 3, colour.stroke_width(2))))?;
        }
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperRight)
        .margin(14)
        .background_style(WHITE.mix(0.85))
        .border_style(BLACK.mix(0.3))
        .label_font(font(15))
        .draw()
}
