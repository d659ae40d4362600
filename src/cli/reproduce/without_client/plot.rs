//! Noise and bend of one bootstrap, against the ratio, the period and the size of the sine's primes.

use seal_nn::report::{Axis, Colour, Corner, Mark, Panel, Plot, Series};

use super::record::{Precision, WithoutClientReport};

/// Three panels; all other settings are the usual ones.
pub fn precision_plot(report: &WithoutClientReport) -> Plot {
    let usual = |p: &&Precision| p.parity == "odd";
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
            panel("Period", Axis::logarithmic("values", 2.0, 12.0..340.0), &periods, |p| p.period as f64),
            panel("The sine's primes", Axis::linear("bits", 44.5..49.5), &primes, |p| f64::from(p.sine_bits)),
        ],
    }
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
