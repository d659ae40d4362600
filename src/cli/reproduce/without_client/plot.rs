//! Noise and bend of one bootstrap, against the ratio, the period and the size of the sine's primes.

use seal_nn::report::{Axis, Colour, Corner, Mark, Panel, Plot, Series};

use super::record::{Comparison, CurvePoint, Precision, WithoutClientReport};

/// Three panels; all other settings are the usual ones.
pub fn precision_plot(report: &WithoutClientReport) -> Plot {
    let usual = |p: &&Precision| p.parity == "odd" && p.passes == 1;
    let all: Vec<Precision> = report.precisions.iter().filter(usual).copied().collect();
    let of = |same: fn(&Precision) -> bool| all.iter().filter(|p| same(p)).copied().collect::<Vec<_>>();
    let ratios = of(|p| p.sine_bits == 49 && p.period == 64);
    let periods = of(|p| p.sine_bits == 49 && p.ratio_bits == 11);
    let primes = of(|p| p.period == 64 && p.ratio_bits == 11);
    Plot {
        file: "without-client-precision.svg",
        shows: "Noise and bend of one bootstrap against the ratio, the period and the size of the sine's primes",
        titles: vec![],
        panel_size: (420, 420),
        panels: vec![
            panel("Ratio", Axis::linear("bits", 8.5..12.5), &ratios, |p| f64::from(p.ratio_bits)),
            panel("Period", Axis::logarithmic("values", 4.0, 12.0..22000.0), &periods, |p| p.period as f64),
            panel("The sine's primes", Axis::linear("bits", 44.5..49.5), &primes, |p| f64::from(p.sine_bits)),
        ],
    }
}

/// Losses of the first seed, a panel for each data set.
pub fn loss_plot(report: &WithoutClientReport) -> Plot {
    let highest = |all: &[f64]| all.iter().copied().filter(|loss| loss.is_finite()).fold(0.0, f64::max);
    let axis = |all: &[f64]| Axis::linear("loss", 0.0..1.2 * highest(all).max(f64::MIN_POSITIVE));
    let shows = "Losses with and without a client, and in the clear";
    curves(report, "without-client-loss.svg", shows, axis, |point| point.loss)
}

/// The same of accuracies on training samples.
pub fn accuracy_plot(report: &WithoutClientReport) -> Plot {
    let shows = "Accuracy with and without a client, and in the clear";
    curves(report, "without-client-accuracy.svg", shows, |_| Axis::shares("accuracy"), |point| point.train_accuracy)
}

fn curves(
    report: &WithoutClientReport,
    file: &'static str,
    shows: &'static str,
    axis: impl Fn(&[f64]) -> Axis,
    value: fn(&CurvePoint) -> f64,
) -> Plot {
    let panel = |comparison: &Comparison| {
        let Comparison { dataset, alone, with_client, .. } = comparison;
        let series = |name: &str, mark, colour, points: &[CurvePoint]| {
            Series::new(name, mark, colour, points.iter().map(|point| (point.step as f64, value(point))))
        };
        let all: Vec<f64> = [&alone.encrypted, &with_client.encrypted].into_iter().flatten().map(value).collect();
        Panel {
            caption: dataset.clone(),
            x: Axis::steps("step", alone.steps),
            y: axis(&all),
            series: vec![
                series("in the clear", Mark::Line(3), Colour::CLEAR, &with_client.clear),
                series("with client", Mark::Line(1), Colour::Hue(1), &with_client.encrypted),
                series("without client", Mark::Rings, Colour::ENCRYPTED, &alone.encrypted),
            ],
            legend: Some(Corner::UpperRight),
        }
    };
    let panels = report.comparisons.iter().filter(|comparison| comparison.seed == 0).map(panel).collect();
    Plot { file, shows, titles: vec![], panel_size: (420, 420), panels }
}

fn panel(caption: &str, x: Axis, points: &[Precision], at: fn(&Precision) -> f64) -> Panel {
    let series = |name: &str, hue, value: fn(&Precision) -> f64| {
        Series::new(name, Mark::Rings, Colour::Hue(hue), points.iter().map(|p| (at(p), value(p))))
    };
    let values = points.iter().flat_map(|p| [p.deviation, p.bend]);
    Panel {
        caption: caption.into(),
        x,
        y: Axis::decades("relative to the bound", values),
        series: vec![
            series("noise, standard deviation", 0, |p| p.deviation),
            series("bend at the bound", 1, |p| p.bend),
        ],
        legend: Some(Corner::UpperRight),
    }
}
