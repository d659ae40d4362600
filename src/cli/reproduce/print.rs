//! The report on the terminal.

use seal_nn::report::mihara::{Body, MiharaReport, sections};

pub fn print_report(report: &MiharaReport) {
    for section in sections(report) {
        say!("\n{}\n", section.title);
        if !section.text.is_empty() {
            say!("{}\n", section.text);
        }
        match section.body {
            Body::Table(table) => say!("{table}"),
            Body::List(items) => items.iter().for_each(|item| say!("- {item}")),
        }
    }
}
