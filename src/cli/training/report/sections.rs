//! The sections of the report.

use seal_nn::{
    nn::{metrics::Errors, training::Lowering},
    report::{
        Align::{Left, Right},
        ConfusionMatrix, Report, Section, Table, class_table,
        format::{bytes, count, loss, percent, seconds, small},
    },
};

use super::{Bootstraps, Choice, TrainReport, Validation, plot::training_plot, step_line::share};
use crate::cli::training::run::is_shown;

/// report.json, training.svg and report.md.
impl Report for TrainReport {
    fn name(&self) -> &str {
        "report"
    }

    fn title(&self) -> String {
        format!("Training on {}, encrypted", self.dataset)
    }

    fn sections(&self) -> Vec<Section> {
        let kernels = (!self.profile.is_empty())
            .then(|| Section::table("Time of the server by kind of work, over all steps", kinds_of_work(self)));
        let before = [
            Section::table("What was run", settings(self)).shown_live(),
            Section::table("Accuracy", accuracy(self)).with_text(lowered(self)).with_plot(training_plot(self)),
        ]
        .into_iter()
        .chain(held_out(self));
        let more = [
            Section::table("Steps", steps(self)).shown_live(),
            Section::table("Operations per step", operations(self)),
            times_of_operations(self),
        ];
        let after = [
            Section::table("Bytes, keys and memory", exchanged(self)),
            Section::table("Precision", precision(self))
                .with_text("Correct bits after the binary point of the least precise weight."),
        ];
        let bootstraps = self.bootstraps.iter().map(|made| Section::table("Refreshes by the server", bootstraps(made)));
        before.chain(more).chain(bootstraps).chain(kernels).chain(after).collect()
    }
}

fn settings(report: &TrainReport) -> Table {
    let parameters = &report.parameters;
    let bits: Vec<String> = parameters.coeff_modulus_bits.iter().map(u32::to_string).collect();
    let mut table = Table::new([("setting", Left), ("value", Left)]);
    table
        .row(["network", &format!("{}, activation {}", report.network, report.activation)])
        .row(["layout, backend", &format!("{}, {}", report.layout, report.backend)])
        .row(["seed", &report.seed.to_string()])
        .row([
            "batch, steps",
            &format!("{} samples, {} steps", report.batch, report.steps.last().map_or(0, |step| step.step)),
        ])
        .row(["training samples, used", &format!("{}, {}", report.schedule.samples, report.schedule.used)])
        .row(["when training diverges", &report.divergence.policy])
        .row(["ring degree", &count(parameters.poly_modulus_degree as u64)])
        .row(["modulus", &format!("primes of {} bits, the last for keys", bits.join(", "))])
        .row(["security", &format!("{} bits", parameters.security_bits)])
        .row(["machine", &report.machine.to_string()])
        .row(["seal-nn", &report.version]);
    // Network and activation are above.
    for (name, value) in report.settings.iter().filter(|(name, _)| !["network", "activation"].contains(&name.as_str()))
    {
        table.row([name, value]);
    }
    table
}

/// Where learning rates were lowered because training diverged; empty if it did not.
fn lowered(report: &TrainReport) -> String {
    let list = |lowered: &[Lowering]| match lowered {
        [] => "never".to_owned(),
        lowered => {
            let texts =
                lowered.iter().map(|l| format!("to {} of their initial values in step {}", l.rate_factor, l.step));
            texts.collect::<Vec<_>>().join(", ")
        }
    };
    match (report.divergence.encrypted.as_slice(), report.divergence.clear.as_slice()) {
        ([], []) => String::new(),
        (encrypted, clear) => format!(
            "Training diverged, so the learning rates were lowered: {} encrypted; {} in the clear.",
            list(encrypted),
            list(clear)
        ),
    }
}

fn accuracy(report: &TrainReport) -> Table {
    let columns = [("accuracy", Left), ("encrypted", Right), ("in the clear", Right), ("ordinary network", Right)];
    let mut table = Table::new(columns);
    if let Some(last) = report.steps.last().filter(|last| last.encrypted.train_accuracy.is_some()) {
        table.row([
            "training samples, last step".into(),
            share(last.encrypted.train_accuracy),
            share(last.clear.train_accuracy),
            String::new(),
        ]);
    }
    if let Some(Validation { samples, encrypted, clear, .. }) = &report.validation {
        let chosen = |c: &Choice| format!("{} in step {} of {}", loss(c.best_loss), c.best_step, c.last_step);
        table.row([
            format!("lowest loss on {samples} validation samples"),
            chosen(encrypted),
            chosen(clear),
            String::new(),
        ]);
    }
    if let Some(test) = report.test.as_ref().filter(|test| test.classification.is_some()) {
        table.row([
            format!("{} held-out samples", test.samples),
            share(test.encrypted_accuracy),
            share(test.clear_accuracy),
            share(test.ordinary_accuracy),
        ]);
    }
    table
}

/// What became of the held-out samples, class by class, or how far predicted numbers are off.
fn held_out(report: &TrainReport) -> Vec<Section> {
    let Some(test) = &report.test else { return Vec::new() };
    let classes = test.classification.iter().flat_map(|found| {
        let rows = found.classes.iter().map(|c| (c.class.as_str(), [c.precision, c.recall, c.f1], c.support));
        let log_loss = found.log_loss.map_or_else(String::new, |nats| format!(" Log loss: {}.", loss(nats)));
        let names: Vec<String> = found.classes.iter().map(|class| class.class.clone()).collect();
        let matrix = ConfusionMatrix { classes: &names, counts: &found.confusion };
        let title = format!("{}: {} held-out samples, encrypted", report.dataset, found.samples);
        [
            Section::table("Held-out samples by class, encrypted", class_table(rows))
                .with_text(format!("Macro-F1: {}.{log_loss}", percent(found.macro_f1))),
            Section::table("Held-out samples by class and by prediction, encrypted", matrix.table())
                .with_plot(matrix.plot("confusion.svg", vec![title])),
        ]
    });
    let numbers = test.regression.iter().map(|found| {
        let heads = ["R2", "mean absolute error", "root mean squared error"].map(|head| (head, Right));
        let mut table = Table::new([("held-out samples", Left)].into_iter().chain(heads));
        let rows = [
            ("encrypted", Some(found.encrypted.model)),
            ("in the clear", Some(found.clear)),
            ("ordinary network", found.ordinary),
            ("mean of the training samples", Some(found.encrypted.baseline)),
        ];
        for (name, errors) in rows {
            let Some(Errors { r2, mean_absolute_error, root_mean_squared_error }) = errors else { continue };
            let numbers = [format!("{r2:.4}"), loss(mean_absolute_error), loss(root_mean_squared_error)];
            table.row([name.to_owned()].into_iter().chain(numbers));
        }
        Section::table("Errors", table)
    });
    classes.chain(numbers).collect()
}

fn steps(report: &TrainReport) -> Table {
    let mut table = Table::new([
        ("step", Right),
        ("time", Right),
        ("loss", Right),
        ("in the clear", Right),
        ("train accuracy", Right),
        ("in the clear", Right),
        ("largest weight difference", Right),
    ]);
    let last = report.steps.last().map_or(0, |step| step.step);
    for step in report.steps.iter().filter(|step| is_shown(step.step, last)) {
        table.row([
            step.step.to_string(),
            seconds(step.seconds),
            loss(step.encrypted.loss),
            loss(step.clear.loss),
            share(step.encrypted.train_accuracy),
            share(step.clear.train_accuracy),
            small(step.max_weight_difference),
        ]);
    }
    table
}

fn operations(report: &TrainReport) -> Table {
    let operations = &report.operations_per_step;
    let mut table = Table::new([("operation", Left), ("count", Right)]);
    for (name, value) in [
        ("rotations", operations.rotations),
        ("rotations that share a decomposition", operations.hoisted_rotations),
        ("relinearisations", operations.relinearizations),
        ("ciphertext by ciphertext", operations.ciphertext_products),
        ("ciphertext by plaintext", operations.plaintext_products),
        ("rescales", operations.rescales),
    ] {
        table.row([name.into(), count(value)]);
    }
    table
}

fn times_of_operations(report: &TrainReport) -> Section {
    let (step, refresh) = (seconds(report.seconds_per_step), seconds(report.refresh_seconds));
    let medians = format!("Median time per step: {step}. Mean time per refresh, by the key holder: {refresh}.");
    match &report.line {
        None if report.ranks > 1 => {
            let ranks = ("ranks, each with its share of every batch".to_owned(), count(report.ranks as u64));
            Section::table("Ranks", Table::metrics([ranks])).with_text(format!(
                "{medians} The first includes what ranks send each other. After every step, all had the same bits of what \
                 they share, or the training would have ended."
            ))
        }
        None => {
            let title = "Time of the server by operation, over all steps";
            Section::table(title, breakdown(report)).with_text(medians)
        }
        Some(line) => Section::table("The line to the server", Table::metrics(line.rows())).with_text(format!(
            "{medians} The first includes the way of messages; how long the server's operations took is not known."
        )),
    }
}

fn breakdown(report: &TrainReport) -> Table {
    let mut table = Table::new([("operation", Left), ("count", Right), ("time", Right), ("share", Right)]);
    for entry in &report.breakdown {
        table.row([entry.operation.clone(), count(entry.count), seconds(entry.seconds), percent(entry.share)]);
    }
    table
}

fn kinds_of_work(report: &TrainReport) -> Table {
    let mut table = Table::new([("work", Left), ("time", Right), ("share", Right)]);
    for entry in &report.profile {
        table.row([entry.stage.clone(), seconds(entry.seconds), percent(entry.share)]);
    }
    table
}

fn exchanged(report: &TrainReport) -> Table {
    let keys = &report.keys;
    Table::metrics([
        ("client to server".to_owned(), bytes(report.bytes.client_to_server)),
        ("server to client".to_owned(), bytes(report.bytes.server_to_client)),
        (format!("Galois keys ({} steps)", keys.galois_steps.len()), bytes(keys.galois_bytes)),
        ("relinearisation key".to_owned(), bytes(keys.relin_bytes)),
        ("memory after the first step".to_owned(), measured(report.memory.after_first_step)),
        ("memory after the last step".to_owned(), measured(report.memory.after_last_step)),
        ("memory at the peak".to_owned(), measured(report.memory.peak)),
    ])
}

fn bootstraps(made: &Bootstraps) -> Table {
    Table::metrics([
        ("bootstraps of a ciphertext".to_owned(), count(made.count as u64)),
        (
            "seconds of one, on average".to_owned(),
            made.seconds.map_or("not known".into(), |all| seconds(all / made.count.max(1) as f64)),
        ),
        ("steps between two looks of the client".to_owned(), count(made.look_every as u64)),
        ("values in a ciphertext, which repeat".to_owned(), count(made.period as u64)),
        ("largest weight expected".to_owned(), made.bound.to_string()),
        (
            "largest weight at the end".to_owned(),
            format!("{:.3}, {} of it", made.largest_weight, percent(made.largest_weight / made.bound)),
        ),
        ("noise of one, standard deviation predicted".to_owned(), small(made.deviation)),
        ("bend of a weight that large".to_owned(), small(made.bend)),
        (format!("keys for them ({})", made.keys), bytes(made.key_bytes)),
        ("largest modulus, of which security depends".to_owned(), format!("{} bits", made.modulus_bits)),
    ])
}

fn measured(size: Option<u64>) -> String {
    size.map_or("not measured".into(), bytes)
}

fn precision(report: &TrainReport) -> Table {
    let bits = |value: Option<f64>| value.map_or("not known".into(), |bits| format!("{bits:.1} bits"));
    Table::metrics([
        ("measured", bits(report.precision.measured_bits)),
        ("predicted by the noise model", bits(report.precision.predicted_bits)),
    ])
}

#[cfg(test)]
mod tests {
    use seal_nn::report::{to_markdown, to_text};

    use super::{super::sample, *};

    #[test]
    fn the_figures_of_the_run_are_there() {
        let text = to_markdown(&sample::report(3));
        for part in [
            "# Training on iris, encrypted\n",
            "| network | 4-8-3, activation (z + 0.75)^2 |",
            "| modulus | primes of 50, 42, 42, 42, 60 bits, the last for keys |",
            "| machine | Example CPU; AVX2 yes, AVX512-IFMA no, HEXL yes; 2 thread(s) |",
            "lowered: never encrypted; to 0.5 of their initial values in step 2 in the clear.",
            "| lowest loss on 24 validation samples | 0.1800 in step 2 of 3 | 0.1700 in step 3 of 3 |  |",
            "| 30 held-out samples | 96.7% | 100.0% | 100.0% |",
            "| 1 | 1.5 s | 0.2200 | 0.2200 | 33.0% | 33.0% | 2.50e-6 |",
            "| ciphertext by plaintext | 1,200 |",
            "| rotate | 96 | 2.4 s | 60.0% |",
            "| Galois keys (3 steps) | 30 MiB |",
            "| memory at the peak | 1.5 GiB |",
            "| measured | 18.6 bits |",
            "| predicted by the noise model | 16.5 bits |",
            "| ntt | 600 ms | 60.0% |",
            "| seconds of one, on average | 625 ms |",
            "| largest weight at the end | 0.900, 45.0% of it |",
        ] {
            assert!(text.contains(part), "{part} is not in\n{text}");
        }
    }

    /// The terminal shows settings before a run and steps during it.
    #[test]
    fn the_terminal_does_not_repeat_settings_and_steps() {
        let text = to_text(&sample::report(3));
        assert!(text.contains("30 held-out samples ") && text.contains("18.6 bits"), "{text}");
        assert!(!text.contains("Example CPU") && !text.contains("largest weight difference"), "{text}");
    }

    #[test]
    fn a_run_without_results_still_reports() {
        let text = to_markdown(&TrainReport::default());
        assert!(text.contains("| measured | not known |") && !text.contains("NaN"), "{text}");
    }
}
