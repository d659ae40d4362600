//! What readers of the report rely on.

use std::{error::Error, fs};

use seal_nn::report::{OutputDir, to_markdown, write_report};
use serde_json::Value;

use super::{
    differences::{RELU, SPLIT, differences},
    record::{ModelResult, ModelRun, Recipe, Scores, Skipped, TableResult, TablesReport, Training},
};

fn model(model: &str, scores: [Scores; 2]) -> ModelResult {
    ModelResult { model: model.into(), runs: scores.map(|scores| ModelRun { scores, seconds: 1.5 }).to_vec() }
}

/// Two tables of classes and one of numbers, for which scikit-learn's models have other names.
fn sample() -> TablesReport {
    let classes =
        |accuracy: f64| [0.0, 0.02].map(|by| Scores::Classification { accuracy: accuracy + by, macro_f1: 0.5 });
    let numbers = |r2| [Scores::Regression { r2, mean_absolute_error: 2.5 }; 2];
    let table = |name: &str, classes, mixed, models| TableResult {
        table: name.into(),
        fingerprint: "00".into(),
        samples: 1234,
        features: 5,
        classes,
        mixed,
        recipe: Recipe {
            network: "5-32-3".into(),
            steps: 600,
            weight_decay: 0.1,
            poly_modulus_degree: 8192,
            bytes_up: 3 << 20,
            bytes_down: 1 << 20,
            ..Recipe::default()
        },
        models,
    };
    let of_classes = |split, mlp| {
        let scores = [(SPLIT, split), (RELU, 0.8), ("MLPClassifier", mlp), ("LogisticRegression", 0.7)];
        scores.map(|(name, accuracy)| model(name, classes(accuracy))).to_vec()
    };
    let of_numbers = [(SPLIT, 0.75), (RELU, 0.5), ("MLPRegressor", 0.5), ("Ridge", 0.875)];
    let tables = vec![
        table("flowers", 3, false, of_classes(0.9, 0.85)),
        table("people", 2, true, of_classes(0.7, 0.85)),
        table("houses", 0, true, of_numbers.map(|(name, r2)| model(name, numbers(r2))).to_vec()),
    ];
    TablesReport {
        training: Training { iterations: Some(500), ..Default::default() },
        scikit_learn: Some("1.2.3".into()),
        differences: differences(&tables),
        skipped: vec![Skipped { table: "broken".into(), reason: "no numbers".into() }],
        tables,
        ..TablesReport::default()
    }
}

/// Others read this file: a name that changes breaks them.
#[test]
fn the_names_in_tables_json() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let files = write_report(&OutputDir::create(folder.path())?, &sample())?.files;
    let json: Value = serde_json::from_str(&fs::read_to_string(&files[0])?)?;
    #[rustfmt::skip]
    let expected: [(&str, &[&str]); 7] = [
        ("", &["differences", "run", "scikit_learn", "skipped", "tables", "training", "without_scikit_learn"]),
        ("/training", &["encrypted", "iterations", "seeds", "steps"]),
        ("/tables/0", &["classes", "features", "fingerprint", "mixed", "models", "recipe", "samples", "table"]),
        (
            "/tables/0/recipe",
            &["activation", "batch", "bytes_down", "bytes_up", "network", "poly_modulus_degree", "steps", "weight_decay"],
        ),
        ("/tables/0/models/0/runs/0", &["accuracy", "macro_f1", "seconds"]),
        ("/tables/2/models/0/runs/0", &["mean_absolute_error", "r2", "seconds"]),
        ("/differences/0", &["difference", "least", "reached", "table", "what"]),
    ];
    for (path, names) in expected {
        let mut found: Vec<&String> = json.pointer(path).and_then(Value::as_object).ok_or(path)?.keys().collect();
        found.sort_unstable();
        assert_eq!(found, names, "{path}");
    }
    Ok(())
}

#[test]
fn the_figures_are_in_the_readable_report() {
    let text = to_markdown(&sample());
    for part in [
        "what seal-nn train does by default, trained in the clear",
        "scikit-learn 1.2.3, default settings with 500 iterations",
        "| table | samples | inputs | classes | split step | ReLU | MLPClassifier | LogisticRegression |",
        "| flowers | 1,234 | 5 | 3 | 91.0 (50.0) | 81.0 (50.0) | 86.0 (50.0) | 71.0 (50.0) |",
        "| people * | 1,234 |",
        "| mean |  |  |  | 81.0 | 81.0 | 86.0 | 71.0 |",
        "| table | samples | inputs | classes | split step | ReLU | MLPRegressor | Ridge |",
        "| houses | 1,234 | 5 | - | 0.750 (2.500) |",
        "| MLPClassifier or MLPRegressor | LogisticRegression or Ridge |",
        "| flowers | 5-32-3 | 600 | 0.1 | 8192 | 3 MiB | 1 MiB | 1.5 s |",
        "| tables of numbers, mean accuracy less that of MLPClassifier | +5.0 |  | -0.5 | yes |",
        "| mixed tables, worst accuracy against the better of scikit-learn's two | -15.0 | people | -3.0 | no |",
        "| mixed tables, worst R2 against the better of scikit-learn's two | -12.5 | houses | -5.0 | no |",
        "## Skipped tables (1)\n\n- broken: no numbers\n",
        "](tables.svg)",
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
}

#[test]
fn a_dot_for_every_model_on_every_table() -> Result<(), Box<dyn Error>> {
    // Three tables, and the legend.
    let svg = super::plot::scores_plot(&sample()).to_svg()?;
    assert_eq!(svg.matches("<circle").count(), 4 * (3 + 1));
    assert!(super::plot::scores_plot(&TablesReport::default()).to_svg()?.contains("</svg>"));
    Ok(())
}
