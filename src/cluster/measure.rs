//! Measuring the network between the ranks.

use std::time::Instant;

use super::{Leader, Ranks, command::Command};
use crate::{Result, error::ClusterError, program::Interconnect};

/// Bytes of a message whose bandwidth is measured: some ciphertexts.
const BYTES: usize = 4 << 20;
/// Of so many passes the median counts.
const PASSES: usize = 9;

impl Leader {
    /// Measures the network between the ranks, which have nothing else to do meanwhile.
    ///
    /// # Errors
    /// `Mpi`; `NoNetwork` on one rank, or where the clock does not show the times.
    pub fn measure_network(&self) -> Result<Interconnect> {
        let ranks = self.ranks();
        let _turn = ranks.turn();
        Command::MeasureNetwork.send(ranks)?;
        let [word, broadcast, sum] = seconds(ranks)?;
        let network = Interconnect::of_seconds(ranks.size(), BYTES, word, broadcast - word, sum - word);
        network.ok_or_else(|| ClusterError::NoNetwork { ranks: ranks.size() }.into())
    }
}

/// Seconds of the sum of a word, and of a broadcast and a sum of many bytes, each with the sum of a word behind it: all ranks have
/// what they wait for before the clock is read.
pub(super) fn seconds(ranks: &Ranks) -> Result<[f64; 3]> {
    let mut passes: [Vec<f64>; 3] = Default::default();
    for pass in 0..=PASSES {
        let seconds = [
            timed(ranks, || Ok(()))?,
            timed(ranks, || ranks.broadcast(0, vec![1; BYTES]).map(drop))?,
            timed(ranks, || ranks.sum(vec![1; BYTES / size_of::<u64>()]).map(drop))?,
        ];
        // The first pass warms up.
        if pass > 0 {
            passes.iter_mut().zip(seconds).for_each(|(all, seconds)| all.push(seconds));
        }
    }
    Ok(passes.map(median))
}

fn timed(ranks: &Ranks, work: impl FnOnce() -> Result<()>) -> Result<f64> {
    ranks.sum(vec![1])?;
    let started = Instant::now();
    work()?;
    ranks.sum(vec![1])?;
    Ok(started.elapsed().as_secs_f64())
}

fn median(mut seconds: Vec<f64>) -> f64 {
    seconds.sort_by(f64::total_cmp);
    seconds.get(seconds.len() / 2).copied().unwrap_or(0.0)
}
