//! What a run leaves behind: tables, a report as JSON and Markdown, a plot.

pub mod format;

#[doc(hidden)]
pub mod drawing;
mod machine;
mod memory;
mod output;
mod section;
mod table;

pub use machine::Machine;
pub use memory::{Memory, available_bytes, peak_resident_bytes, resident_bytes};
pub use output::OutputDir;
pub use section::{Body, Section};
pub use table::{Align, Table};

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
