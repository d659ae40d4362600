//! The course of a calibration.

use seal_nn::report::{
    Axis, Colour, Corner, Mark,
    Mark::{Line, Rings},
    Panel, Plot, Series,
};

use super::record::{CalibrationStep, LimaReport};

/// On the left the temperature, encrypted as circles on the line in the clear; on the right negative log-likelihood and
/// entropy of the validation samples.
pub fn calibration_plot(report: &LimaReport) -> Plot {
    let course = &report.calibration.course;
    Plot {
        file: "lima2025-calibration.svg",
        shows: "Temperature, likelihood and entropy after each step of calibration",
        titles: vec![],
        panel_size: (500, 420),
        panels: vec![
            panel(
                course,
                "temperature",
                &[
                    ("in the clear, exact softmax", Line(2), Colour::CLEAR, |step| step.clear_temperature),
                    ("encrypted", Rings, Colour::ENCRYPTED, |step| step.temperature),
                ],
            ),
            panel(
                course,
                "nats, validation samples",
                &[
                    ("negative log-likelihood", Rings, Colour::Hue(0), |step| step.nll),
                    ("entropy", Rings, Colour::Hue(1), |step| step.entropy),
                ],
            ),
        ],
    }
}

type Shown = (&'static str, Mark, Colour, fn(&CalibrationStep) -> f64);

fn panel(course: &[CalibrationStep], axis: &str, shown: &[Shown]) -> Panel {
    let series = shown.iter().map(|&(name, mark, colour, value)| {
        Series::new(name, mark, colour, course.iter().map(|step| (step.step as f64, value(step))))
    });
    let series: Vec<Series> = series.collect();
    let values = series.iter().flat_map(|series| &series.points).map(|(_, y)| *y);
    let top = values.filter(|value| value.is_finite()).fold(0.1, f64::max) * 1.25;
    Panel {
        caption: String::new(),
        x: Axis::steps("step of calibration", course.len()),
        y: Axis::linear(axis, 0.0..top),
        series,
        legend: Some(Corner::UpperRight),
    }
}
