//! Growth of a step with the width of the layers, on logarithmic axes: rotations, time and memory against theory.

use plotters::prelude::*;
use seal_nn::{
    DataError,
    report::drawing::{Area, COLOURS, Drawn, decades, font, svg},
};

use super::record::{MiharaReport, Scaling, StepCounts};

/// One panel: what was measured over what was foreseen.
struct Panel {
    caption: &'static str,
    axis: &'static str,
    measured: Series,
    theory: Series,
    /// Of the paper's diagonals, with lines that grow as `d` and as `d^2`.
    diagonal: Option<Series>,
}

/// What a series shows of each row; `None` leaves a gap.
struct Series {
    name: &'static str,
    value: fn(&Scaling) -> Option<f64>,
}

const PANELS: [Panel; 3] = [
    Panel {
        caption: "Key switches of a step",
        axis: "rotations and relinearisations",
        measured: Series { name: "counted in a run", value: |row| row.seconds.map(|_| key_switches(&row.counts)) },
        theory: Series { name: "planned", value: |row| Some(key_switches(&row.counts)) },
        diagonal: Some(Series {
            name: "the paper's diagonals, planned",
            value: |row| row.diagonal.as_ref().map(key_switches),
        }),
    },
    Panel {
        caption: "Time of a step",
        axis: "seconds",
        measured: Series { name: "measured", value: |row| row.seconds },
        theory: Series { name: "foreseen from the plan, one thread", value: |row| Some(row.modelled_seconds) },
        diagonal: None,
    },
    Panel {
        caption: "Peak memory",
        axis: "MiB",
        measured: Series { name: "measured", value: |row| row.peak_rss_bytes.map(mebibytes) },
        theory: Series { name: "foreseen: keys and ciphertexts", value: |row| Some(mebibytes(row.modelled_bytes)) },
        diagonal: None,
    },
];

fn key_switches(counts: &StepCounts) -> f64 {
    counts.key_switches() as f64
}

fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / (1u64 << 20) as f64
}

/// The plot as the text of an SVG file.
///
/// # Errors
/// `DataError::Plot` when the drawing library refuses.
pub fn scaling_plot(report: &MiharaReport) -> Result<String, DataError> {
    svg((1350, 460), |root| {
        let areas = root.split_evenly((1, PANELS.len()));
        areas.iter().zip(&PANELS).try_for_each(|(area, shown)| panel(area, shown, &report.scaling))
    })
}

fn points(rows: &[Scaling], series: &Series) -> Vec<(f64, f64)> {
    rows.iter().filter_map(|row| Some((row.d as f64, (series.value)(row)?))).collect()
}

fn panel(area: &Area, panel: &Panel, rows: &[Scaling]) -> Drawn {
    let found = points(rows, &panel.measured);
    let theory = points(rows, &panel.theory);
    let diagonal = panel.diagonal.as_ref().map(|shown| (shown.name, points(rows, shown)));
    let all = found.iter().chain(&theory).chain(diagonal.iter().flat_map(|(_, points)| points));
    let (low, high) = decades(all.map(|&(_, y)| y));
    let widest = rows.iter().map(|row| row.d as f64).fold(8.0, f64::max);
    let mut chart = ChartBuilder::on(area)
        .caption(panel.caption, font(19))
        .margin(12)
        .x_label_area_size(44)
        .y_label_area_size(80)
        .build_cartesian_2d((3.5..widest * 1.15).log_scale().base(2.0), (low..high).log_scale())?;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(BLACK.mix(0.12))
        .x_desc("d")
        .y_desc(panel.axis)
        .x_label_formatter(&|d| format!("{d}"))
        .y_label_formatter(&|y| format!("{y}"))
        .label_style(font(14))
        .axis_desc_style(font(15))
        .draw()?;
    if diagonal.is_some() {
        for (power, shade, name) in [(1, 0.25, "as d"), (2, 0.12, "as d\u{b2}")] {
            let guide = BLACK.mix(shade).stroke_width(5);
            // Through the last planned point, as far as the panel goes.
            let (end, top) = theory.last().copied().unwrap_or((widest, high));
            let line = theory.iter().map(|&(d, _)| (d, top * (d / end).powi(power))).filter(|&(_, y)| y >= low);
            chart
                .draw_series(LineSeries::new(line.collect::<Vec<_>>(), guide))?
                .label(name)
                .legend(move |(x, y)| PathElement::new([(x, y), (x + 20, y)], guide));
        }
    }
    let line = BLACK.mix(0.55).stroke_width(2);
    chart
        .draw_series(LineSeries::new(theory, line))?
        .label(panel.theory.name)
        .legend(move |(x, y)| PathElement::new([(x, y), (x + 20, y)], line));
    if let Some((name, points)) = diagonal {
        let dot = COLOURS[1].filled();
        chart
            .draw_series(points.into_iter().map(|point| TriangleMarker::new(point, 6, dot)))?
            .label(name)
            .legend(move |(x, y)| TriangleMarker::new((x + 10, y), 6, dot));
    }
    let ring = COLOURS[0].stroke_width(2);
    chart
        .draw_series(found.into_iter().map(|point| Circle::new(point, 5, ring)))?
        .label(panel.measured.name)
        .legend(move |(x, y)| Circle::new((x + 10, y), 5, ring));
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperLeft)
        .margin(12)
        .background_style(WHITE.mix(0.85))
        .border_style(BLACK.mix(0.3))
        .label_font(font(14))
        .draw()
}
