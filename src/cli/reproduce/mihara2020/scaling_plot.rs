//! Key switches, time and memory of a step against the width of the layers, measured and estimated.

use seal_nn::report::{
    Axis, Colour, Corner, Mark,
    Mark::{Dots, Line, Rings},
    Panel, Plot, Series,
};

use super::record::{MiharaReport, Scaling, StepCounts};

const MEASURED: (Mark, Colour) = (Rings, Colour::Hue(0));
const ESTIMATED: (Mark, Colour) = (Line(2), Colour::Grey(0.55));

/// Measured values on top of estimated ones.
pub fn scaling_plot(report: &MiharaReport) -> Plot {
    let rows = &report.scaling;
    // Rows without the value are left out.
    let series = |name: &str, (mark, colour), value: fn(&Scaling) -> Option<f64>| {
        let points = rows.iter().filter_map(|row| Some((row.d as f64, value(row)?)));
        Series::new(name, mark, colour, points)
    };
    let planned = series("planned", ESTIMATED, |row| Some(key_switches(&row.counts)));
    let diagonals = (Dots, Colour::Hue(1));
    let guides = [guide("as d", 1, 0.25, &planned), guide("as d\u{b2}", 2, 0.12, &planned)];
    let switches = vec![
        planned,
        series("the paper's diagonals, planned", diagonals, |row| row.diagonal.as_ref().map(key_switches)),
        series("counted in a run", MEASURED, |row| row.seconds.map(|_| key_switches(&row.counts))),
    ];
    let seconds = vec![
        series("estimated from the plan, one thread", ESTIMATED, |row| Some(row.modelled_seconds)),
        series("measured", MEASURED, |row| row.seconds),
    ];
    let memory = vec![
        series("estimated: keys and ciphertexts", ESTIMATED, |row| Some(mebibytes(row.modelled_bytes))),
        series("measured", MEASURED, |row| row.peak_rss_bytes.map(mebibytes)),
    ];
    let mut switches = panel("Key switches of a step", "rotations and relinearisations", rows, switches);
    // Behind the other series, and without influence on the axis.
    switches.series.splice(..0, guides);
    Plot {
        file: "mihara2020-scaling.svg",
        shows: "Key switches, time and memory of a step against the width of the layers",
        titles: vec![],
        panel_size: (450, 460),
        panels: vec![
            switches,
            panel("Time of a step", "seconds", rows, seconds),
            panel("Peak memory", "MiB", rows, memory),
        ],
    }
}

fn panel(caption: &str, axis: &str, rows: &[Scaling], series: Vec<Series>) -> Panel {
    let widest = rows.iter().map(|row| row.d as f64).fold(8.0, f64::max);
    let values = series.iter().flat_map(|series| &series.points).map(|(_, y)| *y);
    Panel {
        caption: caption.into(),
        x: Axis::logarithmic("d", 2.0, 3.5..widest * 1.15),
        y: Axis::decades(axis, values),
        series,
        legend: Some(Corner::UpperLeft),
    }
}

/// A line proportional to a power of `d`, through the last point of a series.
fn guide(name: &str, power: i32, shade: f64, series: &Series) -> Series {
    let (end, top) = series.points.last().copied().unwrap_or_default();
    let line = series.points.iter().map(|&(d, _)| (d, top * (d / end).powi(power)));
    Series::new(name, Line(5), Colour::Grey(shade), line)
}

fn key_switches(counts: &StepCounts) -> f64 {
    counts.key_switches() as f64
}

fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / (1u64 << 20) as f64
}
