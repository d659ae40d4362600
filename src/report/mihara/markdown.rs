//! The report as Markdown.

use super::{Body, MiharaReport, sections};

/// The report as Markdown; it shows the plots, which lie beside it.
pub fn to_markdown(report: &MiharaReport) -> String {
    let form = if report.quick { ", the short form" } else { "" };
    let mut text = format!(
        "# Mihara et al. 2020, reproduced{form}\n\nseal-nn {}, {}-bit security, seed {}. {}.\n\nEvery figure was \
         planned or measured in this run; each layout was timed in a process of its own, and its operations and weights \
         were checked against the plan and against plain training.\n",
        report.version, report.security_bits, report.seed, report.machine
    );
    for section in sections(report) {
        text += &format!("\n## {}\n\n", section.title);
        if !section.text.is_empty() {
            text += &format!("{}\n\n", section.text);
        }
        match section.body {
            Body::Table(table) => text += &table.to_markdown(),
            Body::List(items) => items.iter().for_each(|item| text += &format!("- {item}\n")),
        }
        if let Some((file, shows)) = section.plot {
            text += &format!("\n![{shows}]({file})\n");
        }
    }
    text
}
