//! How often tests of faults at random places try others: `make soak` has them try more.

use std::env;

use rand::{SeedableRng, rngs::ChaCha8Rng};

/// A generator for each round: as many rounds as `SEAL_NN_SOAK` says, or a few.
pub fn rounds(few: u64) -> impl Iterator<Item = ChaCha8Rng> {
    let more = env::var("SEAL_NN_SOAK").ok();
    let rounds = more.map_or(few, |text| text.parse().expect("SEAL_NN_SOAK is a number of rounds"));
    (0..rounds).map(|seed| {
        // In the output of a test that fails.
        println!("round {seed}");
        ChaCha8Rng::seed_from_u64(seed)
    })
}
