//! A report on the terminal and in its files.

use seal_nn::report::{OutputDir, Report, to_text, write_report};

/// Prints what the terminal has not shown yet, and writes the files.
pub fn print_and_write(out: &OutputDir, report: &impl Report) -> anyhow::Result<()> {
    say!("{}", to_text(report));
    for file in write_report(out, report)? {
        say!("wrote {}", file.display());
    }
    Ok(())
}
