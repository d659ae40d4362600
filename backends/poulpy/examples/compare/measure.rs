//! Times in turns, and the precision of results.

use std::{hint::black_box, rc::Rc};

use cpu_time::ProcessTime;
use seal_nn::{Result, backend::Decrypt};

type Run<'a, T> = Box<dyn Fn() -> Result<T> + 'a>;

/// A named circuit on one backend.
pub struct Timed<'a> {
    pub name: String,
    pub run: Run<'a, ()>,
    /// The slots of its results, where it has some that are encrypted.
    pub slots: Option<Run<'a, Vec<Vec<f64>>>>,
}

/// What is only timed.
pub fn timed<'a, T>(name: &str, run: impl Fn() -> Result<T> + 'a) -> Timed<'a> {
    Timed { name: name.into(), run: Box::new(move || run().map(|result| drop(black_box(result)))), slots: None }
}

/// What is timed, and decrypted to see its precision.
pub fn circuit<'a, K: Decrypt>(
    name: &str,
    holder: &'a K,
    run: impl Fn() -> Result<Vec<K::Ciphertext>> + 'a,
) -> Timed<'a> {
    let run = Rc::new(run);
    let again = run.clone();
    let slots = move || again()?.iter().map(|x| Ok(holder.decrypt(x)?.open_as_key_owner())).collect();
    Timed { slots: Some(Box::new(slots)), ..timed(name, move || run()) }
}

/// Least CPU seconds of each, run in turns after a first time that fills the caches: `rounds` times, and more often what is
/// short.
pub fn least_seconds(rounds: usize, runs: &[&Timed<'_>]) -> Result<Vec<f64>> {
    const SHORT: f64 = 0.4;
    let mut least = vec![f64::INFINITY; runs.len()];
    let mut spent = 0.0;
    for round in 0..=8 * rounds {
        if round > rounds && spent > SHORT * runs.len() as f64 {
            break;
        }
        for (timed, least) in runs.iter().zip(&mut least) {
            let start = ProcessTime::now();
            (timed.run)()?;
            let seconds = start.elapsed().as_secs_f64();
            spent += seconds;
            if round > 0 {
                *least = least.min(seconds);
            }
        }
    }
    Ok(least)
}

/// Bits below 1 of the worst slot's error; `None` for what is only timed.
pub fn precision_bits(timed: &Timed<'_>, expected: &Timed<'_>) -> Result<Option<f64>> {
    let (Some(actual), Some(expected)) = (&timed.slots, &expected.slots) else { return Ok(None) };
    let (actual, expected) = (actual()?.concat(), expected()?.concat());
    let worst = actual.iter().zip(&expected).map(|(a, e)| (a - e).abs()).fold(0.0, f64::max);
    Ok(Some(-worst.log2()))
}
