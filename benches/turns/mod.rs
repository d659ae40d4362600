//! Two sides of a comparison in turns, on one thread of one process, so that both meet the same load of the machine.

use std::time::{Duration, Instant};

/// Medians of alternating calls in milliseconds, ours and theirs, and the median of their ratios.
pub fn in_turns(rounds: usize, ours: impl FnMut(usize), theirs: impl FnMut(usize)) -> [f64; 3] {
    let epoch = Instant::now();
    in_turns_by(|| epoch.elapsed(), rounds, ours, theirs)
}

/// The same by another clock.
pub fn in_turns_by(
    clock: impl Fn() -> Duration,
    rounds: usize,
    mut ours: impl FnMut(usize),
    mut theirs: impl FnMut(usize),
) -> [f64; 3] {
    let mut times = [Vec::new(), Vec::new(), Vec::new()];
    for round in 0..=rounds {
        let started = clock();
        ours(round);
        let between = clock();
        theirs(round);
        let (a, b) = ((between - started).as_secs_f64() * 1e3, (clock() - between).as_secs_f64() * 1e3);
        if round > 0 {
            // The first round warms up.
            [a, b, a / b].into_iter().zip(&mut times).for_each(|(time, times)| times.push(time));
        }
    }
    times.map(|mut times| {
        times.sort_by(f64::total_cmp);
        times[times.len() / 2]
    })
}

pub fn row(what: &str, [ours, theirs, ratio]: [f64; 3]) {
    println!("| {what} | {ours:.2} | {theirs:.2} | {ratio:.3} | {:.1} |", 1.0 / ratio);
}

pub fn heading(title: &str) {
    println!("\n{title}\n| operation | ours, ms | SEAL's calls, ms | ratio | times faster |\n|---|---|---|---|---|");
}
