//! The report of `reproduce mihara2020`: figures beside the claims of Mihara, Yamaguchi, Mitsuishi and Maruyama,
//! "Neural Network Training With Homomorphic Encryption" (arXiv 2012.13552).

use std::path::PathBuf;

use seal_nn::{DataError, report::OutputDir};

use super::{
    accuracy_plot::accuracy_plot, markdown::to_markdown, ratio_plot::ratio_plot, record::MiharaReport,
    scaling_plot::scaling_plot,
};

/// Name of the machine-readable report.
const JSON: &str = "mihara2020.json";
/// Name of the readable report.
const MARKDOWN: &str = "mihara2020.md";
/// Plot of the baselines over our layout.
pub const RATIOS: &str = "mihara2020-ratios.svg";
/// Plot of the accuracies on Iris.
pub const ACCURACY: &str = "mihara2020-iris.svg";
/// Plot of the growth with the width of the layers.
pub const SCALING: &str = "mihara2020-scaling.svg";

/// Writes `mihara2020.json`, three plots and `mihara2020.md`, and returns their paths in that order. Each is written
/// whole or not at all; the JSON comes first, because it has all the numbers.
///
/// # Errors
/// `DataError::WriteFile` when the folder takes no more files, `DataError::Plot` when a plot cannot be drawn.
pub fn write_mihara(output: &OutputDir, report: &MiharaReport) -> Result<Vec<PathBuf>, DataError> {
    let json = serde_json::to_string_pretty(report)
        .map_err(|error| DataError::WriteFile { path: output.path().join(JSON), source: error.into() })?;
    Ok(vec![
        output.write_atomic(JSON, json + "\n")?,
        output.write_atomic(RATIOS, ratio_plot(report)?)?,
        output.write_atomic(ACCURACY, accuracy_plot(report)?)?,
        output.write_atomic(SCALING, scaling_plot(report)?)?,
        output.write_atomic(MARKDOWN, to_markdown(report))?,
    ])
}
