//! scikit-learn's models on the same splits, in a process of Python.

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use serde::{Deserialize, Serialize};

use super::{
    error::TablesError,
    split::{Split, targets},
};

/// Fits all models of one table (`scikit.py`).
const SCRIPT: &str = include_str!("scikit.py");
const VERSION: &str = "import sklearn; print(sklearn.__version__)";

/// A Python that has scikit-learn.
pub struct Scikit {
    python: PathBuf,
    pub version: String,
}

/// A model on all splits of a table.
#[derive(Deserialize)]
pub struct Fitted {
    pub name: String,
    pub fits: Vec<Fit>,
}

#[derive(Deserialize)]
pub struct Fit {
    pub seconds: f64,
    /// Numbers, or classes counted from 0.
    pub predicted: Vec<f64>,
}

/// What the script reads first.
#[derive(Serialize)]
struct Job {
    task: &'static str,
    /// The most iterations; `None` for the defaults.
    iterations: Option<usize>,
    splits: Vec<JobSplit>,
}

#[derive(Serialize)]
struct JobSplit {
    seed: u64,
    /// Words that are rare in one training part and not in another make a difference.
    features: usize,
    train: usize,
    test: usize,
}

impl Scikit {
    /// Asks a Python for its scikit-learn.
    ///
    /// # Errors
    /// `NoPython` if it cannot be started; `NoScikit` if it has none.
    pub fn find(python: &Path) -> Result<Scikit, TablesError> {
        let output = Command::new(python).args(["-c", VERSION]).stdin(Stdio::null()).output();
        let output = output.map_err(|error| no_python(python, &error))?;
        if !output.status.success() {
            return Err(TablesError::NoScikit { python: python.into(), reason: last_line(&output) });
        }
        let version = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        Ok(Scikit { python: python.into(), version })
    }

    /// Fits every model on every split.
    ///
    /// # Errors
    /// `NoPython` if it cannot be started; `ScikitFailed` with what it said, or if it answered something else than was
    /// asked.
    pub fn fit(&self, splits: &[Split], iterations: Option<usize>) -> Result<Vec<Fitted>, TablesError> {
        let Some(first) = splits.first() else { return Ok(Vec::new()) };
        let task = if first.is_regression() { "regression" } else { "classification" };
        let sizes = |split: &Split| JobSplit {
            seed: split.experiment().seed,
            features: split.train.standardised.ncols(),
            train: split.train.standardised.nrows(),
            test: split.test.standardised.nrows(),
        };
        let job = Job { task, iterations, splits: splits.iter().map(sizes).collect() };
        let output = self.ask(splits, &job).map_err(|error| no_python(&self.python, &error))?;
        let failed = |reason: String| TablesError::ScikitFailed { reason };
        if !output.status.success() {
            return Err(failed(last_line(&output)));
        }
        let models: Vec<Fitted> =
            serde_json::from_slice(&output.stdout).map_err(|error| failed(format!("no answer: {error}")))?;
        match models.iter().all(|model| model.fits.len() == splits.len()) {
            true => Ok(models),
            false => Err(failed("a split was not fitted".into())),
        }
    }

    fn ask(&self, splits: &[Split], job: &Job) -> io::Result<Output> {
        let mut child = Command::new(&self.python)
            .args(["-c", SCRIPT])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            // A child that ended already says why, on its standard error.
            let _ = send(&mut stdin, job, splits);
        }
        child.wait_with_output()
    }
}

fn send(stdin: &mut impl Write, job: &Job, splits: &[Split]) -> io::Result<()> {
    let mut bytes = serde_json::to_vec(job)?;
    bytes.push(b'\n');
    stdin.write_all(&bytes)?;
    for split in splits {
        let mut bytes = Vec::new();
        append(&mut bytes, split.train.standardised.iter().copied());
        append(&mut bytes, targets(&split.experiment().train).into_iter());
        append(&mut bytes, split.test.standardised.iter().copied());
        stdin.write_all(&bytes)?;
    }
    Ok(())
}

fn append(bytes: &mut Vec<u8>, numbers: impl Iterator<Item = f64>) {
    bytes.extend(numbers.flat_map(f64::to_le_bytes));
}

fn no_python(python: &Path, error: &io::Error) -> TablesError {
    TablesError::NoPython { python: python.into(), reason: error.to_string() }
}

/// The last line of a traceback says what went wrong.
fn last_line(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stderr);
    said.lines().rev().find(|line| !line.trim().is_empty()).map_or_else(|| output.status.to_string(), str::to_owned)
}
