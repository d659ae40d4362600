//! Many clients at once, and memory over time.

use std::{thread, time::Instant};

use rayon::ThreadPoolBuilder;
use seal_nn::{
    net::Connection,
    protocol::wire::{Connect, Offer},
    report::{Align, Table},
};

use super::{
    Outcome,
    server::Serving,
    training::{EXAMPLES, Training},
};

/// How much load.
pub struct Size {
    /// Clients at once, which make so many `steps` each.
    pub clients: usize,
    /// Clients that there is memory for.
    pub room: usize,
    pub steps: usize,
    /// Steps over which memory is to be flat.
    pub memory_steps: usize,
    /// The same, of sessions that are opened and dropped.
    pub sessions: usize,
}

impl Default for Size {
    fn default() -> Size {
        Size { clients: 8, room: 4, steps: 250, memory_steps: 1000, sessions: 50 }
    }
}

/// What a client met.
struct Client {
    /// Seconds until its first step was done.
    first: f64,
    /// Seconds of every further one.
    steps: Vec<f64>,
}

impl Client {
    fn mean(&self) -> f64 {
        self.steps.iter().sum::<f64>() / self.steps.len() as f64
    }

    fn worst(&self) -> f64 {
        self.steps.iter().copied().fold(0.0, f64::max)
    }
}

/// Clients of Iris, each on one thread.
pub fn measure(size: &Size) -> Outcome {
    let training = Training::of(&EXAMPLES[0])?;
    let memory = Offer::new(&training.opening.programs)?.memory_bytes();
    let mut server = Serving::start(size.room * memory)?;
    let started = Instant::now();
    let clients = thread::scope(|scope| {
        let one = || client(&training, &server, size.steps);
        let threads: Vec<_> = (0..size.clients).map(|_| scope.spawn(one)).collect();
        threads.into_iter().map(|thread| thread.join().map_err(|_| "a client panicked")?).collect::<Outcome<Vec<_>>>()
    })?;
    let elapsed = started.elapsed().as_secs_f64();
    report(&clients, size, elapsed);
    memory_over_time(&training, &mut server, size)
}

fn client(training: &Training, server: &Serving, steps: usize) -> Outcome<Client> {
    let settings = server.client(&server.address)?;
    let pool = ThreadPoolBuilder::new().num_threads(1).build()?;
    pool.install(|| {
        let mut training = training.at(settings)?;
        let mut seconds = || {
            let started = Instant::now();
            training.step()?;
            Outcome::Ok(started.elapsed().as_secs_f64())
        };
        let first = seconds()?;
        Ok(Client { first, steps: (1..steps).map(|_| seconds()).collect::<Outcome<_>>()? })
    })
}

fn report(clients: &[Client], size: &Size, elapsed: f64) {
    let heads =
        ["client", "first step, with waiting and keys, s", "mean, ms", "worst, ms", "mean / mean", "worst / mean"];
    let mut table = Table::new(heads.map(|head| (head, Align::Right)));
    let mean = clients.iter().map(Client::mean).sum::<f64>() / clients.len() as f64;
    for (i, client) in clients.iter().enumerate() {
        let (own, worst) = (client.mean(), client.worst());
        let numbers = [client.first, 1e3 * own, 1e3 * worst, own / mean, worst / mean];
        table.row([(i + 1).to_string()].into_iter().chain(numbers.map(|number| format!("{number:.2}"))));
    }
    let Size { clients: number, room, steps, .. } = size;
    println!(
        "{number} clients of {steps} steps each, memory for {room}, all done after {elapsed:.1} s; goal: 3 times\n\n{table}"
    );
    let beyond: Vec<f64> = clients.iter().flat_map(|client| client.steps.iter().copied()).collect();
    let late = beyond.iter().filter(|step| **step > 3.0 * mean).count();
    println!("{late} of {} steps took more than 3 times the mean\n", beyond.len());
}

/// Where memory is looked at: ten times each.
fn memory_over_time(training: &Training, server: &mut Serving, size: &Size) -> Outcome {
    let mut table = Table::new(
        ["", "steps of one session, MB", "sessions opened and dropped, MB"].map(|head| (head, Align::Right)),
    );
    let mut steps = Vec::new();
    let mut session = training.at(server.client(&server.address)?)?;
    for i in 1..=size.memory_steps {
        session.step()?;
        if i % size.memory_steps.div_ceil(10) == 0 {
            steps.push((i, server.taken()?.memory));
        }
    }
    drop(session);
    let mut sessions = Vec::new();
    for i in 1..=size.sessions {
        Connection::new(server.client(&server.address)?)?
            .open(&training.opening)
            .map_err(|failure| format!("{failure:?}"))?;
        if i % size.sessions.div_ceil(10) == 0 {
            sessions.push((i, server.taken()?.memory));
        }
    }
    for (at, ((step, of_steps), (session, of_sessions))) in (1..).zip(steps.into_iter().zip(sessions)) {
        let megabytes = |bytes: u64| format!("{:.1}", bytes as f64 / 1e6);
        table.row([
            format!("{at}"),
            format!("{step}: {}", megabytes(of_steps)),
            format!("{session}: {}", megabytes(of_sessions)),
        ]);
    }
    println!("resident memory of the server\n\n{table}");
    Ok(())
}
