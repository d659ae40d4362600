//! The report as Markdown.

use super::{record::MiharaReport, sections::sections};

/// The report as Markdown; it shows the plots, which lie beside it.
pub fn to_markdown(report: &MiharaReport) -> String {
    let form = if report.quick { ", the short form" } else { "" };
    let mut text = format!(
        "# Mihara et al. 2020, reproduced{form}\n\nseal-nn {}, {}-bit security, seed {}. {}.\n\nEvery figure was \
         planned or measured in this run; each layout was timed in a process of its own, and its operations and weights \
         were checked against the plan and against plain training.\n",
        report.version, report.security_bits, report.seed, report.machine
    );
    sections(report).iter().for_each(|section| text += &section.to_markdown());
    text
}
