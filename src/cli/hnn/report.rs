//! The report of a classification; its fields are those of hnn.json.

use seal_nn::report::{
    Align::{Left, Right},
    Machine, Report, Section, Table,
    format::{bytes, percent, seconds, small},
};
use serde::Serialize;

use super::training::TrainingReport;
use crate::cli::remote::Line;

/// Sentences classified by an encrypted head, compared with the same head in the clear.
#[derive(Debug, Default, Serialize)]
pub struct HnnReport {
    /// Version of this crate.
    pub version: String,
    /// Where it ran.
    pub machine: Machine,
    /// Widths and activation of the head.
    pub head: String,
    pub classes: usize,
    pub temperature: f64,
    /// Promised range: the largest spread of logits, divided by the temperature.
    pub range: f64,
    /// The largest spread that was measured beforehand, divided by the temperature.
    pub spread: f64,
    /// How sentences lie in ciphertexts.
    pub packing: String,
    pub poly_modulus_degree: usize,
    pub coeff_modulus_bits: Vec<u32>,
    pub samples: usize,
    /// `None` if the true classes are not known.
    pub plain_accuracy: Option<f64>,
    pub encrypted_accuracy: Option<f64>,
    /// Number of sentences with the same class in both.
    pub decisions_equal: usize,
    /// Sentences whose logits left the promised range.
    pub outside_range: Vec<usize>,
    /// Time of the server for a single sentence.
    pub seconds_alone: f64,
    /// The same per sentence where as many as fit are computed at a time.
    pub seconds_batched: f64,
    /// Time of both parties for all sentences, for each of them.
    pub seconds_per_sentence: f64,
    /// Time to generate keys, and to encrypt the weights if they are encrypted.
    pub setup_seconds: f64,
    pub key_bytes: usize,
    /// Bytes of the sentences that are computed at a time, and of their answer.
    pub exchange_bytes: usize,
    /// All that crossed the line to a server of another process; `None` in one process.
    pub line: Option<Line>,
    /// Peak memory of both parties; `None` if the system does not report it.
    pub peak_rss_bytes: Option<u64>,
    /// Largest difference of a probability from the same circuit without noise.
    pub largest_difference: f64,
    /// One row per sentence.
    pub probabilities: Vec<Vec<f64>>,
    pub positions: Vec<f64>,
    /// The classes that the encrypted head predicts.
    #[serde(skip)]
    pub decisions: Vec<usize>,
    pub labels: Option<Vec<usize>>,
    /// What the training of the head took, if it was encrypted.
    pub training: Option<TrainingReport>,
}

/// Number of sentences that are shown.
const SHOWN: usize = 5;

/// hnn.json and hnn.md.
impl Report for HnnReport {
    fn name(&self) -> &str {
        "hnn"
    }

    fn title(&self) -> String {
        "Sentences classified by an encrypted head".into()
    }

    fn preface(&self) -> String {
        let HnnReport { version, machine, head, packing, poly_modulus_degree, temperature, range, .. } = self;
        format!(
            "seal-nn {version}. {machine}.\n\nHead {head}, temperature {temperature}, promised range {range:.2}, \
             N = {poly_modulus_degree}, packing {packing}."
        )
    }

    fn sections(&self) -> Vec<Section> {
        let garbage = match self.outside_range.len() {
            0 if self.range < self.spread => format!(
                "Logits spread over {:.2}, further than promised, so the probabilities have no bound on their error: use a \
                 larger --range.",
                self.spread
            ),
            0 => String::new(),
            count => format!(
                "{count} sentence(s) left the promised range, so their probabilities are invalid: use a larger --range \
                 or --temperature."
            ),
        };
        let training =
            self.training.as_ref().map(|training| Section::table("Training on encrypted embeddings", training.table()));
        let own = [
            Section::table("Accuracy and cost", figures(self)).with_text(garbage),
            Section::table(format!("The first {} sentences", self.samples.min(SHOWN)), first_sentences(self)),
        ];
        training.into_iter().chain(own).collect()
    }
}

fn figures(report: &HnnReport) -> Table {
    let mut rows = Vec::new();
    if let (Some(encrypted), Some(plain)) = (report.encrypted_accuracy, report.plain_accuracy) {
        rows.extend([
            ("accuracy, encrypted", percent(encrypted)),
            ("accuracy of the same head in the clear", percent(plain)),
            ("ratio of encrypted to clear accuracy", percent(encrypted / plain)),
        ]);
    }
    rows.extend([
        ("equal decisions", format!("{} of {}", report.decisions_equal, report.samples)),
        ("largest difference of a probability from the circuit without noise", small(report.largest_difference)),
        ("server time for a single sentence", seconds(report.seconds_alone)),
        ("server time per sentence where as many as fit are computed at a time", seconds(report.seconds_batched)),
        ("time per sentence of both parties", seconds(report.seconds_per_sentence)),
        ("key generation", seconds(report.setup_seconds)),
        ("size of the keys sent to the server", bytes(report.key_bytes as u64)),
        ("traffic of the sentences computed at a time, both ways", bytes(report.exchange_bytes as u64)),
        ("peak memory of both parties", report.peak_rss_bytes.map_or("not measured".into(), bytes)),
    ]);
    let rows = rows.into_iter().map(|(name, value)| (name.to_owned(), value));
    Table::metrics(rows.chain(report.line.iter().flat_map(Line::rows)))
}

fn first_sentences(report: &HnnReport) -> Table {
    let heads = ["sentence", "class", "predicted", "position"].map(|head| (head, Right));
    let mut table = Table::new(heads.into_iter().chain([("probabilities", Left)]));
    for (i, predicted) in report.decisions.iter().enumerate().take(SHOWN) {
        let probabilities: Vec<String> = report.probabilities[i].iter().map(|p| format!("{p:.4}")).collect();
        table.row([
            i.to_string(),
            report.labels.as_ref().map_or("-".into(), |labels| labels[i].to_string()),
            predicted.to_string(),
            format!("{:.4}", report.positions[i]),
            probabilities.join(" "),
        ]);
    }
    table
}

#[cfg(test)]
mod tests {
    use seal_nn::report::to_text;

    use super::*;

    #[test]
    fn sentences_outside_the_range_are_reported_first() {
        let report = HnnReport {
            samples: 2,
            outside_range: vec![1],
            probabilities: vec![vec![0.25, 0.75], vec![7.0, -6.0]],
            positions: vec![0.75, 3.0],
            decisions: vec![1, 0],
            labels: Some(vec![1, 1]),
            ..Default::default()
        };
        let text = to_text(&report);
        for words in
            ["1 sentence(s) left the promised range", "equal decisions", "0.2500 0.7500", "The first 2 sentences"]
        {
            assert!(text.contains(words), "{words} is not in\n{text}");
        }
        let narrow = HnnReport { range: 0.5, spread: 2.0, ..Default::default() };
        assert!(to_text(&narrow).contains("over 2.00, further than promised"), "{}", to_text(&narrow));
        // There are no accuracies without classes.
        assert!(!text.contains("ratio of encrypted"), "{text}");
    }
}
