//! Progress of long work: a bar on a terminal, and permanent lines everywhere.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// Shows a bar below the lines printed so far, if the output is a terminal.
pub struct Progress(ProgressBar);

impl Progress {
    pub fn new(steps: usize, what: &'static str) -> Progress {
        let bar = ProgressBar::new(steps as u64).with_message(what);
        if let Ok(style) = ProgressStyle::with_template("{msg} [{bar:30}] {pos}/{len}, {eta} left") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(250));
        Progress(bar)
    }

    /// Prints a line above the bar.
    pub fn line(&self, text: &str) {
        self.0.suspend(|| say!("{text}"));
    }

    pub fn advance(&self) {
        self.advance_by(1);
    }

    pub fn advance_by(&self, steps: usize) {
        self.0.inc(steps as u64);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
