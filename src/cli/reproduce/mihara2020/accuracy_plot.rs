//! Held-out accuracy on Iris after each step: mean and spread over the seeds, encrypted and in the clear.

use seal_nn::report::{
    Axis, Colour, Corner,
    Mark::{Line, Rings},
    Panel, Plot, Series,
    format::percent,
};

use super::{
    record::{IrisStep, MiharaReport},
    spread::{Spread, final_accuracies},
};

/// The mean in the clear is a line with a band of one standard deviation; the encrypted one is circles with bars of one
/// standard deviation.
pub fn accuracy_plot(report: &MiharaReport) -> Plot {
    let series = |name, mark, colour, accuracy: fn(&IrisStep) -> f64| {
        let spreads = spreads(report, accuracy);
        let means = spreads.iter().map(|(step, spread)| (*step, spread.mean));
        Series::new(name, mark, colour, means).with_spread(spreads.iter().map(|(_, spread)| spread.deviation))
    };
    let (encrypted, clear) = final_accuracies(&report.iris);
    let last = report.iris.iter().map(|run| run.steps.len()).max().unwrap_or(1);
    Plot {
        file: "mihara2020-iris.svg",
        shows: "Accuracy on held-out samples after each step",
        titles: vec![],
        panel_size: (900, 480),
        panels: vec![Panel {
            caption: format!(
                "Iris, {} seeds: final accuracy {} encrypted, {} in the clear",
                report.iris.len(),
                percent(encrypted.mean),
                percent(clear.mean)
            ),
            x: Axis::steps("step", last),
            y: Axis::shares("accuracy on held-out samples"),
            series: vec![
                series("in the clear: mean, band of one sd", Line(3), Colour::CLEAR, |step| step.clear_accuracy),
                series("encrypted: mean, bars of one sd", Rings, Colour::ENCRYPTED, |step| step.encrypted_accuracy),
            ],
            legend: Some(Corner::LowerRight),
        }],
    }
}

/// Mean and spread over the seeds after each step.
fn spreads(report: &MiharaReport, accuracy: fn(&IrisStep) -> f64) -> Vec<(f64, Spread)> {
    let last = report.iris.iter().map(|run| run.steps.len()).max().unwrap_or(0);
    let after = |i: usize| Spread::of(report.iris.iter().filter_map(|run| run.steps.get(i)).map(accuracy));
    (0..last).map(|i| ((i + 1) as f64, after(i))).collect()
}
