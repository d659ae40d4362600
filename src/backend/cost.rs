//! Two models of the cost of a circuit (docs/packing.md, "Cost models").

use super::{Chain, Operation, Tallies};
use crate::Level;

/// Cost in full key switches at any level: a relinearisation or rotation is 1, `r` hoisted rotations are
/// `0.44 + 0.56 r` (here 0.56 each, plus 0.44 for every two), a ciphertext product is 0.12, a plaintext product 0.05, a
/// rescale 0.15 and an addition 0.01.
pub fn count_cost(tallies: &Tallies) -> f64 {
    tallies.iter().map(|(operation, _, tally)| tally.count as f64 * weight(operation)).sum()
}

pub(super) fn weight(operation: Operation) -> f64 {
    match operation {
        Operation::Rotate | Operation::Relinearize => 1.0,
        Operation::RotateHoisted => 0.56 + 0.44 / 2.0,
        Operation::MultiplyCiphertexts => 0.12,
        Operation::MultiplyPlain => 0.05,
        Operation::Rescale => 0.15,
        Operation::Add | Operation::AddPlain => 0.01,
        Operation::DropLevel | Operation::Encode => 0.0,
    }
}

/// Work of the key switches, depending on their levels and on the number of special primes: the number of residue
/// polynomials that they transform ([`Chain::key_switch_transforms`]), in units of SEAL's key switch at N = 16384 with
/// 8 data primes. The time of a step is proportional to it.
pub fn work(tallies: &Tallies, chain: &Chain) -> f64 {
    let switches: f64 = tallies
        .iter()
        .filter(|(o, ..)| matches!(o, Operation::Rotate | Operation::RotateHoisted | Operation::Relinearize))
        .map(|(_, level, tally)| tally.count as f64 * switch_work(chain, level))
        .sum();
    switches * chain.poly_modulus_degree() as f64 / 16384.0
}

/// Work of one key switch in any ring.
pub(super) fn switch_work(chain: &Chain, level: Level) -> f64 {
    chain.key_switch_transforms(level) as f64 / 90.0
}
