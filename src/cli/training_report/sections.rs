//! The readable report.

use seal_nn::report::{
    Align::{Left, Right},
    Table,
    format::{bytes, count, loss, percent, seconds, small},
};

use super::{Choice, Divergence, Lowering, TrainReport, Validation};

/// The report as Markdown; it shows the plot `training.svg`, which lies beside it.
pub fn to_markdown(report: &TrainReport) -> String {
    let title = format!("# Training on {}, encrypted\n", report.dataset);
    let sections = [
        ("What was run", settings(report).to_markdown()),
        ("Accuracy", accuracy(report).to_markdown() + "\n![Loss and accuracy of each step](training.svg)\n"),
        ("Steps", steps(report).to_markdown()),
        ("Operations of a step", operations(report).to_markdown()),
        ("Where the time went", breakdown(report)),
        ("Bytes, keys and memory", exchanged(report).to_markdown()),
        ("Precision", precision(report)),
    ];
    sections.iter().fold(title, |text, (name, body)| format!("{text}\n## {name}\n\n{body}"))
}

fn settings(report: &TrainReport) -> Table {
    let parameters = &report.parameters;
    let bits: Vec<String> = parameters.coeff_modulus_bits.iter().map(u32::to_string).collect();
    let rates: Vec<String> = report.learning_rates.iter().map(f64::to_string).collect();
    let mut table = Table::new([("setting", Left), ("value", Left)]);
    table
        .row(["network", &format!("{}, activation {}", report.network, report.activation)])
        .row(["layout, backend", &format!("{}, {}", report.layout, report.backend)])
        .row(["seed", &report.seed.to_string()])
        .row([
            "batch, steps",
            &format!("{} samples, {} steps", report.batch, report.steps.last().map_or(0, |step| step.step)),
        ])
        .row(["steps between refreshes", &report.refresh_every.to_string()])
        .row(["learning rates, momentum", &format!("{}; {}", rates.join(", "), report.momentum)])
        .row(["weight decay", &report.l2.to_string()])
        .row(["when training diverges", &report.divergence.policy])
        .row(["rates lowered", &lowered(&report.divergence)])
        .row(["ring degree", &count(parameters.poly_modulus_degree as u64)])
        .row(["modulus", &format!("primes of {} bits, the last for keys", bits.join(", "))])
        .row(["security", &format!("{} bits", parameters.security_bits)])
        .row(["machine", &report.machine.to_string()])
        .row(["seal-nn", &report.version]);
    table
}

fn lowered(divergence: &Divergence) -> String {
    let list = |lowered: &[Lowering]| match lowered {
        [] => "never".to_owned(),
        lowered => {
            let texts: Vec<String> = lowered.iter().map(|l| format!("step {} to {}", l.step, l.rate_factor)).collect();
            texts.join(", ")
        }
    };
    format!("{}; in the clear: {}", list(&divergence.encrypted), list(&divergence.clear))
}

fn accuracy(report: &TrainReport) -> Table {
    let columns = [("accuracy", Left), ("encrypted", Right), ("in the clear", Right), ("ordinary network", Right)];
    let mut table = Table::new(columns);
    if let Some(last) = report.steps.last() {
        table.row([
            "training samples, last step".into(),
            percent(last.encrypted.train_accuracy),
            percent(last.clear.train_accuracy),
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
    if let Some(test) = &report.test {
        table.row([
            format!("{} held-out samples", test.samples),
            percent(test.encrypted_accuracy),
            percent(test.clear_accuracy),
            percent(test.ordinary_accuracy),
        ]);
    }
    table
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
    for step in &report.steps {
        table.row([
            step.step.to_string(),
            seconds(step.seconds),
            loss(step.encrypted.loss),
            loss(step.clear.loss),
            percent(step.encrypted.train_accuracy),
            percent(step.clear.train_accuracy),
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

fn breakdown(report: &TrainReport) -> String {
    let mut table = Table::new([("operation", Left), ("count", Right), ("time", Right), ("share", Right)]);
    for entry in &report.breakdown {
        table.row([entry.operation.clone(), count(entry.count), seconds(entry.seconds), percent(entry.share)]);
    }
    let (step, refresh) = (seconds(report.seconds_per_step), seconds(report.refresh_seconds));
    format!("Median of a step: {step}. A refresh by the key holder: {refresh}.\n\n{}", table.to_markdown())
}

fn exchanged(report: &TrainReport) -> Table {
    let keys = &report.keys;
    let mut table = Table::new([("what", Left), ("size", Right)]);
    table
        .row(["client to server", &bytes(report.bytes.client_to_server)])
        .row(["server to client", &bytes(report.bytes.server_to_client)])
        .row([&format!("Galois keys ({} steps)", keys.galois_steps.len()), &bytes(keys.galois_bytes)])
        .row(["relinearisation key", &bytes(keys.relin_bytes)])
        .row(["memory after the first step", &measured(report.memory.after_first_step)])
        .row(["memory after the last step", &measured(report.memory.after_last_step)])
        .row(["memory at the peak", &measured(report.memory.peak)]);
    table
}

fn measured(size: Option<u64>) -> String {
    size.map_or("not measured".into(), bytes)
}

fn precision(report: &TrainReport) -> String {
    let bits = |value: Option<f64>| value.map_or("not known".into(), |bits| format!("{bits:.1} bits"));
    let (predicted, measured) = (bits(report.precision.predicted_bits), bits(report.precision.measured_bits));
    format!("Correct bits after the binary point at the worst weight: {measured} measured, {predicted} predicted.\n")
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn the_figures_of_the_run_are_there() {
        let text = to_markdown(&sample::report(3));
        for part in [
            "# Training on iris, encrypted\n",
            "| network | 4-8-3, activation (z + 0.75)^2 |",
            "| modulus | primes of 50, 42, 42, 42, 60 bits, the last for keys |",
            "| machine | Example CPU; AVX2 yes, AVX512-IFMA no, HEXL yes; 2 thread(s) |",
            "| rates lowered | never; in the clear: step 2 to 0.5 |",
            "| lowest loss on 24 validation samples | 0.1800 in step 2 of 3 | 0.1700 in step 3 of 3 |  |",
            "| 30 held-out samples | 96.7% | 100.0% | 100.0% |",
            "| 1 | 1.5 s | 0.2200 | 0.2200 | 33.0% | 33.0% | 2.50e-6 |",
            "| ciphertext by plaintext | 1,200 |",
            "| rotate | 96 | 2.4 s | 60.0% |",
            "| Galois keys (3 steps) | 30 MiB |",
            "| memory at the peak | 1.5 GiB |",
            "18.6 bits measured, 16.5 bits predicted",
        ] {
            assert!(text.contains(part), "{part} is not in\n{text}");
        }
    }

    #[test]
    fn a_run_without_results_still_reports() {
        let text = to_markdown(&TrainReport::default());
        assert!(text.contains("not known measured") && !text.contains("NaN"), "{text}");
    }
}
