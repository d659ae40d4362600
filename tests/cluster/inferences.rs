//! Inferences on several ranks.

use std::{fs, path::Path, process::Command};

use tempfile::tempdir;

use crate::job::{alone, program, succeeded};

const WINE: &str = include_str!("../../data/wine.csv");

/// A model of wines, and their file.
pub fn trained(folder: &Path) {
    fs::write(folder.join("wine.csv"), WINE).unwrap();
    let train = "train --step whole --backend clear --data wine.csv --steps 4 --out model";
    succeeded(alone(folder, &train.split(' ').collect::<Vec<_>>()).output().unwrap());
}

/// What was predicted, and what was said.
pub struct Predicted {
    rows: Vec<(String, Vec<f64>)>,
    pub printed: String,
}

impl Predicted {
    pub fn of(mut job: Command, file: &Path) -> Predicted {
        let printed = succeeded(job.output().unwrap());
        let row = |line: &str| {
            let mut cells = line.split(',').skip(1);
            (cells.next().unwrap().to_owned(), cells.map(|score| score.parse().unwrap()).collect())
        };
        Predicted { rows: fs::read_to_string(file).unwrap().lines().skip(1).map(row).collect(), printed }
    }

    /// The same classes, and the same scores but for the noise of both.
    #[track_caller]
    pub fn assert_same(&self, other: &Predicted) {
        assert_eq!((self.rows.len(), other.rows.len()), (178, 178));
        for (row, ((class, scores), (class_too, scores_too))) in self.rows.iter().zip(&other.rows).enumerate() {
            assert_eq!(class, class_too, "row {row}");
            for (a, b) in scores.iter().zip(scores_too) {
                // Five levels at 40 bits and more, factors below a hundred, as in tests/cli/infer.rs.
                assert!((a - b).abs() < 1e-6, "row {row}: {a} and {b}");
            }
        }
    }
}

pub fn infer<'a>(packing: &'a str, out: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let what = ["infer", "--model", "model", "--input", "wine.csv", "--packing", packing, "--out", out];
    [&what[..], more].concat()
}

/// Blocks of rows in one process, on two ranks and on four; the last block has fewer rows than the others.
#[track_caller]
fn come_to_the_same(packing: &str) {
    let folder = tempdir().unwrap();
    trained(folder.path());
    let predicted = [1, 2, 4].map(|ranks| {
        let out = format!("out-{ranks}.csv");
        let job = program(ranks, folder.path(), &infer(packing, &out, &["--ranks", "4"]));
        let predicted = Predicted::of(job, &folder.path().join(&out));
        let by = if ranks == 1 { "one process".into() } else { format!("{ranks} ranks") };
        let told = format!("in 4 equal shares, computed by {by}");
        assert!(predicted.printed.contains(&told), "{}", predicted.printed);
        predicted
    });
    // As without shares.
    let whole =
        Predicted::of(alone(folder.path(), &infer(packing, "whole.csv", &[])), &folder.path().join("whole.csv"));
    predicted.iter().for_each(|predicted| predicted.assert_same(&whole));
}

#[test]
fn with_weights_in_the_request() {
    come_to_the_same("shared");
}

#[test]
fn with_weights_that_all_ranks_keep() {
    come_to_the_same("tiles");
}

#[test]
fn what_ranks_cannot_share_is_refused_before_work() {
    let folder = tempdir().unwrap();
    trained(folder.path());
    for (args, words) in [
        (&["--ranks", "3"][..], "--ranks is 3, but 2 ranks need a multiple of 2"),
        (&["--ranks", "65"], "--ranks"),
        (&["--backend", "clear"], "--backend clear does not go with several ranks"),
        (&["--weights", "clear"], "--weights clear does not go with several ranks"),
    ] {
        let args = [&["infer", "--model", "model", "--input", "wine.csv"], args].concat();
        let output = program(2, folder.path(), &args).output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && told.contains(words), "{told}");
    }
}
