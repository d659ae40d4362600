//! The clock, and the line that is printed for each operation.

use std::{hint::black_box, time::Instant};

use cpu_time::ProcessTime;

use crate::Anything;

const WARM_UPS: usize = 3;
const REPETITIONS: usize = 21;

/// Prints the medians of time and of processor time of `call` as a line of JSON, with a note on how it differs from what
/// is named.
pub fn median<T>(
    operation: &str,
    note: &str,
    degree: usize,
    mut call: impl FnMut() -> Result<T, Anything>,
) -> Result<(), Anything> {
    let (mut times, mut processor_times) = (Vec::new(), Vec::new());
    for round in 0..WARM_UPS + REPETITIONS {
        let (started, processor_started) = (Instant::now(), ProcessTime::now());
        drop(black_box(call()?));
        if round >= WARM_UPS {
            processor_times.push(processor_started.elapsed().as_secs_f64() * 1e3);
            times.push(started.elapsed().as_secs_f64() * 1e3);
        }
    }
    let [time, processor_time] = [times, processor_times].map(|mut times| {
        times.sort_by(f64::total_cmp);
        times[REPETITIONS / 2]
    });
    let note = if note.is_empty() { String::new() } else { format!(r#", "note": "{note}""#) };
    println!(
        r#"{{"peer": "poulpy", "version": "0.10.0", "operation": "{operation}", "degree": {degree}, {}{note}}}"#,
        format_args!(r#""milliseconds": {time:.3}, "processor_milliseconds": {processor_time:.3}"#)
    );
    Ok(())
}
