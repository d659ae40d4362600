//! The clock, and the line that is printed for each operation.

use std::{hint::black_box, time::Instant};

use crate::Anything;

const WARM_UPS: usize = 3;

/// Prints the median time of `call(round)` as a line of JSON, with a note on how it differs from what is named.
pub fn median<T>(
    operation: &str,
    note: &str,
    data_primes: usize,
    repetitions: usize,
    mut call: impl FnMut(usize) -> sealy::Result<T>,
) -> Result<(), Anything> {
    let mut times = Vec::with_capacity(repetitions);
    for round in 0..WARM_UPS + repetitions {
        let started = Instant::now();
        drop(black_box(call(round)?));
        if round >= WARM_UPS {
            times.push(started.elapsed().as_secs_f64() * 1e3);
        }
    }
    times.sort_by(f64::total_cmp);
    let milliseconds = times[repetitions / 2];
    println!(
        r#"{{"peer": "sealy", "version": "0.2.0", "operation": "{operation}", "data_primes": {data_primes}, {}}}"#,
        format_args!(r#""milliseconds": {milliseconds:.3}, "repetitions": {repetitions}, "note": "{note}""#)
    );
    Ok(())
}
