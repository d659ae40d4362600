//! Two models of what a circuit costs (spec: packing, 0).

use super::{Operation, Tallies};

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

/// Work of the key switches, aware of levels. One at level `l` transforms about `(l+2)(l+3)` residue polynomials;
/// the unit is a key switch at N = 16384 with 8 data primes. Step times on SEAL follow this number.
pub fn work(tallies: &Tallies, poly_modulus_degree: usize) -> f64 {
    let switches: f64 = tallies
        .iter()
        .filter(|(o, ..)| matches!(o, Operation::Rotate | Operation::RotateHoisted | Operation::Relinearize))
        .map(|(_, level, tally)| tally.count as f64 * ((level.0 + 2) * (level.0 + 3)) as f64 / 90.0)
        .sum();
    switches * poly_modulus_degree as f64 / 16384.0
}
