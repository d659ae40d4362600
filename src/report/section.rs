//! Parts of a report, for the terminal and for Markdown.

use std::fmt;

use super::{Claim, Plot, Table};

/// A part of a report. It displays as the terminal shows it, without its plot.
#[derive(Clone, Debug)]
pub struct Section {
    /// Its title.
    pub title: String,
    /// What to know before reading on; empty for nothing.
    pub text: String,
    /// What was found.
    pub body: Body,
    /// Its plot.
    pub plot: Option<Plot>,
    /// Whether the terminal showed it while the run went on. Then it is in the files alone.
    pub shown_live: bool,
}

/// What a part of a report shows.
#[derive(Clone, Debug)]
pub enum Body {
    /// Figures.
    Table(Table),
    /// Sentences.
    List(Vec<String>),
}

impl Section {
    /// Figures.
    pub fn table(title: impl Into<String>, table: Table) -> Section {
        Section::new(title, Body::Table(table))
    }

    /// Sentences.
    pub fn list(title: impl Into<String>, items: Vec<String>) -> Section {
        Section::new(title, Body::List(items))
    }

    /// A paper's claims beside what was found.
    pub fn claims(claims: &[Claim]) -> Section {
        let items = claims.iter().map(Claim::to_string).collect();
        Section::list("The paper's claims, and what was found here", items)
    }

    fn new(title: impl Into<String>, body: Body) -> Section {
        Section { title: title.into(), text: String::new(), body, plot: None, shown_live: false }
    }

    /// With this to know before reading on.
    pub fn with_text(self, text: impl Into<String>) -> Section {
        Section { text: text.into(), ..self }
    }

    /// With a plot.
    pub fn with_plot(self, plot: Plot) -> Section {
        Section { plot: Some(plot), ..self }
    }

    /// For the files alone: the terminal has shown it already.
    pub fn shown_live(self) -> Section {
        Section { shown_live: true, ..self }
    }

    /// As Markdown, with a heading of the second order; the plot is shown from the file beside it.
    pub fn to_markdown(&self) -> String {
        let text = if self.text.is_empty() { String::new() } else { format!("{}\n\n", self.text) };
        let body = match &self.body {
            Body::Table(table) => table.to_markdown(),
            Body::List(items) => list(items),
        };
        let plot = self.plot.as_ref().map_or(String::new(), |plot| format!("\n![{}]({})\n", plot.shows, plot.file));
        format!("## {}\n\n{text}{body}{plot}", self.title)
    }
}

impl fmt::Display for Section {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n", self.title)?;
        if !self.text.is_empty() {
            writeln!(f, "{}\n", self.text)?;
        }
        match &self.body {
            Body::Table(table) => write!(f, "{table}"),
            Body::List(items) => write!(f, "{}", list(items)),
        }
    }
}

fn list(items: &[String]) -> String {
    items.iter().map(|item| format!("- {item}\n")).collect()
}
