//! Parts of a report, for the terminal and for Markdown.

use super::Table;

/// A part of a report.
pub struct Section {
    /// Its title.
    pub title: &'static str,
    /// What to know before reading on.
    pub text: String,
    /// What was found.
    pub body: Body,
    /// The file of its plot, and what it shows.
    pub plot: Option<(&'static str, &'static str)>,
}

/// What a part of a report shows.
pub enum Body {
    /// Figures.
    Table(Table),
    /// Sentences.
    List(Vec<String>),
}

impl Section {
    /// As Markdown, with a heading of the second order.
    pub fn to_markdown(&self) -> String {
        let mut text = format!("\n## {}\n\n", self.title);
        if !self.text.is_empty() {
            text += &format!("{}\n\n", self.text);
        }
        match &self.body {
            Body::Table(table) => text += &table.to_markdown(),
            Body::List(items) => items.iter().for_each(|item| text += &format!("- {item}\n")),
        }
        if let Some((file, shows)) = self.plot {
            text += &format!("\n![{shows}]({file})\n");
        }
        text
    }
}
