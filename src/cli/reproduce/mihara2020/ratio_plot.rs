//! The published layouts over ours, as dots: by cost, and by the clock where both were run.

use plotters::prelude::*;
use seal_nn::{
    DataError,
    report::drawing::{Area, COLOURS, Drawn, decades, font, svg},
};

use super::record::{MiharaReport, Ratio};

/// Height of a row, and of what is above and below the rows.
const ROW: u32 = 22;
const FRAME: u32 = 150;
/// Rows above the first one, for the legend.
const LEGEND: i32 = 4;

/// The plot as the text of an SVG file: batched steps on the left, single samples on the right, a row for each network
/// and published layout.
///
/// # Errors
/// `DataError::Plot` when the drawing library refuses.
pub fn ratio_plot(report: &MiharaReport) -> Result<String, DataError> {
    let (single, batched): (Vec<&Ratio>, Vec<&Ratio>) = report.ratios.iter().partition(|ratio| ratio.batch == 1);
    let rows = single.len().max(batched.len()).max(1) as u32;
    svg((1100, FRAME + ROW * (rows + LEGEND as u32)), |root| {
        let (left, right) = root.split_horizontally(550);
        panel(&left, "A batch in a step", &batched)?;
        panel(&right, "One sample in a step", &single)
    })
}

fn panel(area: &Area, caption: &str, ratios: &[&Ratio]) -> Drawn {
    let rows = ratios.len() as i32;
    let clocks = ratios.iter().filter_map(|ratio| ratio.by_clock);
    let (low, high) = decades(ratios.iter().map(|ratio| ratio.by_count).chain(clocks).chain([0.5, 2.0]));
    // The first row on top: row i lies at -i.
    let name = |y: &i32| {
        let ratio = usize::try_from(-y).ok().and_then(|row| ratios.get(row));
        ratio.map_or(String::new(), |ratio| format!("{}, batch {}: {}", ratio.network, ratio.batch, ratio.against))
    };
    let mut chart = ChartBuilder::on(area)
        .caption(caption, font(19))
        .margin(12)
        .x_label_area_size(44)
        .y_label_area_size(220)
        .build_cartesian_2d((low..high).log_scale(), -rows.max(1)..LEGEND)?;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(BLACK.mix(0.12))
        .x_desc("published layout over ours")
        .x_label_formatter(&|x| format!("{x}x"))
        .y_labels(ratios.len() + LEGEND as usize + 1)
        .x_labels(6)
        .y_label_formatter(&name)
        .label_style(font(14))
        .axis_desc_style(font(15))
        .draw()?;
    chart.draw_series([PathElement::new([(1.0, -rows.max(1)), (1.0, LEGEND)], BLACK.stroke_width(1))])?;
    let (cost, clock) = (COLOURS[1].filled(), COLOURS[0].stroke_width(2));
    let at = |row: usize, x: f64| (x, -(row as i32));
    chart
        .draw_series(ratios.iter().enumerate().map(|(row, ratio)| Circle::new(at(row, ratio.by_count), 4, cost)))?
        .label("by cost")
        .legend(move |(x, y)| Circle::new((x + 10, y), 4, cost));
    let timed = ratios.iter().enumerate().filter_map(|(row, ratio)| Some((row, ratio.by_clock?)));
    chart
        .draw_series(timed.map(|(row, by_clock)| Circle::new(at(row, by_clock), 6, clock)))?
        .label("by the clock")
        .legend(move |(x, y)| Circle::new((x + 10, y), 6, clock));
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperRight)
        .background_style(WHITE.mix(0.85))
        .border_style(BLACK.mix(0.3))
        .label_font(font(14))
        .draw()
}
