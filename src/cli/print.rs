//! A report on the terminal.

use seal_nn::report::{Body, Section};

pub fn print_sections(sections: &[Section]) {
    for section in sections {
        say!("\n{}\n", section.title);
        if !section.text.is_empty() {
            say!("{}\n", section.text);
        }
        match &section.body {
            Body::Table(table) => say!("{table}"),
            Body::List(items) => items.iter().for_each(|item| say!("- {item}")),
        }
    }
}
