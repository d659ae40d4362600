//! What is printed, and reports on the terminal and in their files.

use std::{
    fmt,
    io::{self, ErrorKind, Write},
    sync::OnceLock,
};

use seal_nn::report::{OutputDir, Report, Written, format::printable, to_text, write_report};

/// The first error of the standard output.
static FAILED: OnceLock<io::Error> = OnceLock::new();

/// Prints a line. An error is kept for [`finish`], so that long work goes on and its files are still written. Control
/// characters, which names from files may contain, are shown and not sent to the terminal.
pub fn line(text: fmt::Arguments) {
    note(writeln!(io::stdout(), "{}", printable(&text.to_string())));
}

/// Whether everything was printed. A closed pipe (`| head`) is no error: its reader wanted no more.
pub fn finish() -> anyhow::Result<()> {
    note(io::stdout().flush());
    match FAILED.get() {
        None => Ok(()),
        Some(error) => Err(anyhow::anyhow!("cannot write to the standard output, which is incomplete: {error}")),
    }
}

/// Keeps an error of the standard output for [`finish`].
pub fn note(printed: io::Result<()>) {
    match printed {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            FAILED.get_or_init(|| error);
        }
        _ => {}
    }
}

/// Prints what the terminal has not shown yet, and writes the files. A report without its plots is no error.
pub fn print_and_write(out: &OutputDir, report: &impl Report) -> anyhow::Result<()> {
    say!("{}", to_text(report));
    let Written { files, missing } = write_report(out, report)?;
    for file in files {
        say!("wrote {}", file.display());
    }
    for error in missing {
        warn(&error);
    }
    Ok(())
}

/// Prints what ended the work. Each message names its cause itself.
pub fn print_error(error: &anyhow::Error) {
    let _ = writeln!(io::stderr(), "error: {}", printable(&error.to_string()));
}

/// Prints what does not end the work but should be known.
pub fn warn(what: &impl fmt::Display) {
    // There is nowhere else to say that this cannot be said.
    let _ = writeln!(io::stderr(), "warning: {}", printable(&what.to_string()));
}
