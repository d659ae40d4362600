//! Accuracy and R2 of every model on every table.

use seal_nn::report::{Axis, Colour, Corner, Mark, Panel, Plot, Series};

use super::record::{TableResult, TablesReport};

/// Height of a row, and of what is around the rows.
const ROW: u32 = 26;
const AROUND: u32 = 110;
/// Rows of room for the legend.
const LEGEND: usize = 3;

/// A row for each table, with a dot for the mean of every model.
pub fn scores_plot(report: &TablesReport) -> Plot {
    let tables = &report.tables;
    let names = tables.iter().map(|table| table.table.clone()).collect();
    let scores = || tables.iter().flat_map(|table| table.models.iter().map(|model| model.score()));
    let least = scores().filter(|score| score.is_finite()).fold(1.0, f64::min).clamp(0.0, 0.9);
    // The lower end is a multiple of 10%.
    let range = (10.0 * least).floor() / 10.0..1.01;
    let series = kinds(&tables.iter().collect::<Vec<_>>()).into_iter().enumerate().map(|(kind, name)| {
        let point = |(row, table): (usize, &TableResult)| Some((table.models.get(kind)?.score(), -(row as f64)));
        let mark = if kind == 0 { Mark::Dots } else { Mark::Rings };
        Series::new(name, mark, Colour::Hue(kind), tables.iter().enumerate().filter_map(point))
    });
    Plot {
        file: "tables.svg",
        shows: "Accuracy, or R2, on held-out samples",
        titles: vec![],
        panel_size: (900, AROUND + ROW * (tables.len() + LEGEND) as u32),
        panels: vec![Panel {
            caption: format!(
                "Accuracy (R2 for numbers) on held-out samples, means of {} split(s)",
                report.training.seeds.len()
            ),
            x: Axis::linear("", range).labelled(|share| format!("{:.0}%", 100.0 * share)),
            y: Axis::rows(names, LEGEND),
            // The first model lies on top.
            series: series.collect::<Vec<_>>().into_iter().rev().collect(),
            legend: Some(Corner::UpperLeft),
        }],
    }
}

/// Names of the models by their place in every table; scikit-learn's have other names for classes and for numbers.
pub fn kinds(tables: &[&TableResult]) -> Vec<String> {
    let most = tables.iter().map(|table| table.models.len()).max().unwrap_or(0);
    let name = |kind: usize| {
        let mut names: Vec<&str> = Vec::new();
        for model in tables.iter().filter_map(|table| table.models.get(kind)) {
            if !names.contains(&model.model.as_str()) {
                names.push(&model.model);
            }
        }
        names.join(" or ")
    };
    (0..most).map(name).collect()
}
