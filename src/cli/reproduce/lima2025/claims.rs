//! The paper's claims beside the run's figures, and what is different here.

use seal_nn::report::format::percent;

use super::record::{Claim, LimaReport};

/// Each claim of the paper with what this run found.
pub fn claims(report: &LimaReport) -> Vec<Claim> {
    let claim = |claim: &str, source: &str, ours: String| Claim { claim: claim.into(), source: source.into(), ours };
    let sst2 = &report.sst2;
    let (over, well) = (&report.calibration, &report.calibration_well_trained);
    let relu = sst2
        .ratio_to_relu
        .map_or(String::new(), |ratio| format!("; {} of the same head with ReLU in the clear", percent(ratio)));
    vec![
        claim(
            "Sentiment analysis on encrypted data reaches 82.5% of the plain model's accuracy (DistilBERT, SST-2)",
            "abstract",
            format!(
                "head-only ratio {}: {} encrypted, {} in the clear, {} of {} decisions equal{relu}",
                percent(sst2.ratio),
                percent(sst2.encrypted_accuracy),
                percent(sst2.plain_accuracy),
                sst2.decisions_equal,
                sst2.samples
            ),
        ),
        claim(
            "The temperature is found by back-propagation in the encrypted domain; entropy rises, the decision stays",
            "abstract",
            format!(
                "overconfident head: T = {:.3} encrypted, {:.3} clear; entropy {:.3} to {:.3} nats, accuracy {} to {}; \
                 well-trained head: T = {:.3}, entropy {:.3} to {:.3}",
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
        claim(
            "Noise stays within the budget",
            "abstract",
            format!(
                "{:.1} bits of a probability are left after {} levels at N = {}",
                report.noise_bits_left, sst2.levels, sst2.poly_modulus_degree
            ),
        ),
    ]
}

/// What differs from the paper's set-up.
pub fn differences(report: &LimaReport) -> Vec<String> {
    vec![
        "The paper's encoder is DistilBERT fine-tuned on SST-2. Here embeddings of a frozen MiniLM (384 wide, never tuned \
         on sentiment) are computed beforehand, so that the run needs no download: absolute accuracies are lower, and \
         only ratios compare. `seal-nn hnn --model` takes DistilBERT's own files."
            .into(),
        "What exactly the paper encrypts is not known from its abstract and draft; here the head is (dense, quadratic \
         activation, dense, soft-argmax), and the client runs the encoder on its own text in the clear. That no decision \
         flips follows from the polynomials being monotone within their range: the ratio says little about the paper's."
            .into(),
        "The paper's \"modified HEANN\" uses key generation, encryption and decryption of CKKS, without rotations or \
         bootstrapping, and trains a network on what it is fed. A network that could learn to map semantically secure \
         ciphertexts to tokens would break the scheme; so its numbers do not show what real CKKS protects. Here the \
         ciphertexts are SEAL's, under parameters of 128-bit security: without the secret key neither embeddings nor \
         results can be told from random numbers, and the server learns shapes and counts only."
            .into(),
        format!(
            "The paper's times are of a GPU; here it is {} thread(s) of a CPU ({}).",
            report.machine.threads,
            report.machine.cpu.as_deref().unwrap_or("unnamed")
        ),
        "A higher entropy of the output is no cryptographic security: it limits what outputs tell of the model.".into(),
    ]
}
