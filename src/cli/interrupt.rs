//! A clean end of long work on Ctrl-C.

use std::{
    io::{self, Write},
    process,
    sync::atomic::{AtomicBool, Ordering},
};

static REQUESTED: AtomicBool = AtomicBool::new(false);

/// The exit code of a program that Ctrl-C ended.
pub const EXIT_CODE: u8 = 130;

/// From now on, Ctrl-C is a request to end after the present step; a second one ends the program at once. Other signals
/// keep their meaning: under nohup, a terminal that closes must not end the work.
pub fn end_after_the_step() -> anyhow::Result<()> {
    ctrlc::set_handler(|| {
        if REQUESTED.swap(true, Ordering::SeqCst) {
            process::exit(EXIT_CODE.into());
        }
        // A terminal that is gone takes no text.
        let _ = writeln!(io::stderr(), "ending after the present step; a second Ctrl-C ends at once");
    })?;
    Ok(())
}

/// Whether the work is to end.
pub fn is_requested() -> bool {
    REQUESTED.load(Ordering::SeqCst)
}
