//! The published layouts compared with ours, as dots: by cost, and by time if both were run.

use seal_nn::report::{
    Axis, Colour, Corner,
    Mark::{Dots, Line, Rings},
    Panel, Plot, Series,
};

use super::record::{MiharaReport, Ratio};

/// Height of a row, and of the space above and below the rows.
const ROW: u32 = 22;
const FRAME: u32 = 150;
/// Rows above the first one, for the legend.
const LEGEND: usize = 4;

/// Batches on the left, single samples on the right; one row for each network and published layout.
pub fn ratio_plot(report: &MiharaReport) -> Plot {
    let (single, batched): (Vec<&Ratio>, Vec<&Ratio>) = report.ratios.iter().partition(|ratio| ratio.batch == 1);
    let rows = single.len().max(batched.len()).max(1) + LEGEND;
    Plot {
        file: "mihara2020-ratios.svg",
        shows: "Cost and time of each published layout over ours",
        titles: vec![],
        panel_size: (550, FRAME + ROW * rows as u32),
        panels: vec![panel("A batch in a step", &batched), panel("One sample in a step", &single)],
    }
}

fn panel(caption: &str, ratios: &[&Ratio]) -> Panel {
    let name = |ratio: &&Ratio| format!("{}, batch {}: {}", ratio.network, ratio.batch, ratio.against);
    let by = |value: fn(&Ratio) -> Option<f64>| {
        let values = ratios.iter().enumerate().map(move |(row, ratio)| Some((value(ratio)?, -(row as f64))));
        values.flatten().collect::<Vec<_>>()
    };
    let (cost, clock) = (by(|ratio| Some(ratio.by_count)), by(|ratio| ratio.by_clock));
    let ratios_shown = cost.iter().chain(&clock).map(|(ratio, _)| *ratio).chain([0.5, 2.0]);
    let even = [(1.0, -(ratios.len().max(1) as f64)), (1.0, LEGEND as f64)];
    Panel {
        caption: caption.into(),
        x: Axis::decades("published layout over ours", ratios_shown).labelled(|ratio| format!("{ratio}x")),
        y: Axis::rows(ratios.iter().map(name).collect(), LEGEND),
        series: vec![
            Series::new("", Line(1), Colour::Grey(1.0), even),
            Series::new("by cost", Dots, Colour::Hue(1), cost),
            Series::new("by time", Rings, Colour::Hue(0), clock),
        ],
        legend: Some(Corner::UpperRight),
    }
}
