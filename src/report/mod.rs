//! What a run leaves behind, as plain numbers and text: a report as JSON, Markdown, plots and on the terminal.
//!
//! ```
//! use seal_nn::report::{OutputDir, Report, Section, Table, to_text, write_report};
//! use serde::Serialize;
//!
//! #[derive(Serialize)]
//! struct Run {
//!     accuracy: f64,
//! }
//!
//! impl Report for Run {
//!     fn name(&self) -> &str {
//!         "run"
//!     }
//!     fn title(&self) -> String {
//!         "A run".into()
//!     }
//!     fn sections(&self) -> Vec<Section> {
//!         vec![Section::table("Accuracy", Table::metrics([("held-out samples", self.accuracy.to_string())]))]
//!     }
//! }
//!
//! let folder = tempfile::tempdir()?;
//! let output = OutputDir::create(folder.path().join("run"))?; // before the long work: it may be refused
//! let run = Run { accuracy: 0.9 }; // the work
//! print!("{}", to_text(&run));
//! let written = write_report(&output, &run)?; // run.json and run.md
//! assert!(written.files.iter().all(|file| file.is_file()));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod format;

mod claim;
mod confusion;
mod machine;
mod memory;
mod output;
mod output_file;
mod plot;
mod section;
mod table;

use std::path::PathBuf;

use serde::Serialize;

pub use claim::Claim;
pub use confusion::{ConfusionMatrix, class_table};
pub use machine::Machine;
pub use memory::{Memory, available_bytes, peak_resident_bytes, resident_bytes};
pub use output::OutputDir;
pub use output_file::OutputFile;
pub use plot::{Axis, Cell, Colour, Corner, LearningCurve, LearningCurves, Mark, Panel, Plot, Series};
pub use section::{Body, Section};
pub use table::{Align, Table};

use crate::error::DataError;

/// What a run leaves behind. Its fields are those of the JSON file; its sections are the same for people.
pub trait Report: Serialize {
    /// The name of its files, without `.json` and `.md`.
    fn name(&self) -> &str;

    /// The heading.
    fn title(&self) -> String;

    /// Paragraphs below the heading, in Markdown: where it comes from. None by default.
    fn preface(&self) -> String {
        String::new()
    }

    /// All parts, in order, with their plots.
    fn sections(&self) -> Vec<Section>;
}

/// The report in Markdown; it shows the plots, which lie beside it.
pub fn to_markdown(report: &impl Report) -> String {
    let preface = Some(report.preface()).filter(|preface| !preface.is_empty()).map(|preface| preface + "\n");
    let sections = report.sections();
    let parts = preface.into_iter().chain(sections.iter().map(Section::to_markdown));
    parts.fold(format!("# {}\n", report.title()), |text, part| text + "\n" + &part)
}

/// The same sections for the terminal, but for those that it showed while the run went on.
pub fn to_text(report: &impl Report) -> String {
    let sections = report.sections();
    sections.iter().filter(|section| !section.shown_live).map(|section| format!("\n{section}")).collect()
}

/// The files of a report.
#[derive(Debug)]
pub struct Written {
    /// Their paths: the JSON file, the plots, and the Markdown file.
    pub files: Vec<PathBuf>,
    /// Why plots are missing: `DataError::Plot` if one cannot be drawn, `DataError::WriteFile` if one cannot be written.
    pub missing: Vec<DataError>,
}

/// Writes the JSON file, the plots and the Markdown file. Each is written whole or not at all; the JSON comes first,
/// because it has all the numbers. Those that are not finite become `null` there. A report without its plots is still
/// one.
///
/// # Errors
/// `DataError::WriteFile` when the folder takes no more files.
pub fn write_report(output: &OutputDir, report: &impl Report) -> Result<Written, DataError> {
    let mut written =
        Written { files: vec![output.write_json(&format!("{}.json", report.name()), report)?], missing: Vec::new() };
    for plot in report.sections().iter().filter_map(|section| section.plot.as_ref()) {
        match plot.to_svg().and_then(|svg| output.write_atomic(plot.file, svg)) {
            Ok(file) => written.files.push(file),
            Err(error) => written.missing.push(error),
        }
    }
    written.files.push(output.write_atomic(&format!("{}.md", report.name()), to_markdown(report))?);
    Ok(written)
}

/// The median: the middle value, or the mean of the two middle ones; `None` of nothing.
///
/// ```
/// use seal_nn::report::median;
/// assert_eq!(median(&[3.0, 1.0, 8.0]), Some(3.0));
/// assert_eq!(median(&[3.0, 1.0]), Some(2.0));
/// assert_eq!(median(&[]), None);
/// ```
pub fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let upper = sorted.get(sorted.len() / 2)?;
    Some(if sorted.len() % 2 == 1 { *upper } else { (sorted[sorted.len() / 2 - 1] + upper) / 2.0 })
}

#[cfg(test)]
mod tests {
    use std::{error::Error, fs};

    use super::*;

    /// Three sections: one that the terminal has seen, one with a plot, and a list.
    #[derive(Serialize)]
    struct Sample {
        loss: f64,
    }

    impl Report for Sample {
        fn name(&self) -> &str {
            "sample"
        }

        fn title(&self) -> String {
            "A sample".into()
        }

        fn preface(&self) -> String {
            "Of no machine.".into()
        }

        fn sections(&self) -> Vec<Section> {
            let table = || Table::metrics([("loss", self.loss.to_string())]);
            let plot =
                Plot { file: "loss.svg", shows: "The loss", titles: vec![], panel_size: (300, 200), panels: vec![] };
            vec![
                Section::table("Settings", table()).shown_live(),
                Section::table("Loss", table()).with_text("The last one.").with_plot(plot),
                Section::claims(&[Claim::new("It falls", "abstract", "so it does")]),
            ]
        }
    }

    #[test]
    fn terminal_and_markdown_show_the_same_sections() {
        let sample = Sample { loss: 0.5 };
        assert_eq!(
            to_markdown(&sample),
            "# A sample\n\nOf no machine.\n\n\
             ## Settings\n\n| metric | value |\n|:--|--:|\n| loss | 0.5 |\n\n\
             ## Loss\n\nThe last one.\n\n| metric | value |\n|:--|--:|\n| loss | 0.5 |\n\n![The loss](loss.svg)\n\n\
             ## The paper's claims, and what was found here\n\n- It falls (abstract). Here: so it does.\n"
        );
        assert_eq!(
            to_text(&sample),
            "\nLoss\n\nThe last one.\n\nmetric  value\n------  -----\nloss      0.5\n\n\
             The paper's claims, and what was found here\n\n- It falls (abstract). Here: so it does.\n"
        );
    }

    #[test]
    fn all_files_are_written_and_what_is_not_finite_is_null() -> Result<(), Box<dyn Error>> {
        let folder = tempfile::tempdir()?;
        let Written { files, missing } = write_report(&OutputDir::create(folder.path())?, &Sample { loss: f64::NAN })?;
        assert!(missing.is_empty(), "{missing:?}");
        let names: Vec<_> = files.iter().filter_map(|file| file.file_name()?.to_str()).collect();
        assert_eq!(names, ["sample.json", "loss.svg", "sample.md"]);
        assert_eq!(fs::read_to_string(&files[0])?, "{\n  \"loss\": null\n}\n");
        assert!(fs::read_to_string(&files[1])?.starts_with("<svg"));
        Ok(())
    }

    #[test]
    fn a_plot_that_cannot_be_written_leaves_the_rest_of_the_report() -> Result<(), Box<dyn Error>> {
        let folder = tempfile::tempdir()?;
        fs::create_dir(folder.path().join("loss.svg"))?;
        let Written { files, missing } = write_report(&OutputDir::create(folder.path())?, &Sample { loss: 0.5 })?;
        let names: Vec<_> = files.iter().filter_map(|file| file.file_name()?.to_str()).collect();
        assert_eq!(names, ["sample.json", "sample.md"]);
        assert!(matches!(&missing[..], [DataError::WriteFile { path, .. }] if path.ends_with("loss.svg")));
        Ok(())
    }
}
