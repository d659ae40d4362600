//! A made-up report for tests.

use seal_nn::{
    nn::{metrics::Classification, training::Lowering},
    report::{Machine, Memory, median},
};

use super::*;

/// `steps` steps whose losses fall and whose accuracies rise.
pub(super) fn report(steps: usize) -> TrainReport {
    let step = |i: usize| {
        let loss = 0.02 + 0.2 * (-(i as f64) / 6.0).exp();
        let train_accuracy = 0.97 - 0.64 * (-(i as f64) / 4.0).exp();
        StepReport {
            step: i + 1,
            seconds: 1.5 + 0.01 * i as f64,
            encrypted: Progress {
                loss: loss + 1e-5,
                train_accuracy: Some(train_accuracy),
                validation_loss: Some(loss + 0.01),
            },
            clear: Progress { loss, train_accuracy: Some(train_accuracy), validation_loss: Some(loss + 0.01) },
            max_weight_difference: 2.5e-6,
            resident_bytes: Some(500 << 20),
        }
    };
    let steps: Vec<StepReport> = (0..steps).map(step).collect();
    let seconds: Vec<f64> = steps.iter().map(|step| step.seconds).collect();
    TrainReport {
        version: "0.1.0".into(),
        dataset: "iris".into(),
        seed: 0,
        network: "4-8-3".into(),
        layout: "merged".into(),
        activation: "(z + 0.75)^2".into(),
        backend: "seal".into(),
        batch: 120,
        schedule: Schedule { steps: steps.len(), samples: 120, used: 120, epochs: steps.len() as f64 },
        refresh_every: 1,
        settings: [("learning rates", "1.5, 0.1"), ("momentum", "0.75")].map(|(n, v)| (n.into(), v.into())).into(),
        loss: "mean squared error".into(),
        machine: Machine { cpu: Some("Example CPU".into()), avx2: true, avx512ifma: false, hexl: true, threads: 2 },
        parameters: Parameters {
            poly_modulus_degree: 16384,
            coeff_modulus_bits: vec![50, 42, 42, 42, 60],
            security_bits: 128,
        },
        seconds_per_step: median(&seconds).unwrap_or_default(),
        steps,
        refresh_seconds: 0.9,
        divergence: Divergence {
            policy: "lower-rate".into(),
            encrypted: vec![],
            clear: vec![Lowering { step: 2, rate_factor: 0.5 }],
        },
        validation: Some(Validation {
            samples: 24,
            patience: Some(5),
            encrypted: Choice { best_step: 2, best_loss: 0.18, last_step: 3 },
            clear: Choice { best_step: 3, best_loss: 0.17, last_step: 3 },
        }),
        test: Some(TestReport {
            samples: 30,
            encrypted_accuracy: Some(29.0 / 30.0),
            clear_accuracy: Some(1.0),
            ordinary_accuracy: Some(1.0),
            classification: Classification::of_predicted(
                &(0..30).map(|i| i % 3).collect::<Vec<_>>(),
                &(0..30).map(|i| if i == 4 { 2 } else { i % 3 }).collect::<Vec<_>>(),
                &["setosa", "versicolor", "virginica"].map(String::from),
            )
            .ok(),
            ..Default::default()
        }),
        operations_per_step: Operations {
            rotations: 20,
            hoisted_rotations: 12,
            relinearizations: 8,
            ciphertext_products: 24,
            plaintext_products: 1200,
            rescales: 14,
        },
        breakdown: OperationTime::breakdown([("rescale", 42, 0.5), ("rotate", 96, 2.4), ("relinearize", 24, 1.1)]),
        profile: StageTime::profile([("ntt", 0.6), ("encode", 0.1)], 1.0),
        bytes: Traffic { client_to_server: 9_000_000, server_to_client: 4_000_000 },
        ranks: 1,
        line: None,
        keys: Keys { galois_steps: vec![1, 2, -128], galois_bytes: 30 << 20, relin_bytes: 10 << 20 },
        precision: Precision { predicted_bits: Some(16.5), measured_bits: Some(18.6) },
        bootstraps: Some(Bootstraps {
            count: 2,
            seconds: Some(1.25),
            look_every: 3,
            bound: 2.0,
            largest_weight: 0.9,
            ratio_bits: 11,
            period: 64,
            deviation: 8.1e-7,
            bend: 3.1e-6,
            keys: 26,
            key_bytes: 800 << 20,
            modulus_bits: 868,
            curve: vec![CurvePoint { step: 1, loss: 0.6, train_accuracy: 0.7 }],
        }),
        memory: Memory { after_first_step: Some(500 << 20), after_last_step: Some(500 << 20), peak: Some(3 << 29) },
    }
}
