//! Loss and training accuracy of each step, encrypted over clear, as SVG.

use plotters::{
    coord::Shift,
    prelude::*,
    style::text_anchor::{HPos, Pos, VPos},
};
use seal_nn::{
    DataError,
    report::format::{loss, percent},
};

use super::{Progress, StepReport, TrainReport};

const SIZE: (u32, u32) = (1000, 480);
const HEADER: u32 = 64;
/// Okabe and Ito's blue and vermilion, which every kind of colour vision tells apart.
const CLEAR: RGBColor = RGBColor(0, 114, 178);
const ENCRYPTED: RGBColor = RGBColor(213, 94, 0);
/// Height of the loss panel, in highest losses: above them the legend covers nothing.
const LEGEND_ROOM: f64 = 1.3;
const FONT: &str = "sans-serif";

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Drawn = Result<(), DrawingAreaErrorKind<std::io::Error>>;

/// What one panel shows.
struct Panel {
    caption: &'static str,
    axis: &'static str,
    /// Upper end of the vertical axis; it starts at 0.
    top: f64,
    tick: fn(&f64) -> String,
    /// Whether the legend, which serves both panels, is drawn here.
    legend: bool,
    value: fn(&Progress) -> f64,
}

/// The plot of a run as the text of an SVG file: the encrypted run as circles over the clear run's line, loss on the
/// left, training accuracy on the right, test accuracy below the title. Values that are not finite are left out.
///
/// # Errors
/// `DataError::Plot` when the drawing library refuses.
pub fn training_plot(report: &TrainReport) -> Result<String, DataError> {
    let mut svg = String::new();
    draw(&mut svg, report).map_err(|error| DataError::Plot { reason: error.to_string() })?;
    Ok(svg)
}

fn draw(svg: &mut String, report: &TrainReport) -> Drawn {
    let root = SVGBackend::with_string(svg, SIZE).into_drawing_area();
    root.fill(&WHITE)?;
    let (header, body) = root.split_vertically(HEADER);
    let centre = Pos::new(HPos::Center, VPos::Center);
    let middle = SIZE.0 as i32 / 2;
    for (text, size, y) in [(title(report), 22, 22), (subtitle(report), 17, 48)] {
        header.draw(&Text::new(text, (middle, y), (FONT, size).into_font().color(&BLACK).pos(centre)))?;
    }
    let (left, right) = body.split_horizontally(SIZE.0 / 2);
    let losses = Panel {
        caption: "Loss",
        axis: "mean squared error",
        top: (highest_loss(report) * LEGEND_ROOM).min(f64::MAX),
        tick: |y| loss(*y),
        legend: true,
        value: |progress| progress.loss,
    };
    let accuracies = Panel {
        caption: "Accuracy on the training samples",
        axis: "accuracy",
        top: 1.04,
        tick: |y| format!("{:.0}%", 100.0 * y),
        legend: false,
        value: |progress| progress.train_accuracy,
    };
    panel(&left, &losses, report)?;
    panel(&right, &accuracies, report)?;
    root.present()
}

fn title(report: &TrainReport) -> String {
    format!("{}: network {}, layout {}, seed {}", report.dataset, report.network, report.layout, report.seed)
}

fn subtitle(report: &TrainReport) -> String {
    report.test.map_or("no held-out samples were classified".into(), |test| {
        let (encrypted, clear) = (percent(test.encrypted_accuracy), percent(test.clear_accuracy));
        format!("Accuracy on {} held-out samples: {encrypted} encrypted, {clear} in the clear", test.samples)
    })
}

fn panel(area: &Area, panel: &Panel, report: &TrainReport) -> Drawn {
    let last = report.steps.iter().map(|step| step.step).max().unwrap_or(1);
    let mut chart = ChartBuilder::on(area)
        .caption(panel.caption, (FONT, 18))
        .margin(12)
        .x_label_area_size(44)
        .y_label_area_size(80)
        .build_cartesian_2d(0.0..last as f64 + 0.5, 0.0..panel.top)?;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(BLACK.mix(0.12))
        .x_desc("step")
        .y_desc(panel.axis)
        .x_label_formatter(&|x| if x.fract() == 0.0 { x.to_string() } else { String::new() })
        .y_label_formatter(&panel.tick)
        .label_style((FONT, 15))
        .axis_desc_style((FONT, 16))
        .draw()?;

    let points = |pick: fn(&StepReport) -> &Progress| {
        let values = report.steps.iter().map(move |step| (step.step as f64, (panel.value)(pick(step))));
        values.filter(|(_, y)| y.is_finite())
    };
    let line = CLEAR.stroke_width(3);
    chart
        .draw_series(LineSeries::new(points(|step| &step.clear), line))?
        .label("in the clear")
        .legend(move |(x, y)| PathElement::new([(x, y), (x + 20, y)], line));
    // Hollow, so that the line stays visible; smaller where they would merge.
    let (radius, width) = if last > 60 { (2, 1) } else { (4, 2) };
    let ring = ENCRYPTED.stroke_width(width);
    chart
        .draw_series(points(|step| &step.encrypted).map(|point| Circle::new(point, radius, ring)))?
        .label("encrypted")
        .legend(move |(x, y)| Circle::new((x + 10, y), 4, ring));
    if !panel.legend {
        return Ok(());
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperRight)
        .margin(14)
        .background_style(WHITE.mix(0.85))
        .border_style(BLACK.mix(0.3))
        .label_font((FONT, 15))
        .draw()
}

/// The largest loss that can be drawn; 1 without any.
fn highest_loss(report: &TrainReport) -> f64 {
    let losses = report.steps.iter().flat_map(|step| [step.encrypted.loss, step.clear.loss]);
    let highest = losses.filter(|loss| loss.is_finite()).fold(0.0, f64::max);
    if highest > 0.0 { highest } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    /// Vertices of each polyline in the clear run's colour.
    fn lines(svg: &str) -> Vec<usize> {
        let tags = svg.lines().filter(|line| line.contains("<polyline") && line.contains("#0072B2"));
        tags.filter_map(|tag| tag.split("points=\"").nth(1)?.split('"').next())
            .map(|points| points.split_whitespace().count())
            .collect()
    }

    #[test]
    fn every_step_is_drawn_in_both_panels() -> Result<(), DataError> {
        let svg = training_plot(&sample::report(30))?;
        // The legend adds a circle, and a line with two ends.
        assert_eq!(svg.matches("<circle").count(), 30 + 1 + 30);
        assert_eq!(lines(&svg), [30, 2, 30]);
        Ok(())
    }

    #[test]
    fn titles_axes_and_legend_are_text() -> Result<(), DataError> {
        let svg = training_plot(&sample::report(3))?;
        for text in [
            "iris: network 4-8-3, layout merged, seed 0",
            "Accuracy on 30 held-out samples: 96.7% encrypted, 100.0% in the clear",
            "mean squared error",
            "in the clear",
            "step",
        ] {
            assert!(svg.lines().any(|line| line.trim() == text), "{text} is not in\n{svg}");
        }
        assert!(svg.contains("<text") && !svg.contains("NaN"));
        Ok(())
    }

    #[test]
    fn runs_that_stopped_or_diverged_can_be_drawn() -> Result<(), DataError> {
        assert_eq!(training_plot(&TrainReport::default())?.matches("<circle").count(), 1);
        let mut diverged = sample::report(4);
        diverged.dataset = "a<b>&c".into();
        diverged.steps[3].encrypted = Progress { loss: f64::NAN, train_accuracy: 0.3, ..Default::default() };
        diverged.steps[2].clear.loss = f64::INFINITY;
        diverged.steps[1].clear.loss = f64::MAX;
        let svg = training_plot(&diverged)?;
        assert_eq!(svg.matches("<circle").count(), 3 + 1 + 4);
        assert!(svg.contains("a&lt;b&gt;&amp;c"));
        Ok(())
    }
}
