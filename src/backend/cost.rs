//! Two models of what a circuit costs (spec: packing, 0).

use super::{Chain, Operation, Tallies};
use crate::Level;

/// Cost in full key switches, whatever their level: relinearisation 1, rotation 1, `r` rotations hoisted together
/// `0.44 + 0.56 r` (here: 0.56 each, and 0.44 for every two), ciphertext product 0.12, plaintext product 0.05,
/// rescale 0.15, addition 0.01.
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

/// Work of the key switches, aware of levels and of the number of special primes: the residue polynomials that they
/// transform ([`Chain::key_switch_transforms`]), the unit being a key switch by SEAL at N = 16384 with 8 data primes.
/// Step times follow this number.
pub fn work(tallies: &Tallies, chain: &Chain) -> f64 {
    let switches: f64 = tallies
        .iter()
        .filter(|(o, ..)| matches!(o, Operation::Rotate | Operation::RotateHoisted | Operation::Relinearize))
        .map(|(_, level, tally)| tally.count as f64 * switch_work(chain, level))
        .sum();
    switches * chain.poly_modulus_degree() as f64 / 16384.0
}

/// Work of one key switch, whatever the ring.
pub(super) fn switch_work(chain: &Chain, level: Level) -> f64 {
    chain.key_switch_transforms(level) as f64 / 90.0
}
