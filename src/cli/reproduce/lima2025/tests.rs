use std::error::Error;

use seal_nn::report::to_markdown;
use serde_json::Value;

use super::{
    calibration_plot::calibration_plot,
    claims::{claims, differences},
    record::{BeforeAfter, CalibrationRun, CalibrationStep, LimaReport, Sst2},
};
use crate::cli::hnn::Stage;

fn report() -> LimaReport {
    let figure = |before, after| BeforeAfter { before, after, clear_after: after };
    let step = |step: usize| CalibrationStep {
        step,
        temperature: 10.0 + step as f64,
        clear_temperature: 10.0 + step as f64,
        nll: 0.7,
        entropy: 0.5,
    };
    let run = CalibrationRun {
        head: "384-2".into(),
        temperature: figure(1.0, 23.5),
        entropy: figure(0.048, 0.582),
        course: (1..=3).map(step).collect(),
        ..Default::default()
    };
    let mut report = LimaReport {
        sst2: Sst2 { samples: 872, plain_accuracy: 0.8, encrypted_accuracy: 0.8, ratio: 1.0, ..Default::default() },
        calibration_well_trained: run.clone(),
        calibration: run,
        stages: vec![Stage { name: "logits".into(), level: 4, modulus_bits: 210.0, largest: 0.9, error: 1e-8 }],
        ..Default::default()
    };
    report.claims = claims(&report);
    report.differences = differences(&report);
    report
}

/// Others read this file: a name that changes breaks them.
#[test]
fn the_names_in_lima2025_json() -> Result<(), Box<dyn Error>> {
    let json = serde_json::to_value(report())?;
    let before_after = &["before", "after", "clear_after"][..];
    let expected = [
        ("/sst2", &["samples", "plain_accuracy", "encrypted_accuracy", "ratio", "decisions_equal"][..]),
        ("/calibration", &["temperature", "accuracy", "nll", "ece", "entropy"]),
        ("/calibration/entropy", before_after),
        ("/calibration/temperature", before_after),
        ("/seconds_per_sentence", &["single", "batched"]),
    ];
    for (path, names) in expected {
        let object = json.pointer(path).and_then(Value::as_object).ok_or(path)?;
        for name in names {
            assert!(object.contains_key(*name), "{path} has no {name}");
        }
    }
    assert!(json["noise_bits_left"].is_number());
    Ok(())
}

#[test]
fn the_readable_report_has_the_figures() -> Result<(), Box<dyn Error>> {
    let text = to_markdown(&report());
    for words in ["82.5%", "23.500", "0.048", "0.582", "872", "head alone", "![", "real CKKS"] {
        assert!(text.contains(words), "{words}");
    }
    assert!(calibration_plot(&report()).to_svg()?.contains("step of calibration"));
    Ok(())
}
