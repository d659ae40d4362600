//! Steps over a slow line, which a proxy simulates: both directions have the rate to themselves, and TCP takes no time to
//! find it.

use std::{
    io::{self, Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use seal_nn::{program, report::Table};

use super::{
    Outcome,
    compare::{row, table},
    median,
    server::Serving,
    training::{EXAMPLES, Training},
};

/// Of the bytes that wait for the line, so many are handed on at a time.
const PIECE: usize = 16 << 10;

/// A line like `20,50`: Mbit/s and milliseconds.
pub fn measure(line: &str, steps: usize) -> Outcome {
    let (rate, round_trip) = line.split_once(',').ok_or("Mbit/s and milliseconds are expected, such as 20,50")?;
    let (rate, round_trip): (f64, f64) = (rate.parse()?, round_trip.parse()?);
    let line = program::Line { bits_per_second: rate * 1e6, round_trip_seconds: round_trip / 1e3 };
    let names = ["keys, MB", "first step with keys and samples, s", "a step, s", "in one process, s", "by the plan, s"];
    let mut times: Table = table(&names);
    for example in &EXAMPLES {
        let training = Training::of(example)?;
        let server = Serving::start(4 << 30)?;
        let address = simulate(line, server.address.clone())?;
        let mut far = training.at(server.client(&address)?)?;
        let mut here = training.in_process()?;
        let first = seconds(|| far.step())?;
        here.step()?;
        let a_step = median((0..steps).map(|_| seconds(|| far.step())).collect::<Outcome<_>>()?);
        let in_process = median((0..steps).map(|_| seconds(|| here.step())).collect::<Outcome<_>>()?);
        let planned = in_process + line.seconds_of(&training.deployment.plan);
        let keys = training.opening.keys.len() as f64 / 1e6;
        times.row(row(example, 3, [keys, first, a_step, in_process, planned].into_iter()));
    }
    println!("steps over a line of {line}, medians of {steps}\n\n{times}");
    Ok(())
}

fn seconds(work: impl FnOnce() -> seal_nn::Result<()>) -> Outcome<f64> {
    let started = Instant::now();
    work()?;
    Ok(started.elapsed().as_secs_f64())
}

/// A way to a server over such a line.
fn simulate(line: program::Line, server: String) -> io::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?.to_string();
    // Ends with the process.
    thread::spawn(move || {
        for client in listener.incoming() {
            let (client, server) = (client?, TcpStream::connect(&server)?);
            for (from, to) in [(&client, &server), (&server, &client)] {
                to.set_nodelay(true)?;
                pass(line, from.try_clone()?, to.try_clone()?);
            }
        }
        io::Result::Ok(())
    });
    Ok(address)
}

/// One direction: bytes leave one after the other, and arrive half a round trip later.
fn pass(line: program::Line, mut from: TcpStream, mut to: TcpStream) {
    let (sent, waiting) = mpsc::channel::<(Instant, Vec<u8>)>();
    thread::spawn(move || {
        let mut free = Instant::now();
        while let Ok((came, bytes)) = waiting.recv() {
            free = free.max(came) + Duration::from_secs_f64(bytes.len() as f64 * 8.0 / line.bits_per_second);
            let arrives = free + Duration::from_secs_f64(line.round_trip_seconds / 2.0);
            thread::sleep(arrives.saturating_duration_since(Instant::now()));
            if to.write_all(&bytes).is_err() {
                break;
            }
        }
        drop(to.shutdown(Shutdown::Write));
    });
    thread::spawn(move || {
        let mut buffer = vec![0; PIECE];
        while let Ok(length @ 1..) = from.read(&mut buffer) {
            if sent.send((Instant::now(), buffer[..length].to_vec())).is_err() {
                break;
            }
        }
    });
}
