//! The tables of the report, for the terminal and for Markdown.

use seal_nn::report::{
    Align::{Left, Right},
    Body, Section, Table,
    format::{bytes, percent, seconds, small},
};

use super::{
    record::{BeforeAfter, CalibrationRun, LimaReport},
    report::{CALIBRATION, ERRORS},
};

/// All parts, in order.
pub fn sections(report: &LimaReport) -> Vec<Section> {
    let figures = |title, text: String, table, plot| Section { title, text, body: Body::Table(table), plot };
    let sentences = |title, items| Section { title, text: String::new(), body: Body::List(items), plot: None };
    let claims = report.claims.iter();
    let claims = claims.map(|claim| format!("{} ({}). Here: {}.", claim.claim, claim.source, claim.ours));
    let mut all = vec![
        figures("The encrypted head on SST-2", String::new(), sst2(report), None),
        figures(
            "Noise through the network",
            "modulus: bits of the modulus at the level, the budget that is left; error: of the worst slot, against the \
             same circuit without noise."
                .into(),
            stages(report),
            None,
        ),
        figures(
            "Calibration of an overconfident head, encrypted beside clear",
            calibration_text(&report.calibration),
            calibration(&report.calibration),
            Some((CALIBRATION, "Temperature, likelihood and entropy after each step of calibration")),
        ),
        figures(
            "Calibration of a well-trained head",
            calibration_text(&report.calibration_well_trained),
            calibration(&report.calibration_well_trained),
            None,
        ),
    ];
    if report.encrypted_training.is_some() {
        all.push(figures(
            "A head trained under encryption",
            "Embeddings, labels and weights encrypted; the client decrypts the weights after every step and keeps those \
             with the lowest loss on its validation part."
                .into(),
            training(report),
            None,
        ));
    }
    all.push(Section {
        title: "The paper's claims, and what was found here",
        text: String::new(),
        body: Body::List(claims.collect()),
        plot: Some((ERRORS, "Largest error of a probability over the range that is promised, by variant")),
    });
    all.push(sentences("What is different here", report.differences.clone()));
    all
}

fn pairs(rows: impl IntoIterator<Item = (&'static str, String)>) -> Table {
    let mut table = Table::new([("what", Left), ("how much", Right)]);
    for (what, value) in rows {
        table.row([what.to_string(), value]);
    }
    table
}

fn sst2(report: &LimaReport) -> Table {
    let s = &report.sst2;
    let mut rows = vec![
        ("head", s.head.clone()),
        ("test sentences", s.samples.to_string()),
        ("accuracy in the clear", percent(s.plain_accuracy)),
        ("accuracy encrypted", percent(s.encrypted_accuracy)),
        ("encrypted over clear (the paper: 82.5%)", percent(s.ratio)),
        ("decisions equal", format!("{} of {}", s.decisions_equal, s.samples)),
        ("logits outside the promised range", s.outside_range.to_string()),
    ];
    if let (Some(accuracy), Some(ratio)) = (s.relu_accuracy, s.ratio_to_relu) {
        rows.push(("accuracy of the same head with ReLU, clear", percent(accuracy)));
        rows.push(("encrypted over that", percent(ratio)));
    }
    rows.extend([
        ("N", s.poly_modulus_degree.to_string()),
        ("levels", s.levels.to_string()),
        ("rotations a ciphertext", s.rotations.to_string()),
        ("relinearisations a ciphertext", s.relinearizations.to_string()),
        ("sentences a ciphertext", s.batch.to_string()),
        ("seconds a sentence, alone", seconds(report.seconds_per_sentence.single)),
        ("seconds a sentence, batched", seconds(report.seconds_per_sentence.batched)),
        ("bits left of a probability", format!("{:.1}", report.noise_bits_left)),
        ("keys for the server", bytes(report.bytes.keys as u64)),
        ("a ciphertext and its answer", bytes(report.bytes.exchange as u64)),
        ("memory of both parties", report.peak_rss_bytes.map_or("-".into(), bytes)),
    ]);
    pairs(rows)
}

fn stages(report: &LimaReport) -> Table {
    let mut table = Table::new([
        ("value", Left),
        ("level", Right),
        ("modulus, bits", Right),
        ("largest slot", Right),
        ("error", Right),
        ("bits right", Right),
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
        "{}; {} validation samples, {} steps at N = {}, {} a step; 1/T is off by {} from the same steps in the clear by \
         the same polynomials; {:.1} bits of a probability are left. Figures of the head on test samples.",
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
        ("figure", Left),
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

fn training(report: &LimaReport) -> Table {
    let Some(run) = &report.encrypted_training else { return pairs([]) };
    pairs([
        ("training sentences", run.samples.to_string()),
        ("validation sentences", run.validation_samples.to_string()),
        ("steps", run.steps.to_string()),
        ("the best of them", run.best_step.to_string()),
        ("seconds a step", seconds(run.seconds_per_step)),
        ("test accuracy, trained encrypted", percent(run.encrypted_accuracy)),
        ("test accuracy, the same in the clear", percent(run.clear_accuracy)),
        ("weights differ by", small(run.max_weight_difference)),
    ])
}
