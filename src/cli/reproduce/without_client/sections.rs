//! The sections of the report.

use seal_nn::report::{
    Align::{Left, Right},
    Report, Section, Table,
    format::{bytes, loss, percent, seconds, small},
};

use super::{
    plot::{accuracy_plot, loss_plot, precision_plot},
    record::{Comparison, CurvePoint, Run, WithoutClientReport},
};

/// without-client.json, its plots of losses, accuracies and precision, and without-client.md.
impl Report for WithoutClientReport {
    fn name(&self) -> &str {
        "without-client"
    }

    fn title(&self) -> String {
        "Training with nobody in the loop".into()
    }

    fn preface(&self) -> String {
        self.run.preface(&format!(
            "Each training is made twice by seal-nn train --step whole, with --refresh bootstrap and with --refresh client, \
             on the backend {}, beside the same steps in the clear.",
            self.backend
        ))
    }

    fn sections(&self) -> Vec<Section> {
        vec![
            Section::table("Accuracy", accuracy(self))
                .with_text(
                    "On held-out samples; the plot has training samples. Weights apart: the largest difference from the run in \
                     the clear.",
                )
                .with_plot(accuracy_plot(self)),
            Section::list("Losses", losses(self))
                .with_text(
                    "On training samples, after the last step, and of the first seed after each. What the server has between \
                     two looks was decrypted for this report alone: the key holder is in the same process here.",
                )
                .with_plot(loss_plot(self)),
            Section::table("Cost", costs(self)).with_text(
                "Bytes both ways in all steps, and evaluation keys, once. Memory of both parties in one process.",
            ),
            Section::table("One bootstrap", precisions(self))
                .with_text("At N = 32768, by the noise model; relative to the bound of the values.")
                .with_plot(precision_plot(self)),
        ]
    }
}

fn accuracy(report: &WithoutClientReport) -> Table {
    let heads = ["steps", "without client", "with client", "in the clear", "weights apart", "with client"];
    let mut table =
        Table::new([("data set", Left), ("seed", Right)].into_iter().chain(heads.map(|head| (head, Right))));
    for Comparison { dataset, seed, alone, with_client } in &report.comparisons {
        table.row([
            dataset.clone(),
            seed.to_string(),
            alone.steps.to_string(),
            percent(alone.encrypted_accuracy),
            percent(with_client.encrypted_accuracy),
            percent(alone.clear_accuracy),
            small(alone.weights_apart),
            small(with_client.weights_apart),
        ]);
    }
    table
}

/// The last of each training.
fn losses(report: &WithoutClientReport) -> Vec<String> {
    let last = |points: &[CurvePoint]| points.last().map_or_else(String::new, |point| loss(point.loss));
    let line = |Comparison { dataset, seed, alone, with_client }: &Comparison| {
        let [alone, with, clear] =
            [&alone.encrypted, &with_client.encrypted, &with_client.clear].map(|curve| last(curve));
        format!("{dataset}, seed {seed}: {alone} without client, {with} with, {clear} in the clear")
    };
    report.comparisons.iter().map(line).collect()
}

fn costs(report: &WithoutClientReport) -> Table {
    let heads = ["a step", "a bootstrap", "bytes", "keys", "memory"];
    let mut table =
        Table::new([("data set", Left), ("refresh", Left)].into_iter().chain(heads.map(|head| (head, Right))));
    let mut seen: Vec<&str> = Vec::new();
    for Comparison { dataset, alone, with_client, .. } in &report.comparisons {
        // Those of other seeds are alike.
        if seen.contains(&dataset.as_str()) {
            continue;
        }
        seen.push(dataset);
        for (name, run) in [("bootstrap", alone), ("client", with_client)] {
            let &Run { seconds_per_step, bytes: sent, key_bytes, peak_memory, bootstrap_seconds, .. } = run;
            table.row([
                dataset.clone(),
                name.into(),
                seconds(seconds_per_step),
                bootstrap_seconds.map_or_else(String::new, seconds),
                bytes(sent),
                bytes(key_bytes),
                peak_memory.map_or_else(String::new, bytes),
            ]);
        }
    }
    table
}

fn precisions(report: &WithoutClientReport) -> Table {
    let heads = ["primes of the sine", "ratio", "values", "passes", "noise", "bend at the bound"];
    let mut table = Table::new([("sine", Left)].into_iter().chain(heads.map(|head| (head, Right))));
    for p in &report.precisions {
        table.row([
            p.parity.to_owned(),
            format!("{} bits", p.sine_bits),
            format!("2^{}", p.ratio_bits),
            p.period.to_string(),
            p.passes.to_string(),
            small(p.deviation),
            small(p.bend),
        ]);
    }
    table
}
