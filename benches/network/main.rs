//! Client and server in two processes on this machine, over mutual TLS: `cargo bench --bench network`, or all of it by
//! `make load`.
//!
//! - Without options: split steps of Iris and of the letters, against the same steps in one process, in turns.
//! - `--simulate-line MBIT,MS`: steps of Iris over a line of so many Mbit/s in each direction and such a round trip.
//! - `--load`: eight clients at once where there is memory for four, and the server's memory over steps and sessions.
//!
//! Numbers are made up, since times do not depend on them. As a test (`cargo test --bench network`) it makes few steps of each.

mod compare;
mod line;
mod load;
mod server;
mod training;

use std::{env, error::Error, fs, path::Path, thread};

use seal_nn::report::Machine;

use self::training::EXAMPLES;

type Outcome<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

fn main() -> Outcome {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let after = |name: &str| arguments.iter().position(|one| one == name).map(|at| &arguments[at + 1..]);
    if let Some([folder, memory, ..]) = after(server::SERVE) {
        return server::serve_here(Path::new(folder), memory.parse()?);
    }
    // Cargo says nothing to a test.
    if after("--bench").is_none() {
        compare::compare(&EXAMPLES[..1], 1, 1)?;
        line::measure("500,2", 1)?;
        return load::measure(&load::Size { clients: 3, room: 2, steps: 2, memory_steps: 10, sessions: 5 });
    }
    print_machine();
    if let Some(line) = after("--simulate-line") {
        return line::measure(line.first().ok_or("--simulate-line MBIT,MS")?, 10);
    }
    match after("--load") {
        Some(_) => load::measure(&load::Size::default()),
        None => compare::compare(&EXAMPLES, 31, 5),
    }
}

fn print_machine() {
    let threads = thread::available_parallelism().map_or(1, |threads| threads.get());
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load: Vec<_> = load.split(' ').take(3).collect();
    println!("{}; load before {}\n", Machine::detect(cfg!(feature = "hexl"), threads), load.join(" "));
}

fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}
