//! The sections of the report.

use seal_nn::report::{
    Align::{Left, Right},
    Report, Section, Table,
    format::{bytes, percent, seconds, small},
};

use super::{
    calibration_plot::calibration_plot,
    error_plot::error_plot,
    record::{BeforeAfter, CalibrationRun, HeadTrainingRun, LimaReport},
};

/// lima2025.json, its plots and lima2025.md.
impl Report for LimaReport {
    fn name(&self) -> &str {
        "lima2025"
    }

    fn title(&self) -> String {
        self.run.title("Florencio, Alencar and Lima 2025")
    }

    fn preface(&self) -> String {
        self.run.preface("All figures were measured in this run, except the paper's claims.")
    }

    fn sections(&self) -> Vec<Section> {
        let training = self.encrypted_training.as_ref().map(|run| {
            Section::table("A head trained under encryption", training(run)).with_text(
                "Embeddings, labels and weights are encrypted; the client decrypts the weights after every step and \
                 keeps those with the lowest loss on its validation part.",
            )
        });
        let before = [
            Section::table("The encrypted head on SST-2", sst2(self)),
            Section::table("Noise through the network", stages(self)).with_text(
                "modulus: bits of the modulus at this level, which is the remaining budget; error: largest difference \
                 of a slot from the same circuit without noise.",
            ),
            Section::table(
                "Calibration of an overconfident head, encrypted and in the clear",
                calibration(&self.calibration),
            )
            .with_text(calibration_text(&self.calibration))
            .with_plot(calibration_plot(self)),
            Section::table("Calibration of a well-trained head", calibration(&self.calibration_well_trained))
                .with_text(calibration_text(&self.calibration_well_trained)),
        ];
        let after = [
            Section::claims(&self.claims).with_plot(error_plot(&self.error_curves)),
            Section::list("What is different here", self.differences.clone()),
        ];
        before.into_iter().chain(training).chain(after).collect()
    }
}

fn sst2(report: &LimaReport) -> Table {
    let s = &report.sst2;
    let mut rows = vec![
        ("head", s.head.clone()),
        ("test sentences", s.samples.to_string()),
        ("accuracy, in the clear", percent(s.plain_accuracy)),
        ("accuracy, encrypted", percent(s.encrypted_accuracy)),
        ("ratio of encrypted to clear accuracy (paper: 82.5%)", percent(s.ratio)),
        ("equal decisions", format!("{} of {}", s.decisions_equal, s.samples)),
        ("logits outside the promised range", s.outside_range.to_string()),
    ];
    if let (Some(accuracy), Some(ratio)) = (s.relu_accuracy, s.ratio_to_relu) {
        rows.push(("accuracy of the same head with ReLU, in the clear", percent(accuracy)));
        rows.push(("ratio of encrypted accuracy to that", percent(ratio)));
    }
    rows.extend([
        ("N", s.poly_modulus_degree.to_string()),
        ("levels", s.levels.to_string()),
        ("rotations per ciphertext", s.rotations.to_string()),
        ("relinearisations per ciphertext", s.relinearizations.to_string()),
        ("sentences per ciphertext", s.batch.to_string()),
        ("server time for a single sentence", seconds(report.seconds_per_sentence.single)),
        ("server time per sentence in a full ciphertext", seconds(report.seconds_per_sentence.batched)),
        ("precision of a probability, bits", format!("{:.1}", report.noise_bits_left)),
        ("size of the keys sent to the server", bytes(report.bytes.keys as u64)),
        ("traffic per ciphertext, both ways", bytes(report.bytes.exchange as u64)),
        ("peak memory of both parties", report.peak_rss_bytes.map_or("not measured".into(), bytes)),
    ]);
    Table::metrics(rows)
}

fn stages(report: &LimaReport) -> Table {
    let mut table = Table::new([
        ("value", Left),
        ("level", Right),
        ("modulus, bits", Right),
        ("largest slot", Right),
        ("error", Right),
        ("precision, bits", Right),
    ]);
    for stage in &report.stages {
        let bits = if stage.error > 0.0 { format!("{:.1}", -stage.error.log2()) } else { "-".into() };
        table.row([
            stage.name.clone(),
            stage.level.to_string(),
            format!("{:.0}", stage.modulus_bits),
            format!("{:.3}", stage.largest),
            small(stage.error),
            bits,
        ]);
    }
    table
}

fn calibration_text(run: &CalibrationRun) -> String {
    format!(
        "Head: {}. {} validation samples, {} steps at N = {}, {} per step. 1/T differs by at most {} from the same \
         steps in the clear with the same polynomials; probabilities are precise to {:.1} bits. The figures below are \
         for the test samples.",
        run.head,
        run.samples,
        run.steps,
        run.poly_modulus_degree,
        seconds(run.seconds_per_step),
        small(run.difference),
        run.noise_bits_left
    )
}

fn calibration(run: &CalibrationRun) -> Table {
    let mut table = Table::new([
        ("metric", Left),
        ("before (clear, T = 1)", Right),
        ("after, encrypted", Right),
        ("after, clear", Right),
    ]);
    let mut row = |name: &str, figure: &BeforeAfter, write: &dyn Fn(f64) -> String| {
        table.row([name.to_string(), write(figure.before), write(figure.after), write(figure.clear_after)]);
    };
    let three = |value: f64| format!("{value:.3}");
    row("temperature", &run.temperature, &three);
    row("accuracy", &run.accuracy, &percent);
    row("negative log-likelihood, nats", &run.nll, &three);
    row("expected calibration error", &run.ece, &three);
    row("entropy, nats", &run.entropy, &three);
    table
}

fn training(run: &HeadTrainingRun) -> Table {
    Table::metrics([
        ("training sentences", run.samples.to_string()),
        ("validation sentences", run.validation_samples.to_string()),
        ("steps", run.steps.to_string()),
        ("best step", run.best_step.to_string()),
        ("time per step", seconds(run.seconds_per_step)),
        ("test accuracy, trained encrypted", percent(run.encrypted_accuracy)),
        ("test accuracy, trained in the clear", percent(run.clear_accuracy)),
        ("largest weight difference", small(run.max_weight_difference)),
    ])
}
