//! The paper's claims with our figures, and the differences from the paper's setup.

use seal_nn::report::{Claim, format::percent};

use super::record::LimaReport;

/// The claims of the paper with the results of this run.
pub fn claims(report: &LimaReport) -> Vec<Claim> {
    let sst2 = &report.sst2;
    let (over, well) = (&report.calibration, &report.calibration_well_trained);
    let relu = sst2.ratio_to_relu.map_or(String::new(), |ratio| {
        format!("; {} relative to the same head with ReLU in the clear", percent(ratio))
    });
    vec![
        Claim::new(
            "Sentiment analysis on encrypted data reaches 82.5% of the plain model's accuracy (DistilBERT, SST-2)",
            "abstract",
            format!(
                "ratio {} for the head alone: accuracy {} encrypted, {} in the clear, {} of {} equal decisions{relu}",
                percent(sst2.ratio),
                percent(sst2.encrypted_accuracy),
                percent(sst2.plain_accuracy),
                sst2.decisions_equal,
                sst2.samples
            ),
        ),
        Claim::new(
            "The temperature is found by back-propagation in the encrypted domain; entropy rises, the decision stays",
            "abstract",
            format!(
                "overconfident head: T = {:.3} encrypted, {:.3} in the clear; entropy {:.3} to {:.3} nats, accuracy {} \
                 to {}; well-trained head: T = {:.3}, entropy {:.3} to {:.3}",
                over.temperature.after,
                over.temperature.clear_after,
                over.entropy.before,
                over.entropy.after,
                percent(over.accuracy.before),
                percent(over.accuracy.after),
                well.temperature.after,
                well.entropy.before,
                well.entropy.after
            ),
        ),
        Claim::new(
            "Noise stays within the budget",
            "abstract",
            format!(
                "probabilities are precise to {:.1} bits after {} levels at N = {}",
                report.noise_bits_left, sst2.levels, sst2.poly_modulus_degree
            ),
        ),
    ]
}

/// Differences from the paper's setup.
pub fn differences(report: &LimaReport) -> Vec<String> {
    vec![
        "The paper's encoder is DistilBERT, fine-tuned on SST-2. This run uses precomputed embeddings of a frozen \
         MiniLM (width 384, not tuned on sentiment), so that it needs no download. Absolute accuracies are therefore \
         lower, and only ratios can be compared. `seal-nn hnn --model` loads the files of a DistilBERT checkpoint."
            .into(),
        "The abstract and the draft do not say exactly what is encrypted. Here the head is encrypted (dense, quadratic \
         activation, dense, soft-argmax), and the client runs the encoder on its own text in the clear. No decision \
         changes because the polynomials are monotone within their range, so the ratio says little about the paper's."
            .into(),
        "The paper's \"modified HEANN\" uses key generation, encryption and decryption of CKKS, without rotations or \
         bootstrapping, and trains a network on what it is fed. A network that could learn to map semantically secure \
         ciphertexts to tokens would break the scheme, so its numbers do not show what real CKKS protects. Here the \
         ciphertexts are SEAL's, with parameters of 128-bit security: without the secret key, embeddings and results \
         cannot be distinguished from random numbers, and the server learns only shapes and counts."
            .into(),
        format!(
            "The paper's times were measured on a GPU, ours on {} thread(s) of a CPU ({}).",
            report.run.machine.threads,
            report.run.machine.cpu.as_deref().unwrap_or("unnamed")
        ),
        "A higher entropy of the output is not cryptographic security; it limits what outputs tell about the model.".into(),
    ]
}
