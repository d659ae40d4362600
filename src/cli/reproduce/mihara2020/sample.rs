//! A made-up report for tests.

use seal_nn::report::Machine;

use super::{
    claims::{claims, guesses},
    record::{IrisRun, IrisStep, LayoutStep, MiharaReport, Ratio, Refusal, Scaling, StepCounts, TrainingRun},
};
use crate::cli::reproduce::run_info::RunInfo;

/// Two networks' worth of figures, of which some were not run.
pub fn report() -> MiharaReport {
    let counts = |scale: u64| StepCounts {
        rotations: 20 * scale,
        hoisted_rotations: 2,
        relinearizations: 6 * scale,
        ciphertext_products: 7,
        plaintext_products: 7,
        rescales: 13,
        depth: 6,
        galois_keys: 19,
        modelled_cost: 28.5 * scale as f64,
        modelled_work: 7.5 * scale as f64,
    };
    let step = |layout: &str, scale, seconds: Option<f64>| LayoutStep {
        network: "4-8-3".into(),
        batch: 120,
        layout: layout.into(),
        ours: scale == 1,
        poly_modulus_degree: 16384,
        counts: counts(scale),
        seconds,
        not_run: seconds.is_none().then(|| "too long".into()),
        ..Default::default()
    };
    let ratio = |against: &str, batch, times, by_clock| Ratio {
        network: "4-8-3".into(),
        batch,
        against: against.into(),
        ours: "merged".into(),
        by_count: times,
        by_key_switches: times,
        by_clock,
    };
    let iris = |seed, last: f64| IrisRun {
        seed,
        encrypted_test_accuracy: last,
        clear_test_accuracy: last,
        test_samples: 30,
        steps: [0.4, 0.7, last]
            .iter()
            .zip(1..)
            .map(|(&accuracy, step)| IrisStep { step, encrypted_accuracy: accuracy, clear_accuracy: accuracy })
            .collect(),
        max_weight_difference: 2e-8,
        seconds_per_step: 0.06,
    };
    let scaling = |d: usize, seconds: Option<f64>| Scaling {
        d,
        batch: 16,
        layout: "axis".into(),
        shape: "axis: b q p, p8 q8, early".into(),
        poly_modulus_degree: 16384,
        counts: counts(d as u64),
        weight_ciphertexts: d / 2,
        batch_ciphertexts: 2,
        modelled_seconds: 0.01 * (d * d) as f64,
        modelled_bytes: (d as u64) << 20,
        seconds,
        peak_rss_bytes: seconds.map(|_| (d as u64) << 21),
        not_run: seconds.is_none().then(|| "too long".into()),
        diagonal: (d < 8).then(|| counts(5 * d as u64)),
    };
    let training = |dataset: &str, accuracy| TrainingRun {
        dataset: dataset.into(),
        steps: 15,
        test_samples: 36,
        encrypted_test_accuracy: accuracy,
        clear_test_accuracy: accuracy,
        ordinary_test_accuracy: 1.0,
        seconds_per_step: 0.3,
        ..Default::default()
    };
    let mut report = MiharaReport {
        run: RunInfo {
            version: "0.1.0".into(),
            quick: true,
            seed: 0,
            security_bits: 128,
            machine: Machine { cpu: Some("Example CPU".into()), avx2: true, avx512ifma: false, hexl: true, threads: 2 },
        },
        steps: vec![step("merged", 1, Some(0.06)), step("naive", 8, None), step("diagonal", 5, Some(0.25))],
        refused: vec![Refusal { reason: "layout e2dm cannot hold network 4-8-3".into(), ..Default::default() }],
        ratios: vec![
            ratio("naive", 120, 8.0, None),
            ratio("diagonal", 120, 5.0, Some(4.2)),
            ratio("diagonal", 1, 1.5, None),
        ],
        iris: vec![iris(0, 1.0), iris(1, 28.0 / 30.0)],
        trainings: vec![training("wine", 1.0), training("breast-cancer", 0.97)],
        scaling: vec![scaling(4, Some(0.1)), scaling(8, Some(0.4)), scaling(16, None)],
        ..Default::default()
    };
    report.claims = claims(&report);
    report.guesses = guesses(&report);
    report
}
