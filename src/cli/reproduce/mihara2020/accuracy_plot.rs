//! Held-out accuracy on Iris after each step: mean and spread over the seeds, encrypted over clear.

use plotters::prelude::*;
use seal_nn::{
    DataError,
    report::{
        drawing::{Area, COLOURS, Drawn, font, svg},
        format::percent,
    },
};

use super::{
    record::{IrisStep, MiharaReport},
    spread::{Spread, final_accuracies},
};

/// The plot as the text of an SVG file: clear mean as a line in its band of one standard deviation, encrypted mean as
/// circles with bars of one standard deviation.
///
/// # Errors
/// `DataError::Plot` when the drawing library refuses.
pub fn accuracy_plot(report: &MiharaReport) -> Result<String, DataError> {
    svg((900, 480), |root| draw(root, report))
}

/// Mean and spread after each step.
fn spreads(report: &MiharaReport, pick: fn(&IrisStep) -> f64) -> Vec<(f64, Spread)> {
    let last = report.iris.iter().map(|run| run.steps.len()).max().unwrap_or(0);
    let after = |i: usize| Spread::of(report.iris.iter().filter_map(|run| run.steps.get(i)).map(pick));
    (0..last).map(|i| ((i + 1) as f64, after(i))).collect()
}

fn draw(root: &Area, report: &MiharaReport) -> Drawn {
    let (clear, encrypted) = (spreads(report, |s| s.clear_accuracy), spreads(report, |s| s.encrypted_accuracy));
    let last = clear.last().map_or(1.0, |(step, _)| *step);
    let (encrypted_end, clear_end) = final_accuracies(&report.iris);
    let title = format!(
        "Iris, {} seeds: {} encrypted, {} clear at the end",
        report.iris.len(),
        percent(encrypted_end.mean),
        percent(clear_end.mean)
    );
    let mut chart = ChartBuilder::on(root)
        .caption(title, font(20))
        .margin(14)
        .x_label_area_size(44)
        .y_label_area_size(80)
        .build_cartesian_2d(0.0..last + 0.5, 0.0..1.04)?;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(BLACK.mix(0.12))
        .x_desc("step")
        .y_desc("accuracy on held-out samples")
        .x_label_formatter(&|x| if x.fract() == 0.0 { x.to_string() } else { String::new() })
        .y_label_formatter(&|y| format!("{:.0}%", 100.0 * y))
        .label_style(font(15))
        .axis_desc_style(font(16))
        .draw()?;

    let (ours, twin) = (COLOURS[0], COLOURS[1]);
    let edge = |sign: f64| clear.iter().map(move |(x, s)| (*x, (s.mean + sign * s.deviation).clamp(0.0, 1.0)));
    let band: Vec<_> = edge(1.0).chain(edge(-1.0).collect::<Vec<_>>().into_iter().rev()).collect();
    chart.draw_series([Polygon::new(band, twin.mix(0.15))])?;
    let line = twin.stroke_width(3);
    chart
        .draw_series(LineSeries::new(clear.iter().map(|(x, s)| (*x, s.mean)), line))?
        .label("clear: mean, band of one sd")
        .legend(move |(x, y)| PathElement::new([(x, y), (x + 20, y)], line));
    chart.draw_series(encrypted.iter().map(|(x, s)| {
        let ends = [-1.0, 1.0].map(|sign| (*x, (s.mean + sign * s.deviation).clamp(0.0, 1.0)));
        PathElement::new(ends, ours.stroke_width(1))
    }))?;
    let ring = ours.stroke_width(2);
    chart
        .draw_series(encrypted.iter().map(|(x, s)| Circle::new((*x, s.mean), 4, ring)))?
        .label("encrypted: mean, bars of one sd")
        .legend(move |(x, y)| Circle::new((x + 10, y), 4, ring));
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::LowerRight)
        .margin(14)
        .background_style(WHITE.mix(0.85))
        .border_style(BLACK.mix(0.3))
        .label_font(font(15))
        .draw()
}
