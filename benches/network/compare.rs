//! Steps over loopback against steps in one process.

use std::time::{Duration, Instant};

use cpu_time::ProcessTime;
use seal_nn::report::{Align, Table};

use super::{
    Outcome, median,
    server::Serving,
    training::{Example, Steps, Training},
};

/// In turns of some steps each, so that all ways meet the same load of the machine.
pub fn compare(examples: &[Example], rounds: usize, steps: usize) -> Outcome {
    let mut times = table(&["one process, ms", "in bytes, ms", "loopback, ms", "slower, %", "goal, %"]);
    let names = ["MB", "one process, ms", "in bytes, ms", "client, ms", "server, ms", "transport, ms per MB"];
    let mut processor = table(&names);
    for example in examples {
        let training = Training::of(example)?;
        let mut server = Serving::start(4 << 30)?;
        let settings = server.client(&server.address)?;
        let mut ways = [training.in_process()?, training.in_bytes()?, training.at(settings)?];
        let mut turns = Vec::with_capacity(rounds);
        // The first warms up, and sends keys and samples.
        for way in &mut ways {
            way.step()?;
        }
        for _ in 0..rounds {
            let [here, bytes, far] = &mut ways;
            turns.push([
                turn(here, &mut server, steps)?,
                turn(bytes, &mut server, steps)?,
                turn(far, &mut server, steps)?,
            ]);
        }
        let of = |number: fn(&[Turn; 3]) -> f64| median(turns.iter().map(number).collect());
        let slower = 100.0 * (of(|[here, _, far]| far.clock / here.clock) - 1.0);
        let clocks = [of(|[here, ..]| here.clock), of(|[_, bytes, _]| bytes.clock), of(|[.., far]| far.clock)];
        times.row(row(example, 2, clocks.into_iter().chain([slower, example.goal])));
        let megabytes = of(|[.., far]| far.megabytes);
        let transport = of(|[_, bytes, far]| (far.client + far.server - bytes.client) / far.megabytes);
        let here = [of(|[here, ..]| here.client), of(|[_, bytes, _]| bytes.client)];
        let far = [of(|[.., far]| far.client), of(|[.., far]| far.server), transport];
        processor.row(row(example, 2, [megabytes].into_iter().chain(here).chain(far)));
    }
    println!("a step on the clock, medians of {rounds} turns of {steps} steps\n\n{times}");
    println!("processor time of a step; transport is loopback without what the same takes in bytes\n\n{processor}");
    Ok(())
}

pub fn table(numbers: &[&'static str]) -> Table {
    Table::new([("network, batch", Align::Left)].into_iter().chain(numbers.iter().map(|name| (*name, Align::Right))))
}

pub fn row(example: &Example, digits: usize, numbers: impl Iterator<Item = f64>) -> Vec<String> {
    let numbers = numbers.map(|number| format!("{number:.digits$}"));
    [example.name.to_owned()].into_iter().chain(numbers).collect()
}

/// What a step took: milliseconds, of this process and of the server, and bytes.
struct Turn {
    clock: f64,
    client: f64,
    server: f64,
    megabytes: f64,
}

fn turn(way: &mut Box<dyn Steps>, server: &mut Serving, steps: usize) -> Outcome<Turn> {
    let bytes = |way: &dyn Steps| way.traffic().client_to_server + way.traffic().server_to_client;
    let (before, bytes_before) = (server.taken()?.processor, bytes(&**way));
    let (processor, clock) = (ProcessTime::now(), Instant::now());
    for _ in 0..steps {
        way.step()?;
    }
    let (clock, processor) = (clock.elapsed(), processor.elapsed());
    let of_server = server.taken()?.processor - before;
    let [clock, client, server] =
        [clock, processor, of_server].map(|all: Duration| 1e3 * all.as_secs_f64() / steps as f64);
    Ok(Turn { clock, client, server, megabytes: (bytes(&**way) - bytes_before) as f64 / 1e6 / steps as f64 })
}
