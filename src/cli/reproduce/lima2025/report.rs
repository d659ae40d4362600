//! The report of `reproduce lima2025`: figures beside the claims of Florencio, Alencar and Lima 2025 (arXiv 2502.16176).

use std::path::PathBuf;

use seal_nn::{DataError, report::OutputDir};

use super::{
    calibration_plot::calibration_plot,
    error_plot::{ErrorCurve, error_plot},
    record::LimaReport,
    sections::sections,
};

/// Name of the machine-readable report.
const JSON: &str = "lima2025.json";
/// Name of the readable report.
const MARKDOWN: &str = "lima2025.md";
/// Plot of the calibration.
pub const CALIBRATION: &str = "lima2025-calibration.svg";
/// Plot of the soft-argmax's error over the range.
pub const ERRORS: &str = "lima2025-error.svg";

/// Writes `lima2025.json`, two plots and `lima2025.md`, and returns their paths in that order.
///
/// # Errors
/// `DataError::WriteFile` when the folder takes no more files, `DataError::Plot` when a plot cannot be drawn.
pub fn write_lima(output: &OutputDir, report: &LimaReport, curves: &[ErrorCurve]) -> Result<Vec<PathBuf>, DataError> {
    let json = serde_json::to_string_pretty(report)
        .map_err(|error| DataError::WriteFile { path: output.path().join(JSON), source: error.into() })?;
    Ok(vec![
        output.write_atomic(JSON, json + "\n")?,
        output.write_atomic(CALIBRATION, calibration_plot(report)?)?,
        output.write_atomic(ERRORS, error_plot(curves)?)?,
        output.write_atomic(MARKDOWN, to_markdown(report))?,
    ])
}

/// The report as Markdown; it shows the plots, which lie beside it.
pub fn to_markdown(report: &LimaReport) -> String {
    let form = if report.quick { ", the short form" } else { "" };
    let mut text = format!(
        "# Florencio, Alencar and Lima 2025, reproduced{form}\n\nseal-nn {}, {}-bit security, seed {}. {}.\n\nEvery \
         figure was measured in this run, but for the paper's claims.\n",
        report.version, report.security_bits, report.seed, report.machine
    );
    sections(report).iter().for_each(|section| text += &section.to_markdown());
    text
}
